/* SPDX-License-Identifier: Apache-2.0 */
/* The queues' half of recovery. */
#include <errno.h>

#include "store/queue_files.h"
#include "store/store_recover.h"

static int say_queue(struct recovery *r, int err, const struct consume_queue *q, const char *what)
{
	return why(r->out_why, err, "consumequeue/%s/%d %s: %s", q->topic->name, (int)q->queue_id, what, lmi_strerror(err));
}

static int trim(struct recovery *r, struct consume_queue *q)
{
	int err = consume_queue_trim(q);
	return err ? say_queue(r, err, q, "cannot be brought in line with the log") : 0;
}

/* ---- loading ---- */

struct load {
	struct recovery *r;
	struct log_scan scan;
	int64_t bound;
};

/** True when the last unit's record says the same. */
static bool last_unit_agrees(struct load *l, struct consume_queue *q)
{
	struct queue_unit u;
	struct lmi_record rec;
	if (q->end == q->first)
		return true;
	if (consume_queue_unit(q, q->end - 1, &u, true) != 1)
		return false;
	if (queue_unit_hole(&u) || queue_unit_gone(&u) || u.log_pos < l->r->log_min)
		return true; /* its record is gone */
	return log_scan_one(&l->scan, u.log_pos, &rec) == LOG_SCAN_RECORD && (int32_t)rec.total == u.bytes &&
	       rec.queue_pos == q->end - 1 && rec.queue_id == q->queue_id &&
	       lmi_span_eq(rec.topic, queue_topic_span(q->topic));
}

static int load_queue(void *ctx, struct consume_queue *q)
{
	struct load *l = ctx;
	if (q->known)
		return 0;
	int err = consume_queue_load(q, l->bound, l->r->aborted);
	if (err)
		return say_queue(l->r, err, q, "cannot be read");
	if (!q->damaged && l->r->aborted && l->r->mark_ok) {
		err = consume_queue_peek(q, l->r->mark.synced);
		if (err)
			return say_queue(l->r, err, q, "cannot be read");
	}
	if (!q->damaged && !last_unit_agrees(l, q))
		q->damaged = true;
	if (q->damaged || (!l->r->aborted && !q->stale))
		return 0;
	return trim(l->r, q);
}

/** All files that hold units are there and whole. */
static bool files_are_whole(const struct consume_queue *q)
{
	char path[QUEUE_PATH_MAX];
	struct disk_stat st;
	struct disk *d = q->shared->disk;
	int64_t at = q->first * QUEUE_UNIT_BYTES, end = q->end * QUEUE_UNIT_BYTES;
	for (at -= at % q->shared->file_bytes; at < end; at += q->shared->file_bytes) {
		consume_queue_path(q, at, path);
		if (d->ops->stat(d, path, &st) != 0 || st.is_folder || st.bytes != q->shared->file_bytes)
			return false;
	}
	return true;
}

static bool is_as_listed(struct consume_queue *q, const struct queue_list_entry *e)
{
	uint32_t crc = 0;
	if (e->log_end < 0 || !files_are_whole(q))
		return false;
	bool same = !e->crc || (queue_list_crc(q, &crc) == 0 && crc == e->crc);
	q->verified = e->crc && same;
	queue_files_forget(q->shared->files, q); /* nobody may ask for this queue for long */
	return same;
}

/** Take over what the list says, where the files do not contradict: nothing of the queue is opened. */
static int know_by_list(struct recovery *r)
{
	struct queue_list_entry e;
	for (size_t at = 0; queue_list_next(&r->list, &at, &e);) {
		struct consume_queue *q;
		int err = queue_table_make(&r->s->queues, e.topic, e.queue_id, &q);
		if (err == -LMQ_EILLEGAL)
			continue;
		if (err)
			return err;
		q->first = e.first;
		q->flushed = q->end = q->next = q->visible = e.end;
		q->log_end = e.log_end;
		q->known = true;
		q->damaged = !is_as_listed(q, &e);
	}
	return 0;
}

/** After a crash the list is older than the queues: one that ends before what it says has lost units. */
static int compare_with_list(struct recovery *r, int64_t log_bound)
{
	struct queue_list_entry e;
	if (r->list.log_end > log_bound)
		return 0;
	for (size_t at = 0; queue_list_next(&r->list, &at, &e);) {
		struct consume_queue *q;
		int err = queue_table_make(&r->s->queues, e.topic, e.queue_id, &q);
		if (err && err != -LMQ_EILLEGAL)
			return err;
		if (!err && q->end < e.end)
			q->damaged = true;
	}
	return 0;
}

int store_recover_load(struct recovery *r, int64_t log_bound, bool by_list)
{
	struct load l = { .r = r, .bound = log_bound };
	int err = queue_table_scan(&r->s->queues);
	if (err)
		return why(r->out_why, err, "consumequeue/ cannot be read: %s", lmi_strerror(err));
	if (by_list)
		err = know_by_list(r);
	log_scan_init(&l.scan, &r->s->log, 0, INT64_MAX, false);
	if (!err)
		err = queue_table_each(&r->s->queues, load_queue, &l);
	log_scan_done(&l.scan);
	if (!err && !by_list)
		err = compare_with_list(r, log_bound);
	return err;
}

static int drop_beyond(void *ctx, struct consume_queue *q)
{
	struct recovery *r = ctx;
	if (q->damaged || q->log_end <= r->tail)
		return 0;
	int err = consume_queue_load(q, r->tail, false);
	return err ? say_queue(r, err, q, "cannot be read") : trim(r, q);
}

int store_recover_drop_beyond(struct recovery *r)
{
	return queue_table_each(&r->s->queues, drop_beyond, r);
}

static int max_log_end(void *ctx, struct consume_queue *q)
{
	int64_t *max = ctx;
	if (!q->damaged && q->log_end > *max)
		*max = q->log_end;
	return 0;
}

int64_t store_recover_dispatched(struct recovery *r)
{
	int64_t max = r->log_min;
	queue_table_each(&r->s->queues, max_log_end, &max);
	return max;
}

/* ---- dispatching ---- */

/** Unit memory is bounded in recovery too. */
static int flush_if_many(struct recovery *r)
{
	return r->s->queues.shared.buffered > STORE_BUFFERED_FLUSH ? store_flush_queues(r->s) : 0;
}

static int dispatch(struct recovery *r, const struct dispatch *d)
{
	int err = consume_queue_reserve(d->queue, 1);
	if (err)
		return err;
	int taken = dispatcher_take(&r->s->dispatcher, d);
	if (taken == DISPATCHER_REPEATED || taken == -LMQ_ECORRUPT) {
		r->odd++;
		return 0;
	}
	return taken < 0 ? taken : flush_if_many(r);
}

/** What the record is to the queues; false when to none of them. */
static int describe(struct recovery *r, const struct lmi_record *rec, struct dispatch *out)
{
	int err = dispatcher_describe(&r->s->dispatcher, rec, out);
	if (err == -LMQ_ECORRUPT) {
		r->odd++;
		out->queue = NULL;
		return 0;
	}
	return err;
}

int store_recover_take(struct recovery *r, const struct lmi_record *rec, bool whole_log)
{
	struct dispatch d;
	int err = describe(r, rec, &d);
	if (err || !d.queue || d.queue->damaged)
		return err;
	int64_t gap = d.queue_pos - d.queue->end;
	if (!whole_log && gap > r->lost_bytes / LMI_RECORD_FIXED_V4) {
		d.queue->damaged = true; /* units before the scan are missing */
		return 0;
	}
	return dispatch(r, &d);
}

void store_recover_lost(struct recovery *r, const struct lmi_record *rec)
{
	struct dispatch d;
	if (describe(r, rec, &d) == 0 && d.queue && d.queue->taken <= d.queue_pos)
		d.queue->taken = d.queue_pos + 1;
}

/* ---- rebuilding ---- */

static int empty_damaged(void *ctx, struct consume_queue *q)
{
	struct recovery *r = ctx;
	if (!q->damaged)
		return 0;
	r->rebuilt++;
	int err = consume_queue_wipe(q);
	q->damaged = true;
	return err ? say_queue(r, err, q, "cannot be removed to be built anew") : 0;
}

static int clear_damaged(void *ctx, struct consume_queue *q)
{
	(void)ctx;
	q->damaged = false;
	return 0;
}

static int take_if_damaged(struct recovery *r, const struct lmi_record *rec)
{
	struct dispatch d;
	int err = describe(r, rec, &d);
	if (err || !d.queue || !d.queue->damaged)
		return err;
	err = dispatch(r, &d);
	d.queue->damaged = true; /* a queue that begins again is wiped and forgets it */
	return err;
}

static int scan_for_damaged(struct recovery *r)
{
	struct log_scan scan;
	struct lmi_record rec;
	int res = 0, err = 0;
	log_scan_init(&scan, &r->s->log, r->log_min, r->tail, r->s->cfg.check_crc);
	r->progress = 0;
	do {
		res = log_scan_next(&scan, &rec);
		if (res == LOG_SCAN_BAD)
			err = store_recover_bridge(r, &scan, r->tail);
		else if (res == LOG_SCAN_RECORD)
			err = take_if_damaged(r, &rec);
		store_recover_progress(r, scan.pos, r->tail);
	} while (!err && (res == LOG_SCAN_RECORD || res == LOG_SCAN_BAD));
	if (!err && res < 0)
		err = why(r->out_why, res, "the commit log cannot be read at %lld: %s", (long long)scan.pos, lmi_strerror(res));
	log_scan_done(&scan);
	return err;
}

/** A queue whose last records are gone: at least their positions are not given out again. */
static int go_on_where_listed(struct recovery *r)
{
	struct queue_list_entry e;
	for (size_t at = 0; queue_list_next(&r->list, &at, &e);) {
		struct consume_queue *q = queue_table_get(&r->s->queues, e.topic, e.queue_id);
		if (!q || !q->damaged || e.end <= q->end)
			continue;
		int err = consume_queue_skip_to(q, e.end);
		if (err && err != -LMQ_ECORRUPT)
			return err;
	}
	return 0;
}

int store_recover_rebuild(struct recovery *r)
{
	int err = queue_table_each(&r->s->queues, empty_damaged, r);
	if (err || !r->rebuilt)
		return err;
	err = scan_for_damaged(r);
	if (!err)
		err = go_on_where_listed(r);
	queue_table_each(&r->s->queues, clear_damaged, NULL);
	store_finding(r->s, LMI_LOG_WARNING, "%u consume queues did not agree with the commit log and were rebuilt from it",
		      (unsigned int)r->rebuilt);
	return err;
}
