/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: the order of a turn, and that nothing that follows from a turn waits for the next event.
 * Shown: by what ran when; a loop that waited wrongly would hang, and a hang is a failed test.
 */
#include <pthread.h>
#include <signal.h>

#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

static char trace[64];

static void note(char c)
{
	size_t n = strlen(trace);

	ck_assert_uint_lt(n + 1, sizeof(trace));
	trace[n] = c;
}

static void note_a(void *arg) { (void)arg; note('a'); }
static void note_b(void *arg) { (void)arg; note('b'); }
static void note_p(void *arg) { (void)arg; note('p'); }

static void stop(void *arg)
{
	lmi_loop_stop(arg);
}

START_TEST(turn_end_callbacks_run_in_the_order_added_after_what_was_posted)
{
	struct stage st;

	stage_begin(&st);
	ck_assert_int_eq(lmi_loop_on_turn_end(st.loop, note_a, NULL), 0);
	ck_assert_int_eq(lmi_loop_on_turn_end(st.loop, note_b, NULL), 0);
	lmi_loop_poll(st.loop);
	memset(trace, 0, sizeof(trace));
	ck_assert_int_eq(lmi_loop_post(st.loop, note_p, NULL), 0);
	lmi_loop_poll(st.loop);
	ck_assert_ptr_nonnull(strstr(trace, "pab"));
	stage_end(&st);
}
END_TEST

static int more_left;

static void ask_for_more(void *arg)
{
	note('m');
	if (more_left-- > 0)
		lmi_loop_more(arg);
}

START_TEST(more_runs_the_turn_end_callbacks_again_before_waiting)
{
	struct lmi_loop *l = lmi_loop_new();

	ck_assert_ptr_nonnull(l);
	more_left = 3;
	lmi_loop_on_turn_end(l, note_a, NULL);
	lmi_loop_on_turn_end(l, ask_for_more, l);
	lmi_loop_poll(l);
	ck_assert_ptr_eq(strstr(trace, "amamamam"), trace);
	lmi_loop_free(l);
}
END_TEST

static void post_stop(void *arg)
{
	if (more_left-- == 0)
		ck_assert_int_eq(lmi_loop_post(arg, stop, arg), 0);
}

START_TEST(what_a_turn_end_callback_posts_does_not_wait_for_an_event)
{
	struct lmi_loop *l = lmi_loop_new();

	more_left = 0;
	lmi_loop_on_turn_end(l, post_stop, l);
	lmi_loop_run(l);
	lmi_loop_free(l);
}
END_TEST

static struct lmi_loop *the_loop;
static int chain;

static void post_again(void *arg)
{
	chain++;
	if (chain < 1000)
		ck_assert_int_eq(lmi_loop_post(the_loop, post_again, arg), 0);
	else
		lmi_loop_stop(the_loop);
}

START_TEST(what_is_posted_by_what_was_posted_runs_too)
{
	the_loop = lmi_loop_new();
	chain = 0;
	ck_assert_int_eq(lmi_loop_post(the_loop, post_again, NULL), 0);
	lmi_loop_run(the_loop);
	ck_assert_int_eq(chain, 1000);
	lmi_loop_free(the_loop);
}
END_TEST

enum { POSTERS = 4, POSTS = 5000 };

static int last_of[POSTERS], got;

static void check_order(void *arg)
{
	int v = (int)(intptr_t)arg;

	ck_assert_int_eq(v % POSTS, last_of[v / POSTS]++);
	if (++got == POSTERS * POSTS)
		lmi_loop_stop(the_loop);
}

static void *poster(void *arg)
{
	int who = (int)(intptr_t)arg;

	for (int i = 0; i < POSTS; i++)
		if (lmi_loop_post(the_loop, check_order, (void *)(intptr_t)(who * POSTS + i)) < 0)
			abort();
	return NULL;
}

START_TEST(posts_from_threads_all_arrive_each_thread_in_order)
{
	pthread_t t[POSTERS];

	the_loop = lmi_loop_new();
	for (int i = 0; i < POSTERS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, poster, (void *)(intptr_t)i), 0);
	lmi_loop_run(the_loop);
	for (int i = 0; i < POSTERS; i++)
		pthread_join(t[i], NULL);
	ck_assert_int_eq(got, POSTERS * POSTS);
	lmi_loop_free(the_loop);
}
END_TEST

static int items_run;

static void on_item(struct lmi_post *p)
{
	(void)p;
	items_run++;
}

START_TEST(an_item_is_posted_once_and_can_be_taken_back)
{
	struct stage st;
	struct lmi_post a = { .fn = on_item }, b = { .fn = on_item };

	stage_begin(&st);
	lmi_loop_post_item(st.loop, &a);
	lmi_loop_post_item(st.loop, &a);
	lmi_loop_post_item(st.loop, &b);
	ck_assert(lmi_loop_unpost_item(st.loop, &b));
	ck_assert(!lmi_loop_unpost_item(st.loop, &b));
	lmi_loop_post_item(st.loop, &b);
	ck_assert(lmi_loop_unpost_item(st.loop, &b));
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(items_run, 1);
	lmi_loop_post_item(st.loop, &a);
	lmi_loop_post_item(st.loop, &b);
	ck_assert(lmi_loop_unpost_item(st.loop, &a));
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(items_run, 2);
	stage_end(&st);
}
END_TEST

START_TEST(a_freed_loop_forgets_what_was_posted)
{
	struct lmi_loop *l = lmi_loop_new();

	ck_assert_int_eq(lmi_loop_post(l, note_p, NULL), 0);
	lmi_loop_free(l);
	ck_assert_str_eq(trace, "");
	lmi_loop_free(NULL);
}
END_TEST

START_TEST(a_stop_before_the_run_ends_it_at_once_and_only_once)
{
	struct lmi_loop *l = lmi_loop_new();

	lmi_loop_stop(l);
	lmi_loop_run(l);
	ck_assert_int_eq(lmi_loop_post(l, stop, l), 0);
	lmi_loop_run(l);
	lmi_loop_free(l);
}
END_TEST

START_TEST(the_turn_of_the_stop_is_finished)
{
	struct lmi_loop *l = lmi_loop_new();

	lmi_loop_poll(l);
	ck_assert_int_eq(lmi_loop_post(l, stop, l), 0);
	ck_assert_int_eq(lmi_loop_on_turn_end(l, note_a, NULL), 0);
	lmi_loop_run(l);
	ck_assert_int_eq(trace[strlen(trace) - 1], 'a');
	lmi_loop_free(l);
}
END_TEST

static void on_usr1(int signum, void *arg)
{
	ck_assert_int_eq(signum, SIGUSR1);
	note('s');
	lmi_loop_stop(arg);
}

START_TEST(a_signal_is_delivered_on_the_loop)
{
	struct lmi_loop *l = lmi_loop_new();

	ck_assert_int_eq(lmi_loop_on_signal(l, SIGUSR1, on_usr1, l), 0);
	raise(SIGUSR1);
	lmi_loop_run(l);
	ck_assert_str_eq(trace, "s");
	lmi_loop_free(l);
}
END_TEST

static void on_timer_stop(struct lmi_timer *t)
{
	lmi_loop_stop(t->arg);
}

START_TEST(a_timer_wakes_a_waiting_loop)
{
	struct lmi_loop *l = lmi_loop_new();
	struct lmi_timer t = { .fn = on_timer_stop, .arg = l }, never = { .fn = on_timer_stop, .arg = NULL };
	int64_t before_ms = lmi_loop_now_ms(l);

	ck_assert_int_eq(lmi_timer_start(l, &never, 3600000, 0), 0);
	ck_assert_int_eq(lmi_timer_start(l, &t, 20, 0), 0);
	lmi_loop_run(l);
	ck_assert_int_ge(lmi_loop_now_ms(l), before_ms + 20);
	lmi_timer_stop(&t);
	lmi_timer_stop(&never);
	lmi_loop_free(l);
}
END_TEST

static int soon_runs;

static void on_soon(struct lmi_soon *s)
{
	(void)s;
	soon_runs++;
	note('s');
}

START_TEST(soon_runs_once_before_the_turn_end_callbacks)
{
	struct stage st;
	struct lmi_soon s, cancelled;

	stage_begin(&st);
	lmi_soon_init(&s, on_soon);
	lmi_soon_init(&cancelled, on_soon);
	lmi_loop_on_turn_end(st.loop, note_a, NULL);
	lmi_loop_soon(st.loop, &s);
	lmi_loop_soon(st.loop, &s);
	lmi_loop_soon(st.loop, &cancelled);
	lmi_soon_cancel(&cancelled);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(soon_runs, 1);
	ck_assert_ptr_eq(strstr(trace, "sa"), trace);
	stage_end(&st);
}
END_TEST

static int64_t first_ms, second_ms;

static void look_twice(void *arg)
{
	struct stage *st = arg;

	first_ms = lmi_loop_now_ms(st->loop);
	lmi_clock_manual_pass(&st->clock, 500);
	second_ms = lmi_loop_now_ms(st->loop);
}

START_TEST(now_stands_still_during_a_turn)
{
	struct stage st;

	stage_begin(&st);
	ck_assert_int_eq(lmi_loop_post(st.loop, look_twice, &st), 0);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(first_ms, second_ms);
	ck_assert_int_eq(lmi_loop_now_ms(st.loop), first_ms + 500);
	stage_end(&st);
}
END_TEST

LMT_MAIN("loop", turn_end_callbacks_run_in_the_order_added_after_what_was_posted, more_runs_the_turn_end_callbacks_again_before_waiting,
	 what_a_turn_end_callback_posts_does_not_wait_for_an_event, what_is_posted_by_what_was_posted_runs_too,
	 posts_from_threads_all_arrive_each_thread_in_order, an_item_is_posted_once_and_can_be_taken_back,
	 a_freed_loop_forgets_what_was_posted, a_stop_before_the_run_ends_it_at_once_and_only_once, the_turn_of_the_stop_is_finished,
	 a_signal_is_delivered_on_the_loop, a_timer_wakes_a_waiting_loop, soon_runs_once_before_the_turn_end_callbacks,
	 now_stands_still_during_a_turn)
