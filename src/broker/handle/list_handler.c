/* SPDX-License-Identifier: Apache-2.0 */
/* LIST_TRANSACTIONS, LIST_TIMERS, LIST_IN_FLIGHT, requests of ours: what is open and what waits, a page at a time, as JSON. */
#include "broker/handle/handlers.h"
#include "wire/json.h"

#define PAGE_MAX 1000

static int32_t page_of(struct fields *f)
{
	int32_t n = fields_i32_or(f, LMI_EXT_MAX_MSG_NUMS, 100);
	return n < 1 ? 1 : n > PAGE_MAX ? PAGE_MAX : n;
}

static void put_i64(struct lmi_json_out *o, const char *key, int64_t v)
{
	lmi_json_put_key(o, key);
	lmi_json_put_i64(o, v);
}

static void put_transaction(const struct handle *h, struct lmi_json_out *o, const struct transaction *x)
{
	int64_t left_ms = x->due_ms - lmi_mono_ms(h->clock);
	lmi_json_put_object(o);
	put_i64(o, "id", x->first_pos);
	lmi_json_put_key(o, "group");
	lmi_json_put_string(o, transaction_group_name(x->group));
	put_i64(o, "lastAskedOrSentMs", x->stored_ms);
	put_i64(o, "checks", x->checks);
	put_i64(o, "nextCheckInMs", left_ms > 0 ? left_ms : 0);
	lmi_json_put_key(o, "waitsForProducer");
	lmi_json_put_bool(o, x->starved);
	put_i64(o, "tranStateTableOffset", x->queue_pos);
	put_i64(o, "commitLogOffset", x->log_pos);
	lmi_json_put_object_end(o);
}

static bool is_wanted(const struct transaction *x, int64_t from, struct lmi_span group)
{
	return x->queue_pos >= from && (!group.n || lmi_span_eq(transaction_group_name(x->group), group));
}

/* Fields: offset (tranStateTableOffset to begin at), maxMsgNums, producerGroup. */
void list_transactions_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text_or(&f, LMI_EXT_PRODUCER_GROUP, LMI_SPAN_NULL);
	int64_t from = fields_i64_or(&f, LMI_EXT_OFFSET, 0), next = -1;
	int32_t left = page_of(&f);
	struct lmi_json_out o;
	if (!fields_ok(h, r, &f))
		return;
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	put_i64(&o, "open", (int64_t)h->transactions->count);
	lmi_json_put_key(&o, "transactions");
	lmi_json_put_array(&o);
	struct lmi_list *head = &h->transactions->order;
	for (struct lmi_list *it = head->next; it != head && next < 0; it = it->next) {
		const struct transaction *x = transaction_at(it);
		if (!is_wanted(x, from, group))
			continue;
		if (left-- == 0)
			next = x->queue_pos;
		else
			put_transaction(h, &o, x);
	}
	lmi_json_put_array_end(&o);
	put_i64(&o, "next", next);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}

/* Fields: timestamp (to begin at; else where delivery is), maxMsgNums (slots that are not empty). */
void list_timers_handler(struct handle *h, const struct request *r)
{
	const struct timer_index *t = h->timers;
	struct fields f = fields_of(r);
	int64_t slot = timer_slot_of(t, fields_i64_or(&f, LMI_EXT_TIMESTAMP, handle_now(h))), next = -1;
	int32_t left = page_of(&f);
	struct lmi_json_out o;
	if (!fields_ok(h, r, &f))
		return;
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	put_i64(&o, "pending", t->pending);
	put_i64(&o, "precisionMs", t->cfg.precision_ms);
	put_i64(&o, "savedMs", t->check.read_ms);
	put_i64(&o, "savedQueueOffset", t->check.queue_pos);
	lmi_json_put_key(&o, "slots");
	lmi_json_put_array(&o);
	int64_t end = slot < 0 || slot > INT64_MAX - timer_half_ms(t) ? slot : slot + timer_half_ms(t);
	for (; slot < end && next < 0; slot += t->cfg.precision_ms) {
		int32_t count = timer_index_count(t, slot);
		if (count <= 0)
			continue;
		if (left-- == 0) {
			next = slot;
			break;
		}
		lmi_json_put_object(&o);
		put_i64(&o, "timeMs", slot);
		put_i64(&o, "messages", count);
		lmi_json_put_object_end(&o);
	}
	lmi_json_put_array_end(&o);
	put_i64(&o, "next", next);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}

/* ---- messages in flight ---- */

/* A page of them: so many are passed over, so many put. */
struct in_flight_page {
	struct handle *h;
	struct lmi_json_out o;
	int64_t skip, left, seen;
};

static void put_in_flight(struct in_flight_page *p, const struct pop_queue *q, const struct pop_batch *b, unsigned int i)
{
	lmi_json_put_object(&p->o);
	lmi_json_put_key(&p->o, "topic");
	lmi_json_put_string(&p->o, pop_queue_topic(q));
	lmi_json_put_key(&p->o, "group");
	lmi_json_put_string(&p->o, pop_queue_group(q));
	put_i64(&p->o, "queueId", q->queue_id);
	put_i64(&p->o, "offset", pop_batch_pos(b, i));
	put_i64(&p->o, "startOffset", b->start_pos);
	put_i64(&p->o, "popTime", b->pop_ms);
	put_i64(&p->o, "invisibleTime", b->invisible_ms);
	lmi_json_put_key(&p->o, "returning");
	lmi_json_put_bool(&p->o, b->state != POP_BATCH_WAITING);
	lmi_json_put_object_end(&p->o);
}

static void list_batch(struct in_flight_page *p, const struct pop_queue *q, const struct pop_batch *b)
{
	for (unsigned int i = 0; i < b->count && p->left; i++) {
		if (!(b->open & 1u << i))
			continue;
		p->seen++;
		if (p->skip) {
			p->skip--;
			continue;
		}
		put_in_flight(p, q, b, i);
		p->left--;
	}
}

static void list_queue(struct in_flight_page *p, const struct pop_queue *q)
{
	if (p->skip >= q->in_flight) {
		p->skip -= q->in_flight;
		p->seen += q->in_flight;
		return;
	}
	for (uint32_t i = q->head; i < q->tail && p->left; i++)
		list_batch(p, q, q->batches[i]);
}

/* Fields: consumerGroup, topic (without one: all), offset (how many to pass over, the next of the page before), maxMsgNums. */
void list_in_flight_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text_or(&f, LMI_EXT_CONSUMER_GROUP, LMI_SPAN_NULL);
	struct lmi_span topic = fields_text_or(&f, LMI_EXT_TOPIC, LMI_SPAN_NULL);
	struct in_flight_page p = { .h = h, .skip = fields_i64_or(&f, LMI_EXT_OFFSET, 0), .left = page_of(&f) };
	const struct pop_queue *q;
	int64_t all = 0;
	if (!fields_ok(h, r, &f))
		return;
	p.skip = p.skip < 0 ? 0 : p.skip;
	scratch_json(h, &p.o);
	lmi_json_put_object(&p.o);
	lmi_json_put_key(&p.o, "messages");
	lmi_json_put_array(&p.o);
	for (size_t i = 0; (q = pop_table_next(h->pops, &i));) {
		if ((group.n && !lmi_span_eq(group, pop_queue_group(q))) || (topic.n && !lmi_span_eq(topic, pop_queue_topic(q))))
			continue;
		all += q->in_flight;
		list_queue(&p, q);
	}
	lmi_json_put_array_end(&p.o);
	put_i64(&p.o, "inFlight", all);
	put_i64(&p.o, "next", p.seen < all ? p.seen : -1);
	lmi_json_put_object_end(&p.o);
	answer_body(r, lmi_buf_span(&h->scratch));
}
