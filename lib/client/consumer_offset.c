/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where to begin, and telling brokers what is done.  Rule: RebalancePushImpl.computePullFromWhere, RemoteBrokerOffsetStore.
 */
#include "client/consumer_impl.h"

static void put_queue(struct request *r, const struct pull_queue *q)
{
	lmi_command_put(&r->out, LMI_EXT_TOPIC, lmi_span_str(q->sub->topic));
	lmi_command_put_i64(&r->out, LMI_EXT_QUEUE_ID, q->queue_id);
	lmi_command_put(&r->out, LMI_EXT_BNAME, lmi_span_str(q->broker->name));
}

/* Send the request of a queue's beginning; the queue is kept until the answer came. */
static void ask(struct pull_queue *q, struct request *r, lmi_rpc_done_fn *done)
{
	struct lmq_consumer *c = q->consumer;
	const char *address = broker_address(q->broker, ROUTE_MASTER_ID);

	put_queue(r, q);
	if (!address || request_send(r, address, LMI_SPAN_NULL, c->client->cfg->api_timeout_ms, done, q) < 0) {
		pull_queue_rest(q, c->cfg->pull_retry_ms);
		return;
	}
	q->busy = true;
	q->refs++;
}

/* True when the answer is of use still. */
static bool begin_answer(struct pull_queue *q, int err)
{
	q->busy = false;
	if (q->dropped || !consumer_runs(q->consumer))
		return false;
	if (err < 0)
		pull_queue_rest(q, q->consumer->cfg->pull_retry_ms);
	return err == 0;
}

static void take_position(struct pull_queue *q, const struct lmi_command *answer)
{
	int64_t pos = -1;

	if (answer->code == LMI_RSP_SUCCESS && lmi_command_ext_i64(answer, LMI_EXT_OFFSET, &pos) == 0 && pos >= 0)
		pull_queue_start(q, pos);
	else
		pull_queue_rest(q, q->consumer->cfg->pull_retry_ms);
}

static void end_answered(void *arg, int err, const struct lmi_command *answer)
{
	struct pull_queue *q = arg;

	if (begin_answer(q, err))
		take_position(q, answer);
	pull_queue_unref(q);
}

/* Nothing was read of this queue yet. */
static void first_time(struct pull_queue *q)
{
	struct lmq_consumer *c = q->consumer;
	bool by_time = c->cfg->from == CONFIG_FROM_TIMESTAMP && !q->sub->retry;
	struct request r;

	if (c->cfg->from == CONFIG_FROM_FIRST || (q->sub->retry && c->cfg->from == CONFIG_FROM_LAST)) {
		pull_queue_start(q, 0);
		return;
	}
	request_begin(&r, c->client, by_time ? LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP : LMI_REQ_GET_MAX_OFFSET, false);
	if (by_time)
		lmi_command_put_i64(&r.out, LMI_EXT_TIMESTAMP, c->from_ms);
	ask(q, &r, end_answered);
}

static void stored_answered(void *arg, int err, const struct lmi_command *answer)
{
	struct pull_queue *q = arg;

	if (begin_answer(q, err)) {
		if (answer->code == LMI_RSP_QUERY_NOT_FOUND)
			first_time(q);
		else
			take_position(q, answer);
	}
	pull_queue_unref(q);
}

static void ask_file(struct pull_queue *q)
{
	int64_t pos = local_offsets_get(&q->consumer->local, q->sub->topic, q->broker->name, q->queue_id);

	if (pos >= 0)
		pull_queue_start(q, pos);
	else
		first_time(q);
}

void pull_queue_ask_first(struct pull_queue *q)
{
	struct request r;

	if (q->dropped || q->busy || !consumer_runs(q->consumer))
		return;
	if (q->consumer->cfg->model == CONFIG_BROADCASTING) {
		ask_file(q);
		return;
	}
	request_begin(&r, q->consumer->client, LMI_REQ_QUERY_CONSUMER_OFFSET, false);
	lmi_command_put(&r.out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(q->consumer->group));
	ask(q, &r, stored_answered);
}

static void commit_to_broker(struct pull_queue *q, struct round *round, int64_t timeout_ms)
{
	struct lmq_consumer *c = q->consumer;
	const char *address = broker_address(q->broker, ROUTE_MASTER_ID);
	int64_t pos = process_queue_commit_pos(&q->process);
	struct request r;
	int sent;

	if (!q->started || !address || (!round && pos == q->committed))
		return;
	request_begin(&r, c->client, LMI_REQ_UPDATE_CONSUMER_OFFSET, round == NULL);
	lmi_command_put(&r.out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(c->group));
	lmi_command_put_i64(&r.out, LMI_EXT_COMMIT_OFFSET, pos);
	put_queue(&r, q);
	sent = request_send(&r, address, LMI_SPAN_NULL, timeout_ms, round ? round_answered : NULL, round);
	if (sent == 0)
		q->committed = pos;
	if (round)
		round_count(round, sent);
}

void pull_queue_commit(struct pull_queue *q, struct round *round, int64_t timeout_ms)
{
	if (consumer_commits(q->consumer))
		pull_queue_commit_told(q, round, timeout_ms);
}

void pull_queue_commit_told(struct pull_queue *q, struct round *round, int64_t timeout_ms)
{
	struct lmq_consumer *c = q->consumer;

	if (c->cfg->model == CONFIG_CLUSTERING)
		commit_to_broker(q, round, timeout_ms);
	else if (q->started && local_offsets_set(&c->local, q->sub->topic, q->broker->name, q->queue_id,
						 process_queue_commit_pos(&q->process)) < 0)
		config_log(c->cfg, LMQ_LOG_WARNING, "group %s: no memory for a position", c->group);
}
