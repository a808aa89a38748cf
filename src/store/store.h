/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/store, L2: the message store: commit log, consume queues, key index, checkpoint.  No sockets, no loop.
 * Uses disk, wire, base.  Formats: man/lightmq-store.5.
 *
 * Owner: the core loop.  Every function here runs on it unless it says otherwise; blocking work (syncs, making segments,
 * writing queue files, cold reads) is submitted to the executor and comes back through done().
 *
 * A turn: any number of store_append, then store_turn_end: the turn's records are written with few calls, *written* moves,
 * records are dispatched into consume queues in log order, arrivals are announced.
 */
#ifndef LIGHTMQ_STORE_STORE_H
#define LIGHTMQ_STORE_STORE_H

#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/list.h"
#include "disk/disk.h"
#include "store/retention.h"
#include "wire/record.h"

struct store;
struct store_survey;

/* When a message counts as kept: written, or synced.  Of a topic it may also be what the store's configuration says. */
enum store_flush { STORE_ASYNC_FLUSH, STORE_SYNC_FLUSH, STORE_FLUSH_AS_CONFIGURED };

/* What one pull may take.  Rule: isTheBatchFull, estimateInMemByCommitOffset. */
struct store_limits {
	int64_t memory_bytes;    /* maxTransferBytesOnMessageInMemory */
	uint32_t memory_count;   /* maxTransferCountOnMessageInMemory; 0: all as RocketMQ's defaults */
	int64_t disk_bytes;      /* maxTransferBytesOnMessageInDisk */
	uint32_t disk_count;     /* maxTransferCountOnMessageInDisk */
	int memory_percent;      /* accessMessageInMemoryMaxRatio: what lies further back than this share counts as on disk */
};

struct store_config {
	struct disk *disk;                /* root = storePathRootDir; borrowed for life */
	struct lmi_executor *executor;    /* borrowed */
	const struct lmi_clock *clock;    /* borrowed */
	int64_t segment_bytes;            /* mappedFileSizeCommitLog, 1 GiB */
	int64_t queue_file_bytes;         /* mappedFileSizeConsumeQueue, 6,000,000; a multiple of 20 */
	enum store_flush flush;
	int64_t flush_interval_ms;        /* flushIntervalCommitLog, 500 */
	int64_t queue_flush_interval_ms;  /* flushIntervalConsumeQueue, 1000 */
	int64_t sync_timeout_ms;          /* syncFlushTimeout, 5000 */
	uint32_t message_max_bytes;       /* maxMessageSize: body */
	bool check_crc;                   /* checkCRCOnRecover */
	struct lmi_host store_host;       /* stamped on records */
	const int64_t *delay_ms;          /* messageDelayLevel, by level - 1; borrowed for life; NULL: RocketMQ's 18 levels */
	size_t delay_levels;
	int64_t memory_bytes;             /* of the machine, for the rules about a share of it; 0: 4 GiB */
	struct store_limits limits;
	bool message_index;               /* messageIndexEnable */
	int32_t index_slots;              /* maxHashSlotNum; 0: 5,000,000 */
	int32_t index_entries;            /* maxIndexNum; 0: 20,000,000 */
	struct retention_config retention; /* zeros: nothing is ever deleted */

	/** A queue's visible bound moved: messages below queue_pos_end can be pulled.  During store_turn_end or a done(). */
	void (*on_arrival)(void *user, struct lmi_span topic, int32_t queue_id, int64_t queue_pos_end, int64_t tags_code,
			   int64_t store_ms);
	/** A mark moved; see store_marks. */
	void (*on_mark)(void *user);
	/** The store stopped taking writes.  @cause is a sentence for people. */
	void (*on_readonly)(void *user, int err, const char *cause);
	/** Recovery progress, during store_open: bytes scanned and to scan. */
	void (*on_progress)(void *user, int64_t done_bytes, int64_t total_bytes);
	/** Name everybody who has still to read something by store_survey_add.  NULL: nobody is known to read. */
	void (*each_reader)(void *user, struct store_survey *sv);
	/** A finding worth a line (file quarantined, tail cut …); store rooms do not log. */
	void (*on_finding)(void *user, enum lmi_log_level level, const char *text);
	void *user;
};

/**
 * Open or make a store: lock, recover, mark the abort file.  Blocks (start-up only).
 *
 * @out_why  on failure, malloc'ed sentence naming file and remedy (gives); may be NULL
 *
 * Returns 0; -EAGAIN when another process holds the lock; -LMQ_EUNSUPPORTED for what a Java broker may leave and we do
 * not serve (before anything is touched); -LMQ_ECORRUPT; -errno.
 */
int store_open(const struct store_config *cfg, struct store **out, char **out_why);

/**
 * Stop cleanly: write and sync everything, move the checkpoint, remove abort (only when all that went well), unlock.  Blocks.
 * Frees the store in every case.  Returns 0 or the first error.
 */
int store_close(struct store *s);

/** Drop everything in memory as a kill would: nothing is written or synced (tests). */
void store_abandon(struct store *s);

/* ---- writing ---- */

/* What is to be stored; store assigns queue_pos, log_pos, store time and host. */
struct store_message {
	struct lmi_span topic;
	int32_t queue_id;
	int32_t flag, sysflag;
	int64_t born_ms;
	struct lmi_host born;
	int32_t reconsume_times;
	int64_t prepared_pos;
	struct lmi_span body, props;   /* props already final */
	int64_t tags_code;             /* for the consume queue; in SCHEDULE_TOPIC_XXXX the store puts the delivery time itself */
};

struct store_ticket {
	int64_t log_pos;      /* of the record */
	int64_t log_end;      /* answer when the wanted mark is at or above this */
	int64_t queue_pos;
	int64_t store_ms;
};

/**
 * Append one message to this turn's batch.  Copies all bytes.
 *
 * Returns 0; -LMQ_EREADONLY (see store_readonly_cause); -LMQ_ETOOBIG (body above maxMessageSize, record or
 * properties too long); -LMQ_EILLEGAL (a topic that cannot be a folder, a NUL in the properties); -ENOSPC, -EDQUOT, -EROFS,
 * -EMFILE … when no segment or queue file can be made, -LMQ_EFULL when the store has used up its budget or the disk is too
 * full (all of them pass by themselves, see store_refusal); -ENOMEM.
 */
int store_append(struct store *s, const struct store_message *m, struct store_ticket *out);

/**
 * Append n messages of one topic and queue so that they get consecutive positions and lie in one segment.
 * @out  n tickets.  Errors as store_append; nothing is appended on failure.
 */
int store_append_batch(struct store *s, const struct store_message *m, size_t n, struct store_ticket *out);

/** Finish the turn: see above.  Cheap when nothing was appended.  Starts a sync when one is due or wanted. */
void store_turn_end(struct store *s);

/** Milliseconds until store_turn_end has something to do although nothing happens; -1: no such thing. */
int64_t store_next_ms(const struct store *s);

/**
 * What a topic promises: messages that are dispatched from now on become visible when they are written, or synced.  A topic
 * without queues yet is remembered; store_delete_topic forgets.
 *
 * Returns 0; -LMQ_EILLEGAL when the topic cannot have queues; -ENOMEM.
 */
int store_set_flush(struct store *s, struct lmi_span topic, enum store_flush flush);

/** Someone waits for *synced* to reach log_end: a sync will be started at the turn's end (group commit). */
void store_want_sync(struct store *s, int64_t log_end);

/** Timers: flush interval, queue flush, checkpoint, retry after ENOSPC.  Call every 100 ms or so. */
void store_tick(struct store *s, int64_t now_ms);

struct store_marks {
	int64_t min_pos;    /* oldest byte kept */
	int64_t appended;   /* end of what was appended */
	int64_t written;    /* below: in the file */
	int64_t synced;     /* below: on the disk */
	int64_t dispatched; /* below: in the consume queues */
	int64_t syncs;      /* of the log, since it was opened */
	int64_t recovered_late_ms; /* the latest store time among the records that recovery has read; 0: it read none */
};
void store_marks(const struct store *s, struct store_marks *out);
/** NULL while writable. */
const char *store_readonly_cause(const struct store *s);

/* ---- space ---- */

/* Somebody else's claim on the log: pending timers, open transactions, messages in flight. */
struct store_pin {
	struct lmi_list link;
	const char *what;                       /* "3 open transactions" is said as: WHAT from POSITION on */
	/** The lowest log position that must stay; INT64_MAX none.  Asked on the core loop, often: it must be cheap. */
	int64_t (*position)(void *user);
	void *user;
};
/** Borrows the pin until it is removed or the store is closed. */
void store_pin_add(struct store *s, struct store_pin *p);
void store_pin_remove(struct store_pin *p);

/**
 * In each_reader: a group has consumed a queue up to @queue_pos and reads on there (0: nothing yet).  A queue that nobody
 * names is one that no group reads.
 */
void store_survey_add(struct store_survey *sv, struct lmi_span topic, int32_t queue_id, struct lmi_span group, int64_t queue_pos);

struct store_space {
	int64_t used_bytes;   /* segments, and what is used of the consume queues */
	int64_t max_bytes;    /* storeMaxBytes; 0 none */
	int disk_percent;     /* in use; -1 not known yet */
	struct disk_space disk; /* zeros: not known yet */
	const char *pinned;   /* what keeps the oldest segment, a sentence; NULL when nothing is known to.  Until the next call */
	int64_t pinned_pos;
};
void store_space(struct store *s, struct store_space *out);

/**
 * Why appends are refused now although the store is not read-only, and what helps; NULL while they are taken.  Valid until
 * the next call.
 */
const char *store_refusal(struct store *s);

/** Other rules for what is deleted from now on.  Core loop; what @r points to is borrowed until the next call. */
void store_set_retention(struct store *s, const struct retention_config *r);

/** Delete what has expired now, whatever the hour.  Rule: executeDeleteFilesManually. */
void store_clean_now(struct store *s);

/* ---- queues ---- */

struct store_bounds {
	int64_t min_pos, max_pos; /* queue positions; max is one past the last visible */
};
/**
 * 0; -LMQ_ENOTFOUND when the queue does not exist (bounds 0,0); -EAGAIN when a worker must first read the index to say where
 * it begins now (call store_warm; max_pos is right all the same, min_pos at most too low); -errno of reading.
 */
int store_queue_bounds(struct store *s, struct lmi_span topic, int32_t queue_id, struct store_bounds *out);

/** First queue position at or after a store time.  @upper: RocketMQ's BoundaryType.UPPER.  0, -LMQ_ENOTFOUND or -EAGAIN (*out = 0; call store_warm, then ask again). Rule: ConsumeQueue.getOffsetInQueueByTime. */
int store_queue_search(struct store *s, struct lmi_span topic, int32_t queue_id, int64_t ms, bool upper, int64_t *out);

/** Store time of the record at a queue position; -1 when not there; -EAGAIN when a worker must read (call store_warm). */
int64_t store_queue_time(struct store *s, struct lmi_span topic, int32_t queue_id, int64_t queue_pos);

/** Forget a topic's queues and files (deleteTopic). */
int store_delete_topic(struct store *s, struct lmi_span topic);

/** each(topic, queue id) over all queues; stops at non-zero, which is returned. */
int store_each_queue(struct store *s, int (*each)(void *ctx, struct lmi_span topic, int32_t queue_id), void *ctx);

/* ---- by key ---- */

struct store_query {
	struct lmi_span topic, key; /* borrowed during the call */
	bool by_tag;                /* key is a tag; else a word of KEYS or the UNIQ_KEY */
	int32_t max;                /* messages; at most 64 are given.  Rule: maxMsgsNumBatch */
	int64_t begin_ms, end_ms;   /* of the store time, to the second */
	size_t max_bytes;           /* of all records; the first is given whatever its size */
};

struct store_query_result {
	int err;                    /* 0; -LMQ_EUNSUPPORTED without an index; -ENOMEM; -errno of reading */
	size_t count;
	struct lmi_span records;    /* whole, in log order, one after the other; borrowed during done() */
	int64_t last_ms, last_pos;  /* of the last record indexed */
};

/**
 * Find records by a key.  Only records that have the key and the topic are given, whatever the index says.  A worker looks
 * and reads, one query at a time.  Rule: DefaultMessageStore.queryMessage.
 *
 * @done  on the core loop, perhaps before this returns
 *
 * Returns 0; -LMQ_EFULL when too many wait already; -LMQ_EILLEGAL for a negative max or an empty topic or key; -ENOMEM.  done() is called for 0 only.
 */
int store_query(struct store *s, const struct store_query *q, void (*done)(void *arg, const struct store_query_result *r),
		void *arg);

/* ---- reading ---- */

enum store_get_status { /* rule: GetMessageStatus; names are the remarks of pull answers */
	STORE_FOUND,
	STORE_NO_MATCHED_MESSAGE,
	STORE_MESSAGE_WAS_REMOVING,
	STORE_OFFSET_FOUND_NULL,
	STORE_OFFSET_OVERFLOW_BADLY,
	STORE_OFFSET_OVERFLOW_ONE,
	STORE_OFFSET_TOO_SMALL,
	STORE_NO_MATCHED_LOGIC_QUEUE,
	STORE_NO_MESSAGE_IN_QUEUE
};
const char *store_get_status_name(enum store_get_status st);

struct store_extent {
	int64_t log_pos;
	int32_t bytes;
	int64_t queue_pos;    /* set by store_get */
};

#define STORE_GET_MAX 256 /* extents in one answer */

struct store_get {
	/* in */
	struct lmi_span topic;
	int32_t queue_id;
	int64_t queue_pos;
	int32_t max_messages;
	int32_t max_bytes;    /* of the client; 0 = only those of store_limits */
	/** Tag filter on the queue entry; NULL = all.  During the call next_pos is the entry's position. */
	bool (*match_tags)(void *ctx, int64_t tags_code);
	/**
	 * A second look, at a record's properties; NULL = all.  1 it matches, 0 it does not; -LMQ_EFULL: it does not, and
	 * that was enough looking for one call (the answer goes as far as this record).
	 */
	int (*match_props)(void *ctx, struct lmi_span props);
	void *match_ctx;
	bool wait;            /* start-up only: read cold index pages here instead of answering -EAGAIN */
	/* out */
	enum store_get_status status;
	int64_t next_pos, min_pos, max_pos;
	bool suggest_slave;   /* further behind than memory_percent of memory */
	size_t count;
	size_t bytes;         /* sum of the extents */
	struct store_extent extents[STORE_GET_MAX];
};

/**
 * Read the index.  Rule: DefaultMessageStore.getMessage.
 *
 * Returns 0; -EAGAIN when something must first be read by a worker (call store_warm with the extents that are set then:
 * none when it is an index page, records when match_props is to look at them).
 */
int store_get(struct store *s, struct store_get *g);

/**
 * Copy a record's bytes.
 *
 * @wait  false: -EAGAIN when a page would have to be read from disk
 *
 * Returns 0; -LMQ_ENOTFOUND when the position is not (or no longer) there; -LMQ_ECORRUPT when what is there is not one whole
 * record of this place with the right body CRC (a finding tells); -EAGAIN; -errno.
 */
int store_read(struct store *s, const struct store_extent *e, uint8_t *dst, bool wait);

/**
 * Copy message i of what store_get found, as above.
 *
 * Returns as above; -LMQ_ECORRUPT also when the record is another one than the queue says: the caller leaves it out, the
 * queue is built anew at the next start.
 */
int store_read_got(struct store *s, const struct store_get *g, size_t i, uint8_t *dst, bool wait);

/** Bytes of memory that store_read_all_got needs: what the messages have, or more. */
size_t store_got_room(const struct store *s, const struct store_get *g);

/**
 * Copy all that store_get found to dst, one behind the other, g->bytes in all; neighbours in the log are read together.  Never
 * waits.
 *
 * @dst      store_got_room bytes
 * @out_bad  on failure: the message that it is about
 *
 * Returns as store_read_got.
 */
int store_read_all_got(struct store *s, const struct store_get *g, uint8_t *dst, size_t *out_bad);

/** Take extent i out of what store_get found: it could not be read.  Its status follows when nothing is left. */
void store_get_leave_out(struct store_get *g, size_t i);
/** Start-up and tests: bounds, times and searches wait for the disk here instead of answering -EAGAIN.  Off after store_open. */
void store_may_wait(struct store *s, bool wait);

#define STORE_PROPS_BYTES 40000u /* longest topic and properties */

/**
 * Read a record's properties; a long body is passed over.
 *
 * @buf  STORE_PROPS_BYTES; *out points into it
 *
 * Errors as store_read.
 */
int store_read_props(struct store *s, const struct store_extent *e, uint8_t *buf, bool wait, struct lmi_span *out);

/** Size of the record at a log position, checked to be one.  Errors as store_read. */
int store_record_at(struct store *s, int64_t log_pos, int32_t *out_bytes);

/**
 * Bring extents, and what index pages and records were in the way of calls that said -EAGAIN, into the page cache on a worker,
 * then call done on the core loop.  Copies the extents; n may be 0.  The caller then asks again with the same request.
 */
int store_warm(struct store *s, const struct store_extent *e, size_t n, void (*done)(void *arg), void *arg);

#endif
