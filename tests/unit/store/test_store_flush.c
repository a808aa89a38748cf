/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a message is visible when it is as durable as its topic promises, whatever other topics promise, and one sync
 * serves everything that waits.
 * Shown: on the simulated disk with work that runs when the test says.
 */
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
	uint64_t syncs = disk_crash_count(r->crash, DISK_CRASH_SYNC);
	rig_append(r, TOPIC_B);
	store_turn_end(r->store);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_B), 1);
	rig_run_all(&r->later);
	ck_assert_uint_eq(disk_crash_count(r->crash, DISK_CRASH_SYNC), syncs); /* nobody asked for one */
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
	uint64_t syncs = disk_crash_count(r->crash, DISK_CRASH_SYNC);
	rig_run_all(&r->later);
	ck_assert_int_eq(rig_check_queue(r, TOPIC_A), 25);
	ck_assert_uint_le(disk_crash_count(r->crash, DISK_CRASH_SYNC) - syncs, 2);
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

LMT_MAIN("store_flush", a_topic_that_promises_more_is_shown_when_synced_and_others_at_once,
	 a_topic_that_promises_less_does_not_wait_for_those_that_promise_more,
	 a_promise_that_changes_shows_nothing_twice_and_hides_nothing_again,
	 one_sync_serves_everything_that_was_written_while_the_last_one_ran, a_deleted_topic_promises_nothing_any_more)
