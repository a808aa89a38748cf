/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_MIN 256u

void lmi_buf_done(struct lmi_buf *b)
{
	free(b->mem);
	*b = (struct lmi_buf){ 0 };
}

void lmi_buf_reset(struct lmi_buf *b, size_t keep_bytes)
{
	if (b->cap > keep_bytes) {
		lmi_buf_done(b);
		return;
	}
	b->head = b->tail = 0;
	b->failed = false;
}

/* Move to larger memory.  Returns false without it. */
static bool grow(struct lmi_buf *b, size_t n)
{
	size_t live = lmi_buf_len(b), cap = b->cap < BUF_MIN ? BUF_MIN : b->cap;
	uint8_t *mem;

	if (n > SIZE_MAX / 2 - live)
		return false;
	while (cap < live + n)
		cap *= 2;
	if (b->head == 0) {
		mem = realloc(b->mem, cap);
		if (!mem)
			return false;
	} else {
		mem = malloc(cap);
		if (!mem)
			return false;
		memcpy(mem, b->mem + b->head, live);
		free(b->mem);
		b->head = 0;
		b->tail = live;
	}
	b->mem = mem;
	b->cap = cap;
	return true;
}

uint8_t *lmi_buf_reserve(struct lmi_buf *b, size_t n)
{
	size_t live = lmi_buf_len(b);

	if (b->failed)
		return NULL;
	if (b->mem && b->cap - b->tail >= n)
		return b->mem + b->tail;
	if (b->mem && b->cap - live >= n && b->head >= live) {
		/* At least as much was consumed as is moved: constant cost a byte. */
		if (live > 0)
			memcpy(b->mem, b->mem + b->head, live);
		b->head = 0;
		b->tail = live;
	} else if (!grow(b, n)) {
		b->failed = true;
		return NULL;
	}
	return b->mem + b->tail;
}

void lmi_buf_consume(struct lmi_buf *b, size_t n)
{
	assert(n <= lmi_buf_len(b));
	b->head += n;
	if (b->head == b->tail)
		b->head = b->tail = 0;
}

void lmi_buf_put(struct lmi_buf *b, const void *p, size_t n)
{
	uint8_t *to = n > 0 ? lmi_buf_reserve(b, n) : NULL;

	if (!to)
		return;
	memcpy(to, p, n);
	b->tail += n;
}

void lmi_buf_put_span(struct lmi_buf *b, struct lmi_span s)
{
	lmi_buf_put(b, s.p, s.n);
}

void lmi_buf_put_str(struct lmi_buf *b, const char *s)
{
	lmi_buf_put(b, s, strlen(s));
}

void lmi_buf_put8(struct lmi_buf *b, uint8_t v)
{
	lmi_buf_put(b, &v, 1);
}

void lmi_buf_put16(struct lmi_buf *b, uint16_t v)
{
	v = LMI_BE(16, v);
	lmi_buf_put(b, &v, sizeof(v));
}

void lmi_buf_put32(struct lmi_buf *b, uint32_t v)
{
	v = LMI_BE(32, v);
	lmi_buf_put(b, &v, sizeof(v));
}

void lmi_buf_put64(struct lmi_buf *b, uint64_t v)
{
	v = LMI_BE(64, v);
	lmi_buf_put(b, &v, sizeof(v));
}

void lmi_buf_put_i64_text(struct lmi_buf *b, int64_t v)
{
	uint8_t *to = lmi_buf_reserve(b, LMI_I64_CHARS);

	if (to)
		b->tail += lmi_i64_to_chars(v, to);
}

void lmi_buf_printf(struct lmi_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	uint8_t *to = NULL;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0)
		to = lmi_buf_reserve(b, (size_t)n + 1); /* vsnprintf wants to write its NUL */
	if (to) {
		vsnprintf((char *)to, (size_t)n + 1, fmt, again);
		b->tail += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

/* ---- shared, immutable ---- */

struct lmi_rcbuf *lmi_rcbuf_new(size_t n)
{
	struct lmi_rcbuf *b = n < SIZE_MAX / 2 ? malloc(sizeof(*b) + n) : NULL;

	if (!b)
		return NULL;
	b->refs = 1;
	b->n = n;
	return b;
}

struct lmi_rcbuf *lmi_rcbuf_dup(const void *p, size_t n)
{
	struct lmi_rcbuf *b = lmi_rcbuf_new(n);

	if (b && n > 0)
		memcpy(b->data, p, n);
	return b;
}

struct lmi_rcbuf *lmi_rcbuf_ref(struct lmi_rcbuf *b)
{
	uint32_t before = __atomic_fetch_add(&b->refs, 1, __ATOMIC_RELAXED);

	assert(before > 0 && before < UINT32_MAX);
	return b;
}

void lmi_rcbuf_unref(struct lmi_rcbuf *b)
{
	if (b && __atomic_fetch_sub(&b->refs, 1, __ATOMIC_ACQ_REL) == 1)
		free(b);
}
