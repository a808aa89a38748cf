/* SPDX-License-Identifier: Apache-2.0 */
/* What touches every topic of a broker, some at a time.  Between two steps anything may happen to it. */
#include <errno.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"

/* What a topic costs beside looking at a place of a set. */
#define COST_CHANGE 16u
#define COST_DIGEST 8u
#define AGAIN_MAX 3u

void route_task_begin(struct route_table *t, struct route_task *k, enum route_task_kind kind, struct route_member *m,
		      const struct route_addr *a)
{
	k->kind = kind;
	k->member = m;
	k->broker_id = a->id;
	k->conn_id = a->conn_id;
	k->stamp = m->stamp;
	k->next = t->tasks;
	t->tasks = k;
}

void route_table_task_end(struct route_table *t, struct route_task *k)
{
	for (struct route_task **at = &t->tasks; *at; at = &(*at)->next)
		if (*at == k) {
			*at = k->next;
			break;
		}
	free(k->mine);
	k->mine = NULL;
	k->stage = ROUTE_STAGE_DONE;
}

void route_task_forget(struct route_table *t, const struct route_member *m)
{
	for (struct route_task *k = t->tasks; k; k = k->next)
		if (k->member == m)
			k->member = NULL;
}

/* The address that began it, unless it has gone or its broker does something else by now. */
static struct route_addr *still_there(const struct route_task *k)
{
	struct route_member *m = k->member;

	if (!m || (k->kind != ROUTE_TASK_RANGES && m->stamp != k->stamp))
		return NULL;
	for (size_t i = 0; i < m->addr_count; i++)
		if (m->addrs[i].id == k->broker_id && m->addrs[i].conn_id == k->conn_id)
			return &m->addrs[i];
	return NULL;
}

static bool pay(size_t *budget, size_t cost)
{
	*budget = *budget > cost ? *budget - cost : 0;
	return *budget > 0;
}

/* Rule: registerBroker, isTopicConfigChanged: an unchanged broker still puts back the topics that it lacks here. */
static int put_some(struct route_table *t, struct route_task *k, size_t *budget)
{
	struct route_member *m = k->member;

	while (k->at < k->body->topic_count && *budget > 0) {
		const struct lmi_topic_config *c = &k->body->topics[k->at++];
		struct route_slot *known = k->new_version ? NULL : route_set_find(&m->topics, route_hash(c->name), c->name);
		int err = known ? 0 : route_member_put(t, m, c, k->stamp);

		if (err < 0 && err != -LMQ_EILLEGAL)
			return err;
		pay(budget, COST_CHANGE);
	}
	if (k->at == k->body->topic_count) {
		k->stage = k->sweep ? ROUTE_STAGE_SWEEP : ROUTE_STAGE_DONE;
		k->at = 0;
		k->moves = m->topics.moves;
	}
	return 0;
}

/* Somebody else's changes may have put a topic where this was already.  After some times it is done in one go. */
static bool begin_again(struct route_task *k, size_t *budget)
{
	if (k->moves == k->member->topics.moves)
		return false;
	k->at = 0;
	k->moves = k->member->topics.moves;
	if (k->again++ >= AGAIN_MAX)
		*budget = SIZE_MAX;
	return true;
}

static void sweep_some(struct route_table *t, struct route_task *k, size_t *budget)
{
	struct route_member *m = k->member;

	begin_again(k, budget);
	while (k->sweep && k->at < m->topics.cap && *budget > 0) {
		size_t before = m->topics.count;

		if (route_member_swept(m, &m->topics.slots[k->at])) {
			route_member_remove(t, m, &m->topics.slots[k->at]);
			pay(budget, COST_CHANGE);
			if (m->topics.count < before)
				continue; /* another may have moved here */
		}
		k->at++;
		pay(budget, 1);
	}
	if (!k->sweep || k->at >= m->topics.cap)
		k->stage = ROUTE_STAGE_DONE;
	k->moves = m->topics.moves;
}

static void compare(struct route_task *k)
{
	for (size_t i = 0; i < (size_t)1 << k->bits; i++)
		if (k->mine[i] != lmi_get64(k->theirs + 8 * i))
			k->bitmap[i >> 3] |= (uint8_t)(1u << (i & 7));
	k->stage = ROUTE_STAGE_DONE;
}

static void add_some(struct route_task *k, size_t *budget)
{
	const struct route_member *m = k->member;

	if (begin_again(k, budget))
		memset(k->mine, 0, sizeof(*k->mine) << k->bits);
	for (; k->at < m->topics.cap && *budget > 0; k->at++) {
		struct lmi_topic_config c;

		if (route_member_topic(m, k->at, &c)) {
			k->mine[lmi_sync_range(lmi_topic_name_digest(c.name), k->bits)] += lmi_topic_digest(&c);
			pay(budget, COST_DIGEST);
		}
		pay(budget, 1);
	}
	if (k->at >= m->topics.cap)
		compare(k);
}

static void finish(struct route_task *k, struct route_addr *a)
{
	struct route_member *m = k->member;

	switch (k->kind) {
	case ROUTE_TASK_REGISTER:
		a->version = k->version; /* only now: after a failure the next registration is taken in full */
		k->registered.master_addr = k->registered.master_ha_addr = LMI_SPAN_NULL;
		route_answer_slave(m, k->broker_id, &k->registered);
		break;
	case ROUTE_TASK_SYNC:
		if (k->sweep) {
			free(m->sync_bitmap);
			m->sync_bitmap = NULL;
		}
		k->changed = m->digest != k->digest;
		if (!k->changed)
			a->version = k->version;
		break;
	case ROUTE_TASK_RANGES:
		break;
	}
}

int route_table_step(struct route_table *t, struct route_task *k, size_t topics)
{
	size_t budget = topics > SIZE_MAX / COST_CHANGE ? SIZE_MAX : topics * COST_CHANGE;
	struct route_addr *a = still_there(k);
	int err = 0;

	if (!a) /* nothing was to be done, or there is nobody for whom */
		return k->stage == ROUTE_STAGE_DONE && !k->member ? 0 : -LMQ_ESTATE;
	if (k->stage == ROUTE_STAGE_PUT)
		err = put_some(t, k, &budget);
	if (err == 0 && k->stage == ROUTE_STAGE_SWEEP)
		sweep_some(t, k, &budget);
	if (k->stage == ROUTE_STAGE_RANGES)
		add_some(k, &budget);
	if (err < 0 || k->stage != ROUTE_STAGE_DONE)
		return err < 0 ? err : 1;
	finish(k, a);
	return 0;
}
