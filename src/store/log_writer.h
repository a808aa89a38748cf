/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the bytes of a turn reach the file.  Owner: the core loop.
 *
 * The tail is collected in memory and written by one pwrite for each contiguous run: measured with 16 KiB turns, 4.7 us into
 * an allocated file, so 0.3 us a kilobyte; nothing is mapped, so a full disk is an error and never a signal.  Zeros are
 * written ahead of the tail only while somebody waits for syncs: log_ahead.h.
 */
#ifndef LIGHTMQ_STORE_LOG_WRITER_H
#define LIGHTMQ_STORE_LOG_WRITER_H

#include "disk/disk.h"

/* Collected bytes above this are written within the turn: they still sit in the processor's cache. */
#define LOG_WRITER_RUN_MAX (256u * 1024)

struct log_writer {
	uint8_t *mem;
	size_t n, cap;
};

void log_writer_done(struct log_writer *w);

/** Room for n more bytes, contiguous with what is there.  NULL without memory. */
uint8_t *log_writer_reserve(struct log_writer *w, size_t n);
static inline void log_writer_commit(struct log_writer *w, size_t n) { w->n += n; }

/**
 * Write the run to @file_off.  Its bytes stay in memory, to be dispatched, until the next reserve or trim.
 * 0 and empty, or -errno: what the file took is unknown, the run stays and may be written again to the same place.
 */
int log_writer_flush(struct log_writer *w, struct disk_file *f, int64_t file_off);

/** Give back the memory that a turn of large messages needed. */
void log_writer_trim(struct log_writer *w);

#endif
