/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"

#include <errno.h>
#include <strings.h>

/* What may come next at the present depth. */
enum state {
	WANT_VALUE,          /* a value, nothing else */
	WANT_KEY_OR_END,     /* just after '{' */
	WANT_KEY,            /* after ',' in an object */
	WANT_COMMA_OR_END,   /* after a value inside something */
	WANT_VALUE_OR_END,   /* just after '[' */
	DONE
};

void lmi_json_init(struct lmi_json *j, struct lmi_span text)
{
	static const uint8_t none[1];

	*j = (struct lmi_json){ .state = WANT_VALUE };
	j->begin = j->p = text.p ? text.p : none;
	j->end = j->begin + text.n;
}

static int fail(struct lmi_json *j, int err)
{
	j->error = err;
	return err;
}

static void blanks(struct lmi_json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r'))
		j->p++;
}

/* After the opening quote.  Only finds the end; escapes are resolved by lmi_json_text. */
static int scan_string(struct lmi_json *j, struct lmi_json_token *t)
{
	const uint8_t *start = j->p;

	t->escaped = false;
	for (; j->p < j->end; j->p++) {
		if (*j->p == '"') {
			t->text = lmi_span(start, (size_t)(j->p - start));
			j->p++;
			return 0;
		}
		if (*j->p == '\\') {
			t->escaped = true;
			if (++j->p == j->end)
				break;
		}
	}
	return fail(j, -LMQ_EMALFORMED);
}

static bool number_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static int scan_number(struct lmi_json *j, struct lmi_json_token *t)
{
	const uint8_t *start = j->p;
	bool digit = false;

	for (; j->p < j->end && number_char(*j->p); j->p++)
		digit |= *j->p >= '0' && *j->p <= '9';
	if (!digit)
		return fail(j, -LMQ_EMALFORMED);
	t->text = lmi_span(start, (size_t)(j->p - start));
	return 0;
}

static bool word(struct lmi_json *j, const char *w, size_t n)
{
	if ((size_t)(j->end - j->p) < n || memcmp(j->p, w, n) != 0)
		return false;
	j->p += n;
	return true;
}

static int push(struct lmi_json *j, uint8_t what, enum state next)
{
	if (j->depth == LMI_JSON_DEPTH_MAX)
		return fail(j, -LMQ_EDEPTH);
	j->stack[j->depth++] = what;
	j->state = next;
	j->p++;
	return 0;
}

static void value_done(struct lmi_json *j)
{
	j->state = j->depth ? WANT_COMMA_OR_END : DONE;
}

static int pop(struct lmi_json *j, struct lmi_json_token *t)
{
	t->kind = j->stack[j->depth - 1] == '{' ? LMI_JSON_OBJECT_END : LMI_JSON_ARRAY_END;
	j->depth--;
	j->p++;
	value_done(j);
	return 0;
}

static int scan_value(struct lmi_json *j, struct lmi_json_token *t)
{
	switch (*j->p) {
	case '{':
		t->kind = LMI_JSON_OBJECT;
		return push(j, '{', WANT_KEY_OR_END);
	case '[':
		t->kind = LMI_JSON_ARRAY;
		return push(j, '[', WANT_VALUE_OR_END);
	case '"':
		j->p++;
		t->kind = LMI_JSON_STRING;
		value_done(j);
		return scan_string(j, t);
	default:
		break;
	}
	t->text = lmi_span(j->p, 0);
	value_done(j);
	if (word(j, "true", 4) || word(j, "false", 5)) {
		t->kind = LMI_JSON_BOOL;
		t->truth = *t->text.p == 't';
		t->text.n = t->truth ? 4 : 5;
		return 0;
	}
	if (word(j, "null", 4)) {
		t->kind = LMI_JSON_NULL;
		t->text.n = 4;
		return 0;
	}
	t->kind = LMI_JSON_NUMBER;
	return scan_number(j, t);
}

/* An object used as a key: give its raw text.  A parser of its own, one level less deep, finds the end. */
static int scan_object_key(struct lmi_json *j, struct lmi_json_token *t)
{
	struct lmi_json inner;
	struct lmi_json_token it;
	const uint8_t *start = j->p;

	lmi_json_init(&inner, lmi_span(j->p, (size_t)(j->end - j->p)));
	do {
		int r = lmi_json_next(&inner, &it);

		if (r < 0)
			return fail(j, r);
		if (it.kind == LMI_JSON_KEY && it.key_kind == LMI_JSON_OBJECT)
			return fail(j, -LMQ_EDEPTH); /* keys within keys: nobody writes them */
	} while (inner.depth > 0);
	j->p = inner.p;
	t->key_kind = LMI_JSON_OBJECT;
	t->text = lmi_span(start, (size_t)(j->p - start));
	return 0;
}

static int scan_key(struct lmi_json *j, struct lmi_json_token *t)
{
	int r;

	t->kind = LMI_JSON_KEY;
	if (*j->p == '"') {
		j->p++;
		t->key_kind = LMI_JSON_STRING;
		r = scan_string(j, t);
	} else if (*j->p == '{') {
		r = scan_object_key(j, t);
	} else {
		t->key_kind = LMI_JSON_NUMBER;
		r = scan_number(j, t);
	}
	if (r < 0)
		return r;
	blanks(j);
	if (j->p == j->end || *j->p != ':')
		return fail(j, -LMQ_EMALFORMED);
	j->p++;
	j->state = WANT_VALUE;
	return 0;
}

int lmi_json_next(struct lmi_json *j, struct lmi_json_token *out)
{
	struct lmi_json_token t = { 0 };
	int r;

	if (j->error)
		return j->error;
	blanks(j);
	if (j->state == DONE) {
		if (j->p != j->end)
			return fail(j, -LMQ_EMALFORMED);
		*out = t;
		return 0;
	}
	if (j->p == j->end)
		return fail(j, -LMQ_EMALFORMED);
	if (j->state == WANT_COMMA_OR_END) {
		bool object = j->stack[j->depth - 1] == '{';

		if (*j->p == (object ? '}' : ']')) {
			r = pop(j, &t);
			goto out;
		}
		if (*j->p != ',')
			return fail(j, -LMQ_EMALFORMED);
		j->p++;
		j->state = object ? WANT_KEY : WANT_VALUE;
		blanks(j);
		if (j->p == j->end)
			return fail(j, -LMQ_EMALFORMED);
	}
	if ((j->state == WANT_KEY_OR_END && *j->p == '}') || (j->state == WANT_VALUE_OR_END && *j->p == ']'))
		r = pop(j, &t);
	else if (j->state == WANT_KEY_OR_END || j->state == WANT_KEY)
		r = scan_key(j, &t);
	else
		r = scan_value(j, &t);
out:
	if (r < 0)
		return r;
	*out = t;
	return 0;
}

static int skip_rest(struct lmi_json *j, const struct lmi_json_token *first)
{
	struct lmi_json_token t;
	unsigned int depth = j->depth;

	if (first->kind != LMI_JSON_OBJECT && first->kind != LMI_JSON_ARRAY)
		return 0;
	while (j->depth >= depth) {
		int r = lmi_json_next(j, &t);

		if (r < 0)
			return r;
	}
	return 0;
}

int lmi_json_skip(struct lmi_json *j)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);

	return r < 0 ? r : skip_rest(j, &t);
}

int lmi_json_raw(struct lmi_json *j, struct lmi_span *out_raw)
{
	const uint8_t *start;
	int r;

	blanks(j);
	start = j->p;
	r = lmi_json_skip(j);
	if (r < 0)
		return r;
	*out_raw = lmi_span(start, (size_t)(j->p - start));
	return 0;
}

static int hex4(const uint8_t *p, const uint8_t *end, uint32_t *out)
{
	uint8_t b[2];

	if (end - p < 4 || lmi_hex_decode(lmi_span(p, 4), b) < 0)
		return -LMQ_EMALFORMED;
	*out = lmi_get16(b);
	return 0;
}

static uint8_t *put_utf8(uint8_t *d, uint32_t c)
{
	if (c < 0x80) {
		*d++ = (uint8_t)c;
	} else if (c < 0x800) {
		*d++ = (uint8_t)(0xC0 | c >> 6);
		*d++ = (uint8_t)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*d++ = (uint8_t)(0xE0 | c >> 12);
		*d++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
		*d++ = (uint8_t)(0x80 | (c & 0x3F));
	} else {
		*d++ = (uint8_t)(0xF0 | c >> 18);
		*d++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));
		*d++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
		*d++ = (uint8_t)(0x80 | (c & 0x3F));
	}
	return d;
}

/* After "\\u".  A lone surrogate becomes U+FFFD, as Java's encoder would write '?'. */
static int unescape_u(const uint8_t **pp, const uint8_t *end, uint32_t *out)
{
	const uint8_t *p = *pp;
	uint32_t c, low;

	if (hex4(p, end, &c) < 0)
		return -LMQ_EMALFORMED;
	p += 4;
	if (c >= 0xD800 && c < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' && hex4(p + 2, end, &low) == 0 &&
	    low >= 0xDC00 && low < 0xE000) {
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
		p += 6;
	} else if (c >= 0xD800 && c < 0xE000) {
		c = 0xFFFD;
	}
	*pp = p;
	*out = c;
	return 0;
}

static int plain_escape(uint8_t c)
{
	switch (c) {
	case '"': case '\\': case '/': case '\'': return c;
	case 'b': return '\b';
	case 'f': case 'F': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case 'v': return '\v';
	case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': return c - '0';
	default: return -1;
	}
}

int lmi_json_text(const struct lmi_json_token *t, struct lmi_arena *a, struct lmi_span *out)
{
	const uint8_t *p = t->text.p, *end = p + t->text.n;
	uint8_t *mem, *d;

	if (!t->escaped) {
		*out = t->text;
		return 0;
	}
	mem = d = lmi_arena_alloc(a, t->text.n);
	if (!mem)
		return -ENOMEM;
	while (p < end) {
		const uint8_t *esc = memchr(p, '\\', (size_t)(end - p));
		size_t run = (size_t)((esc ? esc : end) - p);
		uint32_t c;
		int plain;

		memcpy(d, p, run);
		d += run;
		p += run;
		if (!esc)
			break;
		if (++p == end)
			return -LMQ_EMALFORMED;
		if (*p == 'u') {
			p++;
			if (unescape_u(&p, end, &c) < 0)
				return -LMQ_EMALFORMED;
			d = put_utf8(d, c); /* at most 4 bytes for the 6 or 12 read */
			continue;
		}
		plain = plain_escape(*p++);
		if (plain < 0)
			return -LMQ_EMALFORMED;
		*d++ = (uint8_t)plain;
	}
	*out = lmi_span(mem, (size_t)(d - mem));
	return 0;
}

bool lmi_json_is(const struct lmi_json_token *t, const char *s)
{
	return !t->escaped && lmi_span_is(t->text, s);
}

int lmi_json_i64(struct lmi_json *j, int64_t *out)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);

	if (r < 0)
		return r;
	if (t.kind == LMI_JSON_NULL)
		return 0;
	if (t.kind != LMI_JSON_NUMBER && t.kind != LMI_JSON_STRING)
		return fail(j, -LMQ_EMALFORMED);
	r = lmi_span_to_i64(t.text, out);
	return r < 0 ? fail(j, -LMQ_EMALFORMED) : 0;
}

int lmi_json_i32(struct lmi_json *j, int32_t *out)
{
	int64_t v = *out;
	int r = lmi_json_i64(j, &v);

	if (r < 0)
		return r;
	if (v < INT32_MIN || v > INT32_MAX)
		return fail(j, -LMQ_EMALFORMED);
	*out = (int32_t)v;
	return 0;
}

int lmi_json_bool(struct lmi_json *j, bool *out)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);

	if (r < 0)
		return r;
	switch (t.kind) {
	case LMI_JSON_NULL:
		return 0;
	case LMI_JSON_BOOL:
		*out = t.truth;
		return 0;
	case LMI_JSON_STRING:
		*out = t.text.n == 4 && strncasecmp((const char *)t.text.p, "true", 4) == 0;
		return 0;
	case LMI_JSON_NUMBER:
		*out = !lmi_span_is(t.text, "0");
		return 0;
	default:
		return fail(j, -LMQ_EMALFORMED);
	}
}

int lmi_json_string(struct lmi_json *j, struct lmi_arena *a, struct lmi_span *out)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);

	if (r < 0)
		return r;
	switch (t.kind) {
	case LMI_JSON_NULL:
		*out = LMI_SPAN_NULL;
		return 0;
	case LMI_JSON_STRING:
		r = lmi_json_text(&t, a, out);
		return r < 0 ? fail(j, r) : 0;
	case LMI_JSON_NUMBER:
	case LMI_JSON_BOOL:
		*out = t.text;
		return 0;
	default:
		return fail(j, -LMQ_EMALFORMED);
	}
}
