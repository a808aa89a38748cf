/* SPDX-License-Identifier: Apache-2.0 */
#include "client/message.h"

#include <errno.h>
#include <stdlib.h>

#include "wire/props.h"

#define TAG_MAX 127 /* bytes */

uint8_t *message_split_props(uint8_t *text, size_t n, size_t *out_n)
{
	uint8_t *dst = text - 1, *end = dst;
	struct lmi_span in = lmi_span(text, n), key, value;

	/* Each entry shrinks or keeps its length; only the last may lack its end mark, and the byte before pays for it. */
	for (size_t at = 0; lmi_props_next(in, &at, &key, &value);) {
		if (memchr(key.p, 0, key.n) || memchr(value.p, 0, value.n))
			continue;
		memmove(end, key.p, key.n);
		end += key.n;
		*end++ = '\0';
		memmove(end, value.p, value.n);
		end += value.n;
		*end++ = '\0';
	}
	*out_n = (size_t)(end - dst);
	return dst;
}

bool message_next_prop(struct lmi_span props, size_t *at, const char **out_name, const char **out_value)
{
	if (*at >= props.n)
		return false;
	*out_name = (const char *)props.p + *at;
	*out_value = *out_name + strlen(*out_name) + 1;
	*at += (size_t)(*out_value - *out_name) + strlen(*out_value) + 1;
	return true;
}

static bool travels(const char *name)
{
	static const char *const settable[] = { LMI_PROP_KEYS, LMI_PROP_TAGS, LMI_PROP_DELAY, LMI_PROP_WAIT };

	for (size_t i = 0; i < sizeof(settable) / sizeof(settable[0]); i++)
		if (strcmp(settable[i], name) == 0)
			return true;
	return !message_prop_reserved(name);
}

void message_join_props(struct lmi_buf *b, struct lmi_span props)
{
	const char *name, *value;

	for (size_t at = 0; message_next_prop(props, &at, &name, &value);) {
		if (!travels(name))
			continue;
		lmi_buf_put_str(b, name);
		lmi_buf_put8(b, 1);
		lmi_buf_put_str(b, value);
		lmi_buf_put8(b, 2);
	}
}

bool message_prop_reserved(const char *name)
{
	static const char *const reserved[] = {
		"TRACE_ON", "MSG_REGION", "KEYS", "TAGS", "WAIT", "DELAY", "RETRY_TOPIC", "REAL_TOPIC", "REAL_QID", "TRAN_MSG",
		"PGROUP", "MIN_OFFSET", "MAX_OFFSET", "BUYER_ID", "ORIGIN_MESSAGE_ID", "TRANSFER_FLAG", "CORRECTION_FLAG",
		"MQ2_FLAG", "RECONSUME_TIME", "UNIQ_KEY", "EXTEND_UNIQ_INFO", "MAX_RECONSUME_TIMES", "CONSUME_START_TIME",
		"POP_CK", "POP_CK_OFFSET", "1ST_POP_TIME", "TRAN_PREPARED_QUEUE_OFFSET", "DUP_INFO", "CLUSTER", "INSTANCE_ID",
		"CORRELATION_ID", "REPLY_TO_CLIENT", "TTL", "ARRIVE_TIME", "PUSH_REPLY_TIME", "MSG_TYPE", "INNER_NUM",
		"INNER_BASE", "TIMER_DELAY_SEC", "TIMER_DELAY_MS", "TIMER_DELIVER_MS", "TIMER_ENQUEUE_MS", "TIMER_DEQUEUE_MS",
		"TIMER_ROLL_TIMES", "TIMER_OUT_MS", "TIMER_DEL_UNIQKEY", "TIMER_DELAY_LEVEL", "BORN_HOST", "BORN_TIMESTAMP",
		"DLQ_ORIGIN_TOPIC", "DLQ_ORIGIN_MESSAGE_ID", "__transactionId__", "TRANSACTION_CHECK_TIMES",
		"CHECK_IMMUNITY_TIME_IN_SECONDS", "__SHARDINGKEY", "__CRC32#",
	};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(reserved[i], name) == 0)
			return true;
	return strncmp(name, "__RMQ.TRANSIENT.", 16) == 0;
}

static char *copy_bytes(const void *p, size_t n)
{
	char *copy = malloc(n + 1);

	if (copy) {
		if (n > 0)
			memcpy(copy, p, n);
		copy[n] = '\0';
	}
	return copy;
}

static char *copy_text(const char *s)
{
	return copy_bytes(s, strlen(s));
}

struct lmq_message *lmq_message_new(const char *topic, const void *body, size_t body_bytes)
{
	struct lmq_message *m;

	if (!topic)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->owned = true;
	m->queue_id = -1;
	m->queue_pos = -1;
	m->topic = copy_text(topic);
	m->body = (uint8_t *)copy_bytes(body, body_bytes);
	m->body_bytes = body_bytes;
	if (!m->topic || !m->body) {
		lmq_message_free(m);
		return NULL;
	}
	return m;
}

/* NULL stays NULL, which is no failure. */
static char *copy_optional(const char *s, bool *failed)
{
	char *copy = s ? copy_text(s) : NULL;

	*failed |= s && !copy;
	return copy;
}

struct lmq_message *lmq_message_dup(const struct lmq_message *m)
{
	struct lmq_message *copy = malloc(sizeof(*copy));
	bool failed = false;

	if (!copy)
		return NULL;
	*copy = *m;
	copy->owned = true;
	copy->topic = copy_optional(m->topic, &failed);
	copy->broker = copy_optional(m->broker, &failed);
	copy->to_broker = copy_optional(m->to_broker, &failed);
	copy->body = (uint8_t *)copy_bytes(m->body, m->body_bytes);
	copy->props = lmi_span(copy_bytes(m->props.p, m->props.n), m->props.n);
	if (failed || !copy->body || !copy->props.p) {
		lmq_message_free(copy);
		return NULL;
	}
	return copy;
}

void lmq_message_free(struct lmq_message *m)
{
	if (!m || !m->owned)
		return;
	free(m->topic);
	free(m->body);
	free(m->broker);
	free(m->to_broker);
	free((void *)(uintptr_t)m->props.p);
	free(m);
}

int lmq_message_set_topic(struct lmq_message *m, const char *topic)
{
	char *copy;

	if (!m->owned)
		return -LMQ_ESTATE;
	copy = copy_text(topic);
	if (!copy)
		return -ENOMEM;
	free(m->topic);
	m->topic = copy;
	return 0;
}

int lmq_message_set_body(struct lmq_message *m, const void *body, size_t body_bytes)
{
	char *copy;

	if (!m->owned)
		return -LMQ_ESTATE;
	copy = copy_bytes(body, body_bytes);
	if (!copy)
		return -ENOMEM;
	free(m->body);
	m->body = (uint8_t *)copy;
	m->body_bytes = body_bytes;
	return 0;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static bool has_marks(const char *text)
{
	return *text == '\0' || strpbrk(text, "\1\2");
}

static void put_entry(uint8_t **at, const char *name, const char *value)
{
	size_t n = strlen(name) + 1, v = strlen(value) + 1;

	memcpy(*at, name, n);
	memcpy(*at + n, value, v);
	*at += n + v;
}

int message_put_prop(struct lmq_message *m, const char *name, const char *value)
{
	const char *k, *v;
	uint8_t *mem, *end;

	if (!m->owned)
		return -LMQ_ESTATE;
	if (has_marks(name) || (value && has_marks(value)))
		return -LMQ_EILLEGAL;
	mem = malloc(m->props.n + strlen(name) + (value ? strlen(value) : 0) + 2);
	if (!mem)
		return -ENOMEM;
	end = mem;
	for (size_t at = 0; message_next_prop(m->props, &at, &k, &v);)
		if (strcmp(k, name) != 0)
			put_entry(&end, k, v);
	if (value)
		put_entry(&end, name, value);
	free((void *)(uintptr_t)m->props.p);
	m->props = lmi_span(mem, (size_t)(end - mem));
	return 0;
}

int lmq_message_set_tag(struct lmq_message *m, const char *tag)
{
	size_t n = tag ? strlen(tag) : 1;

	if (tag && (n == 0 || n > TAG_MAX || has_control(tag) || strstr(tag, "||") || tag[0] == ' ' || tag[n - 1] == ' '))
		return -LMQ_EILLEGAL;
	return message_put_prop(m, LMI_PROP_TAGS, tag);
}

int lmq_message_set_keys(struct lmq_message *m, const char *keys)
{
	if (keys && has_control(keys))
		return -LMQ_EILLEGAL;
	return message_put_prop(m, LMI_PROP_KEYS, keys);
}

int lmq_message_set_property(struct lmq_message *m, const char *name, const char *value)
{
	if (message_prop_reserved(name))
		return -LMQ_EILLEGAL;
	return message_put_prop(m, name, value);
}

int lmq_message_set_delay_level(struct lmq_message *m, int level)
{
	uint8_t text[LMI_I64_CHARS + 1];

	if (!m->owned)
		return -LMQ_ESTATE;
	if (level < 0)
		return -LMQ_EILLEGAL;
	m->deliver_at_ms = 0;
	m->deliver_after_ms = 0;
	text[lmi_i64_to_chars(level, text)] = '\0';
	return message_put_prop(m, LMI_PROP_DELAY, level ? (const char *)text : NULL);
}

static int set_delivery(struct lmq_message *m, int64_t at_ms, int64_t after_ms)
{
	int r;

	if (!m->owned)
		return -LMQ_ESTATE;
	if (at_ms < 0 || after_ms < 0)
		return -LMQ_EILLEGAL;
	r = message_put_prop(m, LMI_PROP_DELAY, NULL);
	if (r < 0)
		return r;
	m->deliver_at_ms = at_ms;
	m->deliver_after_ms = after_ms;
	return 0;
}

int lmq_message_set_deliver_at(struct lmq_message *m, int64_t at_ms)
{
	return set_delivery(m, at_ms, 0);
}

int lmq_message_set_deliver_after(struct lmq_message *m, int64_t after_ms)
{
	return set_delivery(m, 0, after_ms);
}

bool message_is_delayed(const struct lmq_message *m)
{
	return m->deliver_at_ms > 0 || m->deliver_after_ms > 0 || lmq_message_delay_level(m) > 0;
}

int lmq_message_set_flag(struct lmq_message *m, int32_t flag)
{
	if (!m->owned)
		return -LMQ_ESTATE;
	m->flag = flag;
	return 0;
}

int lmq_message_set_wait_stored(struct lmq_message *m, bool wait)
{
	int r = message_put_prop(m, LMI_PROP_WAIT, wait ? NULL : "false");

	if (r == 0)
		m->no_wait = !wait;
	return r;
}

int lmq_message_set_queue(struct lmq_message *m, const char *broker, int32_t queue_id)
{
	char *copy = NULL;

	if (!m->owned)
		return -LMQ_ESTATE;
	if (broker && queue_id < 0)
		return -LMQ_EILLEGAL;
	if (broker) {
		copy = copy_text(broker);
		if (!copy)
			return -ENOMEM;
	}
	free(m->to_broker);
	m->to_broker = copy;
	m->to_queue_id = queue_id;
	m->by_key = false;
	return 0;
}

int lmq_message_set_queue_key(struct lmq_message *m, const char *key)
{
	int r = lmq_message_set_queue(m, NULL, 0);

	if (r < 0 || !key)
		return r;
	m->by_key = true;
	m->key_hash = lmi_java_hash(lmi_span_str(key));
	return 0;
}

const char *lmq_message_topic(const struct lmq_message *m)
{
	return m->topic;
}

const void *lmq_message_body(const struct lmq_message *m, size_t *out_bytes)
{
	if (out_bytes)
		*out_bytes = m->body_bytes;
	return m->body;
}

const char *lmq_message_property(const struct lmq_message *m, const char *name)
{
	const char *k, *v, *found = NULL;

	for (size_t at = 0; message_next_prop(m->props, &at, &k, &v);)
		if (strcmp(k, name) == 0)
			found = v; /* the last one wins, as in a Java map */
	return found;
}

const char *lmq_message_tag(const struct lmq_message *m)
{
	return lmq_message_property(m, LMI_PROP_TAGS);
}

const char *lmq_message_keys(const struct lmq_message *m)
{
	return lmq_message_property(m, LMI_PROP_KEYS);
}

int lmq_message_each_property(const struct lmq_message *m,
			      int (*each)(void *user, const char *name, const char *value), void *user)
{
	const char *k, *v;
	int r = 0;

	for (size_t at = 0; r == 0 && message_next_prop(m->props, &at, &k, &v);)
		r = each(user, k, v);
	return r;
}

int lmq_message_delay_level(const struct lmq_message *m)
{
	int32_t level = 0;

	(void)lmi_span_to_i32(lmi_span_str(lmq_message_property(m, LMI_PROP_DELAY)), &level);
	return level;
}

int32_t lmq_message_flag(const struct lmq_message *m)
{
	return m->flag;
}

const char *lmq_message_id(const struct lmq_message *m)
{
	return lmq_message_property(m, LMI_PROP_UNIQ_KEY);
}

const char *lmq_message_broker(const struct lmq_message *m)
{
	return m->broker;
}

int32_t lmq_message_queue_id(const struct lmq_message *m)
{
	return m->queue_id;
}

int64_t lmq_message_queue_pos(const struct lmq_message *m)
{
	return m->queue_pos;
}

int64_t lmq_message_born_ms(const struct lmq_message *m)
{
	return m->born_ms;
}

int64_t lmq_message_stored_ms(const struct lmq_message *m)
{
	return m->stored_ms;
}

int32_t lmq_message_reconsume_times(const struct lmq_message *m)
{
	return m->reconsume_times;
}
