/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a store is made of; for the store_*.c files only.  Owner: the core loop.
 *
 * store.c          opening, closing, marks
 * store_append.c   a turn: append, write, dispatch, announce
 * store_flush.c    syncs, queue files, the checkpoint: what is handed to workers, and when
 * store_ahead.c    zeros ahead of the tail
 * store_recover.c  from what a stop or a crash left to a state that can go on; store_recover_queues.c its queues
 * store_refuse.c   what is not ours to open
 * store_clean.c    retention: store_survey.c who still reads what, store_clean_queues.c queue files, retention.c the rules
 * store_recover_index.c the key index
 * store_query.c    by key
 * store_get.c      pulling; store_read.c reading; store_warm.c cold bytes; store_search.c by time; store_delete.c topics
 */
#ifndef LIGHTMQ_STORE_STORE_INTERNAL_H
#define LIGHTMQ_STORE_STORE_INTERNAL_H

#include "store/checkpoint.h"
#include "store/commit_log.h"
#include "store/dispatcher.h"
#include "store/key_index.h"
#include "store/queue_table.h"
#include "store/store.h"
#include "store/store_mark.h"
#include "store/why.h"
#include "store/work.h"

#define STORE_LOCK_FILE "lock"
#define STORE_ABORT_FILE "abort"
#define STORE_CUT_FOLDER "lightmq-cut"
#define STORE_DELETED_FOLDER "lightmq-deleted"

/* Unwritten queue units in memory: from the first on, all queues are written; from the second, appends are refused. */
#define STORE_BUFFERED_FLUSH (16u * 1024 * 1024)
#define STORE_BUFFERED_MAX (128u * 1024 * 1024)
/* All queues and the checkpoint at every so many queue flush intervals. */
#define STORE_THOROUGH_INTERVALS 10
/* A segment that could not be made, or queue files that could not be written, are tried again after. */
#define STORE_RETRY_MS 1000
/* A store time that steps back by less follows the old one, so that positions and times grow together. */
#define STORE_STEP_BACK_MS 60000
/* Rule: whole record at most the body's limit and 64 KiB. */
#define STORE_RECORD_EXTRA (64u * 1024)

/* Damaged records that are remembered, so that each is told once. */
#define STORE_TOLD_MAX 64u

/* A record of this turn, or one that is dispatched and not yet visible. */
struct store_entry {
	struct consume_queue *queue;   /* NULL: in no queue */
	int64_t queue_pos;
	struct queue_unit unit;
	int64_t store_ms;
	uint32_t props_at, props_bytes; /* in the run; until dispatched */
	uint32_t topic_bytes;           /* which lie before the properties and their length */
	int32_t sysflag;
};

/* A search by time that met a cold page: what is wanted lies in [lo, hi]. */
struct store_search_state {
	struct consume_queue *queue;   /* referenced; NULL: none */
	int64_t lo, hi, ms;
	int64_t flushed;               /* so many units were in files */
	bool after_equal;
};
#define STORE_COLD_RECORDS 256u

#define STORE_RATE_SAMPLES 61
#define STORE_WHO_CHARS 400

/* Retention; store_clean.c. */
struct store_clean {
	bool running;                  /* a round is under way */
	int64_t due_ms;                /* monotonic */
	int64_t queue_bytes;           /* of units in files, when last counted */
	struct disk_space space;       /* zeros: unknown */
	bool looked, over_budget, no_room, disk_full;
	bool wants_checkpoint;         /* room is needed, and more may go once queues and log are on the disk */
	int manual;                    /* rounds for which the hour does not matter */
	int64_t doomed;                /* segments from here to the log's beginning still have files */
	int doomed_err;
	struct lmi_list pins;
	int64_t unread, unread_by_none, survey_ms;
	char who[STORE_WHO_CHARS], nobody[STORE_WHO_CHARS];
	enum retention_block block;    /* of the last choice */
	enum retention_block told;     /* of the last line about it */
	int64_t warned_ms;             /* 0: never */
	struct { int64_t ms, appended; } rate[STORE_RATE_SAMPLES];
	unsigned int rates;
	char text[STORE_WHO_CHARS + 200];
	char refusal[STORE_WHO_CHARS + 400];
};

struct store {
	struct store_config cfg;
	int64_t record_max;
	struct commit_log log;
	struct queue_table queues;
	struct key_index index;
	struct dispatcher dispatcher;
	struct work_crew crew;
	struct disk_file *lock;

	/*
	 * entries[0..shown) are visible and announced (dropped soon).  In [shown..looked) those that have a queue wait to be
	 * synced, as their topic promises; [looked..dispatched_n) were not looked at, [dispatched_n..entry_n) are of this turn.
	 */
	struct store_entry *entries;
	size_t entry_cap, shown, looked, dispatched_n, entry_n;
	int64_t dispatched;            /* log position */
	int64_t turn_ms;               /* store time of this turn; 0 before its first append */
	int64_t last_ms;
	bool announcing;

	/* store_flush.c */
	int64_t want_sync;             /* someone waits for synced to reach this */
	size_t gather_count;           /* the next sync waits for so many records, until */
	int64_t gather_until_ms;       /* monotonic */
	int64_t syncs;                 /* of the log, in this life */
	int64_t synced_ms;             /* store time of the last synced record */
	int64_t dispatched_ms;
	struct work *sync_work, *queue_work, *segment_work; /* in flight, or NULL */
	int64_t ahead;                 /* the log's blocks are written up to here, or were tried */
	int segment_err;               /* why the next segment could not be made */
	int queue_err;                 /* why queue files could not be written */
	int write_err;                 /* why the run could not be written: it waits */
	int64_t sync_due_ms, queue_due_ms, retry_due_ms, write_due_ms; /* monotonic */
	int64_t now_ms;                /* monotonic, as of the last tick */
	unsigned int queue_rounds;
	struct checkpoint checkpoint;
	struct store_mark_file mark;
	int64_t queues_pos;            /* as in the mark */
	struct store_clean clean;

	int64_t told[STORE_TOLD_MAX];  /* log positions that were found damaged last, each told once; 0: none */
	unsigned int told_n;
	/* Where reads without waiting gave up; store_warm.c. */
	int64_t cold_records[STORE_COLD_RECORDS];
	uint32_t cold_record_count;
	struct store_search_state searching, found;
	bool may_wait;                 /* start-up: reads wait here */

	char *readonly;                /* the cause; NULL while writable */

	struct lmi_list queries;       /* store_query.c: those that wait for the one that runs */
	unsigned int query_count;
	bool query_running;
};

/* store_append.c */
/** Write the run and dispatch the turn's records.  0; -LMQ_EREADONLY, the store being read-only then; -ENOSPC … while it waits. */
int store_write_out(struct store *s);
/** Make visible and announce what the marks allow. */
void store_show(struct store *s);
/** The topic's messages are seen when synced, not when written. */
bool store_promises_synced(const struct store *s, const struct queue_topic *t);
/** Drop entries of queues that died. */
void store_forget_dead(struct store *s);

/* store_flush.c */
/** Take no more writes.  Tells once. */
void store_fail(struct store *s, int err, const char *doing);
/** Units and keys in memory that are to be written: above STORE_BUFFERED_MAX appends are refused. */
static inline size_t store_waiting_bytes(const struct store *s)
{
	return s->queues.shared.buffered + key_index_buffered(&s->index);
}
/** Errors of a full or read-only disk, or an exhausted table: the store waits and tries again. */
bool store_passes_by_itself(int err);
/** Start a sync when one is wanted or due and none runs. */
void store_sync_maybe(struct store *s);
void store_queues_maybe(struct store *s);
/** Ask for the next segment once the current one is half full, or there is none. */
void store_segment_ahead(struct store *s);
/** Have the next segment now; may wait for a worker.  0, -ENOSPC … */
int store_segment_now(struct store *s);
/** Write all queue units to their files, on this thread, without a sync.  0 or the first error. */
int store_flush_queues(struct store *s);
/** Sync, write and checkpoint everything, on this thread; nothing may be in flight.  0 or the first error. */
int store_flush_all(struct store *s);

/* store_ahead.c */
/** Someone waited for a sync of so many bytes: have the blocks ahead of the tail written. */
void store_ahead_maybe(struct store *s, int64_t synced_bytes);

/* store_clean.c */
void store_clean_init(struct store *s);
void store_clean_tick(struct store *s);
/** True when the budget allows one more segment. */
bool store_clean_room(struct store *s);
/** Have a worker delete queue files below the log's beginning; told when it is over. */
int store_clean_queues(struct store *s, void (*done)(struct store *s));

/* store_read.c */
/** Tell once of a record that cannot be served.  -LMQ_ECORRUPT. */
int store_corrupt(struct store *s, int64_t log_pos, const char *what);
/** With -LMQ_ECORRUPT: a queue that led to something else than its message is built anew at the next start; unless it is known to be right. */
void store_disbelieve(struct store *s, const struct store_get *g, int err);

/* store_search.c */
#define STORE_HEAD_BYTES 76
/** Store time in the first STORE_HEAD_BYTES of a record. */
int64_t store_head_ms(const uint8_t *head);
/** Let go of what searches refer to. */
void store_search_done(struct store *s);

/* store_query.c */
/** Forget the queries that wait: nobody is told. */
void store_query_drop_all(struct store *s);

/* store_delete.c */
/** Have a worker delete what deleted topics left. */
void store_delete_leftovers(struct store *s);
/* store_recover.c */
int store_recover(struct store *s, bool aborted, char **out_why);
/* store_refuse.c */
int store_refuse_foreign(struct disk *d, char **out_why);

LMI_PRINTF(3, 4) void store_finding(struct store *s, enum lmi_log_level level, const char *fmt, ...);

#endif
