/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/client_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

#define peer_member_at(it) lmi_container_of(it, struct client_member, in_peer)

void client_table_init(struct client_table *t)
{
	*t = (struct client_table){ .expire_ms = CLIENT_EXPIRE_MS_DEFAULT };
	lmi_list_init(&t->changed);
}

static void group_free(void *arg)
{
	struct client_group *g = arg;
	LMI_LIST_FOREACH_SAFE(&g->members, it, tmp) {
		struct client_member *m = client_member_at(it);
		lmi_list_del(&m->in_peer);
		free(m);
	}
	lmi_list_del(&g->in_changed);
	client_ghost_done(g);
	lmi_map_done(&g->subs, client_sub_free);
	free(g);
}

void client_table_done(struct client_table *t)
{
	lmi_map_done(&t->consumers, group_free);
	lmi_map_done(&t->producers, group_free);
	lmi_map_done(&t->producer_ids, NULL);
	client_table_init(t);
}

static struct lmi_map *map_of(struct client_table *t, bool producer)
{
	return producer ? &t->producers : &t->consumers;
}

struct client_group *client_table_consumers(const struct client_table *t, struct lmi_span group)
{
	return lmi_map_get(&t->consumers, group);
}

struct client_group *client_table_producers(const struct client_table *t, struct lmi_span group)
{
	return lmi_map_get(&t->producers, group);
}

struct client_member *client_table_producer_by_id(const struct client_table *t, struct lmi_span id)
{
	return lmi_map_get(&t->producer_ids, id);
}

const struct client_sub *client_group_sub(const struct client_group *g, struct lmi_span topic)
{
	return lmi_map_get(&g->subs, topic);
}

struct client_member *client_group_member(const struct client_group *g, const struct peer *p)
{
	for (struct lmi_list *it = p->members.next; it != &p->members; it = it->next)
		if (peer_member_at(it)->group == g)
			return peer_member_at(it);
	return NULL;
}

static void group_changed(struct client_table *t, struct client_group *g)
{
	if (t->notify_off || g->producer || !g->notify || g->model == LMI_MODEL_BROADCASTING)
		return;
	if (lmi_list_empty(&g->in_changed))
		lmi_list_add_tail(&t->changed, &g->in_changed);
}

struct client_group *client_table_take_changed(struct client_table *t)
{
	if (lmi_list_empty(&t->changed))
		return NULL;
	struct client_group *g = lmi_container_of(t->changed.next, struct client_group, in_changed);
	lmi_list_del(&g->in_changed);
	return g;
}

/* ---- members ---- */

static struct client_group *group_new(struct lmi_span name, bool producer)
{
	struct client_group *g = calloc(1, sizeof(*g) + name.n);
	if (!g)
		return NULL;
	lmi_list_init(&g->members);
	lmi_list_init(&g->ghosts);
	lmi_list_init(&g->in_changed);
	g->producer = producer;
	g->name_bytes = (uint32_t)name.n;
	memcpy(g->name, name.p, name.n);
	return g;
}

static int group_make(struct client_table *t, struct lmi_span name, bool producer, struct client_group **out)
{
	struct lmi_map *map = map_of(t, producer);
	struct client_group *g = lmi_map_get(map, name);
	if (!g) {
		if (name.n == 0 || lmi_map_count(map) >= CLIENT_GROUPS_MAX)
			return name.n ? -LMQ_EFULL : -LMQ_EILLEGAL;
		g = group_new(name, producer);
		if (!g)
			return -ENOMEM;
		int err = lmi_map_put(map, name, g, NULL);
		if (err) {
			group_free(g);
			return err;
		}
	}
	*out = g;
	return 0;
}

static void group_drop_if_empty(struct client_table *t, struct client_group *g)
{
	if (g->member_count)
		return;
	t->differing -= g->differs;
	lmi_map_del(map_of(t, g->producer), client_group_name(g));
	group_free(g);
}

/* A producer's member goes: another group's of the same client takes its place. */
static void forget_id(struct client_table *t, const struct client_member *m)
{
	if (!m->group->producer || lmi_map_get(&t->producer_ids, client_member_id(m)) != m)
		return;
	for (struct lmi_list *it = m->peer->members.next; it != &m->peer->members; it = it->next) {
		struct client_member *other = peer_member_at(it);
		if (other != m && other->group->producer && lmi_span_eq(client_member_id(other), client_member_id(m))) {
			lmi_map_put(&t->producer_ids, client_member_id(m), other, NULL); /* it is there: takes no memory */
			return;
		}
	}
	lmi_map_del(&t->producer_ids, client_member_id(m));
}

static void member_drop(struct client_table *t, struct client_member *m)
{
	struct client_group *g = m->group;
	forget_id(t, m);
	lmi_list_del(&m->in_group);
	lmi_list_del(&m->in_peer);
	m->peer->member_count--;
	g->member_count--;
	bool kept = client_ghost_keep(t, m);
	free(m);
	if (!kept)
		group_changed(t, g);
	group_drop_if_empty(t, g);
}

static struct client_member *member_new(struct client_group *g, const struct client_who *w)
{
	struct client_member *m = malloc(sizeof(*m) + w->id.n);
	if (!m)
		return NULL;
	*m = (struct client_member){ .group = g, .peer = w->peer, .id_bytes = (uint32_t)w->id.n };
	memcpy(m->id, w->id.p, w->id.n);
	lmi_list_add_tail(&g->members, &m->in_group);
	lmi_list_add_tail(&w->peer->members, &m->in_peer);
	w->peer->member_count++;
	g->member_count++;
	return m;
}

/* Returns 1 when the connection was not a member before; a changed client id replaces the old one, as in RocketMQ. */
static int member_make(struct client_table *t, struct client_group *g, const struct client_who *w, struct client_member **out)
{
	struct client_member *m = client_group_member(g, w->peer);
	if (m && lmi_span_eq(client_member_id(m), w->id)) {
		*out = m;
		return 0;
	}
	if (w->id.n == 0 || w->id.n > CLIENT_ID_MAX)
		return -LMQ_EILLEGAL;
	if (!m && w->peer->member_count >= CLIENT_MEMBERS_PER_PEER_MAX)
		return -LMQ_EFULL;
	struct client_member *fresh = member_new(g, w);
	if (!fresh)
		return -ENOMEM;
	if (m) {
		forget_id(t, m);
		lmi_list_del(&m->in_group);
		lmi_list_del(&m->in_peer);
		m->peer->member_count--;
		g->member_count--;
		free(m);
	}
	*out = fresh;
	return 1;
}

static int heard(struct client_table *t, const struct client_who *w, struct client_group *g, int64_t now_ms)
{
	struct client_member *m;
	int rc = member_make(t, g, w, &m);
	t->now_ms = now_ms;
	if (rc < 0) {
		group_drop_if_empty(t, g);
		return rc;
	}
	if (rc && client_ghost_back(g, w->id))
		rc = 0;
	m->last_ms = now_ms;
	m->version = w->version;
	m->language = w->language;
	if (g->producer && lmi_map_put(&t->producer_ids, w->id, m, NULL)) {
		if (rc)
			member_drop(t, m);
		return -ENOMEM;
	}
	return rc;
}

int client_table_producer(struct client_table *t, const struct client_who *w, struct lmi_span group, int64_t now_ms)
{
	struct client_group *g;
	int rc = group_make(t, group, true, &g);
	if (!rc)
		rc = heard(t, w, g, now_ms);
	return rc < 0 ? rc : 0;
}

int client_table_consumer(struct client_table *t, const struct client_who *w, const struct lmi_heartbeat_consumer *c,
			  bool notify, bool keep_subs, int64_t now_ms)
{
	struct client_group *g;
	int subs = 0, rc = group_make(t, c->group, false, &g);
	if (rc)
		return rc;
	rc = heard(t, w, g, now_ms);
	if (rc < 0)
		return rc;
	g->type = c->type;
	g->model = c->model;
	g->from = c->from;
	g->notify = notify;
	if (!keep_subs) {
		subs = client_group_set_subs(g, c->subscriptions, c->subscription_count);
		client_differ_heard(client_group_member(g, w->peer), c->subscriptions, c->subscription_count);
	}
	if (rc || subs > 0)
		group_changed(t, g);
	return subs < 0 ? subs : rc || subs;
}

bool client_table_unregister(struct client_table *t, struct peer *p, struct lmi_span group, bool producer)
{
	struct client_group *g = lmi_map_get(map_of(t, producer), group);
	struct client_member *m = g ? client_group_member(g, p) : NULL;
	if (!m)
		return false;
	member_drop(t, m);
	return true;
}

void client_table_peer_closed(struct client_table *t, struct peer *p)
{
	LMI_LIST_FOREACH_SAFE(&p->members, it, tmp)
		member_drop(t, peer_member_at(it));
}

static void expire_map(struct client_table *t, struct lmi_map *map, int64_t now_ms,
		       void (*expired)(void *ctx, const struct client_member *m), void *ctx)
{
	void *value;
	struct lmi_span key;
	for (size_t i = 0; lmi_map_next(map, &i, &key, &value);) {
		struct client_group *g = value;
		uint32_t left = g->member_count;
		if (client_ghost_expire(g, now_ms))
			group_changed(t, g);
		LMI_LIST_FOREACH_SAFE(&g->members, it, tmp) {
			struct client_member *m = client_member_at(it);
			left--;
			if (now_ms - m->last_ms > t->expire_ms) {
				expired(ctx, m);
				member_drop(t, m); /* frees the group with its last member */
			}
			if (!left)
				break;
		}
	}
}

void client_table_expire(struct client_table *t, int64_t now_ms,
			 void (*expired)(void *ctx, const struct client_member *m), void *ctx)
{
	t->now_ms = now_ms;
	expire_map(t, &t->consumers, now_ms, expired, ctx);
	expire_map(t, &t->producers, now_ms, expired, ctx);
}
