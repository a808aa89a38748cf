/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the timer index: what timer_index.c, timer_flush.c and timer_recover.c share. */
#ifndef LIGHTMQ_STORE_TIMER_FILES_H
#define LIGHTMQ_STORE_TIMER_FILES_H

#include "store/timer_index.h"

#define TIMER_WHEEL_FILE "timerwheel"
#define TIMER_LOG_FOLDER "timerlog"
#define TIMER_CHECK_FILE "config/timercheck"
#define TIMER_CHECK_FILE_BYTES 4096
#define TIMER_CHECK_OURS_BYTES 64 /* with late_ms, which a Java broker passes over and leaves */
#define TIMER_SLOT_BYTES 32
#define TIMER_PAGE 4096
#define TIMER_BLANK_BYTES 16
enum { TIMER_PAGE_HELD = 1, TIMER_PAGE_DIRTY = 2 }; /* others are zeros and were never touched */
#define TIMER_BLANK_MAGIC 0xCBD43194u
#define TIMER_LOG_PATH_MAX 32

struct timer_slot {
	int64_t first, last; /* timerlog positions; -1: none */
	int32_t count, magic;
};

static inline size_t timer_wheel_bytes(const struct timer_index *t)
{
	return 2 * (size_t)t->cfg.half_slots * TIMER_SLOT_BYTES;
}

static inline size_t timer_wheel_pages(const struct timer_index *t)
{
	return timer_wheel_bytes(t) / TIMER_PAGE;
}

/** Memory for the wheel, when it is not there yet. */
int timer_index_make_wheel(struct timer_index *t);

/** Make the unit at a timerlog position the last of its slot, unless it is in there already. */
void timer_index_link(struct timer_index *t, int64_t pos, int64_t due_ms, int32_t magic);

void timer_unit_encode(const struct timer_unit *u, int64_t prev, uint8_t *p);
bool timer_unit_decode(const uint8_t *p, struct timer_unit *out, int64_t *out_prev);

/** Name of the file that begins at a position; TIMER_LOG_PATH_MAX bytes. */
void timer_log_path(int64_t start, char *out);

/* Units by position, a window of a file at a time.  Any thread. */
struct timer_reader {
	struct disk *disk;
	struct disk_file *file;
	int64_t file_bytes, file_start;
	int64_t from, to; /* what the window holds */
	uint8_t *window;
};

void timer_reader_init(struct timer_reader *r, struct disk *disk, int64_t file_bytes);
/** 0 with TIMER_UNIT_BYTES at *out, valid until the next call; -LMQ_ECORRUPT when the file ends before; -errno. */
int timer_reader_unit(struct timer_reader *r, int64_t pos, const uint8_t **out);
void timer_reader_done(struct timer_reader *r);

#endif
