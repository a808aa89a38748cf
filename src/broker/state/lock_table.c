/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/lock_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "rules/name.h"

#define KEY_MAX (2 * LMI_NAME_MAX + 8)

struct lock {
	int64_t last_ms;
	uint32_t id_bytes;
	char id[]; /* client id */
};

struct lock_group {
	struct lmi_map locks; /* topic 0 broker 0 id -> struct lock */
};

struct key {
	size_t n;
	uint8_t text[KEY_MAX];
};

static bool key_make(struct key *k, const struct lmi_message_queue *q)
{
	if (q->topic.n > LMI_NAME_MAX || q->broker_name.n > LMI_NAME_MAX)
		return false;
	uint8_t *at = k->text;
	if (q->topic.n)
		memcpy(at, q->topic.p, q->topic.n);
	at += q->topic.n;
	*at++ = 0;
	if (q->broker_name.n)
		memcpy(at, q->broker_name.p, q->broker_name.n);
	at += q->broker_name.n;
	*at++ = 0;
	lmi_put32(at, (uint32_t)q->queue_id);
	k->n = (size_t)(at - k->text) + 4;
	return true;
}

static void group_free(void *arg)
{
	struct lock_group *g = arg;
	lmi_map_done(&g->locks, free);
	free(g);
}

void lock_table_done(struct lock_table *t)
{
	lmi_map_done(&t->groups, group_free);
	t->count = 0;
}

static bool is_held(const struct lock_table *t, const struct lock *l, int64_t now_ms)
{
	return now_ms - l->last_ms <= (t->expire_ms ? t->expire_ms : LOCK_EXPIRE_MS_DEFAULT);
}

static bool is_of(const struct lock *l, struct lmi_span client_id)
{
	return lmi_span_eq(lmi_span(l->id, l->id_bytes), client_id);
}

static struct lock_group *group_make(struct lock_table *t, struct lmi_span name)
{
	struct lock_group *g = lmi_map_get(&t->groups, name);
	if (g)
		return g;
	g = calloc(1, sizeof(*g));
	if (g && lmi_map_put(&t->groups, name, g, NULL)) {
		group_free(g);
		g = NULL;
	}
	return g;
}

static int take(struct lock_table *t, struct lock_group *g, const struct key *k, struct lmi_span client_id, int64_t now_ms)
{
	void *old;
	if (t->count >= LOCK_TABLE_MAX)
		return -LMQ_EFULL;
	struct lock *l = malloc(sizeof(*l) + client_id.n);
	if (!l)
		return -ENOMEM;
	*l = (struct lock){ .last_ms = now_ms, .id_bytes = (uint32_t)client_id.n };
	memcpy(l->id, client_id.p, client_id.n);
	int err = lmi_map_put(&g->locks, lmi_span(k->text, k->n), l, &old);
	if (err) {
		free(l);
		return err;
	}
	t->count += old == NULL;
	free(old);
	return 1;
}

int lock_table_try(struct lock_table *t, const struct lock_who *w, const struct lmi_message_queue *q, int64_t now_ms)
{
	struct key k;
	if (w->group.n == 0 || w->group.n > LMI_NAME_MAX || w->client_id.n == 0 || w->client_id.n > 4 * LMI_NAME_MAX ||
	    !key_make(&k, q))
		return -LMQ_EILLEGAL;
	struct lock_group *g = group_make(t, w->group);
	if (!g)
		return -ENOMEM;
	struct lock *l = lmi_map_get(&g->locks, lmi_span(k.text, k.n));
	if (l && is_of(l, w->client_id)) {
		l->last_ms = now_ms;
		return 1;
	}
	return l && is_held(t, l, now_ms) ? 0 : take(t, g, &k, w->client_id, now_ms);
}

static void drop(struct lock_table *t, struct lock_group *g, struct lmi_span key)
{
	free(lmi_map_del(&g->locks, key));
	t->count--;
}

bool lock_table_unlock(struct lock_table *t, const struct lock_who *w, const struct lmi_message_queue *q)
{
	struct key k;
	struct lock_group *g = lmi_map_get(&t->groups, w->group);
	if (!g || !key_make(&k, q))
		return false;
	struct lock *l = lmi_map_get(&g->locks, lmi_span(k.text, k.n));
	if (!l || !is_of(l, w->client_id))
		return false;
	drop(t, g, lmi_span(k.text, k.n));
	return true;
}

void lock_table_drop_client(struct lock_table *t, const struct lock_who *w)
{
	void *value;
	struct lmi_span key;
	struct lock_group *g = lmi_map_get(&t->groups, w->group);
	for (size_t i = 0; g && lmi_map_next(&g->locks, &i, &key, &value);)
		if (is_of(value, w->client_id))
			drop(t, g, key);
}

bool lock_table_any(const struct lock_table *t, struct lmi_span group, int64_t now_ms)
{
	void *value;
	struct lmi_span key;
	const struct lock_group *g = lmi_map_get(&t->groups, group);
	for (size_t i = 0; g && lmi_map_next(&g->locks, &i, &key, &value);)
		if (is_held(t, value, now_ms))
			return true;
	return false;
}

size_t lock_table_expire(struct lock_table *t, int64_t now_ms)
{
	void *group, *lock;
	struct lmi_span name, key;
	size_t before = t->count;
	for (size_t i = 0; lmi_map_next(&t->groups, &i, &name, &group);) {
		struct lock_group *g = group;
		for (size_t j = 0; lmi_map_next(&g->locks, &j, &key, &lock);)
			if (!is_held(t, lock, now_ms))
				drop(t, g, key);
		if (lmi_map_count(&g->locks) == 0) {
			lmi_map_del(&t->groups, name);
			group_free(g);
		}
	}
	return before - t->count;
}
