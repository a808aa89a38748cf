/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growable byte buffer (read at the front, append at the back) and a
 * refcounted immutable one.  lmi_buf: owner is one thread.  lmi_rcbuf: any
 * thread may ref and unref.
 */
#ifndef LMI_BASE_BUF_H
#define LMI_BASE_BUF_H

#include "base/bytes.h"

struct lmi_buf {
	uint8_t *mem;
	size_t head, tail, cap; /* bytes in use: mem[head..tail) */
	bool failed;            /* an append found no memory; sticky until reset */
};

static inline size_t lmi_buf_len(const struct lmi_buf *b) { return b->tail - b->head; }
static inline uint8_t *lmi_buf_data(const struct lmi_buf *b) { return b->mem ? b->mem + b->head : NULL; }
static inline struct lmi_span lmi_buf_span(const struct lmi_buf *b)
{
	return lmi_span(b->mem ? b->mem + b->head : NULL, b->tail - b->head);
}

/** A zeroed struct is an empty buffer. */
LMI_API void lmi_buf_done(struct lmi_buf *b);
/** Empty it; keeps memory up to keep_bytes, frees it above. */
LMI_API void lmi_buf_reset(struct lmi_buf *b, size_t keep_bytes);
/** Make room for n more bytes at the tail.  Returns a pointer to them, or NULL (failed set). */
LMI_API uint8_t *lmi_buf_reserve(struct lmi_buf *b, size_t n);
/** Count n reserved bytes as written. */
static inline void lmi_buf_commit(struct lmi_buf *b, size_t n) { b->tail += n; }
/** Drop n bytes from the front. */
LMI_API void lmi_buf_consume(struct lmi_buf *b, size_t n);

/* Appends.  On lack of memory they set failed and do nothing; check failed once at the end. */
LMI_API void lmi_buf_put(struct lmi_buf *b, const void *p, size_t n);
LMI_API void lmi_buf_put_span(struct lmi_buf *b, struct lmi_span s);
LMI_API void lmi_buf_put_str(struct lmi_buf *b, const char *s);
LMI_API void lmi_buf_put8(struct lmi_buf *b, uint8_t v);
LMI_API void lmi_buf_put16(struct lmi_buf *b, uint16_t v);
LMI_API void lmi_buf_put32(struct lmi_buf *b, uint32_t v);
LMI_API void lmi_buf_put64(struct lmi_buf *b, uint64_t v);
LMI_API void lmi_buf_put_i64_text(struct lmi_buf *b, int64_t v);
LMI_API void lmi_buf_printf(struct lmi_buf *b, const char *fmt, ...) LMI_PRINTF(2, 3);

/* An immutable run of bytes shared by reference. */
struct lmi_rcbuf {
	uint32_t refs; /* atomic */
	size_t n;
	uint8_t data[];
};

/** Gives a buffer of n uninitialised bytes with one reference (fill before sharing), or NULL. */
LMI_API struct lmi_rcbuf *lmi_rcbuf_new(size_t n);
LMI_API struct lmi_rcbuf *lmi_rcbuf_dup(const void *p, size_t n);
LMI_API struct lmi_rcbuf *lmi_rcbuf_ref(struct lmi_rcbuf *b);
/** Accepts NULL. */
LMI_API void lmi_rcbuf_unref(struct lmi_rcbuf *b);

#endif
