/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/heartbeat.h"

#include <assert.h>
#include <errno.h>

#include "wire/json_body.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof(*(a))))

static const char *const types[] = { "CONSUME_ACTIVELY", "CONSUME_PASSIVELY", "CONSUME_POP" };
static const char *const models[] = { "BROADCASTING", "CLUSTERING" };
static const char *const froms[] = {
	"CONSUME_FROM_LAST_OFFSET",  "CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST",
	"CONSUME_FROM_MIN_OFFSET",   "CONSUME_FROM_MAX_OFFSET",
	"CONSUME_FROM_FIRST_OFFSET", "CONSUME_FROM_TIMESTAMP",
};

const char *lmi_consume_type_name(enum lmi_consume_type t)
{
	assert((int)t < COUNT(types));
	return types[t];
}

const char *lmi_message_model_name(enum lmi_message_model m)
{
	assert((int)m < COUNT(models));
	return models[m];
}

const char *lmi_consume_from_name(enum lmi_consume_from f)
{
	assert((int)f < COUNT(froms));
	return froms[f];
}

/* ---- decoding ---- */

static int subscriptions(struct lmi_json *j, struct lmi_arena *arena, struct lmi_heartbeat_consumer *c)
{
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_ARRAY);

	c->subscription_count = 0;
	while (r > 0 && (r = lmi_json_element(j)) > 0) {
		struct lmi_subscription s;
		int read = lmi_subscription_read(j, arena, &s);

		if (read < 0)
			return read;
		if (s.topic.n == 0)
			continue;
		if (c->subscription_count == LMI_HEARTBEAT_SUBSCRIPTIONS_MAX)
			return -LMQ_ETOOBIG;
		c->subscriptions = lmi_arena_grow(arena, c->subscriptions, c->subscription_count, &cap, sizeof(s));
		if (!c->subscriptions)
			return -ENOMEM;
		c->subscriptions[c->subscription_count++] = s;
	}
	return r;
}

/* The members that are a name or its ordinal. */
struct choices {
	int type, model, from;
};

static int consumer_member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_arena *arena,
			   struct lmi_heartbeat_consumer *c, struct choices *ch)
{
	if (lmi_json_is(key, "groupName"))
		return lmi_json_string(j, arena, &c->group);
	if (lmi_json_is(key, "consumeType"))
		return json_name_or_ordinal(j, types, COUNT(types), &ch->type);
	if (lmi_json_is(key, "messageModel"))
		return json_name_or_ordinal(j, models, COUNT(models), &ch->model);
	if (lmi_json_is(key, "consumeFromWhere"))
		return json_name_or_ordinal(j, froms, COUNT(froms), &ch->from);
	if (lmi_json_is(key, "unitMode"))
		return lmi_json_bool(j, &c->unit_mode);
	if (lmi_json_is(key, "subscriptionDataSet"))
		return subscriptions(j, arena, c);
	return lmi_json_skip(j);
}

static int consumer(struct lmi_json *j, struct lmi_arena *arena, struct lmi_heartbeat_consumer *c)
{
	struct choices ch = { LMI_CONSUME_PASSIVELY, LMI_MODEL_CLUSTERING, LMI_CONSUME_FROM_LAST_OFFSET };
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	*c = (struct lmi_heartbeat_consumer){ 0 };
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read = consumer_member(j, &key, arena, c, &ch);

		if (read < 0)
			return read;
	}
	c->type = (enum lmi_consume_type)ch.type;
	c->model = (enum lmi_message_model)ch.model;
	c->from = (enum lmi_consume_from)ch.from;
	return r;
}

static int consumers(struct lmi_json *j, struct lmi_arena *arena, struct lmi_heartbeat *h)
{
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_ARRAY);

	h->consumer_count = 0;
	while (r > 0 && (r = lmi_json_element(j)) > 0) {
		struct lmi_heartbeat_consumer c;
		int read = consumer(j, arena, &c);

		if (read < 0)
			return read;
		if (c.group.n == 0)
			continue;
		if (h->consumer_count == LMI_HEARTBEAT_GROUPS_MAX)
			return -LMQ_ETOOBIG;
		h->consumers = lmi_arena_grow(arena, h->consumers, h->consumer_count, &cap, sizeof(c));
		if (!h->consumers)
			return -ENOMEM;
		h->consumers[h->consumer_count++] = c;
	}
	return r;
}

/* {"groupName":"pg"} */
static int producer(struct lmi_json *j, struct lmi_arena *arena, struct lmi_span *out_group)
{
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	*out_group = LMI_SPAN_NULL;
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read = lmi_json_is(&key, "groupName") ? lmi_json_string(j, arena, out_group) : lmi_json_skip(j);

		if (read < 0)
			return read;
	}
	return r;
}

static int producers(struct lmi_json *j, struct lmi_arena *arena, struct lmi_heartbeat *h)
{
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_ARRAY);

	h->producer_count = 0;
	while (r > 0 && (r = lmi_json_element(j)) > 0) {
		struct lmi_span group;
		int read = producer(j, arena, &group);

		if (read < 0)
			return read;
		if (group.n == 0)
			continue;
		if (h->producer_count == LMI_HEARTBEAT_GROUPS_MAX)
			return -LMQ_ETOOBIG;
		h->producer_groups = lmi_arena_grow(arena, h->producer_groups, h->producer_count, &cap, sizeof(group));
		if (!h->producer_groups)
			return -ENOMEM;
		h->producer_groups[h->producer_count++] = group;
	}
	return r;
}

static int member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_arena *arena, struct lmi_heartbeat *h)
{
	if (lmi_json_is(key, "clientID"))
		return lmi_json_string(j, arena, &h->client_id);
	if (lmi_json_is(key, "consumerDataSet"))
		return consumers(j, arena, h);
	if (lmi_json_is(key, "producerDataSet"))
		return producers(j, arena, h);
	if (lmi_json_is(key, "heartbeatFingerprint"))
		return lmi_json_i32(j, &h->fingerprint);
	if (lmi_json_is(key, "withoutSub"))
		return lmi_json_bool(j, &h->without_sub);
	return lmi_json_skip(j);
}

int lmi_heartbeat_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_heartbeat *out)
{
	struct lmi_heartbeat h = { 0 };
	struct lmi_json_token key;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, body);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		int read = member(&j, &key, arena, &h);

		if (read < 0)
			return read;
	}
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r < 0)
		return r;
	if (h.client_id.n == 0)
		return -LMQ_EMALFORMED;
	*out = h;
	return 0;
}

/* ---- encoding ---- */

void lmi_heartbeat_consumer_put(struct lmi_json_out *o, const struct lmi_heartbeat_consumer *c)
{
	lmi_json_put_object(o);
	lmi_json_put_key(o, "consumeFromWhere");
	lmi_json_put_str(o, lmi_consume_from_name(c->from));
	lmi_json_put_key(o, "consumeType");
	lmi_json_put_str(o, lmi_consume_type_name(c->type));
	lmi_json_put_key(o, "groupName");
	lmi_json_put_string(o, c->group);
	lmi_json_put_key(o, "messageModel");
	lmi_json_put_str(o, lmi_message_model_name(c->model));
	lmi_json_put_key(o, "subscriptionDataSet");
	lmi_json_put_array(o);
	for (size_t i = 0; i < c->subscription_count; i++)
		lmi_subscription_put(o, &c->subscriptions[i]);
	lmi_json_put_array_end(o);
	lmi_json_put_key(o, "unitMode");
	lmi_json_put_bool(o, c->unit_mode);
	lmi_json_put_object_end(o);
}

static void put_producers(struct lmi_json_out *o, const struct lmi_heartbeat *h)
{
	lmi_json_put_key(o, "producerDataSet");
	lmi_json_put_array(o);
	for (size_t i = 0; i < h->producer_count; i++) {
		lmi_json_put_object(o);
		lmi_json_put_key(o, "groupName");
		lmi_json_put_string(o, h->producer_groups[i]);
		lmi_json_put_object_end(o);
	}
	lmi_json_put_array_end(o);
}

void lmi_heartbeat_put(struct lmi_buf *b, const struct lmi_heartbeat *h)
{
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "clientID");
	lmi_json_put_string(&o, h->client_id);
	lmi_json_put_key(&o, "consumerDataSet");
	lmi_json_put_array(&o);
	for (size_t i = 0; i < h->consumer_count; i++)
		lmi_heartbeat_consumer_put(&o, &h->consumers[i]);
	lmi_json_put_array_end(&o);
	lmi_json_put_key(&o, "heartbeatFingerprint");
	lmi_json_put_i64(&o, h->fingerprint);
	put_producers(&o, h);
	lmi_json_put_key(&o, "withoutSub");
	lmi_json_put_bool(&o, h->without_sub);
	lmi_json_put_object_end(&o);
}
