/* SPDX-License-Identifier: Apache-2.0 */
/* How far queues are filled and consumed, for people. */
#include <errno.h>
#include <stdio.h>

#include "broker/handle/count.h"
#include "broker/handle/handlers.h"
#include "rules/name.h"
#include "wire/lock_batch.h"

struct stats {
	struct handle *h;
	struct lmi_json_out o;
	struct lmi_buf key; /* of one queue */
	bool cold;          /* a worker must read before this can be said */
	double rate;        /* messages a second that the group got of what was put so far */
};

/* {"brokerName":…,"queueId":…,"topic":…} as a key, as fastjson writes a map from MessageQueue. */
static void put_queue_key(struct stats *s, struct lmi_span topic, int32_t queue_id)
{
	struct lmi_json_out k;
	struct lmi_message_queue q = { .topic = topic, .broker_name = s->h->settings->broker_name, .queue_id = queue_id };
	lmi_buf_reset(&s->key, HANDLE_SCRATCH_KEEP);
	lmi_json_out_init(&k, &s->key);
	lmi_message_queue_put(&k, &q);
	lmi_json_put_key_raw(&s->o, lmi_buf_span(&s->key));
}

static void put_number(struct lmi_json_out *o, const char *key, int64_t value)
{
	lmi_json_put_key(o, key);
	lmi_json_put_i64(o, value);
}

static void put_rate(struct lmi_json_out *o, const char *key, double value)
{
	char text[32];
	snprintf(text, sizeof(text), "%.3f", value);
	lmi_json_put_key(o, key);
	lmi_json_put_raw(o, lmi_span_str(text));
}

static void begin(struct stats *s, struct handle *h)
{
	*s = (struct stats){ .h = h };
	scratch_json(h, &s->o);
	lmi_json_put_object(&s->o);
}

static void end(struct stats *s, const struct request *r)
{
	lmi_json_put_object_end(&s->o);
	if (s->cold)
		defer_until_read(s->h, r, NULL, 0);
	else
		answer_body(r, lmi_buf_span(&s->h->scratch));
	lmi_buf_done(&s->key);
}

static struct store_bounds bounds_of(struct stats *s, struct lmi_span topic, int32_t queue_id)
{
	struct store_bounds b = { 0 };
	s->cold = store_queue_bounds(s->h->store, topic, queue_id, &b) == -EAGAIN || s->cold;
	return b;
}

/* Store time of the message before a position; 0 when there is none. */
static int64_t ms_before(struct stats *s, struct lmi_span topic, int32_t queue_id, int64_t pos)
{
	int64_t ms = pos > 0 ? store_queue_time(s->h->store, topic, queue_id, pos - 1) : 0;
	s->cold = ms == -EAGAIN || s->cold;
	return ms > 0 ? ms : 0;
}

/* Rule: AdminBrokerProcessor.getTopicStatsInfo. */
void topic_stats_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span name = fields_text(&f, LMI_EXT_TOPIC);
	struct stats s;
	if (!fields_ok(h, r, &f))
		return;
	const struct topic *t = topic_table_get(h->topics, name);
	if (!t) {
		answer_error(h, r, LMI_RSP_TOPIC_NOT_EXIST, "topic %.*s does not exist on this broker", SPAN_ARGS(name));
		return;
	}
	int32_t queues = t->config.read_queues > t->config.write_queues ? t->config.read_queues : t->config.write_queues;
	begin(&s, h);
	lmi_json_put_key(&s.o, "offsetTable");
	lmi_json_put_object(&s.o);
	for (int32_t q = 0; q < queues; q++) {
		struct store_bounds b = bounds_of(&s, name, q);
		put_queue_key(&s, name, q);
		lmi_json_put_object(&s.o);
		put_number(&s.o, "lastUpdateTimestamp", ms_before(&s, name, q, b.max_pos > b.min_pos ? b.max_pos : 0));
		put_number(&s.o, "maxOffset", b.max_pos);
		put_number(&s.o, "minOffset", b.min_pos);
		lmi_json_put_object_end(&s.o);
	}
	lmi_json_put_object_end(&s.o);
	put_rate(&s.o, "topicPutTps", count_topic_rate(h, name));
	end(&s, r);
}

/* What a group has taken of a queue: pulled, or popped and perhaps not acknowledged; consumerOffset is the lowest that is not. */
static int64_t taken_of(const struct handle *h, const struct offset_at *at, int64_t consumed)
{
	const struct pop_queue *q = pop_table_get(h->pops, at);
	int64_t taken = offset_table_get_pulled(h->offsets, at);
	if (q && q->pop_pos > taken)
		taken = q->pop_pos;
	return taken < consumed ? consumed : taken;
}

static void put_consumed(struct stats *s, struct lmi_span group, const struct topic *t)
{
	struct handle *h = s->h;
	s->rate += count_group_rate(h, t->config.name, group);
	for (int32_t q = 0; q < t->config.read_queues; q++) {
		struct offset_at at = { .group = group, .topic = t->config.name, .queue_id = q };
		int64_t consumed = offset_table_get(h->offsets, &at);
		struct store_bounds b = bounds_of(s, t->config.name, q);
		put_queue_key(s, t->config.name, q);
		lmi_json_put_object(&s->o);
		put_number(&s->o, "brokerOffset", b.max_pos);
		put_number(&s->o, "consumerOffset", consumed < 0 ? 0 : consumed);
		put_number(&s->o, "lastTimestamp", ms_before(s, t->config.name, q, consumed));
		put_number(&s->o, "pullOffset", taken_of(h, &at, consumed < 0 ? 0 : consumed));
		lmi_json_put_object_end(&s->o);
	}
}

/* A topic that an online group does not subscribe to is left out.  Rule: AdminBrokerProcessor.getConsumeStats. */
static bool counts(const struct handle *h, struct lmi_span group, struct lmi_span topic)
{
	const struct client_group *g = client_table_consumers(h->clients, group);
	return !g || lmi_map_count(&g->subs) == 0 || client_group_sub(g, topic);
}

static void put_all_consumed(struct stats *s, struct lmi_span group)
{
	const struct offset_entry *e;
	for (size_t i = 0; (e = offset_table_next(s->h->offsets, &i));) {
		const struct topic *t = topic_table_get(s->h->topics, offset_entry_topic(e));
		if (t && offset_entry_committed(e) && lmi_span_eq(offset_entry_group(e), group) &&
		    counts(s->h, group, t->config.name))
			put_consumed(s, group, t);
	}
}

/* Topics separated by semicolons, subscribed or not. */
static void put_list_consumed(struct stats *s, struct lmi_span group, struct lmi_span list)
{
	for (size_t at = 0; at < list.n;) {
		const uint8_t *end = memchr(list.p + at, ';', list.n - at);
		size_t n = end ? (size_t)(end - list.p) - at : list.n - at;
		const struct topic *t = topic_table_get(s->h->topics, lmi_span(list.p + at, n));
		if (t)
			put_consumed(s, group, t);
		at += n + 1;
	}
}

void group_stats_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text(&f, LMI_EXT_CONSUMER_GROUP);
	struct lmi_span name = fields_text_or(&f, LMI_EXT_TOPIC, LMI_SPAN_NULL);
	struct lmi_span list = fields_text_or(&f, LMI_EXT_TOPIC_LIST, LMI_SPAN_NULL);
	struct stats s;
	if (!fields_ok(h, r, &f))
		return;
	begin(&s, h);
	lmi_json_put_key(&s.o, "offsetTable");
	lmi_json_put_object(&s.o);
	const struct topic *t = name.n ? topic_table_get(h->topics, name) : NULL;
	if (list.n)
		put_list_consumed(&s, group, list);
	else if (t && counts(h, group, name))
		put_consumed(&s, group, t);
	else if (!name.n)
		put_all_consumed(&s, group);
	lmi_json_put_object_end(&s.o);
	put_rate(&s.o, "consumeTps", s.rate);
	end(&s, r);
}

/* ---- all groups at once ---- */

struct total {
	int64_t behind, in_flight;
};

/* Rule: ConsumeStats of one topic, over the queues that are written. */
static void put_group_topic(struct stats *s, struct lmi_span group, const struct topic *t, struct total *sum)
{
	struct handle *h = s->h;
	lmi_json_put_object(&s->o);
	put_rate(&s->o, "consumeTps", count_group_rate(h, t->config.name, group));
	lmi_json_put_key(&s->o, "offsetTable");
	lmi_json_put_object(&s->o);
	for (int32_t q = 0; q < t->config.write_queues; q++) {
		struct offset_at at = { .group = group, .topic = t->config.name, .queue_id = q };
		int64_t consumed = offset_table_get(h->offsets, &at);
		struct store_bounds b = bounds_of(s, t->config.name, q);
		consumed = consumed < 0 ? 0 : consumed;
		int64_t pulled = taken_of(h, &at, consumed);
		sum->behind += b.max_pos - consumed;
		sum->in_flight += pulled - consumed;
		put_queue_key(s, t->config.name, q);
		lmi_json_put_object(&s->o);
		put_number(&s->o, "brokerOffset", b.max_pos);
		put_number(&s->o, "consumerOffset", consumed);
		put_number(&s->o, "lastTimestamp", ms_before(s, t->config.name, q, consumed));
		put_number(&s->o, "pullOffset", pulled);
		lmi_json_put_object_end(&s->o);
	}
	lmi_json_put_object_end(&s->o);
	lmi_json_put_object_end(&s->o);
}

/* {"group":[one for each of its topics]} */
static void put_group(struct stats *s, struct lmi_span group, bool order_only, struct total *sum)
{
	const struct offset_entry *e;
	lmi_json_put_object(&s->o);
	lmi_json_put_key_span(&s->o, group);
	lmi_json_put_array(&s->o);
	for (size_t i = 0; (e = offset_table_next(s->h->offsets, &i));) {
		const struct topic *t = topic_table_get(s->h->topics, offset_entry_topic(e));
		if (t && offset_entry_committed(e) && lmi_span_eq(offset_entry_group(e), group) &&
		    counts(s->h, group, t->config.name) && (t->config.order || !order_only))
			put_group_topic(s, group, t, sum);
	}
	lmi_json_put_array_end(&s->o);
	lmi_json_put_object_end(&s->o);
}

/* Rule: AdminBrokerProcessor.fetchAllConsumeStatsInBroker. */
void broker_stats_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	bool order_only = fields_bool_or(&f, LMI_EXT_IS_ORDER, false);
	struct total sum = { 0 };
	struct stats s;
	const struct lmi_group_config *g;
	if (!fields_ok(h, r, &f))
		return;
	begin(&s, h);
	lmi_json_put_key(&s.o, "brokerAddr");
	lmi_json_put_string(&s.o, h->settings->address);
	lmi_json_put_key(&s.o, "consumeStatsList");
	lmi_json_put_array(&s.o);
	for (size_t i = 0; (g = group_table_next(h->groups, &i));)
		put_group(&s, g->name, order_only, &sum);
	lmi_json_put_array_end(&s.o);
	put_number(&s.o, "totalDiff", sum.behind);
	put_number(&s.o, "totalInflightDiff", sum.in_flight);
	end(&s, r);
}
