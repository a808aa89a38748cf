/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of one queue: a unit of 20 bytes for each message, in files of equal size under consumequeue/TOPIC/QUEUEID/.
 * Rule: ConsumeQueue.  Recovery is in consume_queue_recover.c, writing to files in queue_flush.c.
 *
 * Owner: the core loop.  A queue is cheap (some 200 bytes and its unwritten units), as there may be 100,000.
 *
 * Where a unit is, by position:
 *
 *   first ........ flushed ........ flushed + flying ........ end        next
 *     in files        in fly (being written)     in tail       assigned by this turn, not yet dispatched
 */
#ifndef LIGHTMQ_STORE_CONSUME_QUEUE_H
#define LIGHTMQ_STORE_CONSUME_QUEUE_H

#include "base/list.h"
#include "disk/disk.h"

#define QUEUE_FOLDER "consumequeue"
#define QUEUE_UNIT_BYTES 20
#define QUEUE_POS_MAX (INT64_MAX / QUEUE_UNIT_BYTES / 2) /* beyond, a position in a record or file name is damage */
#define QUEUE_PATH_MAX 384
#define QUEUE_TOPIC_MAX 255          /* bytes of a topic name; also what one path component may hold */
/* A unit that stands for a message which is not there: position 0, this size, no tag.  Rule: ConsumeQueue.fillPreBlank. */
#define QUEUE_HOLE_BYTES 0x7FFFFFFF

/*
 * The tags code of a unit whose message was lost to damage, ours: its position stays taken, and it is never pulled.  For a
 * Java broker, which knows no such thing, position and size are those of the message before it, which it hands out once
 * more: its own hole units would make it skip to the log's next file.
 */
#define QUEUE_GONE_CODE ((int64_t)0x4C6D71676F6E6521)

struct consume_queue;

struct queue_unit {
	int64_t log_pos;
	int32_t bytes;
	int64_t tags_code;
};

/* A topic's name and queues.  Shared by its queues; freed with the last. */
struct queue_topic {
	uint32_t refs;
	bool schedule;                 /* SCHEDULE_TOPIC_XXXX: tags_code is a delivery time */
	uint8_t flush;                 /* enum store_flush */
	struct consume_queue **queues; /* ascending by id */
	uint32_t count, cap;
	uint16_t name_bytes;
	char name[];                   /* with a NUL after it */
};

/* A place where a reader would have had to wait. */
struct queue_cold {
	struct consume_queue *queue;   /* referenced */
	int64_t pos;                   /* a unit */
	int64_t log_min;               /* at or above 0: the first unit from pos on whose record is not below is wanted */
	int64_t queue_flushed;         /* so many units are in files; set by store_warm */
};
#define QUEUE_COLD_MAX 256u

/* What all queues of a store have in common. */
struct queue_shared {
	struct disk *disk;
	struct queue_files *files;
	int64_t file_bytes;            /* a multiple of QUEUE_UNIT_BYTES */
	struct lmi_list dirty;         /* queues with units in memory */
	struct lmi_list ready;         /* of those, the ones with at least QUEUE_READY_BYTES */
	size_t buffered;               /* bytes of units in memory, over all queues */
	/* Where reads without waiting gave up since the last store_warm, which reads there.  The oldest are forgotten. */
	struct queue_cold cold[QUEUE_COLD_MAX];
	uint32_t colds;
	bool urgent;                   /* a queue has QUEUE_URGENT_BYTES; cleared when a batch is collected */
};

/* Rule: flushConsumeQueueLeastPages is 2. */
#define QUEUE_READY_BYTES 8192u
/* A queue with this much is written without waiting for the interval. */
#define QUEUE_URGENT_BYTES (64u * 1024)

struct consume_queue {
	struct queue_shared *shared;
	struct queue_topic *topic;
	int32_t queue_id;
	uint32_t refs;
	int64_t first;       /* unit at the start of the oldest file */
	int64_t flushed, end, next;
	int64_t visible;     /* units below may be pulled */
	int64_t min;         /* oldest unit whose record is kept, as of min_log */
	int64_t min_log;     /* the log's oldest position when min was looked up; -1: never */
	int64_t log_end;     /* end of the last unit's record */
	int64_t taken;       /* start-up: positions below were given out, whether their records are found or not */
	uint32_t surveyed;   /* the last survey that found a reader (store_survey.c) */
	uint8_t *tail, *fly;
	uint32_t tail_units, tail_cap, fly_units;
	bool flying;         /* a worker writes fly just now */
	bool dead;           /* its topic was deleted */
	bool damaged;        /* files are not to be believed: rebuild from the log */
	bool known;          /* start-up: taken over from the list of queues, not loaded */
	bool stale;          /* files hold something at or behind end */
	bool verified;       /* start-up found all units as the last stop had left them */
	struct lmi_list link; /* in dirty or ready */
};

static inline void queue_unit_put(uint8_t *p, const struct queue_unit *u)
{
	lmi_put64(p, (uint64_t)u->log_pos);
	lmi_put32(p + 8, (uint32_t)u->bytes);
	lmi_put64(p + 12, (uint64_t)u->tags_code);
}

static inline struct queue_unit queue_unit_get(const uint8_t *p)
{
	return (struct queue_unit){ .log_pos = (int64_t)lmi_get64(p),
				    .bytes = (int32_t)lmi_get32(p + 8),
				    .tags_code = (int64_t)lmi_get64(p + 12) };
}

/** Rule: a unit is valid when phy offset >= 0 and size > 0; zeros are unused space. */
static inline bool queue_unit_valid(const struct queue_unit *u)
{
	return u->log_pos >= 0 && u->bytes > 0;
}

static inline bool queue_unit_hole(const struct queue_unit *u)
{
	return u->bytes == QUEUE_HOLE_BYTES;
}

/** True when the unit's record is gone (or never was). */
static inline bool queue_unit_below(const struct queue_unit *u, int64_t log_min)
{
	return !queue_unit_valid(u) || queue_unit_hole(u) || u->log_pos < log_min;
}

static inline bool queue_unit_gone(const struct queue_unit *u)
{
	return u->tags_code == QUEUE_GONE_CODE;
}

/** Gives an empty queue with one reference, which takes one of the topic.  NULL without memory. */
struct consume_queue *consume_queue_new(struct queue_shared *sh, struct queue_topic *t, int32_t queue_id);
struct consume_queue *consume_queue_ref(struct consume_queue *q);
void consume_queue_unref(struct consume_queue *q);

/**
 * Make room in memory for the units of this turn, so that dispatching them cannot fail.
 *
 * @pending  units handed out (next) and not yet put, with those to come
 *
 * Returns 0 or -ENOMEM.
 */
int consume_queue_reserve(struct consume_queue *q, int64_t pending);

/** Put the unit at queue position end.  Room was reserved. */
void consume_queue_put(struct consume_queue *q, const struct queue_unit *u);

/**
 * Go on at a queue position above end: what lies between is gone.  An empty queue begins in the file that holds the
 * position, with holes.  Rule: ConsumeQueue.putMessagePositionInfo with fillPreBlank.
 *
 * Returns 0; -LMQ_ECORRUPT when the hole would be larger than a file; -ENOMEM.
 */
int consume_queue_skip_to(struct consume_queue *q, int64_t queue_pos);

/**
 * Copy up to n units from a position, below end, as bytes.
 *
 * @wait  false: -EAGAIN when the file would have to be read
 *
 * Returns how many (0 at or past end, and where the files have nothing), or -EAGAIN or -errno.
 */
int consume_queue_read(struct consume_queue *q, int64_t queue_pos, uint8_t *dst, size_t n, bool wait);

/** One unit; 1 when there is one, 0 when not, or an error as above. */
int consume_queue_unit(struct consume_queue *q, int64_t queue_pos, struct queue_unit *out, bool wait);

/**
 * The oldest position whose record is at or above @log_min.  Kept until log_min moves.
 * Rule: ConsumeQueue.correctMinOffset.  0, or an error of reading.
 */
int consume_queue_min(struct consume_queue *q, int64_t log_min, bool wait, int64_t *out);

/** A worker found the oldest position for @log_min, or one below it. */
void consume_queue_min_found(struct consume_queue *q, int64_t log_min, int64_t queue_pos);

/** Forget where reads gave up. */
void consume_queue_cold_clear(struct queue_shared *sh);

int64_t consume_queue_units_per_file(const struct consume_queue *q);

/** Paths of the queue's folder and of the file that holds a unit. */
void consume_queue_folder(const struct consume_queue *q, char out[QUEUE_PATH_MAX]);
void consume_queue_path(const struct consume_queue *q, int64_t file_start, char out[QUEUE_PATH_MAX]);

/* ---- consume_queue_recover.c; blocks, start-up only ---- */

/**
 * Find the queue's files and where its units end.
 *
 * @log_bound  units of records at or above it are not believed, nor what follows them
 * @crashed    files may be there that no sync covered
 *
 * Sets first, flushed, end, next, visible, log_end, stale.  A file of wrong size or behind a gap sets damaged; after a crash only
 * if it holds a unit below the bound.  Returns 0 or -errno.
 */
int consume_queue_load(struct consume_queue *q, int64_t log_bound, bool crashed);

/**
 * Look at the units behind end that a crash left in the files, for what they say about positions that were given out: sets
 * taken.
 *
 * @log_bound  units of records at or above it are not looked at
 */
int consume_queue_peek(struct consume_queue *q, int64_t log_bound);

/** The messages of [from, to) of the log are lost: their units in the files become gone.  Not synced.  0 or -errno. */
int consume_queue_lose(struct consume_queue *q, int64_t from, int64_t to);

/** Bring the files to what the queue says: nothing but zeros at and after flushed, no file behind.  0 or -errno. */
int consume_queue_trim(struct consume_queue *q);

/** Delete all files and be empty.  0 or -errno. */
int consume_queue_wipe(struct consume_queue *q);

#endif
