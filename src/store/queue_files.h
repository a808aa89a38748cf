/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open queue files for reading, the least recently used closed first: 100,000 queues must not cost descriptors.
 * Owner: the core loop.  Workers open what they write themselves.
 */
#ifndef LIGHTMQ_STORE_QUEUE_FILES_H
#define LIGHTMQ_STORE_QUEUE_FILES_H

#include "disk/disk.h"

struct consume_queue;
struct queue_files;

#define QUEUE_FILES_OPEN_MAX 256

/** NULL without memory. */
struct queue_files *queue_files_new(struct disk *d);
void queue_files_free(struct queue_files *qf);

/**
 * The queue's file that starts at a byte position, open for reading; valid until the next call.
 *
 * @wait  false: -EAGAIN when opening would wait for the disk
 *
 * Returns 0, -ENOENT, -EAGAIN, -ENOMEM or -errno.
 */
int queue_files_get(struct queue_files *qf, struct consume_queue *q, int64_t file_start, bool wait, struct disk_file **out);

/** Close what is open of a queue: its files are about to be deleted. */
void queue_files_forget(struct queue_files *qf, const struct consume_queue *q);

#endif
