/* SPDX-License-Identifier: Apache-2.0 */
/* QUERY_CONSUME_QUEUE: a queue's entries as they are, for operators. */
#include <errno.h>
#include <stdio.h>

#include "broker/handle/handlers.h"

#define ENTRIES_MAX 16384 /* of one answer, whatever was asked for */

struct look {
	struct lmi_span topic, group;
	int32_t queue_id, count;
	int64_t index;
	struct lmi_json_out o;
	/* tags codes of what store_get found */
	int64_t codes[STORE_GET_MAX];
	size_t code_count;
};

static bool note_code(void *ctx, int64_t tags_code)
{
	struct look *k = ctx;
	k->codes[k->code_count++] = tags_code;
	return true;
}

static int next(struct handle *h, struct look *k, int64_t pos)
{
	struct store_get *g = &h->get;
	g->topic = k->topic;
	g->queue_id = k->queue_id;
	g->queue_pos = pos;
	g->max_messages = k->count;
	g->max_bytes = 0;
	g->match_tags = note_code;
	g->match_ctx = k;
	k->code_count = 0;
	int err = store_get(h->store, g);
	g->match_tags = NULL; /* others use the same struct */
	g->match_ctx = NULL;
	return err;
}

static void put_number(struct lmi_json_out *o, const char *key, int64_t value)
{
	lmi_json_put_key(o, key);
	lmi_json_put_i64(o, value);
}

static void put_found(const struct handle *h, struct look *k)
{
	for (size_t i = 0; i < h->get.count && h->get.extents[i].queue_pos - k->index < k->count; i++) {
		lmi_json_put_object(&k->o);
		lmi_json_put_key(&k->o, "eval");
		lmi_json_put_bool(&k->o, false); /* rule: only with the index's extension files, which nobody writes */
		put_number(&k->o, "physicOffset", h->get.extents[i].log_pos);
		put_number(&k->o, "physicSize", h->get.extents[i].bytes);
		put_number(&k->o, "tagsCode", k->codes[i]);
		lmi_json_put_object_end(&k->o);
	}
}

/* Entries whose messages are gone are passed over. */
static int put_entries(struct handle *h, struct look *k)
{
	int64_t pos = k->index;
	lmi_json_put_key(&k->o, "queueData");
	lmi_json_put_array(&k->o);
	while (pos - k->index < k->count) {
		int err = next(h, k, pos);
		if (err)
			return err;
		put_found(h, k);
		if (h->get.next_pos <= pos || h->get.next_pos >= h->get.max_pos)
			break;
		pos = h->get.next_pos;
	}
	lmi_json_put_array_end(&k->o);
	return 0;
}

static void put_filter(struct handle *h, struct look *k, const struct client_sub *s)
{
	const char *text = !s	   ? lmi_arena_printf(&h->arena, "%.*s@%.*s is not online!", SPAN_ARGS(k->group), SPAN_ARGS(k->topic)) :
			   s->sql ? lmi_arena_printf(&h->arena, "%.*s", SPAN_ARGS(s->expression)) :
				    "null";
	lmi_json_put_key(&k->o, "filterData");
	lmi_json_put_str(&k->o, text ? text : "null");
}

static int put_body(struct handle *h, struct look *k, const struct store_bounds *b)
{
	const struct client_group *g = k->group.p ? client_table_consumers(h->clients, k->group) : NULL;
	const struct client_sub *s = g ? client_group_sub(g, k->topic) : NULL;
	lmi_json_put_object(&k->o);
	if (k->group.p)
		put_filter(h, k, s);
	put_number(&k->o, "maxQueueIndex", b->max_pos);
	put_number(&k->o, "minQueueIndex", b->min_pos);
	int err = put_entries(h, k);
	if (s) {
		lmi_json_put_key(&k->o, "subscriptionData");
		client_sub_put(&k->o, s);
	}
	lmi_json_put_object_end(&k->o);
	return err;
}

/* Rule: a place where nothing lies is a success without a body. */
static void answer_nothing(const struct request *r, const struct look *k)
{
	struct lmi_command_out o;
	char text[512];
	int n = snprintf(text, sizeof(text), "Index %lld of %d@%.*s is not exist!", (long long)k->index, k->queue_id, SPAN_ARGS(k->topic));
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_remark(&o, lmi_span(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1));
	lmi_command_end(&o, 0);
}

void queue_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct look k = { .topic = fields_text(&f, LMI_EXT_TOPIC),
			  .queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID),
			  .index = fields_i64(&f, LMI_EXT_INDEX),
			  .count = fields_i32(&f, LMI_EXT_COUNT),
			  .group = fields_text_or(&f, LMI_EXT_CONSUMER_GROUP, LMI_SPAN_NULL) };
	struct store_bounds b;
	if (!fields_ok(h, r, &f))
		return;
	const struct topic *t = topic_table_get(h->topics, k.topic);
	if (!t || k.queue_id < 0 || (k.queue_id >= t->config.read_queues && k.queue_id >= t->config.write_queues)) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "%d@%.*s is not exist!", k.queue_id, SPAN_ARGS(k.topic));
		return;
	}
	int err = store_queue_bounds(h->store, k.topic, k.queue_id, &b);
	if (err != -EAGAIN && (k.index < b.min_pos || k.index >= b.max_pos)) {
		answer_nothing(r, &k);
		return;
	}
	k.count = k.count > ENTRIES_MAX ? ENTRIES_MAX : k.count;
	scratch_json(h, &k.o);
	if (err != -EAGAIN)
		err = put_body(h, &k, &b);
	if (err == -EAGAIN)
		defer_until_read(h, r, NULL, 0);
	else if (err)
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the queue could not be read: %s", lmi_strerror(err));
	else
		answer_body(r, lmi_buf_span(&h->scratch));
}
