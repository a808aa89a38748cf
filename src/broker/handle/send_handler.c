/* SPDX-License-Identifier: Apache-2.0 */
/* SEND_MESSAGE, SEND_MESSAGE_V2, SEND_BATCH_MESSAGE.  Checks and their codes come in RocketMQ's order. */
#include <errno.h>

#include "broker/handle/count.h"
#include "broker/handle/delay.h"
#include "base/event.h"
#include "broker/handle/handlers.h"
#include "broker/handle/reply_handler.h"
#include "broker/handle/send_answer.h"
#include "broker/handle/send_header.h"
#include "broker/handle/send_props.h"
#include "broker/handle/timer.h"
#include "broker/handle/transaction.h"
#include "rules/name.h"
#include "rules/queue_choice.h"
#include "rules/retry.h"

#define SEND_BATCH_MAX 65536u /* messages in one batch */
#define DLQ_QUEUES 1 /* rule: DLQ_NUMS_PER_GROUP */

/* One send on its way. */
struct send {
	struct send_header header;
	const struct topic *topic; /* where it goes: may become the dead letters */
	struct lmi_span topic_name;
	struct send_props props;
	int32_t queue_id;
	bool dead;
};

/* Rule: AbstractSendMessageProcessor.msgCheck, the topic's part. */
static bool find_topic(struct handle *h, const struct request *r, struct send *s)
{
	const struct send_header *sh = &s->header;
	bool retry = lmi_name_is_retry(sh->topic);
	struct topic_wish w = { .name = sh->topic, .default_topic = sh->default_topic, .queues = sh->default_queues };
	s->topic_name = sh->topic;
	s->topic = topic_table_get(h->topics, sh->topic);
	if (s->topic)
		return true;
	if (sh->unit_mode)
		w.sysflag = retry ? LMI_TOPIC_SYSFLAG_UNIT_SUB : LMI_TOPIC_SYSFLAG_UNIT;
	int err = topic_table_auto_create(h->topics, &w, h->settings->auto_create_topic, handle_now(h), &s->topic);
	if (err && retry)
		err = topic_table_make_retry(h->topics, sh->topic, 1, w.sysflag, handle_now(h), &s->topic);
	if (!err) {
		lmi_log_with(h->log, LMI_LOG_INFO, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_TOPIC_CHANGED), LMI_LOG_SPAN("TOPIC", sh->topic)),
			"made topic %.*s with %d queues for its first message",
			SPAN_ARGS(sh->topic), s->topic->config.write_queues);
		h->made_topic = true;
		return true;
	}
	if (err == -LMQ_ENOTFOUND)
		send_refuse(h, r, LMI_RSP_TOPIC_NOT_EXIST,
			    "topic %.*s does not exist and is not made by itself: create it with updateTopic, or set "
			    "autoCreateTopicEnable", SPAN_ARGS(sh->topic));
	else
		send_refuse(h, r, LMI_RSP_TOPIC_NOT_EXIST, "topic %.*s does not exist and could not be made: %s",
			    SPAN_ARGS(sh->topic), lmi_strerror(err));
	return false;
}

/* Rule: AbstractSendMessageProcessor.msgCheck. */
static bool check(struct handle *h, const struct request *r, struct send *s)
{
	const struct send_header *sh = &s->header;
	enum lmi_name_fault fault = lmi_name_topic_check(sh->topic);
	if (fault) {
		send_refuse(h, r, LMI_RSP_INVALID_PARAMETER, "the topic's name %s", lmi_name_fault_text(fault));
		return false;
	}
	if (!lmi_name_may_send(sh->topic)) {
		send_refuse(h, r, LMI_RSP_NO_PERMISSION, "topic %.*s is the broker's own, clients may not send to it",
			    SPAN_ARGS(sh->topic));
		return false;
	}
	if (!find_topic(h, r, s))
		return false;
	const struct lmi_topic_config *c = &s->topic->config;
	int32_t valid = c->write_queues > c->read_queues ? c->write_queues : c->read_queues;
	if (sh->queue_id >= valid) {
		send_refuse(h, r, LMI_RSP_INVALID_PARAMETER, "queue %d is not one of topic %.*s, which has %d",
			    sh->queue_id, SPAN_ARGS(sh->topic), valid);
		return false;
	}
	s->queue_id = sh->queue_id < 0 ? lmi_queue_choice_any(h->rng, c->write_queues) : sh->queue_id;
	return true;
}

static int32_t max_times(const struct request *r, const struct send_header *sh, const struct lmi_group_config *g)
{
	struct lmi_retry_max m = { .of_group = g->retry_max_times,
				   .of_request = sh->max_reconsume_times,
				   .in_request = sh->has_max_reconsume_times,
				   .client_version = r->cmd->version };
	return lmi_retry_max_times(&m);
}

/* A retry topic's message may have had its chances.  Rule: SendMessageProcessor.handleRetryAndDLQ. */
static bool redirect_dead(struct handle *h, const struct request *r, struct send *s)
{
	const struct send_header *sh = &s->header;
	struct lmi_span group = lmi_name_group_of(sh->topic);
	if (!lmi_name_is_retry(sh->topic))
		return true;
	const struct lmi_group_config *g =
		group_table_find(h->groups, group, h->settings->auto_create_group, handle_now(h));
	if (!g) {
		send_refuse(h, r, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST, "consumer group %.*s does not exist",
			    SPAN_ARGS(group));
		return false;
	}
	bool ordered = lock_table_any(h->locks, group, lmi_mono_ms(h->clock));
	if (!lmi_retry_send_is_dead(sh->reconsume_times, max_times(r, sh, g), ordered))
		return true;
	char *name = lmi_arena_alloc(&h->arena, LMI_NAME_MAX + 1);
	size_t n = name ? lmi_name_dlq_topic(group, name) : 0;
	s->topic_name = lmi_span(name, n);
	if (!n || topic_table_make_retry(h->topics, s->topic_name, DLQ_QUEUES, 0, handle_now(h), &s->topic)) {
		send_refuse(h, r, LMI_RSP_SYSTEM_ERROR, "the dead letter topic of group %.*s could not be made",
			    SPAN_ARGS(group));
		return false;
	}
	s->queue_id = 0;
	s->dead = true;
	return true;
}

/* The properties as they are stored, in the scratch buffer; s->props follows. */
static struct lmi_span build_props(struct handle *h, struct send *s)
{
	struct lmi_buf *b = &h->scratch;
	char uniq[SEND_UNIQ_CHARS];
	lmi_buf_reset(b, HANDLE_SCRATCH_KEEP);
	send_props_take(s->header.props, s->dead ? SEND_PROPS_DROP_DELAY : 0, b, &s->props);
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_MSG_REGION), h->settings->region_id);
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_TRACE_ON),
		      h->settings->trace_on ? LMI_SPAN_LIT("true") : LMI_SPAN_LIT("false"));
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_CLUSTER), h->settings->cluster_name);
	if (s->dead)
		lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_DELAY), LMI_SPAN_LIT("-1"));
	if (!s->props.uniq.n) {
		uint64_t chance = lmi_rng_u64(h->rng);
		struct send_uniq u = { .pid = (uint32_t)(chance >> 48), .chance = (uint32_t)chance, .now_ms = handle_now(h) };
		memcpy(u.addr, h->settings->host.addr, sizeof(u.addr));
		send_uniq_make(&u, (uint16_t)(chance >> 32), uniq);
		void *keep = lmi_arena_dup(&h->arena, uniq, sizeof(uniq));
		s->props.uniq = lmi_span(keep, keep ? sizeof(uniq) : 0);
		lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY), lmi_span(uniq, sizeof(uniq)));
	}
	return lmi_buf_span(b);
}

static void fill_message(const struct request *r, const struct send *s, struct store_message *m)
{
	bool multi = s->topic->config.filter == LMI_TOPIC_FILTER_MULTI_TAG;
	*m = (struct store_message){
		.topic = s->topic_name,
		.queue_id = s->queue_id,
		.flag = s->header.flag,
		.sysflag = s->header.sysflag | (multi ? LMI_SYSFLAG_MULTI_TAGS : 0),
		.born_ms = s->header.born_ms,
		.born = r->peer->host,
		.reconsume_times = s->header.reconsume_times,
	};
}

static bool wants_sync(const struct handle *h, const struct send *s)
{
	return send_wants_sync(h, s->topic) && !s->props.no_wait;
}

/* Rule: SendMessageProcessor.sendMessage: what was given back with a delay is no half message any more. */
static bool is_half(const struct send *s)
{
	return s->props.transaction && !(s->header.reconsume_times > 0 && s->props.delay_level > 0);
}

/* Rule: HookUtils.handleScheduleMessage; the codes of PutMessageStatus.WHEEL_TIMER_*. */
static bool refuse_timer(struct handle *h, const struct request *r, enum timer_verdict verdict)
{
	switch (verdict) {
	case TIMER_NOT:
	case TIMER_MADE:
		return false;
	case TIMER_ILLEGAL:
		send_refuse(h, r, LMI_RSP_MESSAGE_ILLEGAL, "the delivery time is not a number of milliseconds or seconds, or a deletion's is over");
		break;
	case TIMER_TOO_FAR:
		send_refuse(h, r, LMI_RSP_MESSAGE_ILLEGAL, "the delivery time is more than %lld s away, which timerMaxDelaySec allows at most",
			    (long long)(h->settings->timer_max_delay_ms / 1000));
		break;
	case TIMER_OFF:
		send_refuse(h, r, LMI_RSP_SYSTEM_ERROR, "this broker delivers nothing at a stated time, see timerWheelEnable");
		break;
	case TIMER_FULL:
		send_refuse(h, r, LMI_RSP_SYSTEM_ERROR,
			    "timer message is under flow control: %d messages are due in that slot, see timerCongestNumEachSlot; choose "
			    "another time", h->settings->timer_slot_max);
		break;
	case TIMER_NO_MEMORY:
		send_refuse(h, r, LMI_RSP_SYSTEM_BUSY, "the broker is short of memory, try again later");
		break;
	}
	return true;
}

static bool wants_timer(const struct send *s)
{
	return s->props.timer && s->props.delay_level <= 0;
}

static bool make_timer(struct handle *h, const struct request *r, const struct send *s, struct store_message *m, int64_t *due_ms)
{
	enum timer_verdict v = wants_timer(s) ? timer_make(h, m, false, due_ms) : TIMER_NOT;
	if (v == TIMER_NOT)
		*due_ms = 0;
	return !refuse_timer(h, r, v);
}

static bool make_half(struct handle *h, const struct request *r, const struct send *s, struct store_message *m)
{
	if (h->settings->reject_transactions) {
		send_refuse(h, r, LMI_RSP_NO_PERMISSION, "this broker takes no transaction messages, see rejectTransactionMessage");
		return false;
	}
	if (wants_timer(s) && refuse_timer(h, r, timer_judge(h, m->props)))
		return false; /* rather now than at its commit */
	switch (transaction_half_make(h, m, s->header.producer_group, s->props.uniq)) {
	case 0:
		return true;
	case -LMQ_EFULL:
		send_refuse(h, r, LMI_RSP_SYSTEM_BUSY,
			    "%zu transactions are open, maxOpenTransactions allows no more: end some, or wait until they are given up",
			    h->transactions->count);
		return false;
	default:
		send_refuse(h, r, LMI_RSP_SYSTEM_BUSY, "the broker is short of memory, try again later");
		return false;
	}
}

static void send_one(struct handle *h, const struct request *r, struct send *s)
{
	struct store_message m;
	struct store_ticket t;
	struct lmi_span props = build_props(h, s);
	if (r->cmd->body.n == 0) {
		send_refuse(h, r, LMI_RSP_MESSAGE_ILLEGAL, "the message has no body");
		return;
	}
	fill_message(r, s, &m);
	m.body = r->cmd->body;
	m.props = props;
	m.tags_code = send_props_tags_code(&s->props);
	bool half = is_half(s);
	int64_t due_ms = 0;
	if (half ? !make_half(h, r, s, &m) : !make_timer(h, r, s, &m, &due_ms))
		return;
	if (!half && s->props.delay_level > 0 && !s->dead)
		delay_put_off(h, s->props.delay_level, &h->scratch, &m);
	int err = h->scratch.failed ? -ENOMEM : store_append(h->store, &m, &t);
	if (err) {
		send_refuse_store(h, r, err);
		return;
	}
	if (half)
		transaction_half_stored(h, &m, &t);
	count_put(h, m.topic, 1, (int64_t)m.body.n);
	if (due_ms && !lmi_name_is_retry(s->header.topic)) {
		char handle[TIMER_RECALL_HANDLE_MAX];
		size_t n = timer_recall_handle(h, s->topic_name, due_ms, s->props.uniq, handle);
		send_answer_recallable(h, r, &t, wants_sync(h, s), s->queue_id, s->props.uniq, lmi_span(handle, n));
		return;
	}
	send_answer_later(h, r, &t, wants_sync(h, s), s->queue_id, s->props.uniq, LMI_SPAN_NULL);
}

/* ---- batches ---- */

static int count_items(struct lmi_span body, size_t *out)
{
	struct lmi_batch_item item;
	size_t n = 0;
	int rc = 0;
	for (size_t at = 0; (rc = lmi_batch_next(body, &at, &item)) == 1;)
		n++;
	*out = n;
	return rc;
}

static bool check_batch(struct handle *h, const struct request *r, const struct send *s, size_t *out_n)
{
	if (s->header.topic.n > LMI_NAME_TOPIC_MAX || lmi_name_is_retry(s->header.topic)) {
		send_refuse(h, r, LMI_RSP_MESSAGE_ILLEGAL, "batches may not go to retry topics or to names over %u characters",
			    LMI_NAME_TOPIC_MAX);
		return false;
	}
	if (r->cmd->body.n > h->settings->message_max_bytes) {
		send_refuse(h, r, LMI_RSP_MESSAGE_ILLEGAL, "the batch has %zu bytes, maxMessageSize allows %u",
			    r->cmd->body.n, h->settings->message_max_bytes);
		return false;
	}
	if ((s->header.sysflag & LMI_SYSFLAG_TRANSACTION_MASK) || s->props.delay_level > 0 || s->props.timer) {
		send_refuse(h, r, LMI_RSP_MESSAGE_ILLEGAL, "a batch may hold neither delayed nor transaction messages");
		return false;
	}
	if (count_items(r->cmd->body, out_n) || *out_n == 0 || *out_n > SEND_BATCH_MAX) {
		send_refuse(h, r, LMI_RSP_MESSAGE_ILLEGAL, "the batch is broken, empty or has more than %u messages",
			    SEND_BATCH_MAX);
		return false;
	}
	return true;
}

static void fill_batch(const struct request *r, const struct send *s, struct store_message *m)
{
	struct lmi_batch_item item;
	for (size_t at = 0; lmi_batch_next(r->cmd->body, &at, &item) == 1; m++) {
		struct send_props p;
		send_props_take(item.props, 0, NULL, &p);
		fill_message(r, s, m);
		m->flag = item.flag;
		m->body = item.body;
		m->props = item.props;
		m->tags_code = send_props_tags_code(&p);
	}
}

/* The ids of all messages, joined by commas, in the scratch buffer. */
static struct lmi_span join_ids(struct handle *h, const struct store_ticket *t, size_t n)
{
	char id[LMI_OFFSET_MSG_ID_MAX];
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	for (size_t i = 0; i < n; i++) {
		if (i)
			lmi_buf_put8(&h->scratch, ',');
		lmi_buf_put(&h->scratch, id, lmi_offset_msg_id(&h->settings->host, t[i].log_pos, id));
	}
	return lmi_buf_span(&h->scratch);
}

static void send_batch(struct handle *h, const struct request *r, struct send *s)
{
	size_t n;
	send_props_take(s->header.props, 0, NULL, &s->props);
	if (!check_batch(h, r, s, &n))
		return;
	struct store_message *m = lmi_arena_alloc(&h->arena, n * sizeof(*m));
	struct store_ticket *t = lmi_arena_alloc(&h->arena, n * sizeof(*t));
	int err = m && t ? 0 : -ENOMEM;
	if (!err) {
		fill_batch(r, s, m);
		err = store_append_batch(h->store, m, n, t);
	}
	if (err) {
		send_refuse_store(h, r, err);
		return;
	}
	count_put(h, s->header.topic, (int64_t)n, (int64_t)r->cmd->body.n);
	struct store_ticket whole = t[0];
	whole.log_end = t[n - 1].log_end;
	send_answer_later(h, r, &whole, wants_sync(h, s), s->queue_id, LMI_SPAN_NULL, join_ids(h, t, n));
}

/* Read the header and check it.  False when the request was answered. */
static bool begin(struct handle *h, const struct request *r, struct send *s)
{
	const char *bad;
	h->made_topic = false;
	int err = send_header_read(r->cmd, &s->header, &bad);
	if (!err)
		return check(h, r, s);
	answer_error(h, r, LMI_RSP_SYSTEM_ERROR,
		     err == -LMQ_ENOTFOUND ? "the request lacks its field %s" : "field %s of the request is not a number that fits", bad);
	return false;
}

void send_handler(struct handle *h, const struct request *r)
{
	struct send s = { .topic = NULL };
	if (!begin(h, r, &s))
		return;
	if (s.header.batch)
		send_batch(h, r, &s);
	else if (redirect_dead(h, r, &s))
		send_one(h, r, &s);
}

/* A reply is kept as it came, when it is kept; whether that works does not matter to who waits for it. */
void reply_handler(struct handle *h, const struct request *r)
{
	struct send s = { .topic = NULL };
	struct store_message m;
	struct store_ticket t;
	if (!begin(h, r, &s))
		return;
	struct reply y = { .header = &s.header, .queue_id = s.queue_id };
	send_props_take(s.header.props, 0, NULL, &s.props);
	fill_message(r, &s, &m);
	m.body = r->cmd->body;
	m.props = s.header.props;
	m.tags_code = send_props_tags_code(&s.props);
	if (h->settings->store_replies && store_append(h->store, &m, &t) == 0)
		y.ticket = &t;
	reply_push(h, r, &y);
}
