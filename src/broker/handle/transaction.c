/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/transaction.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "broker/handle/count.h"
#include "broker/handle/delay.h"
#include "broker/handle/record_read.h"
#include "broker/handle/send_props.h"
#include "broker/handle/timer.h"
#include "rules/name.h"
#include "wire/props.h"

#define OP_TAG "d"

/* ---- reading ---- */

static int64_t number_of(struct lmi_span text, int64_t otherwise)
{
	int64_t v;
	return text.n && lmi_span_to_i64(text, &v) == 0 && v >= 0 ? v : otherwise;
}

/* One walk over the properties. */
static void look_at(struct transaction_half *half)
{
	struct lmi_span k, v;
	for (size_t at = 0; lmi_props_next(half->record.props, &at, &k, &v);) {
		if (lmi_span_is(k, LMI_PROP_REAL_TOPIC))
			half->topic = v;
		else if (lmi_span_is(k, LMI_PROP_REAL_QID))
			half->queue_id = (int32_t)number_of(v, 0);
		else if (lmi_span_is(k, LMI_PROP_PGROUP))
			half->group = v;
		else if (lmi_span_is(k, LMI_PROP_UNIQ_KEY))
			half->uniq = v;
		else if (lmi_span_is(k, TRANSACTION_PROP_CHECKS))
			half->checks = (int32_t)number_of(v, 0);
		else if (lmi_span_is(k, TRANSACTION_PROP_FIRST))
			half->first_pos = number_of(v, half->record.queue_pos);
		else if (lmi_span_is(k, TRANSACTION_PROP_IMMUNITY)) {
			int64_t s = number_of(v, -1);
			half->immune = s >= 0;
			half->immunity_ms = (s > TRANSACTION_IMMUNITY_MAX_S ? TRANSACTION_IMMUNITY_MAX_S : s) * 1000;
		}
	}
}

int transaction_half_read(struct lmi_span bytes, struct transaction_half *out)
{
	*out = (struct transaction_half){ .checks = 0 };
	if (lmi_record_decode(bytes, &out->record) != 0 || !lmi_span_is(out->record.topic, LMI_NAME_HALF))
		return -LMQ_ECORRUPT;
	out->first_pos = out->record.queue_pos;
	look_at(out);
	return lmi_name_topic_ok(out->topic) ? 0 : -LMQ_ECORRUPT;
}

int64_t transaction_first_check_ms(const struct handle *h, const struct transaction_half *half)
{
	return half->record.store_ms + (half->immune ? half->immunity_ms : h->settings->transaction_timeout_ms);
}

static size_t print(int64_t v, char *out, size_t cap)
{
	return (size_t)snprintf(out, cap, "%" PRId64, v);
}

/* ---- half messages ---- */

int transaction_half_make(struct handle *h, struct store_message *m, struct lmi_span group, struct lmi_span uniq)
{
	static const char *const drop[] = { LMI_PROP_REAL_TOPIC,      LMI_PROP_REAL_QID,     TRANSACTION_PROP_CHECKS,
					    TRANSACTION_PROP_PREPARED, TRANSACTION_PROP_FIRST, TRANSACTION_PROP_ID, NULL };
	struct lmi_buf *b = &h->scratch;
	char qid[16];
	if (!transaction_table_has_room(h->transactions))
		return -LMQ_EFULL;
	void *copy = lmi_arena_dup(&h->arena, m->props.p, m->props.n);
	if (!copy)
		return -ENOMEM;
	struct lmi_span props = lmi_span(copy, m->props.n);
	lmi_buf_reset(b, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(b, props, drop);
	if (!lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_PGROUP)).n)
		lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_PGROUP), group);
	lmi_props_put(b, LMI_SPAN_LIT(TRANSACTION_PROP_ID), uniq);
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_REAL_TOPIC), m->topic);
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_REAL_QID), lmi_span(qid, print(m->queue_id, qid, sizeof(qid))));
	m->topic = LMI_SPAN_LIT(LMI_NAME_HALF);
	m->queue_id = 0;
	m->sysflag &= ~LMI_SYSFLAG_TRANSACTION_MASK; /* so that it gets an entry in the half queue */
	m->props = lmi_buf_span(b);
	return b->failed ? -ENOMEM : 0;
}

static int enter(struct handle *h, const struct transaction_half *half, const struct store_ticket *t)
{
	struct transaction_new n = {
		.group = half->group,
		.first_pos = half->first_pos == half->record.queue_pos ? t->queue_pos : half->first_pos,
		.queue_pos = t->queue_pos,
		.log_pos = t->log_pos,
		.bytes = (int32_t)(t->log_end - t->log_pos),
		.checks = half->checks,
		.stored_ms = t->store_ms,
	};
	int64_t wait_ms = transaction_first_check_ms(h, half) - half->record.store_ms;
	n.due_ms = lmi_mono_ms(h->clock) + (half->checks ? h->settings->transaction_interval_ms : wait_ms);
	return transaction_table_open(h->transactions, &n);
}

void transaction_half_stored(struct handle *h, const struct store_message *m, const struct store_ticket *t)
{
	struct transaction_half half = { .record = { .props = m->props } };
	look_at(&half);
	if (enter(h, &half, t))
		lmi_log(h->log, LMI_LOG_ERR, "no memory for an open transaction of group %.*s: it is asked for after the next start",
			SPAN_ARGS(half.group));
}

/* ---- ends ---- */

int transaction_commit(struct handle *h, const struct transaction_half *half, int64_t log_pos, struct store_ticket *out)
{
	static const char *const drop[] = { LMI_PROP_REAL_TOPIC, LMI_PROP_REAL_QID, LMI_PROP_TRAN_MSG, TRANSACTION_PROP_FIRST, NULL };
	struct store_message m = record_message(&half->record);
	struct lmi_buf *b = &h->scratch;
	int32_t level = delay_level_of(half->record.props);
	lmi_buf_reset(b, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(b, half->record.props, drop);
	if (b->failed)
		return -ENOMEM;
	m.topic = half->topic;
	m.queue_id = half->queue_id;
	m.sysflag = (m.sysflag & ~LMI_SYSFLAG_TRANSACTION_MASK) | LMI_SYSFLAG_COMMIT;
	m.prepared_pos = log_pos;
	m.props = lmi_buf_span(b);
	m.tags_code = send_props_text_tags_code(m.props);
	int64_t due_ms;
	if (level > 0) /* rule: HookUtils.handleScheduleMessage takes committed ones too */
		delay_put_off(h, level, b, &m);
	else if (timer_make(h, &m, true, &due_ms) == TIMER_NO_MEMORY)
		return -ENOMEM;
	int err = b->failed ? -ENOMEM : store_append(h->store, &m, out);
	if (!err)
		count_put(h, m.topic, 1, (int64_t)m.body.n);
	return err;
}

int transaction_op(struct handle *h, int64_t half_pos, struct store_ticket *out)
{
	char body[24];
	size_t n = print(half_pos, body, sizeof(body) - 1);
	struct lmi_buf *b = &h->scratch;
	body[n++] = ',';
	lmi_buf_reset(b, HANDLE_SCRATCH_KEEP);
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_TAGS), LMI_SPAN_LIT(OP_TAG));
	if (b->failed)
		return -ENOMEM;
	struct store_message m = {
		.topic = LMI_SPAN_LIT(LMI_NAME_OP_HALF),
		.born_ms = handle_now(h),
		.born = h->settings->host,
		.body = lmi_span(body, n),
		.props = lmi_buf_span(b),
		.tags_code = lmi_java_hash(LMI_SPAN_LIT(OP_TAG)),
	};
	int err = store_append(h->store, &m, out);
	if (!err)
		transaction_table_op(h->transactions, out->queue_pos, half_pos);
	return err;
}

/* ---- checks ---- */

int transaction_again(struct handle *h, struct transaction *x, const struct transaction_half *half)
{
	static const char *const drop[] = { TRANSACTION_PROP_CHECKS, TRANSACTION_PROP_FIRST, TRANSACTION_PROP_PREPARED, NULL };
	struct store_message m = record_message(&half->record);
	struct lmi_buf *b = &h->scratch;
	struct store_ticket t, op;
	char text[24];
	int64_t old_pos = x->queue_pos;
	lmi_buf_reset(b, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(b, half->record.props, drop);
	lmi_props_put(b, LMI_SPAN_LIT(TRANSACTION_PROP_CHECKS), lmi_span(text, print(x->checks + 1, text, sizeof(text))));
	lmi_props_put(b, LMI_SPAN_LIT(TRANSACTION_PROP_FIRST), lmi_span(text, print(x->first_pos, text, sizeof(text))));
	if (b->failed)
		return -ENOMEM;
	m.topic = LMI_SPAN_LIT(LMI_NAME_HALF);
	m.props = lmi_buf_span(b);
	m.tags_code = send_props_text_tags_code(m.props);
	int err = store_append(h->store, &m, &t);
	if (err)
		return err;
	struct transaction_new n = {
		.group = transaction_group_name(x->group),
		.first_pos = x->first_pos,
		.queue_pos = t.queue_pos,
		.log_pos = t.log_pos,
		.bytes = (int32_t)(t.log_end - t.log_pos),
		.checks = x->checks + 1,
		.stored_ms = t.store_ms,
		.due_ms = lmi_mono_ms(h->clock) + h->settings->transaction_interval_ms,
	};
	transaction_table_open(h->transactions, &n); /* it is there: cannot fail */
	if (transaction_op(h, old_pos, &op))
		lmi_log(h->log, LMI_LOG_WARNING,
			"the end of half message %lld could not be stored: a Java broker on this store would ask for it once more",
			(long long)old_pos);
	return 0;
}

/* Rule: DefaultTransactionalMessageCheckListener.toMessageExtBrokerInner. */
static int make_given_up_topic(struct handle *h)
{
	struct lmi_topic_config c;
	if (topic_table_get(h->topics, LMI_SPAN_LIT(LMI_NAME_CHECK_MAX)))
		return 0;
	lmi_topic_config_init(&c, LMI_SPAN_LIT(LMI_NAME_CHECK_MAX));
	c.read_queues = c.write_queues = 1;
	return topic_table_put(h->topics, &c, handle_now(h));
}

int transaction_give_up(struct handle *h, struct transaction *x, const struct transaction_half *half)
{
	struct store_message m = record_message(&half->record);
	struct store_ticket t;
	m.topic = LMI_SPAN_LIT(LMI_NAME_CHECK_MAX);
	m.props = half->record.props;
	m.tags_code = send_props_text_tags_code(m.props);
	int err = make_given_up_topic(h);
	if (!err)
		err = store_append(h->store, &m, &t);
	if (!err)
		err = transaction_op(h, x->queue_pos, &t);
	if (!err)
		transaction_table_end(h->transactions, x, TRANSACTION_GIVEN_UP);
	return err;
}
