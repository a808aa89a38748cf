/* SPDX-License-Identifier: Apache-2.0 */
#include "store/log_cut.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/planted.h"
#include "store/store_internal.h"
#include "store/zeros.h"

#define COPY_BYTES (256 * 1024)
#define SAVES_MAX 1000 /* cuts at one position; more is a disk that cannot be used */

static int make_cut_folder(struct disk *d)
{
	int err = d->ops->mkdirs(d, STORE_CUT_FOLDER);
	return err ? err : d->ops->sync_folder(d, ".");
}

/** A name under lightmq-cut/ that is not taken. */
static int free_name(struct disk *d, int64_t pos, char out[SEGMENT_PATH_MAX])
{
	for (int i = 0; i < SAVES_MAX; i++) {
		struct disk_stat st;
		if (i == 0)
			snprintf(out, SEGMENT_PATH_MAX, STORE_CUT_FOLDER "/%020" PRId64, pos);
		else
			snprintf(out, SEGMENT_PATH_MAX, STORE_CUT_FOLDER "/%020" PRId64 ".%d", pos, i);
		int err = d->ops->stat(d, out, &st);
		if (err)
			return err == -ENOENT ? 0 : err;
	}
	return -EEXIST;
}

static int copy_range(struct disk_file *from, int64_t at, int64_t end, struct disk_file *to)
{
	uint8_t *mem = malloc(COPY_BYTES);
	if (!mem)
		return -ENOMEM;
	int err = 0;
	for (int64_t pos = at; !err && pos < end;) {
		size_t want = end - pos < COPY_BYTES ? (size_t)(end - pos) : COPY_BYTES;
		ssize_t n = from->ops->pread(from, mem, want, pos);
		err = n > 0 ? to->ops->pwrite(to, mem, (size_t)n, pos - at) : n < 0 ? (int)n : -EIO;
		pos += n > 0 ? n : 0;
	}
	free(mem);
	return err;
}

static int save_range(struct disk *d, struct disk_file *f, int64_t log_pos, int64_t at, int64_t end)
{
	char path[SEGMENT_PATH_MAX];
	struct disk_file *to;
	int err = make_cut_folder(d);
	if (!err)
		err = free_name(d, log_pos, path);
	if (!err)
		err = d->ops->open(d, path, DISK_READ | DISK_WRITE | DISK_CREATE, &to);
	if (err)
		return err;
	err = copy_range(f, at, end, to);
	if (!err)
		err = to->ops->sync_data(to);
	disk_file_close(to);
	if (err)
		(void)d->ops->unlink(d, path);
	else
		err = d->ops->sync_folder(d, STORE_CUT_FOLDER);
	return err;
}

int log_cut_save(struct commit_log *l, int64_t from, int64_t to)
{
	struct segment *seg = commit_log_segment(l, from);
	struct disk_file *f;
	int err = commit_log_file(l, seg, true, &f);
	return err ? err : save_range(l->disk, f, from, from - seg->start, to - seg->start);
}

/** The rest of the segment that holds the tail. */
static int cut_within(struct commit_log *l, struct segment *seg, int64_t tail, struct log_cut_result *out)
{
	struct disk_file *f;
	int64_t from = tail - seg->start, end = from;
	int err = commit_log_file(l, seg, true, &f);
	if (!err)
		err = zeros_start(f, from, l->segment_bytes, &end);
	if (err || end == from)
		return err;
	err = save_range(l->disk, f, tail, from, end);
	if (!err && !STORE_PLANTED_IS(PLANT_CUT_LATE))
		err = zeros_write(f, from, end);
	if (!err)
		err = f->ops->sync_data(f);
	out->bytes = end - from;
	return err;
}

static int holds_data(struct commit_log *l, struct segment *seg, bool *out)
{
	struct disk_file *f;
	int64_t first = 0;
	int err = commit_log_file(l, seg, true, &f);
	if (!err)
		err = zeros_end(f, 0, l->segment_bytes, &first);
	if (!err)
		*out = first < l->segment_bytes;
	return err;
}

/** Take the last segment away: moved when it holds data, else deleted.  Synced at once: a crash must not leave a gap. */
static int remove_last(struct commit_log *l, bool data)
{
	struct disk *d = l->disk;
	char path[SEGMENT_PATH_MAX], aside[SEGMENT_PATH_MAX];
	int64_t start = l->segments[l->count - 1]->start;
	segment_path(start, path);
	commit_log_drop_last(l);
	int err = 0;
	if (data) {
		err = make_cut_folder(d);
		if (!err)
			err = free_name(d, start, aside);
		if (!err)
			err = d->ops->rename(d, path, aside);
		if (!err)
			err = d->ops->sync_folder(d, STORE_CUT_FOLDER);
	} else {
		err = d->ops->unlink(d, path);
	}
	return err ? err : d->ops->sync_folder(d, SEGMENT_FOLDER);
}

/** Segments that begin at or above the tail, down to the lowest one that holds data. */
static int cut_behind(struct commit_log *l, int64_t tail, struct log_cut_result *out)
{
	size_t keep = l->count;
	for (size_t i = l->count; i-- > 0 && l->segments[i]->start >= tail;) {
		bool data = false;
		int err = holds_data(l, l->segments[i], &data);
		if (err)
			return err;
		if (data)
			keep = i;
	}
	while (l->count > keep) {
		bool data = false;
		int err = holds_data(l, l->segments[l->count - 1], &data);
		if (!err)
			err = remove_last(l, data);
		if (err)
			return err;
		out->segments += data;
	}
	return 0;
}

int log_cut(struct commit_log *l, int64_t tail, struct log_cut_result *out)
{
	*out = (struct log_cut_result){ 0 };
	/* From the end: while the tail's own bytes are there, a second try after a crash finds the same tail. */
	int err = cut_behind(l, tail, out);
	struct segment *seg = commit_log_segment(l, tail);
	if (err || !seg || seg->start >= tail)
		return err;
	return cut_within(l, seg, tail, out);
}
