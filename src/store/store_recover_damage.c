/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damage in what is known to have been synced: bridged in the log, and forgotten by the queues without giving a position
 * away.  Where a Java broker cuts the log at the first such place, the records behind it stay here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "store/log_damage.h"
#include "store/store_recover.h"

#define WHOSE_MAX (8 * 1024 * 1024) /* a record to look at for its queue */

static int remember(struct recovery *r, int64_t from, int64_t to)
{
	if (r->damage_n == r->damage_cap) {
		size_t cap = r->damage_cap ? 2 * r->damage_cap : 8;
		struct log_range *grown = realloc(r->damages, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		r->damages = grown;
		r->damage_cap = cap;
	}
	r->damages[r->damage_n++] = (struct log_range){ .from = from, .to = to };
	r->lost_bytes += to - from;
	return 0;
}

/** When only the body is damaged, the record still tells its place. */
static void look_whose(struct recovery *r, int64_t from, int64_t to)
{
	uint8_t *mem = to - from <= WHOSE_MAX ? malloc((size_t)(to - from)) : NULL;
	struct lmi_record rec;
	if (mem && commit_log_read(&r->s->log, from, mem, (size_t)(to - from), true) == 0 &&
	    lmi_record_decode(lmi_span(mem, (size_t)(to - from)), &rec) == 0 && rec.log_pos == from)
		store_recover_lost(r, &rec);
	free(mem);
}

/** Damage that was bridged before and is there again is a disk that does not keep what is written. */
static bool was_bridged(const struct recovery *r, int64_t pos)
{
	for (size_t i = 0; i < r->damage_n; i++)
		if (pos >= r->damages[i].from && pos < r->damages[i].to)
			return true;
	return false;
}

int store_recover_bridge(struct recovery *r, struct log_scan *scan, int64_t limit)
{
	struct store *s = r->s;
	struct log_scan look;
	struct log_damage_bridge b = { .from = scan->pos, .store_ms = s->log.last_store_ms, .store_host = s->cfg.store_host };
	log_scan_init(&look, &s->log, b.from, INT64_MAX, s->cfg.check_crc);
	int err = was_bridged(r, b.from) ? -EIO : log_damage_end(&look, b.from, limit, &b.to);
	log_scan_done(&look);
	if (!err) {
		look_whose(r, b.from, b.to);
		err = log_damage_bridge(&s->log, &b);
	}
	if (!err)
		err = remember(r, b.from, b.to);
	if (err)
		return why(r->out_why, err, "the commit log is damaged at %" PRId64 " and cannot be mended there: %s", b.from,
			   lmi_strerror(err));
	store_finding(s, LMI_LOG_ERR,
		      "the commit log is damaged from %" PRId64 " to %" PRId64 ", below %" PRId64 " which is known to have been synced: these %" PRId64 " bytes were saved to %s/%020" PRId64 " and bridged, the messages in them are lost, those behind them are kept",
		      b.from, b.to, limit, b.to - b.from, STORE_CUT_FOLDER, b.from);
	scan->n = 0; /* what it has read ahead is no longer so */
	return 0;
}

/* ---- the queues ---- */

static int lose_in_queue(void *ctx, struct consume_queue *q)
{
	struct recovery *r = ctx;
	int err = 0;
	for (size_t i = 0; !err && i < r->damage_n; i++)
		err = consume_queue_lose(q, r->damages[i].from, r->damages[i].to);
	if (!err && q->taken > q->end) {
		err = consume_queue_skip_to(q, q->taken);
		if (err == -LMQ_ECORRUPT)
			err = 0; /* a position that cannot be right */
	}
	return err ? why(r->out_why, err, "consumequeue/%s/%d cannot be brought in line with the log: %s", q->topic->name,
			 (int)q->queue_id, lmi_strerror(err))
		   : 0;
}

int store_recover_lose(struct recovery *r)
{
	return r->damage_n ? queue_table_each(&r->s->queues, lose_in_queue, r) : 0;
}
