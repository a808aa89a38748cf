/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/topic_config.h"

#include "wire/json_body.h"

static const char *const filter_names[] = { "SINGLE_TAG", "MULTI_TAG" };

#define FILTERS 2

void lmi_topic_config_init(struct lmi_topic_config *t, struct lmi_span name)
{
	*t = (struct lmi_topic_config){
		.name = name,
		.read_queues = LMI_TOPIC_QUEUES_DEFAULT,
		.write_queues = LMI_TOPIC_QUEUES_DEFAULT,
		.perm = LMI_PERM_READ | LMI_PERM_WRITE,
	};
}

static int filter(struct lmi_json *j, struct lmi_topic_config *t)
{
	int type = t->filter, r = json_name_or_ordinal(j, filter_names, FILTERS, &type);

	t->filter = (enum lmi_topic_filter_type)type;
	return r;
}

static int member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_arena *arena,
		  struct lmi_topic_config *t)
{
	if (lmi_json_is(key, "topicName"))
		return lmi_json_string(j, arena, &t->name);
	if (lmi_json_is(key, "readQueueNums"))
		return lmi_json_i32(j, &t->read_queues);
	if (lmi_json_is(key, "writeQueueNums"))
		return lmi_json_i32(j, &t->write_queues);
	if (lmi_json_is(key, "perm"))
		return lmi_json_i32(j, &t->perm);
	if (lmi_json_is(key, "topicFilterType"))
		return filter(j, t);
	if (lmi_json_is(key, "topicSysFlag"))
		return lmi_json_i32(j, &t->sysflag);
	if (lmi_json_is(key, "order"))
		return lmi_json_bool(j, &t->order);
	if (lmi_json_is(key, "attributes"))
		return json_raw_of(j, '{', &t->attributes);
	return lmi_json_skip(j);
}

int lmi_topic_config_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_topic_config *out)
{
	struct lmi_topic_config t;
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	lmi_topic_config_init(&t, LMI_SPAN_NULL);
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read = member(j, &key, arena, &t);

		if (read < 0)
			return read;
	}
	if (r == 0)
		*out = t;
	return r;
}

int lmi_topic_config_decode(struct lmi_span text, struct lmi_arena *arena, struct lmi_topic_config *out)
{
	struct lmi_topic_config t;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, text);
	r = lmi_topic_config_read(&j, arena, &t);
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = t;
	return r;
}

void lmi_topic_config_put(struct lmi_json_out *o, const struct lmi_topic_config *t)
{
	lmi_json_put_object(o);
	lmi_json_put_key(o, "attributes");
	lmi_json_put_raw(o, t->attributes.p ? t->attributes : LMI_SPAN_LIT("{}"));
	lmi_json_put_key(o, "order");
	lmi_json_put_bool(o, t->order);
	lmi_json_put_key(o, "perm");
	lmi_json_put_i64(o, t->perm);
	lmi_json_put_key(o, "readQueueNums");
	lmi_json_put_i64(o, t->read_queues);
	lmi_json_put_key(o, "topicFilterType");
	lmi_json_put_str(o, filter_names[t->filter]);
	lmi_json_put_key(o, "topicName");
	lmi_json_put_string(o, t->name);
	lmi_json_put_key(o, "topicSysFlag");
	lmi_json_put_i64(o, t->sysflag);
	lmi_json_put_key(o, "writeQueueNums");
	lmi_json_put_i64(o, t->write_queues);
	lmi_json_put_object_end(o);
}

/* ---- the text form ---- */

/* Take the word up to the next blank; false when nothing is left. */
static bool word(struct lmi_span *text, struct lmi_span *out)
{
	const uint8_t *blank;

	if (text->n == 0)
		return false;
	blank = memchr(text->p, ' ', text->n);
	out->p = text->p;
	out->n = blank ? (size_t)(blank - text->p) : text->n;
	text->p += out->n + (blank != NULL);
	text->n -= out->n + (blank != NULL);
	return true;
}

/* Attributes that are no JSON object count as none, as in Java. */
static struct lmi_span object_or_nothing(struct lmi_span text)
{
	struct lmi_span raw;
	struct lmi_json j;

	lmi_json_init(&j, text);
	if (text.n == 0 || json_raw_of(&j, '{', &raw) < 0 || lmi_json_finish(&j) < 0)
		return LMI_SPAN_NULL;
	return raw;
}

static bool find_filter(struct lmi_span name, struct lmi_topic_config *t)
{
	for (int i = 0; i < FILTERS; i++) {
		if (lmi_span_is(name, filter_names[i])) {
			t->filter = (enum lmi_topic_filter_type)i;
			return true;
		}
	}
	return false;
}

int lmi_topic_config_decode_line(struct lmi_span text, struct lmi_topic_config *out)
{
	struct lmi_topic_config t;
	struct lmi_span w[5];

	for (int i = 0; i < 5; i++)
		if (!word(&text, &w[i]))
			return -LMQ_EMALFORMED;
	lmi_topic_config_init(&t, w[0]);
	if (w[0].n == 0 || lmi_span_to_i32(w[1], &t.read_queues) < 0 || lmi_span_to_i32(w[2], &t.write_queues) < 0 ||
	    lmi_span_to_i32(w[3], &t.perm) < 0 || !find_filter(w[4], &t))
		return -LMQ_EMALFORMED;
	t.attributes = object_or_nothing(text);
	*out = t;
	return 0;
}

void lmi_topic_config_put_line(struct lmi_buf *b, const struct lmi_topic_config *t)
{
	lmi_buf_put_span(b, t->name);
	lmi_buf_put8(b, ' ');
	lmi_buf_put_i64_text(b, t->read_queues);
	lmi_buf_put8(b, ' ');
	lmi_buf_put_i64_text(b, t->write_queues);
	lmi_buf_put8(b, ' ');
	lmi_buf_put_i64_text(b, t->perm);
	lmi_buf_put8(b, ' ');
	lmi_buf_put_str(b, filter_names[t->filter]);
	lmi_buf_put8(b, ' ');
	lmi_json_put_compact(b, t->attributes.p ? t->attributes : LMI_SPAN_LIT("{}"));
}

int lmi_topic_config_each_attribute(struct lmi_span attributes, struct lmi_arena *arena,
				    int (*each)(void *ctx, struct lmi_span key, struct lmi_span value), void *ctx)
{
	struct lmi_json_token token;
	struct lmi_json j;
	int r;

	if (attributes.n == 0)
		return 0;
	lmi_json_init(&j, attributes);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &token)) > 0) {
		struct lmi_span key, value;
		int one = lmi_json_text(&token, arena, &key);

		if (one == 0)
			one = lmi_json_string(&j, arena, &value);
		if (one == 0 && value.p)
			one = each(ctx, key, value);
		if (one != 0)
			return one;
	}
	return r;
}
