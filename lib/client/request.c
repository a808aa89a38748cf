/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and replies over messages: the request carries an id and this client's name; a consumer's reply is a message that
 * its broker hands to the client named.  Rule: DefaultMQProducerImpl.request, MessageUtil.createReplyMessage,
 * ClientRemotingProcessor.receiveReplyMessage.
 *
 * Owner: the client's loop.  A request is held by its table until it is answered or late, and by its send until that ends.
 */
#include <errno.h>
#include <stdlib.h>

#include "wire/props.h"

#include "client/decompress.h"
#include "client/producer_impl.h"
#include "client/round.h"

#define REQUESTS_MAX 65536
#define ID_CHARS 33

struct asked {
	struct event event;
	struct lmi_timer late;
	struct lmq_producer *producer;
	struct send *send;       /* until it is started */
	int64_t timeout_ms;
	char id[ID_CHARS];
	bool held, sending;      /* by the table, by its send */
	bool stored;
	/* how it ended */
	int err;
	struct lmq_message *reply;
	char detail[CLIENT_DETAIL_CHARS];
	/* who asked: a callback, or a caller that waits */
	lmq_reply_fn *fn;
	void *user;
	sem_t *woken;
	struct lmq_send_result result;
};

static void asked_free(struct asked *a)
{
	lmq_message_free(a->reply);
	result_done(&a->result);
	free(a);
}

/* By who delivers callbacks. */
static void tell(struct event *e)
{
	struct asked *a = lmi_container_of(e, struct asked, event);
	struct lmq_producer *p = a->producer;

	if (a->fn)
		a->fn(a->user, a->err, a->reply, a->err < 0 ? a->detail : "");
	asked_free(a);
	producer_uncount(p, 1, 0);
}

/* Neither the table nor the send has it: tell who asked. */
static void over(struct asked *a)
{
	if (a->held || a->sending)
		return;
	if (a->woken)
		sem_post(a->woken); /* the caller frees it */
	else
		event_put(&a->producer->client->events, &a->event);
}

static void leave_table(struct asked *a)
{
	if (!a->held)
		return;
	lmi_timer_stop(&a->late);
	(void)lmi_map_del(&a->producer->client->requests, lmi_span_str(a->id));
	a->held = false;
}

static void end(struct asked *a, int err, const char *detail)
{
	leave_table(a);
	a->err = err;
	config_say(a->detail, sizeof(a->detail), "%s", detail);
	over(a);
}

static void on_late(struct lmi_timer *t)
{
	struct asked *a = t->arg;

	end(a, -LMQ_ETIMEOUT, a->stored ? "the request was stored, but no reply came in time" : "the request was not stored in time");
}

/* What became of the message itself. */
static void on_sent(void *user, const struct lmq_send_result *r)
{
	struct asked *a = user;
	struct lmq_send_result copy = *r;

	copy.ids = NULL;
	copy.recall_handle = NULL;
	result_move(&a->result, &copy);
	a->sending = false;
	a->stored = r->error == 0;
	if (r->error == 0 || !a->held)
		over(a);
	else
		end(a, r->error, r->detail);
}

/*
 * A Java broker forgets a client's name when any producer of the client unregisters, though others stay, and remembers it only
 * with a group that is new to it: so a group that stays is unregistered too and then told again.  Rule:
 * ProducerManager.unregisterProducer, registerProducer.
 */
struct renaming {
	struct round round;
	struct lmq_client *client;
};

static void start_waiting(struct lmq_client *c)
{
	while (!lmi_list_empty(&c->unnamed)) {
		struct send *s = lmi_container_of(c->unnamed.next, struct send, link);

		lmi_list_del(&s->link);
		send_start(s);
	}
}

static void renamed(struct round *round)
{
	struct renaming *n = lmi_container_of(round, struct renaming, round);
	struct lmq_client *c = n->client;

	free(n);
	c->naming = false;
	heartbeat_forget(c, NULL);
	heartbeat_greet(c);
	start_waiting(c);
}

/* False without memory: then brokers may not find us, and the request ends in time. */
static bool rename_client(struct lmq_producer *p)
{
	struct renaming *n = malloc(sizeof(*n));

	if (!n)
		return false;
	n->client = p->client;
	p->client->name_lost = false;
	p->client->naming = true;
	round_open(&n->round, renamed);
	round_unregister(&n->round, p->client, p->group, NULL, p->client->cfg->api_timeout_ms);
	round_close(&n->round);
	return true;
}

static void send_named(struct asked *a)
{
	struct lmq_client *c = a->producer->client;

	/* Whichever broker the reply comes to must know us by then. */
	heartbeat_greet(c);
	if (c->naming || c->name_lost) {
		lmi_list_add_tail(&c->unnamed, &a->send->link);
		if (!c->naming && !rename_client(a->producer))
			start_waiting(c);
		return;
	}
	send_start(a->send);
}

static void start(void *arg)
{
	struct asked *a = arg;
	struct lmq_client *c = a->producer->client;

	a->late = (struct lmi_timer){ .fn = on_late, .arg = a };
	if (lmi_map_count(&c->requests) >= REQUESTS_MAX)
		a->err = -LMQ_EFULL;
	else if (lmi_timer_start(c->loop, &a->late, a->timeout_ms, 0) < 0 || lmi_map_put(&c->requests, lmi_span_str(a->id), a, NULL) < 0)
		a->err = -ENOMEM;
	if (a->err < 0) {
		lmi_timer_stop(&a->late);
		producer_uncount(a->producer, 1, a->send->charge);
		send_free(a->send);
		config_say(a->detail, sizeof(a->detail), "%s", lmi_strerror(a->err));
		over(a);
		return;
	}
	a->held = true;
	a->sending = true;
	a->send->deadline_ms = client_now_ms(c) + a->timeout_ms;
	send_named(a);
}

static int make(struct lmq_producer *p, const struct lmq_message *m, struct asked *a, char *detail)
{
	struct send_extra extra = { .kind = SEND_MESSAGE };
	struct lmi_buf props = { 0 };
	uint8_t ttl[LMI_I64_CHARS];
	uint64_t chance[2] = { lmi_rng_u64(p->client->rng), lmi_rng_u64(p->client->rng) };
	int r;

	if (m->is_reply) {
		config_say(detail, CLIENT_DETAIL_CHARS, "a reply cannot be a request");
		return -LMQ_EILLEGAL;
	}
	lmi_hex_upper((const uint8_t *)chance, sizeof(chance), a->id);
	a->id[ID_CHARS - 1] = '\0';
	(void)lmi_props_put(&props, LMI_SPAN_LIT("CORRELATION_ID"), lmi_span_str(a->id));
	(void)lmi_props_put(&props, LMI_SPAN_LIT("REPLY_TO_CLIENT"), lmi_span_str(p->client->id));
	(void)lmi_props_put(&props, LMI_SPAN_LIT("TTL"), lmi_span(ttl, lmi_i64_to_chars(a->timeout_ms, ttl)));
	extra.props = lmi_buf_span(&props);
	r = props.failed ? -ENOMEM : send_new(p, m, &extra, &a->send, detail);
	lmi_buf_done(&props);
	return r;
}

/* Gives a request that is counted in the producer twice: as a send, and until its caller has heard of it. */
static int asked_new(struct lmq_producer *p, const struct lmq_message *m, int64_t timeout_ms, struct asked **out, char *detail)
{
	struct asked *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	result_init(&a->result, 0);
	a->event.run = tell;
	a->producer = p;
	a->timeout_ms = timeout_ms > 0 ? timeout_ms : p->cfg->send_timeout_ms;
	r = make(p, m, a, detail);
	if (r < 0) {
		asked_free(a);
		return r;
	}
	a->send->mode = SEND_ASYNC;
	a->send->fn = on_sent;
	a->send->user = a;
	a->send->retries = (int)p->cfg->send_retries_async;
	*out = a;
	return 0;
}

static int submit(struct asked *a, int64_t wait_ms)
{
	struct lmq_producer *p = a->producer;
	size_t charge = a->send->charge;
	int r = producer_enter(p, 2, charge, wait_ms);

	if (r == 0) {
		r = lmi_loop_post(p->client->loop, start, a);
		if (r < 0)
			producer_uncount(p, 2, charge);
	}
	if (r < 0) {
		send_free(a->send);
		asked_free(a);
	}
	return r;
}

int lmq_producer_request(struct lmq_producer *p, const struct lmq_message *m, int64_t timeout_ms, struct lmq_message **out_reply,
			 struct lmq_send_result *result)
{
	char detail[CLIENT_DETAIL_CHARS] = "";
	int r = client_may_wait(p->client);
	struct asked *a;
	sem_t woken;

	if (r == 0)
		r = asked_new(p, m, timeout_ms, &a, detail);
	if (r < 0)
		return producer_refuse(result, r, detail);
	sem_init(&woken, 0, 0);
	a->woken = &woken;
	r = submit(a, a->timeout_ms);
	if (r < 0) {
		sem_destroy(&woken);
		return producer_refuse(result, r, detail);
	}
	while (sem_wait(&woken) < 0 && errno == EINTR)
		;
	sem_destroy(&woken);
	r = a->err;
	a->result.error = r;
	if (r < 0 && a->result.detail[0] == '\0')
		config_say(a->result.detail, sizeof(a->result.detail), "%s", a->detail);
	if (result)
		result_move(result, &a->result);
	if (r == 0) {
		*out_reply = a->reply;
		a->reply = NULL;
	}
	asked_free(a);
	producer_uncount(p, 1, 0);
	return r;
}

int lmq_producer_request_async(struct lmq_producer *p, const struct lmq_message *m, int64_t timeout_ms, lmq_reply_fn *fn, void *user)
{
	bool on_loop = pthread_equal(pthread_self(), p->client->thread);
	char detail[CLIENT_DETAIL_CHARS];
	int r = client_same_process(p->client);
	struct asked *a;

	if (r == 0)
		r = asked_new(p, m, timeout_ms, &a, detail);
	if (r < 0)
		return r;
	a->fn = fn;
	a->user = user;
	return submit(a, on_loop ? 0 : p->cfg->send_queue_wait_ms);
}

/* ---- replies ---- */

struct lmq_message *lmq_message_new_reply(const struct lmq_message *request, const void *body, size_t body_bytes)
{
	static const char *const kept[] = { "CORRELATION_ID", "REPLY_TO_CLIENT", "TTL" };
	const char *cluster = lmq_message_property(request, LMI_PROP_CLUSTER);
	struct lmq_message *m;
	char topic[SEND_TOPIC_MAX + 1];
	int r;

	if (!cluster || !lmq_message_property(request, kept[0]) || !lmq_message_property(request, kept[1]))
		return NULL;
	config_say(topic, sizeof(topic), "%s_REPLY_TOPIC", cluster);
	m = lmq_message_new(topic, body, body_bytes);
	if (!m)
		return NULL;
	m->is_reply = true;
	r = message_put_prop(m, "MSG_TYPE", "reply");
	for (size_t i = 0; r == 0 && i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = lmq_message_property(request, kept[i]);

		if (value)
			r = message_put_prop(m, kept[i], value);
	}
	if (r == 0)
		return m;
	lmq_message_free(m);
	return NULL;
}

static int set_props(struct lmq_message *m, struct lmi_span text)
{
	uint8_t *copy = malloc(text.n + 1);
	size_t n;

	if (!copy)
		return -ENOMEM;
	if (text.n > 0)
		memcpy(copy + 1, text.p, text.n);
	(void)message_split_props(copy + 1, text.n, &n); /* begins at the byte before: where the copy does */
	m->props = lmi_span(copy, n);
	return 0;
}

/* Gives the message of a pushed reply, or NULL. */
static struct lmq_message *read_reply(struct lmq_client *c, const struct lmi_command *cmd)
{
	struct lmi_span topic = lmi_command_ext(cmd, LMI_EXT_TOPIC), body = cmd->body;
	char name[SEND_TOPIC_MAX + 1];
	struct lmq_message *m;
	uint8_t *unpacked = NULL;
	int32_t sysflag = 0;
	size_t n;

	(void)lmi_command_ext_i32(cmd, LMI_EXT_SYS_FLAG, &sysflag);
	if (sysflag & LMI_SYSFLAG_COMPRESSED) {
		if (decompress_body(sysflag, body, (size_t)c->cfg->message_max_bytes, &unpacked, &n) < 0)
			return NULL;
		body = lmi_span(unpacked, n);
	}
	config_say(name, sizeof(name), "%.*s", (int)(topic.n < sizeof(name) ? topic.n : 0), topic.n > 0 ? (const char *)topic.p : "");
	m = lmq_message_new(name, body.p, body.n);
	free(unpacked);
	if (!m || set_props(m, lmi_command_ext(cmd, LMI_EXT_PROPERTIES)) < 0) {
		lmq_message_free(m);
		return NULL;
	}
	(void)lmi_command_ext_i32(cmd, LMI_EXT_FLAG, &m->flag);
	(void)lmi_command_ext_i32(cmd, LMI_EXT_QUEUE_ID, &m->queue_id);
	(void)lmi_command_ext_i64(cmd, LMI_EXT_BORN_TIMESTAMP, &m->born_ms);
	return m;
}

void request_replied(struct lmq_client *c, struct lmi_conn *conn, const struct lmi_command *cmd)
{
	struct lmq_message *m = read_reply(c, cmd);
	const char *id = m ? lmq_message_property(m, "CORRELATION_ID") : NULL;
	struct asked *a = id ? lmi_map_get(&c->requests, lmi_span_str(id)) : NULL;

	client_answer(conn, cmd, m ? LMI_RSP_SUCCESS : LMI_RSP_SYSTEM_ERROR, m ? NULL : "the reply was not understood");
	if (!a) {
		lmq_message_free(m); /* too late, or of nobody */
		return;
	}
	a->reply = m;
	end(a, 0, "");
}
