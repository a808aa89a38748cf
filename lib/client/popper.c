/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POP: the broker keeps the books.  Rule: MQClientAPIImpl.processPopResponse, ExtraInfoUtil, DefaultMQPushConsumerImpl.ackAsync,
 * changePopInvisibleTimeAsync.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <lightmq/pull.h>

#include "client/ask.h"
#include "client/consumer_impl.h"
#include "client/messages.h"
#include "rules/name.h"
#include "wire/props.h"

#define INIT_MODE_MIN 0 /* rule: ConsumeInitMode */
#define INIT_MODE_MAX 1

struct lmq_popper {
	struct lmq_consumer *member;
	uint32_t turn; /* atomic */
};

int lmq_popper_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg, struct lmq_popper **out)
{
	struct lmq_popper *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	r = lmq_consumer_new(client, group, cfg, &p->member);
	if (r == 0)
		r = consumer_join(p->member, CONSUMER_POP);
	if (r < 0) {
		lmq_consumer_free(p->member);
		free(p);
		return r;
	}
	*out = p;
	return 0;
}

void lmq_popper_free(struct lmq_popper *p)
{
	if (!p || client_may_wait(p->member->client) < 0)
		return;
	lmq_consumer_free(p->member);
	free(p);
}

int lmq_popper_subscribe(struct lmq_popper *p, const char *topic, const char *expression)
{
	return consumer_choose(p->member, topic, expression);
}

/* ---- receipts ---- */

/*
 * Of "flag queue value;flag queue value" the value that goes with a message, as text; p == NULL: none.
 * Rule: ExtraInfoUtil.parseStartOffsetInfo, parseMsgOffsetInfo.
 */
static struct lmi_span find_info(struct lmi_span info, char flag, int32_t queue_id)
{
	char head[32];
	size_t n = (size_t)snprintf(head, sizeof(head), "%c %" PRId32 " ", flag, queue_id);
	const uint8_t *p = info.p, *end = info.n ? info.p + info.n : info.p;

	while (p < end) {
		const uint8_t *stop = memchr(p, ';', (size_t)(end - p));
		size_t len = (size_t)((stop ? stop : end) - p);

		if (len > n && memcmp(p, head, n) == 0)
			return lmi_span(p + n, len - n);
		p += len + 1;
	}
	return LMI_SPAN_NULL;
}

/* 0 for the topic itself, 1 and 2 for the two forms of a retry topic's name: %RETRY%group_topic and %RETRY%group+topic. */
static char retry_flag(const struct received *m)
{
	const char *topic = m->stored_topic;

	if (!lmi_name_is_retry(lmi_span_str(topic)))
		return '0';
	return strchr(topic, '+') ? '2' : '1';
}

struct receipt_of {
	int64_t pop_ms, invisible_ms, revive_queue;
};

static int make_receipt(struct received *m, struct lmi_span start, const struct receipt_of *of)
{
	char *made;
	int r = asprintf(&made, "%.*s %" PRId64 " %" PRId64 " %" PRId64 " %c %s %" PRId32 " %" PRId64, (int)start.n,
			 (const char *)start.p, of->pop_ms, of->invisible_ms, of->revive_queue, retry_flag(m), m->message.broker,
			 m->message.queue_id, m->message.queue_pos);

	if (r < 0)
		return -ENOMEM;
	free(m->receipt);
	m->receipt = made;
	return 0;
}

static int give_receipts(struct lmq_messages *b, const struct lmi_command *answer)
{
	struct lmi_span starts = lmi_command_ext(answer, LMI_EXT_START_OFFSET_INFO);
	struct receipt_of of = { 0, 0, 0 };
	int r = 0;

	if (lmi_command_ext_i64(answer, LMI_EXT_POP_TIME, &of.pop_ms) < 0 ||
	    lmi_command_ext_i64(answer, LMI_EXT_INVISIBLE_TIME, &of.invisible_ms) < 0 ||
	    lmi_command_ext_i64(answer, LMI_EXT_REVIVE_QID, &of.revive_queue) < 0)
		return -LMQ_EMALFORMED;
	for (size_t i = 0; i < b->count && r == 0; i++) {
		struct received *m = b->items[i];
		const char *given = lmq_message_property(&m->message, LMI_PROP_POP_CK);
		struct lmi_span start = find_info(starts, retry_flag(m), m->message.queue_id);

		if (given)
			r = (m->receipt = strdup(given)) ? 0 : -ENOMEM;
		else
			r = start.p ? make_receipt(m, start, &of) : -LMQ_EMALFORMED;
	}
	return r;
}

/* ---- receiving ---- */

struct receiving {
	struct ask ask; /* first */
	struct lmq_popper *popper;
	int64_t wait_ms;
	struct subscription *sub;
	struct lmq_messages *got;
};

static void put_pop(struct ask *a, struct request *r)
{
	const struct receiving *k = a->arg;
	const struct lmq_consumer *c = k->popper->member;

	lmi_command_put(&r->out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(c->group));
	lmi_command_put(&r->out, LMI_EXT_TOPIC, k->sub->wire.topic);
	lmi_command_put_i64(&r->out, LMI_EXT_QUEUE_ID, -1);
	lmi_command_put_i64(&r->out, LMI_EXT_MAX_MSG_NUMS, c->cfg->pop_batch);
	lmi_command_put_i64(&r->out, LMI_EXT_INVISIBLE_TIME, c->cfg->pop_invisible_ms);
	lmi_command_put_i64(&r->out, LMI_EXT_POLL_TIME, k->wait_ms);
	lmi_command_put_i64(&r->out, LMI_EXT_BORN_TIME, lmi_wall_ms(c->client->clock));
	lmi_command_put_i64(&r->out, LMI_EXT_INIT_MODE, c->cfg->from == CONFIG_FROM_FIRST ? INIT_MODE_MIN : INIT_MODE_MAX);
	lmi_command_put(&r->out, LMI_EXT_EXP_TYPE, k->sub->wire.expression_type);
	lmi_command_put(&r->out, LMI_EXT_EXP, k->sub->wire.expression);
	lmi_command_put_bool(&r->out, LMI_EXT_ORDER, false);
	lmi_command_put(&r->out, LMI_EXT_BNAME, lmi_span_str(a->at->name));
}

static int take_pop(struct ask *a, const struct lmi_command *answer)
{
	struct receiving *k = a->arg;
	int r;

	switch (answer->code) {
	case LMI_RSP_SUCCESS:
		r = messages_decode(answer->body, a->at->name, NULL, NULL, &k->got);
		break;
	case LMI_RSP_PULL_NOT_FOUND:
	case LMI_RSP_PULL_RETRY_IMMEDIATELY:
	case LMI_RSP_POLLING_FULL:
	case LMI_RSP_POLLING_TIMEOUT:
		return messages_decode(LMI_SPAN_NULL, a->at->name, NULL, NULL, &k->got);
	default:
		return ask_refused(answer);
	}
	if (r == 0)
		r = give_receipts(k->got, answer);
	if (r == 0)
		messages_strip(k->got, k->popper->member->cfg->namespace_v1);
	if (r < 0) {
		lmq_messages_free(k->got);
		k->got = NULL;
	}
	return r;
}

int lmq_popper_receive(struct lmq_popper *p, const char *topic, int64_t wait_ms, struct lmq_messages **out)
{
	struct receiving k = { .popper = p, .wait_ms = wait_ms > 0 ? wait_ms : 0 };
	int r;

	if (!topic)
		return -LMQ_EILLEGAL;
	r = consumer_chosen(p->member, topic, &k.sub);
	if (r < 0)
		return r;
	k.ask = (struct ask){ .client = p->member->client, .topic = k.sub->topic, .code = LMI_REQ_POP_MESSAGE,
			      .turn = __atomic_fetch_add(&p->turn, 1, __ATOMIC_RELAXED),
			      .timeout_ms = p->member->cfg->api_timeout_ms + k.wait_ms, .put = put_pop, .take = take_pop, .arg = &k };
	r = ask_broker(&k.ask);
	if (r == 0)
		*out = k.got;
	return r;
}

/* ---- acknowledging ---- */

struct settling {
	struct ask ask; /* first */
	struct lmq_popper *popper;
	struct received *message;
	int64_t invisible_ms; /* 0: acknowledge */
};

static void put_settle(struct ask *a, struct request *r)
{
	const struct settling *k = a->arg;
	const struct received *m = k->message;

	lmi_command_put(&r->out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(k->popper->member->group));
	lmi_command_put(&r->out, LMI_EXT_TOPIC, lmi_span_str(m->stored_topic));
	lmi_command_put_i64(&r->out, LMI_EXT_QUEUE_ID, m->message.queue_id);
	lmi_command_put(&r->out, LMI_EXT_EXTRA_INFO, lmi_span_str(m->receipt));
	lmi_command_put_i64(&r->out, LMI_EXT_OFFSET, m->message.queue_pos);
	if (k->invisible_ms > 0)
		lmi_command_put_i64(&r->out, LMI_EXT_INVISIBLE_TIME, k->invisible_ms);
	lmi_command_put(&r->out, LMI_EXT_BNAME, lmi_span_str(a->at->name));
}

/* Its receipt is another one from now on. */
static int take_settled(struct ask *a, const struct lmi_command *answer)
{
	struct settling *k = a->arg;
	struct receipt_of of = { 0, 0, 0 };
	char start[24];

	if (answer->code != LMI_RSP_SUCCESS || k->invisible_ms == 0)
		return ask_refused(answer);
	if (lmi_command_ext_i64(answer, LMI_EXT_POP_TIME, &of.pop_ms) < 0 ||
	    lmi_command_ext_i64(answer, LMI_EXT_INVISIBLE_TIME, &of.invisible_ms) < 0 ||
	    lmi_command_ext_i64(answer, LMI_EXT_REVIVE_QID, &of.revive_queue) < 0)
		return -LMQ_EMALFORMED;
	(void)snprintf(start, sizeof(start), "%" PRId64, k->message->message.queue_pos);
	return make_receipt(k->message, lmi_span_str(start), &of);
}

static int settle(struct lmq_popper *p, const struct lmq_message *m, int32_t code, int64_t invisible_ms)
{
	struct received *got = m ? lmi_container_of((char *)(uintptr_t)m, struct received, message) : NULL;
	struct config_name name;
	struct settling k = { .popper = p, .message = got, .invisible_ms = invisible_ms };

	if (!got || m->owned || !got->receipt)
		return -LMQ_EILLEGAL;
	/* The message's own topic has the route; the retry topic is at the same broker. */
	k.ask = (struct ask){ .client = p->member->client, .topic = config_wrap(p->member->cfg, m->topic, &name), .broker = m->broker, .code = code,
			      .timeout_ms = p->member->cfg->api_timeout_ms, .put = put_settle, .take = take_settled, .arg = &k };
	return ask_broker(&k.ask);
}

int lmq_popper_ack(struct lmq_popper *p, const struct lmq_message *m)
{
	return settle(p, m, LMI_REQ_ACK_MESSAGE, 0);
}

int lmq_popper_change_invisible(struct lmq_popper *p, const struct lmq_message *m, int64_t invisible_ms)
{
	return invisible_ms <= 0 ? -LMQ_EILLEGAL : settle(p, m, LMI_REQ_CHANGE_MESSAGE_INVISIBLETIME, invisible_ms);
}
