/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/command.h"

#include <errno.h>

#include "wire/json.h"

struct lmi_span lmi_command_ext(const struct lmi_command *c, enum lmi_ext_key key)
{
	for (uint32_t i = c->ext_count; i-- > 0;)
		if (c->ext[i].key == key)
			return c->ext[i].value;
	return LMI_SPAN_NULL;
}

int lmi_command_ext_i32(const struct lmi_command *c, enum lmi_ext_key key, int32_t *out)
{
	struct lmi_span v = lmi_command_ext(c, key);

	if (!v.p)
		return -LMQ_ENOTFOUND;
	return lmi_span_to_i32(v, out) < 0 ? -LMQ_EMALFORMED : 0;
}

int lmi_command_ext_i64(const struct lmi_command *c, enum lmi_ext_key key, int64_t *out)
{
	struct lmi_span v = lmi_command_ext(c, key);

	if (!v.p)
		return -LMQ_ENOTFOUND;
	return lmi_span_to_i64(v, out) < 0 ? -LMQ_EMALFORMED : 0;
}

int lmi_command_ext_bool(const struct lmi_command *c, enum lmi_ext_key key, bool *out)
{
	struct lmi_span v = lmi_command_ext(c, key);

	if (!v.p)
		return -LMQ_ENOTFOUND;
	*out = v.n == 4 && (v.p[0] | 32) == 't' && (v.p[1] | 32) == 'r' && (v.p[2] | 32) == 'u' && (v.p[3] | 32) == 'e';
	return 0;
}

/* A span that is present even when it is empty. */
static struct lmi_span present(struct lmi_span s)
{
	return s.p ? s : LMI_SPAN_LIT("");
}

static int add_ext(struct lmi_command *c, uint32_t *cap, struct lmi_arena *a, struct lmi_span name, struct lmi_span value)
{
	if (c->ext_count == LMI_COMMAND_EXT_MAX)
		return -LMQ_ETOOBIG;
	if (c->ext_count == *cap) {
		uint32_t n = *cap ? *cap * 2 : 24;
		struct lmi_ext *e = lmi_arena_alloc(a, n * sizeof(*e));

		if (!e)
			return -ENOMEM;
		if (c->ext_count)
			memcpy(e, c->ext, c->ext_count * sizeof(*e));
		c->ext = e;
		*cap = n;
	}
	c->ext[c->ext_count++] = (struct lmi_ext){ lmi_ext_key_find(name), name, present(value) };
	return 0;
}

static int json_ext(struct lmi_json *j, struct lmi_arena *a, struct lmi_command *c)
{
	struct lmi_json_token t;
	uint32_t cap = 0;
	int r = lmi_json_next(j, &t);

	if (r < 0)
		return r;
	if (t.kind == LMI_JSON_NULL)
		return 0;
	if (t.kind != LMI_JSON_OBJECT)
		return -LMQ_EMALFORMED;
	for (;;) {
		struct lmi_span name, value;

		r = lmi_json_next(j, &t);
		if (r < 0)
			return r;
		if (t.kind == LMI_JSON_OBJECT_END)
			return 0;
		r = lmi_json_text(&t, a, &name);
		if (r < 0)
			return r;
		r = lmi_json_next(j, &t);
		if (r < 0)
			return r;
		if (t.kind == LMI_JSON_NULL)
			continue;
		if (t.kind != LMI_JSON_STRING && t.kind != LMI_JSON_NUMBER && t.kind != LMI_JSON_BOOL)
			return -LMQ_EMALFORMED;
		r = lmi_json_text(&t, a, &value);
		if (r < 0)
			return r;
		r = add_ext(c, &cap, a, name, value);
		if (r < 0)
			return r;
	}
}

static int json_language(struct lmi_json *j, struct lmi_arena *a, struct lmi_command *c)
{
	struct lmi_span s;
	int64_t n;
	int r = lmi_json_string(j, a, &s);

	if (r < 0)
		return r;
	if (s.p && lmi_span_to_i64(s, &n) == 0)
		c->language = n >= 0 && n < LMI_LANGUAGE_LAST ? (uint8_t)n : LMI_LANGUAGE_OTHER;
	else
		c->language = lmi_language_find(s);
	return 0;
}

static int json_member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_arena *a, struct lmi_command *c)
{
	if (lmi_json_is(key, "code"))
		return lmi_json_i32(j, &c->code);
	if (lmi_json_is(key, "opaque"))
		return lmi_json_i32(j, &c->opaque);
	if (lmi_json_is(key, "flag"))
		return lmi_json_i32(j, &c->flag);
	if (lmi_json_is(key, "version"))
		return lmi_json_i32(j, &c->version);
	if (lmi_json_is(key, "language"))
		return json_language(j, a, c);
	if (lmi_json_is(key, "remark"))
		return lmi_json_string(j, a, &c->remark);
	if (lmi_json_is(key, "extFields"))
		return json_ext(j, a, c);
	return lmi_json_skip(j);
}

static int decode_json(struct lmi_span header, struct lmi_arena *a, struct lmi_command *c)
{
	struct lmi_json j;
	struct lmi_json_token t;
	int r;

	c->language = LMI_LANGUAGE_OTHER;
	lmi_json_init(&j, header);
	r = lmi_json_next(&j, &t);
	if (r < 0)
		return r;
	if (t.kind != LMI_JSON_OBJECT)
		return -LMQ_EMALFORMED;
	for (;;) {
		r = lmi_json_next(&j, &t);
		if (r < 0)
			return r;
		if (t.kind == LMI_JSON_OBJECT_END)
			break;
		r = json_member(&j, &t, a, c);
		if (r < 0)
			return r;
	}
	return lmi_json_next(&j, &t); /* nothing may follow */
}

static int binary_ext(const uint8_t *p, const uint8_t *end, struct lmi_arena *a, struct lmi_command *c)
{
	uint32_t cap = 0;

	while (p < end) {
		struct lmi_span name, value;
		int r;

		if (end - p < 2)
			return -LMQ_EMALFORMED;
		name = lmi_span(p + 2, lmi_get16(p));
		p += 2;
		if (name.n > (size_t)(end - p) || (size_t)(end - p) - name.n < 4)
			return -LMQ_EMALFORMED;
		p += name.n;
		value = lmi_span(p + 4, lmi_get32(p));
		p += 4;
		if (value.n > (size_t)(end - p))
			return -LMQ_EMALFORMED;
		p += value.n;
		if (name.n == 0 || value.n == 0)
			continue; /* null in Java */
		r = add_ext(c, &cap, a, name, value);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_binary(struct lmi_span h, struct lmi_arena *a, struct lmi_command *c)
{
	const uint8_t *p = h.p, *end = p + h.n;
	uint32_t n;

	if (h.n < 21)
		return -LMQ_EMALFORMED;
	c->code = (int16_t)lmi_get16(p);
	c->language = p[2] < LMI_LANGUAGE_LAST ? p[2] : LMI_LANGUAGE_OTHER;
	c->version = (int16_t)lmi_get16(p + 3);
	c->opaque = (int32_t)lmi_get32(p + 5);
	c->flag = (int32_t)lmi_get32(p + 9);
	n = lmi_get32(p + 13);
	p += 17;
	if (n > (size_t)(end - p) || (size_t)(end - p) - n < 4)
		return -LMQ_EMALFORMED;
	if (n > 0)
		c->remark = lmi_span(p, n);
	p += n;
	n = lmi_get32(p);
	p += 4;
	if (n > (size_t)(end - p))
		return -LMQ_EMALFORMED;
	return binary_ext(p, p + n, a, c);
}

int lmi_command_decode(struct lmi_span frame, struct lmi_arena *arena, struct lmi_command *out_cmd)
{
	struct lmi_command c = { 0 };
	struct lmi_span header;
	uint32_t word;
	int r;

	if (frame.n < 8)
		return -LMQ_EMALFORMED;
	word = lmi_get32(frame.p + 4);
	header = lmi_span(frame.p + 8, word & 0xFFFFFF);
	if (header.n > frame.n - 8)
		return -LMQ_EMALFORMED;
	if (header.n > LMI_COMMAND_HEADER_MAX)
		return -LMQ_ETOOBIG;
	switch (word >> 24) {
	case LMI_SERIALIZE_JSON:
		c.serialize = LMI_SERIALIZE_JSON;
		r = decode_json(header, arena, &c);
		break;
	case LMI_SERIALIZE_ROCKETMQ:
		c.serialize = LMI_SERIALIZE_ROCKETMQ;
		r = decode_binary(header, arena, &c);
		break;
	default:
		return -LMQ_EMALFORMED;
	}
	if (r < 0)
		return r == -ENOMEM || r == -LMQ_ETOOBIG ? r : -LMQ_EMALFORMED;
	c.body = lmi_span(header.p + header.n, frame.n - 8 - header.n);
	*out_cmd = c;
	return 0;
}
