/* SPDX-License-Identifier: Apache-2.0 */
#include "client/event.h"

#include <limits.h>

#include "io/wake_fd.h"

int event_queue_init(struct event_queue *q, bool polled)
{
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->ended, NULL);
	lmi_list_init(&q->events);
	lmi_list_init(&q->running);
	q->fd = polled ? lmi_wake_fd_new() : -1;
	return polled && q->fd < 0 ? q->fd : 0;
}

void event_queue_done(struct event_queue *q)
{
	lmi_wake_fd_close(q->fd);
	pthread_cond_destroy(&q->ended);
	pthread_mutex_destroy(&q->lock);
}

void event_put(struct event_queue *q, struct event *e)
{
	bool was_empty;

	if (q->fd < 0) {
		e->run(e);
		return;
	}
	pthread_mutex_lock(&q->lock);
	was_empty = lmi_list_empty(&q->events);
	lmi_list_add_tail(&q->events, &e->link);
	if (was_empty)
		lmi_wake_fd_set(q->fd);
	pthread_mutex_unlock(&q->lock);
}

/* A call that is being made. */
struct running {
	struct lmi_list link;
	const struct event *event;
	pthread_t thread;
};

static struct event *first_of(struct event_queue *q, bool sends_only)
{
	LMI_LIST_FOREACH_SAFE(&q->events, it, tmp) {
		struct event *e = lmi_container_of(it, struct event, link);

		if (!sends_only || !e->received)
			return e;
	}
	return NULL;
}

static struct event *take(struct event_queue *q, struct running *r, bool sends_only)
{
	struct event *e;

	pthread_mutex_lock(&q->lock);
	e = first_of(q, sends_only);
	if (e) {
		lmi_list_del(&e->link);
		*r = (struct running){ .event = e, .thread = pthread_self() };
		lmi_list_add_tail(&q->running, &r->link);
	}
	if (lmi_list_empty(&q->events))
		lmi_wake_fd_clear(q->fd);
	pthread_mutex_unlock(&q->lock);
	return e;
}

static void end(struct event_queue *q, struct running *r)
{
	pthread_mutex_lock(&q->lock);
	lmi_list_del(&r->link);
	pthread_cond_broadcast(&q->ended);
	pthread_mutex_unlock(&q->lock);
}

static int run_some(struct event_queue *q, int max, bool sends_only)
{
	struct running r;
	struct event *e;
	int n = 0;

	while (n < max && (e = take(q, &r, sends_only))) {
		e->run(e);
		end(q, &r);
		n++;
	}
	return n;
}

int event_run(struct event_queue *q, int max)
{
	return run_some(q, max, false);
}

bool event_run_sends(struct event_queue *q, int64_t wait_ms)
{
	bool others;

	if (run_some(q, INT_MAX, true) > 0)
		return true;
	pthread_mutex_lock(&q->lock);
	others = !lmi_list_empty(&q->events);
	pthread_mutex_unlock(&q->lock);
	/* The descriptor is readable for what is not ours to make. */
	if (others)
		return false;
	lmi_wake_fd_wait(q->fd, wait_ms);
	(void)run_some(q, INT_MAX, true);
	return true;
}

/* Under the lock: whether a call of the event is being made on this thread, or on any other. */
static bool runs(const struct event_queue *q, const struct event *e, bool here)
{
	LMI_LIST_FOREACH_SAFE(&q->running, it, tmp) {
		const struct running *r = lmi_container_of(it, struct running, link);

		if (r->event == e && (pthread_equal(r->thread, pthread_self()) != 0) == here)
			return true;
	}
	return false;
}

bool event_is_self(struct event_queue *q, const struct event *e)
{
	bool self;

	pthread_mutex_lock(&q->lock);
	self = runs(q, e, true);
	pthread_mutex_unlock(&q->lock);
	return self;
}

void event_withdraw(struct event_queue *q, struct event *e)
{
	pthread_mutex_lock(&q->lock);
	do {
		lmi_list_del(&e->link); /* it may have been put again by its own call */
		if (q->fd >= 0 && lmi_list_empty(&q->events))
			lmi_wake_fd_clear(q->fd);
	} while (runs(q, e, false) && pthread_cond_wait(&q->ended, &q->lock) == 0);
	pthread_mutex_unlock(&q->lock);
}
