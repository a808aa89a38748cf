/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what somebody asks a client through the broker is answered once, with the client's words or with why there are none;
 * a reply reaches who asked for it.
 * Shown by: a client that answers, answers late, answers wrongly, leaves, is old, is asked too often.
 */
#include "fixture.h"
#include "wire/props.h"

static struct fx f;
static struct fx_peer a, c; /* who asks, a consumer that is also a producer */

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&a);
	fx_peer_init(&c);
	fx_send(&f, &a, "T", "0", NULL, "hello");
	fx_ask(&f, &c, LMI_REQ_HEART_BEAT, FX_NONE,
	       LMI_SPAN_LIT("{\"clientID\":\"c1\",\"producerDataSet\":[{\"groupName\":\"pg\"},{\"groupName\":\"pg2\"}],\"consumerDataSet\":[{\"groupName\":\"g\","
			    "\"consumeType\":\"CONSUME_PASSIVELY\",\"messageModel\":\"CLUSTERING\",\"subscriptionDataSet\":[{\"topic\":\"T\",\"subString\":\"*\",\"subVersion\":1}]}]}"));
	core_turn_end(&f.core);
	fx_forget_output(&a);
	fx_forget_output(&c);
}

static void tear_down(void)
{
	if (!c.freed)
		fx_peer_gone(&f, &c);
	ck_assert_int_eq(a.in_flight, 0);
	fx_peer_gone(&f, &a);
	fx_done(&f);
	fx_peer_done(&a);
	fx_peer_done(&c);
}

/* Nobody is answered yet; the client is asked this. */
static struct lmi_command asked(int32_t code, const struct fx_field *fields, int32_t to_client)
{
	struct lmi_command q, none;
	fx_hand_in(&f, &a, code, 0, fields, LMI_SPAN_LIT("body"));
	core_turn_end(&f.core);
	ck_assert(!fx_take(&a, &none));
	ck_assert(fx_take(&c, &q));
	ck_assert_int_eq(q.code, to_client);
	ck_assert_int_eq(q.flag, 0);
	ck_assert_int_eq(a.in_flight, 1);
	return q;
}

static void answer_from(struct fx_peer *p, int32_t opaque, int32_t code, const char *body)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, code, opaque, LMI_FLAG_RESPONSE);
	lmi_command_put_name(&o, LMI_SPAN_LIT("x"), LMI_SPAN_LIT("y"));
	lmi_command_end(&o, strlen(body));
	lmi_buf_put(&b, body, strlen(body));
	struct lmi_span frame = lmi_buf_span(&b);
	ck_assert_int_eq(core_frame(&f.core, &p->peer, frame), 0);
	lmi_buf_done(&b);
	core_turn_end(&f.core);
}

static const struct fx_field *info(void)
{
	static const struct fx_field v[] = { { "consumerGroup", "g" }, { "clientId", "c1" }, { "jstackEnable", "false" }, { NULL, NULL } };
	return v;
}

START_TEST(a_clients_answer_is_handed_on_as_it_is)
{
	struct lmi_command r;
	set_up();
	struct lmi_command q = asked(LMI_REQ_GET_CONSUMER_RUNNING_INFO, info(), LMI_REQ_GET_CONSUMER_RUNNING_INFO);
	ck_assert(lmi_span_is(lmi_command_ext(&q, LMI_EXT_CONSUMER_GROUP), "g"));
	ck_assert(lmi_span_is(q.body, "body"));
	answer_from(&c, q.opaque, 7, "{\"it\":1}");
	ck_assert(fx_take(&a, &r));
	ck_assert_int_eq(r.code, 7);
	ck_assert_int_eq(r.ext_count, 1);
	ck_assert(lmi_span_is(r.body, "{\"it\":1}"));
	answer_from(&c, q.opaque, 0, "again");
	ck_assert(!fx_take(&a, &r));
	tear_down();
}
END_TEST

START_TEST(an_answer_of_somebody_else_does_not_count)
{
	struct lmi_command r;
	set_up();
	struct lmi_command q = asked(LMI_REQ_GET_CONSUMER_RUNNING_INFO, info(), LMI_REQ_GET_CONSUMER_RUNNING_INFO);
	answer_from(&a, q.opaque, 0, "mine");
	ck_assert(!fx_take(&a, &r));
	answer_from(&c, q.opaque, 0, "its");
	ck_assert(fx_take(&a, &r));
	ck_assert(lmi_span_is(r.body, "its"));
	tear_down();
}
END_TEST

START_TEST(a_client_that_says_nothing_for_ten_seconds_is_207)
{
	struct lmi_command r;
	set_up();
	asked(LMI_REQ_GET_CONSUMER_RUNNING_INFO, info(), LMI_REQ_GET_CONSUMER_RUNNING_INFO);
	fx_pass(&f, 9800);
	ck_assert(!fx_take(&a, &r));
	fx_pass(&f, 400);
	ck_assert(fx_take(&a, &r));
	ck_assert_int_eq(r.code, LMI_RSP_CONSUME_MSG_TIMEOUT);
	tear_down();
}
END_TEST

START_TEST(a_client_that_leaves_while_it_is_asked_is_said)
{
	struct lmi_command r;
	set_up();
	asked(LMI_REQ_GET_CONSUMER_RUNNING_INFO, info(), LMI_REQ_GET_CONSUMER_RUNNING_INFO);
	fx_peer_gone(&f, &c);
	ck_assert(fx_take(&a, &r));
	ck_assert_int_eq(r.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&r, "went away"));
	tear_down();
}
END_TEST

START_TEST(who_asked_may_leave_before_the_answer_comes)
{
	struct fx_peer b;
	struct lmi_command q;
	set_up();
	fx_peer_init(&b);
	fx_hand_in(&f, &b, LMI_REQ_GET_CONSUMER_RUNNING_INFO, 0, info(), LMI_SPAN_NULL);
	ck_assert(fx_take(&c, &q));
	fx_peer_gone(&f, &b);
	ck_assert(!b.freed);
	answer_from(&c, q.opaque, 0, "x");
	ck_assert(b.freed);
	ck_assert_uint_eq(lmi_buf_len(&b.out), 0);
	fx_peer_done(&b);
	tear_down();
}
END_TEST

START_TEST(unknown_groups_and_clients_are_not_online)
{
	set_up();
	struct lmi_command r = fx_ask(&f, &a, LMI_REQ_GET_CONSUMER_RUNNING_INFO, FX_FIELDS({ "consumerGroup", "g" }, { "clientId", "c9" }), LMI_SPAN_NULL);
	ck_assert_int_eq(r.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&r, "not online"));
	r = fx_ask(&f, &a, LMI_REQ_GET_CONSUMER_RUNNING_INFO, FX_FIELDS({ "consumerGroup", "h" }, { "clientId", "c1" }), LMI_SPAN_NULL);
	ck_assert_int_eq(r.code, LMI_RSP_SYSTEM_ERROR);
	r = fx_ask(&f, &a, LMI_REQ_GET_CONSUMER_RUNNING_INFO, FX_FIELDS({ "consumerGroup", "g" }), LMI_SPAN_NULL);
	ck_assert(fx_remark_has(&r, "clientId"));
	tear_down();
}
END_TEST

START_TEST(questions_to_one_client_are_bounded)
{
	struct lmi_command r;
	int refused = 0;
	set_up();
	for (unsigned int i = 0; i < CALL_PER_PEER_MAX + 5; i++)
		fx_hand_in(&f, &a, LMI_REQ_GET_CONSUMER_RUNNING_INFO, 0, info(), LMI_SPAN_NULL);
	for (; fx_take(&a, &r); refused++)
		ck_assert_int_eq(r.code, LMI_RSP_SYSTEM_BUSY);
	ck_assert_int_eq(refused, 5);
	ck_assert_int_eq(a.in_flight, (int)CALL_PER_PEER_MAX);
	int sent = 0;
	while (fx_take(&c, &r))
		sent++;
	ck_assert_int_eq(sent, (int)CALL_PER_PEER_MAX); /* nothing is left of those that were refused */
	fx_pass(&f, 10200);
	ck_assert_int_eq(a.in_flight, 0);
	ck_assert_uint_eq(f.core.calls.count, 0);
	tear_down();
}
END_TEST

START_TEST(a_message_is_consumed_directly_by_the_client_that_is_named)
{
	char id[LMI_OFFSET_MSG_ID_MAX + 1];
	struct lmi_command r;
	struct lmi_record rec;
	set_up();
	id[lmi_offset_msg_id(&f.cfg.settings.host, 0, id)] = '\0';
	struct lmi_command q = asked(LMI_REQ_CONSUME_MESSAGE_DIRECTLY,
				     FX_FIELDS({ "consumerGroup", "g" }, { "clientId", "c1" }, { "msgId", id }, { "topic", "T" }, { "brokerName", "wrong" }),
				     LMI_REQ_CONSUME_MESSAGE_DIRECTLY);
	ck_assert_int_eq(lmi_record_decode(q.body, &rec), 0);
	ck_assert(lmi_span_is(rec.body, "hello"));
	ck_assert(lmi_span_eq(lmi_command_ext(&q, LMI_EXT_BROKER_NAME), f.cfg.settings.broker_name));
	ck_assert(lmi_span_is(lmi_command_ext(&q, LMI_EXT_TOPIC_SYS_FLAG), "0"));
	answer_from(&c, q.opaque, 0, "{}");
	ck_assert(fx_take(&a, &r));
	r = fx_ask(&f, &a, LMI_REQ_CONSUME_MESSAGE_DIRECTLY, FX_FIELDS({ "consumerGroup", "g" }, { "clientId", "c1" }, { "msgId", "x" }), LMI_SPAN_NULL);
	ck_assert_int_eq(r.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(positions_of_all_members_come_in_one_table)
{
	struct lmi_command r;
	set_up();
	struct lmi_command q = asked(LMI_REQ_INVOKE_BROKER_TO_GET_CONSUMER_STATUS, FX_FIELDS({ "topic", "T" }, { "group", "g" }),
				     LMI_REQ_GET_CONSUMER_STATUS_FROM_CLIENT);
	answer_from(&c, q.opaque, 0, "{\"messageQueueTable\":{{\"brokerName\":\"b\",\"queueId\":0,\"topic\":\"T\"}:3}}");
	ck_assert(fx_take(&a, &r));
	ck_assert_int_eq(r.code, LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(r.body, "{\"consumerTable\":{\"c1\":{{\"brokerName\":\"b\",\"queueId\":0,\"topic\":\"T\"}:3}},\"messageQueueTable\":{}}"));
	q = asked(LMI_REQ_INVOKE_BROKER_TO_GET_CONSUMER_STATUS, FX_FIELDS({ "topic", "T" }, { "group", "g" }), LMI_REQ_GET_CONSUMER_STATUS_FROM_CLIENT);
	answer_from(&c, q.opaque, 0, "{\"messageQueueTable\":{{"); /* broken: it is left out */
	ck_assert(fx_take(&a, &r));
	ck_assert(lmi_span_is(r.body, "{\"consumerTable\":{},\"messageQueueTable\":{}}"));
	r = fx_ask(&f, &a, LMI_REQ_INVOKE_BROKER_TO_GET_CONSUMER_STATUS, FX_FIELDS({ "topic", "T" }, { "group", "h" }), LMI_SPAN_NULL);
	ck_assert_int_eq(r.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

#define REPLY(props)                                                                                                                       \
	FX_FIELDS({ "a", "pg" }, { "b", "DefaultCluster_REPLY_TOPIC" }, { "c", "TBW102" }, { "d", "4" }, { "e", "0" }, { "f", "0" }, { "g", "1700000000000" }, \
		  { "h", "0" }, { "i", props }, { "j", "0" }, { "k", "false" }, { "m", "false" })

START_TEST(a_reply_reaches_who_asked_and_its_sender_hears_of_it)
{
	struct lmi_command r;
	struct store_bounds b;
	set_up();
	struct lmi_command q = asked(LMI_REQ_SEND_REPLY_MESSAGE_V2, REPLY("REPLY_TO_CLIENT\001c1\002CORRELATION_ID\001id7\002"), LMI_REQ_PUSH_REPLY_MESSAGE_TO_CLIENT);
	struct lmi_span props = lmi_command_ext(&q, LMI_EXT_PROPERTIES);
	ck_assert(lmi_span_is(q.body, "body"));
	ck_assert(lmi_span_is(lmi_props_get(props, LMI_SPAN_LIT("CORRELATION_ID")), "id7"));
	ck_assert_uint_gt(lmi_props_get(props, LMI_SPAN_LIT("PUSH_REPLY_TIME")).n, 0);
	ck_assert(lmi_span_is(lmi_command_ext(&q, LMI_EXT_PRODUCER_GROUP), "pg"));
	answer_from(&c, q.opaque, 0, "");
	ck_assert(fx_take(&a, &r));
	ck_assert_int_eq(r.code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(lmi_command_ext(&r, LMI_EXT_MSG_ID).n, 32);
	ck_assert_int_eq(store_queue_bounds(f.core.store, LMI_SPAN_LIT("DefaultCluster_REPLY_TOPIC"), 0, &b), 0);
	ck_assert_int_eq(b.max_pos, 1);
	tear_down();
}
END_TEST

START_TEST(a_reply_that_cannot_be_handed_over_is_said)
{
	set_up();
	struct lmi_command r = fx_ask(&f, &a, LMI_REQ_SEND_REPLY_MESSAGE_V2, REPLY("REPLY_TO_CLIENT\001c9\002"), LMI_SPAN_LIT("x"));
	ck_assert_int_eq(r.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&r, "not connected"));
	r = fx_ask(&f, &a, LMI_REQ_SEND_REPLY_MESSAGE_V2, REPLY("A\001b\002"), LMI_SPAN_LIT("x"));
	ck_assert_int_eq(r.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&r, "REPLY_TO_CLIENT"));
	struct lmi_command q = asked(LMI_REQ_SEND_REPLY_MESSAGE_V2, REPLY("REPLY_TO_CLIENT\001c1\002"), LMI_REQ_PUSH_REPLY_MESSAGE_TO_CLIENT);
	answer_from(&c, q.opaque, 1, "");
	ck_assert(fx_take(&a, &r));
	ck_assert_int_eq(r.code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(a_producer_is_found_by_its_id_until_its_last_group_goes)
{
	set_up();
	struct lmi_span id = LMI_SPAN_LIT("c1");
	ck_assert_ptr_nonnull(client_table_producer_by_id(&f.core.clients, id));
	client_table_unregister(&f.core.clients, &c.peer, LMI_SPAN_LIT("pg2"), true);
	ck_assert_ptr_nonnull(client_table_producer_by_id(&f.core.clients, id));
	client_table_unregister(&f.core.clients, &c.peer, LMI_SPAN_LIT("pg"), true);
	ck_assert_ptr_null(client_table_producer_by_id(&f.core.clients, id));
	tear_down();
}
END_TEST

LMT_MAIN("client_call", a_clients_answer_is_handed_on_as_it_is, an_answer_of_somebody_else_does_not_count,
	 a_client_that_says_nothing_for_ten_seconds_is_207, a_client_that_leaves_while_it_is_asked_is_said,
	 who_asked_may_leave_before_the_answer_comes, unknown_groups_and_clients_are_not_online, questions_to_one_client_are_bounded,
	 a_message_is_consumed_directly_by_the_client_that_is_named, positions_of_all_members_come_in_one_table,
	 a_reply_reaches_who_asked_and_its_sender_hears_of_it, a_reply_that_cannot_be_handed_over_is_said,
	 a_producer_is_found_by_its_id_until_its_last_group_goes)
