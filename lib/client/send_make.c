/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "rules/name.h"
#include "wire/props.h"

#include "client/compress.h"
#include "client/producer_impl.h"

#define COMMAND_ROOM 512 /* what a request is longer than topic, properties and body */

static int check_topic(const char *name, char *detail)
{
	struct lmi_span topic = lmi_span_str(name);

	if (!lmi_name_topic_ok(topic)) {
		config_say(detail, CLIENT_DETAIL_CHARS, "topic \"%s\" %s", name, lmi_name_fault_text(lmi_name_topic_check(topic)));
		return -LMQ_EILLEGAL;
	}
	if (!lmi_name_may_send(topic)) {
		config_say(detail, CLIENT_DETAIL_CHARS, "topic %s is the brokers' own", name);
		return -LMQ_EILLEGAL;
	}
	return 0;
}

static int check_size(const struct lmq_producer *p, size_t body_bytes, char *detail)
{
	if (body_bytes == 0) {
		config_say(detail, CLIENT_DETAIL_CHARS, "the body is empty");
		return -LMQ_EILLEGAL;
	}
	if ((int64_t)body_bytes > p->cfg->message_max_bytes) {
		config_say(detail, CLIENT_DETAIL_CHARS, "body of %zu bytes is above maxMessageSize %" PRId64, body_bytes,
			   p->cfg->message_max_bytes);
		return -LMQ_ETOOBIG;
	}
	return 0;
}

static int check_props(const struct lmi_buf *props, char *detail)
{
	if (props->failed)
		return -ENOMEM;
	if (lmi_buf_len(props) <= LMI_PROPS_MAX)
		return 0;
	config_say(detail, CLIENT_DETAIL_CHARS, "properties of %zu bytes are above %u", lmi_buf_len(props), LMI_PROPS_MAX);
	return -LMQ_ETOOBIG;
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

static struct send *send_alloc(struct lmq_producer *p, const char *topic, const char *to_broker, struct lmi_span props,
			       struct lmi_span body)
{
	size_t topic_n = strlen(topic), broker_n = to_broker ? strlen(to_broker) : 0;
	struct send *s = malloc(sizeof(*s) + topic_n + broker_n + props.n + body.n + 4);
	uint8_t *at;

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	at = s->mem;
	s->topic = keep(&at, topic, topic_n);
	s->to_broker = keep(&at, to_broker, broker_n);
	s->props = keep(&at, props.p, props.n);
	s->body = keep(&at, body.p, body.n);
	s->charge = sizeof(*s) + topic_n + props.n + body.n + COMMAND_ROOM;
	s->producer = p;
	s->chosen = to_broker != NULL;
	lmi_list_init(&s->link);
	lmi_list_init(&s->members);
	lmi_list_init(&s->wait.link);
	return s;
}

struct send *send_new_bundle(const struct send *first)
{
	struct lmi_buf props = { 0 };
	char id[UNIQUE_ID_CHARS];
	struct send *s = NULL;

	(void)client_unique_id(first->producer->client, id);
	(void)lmi_props_put(&props, lmi_span_str(LMI_PROP_UNIQ_KEY), lmi_span_str(id));
	if (!props.failed)
		s = send_alloc(first->producer, (const char *)first->topic.p, NULL, lmi_buf_span(&props), LMI_SPAN_NULL);
	lmi_buf_done(&props);
	if (!s)
		return NULL;
	s->kind = SEND_BATCH;
	s->mode = SEND_ASYNC;
	s->born_ms = first->born_ms;
	s->deadline_ms = first->deadline_ms;
	s->retries = first->retries;
	memcpy(s->id, id, sizeof(id));
	return s;
}

void send_free(struct send *s)
{
	if (!s)
		return;
	free(s->told);
	free(s->detail);
	free(s->ids);
	free(s);
}

static void put_number(struct lmi_buf *b, const char *name, int64_t n)
{
	uint8_t text[LMI_I64_CHARS];

	(void)lmi_props_put(b, lmi_span_str(name), lmi_span(text, lmi_i64_to_chars(n, text)));
}

/* What brings a reply to who asked; of other messages it does not travel again. */
static void put_reply_props(struct lmi_buf *b, const struct lmq_message *m)
{
	static const char *const names[] = { "MSG_TYPE", "CORRELATION_ID", "REPLY_TO_CLIENT", "TTL" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = lmq_message_property(m, names[i]);

		if (value)
			(void)lmi_props_put(b, lmi_span_str(names[i]), lmi_span_str(value));
	}
}

/* Rule: MessageDecoder.messageProperties2String; delivery times are TimerMessageStore's. */
static void put_props(struct lmi_buf *b, const struct lmq_message *m, const char *id)
{
	(void)lmi_props_put(b, lmi_span_str(LMI_PROP_UNIQ_KEY), lmi_span_str(id));
	message_join_props(b, m->props);
	if (m->is_reply)
		put_reply_props(b, m);
	if (m->deliver_at_ms > 0)
		put_number(b, "TIMER_DELIVER_MS", m->deliver_at_ms);
	if (m->deliver_after_ms > 0)
		put_number(b, "TIMER_DELAY_MS", m->deliver_after_ms);
}

static bool wants_packing(const struct lmq_producer *p, const struct lmq_message *m)
{
	return (int64_t)m->body_bytes >= p->cfg->compress_bytes && p->cfg->compress_bytes > 0;
}

/* Rule: DefaultMQProducer.canBatch; what waits for nothing else may wait for others of its kind. */
static bool is_loose(const struct lmq_producer *p, const struct lmq_message *m, const struct send_extra *extra)
{
	return p->cfg->auto_batch && !extra && !m->to_broker && !m->by_key && !message_is_delayed(m) && !m->no_wait && !m->is_reply &&
	       !lmi_name_is_retry(lmi_span_str(m->topic));
}

int send_new(struct lmq_producer *p, const struct lmq_message *m, const struct send_extra *extra, struct send **out,
	     char *detail)
{
	struct lmi_buf props = { 0 };
	struct lmi_span body = lmi_span(m->body, m->body_bytes);
	char id[UNIQUE_ID_CHARS];
	int64_t now_ms = client_unique_id(p->client, id);
	uint8_t *packed = NULL;
	int32_t sysflag = extra ? extra->sysflag : 0;
	struct config_name name;
	const char *topic = m->is_reply ? m->topic : config_wrap(p->cfg, m->topic, &name);
	struct send *s = NULL;
	int r = check_topic(topic, detail);

	if (r == 0)
		r = check_size(p, m->body_bytes, detail);
	if (r < 0)
		return r;
	put_props(&props, m, id);
	if (extra)
		lmi_buf_put_span(&props, extra->props);
	r = check_props(&props, detail);
	if (r == 0 && wants_packing(p, m))
		r = compress_body((enum compress_kind)p->cfg->compress_type, (int)p->cfg->compress_level, body, &packed, &body.n);
	if (packed)
		body.p = packed;
	if (r >= 0)
		s = send_alloc(p, topic, m->to_broker, lmi_buf_span(&props), body);
	lmi_buf_done(&props);
	free(packed);
	if (!s)
		return r < 0 ? r : -ENOMEM;
	s->kind = extra ? extra->kind : m->is_reply ? SEND_REPLY : SEND_MESSAGE;
	s->sysflag = sysflag | r;
	s->queue_id = m->to_queue_id;
	s->flag = m->flag;
	s->by_key = m->by_key && !s->chosen;
	s->key_hash = m->key_hash;
	s->loose = r == 0 && is_loose(p, m, extra);
	s->born_ms = now_ms;
	memcpy(s->id, id, sizeof(id));
	*out = s;
	return 0;
}

/* ---- batches ---- */

struct batch {
	struct lmi_buf body, props, ids;
	char first_id[UNIQUE_ID_CHARS];
};

static void batch_done(struct batch *b)
{
	lmi_buf_done(&b->body);
	lmi_buf_done(&b->props);
	lmi_buf_done(&b->ids);
}

/* Rule: MessageBatch.generateFromList. */
static int check_member(const struct lmq_message *first, const struct lmq_message *m, char *detail)
{
	const char *fault = NULL;

	if (strcmp(first->topic, m->topic) != 0)
		fault = "are of several topics";
	else if (first->no_wait != m->no_wait)
		fault = "do not wait alike for being stored";
	else if (message_is_delayed(m))
		fault = "are to be delayed";
	else if (m->to_broker || m->by_key)
		fault = "are for queues of their own";
	else if (m->is_reply)
		fault = "are replies";
	if (!fault)
		return 0;
	config_say(detail, CLIENT_DETAIL_CHARS, "messages of the batch %s", fault);
	return -LMQ_EILLEGAL;
}

static int batch_put(struct lmq_producer *p, struct batch *b, const struct lmq_message *m, char *detail)
{
	struct lmi_batch_item item = { .flag = m->flag, .body = lmi_span(m->body, m->body_bytes) };
	char id[UNIQUE_ID_CHARS];
	int r = check_size(p, m->body_bytes, detail);

	if (r < 0)
		return r;
	(void)client_unique_id(p->client, id);
	lmi_buf_reset(&b->props, SIZE_MAX);
	put_props(&b->props, m, id);
	r = check_props(&b->props, detail);
	if (r < 0)
		return r;
	item.props = lmi_buf_span(&b->props);
	lmi_batch_put(&b->body, &item);
	if (lmi_buf_len(&b->ids) == 0)
		memcpy(b->first_id, id, sizeof(id));
	else
		lmi_buf_put8(&b->ids, ',');
	lmi_buf_put_str(&b->ids, id);
	return check_size(p, lmi_buf_len(&b->body), detail);
}

static int batch_fill(struct lmq_producer *p, struct batch *b, const struct lmq_message *const *messages, size_t count,
		      char *detail)
{
	struct config_name name;
	int r;

	if (count == 0 || lmi_name_is_retry(lmi_span_str(messages[0]->topic))) {
		config_say(detail, CLIENT_DETAIL_CHARS, count == 0 ? "the batch is empty" : "a batch to a retry topic");
		return -LMQ_EILLEGAL;
	}
	r = check_topic(config_wrap(p->cfg, messages[0]->topic, &name), detail);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = check_member(messages[0], messages[i], detail);
		if (r == 0)
			r = batch_put(p, b, messages[i], detail);
	}
	lmi_buf_put8(&b->ids, '\0');
	return r == 0 && (b->body.failed || b->ids.failed) ? -ENOMEM : r;
}

int send_new_batch(struct lmq_producer *p, const struct lmq_message *const *messages, size_t count, struct send **out,
		   char *detail)
{
	struct config_name name;
	struct batch b = { 0 };
	char id[UNIQUE_ID_CHARS];
	struct send *s = NULL;
	int r = batch_fill(p, &b, messages, count, detail);

	if (r == 0) {
		int64_t now_ms = client_unique_id(p->client, id);

		lmi_buf_reset(&b.props, SIZE_MAX);
		(void)lmi_props_put(&b.props, lmi_span_str(LMI_PROP_UNIQ_KEY), lmi_span_str(id));
		if (messages[0]->no_wait)
			(void)lmi_props_put(&b.props, lmi_span_str(LMI_PROP_WAIT), LMI_SPAN_LIT("false"));
		s = b.props.failed ? NULL : send_alloc(p, config_wrap(p->cfg, messages[0]->topic, &name), NULL, lmi_buf_span(&b.props), lmi_buf_span(&b.body));
		if (s) {
			s->kind = SEND_BATCH;
			s->born_ms = now_ms;
			memcpy(s->id, b.first_id, sizeof(s->id));
			s->ids = strdup((const char *)lmi_buf_data(&b.ids));
		}
		if (!s || !s->ids)
			r = -ENOMEM;
	}
	batch_done(&b);
	if (r < 0) {
		send_free(s);
		return r;
	}
	*out = s;
	return 0;
}
