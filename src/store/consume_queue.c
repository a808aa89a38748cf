/* SPDX-License-Identifier: Apache-2.0 */
#include "store/consume_queue.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/queue_files.h"
#include "store/queue_search.h"
#include "store/queue_table.h"

#define TAIL_FIRST_UNITS 8

int64_t consume_queue_units_per_file(const struct consume_queue *q)
{
	return q->shared->file_bytes / QUEUE_UNIT_BYTES;
}

void consume_queue_folder(const struct consume_queue *q, char out[QUEUE_PATH_MAX])
{
	snprintf(out, QUEUE_PATH_MAX, QUEUE_FOLDER "/%s/%" PRId32, q->topic->name, q->queue_id);
}

void consume_queue_path(const struct consume_queue *q, int64_t file_start, char out[QUEUE_PATH_MAX])
{
	snprintf(out, QUEUE_PATH_MAX, QUEUE_FOLDER "/%s/%" PRId32 "/%020" PRId64, q->topic->name, q->queue_id, file_start);
}

struct consume_queue *consume_queue_new(struct queue_shared *sh, struct queue_topic *t, int32_t queue_id)
{
	struct consume_queue *q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	q->shared = sh;
	q->topic = t;
	t->refs++;
	q->queue_id = queue_id;
	q->refs = 1;
	q->min_log = -1;
	lmi_list_init(&q->link);
	return q;
}

struct consume_queue *consume_queue_ref(struct consume_queue *q)
{
	q->refs++;
	return q;
}

void consume_queue_unref(struct consume_queue *q)
{
	if (!q || --q->refs)
		return;
	lmi_list_del(&q->link);
	free(q->tail);
	free(q->fly);
	queue_topic_unref(q->topic);
	free(q);
}

/* ---- putting ---- */

int consume_queue_reserve(struct consume_queue *q, int64_t pending)
{
	uint64_t want = q->tail_units + (uint64_t)pending;
	if (want <= q->tail_cap)
		return 0;
	uint64_t cap = q->tail_cap ? q->tail_cap : TAIL_FIRST_UNITS;
	while (cap < want)
		cap *= 2;
	if (cap > UINT32_MAX / QUEUE_UNIT_BYTES)
		return -ENOMEM;
	uint8_t *mem = realloc(q->tail, cap * QUEUE_UNIT_BYTES);
	if (!mem)
		return -ENOMEM;
	q->tail = mem;
	q->tail_cap = (uint32_t)cap;
	return 0;
}

/** Keep the queue in the list that says how much it has to write. */
static void mark_dirty(struct consume_queue *q)
{
	struct queue_shared *sh = q->shared;
	size_t bytes = (size_t)q->tail_units * QUEUE_UNIT_BYTES;
	if (bytes == QUEUE_UNIT_BYTES && lmi_list_empty(&q->link))
		lmi_list_add_tail(&sh->dirty, &q->link);
	if (bytes >= QUEUE_READY_BYTES && bytes < QUEUE_READY_BYTES + QUEUE_UNIT_BYTES) {
		lmi_list_del(&q->link);
		lmi_list_add_tail(&sh->ready, &q->link);
	}
	if (bytes >= QUEUE_URGENT_BYTES)
		sh->urgent = true;
}

void consume_queue_put(struct consume_queue *q, const struct queue_unit *u)
{
	assert(q->tail_units < q->tail_cap && !q->dead);
	queue_unit_put(q->tail + (size_t)q->tail_units * QUEUE_UNIT_BYTES, u);
	q->tail_units++;
	q->end++;
	if (q->next < q->end)
		q->next = q->end;
	if (!queue_unit_hole(u))
		q->log_end = u->log_pos + u->bytes;
	q->shared->buffered += QUEUE_UNIT_BYTES;
	mark_dirty(q);
}

int consume_queue_skip_to(struct consume_queue *q, int64_t queue_pos)
{
	struct queue_unit filler = { .log_pos = 0, .bytes = QUEUE_HOLE_BYTES, .tags_code = 0 };
	int64_t per_file = consume_queue_units_per_file(q);
	assert(queue_pos > q->end);
	if (q->end == q->first) {
		q->first = q->flushed = q->end = q->next = queue_pos - queue_pos % per_file;
		q->min_log = -1;
	}
	int64_t n = queue_pos - q->end;
	if (n > per_file)
		return -LMQ_ECORRUPT;
	if (q->end > q->first) {
		int got = consume_queue_unit(q, q->end - 1, &filler, true);
		if (got < 0)
			return got;
		filler.tags_code = QUEUE_GONE_CODE;
	}
	int err = consume_queue_reserve(q, n);
	while (!err && q->end < queue_pos)
		consume_queue_put(q, &filler);
	return err;
}

/* ---- reading ---- */

void consume_queue_cold_clear(struct queue_shared *sh)
{
	while (sh->colds)
		consume_queue_unref(sh->cold[--sh->colds].queue);
}

/** Remember where a reader would have had to wait. */
static void remember_cold(struct consume_queue *q, int64_t queue_pos, int64_t log_min)
{
	struct queue_shared *sh = q->shared;
	if (sh->colds == QUEUE_COLD_MAX)
		consume_queue_cold_clear(sh);
	sh->cold[sh->colds++] = (struct queue_cold){ .queue = consume_queue_ref(q), .pos = queue_pos, .log_min = log_min };
}

static int give_up(struct consume_queue *q, int64_t queue_pos)
{
	remember_cold(q, queue_pos, -1);
	return -EAGAIN;
}

static int read_file(struct consume_queue *q, int64_t queue_pos, uint8_t *dst, size_t n, bool wait)
{
	int64_t at = queue_pos * QUEUE_UNIT_BYTES;
	int64_t file_off = at % q->shared->file_bytes;
	size_t left = (size_t)((q->shared->file_bytes - file_off) / QUEUE_UNIT_BYTES);
	if (n > left)
		n = left;
	struct disk_file *f;
	int err = queue_files_get(q->shared->files, q, at - file_off, wait, &f);
	if (err == -EAGAIN)
		return give_up(q, queue_pos);
	if (err)
		return err == -ENOENT ? 0 : err;
	ssize_t got = wait ? f->ops->pread(f, dst, n * QUEUE_UNIT_BYTES, file_off)
			   : f->ops->pread_nowait(f, dst, n * QUEUE_UNIT_BYTES, file_off);
	if (got == -EAGAIN)
		return give_up(q, queue_pos);
	if (got < 0)
		return (int)got;
	if (got < QUEUE_UNIT_BYTES)
		return wait ? 0 : give_up(q, queue_pos);
	return (int)(got / QUEUE_UNIT_BYTES);
}

int consume_queue_read(struct consume_queue *q, int64_t queue_pos, uint8_t *dst, size_t n, bool wait)
{
	if (queue_pos < q->first || queue_pos >= q->end || n == 0)
		return 0;
	if ((int64_t)n > q->end - queue_pos)
		n = (size_t)(q->end - queue_pos);
	const uint8_t *src;
	int64_t part_end;
	if (queue_pos < q->flushed) {
		if ((int64_t)n > q->flushed - queue_pos)
			n = (size_t)(q->flushed - queue_pos);
		return read_file(q, queue_pos, dst, n, wait);
	}
	int64_t tail_start = q->flushed + q->fly_units;
	if (queue_pos < tail_start) {
		src = q->fly + (size_t)(queue_pos - q->flushed) * QUEUE_UNIT_BYTES;
		part_end = tail_start;
	} else {
		src = q->tail + (size_t)(queue_pos - tail_start) * QUEUE_UNIT_BYTES;
		part_end = q->end;
	}
	if ((int64_t)n > part_end - queue_pos)
		n = (size_t)(part_end - queue_pos);
	memcpy(dst, src, n * QUEUE_UNIT_BYTES);
	return (int)n;
}

int consume_queue_unit(struct consume_queue *q, int64_t queue_pos, struct queue_unit *out, bool wait)
{
	uint8_t raw[QUEUE_UNIT_BYTES];
	int n = consume_queue_read(q, queue_pos, raw, 1, wait);
	if (n == 1)
		*out = queue_unit_get(raw);
	return n;
}

struct reading {
	struct consume_queue *queue;
	bool wait;
};

static int read_units(void *ctx, int64_t queue_pos, uint8_t *dst, size_t n)
{
	const struct reading *r = ctx;
	return consume_queue_read(r->queue, queue_pos, dst, n, r->wait);
}

int consume_queue_min(struct consume_queue *q, int64_t log_min, bool wait, int64_t *out)
{
	struct queue_shared *sh = q->shared;
	if (q->min_log != log_min) {
		int64_t lo = q->min > q->first ? q->min : q->first, found;
		int err = queue_search_first(read_units, &(struct reading){ q, wait }, lo, q->end, log_min, &found);
		if (err == -EAGAIN) { /* a worker makes the whole search, as each step may meet another cold page */
			sh->cold[sh->colds - 1].pos = lo;
			sh->cold[sh->colds - 1].log_min = log_min;
		}
		if (err)
			return err;
		q->min = found;
		q->min_log = log_min;
	}
	*out = q->min;
	return 0;
}

void consume_queue_min_found(struct consume_queue *q, int64_t log_min, int64_t queue_pos)
{
	if (q->dead || q->min_log == log_min || queue_pos <= q->min || queue_pos > q->end)
		return;
	q->min = queue_pos; /* the next look begins there */
}
