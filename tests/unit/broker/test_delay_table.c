/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: delayOffset.json is read as RocketMQ writes it and written as it reads it.
 * Shown by: a file of a Java broker, a round, and texts that are none.
 */
#include "fixture.h"

static struct delay_table t;

START_TEST(a_java_brokers_file_is_read_and_written_back)
{
	struct lmi_buf b = { 0 };
	/* As written by ConfigManager.persist of RocketMQ 5.3. */
	ck_assert_int_eq(delay_table_load(&t, LMI_SPAN_LIT("{\n\t\"dataVersion\":{\n\t\t\"counter\":2,\n\t\t\"stateVersion\":0,\n\t\t"
							   "\"timestamp\":1700000000000\n\t},\n\t\"offsetTable\":{1:2,12:9\n\t}\n}")), 0);
	ck_assert_int_eq(t.next[0], 2);
	ck_assert_int_eq(t.next[11], 9);
	ck_assert_int_eq(t.safe[11], 9);
	ck_assert_int_eq(t.version.counter, 2);
	ck_assert(!t.unsaved);
	t.next[0] = 7; /* delivered, not yet on the disk */
	delay_table_save(&t, &b);
	ck_assert(lmi_span_is(lmi_buf_span(&b), "{\"dataVersion\":{\"counter\":2,\"stateVersion\":0,\"timestamp\":1700000000000},"
						"\"offsetTable\":{1:2,12:9}}"));
	lmi_buf_done(&b);
	delay_table_done(&t);
	ck_assert_int_eq(t.next[11], 0);
}
END_TEST

START_TEST(levels_and_positions_that_cannot_be_are_passed_over)
{
	ck_assert_int_eq(delay_table_load(&t, LMI_SPAN_LIT("{\"offsetTable\":{0:1,257:1,\"2\":\"5\",-1:3,\"x\":1,3:-4},\"more\":[1]}")), 0);
	ck_assert_int_eq(t.next[1], 5);
	ck_assert_int_eq(t.next[2], 0);
	delay_table_done(&t);
	ck_assert_int_eq(delay_table_load(&t, LMI_SPAN_LIT("{\"offsetTable\":null}")), 0);
}
END_TEST

START_TEST(what_is_no_such_file_is_an_error)
{
	static const char *const bad[] = { "", "[]", "{", "{\"offsetTable\":[]}", "{\"offsetTable\":{1:x}}", "{}x", "null" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(delay_table_load(&t, lmi_span_str(bad[i])) == -LMQ_EMALFORMED, "%s", bad[i]);
	char deep[128];
	memset(deep, '[', sizeof(deep) - 1);
	memcpy(deep, "{\"a\":", 5);
	deep[sizeof(deep) - 1] = '\0';
	ck_assert_int_eq(delay_table_load(&t, lmi_span_str(deep)), -LMQ_EDEPTH);
}
END_TEST

LMT_MAIN("delay_table", a_java_brokers_file_is_read_and_written_back, levels_and_positions_that_cannot_be_are_passed_over,
	 what_is_no_such_file_is_an_error)
