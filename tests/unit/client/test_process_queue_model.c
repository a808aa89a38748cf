/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever is fetched, skipped and finished in whatever order, the position to commit is never beyond an unfinished message,
 * never below a finished beginning, and the counts are right.
 * Shown: random steps against a plain table, 300 seeds.
 */
#include "base/error.h"
#include "base/rng.h"
#include "client/process_queue.h"
#include "tests/support/lmt.h"

#define POSITIONS 2000
#define STEPS 3000
#define SEEDS 300

enum state { NOTHING, HELD, DONE };

struct model {
	enum state state[POSITIONS];
	int64_t first, next;
};

static int64_t model_commit(const struct model *m)
{
	for (int64_t i = m->first; i < m->next; i++)
		if (m->state[i] == HELD)
			return i;
	return m->next;
}

/* The queue may say less: a finished message in front of one that was skipped. Never more than the model. */
static void compare(const struct model *m, const struct process_queue *q)
{
	size_t held = 0;

	for (int64_t i = m->first; i < m->next; i++)
		held += m->state[i] == HELD;
	ck_assert_uint_eq(q->unfinished, held);
	ck_assert_uint_eq(q->bytes, held * 10);
	ck_assert_int_eq(q->next_pos, m->next);
	ck_assert_int_eq(process_queue_commit_pos(q), model_commit(m));
}

static void fetch(struct model *m, struct process_queue *q, struct lmi_rng *rng)
{
	int64_t skip = (int64_t)lmi_rng_below(rng, 3);

	if (m->next + skip + 1 >= POSITIONS)
		return;
	m->next += skip;
	process_queue_advance(q, m->next);
	if (lmi_rng_below(rng, 4) == 0)
		return; /* only filtered ones */
	ck_assert_int_eq(process_queue_add(q, m->next, 10), 0);
	m->state[m->next++] = HELD;
}

static void finish(struct model *m, struct process_queue *q, struct lmi_rng *rng)
{
	int64_t pos;

	if (m->next == m->first)
		return;
	pos = m->first + (int64_t)lmi_rng_below(rng, (uint64_t)(m->next - m->first));
	ck_assert_int_eq(process_queue_finish(q, pos), m->state[pos] == HELD ? 0 : -LMQ_ENOTFOUND);
	if (m->state[pos] == HELD)
		m->state[pos] = DONE;
}

static void finish_below(struct model *m, struct process_queue *q, struct lmi_rng *rng)
{
	int64_t pos = m->first + (int64_t)lmi_rng_below(rng, (uint64_t)(m->next - m->first) + 1);

	process_queue_finish_below(q, pos);
	for (int64_t i = m->first; i < pos; i++)
		if (m->state[i] == HELD)
			m->state[i] = DONE;
}

static void run(uint64_t seed)
{
	struct model m = { .first = (int64_t)(seed % 7), .next = (int64_t)(seed % 7) };
	struct lmi_rng_seeded chance;
	struct process_queue q;

	lmi_rng_seeded_init(&chance, seed);
	process_queue_init(&q, m.first);
	for (int i = 0; i < STEPS; i++) {
		uint64_t what = lmi_rng_below(&chance.rng, 100);

		if (what < 40)
			fetch(&m, &q, &chance.rng);
		else if (what < 98)
			finish(&m, &q, &chance.rng);
		else
			finish_below(&m, &q, &chance.rng);
		if (i % 7 == 0)
			compare(&m, &q);
	}
	compare(&m, &q);
	process_queue_done(&q);
}

START_TEST(random_steps_agree_with_a_plain_table)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed);
}
END_TEST

LMT_MAIN("process_queue_model", random_steps_agree_with_a_plain_table)
