/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <errno.h>
#include <libdeflate.h>

#include "base/error.h"

#define SAFE_DIGITS 18u /* so many decimal digits always fit into 63 bits */

int lmi_span_to_i64(struct lmi_span s, int64_t *out)
{
	uint64_t value = 0, limit = INT64_MAX;
	size_t i = 0, safe;
	bool negative = false;

	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+')) {
		negative = s.p[0] == '-';
		limit += negative;
		i = 1;
	}
	if (i == s.n)
		return -LMQ_EMALFORMED;
	safe = s.n - i > SAFE_DIGITS ? i + SAFE_DIGITS : s.n;
	for (; i < safe; i++) {
		unsigned int digit = (unsigned int)s.p[i] - '0';

		if (digit > 9)
			return -LMQ_EMALFORMED;
		value = value * 10 + digit;
	}
	for (; i < s.n; i++) {
		unsigned int digit = (unsigned int)s.p[i] - '0';

		if (digit > 9)
			return -LMQ_EMALFORMED;
		if (value > (limit - digit) / 10) {
			/* Out of range only if the rest are digits too. */
			for (; i < s.n; i++)
				if (s.p[i] < '0' || s.p[i] > '9')
					return -LMQ_EMALFORMED;
			return -ERANGE;
		}
		value = value * 10 + digit;
	}
	*out = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 0;
}

int lmi_span_to_i32(struct lmi_span s, int32_t *out)
{
	int64_t value;
	int r = lmi_span_to_i64(s, &value);

	if (r < 0)
		return r;
	if (value < INT32_MIN || value > INT32_MAX)
		return -ERANGE;
	*out = (int32_t)value;
	return 0;
}

size_t lmi_i64_to_chars(int64_t v, uint8_t *buf)
{
	uint8_t reversed[LMI_I64_CHARS];
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	size_t n = 0, at = 0;

	do {
		reversed[n++] = (uint8_t)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (v < 0)
		buf[at++] = '-';
	while (n > 0)
		buf[at++] = reversed[--n];
	return at;
}

void lmi_hex_upper(const uint8_t *p, size_t n, char *out)
{
	static const char digits[16] = "0123456789ABCDEF";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int lmi_hex_decode(struct lmi_span hex, uint8_t *out)
{
	if (hex.n % 2 != 0)
		return -LMQ_EMALFORMED;
	for (size_t i = 0; i < hex.n; i++)
		if (hex_digit(hex.p[i]) < 0)
			return -LMQ_EMALFORMED;
	for (size_t i = 0; i < hex.n; i += 2)
		out[i / 2] = (uint8_t)(hex_digit(hex.p[i]) << 4 | hex_digit(hex.p[i + 1]));
	return 0;
}

uint32_t lmi_crc32(uint32_t seed, const void *p, size_t n)
{
	return n == 0 ? seed : libdeflate_crc32(seed, p, n);
}
