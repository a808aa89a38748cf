/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cutting the log's end off at a record's edge.  What is cut is copied or moved to lightmq-cut/ first, then the tail
 * reads as zeros and is synced, so that nothing stale comes back to life behind new records.  Blocks; start-up only.
 */
#ifndef LIGHTMQ_STORE_LOG_CUT_H
#define LIGHTMQ_STORE_LOG_CUT_H

#include "store/commit_log.h"

struct log_cut_result {
	int64_t bytes;          /* saved from the tail's own segment */
	unsigned int segments;  /* later ones that held data, moved away whole */
};

/**
 * Cut at @tail, the end of the last whole record.  Later segments that hold only zeros stay: they were made ahead.
 * It may be interrupted and done again.  0 or -errno.
 */
int log_cut(struct commit_log *l, int64_t tail, struct log_cut_result *out);

/** Copy a range of one segment to a file of its own in lightmq-cut/, synced.  0 or -errno. */
int log_cut_save(struct commit_log *l, int64_t from, int64_t to);

#endif
