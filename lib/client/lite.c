/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lite pull: queues are shared and read as by a push consumer; what comes waits to be polled.
 * Rule: DefaultLitePullConsumerImpl; but what a poll gave counts as consumed when the next one begins, not at once.
 *
 * The lock is of what callers and the loop share: the messages that wait, and how far each queue was polled.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include <lightmq/pull.h>

#include "client/consumer_impl.h"
#include "client/messages.h"

struct lmq_lite {
	struct lmq_consumer *c;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct lmi_list ready;   /* struct received */
	size_t ready_count;
	struct lmi_list touched; /* struct pull_queue of which the loop does not know all yet */
	bool announced;
};

int lmq_lite_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg, struct lmq_lite **out)
{
	struct lmq_lite *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	r = lmq_consumer_new(client, group, cfg, &l->c);
	if (r < 0) {
		free(l);
		return r;
	}
	l->c->kind = CONSUMER_LITE;
	l->c->lite = l;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->more, NULL);
	lmi_list_init(&l->ready);
	lmi_list_init(&l->touched);
	*out = l;
	return 0;
}

int lmq_lite_subscribe(struct lmq_lite *l, const char *topic, const char *expression)
{
	return l->c->assigned_only ? -LMQ_ESTATE : lmq_consumer_subscribe(l->c, topic, expression);
}

int lmq_lite_assign(struct lmq_lite *l, const struct lmq_queue *q)
{
	int r;

	if (!q)
		return -LMQ_EILLEGAL;
	if (!l->c->assigned_only && !lmi_list_empty(&l->c->subscriptions))
		return -LMQ_ESTATE;
	r = lmq_consumer_add_queue(l->c, q->topic, q->broker, q->queue_id);
	if (r == 0)
		r = lmq_consumer_subscribe(l->c, q->topic, NULL);
	l->c->assigned_only |= r == 0;
	return r;
}

int lmq_lite_start(struct lmq_lite *l)
{
	return consumer_start_lite(l->c);
}

/* ---- the loop's side ---- */

void lite_put(struct pull_queue *q, struct lmi_list *messages)
{
	struct lmq_lite *l = q->consumer->lite;
	uint32_t n = 0;

	LMI_LIST_FOREACH_SAFE(messages, it, tmp)
		n++;
	if (n == 0)
		return;
	/* No message outlives its queue here: lite_dropped sees to it. */
	q->refs -= n;
	pthread_mutex_lock(&l->lock);
	l->ready_count += n;
	lmi_list_splice(messages, &l->ready);
	pthread_cond_broadcast(&l->more);
	pthread_mutex_unlock(&l->lock);
}

bool lite_full(const struct lmq_consumer *c)
{
	struct lmq_lite *l = c->lite;
	bool full;

	pthread_mutex_lock(&l->lock);
	full = l->ready_count >= (size_t)c->cfg->all_messages_max;
	pthread_mutex_unlock(&l->lock);
	return full;
}

/* Under the lock. */
static void take_up_queue(struct pull_queue *q)
{
	process_queue_finish_below(&q->process, q->done_pos);
	if (q->done_pos == q->taken_pos)
		lmi_list_del(&q->touched);
}

static void take_up(void *arg)
{
	struct lmq_lite *l = arg;

	pthread_mutex_lock(&l->lock);
	l->announced = false;
	LMI_LIST_FOREACH_SAFE(&l->touched, it, tmp)
		take_up_queue(lmi_container_of(it, struct pull_queue, touched));
	pthread_mutex_unlock(&l->lock);
	LMI_LIST_FOREACH_SAFE(&l->c->queues, it, tmp)
		pull_queue_resume(lmi_container_of(it, struct pull_queue, link));
}

void lite_dropped(struct pull_queue *q)
{
	struct lmq_lite *l = q->consumer->lite;

	pthread_mutex_lock(&l->lock);
	process_queue_finish_below(&q->process, q->done_pos);
	lmi_list_del(&q->touched);
	LMI_LIST_FOREACH_SAFE(&l->ready, it, tmp) {
		struct received *r = lmi_container_of(it, struct received, link);

		if (r->queue != q)
			continue;
		lmi_list_del(&r->link);
		l->ready_count--;
		received_end(r);
	}
	pthread_mutex_unlock(&l->lock);
}

/* ---- callers ---- */

/* Under the lock: what was polled is consumed. */
static void all_done(struct lmq_lite *l)
{
	LMI_LIST_FOREACH_SAFE(&l->touched, it, tmp) {
		struct pull_queue *q = lmi_container_of(it, struct pull_queue, touched);

		q->done_pos = q->taken_pos;
	}
}

static void take(struct lmq_lite *l, struct lmq_messages *b)
{
	while (b->count < b->cap && !lmi_list_empty(&l->ready)) {
		struct received *r = lmi_container_of(l->ready.next, struct received, link);
		struct pull_queue *q = r->queue;

		lmi_list_del(&r->link);
		l->ready_count--;
		q->taken_pos = r->message.queue_pos + 1;
		if (lmi_list_empty(&q->touched))
			lmi_list_add_tail(&l->touched, &q->touched);
		r->queue = NULL;
		b->items[b->count++] = r;
	}
}

static void wait_more(struct lmq_lite *l, int64_t timeout_ms)
{
	int64_t until_ns = lmi_mono_ns(l->c->client->clock) + (timeout_ms > 0 ? timeout_ms : 0) * 1000000;
	struct timespec until = { .tv_sec = (time_t)(until_ns / 1000000000), .tv_nsec = (long)(until_ns % 1000000000) };

	while (lmi_list_empty(&l->ready) && timeout_ms > 0)
		if (pthread_cond_clockwait(&l->more, &l->lock, CLOCK_MONOTONIC, &until) != 0)
			return;
}

int lmq_lite_poll(struct lmq_lite *l, size_t max, int64_t timeout_ms, struct lmq_messages **out)
{
	struct lmq_messages *b;
	int r = client_may_wait(l->c->client);

	if (r < 0 || max == 0 || max > SIZE_MAX / 64)
		return r < 0 ? r : -LMQ_EILLEGAL;
	if (!consumer_runs(l->c))
		return -LMQ_ESTATE;
	pthread_mutex_lock(&l->lock);
	all_done(l);
	if (!lmi_list_empty(&l->touched) && !l->announced)
		l->announced = lmi_loop_post(l->c->client->loop, take_up, l) == 0;
	wait_more(l, timeout_ms);
	b = messages_new(max < l->ready_count ? max : l->ready_count);
	if (b)
		take(l, b);
	pthread_mutex_unlock(&l->lock);
	if (!b)
		return -ENOMEM;
	*out = b;
	return 0;
}

struct committing {
	struct round round;
	struct lmq_lite *lite;
	sem_t over;
};

static void committed(struct round *round)
{
	sem_post(&lmi_container_of(round, struct committing, round)->over);
}

static void commit_on_loop(void *arg)
{
	struct committing *k = arg;
	struct lmq_consumer *c = k->lite->c;

	take_up(k->lite);
	round_open(&k->round, committed);
	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp)
		pull_queue_commit_told(lmi_container_of(it, struct pull_queue, link), &k->round, c->client->cfg->api_timeout_ms);
	round_close(&k->round);
}

int lmq_lite_commit(struct lmq_lite *l)
{
	struct committing k = { .lite = l };
	int r = client_may_wait(l->c->client);

	if (r < 0 || !consumer_runs(l->c))
		return -LMQ_ESTATE;
	pthread_mutex_lock(&l->lock);
	all_done(l);
	pthread_mutex_unlock(&l->lock);
	if (sem_init(&k.over, 0, 0) < 0)
		return -errno;
	r = client_call(l->c->client, commit_on_loop, &k);
	while (r == 0 && sem_wait(&k.over) < 0 && errno == EINTR)
		;
	sem_destroy(&k.over);
	return r < 0 ? r : k.round.err;
}

struct ordering {
	struct lmq_lite *lite;
	const struct lmq_queue *queue;
	int64_t pos;
	bool pause;
	int result;
};

static struct pull_queue *find(const struct ordering *o)
{
	LMI_LIST_FOREACH_SAFE(&o->lite->c->queues, it, tmp) {
		struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);

		if (q->queue_id == o->queue->queue_id && strcmp(q->sub->topic, o->queue->topic) == 0 &&
		    strcmp(q->broker->name, o->queue->broker) == 0)
			return q;
	}
	return NULL;
}

static void seek_on_loop(void *arg)
{
	struct ordering *o = arg;
	struct pull_queue *q = find(o);
	struct subscription *sub = q ? q->sub : NULL;
	struct broker *b = q ? q->broker : NULL;
	bool held = q && q->held;

	o->result = -LMQ_ENOTFOUND;
	if (!q)
		return;
	pull_queue_drop(q, false);
	o->lite->c->hold_new = held;
	o->result = pull_queue_new(sub, b, o->queue->queue_id, o->pos);
	o->lite->c->hold_new = false;
}

static void pause_on_loop(void *arg)
{
	struct ordering *o = arg;
	struct pull_queue *q = find(o);

	o->result = q ? 0 : -LMQ_ENOTFOUND;
	if (!q)
		return;
	q->held = o->pause;
	if (!o->pause)
		pull_queue_resume(q);
}

static int order(struct ordering *o, void (*fn)(void *arg))
{
	const struct lmq_queue *q = o->queue;
	struct lmq_queue wrapped;
	struct config_name name;
	int r;

	if (!q || !q->topic || !q->broker || o->pos < 0)
		return -LMQ_EILLEGAL;
	wrapped = *q;
	wrapped.topic = config_wrap(o->lite->c->cfg, q->topic, &name);
	o->queue = &wrapped;
	r = client_call(o->lite->c->client, fn, o);
	return r < 0 ? r : o->result;
}

int lmq_lite_seek(struct lmq_lite *l, const struct lmq_queue *q, int64_t pos)
{
	return order(&(struct ordering){ .lite = l, .queue = q, .pos = pos }, seek_on_loop);
}

int lmq_lite_pause(struct lmq_lite *l, const struct lmq_queue *q, bool pause)
{
	return order(&(struct ordering){ .lite = l, .queue = q, .pause = pause }, pause_on_loop);
}

int lmq_lite_each_queue(struct lmq_lite *l, int (*each)(void *user, const char *topic, const char *broker, int32_t queue_id), void *user)
{
	return lmq_consumer_each_queue(l->c, each, user);
}

void lmq_lite_free(struct lmq_lite *l)
{
	if (!l || client_may_wait(l->c->client) < 0)
		return;
	pthread_mutex_lock(&l->lock);
	all_done(l);
	pthread_mutex_unlock(&l->lock);
	/* Also waits for what was posted before. */
	(void)client_call(l->c->client, take_up, l);
	lmq_consumer_free(l->c);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->more);
	free(l);
}
