/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queue_flush.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static int add(struct queue_flush *b, struct consume_queue *q)
{
	if (b->count == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 16;
		struct consume_queue **grown = realloc(b->queues, cap * sizeof(struct consume_queue *));
		if (!grown)
			return -ENOMEM;
		b->queues = grown;
		b->cap = cap;
	}
	b->queues[b->count++] = consume_queue_ref(q);
	return 0;
}

/** The tail becomes what is flying.  After a failure fly still holds older units: they go first, the tail waits. */
static void take_off(struct queue_flush *b, struct consume_queue *q)
{
	assert(!q->flying);
	q->flying = true;
	if (q->fly_units) {
		b->left_out = b->left_out || q->tail_units;
		return;
	}
	free(q->fly);
	q->fly = q->tail;
	q->fly_units = q->tail_units;
	q->tail = NULL;
	q->tail_units = q->tail_cap = 0;
}

static int collect_list(struct queue_flush *b, struct lmi_list *list)
{
	while (!lmi_list_empty(list)) {
		struct consume_queue *q = lmi_container_of(list->next, struct consume_queue, link);
		int err = add(b, q);
		if (err) {
			b->left_out = true;
			return err;
		}
		lmi_list_del(&q->link);
		take_off(b, q);
	}
	return 0;
}

int queue_flush_collect(struct queue_flush *b, struct queue_shared *sh, bool all)
{
	b->disk = sh->disk;
	b->file_bytes = sh->file_bytes;
	sh->urgent = false;
	int err = collect_list(b, &sh->ready);
	if (!err && all)
		err = collect_list(b, &sh->dirty);
	b->left_out = b->left_out || !all;
	return err;
}

/** Open the file that starts at a byte position, made at full size when missing. */
static int open_file(struct queue_flush *b, const struct consume_queue *q, int64_t file_start, struct disk_file **out)
{
	struct disk *d = b->disk;
	char path[QUEUE_PATH_MAX];
	consume_queue_path(q, file_start, path);
	int err = d->ops->open(d, path, DISK_READ | DISK_WRITE, out);
	if (err != -ENOENT)
		return err;
	char folder[QUEUE_PATH_MAX];
	consume_queue_folder(q, folder);
	err = d->ops->mkdirs(d, folder);
	if (!err)
		err = d->ops->open(d, path, DISK_READ | DISK_WRITE | DISK_CREATE, out);
	if (err)
		return err;
	err = (*out)->ops->set_size(*out, b->file_bytes);
	if (err) {
		disk_file_close(*out);
		d->ops->unlink(d, path);
	}
	return err;
}

static int write_queue(struct queue_flush *b, const struct consume_queue *q)
{
	int64_t at = q->flushed * QUEUE_UNIT_BYTES;
	const uint8_t *src = q->fly;
	int64_t left = (int64_t)q->fly_units * QUEUE_UNIT_BYTES;
	while (left > 0) {
		int64_t file_off = at % b->file_bytes;
		int64_t n = b->file_bytes - file_off < left ? b->file_bytes - file_off : left;
		struct disk_file *f;
		int err = open_file(b, q, at - file_off, &f);
		if (err)
			return err;
		err = f->ops->pwrite(f, src, (size_t)n, file_off);
		disk_file_close(f);
		if (err)
			return err;
		at += n;
		src += n;
		left -= n;
	}
	return 0;
}

void queue_flush_write(struct queue_flush *b)
{
	while (!b->err && b->written < b->count) {
		b->err = write_queue(b, b->queues[b->written]);
		if (!b->err)
			b->written++;
	}
}

static void settle_written(struct consume_queue *q)
{
	if (!q->dead)
		q->shared->buffered -= (size_t)q->fly_units * QUEUE_UNIT_BYTES;
	q->flushed += q->fly_units;
	free(q->fly);
	q->fly = NULL;
	q->fly_units = 0;
}

/** Units that are still in memory put the queue back into a list. */
static void requeue(struct consume_queue *q)
{
	if (q->dead || !lmi_list_empty(&q->link) || !(q->tail_units + q->fly_units))
		return;
	bool much = (size_t)(q->tail_units + q->fly_units) * QUEUE_UNIT_BYTES >= QUEUE_READY_BYTES;
	lmi_list_add_tail(much ? &q->shared->ready : &q->shared->dirty, &q->link);
}

void queue_flush_settle(struct queue_flush *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct consume_queue *q = b->queues[i];
		q->flying = false;
		if (i < b->written)
			settle_written(q);
		requeue(q);
	}
	queue_flush_drop(b);
}

void queue_flush_drop(struct queue_flush *b)
{
	for (size_t i = 0; i < b->count; i++)
		consume_queue_unref(b->queues[i]);
	free(b->queues);
	*b = (struct queue_flush){ 0 };
}
