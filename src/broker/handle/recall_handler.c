/* SPDX-License-Identifier: Apache-2.0 */
/* RECALL_MESSAGE: a message for a stated time is taken back before that.  Rule: RecallMessageProcessor. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "broker/handle/handlers.h"
#include "broker/handle/send_answer.h"
#include "broker/handle/timer.h"
#include "rules/name.h"
#include "wire/props.h"

#define RECALL_TAG "_RECALL_TAG_" /* rule: RecallMessageProcessor.RECALL_MESSAGE_TAG */
#define RECALL_BODY "0"

static void refuse(struct handle *h, const struct request *r, int32_t code, const char *why)
{
	send_refuse(h, r, code, "recall failed, %s", why);
}

static bool check(struct handle *h, const struct request *r, struct lmi_span topic, const struct timer_recall *c)
{
	int64_t left_ms = c->due_ms - handle_now(h);
	const char *why = NULL;
	if (!lmi_span_eq(c->topic, topic))
		why = "topic not match";
	else if (!lmi_span_eq(c->broker, h->settings->broker_name))
		why = "broker service not available: the message is with another broker";
	else if (left_ms <= 0 || left_ms >= h->settings->timer_max_delay_ms)
		why = "timestamp invalid: it was delivered already, or the handle is not one of ours";
	if (why)
		refuse(h, r, LMI_RSP_ILLEGAL_OPERATION, why);
	return !why;
}

static struct lmi_span build_props(struct handle *h, struct lmi_span group, const struct timer_recall *c)
{
	struct lmi_buf *b = &h->scratch;
	char key[2 * LMI_NAME_MAX + 2], due[24];
	int n = snprintf(key, sizeof(key), "%.*s+%.*s", SPAN_ARGS(c->topic), SPAN_ARGS(c->uniq));
	lmi_buf_reset(b, HANDLE_SCRATCH_KEEP);
	lmi_props_put(b, LMI_SPAN_LIT(TIMER_PROP_DEL_UNIQKEY), lmi_span(key, (size_t)n));
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY), c->uniq);
	lmi_props_put(b, LMI_SPAN_LIT(TIMER_PROP_DELIVER_MS), lmi_span(due, (size_t)snprintf(due, sizeof(due), "%" PRId64, c->due_ms)));
	lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_TAGS), LMI_SPAN_LIT(RECALL_TAG));
	if (group.n)
		lmi_props_put(b, LMI_SPAN_LIT(LMI_PROP_PGROUP), group);
	return lmi_buf_span(b);
}

static void recall(struct handle *h, const struct request *r, struct lmi_span group, const struct timer_recall *c)
{
	struct store_ticket t;
	int64_t due_ms;
	struct store_message m = {
		.topic = c->topic,
		.born_ms = handle_now(h),
		.born = r->peer->host,
		.body = LMI_SPAN_LIT(RECALL_BODY),
		.props = build_props(h, group, c),
		.tags_code = lmi_java_hash(LMI_SPAN_LIT(RECALL_TAG)),
	};
	int err = h->scratch.failed ? -ENOMEM : 0;
	if (!err && timer_make(h, &m, false, &due_ms) != TIMER_MADE)
		err = -LMQ_EILLEGAL;
	if (!err)
		err = store_append(h->store, &m, &t);
	if (err)
		refuse(h, r, LMI_RSP_SYSTEM_ERROR, "execute error: the broker's journal says why");
	else
		recall_answer_later(h, r, &t, h->settings->sync_flush, c->uniq);
}

void recall_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text_or(&f, LMI_EXT_PRODUCER_GROUP, LMI_SPAN_NULL);
	struct lmi_span topic = fields_text(&f, LMI_EXT_TOPIC), text = fields_text(&f, LMI_EXT_RECALL_HANDLE);
	char scratch[TIMER_RECALL_HANDLE_MAX];
	struct timer_recall c;
	if (!fields_ok(h, r, &f))
		return;
	if (!h->settings->recall_enable)
		refuse(h, r, LMI_RSP_NO_PERMISSION, "operation is forbidden, see recallMessageEnable");
	else if (!(h->settings->permission & LMI_PERM_WRITE))
		refuse(h, r, LMI_RSP_SERVICE_NOT_AVAILABLE, "broker service not available: it is not writable, see brokerPermission");
	else if (!topic_table_get(h->topics, topic))
		refuse(h, r, LMI_RSP_TOPIC_NOT_EXIST, "the topic does not exist");
	else if (timer_recall_parse(text, scratch, &c) || c.uniq.n > LMI_NAME_MAX || !lmi_name_topic_ok(c.topic))
		refuse(h, r, LMI_RSP_ILLEGAL_OPERATION, "recall handle is invalid");
	else if (check(h, r, topic, &c))
		recall(h, r, group, &c);
}

void timer_checkpoint_handler(struct handle *h, const struct request *r)
{
	uint8_t bytes[TIMER_CHECK_BYTES];
	timer_check_put(&h->timers->check, bytes);
	answer_body(r, lmi_span(bytes, sizeof(bytes)));
}

/* Rule: AdminBrokerProcessor.getTimerMetrics. */
void timer_metrics_handler(struct handle *h, const struct request *r)
{
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	timer_counts_save(h->timer_counts, &h->scratch, false);
	answer_body(r, lmi_buf_span(&h->scratch));
}
