/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: timermetrics is read as RocketMQ writes it and written as it reads it; numbers never fall below 0.
 * Shown by: a file of a Java broker, a round, and texts that are none.
 */
#include "broker/state/timer_counts.h"

#include "tests/support/lmt.h"

static struct timer_counts t;

/* Made by TimerMetrics.encode of RocketMQ 5.5. */
#define JAVA "{\"dataVersion\":{\"counter\":3,\"stateVersion\":0,\"timestamp\":1700000000000}," \
	     "\"timingCount\":{\"T\":{\"count\":2,\"timeStamp\":1700000000001}}}"

START_TEST(a_java_brokers_file_is_read_and_written_back)
{
	struct lmi_buf b = { 0 };
	ck_assert_int_eq(timer_counts_load(&t, LMI_SPAN_LIT(JAVA)), 0);
	ck_assert_int_eq(timer_counts_get(&t, LMI_SPAN_LIT("T")), 2);
	ck_assert_int_eq(t.queue_pos, -1);
	ck_assert(!t.unsaved);
	timer_counts_save(&t, &b, false);
	ck_assert(lmi_span_is(lmi_buf_span(&b), JAVA));
	lmi_buf_done(&b);
	t.queue_pos = 7;
	timer_counts_save(&t, &b, true);
	timer_counts_done(&t);
	ck_assert_int_eq(timer_counts_load(&t, lmi_buf_span(&b)), 0);
	ck_assert_int_eq(t.queue_pos, 7);
	ck_assert_int_eq(timer_counts_get(&t, LMI_SPAN_LIT("T")), 2);
	lmi_buf_done(&b);
	timer_counts_done(&t);
}
END_TEST

START_TEST(numbers_go_up_and_down_but_not_below_0)
{
	timer_counts_add(&t, LMI_SPAN_LIT("A"), 2, 5);
	timer_counts_add(&t, LMI_SPAN_LIT("B"), 1, 6);
	ck_assert(t.unsaved);
	ck_assert_int_eq(t.version.counter, 2);
	timer_counts_add(&t, LMI_SPAN_LIT("A"), -1, 7);
	timer_counts_add(&t, LMI_SPAN_LIT("B"), -5, 7);
	ck_assert_int_eq(timer_counts_get(&t, LMI_SPAN_LIT("A")), 1);
	ck_assert_int_eq(timer_counts_get(&t, LMI_SPAN_LIT("B")), 0);
	timer_counts_drop_topic(&t, LMI_SPAN_LIT("B"));
	ck_assert_uint_eq(lmi_map_count(&t.map), 1);
	timer_counts_reset(&t, 8);
	ck_assert_int_eq(timer_counts_get(&t, LMI_SPAN_LIT("A")), 0);
	timer_counts_done(&t);
}
END_TEST

START_TEST(what_cannot_be_is_passed_over_or_refused)
{
	ck_assert_int_eq(timer_counts_load(&t, LMI_SPAN_LIT("{\"timingCount\":{\"T\":{\"count\":-3,\"x\":[1]},\"a b\":{\"count\":1}},\"more\":1}")), 0);
	ck_assert_int_eq(timer_counts_get(&t, LMI_SPAN_LIT("T")), 0);
	ck_assert_uint_eq(lmi_map_count(&t.map), 1);
	timer_counts_done(&t);
	static const char *const bad[] = { "", "[]", "{", "null", "{\"timingCount\":[]}", "{\"timingCount\":{\"T\":1}}",
					   "{\"timingCount\":{\"T\":{\"count\":\"x\"}}}", "{}x" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(timer_counts_load(&t, lmi_span_str(bad[i])) == -LMQ_EMALFORMED, "%s", bad[i]);
		timer_counts_done(&t);
	}
}
END_TEST

LMT_MAIN("timer_counts", a_java_brokers_file_is_read_and_written_back, numbers_go_up_and_down_but_not_below_0,
	 what_cannot_be_is_passed_over_or_refused)
