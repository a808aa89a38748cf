/* SPDX-License-Identifier: Apache-2.0 */
#include "client/received.h"

#include <errno.h>
#include <stdlib.h>

#include "client/decompress.h"
#include "rules/name.h"
#include "rules/namespace.h"
#include "wire/props.h"

static size_t count_records(struct lmi_span in)
{
	struct lmi_record rec;
	size_t n = 0;

	while (in.n > 0 && lmi_record_decode(in, &rec) == 0) {
		in = lmi_span(in.p + rec.total, in.n - rec.total);
		n++;
	}
	return n;
}

/* Returns the bytes that it took. */
static size_t unpack(struct received *r, size_t max_bytes)
{
	struct lmq_message *m = &r->message;
	size_t n;

	if (!(r->sysflag & LMI_SYSFLAG_COMPRESSED))
		return 0;
	if (decompress_body(r->sysflag, lmi_span(m->body, m->body_bytes), max_bytes, &r->unpacked, &n) < 0) {
		r->broken = true;
		return 0;
	}
	m->body = r->unpacked;
	m->body_bytes = n;
	r->held_bytes += (uint32_t)n;
	return n;
}

/*
 * The record lies in bytes of our own, and its lengths have been read: the byte behind the body (length of the topic)
 * and the two behind the topic (length of the properties) can serve as end marks.
 */
static void place(struct received *r, const struct lmi_record *rec, const char *broker)
{
	struct lmq_message *m = &r->message;
	uint8_t *topic = (uint8_t *)(uintptr_t)rec->topic.p, *body = (uint8_t *)(uintptr_t)rec->body.p;
	uint8_t *props = (uint8_t *)(uintptr_t)rec->props.p;
	const char *origin;
	size_t props_n = 0;

	if (rec->props.n > 0) {
		props = message_split_props(props, rec->props.n, &props_n);
		m->props = lmi_span(props, props_n);
	}
	topic[rec->topic.n] = '\0';
	body[rec->body.n] = '\0';
	m->topic = (char *)topic;
	r->stored_topic = (const char *)topic;
	m->body = body;
	m->body_bytes = rec->body.n;
	m->flag = rec->flag;
	m->broker = (char *)(uintptr_t)broker;
	m->queue_id = rec->queue_id;
	m->queue_pos = rec->queue_pos;
	m->log_pos = rec->log_pos;
	m->born_ms = rec->born_ms;
	m->stored_ms = rec->store_ms;
	m->reconsume_times = rec->reconsume_times;
	m->store_host = rec->store;
	r->sysflag = rec->sysflag;
	r->held_bytes = rec->total;
	/* Rule: messages of a retry topic are shown under the topic that they were sent to. */
	origin = lmq_message_property(m, LMI_PROP_RETRY_TOPIC);
	if (origin && lmi_name_is_retry(rec->topic))
		m->topic = (char *)(uintptr_t)origin;
}

int received_decode(struct lmi_span records, const char *broker, size_t unpack_max_bytes, struct received_batch **out)
{
	size_t n = count_records(records), unpacked = 0;
	struct received_batch *b;
	struct lmi_record rec;
	uint8_t *at;

	if (n == 0)
		return -LMQ_EMALFORMED;
	b = calloc(1, sizeof(*b) + n * sizeof(b->messages[0]));
	if (!b)
		return -ENOMEM;
	b->bytes = malloc(records.n + 1);
	if (!b->bytes) {
		free(b);
		return -ENOMEM;
	}
	memcpy(b->bytes, records.p, records.n);
	b->bytes[records.n] = '\0';
	b->go_on_pos = -1;
	at = b->bytes;
	for (size_t i = 0; i < n; i++) {
		(void)lmi_record_decode(lmi_span(at, records.n - (size_t)(at - b->bytes)), &rec);
		if (unpacked >= RECEIVED_UNPACKED_MAX) {
			b->go_on_pos = rec.queue_pos;
			break;
		}
		at += rec.total;
		b->messages[i].batch = b;
		lmi_list_init(&b->messages[i].link);
		lmi_list_init(&b->messages[i].chain);
		place(&b->messages[i], &rec, broker);
		unpacked += unpack(&b->messages[i], unpack_max_bytes);
		b->count++;
	}
	b->refs = (uint32_t)b->count;
	*out = b;
	return 0;
}

void received_strip(struct received *r, const char *ns)
{
	r->message.topic = (char *)(uintptr_t)lmi_namespace_strip(lmi_span_str(ns), r->message.topic);
}

void received_end(struct received *r)
{
	struct received_batch *b = r->batch;

	free(r->unpacked);
	free(r->receipt);
	if (__atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	free(b->bytes);
	free(b);
}
