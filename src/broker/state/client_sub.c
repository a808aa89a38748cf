/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/client_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "wire/json.h"
#include "wire/props.h"

static struct lmi_span copy(uint8_t **at, struct lmi_span s)
{
	if (s.n)
		memcpy(*at, s.p, s.n);
	struct lmi_span out = lmi_span(*at, s.n);
	*at += s.n;
	return out;
}

/* Heartbeats of some clients carry tags without their codes, or the other way round: the codes are what we match by. */
static void fill_codes(struct client_sub *s, const struct lmi_subscription *from)
{
	bool from_tags = from->code_count < from->tag_count;
	s->code_count = from_tags ? from->tag_count : from->code_count;
	for (size_t i = 0; i < s->code_count; i++)
		s->codes[i] = from_tags ? lmi_java_hash(from->tags[i]) : from->codes[i];
}

static void tags_json(struct lmi_buf *b, const struct lmi_subscription *s)
{
	struct lmi_json_out o;
	lmi_json_out_init(&o, b);
	lmi_json_put_array(&o);
	for (size_t i = 0; i < s->tag_count; i++)
		lmi_json_put_string(&o, s->tags[i]);
	lmi_json_put_array_end(&o);
}

/* What cannot be compiled is told to who pulls.  Rule: ConsumerFilterManager.build. */
static struct filter *compile(const struct lmi_subscription *from)
{
	struct filter *f;
	struct filter_error e;
	if (!lmi_span_is(from->expression_type, LMI_EXPRESSION_SQL92) || filter_compile(from->expression, &f, &e))
		return NULL;
	return f;
}

void client_sub_free(void *sub)
{
	struct client_sub *s = sub;
	if (!s)
		return;
	filter_unref(s->sql);
	free(s);
}

static struct client_sub *sub_new(const struct lmi_subscription *from)
{
	struct lmi_buf tags = { 0 };
	struct client_sub *s = NULL;
	size_t codes = from->code_count > from->tag_count ? from->code_count : from->tag_count;
	tags_json(&tags, from);
	if (!tags.failed)
		s = malloc(sizeof(*s) + codes * sizeof(int32_t) + from->topic.n + from->expression.n +
			   from->expression_type.n + lmi_buf_len(&tags));
	if (s) {
		*s = (struct client_sub){ .version = from->version, .class_filter = from->class_filter };
		s->codes = (int32_t *)(void *)(s + 1);
		uint8_t *at = (uint8_t *)(s->codes + codes);
		s->topic = copy(&at, from->topic);
		s->expression = copy(&at, from->expression);
		s->expression_type = copy(&at, from->expression_type);
		s->tags_raw = copy(&at, lmi_buf_span(&tags));
		fill_codes(s, from);
		s->sql = compile(from);
	}
	lmi_buf_done(&tags);
	return s;
}

static int put_sub(struct client_group *g, const struct lmi_subscription *from)
{
	void *old;
	struct client_sub *s = sub_new(from);
	if (!s)
		return -ENOMEM;
	s->seen = true;
	int err = lmi_map_put(&g->subs, s->topic, s, &old);
	client_sub_free(err ? s : old);
	return err;
}

/* Returns 1 when something was dropped. */
static int drop_unseen(struct client_group *g)
{
	void *value;
	struct lmi_span key;
	int dropped = 0;
	for (size_t i = 0; lmi_map_next(&g->subs, &i, &key, &value);) {
		struct client_sub *s = value;
		if (!s->seen) {
			lmi_map_del(&g->subs, key);
			client_sub_free(s);
			dropped = 1;
		} else {
			s->seen = false;
		}
	}
	return dropped;
}

int client_group_set_subs(struct client_group *g, const struct lmi_subscription *subs, size_t n)
{
	int changed = 0;
	for (size_t i = 0; i < n; i++) {
		struct client_sub *old = lmi_map_get(&g->subs, subs[i].topic);
		if (subs[i].topic.n == 0)
			continue;
		if (old && subs[i].version <= old->version) {
			old->seen = true;
			continue;
		}
		int err = put_sub(g, &subs[i]);
		if (err)
			return err;
		changed = changed || !old;
	}
	return drop_unseen(g) || changed;
}

struct lmi_tags_filter client_sub_filter(const struct client_sub *s)
{
	bool all = s->class_filter || lmi_tags_is_all(s->expression) || !lmi_tags_is_tag_type(s->expression_type);
	return (struct lmi_tags_filter){ .all = all, .codes = s->codes, .count = s->code_count };
}
