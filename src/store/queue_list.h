/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file `lightmq.queues`, ours: which queues there are and where they end, written by a clean stop.  With it a start
 * need not open each queue's files, and notices a queue whose files are gone, which would else begin again at position 0.
 * Losing the file costs that, and no message.
 *
 * Header, big-endian: 0 "LMQQUEUE" | 8 format 2 | 12 CRC-32 of the bytes from 16 on | 16 log_end | 24 count; then for each
 * queue: topic length 1 | topic | queue id 4 | first 8 | end 8 | end of the last unit's record 8, or -1 when the queue is to be
 * built anew | CRC-32 of its units 4, 0 when they were too many to look at.  A file of another format is as none.  Blocks; start-up and closing only.
 */
#ifndef LIGHTMQ_STORE_QUEUE_LIST_H
#define LIGHTMQ_STORE_QUEUE_LIST_H

#include "store/queue_table.h"

#define QUEUE_LIST_FILE "lightmq.queues"
#define QUEUE_LIST_MAX (256u * 1024 * 1024)
/* Units of all queues together that a clean stop and the start after it read through, to notice what only reading shows. */
#define QUEUE_LIST_CRC_MAX ((int64_t)1024 * 1024)

struct queue_list_entry {
	struct lmi_span topic;
	int32_t queue_id;
	int64_t first, end, log_end;
	uint32_t crc;
};

struct queue_list {
	uint8_t *mem;       /* NULL: there is no list */
	size_t bytes;
	int64_t log_end;    /* where the log ended when it was written */
	uint32_t count;
};

/** Read it.  Missing or broken: an empty list.  0, -ENOMEM, or -errno of reading. */
int queue_list_read(struct disk *d, struct queue_list *out);
void queue_list_done(struct queue_list *l);

/** for (size_t at = 0; queue_list_next(&l, &at, &e);) — borrows from the list. */
bool queue_list_next(const struct queue_list *l, size_t *at, struct queue_list_entry *out);

/** The CRC-32 of a queue's units, as far as its files can be read.  Blocks.  0 or -errno. */
int queue_list_crc(struct consume_queue *q, uint32_t *out);

/** Write it anew.  0, -ENOMEM or -errno. */
int queue_list_write(struct queue_table *t, int64_t log_end);

/** It no longer holds: a topic was deleted.  0 or -errno. */
int queue_list_forget(struct disk *d);

#endif
