/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the checker of histories finds every breach of its rules and none in a history without.
 * Shown: 1,000 good histories, each checked as it is and once for every kind of mutation.
 */
#include <stdlib.h>

#include "base/rng.h"
#include "tests/support/history.h"
#include "tests/support/lmt.h"

#define HISTORIES 1000
#define CLIENTS 3
#define QUEUES 3

/* What the queues hold while a history is made. */
struct world {
	struct history_read at[QUEUES][256];
	int64_t end[QUEUES];
};

static void read_round(struct history *h, const struct world *w)
{
	history_round(h);
	for (uint32_t q = 0; q < QUEUES; q++)
		for (int64_t i = 0; i < w->end[q]; i++)
			history_read(h, &w->at[q][i]);
}

static void good(struct history *h, struct lmi_rng *rng)
{
	struct world w = { 0 };
	uint64_t next[CLIENTS] = { 0 };
	*h = (struct history){ 0 };
	for (uint64_t round = 0, rounds = 2 + lmi_rng_below(rng, 3); round < rounds; round++) {
		for (uint64_t n = 10 + lmi_rng_below(rng, 40); n--;) {
			uint32_t client = (uint32_t)lmi_rng_below(rng, CLIENTS), q = (uint32_t)lmi_rng_below(rng, QUEUES);
			struct history_send s = { .client = client, .number = next[client]++, .queue = q };
			uint64_t fate = lmi_rng_below(rng, 10);
			s.result = fate < 8 ? HISTORY_OK : fate < 9 ? HISTORY_FAIL : HISTORY_UNKNOWN;
			bool stored = s.result == HISTORY_OK || lmi_rng_below(rng, 2);
			s.offset = stored ? w.end[q] : 0;
			if (stored)
				w.at[q][w.end[q]++] = (struct history_read){ .queue = q, .offset = s.offset, .client = client,
									     .number = s.number, .intact = true };
			history_send(h, &s);
		}
		read_round(h, &w);
	}
}

/** A random event of a kind: a read of the last round, or a send that was answered ok. */
static size_t pick(const struct history *h, struct lmi_rng *rng, int kind)
{
	size_t from = 0;
	for (size_t i = 0; kind == HISTORY_READ && i < h->count; i++)
		if (h->v[i].kind == HISTORY_ROUND)
			from = i + 1;
	for (;;) {
		size_t i = from + (size_t)lmi_rng_below(rng, h->count - from);
		if ((int)h->v[i].kind != kind)
			continue;
		if (kind != HISTORY_SEND || h->v[i].send.result == HISTORY_OK)
			return i;
	}
}

static void take_out(struct history *h, size_t i)
{
	memmove(&h->v[i], &h->v[i + 1], (h->count - i - 1) * sizeof(h->v[0]));
	h->count--;
}

/* Each makes a history bad. */
/** What came of the message of a read. */
static enum history_result result_of(const struct history *h, size_t read)
{
	const struct history_read *r = &h->v[read].read;
	for (size_t i = 0; i < h->count; i++)
		if (h->v[i].kind == HISTORY_SEND && h->v[i].send.client == r->client && h->v[i].send.number == r->number)
			return h->v[i].send.result;
	return HISTORY_UNKNOWN;
}

static void drop(struct history *h, struct lmi_rng *rng)
{
	size_t i;
	do
		i = pick(h, rng, HISTORY_READ);
	while (result_of(h, i) != HISTORY_OK); /* others may be missing */
	take_out(h, i);
}

static void twice(struct history *h, struct lmi_rng *rng)
{
	size_t i = pick(h, rng, HISTORY_READ);
	struct history_read again = h->v[i].read; /* adding moves what it would point to */
	history_read(h, &again);
}

static void swap(struct history *h, struct lmi_rng *rng)
{
	size_t a = pick(h, rng, HISTORY_READ), b = a;
	while (b == a)
		b = pick(h, rng, HISTORY_READ);
	struct history_read x = h->v[a].read, y = h->v[b].read;
	h->v[a].read.client = y.client;
	h->v[a].read.number = y.number;
	h->v[b].read.client = x.client;
	h->v[b].read.number = x.number;
}

static void tear(struct history *h, struct lmi_rng *rng) { h->v[pick(h, rng, HISTORY_READ)].read.intact = false; }

static void shift(struct history *h, struct lmi_rng *rng) { h->v[pick(h, rng, HISTORY_READ)].read.offset++; }

static void shift_answer(struct history *h, struct lmi_rng *rng) { h->v[pick(h, rng, HISTORY_SEND)].send.offset += 7; }

static void phantom(struct history *h, struct lmi_rng *rng)
{
	struct history_read r = h->v[pick(h, rng, HISTORY_READ)].read;
	r.offset = 0;
	for (size_t i = 0; i < h->count; i++)
		if (h->v[i].kind == HISTORY_READ && h->v[i].read.queue == r.queue && h->v[i].read.offset >= r.offset)
			r.offset = h->v[i].read.offset + 1;
	r.number = 100000;
	history_read(h, &r); /* behind the last one of its queue, where nothing else is wrong */
}

static void other_queue(struct history *h, struct lmi_rng *rng)
{
	struct history_send *s = &h->v[pick(h, rng, HISTORY_SEND)].send;
	s->queue = (s->queue + 1) % QUEUES;
	s->offset += 1000;
}

/* The two messages of a producer that lie beside each other change their places, in all rounds and answers. */
static void reorder(struct history *h, struct lmi_rng *rng)
{
	struct history_read a, b = { 0 };
	bool found = false;
	while (!found) {
		a = h->v[pick(h, rng, HISTORY_READ)].read;
		for (size_t i = 0; i < h->count && !found; i++) {
			b = h->v[i].read;
			found = h->v[i].kind == HISTORY_READ && b.queue == a.queue && b.client == a.client && b.number > a.number;
		}
	}
	for (size_t i = 0; i < h->count; i++) {
		struct history_event *e = &h->v[i];
		if (e->kind == HISTORY_READ && e->read.client == a.client && e->read.number == a.number)
			e->read.number = b.number;
		else if (e->kind == HISTORY_READ && e->read.client == a.client && e->read.number == b.number)
			e->read.number = a.number;
		else if (e->kind == HISTORY_SEND && e->send.client == a.client &&
			 (e->send.number == a.number || e->send.number == b.number))
			e->send.result = HISTORY_UNKNOWN; /* only the order tells */
	}
}

static void (*const mutations[])(struct history *h, struct lmi_rng *rng) = {
	drop, twice, swap, tear, shift, shift_answer, phantom, other_queue, reorder
};
#define MUTATIONS (sizeof(mutations) / sizeof(mutations[0]))

START_TEST(good_histories_have_no_breach)
{
	for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
		struct lmi_rng_seeded rng;
		struct history h;
		struct history_verdict v;
		lmi_rng_seeded_init(&rng, seed);
		good(&h, &rng.rng);
		history_check(&h, &v);
		if (v.total || !v.acknowledged || !v.reads)
			ck_abort_msg("seed %llu: %s", (unsigned long long)seed, v.first);
		history_done(&h);
	}
}
END_TEST

START_TEST(every_mutation_of_a_good_history_is_caught)
{
	size_t caught[MUTATIONS] = { 0 };
	for (uint64_t seed = 1; seed <= HISTORIES; seed++)
		for (size_t m = 0; m < MUTATIONS; m++) {
			struct lmi_rng_seeded rng;
			struct history h;
			struct history_verdict v;
			lmi_rng_seeded_init(&rng, seed);
			good(&h, &rng.rng);
			mutations[m](&h, &rng.rng);
			history_check(&h, &v);
			caught[m] += v.total > 0;
			history_done(&h);
		}
	for (size_t m = 0; m < MUTATIONS; m++)
		ck_assert_msg(caught[m] == HISTORIES, "mutation %zu: %zu of %d caught", m, caught[m], HISTORIES);
}
END_TEST

START_TEST(each_rule_is_told_by_its_number)
{
	static const struct history_send sent = { .client = 1, .number = 1, .result = HISTORY_OK };
	static const struct history_read there = { .client = 1, .number = 1, .intact = true };
	struct history_read r;
	struct history_verdict v;
	struct history h = { 0 };
	history_send(&h, &sent);
	history_round(&h);
	history_check(&h, &v);
	ck_assert_uint_eq(v.breaches[1], 1);
	history_read(&h, &there);
	history_check(&h, &v);
	ck_assert_uint_eq(v.total, 0);
	r = there;
	r.offset = 1;
	h.v[2].read = r;
	history_check(&h, &v);
	ck_assert_uint_eq(v.breaches[2], 1);
	ck_assert_uint_eq(v.breaches[3], 1);
	h.v[2].read.intact = false;
	history_check(&h, &v);
	ck_assert_uint_ge(v.breaches[4], 1);
	h.v[2].read = there;
	history_read(&h, &r);
	history_check(&h, &v);
	ck_assert_uint_eq(v.breaches[7], 1);
	h.count = 3;
	history_round(&h);
	history_check(&h, &v);
	ck_assert_uint_eq(v.breaches[6], 1);
	ck_assert_uint_eq(v.breaches[1], 1);
	h.gaps = true;
	history_check(&h, &v);
	ck_assert_uint_eq(v.total, 0);
	history_done(&h);
}
END_TEST

START_TEST(lines_of_a_log_are_read_back)
{
	struct history h = { 0 };
	struct history_verdict v;
	ck_assert(history_line(&h, "send 3 7 1 ok 0\n"));
	ck_assert(history_line(&h, "send 3 8 1 unknown 0\n"));
	ck_assert(history_line(&h, "round\n"));
	ck_assert(history_line(&h, "read 1 0 3 7 intact\n"));
	ck_assert(!history_line(&h, "read 1 0 3\n"));
	history_check(&h, &v);
	ck_assert_uint_eq(v.total, 0);
	ck_assert_uint_eq(v.sends, 2);
	ck_assert_uint_eq(v.acknowledged, 1);
	ck_assert_uint_eq(v.reads, 1);
	ck_assert_uint_eq(v.rounds, 1);
	history_done(&h);
}
END_TEST

LMT_MAIN("history", good_histories_have_no_breach, every_mutation_of_a_good_history_is_caught, each_rule_is_told_by_its_number,
	 lines_of_a_log_are_read_back)
