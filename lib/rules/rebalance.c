/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/rebalance.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

#define HASH_NODES 10 /* rule: AllocateMessageQueueConsistentHash: virtualNodeCnt */

static int span_cmp(struct lmi_span a, struct lmi_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

int lmi_rebalance_queue_cmp(const struct lmi_message_queue *a, const struct lmi_message_queue *b)
{
	int c = span_cmp(a->topic, b->topic);
	if (!c)
		c = span_cmp(a->broker_name, b->broker_name);
	return c ? c : (a->queue_id > b->queue_id) - (a->queue_id < b->queue_id);
}

int lmi_rebalance_client_cmp(struct lmi_span a, struct lmi_span b)
{
	return span_cmp(a, b);
}

static int by_queue(const void *a, const void *b)
{
	return lmi_rebalance_queue_cmp(a, b);
}

static int by_client(const void *a, const void *b)
{
	const struct lmi_span *x = a, *y = b;
	return span_cmp(*x, *y);
}

void lmi_rebalance_sort_queues(struct lmi_message_queue *queues, size_t n)
{
	if (n)
		qsort(queues, n, sizeof(*queues), by_queue);
}

void lmi_rebalance_sort_clients(struct lmi_span *clients, size_t n)
{
	if (n)
		qsort(clients, n, sizeof(*clients), by_client);
}

size_t lmi_rebalance_avg(size_t queues, size_t members, size_t member, size_t *out_first)
{
	if (member >= members)
		return 0;
	size_t each = queues / members, more = queues % members;
	size_t before = member < more ? member : more; /* members before this one that have one more */
	*out_first = member * each + before;
	return each + (member < more);
}

/* ---- rooms ---- */

/* What is before the one @ of a broker's name; p == NULL when it has no room.  Rule: "room@broker".split("@"). */
static struct lmi_span room_of(struct lmi_span broker)
{
	const uint8_t *at = broker.n ? memchr(broker.p, '@', broker.n) : NULL;
	size_t left;

	if (!at)
		return LMI_SPAN_NULL;
	left = (size_t)(at - broker.p);
	/* Java's split drops what is empty behind, so that "room@" has no second half. */
	if (left + 1 == broker.n || memchr(at + 1, '@', broker.n - left - 1))
		return LMI_SPAN_NULL;
	return lmi_span(broker.p, left);
}

static bool room_counts(const struct lmi_rebalance *r, struct lmi_span room)
{
	for (size_t i = 0; room.p && i < r->room_count; i++)
		if (span_cmp(room, r->rooms[i]) == 0)
			return true;
	return false;
}

/* Not quite AVG: who gets one more gets the last ones. */
static void share_rooms(const struct lmi_rebalance *r, bool *owned)
{
	size_t n = 0, at = 0, each, first, extra;

	for (size_t i = 0; i < r->queue_count; i++)
		n += room_counts(r, room_of(r->queues[i].broker_name));
	each = n / r->member_count;
	first = each * r->member;
	extra = n % r->member_count > r->member ? r->member + each * r->member_count : n;
	for (size_t i = 0; i < r->queue_count; i++) {
		owned[i] = false;
		if (!room_counts(r, room_of(r->queues[i].broker_name)))
			continue;
		owned[i] = (at >= first && at < first + each) || at == extra;
		at++;
	}
}

/* AVG over the queues of one room, among @members of whom we are the @member-th. */
static void share_one_room(const struct lmi_rebalance *r, struct lmi_span room, size_t members, size_t member, bool *owned)
{
	size_t n = 0, at = 0, first = 0, count;

	for (size_t i = 0; i < r->queue_count; i++)
		n += span_cmp(r->queue_rooms[i], room) == 0;
	count = lmi_rebalance_avg(n, members, member, &first);
	for (size_t i = 0; i < r->queue_count; i++) {
		if (span_cmp(r->queue_rooms[i], room) != 0)
			continue;
		owned[i] = at >= first && at < first + count;
		at++;
	}
}

static bool seen_before(const struct lmi_rebalance *r, size_t queue)
{
	for (size_t i = 0; i < queue; i++)
		if (span_cmp(r->queue_rooms[i], r->queue_rooms[queue]) == 0)
			return true;
	return false;
}

/* A room's queues are shared by its own members; by all when it has none. */
static int share_nearby(const struct lmi_rebalance *r, bool *owned)
{
	for (size_t i = 0; i < r->queue_count; i++)
		if (r->queue_rooms[i].n == 0)
			return -LMQ_EILLEGAL;
	for (size_t i = 0; i < r->member_count; i++)
		if (r->member_rooms[i].n == 0)
			return -LMQ_EILLEGAL;
	for (size_t i = 0; i < r->queue_count; i++) {
		struct lmi_span room = r->queue_rooms[i];
		size_t inside = 0, before = 0;

		if (i > 0 && span_cmp(room, r->queue_rooms[i - 1]) == 0)
			continue;
		if (seen_before(r, i))
			continue;
		for (size_t m = 0; m < r->member_count; m++) {
			bool here = span_cmp(r->member_rooms[m], room) == 0;

			inside += here;
			before += here && m < r->member;
		}
		if (inside == 0)
			share_one_room(r, room, r->member_count, r->member, owned);
		else if (span_cmp(r->member_rooms[r->member], room) == 0)
			share_one_room(r, room, inside, before, owned);
		else
			share_one_room(r, room, 0, 0, owned);
	}
	return 0;
}

/* ---- the ring ---- */

struct node {
	uint32_t hash;
	size_t order; /* of two with one hash the later one stays */
};

static int by_hash(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->order < y->order) - (x->order > y->order);
}

static int hash_of(const struct lmi_rebalance *r, struct lmi_span text, uint32_t *out)
{
	uint8_t sum[16];
	int e = r->md5(text, sum);

	if (e == 0)
		*out = (uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 | (uint32_t)sum[2] << 8 | sum[3];
	return e;
}

static int make_ring(const struct lmi_rebalance *r, struct node *ring)
{
	for (size_t i = 0; i < r->member_count * HASH_NODES; i++) {
		struct lmi_span id = r->members[i / HASH_NODES];
		char *text = lmi_arena_alloc(r->arena, id.n + 8);
		int n, e;

		if (!text)
			return -ENOMEM;
		n = snprintf(text, id.n + 8, "%.*s-%zu", (int)id.n, (const char *)id.p, i % HASH_NODES);
		e = hash_of(r, lmi_span(text, (size_t)n), &ring[i].hash);
		if (e < 0)
			return e;
		ring[i].order = i;
	}
	qsort(ring, r->member_count * HASH_NODES, sizeof(*ring), by_hash);
	return 0;
}

/* The member at or behind a place on the ring. */
static size_t ring_find(const struct node *ring, size_t n, uint32_t hash)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ring[mid].hash < hash)
			low = mid + 1;
		else
			high = mid;
	}
	return ring[low == n ? 0 : low].order / HASH_NODES;
}

/* Rule: ConsistentHashRouter; a queue's key is MessageQueue.toString. */
static int share_hash(const struct lmi_rebalance *r, bool *owned)
{
	struct node *ring = lmi_arena_alloc(r->arena, r->member_count * HASH_NODES * sizeof(*ring));
	int e = ring ? make_ring(r, ring) : -ENOMEM;

	for (size_t i = 0; i < r->queue_count && e == 0; i++) {
		const struct lmi_message_queue *q = &r->queues[i];
		size_t max = q->topic.n + q->broker_name.n + 64;
		char *text = lmi_arena_alloc(r->arena, max);
		uint32_t hash = 0;
		int n;

		if (!text)
			return -ENOMEM;
		n = snprintf(text, max, "MessageQueue [topic=%.*s, brokerName=%.*s, queueId=%" PRId32 "]", (int)q->topic.n,
			     (const char *)q->topic.p, (int)q->broker_name.n, (const char *)q->broker_name.p, q->queue_id);
		e = hash_of(r, lmi_span(text, (size_t)n), &hash);
		owned[i] = e == 0 && ring_find(ring, r->member_count * HASH_NODES, hash) == r->member;
	}
	return e;
}

int lmi_rebalance_share(enum lmi_rebalance_strategy strategy, const struct lmi_rebalance *r, bool *out_owned)
{
	size_t first = 0, count;

	if (r->member >= r->member_count)
		return -LMQ_EILLEGAL;
	switch (strategy) {
	case LMI_REBALANCE_CIRCLE:
		for (size_t i = 0; i < r->queue_count; i++)
			out_owned[i] = lmi_rebalance_circle_owns(i, r->member_count, r->member);
		return 0;
	case LMI_REBALANCE_CONFIG:
		for (size_t i = 0; i < r->queue_count; i++)
			out_owned[i] = r->wanted[i];
		return 0;
	case LMI_REBALANCE_MACHINE_ROOM:
		share_rooms(r, out_owned);
		return 0;
	case LMI_REBALANCE_NEARBY:
		return share_nearby(r, out_owned);
	case LMI_REBALANCE_HASH:
		return share_hash(r, out_owned);
	default:
		count = lmi_rebalance_avg(r->queue_count, r->member_count, r->member, &first);
		for (size_t i = 0; i < r->queue_count; i++)
			out_owned[i] = i >= first && i < first + count;
		return 0;
	}
}
