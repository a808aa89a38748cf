/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: topics come into being, are kept and read back as RocketMQ's TopicConfigManager does.
 * Shown by: the system's topics of store.md, auto-creation at its edges, and files as Java writes them.
 */
#include "base/error.h"
#include "broker/state/topic_table.h"
#include "tests/support/lmt.h"

static struct topic_table t;

static const struct topic_table_setup setup = {
	.cluster_name = LMI_SPAN_LIT("C"),
	.broker_name = LMI_SPAN_LIT("b"),
	.auto_create = true,
	.default_queues = 8,
	.cluster_topic = true,
	.broker_topic = true,
};

static const struct topic *get(const char *name)
{
	return topic_table_get(&t, lmi_span_str(name));
}

static void check(const char *name, int32_t queues, int32_t perm)
{
	const struct topic *topic = get(name);
	ck_assert_msg(topic != NULL, "%s is missing", name);
	ck_assert_int_eq(topic->config.read_queues, queues);
	ck_assert_int_eq(topic->config.write_queues, queues);
	ck_assert_int_eq(topic->config.perm, perm);
	ck_assert(topic->system);
}

START_TEST(the_systems_topics_are_made_with_their_queues_and_perms)
{
	t = (struct topic_table){ 0 };
	ck_assert_int_eq(topic_table_make_system(&t, &setup, 5), 0);
	check("TBW102", 8, 7);
	check("SELF_TEST_TOPIC", 1, 6);
	check("BenchmarkTest", 1024, 6);
	check("C", 16, 7);
	check("b", 1, 7);
	check("OFFSET_MOVED_EVENT", 1, 6);
	check("SCHEDULE_TOPIC_XXXX", 18, 6);
	check("C_REPLY_TOPIC", 1, 6);
	check("rmq_sys_REVIVE_LOG_C", 8, 6);
	check("rmq_sys_SYNC_BROKER_MEMBER_b", 1, 1);
	check("RMQ_SYS_TRANS_HALF_TOPIC", 1, 6);
	check("RMQ_SYS_TRANS_OP_HALF_TOPIC", 1, 6);
	check("rmq_sys_wheel_timer", 1, 6);
	ck_assert_ptr_null(get("RMQ_SYS_TRACE_TOPIC"));
	ck_assert(t.unsaved && t.unregistered);
	int64_t counter = t.version.counter;
	ck_assert_int_eq(topic_table_make_system(&t, &setup, 6), 0); /* again: nothing new */
	ck_assert_int_eq(t.version.counter, counter);
	topic_table_done(&t);
}
END_TEST

START_TEST(what_is_switched_off_is_not_made_or_only_inherits)
{
	struct topic_table_setup s = setup;
	t = (struct topic_table){ 0 };
	s.auto_create = s.cluster_topic = s.broker_topic = false;
	s.trace_topic = true;
	ck_assert_int_eq(topic_table_make_system(&t, &s, 5), 0);
	ck_assert_ptr_null(get("TBW102"));
	check("C", 16, 1);
	check("b", 1, 1);
	check("RMQ_SYS_TRACE_TOPIC", 1, 6);
	topic_table_done(&t);
}
END_TEST

static int auto_create(const char *name, const char *base, int32_t queues, bool allowed, const struct topic **out)
{
	struct topic_wish w = { .name = lmi_span_str(name), .default_topic = lmi_span_str(base), .queues = queues, .sysflag = 1 };
	return topic_table_auto_create(&t, &w, allowed, 9, out);
}

START_TEST(a_first_message_makes_as_many_queues_as_wished_at_most_the_defaults)
{
	const struct topic *topic = NULL;
	t = (struct topic_table){ 0 };
	ck_assert_int_eq(topic_table_make_system(&t, &setup, 5), 0);
	t.unsaved = t.unregistered = false;
	int64_t counter = t.version.counter;
	ck_assert_int_eq(auto_create("T", "TBW102", 4, true, &topic), 0);
	ck_assert_int_eq(topic->config.read_queues, 4);
	ck_assert_int_eq(topic->config.write_queues, 4);
	ck_assert_int_eq(topic->config.perm, 6); /* 7 without inherit */
	ck_assert_int_eq(topic->config.sysflag, 1);
	ck_assert(!topic->system);
	ck_assert(t.unsaved && t.unregistered);
	ck_assert_int_eq(t.version.counter, counter + 1);
	ck_assert_int_eq(t.version.timestamp_ms, 9);
	ck_assert_int_eq(auto_create("U", "TBW102", 100, true, &topic), 0);
	ck_assert_int_eq(topic->config.read_queues, 8);
	ck_assert_int_eq(auto_create("V", "TBW102", -3, true, &topic), 0);
	ck_assert_int_eq(topic->config.read_queues, 0);
	topic_table_done(&t);
}
END_TEST

START_TEST(no_topic_is_made_from_an_unknown_default_or_one_that_does_not_inherit_or_when_forbidden)
{
	const struct topic *topic = NULL;
	t = (struct topic_table){ 0 };
	ck_assert_int_eq(topic_table_make_system(&t, &setup, 5), 0);
	ck_assert_int_eq(auto_create("T", "nope", 4, true, &topic), -LMQ_ENOTFOUND);
	ck_assert_int_eq(auto_create("T", "BenchmarkTest", 4, true, &topic), -LMQ_ENOTFOUND);
	ck_assert_int_eq(auto_create("T", "TBW102", 4, false, &topic), -LMQ_ENOTFOUND);
	ck_assert_int_eq(auto_create("T", "C", 4, false, &topic), 0); /* another default topic may still be inherited from */
	topic_table_done(&t);
}
END_TEST

START_TEST(a_retry_topic_is_made_once)
{
	const struct topic *topic = NULL, *again = NULL;
	t = (struct topic_table){ 0 };
	ck_assert_int_eq(topic_table_make_retry(&t, LMI_SPAN_LIT("%RETRY%g"), 1, 2, 5, &topic), 0);
	ck_assert_int_eq(topic->config.read_queues, 1);
	ck_assert_int_eq(topic->config.perm, 6);
	ck_assert_int_eq(topic->config.sysflag, 2);
	ck_assert_int_eq(topic_table_make_retry(&t, LMI_SPAN_LIT("%RETRY%g"), 9, 0, 6, &again), 0);
	ck_assert_ptr_eq(topic, again);
	topic_table_done(&t);
}
END_TEST

START_TEST(settings_out_of_range_are_refused)
{
	struct lmi_topic_config c;
	static char long_name[300];
	t = (struct topic_table){ 0 };
	memset(long_name, 'a', sizeof(long_name));
	lmi_topic_config_init(&c, LMI_SPAN_LIT("T"));
	c.read_queues = TOPIC_QUEUES_MAX + 1;
	ck_assert_int_eq(topic_table_put(&t, &c, 1), -LMQ_EILLEGAL);
	lmi_topic_config_init(&c, LMI_SPAN_LIT("T"));
	c.write_queues = -1;
	ck_assert_int_eq(topic_table_put(&t, &c, 1), -LMQ_EILLEGAL);
	lmi_topic_config_init(&c, LMI_SPAN_LIT("T"));
	c.perm = 16;
	ck_assert_int_eq(topic_table_put(&t, &c, 1), -LMQ_EILLEGAL);
	lmi_topic_config_init(&c, lmi_span(long_name, sizeof(long_name)));
	ck_assert_int_eq(topic_table_put(&t, &c, 1), -LMQ_EILLEGAL);
	lmi_topic_config_init(&c, LMI_SPAN_LIT("T"));
	c.attributes = lmi_span(long_name, TOPIC_ATTRIBUTES_MAX + 1);
	ck_assert_int_eq(topic_table_put(&t, &c, 1), -LMQ_EILLEGAL);
	ck_assert_uint_eq(lmi_map_count(&t.map), 0);
	ck_assert(!t.unsaved);
}
END_TEST

START_TEST(a_topic_can_be_changed_by_a_copy_of_what_the_table_holds)
{
	struct lmi_topic_config c;
	t = (struct topic_table){ 0 };
	lmi_topic_config_init(&c, LMI_SPAN_LIT("a_name_that_is_not_short"));
	ck_assert_int_eq(topic_table_put(&t, &c, 1), 0);
	c = topic_table_get(&t, LMI_SPAN_LIT("a_name_that_is_not_short"))->config; /* with the table's own texts */
	c.read_queues = 7;
	ck_assert_int_eq(topic_table_put(&t, &c, 2), 0);
	ck_assert_int_eq(topic_table_get(&t, LMI_SPAN_LIT("a_name_that_is_not_short"))->config.read_queues, 7);
	topic_table_done(&t);
}
END_TEST

START_TEST(deleting_moves_the_version)
{
	struct lmi_topic_config c;
	t = (struct topic_table){ 0 };
	lmi_topic_config_init(&c, LMI_SPAN_LIT("T"));
	ck_assert_int_eq(topic_table_put(&t, &c, 1), 0);
	t.unsaved = t.unregistered = false;
	ck_assert(!topic_table_del(&t, LMI_SPAN_LIT("U"), 2));
	ck_assert(!t.unsaved);
	ck_assert(topic_table_del(&t, LMI_SPAN_LIT("T"), 2));
	ck_assert(t.unsaved && t.unregistered);
	ck_assert_int_eq(t.version.counter, 2);
	topic_table_done(&t);
}
END_TEST

START_TEST(what_is_saved_is_loaded_again)
{
	struct lmi_buf b = { 0 };
	struct topic_table u = { 0 };
	struct lmi_topic_config c;
	t = (struct topic_table){ 0 };
	ck_assert_int_eq(topic_table_make_system(&t, &setup, 5), 0);
	lmi_topic_config_init(&c, LMI_SPAN_LIT("%RETRY%g"));
	c.attributes = LMI_SPAN_LIT("{\"message.type\":\"FIFO\"}");
	c.order = true;
	ck_assert_int_eq(topic_table_put(&t, &c, 77), 0);
	topic_table_save(&t, &b);
	ck_assert_int_eq(topic_table_load(&u, lmi_buf_span(&b)), 0);
	ck_assert_uint_eq(lmi_map_count(&u.map), lmi_map_count(&t.map));
	ck_assert(lmi_data_version_eq(&u.version, &t.version));
	const struct topic *r = topic_table_get(&u, LMI_SPAN_LIT("%RETRY%g"));
	ck_assert(r->config.order);
	ck_assert(lmi_span_is(r->config.attributes, "{\"message.type\":\"FIFO\"}"));
	ck_assert(!u.unsaved);
	lmi_buf_done(&b);
	topic_table_done(&u);
	topic_table_done(&t);
}
END_TEST

START_TEST(javas_own_file_is_read)
{
	/* As MixAll.string2File leaves it: fastjson's pretty form with tabs. */
	static const char text[] = "{\n\t\"dataVersion\":{\n\t\t\"counter\":2,\n\t\t\"stateVersion\":0,\n\t\t\"timestamp\":1\n\t},\n"
				   "\t\"topicConfigTable\":{\n\t\t\"T\":{\n\t\t\t\"attributes\":{},\n\t\t\t\"order\":false,\n"
				   "\t\t\t\"perm\":6,\n\t\t\t\"readQueueNums\":4,\n\t\t\t\"topicFilterType\":\"SINGLE_TAG\",\n"
				   "\t\t\t\"topicName\":\"T\",\n\t\t\t\"topicSysFlag\":0,\n\t\t\t\"writeQueueNums\":5\n\t\t}\n\t},\n"
				   "\t\"somethingNew\":[1,{\"a\":2}]\n}";
	t = (struct topic_table){ 0 };
	ck_assert_int_eq(topic_table_load(&t, LMI_SPAN_LIT(text)), 0);
	ck_assert_int_eq(t.version.counter, 2);
	ck_assert_int_eq(get("T")->config.read_queues, 4);
	ck_assert_int_eq(get("T")->config.write_queues, 5);
	topic_table_done(&t);
}
END_TEST

START_TEST(broken_files_are_refused)
{
	static const char *const bad[] = { "", "[]", "{", "{\"topicConfigTable\":[]}", "{\"topicConfigTable\":{\"T\":{\"perm\":99}}}",
					   "{} trailing", "{\"topicConfigTable\":{\"T\":{\"topicFilterType\":\"X\"}}}" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t = (struct topic_table){ 0 };
		ck_assert_msg(topic_table_load(&t, lmi_span_str(bad[i])) == -LMQ_EMALFORMED, "%s", bad[i]);
		topic_table_done(&t);
	}
}
END_TEST

LMT_MAIN("topic_table", the_systems_topics_are_made_with_their_queues_and_perms,
	 what_is_switched_off_is_not_made_or_only_inherits,
	 a_first_message_makes_as_many_queues_as_wished_at_most_the_defaults,
	 no_topic_is_made_from_an_unknown_default_or_one_that_does_not_inherit_or_when_forbidden, a_retry_topic_is_made_once,
	 settings_out_of_range_are_refused, a_topic_can_be_changed_by_a_copy_of_what_the_table_holds, deleting_moves_the_version, what_is_saved_is_loaded_again, javas_own_file_is_read,
	 broken_files_are_refused)
