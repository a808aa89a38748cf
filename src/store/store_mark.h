/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file `lightmq.mark`, ours: how far log and queues are known to be on the disk, in bytes, where the checkpoint only
 * knows store times.  Two slots of 512 bytes are written in turn, each with a CRC; a slot is written after the sync that
 * it tells of, so whatever a crash leaves tells too little and never too much.  Losing the file costs a longer scan.
 *
 * Slot (big-endian): 0 "LMQMARK1" | 8 CRC-32 of the bytes from 12 on | 12 format 1 | 16 sequence | 24 synced |
 * 32 queues_pos | 40 last_pos | 48 log_ms | 56 queues_ms | 64 log_ms before | 72 queues_ms before | 80 clean | 81 index
 * on | 84 index count | 88 index name.  A reader that finds another format ignores the slot.
 */
#ifndef LIGHTMQ_STORE_STORE_MARK_H
#define LIGHTMQ_STORE_STORE_MARK_H

#include <pthread.h>

#include "disk/disk.h"

#define STORE_MARK_FILE "lightmq.mark"
#define STORE_MARK_SLOT_BYTES 512

/* How far the key index goes. */
struct store_mark_index {
	bool on;             /* its entries of the records below queues_pos are on the disk; else nothing is known of it */
	int64_t name;        /* the last file, 0 for none */
	int32_t count;       /* of its header: entries above it may not be whole */
};

struct store_mark {
	int64_t synced;      /* log positions below are on the disk */
	int64_t queues_pos;  /* the queue units of records below are on the disk */
	int64_t last_pos;    /* the last record below synced; -1 unknown */
	/*
	 * The checkpoint written next, and the one before it.  A checkpoint that is neither means that a Java broker ran
	 * since, and that the log may have been cut: the mark is not to be believed.
	 */
	int64_t log_ms, queues_ms, old_log_ms, old_queues_ms;
	bool clean;          /* written by a clean stop */
	struct store_mark_index index;
};

/* The open file, with what was written last.  Workers write through it, two at a time perhaps: it has its lock. */
struct store_mark_file {
	pthread_mutex_t lock;
	struct disk_file *file;
	struct store_mark mark;
	uint64_t sequence;
};

/** Read the newest whole slot; all zeros with last_pos -1 when there is none.  0 or -errno. */
int store_mark_read(struct disk *d, struct store_mark *out, uint64_t *out_sequence);

/** True when the checkpoint found beside it is one that it tells of. */
bool store_mark_fits(const struct store_mark *m, int64_t log_ms, int64_t queues_ms);

/** Open for writing (made when missing), continuing after @sequence.  0 or -errno. */
int store_mark_open(struct store_mark_file *m, struct disk *d, const struct store_mark *start, uint64_t sequence);
void store_mark_close(struct store_mark_file *m);

/** Write a slot.  Any worker, after the log's sync.  0 or -errno; a failure loses nothing but scan time. */
int store_mark_synced(struct store_mark_file *m, int64_t synced, int64_t last_pos);
/** Write a slot and sync it.  A worker, after the sync of queues and index, before the checkpoint is written.  0 or -errno. */
int store_mark_queues(struct store_mark_file *m, int64_t queues_pos, int64_t log_ms, int64_t queues_ms,
		      const struct store_mark_index *index);
/** The last slot of a clean stop, synced. */
int store_mark_clean(struct store_mark_file *m);
/** The first slot of a run, synced: no longer clean.  @mark  what recovery found */
int store_mark_start(struct store_mark_file *m, const struct store_mark *mark);

#endif
