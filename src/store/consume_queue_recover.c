/* SPDX-License-Identifier: Apache-2.0 */
/* What a queue's files say at start-up, and bringing them back to what the log says. */
#include <errno.h>
#include <stdlib.h>

#include "store/consume_queue.h"
#include "store/queue_files.h"
#include "store/segment.h"
#include "store/zeros.h"

struct found_file {
	int64_t start; /* bytes */
	int64_t bytes; /* -1: not a regular file */
};

struct found {
	struct consume_queue *queue;
	struct found_file *files; /* ascending, without empty ones */
	size_t count, cap;
};

static int found_one(void *ctx, const char *name)
{
	struct found *fd = ctx;
	struct consume_queue *q = fd->queue;
	struct found_file file = { 0 };
	if (segment_name_parse(name, &file.start) != 0 || file.start / QUEUE_UNIT_BYTES > QUEUE_POS_MAX)
		return 0;
	char path[QUEUE_PATH_MAX];
	struct disk_stat st;
	consume_queue_path(q, file.start, path);
	int err = q->shared->disk->ops->stat(q->shared->disk, path, &st);
	if (err)
		return err;
	file.bytes = st.is_folder ? -1 : st.bytes;
	if (fd->count == fd->cap) {
		size_t cap = fd->cap ? 2 * fd->cap : 8;
		struct found_file *grown = realloc(fd->files, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		fd->files = grown;
		fd->cap = cap;
	}
	fd->files[fd->count++] = file;
	return 0;
}

/** List the queue's files.  No folder is no file. */
static int find_files(struct consume_queue *q, struct found *out)
{
	char folder[QUEUE_PATH_MAX];
	consume_queue_folder(q, folder);
	*out = (struct found){ .queue = q };
	int err = q->shared->disk->ops->list(q->shared->disk, folder, found_one, out);
	return err == -ENOENT ? 0 : err;
}

/** Files from the lowest on that are whole and follow each other; what comes later is not to be read. */
static size_t whole_run(const struct found *fd)
{
	int64_t full = fd->queue->shared->file_bytes;
	size_t n = 0;
	for (; n < fd->count; n++) {
		const struct found_file *file = &fd->files[n];
		if (file->bytes != full || file->start % full)
			break;
		if (n && file->start != fd->files[n - 1].start + full)
			break;
	}
	return n;
}

/** 1 when the unit is there and its record lies below the bound. */
static int unit_below(struct consume_queue *q, int64_t queue_pos, int64_t log_bound)
{
	struct queue_unit u;
	int n = consume_queue_unit(q, queue_pos, &u, true);
	if (n <= 0)
		return n;
	return queue_unit_valid(&u) && u.log_pos < log_bound;
}

/**
 * Within one file units below the bound come first: how many, from lo, which is one.  The steps double from the front, as
 * files are sparse and a read in the hole behind costs pages.  0 or -errno.
 */
static int search_end(struct consume_queue *q, int64_t lo, int64_t hi, int64_t log_bound, int64_t *out)
{
	bool bounded = false; /* hi was looked at */
	int64_t step = 1;
	lo++;
	while (lo < hi) {
		int64_t mid = bounded || hi - lo <= step ? lo + (hi - lo) / 2 : lo + step - 1;
		int r = unit_below(q, mid, log_bound);
		if (r < 0)
			return r;
		if (r) {
			lo = mid + 1;
			step *= 2;
		} else {
			hi = mid;
			bounded = true;
		}
	}
	*out = lo;
	return 0;
}

/** The last file whose first unit is below the bound, then the end within it. */
static int find_end(struct consume_queue *q, const struct found *fd, size_t run, int64_t log_bound, int64_t *out)
{
	int64_t per_file = consume_queue_units_per_file(q);
	for (size_t i = run; i-- > 0;) {
		int64_t start = fd->files[i].start / QUEUE_UNIT_BYTES;
		int r = unit_below(q, start, log_bound);
		if (r < 0)
			return r;
		if (r)
			return search_end(q, start, start + per_file, log_bound, out);
	}
	*out = q->first;
	return 0;
}

static int set_log_end(struct consume_queue *q)
{
	struct queue_unit u;
	int n = consume_queue_unit(q, q->end - 1, &u, true);
	if (n == 1 && !queue_unit_hole(&u))
		q->log_end = u.log_pos + u.bytes;
	return n < 0 ? n : 0;
}

/**
 * 1 when a file that is not whole holds a unit below the bound, so that something is lost.  A crash leaves files without
 * their size or content, but only such as no sync covered: their first unit, the lowest, is not below.
 */
static int lost_in(struct consume_queue *q, const struct found_file *file, int64_t log_bound)
{
	struct disk *d = q->shared->disk;
	uint8_t raw[QUEUE_UNIT_BYTES];
	char path[QUEUE_PATH_MAX];
	struct disk_file *f;
	if (file->bytes < 0)
		return 1;
	consume_queue_path(q, file->start, path);
	int err = d->ops->open(d, path, DISK_READ, &f);
	if (err)
		return err;
	ssize_t n = f->ops->pread(f, raw, sizeof(raw), 0);
	disk_file_close(f);
	if (n < (ssize_t)sizeof(raw))
		return n < 0 ? (int)n : 0;
	struct queue_unit u = queue_unit_get(raw);
	return queue_unit_valid(&u) && u.log_pos < log_bound;
}

/** Files behind the whole run: after a clean stop there are none. */
static int check_rest(struct consume_queue *q, const struct found *fd, size_t run, int64_t log_bound, bool crashed)
{
	for (size_t i = run; i < fd->count && !q->damaged; i++) {
		int r = crashed ? lost_in(q, &fd->files[i], log_bound) : 1;
		if (r < 0)
			return r;
		q->damaged = r;
	}
	return 0;
}

/** Something other than zeros where the next unit will be, or a file behind that one. */
static int look_behind(struct consume_queue *q, const struct found *fd, size_t run, int64_t run_end)
{
	static const uint8_t zero[QUEUE_UNIT_BYTES];
	uint8_t raw[QUEUE_UNIT_BYTES];
	int64_t end = q->end, per_file = consume_queue_units_per_file(q);
	q->stale = run < fd->count || run_end > end - end % per_file + per_file;
	if (end == run_end)
		return 0;
	q->flushed = q->end = run_end;
	int n = consume_queue_read(q, end, raw, 1, true);
	q->flushed = q->end = end;
	if (n == 1 && memcmp(raw, zero, sizeof(zero)) != 0)
		q->stale = true;
	return n < 0 ? n : 0;
}

static int load_found(struct consume_queue *q, const struct found *fd, int64_t log_bound, bool crashed)
{
	size_t run = whole_run(fd);
	int64_t run_end = 0, end = 0;
	if (run) {
		q->first = fd->files[0].start / QUEUE_UNIT_BYTES;
		run_end = (fd->files[run - 1].start + q->shared->file_bytes) / QUEUE_UNIT_BYTES;
		q->flushed = q->end = run_end; /* lets the search read all of them */
		int found = find_end(q, fd, run, log_bound, &end);
		if (found)
			return found;
	}
	q->flushed = q->end = q->next = q->visible = end;
	int err = look_behind(q, fd, run, run_end);
	if (!err)
		err = check_rest(q, fd, run, log_bound, crashed);
	if (!err && end > q->first)
		err = set_log_end(q);
	return err;
}

/** Back to how a new queue is. */
static void reset(struct consume_queue *q)
{
	q->shared->buffered -= (size_t)(q->tail_units + q->fly_units) * QUEUE_UNIT_BYTES;
	lmi_list_del(&q->link);
	free(q->tail);
	free(q->fly);
	q->tail = q->fly = NULL;
	q->tail_units = q->tail_cap = q->fly_units = 0;
	q->first = q->flushed = q->end = q->next = q->visible = 0;
	q->min = q->log_end = 0;
	q->min_log = -1;
	q->damaged = q->stale = false;
	queue_files_forget(q->shared->files, q);
}

int consume_queue_load(struct consume_queue *q, int64_t log_bound, bool crashed)
{
	struct found fd;
	reset(q);
	int err = find_files(q, &fd);
	if (err == -ENOTDIR || err == -ELOOP || err == -EINVAL) {
		q->damaged = true; /* something else stands where the folder or a file should be */
		err = 0;
	} else if (!err) {
		err = load_found(q, &fd, log_bound, crashed);
	}
	free(fd.files);
	return err;
}

/* ---- what a crash or damage left ---- */

#define PEEK_UNITS 64

/** Units that follow on the last one, as far as they look right: how many of n. */
static int count_following(const uint8_t *raw, int n, int64_t log_bound, int64_t *log_end)
{
	for (int i = 0; i < n; i++) {
		struct queue_unit u = queue_unit_get(raw + (size_t)i * QUEUE_UNIT_BYTES);
		if (!queue_unit_valid(&u) || u.log_pos >= log_bound || u.log_pos < *log_end - u.bytes)
			return i;
		if (!queue_unit_gone(&u) && !queue_unit_hole(&u))
			*log_end = u.log_pos + u.bytes;
	}
	return n;
}

int consume_queue_peek(struct consume_queue *q, int64_t log_bound)
{
	uint8_t raw[PEEK_UNITS * QUEUE_UNIT_BYTES];
	int64_t end = q->end, at = end, log_end = q->log_end;
	int n, follow;
	do {
		q->flushed = q->end = at + PEEK_UNITS; /* lets it read there */
		n = consume_queue_read(q, at, raw, PEEK_UNITS, true);
		follow = n > 0 ? count_following(raw, n, log_bound, &log_end) : 0;
		at += follow;
	} while (n > 0 && follow == n);
	q->flushed = q->end = end;
	q->taken = at;
	return n < 0 ? n : 0;
}

/** The first unit whose record begins at or behind a log position. */
static int first_from(struct consume_queue *q, int64_t log_pos, int64_t *out)
{
	int64_t lo = q->first, hi = q->end;
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		struct queue_unit u = { 0 };
		int n = consume_queue_unit(q, mid, &u, true);
		if (n < 0)
			return n;
		if (n == 0 || u.log_pos < log_pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	*out = lo;
	return 0;
}

static int put_in_file(struct consume_queue *q, int64_t queue_pos, const struct queue_unit *u)
{
	uint8_t raw[QUEUE_UNIT_BYTES];
	char path[QUEUE_PATH_MAX];
	struct disk *d = q->shared->disk;
	struct disk_file *f;
	int64_t at = queue_pos * QUEUE_UNIT_BYTES, file_off = at % q->shared->file_bytes;
	consume_queue_path(q, at - file_off, path);
	int err = d->ops->open(d, path, DISK_READ | DISK_WRITE, &f);
	if (err)
		return err;
	queue_unit_put(raw, u);
	err = f->ops->pwrite(f, raw, sizeof(raw), file_off);
	disk_file_close(f);
	return err;
}

int consume_queue_lose(struct consume_queue *q, int64_t from, int64_t to)
{
	struct queue_unit before = { .bytes = QUEUE_HOLE_BYTES };
	int64_t at = 0;
	int err = first_from(q, from, &at);
	if (!err && at > q->first) {
		int n = consume_queue_unit(q, at - 1, &before, true);
		err = n < 0 ? n : 0;
	}
	before.tags_code = QUEUE_GONE_CODE;
	for (; !err && at < q->flushed; at++) {
		struct queue_unit u;
		int n = consume_queue_unit(q, at, &u, true);
		if (n <= 0)
			return n;
		if (u.log_pos >= to)
			break;
		err = put_in_file(q, at, &before);
	}
	return err;
}

/** Zeros from a position in the file to its end; it keeps its size. */
static int clear_file_from(struct consume_queue *q, const char *path, int64_t file_off)
{
	struct disk *d = q->shared->disk;
	struct disk_file *f;
	int err = d->ops->open(d, path, DISK_READ | DISK_WRITE, &f);
	if (err)
		return err;
	int64_t at;
	err = zeros_end(f, file_off, q->shared->file_bytes, &at);
	if (!err && at < q->shared->file_bytes) {
		err = f->ops->set_size(f, file_off);
		if (!err)
			err = f->ops->set_size(f, q->shared->file_bytes);
	}
	disk_file_close(f);
	return err;
}

static int trim_file(struct consume_queue *q, const struct found_file *file)
{
	int64_t end = q->flushed * QUEUE_UNIT_BYTES;
	char path[QUEUE_PATH_MAX];
	consume_queue_path(q, file->start, path);
	if (file->start >= end || file->bytes == 0)
		return q->shared->disk->ops->unlink(q->shared->disk, path);
	if (file->start + q->shared->file_bytes <= end)
		return 0;
	return clear_file_from(q, path, end - file->start);
}

int consume_queue_trim(struct consume_queue *q)
{
	struct found fd;
	int err = find_files(q, &fd);
	queue_files_forget(q->shared->files, q);
	for (size_t i = fd.count; !err && i-- > 0;) /* from the end, so that a crash leaves no gap */
		err = trim_file(q, &fd.files[i]);
	free(fd.files);
	return err;
}

int consume_queue_wipe(struct consume_queue *q)
{
	reset(q);
	return consume_queue_trim(q);
}
