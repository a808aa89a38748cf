/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of a queue one after the other.  The queue is locked at its broker, so that no other member of the group reads it;
 * one thread at a time has messages of it; a failed message is tried again in its place.
 * Rule: ConsumeMessageOrderlyService, RebalanceImpl.lock, lockAll, unlock.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/consumer_impl.h"
#include "client/round.h"

#define LOCK_LIVES_MS 30000 /* rule: ProcessQueue.REBALANCE_LOCK_MAX_LIVE_TIME */
#define LOCK_AGAIN_MS 500   /* rule: MQClientInstance.rebalanceLater after a lock that failed */
#define IN_HAND_MAX 64      /* messages that a thread gets at once */

bool orderly_may_hand_out(const struct pull_queue *q)
{
	int64_t locked_ms = __atomic_load_n(&q->locked_ms, __ATOMIC_ACQUIRE);

	return !__atomic_load_n(&q->restart, __ATOMIC_ACQUIRE) && locked_ms != 0 &&
	       client_now_ms(q->consumer->client) - locked_ms < LOCK_LIVES_MS;
}

static void set_locked(struct pull_queue *q, int64_t ms)
{
	__atomic_store_n(&q->locked_ms, ms, __ATOMIC_RELEASE);
}

static struct lmi_message_queue wire_queue(const struct pull_queue *q)
{
	return (struct lmi_message_queue){ lmi_span_str(q->sub->topic), lmi_span_str(q->broker->name), q->queue_id };
}

/* Ask to lock or unlock queues of one broker.  Returns as request_send. */
static int send_batch(struct lmq_consumer *c, const struct broker *b, int32_t code, struct lmi_message_queue *queues, size_t count,
		      int64_t timeout_ms, lmi_rpc_done_fn *done, void *arg)
{
	struct lmi_lock_batch body = { .group = lmi_span_str(c->group), .client_id = lmi_span_str(c->client->id), .queues = queues,
				       .queue_count = count };
	const char *address = broker_master(b);
	struct request r;

	if (!address)
		return -LMQ_ENOROUTE;
	lmi_buf_reset(&c->client->body, LMI_COMMAND_HEADER_MAX);
	lmi_lock_batch_put(&c->client->body, &body);
	if (c->client->body.failed)
		return -ENOMEM;
	request_begin(&r, c->client, code, false);
	return request_send(&r, address, lmi_buf_span(&c->client->body), timeout_ms, done, arg);
}

static bool names(const struct lmi_message_queue *m, const struct pull_queue *q)
{
	return m->queue_id == q->queue_id && lmi_span_is(m->topic, q->sub->topic) && lmi_span_is(m->broker_name, q->broker->name);
}

/* ---- the first lock ---- */

static bool locked_by(struct pull_queue *q, const struct lmi_command *answer)
{
	struct lmi_arena *arena = &q->consumer->client->arena;
	struct lmi_message_queue *held;
	size_t n;

	lmi_arena_reset(arena);
	if (answer->code != LMI_RSP_SUCCESS || lmi_lock_batch_answer_decode(answer->body, arena, &held, &n) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (names(&held[i], q))
			return true;
	return false;
}

/* Whether the queue has come back since it was dropped. */
static bool held_anew(const struct pull_queue *gone)
{
	LMI_LIST_FOREACH_SAFE(&gone->consumer->queues, it, tmp) {
		const struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);

		if (q != gone && q->sub == gone->sub && q->broker == gone->broker && q->queue_id == gone->queue_id)
			return true;
	}
	return false;
}

static void nothing_more(void *arg, int err, const struct lmi_command *answer)
{
	(void)arg;
	(void)err;
	(void)answer;
}

/* The lock came when the queue was not wanted any more. */
static void unlock_late(struct pull_queue *q)
{
	struct lmi_message_queue one = wire_queue(q);

	(void)send_batch(q->consumer, q->broker, LMI_REQ_UNLOCK_BATCH_MQ, &one, 1, q->consumer->client->cfg->api_timeout_ms,
			 nothing_more, NULL);
}

static void first_locked(void *arg, int err, const struct lmi_command *answer)
{
	struct pull_queue *q = arg;

	bool locked = err == 0 && locked_by(q, answer);

	q->busy = false;
	if (q->dropped || !consumer_runs(q->consumer)) {
		if (locked && !held_anew(q))
			unlock_late(q);
	} else if (locked) {
		set_locked(q, q->asked_ms);
		pull_queue_begin(q);
	} else {
		pull_queue_rest(q, LOCK_AGAIN_MS);
	}
	pull_queue_unref(q);
}

void orderly_lock(struct pull_queue *q)
{
	struct lmi_message_queue one = wire_queue(q);

	if (q->dropped || q->busy || !consumer_runs(q->consumer))
		return;
	q->asked_ms = client_now_ms(q->consumer->client);
	if (send_batch(q->consumer, q->broker, LMI_REQ_LOCK_BATCH_MQ, &one, 1, q->consumer->client->cfg->api_timeout_ms, first_locked, q) < 0) {
		pull_queue_rest(q, LOCK_AGAIN_MS);
		return;
	}
	q->busy = true;
	q->refs++;
}

/* ---- refreshing ---- */

struct relocking {
	struct lmq_consumer *consumer;
	struct broker *broker;
	int64_t asked_ms;
};

static void take_relocked(struct relocking *k, const struct lmi_message_queue *held, size_t n)
{
	LMI_LIST_FOREACH_SAFE(&k->consumer->queues, it, tmp) {
		struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);
		bool kept = false;

		/* Those locked since are not in the question. */
		if (q->broker != k->broker || q->locked_ms == 0 || q->locked_ms > k->asked_ms)
			continue;
		for (size_t i = 0; i < n && !kept; i++)
			kept = names(&held[i], q);
		if (kept) {
			set_locked(q, k->asked_ms);
			continue;
		}
		config_log(k->consumer->cfg, LMQ_LOG_WARNING, "queue %d of %s at broker %s: another consumer has the lock",
			   q->queue_id, q->sub->topic, q->broker->name);
		set_locked(q, 0);
		orderly_restart(q, -1);
	}
}

static void relocked(void *arg, int err, const struct lmi_command *answer)
{
	struct relocking k = *(struct relocking *)arg;
	struct lmi_message_queue *held;
	struct lmi_arena *arena = &k.consumer->client->arena;
	size_t n;

	free(arg);
	/* No answer: locks run out by themselves. */
	if (err == 0 && answer->code == LMI_RSP_SUCCESS && consumer_runs(k.consumer)) {
		lmi_arena_reset(arena);
		if (lmi_lock_batch_answer_decode(answer->body, arena, &held, &n) == 0)
			take_relocked(&k, held, n);
	}
	consumer_unref(k.consumer);
}

/* The queues of one broker that are locked, in the client's arena; NULL: none, or no memory. */
static struct lmi_message_queue *list_locked(struct lmq_consumer *c, const struct broker *b, size_t *out_count)
{
	struct lmi_message_queue *all;
	size_t n = 0, at = 0;

	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp)
		n += lmi_container_of(it, struct pull_queue, link)->broker == b;
	lmi_arena_reset(&c->client->arena);
	all = n ? lmi_arena_alloc(&c->client->arena, n * sizeof(*all)) : NULL;
	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp) {
		const struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);

		if (all && q->broker == b && q->locked_ms != 0)
			all[at++] = wire_queue(q);
	}
	*out_count = at;
	return at ? all : NULL;
}

static void relock_one(struct lmq_consumer *c, struct broker *b)
{
	size_t n;
	struct lmi_message_queue *all = list_locked(c, b, &n);
	struct relocking *k = all ? malloc(sizeof(*k)) : NULL;

	if (!k)
		return;
	*k = (struct relocking){ c, b, client_now_ms(c->client) };
	if (send_batch(c, b, LMI_REQ_LOCK_BATCH_MQ, all, n, c->client->cfg->api_timeout_ms, relocked, k) < 0)
		free(k);
	else
		consumer_ref(c);
}

/* Each broker that we have queues of, once: fn for the first queue of each. */
static void each_broker(struct lmq_consumer *c, void (*fn)(struct lmq_consumer *c, struct broker *b, void *arg), void *arg)
{
	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp) {
		struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);
		struct lmi_list *before = c->queues.next;

		while (before != it && lmi_container_of(before, struct pull_queue, link)->broker != q->broker)
			before = before->next;
		if (before == it)
			fn(c, q->broker, arg);
	}
}

static void relock_each(struct lmq_consumer *c, struct broker *b, void *arg)
{
	(void)arg;
	relock_one(c, b);
}

void orderly_relock(struct lmi_timer *t)
{
	each_broker(t->arg, relock_each, NULL);
}

/* ---- unlocking ---- */

struct unlocking {
	struct round *round;
	int64_t timeout_ms;
};

static void unlock_each(struct lmq_consumer *c, struct broker *b, void *arg)
{
	const struct unlocking *u = arg;
	size_t n;
	struct lmi_message_queue *all = list_locked(c, b, &n);

	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp)
		if (lmi_container_of(it, struct pull_queue, link)->broker == b)
			set_locked(lmi_container_of(it, struct pull_queue, link), 0);
	if (all)
		round_count(u->round, send_batch(c, b, LMI_REQ_UNLOCK_BATCH_MQ, all, n, u->timeout_ms, round_answered, u->round));
}

void orderly_unlock_all(struct lmq_consumer *c, struct round *round, int64_t timeout_ms)
{
	each_broker(c, unlock_each, &(struct unlocking){ round, timeout_ms });
}

/* A queue that was dropped is done with: it may come back now, and who stops the consumer need not wait for it. */
static void left(struct pull_queue *q)
{
	struct lmq_consumer *c = q->consumer;

	lmi_list_del(&q->link);
	c->backs--;
	if (c->stopping)
		round_close(c->stopping);
	pull_queue_unref(q);
}

static void unlocked_one(void *arg, int err, const struct lmi_command *answer)
{
	(void)err;
	(void)answer;
	left(arg);
}

static void unlock_one(struct pull_queue *q)
{
	struct lmi_message_queue one = wire_queue(q);
	bool locked = q->locked_ms != 0;

	set_locked(q, 0);
	if (!locked || send_batch(q->consumer, q->broker, LMI_REQ_UNLOCK_BATCH_MQ, &one, 1,
				  q->consumer->client->cfg->api_timeout_ms, unlocked_one, q) < 0)
		left(q);
}

struct last_commit {
	struct round round;
	struct pull_queue *queue;
};

/* The next member must not begin before it can see what we have done. */
static void committed(struct round *round)
{
	struct last_commit *l = lmi_container_of(round, struct last_commit, round);

	unlock_one(l->queue);
	free(l);
}

/* Nothing of a queue that was dropped is in hand any more. */
static void leave(struct pull_queue *q)
{
	struct last_commit *l = q->commit_late ? malloc(sizeof(*l)) : NULL;

	if (!l) {
		unlock_one(q);
		return;
	}
	l->queue = q;
	round_open(&l->round, committed);
	pull_queue_commit(q, &l->round, q->consumer->client->cfg->api_timeout_ms);
	round_close(&l->round);
}

/* ---- handing out ---- */

void orderly_go(struct pull_queue *q)
{
	struct lmi_list out;
	struct received *first;

	if (q->in_hand || q->suspended || q->restart || q->dropped || lmi_list_empty(&q->waiting) || !consumer_runs(q->consumer))
		return;
	first = lmi_container_of(q->waiting.next, struct received, link);
	lmi_list_del(&first->link);
	for (size_t n = 1; n < IN_HAND_MAX && !lmi_list_empty(&q->waiting); n++) {
		struct lmi_list *next = q->waiting.next;

		lmi_list_del(next);
		lmi_list_add_tail(&first->chain, next);
	}
	q->in_hand = true;
	lmi_list_init(&out);
	lmi_list_add_tail(&out, &first->link);
	consume_pool_put(q->consumer->pool, &out);
}

void orderly_on_suspend(struct lmi_timer *t)
{
	struct pull_queue *q = t->arg;

	q->suspended = false;
	orderly_go(q);
}

static void put_back(struct pull_queue *q, struct received *r)
{
	r->link.next = q->waiting.next;
	r->link.prev = &q->waiting;
	q->waiting.next->prev = &r->link;
	q->waiting.next = &r->link;
}

static void forget(struct lmi_list *list)
{
	LMI_LIST_FOREACH_SAFE(list, it, tmp) {
		lmi_list_del(it);
		consumer_finish(lmi_container_of(it, struct received, link), false);
	}
}

/* Try it again after a while.  Takes the message. */
static void again(struct received *r)
{
	struct pull_queue *q = r->queue;

	if (q->dropped || q->restart || !consumer_runs(q->consumer)) {
		consumer_finish(r, false);
		return;
	}
	r->message.reconsume_times++;
	put_back(q, r);
	q->suspended = lmi_timer_start(q->consumer->client->loop, &q->suspend, q->consumer->cfg->order_rest_ms, 0) == 0;
	if (!q->suspended)
		orderly_go(q);
}

static bool hopeless(const struct received *r)
{
	int64_t max = r->queue->consumer->cfg->reconsume_max;

	return r->result == LMQ_CONSUME_DEAD || (max >= 0 && r->message.reconsume_times >= max);
}

/* One of those that came back, in order.  What is to be tried again goes to @left, from the first failure on. */
static void take_one(struct received *r, struct received **failed, struct lmi_list *left)
{
	struct pull_queue *q = r->queue;

	if (r->result != RECEIVED_UNTOUCHED)
		consumer_count(r);
	if (r->result == LMQ_CONSUMED) {
		if (!q->dropped || q->commit_late)
			(void)process_queue_finish(&q->process, r->message.queue_pos);
		consumer_finish(r, false);
	} else if (q->dropped || q->restart) {
		consumer_finish(r, false);
	} else if (r->result == RECEIVED_UNTOUCHED) {
		lmi_list_add_tail(left, &r->link);
	} else {
		*failed = r;
	}
}

/* Nothing is in hand any more: go on, or do what waited for it. */
static void go_on(struct pull_queue *q)
{
	if (q->dropped) {
		leave(q);
		return;
	}
	if (q->restart && consumer_runs(q->consumer)) {
		q->restart = false;
		orderly_restart(q, q->restart_pos);
		return;
	}
	if (consumer_runs(q->consumer) && consumer_locks(q->consumer) && !orderly_may_hand_out(q)) {
		orderly_restart(q, -1);
		return;
	}
	pull_queue_resume(q);
	orderly_go(q);
}

void orderly_take(struct received *first)
{
	struct pull_queue *q = first->queue;
	struct received *failed = NULL;
	struct lmi_list all, left;

	lmi_list_init(&all);
	lmi_list_init(&left);
	lmi_list_add_tail(&all, &first->link);
	lmi_list_splice(&first->chain, &all);
	q->refs++;
	LMI_LIST_FOREACH_SAFE(&all, it, tmp) {
		lmi_list_del(it);
		take_one(lmi_container_of(it, struct received, link), &failed, &left);
	}
	lmi_list_splice(&q->waiting, &left);
	lmi_list_splice(&left, &q->waiting);
	q->in_hand = false;
	if (failed && hopeless(failed)) {
		q->in_hand = true; /* nothing goes on until it is a dead letter */
		failed->result = LMQ_CONSUME_DEAD;
		consumer_send_back(q->consumer, failed);
	} else if (failed) {
		again(failed);
	}
	if (!q->in_hand)
		go_on(q);
	pull_queue_unref(q);
}

void orderly_untouched(struct received *first)
{
	first->result = RECEIVED_UNTOUCHED;
	LMI_LIST_FOREACH_SAFE(&first->chain, it, tmp)
		lmi_container_of(it, struct received, link)->result = RECEIVED_UNTOUCHED;
	orderly_take(first);
}

void orderly_sent_back(struct received *r, bool good)
{
	struct pull_queue *q = r->queue;

	q->refs++;
	q->in_hand = false;
	if (good) {
		if (!q->dropped || q->commit_late)
			(void)process_queue_finish(&q->process, r->message.queue_pos);
		consumer_finish(r, false);
	} else {
		again(r);
	}
	go_on(q);
	pull_queue_unref(q);
}

/* ---- the end of a queue ---- */

void orderly_dropped(struct pull_queue *q, bool commit)
{
	lmi_timer_stop(&q->suspend);
	forget(&q->waiting);
	q->commit_late = commit;
	q->refs++;
	lmi_list_add_tail(&q->consumer->leaving, &q->link);
	q->consumer->backs++;
	if (!q->in_hand)
		leave(q);
}

void orderly_restart(struct pull_queue *q, int64_t from_pos)
{
	struct subscription *sub = q->sub;
	struct broker *b = q->broker;
	int32_t queue_id = q->queue_id;

	if (q->dropped)
		return;
	if (q->in_hand) {
		__atomic_store_n(&q->restart, true, __ATOMIC_RELEASE);
		q->restart_pos = from_pos;
		return;
	}
	/* Locked again in a moment: an unlock under way could come behind it. */
	set_locked(q, 0);
	pull_queue_drop(q, false);
	if (pull_queue_new(sub, b, queue_id, from_pos) < 0)
		consumer_rebalance(sub->consumer);
}
