/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/pop_record.h"

#include <errno.h>

#include "rules/name.h"

/* ---- writing ---- */

static size_t begin(struct lmi_buf *b, uint8_t kind)
{
	size_t at = lmi_buf_len(b);
	lmi_buf_put64(b, 0);
	lmi_buf_put8(b, kind);
	return at;
}

static void end(struct lmi_buf *b, struct pop_record_chain *c, size_t at)
{
	if (b->failed)
		return;
	uint8_t *head = lmi_buf_data(b) + at;
	size_t n = lmi_buf_len(b) - at - POP_RECORD_HEAD;
	c->sum = lmi_crc32(c->sum, head + POP_RECORD_HEAD, n);
	lmi_put32(head, (uint32_t)n);
	lmi_put32(head + 4, c->sum);
}

static void put_text(struct lmi_buf *b, struct lmi_span s)
{
	lmi_buf_put16(b, (uint16_t)s.n);
	lmi_buf_put_span(b, s);
}

void pop_record_put_queue(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_queue *q, int64_t pos)
{
	size_t at = begin(b, POP_RECORD_QUEUE);
	lmi_buf_put32(b, q->journal_ref);
	lmi_buf_put32(b, (uint32_t)q->queue_id);
	lmi_buf_put64(b, (uint64_t)pos);
	lmi_buf_put64(b, (uint64_t)q->committed);
	put_text(b, pop_queue_topic(q));
	put_text(b, pop_queue_group(q));
	end(b, c, at);
}

void pop_record_put_batch(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_batch *batch)
{
	size_t at = begin(b, POP_CHANGE_BATCH);
	lmi_buf_put32(b, batch->queue->journal_ref);
	lmi_buf_put64(b, (uint64_t)batch->queue->pop_pos);
	lmi_buf_put64(b, (uint64_t)batch->start_pos);
	lmi_buf_put64(b, (uint64_t)batch->pop_ms);
	lmi_buf_put64(b, (uint64_t)batch->invisible_ms);
	lmi_buf_put32(b, batch->open);
	lmi_buf_put8(b, batch->count);
	for (unsigned int i = 0; i < batch->count; i++)
		lmi_buf_put32(b, batch->diffs[i]);
	end(b, c, at);
}

void pop_record_put_order(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_queue *q)
{
	const struct pop_order *o = q->order;
	size_t at = begin(b, POP_CHANGE_ORDER);
	lmi_buf_put32(b, q->journal_ref);
	lmi_buf_put64(b, (uint64_t)q->pop_pos);
	lmi_buf_put8(b, o ? o->count : 0);
	if (o) {
		lmi_buf_put64(b, (uint64_t)o->pop_ms);
		lmi_buf_put64(b, (uint64_t)o->invisible_ms);
		lmi_buf_put32(b, o->open);
		put_text(b, lmi_span(o->attempt, o->attempt_bytes));
		for (unsigned int i = 0; i < o->count; i++) {
			lmi_buf_put64(b, (uint64_t)o->messages[i].pos);
			lmi_buf_put64(b, (uint64_t)o->messages[i].visible_ms);
			lmi_buf_put32(b, (uint32_t)o->messages[i].times);
		}
	}
	end(b, c, at);
}

void pop_record_put_offsets(struct lmi_buf *b, struct pop_record_chain *c, int64_t version_ms, int64_t version_count)
{
	size_t at = begin(b, POP_RECORD_OFFSETS);
	lmi_buf_put64(b, (uint64_t)version_ms);
	lmi_buf_put64(b, (uint64_t)version_count);
	end(b, c, at);
}

void pop_record_put_whole(struct lmi_buf *b, struct pop_record_chain *c)
{
	end(b, c, begin(b, POP_RECORD_WHOLE));
}

static void put_ack(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_change *change)
{
	size_t at = begin(b, POP_CHANGE_ACK);
	lmi_buf_put32(b, change->queue->journal_ref);
	lmi_buf_put64(b, (uint64_t)change->start_pos);
	lmi_buf_put64(b, (uint64_t)change->pop_ms);
	lmi_buf_put32(b, change->bits);
	end(b, c, at);
}

static void put_position(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_change *change)
{
	size_t at = begin(b, (uint8_t)change->kind);
	lmi_buf_put32(b, change->queue->journal_ref);
	if (change->kind != POP_CHANGE_FORGET)
		lmi_buf_put64(b, (uint64_t)change->pos);
	end(b, c, at);
}

void pop_record_put_change(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_change *change)
{
	switch (change->kind) {
	case POP_CHANGE_BATCH:
		pop_record_put_batch(b, c, change->batch);
		break;
	case POP_CHANGE_ACK:
		put_ack(b, c, change);
		break;
	case POP_CHANGE_ORDER:
		pop_record_put_order(b, c, change->queue);
		break;
	case POP_CHANGE_MOVE:
	case POP_CHANGE_DROP:
	case POP_CHANGE_FORGET:
		put_position(b, c, change);
		break;
	}
}

/* ---- reading ---- */

struct reader {
	struct lmi_span rest;
	bool bad; /* there were fewer bytes than asked for, or a value cannot be */
};

static const uint8_t *take(struct reader *r, size_t n)
{
	static const uint8_t nothing[8];
	if (r->rest.n < n) {
		r->bad = true;
		return nothing;
	}
	const uint8_t *p = r->rest.p;
	r->rest = lmi_span(p + n, r->rest.n - n);
	return p;
}

static uint8_t get8(struct reader *r)
{
	return *take(r, 1);
}

static uint32_t get32(struct reader *r)
{
	return lmi_get32(take(r, 4));
}

static int64_t get64(struct reader *r)
{
	return (int64_t)lmi_get64(take(r, 8));
}

static struct lmi_span get_text(struct reader *r, size_t max)
{
	size_t n = lmi_get16(take(r, 2));
	if (n > max || n > r->rest.n) {
		r->bad = true;
		return LMI_SPAN_NULL;
	}
	return lmi_span(take(r, n), n);
}

static void need(struct reader *r, bool truth)
{
	if (!truth)
		r->bad = true;
}

static void get_queue(struct reader *r, struct pop_record *out)
{
	out->at.queue_id = (int32_t)get32(r);
	out->pos = get64(r);
	out->committed = get64(r);
	out->at.topic = get_text(r, LMI_NAME_MAX);
	out->at.group = get_text(r, LMI_NAME_MAX);
	need(r, out->at.queue_id >= 0 && out->pos >= 0 && out->at.topic.n && out->at.group.n);
}

static void get_batch(struct reader *r, struct pop_record *out)
{
	out->pos = get64(r);
	out->round.start_pos = get64(r);
	out->round.pop_ms = get64(r);
	out->round.invisible_ms = get64(r);
	out->round.open = get32(r);
	out->round.count = get8(r);
	out->round.diffs = out->diffs;
	need(r, out->pos >= 0 && out->round.start_pos >= 0 && out->round.count >= 1 && out->round.count <= POP_BATCH_MAX);
	need(r, out->round.invisible_ms >= 0 && out->round.invisible_ms <= POP_INVISIBLE_MAX_MS && out->round.open);
	need(r, out->round.pop_ms >= 0 && out->round.pop_ms < INT64_MAX - POP_INVISIBLE_MAX_MS);
	for (uint32_t i = 0; !r->bad && i < out->round.count; i++) {
		out->diffs[i] = get32(r);
		need(r, i == 0 || out->diffs[i] > out->diffs[i - 1]);
	}
	need(r, r->bad || out->round.count == 32 || out->round.open < 1u << out->round.count);
}

static void get_order_messages(struct reader *r, struct pop_order *o)
{
	for (unsigned int i = 0; !r->bad && i < o->count; i++) {
		o->messages[i].pos = get64(r);
		o->messages[i].visible_ms = get64(r);
		o->messages[i].times = (int32_t)get32(r);
		need(r, o->messages[i].pos >= 0 && (i == 0 || o->messages[i].pos > o->messages[i - 1].pos));
	}
}

static void get_order(struct reader *r, struct pop_record *out)
{
	struct pop_order *o = &out->order;
	struct lmi_span attempt;
	out->pos = get64(r);
	o->count = get8(r);
	need(r, out->pos >= 0 && o->count <= POP_BATCH_MAX);
	out->has_order = !r->bad && o->count;
	if (!out->has_order)
		return;
	o->pop_ms = get64(r);
	o->invisible_ms = get64(r);
	o->open = get32(r);
	attempt = get_text(r, POP_ATTEMPT_MAX);
	need(r, o->pop_ms >= 0 && o->pop_ms < INT64_MAX - POP_INVISIBLE_MAX_MS);
	need(r, o->invisible_ms >= 0 && o->invisible_ms <= POP_INVISIBLE_MAX_MS);
	need(r, o->count == 32 || o->open < 1u << o->count);
	o->attempt_bytes = (uint8_t)attempt.n;
	if (attempt.n)
		memcpy(o->attempt, attempt.p, attempt.n);
	get_order_messages(r, o);
}

static void get_fields(struct reader *r, struct pop_record *out)
{
	switch (out->kind) {
	case POP_RECORD_QUEUE:
		get_queue(r, out);
		break;
	case POP_CHANGE_BATCH:
		get_batch(r, out);
		break;
	case POP_CHANGE_ACK:
		out->start_pos = get64(r);
		out->pop_ms = get64(r);
		out->bits = get32(r);
		break;
	case POP_CHANGE_ORDER:
		get_order(r, out);
		break;
	case POP_CHANGE_MOVE:
	case POP_CHANGE_DROP:
		out->pos = get64(r);
		need(r, out->pos >= 0);
		break;
	case POP_CHANGE_FORGET:
		break;
	default:
		r->bad = true;
	}
}

static void get_record(struct reader *r, struct pop_record *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = get8(r);
	if (out->kind == POP_RECORD_WHOLE)
		return;
	if (out->kind == POP_RECORD_OFFSETS) {
		out->version_ms = get64(r);
		out->version_count = get64(r);
		return;
	}
	out->ref = get32(r);
	need(r, out->ref > 0);
	get_fields(r, out);
}

int pop_record_get(struct lmi_span in, struct pop_record_chain *c, struct pop_record *out, size_t *out_bytes)
{
	if (in.n < POP_RECORD_HEAD)
		return -EAGAIN;
	uint32_t n = lmi_get32(in.p);
	if (n < 1 || n > POP_RECORD_MAX)
		return -LMQ_ECORRUPT;
	if (in.n - POP_RECORD_HEAD < n)
		return -EAGAIN;
	struct reader r = { .rest = lmi_span(in.p + POP_RECORD_HEAD, n) };
	uint32_t sum = lmi_crc32(c->sum, r.rest.p, n);
	if (sum != lmi_get32(in.p + 4))
		return -LMQ_ECORRUPT;
	get_record(&r, out);
	if (r.bad || r.rest.n)
		return -LMQ_ECORRUPT;
	c->sum = sum;
	*out_bytes = POP_RECORD_HEAD + n;
	return 0;
}
