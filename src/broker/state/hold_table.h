/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Held pulls: requests that found nothing and wait for an arrival or their deadline.  A hold costs under 300 bytes.
 * Owner: the core loop.  Rule: PullRequestHoldService, ManyPullRequest.
 *
 * Life of a hold: added (waiting in its queue) -> woken by an arrival, by its deadline or by hold_table_again ->
 * taken -> freed; or dropped when its peer closes.  While a worker reads for it (warming) it is in no list but its peer's.
 */
#ifndef LIGHTMQ_BROKER_STATE_HOLD_TABLE_H
#define LIGHTMQ_BROKER_STATE_HOLD_TABLE_H

#include "base/map.h"
#include "broker/state/peer.h"
#include "filter/filter.h"
#include "rules/tags.h"

#define HOLD_TABLE_MAX_DEFAULT 100000u /* holds; above, a pull is answered at once */
#define HOLD_GROUP_MAX_DEFAULT 50000u  /* holds of one group; above, its pulls are refused for now */
#define HOLD_TICK_MS 100               /* how exact deadlines are */
#define HOLD_WHEEL_SLOTS 256u
#define HOLD_MAX_MS 3600000            /* longest hold granted, whatever the client asks */

enum hold_state { HOLD_WAITING, HOLD_WOKEN, HOLD_TAKEN };

/* The filter that came with the request itself. */
struct hold_filter {
	struct filter *sql; /* one reference, or NULL */
	bool all;
	size_t count;
	int32_t codes[];
};

/* What is kept of a request.  Spans are copied by hold_table_add. */
struct hold_request {
	struct peer *peer; /* referenced while held */
	struct lmi_span topic, group;
	int64_t queue_pos, sub_version, deadline_ms;
	int32_t queue_id, opaque, code, sysflag, max_messages, max_bytes;
	int32_t suspend_ms; /* above 0: it may still be held for so long */
	uint8_t serialize;
	const struct lmi_tags_filter *filter; /* copied; NULL: the group's subscription counts */
	struct filter *sql;                   /* with filter: also referenced, or NULL */
};

struct hold_queue {
	struct hold_queue *next; /* same bucket */
	uint64_t hash;
	struct lmi_list holds; /* waiting */
	uint32_t refs;         /* holds that name it */
	int32_t queue_id;
	uint32_t topic_bytes;
	char topic[];
};

/* A group with holds. */
struct hold_group {
	size_t count;
	uint32_t bytes;
	char name[];
};

struct hold {
	struct lmi_list link;     /* of the queue, or of the woken */
	struct lmi_list in_wheel; /* while waiting */
	struct lmi_list in_peer;
	struct hold_queue *queue;
	struct peer *peer;
	struct hold_filter *filter; /* owned, or NULL */
	int64_t queue_pos, sub_version, deadline_ms;
	int32_t opaque, code, sysflag, max_messages, max_bytes, suspend_ms;
	uint8_t state; /* enum hold_state */
	uint8_t serialize;
	uint8_t warmed; /* rounds through a worker */
	struct hold_group *group;
};

struct hold_table {
	struct hold_queue **buckets;
	size_t bucket_count, queue_count, count;
	size_t max;       /* maxHeldPulls; set by init to the default */
	size_t group_max; /* maxHeldPullsPerGroup; the same */
	struct lmi_map groups; /* name -> struct hold_group */
	struct lmi_list woken;
	struct lmi_list wheel[HOLD_WHEEL_SLOTS];
	int64_t wheel_at; /* tick up to which the wheel was looked at */
	/** Whether an arrived message matters to a hold without a filter of its own. */
	bool (*wants)(void *ctx, const struct hold *h, int64_t tags_code);
	void *ctx;
};

void hold_table_init(struct hold_table *t, int64_t now_ms,
		     bool (*wants)(void *ctx, const struct hold *h, int64_t tags_code), void *ctx);
/** Frees all holds without an answer. */
void hold_table_done(struct hold_table *t);

/**
 * Hold a request.  Counts it as in flight on its peer.
 *
 * Returns 0; -LMQ_EFULL above max; -EDQUOT above group_max; -ENOMEM.
 */
int hold_table_add(struct hold_table *t, const struct hold_request *r, struct hold **out);

/** Messages up to queue_pos_end can be pulled now; the last has tags_code.  Wakes who waits below it and wants it. */
void hold_table_arrival(struct hold_table *t, struct lmi_span topic, int32_t queue_id, int64_t queue_pos_end,
			int64_t tags_code);

/** Wake a group's holds on a queue: something else than an arrival concerns them. */
void hold_table_wake_group(struct hold_table *t, struct lmi_span topic, int32_t queue_id, struct lmi_span group);

/** Wake those whose deadline has come. */
void hold_table_expire(struct hold_table *t, int64_t now_ms);

/** Wake all (the broker stops). */
void hold_table_wake_all(struct hold_table *t);

/** Take the next woken hold, or NULL.  The caller frees it or gives it back. */
struct hold *hold_table_take(struct hold_table *t);

/** Take a waiting hold out of its queue, as if woken and taken. */
void hold_table_grab(struct hold_table *t, struct hold *h);

/** A taken hold waits again: for its deadline to pass at the given time at the latest. */
void hold_table_again(struct hold_table *t, struct hold *h, int64_t deadline_ms);

/** Free a taken hold; its request is answered or dropped. */
void hold_free(struct hold_table *t, struct hold *h);

/** Drop all waiting and woken holds of a peer.  Taken ones stay with whoever took them (see peer.open). */
void hold_table_peer_closed(struct hold_table *t, struct peer *p);

static inline struct lmi_span hold_topic(const struct hold *h)
{
	return lmi_span(h->queue->topic, h->queue->topic_bytes);
}

static inline struct lmi_span hold_group(const struct hold *h)
{
	return lmi_span(h->group->name, h->group->bytes);
}

#endif
