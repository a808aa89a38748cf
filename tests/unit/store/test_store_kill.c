/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a process that is killed at any call to the disk, in a life with rolls, queue files, checkpoints, a deleted topic
 * and a clean stop, and killed again in recovery, loses nothing that was written.
 * Shown: one workload on the simulated disk, repeated with the process dying at the first, second, third … call until it
 * lives to its end; after each death recovery is killed at a few of its own calls before one may finish.
 */
#include "tests/unit/store/store_rig.h"

#define RECOVERY_KILLS 3

/* What may not be missing, as the process knew it when it died. */
static int64_t kept;

static void note(struct rig *r)
{
	struct store_marks m;
	store_marks(r->store, &m);
	kept = m.written;
}

/** Messages with time passing; false when the process is dead. */
static bool turns(struct rig *r, int n)
{
	for (int t = 0; t < n; t++) {
		for (int i = 0; i < 4; i++)
			if (rig_append_n(r, (t + i) % RIG_QUEUES, 1, 200, 0) != 0)
				break;
		store_turn_end(r->store);
		note(r);
		rig_pass(r, 700);
		if (disk_crash_is_dead(r->crash))
			return false;
	}
	return true;
}

/** Two runs with a clean stop between them. */
static bool workload(struct rig *r)
{
	kept = 0;
	if (rig_open(r) != 0 || !turns(r, 25))
		return false;
	if (rig_close(r) != 0 || disk_crash_is_dead(r->crash))
		return false;
	if (rig_open(r) != 0 || !turns(r, 10))
		return false;
	(void)store_delete_topic(r->store, LMI_SPAN_LIT("unknown"));
	return !disk_crash_is_dead(r->crash);
}

static void die(struct rig *r)
{
	if (r->store)
		rig_kill(r);
	disk_crash_die(r->crash, 0);
}

/** Killed at a few of its calls, recovery still ends well. */
static void recover(struct rig *r, uint64_t nth)
{
	for (uint64_t i = 0; i < RECOVERY_KILLS; i++) {
		disk_crash_die(r->crash, 1 + (nth * 7 + i * 13) % 40);
		if (rig_open(r) == 0 && !disk_crash_is_dead(r->crash))
			i = RECOVERY_KILLS; /* it was done before */
		die(r);
	}
	r->readonly = 0;
	rig_must_open(r);
}

START_TEST(a_kill_at_any_call_loses_nothing_that_was_written)
{
	bool alive = false;
	uint64_t nth = 1;
	for (; !alive; nth++) {
		struct rig *r = rig_new(nth % 2 ? STORE_SYNC_FLUSH : STORE_ASYNC_FLUSH);
		r->cfg.segment_bytes = 8192;
		disk_crash_die(r->crash, nth);
		alive = workload(r);
		die(r);
		recover(r, nth);
		rig_check_recovered(r, kept);
		ck_assert_uint_eq(r->rebuilt, 0);
		RIG_CHECK(turns(r, 2));
		ck_assert_int_eq(rig_close(r), 0);
		rig_must_open(r);
		rig_check_all(r);
		rig_free(r);
	}
	ck_assert_uint_gt(nth, 300);
	fprintf(stderr, "# killed at each of %llu calls\n", (unsigned long long)nth - 2);
}
END_TEST

LMT_MAIN("store_kill", a_kill_at_any_call_loses_nothing_that_was_written)
