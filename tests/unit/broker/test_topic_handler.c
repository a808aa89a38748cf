/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: administration of topics and groups, and what tools ask first, answers as AdminBrokerProcessor does.
 * Shown by: making, changing, reading, deleting, and each refusal.
 */
#include "fixture.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

static bool body_has(const struct lmi_command *a, const char *text)
{
	return memmem(a->body.p, a->body.n, text, strlen(text)) != NULL;
}

static struct lmi_command make_topic(const char *name, const char *queues, const char *perm, const char *attributes)
{
	return fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_TOPIC,
		      FX_FIELDS({ "topic", name }, { "defaultTopic", "TBW102" }, { "readQueueNums", queues },
				{ "writeQueueNums", queues }, { "perm", perm }, { "topicFilterType", "SINGLE_TAG" },
				{ "topicSysFlag", "0" }, { "order", "false" }, { "attributes", attributes }),
		      LMI_SPAN_NULL);
}

static struct lmi_command ask_topic(int32_t code, const char *name)
{
	return fx_ask(&f, &p, code, FX_FIELDS({ "topic", name }), LMI_SPAN_NULL);
}

START_TEST(a_topic_is_made_changed_read_and_deleted)
{
	set_up();
	ck_assert_int_eq(make_topic("T", "8", "6", NULL).code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(make_topic("T", "16", "4", NULL).code, LMI_RSP_SUCCESS);
	struct lmi_command a = ask_topic(LMI_REQ_GET_TOPIC_CONFIG, "T");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert(body_has(&a, "\"perm\":4,\"readQueueNums\":16"));
	f.core.topics.unregistered = false;
	ck_assert_int_eq(ask_topic(LMI_REQ_DELETE_TOPIC_IN_BROKER, "T").code, LMI_RSP_SUCCESS);
	ck_assert(f.core.topics.unregistered);
	ck_assert_int_eq(ask_topic(LMI_REQ_GET_TOPIC_CONFIG, "T").code, LMI_RSP_TOPIC_NOT_EXIST);
	tear_down();
}
END_TEST

START_TEST(deleting_a_topic_takes_its_messages_and_offsets_along)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	struct store_bounds b;
	set_up();
	fx_send(&f, &p, "T", "0", NULL, "x");
	offset_table_commit(&f.core.offsets, &at, 1);
	ck_assert_int_eq(ask_topic(LMI_REQ_DELETE_TOPIC_IN_BROKER, "T").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), -1);
	ck_assert_int_eq(store_queue_bounds(f.core.store, LMI_SPAN_LIT("T"), 0, &b), -LMQ_ENOTFOUND);
	tear_down();
}
END_TEST

START_TEST(the_attribute_lightmq_flushDiskType_is_kept_and_checked)
{
	struct lmi_command a;
	set_up();
	ck_assert_int_eq(make_topic("T", "2", "6", "+lightmq.flushDiskType=SYNC_FLUSH").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(topic_table_get(&f.core.topics, LMI_SPAN_LIT("T"))->flush, TOPIC_SYNC_FLUSH);
	ck_assert_int_eq(make_topic("T", "2", "6", "").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(topic_table_get(&f.core.topics, LMI_SPAN_LIT("T"))->flush, TOPIC_SYNC_FLUSH);
	a = make_topic("T", "2", "6", "+lightmq.flushDiskType=FAST");
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(make_topic("T", "2", "6", "-lightmq.flushDiskType").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(topic_table_get(&f.core.topics, LMI_SPAN_LIT("T"))->flush, TOPIC_FLUSH_AS_CONFIGURED);
	tear_down();
}
END_TEST

START_TEST(attributes_are_added_changed_and_removed)
{
	set_up();
	make_topic("T", "4", "6", "+message.type=FIFO,+a=1");
	struct lmi_command a = ask_topic(LMI_REQ_GET_TOPIC_CONFIG, "T");
	ck_assert(body_has(&a, "{\"message.type\":\"FIFO\",\"a\":\"1\"}"));
	make_topic("T", "4", "6", "+a=2,-message.type,nonsense");
	a = ask_topic(LMI_REQ_GET_TOPIC_CONFIG, "T");
	ck_assert(body_has(&a, "\"attributes\":{\"a\":\"2\"}"));
	tear_down();
}
END_TEST

START_TEST(the_brokers_own_topics_bad_names_and_bad_numbers_are_refused)
{
	set_up();
	ck_assert_int_eq(make_topic("TBW102", "4", "6", NULL).code, LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(make_topic("broker-a", "4", "6", NULL).code, LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(make_topic("a b", "4", "6", NULL).code, LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(make_topic("T", "100000000", "6", NULL).code, LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(make_topic("T", "4", "77", NULL).code, LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(make_topic("T", "four", "6", NULL).code, LMI_RSP_SYSTEM_ERROR);
	ck_assert_int_eq(ask_topic(LMI_REQ_DELETE_TOPIC_IN_BROKER, "TBW102").code, LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(ask_topic(LMI_REQ_DELETE_TOPIC_IN_BROKER, "").code, LMI_RSP_INVALID_PARAMETER);
	tear_down();
}
END_TEST

START_TEST(several_topics_are_made_by_one_request)
{
	set_up();
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_TOPIC_LIST, FX_NONE,
				      LMI_SPAN_LIT("{\"topicConfigList\":[{\"topicName\":\"A\",\"readQueueNums\":2},{\"topicName\":\"B\"}]}"));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(topic_table_get(&f.core.topics, LMI_SPAN_LIT("A"))->config.read_queues, 2);
	ck_assert_int_eq(topic_table_get(&f.core.topics, LMI_SPAN_LIT("B"))->config.read_queues, 16);
	a = fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_TOPIC_LIST, FX_NONE, LMI_SPAN_LIT("{\"topicConfigList\":[{\"topicName\":\"TBW102\"}]}"));
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	a = fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_TOPIC_LIST, FX_NONE, LMI_SPAN_LIT("{\"topicConfigList\":[7]}"));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(all_topics_are_listed_with_their_version_and_the_systems_apart)
{
	set_up();
	make_topic("T", "4", "6", NULL);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_ALL_TOPIC_CONFIG, FX_NONE, LMI_SPAN_NULL);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_TOTAL_TOPIC_NUM), (int64_t)lmi_map_count(&f.core.topics.map));
	ck_assert(body_has(&a, "{\"dataVersion\":{\"counter\":") && body_has(&a, "\"T\":{\"attributes\""));
	a = fx_ask(&f, &p, LMI_REQ_GET_SYSTEM_TOPIC_LIST_FROM_BROKER, FX_NONE, LMI_SPAN_NULL);
	ck_assert(body_has(&a, "TBW102") && body_has(&a, "\"broker-a\"") && !body_has(&a, "\"T\""));
	tear_down();
}
END_TEST

START_TEST(groups_are_made_read_listed_and_deleted)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	set_up();
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, FX_NONE,
				      LMI_SPAN_LIT("{\"groupName\":\"g\",\"retryMaxTimes\":3}"));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	a = fx_ask(&f, &p, LMI_REQ_GET_SUBSCRIPTIONGROUP_CONFIG, FX_FIELDS({ "group", "g" }), LMI_SPAN_NULL);
	ck_assert(body_has(&a, "\"retryMaxTimes\":3"));
	a = fx_ask(&f, &p, LMI_REQ_GET_ALL_SUBSCRIPTIONGROUP_CONFIG, FX_NONE, LMI_SPAN_NULL);
	ck_assert(body_has(&a, "\"g\":{\"attributes\"") && body_has(&a, "TOOLS_CONSUMER"));
	offset_table_commit(&f.core.offsets, &at, 5);
	a = fx_ask(&f, &p, LMI_REQ_DELETE_SUBSCRIPTIONGROUP, FX_FIELDS({ "groupName", "g" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(group_table_get(&f.core.groups, LMI_SPAN_LIT("g"))->retry_max_times, 16); /* made anew */
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), 5);
	fx_ask(&f, &p, LMI_REQ_DELETE_SUBSCRIPTIONGROUP, FX_FIELDS({ "groupName", "g" }, { "cleanOffset", "true" }), LMI_SPAN_NULL);
	ck_assert_ptr_null(group_table_get(&f.core.groups, LMI_SPAN_LIT("g")));
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), -1);
	a = fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, FX_NONE, LMI_SPAN_LIT("{\"groupName\":\"a b\"}"));
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	a = fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, FX_NONE, LMI_SPAN_LIT("nonsense"));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(statistics_of_a_topic_show_each_queue)
{
	set_up();
	fx_send(&f, &p, "T", "1", NULL, "x");
	struct lmi_command a = ask_topic(LMI_REQ_GET_TOPIC_STATS_INFO, "T");
	ck_assert(body_has(&a, "{\"brokerName\":\"broker-a\",\"queueId\":1,\"topic\":\"T\"}:{\"lastUpdateTimestamp\":1700000000000,"
			       "\"maxOffset\":1,\"minOffset\":0}"));
	ck_assert(body_has(&a, "\"topicPutTps\":"));
	ck_assert_int_eq(ask_topic(LMI_REQ_GET_TOPIC_STATS_INFO, "no").code, LMI_RSP_TOPIC_NOT_EXIST);
	tear_down();
}
END_TEST

START_TEST(statistics_of_a_group_show_what_it_has_consumed)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 1 };
	set_up();
	fx_send(&f, &p, "T", "1", NULL, "x");
	fx_send(&f, &p, "T", "1", NULL, "x");
	offset_table_commit(&f.core.offsets, &at, 1);
	offset_table_pulled(&f.core.offsets, &at, 2);
	static const char want[] = "{\"brokerName\":\"broker-a\",\"queueId\":1,\"topic\":\"T\"}:{\"brokerOffset\":2,"
				   "\"consumerOffset\":1,\"lastTimestamp\":1700000000000,\"pullOffset\":2}";
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_CONSUME_STATS, FX_FIELDS({ "consumerGroup", "g" }), LMI_SPAN_NULL);
	ck_assert(body_has(&a, want));
	a = fx_ask(&f, &p, LMI_REQ_GET_CONSUME_STATS, FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }), LMI_SPAN_NULL);
	ck_assert(body_has(&a, want));
	fx_beat(&f, &p, "c", "g", "U", "*"); /* online, and not subscribed to T */
	core_turn_end(&f.core);
	fx_forget_output(&p);
	a = fx_ask(&f, &p, LMI_REQ_GET_CONSUME_STATS, FX_FIELDS({ "consumerGroup", "g" }), LMI_SPAN_NULL);
	ck_assert(!body_has(&a, "\"topic\":\"T\""));
	tear_down();
}
END_TEST

START_TEST(who_consumes_a_topic_is_online_or_has_offsets)
{
	struct offset_at at = { LMI_SPAN_LIT("old"), LMI_SPAN_LIT("T"), 1 }, both = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 1 };
	set_up();
	offset_table_commit(&f.core.offsets, &at, 1);
	offset_table_commit(&f.core.offsets, &both, 1);
	fx_beat(&f, &p, "c", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&p);
	struct lmi_command a = ask_topic(LMI_REQ_QUERY_TOPIC_CONSUME_BY_WHO, "T");
	ck_assert(lmi_span_is(a.body, "{\"groupList\":[\"g\",\"old\"]}"));
	tear_down();
}
END_TEST

START_TEST(a_message_is_viewed_by_its_position)
{
	struct lmi_record r;
	set_up();
	fx_send(&f, &p, "T", "0", NULL, "hello");
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_VIEW_MESSAGE_BY_ID, FX_FIELDS({ "offset", "0" }), LMI_SPAN_NULL);
	ck_assert_int_eq(lmi_record_decode(a.body, &r), 0);
	ck_assert(lmi_span_is(r.body, "hello"));
	a = fx_ask(&f, &p, LMI_REQ_VIEW_MESSAGE_BY_ID, FX_FIELDS({ "offset", "3" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

static void list_one(void *user, struct lmi_buf *out)
{
	(void)user;
	lmi_buf_put_str(out, "brokerName=broker-a\n");
}

START_TEST(the_broker_tells_its_configuration_and_state)
{
	fx_prepare(&f);
	f.cfg.conf.list = list_one;
	fx_open(&f);
	fx_peer_init(&p);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_BROKER_CONFIG, FX_NONE, LMI_SPAN_NULL);
	ck_assert(lmi_span_is(a.body, "brokerName=broker-a\n"));
	ck_assert(lmi_command_ext(&a, LMI_EXT_VERSION).n > 0);
	a = fx_ask(&f, &p, LMI_REQ_GET_BROKER_RUNTIME_INFO, FX_NONE, LMI_SPAN_NULL);
	static const char *const keys[] = { "brokerVersionDesc", "putTps", "getTransferredTps", "sendThreadPoolQueueSize",
					    "pullThreadPoolQueueSize", "ackThreadPoolQueueSize", "pageCacheLockTimeMills",
					    "earliestMessageTimeStamp", "commitLogDiskRatio", "timerReadBehind", "brokerActive",
					    "msgPutTotalTodayNow", "msgGetTotalTodayNow", "bootTimestamp", "commitLogMaxOffset" };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ck_assert_msg(body_has(&a, keys[i]), "%s", keys[i]);
	tear_down();
}
END_TEST

LMT_MAIN("topic_handler", a_topic_is_made_changed_read_and_deleted, deleting_a_topic_takes_its_messages_and_offsets_along,
	 the_attribute_lightmq_flushDiskType_is_kept_and_checked, attributes_are_added_changed_and_removed, the_brokers_own_topics_bad_names_and_bad_numbers_are_refused,
	 several_topics_are_made_by_one_request, all_topics_are_listed_with_their_version_and_the_systems_apart,
	 groups_are_made_read_listed_and_deleted, statistics_of_a_topic_show_each_queue,
	 statistics_of_a_group_show_what_it_has_consumed, who_consumes_a_topic_is_online_or_has_offsets,
	 a_message_is_viewed_by_its_position, the_broker_tells_its_configuration_and_state)
