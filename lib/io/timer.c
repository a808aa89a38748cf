/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "io/loop_internal.h"

/* ---- the heap ---- */

static bool before(const struct lmi_timer_node *a, const struct lmi_timer_node *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->seq < b->seq;
}

static void put_at(struct lmi_timer_heap *h, size_t i, struct lmi_timer_node *n)
{
	h->nodes[i] = n;
	n->at = i + 1;
}

static void sift_up(struct lmi_timer_heap *h, size_t i)
{
	struct lmi_timer_node *n = h->nodes[i];

	while (i > 0 && before(n, h->nodes[(i - 1) / 2])) {
		put_at(h, i, h->nodes[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put_at(h, i, n);
}

static void sift_down(struct lmi_timer_heap *h, size_t i)
{
	struct lmi_timer_node *n = h->nodes[i];

	for (size_t child; (child = 2 * i + 1) < h->count; i = child) {
		if (child + 1 < h->count && before(h->nodes[child + 1], h->nodes[child]))
			child++;
		if (before(n, h->nodes[child]))
			break;
		put_at(h, i, h->nodes[child]);
	}
	put_at(h, i, n);
}

/* When it moves up, what takes its place was above all that is below: the second does nothing. */
static void settle(struct lmi_timer_heap *h, size_t i)
{
	sift_up(h, i);
	sift_down(h, i);
}

int lmi_timer_node_set(struct lmi_loop *l, struct lmi_timer_node *n, int64_t due_ms)
{
	struct lmi_timer_heap *h = &l->timers;
	size_t at = n->at;

	if (at == 0 && h->count == h->cap) {
		size_t cap = h->cap ? 2 * h->cap : 16;
		struct lmi_timer_node **nodes = realloc(h->nodes, cap * sizeof(struct lmi_timer_node *));

		if (!nodes)
			return -ENOMEM;
		h->nodes = nodes;
		h->cap = cap;
	}
	n->due_ms = due_ms;
	n->seq = h->seq++;
	if (at == 0) {
		put_at(h, h->count++, n);
		sift_up(h, h->count - 1);
	} else {
		settle(h, at - 1);
	}
	return 0;
}

void lmi_timer_node_clear(struct lmi_loop *l, struct lmi_timer_node *n)
{
	struct lmi_timer_heap *h = &l->timers;
	size_t i = n->at - 1;
	struct lmi_timer_node *last;

	if (n->at == 0)
		return;
	assert(i < h->count && h->nodes[i] == n);
	n->at = 0;
	last = h->nodes[--h->count];
	if (last == n)
		return;
	put_at(h, i, last);
	settle(h, i);
}

size_t lmi_timer_heap_run(struct lmi_loop *l, int64_t now_ms)
{
	struct lmi_timer_heap *h = &l->timers;
	size_t ran = 0, most = h->count;

	while (ran < most && h->count > 0 && h->nodes[0]->due_ms <= now_ms) {
		struct lmi_timer_node *n = h->nodes[0];

		lmi_timer_node_clear(l, n);
		n->fn(n);
		ran++;
	}
	return ran;
}

int64_t lmi_timer_heap_next_ms(const struct lmi_timer_heap *h)
{
	return h->count > 0 ? h->nodes[0]->due_ms : INT64_MAX;
}

void lmi_timer_heap_done(struct lmi_timer_heap *h)
{
	for (size_t i = 0; i < h->count; i++)
		h->nodes[i]->at = 0;
	free(h->nodes);
	*h = (struct lmi_timer_heap){ 0 };
}

/* ---- timers for everybody ---- */

struct timer_impl {
	struct lmi_timer_node node; /* first */
	struct lmi_timer *timer;
	int64_t repeat_ms;
};

static void on_due(struct lmi_timer_node *n)
{
	struct timer_impl *i = (struct timer_impl *)n;
	struct lmi_loop *l = i->timer->loop;

	/* The place in the heap is still there: this cannot fail.  Late repeats are not made up for. */
	if (i->repeat_ms > 0)
		(void)lmi_timer_node_set(l, n, lmi_loop_now_ms(l) + i->repeat_ms);
	i->timer->fn(i->timer); /* may stop, restart or free it */
}

int lmi_timer_start(struct lmi_loop *l, struct lmi_timer *t, int64_t after_ms, int64_t repeat_ms)
{
	struct timer_impl *i = t->impl;
	int r;

	if (!i) {
		i = calloc(1, sizeof(*i));
		if (!i)
			return -ENOMEM;
		i->node.fn = on_due;
	}
	r = lmi_timer_node_set(l, &i->node, lmi_loop_now_ms(l) + (after_ms > 0 ? after_ms : 0));
	if (r < 0) {
		if (!t->impl)
			free(i);
		return r;
	}
	i->timer = t;
	i->repeat_ms = repeat_ms;
	t->impl = i;
	t->loop = l;
	return 0;
}

void lmi_timer_stop(struct lmi_timer *t)
{
	struct timer_impl *i = t->impl;

	if (!i)
		return;
	lmi_timer_node_clear(t->loop, &i->node);
	free(i);
	t->impl = NULL;
}
