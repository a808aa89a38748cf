/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a consumer: callbacks end, what they did is sent back or committed, locks are given up, the group is left.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>

#include "client/consumer_impl.h"

/* ---- stopping ---- */

struct stopping {
	struct round round;
	struct lmq_consumer *consumer;
	struct lmi_list unbegun;
	int64_t timeout_ms;
	bool was_running;
	int err;
	struct lmi_buf positions; /* BROADCASTING: the text of the file */
	sem_t over;
};

static void halt_on_loop(void *arg)
{
	struct stopping *s = arg;
	struct lmq_consumer *c = s->consumer;

	s->was_running = c->state == CONSUMER_RUNNING;
	if (!s->was_running)
		return;
	c->state = CONSUMER_STOPPING;
	consumer_stop_timers(c);
}

static void drop_messages(struct lmi_list *list)
{
	while (!lmi_list_empty(list)) {
		struct received *r = lmi_container_of(list->next, struct received, link);

		lmi_list_del(&r->link);
		if (r->direct) {
			r->result = RECEIVED_UNTOUCHED;
			direct_end(r);
			continue;
		}
		if (r->queue->consumer->orderly)
			orderly_untouched(r);
		else
			consumer_finish(r, false);
	}
}

static void unregistered(struct round *round)
{
	struct stopping *s = lmi_container_of(round, struct stopping, round);

	if (s->err == 0)
		s->err = round->err;
	sem_post(&s->over);
}

static void unlocked(struct round *round)
{
	struct stopping *s = lmi_container_of(round, struct stopping, round);
	struct lmq_consumer *c = s->consumer;

	if (s->err == 0)
		s->err = round->err;
	while (!lmi_list_empty(&c->queues))
		pull_queue_drop(lmi_container_of(c->queues.next, struct pull_queue, link), false);
	if (c->cfg->model == CONFIG_BROADCASTING)
		local_offsets_put(&c->local, &s->positions);
	c->state = CONSUMER_STOPPED;
	round_open(&s->round, unregistered);
	round_unregister(&s->round, c->client, NULL, c->group, s->timeout_ms);
	round_close(&s->round);
}

static void committed(struct round *round)
{
	struct stopping *s = lmi_container_of(round, struct stopping, round);
	struct lmq_consumer *c = s->consumer;

	s->err = round->err;
	round_open(&s->round, unlocked);
	if (consumer_locks(c))
		orderly_unlock_all(c, &s->round, s->timeout_ms);
	round_close(&s->round);
}

static void sent_back(struct round *round)
{
	struct stopping *s = lmi_container_of(round, struct stopping, round);
	struct lmq_consumer *c = s->consumer;

	c->stopping = NULL;
	round_open(&s->round, committed);
	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp)
		pull_queue_commit(lmi_container_of(it, struct pull_queue, link), &s->round, s->timeout_ms);
	round_close(&s->round);
}

/* The callbacks have ended: settle what they made of their messages, then commit, then leave the group. */
static void settle_on_loop(void *arg)
{
	struct stopping *s = arg;
	struct lmq_consumer *c = s->consumer;

	drop_messages(&s->unbegun);
	drop_messages(&c->sick);
	consumer_take_finished(c);
	round_open(&s->round, sent_back);
	s->round.pending += c->backs;
	c->stopping = &s->round;
	round_close(&s->round);
}

/* The loop must hear it; without memory there is nothing but to try again. */
static int insist(struct lmq_client *c, void (*fn)(void *arg), void *arg)
{
	int r;

	while ((r = client_call(c, fn, arg)) == -ENOMEM)
		sched_yield();
	return r;
}

/* Inside a callback of this consumer's, which would wait for itself. */
static bool inside_callback(const struct lmq_consumer *c)
{
	return (c->pool && consume_pool_is_self(c->pool)) || event_is_self(&c->client->events, &c->assign_event);
}

int lmq_consumer_stop(struct lmq_consumer *c, int64_t timeout_ms)
{
	struct stopping s = { .consumer = c, .timeout_ms = timeout_ms > 0 ? timeout_ms : 1 };
	int r = client_may_wait(c->client);

	if (r < 0 || inside_callback(c))
		return -LMQ_ESTATE;
	(void)insist(c->client, halt_on_loop, &s);
	if (!s.was_running)
		return 0;
	event_withdraw(&c->client->events, &c->assign_event);
	lmi_list_init(&s.unbegun);
	if (c->pool)
		consume_pool_join(c->pool, &s.unbegun);
	sem_init(&s.over, 0, 0);
	(void)insist(c->client, settle_on_loop, &s);
	while (sem_wait(&s.over) < 0 && errno == EINTR)
		;
	sem_destroy(&s.over);
	if (c->cfg->model == CONFIG_BROADCASTING && !s.positions.failed && lmi_buf_len(&s.positions) > 0) {
		r = local_offsets_write(c->local.path, lmi_buf_span(&s.positions));
		if (r < 0)
			config_log(c->cfg, LMQ_LOG_WARNING, "group %s: positions cannot be written to %s: %s", c->group,
				   c->local.path, lmi_strerror(r));
	}
	lmi_buf_done(&s.positions);
	return s.err < 0 ? -LMQ_ETIMEOUT : 0;
}

static void leave_on_loop(void *arg)
{
	struct lmq_consumer *c = arg;

	lmi_list_del(&c->link);
	c->state = CONSUMER_STOPPED;
	consumer_unref(c);
}

void lmq_consumer_free(struct lmq_consumer *c)
{
	struct lmq_client *client;

	if (!c || client_may_wait(c->client) < 0 || inside_callback(c))
		return;
	client = c->client;
	(void)lmq_consumer_stop(c, client->cfg->api_timeout_ms);
	(void)insist(client, leave_on_loop, c);
	client_unref(client);
}
