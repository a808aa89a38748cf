/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that wait for a mark of the store: first in, first out in log order, one line for each mark.
 * Owner: the core loop.  In steady state it allocates nothing.
 */
#ifndef LIGHTMQ_BROKER_STATE_PENDING_H
#define LIGHTMQ_BROKER_STATE_PENDING_H

#include "broker/state/peer.h"

enum pending_mark { PENDING_WRITTEN, PENDING_SYNCED, PENDING_MARKS };

enum pending_kind {
	PENDING_SEND, /* the answer of a send, with message id and position */
	PENDING_RECALL, /* the answer of a recall */
	PENDING_RECALLABLE, /* the same; in place of the ids the handle to recall it */
	PENDING_PLAIN /* a bare answer: send-back */
};

#define PENDING_KEEP_BYTES (64u << 10) /* memory kept while nothing waits */

struct pending_answer {
	struct peer *peer;   /* referenced while waiting */
	int64_t log_end;     /* answered when the mark is at or above this */
	int64_t deadline_ms; /* INT64_MAX: none */
	int64_t log_pos, queue_pos;
	int32_t opaque, queue_id;
	uint8_t kind;      /* enum pending_kind */
	uint8_t serialize; /* of the request */
	bool oneway;       /* nobody wants it */
	bool made_topic;   /* answered when name servers know, see handle/announce */
	uint32_t uniq_bytes, ids_bytes;
	/* followed by the unique id and, for batches, the message ids */
};

struct pending {
	struct lmi_buf line[PENDING_MARKS];
	size_t count[PENDING_MARKS];
};

/** A zeroed struct is empty. */
void pending_done(struct pending *p);

/**
 * Line up an answer; its log_end is not below the last one's in the same line.  Counts a request in flight on the peer.
 *
 * @uniq, @ids  copied; their lengths are set here
 *
 * Returns 0 or -ENOMEM.
 */
int pending_add(struct pending *p, enum pending_mark mark, const struct pending_answer *a, struct lmi_span uniq,
		struct lmi_span ids);

/* What to do with the first in line. */
enum pending_fate {
	PENDING_STAYS, /* or there is none */
	PENDING_IS_DONE,
	PENDING_IS_LATE
};

/**
 * Take the first of a line when the mark has reached it or its deadline has passed.
 *
 * @out_uniq, @out_ids  valid until the next call on this line
 *
 * The caller answers, then calls pending_taken.
 */
enum pending_fate pending_take(struct pending *p, enum pending_mark mark, int64_t mark_pos, int64_t now_ms,
			       struct pending_answer *out, struct lmi_span *out_uniq, struct lmi_span *out_ids);
/** The request of a taken answer is over: reference and count on its peer go. */
void pending_taken(struct pending_answer *a);

static inline bool pending_empty(const struct pending *p, enum pending_mark mark)
{
	return p->count[mark] == 0;
}

#endif
