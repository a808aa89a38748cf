/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what failed is tried again or given up as AbstractSendMessageProcessor and SendMessageProcessor decide.
 * Shown by: the 16 tries of the default, and each boundary.
 */
#include "rules/retry.h"
#include "tests/support/lmt.h"
#include "wire/codes.h"

START_TEST(sixteen_tries_with_levels_3_to_18_then_dead)
{
	for (int32_t times = 0; times < 16; times++) {
		struct lmi_retry r = lmi_retry_sent_back(times, LMI_RETRY_MAX_TIMES_DEFAULT, 0);
		ck_assert(!r.dead);
		ck_assert_int_eq(r.delay_level, 3 + times);
	}
	struct lmi_retry r = lmi_retry_sent_back(16, LMI_RETRY_MAX_TIMES_DEFAULT, 0);
	ck_assert(r.dead);
	ck_assert_int_eq(r.delay_level, 0);
}
END_TEST

START_TEST(a_level_of_the_consumer_counts_and_a_negative_one_is_dead)
{
	ck_assert_int_eq(lmi_retry_sent_back(5, 16, 1).delay_level, 1);
	ck_assert(lmi_retry_sent_back(0, 16, -1).dead);
}
END_TEST

START_TEST(no_tries_allowed_is_dead_at_once)
{
	ck_assert(lmi_retry_sent_back(0, 0, 0).dead);
	ck_assert(lmi_retry_sent_back(0, -1, 0).dead);
}
END_TEST

START_TEST(huge_counts_do_not_overflow)
{
	ck_assert_int_eq(lmi_retry_sent_back(INT32_MAX - 1, INT32_MAX, 0).delay_level, INT32_MAX);
}
END_TEST

START_TEST(a_client_sending_itself_is_dead_strictly_above_the_maximum_or_when_ordered)
{
	ck_assert(!lmi_retry_send_is_dead(16, 16, false));
	ck_assert(lmi_retry_send_is_dead(17, 16, false));
	ck_assert(lmi_retry_send_is_dead(0, 16, true));
}
END_TEST

START_TEST(the_headers_maximum_counts_from_version_3_4_9_on)
{
	struct lmi_retry_max m = { .of_group = 16, .of_request = 3, .in_request = true, .client_version = LMI_VERSION_3_4_9 };
	ck_assert_int_eq(lmi_retry_max_times(&m), 3);
	m.client_version = LMI_VERSION_3_4_9 - 1;
	ck_assert_int_eq(lmi_retry_max_times(&m), 16);
	m.client_version = LMI_VERSION_OURS;
	m.in_request = false;
	ck_assert_int_eq(lmi_retry_max_times(&m), 16);
}
END_TEST

LMT_MAIN("retry", sixteen_tries_with_levels_3_to_18_then_dead, a_level_of_the_consumer_counts_and_a_negative_one_is_dead,
	 no_tries_allowed_is_dead_at_once, huge_counts_do_not_overflow,
	 a_client_sending_itself_is_dead_strictly_above_the_maximum_or_when_ordered,
	 the_headers_maximum_counts_from_version_3_4_9_on)
