/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/queue_list.h"
#include "store/queue_shape.h"
#include "store/store_internal.h"

#define FINDING_CHARS 512

void store_finding(struct store *s, enum lmi_log_level level, const char *fmt, ...)
{
	if (!s->cfg.on_finding)
		return;
	char text[FINDING_CHARS];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->cfg.on_finding(s->cfg.user, level, text);
}

/* ---- opening ---- */

static struct key_index_shape index_shape(const struct store_config *c)
{
	return (struct key_index_shape){ .slots = c->index_slots ? c->index_slots : 5000000,
					 .entries = c->index_entries ? c->index_entries : 20000000 };
}

static int check_config(const struct store_config *c, char **out_why)
{
	struct key_index_shape shape = index_shape(c);
	if (shape.slots < 1 || shape.entries < 2 || key_index_file_bytes(&shape) > INT32_MAX)
		return why(out_why, -EINVAL, "maxHashSlotNum and maxIndexNum make index files above 2 GiB");
	if (c->queue_file_bytes < QUEUE_UNIT_BYTES || c->queue_file_bytes % QUEUE_UNIT_BYTES)
		return why(out_why, -EINVAL, "mappedFileSizeConsumeQueue is not a multiple of %d bytes", QUEUE_UNIT_BYTES);
	return 0;
}

/** Rule: FileChannel.tryLock(0, 1, false), four bytes of text. */
static int take_lock(struct store *s, char **out_why)
{
	struct disk *d = s->cfg.disk;
	int err = d->ops->open(d, STORE_LOCK_FILE, DISK_READ | DISK_WRITE | DISK_CREATE, &s->lock);
	if (err)
		return why(out_why, err, "the file lock cannot be opened: %s", lmi_strerror(err));
	err = s->lock->ops->lock(s->lock);
	if (err == -EAGAIN)
		return why(out_why, err, "another broker has this store open: it holds the file lock");
	if (!err)
		err = s->lock->ops->pwrite(s->lock, "lock", 4, 0);
	return err ? why(out_why, err, "the file lock cannot be taken: %s", lmi_strerror(err)) : 0;
}

static int make_folders(struct store *s, char **out_why)
{
	struct disk *d = s->cfg.disk;
	int err = d->ops->mkdirs(d, SEGMENT_FOLDER);
	if (!err)
		err = d->ops->mkdirs(d, QUEUE_FOLDER);
	return err ? why(out_why, err, "commitlog or consumequeue cannot be made: %s", lmi_strerror(err)) : 0;
}

/** abort says that the store is open, or was when the process died.  Rule: AbortFile; its text is the process id. */
static int make_abort(struct store *s, bool *out_was_there, char **out_why)
{
	struct disk *d = s->cfg.disk;
	struct disk_stat st;
	*out_was_there = d->ops->stat(d, STORE_ABORT_FILE, &st) == 0;
	struct disk_file *f;
	int err = d->ops->open(d, STORE_ABORT_FILE, DISK_READ | DISK_WRITE | DISK_CREATE, &f);
	if (!err) {
		char pid[16];
		int n = snprintf(pid, sizeof(pid), "%d", (int)getpid());
		err = f->ops->set_size(f, 0);
		if (!err)
			err = f->ops->pwrite(f, pid, (size_t)n, 0);
		disk_file_close(f);
	}
	if (!err)
		err = d->ops->sync_folder(d, ".");
	return err ? why(out_why, err, "the file abort cannot be written: %s", lmi_strerror(err)) : 0;
}

/** The files of the queues that are there say how large they are. */
static int make_queues(struct store *s)
{
	int64_t bytes;
	int err = queue_shape_find(s->cfg.disk, s->cfg.queue_file_bytes, &bytes);
	if (err)
		return err;
	if (bytes != s->cfg.queue_file_bytes)
		store_finding(s, LMI_LOG_WARNING, "the consume queues of this store have files of %" PRId64 " bytes, not of %" PRId64 " (mappedFileSizeConsumeQueue): they stay so",
			      bytes, s->cfg.queue_file_bytes);
	return queue_table_init(&s->queues, s->cfg.disk, bytes);
}

static int set_up(struct store *s, char **out_why)
{
	int err = check_config(&s->cfg, out_why);
	if (!err)
		err = store_refuse_foreign(s->cfg.disk, out_why);
	if (!err)
		err = take_lock(s, out_why);
	if (!err)
		err = make_folders(s, out_why);
	if (!err)
		err = make_queues(s);
	if (!err)
		err = commit_log_open(&s->log, s->cfg.disk, s->cfg.segment_bytes, out_why);
	bool aborted = false;
	if (!err)
		err = make_abort(s, &aborted, out_why);
	return err ? err : store_recover(s, aborted, out_why);
}

static void free_store(struct store *s)
{
	store_query_drop_all(s);
	work_drop_all(&s->crew);
	store_mark_close(&s->mark);
	commit_log_done(&s->log);
	store_search_done(s);
	queue_table_done(&s->queues);
	key_index_done(&s->index);
	disk_file_close(s->lock);
	free(s->entries);
	free(s->readonly);
	free(s);
}

int store_open(const struct store_config *cfg, struct store **out, char **out_why)
{
	if (out_why)
		*out_why = NULL;
	struct store *s = calloc(1, sizeof(*s));
	if (!s)
		return why(out_why, -ENOMEM, "no memory");
	s->cfg = *cfg;
	s->record_max = (int64_t)cfg->message_max_bytes + STORE_RECORD_EXTRA;
	s->now_ms = lmi_mono_ms(cfg->clock);
	s->sync_due_ms = s->now_ms + cfg->flush_interval_ms;
	s->queue_due_ms = s->now_ms + cfg->queue_flush_interval_ms;
	s->dispatcher = (struct dispatcher){
		.queues = &s->queues,
		.delay_ms = cfg->delay_ms ? cfg->delay_ms : dispatcher_delay_ms_default,
		.delay_levels = cfg->delay_ms ? cfg->delay_levels : sizeof(dispatcher_delay_ms_default) / sizeof(int64_t),
	};
	work_crew_init(&s->crew, cfg->executor);
	store_clean_init(s);
	lmi_list_init(&s->queries);
	struct key_index_shape shape = index_shape(cfg);
	key_index_init(&s->index, cfg->disk, cfg->message_index, &shape);
	int err = set_up(s, out_why);
	if (err) {
		if (out_why && !*out_why)
			why(out_why, err, "the store cannot be opened: %s", lmi_strerror(err));
		free_store(s);
		return err;
	}
	s->dispatcher.index = &s->index;
	store_segment_ahead(s);
	store_delete_leftovers(s);
	*out = s;
	return 0;
}

/* ---- closing ---- */

static int remove_abort(struct store *s)
{
	struct disk *d = s->cfg.disk;
	int err = queue_list_write(&s->queues, s->log.synced);
	if (!err)
		err = store_mark_clean(&s->mark);
	if (!err)
		err = d->ops->unlink(d, STORE_ABORT_FILE);
	return err ? err : d->ops->sync_folder(d, ".");
}

int store_close(struct store *s)
{
	if (!s)
		return 0;
	assert(!s->announcing);
	s->cfg.on_arrival = NULL;
	s->cfg.on_mark = NULL;
	s->write_due_ms = s->now_ms;
	int err = store_write_out(s);
	work_finish_all(&s->crew);
	if (!err && s->readonly)
		err = -LMQ_EREADONLY;
	if (!err)
		err = store_flush_all(s);
	if (!err)
		err = remove_abort(s);
	free_store(s);
	return err;
}

void store_abandon(struct store *s)
{
	if (s)
		free_store(s);
}

/* ---- what is known ---- */

void store_marks(const struct store *s, struct store_marks *out)
{
	*out = (struct store_marks){
		.min_pos = commit_log_min(&s->log),
		.appended = s->log.appended,
		.written = s->log.written,
		.synced = s->log.synced,
		.dispatched = s->dispatched,
		.syncs = s->syncs,
		.recovered_late_ms = s->log.recovered_late_ms,
	};
}

void store_may_wait(struct store *s, bool wait)
{
	s->may_wait = wait;
}

const char *store_readonly_cause(const struct store *s)
{
	return s->readonly;
}
