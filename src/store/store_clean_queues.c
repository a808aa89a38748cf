/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queue files whose records are all gone are deleted, never the last one of a queue: its end is the queue's next position.
 * Rule: DefaultMessageStore.CleanConsumeQueueService.
 */
#include <errno.h>
#include <stdlib.h>

#include "store/queue_files.h"
#include "store/queue_reader.h"
#include "store/store_internal.h"

struct cleaned {
	struct consume_queue *queue; /* referenced */
	int64_t first, end;          /* unit at the start of the oldest file, and one past the last in files */
};

struct clean_work {
	struct work work;
	struct store *store;
	int64_t log_min;
	struct cleaned *list;
	size_t count, cap;
	void (*told)(struct store *s);
};

static struct clean_work *clean_of(struct work *w)
{
	return lmi_container_of(w, struct clean_work, work);
}

static int collect(void *ctx, struct consume_queue *q)
{
	struct clean_work *cw = ctx;
	int64_t per_file = consume_queue_units_per_file(q);
	if (q->flushed - q->first <= per_file)
		return 0;
	if (cw->count == cw->cap) {
		size_t cap = cw->cap ? 2 * cw->cap : 64;
		struct cleaned *grown = realloc(cw->list, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		cw->list = grown;
		cw->cap = cap;
	}
	cw->list[cw->count++] = (struct cleaned){ .queue = consume_queue_ref(q), .first = q->first, .end = q->flushed };
	return 0;
}

/** Delete from the front, synced one by one: a crash leaves no gap between files. */
static void clean_one(struct clean_work *cw, struct cleaned *x)
{
	struct disk *d = x->queue->shared->disk;
	int64_t per_file = consume_queue_units_per_file(x->queue);
	char path[QUEUE_PATH_MAX], folder[QUEUE_PATH_MAX];
	struct queue_reader r;
	consume_queue_folder(x->queue, folder);
	queue_reader_init(&r, x->queue);
	while (x->first + per_file < x->end) {
		struct queue_unit u;
		if (queue_reader_unit(&r, x->first + per_file - 1, &u) != 1 || !queue_unit_valid(&u) || u.log_pos >= cw->log_min)
			break;
		consume_queue_path(x->queue, x->first * QUEUE_UNIT_BYTES, path);
		if (d->ops->unlink(d, path) != 0 || d->ops->sync_folder(d, folder) != 0)
			break; /* the next round tries again */
		x->first += per_file;
	}
	queue_reader_done(&r);
}

static void clean_run(struct work *w)
{
	struct clean_work *cw = clean_of(w);
	for (size_t i = 0; i < cw->count; i++)
		clean_one(cw, &cw->list[i]);
}

static void clean_done(struct work *w)
{
	struct clean_work *cw = clean_of(w);
	for (size_t i = 0; i < cw->count; i++) {
		struct consume_queue *q = cw->list[i].queue;
		if (q->dead || cw->list[i].first <= q->first)
			continue;
		queue_files_forget(q->shared->files, q);
		q->first = cw->list[i].first;
		if (q->min < q->first) {
			q->min = q->first;
			q->min_log = -1;
		}
	}
	cw->told(cw->store);
}

static void clean_free(struct work *w)
{
	struct clean_work *cw = clean_of(w);
	for (size_t i = 0; i < cw->count; i++)
		consume_queue_unref(cw->list[i].queue);
	free(cw->list);
	free(cw);
}

int store_clean_queues(struct store *s, void (*done)(struct store *s))
{
	struct clean_work *cw = calloc(1, sizeof(*cw));
	if (!cw)
		return -ENOMEM;
	cw->work.run = clean_run;
	cw->work.done = clean_done;
	cw->work.free = clean_free;
	cw->store = s;
	cw->log_min = commit_log_min(&s->log);
	cw->told = done;
	(void)queue_table_each(&s->queues, collect, cw); /* without memory: fewer of them this time */
	work_submit(&s->crew, &cw->work);
	return 0;
}
