/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes at a time through JSON strings.  Only for the files of lib/wire. */
#ifndef LMI_WIRE_JSON_SCAN_H
#define LMI_WIRE_JSON_SCAN_H

#include "base/bytes.h"

#define JSON_ONES 0x0101010101010101u

/* The first byte in memory is the lowest one of the number. */
static inline uint64_t json_load8(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

/* The lowest bit set is in the first byte that equals c; bits above it may be wrong. */
static inline uint64_t json_match(uint64_t x, uint8_t c)
{
	uint64_t t = x ^ (JSON_ONES * c);

	return (t - JSON_ONES) & ~t & (JSON_ONES << 7);
}

/* From p, inside a string: the first quote or backslash, or end. */
static inline const uint8_t *json_quote_or_backslash(const uint8_t *p, const uint8_t *end)
{
	while (end - p >= 8) {
		uint64_t x = json_load8(p), hit = json_match(x, '"') | json_match(x, '\\');

		if (hit)
			return p + (__builtin_ctzll(hit) >> 3);
		p += 8;
	}
	while (p < end && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* From p, just inside a string: its closing quote, or NULL.  Sets *escaped when a backslash was passed. */
static inline const uint8_t *json_string_end(const uint8_t *p, const uint8_t *end, bool *escaped)
{
	*escaped = false;
	for (;;) {
		p = json_quote_or_backslash(p, end);
		if (p == end)
			return NULL;
		if (*p == '"')
			return p;
		*escaped = true;
		if (end - p < 2)
			return NULL;
		p += 2;
	}
}

static inline const uint8_t *json_space(const uint8_t *p, const uint8_t *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

#endif
