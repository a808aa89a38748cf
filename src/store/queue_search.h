/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a queue the records begin that are still there: the same search on the core loop and on a worker. */
#ifndef LIGHTMQ_STORE_QUEUE_SEARCH_H
#define LIGHTMQ_STORE_QUEUE_SEARCH_H

#include "store/consume_queue.h"

/** Read up to n units from a position: how many, 0 where there are none, or an error. */
typedef int queue_read_fn(void *ctx, int64_t queue_pos, uint8_t *dst, size_t n);

/**
 * The first position in [lo, hi) whose record lies at or above a log position; hi when there is none.  Holes say nothing;
 * units that are missing or not valid count as lying below.
 *
 * Returns 0 or the reader's error.
 */
int queue_search_first(queue_read_fn *read, void *ctx, int64_t lo, int64_t hi, int64_t log_min, int64_t *out);

#endif
