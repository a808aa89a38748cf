/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing queue units to their files: a batch of queues is collected on the core loop, written by one worker, and
 * acknowledged on the core loop again.  One batch at a time for a store.
 */
#ifndef LIGHTMQ_STORE_QUEUE_FLUSH_H
#define LIGHTMQ_STORE_QUEUE_FLUSH_H

#include "store/consume_queue.h"

struct queue_flush {
	struct disk *disk;
	int64_t file_bytes;
	struct consume_queue **queues; /* referenced; their fly belongs to the batch */
	size_t count, cap;
	int err;                       /* of the first write that failed; what follows was not tried */
	size_t written;                /* queues of which all of fly was written */
	bool left_out;                 /* a queue's tail has to wait for an older fly, or memory was short */
};

/**
 * Collect: those with at least QUEUE_READY_BYTES, or all.  Tails become fly.  Core loop.
 *
 * Returns 0 or -ENOMEM (what was collected so far stands).
 */
int queue_flush_collect(struct queue_flush *b, struct queue_shared *sh, bool all);

/** Write.  Blocks; a worker.  Files are made with their full size, sparse.  Sets err. */
void queue_flush_write(struct queue_flush *b);

/**
 * Account for what was written, put back what was not, drop references.  Core loop.
 * The batch is empty afterwards.
 */
void queue_flush_settle(struct queue_flush *b);

/** Only drop the references: the store is gone.  Accepts an empty batch. */
void queue_flush_drop(struct queue_flush *b);

#endif
