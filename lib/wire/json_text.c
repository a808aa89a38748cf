/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between the quotes, without its escapes.  Rule: fastjson JSONLexerBase.readString. */
#include <errno.h>

#include "wire/json.h"
#include "wire/json_scan.h"

#define UTF8_MAX 4u
#define REPLACEMENT 0xFFFDu

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at p, or -1. */
static int hex4(const uint8_t *p, const uint8_t *end)
{
	int value = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static size_t put_utf8(uint32_t c, uint8_t *to)
{
	if (c < 0x80) {
		to[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (uint8_t)(0xC0 | c >> 6);
		to[1] = (uint8_t)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (uint8_t)(0xE0 | c >> 12);
		to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
		to[2] = (uint8_t)(0x80 | (c & 0x3F));
		return 3;
	}
	to[0] = (uint8_t)(0xF0 | c >> 18);
	to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
	to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
	to[3] = (uint8_t)(0x80 | (c & 0x3F));
	return 4;
}

/* \uXXXX at *p (behind the u), with its second half when it is a pair. */
static int unicode(const uint8_t **p, const uint8_t *end, uint8_t *to)
{
	int c, low;

	/* Nearly always the separators of properties. */
	if (end - *p >= 4 && memcmp(*p, "000", 3) == 0 && ((*p)[3] == '1' || (*p)[3] == '2')) {
		to[0] = (uint8_t)((*p)[3] - '0');
		*p += 4;
		return 1;
	}
	c = hex4(*p, end);
	if (c < 0)
		return -LMQ_EMALFORMED;
	*p += 4;
	if (c < 0xD800 || c > 0xDFFF)
		return (int)put_utf8((uint32_t)c, to);
	if (c > 0xDBFF || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
		return (int)put_utf8(REPLACEMENT, to);
	low = hex4(*p + 2, end);
	if (low < 0xDC00 || low > 0xDFFF)
		return (int)put_utf8(REPLACEMENT, to);
	*p += 6;
	return (int)put_utf8(0x10000u + ((uint32_t)(c - 0xD800) << 10) + (uint32_t)(low - 0xDC00), to);
}

/* The escape at *p, a backslash: writes up to UTF8_MAX bytes, returns how many. */
static int escape(const uint8_t **p, const uint8_t *end, uint8_t *to)
{
	uint8_t c;

	if (end - *p < 2)
		return -LMQ_EMALFORMED;
	c = (*p)[1];
	*p += 2;
	switch (c) {
	case 'u':
		return unicode(p, end, to);
	case '"':
	case '\\':
	case '/':
		to[0] = c;
		return 1;
	case 'b':
		to[0] = '\b';
		return 1;
	case 'f':
		to[0] = '\f';
		return 1;
	case 'n':
		to[0] = '\n';
		return 1;
	case 'r':
		to[0] = '\r';
		return 1;
	case 't':
		to[0] = '\t';
		return 1;
	default:
		return -LMQ_EMALFORMED;
	}
}

/* Copy up to the next backslash; to has room for 8 bytes more than there are left to read. */
static uint8_t *copy_plain(const uint8_t **p, const uint8_t *end, uint8_t *to)
{
	const uint8_t *from = *p;

	while (end - from >= 8) {
		uint64_t hit = json_match(json_load8(from), '\\');
		int n = hit ? __builtin_ctzll(hit) >> 3 : 8;

		memcpy(to, from, 8);
		from += n;
		to += n;
		if (hit) {
			*p = from;
			return to;
		}
	}
	while (from < end && *from != '\\')
		*to++ = *from++;
	*p = from;
	return to;
}

int lmi_json_text(const struct lmi_json_token *t, struct lmi_arena *a, struct lmi_span *out)
{
	const uint8_t *p = t->text.p, *end = p + t->text.n;
	uint8_t *copy, *to;

	if (!t->escaped) {
		*out = t->text;
		return 0;
	}
	copy = to = lmi_arena_alloc(a, t->text.n + 8); /* every escape is longer than what it stands for */
	if (!copy)
		return -ENOMEM;
	while (p < end) {
		int n;

		if (*p != '\\') {
			to = copy_plain(&p, end, to);
			continue;
		}
		n = escape(&p, end, to);
		if (n < 0)
			return n;
		to += n;
	}
	*out = lmi_span(copy, (size_t)(to - copy));
	return 0;
}

bool lmi_json_is_escaped(const struct lmi_json_token *t, const char *s)
{
	const uint8_t *p = t->text.p, *end = p + t->text.n;
	size_t left = strlen(s);

	while (p < end) {
		uint8_t plain[UTF8_MAX] = { *p };
		int n = 1;

		if (*p == '\\')
			n = escape(&p, end, plain);
		else
			p++;
		if (n < 0 || (size_t)n > left || memcmp(plain, s, (size_t)n) != 0)
			return false;
		s += n;
		left -= (size_t)n;
	}
	return left == 0;
}
