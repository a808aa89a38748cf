/* SPDX-License-Identifier: Apache-2.0 */
/* ACK_MESSAGE, BATCH_ACK_MESSAGE: messages popped were processed.  A receipt that is stale acknowledges nothing, and is no error. */
#include "broker/handle/handlers.h"
#include "broker/handle/pop_check.h"
#include "wire/json.h"

#define ACKS_MAX 4096u         /* receipts in one batch */
#define BITS_BYTES_MAX 64u     /* of the bit set of one receipt */

static bool is_threshold_met(const struct handle *h, const struct pop_queue *q)
{
	return h->settings->pop_threshold_on && q->in_flight > (uint32_t)h->settings->pop_threshold;
}

static void tell(struct handle *h, const struct pop_queue *q)
{
	pop_wait_notify(h->pop_waits, pop_queue_topic(q), pop_queue_group(q), q->queue_id);
}

/* Rule: AckMessageProcessor.ackOrderly. */
static void ack_order(struct handle *h, struct pop_queue *q, int64_t pos, int64_t pop_ms)
{
	if (pop_order_ack(h->pops, q, pos, pop_ms, handle_now(h)) == POP_ORDER_FREE)
		tell(h, q);
}

static void ack_one(struct handle *h, struct pop_queue *q, const struct pop_receipt *c, int64_t pos)
{
	struct pop_batch *b = pop_queue_find(q, c->start_pos, c->pop_ms);
	int at = b ? pop_batch_index(b, pos) : -1;
	if (at >= 0)
		pop_batch_ack(h->pops, b, 1u << at);
}

static void ack(struct handle *h, const struct offset_at *at, const struct pop_receipt *c, int64_t pos)
{
	struct pop_queue *q = pop_table_get(h->pops, at);
	if (!q)
		return;
	bool was_full = is_threshold_met(h, q);
	pop_queue_sync(h->pops, q);
	if (pop_receipt_is_order(c))
		ack_order(h, q, pos, c->pop_ms);
	else
		ack_one(h, q, c, pos);
	if (was_full && !is_threshold_met(h, q))
		tell(h, q);
}

void ack_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct pop_place p = { .at = { .group = fields_text(&f, LMI_EXT_CONSUMER_GROUP),
				       .topic = fields_text(&f, LMI_EXT_TOPIC),
				       .queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID) } };
	struct lmi_span extra = fields_text(&f, LMI_EXT_EXTRA_INFO);
	int64_t pos = fields_i64(&f, LMI_EXT_OFFSET);
	struct pop_receipt c;
	if (!fields_ok(h, r, &f) || !pop_place_check(h, r, &p) || !pop_position_check(h, r, &p, pos, p.bounds.max_pos))
		return;
	if (!pop_receipt_read(h, r, extra, &c))
		return;
	ack(h, &p.at, &c, pos);
	answer_code(r, LMI_RSP_SUCCESS);
}

/* ---- many at once ---- */

/* One entry of a batch.  Rule: BatchAck, BatchAckMessageRequestBody. */
struct batch_ack {
	struct lmi_span group, topic, retry, bits;
	int64_t start_pos, pop_ms, invisible_ms;
	int32_t queue_id, revive_qid;
};

static int base64_digit(uint8_t c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* A bit set as Java writes it, little-endian, in base64.  Returns its bytes; what is no base64 ends it. */
static size_t read_bits(struct lmi_span text, uint8_t out[BITS_BYTES_MAX])
{
	uint32_t have = 0, value = 0;
	size_t n = 0;
	for (size_t i = 0; i < text.n && n < BITS_BYTES_MAX; i++) {
		int digit = base64_digit(text.p[i]);
		if (digit < 0)
			break;
		value = value << 6 | (uint32_t)digit;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(value >> have);
		}
	}
	return n;
}

static size_t real_topic(const struct batch_ack *b, char out[LMI_NAME_MAX + 1])
{
	if (lmi_span_is(b->retry, "1") || lmi_span_is(b->retry, "2"))
		return lmi_name_pop_retry_topic(b->topic, b->group, b->retry.p[0] == '2', out);
	if (b->topic.n > LMI_NAME_MAX)
		return 0;
	memcpy(out, b->topic.p, b->topic.n);
	return b->topic.n;
}

static void ack_batch(struct handle *h, const struct batch_ack *b)
{
	char topic[LMI_NAME_MAX + 1];
	uint8_t bits[BITS_BYTES_MAX];
	size_t topic_bytes = b->topic.n && b->group.n ? real_topic(b, topic) : 0;
	size_t n = read_bits(b->bits, bits);
	struct offset_at at = { .group = b->group, .topic = lmi_span(topic, topic_bytes), .queue_id = b->queue_id };
	struct pop_receipt c = { .start_pos = b->start_pos,
				 .pop_ms = b->pop_ms,
				 .invisible_ms = b->invisible_ms,
				 .revive_qid = b->revive_qid };
	if (!topic_bytes || b->start_pos < 0 || b->start_pos > INT64_MAX - (int64_t)n * 8)
		return;
	for (size_t i = 0; i < n * 8; i++)
		if (bits[i / 8] & 1u << i % 8)
			ack(h, &at, &c, b->start_pos + (int64_t)i);
}

static int read_member(struct lmi_json *j, const struct lmi_json_token *k, struct lmi_arena *a, struct batch_ack *b)
{
	if (lmi_json_is(k, "c") || lmi_json_is(k, "consumerGroup"))
		return lmi_json_string(j, a, &b->group);
	if (lmi_json_is(k, "t") || lmi_json_is(k, "topic"))
		return lmi_json_string(j, a, &b->topic);
	if (lmi_json_is(k, "r") || lmi_json_is(k, "retry"))
		return lmi_json_string(j, a, &b->retry);
	if (lmi_json_is(k, "b") || lmi_json_is(k, "bitSet"))
		return lmi_json_string(j, a, &b->bits);
	if (lmi_json_is(k, "so") || lmi_json_is(k, "startOffset"))
		return lmi_json_i64(j, &b->start_pos);
	if (lmi_json_is(k, "pt") || lmi_json_is(k, "popTime"))
		return lmi_json_i64(j, &b->pop_ms);
	if (lmi_json_is(k, "it") || lmi_json_is(k, "invisibleTime"))
		return lmi_json_i64(j, &b->invisible_ms);
	if (lmi_json_is(k, "q") || lmi_json_is(k, "queueId"))
		return lmi_json_i32(j, &b->queue_id);
	if (lmi_json_is(k, "rq") || lmi_json_is(k, "reviveQueueId"))
		return lmi_json_i32(j, &b->revive_qid);
	return lmi_json_skip(j);
}

static int read_batch(struct lmi_json *j, struct lmi_arena *a, struct batch_ack *b)
{
	struct lmi_json_token k;
	int more = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (more == 1 && (more = lmi_json_member(j, &k)) == 1) {
		int err = read_member(j, &k, a, b);
		if (err)
			return err;
	}
	return more;
}

/* Entries are acknowledged as they are read: each stands for itself. */
static int read_acks(struct handle *h, struct lmi_json *j, uint32_t *n)
{
	int more = lmi_json_enter(j, LMI_JSON_ARRAY);
	while (more == 1 && (more = lmi_json_element(j)) == 1) {
		struct batch_ack b = { .queue_id = 0 };
		int err = ++*n > ACKS_MAX ? -LMQ_ETOOBIG : read_batch(j, &h->arena, &b);
		if (err)
			return err;
		ack_batch(h, &b);
	}
	return more;
}

static int read_body(struct handle *h, struct lmi_span body, uint32_t *n)
{
	struct lmi_json j;
	struct lmi_json_token k;
	lmi_json_init(&j, body);
	int more = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (more == 1 && (more = lmi_json_member(&j, &k)) == 1) {
		int err = lmi_json_is(&k, "acks") ? read_acks(h, &j, n) : lmi_json_skip(&j);
		if (err)
			return err;
	}
	return more;
}

void batch_ack_handler(struct handle *h, const struct request *r)
{
	uint32_t n = 0;
	int err = r->cmd->body.n ? read_body(h, r->cmd->body, &n) : 0;
	if (err)
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the body is not a list of acknowledgements: %s", lmi_strerror(err));
	else if (!n)
		answer_error(h, r, LMI_RSP_NO_MESSAGE, "the request acknowledges nothing");
	else
		answer_code(r, LMI_RSP_SUCCESS);
}
