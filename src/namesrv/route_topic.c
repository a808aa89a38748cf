/* SPDX-License-Identifier: Apache-2.0 */
/* Topics of the route table: of all brokers, and of each. */
#include <errno.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"

struct route_topic *route_topic_find(struct route_table *t, struct lmi_span name)
{
	uint32_t hash = route_hash(name);
	struct route_slot *slot = route_set_find(route_part(t, hash), hash, name);

	return slot ? slot->topic : NULL;
}

static bool room_for_topic(struct route_table *t, const struct route_member *m)
{
	while (t->topics >= t->limits.topics_max)
		if (!route_purge(t, m))
			return false;
	return true;
}

static struct route_topic *add_topic(struct route_table *t, const struct route_member *m, struct lmi_span name, uint32_t hash, int *err)
{
	struct route_topic *topic;

	*err = -LMQ_EFULL;
	if (!room_for_topic(t, m))
		return NULL;
	*err = -ENOMEM;
	topic = malloc(sizeof(*topic) + name.n);
	if (!topic)
		return NULL;
	topic->shape = NULL;
	topic->n = (uint16_t)name.n;
	memcpy(topic->name, name.p, name.n);
	if (!route_set_add(route_part(t, hash), topic, hash)) {
		free(topic);
		return NULL;
	}
	t->topics++;
	return topic;
}

/* A topic without queues is no more. */
static void drop_topic(struct route_table *t, struct route_topic *topic, uint32_t hash)
{
	struct route_set *part = route_part(t, hash);

	route_set_del(part, route_set_find(part, hash, route_topic_name(topic)));
	t->topics--;
	free(topic);
}

static uint64_t entry_digest(const struct route_topic *topic, const struct route_entry *e)
{
	struct lmi_topic_config c;

	lmi_topic_config_init(&c, route_topic_name(topic));
	c.read_queues = e->read_queues;
	c.write_queues = e->write_queues;
	c.perm = e->perm;
	c.sysflag = e->sysflag;
	return lmi_topic_digest(&c);
}

/* Give a topic another shape.  False without memory. */
static bool reshape(struct route_table *t, struct route_topic *topic, const struct route_entry *e)
{
	struct route_shape *made = route_shape_with(t, topic->shape, e);

	if (!made)
		return false;
	route_shape_put(t, topic->shape);
	topic->shape = made;
	t->changes++;
	return true;
}

static int add_to_member(struct route_table *t, struct route_member *m, const struct lmi_topic_config *c, struct route_slot **out)
{
	uint32_t hash = route_hash(c->name);
	struct route_slot *known;
	struct route_topic *topic;
	int err = 0;

	if (t->limits.topics_per_broker_max && m->topics.count >= t->limits.topics_per_broker_max)
		return -LMQ_EFULL;
	known = route_set_find(route_part(t, hash), hash, c->name);
	topic = known ? known->topic : add_topic(t, m, c->name, hash, &err);
	if (!topic)
		return err;
	*out = route_set_add(&m->topics, topic, hash);
	if (*out)
		return 0;
	if (!topic->shape)
		drop_topic(t, topic, hash);
	return -ENOMEM;
}

/* Its announcement no longer counts in the digest. */
static void discount(struct route_member *m, const struct route_slot *slot)
{
	const struct route_entry *e = route_shape_entry(slot->topic->shape, m);

	if (slot->stamp == ROUTE_FOREIGN)
		m->foreign--;
	else if (e)
		m->digest -= entry_digest(slot->topic, e);
}

static void count(struct route_member *m, const struct route_slot *slot)
{
	if (slot->stamp == ROUTE_FOREIGN)
		m->foreign++;
	else
		m->digest += entry_digest(slot->topic, route_shape_entry(slot->topic->shape, m));
}

static void forget_slot(struct route_table *t, struct route_member *m, struct route_slot *slot)
{
	struct route_topic *topic = slot->topic;
	uint32_t hash = slot->hash;

	route_set_del(&m->topics, slot);
	if (!topic->shape)
		drop_topic(t, topic, hash);
}

int route_member_put(struct route_table *t, struct route_member *m, const struct lmi_topic_config *c, uint32_t stamp)
{
	struct route_entry e = { m, c->read_queues < 0 ? 0 : c->read_queues, c->write_queues < 0 ? 0 : c->write_queues, c->perm & 0xFF,
				 c->sysflag };
	const struct route_entry *old;
	struct route_slot *slot;
	int r;

	if (!route_name_ok(c->name))
		return -LMQ_EILLEGAL;
	slot = route_set_find(&m->topics, route_hash(c->name), c->name);
	if (slot) {
		old = route_shape_entry(slot->topic->shape, m);
		if (memcmp(old, &e, sizeof(e)) == 0 && (slot->stamp == ROUTE_FOREIGN) == (stamp == ROUTE_FOREIGN)) {
			slot->stamp = stamp;
			return 0;
		}
		discount(m, slot);
	} else {
		r = add_to_member(t, m, c, &slot);
		if (r < 0)
			return r;
		slot->stamp = stamp;
	}
	if (!reshape(t, slot->topic, &e)) {
		if (route_shape_entry(slot->topic->shape, m))
			count(m, slot); /* it stays what it was */
		else
			forget_slot(t, m, slot);
		return -ENOMEM;
	}
	slot->stamp = stamp;
	count(m, slot);
	return 0;
}

bool route_member_topic(const struct route_member *m, size_t place, struct lmi_topic_config *out)
{
	const struct route_slot *s = &m->topics.slots[place];
	const struct route_entry *e = s->topic && s->stamp != ROUTE_FOREIGN ? route_shape_entry(s->topic->shape, m) : NULL;

	if (!e)
		return false;
	lmi_topic_config_init(out, route_topic_name(s->topic));
	out->read_queues = e->read_queues;
	out->write_queues = e->write_queues;
	out->perm = e->perm;
	out->sysflag = e->sysflag;
	return true;
}

void route_member_remove(struct route_table *t, struct route_member *m, struct route_slot *slot)
{
	struct route_entry none = { .member = m, .read_queues = -1 };
	struct route_topic *topic = slot->topic;

	discount(m, slot);
	if (topic->shape->count == 1) { /* its only broker */
		route_shape_put(t, topic->shape);
		topic->shape = NULL;
		t->changes++;
		forget_slot(t, m, slot);
		return;
	}
	if (reshape(t, topic, &none)) {
		forget_slot(t, m, slot);
		return;
	}
	count(m, slot); /* no memory: it stays, and the digest says so */
}

uint32_t route_member_next_stamp(struct route_member *m)
{
	if (++m->stamp == ROUTE_FOREIGN)
		m->stamp = 1;
	return m->stamp;
}

bool route_member_swept(const struct route_member *m, const struct route_slot *slot)
{
	if (!slot->topic || slot->stamp == m->stamp || slot->stamp == ROUTE_FOREIGN)
		return false;
	return !m->sync_bitmap ||
	       lmi_sync_bitmap_has(m->sync_bitmap, lmi_sync_range(lmi_topic_name_digest(route_topic_name(slot->topic)), m->sync_bits));
}

/* ---- what administrators do ---- */

void route_table_delete_topic(struct route_table *t, struct lmi_span name, struct lmi_span cluster)
{
	uint32_t hash = route_hash(name);

	/* The topic goes with the last of its brokers, and each removal gives it another shape. */
	for (size_t i = 0;;) {
		struct route_topic *topic = route_topic_find(t, name);
		struct route_member *m;

		if (!topic || i >= topic->shape->count)
			return;
		m = topic->shape->entries[i].member;
		if (cluster.n && !lmi_span_is(cluster, m->cluster)) {
			i++;
			continue;
		}
		size_t before = m->topics.count;
		route_member_remove(t, m, route_set_find(&m->topics, hash, name));
		if (m->topics.count == before)
			i++;
	}
}

int route_table_add_topic(struct route_table *t, struct lmi_span name, const struct lmi_route *route)
{
	for (size_t i = 0; i < route->queue_count; i++) {
		struct route_member *m = lmi_map_get(&t->members, route->queues[i].broker_name);

		if (!m || !route_member_live(m))
			return 0;
	}
	for (size_t i = 0; i < route->queue_count; i++) {
		const struct lmi_route_queue *q = &route->queues[i];
		struct route_member *m = lmi_map_get(&t->members, q->broker_name);
		struct route_slot *known = route_set_find(&m->topics, route_hash(name), name);
		struct lmi_topic_config c;
		int err;

		if (known && known->stamp != ROUTE_FOREIGN)
			continue; /* the broker's own word counts */
		lmi_topic_config_init(&c, name);
		c.read_queues = q->read_queues;
		c.write_queues = q->write_queues;
		c.sysflag = q->sysflag;
		c.perm = q->perm;
		err = route_member_put(t, m, &c, ROUTE_FOREIGN);
		if (err < 0)
			return err;
	}
	return 0;
}

size_t route_table_set_write(struct route_table *t, struct lmi_span broker_name, bool write)
{
	struct route_member *m = lmi_map_get(&t->members, broker_name);

	if (!m || !route_member_live(m))
		return 0;
	m->wiped = !write;
	t->epoch++;
	t->changes++;
	return m->topics.count;
}
