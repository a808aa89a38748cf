/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a message is visible when it is as durable as its topic promises, whatever other topics promise, one sync
 * serves everything that waits, and what is written ahead of the log's tail never harms it.
 * Shown: on the simulated disk with work that runs when the test says.
 */
#include <errno.h>

#include "tests/unit/store/store_rig.h"

#define TOPIC_A 0 /* queues of the rig */
#define TOPIC_B 4

static struct rig *open_lazy(enum store_flush flush)
{
	struct rig *r = rig_new(flush);
	r->cfg.executor = &r->later.executor;
	rig_must_open(r);
	rig_run_all(&r->later);
	return r;
}

static int64_t syncs(struct rig *r)
{
	struct store_marks m;
	store_marks(r->store, &m);
	return m.syncs;
}

static void end(struct rig *r)
{
	rig_run_all(&r->later);
	rig_check_all(r);
	ck_assert_int_eq(rig_close(r), 0);
	rig_free(r);
}

START_TEST(a_topic_that_promises_more_is_shown_when_synced_and_others_at_once)
{
	struct rig *r = open_lazy(STORE_ASYNC_FLUSH);
	ck_assert_int_eq(store_set_flush(r->store, LMI_SPAN_LIT("B"), STORE_SYNC_FLUSH), 0);
	rig_append(r, TOPIC_B);
	rig_append(r, TOPIC_A);
	rig_append(r, TOPIC_B);
	store_turn_end(r->store);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_A), 1);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_B), 0);
	ck_assert_uint_eq(r->arrivals, 1);
	rig_run_all(&r->later); /* the sync was asked for by what waits */
	ck_assert_int_eq(rig_check_queue(r, TOPIC_B), 2);
	ck_assert_uint_eq(r->arrivals, 3);
	end(r);
}
END_TEST

START_TEST(a_topic_that_promises_less_does_not_wait_for_those_that_promise_more)
{
	struct rig *r = open_lazy(STORE_SYNC_FLUSH);
	ck_assert_int_eq(store_set_flush(r->store, LMI_SPAN_LIT("B"), STORE_ASYNC_FLUSH), 0);
	uint64_t before = disk_crash_count(r->crash, DISK_CRASH_SYNC);
	rig_append(r, TOPIC_B);
	store_turn_end(r->store);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_B), 1);
	rig_run_all(&r->later);
	ck_assert_uint_eq(disk_crash_count(r->crash, DISK_CRASH_SYNC), before); /* nobody asked for one */
	rig_append(r, TOPIC_A);
	rig_append(r, TOPIC_B);
	store_turn_end(r->store);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_A), 0);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_B), 2);
	end(r);
}
END_TEST

START_TEST(a_promise_that_changes_shows_nothing_twice_and_hides_nothing_again)
{
	struct rig *r = open_lazy(STORE_ASYNC_FLUSH);
	rig_append(r, TOPIC_B);
	store_turn_end(r->store);
	ck_assert_int_eq(store_set_flush(r->store, LMI_SPAN_LIT("B"), STORE_SYNC_FLUSH), 0);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_B), 1);
	rig_append(r, TOPIC_B);
	store_turn_end(r->store);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_B), 1);
	ck_assert_int_eq(store_set_flush(r->store, LMI_SPAN_LIT("B"), STORE_FLUSH_AS_CONFIGURED), 0);
	rig_append(r, TOPIC_B);
	store_turn_end(r->store);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_B), 3); /* the rig refuses an arrival that does not grow */
	end(r);
}
END_TEST

START_TEST(one_sync_serves_everything_that_was_written_while_the_last_one_ran)
{
	struct rig *r = open_lazy(STORE_SYNC_FLUSH);
	rig_turn(r, TOPIC_A, 1);
	for (int i = 0; i < 8; i++)
		rig_turn(r, TOPIC_A, 3); /* the first sync has not even begun */
	int64_t before = syncs(r);
	rig_run_all(&r->later);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_A), 25);
	ck_assert_int_eq(syncs(r) - before, 1);
	end(r);
}
END_TEST

START_TEST(a_deleted_topic_promises_nothing_any_more)
{
	struct rig *r = open_lazy(STORE_ASYNC_FLUSH);
	ck_assert_int_eq(store_set_flush(r->store, LMI_SPAN_LIT("B"), STORE_SYNC_FLUSH), 0);
	ck_assert_int_eq(store_delete_topic(r->store, LMI_SPAN_LIT("B")), 0);
	rig_append(r, TOPIC_B);
	store_turn_end(r->store);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_B), 1);
	ck_assert_int_eq(store_set_flush(r->store, LMI_SPAN_LIT(".."), STORE_SYNC_FLUSH), -LMQ_EILLEGAL);
	end(r);
}
END_TEST

/* ---- many who wait ---- */

/** A sync of 8 records is over; @more were written meanwhile. */
static struct rig *open_with_group(size_t more)
{
	struct rig *r = open_lazy(STORE_SYNC_FLUSH);
	rig_turn(r, TOPIC_A, 8);
	RIG_CHECK(rig_run_one(&r->later));
	rig_turn(r, TOPIC_A, more);
	ck_assert_int_eq(syncs(r), 1);
	RIG_CHECK(rig_done_one(&r->later));
	return r;
}

START_TEST(a_sync_waits_a_moment_until_half_of_those_who_take_turns_are_there)
{
	struct rig *r = open_with_group(2);
	ck_assert_int_eq(syncs(r), 1);
	ck_assert_int_eq(store_next_ms(r->store), 1);
	rig_turn(r, TOPIC_A, 2);
	ck_assert_int_eq(syncs(r), 1);
	rig_turn(r, TOPIC_A, 1);
	ck_assert_int_eq(syncs(r), 2);
	ck_assert_int_eq(store_next_ms(r->store), -1);
	end(r);
}
END_TEST

START_TEST(the_moment_passes_whoever_stays_away)
{
	struct rig *r = open_with_group(2);
	store_turn_end(r->store);
	ck_assert_int_eq(syncs(r), 1);
	lmi_clock_manual_pass(&r->clock, 1);
	store_turn_end(r->store);
	ck_assert_int_eq(syncs(r), 2);
	ck_assert_int_eq(store_next_ms(r->store), -1);
	end(r);
}
END_TEST

START_TEST(a_sync_that_nobody_waited_behind_makes_nobody_wait)
{
	struct rig *r = open_with_group(0);
	rig_turn(r, TOPIC_A, 1);
	ck_assert_int_eq(syncs(r), 2);
	ck_assert_int_eq(store_next_ms(r->store), -1);
	end(r);
}
END_TEST

/* ---- zeros ahead of the tail ---- */

START_TEST(blocks_ahead_are_written_only_while_somebody_waits_for_syncs)
{
	struct rig *r = open_lazy(STORE_ASYNC_FLUSH);
	uint64_t before = disk_crash_count(r->crash, DISK_CRASH_WRITE);
	rig_turn(r, TOPIC_A, 1);
	rig_pass(r, 500);
	rig_run_all(&r->later);
	ck_assert_int_eq(syncs(r), 1);
	ck_assert_uint_eq(disk_crash_count(r->crash, DISK_CRASH_WRITE) - before, 2); /* the record, the mark */
	end(r);
	r = open_lazy(STORE_SYNC_FLUSH);
	before = disk_crash_count(r->crash, DISK_CRASH_WRITE);
	rig_turn(r, TOPIC_A, 1);
	rig_run_all(&r->later);
	ck_assert_int_eq(syncs(r), 1);
	ck_assert_uint_gt(disk_crash_count(r->crash, DISK_CRASH_WRITE) - before, 2);
	end(r);
}
END_TEST

/** The first sync is over, and zeros are to be written from 4096 on by a worker that has not begun. */
static struct rig *open_with_zeros_due(void)
{
	struct rig *r = open_lazy(STORE_SYNC_FLUSH);
	rig_turn(r, TOPIC_A, 1);
	RIG_CHECK(rig_run_one(&r->later) && rig_done_one(&r->later));
	return r;
}

START_TEST(zeros_never_reach_what_the_tail_has_written)
{
	struct rig *r = open_with_zeros_due();
	while (r->messages[r->count - 1].ticket.log_end < 4096 + 2048)
		rig_turn(r, TOPIC_A, 1);
	end(r); /* reads everything */
}
END_TEST

START_TEST(zeros_that_cannot_be_written_cost_nothing)
{
	struct rig *r = open_with_zeros_due();
	uint64_t writes = disk_crash_count(r->crash, DISK_CRASH_WRITE);
	disk_crash_fail(r->crash, DISK_CRASH_WRITE, 1, -EIO, false);
	RIG_CHECK(rig_run_one(&r->later) && rig_done_one(&r->later));
	ck_assert_uint_eq(disk_crash_count(r->crash, DISK_CRASH_WRITE) - writes, 1); /* it was theirs that failed */
	ck_assert_ptr_null(store_readonly_cause(r->store));
	rig_turn(r, TOPIC_A, 1);
	end(r);
}
END_TEST

LMT_MAIN("store_flush", a_topic_that_promises_more_is_shown_when_synced_and_others_at_once,
	 a_topic_that_promises_less_does_not_wait_for_those_that_promise_more,
	 a_promise_that_changes_shows_nothing_twice_and_hides_nothing_again,
	 one_sync_serves_everything_that_was_written_while_the_last_one_ran, a_deleted_topic_promises_nothing_any_more,
	 a_sync_waits_a_moment_until_half_of_those_who_take_turns_are_there, the_moment_passes_whoever_stays_away,
	 a_sync_that_nobody_waited_behind_makes_nobody_wait, blocks_ahead_are_written_only_while_somebody_waits_for_syncs,
	 zeros_never_reach_what_the_tail_has_written, zeros_that_cannot_be_written_cost_nothing)
