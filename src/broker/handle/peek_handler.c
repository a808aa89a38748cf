/* SPDX-License-Identifier: Apache-2.0 */
/* PEEK_MESSAGE, NOTIFICATION, POLLING_INFO: what a group would pop, whether there is something, who waits. */
#include <errno.h>

#include "broker/handle/handlers.h"
#include "broker/handle/pop_get.h"

/* ---- PEEK_MESSAGE ---- */

static void peek_header(const struct request *r, const struct pop_get *g, bool found)
{
	struct lmi_command_out o;
	answer_begin(r, &o, found ? LMI_RSP_SUCCESS : LMI_RSP_PULL_NOT_FOUND);
	lmi_command_put_i64(&o, LMI_EXT_POP_TIME, 0); /* rule: those of PopMessageResponseHeader that a peek leaves alone */
	lmi_command_put_i64(&o, LMI_EXT_INVISIBLE_TIME, 0);
	lmi_command_put_i64(&o, LMI_EXT_REVIVE_QID, 0);
	lmi_command_put_i64(&o, LMI_EXT_REST_NUM, g->rest);
	lmi_command_remark(&o, lmi_span_str(store_get_status_name(found ? STORE_FOUND : STORE_NO_MESSAGE_IN_QUEUE)));
	lmi_command_end(&o, found ? g->bytes : 0);
}

static int peek(struct handle *h, const struct request *r, struct pop_get *g)
{
	size_t before = lmi_buf_len(r->out);
	int err = pop_get_look(h, g);
	if (err)
		return err;
	g->rest += g->count; /* rule: what a peek shows is still to come */
	peek_header(r, g, g->count > 0);
	err = g->count ? pop_get_copy(h, g, r->out) : 0;
	if (err)
		r->out->tail = r->out->head + before;
	return err;
}

void peek_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct pop_get g = { .peek = true, .pop_ms = handle_now(h) };
	g.asked.topic = fields_text(&f, LMI_EXT_TOPIC);
	g.asked.queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID);
	g.asked.group = fields_text(&f, LMI_EXT_CONSUMER_GROUP);
	int32_t max = fields_i32(&f, LMI_EXT_MAX_MSG_NUMS);
	g.max = max < 0 ? 0 : max > (int32_t)POP_BATCH_MAX ? POP_BATCH_MAX : (uint32_t)max;
	if (!fields_ok(h, r, &f) || !pop_check_broker(h, r) || !pop_check(h, r, &g.asked))
		return;
	int err = peek(h, r, &g);
	if (err == -EAGAIN)
		defer_until_read(h, r, g.cold, g.cold_count);
	else if (err)
		answer_error(h, r, LMI_RSP_SYSTEM_BUSY, "the messages could not be read: %s; try again later", lmi_strerror(err));
}

/* ---- NOTIFICATION ---- */

struct question {
	struct pop_asked asked;
	int64_t poll_ms, born_ms;
	bool order;
	struct lmi_span attempt;
};

static bool queue_has(struct handle *h, const struct question *n, struct lmi_span topic, int32_t queue_id)
{
	struct offset_at at = { .group = n->asked.group, .topic = topic, .queue_id = queue_id };
	const struct pop_queue *q = pop_table_get(h->pops, &at);
	struct store_bounds b = { 0 };
	if (n->order && q && pop_order_blocks(q, n->attempt, handle_now(h)))
		return false;
	store_queue_bounds(h->store, topic, queue_id, &b);
	return b.max_pos > pop_get_position(h, &at);
}

static bool topic_has(struct handle *h, const struct question *n, const struct topic *t)
{
	for (int32_t i = 0; t && i < t->config.read_queues; i++)
		if (queue_has(h, n, t->config.name, i))
			return true;
	return false;
}

static bool retries_have(struct handle *h, const struct question *n, bool v2)
{
	char name[LMI_NAME_MAX + 1];
	size_t bytes = lmi_name_pop_retry_topic(n->asked.topic, n->asked.group, v2, name);
	return bytes && topic_has(h, n, topic_table_get(h->topics, lmi_span(name, bytes)));
}

static bool has_message(struct handle *h, const struct question *n)
{
	bool v2 = h->settings->pop_retry_v2;
	if (n->asked.queue_id < 0 ? topic_has(h, n, n->asked.topic_config) :
				    queue_has(h, n, n->asked.topic, n->asked.queue_id))
		return true;
	return retries_have(h, n, v2) || (v2 && h->settings->pop_retry_v1_too && retries_have(h, n, false));
}

static void answer_question(const struct request *r, bool has, bool full)
{
	struct lmi_command_out o;
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_bool(&o, LMI_EXT_HAS_MSG, has);
	lmi_command_put_bool(&o, LMI_EXT_POLLING_FULL, full);
	lmi_command_end(&o, 0);
}

static void question_hold(struct handle *h, const struct request *r, const struct question *n)
{
	struct pop_wait *w;
	int64_t left_ms = pop_wait_left_ms(h, n->born_ms, n->poll_ms);
	struct pop_wait_request q = { .peer = r->peer,
				      .kind = POP_WAIT_NOTIFY,
				      .topic = n->asked.topic,
				      .group = n->asked.group,
				      .queue_id = n->asked.queue_id,
				      .deadline_ms = lmi_mono_ms(h->clock) + left_ms,
				      .frame = r->frame };
	if (n->poll_ms <= 0 || left_ms <= 0 || h->stopping || (r->cmd->flag & LMI_FLAG_ONEWAY))
		answer_question(r, false, false);
	else if (pop_wait_add(h->pop_waits, &q, &w))
		answer_question(r, false, true);
}

/* Rule: NotificationProcessor. */
void notification_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct question n = { .poll_ms = 0 };
	n.asked.group = fields_text(&f, LMI_EXT_CONSUMER_GROUP);
	n.asked.topic = fields_text(&f, LMI_EXT_TOPIC);
	n.asked.queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID);
	n.poll_ms = fields_i64(&f, LMI_EXT_POLL_TIME);
	n.born_ms = fields_i64_or(&f, LMI_EXT_BORN_TIME, 0);
	n.order = fields_bool_or(&f, LMI_EXT_ORDER, false);
	n.attempt = fields_text_or(&f, LMI_EXT_ATTEMPT_ID, LMI_SPAN_NULL);
	if (n.born_ms == 0)
		n.born_ms = handle_now(h);
	if (!fields_ok(h, r, &f) || !pop_check_broker(h, r) || !pop_check(h, r, &n.asked))
		return;
	if (has_message(h, &n))
		answer_question(r, true, false);
	else
		question_hold(h, r, &n);
}

/* ---- POLLING_INFO ---- */

void polling_info_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct pop_asked a = { .group = fields_text(&f, LMI_EXT_CONSUMER_GROUP),
			       .topic = fields_text(&f, LMI_EXT_TOPIC),
			       .queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID) };
	if (!fields_ok(h, r, &f) || !pop_check_broker(h, r) || !pop_check(h, r, &a))
		return;
	answer_i64(r, LMI_EXT_POLLING_NUM, pop_wait_count(h->pop_waits, a.topic, a.group, a.queue_id));
}
