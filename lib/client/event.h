/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callbacks that the user wants delivered on a thread of its own choice (callbackMode POLL): a queue of what is to be called.
 * Under its own lock; any thread.
 */
#ifndef LMI_CLIENT_EVENT_H
#define LMI_CLIENT_EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

/* One callback to make; embedded in what it is about. */
struct event {
	struct lmi_list link;
	bool received; /* of a consumer: not made by producers that wait for their own, else they would nest */
	void (*run)(struct event *e); /* makes it; the event may be freed, or put again, then perhaps also run by another thread */
};

struct event_queue {
	pthread_mutex_t lock;
	struct lmi_list events;
	struct lmi_list running; /* the events whose calls are being made, on the stacks of who makes them */
	pthread_cond_t ended;    /* one of them */
	int fd; /* readable while there are some; -1: callbacks are not polled for */
};

/** @polled  whether anybody will poll.  Returns 0 or -errno. */
int event_queue_init(struct event_queue *q, bool polled);
/** It is empty. */
void event_queue_done(struct event_queue *q);

static inline bool event_queue_polled(const struct event_queue *q) { return q->fd >= 0; }

/** Have it called: by the poller, or at once when nobody polls. */
void event_put(struct event_queue *q, struct event *e);
/** Take an event back, and wait until its calls that are being made have ended, but for those on this thread. */
void event_withdraw(struct event_queue *q, struct event *e);
/** Whether this thread is inside a call of the event. */
bool event_is_self(struct event_queue *q, const struct event *e);
/** Make up to max calls of those that wait.  Returns how many. */
int event_run(struct event_queue *q, int max);
/**
 * Make those that are not of consumers; when there is none wait for some, but no longer than so.  False when that is no way of waiting,
 * since others wait to be made.
 */
bool event_run_sends(struct event_queue *q, int64_t wait_ms);

#endif
