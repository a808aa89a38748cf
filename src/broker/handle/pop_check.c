/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/pop_check.h"

#include "rules/name.h"

#define RECEIPT_FIELDS_MIN 6 /* up to the broker's name */

bool pop_check_broker(struct handle *h, const struct request *r)
{
	if (h->settings->permission & LMI_PERM_READ)
		return true;
	answer_error(h, r, LMI_RSP_NO_PERMISSION, "this broker is not readable, see brokerPermission");
	return false;
}

static bool check_topic(struct handle *h, const struct request *r, struct pop_asked *a)
{
	a->topic_config = topic_table_get(h->topics, a->topic);
	if (!a->topic_config)
		answer_error(h, r, LMI_RSP_TOPIC_NOT_EXIST,
			     "topic %.*s does not exist on this broker: create it or send to it first", SPAN_ARGS(a->topic));
	else if (!(a->topic_config->config.perm & LMI_PERM_READ))
		answer_error(h, r, LMI_RSP_NO_PERMISSION, "topic %.*s is not readable, see its perm", SPAN_ARGS(a->topic));
	else if (a->queue_id >= a->topic_config->config.read_queues)
		answer_error(h, r, LMI_RSP_INVALID_PARAMETER, "queue %d is not one of topic %.*s, which has %d to read",
			     a->queue_id, SPAN_ARGS(a->topic), a->topic_config->config.read_queues);
	else
		return true;
	return false;
}

bool pop_check(struct handle *h, const struct request *r, struct pop_asked *a)
{
	if (!check_topic(h, r, a))
		return false;
	a->group_config = group_table_find(h->groups, a->group, h->settings->auto_create_group, handle_now(h));
	if (!a->group_config)
		answer_error(h, r, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST, "consumer group %.*s does not exist",
			     SPAN_ARGS(a->group));
	else if (!a->group_config->consume_enable)
		answer_error(h, r, LMI_RSP_NO_PERMISSION, "consumer group %.*s may not consume, see its consumeEnable",
			     SPAN_ARGS(a->group));
	else
		return true;
	return false;
}

/* The next word of a receipt; false when there is none. */
static bool word(struct lmi_span *rest, struct lmi_span *out)
{
	const uint8_t *blank = rest->n ? memchr(rest->p, ' ', rest->n) : NULL;
	size_t n = blank ? (size_t)(blank - rest->p) : rest->n;
	if (!rest->n)
		return false;
	*out = lmi_span(rest->p, n);
	*rest = lmi_span(rest->p + n + (blank != NULL), rest->n - n - (blank != NULL));
	return true;
}

bool pop_receipt_read(struct handle *h, const struct request *r, struct lmi_span text, struct pop_receipt *out)
{
	struct lmi_span w[RECEIPT_FIELDS_MIN], rest = text;
	int n = 0;
	while (n < RECEIPT_FIELDS_MIN && word(&rest, &w[n]))
		n++;
	if (n == RECEIPT_FIELDS_MIN && lmi_span_to_i64(w[0], &out->start_pos) == 0 &&
	    lmi_span_to_i64(w[1], &out->pop_ms) == 0 && lmi_span_to_i64(w[2], &out->invisible_ms) == 0 &&
	    lmi_span_to_i32(w[3], &out->revive_qid) == 0)
		return true;
	answer_error(h, r, LMI_RSP_SYSTEM_ERROR,
		     "extraInfo is not a receipt (position, pop time, invisible time, queue, retry flag, broker, …), as POP_CK of "
		     "the message has it");
	return false;
}

bool pop_place_check(struct handle *h, const struct request *r, struct pop_place *p)
{
	const struct topic *t = topic_table_get(h->topics, p->at.topic);
	if (!t) {
		answer_error(h, r, LMI_RSP_TOPIC_NOT_EXIST, "topic %.*s does not exist on this broker", SPAN_ARGS(p->at.topic));
		return false;
	}
	if (p->at.queue_id < 0 || p->at.queue_id >= t->config.read_queues) {
		answer_error(h, r, LMI_RSP_MESSAGE_ILLEGAL, "queue %d is not one of topic %.*s, which has %d to read",
			     p->at.queue_id, SPAN_ARGS(p->at.topic), t->config.read_queues);
		return false;
	}
	store_queue_bounds(h->store, p->at.topic, p->at.queue_id, &p->bounds);
	return true;
}

bool pop_position_check(struct handle *h, const struct request *r, const struct pop_place *p, int64_t pos, int64_t last_pos)
{
	if (pos >= p->bounds.min_pos && pos <= last_pos)
		return true;
	answer_error(h, r, LMI_RSP_NO_MESSAGE, "offset %lld of %.*s queue %d is not there, it has %lld to %lld", (long long)pos,
		     SPAN_ARGS(p->at.topic), p->at.queue_id, (long long)p->bounds.min_pos, (long long)p->bounds.max_pos);
	return false;
}
