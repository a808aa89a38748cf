/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: jobs start in the order submitted, end on the loop's thread, and none is lost when the executor is freed.
 * Shown: by counting and by thread identities; under the thread sanitizer also by its silence.
 */
#include <pthread.h>

#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

enum { JOBS = 2000 };

struct work {
	struct lmi_job job; /* first */
	int id;
	pthread_t ran_on;
};

static struct lmi_loop *loop;
static struct lmi_executor *executor;
static struct work works[JOBS];
static pthread_t loop_thread;
static int started, done_count, expected_next;

static void run(struct lmi_job *j)
{
	struct work *w = (struct work *)j;

	w->ran_on = pthread_self();
	__atomic_add_fetch(&started, 1, __ATOMIC_RELAXED);
}

static void done(struct lmi_job *j)
{
	struct work *w = (struct work *)j;

	ck_assert(pthread_equal(pthread_self(), loop_thread));
	ck_assert(!pthread_equal(w->ran_on, loop_thread));
	if (++done_count == JOBS)
		lmi_loop_stop(loop);
}

static void done_in_order(struct lmi_job *j)
{
	ck_assert_int_eq(((struct work *)j)->id, expected_next++);
	done(j);
}

static void begin(unsigned int threads, void (*done_fn)(struct lmi_job *j))
{
	loop = lmi_loop_new();
	loop_thread = pthread_self();
	executor = lmi_executor_threads_new(loop, threads);
	ck_assert_ptr_nonnull(executor);
	for (int i = 0; i < JOBS; i++) {
		works[i] = (struct work){ .job = { .run = run, .done = done_fn }, .id = i };
		lmi_executor_submit(executor, &works[i].job);
	}
}

static void end(void)
{
	lmi_executor_threads_free(executor);
	lmi_loop_free(loop);
}

START_TEST(one_worker_keeps_the_order)
{
	begin(1, done_in_order);
	lmi_loop_run(loop);
	end();
}
END_TEST

START_TEST(several_workers_finish_everything_on_the_loop)
{
	begin(4, done);
	lmi_loop_run(loop);
	ck_assert_int_eq(started, JOBS);
	end();
}
END_TEST

START_TEST(freeing_runs_what_is_queued_and_delivers_it)
{
	begin(2, done);
	end();
	ck_assert_int_eq(done_count, JOBS);
}
END_TEST

static struct work second;

static void done_submits_another(struct lmi_job *j)
{
	(void)j;
	done_count++;
	lmi_executor_submit(executor, &second.job);
}

static void done_second(struct lmi_job *j)
{
	(void)j;
	done_count += 100;
}

START_TEST(what_a_done_submits_while_freeing_is_run_too)
{
	loop = lmi_loop_new();
	executor = lmi_executor_threads_new(loop, 0); /* at least one */
	second = (struct work){ .job = { .run = run, .done = done_second } };
	works[0] = (struct work){ .job = { .run = run, .done = done_submits_another } };
	lmi_executor_submit(executor, &works[0].job);
	end();
	ck_assert_int_eq(done_count, 101);
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
	lmi_executor_threads_free(NULL);
	loop = lmi_loop_new();
	executor = lmi_executor_threads_new(loop, 3);
	end();
}
END_TEST

LMT_MAIN("executor_threads", one_worker_keeps_the_order, several_workers_finish_everything_on_the_loop,
	 freeing_runs_what_is_queued_and_delivers_it, what_a_done_submits_while_freeing_is_run_too, freeing_nothing_is_allowed)
