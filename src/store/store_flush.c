/* SPDX-License-Identifier: Apache-2.0 */
/* What is handed to workers, and when: log syncs, queue files with the checkpoint, new segments. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/planted.h"
#include "store/queue_flush.h"
#include "store/store_internal.h"

bool store_passes_by_itself(int err)
{
	return err == -ENOSPC || err == -EDQUOT || err == -EROFS || err == -ENOMEM || err == -EMFILE || err == -ENFILE;
}

void store_fail(struct store *s, int err, const char *doing)
{
	if (s->readonly)
		return;
	if (asprintf(&s->readonly, "%s failed (%s): no writes until the store is opened anew", doing, lmi_strerror(err)) < 0)
		s->readonly = strdup("a write failed and there is no memory to say which");
	assert(s->readonly);
	if (s->cfg.on_readonly)
		s->cfg.on_readonly(s->cfg.user, err, s->readonly);
}

/* ---- syncing the log ---- */

#define GATHER_LEAST 8 /* fewer that wait are not worth waiting for */
#define GATHER_MS 1

struct sync_work {
	struct work work;
	struct store *store;
	struct store_mark_file *mark;
	int64_t target, last_pos, last_ms;
	int64_t awaited_bytes;         /* 0: nobody waits */
	size_t covered;                /* records that wait for it */
	int err;
	size_t count;
	struct segment *segments[];
};

static struct sync_work *sync_of(struct work *w)
{
	return lmi_container_of(w, struct sync_work, work);
}

#ifdef STORE_PLANTED
enum store_plant store_planted;
#endif

static int sync_segment(struct disk_file *f)
{
	int err = f->ops->sync_data(f);
	if (err && STORE_PLANTED_IS(PLANT_SYNC_RETRIED))
		err = f->ops->sync_data(f);
	return err;
}

static void sync_run(struct work *w)
{
	struct sync_work *sw = sync_of(w);
	for (size_t i = 0; i < sw->count && !sw->err && !STORE_PLANTED_IS(PLANT_ACK_BEFORE_SYNC); i++)
		sw->err = sync_segment(sw->segments[i]->file);
	if (!sw->err)
		(void)store_mark_synced(sw->mark, sw->target, sw->last_pos); /* an old mark is a longer scan, no more */
}

/** Let go of the segments and take over what the sync reached. */
static void sync_settle(struct store *s, struct sync_work *sw)
{
	for (size_t i = 0; i < sw->count; i++)
		sw->segments[i]->refs--;
	sw->count = 0;
	if (sw->err) {
		/* Never repeated: a second fsync may say yes about pages that the kernel has given up. */
		store_fail(s, sw->err, "syncing the commit log");
		return;
	}
	s->log.synced = sw->target;
	s->synced_ms = sw->last_ms;
}

/**
 * Of many who wait, those that a sync has answered send again while the next one runs, so that two groups take turns.  A
 * fast disk would make many small groups of them: the next sync waits for half of all, for a moment.
 */
static void gather(struct store *s, size_t covered)
{
	size_t waiting = s->looked - s->shown;
	s->gather_count = waiting && covered + waiting >= GATHER_LEAST ? (covered + waiting) / 2 : 0;
	if (s->gather_count)
		s->gather_until_ms = lmi_mono_ms(s->cfg.clock) + GATHER_MS;
}

static bool is_gathering(struct store *s)
{
	if (s->looked - s->shown >= s->gather_count || lmi_mono_ms(s->cfg.clock) >= s->gather_until_ms)
		s->gather_count = 0;
	return s->gather_count != 0;
}

int64_t store_next_ms(const struct store *s)
{
	return s->gather_count && !s->sync_work && !s->readonly ? GATHER_MS : -1;
}

static void sync_done(struct work *w)
{
	struct sync_work *sw = sync_of(w);
	struct store *s = sw->store;
	s->sync_work = NULL;
	sync_settle(s, sw);
	if (s->readonly)
		return;
	store_show(s);
	if (s->cfg.on_mark)
		s->cfg.on_mark(s->cfg.user);
	gather(s, sw->covered);
	store_sync_maybe(s);
	if (sw->awaited_bytes)
		store_ahead_maybe(s, sw->awaited_bytes);
}

static void sync_free(struct work *w)
{
	free(sync_of(w));
}

/** Everything from *synced* to *written*.  0, -ENOMEM, or -errno of opening a segment. */
static int sync_new(struct store *s, struct sync_work **out)
{
	struct commit_log *l = &s->log;
	int64_t from = l->synced - l->synced % l->segment_bytes;
	size_t max = (size_t)((l->written - from) / l->segment_bytes) + 1;
	struct sync_work *sw = calloc(1, sizeof(*sw) + max * sizeof(struct segment *));
	if (!sw)
		return -ENOMEM;
	for (int64_t pos = from; pos < l->written; pos += l->segment_bytes) {
		struct segment *seg = commit_log_segment(l, pos);
		struct disk_file *f;
		int err = commit_log_file(l, seg, true, &f);
		if (err) {
			while (sw->count)
				sw->segments[--sw->count]->refs--;
			free(sw);
			return err;
		}
		seg->refs++;
		sw->segments[sw->count++] = seg;
	}
	sw->work.run = sync_run;
	sw->work.done = sync_done;
	sw->work.free = sync_free;
	sw->store = s;
	sw->mark = &s->mark;
	sw->target = l->written;
	bool all = l->written == l->appended; /* else a run waits to be written, and the last record is in it */
	sw->last_pos = all ? l->last_pos : l->written_last_pos;
	sw->last_ms = all ? l->last_store_ms : l->written_last_ms;
	*out = sw;
	return 0;
}

static void sync_start(struct store *s, bool awaited)
{
	struct sync_work *sw;
	if (sync_new(s, &sw) != 0)
		return;
	sw->awaited_bytes = awaited ? sw->target - s->log.synced : 0;
	sw->covered = s->looked - s->shown;
	s->gather_count = 0;
	s->syncs++;
	s->sync_work = &sw->work;
	s->sync_due_ms = s->now_ms + s->cfg.flush_interval_ms;
	work_submit(&s->crew, &sw->work);
}

void store_sync_maybe(struct store *s)
{
	if (s->readonly || s->sync_work || s->log.written == s->log.synced)
		return;
	/* Messages are to become visible, or someone is to be answered. */
	bool awaited = s->looked > s->shown || s->want_sync > s->log.synced;
	if (s->now_ms >= s->sync_due_ms || (awaited && !is_gathering(s)))
		sync_start(s, awaited);
}

void store_want_sync(struct store *s, int64_t log_end)
{
	if (log_end > s->want_sync)
		s->want_sync = log_end;
}

/* ---- queue files and the checkpoint ---- */

struct queue_work {
	struct work work;
	struct store *store;
	struct disk *disk;
	struct store_mark_file *mark;
	struct queue_flush batch;
	struct key_index_batch *keys; /* NULL: none; the index's own */
	struct store_mark_index index;
	bool thorough;          /* sync, and move the checkpoint */
	struct checkpoint checkpoint;
	int64_t queues_pos;
	int err;
};

static struct queue_work *queue_of(struct work *w)
{
	return lmi_container_of(w, struct queue_work, work);
}

static void know_reach(struct queue_work *qw, const struct key_index_reach *r)
{
	qw->index.name = r->name;
	qw->index.count = r->count;
	if (r->full_ms > qw->checkpoint.index_ms)
		qw->checkpoint.index_ms = r->full_ms;
}

static void queue_run(struct work *w)
{
	struct queue_work *qw = queue_of(w);
	queue_flush_write(&qw->batch);
	qw->err = qw->batch.err;
	if (qw->keys) {
		if (qw->err)
			qw->keys->err = qw->err; /* not tried */
		else
			key_index_write(qw->keys);
		qw->err = qw->keys->err;
		know_reach(qw, &qw->keys->reach);
	}
	if (qw->err || !qw->thorough)
		return;
	qw->err = qw->disk->ops->sync_all(qw->disk);
	if (!qw->err)
		qw->err = store_mark_queues(qw->mark, qw->queues_pos, qw->checkpoint.log_ms, qw->checkpoint.queues_ms,
					    &qw->index);
	if (!qw->err)
		qw->err = checkpoint_write(qw->disk, &qw->checkpoint);
}

static void queue_settle(struct store *s, struct queue_work *qw)
{
	queue_flush_settle(&qw->batch);
	if (qw->keys)
		key_index_settle(&s->index, qw->keys);
	qw->keys = NULL;
	if (store_passes_by_itself(qw->err)) {
		if (!s->queue_err)
			store_finding(s, LMI_LOG_WARNING, "queue files cannot be written (%s): sends are refused until it works",
				      lmi_strerror(qw->err));
		s->queue_err = qw->err;
		s->retry_due_ms = s->now_ms + STORE_RETRY_MS;
		return;
	}
	if (qw->err) {
		store_fail(s, qw->err, "writing queue files or the checkpoint");
		return;
	}
	s->queue_err = 0;
	if (!qw->thorough)
		return;
	s->checkpoint = qw->checkpoint;
	s->queues_pos = qw->queues_pos;
	if (s->clean.wants_checkpoint)
		s->clean.due_ms = s->now_ms;
	s->clean.wants_checkpoint = false;
}

static void queue_done(struct work *w)
{
	struct queue_work *qw = queue_of(w);
	struct store *s = qw->store;
	s->queue_work = NULL;
	queue_settle(s, qw);
}

static void queue_free(struct work *w)
{
	struct queue_work *qw = queue_of(w);
	queue_flush_drop(&qw->batch);
	free(qw);
}

/** NULL without memory, or when nothing is there to do. */
static struct queue_work *queue_new(struct store *s, bool all)
{
	bool moved = s->queues_pos != (s->dispatched < s->log.synced ? s->dispatched : s->log.synced);
	struct queue_work *qw = calloc(1, sizeof(*qw));
	if (!qw)
		return NULL;
	(void)queue_flush_collect(&qw->batch, &s->queues.shared, all);
	if (all || key_index_urgent(&s->index))
		qw->keys = key_index_collect(&s->index, lmi_wall_ms(s->cfg.clock), commit_log_min(&s->log), &qw->batch.left_out);
	/* The checkpoint speaks for all units below it: it moves only with a batch that left none out. */
	qw->thorough = !qw->batch.left_out;
	if (qw->batch.count == 0 && !qw->keys && !(qw->thorough && moved)) {
		free(qw);
		return NULL;
	}
	qw->work.run = queue_run;
	qw->work.done = queue_done;
	qw->work.free = queue_free;
	qw->store = s;
	qw->disk = s->cfg.disk;
	qw->mark = &s->mark;
	qw->queues_pos = s->dispatched < s->log.synced ? s->dispatched : s->log.synced;
	qw->checkpoint = s->checkpoint;
	qw->checkpoint.log_ms = s->synced_ms;
	qw->checkpoint.queues_ms = s->dispatched_ms;
	qw->index.on = s->index.enabled;
	struct key_index_reach reach = key_index_reach(&s->index);
	know_reach(qw, &reach);
	return qw;
}

static void queues_start(struct store *s, bool all)
{
	struct queue_work *qw = queue_new(s, all);
	if (!qw)
		return;
	s->queue_work = &qw->work;
	work_submit(&s->crew, &qw->work);
}

/** Not while a turn's units are reserved in the tails that a batch would take away. */
static bool queues_may(const struct store *s)
{
	return !s->readonly && !s->queue_work && !s->queue_err && s->dispatched_n == s->entry_n;
}

void store_queues_maybe(struct store *s)
{
	if (!queues_may(s))
		return;
	if (s->queues.shared.buffered > STORE_BUFFERED_FLUSH)
		queues_start(s, true);
	else if (s->queues.shared.urgent || key_index_urgent(&s->index))
		queues_start(s, false);
}

static void queues_tick(struct store *s)
{
	if ((s->now_ms < s->queue_due_ms && !s->clean.wants_checkpoint) || !queues_may(s))
		return;
	s->queue_due_ms = s->now_ms + s->cfg.queue_flush_interval_ms;
	queues_start(s, ++s->queue_rounds % STORE_THOROUGH_INTERVALS == 0 || s->clean.wants_checkpoint);
}

/* ---- segments ---- */

struct segment_work {
	struct work work;
	struct store *store;
	struct disk *disk;
	int64_t start, bytes;
	struct disk_file *file;
	int err;
};

static struct segment_work *segment_of(struct work *w)
{
	return lmi_container_of(w, struct segment_work, work);
}

static void segment_run(struct work *w)
{
	struct segment_work *sw = segment_of(w);
	sw->err = segment_make(sw->disk, sw->start, sw->bytes, &sw->file);
}

static void segment_done(struct work *w)
{
	struct segment_work *sw = segment_of(w);
	struct store *s = sw->store;
	s->segment_work = NULL;
	if (!sw->err) {
		sw->err = commit_log_add(&s->log, sw->start, sw->file);
		sw->file = NULL;
	}
	if (sw->err && !s->segment_err)
		store_finding(s, LMI_LOG_WARNING, "the next segment of the commit log cannot be made (%s): tried again each second",
			      lmi_strerror(sw->err));
	s->segment_err = sw->err;
	s->retry_due_ms = s->now_ms + STORE_RETRY_MS;
}

static void segment_free(struct work *w)
{
	struct segment_work *sw = segment_of(w);
	disk_file_close(sw->file);
	free(sw);
}

static void segment_start(struct store *s, int64_t start)
{
	struct segment_work *sw = calloc(1, sizeof(*sw));
	if (!sw) {
		s->segment_err = -ENOMEM;
		return;
	}
	sw->work.run = segment_run;
	sw->work.done = segment_done;
	sw->work.free = segment_free;
	sw->store = s;
	sw->disk = s->cfg.disk;
	sw->start = start;
	sw->bytes = s->log.segment_bytes;
	s->segment_work = &sw->work;
	work_submit(&s->crew, &sw->work);
}

void store_segment_ahead(struct store *s)
{
	if (s->readonly || s->segment_work || s->segment_err)
		return;
	int64_t next = commit_log_next_start(&s->log);
	bool past_half = s->log.appended == next || next - s->log.appended < s->log.segment_bytes / 2;
	if (past_half && !commit_log_segment(&s->log, next) && store_clean_room(s))
		segment_start(s, next);
}

int store_segment_now(struct store *s)
{
	int64_t next = commit_log_next_start(&s->log);
	if (commit_log_segment(&s->log, next))
		return 0;
	if (!s->segment_work) {
		if (s->segment_err)
			return s->segment_err; /* until the tick tries again */
		if (!store_clean_room(s))
			return -LMQ_EFULL;
		segment_start(s, next);
	}
	/* Rare, as it was asked for at half of the segment: the disk is slower than the senders, and they wait for it. */
	if (s->segment_work)
		work_finish(s->segment_work);
	return commit_log_segment(&s->log, next) ? 0 : s->segment_err;
}

/* ---- time ---- */

static void retry(struct store *s)
{
	if (s->now_ms < s->retry_due_ms)
		return;
	if (s->segment_err) {
		s->segment_err = 0;
		store_segment_ahead(s);
	}
	if (s->queue_err && !s->queue_work && s->dispatched_n == s->entry_n)
		queues_start(s, true);
}

void store_tick(struct store *s, int64_t now_ms)
{
	s->now_ms = now_ms;
	if (s->readonly)
		return;
	if (s->segment_err || s->queue_err)
		retry(s);
	store_sync_maybe(s);
	queues_tick(s);
	store_clean_tick(s);
}

/* ---- everything, here and now ---- */

static int flush_log(struct store *s)
{
	if (s->log.written == s->log.synced)
		return 0;
	struct sync_work *sw;
	int err = sync_new(s, &sw);
	if (err)
		return err;
	sync_run(&sw->work);
	sync_settle(s, sw);
	err = sw->err;
	sync_free(&sw->work);
	return err;
}

int store_flush_queues(struct store *s)
{
	struct queue_flush batch = { 0 };
	int err = queue_flush_collect(&batch, &s->queues.shared, true);
	queue_flush_write(&batch);
	if (!err)
		err = batch.err;
	queue_flush_settle(&batch);
	return err;
}

int store_flush_all(struct store *s)
{
	int err = flush_log(s);
	while (!err) {
		struct queue_work *qw = queue_new(s, true);
		if (!qw)
			break;
		queue_run(&qw->work);
		queue_settle(s, qw);
		err = qw->err;
		queue_free(&qw->work);
	}
	return err;
}
