/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file `checkpoint`: until which store time everything is on the disk.  Rule: StoreCheckpoint, 4096 bytes,
 * big-endian numbers at fixed offsets, the rest zeros.  Owner: the core loop; written by whichever worker is told to.
 */
#ifndef LIGHTMQ_STORE_CHECKPOINT_H
#define LIGHTMQ_STORE_CHECKPOINT_H

#include "disk/disk.h"

#define CHECKPOINT_FILE "checkpoint"
#define CHECKPOINT_BYTES 4096
/* Store times come from clocks: what is younger than the checkpoint less this is looked at again. */
#define CHECKPOINT_SLACK_MS 3000

struct checkpoint {
	int64_t log_ms;       /* physicMsgTimestamp: store time of the last synced record */
	int64_t queues_ms;    /* logicsMsgTimestamp: of the last record whose queue unit is synced */
	int64_t index_ms;     /* indexMsgTimestamp */
	int64_t master_flushed_pos;
	int64_t confirm_pos;
};

/**
 * Read it.  A missing or short file is a checkpoint of zeros, as in Java; so is one with a negative time, or something that is
 * no file.
 *
 * @out_found  false in those cases
 *
 * Returns 0 or -errno.
 */
int checkpoint_read(struct disk *d, struct checkpoint *out, bool *out_found);

/** Write and sync it.  Blocks.  0 or -errno. */
int checkpoint_write(struct disk *d, const struct checkpoint *c);

/** Records with an older store time need no second look: min(log, queues) - 3 s, not below 0.  Rule: getMinTimestamp. */
int64_t checkpoint_min_ms(const struct checkpoint *c);

#endif
