/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: subscriptions are read and written as SubscriptionData, also with numbers as text; their sets have a limit.
 * Shown: on a text of the 5.3.3 jars, and on faults.
 */
#include "wire/subscription.h"

#include "wire_lmt.h"

#define JSON                                                                                                               \
	"{\"classFilterMode\":false,\"codeSet\":[2598919,2598920],\"expressionType\":\"TAG\",\"subString\":\"TagA || TagB\"," \
	"\"subVersion\":123,\"tagsSet\":[\"TagA\",\"TagB\"],\"topic\":\"T\"}"

static struct lmi_arena arena;

START_TEST(the_json_of_java_is_read_and_written)
{
	struct lmi_subscription s;
	struct lmi_json_out o;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_subscription_decode(LMI_SPAN_LIT(JSON), &arena, &s), 0);
	ck_assert_span_eq(s.topic, "T");
	ck_assert_span_eq(s.expression, "TagA || TagB");
	ck_assert_span_eq(s.expression_type, "TAG");
	ck_assert_int_eq(s.version, 123);
	ck_assert(!s.class_filter);
	ck_assert(s.tag_count == 2 && s.code_count == 2);
	ck_assert_span_eq(s.tags[1], "TagB");
	ck_assert_int_eq(s.codes[0], 2598919);
	lmi_json_out_init(&o, &b);
	lmi_subscription_put(&o, &s);
	ck_assert_span_eq(lmi_buf_span(&b), JSON);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(missing_members_are_empty_and_numbers_may_be_text)
{
	struct lmi_subscription s;

	ck_assert_int_eq(lmi_subscription_decode(LMI_SPAN_LIT("{\"topic\":\"T\",\"subVersion\":\"9007199254740993\",\"codeSet\":[\"-5\"],"
							      "\"tagsSet\":null,\"expressionType\":\"\"}"),
						 &arena, &s),
			 0);
	ck_assert_int_eq(s.version, 9007199254740993);
	ck_assert_int_eq(s.codes[0], -5);
	ck_assert_uint_eq(s.tag_count, 0);
	ck_assert_span_eq(s.expression_type, "TAG");
	ck_assert_ptr_null(s.expression.p);
}
END_TEST

START_TEST(broken_texts_are_refused)
{
	static const char *const bad[] = { "", "[]", "{\"codeSet\":{}}", "{\"codeSet\":[99999999999]}", "{\"tagsSet\":[[]]}",
					   "{\"subVersion\":\"x\"}", "{}{}" };
	struct lmi_subscription s = { .version = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_subscription_decode(lmi_span_str(bad[i]), &arena, &s) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_int_eq(s.version, 77);
}
END_TEST

START_TEST(larger_sets_than_the_limit_are_too_big)
{
	static const char *const heads[] = { "{\"codeSet\":[0", "{\"tagsSet\":[0" };
	struct lmi_buf b = { 0 };
	struct lmi_subscription s;

	for (int i = 0; i < 2; i++) {
		lmi_buf_reset(&b, 1 << 20);
		lmi_buf_put_str(&b, heads[i]);
		for (unsigned int k = 0; k < LMI_SUBSCRIPTION_TAGS_MAX; k++)
			lmi_buf_put_str(&b, ",1");
		lmi_buf_put_str(&b, "]}");
		ck_assert_int_eq(lmi_subscription_decode(lmi_buf_span(&b), &arena, &s), -LMQ_ETOOBIG);
	}
	lmi_buf_done(&b);
}
END_TEST

LMT_MAIN("subscription", the_json_of_java_is_read_and_written, missing_members_are_empty_and_numbers_may_be_text,
	 broken_texts_are_refused, larger_sets_than_the_limit_are_too_big)
