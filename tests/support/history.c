/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a log, which programs of tests/faults write and read:
 *   send CLIENT NUMBER QUEUE ok|fail|unknown OFFSET
 *   round
 *   read QUEUE OFFSET CLIENT NUMBER intact|torn
 */
#include "tests/support/history.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void history_done(struct history *h)
{
	free(h->v);
	*h = (struct history){ 0 };
}

static struct history_event *add(struct history *h)
{
	if (h->count == h->cap) {
		h->cap = h->cap ? 2 * h->cap : 256;
		h->v = realloc(h->v, h->cap * sizeof(*h->v));
		assert(h->v);
	}
	return &h->v[h->count++];
}

void history_send(struct history *h, const struct history_send *s)
{
	*add(h) = (struct history_event){ .kind = HISTORY_SEND, .send = *s };
}

void history_round(struct history *h)
{
	*add(h) = (struct history_event){ .kind = HISTORY_ROUND };
}

void history_read(struct history *h, const struct history_read *r)
{
	*add(h) = (struct history_event){ .kind = HISTORY_READ, .read = *r };
}

bool history_line(struct history *h, const char *line)
{
	char word[16];
	struct history_send s = { 0 };
	struct history_read r = { 0 };
	if (strncmp(line, "round", 5) == 0) {
		history_round(h);
		return true;
	}
	if (sscanf(line, "send %" SCNu32 " %" SCNu64 " %" SCNu32 " %15s %" SCNd64, &s.client, &s.number, &s.queue, word,
		   &s.offset) == 5) {
		s.result = strcmp(word, "ok") == 0 ? HISTORY_OK : strcmp(word, "fail") == 0 ? HISTORY_FAIL : HISTORY_UNKNOWN;
		history_send(h, &s);
		return true;
	}
	if (sscanf(line, "read %" SCNu32 " %" SCNd64 " %" SCNu32 " %" SCNu64 " %15s", &r.queue, &r.offset, &r.client,
		   &r.number, word) != 5)
		return false;
	r.intact = strcmp(word, "intact") == 0;
	history_read(h, &r);
	return true;
}

/* ---- a table from two numbers to one ---- */

struct cell {
	uint64_t a, b;
	size_t value;
	size_t round;  /* last seen in */
	bool used;
};

struct table {
	struct cell *v;
	size_t count, cap;
};

static size_t slot_of(const struct table *t, uint64_t a, uint64_t b)
{
	uint64_t x = (a * 0x9E3779B97F4A7C15u) ^ (b + 0x7F4A7C15u) * 0xBF58476D1CE4E5B9u;
	size_t i = (size_t)(x ^ (x >> 29)) & (t->cap - 1);
	while (t->v[i].used && (t->v[i].a != a || t->v[i].b != b))
		i = (i + 1) & (t->cap - 1);
	return i;
}

static void grow(struct table *t)
{
	struct table old = *t;
	t->cap = old.cap ? 2 * old.cap : 1024;
	t->v = calloc(t->cap, sizeof(*t->v));
	assert(t->v);
	for (size_t i = 0; i < old.cap; i++)
		if (old.v[i].used)
			t->v[slot_of(t, old.v[i].a, old.v[i].b)] = old.v[i];
	free(old.v);
}

/** The cell of a pair, made when missing. */
static struct cell *cell(struct table *t, uint64_t a, uint64_t b, bool *out_new)
{
	if (2 * (t->count + 1) > t->cap)
		grow(t);
	struct cell *c = &t->v[slot_of(t, a, b)];
	*out_new = !c->used;
	if (!c->used) {
		*c = (struct cell){ .a = a, .b = b, .used = true };
		t->count++;
	}
	return c;
}

static struct cell *find(struct table *t, uint64_t a, uint64_t b)
{
	if (!t->cap)
		return NULL;
	struct cell *c = &t->v[slot_of(t, a, b)];
	return c->used ? c : NULL;
}

/* ---- checking ---- */

struct check {
	const struct history *h;
	struct history_verdict *out;
	struct table sends;    /* client, number -> event */
	struct table answered; /* queue, offset answered ok */
	struct table seen;     /* queue, offset -> event of the first read there; round: last read there */
	struct table last;     /* client, queue -> number read last in this round */
	struct table ends;     /* queue -> next offset of this round */
	size_t *read_in;       /* by event of a send: the round that read it last */
	size_t round;
};

static void __attribute__((format(printf, 3, 4))) breach(struct check *c, int rule, const char *fmt, ...)
{
	c->out->breaches[rule]++;
	if (c->out->total++)
		return;
	int n = snprintf(c->out->first, sizeof(c->out->first), "R%d: ", rule);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(c->out->first + n, sizeof(c->out->first) - (size_t)n, fmt, ap);
	va_end(ap);
}

static void check_send(struct check *c, size_t i)
{
	const struct history_send *s = &c->h->v[i].send;
	bool made;
	struct cell *x = cell(&c->sends, s->client, s->number, &made);
	if (!made)
		breach(c, 4, "client %u logged its message %" PRIu64 " twice", s->client, s->number);
	x->value = i;
	c->out->sends++;
	if (s->result != HISTORY_OK)
		return;
	c->out->acknowledged++;
	cell(&c->answered, s->queue, (uint64_t)s->offset, &made);
	if (!made)
		breach(c, 3, "offset %" PRId64 " of queue %u was answered twice", s->offset, s->queue);
}

/** Offsets of a queue follow each other, from 0. */
static void check_order(struct check *c, const struct history_read *r)
{
	bool made;
	struct cell *end = cell(&c->ends, r->queue, c->round, &made);
	int64_t want = (int64_t)end->value;
	if (r->offset < want)
		breach(c, 3, "queue %u goes back from offset %" PRId64 " to %" PRId64, r->queue, want, r->offset);
	else if (r->offset > want && !c->h->gaps)
		breach(c, 3, "queue %u has a gap from %" PRId64 " to %" PRId64, r->queue, want, r->offset);
	end->value = (size_t)r->offset + 1;
}

static void check_stays(struct check *c, const struct history_read *r, size_t i)
{
	bool made;
	struct cell *x = cell(&c->seen, r->queue, (uint64_t)r->offset, &made);
	if (made)
		x->value = i;
	const struct history_read *first = &c->h->v[x->value].read;
	if (first->client != r->client || first->number != r->number)
		breach(c, 6, "offset %" PRId64 " of queue %u was message %u.%" PRIu64 " and is %u.%" PRIu64, r->offset, r->queue,
		       first->client, first->number, r->client, r->number);
	x->round = c->round;
}

static void check_read(struct check *c, size_t i)
{
	const struct history_read *r = &c->h->v[i].read;
	bool made;
	c->out->reads++;
	check_order(c, r);
	check_stays(c, r, i);
	struct cell *sent = find(&c->sends, r->client, r->number);
	const struct history_send *s = sent ? &c->h->v[sent->value].send : NULL;
	if (!s || !r->intact || s->queue != r->queue) {
		breach(c, 4, "offset %" PRId64 " of queue %u holds %s", r->offset, r->queue,
		       !s ? "what nobody sent" : !r->intact ? "a torn message" : "a message of another queue");
		return;
	}
	if (c->read_in[sent->value] == c->round)
		breach(c, 7, "message %u.%" PRIu64 " is there twice", r->client, r->number);
	c->read_in[sent->value] = c->round;
	if (s->result == HISTORY_OK && s->offset != r->offset)
		breach(c, 2, "message %u.%" PRIu64 " was answered %" PRId64 " and is at %" PRId64, r->client, r->number, s->offset,
		       r->offset);
	struct cell *last = cell(&c->last, ((uint64_t)r->client << 32) | r->queue, c->round, &made);
	if (!made && last->value >= r->number)
		breach(c, 5, "queue %u has message %u.%" PRIu64 " behind %zu", r->queue, r->client, r->number, last->value);
	last->value = r->number;
}

/** What a round that is over did not show.  @began  its event */
static void end_round(struct check *c, size_t began)
{
	if (!c->round || c->h->gaps)
		return;
	for (size_t i = 0; i < began; i++) {
		const struct history_event *e = &c->h->v[i];
		if (e->kind == HISTORY_SEND && e->send.result == HISTORY_OK && c->read_in[i] != c->round)
			breach(c, 1, "message %u.%" PRIu64 ", answered with offset %" PRId64 " of queue %u, is lost", e->send.client,
			       e->send.number, e->send.offset, e->send.queue);
	}
	for (size_t i = 0; i < c->seen.cap; i++)
		if (c->seen.v[i].used && c->seen.v[i].round != c->round)
			breach(c, 6, "offset %" PRIu64 " of queue %" PRIu64 " was read once and is gone", c->seen.v[i].b, c->seen.v[i].a);
}

void history_check(const struct history *h, struct history_verdict *out)
{
	struct check c = { .h = h, .out = out, .read_in = calloc(h->count + 1, sizeof(size_t)) };
	size_t began = 0;
	assert(c.read_in);
	*out = (struct history_verdict){ .total = 0 };
	/* Sends first: a reader may see a message before its producer has logged the answer. */
	for (size_t i = 0; i < h->count; i++)
		if (h->v[i].kind == HISTORY_SEND)
			check_send(&c, i);
	for (size_t i = 0; i < h->count; i++) {
		if (h->v[i].kind == HISTORY_ROUND) {
			end_round(&c, began);
			c.round++;
			began = i;
		} else if (h->v[i].kind == HISTORY_READ) {
			check_read(&c, i);
		}
	}
	end_round(&c, began);
	out->rounds = c.round;
	free(c.read_in);
	free(c.sends.v);
	free(c.answered.v);
	free(c.seen.v);
	free(c.last.v);
	free(c.ends.v);
}
