/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/timer_heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_before(const struct timer_entry *a, const struct timer_entry *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->log_pos < b->log_pos;
}

int timer_heap_reserve(struct timer_heap *h, size_t n)
{
	size_t cap = h->cap ? h->cap : 64;
	while (cap < h->n + n)
		cap *= 2;
	if (cap == h->cap)
		return 0;
	struct timer_entry *grown = realloc(h->e, cap * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	h->e = grown;
	h->cap = cap;
	return 0;
}

int timer_heap_push(struct timer_heap *h, const struct timer_entry *e)
{
	if (timer_heap_reserve(h, 1))
		return -ENOMEM;
	size_t i = h->n++;
	for (; i > 0 && is_before(e, &h->e[(i - 1) / 2]); i = (i - 1) / 2)
		h->e[i] = h->e[(i - 1) / 2];
	h->e[i] = *e;
	return 0;
}

void timer_heap_pop(struct timer_heap *h)
{
	struct timer_entry last = h->e[--h->n];
	size_t i = 0;
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= h->n)
			break;
		if (child + 1 < h->n && is_before(&h->e[child + 1], &h->e[child]))
			child++;
		if (!is_before(&h->e[child], &last))
			break;
		h->e[i] = h->e[child];
		i = child;
	}
	if (h->n)
		h->e[i] = last;
	if (h->cap > 4096 && h->n < h->cap / 8) { /* a burst is over */
		struct timer_entry *less = realloc(h->e, h->cap / 4 * sizeof(*less));
		if (less) {
			h->e = less;
			h->cap /= 4;
		}
	}
}

void timer_heap_done(struct timer_heap *h)
{
	free(h->e);
	*h = (struct timer_heap){ 0 };
}
