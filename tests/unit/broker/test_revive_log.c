/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what a Java broker noted of messages that it had handed out counts here: those that it notes as acknowledged do not come
 * again, the others do when their time is over, also after a kill; consumers may acknowledge what they got from it; a note that is
 * none stops nothing; a Java broker that gets the store back begins behind what was read.
 * Shown: by notes as Apache RocketMQ 5.5.0 writes them, put into the revive topic as its timer would.
 */
#include "broker/state/revive_note.h"
#include "tests/unit/broker/fixture.h"

#define REVIVE "rmq_sys_REVIVE_LOG_C"
#define NOTE_CHARS 512
#define INVISIBLE_MS 60000
#define GRACE_MS 3000

static struct fx f;
static struct fx_peer p;
static int64_t pop_ms;

static void commit(const char *group, const char *topic, int64_t pos)
{
	struct offset_at at = { lmi_span_str(group), lmi_span_str(topic), 0 };
	ck_assert_int_eq(offset_table_commit(&f.core.offsets, &at, pos), 0);
}

static int64_t offset_of(const char *group, const char *topic, int32_t queue)
{
	struct offset_at at = { lmi_span_str(group), lmi_span_str(topic), queue };
	return offset_table_get(&f.core.offsets, &at);
}

/* Five messages that group g popped at pop_ms. */
static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	fx_beat(&f, &p, "c", "g", "T", "*");
	fx_forget_output(&p);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(fx_send(&f, &p, "T", "0", NULL, (const char[]){ (char)('0' + i), 0 }).code, LMI_RSP_SUCCESS);
	commit("g", "T", 5);
	pop_ms = lmi_wall_ms(&f.clock.clock);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

static void put(const char *tag, const char *fmt, ...) LMI_PRINTF(2, 3);
static void put(const char *tag, const char *fmt, ...)
{
	char body[NOTE_CHARS], props[64];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	int k = snprintf(props, sizeof(props), "TAGS\1%s\2", tag);
	struct store_message m = { .topic = LMI_SPAN_LIT(REVIVE), .queue_id = 3, .body = lmi_span(body, (size_t)n), .props = lmi_span(props, (size_t)k) };
	struct store_ticket t;
	ck_assert_int_eq(store_append(f.core.store, &m, &t), 0);
	core_turn_end(&f.core);
}

static void put_point(const char *group, const char *topic, int64_t start, int num, const char *diffs)
{
	put("ck", "{\"bm\":0,\"bn\":\"broker-a\",\"c\":\"%s\",%s\"it\":%d,\"n\":%d,\"pt\":%lld,\"q\":0,\"ro\":0,\"so\":%lld,\"t\":\"%s\"}", group, diffs,
	    INVISIBLE_MS, num, (long long)pop_ms, (long long)start, topic);
}

static void put_ack(int64_t pos)
{
	put("ack", "{\"ao\":%lld,\"bn\":\"broker-a\",\"c\":\"g\",\"pt\":%lld,\"q\":0,\"so\":0,\"t\":\"T\"}", (long long)pos, (long long)pop_ms);
}

/* Bodies of what comes now, in their order. */
static const char *come(void)
{
	static char bodies[64];
	char born[24];
	size_t n = 0;
	snprintf(born, sizeof(born), "%lld", (long long)lmi_wall_ms(&f.clock.clock));
	struct lmi_command c = fx_ask(&f, &p, LMI_REQ_POP_MESSAGE,
				      FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "-1" }, { "maxMsgNums", "32" },
						{ "invisibleTime", "600000" }, { "pollTime", "0" }, { "bornTime", born }, { "initMode", "0" },
						{ "expType", "TAG" }, { "exp", "*" }),
				      LMI_SPAN_NULL);
	for (size_t at = 0; c.code == LMI_RSP_SUCCESS && at < c.body.n;) {
		struct lmi_record rec;
		size_t bytes = lmi_get32(c.body.p + at);
		ck_assert_int_eq(lmi_record_decode(lmi_span(c.body.p + at, bytes), &rec), 0);
		bodies[n++] = (char)rec.body.p[0];
		at += bytes;
	}
	bodies[n] = 0;
	return bodies;
}

static size_t in_flight(void)
{
	return f.core.pops.messages;
}

START_TEST(what_a_java_broker_says_is_acknowledged_stays_so_and_the_rest_comes_again)
{
	set_up();
	put_point("g", "T", 0, 5, "\"d\":[0,1,2,3,4],");
	fx_pass(&f, 1100);
	ck_assert_uint_eq(in_flight(), 5);
	ck_assert_int_eq(offset_of("g", "T", 0), 0); /* losing the journal would hand them out again */
	put_ack(1);
	put("bAck", "{\"ao\":-1,\"aol\":[2,4],\"bn\":\"broker-a\",\"c\":\"g\",\"pt\":%lld,\"q\":0,\"so\":0,\"t\":\"T\"}", (long long)pop_ms);
	fx_pass(&f, 1100);
	ck_assert_uint_eq(in_flight(), 2);
	ck_assert_str_eq(come(), "");
	fx_pass(&f, INVISIBLE_MS + GRACE_MS);
	ck_assert_str_eq(come(), "03");
	ck_assert_int_eq(offset_of("g", "T", 0), 5);
	ck_assert(fx_logged(&f, REVIVE " holds a Java broker's notes"));
	tear_down();
}
END_TEST

START_TEST(notes_that_are_overdue_wait_for_the_acknowledgements_behind_them)
{
	set_up();
	pop_ms -= 10 * INVISIBLE_MS;
	put_point("g", "T", 0, 5, "");
	fx_pass(&f, 1100);
	put_ack(0);
	fx_pass(&f, 1100);
	ck_assert_uint_eq(in_flight(), 4);
	ck_assert_str_eq(come(), "");
	fx_pass(&f, 2 * GRACE_MS);
	ck_assert_str_eq(come(), "1234");
	tear_down();
}
END_TEST

START_TEST(a_consumer_acknowledges_here_what_it_got_from_the_java_broker)
{
	char receipt[128];
	set_up();
	put_point("g", "T", 0, 5, "");
	fx_pass(&f, 1100);
	snprintf(receipt, sizeof(receipt), "0 %lld %d 3 0 broker-a 0 2", (long long)pop_ms, INVISIBLE_MS);
	struct lmi_command c = fx_ask(&f, &p, LMI_REQ_ACK_MESSAGE,
				      FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }, { "queueId", "0" }, { "offset", "2" }, { "extraInfo", receipt }),
				      LMI_SPAN_NULL);
	ck_assert_int_eq(c.code, LMI_RSP_SUCCESS);
	fx_pass(&f, INVISIBLE_MS + 2 * GRACE_MS);
	ck_assert_str_eq(come(), "0134");
	tear_down();
}
END_TEST

START_TEST(what_was_read_is_known_after_a_kill_and_not_read_again)
{
	set_up();
	fx_pass(&f, 10000);
	put_point("g", "T", 0, 5, "");
	put_ack(0);
	fx_pass(&f, 10000); /* the offsets are saved */
	ck_assert_int_eq(offset_of("CID_RMQ_SYS_REVIVE_GROUP", REVIVE, 3), 1); /* the last, not the next */
	fx_kill(&f);
	fx_open(&f);
	ck_assert_uint_eq(in_flight(), 4);
	fx_pass(&f, 10000);
	ck_assert_uint_eq(in_flight(), 4);
	fx_pass(&f, INVISIBLE_MS + GRACE_MS);
	ck_assert_str_eq(come(), "1234");
	fx_pass(&f, 10000);
	ck_assert_str_eq(come(), "");
	tear_down();
}
END_TEST

START_TEST(a_note_that_is_none_stops_nothing)
{
	set_up();
	put("ck", "%s", "x");
	put("ck", "{\"c\":\"g\",\"t\":\"T\",\"q\":0,\"so\":-1,\"n\":1,\"pt\":1,\"it\":1}");
	put("zz", "%s", "{}");
	put_point("g", "T", 0, 40, "");
	put_point("g", "T", 0, 2, "\"d\":[1,0],");
	put_point("g", "T", 0, 3, "\"d\":[0,1],");
	put_point("unknown", "T", 0, 5, "");
	put_point("g", "unknown", 0, 5, "");
	put_ack(0);
	fx_pass(&f, 1100);
	ck_assert_uint_eq(in_flight(), 0);
	put_point("g", "T", 0, 1, "");
	fx_pass(&f, 1100);
	ck_assert_uint_eq(in_flight(), 1);
	tear_down();
}
END_TEST

START_TEST(what_the_group_has_not_come_to_is_not_in_flight)
{
	set_up();
	commit("g", "T", 3);
	put_point("g", "T", 0, 5, "");
	fx_pass(&f, 1100);
	ck_assert_uint_eq(in_flight(), 3);
	ck_assert_str_eq(come(), "34");
	tear_down();
}
END_TEST

START_TEST(notes_that_are_not_in_memory_are_read_by_a_worker)
{
	set_up();
	put_point("g", "T", 0, 5, "");
	fx_close(&f);
	disk_crash_chill(f.disk);
	fx_open(&f);
	fx_pass(&f, 3000);
	ck_assert_uint_eq(in_flight(), 5);
	tear_down();
}
END_TEST

static int note(const char *tag, const char *body, struct revive_note *out)
{
	static struct lmi_arena a;
	lmi_arena_done(&a);
	lmi_arena_init(&a, 0);
	return revive_note_read(lmi_span_str(tag), lmi_span_str(body), &a, out);
}

START_TEST(a_note_is_read_as_java_writes_it)
{
	struct revive_note n;
	/* From a store that Apache RocketMQ 5.5.0 wrote. */
	ck_assert_int_eq(note("ck", "{\"bm\":5,\"bn\":\"b\",\"c\":\"G\",\"d\":[0,2,9],\"it\":10000,\"n\":3,\"pt\":1700000000001,\"q\":2,"
			      "\"queueOffsetDiff\":[0,2,9],\"ro\":0,\"so\":7,\"t\":\"%RETRY%G_T\"}", &n), 0);
	ck_assert_int_eq(n.kind, REVIVE_NOTE_CHECK_POINT);
	ck_assert(lmi_span_is(n.at.group, "G") && lmi_span_is(n.at.topic, "%RETRY%G_T"));
	ck_assert(n.at.queue_id == 2 && n.start_pos == 7 && n.pop_ms == 1700000000001 && n.invisible_ms == 10000);
	ck_assert(n.count == 3 && n.diffs[1] == 2 && n.diffs[2] == 9 && n.acked == 5);
	ck_assert_int_eq(note("ack", "{\"ackOffset\":3,\"consumerGroup\":\"G\",\"popTime\":5,\"queueId\":1,\"startOffset\":2,\"topic\":\"T\"}", &n), 0);
	ck_assert(n.kind == REVIVE_NOTE_ACKS && n.acks == 1 && n.positions[0] == 3 && n.start_pos == 2 && n.pop_ms == 5);
	ck_assert_int_eq(note("bAck", "{\"ao\":-1,\"aol\":[4,6],\"c\":\"G\",\"pt\":5,\"q\":1,\"so\":2,\"t\":\"T\"}", &n), 0);
	ck_assert(n.acks == 2 && n.positions[0] == 4 && n.positions[1] == 6);
	ck_assert_int_eq(note("", "{}", &n), -LMQ_EUNSUPPORTED);
	ck_assert_int_eq(note("ck", "{}", &n), -LMQ_EILLEGAL);
	ck_assert_int_lt(note("ck", "[", &n), 0);
	note("", "", &n);
}
END_TEST

LMT_MAIN("revive_log", what_a_java_broker_says_is_acknowledged_stays_so_and_the_rest_comes_again,
	 notes_that_are_overdue_wait_for_the_acknowledgements_behind_them, a_consumer_acknowledges_here_what_it_got_from_the_java_broker,
	 what_was_read_is_known_after_a_kill_and_not_read_again, a_note_that_is_none_stops_nothing,
	 what_the_group_has_not_come_to_is_not_in_flight, notes_that_are_not_in_memory_are_read_by_a_worker, a_note_is_read_as_java_writes_it)
