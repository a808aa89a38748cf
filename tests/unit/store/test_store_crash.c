/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever moment the power fails or the process dies, recovery gives every record acknowledged as synced, byte for
 * byte and in order, none that was never appended, queues that equal the log, and a second recovery changes nothing.
 * Shown: random lives on the simulated disk, many seeds; LIGHTMQ_BUDGET multiplies them.
 */
#include "tests/unit/store/store_rig.h"

#define SEEDS 200
#define LIVES 5

/** One random step of a running store. */
static void step(struct rig *r, struct lmi_rng *rng, bool equal_sizes)
{
	struct store_marks m;
	if (lmi_rng_below(rng, 60) == 0) { /* enough for a queue to be written without the checkpoint moving */
		for (int i = 0; i < 450; i++)
			RIG_CHECK(rig_append_n(r, 0, 1, equal_sizes ? 100 : 10, 0) == 0);
		return;
	}
	switch (lmi_rng_below(rng, 12)) {
	case 0: case 1: case 2: case 3: case 4:
		for (uint64_t n = lmi_rng_below(rng, 8); n--;) {
			int32_t sysflag = lmi_rng_below(rng, 20) ? 0 : LMI_SYSFLAG_PREPARED;
			size_t batch = lmi_rng_below(rng, 10) ? 1 : 1 + lmi_rng_below(rng, 8);
			uint32_t bytes = equal_sizes ? 100 : (uint32_t)lmi_rng_below(rng, lmi_rng_below(rng, 4) ? 120 : RIG_BODY_MAX);
			int queue = (int)lmi_rng_below(rng, equal_sizes ? 3 : RIG_QUEUES);
			RIG_CHECK(rig_append_n(r, queue, batch, bytes, sysflag) == 0);
		}
		break;
	case 5: case 6: case 7:
		store_turn_end(r->store);
		break;
	case 8:
		rig_pass(r, (int64_t)lmi_rng_below(rng, 3000));
		break;
	case 9:
		store_marks(r->store, &m);
		store_want_sync(r->store, m.appended);
		break;
	case 10:
		if (!rig_run_one(&r->later))
			rig_done_one(&r->later);
		break;
	default:
		if (lmi_rng_below(rng, 2))
			rig_run_all(&r->later);
		else
			rig_done_one(&r->later);
		break;
	}
}

/** Visible is no more than what the store's kind of flush promises. */
static void check_visible(struct rig *r)
{
	struct store_marks m;
	store_turn_end(r->store); /* what a turn has written is shown at its end */
	store_marks(r->store, &m);
	for (int q = 0; q < RIG_QUEUES; q++) {
		/* The last queue's topic promises what the store does not. */
		bool synced = (r->cfg.flush == STORE_SYNC_FLUSH) != (q == RIG_QUEUES - 1);
		int64_t bound = synced ? m.synced : m.written;
		int64_t visible = rig_check_queue(r, q), expected = 0;
		for (size_t i = 0; i < r->count; i++)
			if (r->messages[i].queue == q && r->messages[i].queued && r->messages[i].ticket.log_end <= bound)
				expected = r->messages[i].ticket.queue_pos + 1;
		RIG_CHECK(visible == expected);
	}
}

static void live(struct rig *r, struct lmi_rng *rng, uint64_t seed)
{
	r->cfg.executor = lmi_rng_below(rng, 4) ? &r->later.executor : &lmi_executor_inline;
	rig_must_open(r);
	RIG_CHECK(store_set_flush(r->store, lmi_span_str(rig_topic(RIG_QUEUES - 1)),
				  r->cfg.flush == STORE_SYNC_FLUSH ? STORE_ASYNC_FLUSH : STORE_SYNC_FLUSH) == 0);
	/* Of equal sizes, so that what was cut would fit exactly behind a shorter new tail if it came back to life. */
	bool equal_sizes = seed % 2;
	for (uint64_t n = lmi_rng_below(rng, lmi_rng_below(rng, 2) ? 250 : 15); n--;)
		step(r, rng, equal_sizes);
}

static void end_and_recover(struct rig *r, struct lmi_rng *rng)
{
	struct store_marks m;
	store_marks(r->store, &m);
	int64_t kept = m.synced;
	switch (lmi_rng_below(rng, 5)) {
	case 0: /* the process dies: what was written stays, and so does what its workers still do */
		kept = m.written;
		rig_kill(r);
		break;
	case 1:
		kept = m.appended;
		RIG_CHECK(rig_close(r) == 0);
		break;
	default:
		rig_kill(r);
		disk_crash_power_cut(r->crash, lmi_rng_u64(rng));
		break;
	}
	rig_must_open(r);
	rig_check_recovered(r, kept);
}

static void second_recovery_changes_nothing(struct rig *r)
{
	uint64_t log = disk_crash_digest(r->crash, "commitlog"), queues = disk_crash_digest(r->crash, "consumequeue");
	rig_kill(r);
	rig_must_open(r);
	rig_check_all(r);
	ck_assert_uint_eq(disk_crash_digest(r->crash, "commitlog"), log);
	ck_assert_uint_eq(disk_crash_digest(r->crash, "consumequeue"), queues);
}

static void one_seed(uint64_t seed, enum store_flush flush)
{
	struct lmi_rng_seeded rng;
	struct rig *r = rig_new(flush);
	lmi_rng_seeded_init(&rng, seed);
	for (int i = 0; i < LIVES; i++) {
		live(r, &rng.rng, seed);
		check_visible(r);
		r->cfg.executor = &lmi_executor_inline; /* the next segment is there before a digest is taken */
		end_and_recover(r, &rng.rng);
		second_recovery_changes_nothing(r);
		rig_kill(r);
		RIG_CHECK(r->readonly == 0 && r->rebuilt == 0);
	}
	rig_free(r);
}

static void many_seeds(enum store_flush flush)
{
	uint64_t first = rig_env("LIGHTMQ_SEED", 1), n = rig_env("LIGHTMQ_SEED", 0) ? 1 : SEEDS * rig_env("LIGHTMQ_BUDGET", 1);
	for (uint64_t seed = first; seed < first + n; seed++) {
		fprintf(stderr, "\r# seed %llu ", (unsigned long long)seed);
		one_seed(seed, flush);
	}
	fprintf(stderr, "\n");
}

START_TEST(nothing_synced_is_lost_with_sync_flush)
{
	many_seeds(STORE_SYNC_FLUSH);
}
END_TEST

START_TEST(nothing_synced_is_lost_with_async_flush)
{
	many_seeds(STORE_ASYNC_FLUSH);
}
END_TEST

LMT_MAIN("store_crash", nothing_synced_is_lost_with_sync_flush, nothing_synced_is_lost_with_async_flush)
