/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queue_reader.h"

#include <errno.h>

#include "store/queue_search.h"

void queue_reader_init(struct queue_reader *r, const struct consume_queue *q)
{
	*r = (struct queue_reader){ .queue = q };
}

void queue_reader_done(struct queue_reader *r)
{
	disk_file_close(r->file);
	r->file = NULL;
}

static int open_file(struct queue_reader *r, int64_t file_start)
{
	if (r->file && r->file_start == file_start)
		return 0;
	queue_reader_done(r);
	char path[QUEUE_PATH_MAX];
	struct disk *d = r->queue->shared->disk;
	consume_queue_path(r->queue, file_start, path);
	int err = d->ops->open(d, path, DISK_READ, &r->file);
	if (err)
		r->file = NULL;
	r->file_start = file_start;
	return err;
}

/** Rule of queue_read_fn. */
static int read_units(void *ctx, int64_t queue_pos, uint8_t *dst, size_t n)
{
	struct queue_reader *r = ctx;
	int64_t at = queue_pos * QUEUE_UNIT_BYTES, file_bytes = r->queue->shared->file_bytes, file_off = at % file_bytes;
	int64_t left = (file_bytes - file_off) / QUEUE_UNIT_BYTES;
	int err = open_file(r, at - file_off);
	if (err)
		return err == -ENOENT ? 0 : err;
	if ((int64_t)n > left)
		n = (size_t)left;
	ssize_t got = r->file->ops->pread(r->file, dst, n * QUEUE_UNIT_BYTES, file_off);
	return got < 0 ? (int)got : (int)(got / QUEUE_UNIT_BYTES);
}

int queue_reader_unit(struct queue_reader *r, int64_t queue_pos, struct queue_unit *out)
{
	uint8_t raw[QUEUE_UNIT_BYTES];
	int n = read_units(r, queue_pos, raw, 1);
	if (n == 1)
		*out = queue_unit_get(raw);
	return n;
}

int queue_reader_first(struct queue_reader *r, int64_t lo, int64_t hi, int64_t log_min, int64_t *out)
{
	return queue_search_first(read_units, r, lo, hi, log_min, out);
}
