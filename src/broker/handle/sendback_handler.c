/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONSUMER_SEND_MSG_BACK: a consumer could not process a message.  It comes back on %RETRY%group after a delay, by level or
 * by the group's own retry policy, or goes to %DLQ%group after too many tries.
 */
#include <errno.h>
#include <stdio.h>

#include "broker/handle/count.h"
#include "broker/handle/delay.h"
#include "base/event.h"
#include "broker/handle/handlers.h"
#include "broker/handle/record_read.h"
#include "broker/handle/send_answer.h"
#include "broker/handle/send_props.h"
#include "rules/name.h"
#include "rules/queue_choice.h"
#include "rules/retry.h"
#include "rules/retry_policy.h"
#include "wire/props.h"

#define DLQ_QUEUES 1 /* rule: DLQ_NUMS_PER_GROUP */

struct back {
	/* of the request */
	struct lmi_span group;
	int64_t log_pos;
	int32_t delay_level, max_times;
	bool has_max_times, unit_mode;
	/* found */
	const struct lmi_group_config *config;
	struct lmi_record record;
	bool dead;
	char topic[LMI_NAME_MAX + 1];
	size_t topic_bytes;
	int32_t queue_id;
};

static bool read_request(struct handle *h, const struct request *r, struct back *b)
{
	struct fields f = fields_of(r);
	b->group = fields_text(&f, LMI_EXT_GROUP);
	b->log_pos = fields_i64(&f, LMI_EXT_OFFSET);
	b->delay_level = fields_i32(&f, LMI_EXT_DELAY_LEVEL);
	b->unit_mode = fields_bool_or(&f, LMI_EXT_UNIT_MODE, false);
	b->has_max_times = lmi_command_ext(r->cmd, LMI_EXT_MAX_RECONSUME_TIMES).p != NULL;
	b->max_times = fields_i32_or(&f, LMI_EXT_MAX_RECONSUME_TIMES, 0);
	return fields_ok(h, r, &f);
}

/* The topic that it goes to is there and writable; else the request was answered. */
static bool make_topic(struct handle *h, const struct request *r, struct back *b, int32_t queues, int32_t sysflag)
{
	const struct topic *t;
	b->topic_bytes = b->dead ? lmi_name_dlq_topic(b->group, b->topic) : lmi_name_retry_topic(b->group, b->topic);
	struct lmi_span name = lmi_span(b->topic, b->topic_bytes);
	int err = b->topic_bytes ? topic_table_make_retry(h->topics, name, queues, sysflag, handle_now(h), &t) :
				   -LMQ_EILLEGAL;
	if (err) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "topic %.*s does not exist and could not be made: %s",
			     SPAN_ARGS(name), lmi_strerror(err));
		return false;
	}
	if (!b->dead && !(t->config.perm & LMI_PERM_WRITE)) {
		answer_error(h, r, LMI_RSP_NO_PERMISSION, "topic %.*s is not writable, see its perm", SPAN_ARGS(name));
		return false;
	}
	b->queue_id = lmi_queue_choice_any(h->rng, queues);
	return true;
}

/* Up to the retry topic.  False: answered. */
static bool check(struct handle *h, const struct request *r, struct back *b)
{
	b->config = group_table_find(h->groups, b->group, h->settings->auto_create_group, handle_now(h));
	if (!b->config) {
		answer_error(h, r, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST, "consumer group %.*s does not exist",
			     SPAN_ARGS(b->group));
		return false;
	}
	if (!(h->settings->permission & LMI_PERM_WRITE)) {
		answer_error(h, r, LMI_RSP_NO_PERMISSION, "this broker is not writable, see brokerPermission");
		return false;
	}
	if (b->config->retry_queues <= 0) {
		answer_code(r, LMI_RSP_SUCCESS); /* rule: such a group wants no retries */
		return false;
	}
	return make_topic(h, r, b, b->config->retry_queues, b->unit_mode ? LMI_TOPIC_SYSFLAG_UNIT_SUB : 0);
}

/* A group that says how long to wait is taken at its word, as exactly as there are levels. */
static int32_t level_of(const struct handle *h, const struct back *b, int32_t otherwise)
{
	struct lmi_retry_policy policy;
	if (b->delay_level != 0 || lmi_retry_policy_read(b->config->retry_policy, &policy) ||
	    policy.kind == LMI_RETRY_BY_LEVEL)
		return otherwise;
	return lmi_delay_level_of_ms(&h->settings->delay_levels, lmi_retry_policy_ms(&policy, b->record.reconsume_times));
}

static bool decide(struct handle *h, const struct request *r, struct back *b)
{
	struct lmi_retry_max m = { .of_group = b->config->retry_max_times,
				   .of_request = b->max_times,
				   .in_request = b->has_max_times,
				   .client_version = r->cmd->version };
	struct lmi_retry retry = lmi_retry_sent_back(b->record.reconsume_times, lmi_retry_max_times(&m), b->delay_level);
	b->dead = retry.dead;
	if (!b->dead)
		b->delay_level = lmi_delay_level_clamp(&h->settings->delay_levels, level_of(h, b, retry.delay_level));
	return !b->dead || make_topic(h, r, b, DLQ_QUEUES, 0);
}

/* Properties of the new message: where it came from stays with it. */
static struct lmi_span build_props(struct handle *h, const struct back *b)
{
	static const char *const drop[] = { LMI_PROP_DELAY, LMI_PROP_WAIT, LMI_PROP_REAL_TOPIC, LMI_PROP_REAL_QID, NULL };
	struct lmi_buf *out = &h->scratch;
	struct lmi_span props = b->record.props;
	char id[LMI_OFFSET_MSG_ID_MAX];
	lmi_buf_reset(out, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(out, props, drop);
	if (!lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_RETRY_TOPIC)).n)
		lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_RETRY_TOPIC), b->record.topic);
	if (!lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_ORIGIN_MESSAGE_ID)).n)
		lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_ORIGIN_MESSAGE_ID),
			      lmi_span(id, lmi_offset_msg_id(&b->record.store, b->record.log_pos, id)));
	if (!b->dead) {
		char level[16];
		int n = snprintf(level, sizeof(level), "%d", b->delay_level);
		lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_DELAY), lmi_span(level, (size_t)n));
	}
	if (b->dead) {
		struct lmi_span origin = lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_RETRY_TOPIC));
		struct lmi_span uniq = lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY));
		lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_DLQ_ORIGIN_TOPIC), origin.n ? origin : b->record.topic);
		if (uniq.n)
			lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_DLQ_ORIGIN_MESSAGE_ID), uniq);
	}
	return lmi_buf_span(out);
}

static void store_again(struct handle *h, const struct request *r, const struct back *b)
{
	const struct lmi_record *rec = &b->record;
	struct store_ticket t;
	struct store_message m = record_message(rec);
	m.topic = lmi_span(b->topic, b->topic_bytes);
	m.queue_id = b->queue_id;
	m.reconsume_times = rec->reconsume_times == INT32_MAX ? INT32_MAX : rec->reconsume_times + 1;
	m.props = build_props(h, b);
	m.tags_code = send_props_text_tags_code(rec->props);
	if (!b->dead)
		delay_put_off(h, b->delay_level, &h->scratch, &m);
	int err = h->scratch.failed ? -ENOMEM : store_append(h->store, &m, &t);
	if (err) {
		const char *cause = store_readonly_cause(h->store);
		if (!cause)
			cause = store_refusal(h->store);
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the message could not be stored again: %s",
			     cause ? cause : lmi_strerror(err));
		return;
	}
	count_put(h, m.topic, 1, (int64_t)m.body.n);
	count_back(h, rec->topic, b->group);
	if (b->dead)
		lmi_log_with(h->log, LMI_LOG_NOTICE,
			LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_DEAD_LETTER), LMI_LOG_SPAN("GROUP", b->group),
				       LMI_LOG_SPAN("TOPIC", rec->topic)),
			"group %.*s gave up a message of %.*s after %d tries: now in %s queue %d",
			SPAN_ARGS(b->group), SPAN_ARGS(rec->topic), rec->reconsume_times + 1, b->topic, b->queue_id);
	/* The group goes on behind the message: the answer promises as much as that of a send. */
	const struct topic *topic = topic_table_get(h->topics, m.topic);
	plain_answer_later(h, r, &t, topic ? send_wants_sync(h, topic) : h->settings->sync_flush);
}

void sendback_handler(struct handle *h, const struct request *r)
{
	struct back b = { .dead = false };
	struct lmi_span bytes;
	int err;
	if (!read_request(h, r, &b) || !check(h, r, &b))
		return;
	switch (record_read(h, r, b.log_pos, &bytes, &err)) {
	case RECORD_GOT:
		if (lmi_record_decode(bytes, &b.record) == 0) {
			if (decide(h, r, &b))
				store_again(h, r, &b);
			return;
		}
		err = -LMQ_ECORRUPT;
		break;
	case RECORD_DEFERRED:
		return;
	case RECORD_MISSING:
		break;
	}
	answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "there is no message at log position %lld: %s", (long long)b.log_pos,
		     lmi_strerror(err));
}
