/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of recovery share: store_recover.c looks at the log, store_recover_queues.c at the queues. */
#ifndef LIGHTMQ_STORE_STORE_RECOVER_H
#define LIGHTMQ_STORE_STORE_RECOVER_H

#include "store/log_scan.h"
#include "store/queue_list.h"
#include "store/store_internal.h"

struct log_range {
	int64_t from, to;
};

struct recovery {
	struct store *s;
	bool aborted;
	struct store_mark mark;
	uint64_t mark_sequence;
	bool mark_ok;           /* the mark fits this log and checkpoint */
	struct queue_list list;
	int64_t log_min;
	int64_t scan_from;      /* first record looked at */
	int64_t take_from;      /* first record dispatched */
	int64_t tail;
	int64_t progress;       /* position last told of */
	uint64_t records, odd;  /* seen; of those not dispatched because their positions contradict */
	uint32_t rebuilt;
	struct log_range *damages; /* bridged, in the order found */
	size_t damage_n, damage_cap;
	int64_t lost_bytes;     /* in them */
	char **out_why;
};

/** Tell the caller how far a scan has come, now and then. */
void store_recover_progress(struct recovery *r, int64_t pos, int64_t total);

/**
 * Find all queues and where they end.
 *
 * @log_bound  units of records at or above it are not believed
 * @by_list    the list of queues is of this very log: what it says is taken over after a look at the last file's size
 *
 * Queues that cannot be believed are damaged afterwards.  0 or -errno with a sentence.
 */
int store_recover_load(struct recovery *r, int64_t log_bound, bool by_list);

/** Units at or above the tail go away; after a clean stop.  0 or -errno. */
int store_recover_drop_beyond(struct recovery *r);

/** Highest end of a record that has a unit. */
int64_t store_recover_dispatched(struct recovery *r);

/** One record of the scan into its queue, unless that is damaged.  @whole_log: the scan began at the log's beginning. */
int store_recover_take(struct recovery *r, const struct lmi_record *rec, bool whole_log);

/**
 * The scan is at a position that holds no whole record although the log is known to be good up to @limit: save the damage,
 * bridge it, and let the scan go on over the bridge.  0 or -errno with a sentence.
 */
int store_recover_bridge(struct recovery *r, struct log_scan *scan, int64_t limit);

/** A record that can be read but for its body: its queue position was given out. */
void store_recover_lost(struct recovery *r, const struct lmi_record *rec);

/** Queues forget the messages that were lost and keep their positions.  0 or -errno. */
int store_recover_lose(struct recovery *r);
/** Bring the key index in line with the log: store_recover_index.c.  0 or -errno with a sentence. */
int store_recover_index(struct recovery *r);

/** Rebuild all damaged queues by one pass over the whole log.  0 or -errno. */
int store_recover_rebuild(struct recovery *r);

#endif
