/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages whose callback failed.  Rule: DefaultMQPushConsumerImpl.sendMessageBack, CONSUMER_SEND_MSG_BACK (36); when
 * the broker does not take them, they are shown again here after 5 s.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/consumer_impl.h"

#define LEVEL_MAX 255 /* more than any broker has */
#define AGAIN_MS 5000
#define SEND_BACK_TIMEOUT_MS 5000

struct back {
	struct lmq_consumer *consumer;
	struct received *message;
};

void consumer_finish(struct received *r, bool done)
{
	struct pull_queue *q = r->queue;

	if (done && !q->dropped) {
		(void)process_queue_finish(&q->process, r->message.queue_pos);
		pull_queue_resume(q);
	}
	received_end(r);
	pull_queue_unref(q);
}

static void show_again_later(struct lmq_consumer *c, struct received *r)
{
	if (!consumer_runs(c) || r->queue->dropped) {
		consumer_finish(r, false);
		return;
	}
	lmi_list_add_tail(&c->sick, &r->link);
	if (!c->again_runs)
		c->again_runs = lmi_timer_start(c->client->loop, &c->again, AGAIN_MS, 0) == 0;
}

void consumer_again(struct lmi_timer *t)
{
	struct lmq_consumer *c = t->arg;

	c->again_runs = false;
	LMI_LIST_FOREACH_SAFE(&c->sick, it, tmp)
		lmi_container_of(it, struct received, link)->message.reconsume_times++;
	consume_pool_put(c->pool, &c->sick);
}

static void sent(struct lmq_consumer *c, struct received *r, bool good)
{
	if (c->orderly)
		orderly_sent_back(r, good);
	else if (good)
		consumer_finish(r, true);
	else
		show_again_later(c, r);
}

static void answered(void *arg, int err, const struct lmi_command *answer)
{
	struct back b = *(struct back *)arg;
	struct lmq_consumer *c = b.consumer;
	char detail[CLIENT_DETAIL_CHARS];

	free(arg);
	c->backs--;
	if (err == 0 && answer->code == LMI_RSP_SUCCESS) {
		sent(c, b.message, true);
	} else {
		if (err == 0)
			(void)request_refused(answer, b.message->queue->broker->name, detail, sizeof(detail));
		config_log(c->cfg, LMQ_LOG_WARNING, "sending back a message of %s: %s", b.message->message.topic,
			   err == 0 ? detail : lmi_strerror(err));
		sent(c, b.message, false);
	}
	if (c->stopping)
		round_close(c->stopping);
	consumer_unref(c);
}

/* 0: the broker chooses by the number of failures; -1: no more.  Rule: ConsumeConcurrentlyContext.delayLevelWhenNextConsume. */
static int delay_level(enum lmq_consumed result)
{
	if (result == LMQ_CONSUME_DEAD)
		return -1;
	return (int)result > LMQ_CONSUME_LEVEL && (int)result <= LMQ_CONSUME_LEVEL + LEVEL_MAX ? (int)result - LMQ_CONSUME_LEVEL : 0;
}

static int send_request(struct back *b, const char *address)
{
	struct lmq_consumer *c = b->consumer;
	const struct lmq_message *m = &b->message->message;
	const char *id = lmq_message_id(m);
	struct config_name name;
	struct request r;

	request_begin(&r, c->client, LMI_REQ_CONSUMER_SEND_MSG_BACK, false);
	lmi_command_put(&r.out, LMI_EXT_GROUP, lmi_span_str(c->group));
	lmi_command_put_i64(&r.out, LMI_EXT_OFFSET, m->log_pos);
	lmi_command_put_i64(&r.out, LMI_EXT_DELAY_LEVEL, delay_level(b->message->result));
	lmi_command_put(&r.out, LMI_EXT_ORIGIN_TOPIC, lmi_span_str(config_wrap(c->cfg, m->topic, &name)));
	lmi_command_put_bool(&r.out, LMI_EXT_UNIT_MODE, false);
	if (id)
		lmi_command_put(&r.out, LMI_EXT_ORIGIN_MSG_ID, lmi_span_str(id));
	if (c->cfg->reconsume_max >= 0)
		lmi_command_put_i64(&r.out, LMI_EXT_MAX_RECONSUME_TIMES, c->cfg->reconsume_max);
	lmi_command_put(&r.out, LMI_EXT_BNAME, lmi_span_str(b->message->queue->broker->name));
	return request_send(&r, address, LMI_SPAN_NULL, SEND_BACK_TIMEOUT_MS, answered, b);
}

void consumer_send_back(struct lmq_consumer *c, struct received *r)
{
	const char *address = broker_address(r->queue->broker, ROUTE_MASTER_ID);
	struct back *b;

	/* Nobody else is to see it.  Rule: ConsumeMessageConcurrentlyService.processConsumeResult. */
	if (c->cfg->model == CONFIG_BROADCASTING) {
		config_log(c->cfg, LMQ_LOG_WARNING, "a message of %s failed and is given up", r->message.topic);
		sent(c, r, true);
		return;
	}
	b = malloc(sizeof(*b));

	if (b)
		*b = (struct back){ c, r };
	if (!b || !address || send_request(b, address) < 0) {
		free(b);
		sent(c, r, false);
		return;
	}
	c->backs++;
	consumer_ref(c);
}
