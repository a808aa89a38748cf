/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that found nothing to pop and wait for an arrival or their deadline: POP_MESSAGE, and NOTIFICATION, which asks
 * only whether there is something.  Each waits in the line of its topic, group and queue (-1: any); an arrival wakes the
 * first of each line that it concerns, since one is enough to take it.
 * Owner: the core loop.  Rule: PopLongPollingService.
 */
#ifndef LIGHTMQ_BROKER_STATE_POP_WAIT_H
#define LIGHTMQ_BROKER_STATE_POP_WAIT_H

#include "base/map.h"
#include "broker/state/peer.h"
#include "rules/tags.h"

#define POP_WAIT_MAX_DEFAULT 100000u     /* rule: maxPopPollingSize */
#define POP_WAIT_LINE_MAX_DEFAULT 1024u  /* rule: popPollingSize */
#define POP_WAIT_LINES_MAX 100000u       /* rule: popPollingMapSize */
#define POP_WAIT_MAX_MS 3600000          /* longest wait granted, whatever the client asks */
#define POP_WAIT_TICK_MS 100             /* how exact deadlines are */
#define POP_WAIT_WHEEL_SLOTS 256u
#define POP_WAIT_SWEEP_MS 60000          /* how often empty lines are forgotten */
#define POP_WAIT_LOOK_MAX 16u            /* of a line, how many are asked whether they want an arrival */

enum pop_wait_kind { POP_WAIT_POP, POP_WAIT_NOTIFY, POP_WAIT_KINDS };

struct pop_wait_topic;

struct pop_wait_line {
	struct pop_wait_topic *topic;
	struct lmi_list in_topic;
	struct lmi_list waits[POP_WAIT_KINDS];
	uint32_t count[POP_WAIT_KINDS];
	int32_t queue_id;
	uint32_t group_bytes;
	char group[];
};

struct pop_wait_filter {
	size_t count;
	int32_t codes[];
};

struct pop_wait {
	struct lmi_list link;     /* of the line, or of the woken */
	struct lmi_list in_wheel;
	struct lmi_list in_peer;
	struct pop_wait_line *line;
	struct peer *peer;               /* referenced */
	struct pop_wait_filter *filter;  /* owned; NULL: every message */
	int64_t deadline_ms;
	uint8_t kind;                    /* enum pop_wait_kind */
	bool woken;
	uint32_t frame_bytes;
	uint8_t frame[];                 /* the request, to be entered again */
};

struct pop_wait_table {
	struct lmi_map topics; /* name -> struct pop_wait_topic */
	size_t count, line_count;
	size_t max, line_max;  /* maxPopPollingSize, popPollingSize; set by init to the defaults */
	struct lmi_list woken;
	struct lmi_list wheel[POP_WAIT_WHEEL_SLOTS];
	int64_t wheel_at, sweep_ms;
};

/* What is kept. */
struct pop_wait_request {
	struct peer *peer;
	enum pop_wait_kind kind;
	struct lmi_span topic, group;
	int32_t queue_id; /* below 0: any */
	int64_t deadline_ms;
	const struct lmi_tags_filter *filter; /* copied; NULL or all: every message */
	struct lmi_span frame;                /* copied */
};

void pop_wait_init(struct pop_wait_table *t, int64_t mono_ms);
/** Frees all without an answer. */
void pop_wait_done(struct pop_wait_table *t);

/**
 * Wait.  Counts the request as in flight on its peer.
 *
 * Returns 0; -LMQ_EFULL above max, line_max or POP_WAIT_LINES_MAX; -ENOMEM.
 */
int pop_wait_add(struct pop_wait_table *t, const struct pop_wait_request *r, struct pop_wait **out);

/** A message has come: wake those that it concerns.  In a POP retry topic it concerns its group, whatever the tags. */
void pop_wait_arrival(struct pop_wait_table *t, struct lmi_span topic, int32_t queue_id, int64_t tags_code);

/** There may be something for a group in a queue (-1: in any): wake one that pops, and one that asks. */
void pop_wait_notify(struct pop_wait_table *t, struct lmi_span topic, struct lmi_span group, int32_t queue_id);

/** Wake one request itself. */
void pop_wait_wake(struct pop_wait_table *t, struct pop_wait *w);

/** Wake those whose deadline has come; forget empty lines now and then. */
void pop_wait_expire(struct pop_wait_table *t, int64_t mono_ms);

/** Wake all (the broker stops). */
void pop_wait_wake_all(struct pop_wait_table *t);

/** Take the next woken request, or NULL.  The caller frees it with pop_wait_free. */
struct pop_wait *pop_wait_take(struct pop_wait_table *t);
void pop_wait_free(struct pop_wait_table *t, struct pop_wait *w);

/** Drop all of a peer. */
void pop_wait_peer_closed(struct pop_wait_table *t, struct peer *p);

/** How many pops wait in a line.  Rule: PollingInfoProcessor. */
uint32_t pop_wait_count(const struct pop_wait_table *t, struct lmi_span topic, struct lmi_span group, int32_t queue_id);

#endif
