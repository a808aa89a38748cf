/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of topics and their encoded answers. */
#include <errno.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"
#include "rules/name.h"

#define MEMBER_GROUP_TOPIC "rmq_sys_SYNC_BROKER_MEMBER_" /* rule: TopicValidator.SYNC_BROKER_MEMBER_GROUP_PREFIX */

static struct lmi_span key_of(const struct route_entry *entries, size_t count)
{
	return lmi_span(entries, count * sizeof(*entries));
}

static void forget(struct route_shape *s)
{
	for (int i = 0; i < 2; i++) {
		lmi_rcbuf_unref(s->encoded[i]);
		s->encoded[i] = NULL;
	}
}

void route_shape_free(void *shape)
{
	if (shape)
		forget(shape);
	free(shape);
}

struct route_shape *route_shape_get(struct route_table *t, const struct route_entry *entries, size_t count)
{
	struct route_shape *s = lmi_map_get(&t->shapes, key_of(entries, count));

	if (!s) {
		s = calloc(1, sizeof(*s) + count * sizeof(*entries));
		if (!s)
			return NULL;
		s->count = count;
		memcpy(s->entries, entries, count * sizeof(*entries));
		if (lmi_map_put(&t->shapes, key_of(entries, count), s, NULL) < 0) {
			free(s);
			return NULL;
		}
	}
	s->topics++;
	return s;
}

void route_shape_put(struct route_table *t, struct route_shape *s)
{
	if (!s || --s->topics > 0)
		return;
	lmi_map_del(&t->shapes, key_of(s->entries, s->count));
	route_shape_free(s);
}

const struct route_entry *route_shape_entry(const struct route_shape *s, const struct route_member *m)
{
	for (size_t i = 0; s && i < s->count; i++)
		if (s->entries[i].member == m)
			return &s->entries[i];
	return NULL;
}

struct route_shape *route_shape_with(struct route_table *t, const struct route_shape *old, const struct route_entry *e)
{
	size_t n = old ? old->count : 0, k = 0, i = 0;
	struct route_entry small[16], *entries = small;
	struct route_shape *made;

	if (n + 1 > sizeof(small) / sizeof(small[0])) {
		entries = reallocarray(NULL, n + 1, sizeof(*entries));
		if (!entries)
			return NULL;
	}
	for (; i < n && old->entries[i].member->serial < e->member->serial; i++)
		entries[k++] = old->entries[i];
	if (e->read_queues >= 0)
		entries[k++] = *e;
	for (; i < n; i++)
		if (old->entries[i].member != e->member)
			entries[k++] = old->entries[i];
	made = route_shape_get(t, entries, k);
	if (entries != small)
		free(entries);
	return made;
}

/* ---- what it says now ---- */

int32_t route_entry_perm(const struct route_entry *e)
{
	const struct route_member *m = e->member;
	bool acting = m->acting_master && m->addr_count && m->addrs[0].id != LMI_BROKER_ID_MASTER;

	return m->wiped || acting ? e->perm & ~LMI_PERM_WRITE : e->perm;
}

void route_shape_look(const struct route_table *t, struct route_shape *s)
{
	if (s->epoch == t->epoch)
		return;
	forget(s);
	s->epoch = t->epoch;
	s->live = s->stale = false;
	s->perm = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct route_entry *e = &s->entries[i];

		if (!route_member_live(e->member))
			continue;
		s->live = true;
		s->stale |= e->member->stale;
		s->perm |= route_entry_perm(e);
	}
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

static bool same_zone(struct lmi_span a, const char *b)
{
	return b && a.n == strlen(b) && strncasecmp((const char *)a.p, b, a.n) == 0;
}

/* Rule: ZoneRouteRPCHook: other zones are left out, but for brokers without a master. */
static bool in_zone(const struct route_member *m, struct lmi_span zone)
{
	return !zone.p || m->addrs[0].id != LMI_BROKER_ID_MASTER || same_zone(zone, m->zone);
}

/* Rule: RouteInfoManager.pickupTopicRouteData: the least slave stands in for the master. */
static void put_acting_master(const struct route_entry *e, struct lmi_route_broker *b)
{
	const struct route_member *m = e->member;

	if (m->acting_master && m->addrs[0].id != LMI_BROKER_ID_MASTER && !(route_entry_perm(e) & LMI_PERM_WRITE))
		b->addrs[0].id = LMI_BROKER_ID_MASTER;
}

static bool encode(const struct route_table *t, const struct route_shape *s, const struct route_ask *ask, struct lmi_arena *a,
		   struct lmi_buf *b)
{
	struct lmi_route r = { .order_conf = ask->order_conf };
	bool acting = t->limits.acting_master && !lmi_span_starts(ask->topic, LMI_SPAN_LIT(MEMBER_GROUP_TOPIC));

	r.brokers = lmi_arena_alloc(a, s->count * sizeof(*r.brokers));
	r.queues = lmi_arena_alloc(a, s->count * sizeof(*r.queues));
	if (!r.brokers || !r.queues)
		return false;
	for (size_t i = 0; i < s->count; i++) {
		const struct route_entry *e = &s->entries[i];
		struct lmi_route_broker *to = &r.brokers[r.broker_count];

		if (!route_member_live(e->member) || !in_zone(e->member, ask->zone))
			continue;
		if (!route_member_view(e->member, a, to))
			return false;
		if (acting)
			put_acting_master(e, to);
		r.queues[r.queue_count++] = (struct lmi_route_queue){ to->broker_name, e->read_queues, e->write_queues,
								       route_entry_perm(e), e->sysflag };
		r.broker_count++;
	}
	lmi_route_put(b, &r, ask->dialect);
	return !b->failed;
}

/* Into the arena of the request. */
static int encode_once(struct route_table *t, struct route_shape *s, const struct route_ask *ask, struct lmi_arena *a,
		       struct lmi_span *out)
{
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf b = { 0 };
	void *copy = encode(t, s, ask, a, &b) ? lmi_arena_dup(a, lmi_buf_data(&b), lmi_buf_len(&b)) : NULL;

	if (!copy)
		return -ENOMEM;
	*out = lmi_span(copy, lmi_buf_len(&b));
	return 0;
}

/* Into the shape. */
static int encode_shared(struct route_table *t, struct route_shape *s, const struct route_ask *ask, struct lmi_span *out)
{
	struct lmi_rcbuf **slot = &s->encoded[ask->dialect == LMI_ROUTE_STANDARD];

	if (!*slot) {
		LMI_CLEANUP(lmi_buf_done) struct lmi_buf b = { 0 };
		struct lmi_arena a;

		lmi_arena_init(&a, 0);
		if (encode(t, s, ask, &a, &b))
			*slot = lmi_rcbuf_dup(lmi_buf_data(&b), lmi_buf_len(&b));
		lmi_arena_done(&a);
	}
	if (!*slot)
		return -ENOMEM;
	*out = lmi_span((*slot)->data, (*slot)->n);
	return 0;
}

int route_table_route(struct route_table *t, const struct route_ask *ask, struct lmi_arena *a, struct route_answer *out)
{
	struct route_topic *topic = route_topic_find(t, ask->topic);
	struct lmi_span body;
	int r;

	if (!topic)
		return -LMQ_ENOTFOUND;
	route_shape_look(t, topic->shape);
	if (!topic->shape->live)
		return -LMQ_ENOTFOUND;
	if (ask->order_conf.p || ask->zone.p ||
	    (t->limits.acting_master && lmi_span_starts(ask->topic, LMI_SPAN_LIT(MEMBER_GROUP_TOPIC))))
		r = encode_once(t, topic->shape, ask, a, &body);
	else
		r = encode_shared(t, topic->shape, ask, &body);
	if (r < 0)
		return r;
	*out = (struct route_answer){ body, topic->shape->stale, topic->shape->perm };
	return 0;
}
