/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads that call a consumer's callback, or who polls instead of them.  Messages go in and come back through lists under one lock.
 * Threads are started as they are needed.  put, take and start belong to the loop, join to the thread that stops the consumer.
 */
#ifndef LMI_CLIENT_CONSUME_POOL_H
#define LMI_CLIENT_CONSUME_POOL_H

#include <pthread.h>

#include "base/clock.h"

#include "client/event.h"
#include "client/received.h"

struct consume_pool;

struct consume_pool_config {
	size_t threads_max;
	lmq_message_fn *fn;
	void *user;
	/** Whether a message's queue is still ours.  Any thread. */
	bool (*wanted)(const struct received *r);
	/** Something is finished: have consume_pool_take called soon.  Any thread; may fail, then it is asked again. */
	int (*announce)(void *arg);
	void *arg;
	const struct lmi_clock *clock; /* borrows */
	struct event_queue *events;    /* who polls makes the calls; NULL: threads do */
};

/* A thread that is through a message goes on with its chain for so long; what is left of it comes back untouched. */
#define CONSUME_CHAIN_MS 100

/** Gives a pool, or NULL without memory. */
struct consume_pool *consume_pool_new(const struct consume_pool_config *cfg);

/** Start the first thread, if there are to be any.  0 or -EAGAIN. */
int consume_pool_start(struct consume_pool *p);

/** Hand over messages, each perhaps with a chain: the list is emptied. */
void consume_pool_put(struct consume_pool *p, struct lmi_list *messages);

/** Move what is finished, with its result, to the end of a list. */
void consume_pool_take(struct consume_pool *p, struct lmi_list *out);

/** True on one of the pool's threads, or inside a callback that is being made by who polls. */
bool consume_pool_is_self(struct consume_pool *p);

/** Wait for running callbacks and end the threads.  What was not begun is moved to @out_unbegun. */
void consume_pool_join(struct consume_pool *p, struct lmi_list *out_unbegun);

void consume_pool_free(struct consume_pool *p);

#endif
