/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of the commit log.  Always of full size.  Owner: the core loop; a worker that was given a reference uses the
 * file only.
 */
#ifndef LIGHTMQ_STORE_SEGMENT_H
#define LIGHTMQ_STORE_SEGMENT_H

#include "disk/disk.h"

#define SEGMENT_FOLDER "commitlog"
#define SEGMENT_PATH_MAX 64
#define SEGMENT_NAME_DIGITS 20

struct segment {
	int64_t start;           /* log position of its first byte; its name */
	struct disk_file *file;  /* NULL while not open */
	uint32_t refs;           /* who uses file beside the log; 0: may be closed to save descriptors */
	uint32_t used;           /* when last, in ticks of the log's use clock */
	int64_t last_ms;         /* store time of its last record, once another segment follows; 0 unknown */
};

/** File name of a position: 20 digits.  Rule: UtilAll.offset2FileName. */
void segment_path(int64_t start, char out[SEGMENT_PATH_MAX]);

/** The position in a file name: 20 digits and nothing else.  0 or -LMQ_EMALFORMED. */
int segment_name_parse(const char *name, int64_t *out);

/**
 * Make a segment's file: allocated to its full size under another name outside the folder, synced, moved into place, the
 * folder synced.  So the folder holds whole segments only, at any moment and after any crash.  Blocks: a worker, or start-up.
 *
 * @out  gives the open file
 *
 * Returns 0, or -errno (-ENOSPC, -EDQUOT …) with nothing left behind.
 */
int segment_make(struct disk *d, int64_t start, int64_t bytes, struct disk_file **out);
#define SEGMENT_ASIDE "lightmq.segment.tmp"

#endif
