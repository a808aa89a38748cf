/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which queue a message goes to: the writable queues of a topic and the choice among them.  Pure.
 * Owner: whoever owns the counter.
 */
#ifndef LMI_CLIENT_PUBLISH_H
#define LMI_CLIENT_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct broker; /* route_cache.h; only compared here */

/* Queues 0 … queues - 1 of one broker. */
struct publish_part {
	struct broker *broker;
	uint32_t queues; /* above 0 */
};

/* In the order that all clients agree on: by broker name, then by queue id. */
struct publish {
	struct publish_part *parts;
	size_t count;
	uint32_t total; /* sum of queues */
};

struct publish_choice {
	struct broker *broker;
	int32_t queue_id;
};

/** The n-th queue of all, n below total. */
struct publish_choice publish_at(const struct publish *p, uint32_t n);

/**
 * Take the next queue in turn.
 *
 * @counter  moves on; start it by chance
 * @avoid    a broker to pass over if there is another, or NULL
 *
 * Returns false when there is no queue at all.
 * Rule: TopicPublishInfo.selectOneMessageQueue.
 */
bool publish_next(const struct publish *p, uint32_t *counter, const struct broker *avoid, struct publish_choice *out);

/**
 * The same among brokers that are fit; false, and the counter where it was, when none is.
 *
 * Rule: MQFaultStrategy.selectOneMessageQueue.
 */
bool publish_next_fit(const struct publish *p, uint32_t *counter, const struct broker *avoid,
		      bool (*fit)(const void *arg, const struct broker *b), const void *arg, struct publish_choice *out);

#endif
