/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callbacks that the user wants delivered on a thread of its own choice (callbackMode POLL): a queue of what is to be called.
 * Under its own lock; any thread.
 */
#ifndef LMI_CLIENT_EVENT_H
#define LMI_CLIENT_EVENT_H

#include <pthread.h>
#include <stdbool.h>

#include "base/list.h"

/* One callback to make; embedded in what it is about. */
struct event {
	struct lmi_list link;
	void (*run)(struct event *e); /* makes it; the event may be freed */
};

struct event_queue {
	pthread_mutex_t lock;
	struct lmi_list events;
	int fd; /* readable while there are some; -1: callbacks are not polled for */
};

/** @polled  whether anybody will poll.  Returns 0 or -errno. */
int event_queue_init(struct event_queue *q, bool polled);
/** It is empty. */
void event_queue_done(struct event_queue *q);

static inline bool event_queue_polled(const struct event_queue *q) { return q->fd >= 0; }

/** Have it called: by the poller, or at once when nobody polls. */
void event_put(struct event_queue *q, struct event *e);
/** Make up to max calls of those that wait.  Returns how many. */
int event_run(struct event_queue *q, int max);

#endif
