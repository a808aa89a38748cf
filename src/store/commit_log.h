/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit log: one line of bytes from the log's birth, cut into segments of equal size.  Owner: the core loop.
 * Rule: CommitLog, MappedFileQueue.  The recovery of a log is in commit_log_recover.c.
 *
 * A record never crosses a segment's end, and leaves at least 8 bytes: a blank record (its length to the end, its magic)
 * closes every segment that another follows.
 */
#ifndef LIGHTMQ_STORE_COMMIT_LOG_H
#define LIGHTMQ_STORE_COMMIT_LOG_H

#include "disk/disk.h"
#include "store/log_ahead.h"
#include "store/log_writer.h"
#include "store/segment.h"
#include "wire/record.h"

#define COMMIT_LOG_BLANK_BYTES 8
/* Descriptors held for reading old segments; above it the least recently used one is closed. */
#define COMMIT_LOG_OPEN_MAX 128
/* A segment smaller than this holds no useful record; larger ones than 2 GiB - 1 a Java broker cannot map. */
#define COMMIT_LOG_SEGMENT_MIN 1024
#define COMMIT_LOG_SEGMENT_MAX INT32_MAX

struct commit_log {
	struct disk *disk;            /* borrowed */
	int64_t segment_bytes;
	struct segment **segments;    /* contiguous, ascending */
	size_t count, cap;
	uint32_t use_clock;
	uint32_t open_count;
	int64_t appended, written, synced; /* marks; see store_marks */
	int64_t last_pos;             /* of the last whole record; -1 when unknown */
	int64_t last_store_ms;        /* its store time */
	int64_t recovered_late_ms;    /* the latest store time that recovery has seen */
	int64_t written_last_pos, written_last_ms; /* the same below *written*, while a run waits */
	struct log_writer run;        /* bytes [written, appended), all of one segment */
	struct log_ahead *ahead;      /* a worker is at it; NULL: none */
};

/**
 * Find the segments of a store and check that they are whole: an empty last file is removed (as Java does), any other of
 * wrong size, a gap, or a file that is none is an error.  Marks are left at the end of the last segment: recovery sets them.
 *
 * @out_why  gives a sentence naming the file, on -LMQ_ECORRUPT
 *
 * Returns 0, -LMQ_ECORRUPT, -EINVAL (segment_bytes out of range), or -errno.
 */
int commit_log_open(struct commit_log *l, struct disk *d, int64_t segment_bytes, char **out_why);
void commit_log_done(struct commit_log *l);

/** Oldest position kept, and the end of the last segment. */
int64_t commit_log_min(const struct commit_log *l);
int64_t commit_log_end(const struct commit_log *l);

/** The segment that holds a position, or NULL. */
struct segment *commit_log_segment(const struct commit_log *l, int64_t log_pos);

/** Its open file.  @wait false: -EAGAIN when opening would wait for the disk.  0 or -errno. */
int commit_log_file(struct commit_log *l, struct segment *s, bool wait, struct disk_file **out);

/** Add the segment that follows the last one (or the first).  Takes file, also on failure.  0 or -ENOMEM. */
int commit_log_add(struct commit_log *l, int64_t start, struct disk_file *file);

/** Remove the last segment from the log; its file is closed, not deleted.  For recovery. */
void commit_log_drop_last(struct commit_log *l);

/** Remove the first segment from the log, which has more; its file is closed, not deleted.  -EBUSY while somebody uses it. */
int commit_log_drop_first(struct commit_log *l);

/** What happens to a record of this size next. */
enum commit_log_room {
	COMMIT_LOG_FITS,
	COMMIT_LOG_ROLL,      /* commit_log_roll first, and the next segment must have been added */
	COMMIT_LOG_NEVER      /* larger than a segment */
};
enum commit_log_room commit_log_room(const struct commit_log *l, size_t bytes);

/** Position of the segment that a roll needs. */
int64_t commit_log_next_start(const struct commit_log *l);

/**
 * Append a record at the tail: encodes it straight into the run.  It must fit.  log_pos is set here.
 *
 * @out_bytes  the record in memory, valid until the next append, roll or flush; may be NULL
 *
 * Returns 0 or -ENOMEM.
 */
int commit_log_append(struct commit_log *l, struct lmi_record *r, uint8_t **out_bytes);

/**
 * Close the current segment with a blank record and go to the next, which is there already.  The run must have been
 * flushed.  0, or -errno with the log as it was.
 */
int commit_log_roll(struct commit_log *l);

/** Write the run: *written* becomes *appended*.  0, or -errno: the run stays, and may be tried again. */
int commit_log_flush(struct commit_log *l);

/** Copy n bytes below *written*.  0; -LMQ_ENOTFOUND outside the log; -EAGAIN when not wait; -errno. */
int commit_log_read(struct commit_log *l, int64_t log_pos, void *dst, size_t n, bool wait);

#endif
