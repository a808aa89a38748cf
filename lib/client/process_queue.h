/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a consumer holds of one queue: which positions were fetched and which of them are unfinished, hence what may be
 * committed and whether more may be fetched.  Pure.  Owner: the client's loop.
 */
#ifndef LMI_CLIENT_PROCESS_QUEUE_H
#define LMI_CLIENT_PROCESS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process_entry {
	int64_t queue_pos;
	uint32_t bytes;
	bool done;
};

struct process_queue {
	struct process_entry *ring; /* cap is 0 or a power of two */
	size_t head, count, cap;    /* entries head … head + count - 1, modulo cap; ascending positions */
	size_t unfinished;
	uint64_t bytes;             /* of unfinished messages */
	int64_t next_pos;           /* first position not yet fetched */
};

struct process_limits {
	uint64_t messages, bytes, span;
};

/** Begin at a position. */
void process_queue_init(struct process_queue *q, int64_t next_pos);
void process_queue_done(struct process_queue *q);

/**
 * Count a fetched message as unfinished; moves next_pos behind it.
 *
 * Returns 0; -LMQ_EMALFORMED when the position is below next_pos (a broker that repeats itself) or the last number; -ENOMEM.
 */
int process_queue_add(struct process_queue *q, int64_t queue_pos, uint32_t bytes);

/** Everything below was fetched, or filtered away by the broker.  Never moves back. */
void process_queue_advance(struct process_queue *q, int64_t next_pos);

/** A message is finished.  0; -LMQ_ENOTFOUND when it is not unfinished. */
int process_queue_finish(struct process_queue *q, int64_t queue_pos);

/** All messages below a position are finished. */
void process_queue_finish_below(struct process_queue *q, int64_t queue_pos);

/** Smallest unfinished position, or next_pos when nothing is unfinished.  Rule: ProcessQueue.removeMessage. */
int64_t process_queue_commit_pos(const struct process_queue *q);

/** Whether fetching should pause.  Rule: DefaultMQPushConsumerImpl.pullMessage (flow control by count, bytes and span). */
bool process_queue_full(const struct process_queue *q, const struct process_limits *limits);

#endif
