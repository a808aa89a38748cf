/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/lock_batch.h"

#include <errno.h>

/* ---- MessageQueue ---- */

int lmi_message_queue_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_message_queue *out)
{
	struct lmi_message_queue q = { 0 };
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read;

		if (lmi_json_is(&key, "topic"))
			read = lmi_json_string(j, arena, &q.topic);
		else if (lmi_json_is(&key, "brokerName"))
			read = lmi_json_string(j, arena, &q.broker_name);
		else if (lmi_json_is(&key, "queueId"))
			read = lmi_json_i32(j, &q.queue_id);
		else
			read = lmi_json_skip(j);
		if (read < 0)
			return read;
	}
	if (r == 0)
		*out = q;
	return r;
}

void lmi_message_queue_put(struct lmi_json_out *o, const struct lmi_message_queue *q)
{
	lmi_json_put_object(o);
	lmi_json_put_key(o, "brokerName");
	lmi_json_put_string(o, q->broker_name);
	lmi_json_put_key(o, "queueId");
	lmi_json_put_i64(o, q->queue_id);
	lmi_json_put_key(o, "topic");
	lmi_json_put_string(o, q->topic);
	lmi_json_put_object_end(o);
}

int lmi_message_queue_from_key(const struct lmi_json_token *key, struct lmi_arena *arena, struct lmi_message_queue *out)
{
	struct lmi_message_queue q;
	struct lmi_span text;
	struct lmi_json j;
	int r;

	if (key->kind != LMI_JSON_KEY || key->key_kind == LMI_JSON_NUMBER)
		return -LMQ_EMALFORMED;
	r = lmi_json_text(key, arena, &text);
	if (r < 0)
		return r;
	lmi_json_init(&j, text);
	r = lmi_message_queue_read(&j, arena, &q);
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = q;
	return r;
}

static int queues(struct lmi_json *j, struct lmi_arena *arena, struct lmi_message_queue **out, size_t *out_count)
{
	struct lmi_message_queue *list = NULL;
	size_t count = 0, cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_ARRAY);

	while (r > 0 && (r = lmi_json_element(j)) > 0) {
		int read;

		if (count == LMI_LOCK_BATCH_QUEUES_MAX)
			return -LMQ_ETOOBIG;
		list = lmi_arena_grow(arena, list, count, &cap, sizeof(*list));
		if (!list)
			return -ENOMEM;
		read = lmi_message_queue_read(j, arena, &list[count]);
		if (read < 0)
			return read;
		count++;
	}
	*out = list;
	*out_count = count;
	return r;
}

static void put_queues(struct lmi_json_out *o, const char *member, const struct lmi_message_queue *list, size_t count)
{
	lmi_json_put_key(o, member);
	lmi_json_put_array(o);
	for (size_t i = 0; i < count; i++)
		lmi_message_queue_put(o, &list[i]);
	lmi_json_put_array_end(o);
}

/* ---- request ---- */

static int member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_arena *arena, struct lmi_lock_batch *l)
{
	if (lmi_json_is(key, "consumerGroup"))
		return lmi_json_string(j, arena, &l->group);
	if (lmi_json_is(key, "clientId"))
		return lmi_json_string(j, arena, &l->client_id);
	if (lmi_json_is(key, "onlyThisBroker"))
		return lmi_json_bool(j, &l->only_this_broker);
	if (lmi_json_is(key, "mqSet"))
		return queues(j, arena, &l->queues, &l->queue_count);
	return lmi_json_skip(j);
}

int lmi_lock_batch_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_lock_batch *out)
{
	struct lmi_lock_batch l = { 0 };
	struct lmi_json_token key;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, body);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		int read = member(&j, &key, arena, &l);

		if (read < 0)
			return read;
	}
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = l;
	return r;
}

void lmi_lock_batch_put(struct lmi_buf *b, const struct lmi_lock_batch *l)
{
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "clientId");
	lmi_json_put_string(&o, l->client_id);
	lmi_json_put_key(&o, "consumerGroup");
	lmi_json_put_string(&o, l->group);
	put_queues(&o, "mqSet", l->queues, l->queue_count);
	lmi_json_put_key(&o, "onlyThisBroker");
	lmi_json_put_bool(&o, l->only_this_broker);
	lmi_json_put_object_end(&o);
}

/* ---- answer ---- */

int lmi_lock_batch_answer_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_message_queue **out_queues,
				 size_t *out_count)
{
	struct lmi_message_queue *list = NULL;
	struct lmi_json_token key;
	struct lmi_json j;
	size_t count = 0;
	int r;

	lmi_json_init(&j, body);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		int read = lmi_json_is(&key, "lockOKMQSet") ? queues(&j, arena, &list, &count) : lmi_json_skip(&j);

		if (read < 0)
			return read;
	}
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r < 0)
		return r;
	*out_queues = list;
	*out_count = count;
	return 0;
}

void lmi_lock_batch_answer_put(struct lmi_buf *b, const struct lmi_message_queue *list, size_t count)
{
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	put_queues(&o, "lockOKMQSet", list, count);
	lmi_json_put_object_end(&o);
}
