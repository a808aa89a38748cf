/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the queues of topics are, on all brokers, as name servers said last: for clients that leave the assignment of queues
 * to the broker.  Whoever runs the broker asks the name servers for what is taken from here.
 * Owner: the core loop.  Rule: TopicRouteInfoManager.
 */
#ifndef LIGHTMQ_BROKER_STATE_ROUTE_CACHE_H
#define LIGHTMQ_BROKER_STATE_ROUTE_CACHE_H

#include "base/map.h"
#include "broker/state/peer.h"
#include "wire/route.h"

#define ROUTE_CACHE_MAX 65536u      /* topics; above, a new one is not known */
#define ROUTE_WAITS_MAX 65536u      /* requests that wait for a first answer; above, they are answered without */
#define ROUTE_FRESH_MS 30000        /* asked again after, while in use; rule: loadBalancePollNameServerInterval */
#define ROUTE_RETRY_MS 1000         /* asked again after a failure, or when there was no such topic */
#define ROUTE_IDLE_MS 600000        /* not used for so long: forgotten */
#define ROUTE_QUEUES_MAX 1048576    /* of one topic, on all brokers together */

/* The readable queues of a topic on one broker. */
struct route_part {
	struct lmi_span broker_name;
	int32_t queues;
};

/* A request that waits. */
struct route_wait {
	struct lmi_list link;
	struct peer *peer; /* referenced, a request counted on it */
	size_t n;
	uint8_t frame[];
};

struct route_entry {
	struct lmi_list in_wanted; /* while it waits to be asked for */
	struct lmi_list waits;
	int64_t asked_ms, used_ms; /* asked_ms -1: never */
	bool asking, answered;     /* answered: known or not, waiting is over */
	bool known;
	size_t count;
	struct route_part *parts;  /* one block with the names */
	uint32_t topic_bytes;
	char topic[];
};

struct route_cache {
	struct lmi_map map; /* topic -> struct route_entry */
	struct lmi_list wanted;
	size_t waits;
	bool on; /* somebody asks name servers; off: only this broker is known */
};

void route_cache_init(struct route_cache *c);
/** Frees all, and what waits without an answer. */
void route_cache_done(struct route_cache *c);

/**
 * The entry of a topic that somebody needs; made when missing, put on the wanted list when it is due.
 *
 * Returns NULL above ROUTE_CACHE_MAX or without memory.
 */
struct route_entry *route_cache_use(struct route_cache *c, struct lmi_span topic, int64_t now_ms);

/** Keep a request until the first answer.  False when it cannot be: the caller answers. */
bool route_cache_wait(struct route_cache *c, struct route_entry *e, struct peer *p, struct lmi_span frame);

/** Take the next entry to be asked for, or NULL; route_cache_set ends it. */
struct route_entry *route_cache_take(struct route_cache *c, int64_t now_ms);

/** A name server's answer; NULL: there is no such topic, or none answered (what was known before stays then). */
void route_cache_set(struct route_cache *c, struct lmi_span topic, const struct lmi_route *r);

/** Take the next request that waits for a topic, or NULL.  The caller frees it with route_wait_free. */
struct route_wait *route_cache_take_wait(struct route_cache *c, struct lmi_span topic);
void route_wait_free(struct route_wait *w);

/** End all waiting: every entry counts as answered. */
void route_cache_give_up(struct route_cache *c);

/** Forget what was not used for ROUTE_IDLE_MS. */
void route_cache_sweep(struct route_cache *c, int64_t now_ms);

static inline struct lmi_span route_entry_topic(const struct route_entry *e)
{
	return lmi_span(e->topic, e->topic_bytes);
}

#endif
