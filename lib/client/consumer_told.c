/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What brokers ask of a consumer: share out anew (40), go to other positions (220), tell positions (221), tell how it is (307),
 * consume one message now (309).  Rule: ClientRemotingProcessor.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/consumer_impl.h"
#include "wire/json.h"

static struct lmq_consumer *find_group(struct lmq_client *client, struct lmi_span group)
{
	LMI_LIST_FOREACH_SAFE(&client->consumers, it, tmp) {
		struct lmq_consumer *c = lmi_container_of(it, struct lmq_consumer, link);

		if (lmi_span_is(group, c->group))
			return c;
	}
	return NULL;
}

static struct lmi_message_queue wire_queue(const struct pull_queue *q)
{
	return (struct lmi_message_queue){ lmi_span_str(q->sub->topic), lmi_span_str(q->broker->name), q->queue_id };
}

/* ---- answers with a body ---- */

static void answer_body(struct lmi_conn *conn, enum lmi_serialize serialize, int32_t opaque, struct lmi_buf *body)
{
	struct lmi_buf *out = lmi_conn_out(conn);
	struct lmi_command_out o;

	if (body->failed)
		return; /* the asker's time runs out */
	lmi_command_begin(&o, out, serialize, LMI_RSP_SUCCESS, opaque, LMI_FLAG_RESPONSE);
	o.language = LMI_LANGUAGE_CPP;
	lmi_command_end(&o, lmi_buf_len(body));
	lmi_buf_put_span(out, lmi_buf_span(body));
}

static void put_queue_key(struct lmi_json_out *o, const struct pull_queue *q)
{
	struct lmi_buf key = { 0 };
	struct lmi_json_out k;
	struct lmi_message_queue mq = wire_queue(q);

	lmi_json_out_init(&k, &key);
	lmi_message_queue_put(&k, &mq);
	lmi_json_put_key_raw(o, lmi_buf_span(&key));
	o->buf->failed |= key.failed;
	lmi_buf_done(&key);
}

/* ---- 220 ---- */

/* One entry of the table: whichever of our queues it names goes there. */
static void reset_queue(struct lmq_consumer *c, const struct lmi_message_queue *mq, int64_t pos)
{
	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp) {
		struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);
		struct subscription *sub = q->sub;
		struct broker *b = q->broker;

		if (q->queue_id != mq->queue_id || !lmi_span_is(mq->topic, sub->topic) || !lmi_span_is(mq->broker_name, b->name))
			continue;
		config_log(c->cfg, LMQ_LOG_INFO, "group %s: queue %d of %s at broker %s goes on at %lld as told", c->group,
			   mq->queue_id, sub->topic, b->name, (long long)pos);
		if (c->orderly) {
			orderly_restart(q, pos);
			return;
		}
		pull_queue_drop(q, false);
		if (pull_queue_new(sub, b, mq->queue_id, pos) < 0)
			consumer_rebalance(c);
		return;
	}
}

/* [{"brokerName":"b","offset":7,"queueId":0,"topic":"T"}], as clients of C++ get it.  Rule: ResetOffsetBodyForC. */
static int read_entry(struct lmq_consumer *c, struct lmi_json *j, struct lmi_arena *arena)
{
	struct lmi_message_queue mq = { LMI_SPAN_NULL, LMI_SPAN_NULL, -1 };
	struct lmi_json_token key;
	int64_t pos = -1;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		if (lmi_json_is(&key, "brokerName"))
			r = lmi_json_string(j, arena, &mq.broker_name);
		else if (lmi_json_is(&key, "topic"))
			r = lmi_json_string(j, arena, &mq.topic);
		else if (lmi_json_is(&key, "queueId"))
			r = lmi_json_i32(j, &mq.queue_id);
		else if (lmi_json_is(&key, "offset"))
			r = lmi_json_i64(j, &pos);
		else
			r = lmi_json_skip(j);
		if (r < 0)
			return r;
		r = 1;
	}
	if (r == 0 && mq.topic.p && mq.broker_name.p && pos >= 0)
		reset_queue(c, &mq, pos);
	return r;
}

static int read_list(struct lmq_consumer *c, struct lmi_json *j, struct lmi_arena *arena)
{
	int r = lmi_json_enter(j, LMI_JSON_ARRAY);

	while (r > 0 && (r = lmi_json_element(j)) > 0) {
		int read = read_entry(c, j, arena);

		if (read < 0)
			return read;
	}
	return r;
}

static int read_table(struct lmq_consumer *c, struct lmi_json *j, struct lmi_arena *arena)
{
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		struct lmi_message_queue mq;
		int64_t pos = -1;
		int read = lmi_message_queue_from_key(&key, arena, &mq);

		if (read == 0)
			read = lmi_json_i64(j, &pos);
		if (read < 0)
			return read;
		if (pos >= 0)
			reset_queue(c, &mq, pos);
	}
	return r;
}

static void reset(struct lmq_client *client, const struct lmi_command *cmd)
{
	struct lmq_consumer *c = find_group(client, lmi_command_ext(cmd, LMI_EXT_GROUP));
	/* The queues that begin anew use the client's own arena. */
	struct lmi_arena arena;
	struct lmi_json_token key;
	struct lmi_json j;
	int r;

	if (!c || !consumer_runs(c))
		return;
	lmi_arena_init(&arena, 0);
	lmi_json_init(&j, cmd->body);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		struct lmi_json peek = j;
		struct lmi_span raw;

		r = 1;
		if (!lmi_json_is(&key, "offsetTable"))
			r = lmi_json_skip(&j);
		else if (lmi_json_raw(&peek, &raw) == 0 && raw.n > 0 && raw.p[0] == '[')
			r = read_list(c, &j, &arena);
		else
			r = read_table(c, &j, &arena);
		if (r < 0)
			break;
		r = 1;
	}
	lmi_arena_done(&arena);
	if (r < 0)
		config_log(c->cfg, LMQ_LOG_WARNING, "group %s: an order to go to other positions cannot be read", c->group);
	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp) {
		struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);

		if (q->started && q->committed < 0)
			pull_queue_commit(q, NULL, client->cfg->api_timeout_ms);
	}
}

/* ---- 221 ---- */

static void tell_positions(struct lmq_client *client, struct lmi_conn *conn, const struct lmi_command *cmd)
{
	struct lmq_consumer *c = find_group(client, lmi_command_ext(cmd, LMI_EXT_GROUP));
	struct lmi_span topic = lmi_command_ext(cmd, LMI_EXT_TOPIC);
	struct lmi_buf body = { 0 };
	struct lmi_json_out o;

	lmi_json_out_init(&o, &body);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "messageQueueTable");
	lmi_json_put_object(&o);
	if (c) {
		LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp) {
			const struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);

			if (!q->started || (topic.n > 0 && !lmi_span_is(topic, q->sub->topic)))
				continue;
			put_queue_key(&o, q);
			lmi_json_put_i64(&o, process_queue_commit_pos(&q->process));
		}
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
	answer_body(conn, cmd->serialize, cmd->opaque, &body);
	lmi_buf_done(&body);
}

/* ---- 307 ---- */

static void put_int(struct lmi_json_out *o, const char *key, int64_t n)
{
	lmi_json_put_key(o, key);
	lmi_json_put_i64(o, n);
}

static void put_bool(struct lmi_json_out *o, const char *key, bool b)
{
	lmi_json_put_key(o, key);
	lmi_json_put_bool(o, b);
}

static void put_text(struct lmi_json_out *o, const char *key, const char *text)
{
	lmi_json_put_key(o, key);
	lmi_json_put_str(o, text);
}

static void put_rate(struct lmi_json_out *o, const char *key, uint64_t n, int64_t ms)
{
	char text[48];
	int len = snprintf(text, sizeof(text), "%.2f", ms > 0 ? (double)n * 1000 / (double)ms : 0.0);

	lmi_json_put_key(o, key);
	lmi_json_put_raw(o, lmi_span(text, (size_t)len));
}

/* Rule: ProcessQueueInfo. */
static void put_state(struct lmi_json_out *o, const struct pull_queue *q)
{
	int64_t commit_pos = process_queue_commit_pos(&q->process), ago = lmi_wall_ms(q->consumer->client->clock) -
									 client_now_ms(q->consumer->client);

	put_queue_key(o, q);
	lmi_json_put_object(o);
	put_int(o, "cachedMsgCount", (int64_t)q->process.unfinished);
	put_int(o, "cachedMsgMaxOffset", q->process.unfinished ? q->process.next_pos - 1 : 0);
	put_int(o, "cachedMsgMinOffset", q->process.unfinished ? commit_pos : 0);
	put_int(o, "cachedMsgSizeInMiB", (int64_t)(q->process.bytes >> 20));
	put_int(o, "commitOffset", q->started ? commit_pos : -1);
	put_bool(o, "droped", q->dropped);
	put_int(o, "lastConsumeTimestamp", q->finished_ms ? q->finished_ms + ago : 0);
	put_int(o, "lastLockTimestamp", q->locked_ms ? q->locked_ms + ago : 0);
	put_int(o, "lastPullTimestamp", q->asked_ms ? q->asked_ms + ago : 0);
	put_bool(o, "locked", q->locked_ms != 0);
	put_int(o, "transactionMsgCount", 0);
	put_int(o, "transactionMsgMaxOffset", 0);
	put_int(o, "transactionMsgMinOffset", 0);
	put_int(o, "tryUnlockTimes", 0);
	lmi_json_put_object_end(o);
}

static void put_properties(struct lmi_json_out *o, const struct lmq_consumer *c)
{
	static const char *const types[] = { "CONSUME_PASSIVELY", "CONSUME_ACTIVELY", "CONSUME_POP", "CONSUME_ACTIVELY" };
	char number[24];

	lmi_json_put_key(o, "properties");
	lmi_json_put_object(o);
	put_text(o, "PROP_CLIENT_VERSION", "liblightmq " LMQ_VERSION_TEXT);
	put_text(o, "PROP_CONSUMEORDERLY", c->orderly ? "true" : "false");
	(void)snprintf(number, sizeof(number), "%" PRId64, c->started_wall_ms);
	put_text(o, "PROP_CONSUMER_START_TIMESTAMP", number);
	put_text(o, "PROP_CONSUME_TYPE", types[c->kind]);
	put_text(o, "PROP_NAMESERVER_ADDR", c->client->cfg->namesrv_addr);
	(void)snprintf(number, sizeof(number), "%" PRId64, c->cfg->threads);
	put_text(o, "PROP_THREADPOOL_CORE_SIZE", number);
	lmi_json_put_object_end(o);
}

/* Averages since the start.  Rule: ConsumeStatus. */
static void put_status(struct lmi_json_out *o, const struct lmq_consumer *c)
{
	int64_t up_ms = lmi_wall_ms(c->client->clock) - c->started_wall_ms;

	lmi_json_put_key(o, "statusTable");
	lmi_json_put_object(o);
	LMI_LIST_FOREACH_SAFE(&c->subscriptions, it, tmp) {
		const struct subscription *sub = lmi_container_of(it, struct subscription, link);

		lmi_json_put_key(o, sub->topic);
		lmi_json_put_object(o);
		put_int(o, "consumeFailedMsgs", (int64_t)sub->failed);
		put_rate(o, "consumeFailedTPS", sub->failed, up_ms);
		put_rate(o, "consumeOKTPS", sub->consumed, up_ms);
		put_rate(o, "consumeRT", 0, 0);
		put_rate(o, "pullRT", 0, 0);
		put_rate(o, "pullTPS", sub->pulled, up_ms);
		lmi_json_put_object_end(o);
	}
	lmi_json_put_object_end(o);
}

static void tell_state(struct lmq_client *client, struct lmi_conn *conn, const struct lmi_command *cmd)
{
	struct lmq_consumer *c = find_group(client, lmi_command_ext(cmd, LMI_EXT_CONSUMER_GROUP));
	struct lmi_buf body = { 0 };
	struct lmi_json_out o;

	if (!c) {
		client_answer(conn, cmd, LMI_RSP_SYSTEM_ERROR, "The Consumer Group not exist in this consumer");
		return;
	}
	lmi_json_out_init(&o, &body);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "mqPopTable");
	lmi_json_put_object(&o);
	lmi_json_put_object_end(&o);
	lmi_json_put_key(&o, "mqTable");
	lmi_json_put_object(&o);
	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp)
		put_state(&o, lmi_container_of(it, struct pull_queue, link));
	lmi_json_put_object_end(&o);
	put_properties(&o, c);
	put_status(&o, c);
	lmi_json_put_key(&o, "subscriptionSet");
	lmi_json_put_array(&o);
	LMI_LIST_FOREACH_SAFE(&c->subscriptions, at, next)
		lmi_subscription_put(&o, &lmi_container_of(at, struct subscription, link)->wire);
	lmi_json_put_array_end(&o);
	lmi_json_put_key(&o, "userConsumerInfo");
	lmi_json_put_object(&o);
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
	answer_body(conn, cmd->serialize, cmd->opaque, &body);
	lmi_buf_done(&body);
}

/* ---- 309 ---- */

struct direct {
	struct lmq_consumer *consumer;
	struct lmi_conn *conn;
	enum lmi_serialize serialize;
	int32_t opaque;
	int64_t begun_ms;
};

void direct_end(struct received *r)
{
	struct direct *d = r->direct;
	struct lmi_buf body = { 0 };
	struct lmi_json_out o;

	lmi_json_out_init(&o, &body);
	lmi_json_put_object(&o);
	put_bool(&o, "autoCommit", true);
	put_text(&o, "consumeResult", r->result == LMQ_CONSUMED ? "CR_SUCCESS" : r->result == RECEIVED_UNTOUCHED ? "CR_RETURN_NULL" : "CR_LATER");
	put_bool(&o, "order", d->consumer->orderly);
	put_int(&o, "spentTimeMills", client_now_ms(d->consumer->client) - d->begun_ms);
	lmi_json_put_object_end(&o);
	answer_body(d->conn, d->serialize, d->opaque, &body);
	lmi_buf_done(&body);
	lmi_conn_unref(d->conn);
	consumer_unref(d->consumer);
	free(d);
	received_end(r);
}

static void consume_directly(struct lmq_client *client, struct lmi_conn *conn, const struct lmi_command *cmd)
{
	struct lmq_consumer *c = find_group(client, lmi_command_ext(cmd, LMI_EXT_CONSUMER_GROUP));
	struct received_batch *batch;
	struct lmi_list out;
	struct direct *d;

	if (!c || !c->pool || !consumer_runs(c)) {
		client_answer(conn, cmd, LMI_RSP_SYSTEM_ERROR, "The Consumer Group not exist in this consumer");
		return;
	}
	d = malloc(sizeof(*d));
	if (!d || received_decode(cmd->body, "", 64u << 20, &batch) < 0) {
		free(d);
		client_answer(conn, cmd, LMI_RSP_SYSTEM_ERROR, "the message cannot be read");
		return;
	}
	/* One message is what was sent; others would be nobody's. */
	for (size_t i = batch->count; i > 1; i--)
		received_end(&batch->messages[i - 1]);
	*d = (struct direct){ c, lmi_conn_ref(conn), cmd->serialize, cmd->opaque, client_now_ms(client) };
	consumer_ref(c);
	batch->messages[0].direct = d;
	received_strip(&batch->messages[0], c->cfg->namespace_v1);
	lmi_list_init(&out);
	lmi_list_add_tail(&out, &batch->messages[0].link);
	consume_pool_put(c->pool, &out);
}

void consumer_request(struct lmq_client *client, struct lmi_conn *conn, const struct lmi_command *cmd)
{
	struct lmq_consumer *c;

	switch (cmd->code) {
	case LMI_REQ_NOTIFY_CONSUMER_IDS_CHANGED:
		c = find_group(client, lmi_command_ext(cmd, LMI_EXT_CONSUMER_GROUP));
		if (c)
			consumer_rebalance(c);
		break;
	case LMI_REQ_RESET_CONSUMER_CLIENT_OFFSET:
		reset(client, cmd);
		client_answer(conn, cmd, LMI_RSP_SUCCESS, NULL);
		break;
	case LMI_REQ_GET_CONSUMER_STATUS_FROM_CLIENT:
		tell_positions(client, conn, cmd);
		break;
	case LMI_REQ_GET_CONSUMER_RUNNING_INFO:
		tell_state(client, conn, cmd);
		break;
	case LMI_REQ_CONSUME_MESSAGE_DIRECTLY:
		consume_directly(client, conn, cmd);
		break;
	default:
		client_answer(conn, cmd, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED, "this client does not support the request");
	}
}
