/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans of bytes that somebody else owns, and big-endian numbers.
 * All pure, inline or allocation-free; any thread.
 */
#ifndef LMI_BASE_BYTES_H
#define LMI_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/visibility.h"

/* A borrowed run of bytes.  p may be NULL only when n is 0; "absent" is p == NULL. */
struct lmi_span {
	const uint8_t *p;
	size_t n;
};

#define LMI_SPAN_NULL ((struct lmi_span){ NULL, 0 })
#define LMI_SPAN_LIT(s) ((struct lmi_span){ (const uint8_t *)(s), sizeof(s) - 1 })

static inline struct lmi_span lmi_span(const void *p, size_t n)
{
	return (struct lmi_span){ (const uint8_t *)p, n };
}

static inline struct lmi_span lmi_span_str(const char *s)
{
	return s ? lmi_span(s, strlen(s)) : LMI_SPAN_NULL;
}

static inline bool lmi_span_eq(struct lmi_span a, struct lmi_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool lmi_span_is(struct lmi_span a, const char *s)
{
	return lmi_span_eq(a, lmi_span_str(s));
}

static inline bool lmi_span_starts(struct lmi_span a, struct lmi_span prefix)
{
	return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LMI_BE(bits, v) __builtin_bswap##bits(v)
#else
#define LMI_BE(bits, v) (v)
#endif

#define LMI_BE_PAIR(bits)                                             \
	static inline uint##bits##_t lmi_get##bits(const void *p)     \
	{                                                             \
		uint##bits##_t v;                                     \
		memcpy(&v, p, sizeof(v));                             \
		return LMI_BE(bits, v);                               \
	}                                                             \
	static inline void lmi_put##bits(void *p, uint##bits##_t v)   \
	{                                                             \
		v = LMI_BE(bits, v);                                  \
		memcpy(p, &v, sizeof(v));                             \
	}

/* lmi_get16/32/64(p) and lmi_put16/32/64(p, v): big-endian, unaligned. */
LMI_BE_PAIR(16)
LMI_BE_PAIR(32)
LMI_BE_PAIR(64)

/**
 * Read a decimal integer that fills the whole span, as Java's parseInt/parseLong:
 * an optional sign, digits, nothing else.
 *
 * @out  set only on success
 *
 * Returns 0; -LMQ_EMALFORMED when empty or not a number; -ERANGE when out of range.
 */
LMI_API int lmi_span_to_i64(struct lmi_span s, int64_t *out);
LMI_API int lmi_span_to_i32(struct lmi_span s, int32_t *out);

/**
 * Write the decimal form of a number.
 *
 * @buf  at least LMI_I64_CHARS bytes; not NUL-terminated
 *
 * Returns the number of bytes written.
 */
#define LMI_I64_CHARS 20
LMI_API size_t lmi_i64_to_chars(int64_t v, uint8_t *buf);

/** Upper-case hex of n bytes into 2*n characters, no NUL. */
LMI_API void lmi_hex_upper(const uint8_t *p, size_t n, char *out);

/** Decode 2*n hex digits into n bytes.  Returns 0, or -LMQ_EMALFORMED on a non-digit. */
LMI_API int lmi_hex_decode(struct lmi_span hex, uint8_t *out);

/**
 * CRC-32 (IEEE, as java.util.zip.CRC32), whole value.  RocketMQ's body CRC is this & 0x7FFFFFFF.
 */
LMI_API uint32_t lmi_crc32(uint32_t seed, const void *p, size_t n);

/** A 64-bit hash for tables; keyed once per process against hostile keys. */
LMI_API uint64_t lmi_hash64(const void *p, size_t n);
/** Key the hash; once, before any table is filled (programs call it with a random number at start). */
LMI_API void lmi_hash_seed(uint64_t seed);

#endif
