/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting topics.  The folder is moved away at once, which is one cheap call and frees the name for a topic made
 * anew; a worker deletes what is in it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/queue_list.h"
#include "store/store_internal.h"

#define NAMES_MAX 100000

struct folder {
	struct disk *disk;
	const char *path;
};

static int delete_tree(struct disk *d, const char *path);

static int delete_entry(void *ctx, const char *name)
{
	struct folder *in = ctx;
	char path[QUEUE_PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/%s", in->path, name) >= QUEUE_PATH_MAX)
		return -ENAMETOOLONG;
	int err = in->disk->ops->unlink(in->disk, path);
	return err == -EISDIR || err == -EPERM ? delete_tree(in->disk, path) : err;
}

/** Depth is that of a queue's path: three folders. */
static int delete_tree(struct disk *d, const char *path)
{
	struct folder in = { .disk = d, .path = path };
	int err = d->ops->list(d, path, delete_entry, &in);
	return err ? err : d->ops->rmdir(d, path);
}

struct delete_work {
	struct work work;
	struct disk *disk;
};

static struct delete_work *delete_of(struct work *w)
{
	return lmi_container_of(w, struct delete_work, work);
}

static void delete_run(struct work *w)
{
	struct delete_work *dw = delete_of(w);
	(void)queue_list_forget(dw->disk); /* it would have the queues rebuilt after a crash */
	/* The folder itself stays: the next topic may be moved into it just now.  What fails is tried again at start-up. */
	struct folder in = { .disk = dw->disk, .path = STORE_DELETED_FOLDER };
	(void)dw->disk->ops->list(dw->disk, STORE_DELETED_FOLDER, delete_entry, &in);
}

static void delete_done(struct work *w)
{
	(void)w;
}

static void delete_free(struct work *w)
{
	free(delete_of(w));
}

void store_delete_leftovers(struct store *s)
{
	struct disk_stat st;
	if (s->cfg.disk->ops->stat(s->cfg.disk, STORE_DELETED_FOLDER, &st) != 0)
		return;
	struct delete_work *dw = calloc(1, sizeof(*dw));
	if (!dw)
		return;
	dw->work.run = delete_run;
	dw->work.done = delete_done;
	dw->work.free = delete_free;
	dw->disk = s->cfg.disk;
	work_submit(&s->crew, &dw->work);
}

/** Move a topic's folder to a name that is free.  No folder is fine: nothing was written yet. */
static int move_away(struct store *s, const char *topic)
{
	struct disk *d = s->cfg.disk;
	char from[QUEUE_PATH_MAX], to[QUEUE_PATH_MAX];
	struct disk_stat st;
	snprintf(from, sizeof(from), QUEUE_FOLDER "/%s", topic);
	int err = d->ops->stat(d, from, &st);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = d->ops->mkdirs(d, STORE_DELETED_FOLDER);
	for (int i = 0; !err && i < NAMES_MAX; i++) {
		snprintf(to, sizeof(to), STORE_DELETED_FOLDER "/%" PRId64 ".%d", s->dispatched, i);
		if (d->ops->stat(d, to, &st) == -ENOENT)
			return d->ops->rename(d, from, to);
	}
	return err ? err : -EEXIST;
}

int store_delete_topic(struct store *s, struct lmi_span topic)
{
	char name[QUEUE_TOPIC_MAX + 1];
	if (topic.n > QUEUE_TOPIC_MAX || !lmi_map_get(&s->queues.topics, topic))
		return -LMQ_ENOTFOUND;
	memcpy(name, topic.p, topic.n);
	name[topic.n] = '\0';
	int err = store_write_out(s); /* its records of this turn still go into its queues */
	if (err && err != -LMQ_EREADONLY)
		return err;
	if (s->queue_work)
		work_finish(s->queue_work); /* else it would make the folder again */
	err = move_away(s, name);
	if (err)
		return err;
	/* Entries that wait for their mark let go before the queues are freed. */
	struct queue_topic *t = lmi_map_get(&s->queues.topics, lmi_span_str(name));
	for (uint32_t i = 0; i < t->count; i++)
		t->queues[i]->dead = true;
	store_forget_dead(s);
	/* The span may be the table's own. */
	queue_table_drop(&s->queues, lmi_span_str(name));
	store_delete_leftovers(s);
	return 0;
}

/* ---- the others ---- */

struct visit {
	int (*each)(void *ctx, struct lmi_span topic, int32_t queue_id);
	void *ctx;
};

static int visit(void *ctx, struct consume_queue *q)
{
	struct visit *v = ctx;
	return v->each(v->ctx, queue_topic_span(q->topic), q->queue_id);
}

int store_each_queue(struct store *s, int (*each)(void *ctx, struct lmi_span topic, int32_t queue_id), void *ctx)
{
	struct visit v = { .each = each, .ctx = ctx };
	return queue_table_each(&s->queues, visit, &v);
}
