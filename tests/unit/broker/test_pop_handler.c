/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: POP's requests are answered as RocketMQ answers them, field by field, and refused with its codes.
 * Shown by: requests as clients send them, and each that cannot be served.
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

static struct fx_field fields[20];

/* A usual pop; change what matters with with(). */
static void usual(void)
{
	const struct fx_field v[] = { { "consumerGroup", "g" }, { "topic", "T" },   { "queueId", "-1" },  { "maxMsgNums", "32" },
				      { "invisibleTime", "60000" }, { "pollTime", "0" }, { "bornTime", "0" }, { "initMode", "0" },
				      { "exp", "*" }, { "order", "false" }, { "expType", "TAG" }, { NULL, NULL } };
	memset(fields, 0, sizeof(fields));
	memcpy(fields, v, sizeof(v));
}

static void with(const char *name, const char *value)
{
	int i = 0;
	while (fields[i].name && strcmp(fields[i].name, name) != 0)
		i++;
	fields[i] = (struct fx_field){ name, value };
}

static struct lmi_command ask(int32_t code)
{
	return fx_ask(&f, &p, code, fields, LMI_SPAN_NULL);
}

static void send(const char *topic, const char *queue, const char *props, const char *body)
{
	ck_assert_int_eq(fx_send(&f, &p, topic, queue, props, body).code, LMI_RSP_SUCCESS);
}

static bool is(const struct lmi_command *c, enum lmi_ext_key key, const char *text)
{
	return lmi_span_is(lmi_command_ext(c, key), text);
}

static uint32_t records(struct lmi_span body)
{
	struct lmi_record r;
	uint32_t n = 0;
	for (; body.n; n++) {
		ck_assert_int_eq(lmi_record_decode(body, &r), 0);
		body = lmi_span(body.p + r.total, body.n - r.total);
	}
	return n;
}

START_TEST(a_pop_gives_messages_of_all_queues_and_says_where_they_were)
{
	set_up();
	send("T", "1", NULL, "a");
	send("T", "1", NULL, "b");
	usual();
	struct lmi_command c = ask(LMI_REQ_POP_MESSAGE);
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	ck_assert(is(&c, LMI_EXT_START_OFFSET_INFO, "0 1 0"));
	ck_assert(is(&c, LMI_EXT_MSG_OFFSET_INFO, "0 1 0,1"));
	ck_assert(!lmi_command_ext(&c, LMI_EXT_ORDER_COUNT_INFO).p);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_POP_TIME), lmi_wall_ms(&f.clock.clock));
	ck_assert_int_eq(fx_number(&c, LMI_EXT_INVISIBLE_TIME), 60000);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_REST_NUM), 0);
	ck_assert(fx_remark_has(&c, "FOUND"));
	ck_assert_uint_eq(records(c.body), 2);
	send("T", "0", NULL, "c");
	send("T", "3", NULL, "d");
	with("maxMsgNums", "1");
	c = ask(LMI_REQ_POP_MESSAGE);
	ck_assert_uint_eq(records(c.body), 1);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_REST_NUM), 1);
	with("queueId", "3");
	with("maxMsgNums", "32");
	ask(LMI_REQ_POP_MESSAGE);
	ck_assert_uint_eq(f.core.pops.messages >= 3, 1);
	tear_down();
}
END_TEST

START_TEST(tags_and_sql_select_and_what_nobody_wants_is_passed_over)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	set_up();
	send("T", "0", "TAGS\001A\002n\0011\002", "a");
	send("T", "0", "TAGS\001B\002n\0012\002", "b");
	send("T", "0", "TAGS\001A\002n\0013\002", "c");
	usual();
	with("exp", "A");
	struct lmi_command c = ask(LMI_REQ_POP_MESSAGE);
	ck_assert(is(&c, LMI_EXT_MSG_OFFSET_INFO, "0 0 0,2"));
	send("T", "0", "TAGS\001B\002n\0011\002", "d");
	with("exp", "n > 1");
	with("expType", "SQL92");
	c = ask(LMI_REQ_POP_MESSAGE);
	ck_assert_int_eq(c.code, LMI_RSP_POLLING_TIMEOUT);
	ck_assert_int_eq(pop_table_get(&f.core.pops, &at)->pop_pos, 4);
	with("exp", "n >");
	ck_assert_int_eq(ask(LMI_REQ_POP_MESSAGE).code, LMI_RSP_SUBSCRIPTION_PARSE_FAILED);
	with("exp", "||");
	with("expType", "TAG");
	ck_assert_int_eq(ask(LMI_REQ_POP_MESSAGE).code, LMI_RSP_SUBSCRIPTION_PARSE_FAILED);
	tear_down();
}
END_TEST

static int32_t refusal(const char *name, const char *value)
{
	usual();
	with(name, value);
	return ask(LMI_REQ_POP_MESSAGE).code;
}

START_TEST(a_pop_that_cannot_be_served_is_refused_with_rocketmqs_code)
{
	struct lmi_group_config g;
	char born[32];
	set_up();
	send("T", "0", NULL, "a");
	ck_assert_int_eq(refusal("maxMsgNums", "33"), LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(refusal("topic", "U"), LMI_RSP_TOPIC_NOT_EXIST);
	ck_assert_int_eq(refusal("queueId", "4"), LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(refusal("invisibleTime", "x"), LMI_RSP_SYSTEM_ERROR);
	ck_assert_int_eq(refusal("consumerGroup", NULL), LMI_RSP_SYSTEM_ERROR);
	snprintf(born, sizeof(born), "%lld", (long long)lmi_wall_ms(&f.clock.clock) - 501);
	ck_assert_int_eq(refusal("bornTime", born), LMI_RSP_POLLING_TIMEOUT);
	lmi_group_config_init(&g, LMI_SPAN_LIT("g"));
	g.consume_enable = false;
	ck_assert_int_eq(group_table_put(&f.core.groups, &g, 1), 0);
	ck_assert_int_eq(refusal("queueId", "0"), LMI_RSP_NO_PERMISSION);
	f.core.cfg.settings.auto_create_group = false;
	ck_assert_int_eq(refusal("consumerGroup", "unknown"), LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST);
	f.core.cfg.settings.permission = LMI_PERM_WRITE;
	ck_assert_int_eq(refusal("queueId", "0"), LMI_RSP_NO_PERMISSION);
	tear_down();
}
END_TEST

START_TEST(a_full_waiting_table_is_said)
{
	struct lmi_command c;
	set_up();
	send("T", "0", NULL, "a");
	usual();
	ask(LMI_REQ_POP_MESSAGE);
	f.core.pop_waits.max = 1;
	with("pollTime", "1000");
	fx_hand_in(&f, &p, LMI_REQ_POP_MESSAGE, 0, fields, LMI_SPAN_NULL);
	c = ask(LMI_REQ_POP_MESSAGE);
	ck_assert_int_eq(c.code, LMI_RSP_POLLING_FULL);
	const struct fx_field *n = FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "-1" }, { "pollTime", "9" },
					     { "bornTime", "0" });
	(void)n;
	with("pollTime", "100");
	c = ask(LMI_REQ_NOTIFICATION);
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	ck_assert(is(&c, LMI_EXT_HAS_MSG, "false"));
	ck_assert(is(&c, LMI_EXT_POLLING_FULL, "true"));
	c = ask(LMI_REQ_POLLING_INFO);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_POLLING_NUM), 1);
	tear_down();
}
END_TEST

START_TEST(a_group_over_its_threshold_gets_nothing_more)
{
	set_up();
	f.core.cfg.settings.pop_threshold_on = true;
	f.core.cfg.settings.pop_threshold = 1;
	for (int i = 0; i < 3; i++)
		send("T", "0", NULL, "a");
	usual();
	with("maxMsgNums", "2");
	struct lmi_command c = ask(LMI_REQ_POP_MESSAGE);
	ck_assert_uint_eq(records(c.body), 2);
	c = ask(LMI_REQ_POP_MESSAGE);
	ck_assert_int_eq(c.code, LMI_RSP_POLLING_TIMEOUT);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_REST_NUM), 1);
	tear_down();
}
END_TEST

START_TEST(a_peek_shows_and_takes_nothing)
{
	set_up();
	send("T", "0", NULL, "a");
	send("T", "0", NULL, "b");
	usual();
	with("maxMsgNums", "1");
	struct lmi_command c = ask(LMI_REQ_PEEK_MESSAGE);
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(records(c.body), 1);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_REST_NUM), 2);
	ck_assert_uint_eq(f.core.pops.messages, 0);
	with("queueId", "1");
	c = ask(LMI_REQ_PEEK_MESSAGE);
	ck_assert_int_eq(c.code, LMI_RSP_PULL_NOT_FOUND);
	tear_down();
}
END_TEST

static int32_t ack(const char *topic, const char *queue, const char *pos, const char *extra)
{
	return fx_ask(&f, &p, LMI_REQ_ACK_MESSAGE,
		      FX_FIELDS({ "consumerGroup", "g" }, { "topic", topic }, { "queueId", queue }, { "offset", pos },
				{ "extraInfo", extra }),
		      LMI_SPAN_NULL).code;
}

START_TEST(acknowledgements_that_cannot_be_are_refused_and_stale_ones_are_not)
{
	char extra[128];
	set_up();
	send("T", "0", NULL, "a");
	usual();
	struct lmi_command c = ask(LMI_REQ_POP_MESSAGE);
	snprintf(extra, sizeof(extra), "0 %lld 60000 0 0 broker-a 0 0", (long long)fx_number(&c, LMI_EXT_POP_TIME));
	ck_assert_int_eq(ack("U", "0", "0", extra), LMI_RSP_TOPIC_NOT_EXIST);
	ck_assert_int_eq(ack("T", "4", "0", extra), LMI_RSP_MESSAGE_ILLEGAL);
	ck_assert_int_eq(ack("T", "-1", "0", extra), LMI_RSP_MESSAGE_ILLEGAL);
	ck_assert_int_eq(ack("T", "0", "2", extra), LMI_RSP_NO_MESSAGE);
	ck_assert_int_eq(ack("T", "0", "-1", extra), LMI_RSP_NO_MESSAGE);
	ck_assert_int_eq(ack("T", "0", "0", "no receipt"), LMI_RSP_SYSTEM_ERROR);
	ck_assert_int_eq(ack("T", "0", "0", ""), LMI_RSP_SYSTEM_ERROR);
	ck_assert_int_eq(ack("T", "0", "0", "0 1 60000 0 0 broker-a 0 0"), LMI_RSP_SUCCESS); /* of another life */
	ck_assert_uint_eq(f.core.pops.messages, 1);
	ck_assert_int_eq(ack("T", "0", "0", extra), LMI_RSP_SUCCESS);
	ck_assert_uint_eq(f.core.pops.messages, 0);
	c = fx_ask(&f, &p, LMI_REQ_CHANGE_MESSAGE_INVISIBLETIME,
		   FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "0" }, { "offset", "1" }, { "extraInfo", extra },
			     { "invisibleTime", "1000" }),
		   LMI_SPAN_NULL);
	ck_assert_int_eq(c.code, LMI_RSP_NO_MESSAGE); /* the end of the queue */
	c = fx_ask(&f, &p, LMI_REQ_CHANGE_MESSAGE_INVISIBLETIME,
		   FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "0" }, { "offset", "0" }, { "extraInfo", extra },
			     { "invisibleTime", "1000" }),
		   LMI_SPAN_NULL);
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS); /* acknowledged: nothing happens */
	ck_assert_uint_eq(f.core.pops.messages, 0);
	tear_down();
}
END_TEST

static struct lmi_command batch_ack(const char *body)
{
	return fx_ask(&f, &p, LMI_REQ_BATCH_ACK_MESSAGE, FX_NONE, lmi_span_str(body));
}

START_TEST(many_are_acknowledged_at_once)
{
	char body[512];
	set_up();
	for (int i = 0; i < 12; i++)
		send("T", "0", NULL, "a");
	usual();
	struct lmi_command c = ask(LMI_REQ_POP_MESSAGE);
	long long pop_ms = (long long)fx_number(&c, LMI_EXT_POP_TIME);
	/* bits 0 and 9, as a Java client writes them */
	snprintf(body, sizeof(body), "{\"acks\":[{\"b\":\"AQI=\",\"c\":\"g\",\"it\":60000,\"pt\":%lld,\"q\":0,\"r\":\"0\",\"rq\":0,\"so\":0,"
		 "\"t\":\"T\"}],\"brokerName\":\"broker-a\"}", pop_ms);
	ck_assert_int_eq(batch_ack(body).code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(f.core.pops.messages, 10);
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), 1);
	ck_assert_int_eq(batch_ack("").code, LMI_RSP_NO_MESSAGE);
	ck_assert_int_eq(batch_ack("{\"acks\":[]}").code, LMI_RSP_NO_MESSAGE);
	ck_assert_int_eq(batch_ack("{\"acks\":[{\"b\":\"????\"},{}]}").code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(batch_ack("{\"acks\":7}").code, LMI_RSP_SYSTEM_ERROR);
	ck_assert_uint_eq(f.core.pops.messages, 10);
	tear_down();
}
END_TEST

START_TEST(a_deleted_topic_takes_what_is_in_flight_along)
{
	set_up();
	send("T", "0", NULL, "a");
	usual();
	ask(LMI_REQ_POP_MESSAGE);
	ck_assert_uint_eq(f.core.pops.messages, 1);
	fx_ask(&f, &p, LMI_REQ_DELETE_TOPIC_IN_BROKER, FX_FIELDS({ "topic", "T" }), LMI_SPAN_NULL);
	ck_assert_uint_eq(f.core.pops.messages, 0);
	tear_down();
}
END_TEST

START_TEST(a_deleted_topic_takes_the_topics_of_its_pop_retries_along)
{
	set_up();
	send("T", "0", NULL, "a");
	send("U", "0", NULL, "a");
	usual();
	with("invisibleTime", "1000");
	ask(LMI_REQ_POP_MESSAGE);
	fx_pass(&f, 3000); /* it comes again, by the retry topic */
	ck_assert_ptr_nonnull(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%g_T")));
	fx_ask(&f, &p, LMI_REQ_DELETE_TOPIC_IN_BROKER, FX_FIELDS({ "topic", "U" }), LMI_SPAN_NULL);
	ck_assert_ptr_nonnull(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%g_T")));
	fx_ask(&f, &p, LMI_REQ_DELETE_TOPIC_IN_BROKER, FX_FIELDS({ "topic", "T" }), LMI_SPAN_NULL);
	ck_assert_ptr_null(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%g_T")));
	struct store_bounds b;
	ck_assert_int_eq(store_queue_bounds(f.core.store, LMI_SPAN_LIT("%RETRY%g_T"), 0, &b), -LMQ_ENOTFOUND);
	tear_down();
}
END_TEST

START_TEST(a_group_that_is_deleted_with_its_offsets_takes_the_topics_of_its_pop_retries_along)
{
	set_up();
	send("T", "0", NULL, "a");
	usual();
	with("invisibleTime", "1000");
	ask(LMI_REQ_POP_MESSAGE);
	with("consumerGroup", "h");
	ask(LMI_REQ_POP_MESSAGE);
	fx_pass(&f, 3000);
	fx_ask(&f, &p, LMI_REQ_DELETE_SUBSCRIPTIONGROUP, FX_FIELDS({ "groupName", "g" }, { "cleanOffset", "false" }), LMI_SPAN_NULL);
	ck_assert_ptr_nonnull(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%g_T")));
	fx_ask(&f, &p, LMI_REQ_DELETE_SUBSCRIPTIONGROUP, FX_FIELDS({ "groupName", "g" }, { "cleanOffset", "true" }), LMI_SPAN_NULL);
	ck_assert_ptr_null(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%g_T")));
	ck_assert_ptr_nonnull(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%h_T")));
	struct store_bounds b;
	ck_assert_int_eq(store_queue_bounds(f.core.store, LMI_SPAN_LIT("%RETRY%g_T"), 0, &b), -LMQ_ENOTFOUND);
	tear_down();
}
END_TEST

static bool has(const struct lmi_command *c, const char *text)
{
	return memmem(c->body.p, c->body.n, text, strlen(text)) != NULL;
}

static struct lmi_command list(const char *group, const char *from, const char *max)
{
	return fx_ask(&f, &p, LMI_REQ_LIST_IN_FLIGHT, FX_FIELDS({ "consumerGroup", group }, { "offset", from }, { "maxMsgNums", max }), LMI_SPAN_NULL);
}

START_TEST(each_message_in_flight_is_listed_a_page_at_a_time)
{
	set_up();
	for (int i = 0; i < 3; i++)
		send("T", "0", NULL, "a");
	send("T", "1", NULL, "a");
	usual();
	ask(LMI_REQ_POP_MESSAGE);
	with("consumerGroup", "h");
	ask(LMI_REQ_POP_MESSAGE);
	struct lmi_command c = list("g", "0", "100");
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	ck_assert(has(&c, "\"inFlight\":4,\"next\":-1}") && !has(&c, "\"group\":\"h\""));
	ck_assert(has(&c, "{\"topic\":\"T\",\"group\":\"g\",\"queueId\":0,\"offset\":2,\"startOffset\":0,\"popTime\":"));
	ck_assert(has(&c, "\"invisibleTime\":60000,\"returning\":false}"));
	c = list("g", "0", "3");
	ck_assert(has(&c, "\"inFlight\":4,\"next\":3}"));
	c = list("g", "3", "3");
	ck_assert(has(&c, "\"inFlight\":4,\"next\":-1}") && has(&c, "\"offset\":"));
	c = list("g", "4", "3");
	ck_assert(has(&c, "{\"messages\":[],\"inFlight\":4,\"next\":-1}"));
	c = list("", "0", "1000");
	ck_assert(has(&c, "\"inFlight\":8,"));
	tear_down();
}
END_TEST

START_TEST(what_is_in_flight_shows_in_the_groups_progress)
{
	set_up();
	for (int i = 0; i < 5; i++)
		send("T", "0", NULL, "a");
	usual();
	with("maxMsgNums", "3");
	ask(LMI_REQ_POP_MESSAGE);
	struct lmi_command c = fx_ask(&f, &p, LMI_REQ_GET_CONSUME_STATS, FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }), LMI_SPAN_NULL);
	static const char want[] = ":{\"brokerOffset\":5,\"consumerOffset\":0,\"lastTimestamp\":0,\"pullOffset\":3}";
	ck_assert_ptr_nonnull(memmem(c.body.p, c.body.n, want, sizeof(want) - 1));
	tear_down();
}
END_TEST

START_TEST(a_full_connection_is_popped_for_later)
{
	set_up();
	send("T", "0", NULL, "a");
	usual();
	with("pollTime", "5000");
	ck_assert_ptr_nonnull(lmi_buf_reserve(&p.out, HANDLE_OUT_PAUSE + 1));
	lmi_buf_commit(&p.out, HANDLE_OUT_PAUSE + 1);
	fx_hand_in(&f, &p, LMI_REQ_POP_MESSAGE, 0, fields, LMI_SPAN_NULL);
	core_turn_end(&f.core);
	ck_assert_uint_eq(f.core.pops.messages, 0);
	fx_forget_output(&p);
	fx_pass(&f, 200);
	struct lmi_command c;
	ck_assert(fx_take(&p, &c));
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(cold_messages_are_read_by_a_worker_first)
{
	struct lmi_command c;
	set_up();
	send("T", "0", NULL, "a");
	fx_pass(&f, 2000);
	disk_crash_chill(f.disk);
	usual();
	c = ask(LMI_REQ_POP_MESSAGE);
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(records(c.body), 1);
	ck_assert_uint_eq(f.core.pops.messages, 1);
	tear_down();
}
END_TEST

LMT_MAIN("pop_handler", a_pop_gives_messages_of_all_queues_and_says_where_they_were,
	 tags_and_sql_select_and_what_nobody_wants_is_passed_over, a_pop_that_cannot_be_served_is_refused_with_rocketmqs_code,
	 a_full_waiting_table_is_said, a_group_over_its_threshold_gets_nothing_more, a_peek_shows_and_takes_nothing,
	 acknowledgements_that_cannot_be_are_refused_and_stale_ones_are_not, many_are_acknowledged_at_once,
	 a_deleted_topic_takes_what_is_in_flight_along,
	 a_deleted_topic_takes_the_topics_of_its_pop_retries_along, what_is_in_flight_shows_in_the_groups_progress,
	 a_group_that_is_deleted_with_its_offsets_takes_the_topics_of_its_pop_retries_along,
	 each_message_in_flight_is_listed_a_page_at_a_time,
	 a_full_connection_is_popped_for_later,
	 cold_messages_are_read_by_a_worker_first)
