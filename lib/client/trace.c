/* SPDX-License-Identifier: Apache-2.0 */
#include "client/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "io/loop.h"
#include "wire/props.h"

#include "client/consumer_impl.h"
#include "client/producer_impl.h"

#define GROUP "_INNER_TRACE_PRODUCER"
#define REGION "DefaultRegion" /* rule: MixAll.DEFAULT_TRACE_REGION_ID */
#define BYTES_MAX 128000u      /* of a trace message */
#define KEYS_MAX 16000u        /* of its keys; properties have 32767 in all */
#define WAIT_MS 5000           /* for more to go with */
#define FIELD 1                /* between two fields */
#define RECORD 2               /* behind a record */

/* Rule: org.apache.rocketmq.common.message.MessageType. */
enum { TYPE_NORMAL, TYPE_HALF, TYPE_COMMIT, TYPE_DELAY };
/* Rule: ConsumeReturnType. */
enum { RETURN_SUCCESS = 0, RETURN_FAILED = 4 };

struct tracer {
	struct lmq_producer *producer;
	char *topic;
	int64_t batch;
	pthread_mutex_t lock;
	struct lmi_buf records, keys;
	int64_t count, first_ms;
};

/* ---- life ---- */

static struct lmq_config *own_config(const struct lmq_config *cfg)
{
	struct lmq_config *own = lmq_config_dup(cfg);

	if (!own)
		return NULL;
	own->trace = 0;
	own->auto_batch = 0;
	own->send_timeout_ms = WAIT_MS;
	own->send_queue_wait_ms = 0;
	*own->namespace_v1 = '\0';
	return own;
}

static void tracer_free(struct tracer *t)
{
	lmi_buf_done(&t->records);
	lmi_buf_done(&t->keys);
	pthread_mutex_destroy(&t->lock);
	free(t->topic);
	free(t);
}

int trace_open(struct lmq_client *c, const struct lmq_config *cfg)
{
	struct tracer *t, *none = NULL;
	struct lmq_config *own;
	int r;

	if (!cfg->trace || __atomic_load_n(&c->tracer, __ATOMIC_ACQUIRE))
		return 0;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	pthread_mutex_init(&t->lock, NULL);
	t->batch = cfg->trace_batch;
	t->topic = strdup(cfg->trace_topic);
	own = own_config(cfg);
	r = t->topic && own ? lmq_producer_new(c, GROUP, own, &t->producer) : -ENOMEM;
	lmq_config_free(own);
	if (r < 0) {
		tracer_free(t);
		return r;
	}
	if (!__atomic_compare_exchange_n(&c->tracer, &none, t, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		lmq_producer_free(t->producer); /* another thread was faster */
		tracer_free(t);
		return 0;
	}
	/* The client must end though its tracer uses it. */
	__atomic_sub_fetch(&c->refs, 1, __ATOMIC_RELAXED);
	return 0;
}

/* ---- sending ---- */

/* Under the lock. */
static void flush(struct tracer *t)
{
	struct lmq_message *m;
	bool has_keys;

	if (t->count == 0)
		return;
	m = t->records.failed || t->keys.failed ? NULL :
		lmq_message_new(t->topic, lmi_buf_data(&t->records), lmi_buf_len(&t->records));
	has_keys = lmi_buf_len(&t->keys) > 0;
	lmi_buf_put8(&t->keys, '\0');
	/* What cannot be sent is not traced: no program waits or fails for it. */
	if (m && !t->keys.failed && (!has_keys || lmq_message_set_keys(m, (const char *)lmi_buf_data(&t->keys)) == 0))
		(void)lmq_producer_send_async(t->producer, m, NULL, NULL);
	lmq_message_free(m);
	lmi_buf_reset(&t->records, BYTES_MAX);
	lmi_buf_reset(&t->keys, KEYS_MAX);
	t->count = 0;
}

void trace_close(struct lmq_client *c)
{
	struct tracer *t = c->tracer;

	pthread_mutex_lock(&t->lock);
	flush(t);
	pthread_mutex_unlock(&t->lock);
	c->tracer = NULL;
	client_ref(c); /* which the producer gives back */
	lmq_producer_free(t->producer);
	tracer_free(t);
}

void trace_tick(struct lmq_client *c)
{
	struct tracer *t = __atomic_load_n(&c->tracer, __ATOMIC_ACQUIRE);

	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	if (client_now_ms(c) >= t->first_ms + WAIT_MS)
		flush(t);
	pthread_mutex_unlock(&t->lock);
}

/* ---- a record ---- */

/* A text that holds the marks would be read as other fields. */
static void put_text(struct tracer *t, const char *text)
{
	for (; text && *text; text++)
		lmi_buf_put8(&t->records, *text == FIELD || *text == RECORD ? ' ' : (uint8_t)*text);
}

/* What is missing is "null", as Java writes it: the decoder does not count empty fields at the end of a record. */
static void field(struct tracer *t, const char *text)
{
	lmi_buf_put8(&t->records, FIELD);
	put_text(t, text && *text ? text : "null");
}

static void field_number(struct tracer *t, int64_t n)
{
	lmi_buf_put8(&t->records, FIELD);
	lmi_buf_put_i64_text(&t->records, n);
}

static void field_bool(struct tracer *t, bool yes)
{
	field(t, yes ? "true" : "false");
}

/* Rule: TraceTransferBean.transKey: the message's ids and keys are keys of the trace message, separated by blanks. */
static void put_keys(struct tracer *t, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n == 0 || lmi_buf_len(&t->keys) + n + 1 > KEYS_MAX)
		return;
	if (lmi_buf_len(&t->keys) > 0)
		lmi_buf_put8(&t->keys, ' ');
	for (; *text; text++)
		lmi_buf_put8(&t->keys, *text == ',' ? ' ' : (uint8_t)*text);
}

static struct tracer *begin(struct lmq_client *c, const char *kind)
{
	struct tracer *t = __atomic_load_n(&c->tracer, __ATOMIC_ACQUIRE);

	if (!t)
		return NULL;
	pthread_mutex_lock(&t->lock);
	if (t->count == 0)
		t->first_ms = client_now_ms(c);
	put_text(t, kind);
	return t;
}

static void end(struct tracer *t, const char *id, const char *keys)
{
	lmi_buf_put8(&t->records, RECORD);
	put_keys(t, id);
	put_keys(t, keys);
	t->count++;
	if (t->count >= t->batch || lmi_buf_len(&t->records) > BYTES_MAX / 2)
		flush(t);
	pthread_mutex_unlock(&t->lock);
}

static bool is_traced(const struct lmq_client *c, const struct lmq_config *cfg, const char *topic)
{
	const struct tracer *t = __atomic_load_n(&c->tracer, __ATOMIC_ACQUIRE);

	return cfg->trace && t && strcmp(topic, t->topic) != 0;
}

/* ---- sent ---- */

/* A property of a message as it is sent, cut to fit. */
static const char *prop(struct lmi_span props, const char *name, char *out, size_t cap)
{
	struct lmi_span value = lmi_props_get(props, lmi_span_str(name));

	config_say(out, cap, "%.*s", (int)(value.n < cap ? value.n : cap - 1), value.n > 0 ? (const char *)value.p : "");
	return out;
}

static bool has(struct lmi_span props, const char *name)
{
	return lmi_props_get(props, lmi_span_str(name)).p != NULL;
}

static int type_of(const struct send *s)
{
	if ((s->sysflag & LMI_SYSFLAG_TRANSACTION_MASK) == LMI_SYSFLAG_PREPARED)
		return TYPE_HALF;
	if (has(s->props, "DELAY") || has(s->props, "TIMER_DELIVER_MS") || has(s->props, "TIMER_DELAY_MS"))
		return TYPE_DELAY;
	return TYPE_NORMAL;
}

void trace_sent(const struct send *s, const struct lmq_send_result *r)
{
	struct lmq_producer *p = s->producer;
	const char *address = s->broker ? broker_master(s->broker) : NULL;
	char tags[CLIENT_DETAIL_CHARS], keys[CLIENT_DETAIL_CHARS];
	int64_t cost_ms = s->tries > 0 ? client_now_ms(p->client) - s->tried_ms : 0;
	const char *ids = s->ids ? s->ids : r->message_id;
	struct tracer *t;

	if (r->error < 0 || r->untraced || s->mode == SEND_ONEWAY || !is_traced(p->client, p->cfg, (const char *)s->topic.p))
		return;
	t = begin(p->client, "Pub");
	if (!t)
		return;
	field_number(t, lmi_wall_ms(p->client->clock));
	field(t, *r->region ? r->region : REGION);
	field(t, config_strip(p->cfg, p->group));
	field(t, config_strip(p->cfg, (const char *)s->topic.p));
	field(t, ids);
	field(t, prop(s->props, LMI_PROP_TAGS, tags, sizeof(tags)));
	field(t, prop(s->props, LMI_PROP_KEYS, keys, sizeof(keys)));
	field(t, address);
	field_number(t, (int64_t)s->body.n);
	field_number(t, cost_ms);
	field_number(t, type_of(s));
	field(t, r->offset_id);
	field_bool(t, r->status == LMQ_SENT_OK);
	end(t, ids, keys);
}

/* ---- received ---- */

static bool wants_trace(struct lmq_consumer *c, const struct lmq_message *m)
{
	const char *on = lmq_message_property(m, LMI_PROP_TRACE_ON);

	return is_traced(c->client, c->cfg, m->topic) && !(on && strcmp(on, "false") == 0);
}

void trace_consume_begin(struct lmq_consumer *c, const struct lmq_message *m, struct trace_consume *k)
{
	const char *region = lmq_message_property(m, LMI_PROP_MSG_REGION);
	struct tracer *t;

	k->begun_ms = client_now_ms(c->client);
	client_unique_id(c->client, k->request_id);
	t = wants_trace(c, m) ? begin(c->client, "SubBefore") : NULL;
	if (!t)
		return;
	field_number(t, lmi_wall_ms(c->client->clock));
	field(t, region ? region : REGION);
	field(t, config_strip(c->cfg, c->group));
	field(t, k->request_id);
	field(t, lmq_message_id(m));
	field_number(t, m->reconsume_times);
	field(t, lmq_message_keys(m));
	end(t, lmq_message_id(m), lmq_message_keys(m));
}

void trace_consume_end(struct lmq_consumer *c, const struct lmq_message *m, const struct trace_consume *k, enum lmq_consumed result)
{
	struct tracer *t = wants_trace(c, m) ? begin(c->client, "SubAfter") : NULL;

	if (!t)
		return;
	field(t, k->request_id);
	field(t, lmq_message_id(m));
	field_number(t, client_now_ms(c->client) - k->begun_ms);
	field_bool(t, result == LMQ_CONSUMED);
	field(t, lmq_message_keys(m));
	field_number(t, result == LMQ_CONSUMED ? RETURN_SUCCESS : RETURN_FAILED);
	field_number(t, lmi_wall_ms(c->client->clock));
	field(t, config_strip(c->cfg, c->group));
	end(t, lmq_message_id(m), lmq_message_keys(m));
}

/* ---- transactions, recalls ---- */

/* Rule: LocalTransactionState. */
static const char *state_name(enum lmq_transaction state)
{
	switch (state) {
	case LMQ_TRANSACTION_COMMIT: return "COMMIT_MESSAGE";
	case LMQ_TRANSACTION_ROLLBACK: return "ROLLBACK_MESSAGE";
	default: return "UNKNOW";
	}
}

void trace_end(struct lmq_producer *p, const struct lmq_message *m, const char *id, const char *transaction_id, enum lmq_transaction state,
	       bool checked)
{
	struct tracer *t = is_traced(p->client, p->cfg, m->topic) ? begin(p->client, "EndTransaction") : NULL;
	char host[LMI_HOST_CHARS] = "";

	if (!t)
		return;
	if (m->broker)
		(void)lmi_host_print(&m->store_host, host, sizeof(host));
	field_number(t, lmi_wall_ms(p->client->clock));
	field(t, REGION);
	field(t, config_strip(p->cfg, p->group));
	field(t, m->topic);
	field(t, id);
	field(t, lmq_message_tag(m));
	field(t, lmq_message_keys(m));
	field(t, host);
	field_number(t, TYPE_COMMIT);
	field(t, transaction_id);
	field(t, state_name(state));
	field_bool(t, checked);
	end(t, id, lmq_message_keys(m));
}

void trace_recalled(struct lmq_producer *p, const char *topic, const char *id, bool good)
{
	struct tracer *t = is_traced(p->client, p->cfg, topic) ? begin(p->client, "Recall") : NULL;

	if (!t)
		return;
	field_number(t, lmi_wall_ms(p->client->clock));
	field(t, REGION);
	field(t, config_strip(p->cfg, p->group));
	field(t, topic);
	field(t, id);
	field_bool(t, good);
	end(t, id, NULL);
}
