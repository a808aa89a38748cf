/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

/* Under AddressSanitizer what was not handed out cannot be touched, with a gap after each piece. */
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define GAP 16
#else
#define HIDE(p, n) ((void)(p), (void)(n))
#define SHOW(p, n) ((void)(p), (void)(n))
#define GAP 0
#endif

#define ALIGN 16
#define GROW_MAX (1u << 20) /* blocks double up to here */
#define PIECE_MAX (SIZE_MAX / 4)

struct lmi_arena_block {
	struct lmi_arena_block *next;
	size_t cap, used;
	_Alignas(ALIGN) uint8_t bytes[];
};

void lmi_arena_init(struct lmi_arena *a, size_t limit_bytes)
{
	*a = (struct lmi_arena){ .limit = limit_bytes };
}

static void free_block(struct lmi_arena_block *b)
{
	SHOW(b->bytes, b->cap);
	free(b);
}

void lmi_arena_done(struct lmi_arena *a)
{
	struct lmi_arena_block *next;

	for (struct lmi_arena_block *b = a->first; b; b = next) {
		next = b->next;
		free_block(b);
	}
	lmi_arena_init(a, a->limit);
}

void lmi_arena_reset(struct lmi_arena *a)
{
	struct lmi_arena_block *keep = NULL, *next;

	for (struct lmi_arena_block *b = a->first; b; b = next) {
		next = b->next;
		if (b->cap <= LMI_ARENA_KEEP_MAX && (!keep || b->cap > keep->cap)) {
			if (keep)
				free_block(keep);
			keep = b;
		} else {
			free_block(b);
		}
	}
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
		HIDE(keep->bytes, keep->cap);
	}
	a->first = a->cur = keep;
	a->used = 0;
}

static struct lmi_arena_block *add_block(struct lmi_arena *a, size_t n)
{
	size_t cap = a->cur ? a->cur->cap * 2 : LMI_ARENA_BLOCK_MIN - sizeof(struct lmi_arena_block);
	struct lmi_arena_block *b;

	if (cap > GROW_MAX)
		cap = GROW_MAX;
	if (cap < n)
		cap = n;
	b = malloc(sizeof(*b) + cap);
	if (!b)
		return NULL;
	*b = (struct lmi_arena_block){ .cap = cap };
	HIDE(b->bytes, b->cap);
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
	size_t rounded;
	void *p;

	if (n > PIECE_MAX)
		return NULL;
	rounded = n ? (n + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
	if (a->limit && (rounded > a->limit || a->used > a->limit - rounded))
		return NULL;
	if (!b || b->cap - b->used < rounded + GAP) {
		b = add_block(a, rounded + GAP);
		if (!b)
			return NULL;
	}
	p = b->bytes + b->used;
	b->used += rounded + GAP;
	a->used += rounded;
	SHOW(p, n);
	return p;
}

void *lmi_arena_zalloc(struct lmi_arena *a, size_t n)
{
	void *p = lmi_arena_alloc(a, n);

	if (p)
		memset(p, 0, n);
	return p;
}

void *lmi_arena_dup(struct lmi_arena *a, const void *p, size_t n)
{
	void *copy = lmi_arena_alloc(a, n);

	if (copy && n > 0)
		memcpy(copy, p, n);
	return copy;
}

char *lmi_arena_strdup(struct lmi_arena *a, struct lmi_span s)
{
	char *copy = s.n < PIECE_MAX ? lmi_arena_alloc(a, s.n + 1) : NULL;

	if (!copy)
		return NULL;
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

char *lmi_arena_printf(struct lmi_arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *text = NULL;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0)
		text = lmi_arena_alloc(a, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return text;
}

void *lmi_arena_grow(struct lmi_arena *a, void *array, size_t count, size_t *cap, size_t element_bytes)
{
	size_t want;
	void *fresh;

	if (count < *cap)
		return array;
	want = *cap ? *cap * 2 : 8;
	if (want > PIECE_MAX / element_bytes)
		return NULL;
	fresh = lmi_arena_alloc(a, want * element_bytes);
	if (!fresh)
		return NULL;
	if (count > 0)
		memcpy(fresh, array, count * element_bytes);
	*cap = want;
	return fresh;
}
