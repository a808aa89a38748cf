/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/delay.h"

#include <errno.h>
#include <stdio.h>

#include "broker/handle/count.h"
#include "broker/handle/record_read.h"
#include "broker/handle/send_props.h"
#include "rules/name.h"
#include "wire/props.h"

#define MADE_QUEUES 4 /* of a topic that has to be made again; rule: DefaultMQProducer.defaultTopicQueueNums */

int32_t delay_level_of(struct lmi_span props)
{
	int32_t level;
	return lmi_span_to_i32(lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_DELAY)), &level) == 0 ? level : 0;
}

void delay_put_off(const struct handle *h, int32_t level, struct lmi_buf *props, struct store_message *m)
{
	char queue[16];
	int n = snprintf(queue, sizeof(queue), "%d", m->queue_id);
	lmi_props_put(props, LMI_SPAN_LIT(LMI_PROP_REAL_TOPIC), m->topic);
	lmi_props_put(props, LMI_SPAN_LIT(LMI_PROP_REAL_QID), lmi_span(queue, (size_t)n));
	m->props = lmi_buf_span(props);
	m->topic = LMI_SPAN_LIT(LMI_NAME_SCHEDULE);
	m->queue_id = lmi_delay_level_clamp(&h->settings->delay_levels, level) - 1;
}

/* Nobody may be there to read it, but it must not be lost: it waits in its queue. */
void delay_need_topic(struct handle *h, struct lmi_span name)
{
	const struct topic *made;
	struct topic_wish w = { .name = name, .default_topic = LMI_SPAN_LIT(LMI_NAME_AUTO_CREATE), .queues = MADE_QUEUES };
	int err;
	if (topic_table_get(h->topics, name))
		return;
	if (lmi_name_is_retry(name) || lmi_name_is_dlq(name))
		err = topic_table_make_retry(h->topics, name, 1, 0, handle_now(h), &made);
	else
		err = topic_table_auto_create(h->topics, &w, h->settings->auto_create_topic, handle_now(h), &made);
	if (err)
		lmi_log(h->log, LMI_LOG_WARNING, "a delayed message is due for topic %.*s, which does not exist any more: it can be "
			"read when the topic is created again", SPAN_ARGS(name));
	else
		lmi_log(h->log, LMI_LOG_NOTICE, "made topic %.*s again for a delayed message that is due", SPAN_ARGS(name));
}

int delay_deliver(struct handle *h, const struct lmi_record *rec)
{
	static const char *const drop[] = { LMI_PROP_DELAY, "TIMER_DELIVER_MS", "TIMER_DELAY_SEC", NULL };
	struct store_ticket t;
	struct store_message m = record_message(rec);
	m.topic = lmi_props_get(rec->props, LMI_SPAN_LIT(LMI_PROP_REAL_TOPIC));
	m.prepared_pos = rec->prepared_pos;
	m.tags_code = send_props_text_tags_code(rec->props);
	if (lmi_span_to_i32(lmi_props_get(rec->props, LMI_SPAN_LIT(LMI_PROP_REAL_QID)), &m.queue_id) || m.queue_id < 0 ||
	    m.queue_id >= TOPIC_QUEUES_MAX || !lmi_name_topic_ok(m.topic) || lmi_span_is(m.topic, LMI_NAME_HALF) ||
	    lmi_span_is(m.topic, LMI_NAME_SCHEDULE))
		return -LMQ_EILLEGAL;
	delay_need_topic(h, m.topic);
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(&h->scratch, rec->props, drop);
	m.props = lmi_buf_span(&h->scratch);
	int err = h->scratch.failed ? -ENOMEM : store_append(h->store, &m, &t);
	if (!err)
		count_put(h, m.topic, 1, (int64_t)m.body.n);
	return err;
}
