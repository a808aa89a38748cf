/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in flight survives a kill: each change of pop_table is written, at the end of the turn in which it was made and so
 * before its answer leaves, to a file beside the log, pop/journal.GENERATION.  Java brokers do not look there.  Losing the file, or its
 * end, hands messages out again and loses none, since consumerOffset.json shows the lowest that is not acknowledged.
 *
 * A file begins with what the table held.  When it has grown too long, or cannot be written, the next is begun; the one
 * before goes when the next is on the disk.  Reading takes the latest that is whole up to there, and what follows up to
 * the first record that is none.
 * Owner: the core loop; a worker opens, syncs and removes.
 */
#ifndef LIGHTMQ_BROKER_DUTY_POP_JOURNAL_H
#define LIGHTMQ_BROKER_DUTY_POP_JOURNAL_H

#include "base/executor.h"
#include "base/log.h"
#include "broker/state/pop_record.h"
#include "disk/disk.h"

#define POP_JOURNAL_FOLDER "pop"
#define POP_JOURNAL_HEAD 16             /* bytes: what it is, generation */
#define POP_JOURNAL_LONG (16ll << 20)   /* bytes, above which the next is begun, when it is also twice as long as at its begin */
#define POP_JOURNAL_READ_MAX (1u << 30) /* bytes of a file that is read at start */
#define POP_JOURNAL_SYNC_MS 500         /* how often it is synced */
#define POP_JOURNAL_RETRY_MS 1000       /* after a failure */

enum pop_journal_work { POP_JOURNAL_OPEN_NEXT, POP_JOURNAL_SYNC, POP_JOURNAL_SEAL };

struct pop_journal {
	struct lmi_job job; /* first */
	struct disk *disk;
	struct lmi_executor *executor;
	const struct lmi_clock *clock;
	struct lmi_log *log;
	struct pop_table *table;
	struct offset_table *offsets;
	/* the file in use */
	struct disk_file *file;   /* NULL: none can be written */
	uint64_t generation;
	int64_t bytes, begin_bytes, synced_bytes;
	struct pop_record_chain chain;
	uint32_t last_ref;
	int64_t noted_ms, noted_count; /* version of consumerOffset.json that it names */
	struct lmi_buf out;            /* records of this turn */
	/* the worker's */
	bool busy, failing;
	int failed_late;            /* a write failed while the worker was at the file */
	enum pop_journal_work work;
	int err;
	struct disk_file *next;     /* opened, not begun */
	struct disk_file *old;      /* to be closed and removed */
	uint64_t old_generation;    /* all up to it are removed */
	int64_t syncing_bytes, sync_ms, retry_ms;
};

/**
 * Read the journal into the table and begin the next one.  Blocks (start-up).  The borrowed fields were set; the offset
 * table was loaded and the store's queues are known.
 *
 * @max_pos  how far a queue reaches: positions above are not believed
 *
 * Returns 0, also when there is none or it cannot be read or begun, which is said in the log; -ENOMEM.
 */
int pop_journal_open(struct pop_journal *j, int64_t (*max_pos)(void *ctx, const struct offset_at *at), void *ctx);

/** Write what this turn changed. */
void pop_journal_turn_end(struct pop_journal *j);

/** Sync, begin the next file, try again. */
void pop_journal_tick(struct pop_journal *j, int64_t mono_ms);

/** True while a worker is at it. */
static inline bool pop_journal_busy(const struct pop_journal *j)
{
	return j->busy;
}

/** Write and sync the rest, close.  Blocks (stop).  Returns 0 or -errno. */
int pop_journal_close(struct pop_journal *j);

/** Close without writing, as a kill would (tests). */
void pop_journal_abandon(struct pop_journal *j);

#endif
