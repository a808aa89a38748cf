/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a clock that jumps, by a step of NTP or while the machine sleeps, loses no message for a stated time, delivers none
 * before its time by that clock, which is early by no more than the jump, and none twice; checks of transactions do not move.
 * Shown by: stating that time passes, and that the wall clock jumps.
 */
#include <stdlib.h>

#include "tests/unit/broker/fixture.h"
#include "wire/props.h"

#define MESSAGES 100
#define HALF_SLOTS 512 /* RocketMQ's wheel would be copied with each crash of the disk */
#define SEEDS LMT_ROUNDS(20) /* times LIGHTMQ_BUDGET */

static struct fx f;
static struct fx_peer p;

static int64_t due[MESSAGES];     /* wall clock */
static int64_t came_at[MESSAGES]; /* monotonic; -1: not yet */
static int64_t seen, last_due;
static bool in_order;

static int64_t now(void)
{
	return lmi_wall_ms(&f.clock.clock);
}

static int64_t mono(void)
{
	return lmi_mono_ms(&f.clock.clock);
}

static void send_at(int i, int64_t due_ms)
{
	char props[96], body[16];
	snprintf(props, sizeof(props), "UNIQ_KEY\1U%d\2TIMER_DELIVER_MS\1%lld\2", i, (long long)due_ms);
	snprintf(body, sizeof(body), "%d", i);
	due[i] = due_ms;
	came_at[i] = -1;
	ck_assert_int_eq(fx_send(&f, &p, "T", "0", props, body).code, LMI_RSP_SUCCESS);
}

static int number_at(int64_t pos)
{
	static uint8_t bytes[1 << 16];
	static struct store_get g;
	struct lmi_record r;
	int32_t number;
	g = (struct store_get){ .topic = LMI_SPAN_LIT("T"), .queue_pos = pos, .max_messages = 1, .wait = true };
	ck_assert_int_eq(store_get(f.core.store, &g), 0);
	ck_assert_uint_eq(g.count, 1);
	ck_assert_int_eq(store_read(f.core.store, &g.extents[0], bytes, true), 0);
	ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, (size_t)g.extents[0].bytes), &r), 0);
	ck_assert_int_eq(lmi_span_to_i32(r.body, &number), 0);
	return number;
}

/* What has come since: not before its time, and for the first time. */
static void look(void)
{
	struct store_bounds b = { 0 };
	store_queue_bounds(f.core.store, LMI_SPAN_LIT("T"), 0, &b);
	for (; seen < b.max_pos; seen++) {
		int i = number_at(seen);
		ck_assert_msg(due[i] <= now(), "message %d came %lld ms early", i, (long long)(due[i] - now()));
		ck_assert_msg(came_at[i] < 0, "message %d came twice", i);
		came_at[i] = mono();
		in_order = in_order && due[i] >= last_due;
		last_due = due[i];
	}
}

/* A millisecond at a time, as far as the broker wants to be woken. */
static void pass(int64_t ms)
{
	int64_t end = mono() + ms;
	while (mono() < end) {
		int64_t next = core_next_ms(&f.core), step = next > 0 && next < CORE_TICK_MS ? next : next == 0 ? 1 : CORE_TICK_MS;
		step = step > end - mono() ? end - mono() : step;
		lmi_clock_manual_pass(&f.clock, step);
		core_tick(&f.core);
		core_turn_end(&f.core);
		look();
	}
}

/* The wall clock alone. */
static void jump(int64_t ms)
{
	f.clock.wall_ms_now += ms;
}

static void restart(bool kill)
{
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	if (kill)
		fx_kill(&f);
	else
		fx_close(&f);
	f.executor.lazy = false;
	fx_run_jobs(&f);
	fx_open(&f);
	fx_peer_init(&p);
	look();
}

/* A message for each second of the next 100. */
static int64_t set_up(void)
{
	fx_prepare(&f);
	f.cfg.timer_half_slots = HALF_SLOTS;
	fx_open(&f);
	fx_peer_init(&p);
	int64_t begin = now();
	seen = last_due = 0;
	in_order = true;
	for (int i = 0; i < MESSAGES; i++)
		send_at(i, begin + 1000 * (i + 1) + 7 * i % 900);
	return begin;
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

static void all_came(void)
{
	ck_assert_int_eq(seen, MESSAGES);
	ck_assert(in_order);
}

/* ---- steps of NTP ---- */

START_TEST(a_step_back_delays_by_as_much_and_loses_nothing)
{
	static const int64_t back[] = { 3, 500, 5000, 90000, 3600000 };
	for (size_t k = 0; k < sizeof(back) / sizeof(back[0]); k++) {
		int64_t begin = set_up(), begin_mono = mono();
		pass(50050);
		int64_t before = seen;
		jump(-back[k]);
		pass(50000 + back[k] + 2000);
		all_came();
		for (int64_t i = before; i < MESSAGES; i++) {
			int64_t late = came_at[i] - begin_mono - (due[i] - begin) - back[k];
			ck_assert_msg(late >= -10 && late <= 10, "%lld", (long long)late);
		}
		tear_down();
	}
}
END_TEST

START_TEST(a_step_ahead_delivers_what_is_due_at_once_and_the_rest_early_by_the_step)
{
	static const int64_t ahead[] = { 3, 500, 5000, 30000 };
	for (size_t k = 0; k < sizeof(ahead) / sizeof(ahead[0]); k++) {
		int64_t begin = set_up(), begin_mono = mono();
		pass(50050);
		jump(ahead[k]);
		pass(200);
		for (int i = 0; i < MESSAGES; i++)
			ck_assert_msg(due[i] > now() - 100 || came_at[i] >= 0, "message %d waits after the step", i);
		pass(51000);
		all_came();
		for (int i = 0; i < MESSAGES; i++)
			ck_assert_int_ge(came_at[i] - begin_mono, due[i] - begin - ahead[k]);
		tear_down();
	}
}
END_TEST

START_TEST(a_step_back_before_a_restart_delivers_nothing_twice)
{
	for (int kill = 0; kill < 2; kill++) {
		set_up();
		pass(30050);
		jump(-20000);
		restart(kill);
		pass(20000);
		restart(!kill);
		pass(100000);
		all_came();
		tear_down();
	}
}
END_TEST

/* ---- a machine that sleeps: the monotonic clock stands still meanwhile ---- */

START_TEST(what_was_due_while_the_machine_slept_comes_when_it_wakes_in_order)
{
	set_up();
	pass(20000);
	jump(60000);
	pass(300);
	ck_assert_int_ge(seen, 79);
	ck_assert_int_le(seen, 81);
	pass(21000);
	all_came();
	tear_down();
}
END_TEST

START_TEST(a_sleep_of_days_loses_nothing)
{
	set_up();
	pass(20000);
	jump(3 * 86400000LL); /* the wheel turned meanwhile */
	pass(5000);
	all_came();
	send_at(0, now() + 5000);
	pass(4990);
	ck_assert_int_eq(seen, MESSAGES);
	pass(20);
	ck_assert_int_eq(seen, MESSAGES + 1);
	tear_down();
}
END_TEST

/* ---- any jumps ---- */

static void random_jumps(uint64_t seed)
{
	struct lmi_rng_seeded rng;
	lmi_rng_seeded_init(&rng, seed);
	set_up();
	for (int i = 0; i < 30; i++) {
		pass((int64_t)lmi_rng_below(&rng.rng, 4000));
		jump((int64_t)lmi_rng_below(&rng.rng, 40000) - 20000);
		if (lmi_rng_below(&rng.rng, 5) == 0)
			restart(lmi_rng_below(&rng.rng, 2) == 0);
	}
	for (int i = 0; i < MESSAGES; i++) /* the clock may have been left far behind */
		if (came_at[i] < 0 && due[i] > now())
			jump(due[i] - now());
	pass(5000);
	ck_assert_msg(seen == MESSAGES, "seed %llu: %lld came", (unsigned long long)seed, (long long)seen);
	tear_down();
}

START_TEST(jumps_and_restarts_at_random_lose_none_and_double_none)
{
	const char *budget = getenv("LIGHTMQ_BUDGET");
	uint64_t n = SEEDS * (budget && atoi(budget) > 1 ? (uint64_t)atoi(budget) : 1);
	for (uint64_t seed = 1; seed <= n; seed++)
		random_jumps(seed);
}
END_TEST

/* ---- transactions ---- */

static bool is_asked(void)
{
	struct lmi_command c;
	return fx_take(&p, &c) && c.code == LMI_REQ_CHECK_TRANSACTION_STATE;
}

START_TEST(a_jump_does_not_move_the_checks_of_a_transaction)
{
	static const int64_t by[] = { -3600000, 3600000 };
	for (size_t k = 0; k < sizeof(by) / sizeof(by[0]); k++) {
		static const char beat[] = "{\"clientID\":\"c\",\"consumerDataSet\":[],\"producerDataSet\":[{\"groupName\":\"PG\"}]}";
		set_up();
		ck_assert_int_eq(fx_ask(&f, &p, LMI_REQ_HEART_BEAT, FX_NONE, LMI_SPAN_LIT(beat)).code, LMI_RSP_SUCCESS);
		const struct fx_field half[] = { { "a", "PG" }, { "b", "T" }, { "c", "TBW102" }, { "d", "4" }, { "e", "1" }, { "f", "4" },
						 { "g", "1" }, { "h", "0" }, { "i", "TRAN_MSG\1true\2PGROUP\1PG\2UNIQ_KEY\1X\2" },
						 { "j", "0" }, { "k", "false" }, { NULL, NULL } };
		ck_assert_int_eq(fx_ask(&f, &p, LMI_REQ_SEND_MESSAGE_V2, half, LMI_SPAN_LIT("x")).code, LMI_RSP_SUCCESS);
		pass(3000);
		jump(by[k]);
		pass(2800);
		ck_assert(!is_asked());
		pass(400);
		ck_assert(is_asked());
		jump(-by[k]);
		pass(29500);
		ck_assert(!is_asked());
		pass(1000);
		ck_assert(is_asked());
		tear_down();
	}
}
END_TEST

LMT_MAIN("clock_jumps", a_step_back_delays_by_as_much_and_loses_nothing,
	 a_step_ahead_delivers_what_is_due_at_once_and_the_rest_early_by_the_step,
	 a_step_back_before_a_restart_delivers_nothing_twice, what_was_due_while_the_machine_slept_comes_when_it_wakes_in_order,
	 a_sleep_of_days_loses_nothing, jumps_and_restarts_at_random_lose_none_and_double_none,
	 a_jump_does_not_move_the_checks_of_a_transaction)
