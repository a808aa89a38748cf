/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: heartbeats, leaving, lists and notices are as ClientManageProcessor and ConsumerManageProcessor give them.
 * Shown by: two members of a group, both kinds of heartbeat, and each list.
 */
#include "fixture.h"

static struct fx f;
static struct fx_peer p, q;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	fx_peer_init(&q);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_peer_gone(&f, &q);
	fx_done(&f);
	fx_peer_done(&p);
	fx_peer_done(&q);
}

/* How many notices of change for group g wait, and nothing else. */
static int notices(struct fx_peer *who)
{
	struct lmi_command a;
	int n = 0;
	while (fx_take(who, &a)) {
		ck_assert_int_eq(a.code, LMI_REQ_NOTIFY_CONSUMER_IDS_CHANGED);
		ck_assert_int_eq(a.flag, LMI_FLAG_ONEWAY);
		ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_CONSUMER_GROUP), "g"));
		n++;
	}
	return n;
}

static bool body_has(const struct lmi_command *a, const char *text)
{
	return memmem(a->body.p, a->body.n, text, strlen(text)) != NULL;
}

START_TEST(a_heartbeat_is_answered_with_our_version_and_makes_group_and_retry_topic)
{
	set_up();
	struct lmi_command a = fx_beat(&f, &p, "c1", "g", "T", "*");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_ge(a.version, LMI_VERSION_4_1_0_SNAPSHOT);
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_IS_SUPPORT_HEART_BEAT_V2), "true"));
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_IS_SUB_CHANGE), "true"));
	ck_assert_ptr_nonnull(group_table_get(&f.core.groups, LMI_SPAN_LIT("g")));
	ck_assert_int_eq(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%g"))->config.read_queues, 1);
	tear_down();
}
END_TEST

START_TEST(every_member_is_told_when_another_comes_or_goes)
{
	set_up();
	fx_beat(&f, &p, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	ck_assert_int_eq(notices(&p), 1);
	fx_beat(&f, &q, "c2", "g", "T", "*");
	core_turn_end(&f.core);
	ck_assert_int_eq(notices(&p), 1);
	ck_assert_int_eq(notices(&q), 1);
	fx_beat(&f, &q, "c2", "g", "T", "*"); /* nothing new */
	core_turn_end(&f.core);
	ck_assert_int_eq(notices(&p) + notices(&q), 0);
	core_peer_closed(&f.core, &q.peer);
	core_turn_end(&f.core);
	ck_assert_int_eq(notices(&p), 1);
	tear_down();
}
END_TEST

START_TEST(who_unregisters_is_gone_and_its_locks_are_free)
{
	struct lock_who w = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("c2") };
	struct lmi_message_queue mq = { LMI_SPAN_LIT("T"), LMI_SPAN_LIT("broker-a"), 0 };
	set_up();
	fx_beat(&f, &p, "c1", "g", "T", "*");
	fx_beat(&f, &q, "c2", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&p);
	fx_forget_output(&q);
	lock_table_try(&f.core.locks, &w, &mq, lmi_mono_ms(&f.clock.clock));
	struct lmi_command a = fx_ask(&f, &q, LMI_REQ_UNREGISTER_CLIENT,
				      FX_FIELDS({ "clientID", "c2" }, { "producerGroup", "pg" }, { "consumerGroup", "g" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(notices(&p), 1);
	ck_assert_int_eq(notices(&q), 0);
	ck_assert_uint_eq(f.core.locks.count, 0);
	tear_down();
}
END_TEST

START_TEST(the_list_of_consumers_is_sorted_and_names_each_client_once)
{
	struct fx_peer again;
	set_up();
	fx_peer_init(&again);
	fx_beat(&f, &p, "c2", "g", "T", "*");
	fx_beat(&f, &q, "c1", "g", "T", "*");
	fx_beat(&f, &again, "c1", "g", "T", "*"); /* came back before its old connection was seen to close */
	core_turn_end(&f.core);
	fx_forget_output(&p);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_CONSUMER_LIST_BY_GROUP, FX_FIELDS({ "consumerGroup", "g" }), LMI_SPAN_NULL);
	ck_assert(lmi_span_is(a.body, "{\"consumerIdList\":[\"c1\",\"c2\"]}"));
	a = fx_ask(&f, &p, LMI_REQ_GET_CONSUMER_LIST_BY_GROUP, FX_FIELDS({ "consumerGroup", "h" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(lmi_span_is(a.remark, "no consumer for this group, h"));
	fx_peer_gone(&f, &again);
	fx_peer_done(&again);
	tear_down();
}
END_TEST

static struct lmi_command beat_v2(const char *fingerprint, bool without)
{
	char body[1024];
	snprintf(body, sizeof(body),
		 "{\"clientID\":\"c1\",\"heartbeatFingerprint\":%s,\"withoutSub\":%s,\"producerDataSet\":[],\"consumerDataSet\":[{"
		 "\"groupName\":\"g\",\"subscriptionDataSet\":[%s]}]}",
		 fingerprint, without ? "true" : "false",
		 without ? "" : "{\"topic\":\"T\",\"subString\":\"*\",\"subVersion\":1}");
	return fx_ask(&f, &p, LMI_REQ_HEART_BEAT, FX_NONE, lmi_span_str(body));
}

static bool sub_change(const struct lmi_command *a)
{
	return lmi_span_is(lmi_command_ext(a, LMI_EXT_IS_SUB_CHANGE), "true");
}

START_TEST(a_heartbeat_without_subscriptions_is_enough_while_the_fingerprint_is_known)
{
	set_up();
	struct lmi_command a = beat_v2("77", false);
	ck_assert(!sub_change(&a));
	core_turn_end(&f.core);
	fx_forget_output(&p);
	a = beat_v2("77", true);
	ck_assert(!sub_change(&a));
	ck_assert_ptr_nonnull(client_group_sub(client_table_consumers(&f.core.clients, LMI_SPAN_LIT("g")), LMI_SPAN_LIT("T")));
	a = beat_v2("78", true);
	ck_assert(sub_change(&a));
	tear_down();
}
END_TEST

START_TEST(a_broker_that_knows_no_subscription_asks_for_it)
{
	set_up();
	struct lmi_command a = beat_v2("77", true); /* a restarted broker hears this first */
	ck_assert(sub_change(&a));
	tear_down();
}
END_TEST

START_TEST(what_is_no_heartbeat_is_1)
{
	set_up();
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_HEART_BEAT, FX_NONE, LMI_SPAN_LIT("{\"clientID\":"));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	a = fx_ask(&f, &p, LMI_REQ_HEART_BEAT, FX_NONE, LMI_SPAN_LIT("{}"));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(groups_that_may_not_be_made_are_passed_over)
{
	fx_prepare(&f);
	f.cfg.settings.auto_create_group = false;
	fx_open(&f);
	fx_peer_init(&p);
	fx_peer_init(&q);
	ck_assert_int_eq(fx_beat(&f, &p, "c1", "g", "T", "*").code, LMI_RSP_SUCCESS);
	ck_assert_ptr_null(client_table_consumers(&f.core.clients, LMI_SPAN_LIT("g")));
	tear_down();
}
END_TEST

START_TEST(a_client_configuration_with_tags_is_good)
{
	set_up();
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_CHECK_CLIENT_CONFIG, FX_NONE,
				      LMI_SPAN_LIT("{\"clientId\":\"c\",\"group\":\"g\",\"subscriptionData\":{\"topic\":\"T\","
						   "\"expressionType\":\"TAG\",\"subString\":\"a\"}}"));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	a = fx_ask(&f, &p, LMI_REQ_CHECK_CLIENT_CONFIG, FX_NONE, LMI_SPAN_LIT("[]"));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(connections_of_consumers_show_who_they_are_and_what_they_want)
{
	set_up();
	fx_beat(&f, &p, "c1", "g", "T", "TagA");
	core_turn_end(&f.core);
	fx_forget_output(&p);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_CONSUMER_CONNECTION_LIST, FX_FIELDS({ "consumerGroup", "g" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert(body_has(&a, "\"connectionSet\":[{\"clientAddr\":\"10.1.2.3:4567\",\"clientId\":\"c1\",\"language\":\"JAVA\","));
	ck_assert(body_has(&a, "\"consumeFromWhere\":\"CONSUME_FROM_LAST_OFFSET\",\"consumeType\":\"CONSUME_PASSIVELY\","
			       "\"messageModel\":\"CLUSTERING\""));
	ck_assert(body_has(&a, "\"subscriptionTable\":{\"T\":{\"classFilterMode\":false,\"codeSet\":[2598919],\"expressionType\":\"TAG\","
			       "\"subString\":\"TagA\",\"subVersion\":1,\"tagsSet\":[\"TagA\"],\"topic\":\"T\"}}"));
	a = fx_ask(&f, &p, LMI_REQ_GET_CONSUMER_CONNECTION_LIST, FX_FIELDS({ "consumerGroup", "h" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_CONSUMER_NOT_ONLINE);
	tear_down();
}
END_TEST

START_TEST(connections_of_producers_are_listed)
{
	set_up();
	fx_ask(&f, &p, LMI_REQ_HEART_BEAT, FX_NONE,
	       LMI_SPAN_LIT("{\"clientID\":\"p1\",\"producerDataSet\":[{\"groupName\":\"pg\"}],\"consumerDataSet\":[]}"));
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_PRODUCER_CONNECTION_LIST, FX_FIELDS({ "producerGroup", "pg" }), LMI_SPAN_NULL);
	ck_assert(body_has(&a, "\"clientId\":\"p1\""));
	a = fx_ask(&f, &p, LMI_REQ_GET_PRODUCER_CONNECTION_LIST, FX_FIELDS({ "producerGroup", "no" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	a = fx_ask(&f, &p, LMI_REQ_GET_ALL_PRODUCER_INFO, FX_NONE, LMI_SPAN_NULL);
	ck_assert(body_has(&a, "{\"data\":{\"pg\":[{\"clientId\":\"p1\""));
	ck_assert(body_has(&a, "\"remoteIP\":\"/10.1.2.3:4567\""));
	tear_down();
}
END_TEST

START_TEST(a_connection_that_does_not_read_is_not_told)
{
	set_up();
	fx_beat(&f, &p, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&p);
	uint8_t *room = lmi_buf_reserve(&p.out, HANDLE_OUT_PAUSE + 1);
	memset(room, 0, HANDLE_OUT_PAUSE + 1);
	lmi_buf_commit(&p.out, HANDLE_OUT_PAUSE + 1);
	fx_beat(&f, &q, "c2", "g", "T", "*");
	core_turn_end(&f.core);
	ck_assert_uint_eq(lmi_buf_len(&p.out), HANDLE_OUT_PAUSE + 1);
	fx_forget_output(&p);
	tear_down();
}
END_TEST

START_TEST(locks_are_given_to_one_client_and_given_back)
{
	static const char body1[] = "{\"clientId\":\"c1\",\"consumerGroup\":\"g\",\"mqSet\":[{\"brokerName\":\"broker-a\",\"queueId\":0,"
				    "\"topic\":\"T\"},{\"brokerName\":\"broker-a\",\"queueId\":1,\"topic\":\"T\"}]}";
	static const char body2[] = "{\"clientId\":\"c2\",\"consumerGroup\":\"g\",\"mqSet\":[{\"brokerName\":\"broker-a\",\"queueId\":1,"
				    "\"topic\":\"T\"},{\"brokerName\":\"broker-a\",\"queueId\":2,\"topic\":\"T\"}]}";
	set_up();
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_LOCK_BATCH_MQ, FX_NONE, LMI_SPAN_LIT(body1));
	ck_assert(body_has(&a, "\"queueId\":0") && body_has(&a, "\"queueId\":1"));
	a = fx_ask(&f, &q, LMI_REQ_LOCK_BATCH_MQ, FX_NONE, LMI_SPAN_LIT(body2));
	ck_assert(!body_has(&a, "\"queueId\":1") && body_has(&a, "\"queueId\":2"));
	a = fx_ask(&f, &p, LMI_REQ_UNLOCK_BATCH_MQ, FX_NONE, LMI_SPAN_LIT(body1));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	a = fx_ask(&f, &q, LMI_REQ_LOCK_BATCH_MQ, FX_NONE, LMI_SPAN_LIT(body2));
	ck_assert(body_has(&a, "\"queueId\":1"));
	a = fx_ask(&f, &q, LMI_REQ_LOCK_BATCH_MQ, FX_NONE, LMI_SPAN_LIT("{"));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	a = fx_ask(&f, &q, LMI_REQ_UNLOCK_BATCH_MQ, FX_NONE, LMI_SPAN_LIT("7"));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

LMT_MAIN("client_handler", a_heartbeat_is_answered_with_our_version_and_makes_group_and_retry_topic,
	 every_member_is_told_when_another_comes_or_goes, who_unregisters_is_gone_and_its_locks_are_free,
	 the_list_of_consumers_is_sorted_and_names_each_client_once,
	 a_heartbeat_without_subscriptions_is_enough_while_the_fingerprint_is_known,
	 a_broker_that_knows_no_subscription_asks_for_it, what_is_no_heartbeat_is_1,
	 groups_that_may_not_be_made_are_passed_over, a_client_configuration_with_tags_is_good,
	 connections_of_consumers_show_who_they_are_and_what_they_want, connections_of_producers_are_listed,
	 a_connection_that_does_not_read_is_not_told, locks_are_given_to_one_client_and_given_back)
