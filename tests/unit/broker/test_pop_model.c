/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever happens in whatever order, each message popped is in flight until it is acknowledged or due, the lowest
 * that is open is what the offset table is told, and the journal brings all of it back after a kill; after a power cut
 * nothing that was not acknowledged is lost.
 * Shown by: random operations against a model that keeps one entry a message, 1,000 seeds (LIGHTMQ_BUDGET times as many), with
 * kills, and power cuts of the disk in memory, in between.
 */
#include <errno.h>

#include "broker/duty/pop_journal.h"
#include "disk/disk_crash.h"
#include "fixture.h"

#define QUEUES 3
#define MESSAGES 400
#define STEPS 150
#define SEEDS LMT_ROUNDS(1000)
#define SEEDS_SAVED 1000000000u /* from here on, commits are saved at once */

enum place { AHEAD, OPEN, DONE };

struct entry {
	enum place place;
	bool acked; /* for good: by a consumer, by passing over it, by an operator, or revived */
	int64_t start_pos, pop_ms, due_ms;
};

struct model_queue {
	int64_t end, pop_pos;
	struct entry m[MESSAGES];
};

static struct model_queue model[QUEUES];
static struct pop_table t;
static struct offset_table offsets;
static struct pop_journal journal;
static struct lmi_clock_manual now;
static struct lmi_rng_seeded chance;
static struct disk_crash *disk;
static struct lmi_buf saved; /* consumerOffset.json */
static bool save_commits;    /* what an operator sets is saved at once: else a power cut may undo it */

static int64_t below(int64_t n)
{
	return (int64_t)lmi_rng_below(&chance.rng, (uint64_t)n);
}

static struct offset_at at_of(int i)
{
	return (struct offset_at){ .group = LMI_SPAN_LIT("g"), .topic = LMI_SPAN_LIT("T"), .queue_id = i };
}

static int64_t end_of(void *ctx, const struct offset_at *at)
{
	(void)ctx;
	return model[at->queue_id].end;
}

static void open_all(void)
{
	pop_table_init(&t, &now.clock, &offsets);
	journal = (struct pop_journal){ .disk = disk_crash_disk(disk),
					.executor = &lmi_executor_inline,
					.clock = &now.clock,
					.table = &t,
					.offsets = &offsets };
	ck_assert_int_eq(pop_journal_open(&journal, end_of, NULL), 0);
}

static struct pop_queue *queue(int i)
{
	struct pop_queue *q;
	struct offset_at at = at_of(i);
	int64_t pos = offset_table_get(&offsets, &at);
	ck_assert_int_eq(pop_table_make(&t, &at, pos < 0 ? 0 : pos, &q), 0);
	return q;
}

static int64_t lowest(const struct model_queue *m)
{
	for (int64_t i = 0; i < m->pop_pos; i++)
		if (m->m[i].place == OPEN)
			return i;
	return m->pop_pos;
}

static struct pop_batch *batch_of(struct pop_queue *q, const struct entry *e)
{
	return pop_queue_find(q, e->start_pos, e->pop_ms);
}

/* ---- what may happen ---- */

static void pop(int i)
{
	struct model_queue *m = &model[i];
	struct pop_queue *q = queue(i);
	uint32_t diffs[POP_BATCH_MAX], n = 0, max = (uint32_t)below(POP_BATCH_MAX) + 1;
	struct pop_round r = { .start_pos = m->pop_pos, .pop_ms = lmi_wall_ms(&now.clock), .invisible_ms = below(30000), .diffs = diffs };
	int64_t pos = m->pop_pos;
	for (; pos < m->end && n < max; pos++) {
		if (below(4) == 0) { /* not wanted */
			m->m[pos].place = DONE;
			m->m[pos].acked = true;
			continue;
		}
		diffs[n++] = (uint32_t)(pos - r.start_pos);
		m->m[pos] = (struct entry){ OPEN, false, r.start_pos, r.pop_ms, r.pop_ms + r.invisible_ms };
	}
	m->pop_pos = pos;
	r.count = n;
	if (n)
		ck_assert_int_eq(pop_queue_add(&t, q, &r, pos), 0);
	else
		pop_queue_move(&t, q, pos);
}

static void ack(int i)
{
	struct model_queue *m = &model[i];
	struct pop_queue *q = queue(i);
	int64_t pos = m->pop_pos ? below(m->pop_pos) : 0;
	struct entry *e = &m->m[pos];
	if (pos >= m->pop_pos)
		return;
	struct pop_batch *b = batch_of(q, e);
	ck_assert(!pop_queue_find(q, e->start_pos, e->pop_ms + 3600000)); /* a stale receipt */
	if (e->place != OPEN) {
		int at = b ? pop_batch_index(b, pos) : -1;
		ck_assert(at < 0 || !(b->open & 1u << at));
		return;
	}
	ck_assert_ptr_nonnull(b);
	int at = pop_batch_index(b, pos);
	ck_assert_int_ge(at, 0);
	ck_assert_uint_eq(pop_batch_ack(&t, b, 1u << at), 1u << at);
	e->place = DONE;
	e->acked = true;
}

static void change(int i)
{
	struct model_queue *m = &model[i];
	struct pop_queue *q = queue(i);
	int64_t pos = m->pop_pos ? below(m->pop_pos) : 0, pop_ms, invisible_ms = below(60000);
	struct entry *e = &m->m[pos];
	if (pos >= m->pop_pos || e->place != OPEN)
		return;
	struct pop_batch *b = batch_of(q, e);
	ck_assert_int_eq(pop_batch_change(&t, b, (unsigned int)pop_batch_index(b, pos), invisible_ms, &pop_ms), 0);
	*e = (struct entry){ OPEN, false, pos, pop_ms, pop_ms + invisible_ms };
}

/* What is due is revived: gone from here. */
static void pass(int64_t ms)
{
	lmi_clock_manual_pass(&now, ms);
	pop_table_expire(&t, lmi_mono_ms(&now.clock));
	for (struct pop_timer *timer; (timer = pop_table_take(&t));) {
		struct pop_batch *b = (struct pop_batch *)timer;
		struct model_queue *m = &model[b->queue->queue_id];
		for (unsigned int k = 0; k < b->count; k++) {
			struct entry *e = &m->m[pop_batch_pos(b, k)];
			if (!(b->open & 1u << k))
				continue;
			ck_assert_int_eq(e->place, OPEN);
			ck_assert_int_le(e->due_ms, lmi_wall_ms(&now.clock));
			e->place = DONE;
			e->acked = true; /* the copy counts now */
		}
		b->state = POP_BATCH_REVIVING;
		pop_batch_revived(&t, b);
	}
	if (ms < 2 * POP_TICK_MS)
		return; /* what was overdue at a start takes a tick */
	for (int i = 0; i < QUEUES; i++)
		for (int64_t pos = 0; pos < model[i].pop_pos; pos++)
			if (model[i].m[pos].place == OPEN)
				ck_assert_int_gt(model[i].m[pos].due_ms, lmi_wall_ms(&now.clock) - 2 * POP_TICK_MS);
}

static void save(void)
{
	pop_table_settle(&t);
	offset_table_next_version(&offsets, lmi_wall_ms(&now.clock));
	lmi_buf_reset(&saved, 1 << 16);
	offset_table_save(&offsets, &saved);
}

/* An operator, or a consumer that pulls, commits. */
static void commit(int i)
{
	struct model_queue *m = &model[i];
	struct pop_queue *q = queue(i);
	struct offset_at at = at_of(i);
	pop_table_settle(&t);
	int64_t before = lowest(m), pos = below(m->end + 1);
	ck_assert_int_eq(offset_table_commit(&offsets, &at, pos), 0);
	pop_queue_sync(&t, q);
	if (pos == before)
		return;
	for (int64_t k = 0; k < m->end; k++) {
		if (k < pos) {
			if (m->m[k].place != AHEAD || pos > before)
				m->m[k].acked = true;
			if (k < m->pop_pos || pos > m->pop_pos)
				m->m[k].place = DONE;
		} else if (pos < before) {
			m->m[k].place = AHEAD;
			m->m[k].acked = false;
		}
	}
	if (pos < before || pos > m->pop_pos)
		m->pop_pos = pos;
	if (save_commits)
		save();
}

static void turn(void)
{
	pop_table_settle(&t);
	pop_journal_tick(&journal, lmi_mono_ms(&now.clock));
	pop_journal_turn_end(&journal);
}

static void restart(void)
{
	pop_journal_abandon(&journal);
	pop_table_done(&t);
	offset_table_done(&offsets);
	offsets = (struct offset_table){ .unsaved = false };
	if (lmi_buf_len(&saved))
		ck_assert_int_eq(offset_table_load(&offsets, lmi_buf_span(&saved)), 0);
	open_all();
}

/* ---- what must hold ---- */

static void compare(int i)
{
	const struct model_queue *m = &model[i];
	struct offset_at at = at_of(i);
	const struct pop_queue *q = pop_table_get(&t, &at);
	size_t open = 0;
	if (!q) {
		ck_assert_int_eq(m->pop_pos, 0);
		return;
	}
	ck_assert_int_eq(q->pop_pos, m->pop_pos);
	ck_assert_int_eq(pop_queue_lowest(q), lowest(m));
	for (int64_t pos = 0; pos < m->pop_pos; pos++)
		open += m->m[pos].place == OPEN;
	ck_assert_uint_eq(q->in_flight, open);
}

static void compare_all(void)
{
	size_t open = 0;
	pop_table_settle(&t);
	for (int i = 0; i < QUEUES; i++) {
		struct offset_at at = at_of(i);
		const struct pop_queue *q = pop_table_get(&t, &at);
		compare(i);
		open += q ? q->in_flight : 0;
		if (q)
			ck_assert_int_eq(offset_table_get(&offsets, &at), lowest(&model[i]));
	}
	ck_assert_uint_eq(t.messages, open);
}

/* What is not acknowledged is in flight, or comes again. */
static void nothing_lost(void)
{
	for (int i = 0; i < QUEUES; i++) {
		struct model_queue *m = &model[i];
		struct pop_queue *q = queue(i);
		for (int64_t pos = 0; pos < m->end; pos++) {
			bool found = pos >= q->pop_pos;
			for (uint32_t k = q->head; !found && k < q->tail; k++) {
				int at = pop_batch_index(q->batches[k], pos);
				found = at >= 0 && (q->batches[k]->open & 1u << at);
			}
			if (!m->m[pos].acked)
				ck_assert_msg(found, "queue %d position %lld is lost", i, (long long)pos);
		}
	}
}

/* One batch's part of the model.  What is open twice, since the journal ended within a change, is left to the first. */
static void adopt_batch(struct model_queue *m, struct pop_batch *b)
{
	uint32_t twice = 0;
	for (unsigned int n = 0; n < b->count; n++) {
		struct entry *e = &m->m[pop_batch_pos(b, n)];
		if (!(b->open & 1u << n))
			continue;
		if (e->place == OPEN)
			twice |= 1u << n;
		else
			*e = (struct entry){ OPEN, false, b->start_pos, b->pop_ms, b->pop_ms + b->invisible_ms };
	}
	pop_batch_ack(&t, b, twice);
}

/* The model becomes what the table says. */
static void adopt(void)
{
	for (int i = 0; i < QUEUES; i++) {
		struct model_queue *m = &model[i];
		struct pop_queue *q = queue(i);
		m->pop_pos = q->pop_pos;
		for (int64_t pos = 0; pos < m->end; pos++)
			m->m[pos].place = pos >= q->pop_pos ? AHEAD : DONE;
		for (uint32_t left = q->tail - q->head; left; left--)
			adopt_batch(m, q->batches[q->tail - left]);
		for (int64_t pos = 0; pos < m->end; pos++)
			m->m[pos].acked = m->m[pos].place == DONE;
	}
}

static void set_up(uint64_t seed)
{
	memset(model, 0, sizeof(model));
	offsets = (struct offset_table){ .unsaved = false };
	saved = (struct lmi_buf){ .mem = NULL };
	save_commits = seed >= SEEDS_SAVED;
	lmi_clock_manual_init(&now, FX_WALL_MS);
	lmi_rng_seeded_init(&chance, seed);
	disk = disk_crash_new();
	open_all();
}

static void tear_down(void)
{
	ck_assert_int_eq(pop_journal_close(&journal), 0);
	pop_table_done(&t);
	offset_table_done(&offsets);
	lmi_buf_done(&saved);
	disk_free(disk_crash_disk(disk));
}

static void step(void)
{
	int i = (int)below(QUEUES);
	switch (below(12)) {
	case 0:
	case 1:
		model[i].end += below(40);
		model[i].end = model[i].end > MESSAGES ? MESSAGES : model[i].end;
		break;
	case 2:
	case 3:
		pop(i);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		ack(i);
		break;
	case 8:
		change(i);
		break;
	case 9:
		pass(below(20000));
		break;
	case 10:
		save();
		break;
	case 11:
		if (below(3) == 0)
			commit(i);
		break;
	}
}

static int seeds(void)
{
	const char *budget = getenv("LIGHTMQ_BUDGET");
	int n = budget ? atoi(budget) : 1;
	return SEEDS * (n > 0 ? n : 1);
}

START_TEST(random_operations_and_kills_agree_with_the_model)
{
	for (int seed = 0; seed < seeds(); seed++) {
		set_up((uint64_t)seed);
		for (int n = 0; n < STEPS; n++) {
			step();
			if (below(8) == 0) {
				turn();
				if (below(4) == 0)
					restart();
			}
			if (below(4) == 0)
				compare_all();
		}
		compare_all();
		tear_down();
	}
}
END_TEST

START_TEST(a_power_cut_loses_nothing_that_was_not_acknowledged)
{
	for (int seed = 0; seed < seeds() / 2; seed++) {
		set_up((uint64_t)seed + SEEDS_SAVED);
		for (int n = 0; n < STEPS; n++) {
			step();
			if (below(4) == 0)
				turn();
			if (below(20) == 0) {
				turn();
				disk_crash_power_cut(disk, (uint64_t)below(1 << 30));
				restart();
				nothing_lost();
				adopt();
			}
		}
		tear_down();
	}
}
END_TEST

START_TEST(a_disk_that_fails_for_a_while_loses_nothing_either)
{
	static const enum disk_crash_call kinds[] = { DISK_CRASH_WRITE, DISK_CRASH_SYNC, DISK_CRASH_OPEN, DISK_CRASH_SET_SIZE,
						      DISK_CRASH_SYNC_FOLDER, DISK_CRASH_UNLINK, DISK_CRASH_STAT };
	for (int seed = 0; seed < seeds() / 4; seed++) {
		set_up((uint64_t)seed + 2ull * SEEDS_SAVED);
		for (int n = 0; n < STEPS; n++) {
			step();
			if (below(3) == 0)
				turn();
			if (below(20) == 0)
				disk_crash_fail(disk, kinds[below(7)], (uint64_t)below(3) + 1, -ENOSPC, below(2));
			if (below(20) == 0)
				for (size_t k = 0; k < 7; k++)
					disk_crash_fail(disk, kinds[k], 0, 0, false);
			if (below(30) == 0) {
				for (size_t k = 0; k < 7; k++)
					disk_crash_fail(disk, kinds[k], 0, 0, false);
				restart();
				nothing_lost();
				adopt();
			}
		}
		for (size_t k = 0; k < 7; k++)
			disk_crash_fail(disk, kinds[k], 0, 0, false);
		tear_down();
	}
}
END_TEST

LMT_MAIN("pop_model", random_operations_and_kills_agree_with_the_model, a_power_cut_loses_nothing_that_was_not_acknowledged,
	 a_disk_that_fails_for_a_while_loses_nothing_either)
