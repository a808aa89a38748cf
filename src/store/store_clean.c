/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention, in rounds of cleanResourceInterval: a worker looks at the disk and at how old segments are (look); where
 * something is to go, readers are asked (survey), the choice is made (choose), files are deleted (delete), and queue files
 * after them.  A round is over when nothing more is wanted.
 *
 * A segment leaves the log in memory first, then its file is deleted, oldest first, each deletion synced before the next:
 * a crash in between leaves a log without a hole.  Rule: DefaultMessageStore.CleanCommitLogService.
 */
#include "store/store_clean.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/store_survey.h"

#define MANUAL_ROUNDS 20 /* rule: MAX_MANUAL_DELETE_FILE_TIMES */
#define DISK_CHECK_MS 1000
#define SURVEY_FORGET_MS 1200000

/* ---- how it stands ---- */

int64_t store_clean_used(const struct store *s)
{
	int64_t doomed = s->clean.doomed >= 0 ? commit_log_min(&s->log) - s->clean.doomed : 0;
	return (int64_t)s->log.count * s->log.segment_bytes + doomed + s->clean.queue_bytes;
}

int store_clean_disk_percent(const struct store *s)
{
	return disk_space_percent(&s->clean.space);
}

int64_t store_clean_pinned(struct store *s, const struct store_pin **out)
{
	int64_t lowest = INT64_MAX;
	LMI_LIST_FOREACH_SAFE(&s->clean.pins, it, tmp) {
		const struct store_pin *p = lmi_container_of(it, struct store_pin, link);
		int64_t pos = p->position(p->user);
		if (pos >= lowest)
			continue;
		lowest = pos;
		if (out)
			*out = p;
	}
	return lowest;
}

/** Positions below are on the disk in log and queues: a crash finds them without what is deleted. */
static int64_t keep_from(const struct store *s)
{
	int64_t pos = s->log.synced < s->queues_pos ? s->log.synced : s->queues_pos;
	return pos < s->log.last_pos ? pos : s->log.last_pos; /* never the segment of the last record */
}

void store_clean_facts(struct store *s, struct retention_facts *f, int64_t last_ms[STORE_CLEAN_LOOK])
{
	const struct store_clean *c = &s->clean;
	size_t n = s->log.count < STORE_CLEAN_LOOK ? s->log.count : STORE_CLEAN_LOOK;
	for (size_t i = 0; i < n; i++)
		last_ms[i] = s->log.segments[i]->last_ms;
	*f = (struct retention_facts){
		.now_ms = lmi_wall_ms(s->cfg.clock),
		.disk_percent = store_clean_disk_percent(s),
		.any_hour = c->manual > 0,
		.used_bytes = store_clean_used(s),
		.over_budget = c->over_budget,
		.segment_bytes = s->log.segment_bytes,
		.log_min = commit_log_min(&s->log),
		.keep_from = keep_from(s),
		.last_ms = last_ms,
		.count = n,
		.pinned = store_clean_pinned(s, NULL),
		.unread = c->unread,
		.unread_by_none = c->unread_by_none,
	};
}

static int add_queue(void *ctx, struct consume_queue *q)
{
	*(int64_t *)ctx += (q->flushed - q->first) * QUEUE_UNIT_BYTES;
	return 0;
}

/* ---- refusing ---- */

static void set_no_room(struct store *s, bool no_room)
{
	struct store_clean *c = &s->clean;
	if (c->no_room == no_room)
		return;
	c->no_room = no_room;
	if (no_room)
		c->due_ms = s->now_ms; /* perhaps something may go */
	store_finding(s, no_room ? LMI_LOG_WARNING : LMI_LOG_NOTICE,
		      no_room ? "the store holds %" PRId64 " bytes and may hold %" PRId64 " (storeMaxBytes): sends are refused when the last segment is full, until something can be deleted"
			      : "the store holds %" PRId64 " of %" PRId64 " bytes (storeMaxBytes): sends are taken again",
		      store_clean_used(s), s->cfg.retention.max_bytes);
}

bool store_clean_room(struct store *s)
{
	if (retention_over_budget(&s->cfg.retention, store_clean_used(s) + s->log.segment_bytes, s->log.segment_bytes, false))
		s->clean.due_ms = s->now_ms; /* do not wait for the next round */
	if (retention_no_room(&s->cfg.retention, store_clean_used(s), s->log.segment_bytes, s->clean.no_room))
		set_no_room(s, true);
	return !s->clean.no_room;
}

/** Rule: isSpaceToDelete; RunningFlags' disk-full bit. */
static void weigh(struct store *s)
{
	struct store_clean *c = &s->clean;
	const struct retention_config *cfg = &s->cfg.retention;
	int64_t used = store_clean_used(s);
	int percent = store_clean_disk_percent(s);
	c->over_budget = retention_over_budget(cfg, used, s->log.segment_bytes, c->over_budget);
	if (c->no_room && !retention_no_room(cfg, used, s->log.segment_bytes, true)) {
		set_no_room(s, false);
		store_segment_ahead(s);
	}
	bool full = percent > cfg->warning_percent || (c->disk_full && percent > cfg->forcibly_percent);
	if (full == c->disk_full)
		return;
	c->disk_full = full;
	store_finding(s, full ? LMI_LOG_WARNING : LMI_LOG_NOTICE,
		      full ? "the disk is %d %% full, above %d (diskSpaceWarningLevelRatio): sends are refused until it is below %d (diskSpaceCleanForciblyRatio)"
			   : "the disk is %d %% full, above %d no more: sends are taken again", percent,
		      full ? cfg->warning_percent : cfg->forcibly_percent, cfg->forcibly_percent);
}

/* ---- looking ---- */

struct look_work {
	struct work work;
	struct store *store;
	struct disk *disk;
	struct disk_space space;
	int space_err;
	int64_t segment_bytes;
	size_t count;
	struct { int64_t start, last_ms; } segments[STORE_CLEAN_LOOK];
};

static struct look_work *look_of(struct work *w)
{
	return lmi_container_of(w, struct look_work, work);
}

/** Store time of the first record of a segment; 0 when there is none. */
static int64_t first_ms(struct disk *d, int64_t start)
{
	char path[SEGMENT_PATH_MAX];
	uint8_t head[STORE_HEAD_BYTES];
	struct disk_file *f;
	segment_path(start, path);
	if (d->ops->open(d, path, DISK_READ, &f) != 0)
		return 0;
	ssize_t n = f->ops->pread(f, head, sizeof(head), 0);
	disk_file_close(f);
	uint32_t magic = n == sizeof(head) ? lmi_get32(head + 4) : 0;
	return magic == LMI_RECORD_MAGIC_V1 || magic == LMI_RECORD_MAGIC_V2 ? store_head_ms(head) : 0;
}

/**
 * A segment was last written when the next one's first record was stored; Java asks the file when it was modified, which
 * a copy of the store changes.  Where no record says so, the file does.
 */
static int64_t last_written_ms(struct disk *d, int64_t start, int64_t segment_bytes)
{
	char path[SEGMENT_PATH_MAX];
	struct disk_stat st;
	int64_t ms = first_ms(d, start + segment_bytes);
	segment_path(start, path);
	if (ms <= 0 && d->ops->stat(d, path, &st) == 0)
		ms = st.mtime_ms;
	return ms;
}

static void look_run(struct work *w)
{
	struct look_work *lw = look_of(w);
	lw->space_err = lw->disk->ops->space(lw->disk, &lw->space);
	for (size_t i = 0; i < lw->count; i++)
		lw->segments[i].last_ms = last_written_ms(lw->disk, lw->segments[i].start, lw->segment_bytes);
}

static void choose(struct store *s, bool surveyed);

static void look_done(struct work *w)
{
	struct look_work *lw = look_of(w);
	struct store *s = lw->store;
	s->clean.running = false;
	if (!lw->space_err)
		s->clean.space = lw->space;
	for (size_t i = 0; i < lw->count; i++) {
		struct segment *seg = commit_log_segment(&s->log, lw->segments[i].start);
		if (seg && !seg->last_ms)
			seg->last_ms = lw->segments[i].last_ms;
	}
	s->clean.looked = true;
	s->clean.queue_bytes = 0;
	queue_table_each(&s->queues, add_queue, &s->clean.queue_bytes);
	weigh(s);
	choose(s, false);
}

static void look_free(struct work *w)
{
	free(look_of(w));
}

static void look(struct store *s)
{
	struct look_work *lw = calloc(1, sizeof(*lw));
	if (!lw)
		return;
	lw->work.run = look_run;
	lw->work.done = look_done;
	lw->work.free = look_free;
	lw->store = s;
	lw->disk = s->cfg.disk;
	lw->segment_bytes = s->log.segment_bytes;
	for (size_t i = 0; i < s->log.count && i < STORE_CLEAN_LOOK; i++) {
		struct segment *seg = s->log.segments[i];
		if (!seg->last_ms && seg->start + s->log.segment_bytes <= s->log.synced)
			lw->segments[lw->count++].start = seg->start;
	}
	s->clean.running = true;
	work_submit(&s->crew, &lw->work);
}

/* ---- choosing ---- */

static void surveyed(struct store *s, const struct survey_result *r)
{
	struct store_clean *c = &s->clean;
	c->running = false;
	c->unread = r->failed ? 0 : r->unread;
	c->unread_by_none = r->failed ? 0 : r->unread_by_none;
	c->survey_ms = s->now_ms;
	snprintf(c->who, sizeof(c->who), "%s", r->failed ? "consume queues cannot be read" : r->who);
	snprintf(c->nobody, sizeof(c->nobody), "%s", r->failed ? "consume queues cannot be read" : r->nobody);
	choose(s, true);
}

static bool start_survey(struct store *s)
{
	s->clean.running = true;
	if (store_survey_start(s, surveyed) == 0)
		return true;
	s->clean.running = false;
	return false;
}

/** What keeps the oldest segment, for people; once per change of the reason. */
static void tell_block(struct store *s, enum retention_block block)
{
	struct store_clean *c = &s->clean;
	struct store_space space;
	c->block = block;
	if (c->told == block)
		return;
	c->told = block;
	store_space(s, &space);
	if (block != RETENTION_FREE && space.pinned)
		store_finding(s, LMI_LOG_WARNING, "commit log segment %020" PRId64 " is due to be deleted and stays: %s",
			      commit_log_min(&s->log), space.pinned);
}

static void delete_segments(struct store *s, size_t n);

/**
 * What is over but not on the disk in every respect does not go.  Mostly that comes by itself, each ten queue flush
 * intervals; senders that fill a small budget faster would be refused until then.
 */
static void hasten(struct store *s)
{
	struct store_clean *c = &s->clean;
	int64_t seg = s->log.segment_bytes;
	if ((!c->over_budget && !c->no_room) || keep_from(s) / seg >= s->log.last_pos / seg)
		return;
	c->wants_checkpoint = true;
	store_want_sync(s, s->log.written);
}

static void choose(struct store *s, bool surveyed_now)
{
	struct retention_facts f;
	struct retention_choice ch;
	int64_t last_ms[STORE_CLEAN_LOOK];
	store_clean_facts(s, &f, last_ms);
	if (!surveyed_now)
		f.unread = f.unread_by_none = INT64_MAX; /* is anything wanted at all? */
	retention_choose(&s->cfg.retention, &f, &ch);
	bool ask = s->cfg.retention.unread != RETENTION_IGNORE_UNREAD && (ch.segments || store_forecast_asks(s));
	if (!surveyed_now && ask && start_survey(s))
		return;
	if (!surveyed_now && ask)
		ch.segments = 0; /* no memory to ask who reads */
	if (!surveyed_now && !ch.segments && s->now_ms - s->clean.survey_ms > SURVEY_FORGET_MS)
		s->clean.unread = s->clean.unread_by_none = INT64_MAX; /* too old to be spoken of */
	tell_block(s, ch.block);
	store_forecast(s);
	if (!ch.segments)
		hasten(s);
	if (ch.segments || s->clean.doomed_err)
		delete_segments(s, ch.segments);
}

/* ---- deleting ---- */

struct delete_work {
	struct work work;
	struct store *store;
	struct disk *disk;
	int64_t from, to, segment_bytes;
	int err;
};

static struct delete_work *delete_of(struct work *w)
{
	return lmi_container_of(w, struct delete_work, work);
}

static void delete_run(struct work *w)
{
	struct delete_work *dw = delete_of(w);
	struct disk *d = dw->disk;
	while (dw->from < dw->to && !dw->err) {
		char path[SEGMENT_PATH_MAX];
		segment_path(dw->from, path);
		dw->err = d->ops->unlink(d, path);
		if (dw->err == -ENOENT)
			dw->err = 0;
		if (!dw->err)
			dw->err = d->ops->sync_folder(d, SEGMENT_FOLDER);
		if (!dw->err)
			dw->from += dw->segment_bytes;
	}
}

static void queues_cleaned(struct store *s)
{
	s->clean.running = false;
	s->clean.due_ms = s->now_ms; /* once more: is it enough? */
}

static void delete_done(struct work *w)
{
	struct delete_work *dw = delete_of(w);
	struct store *s = dw->store;
	struct store_clean *c = &s->clean;
	c->running = false;
	if (dw->err && !c->doomed_err)
		store_finding(s, LMI_LOG_WARNING, "segments of the commit log cannot be deleted (%s): tried again each round",
			      lmi_strerror(dw->err));
	c->doomed_err = dw->err;
	c->doomed = dw->err ? dw->from : -1;
	if (dw->err)
		return;
	store_finding(s, LMI_LOG_INFO, "the commit log was deleted up to %020" PRId64, dw->to);
	weigh(s);
	c->running = true;
	if (store_clean_queues(s, queues_cleaned) != 0)
		c->running = false;
}

static void delete_free(struct work *w)
{
	free(delete_of(w));
}

static void delete_segments(struct store *s, size_t n)
{
	struct store_clean *c = &s->clean;
	struct delete_work *dw = calloc(1, sizeof(*dw));
	if (!dw)
		return;
	dw->from = c->doomed >= 0 ? c->doomed : commit_log_min(&s->log);
	while (n-- && commit_log_drop_first(&s->log) == 0)
		;
	dw->to = commit_log_min(&s->log);
	dw->work.run = delete_run;
	dw->work.done = delete_done;
	dw->work.free = delete_free;
	dw->store = s;
	dw->disk = s->cfg.disk;
	dw->segment_bytes = s->log.segment_bytes;
	c->doomed = dw->from;
	c->running = true;
	work_submit(&s->crew, &dw->work);
}

/* ---- rounds ---- */

void store_clean_init(struct store *s)
{
	struct store_clean *c = &s->clean;
	lmi_list_init(&c->pins);
	c->doomed = -1;
	c->unread = c->unread_by_none = INT64_MAX;
	c->survey_ms = INT64_MIN / 2;
	c->due_ms = s->now_ms;
}

void store_clean_tick(struct store *s)
{
	struct store_clean *c = &s->clean;
	if (s->cfg.retention.interval_ms <= 0 || c->running || s->now_ms < c->due_ms)
		return;
	c->due_ms = s->now_ms + (c->disk_full ? DISK_CHECK_MS : s->cfg.retention.interval_ms);
	if (c->manual)
		c->manual--;
	store_forecast_sample(s);
	look(s);
}

void store_set_retention(struct store *s, const struct retention_config *r)
{
	s->cfg.retention = *r;
	if (s->clean.due_ms > s->now_ms + r->interval_ms)
		s->clean.due_ms = s->now_ms + r->interval_ms;
}

void store_clean_now(struct store *s)
{
	s->clean.manual = MANUAL_ROUNDS;
	s->clean.due_ms = s->now_ms;
}
