/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON header.  Rule: RemotingCommand as fastjson reads it: any order, unknown members passed over, numbers also as
 * text, extFields values of any kind become text, null ones are absent.
 */
#include <errno.h>

#include "wire/command_internal.h"
#include "wire/json.h"
#include "wire/json_scan.h"
#include "wire/json_state.h"

enum member { MEMBER_OTHER, MEMBER_CODE, MEMBER_EXT, MEMBER_FLAG, MEMBER_LANGUAGE, MEMBER_OPAQUE, MEMBER_REMARK, MEMBER_VERSION };

static enum member member_if(const struct lmi_json_token *key, const char *name, enum member member)
{
	return memcmp(key->text.p, name, key->text.n) == 0 ? member : MEMBER_OTHER;
}

/* Keys written with escapes exist in theory only: they are other members. */
static enum member member_of(const struct lmi_json_token *key)
{
	switch (key->text.n) {
	case 4:
		return key->text.p[0] == 'c' ? member_if(key, "code", MEMBER_CODE) : member_if(key, "flag", MEMBER_FLAG);
	case 6:
		return key->text.p[0] == 'o' ? member_if(key, "opaque", MEMBER_OPAQUE) :
					       member_if(key, "remark", MEMBER_REMARK);
	case 7:
		return member_if(key, "version", MEMBER_VERSION);
	case 8:
		return member_if(key, "language", MEMBER_LANGUAGE);
	case 9:
		return member_if(key, "extFields", MEMBER_EXT);
	default:
		return MEMBER_OTHER;
	}
}

/*
 * The common form of an entry, without blanks: "name":"value", with a comma before it or not.  Moves the parser as it would
 * have moved itself.  Returns false, and nothing has happened, when it is anything else.
 */
static bool plain_entry(struct lmi_json *j, struct lmi_json_token *name, struct lmi_json_token *value)
{
	const uint8_t *p = j->p, *end = j->end, *close;

	if (end - p > 1 && *p == ',' && json_after_value(j))
		p++;
	else if (!json_before_first(j))
		return false;
	if (p == end || *p != '"')
		return false;
	close = json_string_end(p + 1, end, &name->escaped);
	if (!close || end - close < 3 || close[1] != ':' || close[2] != '"')
		return false;
	name->text = lmi_span(p + 1, (size_t)(close - p - 1));
	p = close + 3;
	close = json_string_end(p, end, &value->escaped);
	if (!close)
		return false;
	value->text = lmi_span(p, (size_t)(close - p));
	json_pass_member(j, close + 1);
	return true;
}

/* The value of an extField as text; p == NULL for null. */
static int ext_value(struct lmi_json *j, struct lmi_arena *arena, struct lmi_span *out)
{
	struct lmi_json_token t;
	const uint8_t *from;
	unsigned int depth = j->depth;

	if (lmi_json_next(j, &t) < 0)
		return j->error;
	if (t.kind == LMI_JSON_NULL) {
		*out = LMI_SPAN_NULL;
		return 0;
	}
	if (t.kind != LMI_JSON_OBJECT && t.kind != LMI_JSON_ARRAY)
		return lmi_json_text(&t, arena, out);
	for (from = j->p - 1; j->depth > depth;)
		if (lmi_json_next(j, &t) < 0)
			return j->error;
	*out = lmi_span(from, (size_t)(j->p - from));
	return 0;
}

static inline int text(const struct lmi_json_token *t, struct lmi_arena *arena, struct lmi_span *out)
{
	if (t->escaped)
		return lmi_json_text(t, arena, out);
	*out = t->text;
	return 0;
}

static int exts(struct lmi_json *j, struct command_exts *e)
{
	struct lmi_json_token t;
	int r = lmi_json_next(j, &t);

	if (r < 0 || t.kind == LMI_JSON_NULL)
		return r;
	if (t.kind != LMI_JSON_OBJECT)
		return -LMQ_EMALFORMED;
	for (;;) {
		struct lmi_json_token v;
		struct lmi_span name, value;

		if (plain_entry(j, &t, &v)) {
			r = text(&t, e->arena, &name);
			if (r == 0)
				r = text(&v, e->arena, &value);
		} else {
			r = lmi_json_next(j, &t);
			if (r < 0 || t.kind == LMI_JSON_OBJECT_END)
				return r;
			r = lmi_json_text(&t, e->arena, &name);
			if (r == 0)
				r = ext_value(j, e->arena, &value);
		}
		if (r == 0 && value.p)
			r = command_ext_add(e, name, value);
		if (r < 0)
			return r;
	}
}

static int language(struct lmi_json *j, struct lmi_arena *arena, struct lmi_command *c)
{
	struct lmi_span name;
	int r = lmi_json_string(j, arena, &name);

	if (r == 0 && name.p)
		c->language = lmi_language_find(name);
	return r;
}

static int member(struct lmi_json *j, const struct lmi_json_token *key, struct command_exts *e, struct lmi_command *c)
{
	switch (member_of(key)) {
	case MEMBER_CODE:
		return lmi_json_i32(j, &c->code);
	case MEMBER_EXT:
		e->count = 0; /* a second one replaces the first */
		return exts(j, e);
	case MEMBER_FLAG:
		return lmi_json_i32(j, &c->flag);
	case MEMBER_LANGUAGE:
		return language(j, e->arena, c);
	case MEMBER_OPAQUE:
		return lmi_json_i32(j, &c->opaque);
	case MEMBER_REMARK:
		return lmi_json_string(j, e->arena, &c->remark);
	case MEMBER_VERSION:
		return lmi_json_i32(j, &c->version);
	case MEMBER_OTHER:
	default:
		return lmi_json_skip(j);
	}
}

/* The parser tells depth apart; for a command every fault of the header is the same. */
static int as_command_error(int err)
{
	return err == -LMQ_EDEPTH ? -LMQ_EMALFORMED : err;
}

int command_decode_json(struct lmi_span header, struct lmi_arena *arena, struct lmi_command *c)
{
	struct command_exts e = { .arena = arena };
	struct lmi_json_token t;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, header);
	r = lmi_json_next(&j, &t);
	if (r == 0 && t.kind != LMI_JSON_OBJECT)
		r = -LMQ_EMALFORMED;
	while (r == 0) {
		r = lmi_json_next(&j, &t);
		if (r < 0 || t.kind == LMI_JSON_OBJECT_END)
			break;
		r = member(&j, &t, &e, c);
	}
	if (r == 0)
		r = lmi_json_next(&j, &t); /* nothing behind it */
	if (r < 0)
		return as_command_error(r);
	c->ext = e.list;
	c->ext_count = (uint32_t)e.count;
	return 0;
}
