/* SPDX-License-Identifier: Apache-2.0 */
#include "client/send.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "rules/queue_choice.h"

#include "client/latency.h"
#include "client/producer_impl.h"
#include "client/trace.h"

#define PAUSE_FIRST_MS 50       /* before trying the same broker again */
#define FENCE_BYTES (1u << 20)  /* one-way bytes after which a broker is asked whether it keeps up */
#define RECALL_HANDLE_MAX 1024  /* characters */
#define PARK_BYTES (4u << 20)   /* one-way bytes without its answer after which sends wait */

/* ---- its end ---- */

/* Where words about a failure go; NULL without memory. */
static char *detail_of(struct send *s)
{
	if (!s->detail)
		s->detail = calloc(1, CLIENT_DETAIL_CHARS);
	return s->detail;
}

static void finish(struct send *s, struct lmq_send_result *r, struct lmi_span offset_ids)
{
	r->error = s->error;
	r->remote_code = s->error == -LMQ_EREMOTE ? s->remote_code : 0;
	r->tries = s->tries;
	memcpy(r->message_id, s->id, sizeof(r->message_id));
	if (s->error < 0)
		config_say(r->detail, sizeof(r->detail), "%s", s->detail ? s->detail : lmi_strerror(s->error));
	r->broker = s->broker ? s->broker->name : NULL;
	lmi_timer_stop(&s->again);
	if (!lmi_list_empty(&s->members)) {
		bundle_end(s, r, offset_ids);
		return;
	}
	trace_sent(s, r);
	r->ids = s->ids;
	s->ids = NULL;
	producer_end_send(s, r);
	result_done(r);
}

void send_fail(struct send *s, int err, const char *detail)
{
	struct lmq_send_result r;

	result_init(&r, err);
	s->error = err;
	if (detail)
		config_say(detail_of(s), CLIENT_DETAIL_CHARS, "%s", detail);
	finish(s, &r, LMI_SPAN_NULL);
}

/* ---- tries ---- */

static void try_now(struct send *s);

/* Rule: DefaultMQProducer.retryResponseCodes. */
static bool code_is_curable(int32_t code)
{
	switch (code) {
	case LMI_RSP_SYSTEM_ERROR:
	case LMI_RSP_SYSTEM_BUSY:
	case LMI_RSP_SERVICE_NOT_AVAILABLE:
	case LMI_RSP_NO_PERMISSION:
	case LMI_RSP_TOPIC_NOT_EXIST:
	case LMI_RSP_GO_AWAY:
	case 204: /* NO_BUYER_ID */
	case 205: /* NOT_IN_CURRENT_UNIT */
		return true;
	default:
		return false;
	}
}

static void on_again(struct lmi_timer *t)
{
	try_now(t->arg);
}

/* After a failed try: another broker at once, the same one after a pause, or the end. */
static void try_again(struct send *s, bool curable)
{
	struct lmq_client *c = s->producer->client;
	struct topic_route *t = route_cache_topic(c, (const char *)s->topic.p);
	int64_t pause_ms = (int64_t)PAUSE_FIRST_MS << (s->tries - 1);

	if (!curable || c->stopping || s->mode == SEND_ONEWAY || s->tries > s->retries || client_now_ms(c) >= s->deadline_ms) {
		send_fail(s, s->error, NULL);
		return;
	}
	if (t)
		route_cache_refresh(c, t);
	if (t && t->publish.count > 1 && !s->chosen && !s->by_key) {
		try_now(s);
		return;
	}
	s->again = (struct lmi_timer){ .fn = on_again, .arg = s, .impl = s->again.impl, .loop = s->again.loop };
	if (client_now_ms(c) + pause_ms >= s->deadline_ms || lmi_timer_start(c->loop, &s->again, pause_ms, 0) < 0)
		send_fail(s, s->error, NULL);
}

/* How the last try's broker did.  Rule: MQFaultStrategy.updateFaultItem. */
static void judge_broker(struct send *s, int64_t latency_ms)
{
	struct lmq_client *c = s->producer->client;

	if (s->producer->cfg->latency_fault && s->broker)
		s->broker->fit_at_ms = client_now_ms(c) + latency_isolation_ms(latency_ms);
}

static void try_failed(struct send *s, int err, const char *address)
{
	judge_broker(s, LATENCY_OF_FAILURE_MS);
	s->error = err;
	config_say(detail_of(s), CLIENT_DETAIL_CHARS, "broker %s at %s: %s", s->broker ? s->broker->name : "?", address,
		   lmi_strerror(err));
	try_again(s, err != -ENOMEM && err != -LMQ_EMALFORMED);
}

static bool status_of(int32_t code, enum lmq_sent *out)
{
	switch (code) {
	case LMI_RSP_SUCCESS: *out = LMQ_SENT_OK; return true;
	case LMI_RSP_FLUSH_DISK_TIMEOUT: *out = LMQ_SENT_FLUSH_DISK_TIMEOUT; return true;
	case LMI_RSP_FLUSH_SLAVE_TIMEOUT: *out = LMQ_SENT_FLUSH_SLAVE_TIMEOUT; return true;
	case LMI_RSP_SLAVE_NOT_AVAILABLE: *out = LMQ_SENT_SLAVE_NOT_AVAILABLE; return true;
	default: return false;
	}
}

static void copy_text(char *out, size_t cap, struct lmi_span text)
{
	if (text.n < cap)
		config_say(out, cap, "%.*s", (int)text.n, text.n > 0 ? (const char *)text.p : "");
}

/* Of a batch, the ids of all its messages come, separated by commas. */
static struct lmi_span first_of(struct lmi_span ids)
{
	const uint8_t *comma = ids.n > 0 ? memchr(ids.p, ',', ids.n) : NULL;

	return comma ? lmi_span(ids.p, (size_t)(comma - ids.p)) : ids;
}

static void stored(struct send *s, const struct lmi_command *answer, enum lmq_sent status)
{
	struct lmi_span ids = lmi_command_ext(answer, LMI_EXT_MSG_ID), recall = lmi_command_ext(answer, LMI_EXT_RECALL_HANDLE);
	struct lmq_send_result r;

	result_init(&r, 0);
	r.status = status;
	/* Stored it is, whatever the header lacks. */
	(void)lmi_command_ext_i32(answer, LMI_EXT_QUEUE_ID, &r.queue_id);
	(void)lmi_command_ext_i64(answer, LMI_EXT_QUEUE_OFFSET, &r.queue_pos);
	copy_text(r.offset_id, sizeof(r.offset_id), first_of(ids));
	copy_text(r.transaction_id, sizeof(r.transaction_id), lmi_command_ext(answer, LMI_EXT_TRANSACTION_ID));
	if (recall.n > 0 && recall.n <= RECALL_HANDLE_MAX)
		r.recall_handle = strndup((const char *)recall.p, recall.n);
	copy_text(r.region, sizeof(r.region), lmi_command_ext(answer, LMI_EXT_MSG_REGION));
	r.untraced = lmi_span_is(lmi_command_ext(answer, LMI_EXT_TRACE_ON), "false");
	s->error = 0;
	finish(s, &r, ids);
}

static void answered(void *arg, int err, const struct lmi_command *answer)
{
	struct send *s = arg;
	const char *address = broker_master(s->broker);
	char who[CLIENT_DETAIL_CHARS / 2];
	enum lmq_sent status;

	if (err < 0) {
		try_failed(s, err, address ? address : "?");
		return;
	}
	if (status_of(answer->code, &status)) {
		judge_broker(s, client_now_ms(s->producer->client) - s->tried_ms);
		if (status != LMQ_SENT_OK && s->producer->cfg->retry_not_stored_ok && s->tries <= s->retries && s->mode == SEND_SYNC) {
			config_say(detail_of(s), CLIENT_DETAIL_CHARS, "broker %s stored it, but less safe than configured", s->broker->name);
			s->error = -LMQ_EREMOTE;
			s->remote_code = answer->code;
			try_again(s, true);
			return;
		}
		stored(s, answer, status);
		return;
	}
	judge_broker(s, LATENCY_OF_FAILURE_MS);
	config_say(who, sizeof(who), "broker %s", s->broker->name);
	s->remote_code = answer->code;
	s->error = request_refused(answer, who, detail_of(s), CLIENT_DETAIL_CHARS);
	try_again(s, code_is_curable(answer->code));
}

/* ---- one-way sends are bounded by asking the broker now and then for any answer ---- */

static void send_frame(struct send *s, const char *address);
static void fence(struct lmq_client *c, struct broker *b);

static bool must_park(const struct broker *b)
{
	return b->fence && b->loose_bytes >= PARK_BYTES;
}

static void unpark(struct lmq_client *c, struct broker *b)
{
	const char *address = broker_master(b);

	while (!lmi_list_empty(&b->parked) && !must_park(b)) {
		struct send *s = lmi_container_of(b->parked.next, struct send, link);

		lmi_list_del(&s->link);
		if (!address || c->stopping)
			send_fail(s, -LMQ_ECLOSED, "the broker is gone");
		else
			send_frame(s, address);
	}
}

struct fence {
	struct lmq_client *client;
	struct broker *broker;
};

static void fence_passed(void *arg, int err, const struct lmi_command *answer)
{
	struct fence f = *(struct fence *)arg;

	(void)err; /* a lost connection has emptied the line as well */
	(void)answer;
	free(arg);
	f.broker->fence = false;
	fence(f.client, f.broker);
	unpark(f.client, f.broker);
}

static void fence(struct lmq_client *c, struct broker *b)
{
	const char *address = broker_master(b);
	struct fence *f;

	if (b->fence || !address || c->stopping || b->loose_bytes < FENCE_BYTES)
		return;
	f = malloc(sizeof(*f));
	if (!f)
		return;
	*f = (struct fence){ c, b };
	if (heartbeat_send(c, address, fence_passed, f) < 0) {
		free(f);
		return;
	}
	b->fence = true;
	b->loose_bytes = 0;
}

/* ---- the request ---- */

static const int32_t codes[] = {
	[SEND_MESSAGE] = LMI_REQ_SEND_MESSAGE_V2,
	[SEND_BATCH] = LMI_REQ_SEND_BATCH_MESSAGE,
	[SEND_REPLY] = LMI_REQ_SEND_REPLY_MESSAGE_V2,
};

/* Rule: SendMessageRequestHeaderV2. */
static void put_header(struct request *r, const struct send *s)
{
	const struct lmq_producer *p = s->producer;

	lmi_command_put(&r->out, LMI_EXT_A, lmi_span_str(p->group));
	lmi_command_put(&r->out, LMI_EXT_B, s->topic);
	lmi_command_put(&r->out, LMI_EXT_C, lmi_span_str(p->cfg->create_topic_key));
	lmi_command_put_i64(&r->out, LMI_EXT_D, p->cfg->create_topic_queues);
	lmi_command_put_i64(&r->out, LMI_EXT_E, s->queue_id);
	lmi_command_put_i64(&r->out, LMI_EXT_F, s->sysflag);
	lmi_command_put_i64(&r->out, LMI_EXT_G, s->born_ms);
	lmi_command_put_i64(&r->out, LMI_EXT_H, s->flag);
	lmi_command_put(&r->out, LMI_EXT_I, s->props);
	lmi_command_put_i64(&r->out, LMI_EXT_J, 0);
	lmi_command_put_bool(&r->out, LMI_EXT_K, false);
	lmi_command_put_bool(&r->out, LMI_EXT_M, s->kind == SEND_BATCH);
	lmi_command_put(&r->out, LMI_EXT_N, lmi_span_str(s->broker->name));
}

/* The batch is put together where it leaves, so that its messages are copied once. */
static int send_bundle(struct request *r, const struct send *bundle, const char *address, int64_t timeout_ms)
{
	struct lmi_buf *frame = request_end(r, bundle_bytes(bundle));

	bundle_put(bundle, frame);
	return request_send_ended(r, address, timeout_ms, answered, (void *)(uintptr_t)bundle);
}

static void send_frame(struct send *s, const char *address)
{
	const struct lmq_producer *p = s->producer;
	int64_t left_ms = s->deadline_ms - client_now_ms(p->client);
	bool oneway = s->mode == SEND_ONEWAY;
	struct request r;
	int err;

	if (p->cfg->send_timeout_each_ms >= 0 && left_ms > p->cfg->send_timeout_each_ms)
		left_ms = p->cfg->send_timeout_each_ms;
	if (left_ms <= 0) {
		send_fail(s, s->error < 0 ? s->error : -LMQ_ETIMEOUT, s->error < 0 ? NULL : "the time was used up before it could be sent");
		return;
	}
	s->tries++;
	s->tried_ms = client_now_ms(p->client);
	request_begin(&r, p->client, codes[s->kind], oneway);
	put_header(&r, s);
	if (lmi_list_empty(&s->members))
		err = request_send(&r, address, s->body, left_ms, oneway ? NULL : answered, s);
	else
		err = send_bundle(&r, s, address, left_ms);
	if (err < 0) {
		try_failed(s, err, address);
		return;
	}
	if (!oneway)
		return;
	s->broker->loose_bytes += s->charge;
	fence(p->client, s->broker);
	stored(s, &(struct lmi_command){ 0 }, LMQ_SENT_OK);
}

static bool is_fit(const void *arg, const struct broker *b)
{
	return b->fit_at_ms <= *(const int64_t *)arg;
}

static bool choose_free(struct send *s, struct topic_route *t, struct publish_choice *out)
{
	struct lmq_client *c = s->producer->client;
	int64_t now_ms = client_now_ms(c);

	if (s->producer->cfg->latency_fault && publish_next_fit(&t->publish, &t->counter, s->broker, is_fit, &now_ms, out))
		return true;
	return publish_next(&t->publish, &t->counter, s->broker, out);
}

static bool choose(struct send *s, struct topic_route *t)
{
	struct publish_choice choice;

	if (s->chosen) {
		s->broker = route_cache_broker(s->producer->client, (const char *)s->to_broker.p);
		return s->broker != NULL;
	}
	if (s->by_key && t->publish.total > 0)
		choice = publish_at(&t->publish, (uint32_t)lmi_queue_choice_by_hash(s->key_hash, (int32_t)t->publish.total));
	else if (!choose_free(s, t, &choice))
		return false;
	s->broker = choice.broker;
	s->queue_id = choice.queue_id;
	return true;
}

static void try_now(struct send *s)
{
	struct topic_route *t = route_cache_topic(s->producer->client, (const char *)s->topic.p);
	const char *address = NULL;

	if (t && choose(s, t))
		address = broker_master(s->broker);
	if (!address) {
		send_fail(s, -LMQ_ENOROUTE, s->chosen ? "the broker chosen is not known or has no master"
						 : "no queue of the topic can be written");
		return;
	}
	if (s->mode == SEND_ONEWAY && must_park(s->broker)) {
		lmi_list_add_tail(&s->broker->parked, &s->link);
		return;
	}
	send_frame(s, address);
}

static void route_ready(struct route_wait *w, int err, const char *detail)
{
	struct send *s = lmi_container_of(w, struct send, wait);

	if (err < 0)
		send_fail(s, err, detail);
	else
		try_now(s);
}

void send_start(struct send *s)
{
	struct lmq_client *c = s->producer->client;
	struct topic_route *t;

	if (s->loose && s->mode != SEND_ONEWAY) {
		bundle_add(s);
		return;
	}
	t = route_cache_topic(c, (const char *)s->topic.p);
	if (!t) {
		send_fail(s, -ENOMEM, "out of memory, or of room for topics");
		return;
	}
	s->wait.deadline_ms = s->deadline_ms;
	s->wait.ready = route_ready;
	route_cache_wait(c, t, &s->wait);
}
