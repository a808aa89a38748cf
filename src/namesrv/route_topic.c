/* SPDX-License-Identifier: Apache-2.0 */
/* Topics of the route table and their encoded answers. */
#include <errno.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"

void route_topic_forget(struct route_topic *topic)
{
	for (int i = 0; i < 2; i++) {
		lmi_rcbuf_unref(topic->encoded[i]);
		topic->encoded[i] = NULL;
	}
	free(topic->order_conf);
	topic->order_conf = NULL;
}

static struct route_topic *find_or_add(struct route_table *t, struct lmi_span name, int *err)
{
	struct route_topic *topic = lmi_map_get(&t->topics, name);

	if (topic)
		return topic;
	*err = -LMQ_EFULL;
	if (lmi_map_count(&t->topics) >= t->limits.topics_max)
		return NULL;
	*err = -ENOMEM;
	topic = calloc(1, sizeof(*topic));
	if (!topic)
		return NULL;
	topic->name = strndup((const char *)name.p, name.n);
	if (!topic->name || lmi_map_put(&t->topics, name, topic, NULL) < 0) {
		free(topic->name);
		free(topic);
		return NULL;
	}
	return topic;
}

int route_topic_put(struct route_table *t, struct route_member *m, const struct lmi_topic_config *c, int32_t perm)
{
	struct route_entry e = { m, c->read_queues, c->write_queues, perm, c->sysflag }, *grown;
	int err = 0;
	struct route_topic *topic;

	if (c->name.n == 0)
		return 0;
	topic = find_or_add(t, c->name, &err);
	if (!topic)
		return err;
	for (size_t i = 0; i < topic->count; i++)
		if (topic->entries[i].member == m) {
			if (memcmp(&topic->entries[i], &e, sizeof(e)) != 0) {
				topic->entries[i] = e;
				route_topic_forget(topic);
			}
			return 0;
		}
	grown = realloc(topic->entries, (topic->count + 1) * sizeof(e));
	if (!grown)
		return -ENOMEM;
	topic->entries = grown;
	topic->entries[topic->count++] = e;
	route_topic_forget(topic);
	return 0;
}

int route_table_add_topic(struct route_table *t, struct lmi_span name, const struct lmi_route *route)
{
	for (size_t i = 0; i < route->queue_count; i++) {
		const struct lmi_route_queue *q = &route->queues[i];
		struct route_member *m = lmi_map_get(&t->members, q->broker_name);
		struct lmi_topic_config c;
		int err;

		if (!m)
			continue;
		lmi_topic_config_init(&c, name);
		c.read_queues = q->read_queues;
		c.write_queues = q->write_queues;
		c.sysflag = q->sysflag;
		err = route_topic_put(t, m, &c, q->perm);
		if (err < 0)
			return err;
	}
	return 0;
}

int route_table_set_write(struct route_table *t, struct lmi_span broker_name, bool write)
{
	struct route_member *m = lmi_map_get(&t->members, broker_name);
	int n = 0;
	void *v;

	if (!m)
		return 0;
	for (size_t at = 0; lmi_map_next(&t->topics, &at, NULL, &v);) {
		struct route_topic *topic = v;

		for (size_t i = 0; i < topic->count; i++)
			if (topic->entries[i].member == m) {
				topic->entries[i].perm = write ? LMI_PERM_READ | LMI_PERM_WRITE
							       : topic->entries[i].perm & ~LMI_PERM_WRITE;
				route_topic_forget(topic);
				n++;
			}
	}
	return n;
}

bool route_member_view(const struct route_member *m, struct lmi_arena *a, struct lmi_route_broker *out)
{
	*out = (struct lmi_route_broker){
		.cluster = lmi_span_str(m->cluster),
		.broker_name = lmi_span_str(m->name),
		.zone_name = lmi_span_str(m->zone),
		.enable_acting_master = m->acting_master,
		.addr_count = m->addr_count,
	};
	out->addrs = lmi_arena_alloc(a, (m->addr_count + 1) * sizeof(*out->addrs));
	for (size_t i = 0; out->addrs && i < m->addr_count; i++)
		out->addrs[i] = (struct lmi_broker_addr){ m->addrs[i].id, lmi_span_str(m->addrs[i].addr) };
	return out->addrs != NULL;
}

static struct lmi_rcbuf *encode(struct route_topic *topic, enum lmi_route_dialect dialect, struct lmi_span order_conf)
{
	struct lmi_route r = { .broker_count = topic->count, .queue_count = topic->count, .order_conf = order_conf };
	struct lmi_rcbuf *result = NULL;
	struct lmi_arena a;
	struct lmi_buf b = { 0 };
	bool ok;

	lmi_arena_init(&a, 0);
	r.brokers = lmi_arena_alloc(&a, topic->count * sizeof(*r.brokers));
	r.queues = lmi_arena_alloc(&a, topic->count * sizeof(*r.queues));
	ok = r.brokers && r.queues;
	for (size_t i = 0; ok && i < topic->count; i++) {
		const struct route_entry *e = &topic->entries[i];

		ok = route_member_view(e->member, &a, &r.brokers[i]);
		r.queues[i] = (struct lmi_route_queue){ r.brokers[i].broker_name, e->read_queues, e->write_queues, e->perm, e->sysflag };
	}
	if (ok)
		lmi_route_put(&b, &r, dialect);
	if (ok && !b.failed)
		result = lmi_rcbuf_dup(lmi_buf_data(&b), lmi_buf_len(&b));
	lmi_buf_done(&b);
	lmi_arena_done(&a);
	return result;
}

int route_table_route(struct route_table *t, struct lmi_span name, enum lmi_route_dialect dialect, struct lmi_span order_conf,
		      struct lmi_span *out)
{
	struct route_topic *topic = lmi_map_get(&t->topics, name);
	int slot = dialect == LMI_ROUTE_STANDARD;

	if (!topic)
		return -LMQ_ENOTFOUND;
	if (topic->epoch != t->epoch || !lmi_span_eq(order_conf, lmi_span_str(topic->order_conf))) {
		route_topic_forget(topic);
		topic->epoch = t->epoch;
		topic->order_conf = order_conf.p ? strndup((const char *)order_conf.p, order_conf.n) : NULL;
	}
	if (!topic->encoded[slot])
		topic->encoded[slot] = encode(topic, dialect, order_conf);
	if (!topic->encoded[slot])
		return -ENOMEM;
	*out = lmi_span(topic->encoded[slot]->data, topic->encoded[slot]->n);
	return 0;
}
