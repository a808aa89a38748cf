/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: timers fire once they are due, in the order of their times and then of their setting, never when stopped.
 * Shown: by letting a stated clock pass, and by random settings against a sorted list.
 */
#include "base/rng.h"
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

struct tick {
	struct lmi_timer timer;
	int count, *order;
	int id, place;
	bool stop_self, free_self;
};

static int order;

static void on_tick(struct lmi_timer *t)
{
	struct tick *k = t->arg;

	k->count++;
	k->place = ++order;
	if (k->stop_self)
		lmi_timer_stop(t);
	if (k->free_self) {
		lmi_timer_stop(t);
		free(k);
	}
}

static void tick_init(struct tick *k)
{
	*k = (struct tick){ .timer = { .fn = on_tick, .arg = k } };
}

START_TEST(a_timer_fires_when_its_time_has_passed_and_not_before)
{
	struct stage st;
	struct tick k;

	stage_begin(&st);
	tick_init(&k);
	ck_assert_int_eq(lmi_timer_start(st.loop, &k.timer, 100, 0), 0);
	ck_assert_int_eq(lmi_loop_next_due_ms(st.loop), lmi_loop_now_ms(st.loop) + 100);
	lmi_loop_poll(st.loop);
	stage_pass(&st, 99);
	ck_assert_int_eq(k.count, 0);
	stage_pass(&st, 1);
	ck_assert_int_eq(k.count, 1);
	stage_pass(&st, 1000);
	ck_assert_int_eq(k.count, 1);
	ck_assert(lmi_loop_next_due_ms(st.loop) == INT64_MAX);
	lmi_timer_stop(&k.timer);
	stage_end(&st);
}
END_TEST

START_TEST(a_repeating_timer_goes_on_until_stopped_from_inside)
{
	struct stage st;
	struct tick k;

	stage_begin(&st);
	tick_init(&k);
	ck_assert_int_eq(lmi_timer_start(st.loop, &k.timer, 10, 30), 0);
	stage_pass(&st, 10);
	ck_assert_int_eq(k.count, 1);
	stage_pass(&st, 29);
	ck_assert_int_eq(k.count, 1);
	stage_pass(&st, 1);
	ck_assert_int_eq(k.count, 2);
	stage_pass(&st, 300); /* late ones are not made up for */
	ck_assert_int_eq(k.count, 3);
	k.stop_self = true;
	stage_pass(&st, 30);
	stage_pass(&st, 30);
	ck_assert_int_eq(k.count, 4);
	stage_end(&st);
}
END_TEST

START_TEST(a_timer_may_free_itself)
{
	struct stage st;
	struct tick *k = malloc(sizeof(*k));

	stage_begin(&st);
	tick_init(k);
	k->free_self = true;
	ck_assert_int_eq(lmi_timer_start(st.loop, &k->timer, 0, 5), 0);
	order = 0;
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(order, 1);
	stage_pass(&st, 50);
	ck_assert_int_eq(order, 1);
	stage_end(&st);
}
END_TEST

START_TEST(starting_again_moves_it)
{
	struct stage st;
	struct tick k;

	stage_begin(&st);
	tick_init(&k);
	ck_assert_int_eq(lmi_timer_start(st.loop, &k.timer, 10, 0), 0);
	ck_assert_int_eq(lmi_timer_start(st.loop, &k.timer, 50, 0), 0);
	stage_pass(&st, 49);
	ck_assert_int_eq(k.count, 0);
	ck_assert_int_eq(lmi_timer_start(st.loop, &k.timer, 5, 0), 0);
	stage_pass(&st, 5);
	ck_assert_int_eq(k.count, 1);
	lmi_timer_stop(&k.timer);
	stage_end(&st);
}
END_TEST

START_TEST(stopping_is_safe_on_a_zeroed_timer_and_twice)
{
	struct stage st;
	struct tick k;

	stage_begin(&st);
	tick_init(&k);
	lmi_timer_stop(&k.timer);
	ck_assert_int_eq(lmi_timer_start(st.loop, &k.timer, 1, 0), 0);
	lmi_timer_stop(&k.timer);
	lmi_timer_stop(&k.timer);
	stage_pass(&st, 10);
	ck_assert_int_eq(k.count, 0);
	stage_end(&st);
}
END_TEST

START_TEST(equal_times_fire_in_the_order_set)
{
	struct stage st;
	struct tick k[50];

	stage_begin(&st);
	order = 0;
	for (int i = 0; i < 50; i++) {
		tick_init(&k[i]);
		ck_assert_int_eq(lmi_timer_start(st.loop, &k[i].timer, 7, 0), 0);
	}
	stage_pass(&st, 7);
	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(k[i].place, i + 1);
		lmi_timer_stop(&k[i].timer);
	}
	stage_end(&st);
}
END_TEST

static void on_restart(struct lmi_timer *t)
{
	struct tick *k = t->arg;

	k->count++;
	ck_assert_int_eq(lmi_timer_start(t->loop, t, 0, 0), 0);
}

START_TEST(one_that_is_always_due_does_not_keep_a_poll_from_ending)
{
	struct stage st;
	struct tick k;

	stage_begin(&st);
	tick_init(&k);
	k.timer.fn = on_restart;
	ck_assert_int_eq(lmi_timer_start(st.loop, &k.timer, 0, 0), 0);
	lmi_loop_poll(st.loop);
	ck_assert_int_gt(k.count, 0);
	lmi_timer_stop(&k.timer);
	stage_end(&st);
}
END_TEST

struct random_node {
	struct lmi_timer_node node;
	int64_t due_ms;
	uint64_t set_at;
	bool set, fired;
};

static struct random_node *fired_last;

static void on_random(struct lmi_timer_node *n)
{
	struct random_node *r = (struct random_node *)n;

	ck_assert(r->set);
	if (fired_last)
		ck_assert(fired_last->due_ms < r->due_ms || (fired_last->due_ms == r->due_ms && fired_last->set_at < r->set_at));
	r->set = false;
	r->fired = true;
	fired_last = r;
}

START_TEST(random_settings_fire_in_order_and_exactly_those_that_are_due)
{
	enum { NODES = 500 };
	static struct random_node nodes[NODES];
	struct lmi_rng_seeded rng;
	struct stage st;
	uint64_t sets = 0;

	stage_begin(&st);
	lmi_rng_seeded_init(&rng, 42);
	for (int i = 0; i < NODES; i++)
		nodes[i].node.fn = on_random;
	for (int step = 0; step < 20000; step++) {
		struct random_node *r = &nodes[lmi_rng_below(&rng.rng, NODES)];
		uint64_t what = lmi_rng_below(&rng.rng, 10);

		if (what < 6) {
			r->due_ms = lmi_loop_now_ms(st.loop) + (int64_t)lmi_rng_below(&rng.rng, 200);
			r->set_at = ++sets;
			r->set = true;
			ck_assert_int_eq(lmi_timer_node_set(st.loop, &r->node, r->due_ms), 0);
		} else if (what < 8) {
			r->set = false;
			lmi_timer_node_clear(st.loop, &r->node);
		} else if (what == 9) {
			fired_last = NULL;
			lmi_clock_manual_pass(&st.clock, (int64_t)lmi_rng_below(&rng.rng, 10));
			lmi_timer_heap_run(st.loop, lmi_loop_now_ms(st.loop));
			for (int i = 0; i < NODES; i++)
				ck_assert(!nodes[i].set || nodes[i].due_ms > lmi_loop_now_ms(st.loop));
		}
	}
	stage_end(&st);
}
END_TEST

LMT_MAIN("timer", a_timer_fires_when_its_time_has_passed_and_not_before, a_repeating_timer_goes_on_until_stopped_from_inside,
	 a_timer_may_free_itself, starting_again_moves_it, stopping_is_safe_on_a_zeroed_timer_and_twice,
	 equal_times_fire_in_the_order_set, one_that_is_always_due_does_not_keep_a_poll_from_ending,
	 random_settings_fire_in_order_and_exactly_those_that_are_due)
