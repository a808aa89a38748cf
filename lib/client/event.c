/* SPDX-License-Identifier: Apache-2.0 */
#include "client/event.h"

#include "io/wake_fd.h"

int event_queue_init(struct event_queue *q, bool polled)
{
	pthread_mutex_init(&q->lock, NULL);
	lmi_list_init(&q->events);
	q->fd = polled ? lmi_wake_fd_new() : -1;
	return polled && q->fd < 0 ? q->fd : 0;
}

void event_queue_done(struct event_queue *q)
{
	lmi_wake_fd_close(q->fd);
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

static struct event *take(struct event_queue *q)
{
	struct event *e = NULL;

	pthread_mutex_lock(&q->lock);
	if (!lmi_list_empty(&q->events)) {
		e = lmi_container_of(q->events.next, struct event, link);
		lmi_list_del(&e->link);
	}
	if (lmi_list_empty(&q->events))
		lmi_wake_fd_clear(q->fd);
	pthread_mutex_unlock(&q->lock);
	return e;
}

int event_run(struct event_queue *q, int max)
{
	struct event *e;
	int n = 0;

	while (n < max && (e = take(q))) {
		e->run(e);
		n++;
	}
	return n;
}
