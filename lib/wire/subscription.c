/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/subscription.h"

#include <errno.h>

#include "wire/topic_list.h"

static int tags(struct lmi_json *j, struct lmi_arena *arena, struct lmi_subscription *s)
{
	struct lmi_text_list list = { 0 };
	int r = lmi_text_list_read(j, LMI_SUBSCRIPTION_TAGS_MAX, arena, &list);

	s->tags = list.items;
	s->tag_count = list.count;
	return r;
}

static int codes(struct lmi_json *j, struct lmi_arena *arena, struct lmi_subscription *s)
{
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_ARRAY);

	s->code_count = 0;
	while (r > 0 && (r = lmi_json_element(j)) > 0) {
		int32_t code = 0;
		int read = lmi_json_i32(j, &code);

		if (read < 0)
			return read;
		if (s->code_count == LMI_SUBSCRIPTION_TAGS_MAX)
			return -LMQ_ETOOBIG;
		s->codes = lmi_arena_grow(arena, s->codes, s->code_count, &cap, sizeof(*s->codes));
		if (!s->codes)
			return -ENOMEM;
		s->codes[s->code_count++] = code;
	}
	return r;
}

static int member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_arena *arena,
		  struct lmi_subscription *s)
{
	if (lmi_json_is(key, "topic"))
		return lmi_json_string(j, arena, &s->topic);
	if (lmi_json_is(key, "subString"))
		return lmi_json_string(j, arena, &s->expression);
	if (lmi_json_is(key, "expressionType"))
		return lmi_json_string(j, arena, &s->expression_type);
	if (lmi_json_is(key, "subVersion"))
		return lmi_json_i64(j, &s->version);
	if (lmi_json_is(key, "classFilterMode"))
		return lmi_json_bool(j, &s->class_filter);
	if (lmi_json_is(key, "tagsSet"))
		return tags(j, arena, s);
	if (lmi_json_is(key, "codeSet"))
		return codes(j, arena, s);
	return lmi_json_skip(j);
}

int lmi_subscription_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_subscription *out)
{
	struct lmi_subscription s = { 0 };
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read = member(j, &key, arena, &s);

		if (read < 0)
			return read;
	}
	if (r < 0)
		return r;
	if (s.expression_type.n == 0)
		s.expression_type = LMI_SPAN_LIT(LMI_EXPRESSION_TAG);
	*out = s;
	return 0;
}

int lmi_subscription_decode(struct lmi_span text, struct lmi_arena *arena, struct lmi_subscription *out)
{
	struct lmi_subscription s;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, text);
	r = lmi_subscription_read(&j, arena, &s);
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = s;
	return r;
}

void lmi_subscription_put(struct lmi_json_out *o, const struct lmi_subscription *s)
{
	lmi_json_put_object(o);
	lmi_json_put_key(o, "classFilterMode");
	lmi_json_put_bool(o, s->class_filter);
	lmi_json_put_key(o, "codeSet");
	lmi_json_put_array(o);
	for (size_t i = 0; i < s->code_count; i++)
		lmi_json_put_i64(o, s->codes[i]);
	lmi_json_put_array_end(o);
	lmi_json_put_key(o, "expressionType");
	lmi_json_put_string(o, s->expression_type.p ? s->expression_type : LMI_SPAN_LIT(LMI_EXPRESSION_TAG));
	lmi_json_put_key(o, "subString");
	lmi_json_put_string(o, s->expression);
	lmi_json_put_key(o, "subVersion");
	lmi_json_put_i64(o, s->version);
	lmi_json_put_key(o, "tagsSet");
	lmi_text_list_put_items(o, s->tags, s->tag_count);
	lmi_json_put_key(o, "topic");
	lmi_json_put_string(o, s->topic);
	lmi_json_put_object_end(o);
}
