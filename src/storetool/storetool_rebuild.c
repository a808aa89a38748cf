/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues and key index made anew from the log, in the folder lightmq.rebuild, and moved into place when they are complete and
 * on the disk.  Interrupted before that, nothing has changed; interrupted while folders are exchanged, the next run first brings
 * back what only the old folder has, and begins again: a broker may have run in between.
 *
 * A queue of which the log has no record any more keeps its old files: they hold its next position.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "store/queue_flush.h"
#include "store/queue_list.h"
#include "store/store_mark.h"
#include "storetool/storetool.h"

#define ASIDE "lightmq.rebuild"
#define OLD ASIDE "/old"
#define NEW ASIDE "/new"
#define BUFFERED_MAX (16u << 20)

/* ---- a disk whose root is a folder of another ---- */

struct below {
	struct disk disk;
	struct disk *real;
};

static struct disk *under(struct disk *d, const char *path, char out[DISK_PATH_MAX])
{
	if (snprintf(out, DISK_PATH_MAX, NEW "/%s", path) >= DISK_PATH_MAX)
		out[0] = '\0'; /* refused by the disk */
	return lmi_container_of(d, struct below, disk)->real;
}

#define UNDER(CALL, ...) \
	char p[DISK_PATH_MAX]; \
	struct disk *r = under(d, path, p); \
	return r->ops->CALL(r, p __VA_ARGS__)

static int below_open(struct disk *d, const char *path, int flags, struct disk_file **out) { UNDER(open, , flags, out); }
static int below_stat(struct disk *d, const char *path, struct disk_stat *out) { UNDER(stat, , out); }
static int below_unlink(struct disk *d, const char *path) { UNDER(unlink); }
static int below_mkdirs(struct disk *d, const char *path) { UNDER(mkdirs); }
static int below_rmdir(struct disk *d, const char *path) { UNDER(rmdir); }
static int below_sync_folder(struct disk *d, const char *path) { UNDER(sync_folder); }

static int below_list(struct disk *d, const char *path, int (*each)(void *ctx, const char *name), void *ctx)
{
	UNDER(list, , each, ctx);
}

static const struct disk_ops below_ops = {
	.open = below_open,
	.stat = below_stat,
	.unlink = below_unlink,
	.mkdirs = below_mkdirs,
	.rmdir = below_rmdir,
	.sync_folder = below_sync_folder,
	.list = below_list,
};

/* ---- removing what is done with ---- */

struct removal {
	struct disk *disk;
	const char *folder;
	unsigned int depth;
};

static int remove_tree(struct disk *d, const char *path, unsigned int depth);

static int remove_entry(void *ctx, const char *name)
{
	struct removal *r = ctx;
	char path[DISK_PATH_MAX];
	struct disk_stat st;
	if (snprintf(path, sizeof(path), "%s/%s", r->folder, name) >= DISK_PATH_MAX)
		return -ENAMETOOLONG;
	int err = r->disk->ops->stat(r->disk, path, &st);
	if (err)
		return err;
	return st.is_folder ? remove_tree(r->disk, path, r->depth + 1) : r->disk->ops->unlink(r->disk, path);
}

/** A folder with what is in it; no deeper than a store is. */
static int remove_tree(struct disk *d, const char *path, unsigned int depth)
{
	struct removal r = { .disk = d, .folder = path, .depth = depth };
	if (depth > 6)
		return -ELOOP;
	int err = d->ops->list(d, path, remove_entry, &r);
	if (!err)
		err = d->ops->rmdir(d, path);
	return err == -ENOENT ? 0 : err;
}

/* ---- making ---- */

struct making {
	struct storetool *t;
	struct below below;
	struct queue_table queues;
	struct key_index index;
	struct dispatcher dispatcher;
	uint64_t records, skipped;
};

static int write_queues(struct making *m)
{
	struct queue_flush batch = { 0 };
	int err = queue_flush_collect(&batch, &m->queues.shared, true);
	queue_flush_write(&batch);
	if (!err)
		err = batch.err;
	queue_flush_settle(&batch);
	return err;
}

static int write_index(struct making *m)
{
	return key_index_flush(&m->index, m->t->opt.wall_ms, commit_log_min(&m->t->log));
}

static int take_queued(struct making *m, const struct lmi_record *r)
{
	struct dispatch d;
	int err = dispatcher_describe(&m->dispatcher, r, &d);
	if (!err && d.queue)
		err = consume_queue_reserve(d.queue, 1);
	if (!err && d.queue)
		err = dispatcher_take(&m->dispatcher, &d);
	if (err == -LMQ_ECORRUPT)
		m->skipped++;
	else if (err < 0)
		return err;
	return m->queues.shared.buffered > BUFFERED_MAX ? write_queues(m) : 0;
}

static int take_keys(struct making *m, const struct lmi_record *r)
{
	int err = key_index_reserve(&m->index, r->props.n);
	if (err)
		return err;
	key_index_add(&m->index, r->topic, r->props, r->sysflag, r->log_pos, r->store_ms);
	key_index_turn_over(&m->index);
	return key_index_urgent(&m->index) ? write_index(m) : 0;
}

static int make_all(struct making *m)
{
	struct storetool *t = m->t;
	struct storetool_walk w;
	struct lmi_record r;
	int64_t min = commit_log_min(&t->log);
	int res;
	storetool_walk_begin(t, &w, min, true);
	while ((res = storetool_walk_next(&w, &r)) == 1) {
		m->records++;
		res = take_queued(m, &r);
		if (!res)
			res = take_keys(m, &r);
		if (res)
			break;
		storetool_progress(t, "log", w.tail - min, w.end - min);
	}
	storetool_progress(t, "log", 1, 1);
	storetool_walk_end(&w);
	if (!res)
		res = write_queues(m);
	return res ? res : write_index(m);
}

static int make(struct making *m)
{
	struct storetool *t = m->t;
	struct disk *d = t->real;
	m->below = (struct below){ .disk = { .ops = &below_ops }, .real = d };
	int err = remove_tree(d, ASIDE, 0);
	if (!err)
		err = d->ops->mkdirs(d, NEW "/" QUEUE_FOLDER);
	if (!err)
		err = d->ops->mkdirs(d, NEW "/" KEY_INDEX_FOLDER);
	if (!err)
		err = queue_table_init(&m->queues, &m->below.disk, t->queue_file_bytes);
	if (err)
		return err;
	key_index_init(&m->index, &m->below.disk, true, &t->shape);
	m->dispatcher = (struct dispatcher){ .queues = &m->queues, .delay_ms = dispatcher_delay_ms_default, .delay_levels = 18 };
	err = make_all(m);
	return err ? err : d->ops->sync_all(d);
}

/* ---- into place ---- */

/** A folder that may be missing. */
static int move(struct disk *d, const char *from, const char *to)
{
	struct disk_stat st;
	if (d->ops->stat(d, from, &st) != 0)
		return 0;
	return d->ops->rename(d, from, to);
}

/* Queues that only the old folder has. */
struct keeping {
	struct disk *disk;
	const char *topic;
	uint64_t kept;
};

static int keep_queue(void *ctx, const char *id)
{
	struct keeping *k = ctx;
	char from[DISK_PATH_MAX], to[DISK_PATH_MAX];
	struct disk_stat st;
	if (snprintf(from, sizeof(from), OLD "/" QUEUE_FOLDER "/%s/%s", k->topic, id) >= DISK_PATH_MAX ||
	    snprintf(to, sizeof(to), QUEUE_FOLDER "/%s/%s", k->topic, id) >= DISK_PATH_MAX)
		return -ENAMETOOLONG;
	if (k->disk->ops->stat(k->disk, to, &st) == 0)
		return 0;
	k->kept++;
	return k->disk->ops->rename(k->disk, from, to);
}

static int keep_topic(void *ctx, const char *topic)
{
	struct keeping *k = ctx;
	char path[DISK_PATH_MAX], to[DISK_PATH_MAX];
	struct disk_stat st;
	k->topic = topic;
	if (snprintf(path, sizeof(path), OLD "/" QUEUE_FOLDER "/%s", topic) >= DISK_PATH_MAX ||
	    snprintf(to, sizeof(to), QUEUE_FOLDER "/%s", topic) >= DISK_PATH_MAX)
		return -ENAMETOOLONG;
	int err = k->disk->ops->stat(k->disk, path, &st);
	if (err || !st.is_folder)
		return err;
	err = k->disk->ops->mkdirs(k->disk, to);
	return err ? err : k->disk->ops->list(k->disk, path, keep_queue, k);
}

static int keep_queues(struct disk *d, uint64_t *out_kept)
{
	struct keeping k = { .disk = d };
	int err = d->ops->list(d, OLD "/" QUEUE_FOLDER, keep_topic, &k);
	*out_kept += k.kept;
	return err == -ENOENT ? 0 : err;
}

/** What is new is complete: exchange the folders. */
static int put_in_place(struct disk *d, uint64_t *out_kept)
{
	int err = queue_list_forget(d);
	if (!err)
		err = d->ops->unlink(d, STORE_MARK_FILE); /* it speaks of the old files */
	if (err == -ENOENT)
		err = 0;
	if (!err)
		err = d->ops->mkdirs(d, OLD);
	if (!err)
		err = move(d, QUEUE_FOLDER, OLD "/" QUEUE_FOLDER);
	if (!err)
		err = d->ops->rename(d, NEW "/" QUEUE_FOLDER, QUEUE_FOLDER);
	if (!err)
		err = keep_queues(d, out_kept);
	if (!err)
		err = move(d, KEY_INDEX_FOLDER, OLD "/" KEY_INDEX_FOLDER);
	if (!err)
		err = d->ops->rename(d, NEW "/" KEY_INDEX_FOLDER, KEY_INDEX_FOLDER);
	if (!err)
		err = d->ops->sync_all(d);
	return err ? err : remove_tree(d, ASIDE, 0);
}

int storetool_rebuild(struct storetool *t)
{
	struct making m = { .t = t };
	uint64_t kept = 0;
	int err = keep_queues(t->real, &kept); /* of a run that was interrupted */
	if (!err) {
		err = make(&m);
		queue_table_done(&m.queues);
		key_index_done(&m.index);
	}
	if (!err)
		err = put_in_place(t->real, &kept);
	if (err)
		return err;
	fprintf(t->err, "queues and key index were made of %" PRIu64 " records; %" PRIu64 " queues without records keep their files", m.records, kept);
	if (m.skipped)
		fprintf(t->err, "; %" PRIu64 " records have impossible queue positions and are in no queue", m.skipped);
	fprintf(t->err, "\n");
	return 0;
}
