/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: an error of any call to the disk, at any moment, acknowledges nothing that is not safe, breaks nothing, and is not
 * believed to have gone away: after a failed write or sync the store is read-only and *synced* stands still; a full disk
 * refuses appends and is waited out.
 * Shown: one workload on the simulated disk, repeated with the first, second, third … call of each kind failing, until
 * none is left to fail; then power is cut and what was synced must be there.
 */
#include "tests/unit/store/store_rig.h"

/* What the workload saw. */
struct seen {
	int64_t synced;       /* highest mark */
	bool opened;
	size_t refused;
};

static void note(struct rig *r, struct seen *seen)
{
	struct store_marks m;
	store_marks(r->store, &m);
	RIG_CHECK(m.synced >= seen->synced && m.synced <= m.written && m.written <= m.appended);
	seen->synced = m.synced;
}

static void turns(struct rig *r, struct seen *seen, int n)
{
	for (int t = 0; t < n; t++) {
		for (int i = 0; i < 6; i++) {
			int err = rig_append_n(r, (t + i) % RIG_QUEUES, 1, 300, 0);
			if (err) {
				RIG_CHECK(err == -LMQ_EREADONLY || err == -ENOSPC || err == -EIO);
				seen->refused++;
			}
		}
		bool was_readonly = store_readonly_cause(r->store);
		int64_t before = seen->synced;
		store_turn_end(r->store);
		rig_pass(r, 400);
		note(r, seen);
		RIG_CHECK(!was_readonly || seen->synced == before);
	}
}

static void workload(struct rig *r, struct seen *seen)
{
	*seen = (struct seen){ 0 };
	seen->opened = rig_open(r) == 0;
	RIG_CHECK(seen->opened || (r->why && *r->why));
	if (!seen->opened)
		return;
	turns(r, seen, 40);
	for (int q = 0; q < RIG_QUEUES; q++) {
		struct store_bounds b;
		store_queue_bounds(r->store, lmi_span_str(rig_topic(q)), rig_queue_id(q), &b);
	}
}

/** True when the store could be closed cleanly: then all is synced. */
static bool end(struct rig *r, struct seen *seen, bool close)
{
	if (!seen->opened)
		return false;
	struct store_marks m;
	store_marks(r->store, &m);
	if (!close) {
		rig_kill(r);
		return false;
	}
	if (rig_close(r) != 0)
		return false;
	seen->synced = m.appended;
	return true;
}

static void with_failure(enum disk_crash_call kind, uint64_t nth, int err, bool lasting, bool *out_hit)
{
	struct rig *r = rig_new(nth % 2 ? STORE_SYNC_FLUSH : STORE_ASYNC_FLUSH);
	struct seen seen;
	r->cfg.segment_bytes = 8192;
	disk_crash_fail(r->crash, kind, nth, err, lasting);
	workload(r, &seen);
	end(r, &seen, nth % 3 == 0);
	*out_hit = disk_crash_count(r->crash, kind) >= nth;
	disk_crash_fail(r->crash, kind, 0, 0, false);
	disk_crash_power_cut(r->crash, nth);
	r->readonly = 0;
	rig_must_open(r);
	rig_check_recovered(r, seen.synced);
	turns(r, &seen, 5);
	RIG_CHECK(r->readonly == 0);
	RIG_CHECK(rig_close(r) == 0);
	rig_must_open(r);
	rig_check_all(r);
	rig_free(r);
}

static void each_call(enum disk_crash_call kind, int err)
{
	for (int lasting = 0; lasting < 2; lasting++) {
		bool hit = true;
		uint64_t nth = 1;
		for (; hit; nth++)
			with_failure(kind, nth, err, lasting, &hit);
		ck_assert_uint_gt(nth, 2);
	}
}

#define EACH(name, kind, err)        \
	START_TEST(name)             \
	{                            \
		each_call(kind, err); \
	}                            \
	END_TEST

EACH(no_failing_open_loses_what_was_synced, DISK_CRASH_OPEN, -EIO)
EACH(no_failing_read_loses_what_was_synced, DISK_CRASH_READ, -EIO)
EACH(no_failing_write_loses_what_was_synced, DISK_CRASH_WRITE, -EIO)
EACH(no_failing_sync_loses_what_was_synced, DISK_CRASH_SYNC, -EIO)
EACH(no_failing_sync_of_a_folder_loses_what_was_synced, DISK_CRASH_SYNC_FOLDER, -EIO)
EACH(no_failing_sync_of_all_loses_what_was_synced, DISK_CRASH_SYNC_ALL, -EIO)
EACH(no_failing_allocation_loses_what_was_synced, DISK_CRASH_ALLOCATE, -EIO)
EACH(no_failing_resize_loses_what_was_synced, DISK_CRASH_SET_SIZE, -EIO)
EACH(no_failing_rename_loses_what_was_synced, DISK_CRASH_RENAME, -EIO)
EACH(no_failing_unlink_loses_what_was_synced, DISK_CRASH_UNLINK, -EIO)
EACH(no_failing_mkdir_loses_what_was_synced, DISK_CRASH_MKDIR, -EIO)
EACH(no_failing_stat_loses_what_was_synced, DISK_CRASH_STAT, -EIO)
EACH(no_full_disk_at_a_write_loses_what_was_synced, DISK_CRASH_WRITE, -ENOSPC)
EACH(no_full_disk_at_an_allocation_loses_what_was_synced, DISK_CRASH_ALLOCATE, -ENOSPC)
EACH(no_full_disk_at_a_resize_loses_what_was_synced, DISK_CRASH_SET_SIZE, -ENOSPC)
EACH(no_full_disk_at_an_open_loses_what_was_synced, DISK_CRASH_OPEN, -ENOSPC)

START_TEST(after_a_failed_sync_nothing_is_synced_although_the_next_one_succeeds)
{
	struct rig *r = rig_new(STORE_SYNC_FLUSH);
	struct store_marks before, after;
	rig_must_open(r);
	rig_turn(r, 0, 3);
	store_marks(r->store, &before);
	ck_assert_int_eq(before.synced, before.appended);
	disk_crash_fail(r->crash, DISK_CRASH_SYNC, 1, -EIO, false);
	rig_turn(r, 0, 3);
	ck_assert_ptr_nonnull(store_readonly_cause(r->store));
	ck_assert_uint_eq(r->readonly, 1);
	ck_assert_int_eq(rig_append(r, 0), -LMQ_EREADONLY);
	for (int i = 0; i < 20; i++) {
		store_turn_end(r->store);
		rig_pass(r, 1000);
	}
	store_marks(r->store, &after);
	ck_assert_int_eq(after.synced, before.synced);
	ck_assert_int_eq(rig_check_queue(r, 0), 3); /* reads go on, below what is safe */
	ck_assert_int_eq(rig_close(r), -LMQ_EREADONLY);
	rig_must_open(r);
	rig_check_recovered(r, before.synced);
	store_marks(r->store, &after);
	ck_assert_int_eq(after.synced, before.synced); /* the lost pages were dropped, not believed */
	rig_free(r);
}
END_TEST

START_TEST(a_full_disk_refuses_appends_until_there_is_room_again)
{
	struct rig *r = rig_new(STORE_SYNC_FLUSH);
	size_t refused = 0;
	rig_must_open(r);
	rig_turn(r, 0, 10);
	disk_crash_set_room(r->crash, 40000);
	for (int i = 0; i < 200; i++) {
		int err = rig_append_n(r, 0, 1, 500, 0);
		ck_assert(err == 0 || err == -ENOSPC);
		refused += err != 0;
		store_turn_end(r->store);
		rig_pass(r, 300);
	}
	ck_assert_uint_gt(refused, 50);
	ck_assert_uint_eq(r->readonly, 0);
	rig_check_all(r);
	disk_crash_set_room(r->crash, -1);
	rig_pass(r, 1100);
	rig_turn(r, 1, 200);
	rig_check_all(r);
	ck_assert_int_eq(rig_close(r), 0);
	rig_must_open(r);
	rig_check_all(r);
	rig_free(r);
}
END_TEST

START_TEST(a_full_disk_at_the_queue_files_is_waited_out)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	rig_must_open(r);
	rig_turn(r, 0, 30);
	disk_crash_fail(r->crash, DISK_CRASH_SET_SIZE, 1, -ENOSPC, true);
	for (int i = 0; i < 12; i++)
		rig_pass(r, 1000);
	ck_assert_uint_eq(r->readonly, 0);
	ck_assert_uint_eq(r->findings, 1);
	ck_assert_int_eq(rig_append(r, 0), -ENOSPC);
	rig_check_all(r);
	disk_crash_fail(r->crash, DISK_CRASH_SET_SIZE, 0, 0, false);
	rig_pass(r, 1100);
	rig_turn(r, 0, 30);
	rig_check_all(r);
	ck_assert_int_eq(rig_close(r), 0);
	rig_must_open(r);
	rig_check_all(r);
	rig_free(r);
}
END_TEST

/* A kind of call fails for a while: sends are refused with the cause, nothing is lost, and it goes on by itself. */
static void waits_out(enum store_flush flush, enum disk_crash_call kind, int err)
{
	struct rig *r = rig_new(flush);
	size_t refused = 0, before;
	rig_must_open(r);
	rig_turn(r, 0, 10);
	disk_crash_fail(r->crash, kind, 1, err, true);
	for (int i = 0; i < 200; i++) {
		int got = rig_append_n(r, i % RIG_QUEUES, 1, 500, 0);
		ck_assert(got == 0 || got == err);
		if (got && store_refusal(r->store))
			ck_assert_ptr_nonnull(strstr(store_refusal(r->store), lmi_strerror(err)));
		refused += got != 0;
		store_turn_end(r->store);
		rig_pass(r, 300);
	}
	ck_assert_uint_gt(refused, 100);
	ck_assert_ptr_null(store_readonly_cause(r->store));
	disk_crash_fail(r->crash, kind, 0, 0, false);
	for (int i = 0; i < 5; i++) {
		rig_pass(r, 1100);
		store_turn_end(r->store);
	}
	ck_assert_ptr_null(store_refusal(r->store));
	before = r->count;
	rig_turn(r, 1, 200);
	ck_assert_uint_eq(r->count, before + 200);
	rig_check_all(r);
	ck_assert_int_eq(rig_close(r), 0);
	rig_must_open(r);
	rig_check_all(r);
	rig_free(r);
}

START_TEST(what_passes_by_itself_is_waited_out_wherever_it_happens)
{
	static const int errors[] = { -ENOSPC, -EDQUOT, -EROFS, -EMFILE };
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		waits_out(STORE_ASYNC_FLUSH, DISK_CRASH_WRITE, errors[i]);
		waits_out(STORE_SYNC_FLUSH, DISK_CRASH_WRITE, errors[i]);
		waits_out(STORE_ASYNC_FLUSH, DISK_CRASH_OPEN, errors[i]);
		waits_out(STORE_ASYNC_FLUSH, DISK_CRASH_ALLOCATE, errors[i]);
	}
}
END_TEST

START_TEST(a_turn_that_the_disk_did_not_take_is_not_seen_until_it_does)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	struct store_marks m;
	rig_must_open(r);
	rig_turn(r, 0, 3);
	disk_crash_fail(r->crash, DISK_CRASH_WRITE, 1, -ENOSPC, true);
	rig_turn(r, 0, 3);
	store_marks(r->store, &m);
	ck_assert_int_lt(m.written, m.appended);
	ck_assert_int_eq(rig_append(r, 0), -ENOSPC);
	ck_assert_int_eq(rig_check_queue(r, 0), 3);
	ck_assert_int_eq(r->arrived[0], 3);
	rig_pass(r, 1000);
	store_turn_end(r->store);
	ck_assert_int_eq(r->arrived[0], 3);
	disk_crash_fail(r->crash, DISK_CRASH_WRITE, 0, 0, false);
	rig_pass(r, 1000);
	store_turn_end(r->store);
	ck_assert_int_eq(r->arrived[0], 6);
	rig_check_all(r);
	rig_free(r);
}
END_TEST

START_TEST(what_was_written_before_is_synced_while_a_turn_waits_for_the_disk)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	struct store_marks m;
	rig_must_open(r);
	rig_turn(r, 0, 3);
	disk_crash_fail(r->crash, DISK_CRASH_WRITE, 1, -ENOSPC, true);
	rig_turn(r, 0, 3);
	rig_pass(r, 600);
	store_marks(r->store, &m);
	ck_assert_int_eq(m.synced, m.written);
	disk_crash_fail(r->crash, DISK_CRASH_WRITE, 0, 0, false);
	int64_t synced = m.synced;
	rig_kill(r);
	disk_crash_power_cut(r->crash, 3);
	rig_must_open(r);
	rig_check_recovered(r, synced);
	ck_assert_uint_ge(r->count, 3);
	rig_free(r);
}
END_TEST

LMT_MAIN("store_faults", no_failing_open_loses_what_was_synced, no_failing_read_loses_what_was_synced,
	 no_failing_write_loses_what_was_synced, no_failing_sync_loses_what_was_synced,
	 no_failing_sync_of_a_folder_loses_what_was_synced, no_failing_sync_of_all_loses_what_was_synced,
	 no_failing_allocation_loses_what_was_synced, no_failing_resize_loses_what_was_synced,
	 no_failing_rename_loses_what_was_synced, no_failing_unlink_loses_what_was_synced,
	 no_failing_mkdir_loses_what_was_synced, no_failing_stat_loses_what_was_synced,
	 no_full_disk_at_a_write_loses_what_was_synced, no_full_disk_at_an_allocation_loses_what_was_synced,
	 no_full_disk_at_a_resize_loses_what_was_synced, no_full_disk_at_an_open_loses_what_was_synced,
	 after_a_failed_sync_nothing_is_synced_although_the_next_one_succeeds,
	 a_full_disk_refuses_appends_until_there_is_room_again, a_full_disk_at_the_queue_files_is_waited_out,
	 what_passes_by_itself_is_waited_out_wherever_it_happens, a_turn_that_the_disk_did_not_take_is_not_seen_until_it_does,
	 what_was_written_before_is_synced_while_a_turn_waits_for_the_disk)
