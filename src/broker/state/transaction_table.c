/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/transaction_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define OPS_A_BLOCK 256u /* op records that are let go together */

/* Some op records behind each other. */
struct transaction_ops {
	int64_t first_op; /* position of the first */
	int64_t half_max; /* the highest half record that one of them ends */
	uint32_t count;
};

struct key {
	uint8_t bytes[8];
};

static struct lmi_span key_of(struct key *k, int64_t pos)
{
	lmi_put64(k->bytes, (uint64_t)pos);
	return lmi_span(k->bytes, sizeof(k->bytes));
}

void transaction_table_init(struct transaction_table *t, size_t max)
{
	*t = (struct transaction_table){ .max = max ? max : TRANSACTION_OPEN_MAX_DEFAULT };
	lmi_list_init(&t->order);
}

void transaction_table_done(struct transaction_table *t)
{
	lmi_map_done(&t->by_first, free);
	lmi_map_done(&t->groups, free);
	lmi_map_done(&t->ended, NULL);
	free(t->heap);
	free(t->ops);
	free(t->ended_ring);
	*t = (struct transaction_table){ .max = t->max };
	lmi_list_init(&t->order);
}

bool transaction_table_has_room(const struct transaction_table *t)
{
	return t->count < t->max;
}

/* ---- the heap of times ---- */

static void heap_set(struct transaction_table *t, size_t i, struct transaction *x)
{
	t->heap[i] = x;
	x->heap_at = i;
}

static void heap_up(struct transaction_table *t, size_t i)
{
	struct transaction *x = t->heap[i];
	for (; i > 0 && t->heap[(i - 1) / 2]->due_ms > x->due_ms; i = (i - 1) / 2)
		heap_set(t, i, t->heap[(i - 1) / 2]);
	heap_set(t, i, x);
}

static void heap_down(struct transaction_table *t, size_t i)
{
	struct transaction *x = t->heap[i];
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= t->count)
			break;
		if (child + 1 < t->count && t->heap[child + 1]->due_ms < t->heap[child]->due_ms)
			child++;
		if (t->heap[child]->due_ms >= x->due_ms)
			break;
		heap_set(t, i, t->heap[child]);
		i = child;
	}
	heap_set(t, i, x);
}

static int heap_grow(struct transaction_table *t)
{
	if (t->count < t->heap_cap)
		return 0;
	size_t cap = t->heap_cap ? 2 * t->heap_cap : 64;
	struct transaction **heap = realloc(t->heap, cap * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	t->heap = heap;
	t->heap_cap = cap;
	return 0;
}

/* ---- groups ---- */

static struct transaction_group *group_make(struct transaction_table *t, struct lmi_span name)
{
	struct transaction_group *g = lmi_map_get(&t->groups, name);
	if (g)
		return g;
	g = calloc(1, sizeof(*g) + name.n);
	if (!g)
		return NULL;
	g->name_bytes = (uint32_t)name.n;
	if (name.n)
		memcpy(g->name, name.p, name.n);
	if (lmi_map_put(&t->groups, name, g, NULL)) {
		free(g);
		return NULL;
	}
	return g;
}

static void group_drop(struct transaction_table *t, struct transaction_group *g)
{
	if (g->count == 0)
		free(lmi_map_del(&t->groups, transaction_group_name(g)));
}

/* ---- opening and ending ---- */

static void move(struct transaction_table *t, struct transaction *x, const struct transaction_new *n)
{
	x->queue_pos = n->queue_pos;
	x->log_pos = n->log_pos;
	x->bytes = n->bytes;
	x->checks = n->checks;
	x->stored_ms = n->stored_ms;
	lmi_list_del(&x->in_order);
	lmi_list_add_tail(&t->order, &x->in_order);
	transaction_table_plan(t, x, n->due_ms, false);
}

static int insert(struct transaction_table *t, struct transaction *x, const struct transaction_new *n)
{
	struct key k;
	struct transaction_group *g = heap_grow(t) ? NULL : group_make(t, n->group);
	if (!g)
		return -ENOMEM;
	if (lmi_map_put(&t->by_first, key_of(&k, n->first_pos), x, NULL)) {
		group_drop(t, g);
		return -ENOMEM;
	}
	*x = (struct transaction){ .group = g,
				   .first_pos = n->first_pos,
				   .queue_pos = n->queue_pos,
				   .log_pos = n->log_pos,
				   .bytes = n->bytes,
				   .checks = n->checks,
				   .stored_ms = n->stored_ms,
				   .due_ms = n->due_ms };
	g->count++;
	lmi_list_add_tail(&t->order, &x->in_order);
	heap_set(t, t->count++, x);
	heap_up(t, x->heap_at);
	return 0;
}

int transaction_table_open(struct transaction_table *t, const struct transaction_new *n)
{
	struct transaction *x = transaction_table_get(t, n->first_pos);
	int err = 0;
	if (n->queue_pos >= t->half_end)
		t->half_end = n->queue_pos + 1;
	if (x) {
		move(t, x, n);
		return 0;
	}
	x = malloc(sizeof(*x));
	err = x ? insert(t, x, n) : -ENOMEM;
	if (err)
		free(x);
	return err;
}

struct transaction *transaction_table_get(const struct transaction_table *t, int64_t first_pos)
{
	struct key k;
	return lmi_map_get(&t->by_first, key_of(&k, first_pos));
}

enum transaction_end transaction_table_ended(const struct transaction_table *t, int64_t first_pos)
{
	struct key k;
	return (enum transaction_end)(uintptr_t)lmi_map_get(&t->ended, key_of(&k, first_pos));
}

/* A failure only means that a repetition is not known as one. */
static void remember(struct transaction_table *t, int64_t first_pos, enum transaction_end how)
{
	struct key k;
	if (!t->ended_ring)
		t->ended_ring = malloc(TRANSACTION_ENDED_MAX * sizeof(*t->ended_ring));
	if (!t->ended_ring)
		return;
	if (t->ended_count == TRANSACTION_ENDED_MAX)
		lmi_map_del(&t->ended, key_of(&k, t->ended_ring[t->ended_at]));
	else
		t->ended_count++;
	t->ended_ring[t->ended_at] = first_pos;
	t->ended_at = (t->ended_at + 1) % TRANSACTION_ENDED_MAX;
	lmi_map_put(&t->ended, key_of(&k, first_pos), (void *)(uintptr_t)how, NULL);
}

static void heap_remove(struct transaction_table *t, struct transaction *x)
{
	size_t i = x->heap_at;
	struct transaction *last = t->heap[--t->count];
	if (last == x)
		return;
	heap_set(t, i, last);
	heap_up(t, i);
	heap_down(t, last->heap_at);
}

void transaction_table_end(struct transaction_table *t, struct transaction *x, enum transaction_end how)
{
	struct key k;
	remember(t, x->first_pos, how);
	lmi_map_del(&t->by_first, key_of(&k, x->first_pos));
	lmi_list_del(&x->in_order);
	heap_remove(t, x);
	x->group->count--;
	x->group->starved -= x->starved;
	group_drop(t, x->group);
	free(x);
}

/* ---- times ---- */

struct transaction *transaction_table_due(const struct transaction_table *t, int64_t now_ms)
{
	return t->count && t->heap[0]->due_ms <= now_ms ? t->heap[0] : NULL;
}

void transaction_table_plan(struct transaction_table *t, struct transaction *x, int64_t due_ms, bool starved)
{
	x->group->starved += starved;
	x->group->starved -= x->starved;
	x->starved = starved;
	x->due_ms = due_ms;
	heap_up(t, x->heap_at);
	heap_down(t, x->heap_at);
}

void transaction_table_feed(struct transaction_table *t, struct lmi_span group, int64_t now_ms)
{
	struct transaction_group *g = t->count ? lmi_map_get(&t->groups, group) : NULL;
	for (struct lmi_list *it = t->order.next; g && g->starved && it != &t->order; it = it->next)
		if (transaction_at(it)->group == g && transaction_at(it)->starved)
			transaction_table_plan(t, transaction_at(it), now_ms, false);
}

/* ---- progress ---- */

static int ops_grow(struct transaction_table *t)
{
	if (t->ops_count < t->ops_cap)
		return 0;
	size_t cap = t->ops_cap ? 2 * t->ops_cap : 16;
	struct transaction_ops *ops = malloc(cap * sizeof(*ops));
	if (!ops)
		return -ENOMEM;
	for (size_t i = 0; i < t->ops_count; i++)
		ops[i] = t->ops[(t->ops_at + i) % t->ops_cap];
	free(t->ops);
	t->ops = ops;
	t->ops_cap = cap;
	t->ops_at = 0;
	return 0;
}

void transaction_table_op(struct transaction_table *t, int64_t op_pos, int64_t half_max)
{
	struct transaction_ops *last = t->ops_count ? &t->ops[(t->ops_at + t->ops_count - 1) % t->ops_cap] : NULL;
	if (op_pos >= t->op_end)
		t->op_end = op_pos + 1;
	if (!last || last->count == OPS_A_BLOCK) {
		if (ops_grow(t)) {
			if (last) /* it stands for this one too */
				last->half_max = half_max > last->half_max ? half_max : last->half_max;
			return;
		}
		last = &t->ops[(t->ops_at + t->ops_count++) % t->ops_cap];
		*last = (struct transaction_ops){ .first_op = op_pos, .half_max = half_max };
	}
	last->count++;
	if (half_max > last->half_max)
		last->half_max = half_max;
}

int64_t transaction_table_half_progress(const struct transaction_table *t)
{
	return t->count ? transaction_at(t->order.next)->queue_pos : t->half_end;
}

int64_t transaction_table_op_progress(struct transaction_table *t)
{
	int64_t half = transaction_table_half_progress(t);
	while (t->ops_count && t->ops[t->ops_at].half_max < half) {
		t->ops_at = (t->ops_at + 1) % t->ops_cap;
		t->ops_count--;
	}
	return t->ops_count ? t->ops[t->ops_at].first_op : t->op_end;
}
