/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: POP keeps its times: a message not acknowledged comes again when its invisible time is over, one older, through the
 * retry topic, 16 times and then as a dead letter; a pop waits for its poll time and no longer; an ordered queue is blocked
 * until acknowledged or visible again; receipts are good after a kill and after a stop.
 * Shown by: stating that the time passes; nobody sleeps.
 */
#include "tests/unit/broker/fixture.h"
#include "wire/props.h"

#define RETRY "%RETRY%g_T"
#define RECEIPT_CHARS 256

static struct fx f;
static struct fx_peer a, b;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&a);
	fx_peer_init(&b);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &a);
	fx_peer_gone(&f, &b);
	fx_done(&f);
	fx_peer_done(&a);
	fx_peer_done(&b);
}

/* ---- asking ---- */

static const struct fx_field *pop_fields(const char *queue, const char *max, const char *poll, const char *order)
{
	static struct fx_field v[16];
	static char born[24];
	snprintf(born, sizeof(born), "%lld", (long long)lmi_wall_ms(&f.clock.clock));
	const struct fx_field all[] = { { "consumerGroup", "g" }, { "topic", "T" },      { "queueId", queue }, { "maxMsgNums", max },
					{ "invisibleTime", "10000" }, { "pollTime", poll }, { "bornTime", born }, { "initMode", "0" },
					{ "expType", "TAG" }, { "exp", "*" }, { "order", order }, { NULL, NULL } };
	memcpy(v, all, sizeof(all));
	return v;
}

static struct lmi_command pop(const char *max)
{
	return fx_ask(&f, &a, LMI_REQ_POP_MESSAGE, pop_fields("-1", max, "0", NULL), LMI_SPAN_NULL);
}

static void text_of(const struct lmi_command *c, enum lmi_ext_key key, char out[RECEIPT_CHARS])
{
	struct lmi_span s = lmi_command_ext(c, key);
	snprintf(out, RECEIPT_CHARS, "%.*s", (int)s.n, s.n ? (const char *)s.p : "");
}

/* The first message of an answer, and its receipt as a client makes it. */
struct got {
	struct lmi_record rec;
	uint8_t bytes[4096];
	char topic[64], receipt[RECEIPT_CHARS], pos[24], queue[12];
};

static void take_first(const struct lmi_command *c, struct got *g)
{
	char start[RECEIPT_CHARS];
	int flag, queue;
	long long pos;
	ck_assert_int_eq(c->code, LMI_RSP_SUCCESS);
	ck_assert_uint_ge(c->body.n, LMI_RECORD_FIXED_V4);
	memcpy(g->bytes, c->body.p, c->body.n < sizeof(g->bytes) ? c->body.n : sizeof(g->bytes));
	ck_assert_int_eq(lmi_record_decode(lmi_span(g->bytes, sizeof(g->bytes)), &g->rec), 0);
	text_of(c, LMI_EXT_START_OFFSET_INFO, start);
	ck_assert_int_eq(sscanf(start, "%d %d %lld", &flag, &queue, &pos), 3);
	struct lmi_span ck = lmi_props_get(g->rec.props, LMI_SPAN_LIT(LMI_PROP_POP_CK));
	if (ck.n)
		snprintf(g->receipt, sizeof(g->receipt), "%.*s", (int)ck.n, (const char *)ck.p);
	else
		snprintf(g->receipt, sizeof(g->receipt), "%lld %lld %lld %lld %d broker-a %d %lld", pos,
			 (long long)fx_number(c, LMI_EXT_POP_TIME), (long long)fx_number(c, LMI_EXT_INVISIBLE_TIME),
			 (long long)fx_number(c, LMI_EXT_REVIVE_QID), flag, queue, (long long)g->rec.queue_pos);
	snprintf(g->topic, sizeof(g->topic), "%s", flag ? RETRY : "T");
	snprintf(g->pos, sizeof(g->pos), "%lld", (long long)g->rec.queue_pos);
	snprintf(g->queue, sizeof(g->queue), "%d", queue);
}

static struct lmi_command ack(const struct got *g)
{
	return fx_ask(&f, &b, LMI_REQ_ACK_MESSAGE,
		      FX_FIELDS({ "consumerGroup", "g" }, { "topic", g->topic }, { "queueId", g->queue }, { "offset", g->pos },
				{ "extraInfo", g->receipt }),
		      LMI_SPAN_NULL);
}

static struct lmi_command change(const struct got *g, const char *ms)
{
	return fx_ask(&f, &b, LMI_REQ_CHANGE_MESSAGE_INVISIBLETIME,
		      FX_FIELDS({ "consumerGroup", "g" }, { "topic", g->topic }, { "queueId", g->queue }, { "offset", g->pos },
				{ "extraInfo", g->receipt }, { "invisibleTime", ms }),
		      LMI_SPAN_NULL);
}

static int64_t committed(const char *topic, int32_t queue)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), lmi_span_str(topic), queue };
	return offset_table_get(&f.core.offsets, &at);
}

static void send(const char *queue, const char *body)
{
	ck_assert_int_eq(fx_send(&f, &b, "T", queue, NULL, body).code, LMI_RSP_SUCCESS);
}

static bool nothing_comes(void)
{
	return pop("32").code == LMI_RSP_POLLING_TIMEOUT;
}

/* A message comes now that was handed out so often before. */
static void take_one(struct got *g, int32_t times)
{
	struct lmi_command c = pop("32");
	take_first(&c, g);
	ck_assert_int_eq(g->rec.reconsume_times, times);
}

/* One message, popped. */
static void set_up_popped(struct got *g)
{
	set_up();
	send("0", "x");
	take_one(g, 0);
}

/* ---- redelivery ---- */

START_TEST(a_message_not_acknowledged_comes_again_one_older_when_its_invisible_time_is_over)
{
	struct got g;
	set_up_popped(&g);
	fx_pass(&f, 9900);
	ck_assert(nothing_comes());
	fx_pass(&f, 200);
	take_one(&g, 1);
	ck_assert(lmi_span_is(g.rec.topic, "T")); /* shown as the topic's own */
	ck_assert(lmi_span_is(g.rec.body, "x"));
	ck_assert_str_eq(g.topic, RETRY);
	ck_assert(lmi_span_is(lmi_props_get(g.rec.props, LMI_SPAN_LIT(LMI_PROP_ORIGIN_GROUP)), "g"));
	ck_assert_int_eq(ack(&g).code, LMI_RSP_SUCCESS);
	fx_pass(&f, 60000);
	ck_assert(nothing_comes());
	ck_assert_int_eq(committed("T", 0), 1);
	ck_assert_int_eq(committed(RETRY, 0), 1);
	tear_down();
}
END_TEST

START_TEST(it_stays_in_flight_until_its_copy_is_on_the_disk)
{
	struct got g;
	set_up();
	send("0", "x");
	fx_pass(&f, 1000); /* synced */
	struct lmi_command c = pop("1");
	take_first(&c, &g);
	fx_pass(&f, 9500);
	f.executor.lazy = true; /* no sync comes to an end */
	fx_pass(&f, 1000);
	ck_assert_int_eq(f.core.revive.revived, 1);
	ck_assert_int_eq(committed("T", 0), 0);
	f.executor.lazy = false;
	fx_run_jobs(&f);
	fx_pass(&f, 1000);
	ck_assert_int_eq(committed("T", 0), 1);
	ck_assert_int_eq(f.core.revive.revived, 1);
	tear_down();
}
END_TEST

START_TEST(an_acknowledged_message_never_comes_again)
{
	struct got g;
	set_up_popped(&g);
	ck_assert_int_eq(ack(&g).code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(ack(&g).code, LMI_RSP_SUCCESS); /* twice is no error */
	fx_pass(&f, 60000);
	ck_assert(nothing_comes());
	ck_assert_uint_eq(f.core.pops.messages, 0);
	tear_down();
}
END_TEST

START_TEST(after_16_tries_it_is_a_dead_letter)
{
	struct got g;
	set_up();
	send("0", "x");
	for (int times = 0; times <= 16; times++) {
		take_one(&g, times);
		fx_pass(&f, 10100);
	}
	ck_assert(nothing_comes());
	fx_pass(&f, 60000);
	ck_assert(nothing_comes());
	ck_assert_int_eq(f.core.revive.dead, 1);
	struct store_bounds bounds;
	ck_assert_int_eq(store_queue_bounds(f.core.store, LMI_SPAN_LIT("%DLQ%g"), 0, &bounds), 0);
	ck_assert_int_eq(bounds.max_pos, 1);
	ck_assert(fx_logged(&f, "unacknowledged 17 times: now in %DLQ%g"));
	tear_down();
}
END_TEST

START_TEST(a_new_invisible_time_counts_from_now_and_the_old_receipt_is_stale)
{
	struct got g;
	set_up_popped(&g);
	fx_pass(&f, 5000);
	struct lmi_command c = change(&g, "30000");
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_INVISIBLE_TIME), 30000);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_POP_TIME), lmi_wall_ms(&f.clock.clock));
	ck_assert_int_eq(ack(&g).code, LMI_RSP_SUCCESS); /* with the old receipt: nothing happens */
	ck_assert_uint_eq(f.core.pops.messages, 1);
	fx_pass(&f, 29900);
	ck_assert(nothing_comes());
	fx_pass(&f, 200);
	take_one(&g, 1);
	tear_down();
}
END_TEST

START_TEST(an_invisible_time_of_0_brings_it_back_at_once)
{
	struct got g;
	set_up_popped(&g);
	change(&g, "0");
	fx_pass(&f, 200);
	take_one(&g, 1);
	tear_down();
}
END_TEST

/* ---- waiting ---- */

START_TEST(a_pop_waits_for_its_poll_time_and_no_longer)
{
	struct got g;
	struct lmi_command c;
	set_up_popped(&g);
	ack(&g);
	fx_hand_in(&f, &a, LMI_REQ_POP_MESSAGE, 0, pop_fields("-1", "32", "15000", NULL), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	fx_pass(&f, 14800);
	ck_assert(!fx_take(&a, &c));
	ck_assert_int_eq(a.in_flight, 1);
	fx_pass(&f, 200);
	ck_assert(fx_take(&a, &c));
	ck_assert_int_eq(c.code, LMI_RSP_POLLING_TIMEOUT);
	ck_assert_int_eq(a.in_flight, 0);
	tear_down();
}
END_TEST

START_TEST(a_message_wakes_one_of_those_that_wait)
{
	struct lmi_command c;
	set_up();
	send("0", "seed");
	struct got g;
	c = pop("32");
	take_first(&c, &g);
	ack(&g);
	fx_hand_in(&f, &a, LMI_REQ_POP_MESSAGE, 0, pop_fields("-1", "32", "15000", NULL), LMI_SPAN_NULL);
	fx_hand_in(&f, &b, LMI_REQ_POP_MESSAGE, 0, pop_fields("-1", "32", "15000", NULL), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	fx_pass(&f, 1000);
	fx_hand_in(&f, &b, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("T", "1", NULL), LMI_SPAN_LIT("x"));
	core_turn_end(&f.core);
	core_turn_end(&f.core);
	ck_assert(fx_take(&a, &c));
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(b.in_flight, 1);
	tear_down();
}
END_TEST

START_TEST(a_message_that_comes_again_wakes_who_waits)
{
	struct lmi_command c;
	struct got g;
	set_up_popped(&g);
	fx_hand_in(&f, &a, LMI_REQ_POP_MESSAGE, 0, pop_fields("-1", "32", "15000", NULL), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	fx_pass(&f, 10200);
	ck_assert(fx_take(&a, &c));
	take_first(&c, &g);
	ck_assert_int_eq(g.rec.reconsume_times, 1);
	tear_down();
}
END_TEST

START_TEST(a_notification_says_when_there_is_something)
{
	struct lmi_command c;
	struct got g;
	set_up_popped(&g);
	ack(&g);
	const struct fx_field *ask = FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "-1" }, { "pollTime", "15000" },
					       { "bornTime", "0" });
	fx_hand_in(&f, &a, LMI_REQ_NOTIFICATION, 0, ask, LMI_SPAN_NULL);
	core_turn_end(&f.core);
	fx_pass(&f, 3000);
	ck_assert(!fx_take(&a, &c));
	send("2", "y");
	core_turn_end(&f.core);
	ck_assert(fx_take(&a, &c));
	ck_assert(lmi_span_is(lmi_command_ext(&c, LMI_EXT_HAS_MSG), "true"));
	c = pop("32");
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

/* ---- order ---- */

static struct lmi_command pop_ordered(const char *attempt)
{
	static struct fx_field v[17];
	const struct fx_field *p = pop_fields("0", "2", "0", "true");
	size_t n = 0;
	for (; p[n].name; n++)
		v[n] = p[n];
	v[n] = (struct fx_field){ "attemptId", attempt };
	v[n + 1] = (struct fx_field){ NULL, NULL };
	return fx_ask(&f, &a, LMI_REQ_POP_MESSAGE, v, LMI_SPAN_NULL);
}

START_TEST(an_ordered_queue_is_blocked_until_all_is_acknowledged_or_visible_again)
{
	struct got g, second;
	char counts[RECEIPT_CHARS];
	set_up();
	send("0", "1");
	send("0", "2");
	send("0", "3");
	struct lmi_command c = pop_ordered("one");
	take_first(&c, &g);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_REVIVE_QID), 999);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_REST_NUM), 1);
	text_of(&c, LMI_EXT_ORDER_COUNT_INFO, counts);
	ck_assert_str_eq(counts, "0 0 0");
	ck_assert_int_eq(pop_ordered("two").code, LMI_RSP_POLLING_TIMEOUT);
	c = pop_ordered("one"); /* the same attempt: its answer was lost */
	take_first(&c, &g);
	ck_assert(lmi_span_is(g.rec.body, "1"));
	ack(&g);
	ck_assert_int_eq(committed("T", 0), 1);
	ck_assert_int_eq(pop_ordered("two").code, LMI_RSP_POLLING_TIMEOUT); /* the second is open */
	fx_pass(&f, 10000);
	c = pop_ordered("two");
	take_first(&c, &second);
	ck_assert(lmi_span_is(second.rec.body, "2"));
	text_of(&c, LMI_EXT_ORDER_COUNT_INFO, counts);
	ck_assert_str_eq(counts, "0 qo0%1 1;0 0 0");
	tear_down();
}
END_TEST

START_TEST(an_ordered_message_with_a_new_time_blocks_until_then)
{
	struct got g;
	set_up();
	send("0", "1");
	struct lmi_command c = pop_ordered(NULL);
	take_first(&c, &g);
	fx_pass(&f, 5000);
	c = change(&g, "20000");
	ck_assert_int_eq(fx_number(&c, LMI_EXT_INVISIBLE_TIME), 25000); /* from its pop time, which stays */
	fx_pass(&f, 19900);
	ck_assert_int_eq(pop_ordered(NULL).code, LMI_RSP_POLLING_TIMEOUT);
	fx_pass(&f, 200);
	c = pop_ordered(NULL);
	take_first(&c, &g);
	ck_assert_int_eq(g.rec.reconsume_times, 0); /* order counts go beside, not into the record */
	tear_down();
}
END_TEST

/* ---- kill and stop ---- */

static void again(bool kill)
{
	fx_peer_gone(&f, &a);
	fx_peer_gone(&f, &b);
	fx_peer_done(&a);
	fx_peer_done(&b);
	if (kill)
		fx_kill(&f);
	else
		fx_close(&f);
	fx_open(&f);
	fx_peer_init(&a);
	fx_peer_init(&b);
}

static void receipts_survive(bool kill)
{
	struct got g, h;
	set_up();
	send("0", "x");
	send("0", "y");
	struct lmi_command c = pop("1");
	take_first(&c, &g);
	c = pop("1");
	take_first(&c, &h);
	fx_pass(&f, 3000);
	again(kill);
	ck_assert_uint_eq(f.core.pops.messages, 2);
	ck_assert_int_eq(committed("T", 0), 0);
	ck_assert_int_eq(ack(&g).code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(f.core.pops.messages, 1);
	ck_assert_int_eq(committed("T", 0), 1);
	ck_assert(nothing_comes());
	fx_pass(&f, 7200); /* its time goes on through the stop */
	c = pop("32");
	take_first(&c, &g);
	ck_assert(lmi_span_is(g.rec.body, "y"));
	ck_assert_int_eq(g.rec.reconsume_times, 1);
	tear_down();
}

START_TEST(receipts_survive_a_kill)
{
	receipts_survive(true);
}
END_TEST

START_TEST(receipts_survive_a_stop)
{
	receipts_survive(false);
}
END_TEST

START_TEST(an_ordered_queue_is_blocked_through_a_kill)
{
	struct got g;
	set_up();
	send("0", "1");
	struct lmi_command c = pop_ordered("one");
	take_first(&c, &g);
	again(true);
	ck_assert_int_eq(pop_ordered("two").code, LMI_RSP_POLLING_TIMEOUT);
	ack(&g);
	ck_assert_int_eq(committed("T", 0), 1);
	tear_down();
}
END_TEST

START_TEST(without_its_journal_all_that_is_open_comes_again_at_once)
{
	struct got g;
	set_up();
	send("0", "x");
	send("0", "y");
	struct lmi_command c = pop("1");
	take_first(&c, &g);
	ack(&g);
	c = pop("1");
	take_first(&c, &g);
	fx_close(&f);
	struct disk *d = f.cfg.store.disk;
	ck_assert_int_eq(d->ops->unlink(d, "pop/journal.0000000000000001"), 0);
	fx_open(&f);
	c = pop("32");
	take_first(&c, &g);
	ck_assert(lmi_span_is(g.rec.body, "y"));
	ck_assert_int_eq(g.rec.reconsume_times, 0);
	tear_down();
}
END_TEST

START_TEST(what_an_operator_commits_counts)
{
	struct got g;
	set_up();
	for (int i = 0; i < 10; i++)
		send("0", "x");
	struct lmi_command c = pop("4");
	take_first(&c, &g);
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	offset_table_commit(&f.core.offsets, &at, 8); /* on */
	c = pop("1");
	take_first(&c, &g);
	ck_assert_str_eq(g.pos, "8");
	ck_assert_uint_eq(f.core.pops.messages, 1);
	offset_table_commit(&f.core.offsets, &at, 2); /* back */
	c = pop("1");
	take_first(&c, &g);
	ck_assert_str_eq(g.pos, "2");
	tear_down();
}
END_TEST

LMT_MAIN("pop_time", a_message_not_acknowledged_comes_again_one_older_when_its_invisible_time_is_over,
	 it_stays_in_flight_until_its_copy_is_on_the_disk, an_acknowledged_message_never_comes_again,
	 after_16_tries_it_is_a_dead_letter, a_new_invisible_time_counts_from_now_and_the_old_receipt_is_stale,
	 an_invisible_time_of_0_brings_it_back_at_once, a_pop_waits_for_its_poll_time_and_no_longer,
	 a_message_wakes_one_of_those_that_wait, a_message_that_comes_again_wakes_who_waits,
	 a_notification_says_when_there_is_something, an_ordered_queue_is_blocked_until_all_is_acknowledged_or_visible_again,
	 an_ordered_message_with_a_new_time_blocks_until_then, receipts_survive_a_kill, receipts_survive_a_stop,
	 an_ordered_queue_is_blocked_through_a_kill, without_its_journal_all_that_is_open_comes_again_at_once,
	 what_an_operator_commits_counts)
