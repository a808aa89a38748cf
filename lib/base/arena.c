/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_BYTES 65536u

struct lmi_arena_block {
	struct lmi_arena_block *next;
	size_t cap, used;
	uint8_t data[] __attribute__((aligned(16)));
};

void lmi_arena_init(struct lmi_arena *a, size_t limit_bytes)
{
	*a = (struct lmi_arena){ .limit = limit_bytes };
}

static void free_from(struct lmi_arena_block *b)
{
	while (b) {
		struct lmi_arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void lmi_arena_done(struct lmi_arena *a)
{
	free_from(a->first);
	a->first = a->cur = NULL;
	a->used = 0;
}

void lmi_arena_reset(struct lmi_arena *a)
{
	a->used = 0;
	if (!a->first)
		return;
	free_from(a->first->next);
	a->first->next = NULL;
	a->cur = a->first;
	if (a->first->cap > BLOCK_BYTES) { /* one that was made for a giant */
		free(a->first);
		a->first = a->cur = NULL;
		return;
	}
	a->first->used = 0;
}

static struct lmi_arena_block *add_block(struct lmi_arena *a, size_t n)
{
	size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;
	struct lmi_arena_block *b = malloc(sizeof(*b) + cap);

	if (!b)
		return NULL;
	b->next = NULL;
	b->cap = cap;
	b->used = 0;
	if (a->cur)
		a->cur->next = b;
	else
		a->first = b;
	a->cur = b;
	return b;
}

void *lmi_arena_alloc(struct lmi_arena *a, size_t n)
{
	struct lmi_arena_block *b = a->cur;
	void *p;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + 15) & ~(size_t)15;
	if (n == 0)
		n = 16;
	if (a->limit && (n > a->limit || a->used > a->limit - n))
		return NULL;
	if (!b || b->cap - b->used < n) {
		b = add_block(a, n);
		if (!b)
			return NULL;
	}
	p = b->data + b->used;
	b->used += n;
	a->used += n;
	return p;
}

void *lmi_arena_zalloc(struct lmi_arena *a, size_t n)
{
	void *p = lmi_arena_alloc(a, n);

	return p ? memset(p, 0, n) : NULL;
}

void *lmi_arena_dup(struct lmi_arena *a, const void *p, size_t n)
{
	void *q = lmi_arena_alloc(a, n);

	if (q && n)
		memcpy(q, p, n);
	return q;
}

char *lmi_arena_strdup(struct lmi_arena *a, struct lmi_span s)
{
	char *q = lmi_arena_alloc(a, s.n + 1);

	if (!q)
		return NULL;
	if (s.n)
		memcpy(q, s.p, s.n);
	q[s.n] = 0;
	return q;
}

char *lmi_arena_printf(struct lmi_arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *q;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	q = n < 0 ? NULL : lmi_arena_alloc(a, (size_t)n + 1);
	if (q)
		vsnprintf(q, (size_t)n + 1, fmt, again);
	va_end(again);
	return q;
}
