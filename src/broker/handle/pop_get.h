/* SPDX-License-Identifier: Apache-2.0 */
/* What one pop, or a peek, takes from queues: looked up first, handed out only when all of it can be. */
#ifndef LIGHTMQ_BROKER_HANDLE_POP_GET_H
#define LIGHTMQ_BROKER_HANDLE_POP_GET_H

#include "broker/handle/pop_check.h"

#define POP_BYTES_MAX (256u << 10) /* of one answer, above which no further queue is looked at */

/* What was found in one queue. */
struct pop_part {
	struct lmi_span topic;
	struct pop_queue *queue; /* NULL for a peek */
	int32_t queue_id;
	int64_t start_pos, next_pos;
	uint32_t first, count;   /* of the pieces */
	uint32_t diffs[POP_BATCH_MAX];
};

/* One message of the answer. */
struct pop_piece {
	struct store_extent extent;
	bool encoded;     /* made anew: bytes of the scratch buffer, else the record itself */
	size_t at, bytes; /* of the scratch buffer */
};

struct pop_get {
	/* in */
	struct pop_asked asked;
	uint32_t max;
	bool order, peek, from_min;
	struct lmi_span attempt;
	const struct lmi_tags_filter *filter; /* NULL: all */
	const struct filter *sql;             /* or NULL */
	int64_t pop_ms, invisible_ms;
	int32_t revive_qid;
	/* out */
	uint32_t count, part_count;
	size_t bytes;
	int64_t rest;     /* messages behind what was taken */
	bool more;        /* messages were passed over that nobody wanted, and there are others */
	bool full;        /* in flight is as much as may be */
	struct pop_part parts[POP_BATCH_MAX];
	struct pop_piece pieces[POP_BATCH_MAX];
	/* when a worker must read first */
	struct store_extent cold[STORE_GET_MAX];
	size_t cold_count;
};

/**
 * Look through the topic's queues and the group's retry topics.
 *
 * Returns 0; -EAGAIN when @cold must be read by a worker first: nothing was changed.  Rule: PopMessageProcessor.processRequest.
 */
int pop_get_look(struct handle *h, struct pop_get *g);

/**
 * Append the messages found.
 *
 * Returns 0; -EAGAIN as above; -LMQ_ENOTFOUND when records went away meanwhile; -ENOMEM.  On failure out is as it was.
 */
int pop_get_copy(struct handle *h, struct pop_get *g, struct lmi_buf *out);

/** They are handed out: in flight from now on. */
void pop_get_commit(struct handle *h, const struct pop_get *g);

/**
 * Where a group pops next in a queue; made known with the group's committed position, or where a new group begins.
 * Rule: PopMessageProcessor.getPopOffset, getInitOffset.
 *
 * Returns 0 or errors of pop_table_make.
 */
int pop_get_queue(struct handle *h, const struct offset_at *at, bool from_min, struct pop_queue **out);

/** The same without making anything known: for peeks and notifications. */
int64_t pop_get_position(struct handle *h, const struct offset_at *at);

#endif
