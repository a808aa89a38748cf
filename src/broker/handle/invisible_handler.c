/* SPDX-License-Identifier: Apache-2.0 */
/* CHANGE_MESSAGE_INVISIBLETIME: a message popped is wanted again later, or not yet; its receipt becomes a new one. */
#include "broker/handle/handlers.h"
#include "broker/handle/pop_check.h"

struct changed {
	int64_t pop_ms, invisible_ms;
};

/* Rule: ChangeInvisibleTimeProcessor.processChangeInvisibleTimeForOrder.  False: acknowledged already. */
static bool change_order(struct handle *h, struct pop_queue *q, const struct pop_receipt *c, int64_t pos, struct changed *out)
{
	int64_t visible_ms = handle_now(h) + out->invisible_ms;
	if (q && pos < q->pop_pos)
		return false;
	if (q)
		pop_order_change(h->pops, q, pos, c->pop_ms, visible_ms);
	if (__builtin_sub_overflow(visible_ms, c->pop_ms, &out->invisible_ms))
		out->invisible_ms = 0;
	out->pop_ms = c->pop_ms;
	return true;
}

/* A stale receipt changes nothing: the message is acknowledged, or comes again by itself. */
static int change(struct handle *h, struct pop_queue *q, const struct pop_receipt *c, int64_t pos, struct changed *out)
{
	struct pop_batch *b = q ? pop_queue_find(q, c->start_pos, c->pop_ms) : NULL;
	int at = b ? pop_batch_index(b, pos) : -1;
	out->pop_ms = handle_now(h);
	if (at < 0)
		return 0;
	int err = pop_batch_change(h->pops, b, (unsigned int)at, out->invisible_ms, &out->pop_ms);
	return err == -LMQ_ENOTFOUND ? 0 : err;
}

static void answer(const struct request *r, const struct pop_receipt *c, const struct changed *v)
{
	struct lmi_command_out o;
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&o, LMI_EXT_POP_TIME, v->pop_ms);
	lmi_command_put_i64(&o, LMI_EXT_INVISIBLE_TIME, v->invisible_ms);
	lmi_command_put_i64(&o, LMI_EXT_REVIVE_QID, c->revive_qid);
	lmi_command_end(&o, 0);
}

void invisible_handler(struct handle *h, const struct request *r)
{
	static const struct pop_receipt none;
	static const struct changed nothing;
	struct fields f = fields_of(r);
	struct pop_place p = { .at = { .group = fields_text(&f, LMI_EXT_CONSUMER_GROUP),
				       .topic = fields_text(&f, LMI_EXT_TOPIC),
				       .queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID) } };
	struct lmi_span extra = fields_text(&f, LMI_EXT_EXTRA_INFO);
	int64_t pos = fields_i64(&f, LMI_EXT_OFFSET);
	struct changed v = { .invisible_ms = pop_invisible_ms(fields_i64(&f, LMI_EXT_INVISIBLE_TIME)) };
	struct pop_receipt c;
	if (!fields_ok(h, r, &f) || !pop_place_check(h, r, &p) || !pop_position_check(h, r, &p, pos, p.bounds.max_pos - 1))
		return;
	if (!pop_receipt_read(h, r, extra, &c))
		return;
	struct pop_queue *q = pop_table_get(h->pops, &p.at);
	if (q)
		pop_queue_sync(h->pops, q);
	if (pop_receipt_is_order(&c)) {
		if (change_order(h, q, &c, pos, &v))
			answer(r, &c, &v);
		else
			answer(r, &none, &nothing);
		return;
	}
	int err = change(h, q, &c, pos, &v);
	if (err)
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the new time could not be kept: %s", lmi_strerror(err));
	else
		answer(r, &c, &v);
}
