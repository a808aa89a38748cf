/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/route_cache.h"

#include <stdlib.h>
#include <string.h>

#include "wire/topic_config.h"

void route_cache_init(struct route_cache *c)
{
	*c = (struct route_cache){ .on = false };
	lmi_list_init(&c->wanted);
}

void route_wait_free(struct route_wait *w)
{
	w->peer->ops->request_end(w->peer);
	peer_unref(w->peer);
	free(w);
}

static void drop_waits(struct route_cache *c, struct route_entry *e)
{
	LMI_LIST_FOREACH_SAFE(&e->waits, it, tmp) {
		struct route_wait *w = lmi_container_of(it, struct route_wait, link);
		lmi_list_del(&w->link);
		c->waits--;
		route_wait_free(w);
	}
}

static void entry_free(struct route_cache *c, struct route_entry *e)
{
	drop_waits(c, e);
	lmi_list_del(&e->in_wanted);
	free(e->parts);
	free(e);
}

void route_cache_done(struct route_cache *c)
{
	struct lmi_span key;
	void *value;
	for (size_t i = 0; lmi_map_next(&c->map, &i, &key, &value);)
		entry_free(c, value);
	lmi_map_done(&c->map, NULL);
}

static struct route_entry *make(struct route_cache *c, struct lmi_span topic)
{
	struct route_entry *e = lmi_map_count(&c->map) < ROUTE_CACHE_MAX ? malloc(sizeof(*e) + topic.n) : NULL;
	if (!e)
		return NULL;
	*e = (struct route_entry){ .asked_ms = -1, .topic_bytes = (uint32_t)topic.n };
	memcpy(e->topic, topic.p, topic.n);
	lmi_list_init(&e->in_wanted);
	lmi_list_init(&e->waits);
	if (lmi_map_put(&c->map, route_entry_topic(e), e, NULL) == 0)
		return e;
	free(e);
	return NULL;
}

static bool is_due(const struct route_entry *e, int64_t now_ms)
{
	return !e->asking && (e->asked_ms < 0 || now_ms - e->asked_ms >= (e->known ? ROUTE_FRESH_MS : ROUTE_RETRY_MS));
}

struct route_entry *route_cache_use(struct route_cache *c, struct lmi_span topic, int64_t now_ms)
{
	struct route_entry *e = lmi_map_get(&c->map, topic);
	if (!e)
		e = make(c, topic);
	if (!e)
		return NULL;
	e->used_ms = now_ms;
	if (is_due(e, now_ms) && lmi_list_empty(&e->in_wanted))
		lmi_list_add_tail(&c->wanted, &e->in_wanted);
	return e;
}

bool route_cache_wait(struct route_cache *c, struct route_entry *e, struct peer *p, struct lmi_span frame)
{
	struct route_wait *w = c->waits < ROUTE_WAITS_MAX ? malloc(sizeof(*w) + frame.n) : NULL;
	if (!w)
		return false;
	*w = (struct route_wait){ .peer = peer_ref(p), .n = frame.n };
	memcpy(w->frame, frame.p, frame.n);
	p->ops->request_begin(p);
	lmi_list_add_tail(&e->waits, &w->link);
	c->waits++;
	return true;
}

struct route_entry *route_cache_take(struct route_cache *c, int64_t now_ms)
{
	if (lmi_list_empty(&c->wanted))
		return NULL;
	struct route_entry *e = lmi_container_of(c->wanted.next, struct route_entry, in_wanted);
	lmi_list_del(&e->in_wanted);
	lmi_list_init(&e->in_wanted);
	e->asking = true;
	e->asked_ms = now_ms;
	return e;
}

static size_t readable(const struct lmi_route_queue *q)
{
	return (q->perm & LMI_PERM_READ) && q->read_queues > 0 ? (size_t)q->read_queues : 0;
}

/* One block: the parts, then the brokers' names. */
static struct route_part *parts_of(const struct lmi_route *r, size_t *out_count)
{
	size_t bytes = 0, n = 0, queues = 0;
	for (size_t i = 0; i < r->queue_count; i++)
		bytes += r->queues[i].broker_name.n;
	struct route_part *p = malloc((r->queue_count + 1) * sizeof(*p) + bytes);
	char *names = p ? (char *)(p + r->queue_count + 1) : NULL;
	for (size_t i = 0; p && i < r->queue_count; i++) {
		const struct lmi_route_queue *q = &r->queues[i];
		queues += readable(q);
		if (!readable(q) || queues > ROUTE_QUEUES_MAX)
			continue;
		memcpy(names, q->broker_name.p, q->broker_name.n);
		p[n++] = (struct route_part){ .broker_name = lmi_span(names, q->broker_name.n), .queues = q->read_queues };
		names += q->broker_name.n;
	}
	*out_count = n;
	return p;
}

void route_cache_set(struct route_cache *c, struct lmi_span topic, const struct lmi_route *r)
{
	struct route_entry *e = lmi_map_get(&c->map, topic);
	size_t count = 0;
	struct route_part *parts = e && r ? parts_of(r, &count) : NULL;
	if (!e)
		return;
	e->asking = false;
	e->answered = true;
	if (!parts)
		return;
	free(e->parts);
	e->parts = parts;
	e->count = count;
	e->known = true;
}

struct route_wait *route_cache_take_wait(struct route_cache *c, struct lmi_span topic)
{
	struct route_entry *e = lmi_map_get(&c->map, topic);
	if (!e || lmi_list_empty(&e->waits))
		return NULL;
	struct route_wait *w = lmi_container_of(e->waits.next, struct route_wait, link);
	lmi_list_del(&w->link);
	c->waits--;
	return w;
}

void route_cache_give_up(struct route_cache *c)
{
	struct lmi_span key;
	void *value;
	for (size_t i = 0; lmi_map_next(&c->map, &i, &key, &value);)
		((struct route_entry *)value)->answered = true;
}

void route_cache_sweep(struct route_cache *c, int64_t now_ms)
{
	struct lmi_span key;
	void *value;
	for (size_t i = 0; lmi_map_next(&c->map, &i, &key, &value);) {
		struct route_entry *e = value;
		if (e->asking || !lmi_list_empty(&e->waits) || now_ms - e->used_ms < ROUTE_IDLE_MS)
			continue;
		lmi_map_del(&c->map, key);
		entry_free(c, e);
	}
}
