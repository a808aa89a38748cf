/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer.  Rule: fastjson SerializeWriter.writeStringWithDoubleQuote; which characters are escaped was measured with
 * fastjson 1.2.83: control characters as \u00XX in capitals but \b \t \n \f \r, also U+007F to U+009F, U+2028 and U+2029;
 * with BrowserCompatible everything from U+007F on, and the slash.
 */
#include "wire/json.h"

#include <assert.h>

#include "wire/json_scan.h"

void lmi_json_out_init(struct lmi_json_out *o, struct lmi_buf *buf)
{
	*o = (struct lmi_json_out){ .buf = buf };
}

/* ---- strings ---- */

static void put_unit(struct lmi_buf *b, uint32_t unit)
{
	static const char digits[16] = "0123456789ABCDEF";
	uint8_t text[6] = { '\\', 'u', (uint8_t)digits[unit >> 12 & 15], (uint8_t)digits[unit >> 8 & 15],
			    (uint8_t)digits[unit >> 4 & 15], (uint8_t)digits[unit & 15] };

	lmi_buf_put(b, text, sizeof(text));
}

/* The character at p of n bytes left; returns its length, or 0 when it is no UTF-8. */
static size_t get_utf8(const uint8_t *p, size_t n, uint32_t *out)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0xC0 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF8 ? 4 : 0;
	uint32_t c;

	if (len == 0 || len > n)
		return 0;
	c = p[0] & (0x7Fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3Fu);
	}
	if (c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	*out = c;
	return len;
}

/* One character beyond ASCII; returns its bytes.  What is no UTF-8 goes through, or is U+FFFD in ASCII. */
static size_t put_wide(struct lmi_buf *b, const uint8_t *p, size_t n, bool ascii_only)
{
	uint32_t c;
	size_t len = get_utf8(p, n, &c);

	if (len == 0) {
		if (ascii_only)
			put_unit(b, 0xFFFD);
		else
			lmi_buf_put8(b, *p);
		return 1;
	}
	if (c >= 0x10000 && ascii_only) {
		put_unit(b, 0xD800 + ((c - 0x10000) >> 10));
		put_unit(b, 0xDC00 + ((c - 0x10000) & 0x3FF));
	} else if (ascii_only || c < 0xA0 || c == 0x2028 || c == 0x2029) {
		put_unit(b, c);
	} else {
		lmi_buf_put(b, p, len);
	}
	return len;
}

static void put_special(struct lmi_buf *b, uint8_t c)
{
	static const char letters[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r' };
	uint8_t pair[2] = { '\\', c };

	if (c < sizeof(letters) && letters[c])
		pair[1] = (uint8_t)letters[c];
	else if (c < 0x20 || c == 0x7F) {
		put_unit(b, c);
		return;
	}
	lmi_buf_put(b, pair, 2);
}

static bool is_plain(uint8_t c, bool ascii_only)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && (c != '/' || !ascii_only);
}

/* From at, the first byte that is not plain. */
static size_t plain_run(struct lmi_span s, size_t at, bool ascii_only)
{
	const uint64_t high = JSON_ONES << 7;

	for (; s.n - at >= 8; at += 8) {
		uint64_t x = json_load8(s.p + at);
		uint64_t hit = ((x - JSON_ONES * 0x20) & ~x & high) | (x & high) | json_match(x, '"') |
			       json_match(x, '\\') | json_match(x, 0x7F);

		if (ascii_only)
			hit |= json_match(x, '/');
		if (hit)
			return at + ((size_t)__builtin_ctzll(hit) >> 3);
	}
	while (at < s.n && is_plain(s.p[at], ascii_only))
		at++;
	return at;
}

void lmi_json_put_quoted(struct lmi_buf *b, struct lmi_span s, bool ascii_only)
{
	size_t at = 0, run;

	lmi_buf_put8(b, '"');
	while (at < s.n) {
		run = plain_run(s, at, ascii_only);
		lmi_buf_put(b, s.p + at, run - at);
		at = run;
		if (at == s.n)
			break;
		if (s.p[at] < 0x80)
			put_special(b, s.p[at++]);
		else
			at += put_wide(b, s.p + at, s.n - at, ascii_only);
	}
	lmi_buf_put8(b, '"');
}

void lmi_json_put_compact(struct lmi_buf *b, struct lmi_span raw)
{
	const uint8_t *p = raw.p, *end = raw.n ? p + raw.n : p, *from;
	bool escaped;

	while (p < end) {
		if (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') {
			p++;
			continue;
		}
		from = p++;
		if (*from == '"') {
			p = json_string_end(p, end, &escaped);
			p = p ? p + 1 : end;
		}
		lmi_buf_put(b, from, (size_t)(p - from));
	}
}

/* ---- structure ---- */

static void new_line(struct lmi_json_out *o)
{
	if (!o->indent)
		return;
	lmi_buf_put8(o->buf, '\n');
	for (unsigned int i = 0; i < o->level; i++)
		lmi_buf_put8(o->buf, '\t');
}

/* Before a key, or before a value that has none. */
static void separate(struct lmi_json_out *o)
{
	if (o->comma)
		lmi_buf_put8(o->buf, ',');
	if (o->level > 0)
		new_line(o);
}

static void before_value(struct lmi_json_out *o)
{
	if (!o->after_key)
		separate(o);
	o->after_key = false;
	o->comma = true;
}

static void open_level(struct lmi_json_out *o, uint8_t bracket)
{
	before_value(o);
	lmi_buf_put8(o->buf, bracket);
	o->level++;
	o->comma = false;
}

static void close_level(struct lmi_json_out *o, uint8_t bracket)
{
	assert(o->level > 0 && !o->after_key);
	o->level--;
	if (o->comma)
		new_line(o);
	lmi_buf_put8(o->buf, bracket);
	o->comma = true;
}

void lmi_json_put_object(struct lmi_json_out *o)
{
	open_level(o, '{');
}

void lmi_json_put_object_end(struct lmi_json_out *o)
{
	close_level(o, '}');
}

void lmi_json_put_array(struct lmi_json_out *o)
{
	open_level(o, '[');
}

void lmi_json_put_array_end(struct lmi_json_out *o)
{
	close_level(o, ']');
}

/* ---- keys ---- */

static void after_key(struct lmi_json_out *o)
{
	lmi_buf_put8(o->buf, ':');
	o->after_key = true;
}

void lmi_json_put_key_span(struct lmi_json_out *o, struct lmi_span key)
{
	separate(o);
	lmi_json_put_quoted(o->buf, key, o->ascii_only);
	after_key(o);
}

void lmi_json_put_key(struct lmi_json_out *o, const char *key)
{
	lmi_json_put_key_span(o, lmi_span_str(key));
}

void lmi_json_put_key_int(struct lmi_json_out *o, int64_t key, bool quoted)
{
	separate(o);
	if (quoted)
		lmi_buf_put8(o->buf, '"');
	lmi_buf_put_i64_text(o->buf, key);
	if (quoted)
		lmi_buf_put8(o->buf, '"');
	after_key(o);
}

void lmi_json_put_key_raw(struct lmi_json_out *o, struct lmi_span raw)
{
	separate(o);
	lmi_buf_put_span(o->buf, raw);
	after_key(o);
}

/* ---- values ---- */

void lmi_json_put_string(struct lmi_json_out *o, struct lmi_span s)
{
	before_value(o);
	lmi_json_put_quoted(o->buf, s, o->ascii_only);
}

void lmi_json_put_str(struct lmi_json_out *o, const char *s)
{
	lmi_json_put_string(o, lmi_span_str(s));
}

void lmi_json_put_i64(struct lmi_json_out *o, int64_t v)
{
	before_value(o);
	lmi_buf_put_i64_text(o->buf, v);
}

void lmi_json_put_raw(struct lmi_json_out *o, struct lmi_span raw)
{
	before_value(o);
	lmi_buf_put_span(o->buf, raw);
}

void lmi_json_put_bool(struct lmi_json_out *o, bool v)
{
	lmi_json_put_raw(o, v ? LMI_SPAN_LIT("true") : LMI_SPAN_LIT("false"));
}

void lmi_json_put_null(struct lmi_json_out *o)
{
	lmi_json_put_raw(o, LMI_SPAN_LIT("null"));
}
