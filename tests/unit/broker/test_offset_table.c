/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: offsets are kept by group, topic and queue, and their file is RocketMQ's.
 * Shown by: going forward and back, limits, and files as Java writes them.
 */
#include "base/error.h"
#include "broker/state/offset_table.h"
#include "tests/support/lmt.h"

static struct offset_table t;

static struct offset_at at(const char *group, const char *topic, int32_t queue)
{
	return (struct offset_at){ lmi_span_str(group), lmi_span_str(topic), queue };
}

static int commit(const char *group, const char *topic, int32_t queue, int64_t pos)
{
	struct offset_at a = at(group, topic, queue);
	return offset_table_commit(&t, &a, pos);
}

static int64_t get(const char *group, const char *topic, int32_t queue)
{
	struct offset_at a = at(group, topic, queue);
	return offset_table_get(&t, &a);
}

START_TEST(a_committed_position_is_found_again_and_others_are_not_there)
{
	t = (struct offset_table){ 0 };
	ck_assert_int_eq(commit("g", "T", 3, 7), 0);
	ck_assert_int_eq(get("g", "T", 3), 7);
	ck_assert_int_eq(get("g", "T", 2), -1);
	ck_assert_int_eq(get("h", "T", 3), -1);
	ck_assert_int_eq(get("g", "U", 3), -1);
	offset_table_done(&t);
}
END_TEST

START_TEST(queues_in_any_order_are_kept_apart)
{
	t = (struct offset_table){ 0 };
	for (int32_t i = 99; i >= 0; i--)
		ck_assert_int_eq(commit("g", "T", (i * 37) % 100, i), 0);
	for (int32_t i = 0; i < 100; i++)
		ck_assert_int_eq(get("g", "T", (i * 37) % 100), i);
	offset_table_done(&t);
}
END_TEST

START_TEST(going_back_is_stored_too)
{
	t = (struct offset_table){ 0 };
	ck_assert_int_eq(commit("g", "T", 0, 7), 0);
	ck_assert_int_eq(commit("g", "T", 0, 3), 0);
	ck_assert_int_eq(get("g", "T", 0), 3);
	offset_table_done(&t);
}
END_TEST

START_TEST(only_a_change_wants_saving)
{
	struct offset_at a = at("g", "T", 0);
	t = (struct offset_table){ 0 };
	ck_assert_int_eq(offset_table_pulled(&t, &a, 5), 0);
	ck_assert(!t.unsaved);
	ck_assert_int_eq(commit("g", "T", 0, 5), 0);
	ck_assert(t.unsaved);
	t.unsaved = false;
	ck_assert_int_eq(commit("g", "T", 0, 5), 0);
	ck_assert(!t.unsaved);
	ck_assert_int_eq(offset_table_get_pulled(&t, &a), 5);
	offset_table_done(&t);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
	static char name[OFFSET_KEY_MAX];
	t = (struct offset_table){ 0 };
	memset(name, 'a', sizeof(name) - 1);
	ck_assert_int_eq(commit("g", "T", 0, -1), -LMQ_EILLEGAL);
	ck_assert_int_eq(commit("g", "T", -1, 1), -LMQ_EILLEGAL);
	ck_assert_int_eq(commit("g", "T", OFFSET_QUEUES_MAX, 1), -LMQ_EILLEGAL);
	ck_assert_int_eq(commit("", "T", 0, 1), -LMQ_EILLEGAL);
	ck_assert_int_eq(commit("g", "", 0, 1), -LMQ_EILLEGAL);
	ck_assert_int_eq(commit("g", name, 0, 1), -LMQ_EILLEGAL);
	ck_assert_uint_eq(lmi_map_count(&t.map), 0);
}
END_TEST

START_TEST(topics_and_groups_are_dropped_whole)
{
	t = (struct offset_table){ 0 };
	commit("g", "T", 0, 1);
	commit("g", "U", 0, 2);
	commit("h", "T", 0, 3);
	offset_table_drop_topic(&t, LMI_SPAN_LIT("T"));
	ck_assert_int_eq(get("g", "T", 0), -1);
	ck_assert_int_eq(get("h", "T", 0), -1);
	ck_assert_int_eq(get("g", "U", 0), 2);
	offset_table_drop_group(&t, LMI_SPAN_LIT("g"));
	ck_assert_uint_eq(lmi_map_count(&t.map), 0);
	offset_table_done(&t);
}
END_TEST

START_TEST(the_file_has_bare_queue_ids_as_javas)
{
	struct lmi_buf b = { 0 };
	struct offset_at a = at("p", "T", 0);
	t = (struct offset_table){ .version = { .counter = 2, .timestamp_ms = 9 } };
	commit("g", "T", 1, 6);
	commit("g", "T", 0, 5);
	offset_table_pulled(&t, &a, 7); /* memory only */
	offset_table_save(&t, &b);
	static const char text[] = "{\"dataVersion\":{\"counter\":2,\"stateVersion\":0,\"timestamp\":9},"
				   "\"offsetTable\":{\"T@g\":{0:5,1:6}}}";
	ck_assert_msg(lmi_span_is(lmi_buf_span(&b), text), "%.*s", (int)lmi_buf_len(&b), (char *)lmi_buf_data(&b));
	lmi_buf_done(&b);
	offset_table_done(&t);
}
END_TEST

START_TEST(javas_file_is_read_whatever_its_form)
{
	static const char text[] = "{\n\t\"dataVersion\":{\"counter\":3,\"stateVersion\":0,\"timestamp\":4},\n"
				   "\t\"groupTopicMap\":{\"g\":[\"T\"]},\n\t\"offsetTable\":{\n\t\t\"T@g\":{0:5,\"1\":6,2:\"7\"},\n"
				   "\t\t\"%RETRY%g@g\":{0:1},\n\t\t\"nosign\":{0:1},\n\t\t\"U@g\":{0:-1,\"x\":3}\n\t}\n}";
	t = (struct offset_table){ 0 };
	ck_assert_int_eq(offset_table_load(&t, LMI_SPAN_LIT(text)), 0);
	ck_assert_int_eq(get("g", "T", 0), 5);
	ck_assert_int_eq(get("g", "T", 1), 6);
	ck_assert_int_eq(get("g", "T", 2), 7);
	ck_assert_int_eq(get("g", "%RETRY%g", 0), 1);
	ck_assert_int_eq(get("g", "U", 0), -1);
	ck_assert_int_eq(t.version.counter, 3);
	ck_assert(!t.unsaved);
	offset_table_done(&t);
}
END_TEST

START_TEST(broken_files_are_refused)
{
	static const char *const bad[] = { "", "[]", "{\"offsetTable\":3}", "{\"offsetTable\":{\"T@g\":[1]}}",
					   "{\"offsetTable\":{\"T@g\":{0:{}}}}", "{}{}" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t = (struct offset_table){ 0 };
		ck_assert_msg(offset_table_load(&t, lmi_span_str(bad[i])) == -LMQ_EMALFORMED, "%s", bad[i]);
		offset_table_done(&t);
	}
}
END_TEST

LMT_MAIN("offset_table", a_committed_position_is_found_again_and_others_are_not_there, queues_in_any_order_are_kept_apart,
	 going_back_is_stored_too, only_a_change_wants_saving, what_cannot_be_is_refused, topics_and_groups_are_dropped_whole,
	 the_file_has_bare_queue_ids_as_javas, javas_file_is_read_whatever_its_form, broken_files_are_refused)
