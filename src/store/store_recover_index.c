/* SPDX-License-Identifier: Apache-2.0 */
/* The key index's part of recovery: what the files lack is added from the log. */
#include <errno.h>
#include <inttypes.h>

#include "store/store_recover.h"

static int64_t record_ms(void *ctx, int64_t log_pos)
{
	struct recovery *r = ctx;
	struct log_scan scan;
	struct lmi_record rec;
	log_scan_init(&scan, &r->s->log, 0, INT64_MAX, false);
	bool there = log_scan_one(&scan, log_pos, &rec) == LOG_SCAN_RECORD;
	int64_t ms = there ? rec.store_ms : -1;
	log_scan_done(&scan);
	return ms;
}

/** Memory for keys is bounded here too. */
static int take(struct recovery *r, const struct lmi_record *rec)
{
	struct key_index *ix = &r->s->index;
	int err = key_index_reserve(ix, rec->props.n);
	if (err)
		return err;
	key_index_add(ix, rec->topic, rec->props, rec->sysflag, rec->log_pos, rec->store_ms);
	key_index_turn_over(ix);
	if (!key_index_urgent(ix))
		return 0;
	return key_index_flush(ix, lmi_wall_ms(r->s->cfg.clock), r->log_min);
}

static int add_from(struct recovery *r, int64_t from, uint64_t *out_records)
{
	struct log_scan scan;
	struct lmi_record rec;
	int err = 0, res = LOG_SCAN_END;
	log_scan_init(&scan, &r->s->log, from, r->tail, false);
	r->progress = from;
	while (!err && (res = log_scan_next(&scan, &rec)) == LOG_SCAN_RECORD) {
		*out_records += 1;
		err = take(r, &rec);
		store_recover_progress(r, scan.pos, r->tail);
	}
	if (res == LOG_SCAN_BAD)
		store_finding(r->s, LMI_LOG_WARNING, "the key index lacks the keys of records from %" PRId64 " on: there is no whole record",
			      scan.pos);
	log_scan_done(&scan);
	return err ? err : res < 0 ? res : 0;
}

/* What was found. */
struct found {
	unsigned int gone;
	bool none;       /* no file was there, or believed */
	char what[256];
};

static void say(struct recovery *r, const struct found *f, int64_t from, uint64_t records)
{
	if (f->gone)
		store_finding(r->s, LMI_LOG_WARNING, "%u files of the key index were not believed (%s): rebuilt from %" PRIu64 " records of the log from %" PRId64 " on",
			      f->gone, f->what, records, from);
	else if (*f->what)
		store_finding(r->s, LMI_LOG_WARNING, "%s: completed from %" PRIu64 " records of the log from %" PRId64 " on", f->what,
			      records, from);
	else if (f->none && records && !r->mark.index.on)
		store_finding(r->s, LMI_LOG_NOTICE, "there was no key index: made from %" PRIu64 " records of the log", records);
}

int store_recover_index(struct recovery *r)
{
	struct store *s = r->s;
	struct store_mark_index *marked = &r->mark.index;
	struct key_index_known known = {
		.marked = r->mark_ok && marked->on,
		.reach = { .name = marked->name, .count = marked->count },
		.crashed = r->aborted,
		.checkpoint_ms = s->checkpoint.index_ms,
		.log_min = r->log_min,
		.tail = r->tail,
	};
	if (!s->index.enabled) {
		marked->on = false;
		return 0;
	}
	known.clean = known.marked && r->mark.clean && !r->aborted && r->mark.synced == r->tail;
	known.pos = known.clean || r->mark.queues_pos > r->tail ? r->tail : r->mark.queues_pos;
	struct found f = { 0 };
	int64_t from = 0;
	uint64_t records = 0;
	int err = key_index_load(&s->index, &known, record_ms, r, &from, &f.gone, f.what);
	if (err)
		return why(r->out_why, err, "the files of " KEY_INDEX_FOLDER "/ cannot be read or brought in line with the log: %s",
			   lmi_strerror(err));
	/* From here on the mark tells of what the files hold now, or of nothing. */
	struct key_index_reach reach = key_index_reach(&s->index);
	bool covered = (known.marked && from == known.pos) || (!s->index.count && r->log_min == r->tail); /* of nothing, all */
	*marked = (struct store_mark_index){ .on = covered, .name = reach.name, .count = reach.count };
	s->checkpoint.index_ms = reach.full_ms;
	f.none = !s->index.count;
	err = add_from(r, from, &records);
	say(r, &f, from, records);
	return err ? why(r->out_why, err, "the key index cannot be completed from the log: %s", lmi_strerror(err)) : 0;
}
