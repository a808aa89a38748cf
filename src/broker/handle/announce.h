/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to those who made or changed a topic: they wait until the name servers know, at most ANNOUNCE_WAIT_MS, so that who
 * was answered finds the route.  Nothing else waits for them, on the same connection neither.
 * Owner: the core loop.  Rule: TopicConfigManager and AdminBrokerProcessor register before they answer.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_ANNOUNCE_H
#define LIGHTMQ_BROKER_HANDLE_ANNOUNCE_H

#include "broker/handle/handle.h"

#define ANNOUNCE_WAIT_MS 1000   /* below the shortest send timeout that clients have by default, 3 s */
#define ANNOUNCE_MAX 65536u     /* answers that wait; those beyond leave at once */

struct announce {
	bool on;              /* somebody registers the topics; off: nobody waits */
	int64_t told;         /* version (counter) of the topics that name servers know */
	struct lmi_buf frame; /* the answer being written */
	struct lmi_buf queue; /* of struct announce_wait, each followed by its frame */
	size_t count;
};

/**
 * Begin an answer that waits for the topics as they are now: append one whole frame to what this gives, then announce_end.
 * Where nobody is to wait it is the peer's own output.
 */
struct lmi_buf *announce_begin(struct handle *h, struct peer *p);
void announce_end(struct handle *h, struct peer *p);

/**
 * Let go of the answers whose topics are known, or that have waited for long enough.
 *
 * @told  the version (counter) that all reachable name servers know; INT64_MAX lets everything go
 */
void announce_wake(struct handle *h, int64_t told);

/** Drop what waits (the broker goes). */
void announce_done(struct announce *a);

#endif
