/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser: one state and one bit of memory a level.  An object key, which has an object's syntax inside a key's place,
 * is passed over by the same machine one level deeper, so LMI_JSON_DEPTH_MAX bounds that recursion too.
 */
#include "wire/json.h"

#include "wire/json_scan.h"
#include "wire/json_state.h"

void lmi_json_init(struct lmi_json *j, struct lmi_span text)
{
	j->p = j->begin = text.p;
	j->end = text.n ? text.p + text.n : text.p;
	j->depth = 0;
	j->state = JSON_AT_VALUE;
	j->error = 0;
}

static int fail(struct lmi_json *j, int err)
{
	return j->error = -err;
}

static int push(struct lmi_json *j, enum lmi_json_kind kind)
{
	if (j->depth == LMI_JSON_DEPTH_MAX)
		return fail(j, LMQ_EDEPTH);
	j->stack[j->depth++] = (uint8_t)kind;
	j->state = kind == LMI_JSON_OBJECT ? JSON_AT_KEY_OR_END : JSON_AT_ELEMENT_OR_END;
	j->p++;
	return 0;
}

static int pop(struct lmi_json *j, struct lmi_json_token *out)
{
	enum lmi_json_kind kind = *j->p == '}' ? LMI_JSON_OBJECT : LMI_JSON_ARRAY;

	if (j->stack[j->depth - 1] != kind)
		return fail(j, LMQ_EMALFORMED);
	j->depth--;
	j->p++;
	j->state = JSON_AFTER_VALUE;
	out->kind = kind == LMI_JSON_OBJECT ? LMI_JSON_OBJECT_END : LMI_JSON_ARRAY_END;
	return 0;
}

static int string(struct lmi_json *j, struct lmi_json_token *out)
{
	const uint8_t *from = j->p + 1, *to = json_string_end(from, j->end, &out->escaped);

	if (!to)
		return fail(j, LMQ_EMALFORMED);
	out->text = lmi_span(from, (size_t)(to - from));
	j->p = to + 1;
	return 0;
}

static const uint8_t *digits(const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* The end of the number at p by RFC 8259, or NULL. */
static const uint8_t *number_end(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *from;

	p += *p == '-';
	from = p;
	p = digits(p, end);
	if (p == from || (*from == '0' && p - from > 1))
		return NULL;
	if (p < end && *p == '.') {
		from = ++p;
		p = digits(p, end);
		if (p == from)
			return NULL;
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		from = p;
		p = digits(p, end);
		if (p == from)
			return NULL;
	}
	return p;
}

static int scalar(struct lmi_json *j, struct lmi_json_token *out, enum lmi_json_kind kind, const uint8_t *to)
{
	if (!to)
		return fail(j, LMQ_EMALFORMED);
	out->kind = kind;
	out->text = lmi_span(j->p, (size_t)(to - j->p));
	out->escaped = false;
	j->p = to;
	j->state = JSON_AFTER_VALUE;
	return 0;
}

static const uint8_t *word_end(const struct lmi_json *j, struct lmi_span word)
{
	return lmi_span_starts(lmi_span(j->p, (size_t)(j->end - j->p)), word) ? j->p + word.n : NULL;
}

static int value(struct lmi_json *j, struct lmi_json_token *out)
{
	switch (*j->p) {
	case '"':
		out->kind = LMI_JSON_STRING;
		j->state = JSON_AFTER_VALUE;
		return string(j, out);
	case '{':
		out->kind = LMI_JSON_OBJECT;
		return push(j, LMI_JSON_OBJECT);
	case '[':
		out->kind = LMI_JSON_ARRAY;
		return push(j, LMI_JSON_ARRAY);
	case 't':
		out->truth = true;
		return scalar(j, out, LMI_JSON_BOOL, word_end(j, LMI_SPAN_LIT("true")));
	case 'f':
		out->truth = false;
		return scalar(j, out, LMI_JSON_BOOL, word_end(j, LMI_SPAN_LIT("false")));
	case 'n':
		return scalar(j, out, LMI_JSON_NULL, word_end(j, LMI_SPAN_LIT("null")));
	case '-':
	case '0' ... '9':
		return scalar(j, out, LMI_JSON_NUMBER, number_end(j->p, j->end));
	default:
		return fail(j, LMQ_EMALFORMED);
	}
}

static int number_key(struct lmi_json *j, struct lmi_json_token *out)
{
	const uint8_t *from = j->p, *to = digits(from + (*from == '-'), j->end);

	if (to == from + (*from == '-'))
		return fail(j, LMQ_EMALFORMED);
	out->text = lmi_span(from, (size_t)(to - from));
	out->escaped = false;
	j->p = to;
	return 0;
}

static int object_key(struct lmi_json *j, struct lmi_json_token *out)
{
	const uint8_t *from = j->p;
	unsigned int depth = j->depth;
	struct lmi_json_token inside;

	if (push(j, LMI_JSON_OBJECT) < 0)
		return j->error;
	while (j->depth > depth)
		if (lmi_json_next(j, &inside) < 0)
			return j->error;
	out->text = lmi_span(from, (size_t)(j->p - from));
	out->escaped = false;
	return 0;
}

static int key(struct lmi_json *j, struct lmi_json_token *out)
{
	int r;

	out->kind = LMI_JSON_KEY;
	if (*j->p == '"') {
		out->key_kind = LMI_JSON_STRING;
		r = string(j, out);
	} else if (*j->p == '{') {
		out->key_kind = LMI_JSON_OBJECT;
		r = object_key(j, out);
	} else {
		out->key_kind = LMI_JSON_NUMBER;
		r = number_key(j, out);
	}
	if (r < 0)
		return r;
	j->p = json_space(j->p, j->end);
	if (j->p == j->end || *j->p != ':')
		return fail(j, LMQ_EMALFORMED);
	j->p++;
	j->state = JSON_AT_VALUE;
	return 0;
}

/* Pass the comma, or give the end. */
static int after_value(struct lmi_json *j, struct lmi_json_token *out)
{
	if (*j->p != ',')
		return *j->p == '}' || *j->p == ']' ? pop(j, out) : fail(j, LMQ_EMALFORMED);
	j->p = json_space(j->p + 1, j->end);
	if (j->p == j->end)
		return fail(j, LMQ_EMALFORMED);
	return j->stack[j->depth - 1] == LMI_JSON_OBJECT ? key(j, out) : value(j, out);
}

int lmi_json_next(struct lmi_json *j, struct lmi_json_token *out)
{
	if (j->error)
		return j->error;
	j->p = json_space(j->p, j->end);
	if (j->state == JSON_AFTER_VALUE && j->depth == 0) {
		out->kind = LMI_JSON_END;
		return j->p == j->end ? 0 : fail(j, LMQ_EMALFORMED);
	}
	if (j->p == j->end)
		return fail(j, LMQ_EMALFORMED);
	switch ((enum json_state)j->state) {
	case JSON_AFTER_VALUE:
		return after_value(j, out);
	case JSON_AT_KEY_OR_END:
		return *j->p == '}' ? pop(j, out) : key(j, out);
	case JSON_AT_ELEMENT_OR_END:
		return *j->p == ']' ? pop(j, out) : value(j, out);
	case JSON_AT_VALUE:
	default:
		return value(j, out);
	}
}

int lmi_json_enter(struct lmi_json *j, enum lmi_json_kind kind)
{
	struct lmi_json_token t;

	if (lmi_json_next(j, &t) < 0)
		return j->error;
	if (t.kind == LMI_JSON_NULL)
		return 0;
	return t.kind == kind ? 1 : fail(j, LMQ_EMALFORMED);
}

int lmi_json_member(struct lmi_json *j, struct lmi_json_token *out_key)
{
	if (lmi_json_next(j, out_key) < 0)
		return j->error;
	return out_key->kind == LMI_JSON_KEY;
}

int lmi_json_element(struct lmi_json *j)
{
	struct lmi_json_token t;

	if (j->error)
		return j->error;
	j->p = json_space(j->p, j->end);
	if (j->p < j->end && *j->p == ']')
		return lmi_json_next(j, &t);
	return j->p < j->end ? 1 : fail(j, LMQ_EMALFORMED);
}

int lmi_json_finish(struct lmi_json *j)
{
	struct lmi_json_token t;

	if (lmi_json_next(j, &t) < 0)
		return j->error;
	return t.kind == LMI_JSON_END ? 0 : fail(j, LMQ_EMALFORMED);
}

int lmi_json_skip(struct lmi_json *j)
{
	unsigned int depth = j->depth;
	struct lmi_json_token t;

	do {
		if (lmi_json_next(j, &t) < 0)
			return j->error;
	} while (j->depth > depth);
	return j->depth < depth || t.kind == LMI_JSON_END ? fail(j, LMQ_EMALFORMED) : 0;
}

int lmi_json_raw(struct lmi_json *j, struct lmi_span *out_raw)
{
	const uint8_t *from;

	if (j->error)
		return j->error;
	from = j->p = json_space(j->p, j->end);
	if (j->state == JSON_AFTER_VALUE && from < j->end && *from == ',')
		from = json_space(from + 1, j->end);
	if (lmi_json_skip(j) < 0)
		return j->error;
	*out_raw = lmi_span(from, (size_t)(j->p - from));
	return 0;
}
