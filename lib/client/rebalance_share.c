/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a topic's queues are ours: gathers what the strategy asks for.
 */
#include <errno.h>
#include <string.h>

#include "client/consumer_impl.h"
#include "crypt/md5.h"

static size_t find_self(const struct lmq_consumer *c, struct lmi_span *members, size_t count)
{
	size_t i = 0;

	lmi_rebalance_sort_clients(members, count);
	while (i < count && !lmi_span_is(members[i], c->client->id))
		i++;
	return i;
}

static int list_queues(const struct subscription *sub, struct lmi_rebalance *ask)
{
	const struct publish *all = &sub->route->subscribe;
	struct lmi_message_queue *queues = lmi_arena_alloc(ask->arena, all->total * sizeof(*queues));
	size_t n = 0;

	if (!queues)
		return -ENOMEM;
	for (size_t i = 0; i < all->count; i++)
		for (uint32_t k = 0; k < all->parts[i].queues; k++)
			queues[n++] = (struct lmi_message_queue){ lmi_span_str(sub->topic), lmi_span_str(all->parts[i].broker->name),
								  (int32_t)k };
	ask->queues = queues;
	return 0;
}

/* consumeridcs */
static int list_rooms(const struct lmq_consumer *c, struct lmi_rebalance *ask)
{
	const char *text = c->cfg->rooms;
	size_t n = 1;
	struct lmi_span *rooms;

	for (const char *p = text; (p = strchr(p, ';')); p++)
		n++;
	rooms = lmi_arena_alloc(ask->arena, n * sizeof(*rooms));
	if (!rooms)
		return -ENOMEM;
	ask->rooms = rooms;
	for (ask->room_count = 0; ask->room_count < n; ask->room_count++) {
		size_t len = strcspn(text, ";");

		rooms[ask->room_count] = lmi_span(text, len);
		text += len + 1;
	}
	return 0;
}

/* What the user says about one broker or client; copied, since it is borrowed until the next question. */
static struct lmi_span ask_room(const struct lmq_consumer *c, struct lmi_arena *arena, const char *broker, const char *client_id)
{
	const char *room = c->on_room ? c->on_room(c->room_user, broker, client_id) : NULL;
	char *copy = room ? lmi_arena_strdup(arena, lmi_span_str(room)) : NULL;

	return copy ? lmi_span_str(copy) : LMI_SPAN_NULL;
}

static int list_near(const struct subscription *sub, struct lmi_rebalance *ask)
{
	const struct publish *all = &sub->route->subscribe;
	struct lmi_span *queues = lmi_arena_alloc(ask->arena, all->total * sizeof(*queues));
	struct lmi_span *members = lmi_arena_alloc(ask->arena, ask->member_count * sizeof(*members));
	size_t n = 0;

	if (!queues || !members)
		return -ENOMEM;
	for (size_t i = 0; i < all->count; i++) {
		struct lmi_span room = ask_room(sub->consumer, ask->arena, all->parts[i].broker->name, NULL);

		for (uint32_t k = 0; k < all->parts[i].queues; k++)
			queues[n++] = room;
	}
	for (size_t i = 0; i < ask->member_count; i++) {
		char *id = lmi_arena_strdup(ask->arena, ask->members[i]);

		members[i] = id ? ask_room(sub->consumer, ask->arena, NULL, id) : LMI_SPAN_NULL;
	}
	ask->queue_rooms = queues;
	ask->member_rooms = members;
	return 0;
}

static int list_wanted(const struct subscription *sub, struct lmi_rebalance *ask)
{
	const struct publish *all = &sub->route->subscribe;
	bool *wanted = lmi_arena_alloc(ask->arena, all->total * sizeof(*wanted));
	size_t at = 0;

	if (!wanted)
		return -ENOMEM;
	memset(wanted, 0, all->total * sizeof(*wanted));
	for (size_t i = 0; i < all->count; at += all->parts[i++].queues)
		for (const struct fixed_queue *f = sub->consumer->fixed; f; f = f->next)
			if (strcmp(f->topic, sub->topic) == 0 && strcmp(f->broker, all->parts[i].broker->name) == 0 &&
			    (uint32_t)f->queue_id < all->parts[i].queues)
				wanted[at + (uint32_t)f->queue_id] = true;
	ask->wanted = wanted;
	return 0;
}

static int gather(const struct subscription *sub, enum lmi_rebalance_strategy strategy, struct lmi_rebalance *ask)
{
	int r;

	switch (strategy) {
	case LMI_REBALANCE_CONFIG:
		return list_wanted(sub, ask);
	case LMI_REBALANCE_MACHINE_ROOM:
		r = list_queues(sub, ask);
		return r < 0 ? r : list_rooms(sub->consumer, ask);
	case LMI_REBALANCE_NEARBY:
		return list_near(sub, ask);
	case LMI_REBALANCE_HASH:
		return list_queues(sub, ask);
	default:
		return 0;
	}
}

int consumer_share(struct subscription *sub, struct lmi_span *members, size_t member_count, struct lmi_arena *arena,
		   bool **out_owned)
{
	struct lmq_consumer *c = sub->consumer;
	enum lmi_rebalance_strategy strategy = (enum lmi_rebalance_strategy)c->cfg->strategy;
	struct lmi_rebalance ask = { .queue_count = sub->route->subscribe.total, .members = members, .member_count = member_count,
				     .member = find_self(c, members, member_count), .md5 = lmi_md5, .arena = arena };
	bool *owned = lmi_arena_alloc(arena, ask.queue_count * sizeof(*owned));
	int r;

	if (ask.member == member_count)
		return -LMQ_ENOTFOUND;
	if (!owned)
		return -ENOMEM;
	if (c->assigned_only)
		strategy = LMI_REBALANCE_CONFIG;
	/* Nobody names the queues of the retry topic. */
	if (strategy == LMI_REBALANCE_CONFIG && sub->retry)
		strategy = LMI_REBALANCE_AVG;
	r = gather(sub, strategy, &ask);
	if (r == 0)
		r = lmi_rebalance_share(strategy, &ask, owned);
	if (r == 0)
		*out_owned = owned;
	return r;
}
