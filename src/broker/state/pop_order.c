/* SPDX-License-Identifier: Apache-2.0 */
/* Ordered pops: a queue is blocked while what was taken from it is neither acknowledged nor visible again. */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "broker/state/pop_table.h"

#define ALL_BITS(n) ((n) >= 32 ? UINT32_MAX : (1u << (n)) - 1)

void pop_order_free(struct pop_queue *q)
{
	if (q->order)
		lmi_list_del(&q->order->timer.link);
	free(q->order);
	q->order = NULL;
}

static int64_t visible_ms(const struct pop_order *o, unsigned int i)
{
	return o->messages[i].visible_ms ? o->messages[i].visible_ms : o->pop_ms + o->invisible_ms;
}

/* When the queue is free at the latest, on the wall clock; 0: nothing is open. */
static int64_t free_ms(const struct pop_order *o)
{
	int64_t last = 0;
	for (unsigned int i = 0; i < o->count; i++)
		if ((o->open & 1u << i) && visible_ms(o, i) > last)
			last = visible_ms(o, i);
	return last;
}

static bool is_attempt(const struct pop_order *o, struct lmi_span attempt)
{
	return attempt.n && lmi_span_eq(attempt, lmi_span(o->attempt, o->attempt_bytes));
}

bool pop_order_blocks(const struct pop_queue *q, struct lmi_span attempt, int64_t wall_ms)
{
	const struct pop_order *o = q->order;
	if (!o || !o->open)
		return false;
	if (is_attempt(o, attempt))
		return false; /* the same attempt asks again: its answer was lost */
	return free_ms(o) > wall_ms;
}

static void changed(struct pop_table *t, struct pop_queue *q)
{
	struct pop_order *o = q->order;
	q->used_ms = lmi_mono_ms(t->clock);
	if (o->open)
		pop_timer_start(t, &o->timer, pop_table_mono(t, free_ms(o)));
	else
		lmi_list_del(&o->timer.link);
	pop_queue_dirty(t, q);
	pop_table_note(t, &(struct pop_change){ .kind = POP_CHANGE_ORDER, .queue = q });
}

static int index_of(const struct pop_order *o, int64_t pos)
{
	for (unsigned int i = 0; i < o->count; i++)
		if (o->messages[i].pos == pos)
			return (int)i;
	return -1;
}

int32_t pop_order_times(const struct pop_queue *q, struct lmi_span attempt, int64_t pos)
{
	const struct pop_order *before = q->order;
	int at = before ? index_of(before, pos) : -1;
	if (at < 0)
		return 0;
	int32_t times = before->messages[at].times;
	return is_attempt(before, attempt) || times == INT32_MAX ? times : times + 1;
}

int pop_order_add(struct pop_table *t, struct pop_queue *q, const struct pop_round *r, struct lmi_span attempt)
{
	struct pop_order *o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	lmi_list_init(&o->timer.link);
	o->timer.of_order = true;
	o->queue = q;
	o->pop_ms = r->pop_ms;
	o->invisible_ms = r->invisible_ms;
	o->count = (uint8_t)r->count;
	o->open = ALL_BITS(r->count);
	if (attempt.n <= POP_ATTEMPT_MAX) {
		o->attempt_bytes = (uint8_t)attempt.n;
		if (attempt.n)
			memcpy(o->attempt, attempt.p, attempt.n);
	}
	for (uint32_t i = 0; i < r->count; i++) {
		o->messages[i].pos = r->start_pos + r->diffs[i];
		o->messages[i].times = pop_order_times(q, attempt, o->messages[i].pos);
	}
	pop_order_free(q);
	q->order = o;
	changed(t, q);
	return 0;
}

int pop_order_put(struct pop_table *t, struct pop_queue *q, const struct pop_order *o)
{
	struct pop_order *mine = malloc(sizeof(*mine));
	if (!mine)
		return -ENOMEM;
	*mine = *o;
	lmi_list_init(&mine->timer.link);
	mine->timer.of_order = true;
	mine->queue = q;
	pop_order_free(q);
	q->order = mine;
	changed(t, q);
	return 0;
}

/* The lowest that is open, or one behind the last.  Rule: OrderInfo.getNextOffset. */
static int64_t next_pos(const struct pop_order *o)
{
	if (o->open)
		return o->messages[__builtin_ctz(o->open)].pos;
	return o->messages[o->count - 1].pos + 1;
}

enum pop_order_acked pop_order_ack(struct pop_table *t, struct pop_queue *q, int64_t pos, int64_t pop_ms, int64_t wall_ms)
{
	struct pop_order *o = q->order;
	int at = o ? index_of(o, pos) : -1;
	if (at < 0 || o->pop_ms != pop_ms || pos < q->pop_pos)
		return POP_ORDER_STALE;
	o->open &= ~(1u << at);
	q->pop_pos = next_pos(o);
	changed(t, q);
	return pop_order_blocks(q, LMI_SPAN_NULL, wall_ms) ? POP_ORDER_ACKED : POP_ORDER_FREE;
}

bool pop_order_change(struct pop_table *t, struct pop_queue *q, int64_t pos, int64_t pop_ms, int64_t visible)
{
	struct pop_order *o = q->order;
	int at = o ? index_of(o, pos) : -1;
	if (at < 0 || o->pop_ms != pop_ms || pos < q->pop_pos)
		return false;
	o->messages[at].visible_ms = visible > 0 ? visible : 1;
	changed(t, q);
	return true;
}
