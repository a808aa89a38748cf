/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: an operator's reset counts at once and is followed by whoever pulls, late commits do not undo it, and the journal says
 * who set what from where to where; groups' offsets are cloned and compared; what a group may not read it cannot pull.
 * Shown by: the requests and the log.
 */
#include "fixture.h"

static struct fx f;
static struct fx_peer p, consumer;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	fx_peer_init(&consumer);
	for (int i = 0; i < 10; i++)
		fx_send(&f, &p, "T", "0", NULL, "x");
	fx_send(&f, &p, "T", "1", NULL, "x");
	fx_beat(&f, &consumer, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&consumer);
}

static void tear_down(void)
{
	ck_assert_int_eq(consumer.in_flight, 0);
	fx_peer_gone(&f, &p);
	fx_peer_gone(&f, &consumer);
	fx_done(&f);
	fx_peer_done(&p);
	fx_peer_done(&consumer);
}

static int64_t committed(const char *group, int32_t queue)
{
	struct offset_at at = { lmi_span_str(group), LMI_SPAN_LIT("T"), queue };
	return offset_table_get(&f.core.offsets, &at);
}

static void commit(struct fx_peer *who, const char *pos, bool oneway)
{
	fx_hand_in(&f, who, LMI_REQ_UPDATE_CONSUMER_OFFSET, oneway ? LMI_FLAG_ONEWAY : 0,
		   FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "0" }, { "commitOffset", pos }), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	fx_forget_output(who);
}

static struct lmi_command reset(const char *queue, const char *offset, const char *timestamp)
{
	return fx_ask(&f, &p, LMI_REQ_INVOKE_BROKER_TO_RESET_OFFSET,
		      FX_FIELDS({ "topic", "T" }, { "group", "g" }, { "queueId", queue }, { "offset", offset },
				{ "timestamp", timestamp }, { "isForce", "true" }), LMI_SPAN_NULL);
}

static bool body_has(const struct lmi_command *a, const char *text)
{
	return memmem(a->body.p, a->body.n, text, strlen(text)) != NULL;
}

START_TEST(a_reset_by_offset_sends_the_next_pull_there_and_late_commits_do_not_undo_it)
{
	set_up();
	commit(&consumer, "9", true);
	struct lmi_command a = reset("0", "3", "0");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(a.body, "{\"offsetTable\":{{\"brokerName\":\"broker-a\",\"queueId\":0,\"topic\":\"T\"}:3}}"));
	ck_assert(fx_logged(&f, "10.1.2.3:4567 reset group g on T queue 0 from 9 to 3"));
	ck_assert_int_eq(committed("g", 0), 3);
	commit(&consumer, "10", true); /* of what it read before */
	ck_assert_int_eq(committed("g", 0), 3);
	a = fx_ask(&f, &consumer, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "10", "3"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_PULL_OFFSET_MOVED);
	ck_assert(lmi_span_is(a.remark, "OFFSET_RESET"));
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 3);
	ck_assert_int_eq(committed("g", 0), 3);
	commit(&consumer, "10", true); /* still late */
	ck_assert_int_eq(committed("g", 0), 3);
	a = fx_ask(&f, &consumer, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "3", "2"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	commit(&consumer, "7", true);
	ck_assert_int_eq(committed("g", 0), 7);
	tear_down();
}
END_TEST

START_TEST(a_held_pull_is_sent_there_at_once)
{
	struct lmi_command a;
	set_up();
	fx_hand_in(&f, &consumer, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", "10", "2"), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	ck_assert(!fx_take(&consumer, &a));
	reset("0", "0", "0");
	ck_assert(fx_take(&consumer, &a));
	ck_assert_int_eq(a.code, LMI_RSP_PULL_OFFSET_MOVED);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 0);
	tear_down();
}
END_TEST

START_TEST(who_does_not_follow_is_told_three_times_and_then_left_alone)
{
	set_up();
	reset("0", "3", "0");
	for (int i = 0; i < OFFSET_TOLD_MAX; i++)
		ck_assert_int_eq(fx_ask(&f, &consumer, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "5", "0"), LMI_SPAN_NULL).code,
				 LMI_RSP_PULL_OFFSET_MOVED);
	ck_assert_int_eq(fx_ask(&f, &consumer, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "5", "0"), LMI_SPAN_NULL).code,
			 LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(a_reset_by_time_takes_all_queues_and_a_negative_time_is_the_end)
{
	set_up();
	struct lmi_command a = reset(NULL, NULL, "-1");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(committed("g", 0), 10);
	ck_assert_int_eq(committed("g", 1), 1);
	ck_assert_int_eq(committed("g", 3), 0);
	reset(NULL, NULL, "1");
	ck_assert_int_eq(committed("g", 0), 0);
	tear_down();
}
END_TEST

START_TEST(what_cannot_be_reset_is_refused_in_words)
{
	set_up();
	ck_assert_int_eq(reset("0", "12", "0").code, LMI_RSP_SYSTEM_ERROR); /* rule: one past the end is let through */
	ck_assert_int_eq(reset("0", "11", "0").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(reset("4", "0", "0").code, LMI_RSP_SYSTEM_ERROR);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_INVOKE_BROKER_TO_RESET_OFFSET,
				      FX_FIELDS({ "topic", "none" }, { "group", "g" }, { "timestamp", "0" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_TOPIC_NOT_EXIST);
	a = fx_ask(&f, &p, LMI_REQ_INVOKE_BROKER_TO_RESET_OFFSET,
		   FX_FIELDS({ "topic", "T" }, { "group", "none" }, { "timestamp", "0" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST);
	a = fx_ask(&f, &p, LMI_REQ_INVOKE_BROKER_TO_RESET_OFFSET, FX_FIELDS({ "topic", "T" }, { "group", "g" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(without_server_side_reset_the_members_are_told)
{
	struct lmi_command a;
	set_up();
	f.core.cfg.settings.server_side_reset = false;
	commit(&consumer, "9", true);
	ck_assert_int_eq(reset("0", "3", "0").code, LMI_RSP_SUCCESS);
	ck_assert(fx_take(&consumer, &a));
	ck_assert_int_eq(a.code, LMI_REQ_RESET_CONSUMER_CLIENT_OFFSET);
	ck_assert_int_eq(a.flag & LMI_FLAG_ONEWAY, LMI_FLAG_ONEWAY);
	ck_assert(lmi_span_is(lmi_command_ext(&a, LMI_EXT_GROUP), "g"));
	ck_assert(lmi_span_is(a.body, "{\"offsetTable\":{{\"brokerName\":\"broker-a\",\"queueId\":0,\"topic\":\"T\"}:3}}"));
	client_table_unregister(&f.core.clients, &consumer.peer, LMI_SPAN_LIT("g"), false);
	ck_assert_int_eq(reset("0", "3", "0").code, LMI_RSP_CONSUMER_NOT_ONLINE);
	tear_down();
}
END_TEST

START_TEST(a_push_consumer_does_not_go_back_and_everybody_else_may_and_is_told)
{
	set_up();
	commit(&consumer, "9", true);
	commit(&consumer, "4", true); /* late */
	ck_assert_int_eq(committed("g", 0), 9);
	fx_ask(&f, &consumer, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "9", "1"), LMI_SPAN_NULL); /* commits 0 */
	ck_assert_int_eq(committed("g", 0), 9);
	commit(&p, "4", false); /* an operator, or a consumer that seeks */
	ck_assert_int_eq(committed("g", 0), 4);
	ck_assert(fx_logged(&f, "10.1.2.3:4567 set group g on T queue 0 back from 9 to 4"));
	commit(&p, "77", false); /* no position of this queue */
	commit(&consumer, "5", true);
	ck_assert_int_eq(committed("g", 0), 5);
	tear_down();
}
END_TEST

START_TEST(a_groups_offsets_are_cloned)
{
	set_up();
	commit(&consumer, "9", true);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_CLONE_GROUP_OFFSET,
				      FX_FIELDS({ "srcGroup", "g" }, { "destGroup", "h" }, { "topic", "T" }, { "offline", "false" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(committed("h", 0), 9);
	ck_assert(fx_logged(&f, "set group h on T queue 0 from -1 to 9, as group g has it"));
	fx_ask(&f, &p, LMI_REQ_CLONE_GROUP_OFFSET, FX_FIELDS({ "srcGroup", "g" }, { "destGroup", "i" }), LMI_SPAN_NULL);
	ck_assert_int_eq(committed("i", 0), 9);
	fx_ask(&f, &p, LMI_REQ_CLONE_GROUP_OFFSET, FX_FIELDS({ "srcGroup", "g" }, { "destGroup", "j" }, { "topic", "other" }), LMI_SPAN_NULL);
	ck_assert_int_eq(committed("j", 0), -1);
	tear_down();
}
END_TEST

START_TEST(the_lowest_offsets_of_all_groups_are_compared_with_one)
{
	set_up();
	commit(&consumer, "9", true);
	fx_ask(&f, &p, LMI_REQ_CLONE_GROUP_OFFSET, FX_FIELDS({ "srcGroup", "g" }, { "destGroup", "h" }), LMI_SPAN_NULL);
	commit(&consumer, "10", true);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_QUERY_CORRECTION_OFFSET, FX_FIELDS({ "topic", "T" }, { "compareGroup", "g" }), LMI_SPAN_NULL);
	ck_assert(lmi_span_is(a.body, "{\"correctionOffsets\":{0:9}}"));
	a = fx_ask(&f, &p, LMI_REQ_QUERY_CORRECTION_OFFSET,
		   FX_FIELDS({ "topic", "T" }, { "compareGroup", "h" }, { "filterGroups", "x,h" }), LMI_SPAN_NULL);
	ck_assert(lmi_span_is(a.body, "{\"correctionOffsets\":{0:9223372036854775807}}"));
	tear_down();
}
END_TEST

static struct lmi_command forbid(const char *readable)
{
	return fx_ask(&f, &p, LMI_REQ_UPDATE_AND_GET_GROUP_FORBIDDEN,
		      FX_FIELDS({ "group", "g" }, { "topic", "T" }, { "readable", readable }), LMI_SPAN_NULL);
}

START_TEST(a_topic_that_is_forbidden_to_a_group_is_16_for_it)
{
	set_up();
	struct lmi_command a = forbid(NULL);
	ck_assert(lmi_span_is(a.body, "{\"group\":\"g\",\"readable\":true,\"topic\":\"T\"}"));
	a = forbid("false");
	ck_assert(body_has(&a, "\"readable\":false"));
	a = fx_ask(&f, &consumer, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "0", "2"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_NO_PERMISSION);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_FORBIDDEN_TYPE), 5);
	fx_pass(&f, 1000);
	fx_kill(&f);
	fx_open(&f); /* it is kept */
	a = forbid(NULL);
	ck_assert(body_has(&a, "\"readable\":false"));
	a = forbid("true");
	ck_assert(body_has(&a, "\"readable\":true"));
	ck_assert_uint_eq(f.core.groups.forbidden_count, 0);
	tear_down();
}
END_TEST

START_TEST(a_list_of_groups_is_set)
{
	set_up();
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, FX_NONE,
				      LMI_SPAN_LIT("{\"groupConfigList\":[{\"groupName\":\"a\",\"retryMaxTimes\":3},{\"groupName\":\"b\"}]}"));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(group_table_get(&f.core.groups, LMI_SPAN_LIT("a"))->retry_max_times, 3);
	ck_assert_ptr_nonnull(group_table_get(&f.core.groups, LMI_SPAN_LIT("b")));
	a = fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, FX_NONE, LMI_SPAN_LIT("{\"groupConfigList\":[{\"groupName\":\"a/b\"}]}"));
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	a = fx_ask(&f, &p, LMI_REQ_UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, FX_NONE, LMI_SPAN_LIT("{\"groupConfigList\":7}"));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(consumption_is_told_of_the_topics_that_are_listed)
{
	set_up();
	commit(&consumer, "9", true);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_CONSUME_STATS, FX_FIELDS({ "consumerGroup", "g" }, { "topicList", "x;T" }), LMI_SPAN_NULL);
	ck_assert(body_has(&a, "\"brokerOffset\":10,\"consumerOffset\":9"));
	ck_assert(body_has(&a, "\"pullOffset\":9"));
	tear_down();
}
END_TEST

LMT_MAIN("offset_admin", a_reset_by_offset_sends_the_next_pull_there_and_late_commits_do_not_undo_it, a_held_pull_is_sent_there_at_once,
	 who_does_not_follow_is_told_three_times_and_then_left_alone, a_reset_by_time_takes_all_queues_and_a_negative_time_is_the_end,
	 what_cannot_be_reset_is_refused_in_words, without_server_side_reset_the_members_are_told,
	 a_push_consumer_does_not_go_back_and_everybody_else_may_and_is_told, a_groups_offsets_are_cloned,
	 the_lowest_offsets_of_all_groups_are_compared_with_one, a_topic_that_is_forbidden_to_a_group_is_16_for_it,
	 a_list_of_groups_is_set, consumption_is_told_of_the_topics_that_are_listed)
