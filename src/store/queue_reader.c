/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queue_reader.h"

#include <errno.h>

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

int queue_reader_unit(struct queue_reader *r, int64_t queue_pos, struct queue_unit *out)
{
	uint8_t raw[QUEUE_UNIT_BYTES];
	int64_t at = queue_pos * QUEUE_UNIT_BYTES, file_off = at % r->queue->shared->file_bytes;
	int err = open_file(r, at - file_off);
	if (err)
		return err == -ENOENT ? 0 : err;
	ssize_t n = r->file->ops->pread(r->file, raw, sizeof(raw), file_off);
	if (n < (ssize_t)sizeof(raw))
		return n < 0 ? (int)n : 0;
	*out = queue_unit_get(raw);
	return 1;
}

int queue_reader_first(struct queue_reader *r, int64_t lo, int64_t hi, int64_t log_min, int64_t *out)
{
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		struct queue_unit u = { 0 };
		int n = queue_reader_unit(r, mid, &u);
		if (n < 0)
			return n;
		if (n == 0 || queue_unit_below(&u, log_min))
			lo = mid + 1;
		else
			hi = mid;
	}
	*out = lo;
	return 0;
}
