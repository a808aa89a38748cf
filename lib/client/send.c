/* SPDX-License-Identifier: Apache-2.0 */
#include "client/send.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/name.h"
#include "wire/props.h"

#include "client/producer_impl.h"

#define PAUSE_FIRST_MS 50       /* before trying the same broker again */
#define FENCE_BYTES (1u << 20)  /* one-way bytes after which a broker is asked whether it keeps up */
#define PARK_BYTES (4u << 20)   /* one-way bytes without its answer after which sends wait */
#define COMMAND_ROOM 512        /* what a request is longer than topic, properties and body */

/* ---- making one ---- */

static int check(const struct lmq_producer *p, const struct lmq_message *m, char *detail)
{
	struct lmi_span topic = lmi_span_str(m->topic);

	if (!lmi_name_topic_ok(topic)) {
		config_say(detail, CLIENT_DETAIL_CHARS, "topic \"%s\" %s", m->topic,
			   lmi_name_fault_text(lmi_name_topic_check(topic)));
		return -LMQ_EILLEGAL;
	}
	if (!lmi_name_may_send(topic)) {
		config_say(detail, CLIENT_DETAIL_CHARS, "topic %s is the brokers' own", m->topic);
		return -LMQ_EILLEGAL;
	}
	if (m->body_bytes == 0) {
		config_say(detail, CLIENT_DETAIL_CHARS, "the body is empty");
		return -LMQ_EILLEGAL;
	}
	if ((int64_t)m->body_bytes > p->cfg->message_max_bytes) {
		config_say(detail, CLIENT_DETAIL_CHARS, "body of %zu bytes is above maxMessageSize %" PRId64, m->body_bytes,
			   p->cfg->message_max_bytes);
		return -LMQ_ETOOBIG;
	}
	return 0;
}

static struct lmi_span keep(uint8_t **at, const void *p, size_t n)
{
	struct lmi_span kept = lmi_span(*at, n);

	if (n > 0)
		memcpy(*at, p, n);
	(*at)[n] = '\0';
	*at += n + 1;
	return kept;
}

static struct send *send_alloc(const struct lmq_message *m, struct lmi_span props)
{
	size_t topic_n = strlen(m->topic), broker_n = m->to_broker ? strlen(m->to_broker) : 0;
	struct send *s = malloc(sizeof(*s) + topic_n + broker_n + props.n + m->body_bytes + 4);
	uint8_t *at;

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	at = s->mem;
	s->topic = keep(&at, m->topic, topic_n);
	s->to_broker = keep(&at, m->to_broker, broker_n);
	s->props = keep(&at, props.p, props.n);
	s->body = keep(&at, m->body, m->body_bytes);
	s->charge = sizeof(*s) + topic_n + props.n + m->body_bytes + COMMAND_ROOM;
	s->chosen = m->to_broker != NULL;
	s->queue_id = m->to_queue_id;
	s->flag = m->flag;
	return s;
}

int send_new(struct lmq_producer *p, const struct lmq_message *m, struct send **out, char *detail)
{
	struct lmq_client *c = p->client;
	struct lmi_buf props = { 0 };
	char id[UNIQUE_ID_CHARS];
	int64_t now_ms = lmi_wall_ms(c->clock);
	int r = check(p, m, detail);
	struct send *s;

	if (r < 0)
		return r;
	unique_id_make(&c->ids, (uint32_t)(now_ms - __atomic_load_n(&c->month_begin, __ATOMIC_RELAXED)), id);
	(void)lmi_props_put(&props, lmi_span_str(LMI_PROP_UNIQ_KEY), lmi_span_str(id));
	message_join_props(&props, m->props);
	if (lmi_buf_len(&props) > LMI_PROPS_MAX) {
		config_say(detail, CLIENT_DETAIL_CHARS, "properties of %zu bytes are above %u", lmi_buf_len(&props), LMI_PROPS_MAX);
		lmi_buf_done(&props);
		return -LMQ_ETOOBIG;
	}
	s = props.failed ? NULL : send_alloc(m, lmi_buf_span(&props));
	lmi_buf_done(&props);
	if (!s)
		return -ENOMEM;
	s->producer = p;
	s->born_ms = now_ms;
	memcpy(s->id, id, sizeof(id));
	lmi_list_init(&s->link);
	lmi_list_init(&s->wait.link);
	*out = s;
	return 0;
}

/* ---- its end ---- */

static void finish(struct send *s, struct lmq_send_result *r)
{
	r->error = s->error;
	r->remote_code = s->error == -LMQ_EREMOTE ? s->remote_code : 0;
	r->tries = s->tries;
	memcpy(r->message_id, s->id, sizeof(r->message_id));
	if (s->error < 0)
		memcpy(r->detail, s->detail, sizeof(r->detail));
	if (s->broker)
		config_say(r->broker, sizeof(r->broker), "%s", s->broker->name);
	lmi_timer_stop(&s->again);
	producer_end_send(s, r);
}

static void fail(struct send *s, int err, const char *detail)
{
	struct lmq_send_result r = { .queue_id = -1, .queue_pos = -1 };

	s->error = err;
	if (detail)
		config_say(s->detail, sizeof(s->detail), "%s", detail);
	finish(s, &r);
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
	const struct lmq_producer *p = s->producer;
	struct lmq_client *c = p->client;
	struct topic_route *t = route_cache_topic(c, (const char *)s->topic.p);
	int64_t pause_ms = (int64_t)PAUSE_FIRST_MS << (s->tries - 1);

	if (!curable || c->stopping || s->mode == SEND_ONEWAY || s->tries > p->cfg->send_retries || client_now_ms(c) >= s->deadline_ms) {
		fail(s, s->error, NULL);
		return;
	}
	if (t)
		route_cache_refresh(c, t);
	if (t && t->publish.count > 1 && !s->chosen) {
		try_now(s);
		return;
	}
	s->again = (struct lmi_timer){ .fn = on_again, .arg = s, .impl = s->again.impl, .loop = s->again.loop };
	if (client_now_ms(c) + pause_ms >= s->deadline_ms || lmi_timer_start(c->loop, &s->again, pause_ms, 0) < 0)
		fail(s, s->error, NULL);
}

static void try_failed(struct send *s, int err, const char *address)
{
	s->error = err;
	config_say(s->detail, sizeof(s->detail), "broker %s at %s: %s", s->broker ? s->broker->name : "?", address,
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

static void stored(struct send *s, const struct lmi_command *answer, enum lmq_sent status)
{
	struct lmq_send_result r = { .status = status, .queue_id = -1, .queue_pos = -1 };
	struct lmi_span id = lmi_command_ext(answer, LMI_EXT_MSG_ID);

	/* Stored it is, whatever the header lacks. */
	(void)lmi_command_ext_i32(answer, LMI_EXT_QUEUE_ID, &r.queue_id);
	(void)lmi_command_ext_i64(answer, LMI_EXT_QUEUE_OFFSET, &r.queue_pos);
	if (id.n > 0 && id.n < sizeof(r.offset_id))
		memcpy(r.offset_id, id.p, id.n);
	s->error = 0;
	finish(s, &r);
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
		stored(s, answer, status);
		return;
	}
	config_say(who, sizeof(who), "broker %s", s->broker->name);
	s->remote_code = answer->code;
	s->error = request_refused(answer, who, s->detail, sizeof(s->detail));
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
			fail(s, -LMQ_ECLOSED, "the broker is gone");
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

/* Rule: SendMessageRequestHeaderV2, code 310. */
static void put_header(struct request *r, const struct send *s)
{
	const struct lmq_producer *p = s->producer;

	lmi_command_put(&r->out, LMI_EXT_A, lmi_span_str(p->group));
	lmi_command_put(&r->out, LMI_EXT_B, s->topic);
	lmi_command_put(&r->out, LMI_EXT_C, lmi_span_str(p->cfg->create_topic_key));
	lmi_command_put_i64(&r->out, LMI_EXT_D, p->cfg->create_topic_queues);
	lmi_command_put_i64(&r->out, LMI_EXT_E, s->queue_id);
	lmi_command_put_i64(&r->out, LMI_EXT_F, 0);
	lmi_command_put_i64(&r->out, LMI_EXT_G, s->born_ms);
	lmi_command_put_i64(&r->out, LMI_EXT_H, s->flag);
	lmi_command_put(&r->out, LMI_EXT_I, s->props);
	lmi_command_put_i64(&r->out, LMI_EXT_J, 0);
	lmi_command_put_bool(&r->out, LMI_EXT_K, false);
	lmi_command_put_bool(&r->out, LMI_EXT_M, false);
	lmi_command_put(&r->out, LMI_EXT_N, lmi_span_str(s->broker->name));
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
		fail(s, s->error < 0 ? s->error : -LMQ_ETIMEOUT, s->error < 0 ? NULL : "the time was used up before it could be sent");
		return;
	}
	s->tries++;
	request_begin(&r, p->client, LMI_REQ_SEND_MESSAGE_V2, oneway);
	put_header(&r, s);
	err = request_send(&r, address, s->body, left_ms, oneway ? NULL : answered, s);
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

static bool choose(struct send *s, struct topic_route *t)
{
	struct publish_choice choice;

	if (s->chosen) {
		s->broker = route_cache_broker(s->producer->client, (const char *)s->to_broker.p);
		return s->broker != NULL;
	}
	if (!publish_next(&t->publish, &t->counter, s->broker, &choice))
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
		fail(s, -LMQ_ENOROUTE, s->chosen ? "the broker chosen is not known or has no master"
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
		fail(s, err, detail);
	else
		try_now(s);
}

void send_start(struct send *s)
{
	struct lmq_client *c = s->producer->client;
	struct topic_route *t = route_cache_topic(c, (const char *)s->topic.p);

	if (!t) {
		fail(s, -ENOMEM, "out of memory, or of room for topics");
		return;
	}
	s->wait.deadline_ms = s->deadline_ms;
	s->wait.ready = route_ready;
	route_cache_wait(c, t, &s->wait);
}
