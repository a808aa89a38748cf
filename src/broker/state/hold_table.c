/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/hold_table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "rules/name.h"

#define BUCKETS_FIRST 64u
#define at_link(it) lmi_container_of(it, struct hold, link)
#define at_wheel(it) lmi_container_of(it, struct hold, in_wheel)
#define at_peer(it) lmi_container_of(it, struct hold, in_peer)

void hold_table_init(struct hold_table *t, int64_t now_ms,
		     bool (*wants)(void *ctx, const struct hold *h, int64_t tags_code), void *ctx)
{
	*t = (struct hold_table){ .max = HOLD_TABLE_MAX_DEFAULT, .group_max = HOLD_GROUP_MAX_DEFAULT,
				  .wheel_at = now_ms / HOLD_TICK_MS,
				  .wants = wants, .ctx = ctx };
	lmi_list_init(&t->woken);
	for (size_t i = 0; i < HOLD_WHEEL_SLOTS; i++)
		lmi_list_init(&t->wheel[i]);
}

/* ---- queues ---- */

static uint64_t hash_of(struct lmi_span topic, int32_t queue_id)
{
	uint64_t h = lmi_hash64(topic.p, topic.n) + (uint64_t)(uint32_t)queue_id * 0x9E3779B97F4A7C15u;
	return h ^ (h >> 32);
}

static struct hold_queue *queue_get(const struct hold_table *t, struct lmi_span topic, int32_t queue_id, uint64_t hash)
{
	struct hold_queue *q = t->bucket_count ? t->buckets[hash & (t->bucket_count - 1)] : NULL;
	for (; q; q = q->next)
		if (q->hash == hash && q->queue_id == queue_id &&
		    lmi_span_eq(lmi_span(q->topic, q->topic_bytes), topic))
			break;
	return q;
}

static void queue_place(struct hold_queue **buckets, size_t n, struct hold_queue *q)
{
	struct hold_queue **b = &buckets[q->hash & (n - 1)];
	q->next = *b;
	*b = q;
}

static bool buckets_grow(struct hold_table *t)
{
	size_t n = t->bucket_count ? t->bucket_count * 2 : BUCKETS_FIRST;
	struct hold_queue **fresh = calloc(n, sizeof(struct hold_queue *));
	if (!fresh)
		return t->bucket_count > 0; /* longer chains will do */
	for (size_t i = 0; i < t->bucket_count; i++) {
		for (struct hold_queue *q = t->buckets[i], *next; q; q = next) {
			next = q->next;
			queue_place(fresh, n, q);
		}
	}
	free(t->buckets);
	t->buckets = fresh;
	t->bucket_count = n;
	return true;
}

static struct hold_queue *queue_make(struct hold_table *t, struct lmi_span topic, int32_t queue_id)
{
	uint64_t hash = hash_of(topic, queue_id);
	struct hold_queue *q = queue_get(t, topic, queue_id, hash);
	if (q)
		return q;
	if (t->queue_count >= t->bucket_count && !buckets_grow(t))
		return NULL;
	q = malloc(sizeof(*q) + topic.n);
	if (!q)
		return NULL;
	*q = (struct hold_queue){ .hash = hash, .queue_id = queue_id, .topic_bytes = (uint32_t)topic.n };
	memcpy(q->topic, topic.p, topic.n);
	lmi_list_init(&q->holds);
	queue_place(t->buckets, t->bucket_count, q);
	t->queue_count++;
	return q;
}

static void queue_unref(struct hold_table *t, struct hold_queue *q)
{
	if (--q->refs)
		return;
	struct hold_queue **at = &t->buckets[q->hash & (t->bucket_count - 1)];
	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	t->queue_count--;
	free(q);
}

/* ---- groups ---- */

static struct hold_group *group_make(struct hold_table *t, struct lmi_span name)
{
	struct hold_group *g = lmi_map_get(&t->groups, name);
	if (g)
		return g;
	g = malloc(sizeof(*g) + name.n);
	if (!g)
		return NULL;
	*g = (struct hold_group){ .bytes = (uint32_t)name.n };
	memcpy(g->name, name.p, name.n);
	if (lmi_map_put(&t->groups, lmi_span(g->name, g->bytes), g, NULL) == 0)
		return g;
	free(g);
	return NULL;
}

static void group_unref(struct hold_table *t, struct hold_group *g)
{
	if (--g->count)
		return;
	lmi_map_del(&t->groups, lmi_span(g->name, g->bytes));
	free(g);
}

/* ---- holds ---- */

static struct hold_filter *filter_copy(const struct lmi_tags_filter *f, struct filter *sql)
{
	struct hold_filter *c = malloc(sizeof(*c) + f->count * sizeof(f->codes[0]));
	if (!c)
		return NULL;
	*c = (struct hold_filter){ .sql = sql ? filter_ref(sql) : NULL, .all = f->all, .count = f->count };
	if (f->count)
		memcpy(c->codes, f->codes, f->count * sizeof(f->codes[0]));
	return c;
}

static void hold_filter_free(struct hold_filter *f)
{
	if (f)
		filter_unref(f->sql);
	free(f);
}

static struct hold *hold_new(const struct hold_request *r)
{
	struct hold *h = malloc(sizeof(*h));
	if (!h)
		return NULL;
	*h = (struct hold){
		.queue_pos = r->queue_pos,
		.sub_version = r->sub_version,
		.opaque = r->opaque,
		.code = r->code,
		.sysflag = r->sysflag,
		.max_messages = r->max_messages,
		.max_bytes = r->max_bytes,
		.suspend_ms = r->suspend_ms,
		.serialize = r->serialize,
	};
	if (r->filter && !(h->filter = filter_copy(r->filter, r->sql))) {
		free(h);
		return NULL;
	}
	return h;
}

static void wait_for(struct hold_table *t, struct hold *h, int64_t deadline_ms)
{
	int64_t tick = (deadline_ms + HOLD_TICK_MS - 1) / HOLD_TICK_MS;
	if (tick <= t->wheel_at)
		tick = t->wheel_at + 1;
	h->deadline_ms = tick * HOLD_TICK_MS;
	h->state = HOLD_WAITING;
	lmi_list_add_tail(&h->queue->holds, &h->link);
	lmi_list_add_tail(&t->wheel[(uint64_t)tick % HOLD_WHEEL_SLOTS], &h->in_wheel);
}

int hold_table_add(struct hold_table *t, const struct hold_request *r, struct hold **out)
{
	assert(r->topic.n <= LMI_NAME_MAX && r->group.n <= LMI_NAME_MAX);
	if (t->count >= t->max)
		return -LMQ_EFULL;
	const struct hold_group *g = lmi_map_get(&t->groups, r->group);
	if (g && g->count >= t->group_max)
		return -EDQUOT;
	struct hold *h = hold_new(r);
	if (!h)
		return -ENOMEM;
	h->queue = queue_make(t, r->topic, r->queue_id);
	h->group = h->queue ? group_make(t, r->group) : NULL;
	if (!h->group) {
		if (h->queue) {
			h->queue->refs++;
			queue_unref(t, h->queue);
		}
		hold_filter_free(h->filter);
		free(h);
		return -ENOMEM;
	}
	h->queue->refs++;
	h->group->count++;
	t->count++;
	h->peer = peer_ref(r->peer);
	lmi_list_add_tail(&r->peer->holds, &h->in_peer);
	r->peer->ops->request_begin(r->peer);
	wait_for(t, h, r->deadline_ms);
	*out = h;
	return 0;
}

void hold_free(struct hold_table *t, struct hold *h)
{
	lmi_list_del(&h->in_peer);
	h->peer->ops->request_end(h->peer);
	peer_unref(h->peer);
	queue_unref(t, h->queue);
	group_unref(t, h->group);
	t->count--;
	hold_filter_free(h->filter);
	free(h);
}

static void wake(struct hold_table *t, struct hold *h)
{
	lmi_list_del(&h->link);
	lmi_list_del(&h->in_wheel);
	lmi_list_add_tail(&t->woken, &h->link);
	h->state = HOLD_WOKEN;
}

static bool wants(const struct hold_table *t, const struct hold *h, int64_t tags_code)
{
	if (!h->filter)
		return t->wants(t->ctx, h, tags_code);
	struct lmi_tags_filter f = { .all = h->filter->all, .codes = h->filter->codes, .count = h->filter->count };
	return lmi_tags_match(&f, tags_code);
}

void hold_table_arrival(struct hold_table *t, struct lmi_span topic, int32_t queue_id, int64_t queue_pos_end,
			int64_t tags_code)
{
	if (!t->count)
		return;
	struct hold_queue *q = queue_get(t, topic, queue_id, hash_of(topic, queue_id));
	if (!q)
		return;
	LMI_LIST_FOREACH_SAFE(&q->holds, it, tmp)
		if (at_link(it)->queue_pos < queue_pos_end && wants(t, at_link(it), tags_code))
			wake(t, at_link(it));
}

void hold_table_wake_group(struct hold_table *t, struct lmi_span topic, int32_t queue_id, struct lmi_span group)
{
	struct hold_queue *q = t->count ? queue_get(t, topic, queue_id, hash_of(topic, queue_id)) : NULL;
	if (!q)
		return;
	LMI_LIST_FOREACH_SAFE(&q->holds, it, tmp)
		if (lmi_span_eq(hold_group(at_link(it)), group))
			wake(t, at_link(it));
}

static void expire_slot(struct hold_table *t, size_t slot, int64_t now_ms)
{
	LMI_LIST_FOREACH_SAFE(&t->wheel[slot], it, tmp)
		if (at_wheel(it)->deadline_ms <= now_ms)
			wake(t, at_wheel(it));
}

void hold_table_expire(struct hold_table *t, int64_t now_ms)
{
	int64_t to = now_ms / HOLD_TICK_MS, from = t->wheel_at + 1;
	if (to - from >= (int64_t)HOLD_WHEEL_SLOTS)
		from = to - HOLD_WHEEL_SLOTS + 1; /* a whole turn looks at everything */
	for (int64_t tick = from; tick <= to; tick++)
		expire_slot(t, (uint64_t)tick % HOLD_WHEEL_SLOTS, now_ms);
	if (to > t->wheel_at)
		t->wheel_at = to;
}

void hold_table_wake_all(struct hold_table *t)
{
	for (size_t i = 0; i < HOLD_WHEEL_SLOTS; i++)
		expire_slot(t, i, INT64_MAX);
}

struct hold *hold_table_take(struct hold_table *t)
{
	if (lmi_list_empty(&t->woken))
		return NULL;
	struct hold *h = at_link(t->woken.next);
	lmi_list_del(&h->link);
	h->state = HOLD_TAKEN;
	return h;
}

void hold_table_grab(struct hold_table *t, struct hold *h)
{
	(void)t;
	assert(h->state == HOLD_WAITING);
	lmi_list_del(&h->link);
	lmi_list_del(&h->in_wheel);
	h->state = HOLD_TAKEN;
}

void hold_table_again(struct hold_table *t, struct hold *h, int64_t deadline_ms)
{
	assert(h->state == HOLD_TAKEN);
	wait_for(t, h, deadline_ms);
}

static void drop(struct hold_table *t, struct hold *h)
{
	lmi_list_del(&h->link);
	lmi_list_del(&h->in_wheel);
	hold_free(t, h);
}

void hold_table_peer_closed(struct hold_table *t, struct peer *p)
{
	LMI_LIST_FOREACH_SAFE(&p->holds, it, tmp)
		if (at_peer(it)->state != HOLD_TAKEN)
			drop(t, at_peer(it));
}

void hold_table_done(struct hold_table *t)
{
	hold_table_wake_all(t);
	for (struct hold *h; (h = hold_table_take(t));)
		hold_free(t, h);
	assert(t->queue_count == 0);
	free(t->buckets);
	t->buckets = NULL;
	t->bucket_count = 0;
	lmi_map_done(&t->groups, NULL);
}
