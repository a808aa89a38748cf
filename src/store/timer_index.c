/* SPDX-License-Identifier: Apache-2.0 */
/* Slots and the units behind them, in memory; what is flushed. */
#include "store/timer_index.h"

#include <errno.h>
#include <stdlib.h>

#include "store/timer_files.h"

/* ---- slots ---- */

static uint8_t *slot_at(const struct timer_index *t, int64_t slot_ms)
{
	return t->slots + slot_ms / t->cfg.precision_ms % (2 * t->cfg.half_slots) * TIMER_SLOT_BYTES;
}

static struct timer_slot slot_get(const struct timer_index *t, int64_t slot_ms)
{
	struct timer_slot s = { .first = -1, .last = -1 };
	if (!t->slots || slot_ms < 0)
		return s;
	const uint8_t *p = slot_at(t, slot_ms);
	if (!t->dirty[(p - t->slots) / TIMER_PAGE])
		return s;
	if ((int64_t)lmi_get64(p) != slot_ms / t->cfg.precision_ms)
		return s;
	s.first = (int64_t)lmi_get64(p + 8);
	s.last = (int64_t)lmi_get64(p + 16);
	s.count = (int32_t)lmi_get32(p + 24);
	s.magic = (int32_t)lmi_get32(p + 28);
	return s;
}

static void slot_put(struct timer_index *t, int64_t slot_ms, const struct timer_slot *s)
{
	uint8_t *p = slot_at(t, slot_ms);
	lmi_put64(p, (uint64_t)(slot_ms / t->cfg.precision_ms));
	lmi_put64(p + 8, (uint64_t)s->first);
	lmi_put64(p + 16, (uint64_t)s->last);
	lmi_put32(p + 24, (uint32_t)s->count);
	lmi_put32(p + 28, (uint32_t)s->magic);
	t->dirty[(p - t->slots) / TIMER_PAGE] = TIMER_PAGE_HELD | TIMER_PAGE_DIRTY;
	t->any_dirty = true;
}

int timer_index_make_wheel(struct timer_index *t)
{
	if (t->slots)
		return 0;
	t->slots = calloc(1, timer_wheel_bytes(t));
	t->dirty = calloc(1, timer_wheel_pages(t));
	if (t->slots && t->dirty)
		return 0;
	free(t->slots);
	free(t->dirty);
	t->slots = t->dirty = NULL;
	return -ENOMEM;
}

void timer_index_link(struct timer_index *t, int64_t pos, int64_t due_ms, int32_t magic)
{
	struct timer_slot s = slot_get(t, timer_slot_of(t, due_ms));
	if (s.last >= pos)
		return;
	s.first = s.first < 0 ? pos : s.first;
	s.last = pos;
	s.count += magic & TIMER_MAGIC_DELETE ? -1 : 1;
	slot_put(t, timer_slot_of(t, due_ms), &s);
}

int32_t timer_index_count(const struct timer_index *t, int64_t slot_ms)
{
	return slot_get(t, slot_ms).count;
}

bool timer_index_is_empty(const struct timer_index *t, int64_t slot_ms)
{
	return slot_get(t, slot_ms).last < 0;
}

/* ---- units ---- */

void timer_unit_encode(const struct timer_unit *u, int64_t prev, uint8_t *p)
{
	lmi_put32(p, TIMER_UNIT_BYTES);
	lmi_put64(p + 4, (uint64_t)prev);
	lmi_put32(p + 12, (uint32_t)u->magic);
	lmi_put64(p + 16, (uint64_t)u->written_ms);
	lmi_put32(p + 24, (uint32_t)(int32_t)(u->due_ms - u->written_ms));
	lmi_put64(p + 28, (uint64_t)u->log_pos);
	lmi_put32(p + 36, (uint32_t)u->bytes);
	lmi_put32(p + 40, (uint32_t)u->topic_hash);
	lmi_put64(p + 44, 0);
}

bool timer_unit_decode(const uint8_t *p, struct timer_unit *out, int64_t *out_prev)
{
	if (lmi_get32(p) != TIMER_UNIT_BYTES || lmi_get32(p + 12) > 0xf)
		return false;
	*out_prev = (int64_t)lmi_get64(p + 4);
	out->magic = (int32_t)lmi_get32(p + 12);
	out->written_ms = (int64_t)lmi_get64(p + 16);
	if (out->written_ms < 0 || out->written_ms > INT64_MAX - INT32_MAX)
		return false;
	out->due_ms = out->written_ms + (int32_t)lmi_get32(p + 24);
	out->log_pos = (int64_t)lmi_get64(p + 28);
	out->bytes = (int32_t)lmi_get32(p + 36);
	out->topic_hash = (int32_t)lmi_get32(p + 40);
	return out->due_ms >= 0 && out->log_pos >= 0 && out->bytes > 0;
}

/* The rest of a file that holds no unit any more.  Rule: TimerLog.append, MIN_BLANK_LEN. */
static int close_file(struct timer_index *t, int64_t room)
{
	uint8_t *p = lmi_buf_reserve(&t->tail, (size_t)room);
	if (!p)
		return -ENOMEM;
	memset(p, 0, (size_t)room);
	lmi_put32(p, (uint32_t)room);
	lmi_put32(p + 12, TIMER_BLANK_MAGIC);
	lmi_buf_commit(&t->tail, (size_t)room);
	t->end += room;
	return 0;
}

int timer_index_put(struct timer_index *t, const struct timer_unit *u)
{
	int64_t room = t->cfg.log_file_bytes - t->end % t->cfg.log_file_bytes;
	int err = timer_index_make_wheel(t);
	if (!err && room < TIMER_UNIT_BYTES + TIMER_BLANK_BYTES)
		err = close_file(t, room);
	uint8_t *p = err ? NULL : lmi_buf_reserve(&t->tail, TIMER_UNIT_BYTES);
	if (!p)
		return err ? err : -ENOMEM;
	timer_unit_encode(u, slot_get(t, timer_slot_of(t, u->due_ms)).last, p);
	lmi_buf_commit(&t->tail, TIMER_UNIT_BYTES);
	timer_index_link(t, t->end, u->due_ms, u->magic);
	t->end += TIMER_UNIT_BYTES;
	t->pending += u->magic & TIMER_MAGIC_DELETE ? 0 : 1;
	return 0;
}

/* ---- chains ---- */

struct chain {
	struct work work;
	struct timer_index *index;
	int64_t file_bytes, slot_ms, pos; /* the next unit, in the files */
	int32_t precision_ms;
	struct timer_reader reader;
	struct timer_unit *units; /* the last entered first */
	size_t n, cap;
	int err;
	void (*told)(void *arg, const struct timer_unit *units, size_t n, int err);
	void *arg;
};

static struct chain *chain_of(struct work *w)
{
	return lmi_container_of(w, struct chain, work);
}

static int chain_add(struct chain *c, const struct timer_unit *u)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 64;
		struct timer_unit *units = realloc(c->units, cap * sizeof(*units));
		if (!units)
			return -ENOMEM;
		c->units = units;
		c->cap = cap;
	}
	c->units[c->n++] = *u;
	return 0;
}

/* One unit of the chain, which must be of the slot and lead backwards. */
static int chain_take(struct chain *c, const uint8_t *p)
{
	struct timer_unit u;
	int64_t prev;
	if (!timer_unit_decode(p, &u, &prev) || u.due_ms - u.due_ms % c->precision_ms != c->slot_ms || prev >= c->pos ||
	    c->n >= TIMER_CHAIN_MAX)
		return -LMQ_ECORRUPT;
	c->pos = prev < 0 ? -1 : prev;
	return chain_add(c, &u);
}

static void chain_run(struct work *w)
{
	struct chain *c = chain_of(w);
	while (c->pos >= 0 && !c->err) {
		const uint8_t *p;
		c->err = timer_reader_unit(&c->reader, c->pos, &p);
		if (!c->err)
			c->err = chain_take(c, p);
	}
	timer_reader_done(&c->reader);
}

static void chain_done(struct work *w)
{
	struct chain *c = chain_of(w);
	for (size_t i = 0; i < c->n / 2; i++) { /* the first entered first */
		struct timer_unit u = c->units[i];
		c->units[i] = c->units[c->n - 1 - i];
		c->units[c->n - 1 - i] = u;
	}
	c->told(c->arg, c->units, c->n, c->err);
}

static void chain_free(struct work *w)
{
	struct chain *c = chain_of(w);
	timer_reader_done(&c->reader);
	free(c->units);
	free(c);
}

int timer_index_load(struct timer_index *t, int64_t slot_ms,
		     void (*done)(void *arg, const struct timer_unit *units, size_t n, int err), void *arg)
{
	struct chain *c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct chain){ .work = { .run = chain_run, .done = chain_done, .free = chain_free },
			     .index = t,
			     .file_bytes = t->cfg.log_file_bytes,
			     .slot_ms = slot_ms,
			     .pos = slot_get(t, slot_ms).last,
			     .precision_ms = t->cfg.precision_ms,
			     .told = done,
			     .arg = arg };
	timer_reader_init(&c->reader, t->cfg.disk, t->cfg.log_file_bytes);
	/* What is not in the files yet is taken here. */
	while (c->pos >= t->mem_from && !c->err)
		c->err = chain_take(c, lmi_buf_data(&t->tail) + (c->pos - t->mem_from));
	work_submit(&t->crew, &c->work);
	return 0;
}

void timer_index_close(struct timer_index *t)
{
	work_drop_all(&t->crew);
	free(t->slots);
	free(t->dirty);
	lmi_buf_done(&t->tail);
	t->slots = t->dirty = NULL;
}
