/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sharing a topic's queues with the group's other members.  Rule: RebalanceImpl.rebalanceByTopic.
 */
#include "client/consumer_impl.h"
#include "wire/topic_list.h"

#define GAP_MS 100        /* at least between two rounds, whatever asks for them */
#define UNBALANCED_MS 1000 /* rule: rebalance.minInterval */

static void again_soon(struct lmq_consumer *c, int64_t ms)
{
	if (consumer_runs(c) && !c->rebalance_due)
		c->rebalance_due = lmi_timer_start(c->client->loop, &c->rebalance_soon, ms, 0) == 0;
}

static bool list_has(const struct lmi_list *list, const struct subscription *sub, const struct publish_choice *q)
{
	LMI_LIST_FOREACH_SAFE(list, it, tmp) {
		const struct pull_queue *have = lmi_container_of(it, struct pull_queue, link);

		if (have->sub == sub && have->broker == q->broker && have->queue_id == q->queue_id)
			return true;
	}
	return false;
}

static void tell_assigned(struct lmq_consumer *c)
{
	size_t n = 0;

	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp)
		n += !lmi_container_of(it, struct pull_queue, link)->sub->retry;
	if (n == c->assigned)
		return;
	config_log(c->cfg, LMQ_LOG_INFO, "group %s: %zu queues are ours, %zu before", c->group, n, c->assigned);
	__atomic_store_n(&c->assigned, n, __ATOMIC_RELAXED);
	if (c->on_assign && !__atomic_exchange_n(&c->assign_put, true, __ATOMIC_ACQ_REL))
		event_put(&c->client->events, &c->assign_event);
}

void consumer_event_assign(struct event *e)
{
	struct lmq_consumer *c = lmi_container_of(e, struct lmq_consumer, assign_event);

	__atomic_store_n(&c->assign_put, false, __ATOMIC_RELEASE);
	c->on_assign(c->assign_user, __atomic_load_n(&c->assigned, __ATOMIC_RELAXED));
}

/* Of a queue that we have: whether it is among those that are ours now. */
static bool keeps(const struct publish *all, const bool *owned, const struct pull_queue *q)
{
	size_t at = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (all->parts[i].broker == q->broker)
			return (uint32_t)q->queue_id < all->parts[i].queues && owned[at + (uint32_t)q->queue_id];
		at += all->parts[i].queues;
	}
	return false;
}

/* @owned  NULL: none */
static void take_share(struct subscription *sub, const bool *owned)
{
	struct lmq_consumer *c = sub->consumer;
	const struct publish *all = &sub->route->subscribe;
	bool missing = false;
	size_t n = 0;

	for (uint32_t i = 0; owned && i < all->total; i++)
		n += owned[i];
	sub->shared = n;
	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp) {
		struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);

		if (q->sub == sub && (!owned || !keeps(all, owned, q)))
			pull_queue_drop(q, true);
	}
	for (uint32_t i = 0; owned && i < all->total; i++) {
		struct publish_choice q = publish_at(all, i);

		if (!owned[i] || list_has(&c->queues, sub, &q))
			continue;
		/* One that a callback is at still, in order, must end before it begins anew. */
		missing |= list_has(&c->leaving, sub, &q) || pull_queue_new(sub, q.broker, q.queue_id, -1) < 0;
	}
	if (missing)
		again_soon(c, UNBALANCED_MS);
	tell_assigned(c);
}

/* Whether this client is a member yet, and its share. */
static bool balance(struct subscription *sub, struct lmi_span body)
{
	struct lmq_consumer *c = sub->consumer;
	struct lmi_text_list members;
	bool *owned;
	int r;

	lmi_arena_reset(&c->client->arena);
	r = lmi_text_list_decode(body, LMI_LIST_CONSUMERS, &c->client->arena, &members);
	if (r == 0)
		r = consumer_share(sub, members.items, members.count, &c->client->arena, &owned);
	if (r < 0 && r != -LMQ_ENOTFOUND)
		config_log(c->cfg, LMQ_LOG_ERR, "sharing the queues of %s in group %s: %s", sub->topic, c->group, lmi_strerror(r));
	if (r < 0)
		return false;
	take_share(sub, owned);
	return true;
}

static void answered(void *arg, int err, const struct lmi_command *answer)
{
	struct subscription *sub = arg;
	struct lmq_consumer *c = sub->consumer;

	sub->asking = false;
	if (consumer_runs(c)) {
		if (err == 0 && answer->code == LMI_RSP_SUCCESS && balance(sub, answer->body)) {
			c->unbalanced = false;
		} else {
			/* Not a member (yet), or no answer: what we have is kept until somebody knows better. */
			c->unbalanced = true;
			heartbeat_now(c->client);
			again_soon(c, UNBALANCED_MS);
		}
	}
	consumer_unref(c);
}

/* Any broker of the topic knows the members.  Rule: MQClientInstance.findConsumerIdList. */
static const char *some_broker(struct subscription *sub)
{
	const struct publish *all = &sub->route->subscribe;

	return broker_address(all->parts[sub->route->counter++ % all->count].broker, ROUTE_MASTER_ID);
}

/* Broadcasting: every member has every queue. */
static void take_all(struct subscription *sub)
{
	uint32_t n = sub->route->subscribe.total;
	bool *owned;

	lmi_arena_reset(&sub->consumer->client->arena);
	owned = lmi_arena_alloc(&sub->consumer->client->arena, n * sizeof(*owned));
	if (!owned) {
		again_soon(sub->consumer, UNBALANCED_MS);
		return;
	}
	memset(owned, true, n * sizeof(*owned));
	sub->consumer->unbalanced = false;
	take_share(sub, owned);
}

/* The queues that were named. */
static void take_assigned(struct subscription *sub)
{
	struct lmq_consumer *c = sub->consumer;
	struct lmi_span self = lmi_span_str(c->client->id);
	bool *owned;

	lmi_arena_reset(&c->client->arena);
	if (consumer_share(sub, &self, 1, &c->client->arena, &owned) < 0) {
		again_soon(c, UNBALANCED_MS);
		return;
	}
	c->unbalanced = false;
	take_share(sub, owned);
}

static void ask_members(struct subscription *sub)
{
	struct lmq_consumer *c = sub->consumer;
	const char *address;
	struct request r;

	if (sub->asking || !sub->route->known)
		return;
	if (sub->route->subscribe.total == 0) {
		take_share(sub, NULL);
		return;
	}
	if (c->assigned_only) {
		take_assigned(sub);
		return;
	}
	if (c->cfg->model == CONFIG_BROADCASTING) {
		take_all(sub);
		return;
	}
	address = some_broker(sub);
	request_begin(&r, c->client, LMI_REQ_GET_CONSUMER_LIST_BY_GROUP, false);
	lmi_command_put(&r.out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(c->group));
	if (!address || request_send(&r, address, LMI_SPAN_NULL, c->client->cfg->api_timeout_ms, answered, sub) < 0) {
		again_soon(c, UNBALANCED_MS);
		return;
	}
	sub->asking = true;
	consumer_ref(c);
}

void consumer_rebalance(struct lmq_consumer *c)
{
	int64_t now_ms = client_now_ms(c->client), due_ms = c->rebalance_ms + GAP_MS;

	if (!consumer_runs(c) || c->kind == CONSUMER_PULL || c->kind == CONSUMER_POP)
		return;
	if (c->rebalance_ms != 0 && now_ms < due_ms) {
		again_soon(c, due_ms - now_ms);
		return;
	}
	c->rebalance_ms = now_ms;
	LMI_LIST_FOREACH_SAFE(&c->subscriptions, it, tmp)
		ask_members(lmi_container_of(it, struct subscription, link));
}
