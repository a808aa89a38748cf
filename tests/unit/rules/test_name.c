/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: names are allowed, refused and built as RocketMQ's TopicValidator, MixAll and KeyBuilder do.
 * Shown by: each rule at its limit and one beyond.
 */
#include "rules/name.h"
#include "tests/support/lmt.h"

static struct lmi_span repeat(char *buf, const char *prefix, size_t n)
{
	size_t at = strlen(prefix);
	memcpy(buf, prefix, at);
	memset(buf + at, 'a', n - at);
	return lmi_span(buf, n);
}

START_TEST(allowed_characters_are_percent_bar_letters_digits_underscore_minus)
{
	ck_assert_int_eq(lmi_name_topic_check(LMI_SPAN_LIT("%|azAZ09_-")), LMI_NAME_OK);
	for (int c = 1; c < 256; c++) {
		char text[2] = { 'x', (char)c };
		bool good = c != 0 && strchr("%|_-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", c);
		ck_assert_int_eq(lmi_name_topic_check(lmi_span(text, 2)), good ? LMI_NAME_OK : LMI_NAME_BAD_CHARACTER);
		ck_assert_int_eq(lmi_name_group_check(lmi_span(text, 2)), good ? LMI_NAME_OK : LMI_NAME_BAD_CHARACTER);
	}
}
END_TEST

START_TEST(empty_and_blank_names_are_blank)
{
	ck_assert_int_eq(lmi_name_topic_check(LMI_SPAN_NULL), LMI_NAME_BLANK);
	ck_assert_int_eq(lmi_name_topic_check(LMI_SPAN_LIT("")), LMI_NAME_BLANK);
	ck_assert_int_eq(lmi_name_topic_check(LMI_SPAN_LIT(" \t")), LMI_NAME_BLANK);
	ck_assert_int_eq(lmi_name_group_check(LMI_SPAN_LIT("  ")), LMI_NAME_BLANK);
}
END_TEST

START_TEST(topics_have_127_characters_retry_and_dead_letter_topics_255_groups_120)
{
	char buf[300];
	ck_assert_int_eq(lmi_name_topic_check(repeat(buf, "", 127)), LMI_NAME_OK);
	ck_assert_int_eq(lmi_name_topic_check(repeat(buf, "", 128)), LMI_NAME_TOO_LONG);
	ck_assert_int_eq(lmi_name_topic_check(repeat(buf, "%RETRY%", 255)), LMI_NAME_OK);
	ck_assert_int_eq(lmi_name_topic_check(repeat(buf, "%RETRY%", 256)), LMI_NAME_TOO_LONG);
	ck_assert_int_eq(lmi_name_topic_check(repeat(buf, "%DLQ%", 255)), LMI_NAME_OK);
	ck_assert_int_eq(lmi_name_topic_check(repeat(buf, "%DLQ%", 256)), LMI_NAME_TOO_LONG);
	ck_assert_int_eq(lmi_name_group_check(repeat(buf, "", 120)), LMI_NAME_OK);
	ck_assert_int_eq(lmi_name_group_check(repeat(buf, "", 121)), LMI_NAME_TOO_LONG);
	ck_assert(lmi_name_topic_ok(LMI_SPAN_LIT("T")));
	ck_assert(!lmi_name_group_ok(LMI_SPAN_LIT("a.b")));
}
END_TEST

START_TEST(every_fault_has_words)
{
	for (int f = LMI_NAME_OK; f <= LMI_NAME_TOO_LONG; f++)
		ck_assert_uint_gt(strlen(lmi_name_fault_text((enum lmi_name_fault)f)), 5);
}
END_TEST

START_TEST(system_topics_and_groups_are_known)
{
	ck_assert(lmi_name_is_system_topic(LMI_SPAN_LIT("TBW102")));
	ck_assert(lmi_name_is_system_topic(LMI_SPAN_LIT("SCHEDULE_TOPIC_XXXX")));
	ck_assert(lmi_name_is_system_topic(LMI_SPAN_LIT("rmq_sys_anything")));
	ck_assert(!lmi_name_is_system_topic(LMI_SPAN_LIT("rmq_sy")));
	ck_assert(!lmi_name_is_system_topic(LMI_SPAN_LIT("TBW1021")));
	ck_assert(lmi_name_is_system_group(LMI_SPAN_LIT("CID_RMQ_SYS_x")));
	ck_assert(lmi_name_is_system_group(LMI_SPAN_LIT("TOOLS_CONSUMER")));
	ck_assert(!lmi_name_is_system_group(LMI_SPAN_LIT("orders")));
}
END_TEST

START_TEST(clients_may_not_send_to_the_brokers_own_topics)
{
	static const char *const closed[] = { "SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC", "RMQ_SYS_TRANS_OP_HALF_TOPIC",
					      "TRANS_CHECK_MAX_TIME_TOPIC", "SELF_TEST_TOPIC", "OFFSET_MOVED_EVENT" };
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		ck_assert(!lmi_name_may_send(lmi_span_str(closed[i])));
	ck_assert(lmi_name_may_send(LMI_SPAN_LIT("TBW102")));
	ck_assert(lmi_name_may_send(LMI_SPAN_LIT("BenchmarkTest")));
	ck_assert(lmi_name_may_send(LMI_SPAN_LIT("T")));
}
END_TEST

START_TEST(retry_and_dead_letter_names_are_built_and_taken_apart)
{
	char out[LMI_NAME_MAX + 1], long_group[300];
	ck_assert_uint_eq(lmi_name_retry_topic(LMI_SPAN_LIT("g"), out), 8);
	ck_assert_str_eq(out, "%RETRY%g");
	ck_assert(lmi_name_is_retry(lmi_span_str(out)));
	ck_assert(lmi_span_is(lmi_name_group_of(lmi_span_str(out)), "g"));
	ck_assert_uint_eq(lmi_name_dlq_topic(LMI_SPAN_LIT("g"), out), 6);
	ck_assert_str_eq(out, "%DLQ%g");
	ck_assert(lmi_name_is_dlq(lmi_span_str(out)));
	ck_assert(lmi_span_is(lmi_name_group_of(lmi_span_str(out)), "g"));
	ck_assert_ptr_null(lmi_name_group_of(LMI_SPAN_LIT("T")).p);
	ck_assert_uint_eq(lmi_name_retry_topic(repeat(long_group, "", 248), out), 255);
	ck_assert_uint_eq(lmi_name_retry_topic(repeat(long_group, "", 249), out), 0);
}
END_TEST

LMT_MAIN("name", allowed_characters_are_percent_bar_letters_digits_underscore_minus, empty_and_blank_names_are_blank,
	 topics_have_127_characters_retry_and_dead_letter_topics_255_groups_120, every_fault_has_words,
	 system_topics_and_groups_are_known, clients_may_not_send_to_the_brokers_own_topics,
	 retry_and_dead_letter_names_are_built_and_taken_apart)
