/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a stop or a crash left to a state that can go on.
 *
 * 1. Where to begin: at the last record that the mark knows (ours, see store_mark.h), else at the segment that the
 *    checkpoint allows (rule: CommitLog.recoverNormally, recoverAbnormally).
 * 2. Walk to the first place that holds no whole record with its own position: the tail.  What lies behind is saved aside and
 *    zeroed, so that no old record comes back to life when the log grows over it.
 * 3. Consume queues are loaded as far as the log goes, and the walked records dispatched into them.
 * 4. Everything that will be visible is synced first.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/queue_files.h"
#include "store/log_scan.h"
#include "store/store_internal.h"
#include "store/zeros.h"

#define COPY_BYTES (1u << 20)
#define PROGRESS_EVERY (64 * 1024 * 1024)

struct recovery {
	struct store *s;
	char **out_why;
	bool aborted;
	bool trusted;             /* the mark fits the checkpoint */
	struct store_mark mark;
	uint64_t sequence;
	int64_t from;             /* where walking begins */
	int64_t tail;
	int64_t last_pos, last_ms;
	bool rebuild;             /* queues must be made from the whole log */
	size_t skipped;           /* records that fit no queue */
};

/* ---- 1. where to begin ---- */

/* The mark's last record is really there. */
static bool mark_holds(struct recovery *r, int64_t *out_end)
{
	struct log_scan scan;
	struct lmi_record rec;
	bool ok;

	if (!r->trusted || r->mark.last_pos < 0)
		return false;
	log_scan_init(&scan, &r->s->log, r->mark.last_pos, commit_log_end(&r->s->log), true);
	ok = log_scan_one(&scan, r->mark.last_pos, &rec) == LOG_SCAN_RECORD;
	if (ok)
		*out_end = r->mark.last_pos + rec.total;
	log_scan_done(&scan);
	return ok;
}

/* The store time of a segment's first record, or -1 when it has none. */
static int64_t first_store_ms(struct recovery *r, const struct segment *seg)
{
	struct log_scan scan;
	struct lmi_record rec;
	int64_t ms = -1;

	log_scan_init(&scan, &r->s->log, seg->start, commit_log_end(&r->s->log), false);
	if (log_scan_one(&scan, seg->start, &rec) == LOG_SCAN_RECORD && rec.store_ms != 0)
		ms = rec.store_ms;
	log_scan_done(&scan);
	return ms;
}

static int64_t segment_to_begin(struct recovery *r)
{
	struct commit_log *l = &r->s->log;
	int64_t limit = r->aborted ? checkpoint_min_ms(&r->s->checkpoint) : INT64_MAX;

	for (size_t i = l->count; i-- > 0;) {
		int64_t ms = first_store_ms(r, l->segments[i]);

		if (ms >= 0 && ms <= limit)
			return l->segments[i]->start;
	}
	return commit_log_min(l);
}

static void choose_begin(struct recovery *r)
{
	int64_t end;

	if (mark_holds(r, &end)) {
		r->from = r->mark.last_pos;
		if (r->mark.queues_pos < r->from)
			r->from = r->mark.queues_pos;
		if (r->from < commit_log_min(&r->s->log))
			r->from = commit_log_min(&r->s->log);
		return;
	}
	r->trusted = false;
	r->from = segment_to_begin(r);
}

/* ---- 2. the tail ---- */

static void progress(struct recovery *r, int64_t pos, int64_t *next)
{
	if (pos < *next || !r->s->cfg.on_progress)
		return;
	*next = pos + PROGRESS_EVERY;
	r->s->cfg.on_progress(r->s->cfg.user, pos - r->from, commit_log_end(&r->s->log) - r->from);
}

static int find_tail(struct recovery *r)
{
	struct log_scan scan;
	struct lmi_record rec;
	int64_t next = r->from + PROGRESS_EVERY;
	int res;

	log_scan_init(&scan, &r->s->log, r->from, commit_log_end(&r->s->log), r->s->cfg.check_crc);
	r->tail = r->from;
	while ((res = log_scan_next(&scan, &rec)) == LOG_SCAN_RECORD) {
		r->last_pos = rec.log_pos;
		r->last_ms = rec.store_ms;
		r->tail = scan.pos;
		progress(r, scan.pos, &next);
	}
	/* A blank record was passed over: the tail is the next segment's start. */
	if (res >= 0 && scan.pos > r->tail)
		r->tail = scan.pos;
	log_scan_done(&scan);
	return res < 0 ? res : 0;
}

/* Copy [from, to) of a segment's file into a file of its own. */
static int save_aside(struct store *s, struct disk_file *f, int64_t log_pos, int64_t from, int64_t to)
{
	struct disk *d = s->cfg.disk;
	struct disk_file *out = NULL;
	char path[64];
	uint8_t *mem = malloc(COPY_BYTES);
	int err = mem ? d->ops->mkdirs(d, STORE_CUT_FOLDER) : -ENOMEM;

	snprintf(path, sizeof(path), STORE_CUT_FOLDER "/%020" PRId64, log_pos);
	if (!err)
		err = d->ops->open(d, path, DISK_READ | DISK_WRITE | DISK_CREATE, &out);
	for (int64_t at = from; at < to && !err;) {
		size_t n = to - at > COPY_BYTES ? COPY_BYTES : (size_t)(to - at);
		ssize_t got = f->ops->pread(f, mem, n, at);

		err = got <= 0 ? (got < 0 ? (int)got : -EIO) : out->ops->pwrite(out, mem, (size_t)got, at - from);
		at += got > 0 ? got : 0;
	}
	if (!err)
		err = out->ops->sync_data(out);
	disk_file_close(out);
	if (!err)
		err = d->ops->sync_folder(d, STORE_CUT_FOLDER);
	free(mem);
	return err;
}

/* Everything of a segment at and above a position becomes zeros; what was there is kept aside. */
static int cut_segment(struct recovery *r, struct segment *seg, int64_t log_pos)
{
	struct store *s = r->s;
	int64_t from = log_pos - seg->start, last;
	struct disk_file *f;
	int err = commit_log_file(&s->log, seg, true, &f);

	if (!err)
		err = zeros_start(f, from, s->log.segment_bytes, &last);
	if (err || last == from)
		return err;
	err = save_aside(s, f, log_pos, from, last);
	if (!err)
		err = zeros_write(f, from, last);
	if (!err)
		err = f->ops->sync_data(f);
	if (!err)
		store_finding(s, LMI_LOG_WARNING,
			      "the commit log holds no whole record at position %" PRId64 ": %" PRId64
			      " bytes behind it were cut and are kept in " STORE_CUT_FOLDER "/%020" PRId64,
			      log_pos, last - from, log_pos);
	return err;
}

static int cut_behind_tail(struct recovery *r)
{
	struct commit_log *l = &r->s->log;
	int err = 0;

	if (r->trusted && r->tail < r->mark.synced)
		store_finding(r->s, LMI_LOG_ERR,
			      "the commit log is damaged at position %" PRId64 ", below %" PRId64 " which was synced: what follows is cut",
			      r->tail, r->mark.synced);
	for (size_t i = l->count; i-- > 0 && !err;) {
		struct segment *seg = l->segments[i];

		if (seg->start + l->segment_bytes <= r->tail)
			break;
		err = cut_segment(r, seg, seg->start > r->tail ? seg->start : r->tail);
	}
	return err;
}

/* ---- 3. queues ---- */

static int load_queue(void *ctx, struct consume_queue *q)
{
	struct recovery *r = ctx;
	int err = consume_queue_load(q, r->tail);

	if (err)
		return err;
	if (q->damaged) {
		store_finding(r->s, LMI_LOG_WARNING, "the consume queue %.*s/%d is damaged: it is rebuilt from the commit log",
			      (int)q->topic->name_bytes, q->topic->name, q->queue_id);
		r->rebuild = true;
	}
	return 0;
}

static int trim_queue(void *ctx, struct consume_queue *q)
{
	struct recovery *r = ctx;

	return q->damaged || (r->rebuild && !r->trusted) ? consume_queue_wipe(q) : consume_queue_trim(q);
}

/* The unit is in the queue's files already. */
static int is_there(const struct dispatch *d)
{
	struct queue_unit u;
	int n;

	if (!d->queue || d->queue_pos >= d->queue->end || d->queue_pos < d->queue->first)
		return 0;
	n = consume_queue_unit(d->queue, d->queue_pos, &u, true);
	return n < 0 ? n : n == 1 && u.log_pos == d->unit.log_pos;
}

static int dispatch_one(struct recovery *r, const struct lmi_record *rec)
{
	struct dispatch d;
	int err = dispatcher_describe(&r->s->dispatcher, rec, &d);

	if (!err)
		err = is_there(&d);
	if (err == 1)
		return 0;
	if (!err && d.queue)
		err = consume_queue_reserve(d.queue, 1);
	if (!err)
		err = dispatcher_take(&r->s->dispatcher, &d);
	if (err != -LMQ_ECORRUPT)
		return err < 0 ? err : 0;
	if (r->skipped++ == 0)
		store_finding(r->s, LMI_LOG_WARNING,
			      "the record at position %" PRId64 " fits no queue (topic, queue id or queue position): it is kept and not served",
			      rec->log_pos);
	return 0;
}

static int dispatch_walked(struct recovery *r)
{
	struct log_scan scan;
	struct lmi_record rec;
	int64_t from = r->rebuild ? commit_log_min(&r->s->log) : r->from, next = from + PROGRESS_EVERY;
	int res, err = 0;

	log_scan_init(&scan, &r->s->log, from, r->tail, false);
	while (!err && (res = log_scan_next(&scan, &rec)) == LOG_SCAN_RECORD) {
		err = dispatch_one(r, &rec);
		progress(r, scan.pos, &next);
	}
	log_scan_done(&scan);
	return err ? err : res < 0 ? res : 0;
}

static int show_queue(void *ctx, struct consume_queue *q)
{
	(void)ctx;
	q->next = q->visible = q->end;
	return 0;
}

static int recover_queues(struct recovery *r)
{
	struct queue_table *t = &r->s->queues;
	int err = queue_table_scan(t);

	if (!err)
		err = queue_table_each(t, load_queue, r);
	if (!err && t->queue_count == 0 && r->tail > commit_log_min(&r->s->log))
		r->rebuild = true; /* no index at all beside a log */
	if (!err)
		err = queue_table_each(t, trim_queue, r);
	if (!err)
		err = dispatch_walked(r);
	return err ? err : queue_table_each(t, show_queue, NULL);
}

/* ---- 4. going on ---- */

/* What was found in the cache may never have reached the disk. */
static int sync_walked(struct recovery *r)
{
	struct commit_log *l = &r->s->log;

	for (size_t i = 0; i < l->count; i++) {
		struct segment *seg = l->segments[i];
		struct disk_file *f;
		int err;

		if (seg->start + l->segment_bytes <= r->from || seg->start >= r->tail)
			continue;
		err = commit_log_file(l, seg, true, &f);
		if (!err)
			err = f->ops->sync_data(f);
		if (err)
			return err;
	}
	return 0;
}

static int start_mark(struct recovery *r)
{
	struct store *s = r->s;
	int64_t queues_pos = r->rebuild ? commit_log_min(&s->log) : r->from;
	struct store_mark m = {
		.synced = r->tail,
		.queues_pos = queues_pos,
		.last_pos = r->last_pos,
		.log_ms = s->checkpoint.log_ms,
		.queues_ms = s->checkpoint.queues_ms,
		.old_log_ms = s->checkpoint.log_ms,
		.old_queues_ms = s->checkpoint.queues_ms,
	};
	int err;

	s->queues_pos = queues_pos;
	err = store_mark_open(&s->mark, s->cfg.disk, &m, r->sequence);
	return err ? err : store_mark_start(&s->mark, &m);
}

static void set_marks(struct recovery *r)
{
	struct store *s = r->s;

	s->log.appended = s->log.written = s->log.synced = r->tail;
	s->log.last_pos = r->last_pos;
	s->log.last_store_ms = r->last_ms;
	s->dispatched = s->want_sync = r->tail;
	s->dispatched_ms = s->synced_ms = s->last_ms = r->last_ms;
}

int store_recover(struct store *s, bool aborted, char **out_why)
{
	struct recovery r = { .s = s, .out_why = out_why, .aborted = aborted, .last_pos = -1 };
	struct disk *d = s->cfg.disk;
	int err = checkpoint_read(d, &s->checkpoint);

	if (!err)
		err = store_mark_read(d, &r.mark, &r.sequence);
	r.trusted = r.sequence > 0 && store_mark_fits(&r.mark, s->checkpoint.log_ms, s->checkpoint.queues_ms);
	if (!err) {
		choose_begin(&r);
		err = find_tail(&r);
	}
	/* Nothing whole where a trusted mark began: believe the files alone. */
	if (!err && r.trusted && r.last_pos < 0 && r.mark.last_pos >= 0) {
		r.trusted = false;
		choose_begin(&r);
		err = find_tail(&r);
	}
	if (!err)
		err = cut_behind_tail(&r);
	set_marks(&r); /* reading is allowed below written from here on */
	if (!err)
		err = sync_walked(&r);
	if (!err)
		err = recover_queues(&r);
	if (!err)
		err = start_mark(&r);
	if (err && out_why && !*out_why)
		return why(out_why, err, "recovery of the store failed: %s", lmi_strerror(err));
	if (!err && aborted && r.tail > 0)
		store_finding(s, LMI_LOG_NOTICE, "recovered after an unclean stop: the commit log ends at %" PRId64 ", looked at from %" PRId64,
			      r.tail, r.from);
	return err;
}
