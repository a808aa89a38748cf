/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a stop or a crash left to a state that can go on.  Rule: DefaultMessageStore.recover, CommitLog.recoverNormally
 * and recoverAbnormally; where it goes beyond them, the reason stands beside it.
 *
 * The log is the truth.  Its tail is the first position at which there is no whole record; what lies behind is saved aside
 * and zeroed (log_cut.c).  Queue units are believed below the position up to which they are known to be synced, everything
 * above is dispatched again from the log; a queue that does not agree with the log is rebuilt from it.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "store/log_cut.h"
#include "store/planted.h"
#include "store/store_recover.h"

#define PROGRESS_BYTES (16 * 1024 * 1024)

/* ---- where to begin ---- */

static void take_checkpoint_of_mark(struct recovery *r)
{
	struct store *s = r->s;
	s->checkpoint.log_ms = r->mark.log_ms;
	s->checkpoint.queues_ms = r->mark.queues_ms;
	if (r->mark.log_ms || r->mark.queues_ms)
		store_finding(s, LMI_LOG_WARNING, "the file checkpoint is missing, short or not to be believed: made anew from lightmq.mark");
}

static int read_marks(struct recovery *r)
{
	struct store *s = r->s;
	bool found;
	int err = checkpoint_read(s->cfg.disk, &s->checkpoint, &found);
	if (!err)
		err = store_mark_read(s->cfg.disk, &r->mark, &r->mark_sequence);
	if (!err)
		err = queue_list_read(s->cfg.disk, &r->list);
	if (err)
		return why(r->out_why, err, "checkpoint, lightmq.mark or lightmq.queues cannot be read: %s", lmi_strerror(err));
	r->log_min = commit_log_min(&s->log);
	if (!found && r->mark_sequence)
		take_checkpoint_of_mark(r); /* a Java broker that ran since would have left one */
	else if (!found && s->log.count)
		store_finding(s, LMI_LOG_WARNING, "the file checkpoint is missing, short or not to be believed: all of the log is looked at");
	bool fits = r->mark_sequence && store_mark_fits(&r->mark, s->checkpoint.log_ms, s->checkpoint.queues_ms);
	if (fits && r->mark.synced > commit_log_end(&s->log))
		return why(r->out_why, -LMQ_ECORRUPT,
			   "the commit log ends at %" PRId64 " but was synced up to %" PRId64 ": the last files of commitlog/ are missing; bring them back, or remove lightmq.mark to go on without what they held",
			   commit_log_end(&s->log), r->mark.synced);
	r->mark_ok = fits && r->mark.synced >= r->log_min;
	return 0;
}

/** 1 when the segment begins with a whole record, 0 when not, or -errno. */
static int first_record(struct recovery *r, size_t i, int64_t *out_ms)
{
	struct log_scan scan;
	struct lmi_record rec;
	log_scan_init(&scan, &r->s->log, 0, INT64_MAX, r->s->cfg.check_crc);
	int res = log_scan_one(&scan, r->s->log.segments[i]->start, &rec);
	if (res == LOG_SCAN_RECORD)
		*out_ms = rec.store_ms;
	log_scan_done(&scan);
	return res < 0 ? res : res == LOG_SCAN_RECORD;
}

/**
 * The last segment that begins with a record stored no later than @ms_max, at or below @pos_max; the first one if none.
 * Rule: isMappedFileMatchedRecover.
 */
static int last_segment_before(struct recovery *r, int64_t ms_max, int64_t pos_max, int64_t *out)
{
	struct commit_log *l = &r->s->log;
	*out = r->log_min;
	for (size_t i = l->count; i-- > 0;) {
		int64_t ms = 0;
		int res = l->segments[i]->start <= pos_max ? first_record(r, i, &ms) : 0;
		if (res < 0)
			return res;
		if (res && ms != 0 && ms <= ms_max) {
			*out = l->segments[i]->start;
			break;
		}
	}
	return 0;
}

/** After a crash units below the result are synced; everything from there on is looked at and dispatched again. */
static int begin_after_crash(struct recovery *r)
{
	if (r->mark_ok) {
		r->scan_from = r->mark.queues_pos > r->log_min ? r->mark.queues_pos : r->log_min;
		return 0;
	}
	/* Of two that contradict the older one is safe. */
	struct checkpoint c = r->s->checkpoint;
	if (r->mark_sequence && r->mark.old_log_ms < c.log_ms)
		c.log_ms = r->mark.old_log_ms;
	if (r->mark_sequence && r->mark.old_queues_ms < c.queues_ms)
		c.queues_ms = r->mark.old_queues_ms;
	return last_segment_before(r, checkpoint_min_ms(&c), INT64_MAX, &r->scan_from);
}

/** True when the mark of a clean stop says where the tail is and the log agrees: its last record ends there. */
static bool clean_tail_known(struct recovery *r)
{
	if (!r->mark_ok || !r->mark.clean || r->mark.last_pos < r->log_min)
		return false;
	struct log_scan scan;
	struct lmi_record rec;
	log_scan_init(&scan, &r->s->log, 0, INT64_MAX, true);
	bool ok = log_scan_one(&scan, r->mark.last_pos, &rec) == LOG_SCAN_RECORD;
	int64_t end = ok ? r->mark.last_pos + rec.total : 0;
	if (ok && end != r->mark.synced) { /* or a blank record closes its segment there */
		scan.pos = end;
		scan.end = r->mark.synced;
		ok = log_scan_next(&scan, &rec) == LOG_SCAN_END && scan.pos == r->mark.synced;
	}
	log_scan_done(&scan);
	return ok;
}

/** After a clean stop the queues are complete up to the highest unit; mostly nothing is left to scan. */
static int begin_after_stop(struct recovery *r, bool tail_known)
{
	int64_t dispatched = store_recover_dispatched(r);
	r->take_from = dispatched;
	/* No unit at all beside a log: the queues were lost, however clean the stop was. */
	if (tail_known && (dispatched > r->log_min || r->list.count)) {
		r->scan_from = r->mark.synced;
		if (r->take_from < r->scan_from)
			r->take_from = r->scan_from; /* the records between are in no queue */
		return 0;
	}
	return last_segment_before(r, INT64_MAX, dispatched, &r->scan_from);
}

/* ---- scanning ---- */

void store_recover_progress(struct recovery *r, int64_t pos, int64_t total)
{
	if (!r->s->cfg.on_progress || pos - r->progress < PROGRESS_BYTES)
		return;
	r->progress = pos;
	r->s->cfg.on_progress(r->s->cfg.user, pos - r->scan_from, total - r->scan_from);
}

static void remember_last(struct recovery *r, const struct lmi_record *rec)
{
	r->s->log.last_pos = rec->log_pos;
	r->s->log.last_store_ms = rec->store_ms;
	if (rec->store_ms > r->s->log.recovered_late_ms)
		r->s->log.recovered_late_ms = rec->store_ms;
}

/** What a sync has covered is whole; of what we have written since something may lack.  Without a mark it was not us. */
static int64_t torn_from(const struct recovery *r)
{
	return r->mark_ok ? r->mark.synced : INT64_MAX;
}

/** From scan_from to the first position without a whole record: the tail. */
static int scan_log(struct recovery *r)
{
	struct log_scan scan;
	struct lmi_record rec;
	bool whole_log = r->scan_from == r->log_min && r->take_from <= r->log_min;
	int64_t end = commit_log_end(&r->s->log);
	int res;
	log_scan_init(&scan, &r->s->log, r->scan_from, INT64_MAX, r->s->cfg.check_crc);
	scan.torn_from = torn_from(r);
	for (;;) {
		res = log_scan_next(&scan, &rec);
		if (res == LOG_SCAN_BAD && r->mark_ok && scan.pos < r->mark.synced) {
			int err = store_recover_bridge(r, &scan, r->mark.synced);
			if (err) {
				log_scan_done(&scan);
				return err;
			}
			continue;
		}
		if (res != LOG_SCAN_RECORD)
			break;
		r->records++;
		remember_last(r, &rec);
		int err = rec.log_pos >= r->take_from ? store_recover_take(r, &rec, whole_log) : 0;
		if (err) {
			res = err;
			break;
		}
		store_recover_progress(r, scan.pos, end);
	}
	r->tail = STORE_PLANTED_IS(PLANT_CUT_SHORT) && r->s->log.last_pos > r->scan_from ? r->s->log.last_pos : scan.pos;
	log_scan_done(&scan);
	return res < 0 ? why(r->out_why, res, "the commit log cannot be read at %" PRId64 ": %s", r->tail, lmi_strerror(res)) : 0;
}

/* ---- the tail ---- */

static int cut(struct recovery *r)
{
	struct store *s = r->s;
	struct log_cut_result got;
	assert(!r->mark_ok || r->tail >= r->mark.synced || STORE_PLANTED_IS(PLANT_CUT_SHORT));
	int err = log_cut(&s->log, r->tail, &got);
	if (err)
		return why(r->out_why, err, "the commit log's tail at %" PRId64 " cannot be cleared: %s", r->tail,
			   lmi_strerror(err));
	if (got.bytes || got.segments)
		store_finding(s, LMI_LOG_WARNING,
			      "the commit log ends at %" PRId64 ": %" PRId64 " bytes and %u segments behind it, not whole and never acknowledged as synced, were saved to %s",
			      r->tail, got.bytes, got.segments, STORE_CUT_FOLDER);
	s->log.appended = s->log.written = s->log.synced = r->tail;
	return 0;
}

/** The recovered bytes are in the page cache perhaps, and nowhere else: sync them before anybody sees them. */
static int sync_tail(struct recovery *r)
{
	struct commit_log *l = &r->s->log;
	int64_t from = r->mark_ok ? r->mark.synced : r->scan_from;
	for (int64_t pos = from; pos < r->tail; pos += l->segment_bytes - pos % l->segment_bytes) {
		struct disk_file *f;
		int err = commit_log_file(l, commit_log_segment(l, pos), true, &f);
		if (!err)
			err = f->ops->sync_data(f);
		if (err)
			return why(r->out_why, err, "the commit log cannot be synced: %s", lmi_strerror(err));
	}
	return 0;
}

/** Pages that a failed sync left in the cache look well and never reached the disk: have them read again. */
static void drop_cached_tail(struct recovery *r)
{
	struct commit_log *l = &r->s->log;
	int64_t from = r->mark_ok ? r->mark.synced : r->scan_from;
	for (size_t i = 0; i < l->count; i++) {
		struct segment *seg = l->segments[i];
		struct disk_file *f;
		if (seg->start + l->segment_bytes <= from || commit_log_file(l, seg, true, &f) != 0)
			continue;
		(void)f->ops->drop_cache(f, from > seg->start ? from - seg->start : 0, 0);
	}
}

static int open_queue(void *ctx, struct consume_queue *q)
{
	(void)ctx;
	q->next = q->visible = q->end;
	return 0;
}

/* ---- all of it ---- */

static int after_crash(struct recovery *r)
{
	int err = begin_after_crash(r);
	r->take_from = r->scan_from;
	drop_cached_tail(r);
	if (!err)
		err = store_recover_load(r, r->scan_from, false);
	if (!err)
		err = scan_log(r);
	return err ? err : cut(r);
}

static int after_stop(struct recovery *r)
{
	bool known = clean_tail_known(r);
	int err = store_recover_load(r, commit_log_end(&r->s->log), known && r->list.mem && r->list.log_end == r->mark.synced);
	if (!err)
		err = begin_after_stop(r, known);
	if (!err)
		err = scan_log(r);
	if (!err)
		err = cut(r);
	return err ? err : store_recover_drop_beyond(r);
}

/** Start from what was found: nothing is older in any file than what the mark and the checkpoint say from now on. */
static int settle(struct recovery *r)
{
	struct store *s = r->s;
	s->dispatched = r->tail;
	s->synced_ms = s->dispatched_ms = s->log.last_store_ms;
	if (s->synced_ms < s->checkpoint.log_ms)
		s->synced_ms = s->checkpoint.log_ms;
	if (s->dispatched_ms < s->checkpoint.queues_ms)
		s->dispatched_ms = s->checkpoint.queues_ms;
	s->last_ms = s->synced_ms;
	if (s->log.last_pos < 0 && r->mark_ok && r->mark.synced == r->tail)
		s->log.last_pos = r->mark.last_pos; /* nothing was scanned */
	r->mark.synced = r->tail;
	r->mark.last_pos = s->log.last_pos;
	if (!r->mark_ok) {
		r->mark.queues_pos = r->scan_from < r->tail ? r->scan_from : r->tail;
		r->mark.log_ms = r->mark.old_log_ms = s->checkpoint.log_ms;
		r->mark.queues_ms = r->mark.old_queues_ms = s->checkpoint.queues_ms;
	}
	s->queues_pos = r->mark.queues_pos;
	queue_table_each(&s->queues, open_queue, NULL);
	int err = store_mark_open(&s->mark, s->cfg.disk, &r->mark, r->mark_sequence);
	if (!err)
		err = store_mark_start(&s->mark, &r->mark);
	if (!err)
		err = s->cfg.disk->ops->sync_folder(s->cfg.disk, "."); /* its name, if it is new */
	if (!err)
		err = store_flush_all(s);
	return err ? why(r->out_why, err, "queue files, checkpoint or lightmq.mark cannot be written: %s", lmi_strerror(err)) : 0;
}

int store_recover(struct store *s, bool aborted, char **out_why)
{
	/* Without a log no unit is to be believed: the same as after a crash at its very beginning. */
	struct recovery r = { .s = s, .aborted = aborted || !s->log.count, .out_why = out_why };
	(void)s->cfg.disk->ops->unlink(s->cfg.disk, SEGMENT_ASIDE);
	int err = read_marks(&r);
	if (!err)
		err = r.aborted ? after_crash(&r) : after_stop(&r);
	if (!err)
		err = store_recover_rebuild(&r);
	if (!err)
		err = store_recover_lose(&r);
	if (!err)
		err = store_recover_index(&r);
	if (!err)
		err = sync_tail(&r);
	if (!err)
		err = settle(&r);
	queue_list_done(&r.list);
	free(r.damages);
	if (err)
		return err;
	if (r.odd)
		store_finding(s, LMI_LOG_WARNING, "%" PRIu64 " of %" PRIu64 " records scanned have a topic or queue position that cannot be right: they are in no queue",
			      r.odd, r.records);
	if (aborted)
		store_finding(s, LMI_LOG_NOTICE, "the last run did not stop cleanly: %" PRIu64 " records from %" PRId64 " to %" PRId64 " were checked",
			      r.records, r.scan_from, r.tail);
	return 0;
}
