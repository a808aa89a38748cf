/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"

void lmi_json_out_init(struct lmi_json_out *o, struct lmi_buf *buf)
{
	*o = (struct lmi_json_out){ .buf = buf };
}

static void before_value(struct lmi_json_out *o)
{
	if (o->comma)
		lmi_buf_put8(o->buf, ',');
	o->comma = true;
}

static void open_with(struct lmi_json_out *o, char c)
{
	before_value(o);
	lmi_buf_put8(o->buf, (uint8_t)c);
	o->comma = false;
}

static void close_with(struct lmi_json_out *o, char c)
{
	lmi_buf_put8(o->buf, (uint8_t)c);
	o->comma = true;
}

void lmi_json_put_object(struct lmi_json_out *o) { open_with(o, '{'); }
void lmi_json_put_object_end(struct lmi_json_out *o) { close_with(o, '}'); }
void lmi_json_put_array(struct lmi_json_out *o) { open_with(o, '['); }
void lmi_json_put_array_end(struct lmi_json_out *o) { close_with(o, ']'); }

static void after_key(struct lmi_json_out *o)
{
	lmi_buf_put8(o->buf, ':');
	o->comma = false;
}

void lmi_json_put_key(struct lmi_json_out *o, const char *key)
{
	lmi_json_put_key_span(o, lmi_span_str(key));
}

void lmi_json_put_key_span(struct lmi_json_out *o, struct lmi_span key)
{
	before_value(o);
	lmi_json_put_quoted(o->buf, key, o->ascii_only);
	after_key(o);
}

void lmi_json_put_key_int(struct lmi_json_out *o, int64_t key, bool quoted)
{
	before_value(o);
	if (quoted)
		lmi_buf_put8(o->buf, '"');
	lmi_buf_put_i64_text(o->buf, key);
	if (quoted)
		lmi_buf_put8(o->buf, '"');
	after_key(o);
}

void lmi_json_put_key_raw(struct lmi_json_out *o, struct lmi_span raw)
{
	before_value(o);
	lmi_buf_put_span(o->buf, raw);
	after_key(o);
}

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

void lmi_json_put_bool(struct lmi_json_out *o, bool v)
{
	before_value(o);
	lmi_buf_put_str(o->buf, v ? "true" : "false");
}

void lmi_json_put_null(struct lmi_json_out *o)
{
	before_value(o);
	lmi_buf_put_str(o->buf, "null");
}

void lmi_json_put_raw(struct lmi_json_out *o, struct lmi_span raw)
{
	before_value(o);
	lmi_buf_put_span(o->buf, raw);
}

static void put_u(struct lmi_buf *b, uint32_t unit)
{
	uint8_t be[2];
	char hex[4];

	lmi_put16(be, (uint16_t)unit);
	lmi_hex_upper(be, 2, hex);
	lmi_buf_put(b, "\\u", 2);
	lmi_buf_put(b, hex, 4);
}

static void put_escaped(struct lmi_buf *b, uint8_t c)
{
	static const char shorts[] = "\bb\tt\nn\ff\rr\"\"\\\\";

	for (const char *s = shorts; *s; s += 2)
		if ((uint8_t)s[0] == c) {
			lmi_buf_put8(b, '\\');
			lmi_buf_put8(b, (uint8_t)s[1]);
			return;
		}
	put_u(b, c);
}

/* One code point of UTF-8 from p; malformed bytes count one by one as U+FFFD. */
static uint32_t utf8_next(const uint8_t **pp, const uint8_t *end)
{
	const uint8_t *p = *pp;
	uint32_t c = *p++;
	int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC2 ? 1 : -1;

	if (more < 0 || c > 0xF4 || end - p < more) {
		*pp = p;
		return 0xFFFD;
	}
	c &= 0x3Fu >> more;
	for (int i = 0; i < more; i++) {
		if ((p[i] & 0xC0) != 0x80) {
			*pp += 1;
			return 0xFFFD;
		}
		c = c << 6 | (p[i] & 0x3F);
	}
	*pp = p + more;
	return c;
}

void lmi_json_put_quoted(struct lmi_buf *b, struct lmi_span s, bool ascii_only)
{
	const uint8_t *p = s.p, *end = p ? p + s.n : p, *run = p;

	lmi_buf_put8(b, '"');
	while (p < end) {
		if (*p >= 0x20 && *p != '"' && *p != '\\' && *p != 0x7F && (*p < 0x80 || !ascii_only)) {
			p++;
			continue;
		}
		lmi_buf_put(b, run, (size_t)(p - run));
		if (*p < 0x80) {
			put_escaped(b, *p++);
		} else {
			uint32_t c = utf8_next(&p, end);

			if (c >= 0x10000) {
				put_u(b, 0xD800 + ((c - 0x10000) >> 10));
				c = 0xDC00 + ((c - 0x10000) & 0x3FF);
			}
			put_u(b, c);
		}
		run = p;
	}
	if (p != run)
		lmi_buf_put(b, run, (size_t)(p - run));
	lmi_buf_put8(b, '"');
}
