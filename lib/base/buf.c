/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

uint8_t *lmi_buf_reserve(struct lmi_buf *b, size_t n)
{
	size_t len = b->tail - b->head, cap;
	uint8_t *mem;

	if (b->failed)
		return NULL;
	if (b->cap - b->tail >= n && b->mem)
		return b->mem + b->tail;
	if (n > SIZE_MAX / 4 - len) {
		b->failed = true;
		return NULL;
	}
	if (b->mem && b->head >= len && b->cap - len >= n) { /* move down rather than grow */
		memcpy(b->mem, b->mem + b->head, len);
		b->head = 0;
		b->tail = len;
		return b->mem + b->tail;
	}
	cap = b->cap ? b->cap : 256;
	while (cap < len + n)
		cap *= 2;
	mem = malloc(cap);
	if (!mem) {
		b->failed = true;
		return NULL;
	}
	if (len)
		memcpy(mem, b->mem + b->head, len);
	free(b->mem);
	b->mem = mem;
	b->cap = cap;
	b->head = 0;
	b->tail = len;
	return b->mem + b->tail;
}

void lmi_buf_consume(struct lmi_buf *b, size_t n)
{
	b->head += n;
	if (b->head == b->tail)
		b->head = b->tail = 0;
}

void lmi_buf_put(struct lmi_buf *b, const void *p, size_t n)
{
	uint8_t *d;

	if (n == 0)
		return;
	d = lmi_buf_reserve(b, n);
	if (!d)
		return;
	memcpy(d, p, n);
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

#define PUT(bits)                                                   \
	void lmi_buf_put##bits(struct lmi_buf *b, uint##bits##_t v) \
	{                                                           \
		uint8_t *d = lmi_buf_reserve(b, bits / 8);          \
		if (!d)                                             \
			return;                                     \
		lmi_put##bits(d, v);                                \
		b->tail += bits / 8;                                \
	}
PUT(16)
PUT(32)
PUT(64)

void lmi_buf_put_i64_text(struct lmi_buf *b, int64_t v)
{
	uint8_t *d = lmi_buf_reserve(b, LMI_I64_CHARS);

	if (d)
		b->tail += lmi_i64_to_chars(v, d);
}

void lmi_buf_printf(struct lmi_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	uint8_t *d;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	d = n < 0 ? NULL : lmi_buf_reserve(b, (size_t)n + 1);
	if (d) {
		vsnprintf((char *)d, (size_t)n + 1, fmt, again);
		b->tail += (size_t)n;
	}
	va_end(again);
}

struct lmi_rcbuf *lmi_rcbuf_new(size_t n)
{
	struct lmi_rcbuf *b;

	if (n > SIZE_MAX / 2)
		return NULL;
	b = malloc(sizeof(*b) + n);
	if (!b)
		return NULL;
	b->refs = 1;
	b->n = n;
	return b;
}

struct lmi_rcbuf *lmi_rcbuf_dup(const void *p, size_t n)
{
	struct lmi_rcbuf *b = lmi_rcbuf_new(n);

	if (b && n)
		memcpy(b->data, p, n);
	return b;
}

struct lmi_rcbuf *lmi_rcbuf_ref(struct lmi_rcbuf *b)
{
	__atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
	return b;
}

void lmi_rcbuf_unref(struct lmi_rcbuf *b)
{
	if (b && __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(b);
}
