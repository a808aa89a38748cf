/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/timer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "broker/handle/count.h"
#include "broker/handle/delay.h"
#include "broker/handle/record_read.h"
#include "broker/handle/send_props.h"
#include "rules/name.h"
#include "wire/props.h"

/* ---- into the timer topic ---- */

/* What the properties ask for. */
struct wish {
	struct lmi_span delay_sec, delay_ms, deliver_ms, out_ms, delay_level, delete_key;
};

static struct wish wish_of(struct lmi_span props)
{
	struct wish w = { .out_ms = LMI_SPAN_NULL };
	struct lmi_span k, v;
	for (size_t at = 0; lmi_props_next(props, &at, &k, &v);) {
		if (lmi_span_is(k, TIMER_PROP_DELAY_SEC))
			w.delay_sec = v;
		else if (lmi_span_is(k, TIMER_PROP_DELAY_MS))
			w.delay_ms = v;
		else if (lmi_span_is(k, TIMER_PROP_DELIVER_MS))
			w.deliver_ms = v;
		else if (lmi_span_is(k, TIMER_PROP_OUT_MS))
			w.out_ms = v;
		else if (lmi_span_is(k, TIMER_PROP_DEL_UNIQKEY))
			w.delete_key = v;
	}
	return w;
}

static bool number(struct lmi_span text, int64_t times, int64_t *out)
{
	return lmi_span_to_i64(text, out) == 0 && !__builtin_mul_overflow(*out, times, out);
}

/* When it is to be delivered.  Rule: transformTimerMessage, in this order. */
static bool due_of(const struct wish *w, int64_t now_ms, int64_t *out)
{
	bool relative = w->delay_sec.n || w->delay_ms.n;
	bool ok = w->delay_sec.n ? number(w->delay_sec, 1000, out) : number(relative ? w->delay_ms : w->deliver_ms, 1, out);
	return ok && (!relative || !__builtin_add_overflow(*out, now_ms, out));
}

/*
 * TIMER_OUT_MS is the millisecond before: RocketMQ's slot of that delivers when it is over.  Where that would be a slot's
 * beginning a reader could not tell whether it was rounded, so a message without an exact time then comes 1 ms later.
 */
static int64_t out_ms_of(const struct handle *h, const struct wish *w, int64_t *due_ms)
{
	if (!w->deliver_ms.n && (*due_ms - 1) % h->timers->cfg.precision_ms == 0)
		++*due_ms;
	return *due_ms - 1;
}

static enum timer_verdict judge(struct handle *h, const struct wish *w, bool committed, int64_t *due_ms)
{
	int64_t now_ms = handle_now(h);
	/* Rule: checkIfTimerMessage; TIMER_OUT_MS says that it was one before. */
	if (w->out_ms.n || (!w->delay_sec.n && !w->delay_ms.n && !w->deliver_ms.n))
		return TIMER_NOT;
	if (!h->settings->timer_enable)
		return TIMER_OFF;
	if (!due_of(w, now_ms, due_ms))
		return TIMER_ILLEGAL;
	if (*due_ms <= now_ms)
		return w->delete_key.n ? TIMER_ILLEGAL : TIMER_NOT;
	if (committed)
		return TIMER_MADE;
	if (*due_ms - now_ms > h->settings->timer_max_delay_ms)
		return TIMER_TOO_FAR;
	if (timer_index_count(h->timers, timer_slot_of(h->timers, *due_ms - 1)) >= h->settings->timer_slot_max)
		return TIMER_FULL;
	return TIMER_MADE;
}

static enum timer_verdict rewrite(struct handle *h, struct store_message *m, int64_t out_ms)
{
	static const char *const drop[] = { LMI_PROP_REAL_TOPIC, LMI_PROP_REAL_QID, TIMER_PROP_ROLL_TIMES, NULL };
	struct lmi_buf *b = &h->scratch;
	char text[24];
	void *copy = lmi_arena_dup(&h->arena, m->props.p, m->props.n);
	if (!copy)
		return TIMER_NO_MEMORY;
	lmi_buf_reset(b, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(b, lmi_span(copy, m->props.n), drop);
	lmi_props_put(b, LMI_SPAN_LIT(TIMER_PROP_OUT_MS),
		      lmi_span(text, (size_t)snprintf(text, sizeof(text), "%" PRId64, out_ms)));
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_REAL_TOPIC), m->topic);
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_REAL_QID),
		      lmi_span(text, (size_t)snprintf(text, sizeof(text), "%" PRId32, m->queue_id)));
	m->topic = LMI_SPAN_LIT(LMI_NAME_TIMER);
	m->queue_id = 0;
	m->props = lmi_buf_span(b);
	return b->failed ? TIMER_NO_MEMORY : TIMER_MADE;
}

enum timer_verdict timer_judge(struct handle *h, struct lmi_span props)
{
	struct wish w = wish_of(props);
	int64_t due_ms;
	return judge(h, &w, false, &due_ms);
}

enum timer_verdict timer_make(struct handle *h, struct store_message *m, bool committed, int64_t *out_due_ms)
{
	struct wish w = wish_of(m->props);
	enum timer_verdict v = judge(h, &w, committed, out_due_ms);
	if (v != TIMER_MADE)
		return v;
	int64_t out_ms = out_ms_of(h, &w, out_due_ms);
	return rewrite(h, m, out_ms);
}

/* ---- out of it ---- */

int timer_record_read(const struct handle *h, struct lmi_span bytes, struct timer_record *out)
{
	*out = (struct timer_record){ .due_ms = -1 };
	if (lmi_record_decode(bytes, &out->record) || !lmi_span_is(out->record.topic, LMI_NAME_TIMER))
		return -LMQ_ECORRUPT;
	struct lmi_span k, v, qid = LMI_SPAN_NULL;
	int64_t out_ms = -1, exact_ms = -1, precision = h->timers->cfg.precision_ms;
	for (size_t at = 0; lmi_props_next(out->record.props, &at, &k, &v);) {
		if (lmi_span_is(k, LMI_PROP_REAL_TOPIC))
			out->topic = v;
		else if (lmi_span_is(k, LMI_PROP_REAL_QID))
			qid = v;
		else if (lmi_span_is(k, LMI_PROP_UNIQ_KEY))
			out->uniq = v;
		else if (lmi_span_is(k, TIMER_PROP_DEL_UNIQKEY))
			out->delete_key = v;
		else if (lmi_span_is(k, TIMER_PROP_OUT_MS) && lmi_span_to_i64(v, &out_ms))
			out_ms = -1;
		else if (lmi_span_is(k, TIMER_PROP_DELIVER_MS) && lmi_span_to_i64(v, &exact_ms))
			exact_ms = -1;
	}
	if (!lmi_name_topic_ok(out->topic) || lmi_span_to_i32(qid, &out->queue_id) || out->queue_id < 0 || out_ms < 0 ||
	    out_ms > INT64_MAX - precision)
		return -LMQ_ECORRUPT;
	/* Ours is the millisecond before; a Java broker's is rounded down, the exact time may stand beside it. */
	if (exact_ms > out_ms && exact_ms <= out_ms + precision)
		out->due_ms = exact_ms;
	else
		out->due_ms = out_ms % precision ? out_ms + 1 : out_ms + precision;
	return 0;
}

static void put_number(struct lmi_buf *b, const char *key, int64_t value)
{
	char text[24];
	lmi_props_put(b, lmi_span_str(key), lmi_span(text, (size_t)snprintf(text, sizeof(text), "%" PRId64, value)));
}

static struct lmi_span build_props(struct handle *h, const struct timer_record *r, int64_t written_ms, bool roll)
{
	static const char *const always[] = { TIMER_PROP_ENQUEUE_MS, TIMER_PROP_DEQUEUE_MS, LMI_PROP_REAL_TOPIC, LMI_PROP_REAL_QID, NULL };
	static const char *const rolled[] = { TIMER_PROP_ENQUEUE_MS, TIMER_PROP_DEQUEUE_MS, TIMER_PROP_ROLL_TIMES, NULL };
	struct lmi_buf *b = &h->scratch;
	lmi_buf_reset(b, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(b, r->record.props, roll ? rolled : always);
	put_number(b, TIMER_PROP_ENQUEUE_MS, written_ms);
	put_number(b, TIMER_PROP_DEQUEUE_MS, handle_now(h));
	if (roll) {
		int32_t times = 0;
		lmi_span_to_i32(lmi_props_get(r->record.props, LMI_SPAN_LIT(TIMER_PROP_ROLL_TIMES)), &times);
		put_number(b, TIMER_PROP_ROLL_TIMES, times + 1);
	}
	return lmi_buf_span(b);
}

int timer_deliver(struct handle *h, const struct timer_record *r, int64_t written_ms, bool roll, struct store_ticket *out)
{
	const struct lmi_record *rec = &r->record;
	struct store_message m = record_message(rec);
	m.topic = roll ? LMI_SPAN_LIT(LMI_NAME_TIMER) : r->topic;
	m.queue_id = roll ? 0 : r->queue_id;
	m.prepared_pos = timer_delivered_mark(rec);
	m.tags_code = send_props_text_tags_code(rec->props);
	if (!roll)
		delay_need_topic(h, r->topic);
	m.props = build_props(h, r, written_ms, roll);
	if (h->scratch.failed)
		return -ENOMEM;
	int err = store_append(h->store, &m, out);
	if (!err && !roll)
		count_put(h, m.topic, 1, (int64_t)m.body.n);
	return err;
}

/* ---- recall handles ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* RFC 4648 section 5, with padding, as Java's Base64.getUrlEncoder. */
static size_t encode(const char *in, size_t n, char *out)
{
	size_t o = 0;
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(uint8_t)in[i] << 16;
		v |= i + 1 < n ? (uint32_t)(uint8_t)in[i + 1] << 8 : 0;
		v |= i + 2 < n ? (uint8_t)in[i + 2] : 0;
		out[o++] = digits[v >> 18];
		out[o++] = digits[v >> 12 & 63];
		out[o++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		out[o++] = i + 2 < n ? digits[v & 63] : '=';
	}
	return o;
}

static int decode(struct lmi_span in, char *out, size_t *out_n)
{
	uint32_t v = 0;
	size_t o = 0, bits = 0;
	while (in.n && in.p[in.n - 1] == '=')
		in.n--;
	for (size_t i = 0; i < in.n; i++) {
		const char *d = in.p[i] ? strchr(digits, in.p[i]) : NULL;
		if (!d)
			return -LMQ_EMALFORMED;
		v = v << 6 | (uint32_t)(d - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[o++] = (char)(v >> bits & 0xff);
		}
	}
	*out_n = o;
	return 0;
}

size_t timer_recall_handle(const struct handle *h, struct lmi_span topic, int64_t due_ms, struct lmi_span uniq, char *out)
{
	char text[TIMER_RECALL_HANDLE_MAX / 4 * 3];
	struct lmi_span broker = h->settings->broker_name;
	int n = snprintf(text, sizeof(text), "v1 %.*s %.*s %" PRId64 " %.*s", SPAN_ARGS(topic), SPAN_ARGS(broker), due_ms, SPAN_ARGS(uniq));
	return n > 0 && (size_t)n < sizeof(text) ? encode(text, (size_t)n, out) : 0;
}

/* The next word up to a blank. */
static struct lmi_span word(struct lmi_span *text)
{
	struct lmi_span w = *text;
	const void *blank = text->n ? memchr(text->p, ' ', text->n) : NULL;
	w.n = blank ? (size_t)((const uint8_t *)blank - text->p) : text->n;
	text->p += blank ? w.n + 1 : w.n;
	text->n -= blank ? w.n + 1 : w.n;
	return w;
}

int timer_recall_parse(struct lmi_span text, char *scratch, struct timer_recall *out)
{
	size_t n;
	if (text.n == 0 || text.n > TIMER_RECALL_HANDLE_MAX || decode(text, scratch, &n))
		return -LMQ_EMALFORMED;
	struct lmi_span rest = lmi_span(scratch, n);
	if (!lmi_span_is(word(&rest), "v1"))
		return -LMQ_EMALFORMED;
	out->topic = word(&rest);
	out->broker = word(&rest);
	struct lmi_span due = word(&rest);
	out->uniq = word(&rest);
	return !out->uniq.n || rest.n || lmi_span_to_i64(due, &out->due_ms) ? -LMQ_EMALFORMED : 0;
}
