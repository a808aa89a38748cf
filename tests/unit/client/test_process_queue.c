/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the position to commit is always the smallest unfinished one, whatever the order in which messages finish, and
 * the queue is full by count, bytes or span.
 * Shown: by cases, and by a random walk against a plain table.
 */
#include "tests/support/lmt.h"

#include "base/error.h"
#include "base/rng.h"
#include "client/process_queue.h"

#define WALK 20000

static struct process_queue q;

START_TEST(an_empty_queue_commits_where_it_would_fetch)
{
	process_queue_init(&q, 7);
	ck_assert_int_eq(process_queue_commit_pos(&q), 7);
	process_queue_advance(&q, 12);
	ck_assert_int_eq(process_queue_commit_pos(&q), 12);
	process_queue_advance(&q, 3);
	ck_assert_int_eq(process_queue_commit_pos(&q), 12);
	process_queue_done(&q);
}
END_TEST

START_TEST(the_commit_waits_for_the_oldest)
{
	process_queue_init(&q, 0);
	for (int64_t pos = 0; pos < 5; pos++)
		ck_assert_int_eq(process_queue_add(&q, pos, 10), 0);
	ck_assert_int_eq(process_queue_finish(&q, 1), 0);
	ck_assert_int_eq(process_queue_finish(&q, 2), 0);
	ck_assert_int_eq(process_queue_commit_pos(&q), 0);
	ck_assert_int_eq(process_queue_finish(&q, 0), 0);
	ck_assert_int_eq(process_queue_commit_pos(&q), 3);
	ck_assert_uint_eq(q.bytes, 20);
	ck_assert_int_eq(process_queue_finish(&q, 4), 0);
	ck_assert_int_eq(process_queue_finish(&q, 3), 0);
	ck_assert_int_eq(process_queue_commit_pos(&q), 5);
	ck_assert_uint_eq(q.unfinished, 0);
	process_queue_done(&q);
}
END_TEST

START_TEST(a_position_that_comes_again_is_refused)
{
	process_queue_init(&q, 4);
	ck_assert_int_eq(process_queue_add(&q, 3, 1), -LMQ_EMALFORMED);
	ck_assert_int_eq(process_queue_add(&q, 4, 1), 0);
	ck_assert_int_eq(process_queue_add(&q, 4, 1), -LMQ_EMALFORMED);
	ck_assert_int_eq(process_queue_add(&q, INT64_MAX, 1), -LMQ_EMALFORMED);
	ck_assert_int_eq(q.next_pos, 5);
	process_queue_done(&q);
}
END_TEST

START_TEST(only_what_is_unfinished_can_finish)
{
	process_queue_init(&q, 0);
	ck_assert_int_eq(process_queue_finish(&q, 0), -LMQ_ENOTFOUND);
	ck_assert_int_eq(process_queue_add(&q, 0, 1), 0);
	ck_assert_int_eq(process_queue_add(&q, 5, 1), 0);
	ck_assert_int_eq(process_queue_finish(&q, 3), -LMQ_ENOTFOUND);
	ck_assert_int_eq(process_queue_finish(&q, 5), 0);
	ck_assert_int_eq(process_queue_finish(&q, 5), -LMQ_ENOTFOUND);
	ck_assert_int_eq(process_queue_commit_pos(&q), 0);
	process_queue_done(&q);
}
END_TEST

START_TEST(count_bytes_and_span_each_fill_it)
{
	struct process_limits limits = { 3, 1000, 10 };

	process_queue_init(&q, 0);
	ck_assert(!process_queue_full(&q, &limits));
	for (int64_t pos = 0; pos < 3; pos++)
		ck_assert_int_eq(process_queue_add(&q, pos, 1), 0);
	ck_assert(process_queue_full(&q, &limits));
	ck_assert_int_eq(process_queue_finish(&q, 2), 0);
	ck_assert(!process_queue_full(&q, &limits));
	ck_assert_int_eq(process_queue_add(&q, 3, 998), 0);
	ck_assert_uint_eq(q.bytes, 1000);
	ck_assert(process_queue_full(&q, &limits));
	ck_assert_int_eq(process_queue_finish(&q, 3), 0);
	ck_assert(!process_queue_full(&q, &limits));
	process_queue_advance(&q, 10);
	ck_assert(!process_queue_full(&q, &limits));
	process_queue_advance(&q, 11);
	ck_assert(process_queue_full(&q, &limits));
	ck_assert_int_eq(process_queue_finish(&q, 0), 0);
	ck_assert(!process_queue_full(&q, &limits));
	process_queue_done(&q);
}
END_TEST

START_TEST(a_random_walk_agrees_with_a_plain_table)
{
	static bool open[WALK * 4];
	struct lmi_rng_seeded rng;
	int64_t next = 0, unfinished = 0;

	lmi_rng_seeded_init(&rng, 11);
	process_queue_init(&q, 0);
	for (int i = 0; i < WALK; i++) {
		int64_t oldest;

		if (lmi_rng_below(&rng.rng, 2) || unfinished == 0) {
			next += (int64_t)lmi_rng_below(&rng.rng, 3);
			ck_assert_int_eq(process_queue_add(&q, next, 1), 0);
			open[next++] = true;
			unfinished++;
		} else {
			int64_t pos = (int64_t)lmi_rng_below(&rng.rng, (uint64_t)next);

			ck_assert_int_eq(process_queue_finish(&q, pos), open[pos] ? 0 : -LMQ_ENOTFOUND);
			unfinished -= open[pos];
			open[pos] = false;
		}
		for (oldest = 0; oldest < next && !open[oldest]; oldest++)
			;
		ck_assert_int_eq(process_queue_commit_pos(&q), oldest);
		ck_assert_uint_eq(q.unfinished, (uint64_t)unfinished);
		ck_assert_uint_eq(q.bytes, (uint64_t)unfinished);
	}
	process_queue_done(&q);
}
END_TEST

LMT_MAIN("process_queue", an_empty_queue_commits_where_it_would_fetch, the_commit_waits_for_the_oldest,
	 a_position_that_comes_again_is_refused, only_what_is_unfinished_can_finish, count_bytes_and_span_each_fill_it,
	 a_random_walk_agrees_with_a_plain_table)
