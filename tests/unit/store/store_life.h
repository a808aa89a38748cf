/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random lives of a store on the simulated disk: work in random order, then a kill, a power cut, a clean stop or a failed
 * sync, then recovery; what must hold is checked, and with SYNC_FLUSH the history of it by the rules of history.h.
 */
#ifndef LIGHTMQ_TESTS_UNIT_STORE_STORE_LIFE_H
#define LIGHTMQ_TESTS_UNIT_STORE_STORE_LIFE_H

#include "tests/unit/store/store_rig.h"

#define LIVES 5
#define LIFE_QUEUES (RIG_QUEUES - 1) /* whose topics promise what the store promises */

static inline void life_append(struct rig *r, int queue, size_t n, uint32_t body_bytes, int32_t sysflag)
{
	int err = rig_append_n(r, queue, n, body_bytes, sysflag);
	/* -EIO: the sync that failed was that of a new segment, which is made anew. */
	RIG_CHECK(err == 0 || err == -EIO || (err == -LMQ_EREADONLY && store_readonly_cause(r->store)));
}

/** One random step of a running store. */
static inline void step(struct rig *r, struct lmi_rng *rng, bool equal_sizes)
{
	struct store_marks m;
	if (lmi_rng_below(rng, 60) == 0) { /* enough for a queue to be written without the checkpoint moving */
		for (int i = 0; i < 450; i++)
			life_append(r, 0, 1, equal_sizes ? 100 : 10, 0);
		return;
	}
	if (lmi_rng_below(rng, 1000) == 0) { /* a sync will fail; the one after it would say yes */
		disk_crash_fail(r->crash, DISK_CRASH_SYNC, 1 + lmi_rng_below(rng, 2), -EIO, false);
		r->sync_may_fail = true;
	}
	switch (lmi_rng_below(rng, 12)) {
	case 0: case 1: case 2: case 3: case 4:
		for (uint64_t n = lmi_rng_below(rng, 8); n--;) {
			int32_t sysflag = lmi_rng_below(rng, 20) ? 0 : LMI_SYSFLAG_PREPARED;
			size_t batch = lmi_rng_below(rng, 10) ? 1 : 1 + lmi_rng_below(rng, 8);
			uint32_t bytes = equal_sizes ? 100 : (uint32_t)lmi_rng_below(rng, lmi_rng_below(rng, 4) ? 120 : RIG_BODY_MAX);
			int queue = (int)lmi_rng_below(rng, equal_sizes ? 3 : RIG_QUEUES);
			life_append(r, queue, batch, bytes, sysflag);
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
static inline void check_visible(struct rig *r)
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

static inline void live(struct rig *r, struct lmi_rng *rng, uint64_t seed)
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

/** How the life ends; gives the log position below which nothing may be missing. */
static inline int64_t life_end(struct rig *r, struct lmi_rng *rng)
{
	struct store_marks m;
	store_marks(r->store, &m);
	/* A worker may have met a failed sync that the store has not heard of: what was written is then lost, killed or not. */
	bool failed = store_readonly_cause(r->store) || r->sync_may_fail;
	r->sync_may_fail = false;
	switch (lmi_rng_below(rng, 5)) {
	case 0: /* the process dies: what was written stays, and so does what its workers still do */
		rig_kill(r);
		return failed ? m.synced : m.written;
	case 1: {
		int err = rig_close(r);
		RIG_CHECK(err == 0 || failed);
		return err ? m.synced : m.appended;
	}
	default:
		rig_kill(r);
		disk_crash_power_cut(r->crash, lmi_rng_u64(rng));
		return m.synced;
	}
}

static inline void end_and_recover(struct rig *r, struct lmi_rng *rng, struct history *h, size_t first)
{
	int64_t kept = life_end(r, rng);
	disk_crash_fail(r->crash, DISK_CRASH_SYNC, 0, 0, false);
	rig_log_sends(r, h, first, kept, LIFE_QUEUES);
	rig_must_open(r);
	rig_check_recovered(r, kept);
	rig_log_round(r, h, LIFE_QUEUES);
}

static inline void second_recovery_changes_nothing(struct rig *r)
{
	uint64_t log = disk_crash_digest(r->crash, "commitlog"), queues = disk_crash_digest(r->crash, "consumequeue");
	rig_kill(r);
	rig_must_open(r);
	rig_check_all(r);
	ck_assert_uint_eq(disk_crash_digest(r->crash, "commitlog"), log);
	ck_assert_uint_eq(disk_crash_digest(r->crash, "consumequeue"), queues);
}

static inline void one_seed(uint64_t seed, enum store_flush flush)
{
	struct lmi_rng_seeded rng;
	struct history h = { 0 };
	struct history_verdict verdict;
	struct rig *r = rig_new(flush);
	lmi_rng_seeded_init(&rng, seed);
	for (int i = 0; i < LIVES; i++) {
		size_t first = r->count;
		live(r, &rng.rng, seed);
		if (!store_readonly_cause(r->store))
			check_visible(r);
		if (flush == STORE_SYNC_FLUSH)
			rig_log_round(r, &h, LIFE_QUEUES);
		r->cfg.executor = &lmi_executor_inline; /* the next segment is there before a digest is taken */
		end_and_recover(r, &rng.rng, &h, first);
		second_recovery_changes_nothing(r);
		rig_kill(r);
		RIG_CHECK(r->rebuilt == 0);
	}
	if (flush == STORE_SYNC_FLUSH) { /* else what was shown may go with the power */
		history_check(&h, &verdict);
		if (verdict.total)
			RIG_ABORT("%s", verdict.first);
	}
	history_done(&h);
	rig_free(r);
}

#endif
