/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: each of the 18 delay levels delivers its messages exactly to 100 ms and never early; a message that is given back
 * again and again waits 10 s, 30 s, 1 m … 2 h and becomes a dead letter after its 16th retry.
 * Shown by: stating that the time passes.
 */
#include "tests/unit/broker/fixture.h"
#include "wire/props.h"

static struct fx f;
static struct fx_peer p;

static const int64_t level_ms[18] = { 1000,   5000,   10000,  30000,  60000,  120000, 180000,  240000,  300000,
				      360000, 420000, 480000, 540000, 600000, 1200000, 1800000, 3600000, 7200000 };

static int64_t count(const char *topic, int32_t queue)
{
	struct store_bounds b;
	return store_queue_bounds(f.core.store, lmi_span_str(topic), queue, &b) ? 0 : b.max_pos;
}

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

START_TEST(each_level_delivers_to_100_ms_and_never_early)
{
	set_up();
	fx_pass(&f, 30); /* not in step with the ticks */
	for (int i = 0; i < 18; i++) {
		char props[32], topic[8];
		snprintf(props, sizeof(props), "DELAY\001%d\002", i + 1);
		snprintf(topic, sizeof(topic), "T%d", i + 1);
		ck_assert_int_eq(fx_send(&f, &p, topic, "0", props, "x").code, LMI_RSP_SUCCESS);
	}
	int64_t passed = 0;
	for (int i = 0; i < 18; i++) {
		char topic[8];
		snprintf(topic, sizeof(topic), "T%d", i + 1);
		fx_pass(&f, 70);
		passed += 70;
		fx_pass(&f, (level_ms[i] - passed) / 100 * 100);
		passed += (level_ms[i] - passed) / 100 * 100;
		if (passed < level_ms[i])
			ck_assert_msg(count(topic, 0) == 0, "level %d is early", i + 1);
		fx_pass(&f, level_ms[i] + 100 - passed);
		passed = level_ms[i] + 100;
		ck_assert_msg(count(topic, 0) == 1, "level %d is late", i + 1);
	}
	tear_down();
}
END_TEST

/* The log position of the newest message of a queue. */
static int64_t newest(const char *topic)
{
	struct store_get *g = &f.core.handle.get;
	*g = (struct store_get){ .topic = lmi_span_str(topic), .queue_pos = count(topic, 0) - 1, .max_messages = 1 };
	ck_assert_int_eq(store_get(f.core.store, g), 0);
	ck_assert_int_eq(g->status, STORE_FOUND);
	return g->extents[0].log_pos;
}

static void give_back(int64_t log_pos)
{
	char pos[32];
	snprintf(pos, sizeof(pos), "%lld", (long long)log_pos);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_CONSUMER_SEND_MSG_BACK,
				      FX_FIELDS({ "offset", pos }, { "group", "g" }, { "delayLevel", "0" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
}

START_TEST(sixteen_retries_take_their_levels_and_then_it_is_a_dead_letter)
{
	set_up();
	fx_send(&f, &p, "T", "0", "UNIQ_KEY\001U\002", "bad");
	int64_t at = 0;
	for (int i = 0; i < 16; i++) {
		give_back(at);
		fx_pass(&f, level_ms[i + 2] - 100);
		ck_assert_msg(count("%RETRY%g", 0) == i, "retry %d is early", i + 1);
		fx_pass(&f, 200);
		ck_assert_msg(count("%RETRY%g", 0) == i + 1, "retry %d is late", i + 1);
		at = newest("%RETRY%g");
	}
	ck_assert_int_eq(count("%DLQ%g", 0), 0);
	give_back(at);
	ck_assert_int_eq(count("%DLQ%g", 0), 1);
	ck_assert_int_eq(delay_duty_waiting(&f.core.delay), 0);
	ck_assert(fx_logged(&f, "gave up a message of %RETRY%g after 17 tries"));
	tear_down();
}
END_TEST

START_TEST(retries_go_on_where_they_were_through_kills_and_stops)
{
	set_up();
	fx_send(&f, &p, "T", "0", NULL, "bad");
	int64_t at = 0;
	for (int i = 0; i < 6; i++) {
		give_back(at);
		fx_pass(&f, level_ms[i + 2] / 2);
		if (i % 2)
			fx_kill(&f);
		else
			fx_close(&f);
		lmi_clock_manual_pass(&f.clock, level_ms[i + 2] / 4); /* down for a while */
		fx_open(&f);
		fx_pass(&f, level_ms[i + 2] / 4 + 200);
		ck_assert_int_eq(count("%RETRY%g", 0), i + 1);
		at = newest("%RETRY%g");
	}
	tear_down();
}
END_TEST

LMT_MAIN("delay_time", each_level_delivers_to_100_ms_and_never_early, sixteen_retries_take_their_levels_and_then_it_is_a_dead_letter,
	 retries_go_on_where_they_were_through_kills_and_stops)
