/* SPDX-License-Identifier: Apache-2.0 */
/* Reading records, one or all of an answer.  Each is looked at before it leaves: see store_read in store.h. */
#include <assert.h>
#include <errno.h>

#include "store/store_internal.h"

/* Of a record that is to be found out about. */
#define HEAD_BYTES 36
/* Bytes between two messages of a queue that are read along, as they cost less than a call of their own: that is 0.4 us. */
#define GAP_MAX 2048
/* With them an answer's memory is no larger, so that connections keep theirs. */
#define ROOM_WITH_GAPS ((size_t)48 << 10)

int store_corrupt(struct store *s, int64_t log_pos, const char *what)
{
	for (size_t i = 0; i < STORE_TOLD_MAX; i++)
		if (s->told[i] == log_pos + 1)
			return -LMQ_ECORRUPT;
	s->told[s->told_n++ % STORE_TOLD_MAX] = log_pos + 1;
	store_finding(s, LMI_LOG_ERR, "the record at %lld of the commit log %s: it is left out of answers", (long long)log_pos, what);
	return -LMQ_ECORRUPT;
}

void store_disbelieve(struct store *s, const struct store_get *g, int err)
{
	struct consume_queue *q = err == -LMQ_ECORRUPT ? queue_table_get(&s->queues, g->topic, g->queue_id) : NULL;
	if (q && !q->verified)
		q->damaged = true;
}

/** A record's first bytes say that it is the one asked for. */
static bool is_record_at(const uint8_t *head, int64_t log_pos)
{
	uint32_t magic = lmi_get32(head + 4);
	return (magic == LMI_RECORD_MAGIC_V1 || magic == LMI_RECORD_MAGIC_V2) &&
	       (int64_t)lmi_get64(head + LMI_RECORD_AT_LOG_POS) == log_pos;
}

/** The bytes are one whole record of this place, and its body is the one that was stored. */
static bool is_record(const uint8_t *bytes, const struct store_extent *e, struct lmi_record *out)
{
	return lmi_record_decode(lmi_span(bytes, (size_t)e->bytes), out) == 0 && out->total == (uint32_t)e->bytes &&
	       out->log_pos == e->log_pos && lmi_record_check_crc(out);
}

static int read_record(struct store *s, const struct store_extent *e, uint8_t *dst, bool wait, struct lmi_record *out)
{
	if (e->bytes < (int32_t)LMI_RECORD_FIXED_V4)
		return -LMQ_ENOTFOUND;
	int err = commit_log_read(&s->log, e->log_pos, dst, (size_t)e->bytes, wait);
	if (err)
		return err;
	return is_record(dst, e, out) ? 0 : store_corrupt(s, e->log_pos, "is damaged");
}

int store_read(struct store *s, const struct store_extent *e, uint8_t *dst, bool wait)
{
	struct lmi_record rec;
	return read_record(s, e, dst, wait, &rec);
}

/* What reading message i came to; rec is set when err is 0. */
static int check_got(struct store *s, const struct store_get *g, size_t i, const struct lmi_record *rec, int err)
{
	const struct store_extent *e = &g->extents[i];
	bool right = !err && rec->queue_pos == e->queue_pos && rec->queue_id == g->queue_id && lmi_span_eq(rec->topic, g->topic);
	if (err == -LMQ_ENOTFOUND && e->log_pos >= commit_log_min(&s->log))
		err = store_corrupt(s, e->log_pos, "is not where its queue says");
	if (!err && !right)
		err = store_corrupt(s, e->log_pos, "is not the one that its queue says");
	store_disbelieve(s, g, err);
	return err;
}

int store_read_got(struct store *s, const struct store_get *g, size_t i, uint8_t *dst, bool wait)
{
	struct lmi_record rec;
	int err = read_record(s, &g->extents[i], dst, wait, &rec);
	return check_got(s, g, i, &rec, err);
}

/* ---- all of an answer ---- */

/* Messages from first on that one read brings: neighbours in the log, and what lies between them. */
struct run {
	size_t first, count;
	size_t bytes;  /* of the messages */
	size_t span;   /* with what lies between them */
};

static bool goes_on(const struct store *s, const struct store_extent *e, const struct store_extent *next)
{
	int64_t gap = next->log_pos - (e->log_pos + e->bytes);
	return gap >= 0 && gap <= GAP_MAX && next->log_pos / s->log.segment_bytes == e->log_pos / s->log.segment_bytes;
}

/* The run that begins at message i, to be read to room_at of the caller's memory. */
static struct run run_at(const struct store *s, const struct store_get *g, size_t i, size_t room_at)
{
	const struct store_extent *e = g->extents;
	struct run r = { .first = i, .count = 1, .bytes = (size_t)e[i].bytes, .span = (size_t)e[i].bytes };
	for (size_t k = i + 1; k < g->count && goes_on(s, &e[k - 1], &e[k]); k++) {
		size_t span = (size_t)(e[k].log_pos + e[k].bytes - e[i].log_pos);
		if (span > r.bytes + (size_t)e[k].bytes && room_at + span > ROOM_WITH_GAPS)
			break;
		r.count++;
		r.bytes += (size_t)e[k].bytes;
		r.span = span;
	}
	return r;
}

size_t store_got_room(const struct store *s, const struct store_get *g)
{
	size_t at = 0, room = 0;
	for (size_t i = 0; i < g->count;) {
		struct run r = run_at(s, g, i, at);
		if (at + r.span > room)
			room = at + r.span;
		at += r.bytes;
		i += r.count;
	}
	return room;
}

/* One by one: what is wrong with one of them is not wrong with the others, and what lies between need not be there. */
static int read_singly(struct store *s, const struct store_get *g, const struct run *r, uint8_t *dst, size_t *out_bad)
{
	for (size_t i = r->first; i < r->first + r->count; i++) {
		int err = store_read_got(s, g, i, dst, false);
		if (err) {
			*out_bad = i;
			return err;
		}
		dst += g->extents[i].bytes;
	}
	return 0;
}

static int read_run(struct store *s, const struct store_get *g, const struct run *r, uint8_t *dst, size_t *out_bad)
{
	const struct store_extent *e = &g->extents[r->first];
	const uint8_t *src = dst;
	if (r->count == 1 || commit_log_read(&s->log, e->log_pos, dst, r->span, false))
		return read_singly(s, g, r, dst, out_bad);
	for (size_t i = r->first; i < r->first + r->count; i++, e++) {
		struct lmi_record rec;
		src += i > r->first ? e->log_pos - e[-1].log_pos : 0;
		int err = is_record(src, e, &rec) ? 0 : store_corrupt(s, e->log_pos, "is damaged");
		err = check_got(s, g, i, &rec, err);
		if (err) {
			*out_bad = i;
			return err;
		}
		if (dst != src)
			memmove(dst, src, (size_t)e->bytes);
		dst += e->bytes;
	}
	return 0;
}

int store_read_all_got(struct store *s, const struct store_get *g, uint8_t *dst, size_t *out_bad)
{
	size_t at = 0;
	for (size_t i = 0; i < g->count;) {
		struct run r = run_at(s, g, i, at);
		int err = read_run(s, g, &r, dst + at, out_bad);
		if (err)
			return err;
		at += r.bytes;
		i += r.count;
	}
	return 0;
}

void store_get_leave_out(struct store_get *g, size_t i)
{
	g->bytes -= (size_t)g->extents[i].bytes;
	g->count--;
	memmove(&g->extents[i], &g->extents[i + 1], (g->count - i) * sizeof(g->extents[0]));
	if (g->count == 0)
		g->status = STORE_MESSAGE_WAS_REMOVING;
}

int store_record_at(struct store *s, int64_t log_pos, int32_t *out_bytes)
{
	uint8_t head[HEAD_BYTES];
	int err = commit_log_read(&s->log, log_pos, head, sizeof(head), false);
	if (err)
		return err;
	uint32_t total = lmi_get32(head);
	if (!is_record_at(head, log_pos) || total < LMI_RECORD_FIXED_V4)
		return -LMQ_ECORRUPT;
	int64_t left = s->log.segment_bytes - log_pos % s->log.segment_bytes;
	if (total > left || log_pos + total > s->log.written)
		return -LMQ_ECORRUPT;
	*out_bytes = (int32_t)total;
	return 0;
}
