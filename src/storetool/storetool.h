/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/storetool, L3: the rmq-store commands, which look into a store that no broker has open, and make its indexes anew.
 * Uses store, disk, wire, base; the main may use it.  One thread, everything blocks.
 *
 * Only storetool_rebuild writes; all else goes through a disk that cannot.
 */
#ifndef LIGHTMQ_STORETOOL_STORETOOL_H
#define LIGHTMQ_STORETOOL_STORETOOL_H

#include <stdio.h>

#include "store/dispatcher.h"
#include "store/log_scan.h"

/* What the command line says. */
struct storetool_options {
	bool json;
	bool progress;            /* on stderr */
	bool bodies;              /* dump: with bodies */
	const char *queue;        /* dump: TOPIC:QUEUEID, units instead of records */
	bool index;               /* dump: entries of the key index */
	const char *topic, *key;  /* NULL: all */
	int64_t from, to;         /* log or queue positions */
	int64_t since_ms, until_ms; /* store times */
	int64_t max;              /* lines */
	int32_t index_slots, index_entries; /* 0: RocketMQ's */
	int64_t wall_ms;          /* now: names of index files that are made */
};

struct storetool {
	struct storetool_options opt;
	struct disk *real;        /* borrowed */
	struct disk *disk;        /* cannot write */
	struct disk_file *lock;
	FILE *out, *err;
	struct commit_log log;
	int64_t queue_file_bytes;
	struct key_index_shape shape;
	struct queue_table queues; /* as the folders say; no file is read */
	uint64_t findings;        /* inconsistencies told */
	int percent;              /* of the progress last told; -1 none */
};

/**
 * Open a store for looking: nothing of it is changed, except that a lock is held while no broker has it.
 *
 * @d        borrowed until storetool_done
 * @out_why  gives a sentence for people
 *
 * Returns 0; -EAGAIN when a broker has the store open; -ENOENT when there is no commit log; -LMQ_ECORRUPT when its files have
 * different sizes or a gap; -ENOMEM or -errno.
 */
int storetool_open(struct storetool *t, struct disk *d, const struct storetool_options *opt, FILE *out, FILE *err, char **out_why);
void storetool_done(struct storetool *t);

/** Gives a face of @d that reads only: what would write fails with -EROFS, except that an unlink is said to be done. */
struct disk *storetool_disk_new(struct disk *d);

/** Tell an inconsistency: a line with file and position.  @pos  -1: of the whole file */
void storetool_tell(struct storetool *t, const char *file, int64_t pos, const char *fmt, ...) LMI_PRINTF(4, 5);

/** How far a long work is. */
void storetool_progress(struct storetool *t, const char *what, int64_t done, int64_t total);

/* ---- commands: 0; 1 when something is wrong with the store (told); -ENOMEM or -errno ---- */

/** Log, queues, key index, configuration: each inconsistency is told. */
int storetool_check(struct storetool *t);
/** Records, queue units or index entries as text or JSON lines. */
int storetool_dump(struct storetool *t);
/** Messages of a topic as JSON lines with bodies, which no other program needs to understand the store for. */
int storetool_export(struct storetool *t);
/** Queues and index from the log, put into place when they are complete. */
int storetool_rebuild(struct storetool *t);

/* ---- storetool_log.c: what check and rebuild share ---- */

/* Over the whole records of a log, damage passed over. */
struct storetool_walk {
	struct log_scan scan;
	int64_t end;             /* of the last segment */
	int64_t tail;            /* end of the last whole record, once the walk is over */
	int64_t gap_from, gap_to; /* damage passed over just before the record; equal: none */
};
void storetool_walk_begin(struct storetool *t, struct storetool_walk *w, int64_t from, bool check_crc);
/** 1 with a record; 0 at the tail; -ENOMEM or -errno. */
int storetool_walk_next(struct storetool_walk *w, struct lmi_record *out);
void storetool_walk_end(struct storetool_walk *w);

/** The file of a log position, and the position in it. */
int64_t storetool_log_file(const struct storetool *t, int64_t log_pos, char path[SEGMENT_PATH_MAX]);

/* ---- storetool_index.c ---- */

/* The entries of all index files in order, beside the records they stand for. */
struct storetool_index;
/** NULL without memory.  Files of another size are told and left out. */
struct storetool_index *storetool_index_new(struct storetool *t);
void storetool_index_free(struct storetool_index *x);
/** A record of the log, in order: its keys must come next. */
int storetool_index_record(struct storetool_index *x, const struct lmi_record *r);
/** The log is over at @tail. */
int storetool_index_end(struct storetool_index *x, int64_t tail);

#endif
