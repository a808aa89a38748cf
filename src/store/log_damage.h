/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damage inside the log, below the position that is known to be synced: where records go on behind it, and a bridge over it
 * that recovery, ours and a Java broker's, walks like any other record.  Blocks; start-up only.
 *
 * The bridge is made of records of a system topic whose transaction type is rollback, so that they are in no consume queue
 * and in no index; where the damage reaches to the end of a segment, a blank record closes the segment.
 */
#ifndef LIGHTMQ_STORE_LOG_DAMAGE_H
#define LIGHTMQ_STORE_LOG_DAMAGE_H

#include "store/log_scan.h"

/* The prefix makes it one of RocketMQ's system topics (TopicValidator); cut short where there is no room for all of it. */
#define LOG_DAMAGE_TOPIC "rmq_sys_LIGHTMQ_DAMAGED"

/**
 * The first position behind @bad at which a whole record (magic, own position, body CRC), a blank record or a segment begins.
 *
 * @scan   a scan of the same log; its position is not kept
 * @limit  the log is known to be good up to here, so that something begins here
 *
 * Returns 0 or an error of reading.
 */
int log_damage_end(struct log_scan *scan, int64_t bad, int64_t limit, int64_t *out);

struct log_damage_bridge {
	int64_t from, to;
	int64_t store_ms;            /* of the records that are written; times should not step back */
	struct lmi_host store_host;
};

/**
 * Save what is in [from, to) to lightmq-cut/ and write the bridge over it, synced.  It may be interrupted and done again.
 *
 * Returns 0; -LMQ_ECORRUPT when there is no room for a record; -ENOMEM or -errno.
 */
int log_damage_bridge(struct commit_log *l, const struct log_damage_bridge *b);

#endif
