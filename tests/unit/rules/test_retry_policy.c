/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a group's retry policy waits as RocketMQ's classes of the same name compute it.
 * Shown by: their tables and curves, at both ends, and texts that are none.
 */
#include "rules/delay_level.h"
#include "rules/retry_policy.h"
#include "tests/support/lmt.h"

static struct lmi_retry_policy read_policy(const char *text)
{
	struct lmi_retry_policy p;
	ck_assert_int_eq(lmi_retry_policy_read(lmi_span_str(text), &p), 0);
	return p;
}

START_TEST(without_a_policy_of_its_own_the_levels_count)
{
	static const char *const none[] = { "", "null", "{}", "{\"type\":\"CUSTOMIZED\"}", "{\"type\":\"EXPONENTIAL\"}",
					    "{\"type\":\"CUSTOMIZED\",\"customizedRetryPolicy\":{\"next\":[]}}",
					    "{\"type\":\"CUSTOMIZED\",\"exponentialRetryPolicy\":{\"initial\":1}}" };
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct lmi_retry_policy p = read_policy(none[i]);
		ck_assert_msg(p.kind == LMI_RETRY_BY_LEVEL, "%s", none[i]);
		ck_assert_int_eq(lmi_retry_policy_ms(&p, 3), 0);
	}
}
END_TEST

START_TEST(a_customized_policy_starts_at_its_third_step_and_stays_at_its_last)
{
	struct lmi_retry_policy p = read_policy("{\"customizedRetryPolicy\":{\"next\":[1,2,30,40]},\"type\":\"CUSTOMIZED\"}");
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 0), 30);
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 1), 40);
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 2), 40);
	ck_assert_int_eq(lmi_retry_policy_ms(&p, INT32_MAX), 40);
	ck_assert_int_eq(lmi_retry_policy_ms(&p, -1), 30);
	p = read_policy("{\"type\":\"CUSTOMIZED\",\"customizedRetryPolicy\":{\"next\":[7]}}");
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 0), 7);
}
END_TEST

START_TEST(an_exponential_policy_grows_to_its_maximum)
{
	struct lmi_retry_policy p = read_policy("{\"type\":\"EXPONENTIAL\",\"exponentialRetryPolicy\":{}}");
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 0), 5000);
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 3), 40000);
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 100), 7200000);
	p = read_policy("{\"type\":\"EXPONENTIAL\",\"exponentialRetryPolicy\":{\"initial\":2,\"max\":9223372036854775807,\"multiplier\":10}}");
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 2), 200);
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 40), INT64_MAX); /* no overflow */
	p = read_policy("{\"type\":\"EXPONENTIAL\",\"exponentialRetryPolicy\":{\"initial\":-5,\"multiplier\":0}}");
	ck_assert_int_eq(lmi_retry_policy_ms(&p, 2), 0);
}
END_TEST

START_TEST(what_is_no_policy_is_an_error)
{
	struct lmi_retry_policy p;
	ck_assert_int_eq(lmi_retry_policy_read(LMI_SPAN_LIT("[1]"), &p), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_retry_policy_read(LMI_SPAN_LIT("{\"type\":"), &p), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_retry_policy_read(LMI_SPAN_LIT("{\"customizedRetryPolicy\":{\"next\":[\"x\"]}}"), &p), -LMQ_EMALFORMED);
	char deep[128];
	memset(deep, '[', sizeof(deep) - 1);
	memcpy(deep, "{\"a\":", 5);
	deep[sizeof(deep) - 1] = '\0';
	ck_assert_int_eq(lmi_retry_policy_read(lmi_span_str(deep), &p), -LMQ_EDEPTH);
}
END_TEST

START_TEST(a_delay_is_rounded_up_to_a_level)
{
	struct lmi_delay_levels l;
	lmi_delay_levels_parse(LMI_SPAN_LIT(LMI_DELAY_LEVEL_DEFAULT), &l);
	ck_assert_int_eq(lmi_delay_level_of_ms(&l, 0), 1);
	ck_assert_int_eq(lmi_delay_level_of_ms(&l, 1000), 1);
	ck_assert_int_eq(lmi_delay_level_of_ms(&l, 1001), 2);
	ck_assert_int_eq(lmi_delay_level_of_ms(&l, 7200000), 18);
	ck_assert_int_eq(lmi_delay_level_of_ms(&l, INT64_MAX), 18);
	lmi_delay_levels_parse(LMI_SPAN_LIT("1h 1s 1m"), &l); /* in no order */
	ck_assert_int_eq(lmi_delay_level_of_ms(&l, 2000), 3);
	ck_assert_int_eq(lmi_delay_level_of_ms(&l, 7200000), 1);
}
END_TEST

LMT_MAIN("retry_policy", without_a_policy_of_its_own_the_levels_count,
	 a_customized_policy_starts_at_its_third_step_and_stays_at_its_last, an_exponential_policy_grows_to_its_maximum,
	 what_is_no_policy_is_an_error, a_delay_is_rounded_up_to_a_level)
