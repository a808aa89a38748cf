/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside src/namesrv: a set of topics, open addressing; of all topics in parts, and of each broker.  16 bytes a place.
 * Owner: the core loop.
 */
#ifndef LIGHTMQ_NAMESRV_ROUTE_SET_H
#define LIGHTMQ_NAMESRV_ROUTE_SET_H

#include "base/bytes.h"

struct route_topic {
	struct route_shape *shape; /* its queues */
	uint16_t n;
	uint8_t name[];
};

struct route_slot {
	struct route_topic *topic; /* NULL: free */
	uint32_t hash;
	uint32_t stamp;            /* of a broker's set: the last transfer that had it; ROUTE_FOREIGN */
};

struct route_set {
	struct route_slot *slots;
	size_t cap, count;
	uint32_t moves;     /* changes when slots may have moved or gone */
};

void route_set_done(struct route_set *s);
/** Make room for @n topics at once, when it is empty; without memory it grows later. */
void route_set_reserve(struct route_set *s, size_t n);
/** NULL when it is not there. */
struct route_slot *route_set_find(const struct route_set *s, uint32_t hash, struct lmi_span name);
/** Of a topic that is not in it.  NULL without memory. */
struct route_slot *route_set_add(struct route_set *s, struct route_topic *topic, uint32_t hash);
/** What stood behind may move into this place; while walking look at it again. */
void route_set_del(struct route_set *s, struct route_slot *slot);

static inline struct lmi_span route_topic_name(const struct route_topic *t) { return lmi_span(t->name, t->n); }

#endif
