/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions: a half message is stored, the local transaction runs, the broker is told what became of it; and brokers that
 * were not told ask.  Rule: DefaultMQProducerImpl.sendMessageInTransaction, endTransaction, checkTransactionState.
 */
#include <errno.h>
#include <stdlib.h>

#include "io/loop.h"
#include "wire/props.h"

#include "client/producer_impl.h"
#include "client/received.h"
#include "client/trace.h"

#define CHECKS_MAX 2000 /* rule: TransactionMQProducer.checkRequestHoldMax */
#define TEXT_CHARS 256

/* ---- telling the broker ---- */

struct ending {
	struct lmq_producer *producer;
	const char *topic, *broker_name, *message_id, *transaction_id;
	int64_t queue_pos, log_pos;
	enum lmq_transaction state;
	bool checked;
};

/* Rule: MessageSysFlag.TRANSACTION_COMMIT_TYPE, TRANSACTION_ROLLBACK_TYPE, TRANSACTION_NOT_TYPE. */
static int32_t state_code(enum lmq_transaction state)
{
	switch (state) {
	case LMQ_TRANSACTION_COMMIT: return LMI_SYSFLAG_COMMIT;
	case LMQ_TRANSACTION_ROLLBACK: return LMI_SYSFLAG_ROLLBACK;
	default: return 0;
	}
}

static void ending_begin(const struct ending *e, struct request *r)
{
	request_begin(r, e->producer->client, LMI_REQ_END_TRANSACTION, true);
	lmi_command_put(&r->out, LMI_EXT_TOPIC, lmi_span_str(e->topic));
	lmi_command_put(&r->out, LMI_EXT_PRODUCER_GROUP, lmi_span_str(e->producer->group));
	lmi_command_put_i64(&r->out, LMI_EXT_TRAN_STATE_TABLE_OFFSET, e->queue_pos);
	lmi_command_put_i64(&r->out, LMI_EXT_COMMIT_LOG_OFFSET, e->log_pos);
	lmi_command_put_i64(&r->out, LMI_EXT_COMMIT_OR_ROLLBACK, state_code(e->state));
	lmi_command_put_bool(&r->out, LMI_EXT_FROM_TRANSACTION_CHECK, e->checked);
	lmi_command_put(&r->out, LMI_EXT_MSG_ID, lmi_span_str(e->message_id));
	if (*e->transaction_id)
		lmi_command_put(&r->out, LMI_EXT_TRANSACTION_ID, lmi_span_str(e->transaction_id));
	if (*e->broker_name)
		lmi_command_put(&r->out, LMI_EXT_BNAME, lmi_span_str(e->broker_name));
}

/* Lost words cost a check by the broker, no more. */
static void end_on_loop(void *arg)
{
	const struct ending *e = arg;
	struct lmq_client *c = e->producer->client;
	struct broker *b = route_cache_broker(c, e->broker_name);
	const char *address = b ? broker_master(b) : NULL;
	struct request r;
	int err;

	if (!address)
		return;
	ending_begin(e, &r);
	err = request_send(&r, address, LMI_SPAN_NULL, 0, NULL, NULL);
	if (err < 0)
		config_log(c->cfg, LMQ_LOG_WARNING, "end of transaction %s to broker %s: %s", e->message_id, e->broker_name,
			   lmi_strerror(err));
}

static void tell_end(struct lmq_producer *p, const struct lmq_message *m, struct lmq_send_result *r)
{
	struct config_name name;
	struct ending e = { .producer = p, .topic = config_wrap(p->cfg, m->topic, &name), .broker_name = lmq_send_result_broker(r), .message_id = r->message_id,
			    .transaction_id = r->transaction_id, .queue_pos = r->queue_pos, .state = r->transaction };
	struct lmi_host host;

	if (lmi_offset_msg_id_parse(lmi_span_str(r->offset_id), &host, &e.log_pos) < 0) {
		config_log(p->client->cfg, LMQ_LOG_WARNING, "transaction %s: the broker gave no position", r->message_id);
		return;
	}
	(void)client_call(p->client, end_on_loop, &e);
}

/* ---- sending ---- */

static int make_half(struct lmq_producer *p, const struct lmq_message *m, struct send **out, char *detail)
{
	struct send_extra extra = { .kind = SEND_MESSAGE, .sysflag = LMI_SYSFLAG_PREPARED };
	struct lmi_buf props = { 0 };
	int r;

	if (message_is_delayed(m) || m->is_reply) {
		config_say(detail, CLIENT_DETAIL_CHARS, "a transaction's message cannot be delayed or a reply");
		return -LMQ_EILLEGAL;
	}
	(void)lmi_props_put(&props, LMI_SPAN_LIT(LMI_PROP_TRAN_MSG), LMI_SPAN_LIT("true"));
	(void)lmi_props_put(&props, LMI_SPAN_LIT(LMI_PROP_PGROUP), lmi_span_str(p->group));
	extra.props = lmi_buf_span(&props);
	r = props.failed ? -ENOMEM : send_new(p, m, &extra, out, detail);
	lmi_buf_done(&props);
	return r;
}

int lmq_producer_send_transaction(struct lmq_producer *p, const struct lmq_message *m, lmq_transaction_fn *fn, void *user,
				  int64_t timeout_ms, struct lmq_send_result *result)
{
	char detail[CLIENT_DETAIL_CHARS] = "";
	int r = client_may_wait(p->client);
	struct lmq_send_result own;
	struct send *s;

	if (r == 0 && !__atomic_load_n(&p->check, __ATOMIC_ACQUIRE))
		r = -LMQ_ESTATE;
	if (r == 0)
		r = make_half(p, m, &s, detail);
	if (r < 0)
		return producer_refuse(result, r, detail);
	result_init(&own, 0);
	r = producer_send_wait(p, s, timeout_ms, &own);
	if (r == 0) {
		own.transaction = own.status == LMQ_SENT_OK ? fn(user, m, own.message_id) : LMQ_TRANSACTION_ROLLBACK;
		tell_end(p, m, &own);
		trace_end(p, m, own.message_id, own.transaction_id, own.transaction, false);
	}
	if (result)
		result_move(result, &own);
	result_done(&own);
	return r;
}

/* ---- being asked ---- */

struct check {
	struct lmi_job job;     /* on the producer's own thread */
	struct event event;     /* or by who polls */
	struct lmq_producer *producer;
	struct lmi_conn *conn;  /* the answer goes where the question came from */
	struct received *message;
	int64_t queue_pos, log_pos;
	char message_id[TEXT_CHARS], transaction_id[TEXT_CHARS], broker_name[TEXT_CHARS];
	enum lmq_transaction state;
};

static void check_run(struct lmi_job *j)
{
	struct check *k = lmi_container_of(j, struct check, job);

	received_strip(k->message, k->producer->cfg->namespace_v1);
	k->state = k->producer->check(k->producer->check_user, &k->message->message);
}

static void check_done(struct lmi_job *j)
{
	struct check *k = lmi_container_of(j, struct check, job);
	struct lmq_producer *p = k->producer;
	struct ending e = { .producer = p, .topic = k->message->stored_topic, .broker_name = k->broker_name,
			    .message_id = k->message_id, .transaction_id = k->transaction_id, .queue_pos = k->queue_pos,
			    .log_pos = k->log_pos, .state = k->state, .checked = true };
	struct lmi_span frame;
	struct request r;

	ending_begin(&e, &r);
	(void)request_end(&r, 0);
	if (request_frame(&r, &frame) == 0)
		lmi_buf_put_span(lmi_conn_out(k->conn), frame);
	trace_end(p, &k->message->message, k->message_id, k->transaction_id, k->state, true);
	lmi_conn_unref(k->conn);
	received_end(k->message);
	free(k);
	p->checks--;
	producer_uncount(p, 1, 0);
}

static void done_on_loop(void *arg)
{
	check_done(&((struct check *)arg)->job);
}

static void event_check(struct event *ev)
{
	struct check *k = lmi_container_of(ev, struct check, event);

	check_run(&k->job);
	/* Without memory there is no way to the loop but to try again. */
	while (lmi_loop_post(k->producer->client->loop, done_on_loop, k) < 0)
		sched_yield();
}

static void text_of(char *out, struct lmi_span text)
{
	config_say(out, TEXT_CHARS, "%.*s", (int)(text.n < TEXT_CHARS ? text.n : 0), text.n > 0 ? (const char *)text.p : "");
}

static struct lmq_producer *producer_of(struct lmq_client *c, const char *group)
{
	LMI_LIST_FOREACH_SAFE(&c->producers, it, tmp) {
		struct lmq_producer *p = lmi_container_of(it, struct lmq_producer, link);

		if (group && strcmp(p->group, group) == 0 && p->check && p->checks < CHECKS_MAX && producer_count(p))
			return p;
	}
	return NULL;
}

static void start_check(struct lmq_client *c, struct lmi_conn *conn, const struct lmi_command *cmd, struct received *r)
{
	struct lmq_producer *p = producer_of(c, lmq_message_property(&r->message, LMI_PROP_PGROUP));
	const char *id = lmq_message_id(&r->message);
	struct check *k = p ? calloc(1, sizeof(*k)) : NULL;

	if (!k) {
		if (p)
			producer_uncount(p, 1, 0);
		received_end(r);
		return;
	}
	*k = (struct check){ .job = { .run = check_run, .done = check_done }, .event = { .run = event_check }, .producer = p,
			     .conn = lmi_conn_ref(conn), .message = r };
	(void)lmi_command_ext_i64(cmd, LMI_EXT_TRAN_STATE_TABLE_OFFSET, &k->queue_pos);
	(void)lmi_command_ext_i64(cmd, LMI_EXT_COMMIT_LOG_OFFSET, &k->log_pos);
	text_of(k->message_id, id ? lmi_span_str(id) : lmi_command_ext(cmd, LMI_EXT_MSG_ID));
	text_of(k->transaction_id, lmi_command_ext(cmd, LMI_EXT_TRANSACTION_ID));
	text_of(k->broker_name, lmi_command_ext(cmd, LMI_EXT_BNAME));
	p->checks++;
	if (event_queue_polled(&c->events))
		event_put(&c->events, &k->event);
	else
		lmi_executor_submit(p->checker, &k->job);
}

void transaction_asked(struct lmq_client *c, struct lmi_conn *conn, const struct lmi_command *cmd)
{
	struct received_batch *batch;

	/* Rule: a question that cannot be answered is not answered; the broker asks again, or another producer. */
	if (received_decode(cmd->body, "", (size_t)c->cfg->message_max_bytes, &batch) < 0)
		return;
	for (size_t i = 1; i < batch->count; i++)
		received_end(&batch->messages[i]);
	if (batch->messages[0].broken)
		received_end(&batch->messages[0]);
	else
		start_check(c, conn, cmd, &batch->messages[0]);
}

/* ---- the thread for it ---- */

struct checking {
	struct lmq_producer *producer;
	lmq_check_fn *fn;
	void *user;
	int result;
};

static void start_checker(void *arg)
{
	struct checking *k = arg;
	struct lmq_producer *p = k->producer;

	if (p->check) {
		k->result = -LMQ_ESTATE;
		return;
	}
	if (!event_queue_polled(&p->client->events))
		p->checker = lmi_executor_threads_new(p->client->loop, 1);
	if (!event_queue_polled(&p->client->events) && !p->checker) {
		k->result = -EAGAIN;
		return;
	}
	p->check_user = k->user;
	__atomic_store_n(&p->check, k->fn, __ATOMIC_RELEASE);
}

int lmq_producer_on_check(struct lmq_producer *p, lmq_check_fn *fn, void *user)
{
	struct checking k = { .producer = p, .fn = fn, .user = user };
	int r = fn ? client_call(p->client, start_checker, &k) : -LMQ_EILLEGAL;

	return r < 0 ? r : k.result;
}

void transaction_part(struct lmq_producer *p)
{
	if (p->checker)
		lmi_executor_threads_free(p->checker);
	p->checker = NULL;
}
