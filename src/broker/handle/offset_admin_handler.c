/* SPDX-License-Identifier: Apache-2.0 */
/* CLONE_GROUP_OFFSET, QUERY_CORRECTION_OFFSET: offsets of whole groups, for operators. */
#include "broker/handle/handlers.h"

/* ---- clone ---- */

struct clone {
	struct lmi_span from, to, topic;
	bool offline;
};

/* Rule: a topic that the online source group does not subscribe to is left out. */
static bool counts(const struct handle *h, const struct clone *c, struct lmi_span topic)
{
	const struct client_group *g = client_table_consumers(h->clients, c->from);
	if (!topic_table_get(h->topics, topic) || (c->topic.n && !lmi_span_eq(c->topic, topic)))
		return false;
	return c->offline || !g || lmi_map_count(&g->subs) == 0 || client_group_sub(g, topic);
}

static void clone_topic(struct handle *h, const struct request *r, const struct clone *c, const struct offset_entry *e)
{
	char host[LMI_HOST_CHARS];
	lmi_host_print(&r->peer->host, host, sizeof(host));
	for (uint32_t i = 0; i < e->count; i++) {
		struct offset_at at = { .group = c->to, .topic = offset_entry_topic(e), .queue_id = e->queues[i].queue_id };
		int64_t before = offset_table_get(h->offsets, &at), pos = e->queues[i].committed;
		if (pos < 0 || pos == before || offset_table_commit(h->offsets, &at, pos))
			continue;
		lmi_log(h->log, LMI_LOG_NOTICE, "%s set group %.*s on %.*s queue %d from %lld to %lld, as group %.*s has it", host,
			SPAN_ARGS(c->to), SPAN_ARGS(at.topic), at.queue_id, (long long)before, (long long)pos, SPAN_ARGS(c->from));
	}
}

/* The topics of the source, collected first: the table grows while they are cloned. */
static size_t topics_of(struct handle *h, const struct clone *c, const struct offset_entry ***out)
{
	const struct offset_entry *e;
	size_t n = 0;
	*out = lmi_arena_alloc(&h->arena, (lmi_map_count(&h->offsets->map) + 1) * sizeof(**out));
	for (size_t i = 0; *out && (e = offset_table_next(h->offsets, &i));)
		if (lmi_span_eq(offset_entry_group(e), c->from) && counts(h, c, offset_entry_topic(e)))
			(*out)[n++] = e;
	return n;
}

/* Rule: AdminBrokerProcessor.cloneGroupOffset; without a topic all of them, which RocketMQ promises and does not do. */
void offset_clone_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct clone c = { .from = fields_text(&f, LMI_EXT_SRC_GROUP), .to = fields_text(&f, LMI_EXT_DEST_GROUP) };
	const struct offset_entry **e;
	c.topic = fields_text_or(&f, LMI_EXT_TOPIC, LMI_SPAN_NULL);
	c.offline = fields_bool_or(&f, LMI_EXT_OFFLINE, false);
	if (!fields_ok(h, r, &f))
		return;
	size_t n = lmi_span_eq(c.from, c.to) ? 0 : topics_of(h, &c, &e);
	for (size_t i = 0; i < n; i++)
		clone_topic(h, r, &c, e[i]);
	answer_code(r, LMI_RSP_SUCCESS);
}

/* ---- correction ---- */

static bool is_named(struct lmi_span list, struct lmi_span name)
{
	for (size_t at = 0; at < list.n;) {
		const uint8_t *comma = memchr(list.p + at, ',', list.n - at);
		size_t n = comma ? (size_t)(comma - list.p) - at : list.n - at;
		if (lmi_span_eq(lmi_span(list.p + at, n), name))
			return true;
		at += n + 1;
	}
	return false;
}

struct correction {
	struct lmi_span topic, filter, compare;
	int64_t *lowest; /* by queue id; -1: nobody has consumed it */
	int32_t queues;
};

/* Rule: ConsumerOffsetManager.queryMinOffsetInAllGroup.  RocketMQ also forgets the groups that are filtered out; we do not. */
static void lower(struct handle *h, struct correction *c)
{
	const struct offset_entry *e;
	for (size_t i = 0; (e = offset_table_next(h->offsets, &i));) {
		if (!lmi_span_eq(offset_entry_topic(e), c->topic) || is_named(c->filter, offset_entry_group(e)))
			continue;
		for (uint32_t k = 0; k < e->count; k++) {
			struct store_bounds b = { 0 };
			const struct offset_queue *q = &e->queues[k];
			store_queue_bounds(h->store, c->topic, q->queue_id, &b);
			if (q->queue_id < c->queues && q->committed >= b.min_pos &&
			    (c->lowest[q->queue_id] < 0 || q->committed < c->lowest[q->queue_id]))
				c->lowest[q->queue_id] = q->committed;
		}
	}
}

static int32_t queues_of(const struct handle *h, struct lmi_span topic)
{
	const struct topic *t = topic_table_get(h->topics, topic);
	int32_t n = t ? t->config.read_queues : 0;
	return t && t->config.write_queues > n ? t->config.write_queues : n;
}

/* Rule: AdminBrokerProcessor.queryCorrectionOffset. */
void offset_correction_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct correction c = { .topic = fields_text(&f, LMI_EXT_TOPIC), .compare = fields_text(&f, LMI_EXT_COMPARE_GROUP) };
	struct lmi_json_out o;
	c.filter = fields_text_or(&f, LMI_EXT_FILTER_GROUPS, LMI_SPAN_NULL);
	if (!fields_ok(h, r, &f))
		return;
	c.queues = queues_of(h, c.topic);
	c.lowest = lmi_arena_alloc(&h->arena, ((size_t)c.queues + 1) * sizeof(*c.lowest));
	if (!c.lowest)
		c.queues = 0;
	for (int32_t q = 0; q < c.queues; q++)
		c.lowest[q] = -1;
	lower(h, &c);
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "correctionOffsets");
	lmi_json_put_object(&o);
	for (int32_t q = 0; q < c.queues; q++) {
		struct offset_at at = { .group = c.compare, .topic = c.topic, .queue_id = q };
		if (c.lowest[q] < 0)
			continue;
		lmi_json_put_key_int(&o, q, false);
		int64_t own = offset_table_get(h->offsets, &at);
		lmi_json_put_i64(&o, own >= 0 && c.lowest[q] > own ? INT64_MAX : c.lowest[q]);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}
