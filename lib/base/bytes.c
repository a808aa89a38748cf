/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <errno.h>
#include <libdeflate.h>

#include "base/error.h"

int lmi_span_to_i64(struct lmi_span s, int64_t *out)
{
	size_t i = 0;
	bool neg = false;
	uint64_t v = 0;
	uint64_t limit = INT64_MAX;

	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+')) {
		neg = s.p[0] == '-';
		limit += neg;
		i = 1;
	}
	if (i == s.n)
		return -LMQ_EMALFORMED;
	for (; i < s.n; i++) {
		unsigned int d = (unsigned int)s.p[i] - '0';

		if (d > 9)
			return -LMQ_EMALFORMED;
		if (v > (limit - d) / 10)
			return -ERANGE;
		v = v * 10 + d;
	}
	*out = neg ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

int lmi_span_to_i32(struct lmi_span s, int32_t *out)
{
	int64_t v;
	int r = lmi_span_to_i64(s, &v);

	if (r < 0)
		return r;
	if (v < INT32_MIN || v > INT32_MAX)
		return -ERANGE;
	*out = (int32_t)v;
	return 0;
}

size_t lmi_i64_to_chars(int64_t v, uint8_t *buf)
{
	uint8_t tmp[LMI_I64_CHARS];
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	size_t n = 0, len = 0;

	do {
		tmp[n++] = (uint8_t)('0' + u % 10);
		u /= 10;
	} while (u);
	if (v < 0)
		buf[len++] = '-';
	while (n)
		buf[len++] = tmp[--n];
	return len;
}

void lmi_hex_upper(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int lmi_hex_decode(struct lmi_span hex, uint8_t *out)
{
	if (hex.n % 2)
		return -LMQ_EMALFORMED;
	for (size_t i = 0; i < hex.n; i += 2) {
		int hi = hex_value(hex.p[i]), lo = hex_value(hex.p[i + 1]);

		if (hi < 0 || lo < 0)
			return -LMQ_EMALFORMED;
		out[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

uint32_t lmi_crc32(uint32_t seed, const void *p, size_t n)
{
	return n ? libdeflate_crc32(seed, p, n) : seed;
}

static uint64_t hash_key = 0x9E3779B97F4A7C15u;

void lmi_hash_seed(uint64_t seed)
{
	hash_key = seed | 1;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t lmi_hash64(const void *p, size_t n)
{
	const uint8_t *s = p;
	uint64_t h = hash_key ^ n;

	for (; n >= 8; n -= 8, s += 8) {
		uint64_t w;

		memcpy(&w, s, 8);
		h = mix(h ^ w, 0xD6E8FEB86659FD93u ^ hash_key);
	}
	if (n) {
		uint64_t w = 0;

		memcpy(&w, s, n);
		h = mix(h ^ w, 0xA0761D6478BD642Fu ^ hash_key);
	}
	return mix(h, 0xE7037ED1A0B428DBu ^ h);
}
