/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units of one queue, read from its files by a worker that may wait for the disk.  It opens the files itself and looks at
 * nothing of the queue but its name, so the core loop may go on with it; who starts the work holds a reference to the queue.
 */
#ifndef LIGHTMQ_STORE_QUEUE_READER_H
#define LIGHTMQ_STORE_QUEUE_READER_H

#include "store/consume_queue.h"

struct queue_reader {
	const struct consume_queue *queue;
	struct disk_file *file; /* NULL: none open */
	int64_t file_start;
};

void queue_reader_init(struct queue_reader *r, const struct consume_queue *q);
void queue_reader_done(struct queue_reader *r);

/** The unit at a position.  1; 0 where no file holds one; -errno. */
int queue_reader_unit(struct queue_reader *r, int64_t queue_pos, struct queue_unit *out);

/**
 * The first position in [lo, hi) whose record lies at or above a log position; hi when there is none.  See queue_search.h.
 * 0 or -errno.
 */
int queue_reader_first(struct queue_reader *r, int64_t lo, int64_t hi, int64_t log_min, int64_t *out);

#endif
