/* SPDX-License-Identifier: Apache-2.0 */
#include "mock/mock_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/loop.h"

#define KEY_BYTES (2 * MOCK_NAME_BYTES + 16)

/* ---- topics ---- */

struct mock_topic *mock_topic_find(struct mock_server *s, struct lmi_span name)
{
	for (size_t i = 0; i < s->topic_count; i++)
		if (lmi_span_is(name, s->topics[i]->name))
			return s->topics[i];
	return NULL;
}

struct mock_topic *mock_topic_make(struct mock_server *s, struct lmi_span name, int32_t queues)
{
	struct mock_topic *t = mock_topic_find(s, name);

	if (queues < 1 || queues > MOCK_QUEUES)
		return NULL;
	if (!t) {
		if (s->topic_count == MOCK_TOPICS || name.n == 0 || name.n >= MOCK_NAME_BYTES)
			return NULL;
		t = calloc(1, sizeof(*t));
		if (!t)
			return NULL;
		memcpy(t->name, name.p, name.n);
		s->topics[s->topic_count++] = t;
	}
	t->queues = queues;
	return t;
}

static void topic_free(struct mock_topic *t)
{
	for (int32_t q = 0; q < MOCK_QUEUES; q++) {
		for (size_t i = 0; i < t->queue[q].count; i++)
			free(t->queue[q].records[i].bytes);
		free(t->queue[q].records);
	}
	free(t);
}

/* ---- records ---- */

int mock_append(struct mock_server *s, struct mock_topic *t, int32_t queue_id, struct lmi_record *r)
{
	struct mock_queue *q = &t->queue[queue_id];
	struct mock_record *grown = realloc(q->records, (q->count + 1) * sizeof(*q->records)), *kept;

	if (!grown)
		return -ENOMEM;
	q->records = grown;
	r->topic = lmi_span_str(t->name);
	r->queue_id = queue_id;
	r->queue_pos = q->min_pos + (int64_t)q->count;
	r->log_pos = s->log_pos;
	if (r->store_ms == 0)
		r->store_ms = lmi_wall_ms(lmi_clock_system());
	(void)lmi_host_parse("127.0.0.1:1", &r->born);
	r->store = r->born;
	kept = &q->records[q->count];
	*kept = (struct mock_record){ .n = lmi_record_bytes(r), .log_pos = s->log_pos };
	kept->bytes = malloc(kept->n);
	if (!kept->bytes)
		return -ENOMEM;
	(void)lmi_record_encode(r, kept->bytes);
	q->count++;
	s->log_pos += (int64_t)kept->n;
	return 0;
}

struct mock_record *mock_record_at(struct mock_server *s, int64_t log_pos)
{
	for (size_t t = 0; t < s->topic_count; t++)
		for (int32_t q = 0; q < s->topics[t]->queues; q++)
			for (size_t i = 0; i < s->topics[t]->queue[q].count; i++)
				if (s->topics[t]->queue[q].records[i].log_pos == log_pos)
					return &s->topics[t]->queue[q].records[i];
	return NULL;
}

/* ---- positions and locks ---- */

static struct lmi_span make_key(char *out, struct lmi_span group, struct lmi_span topic, int32_t queue_id)
{
	(void)snprintf(out, KEY_BYTES, "%.*s %.*s %" PRId32, (int)group.n, group.p ? (const char *)group.p : "", (int)topic.n,
		       topic.p ? (const char *)topic.p : "", queue_id);
	return lmi_span_str(out);
}

bool mock_offset_put(struct mock_server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id, int64_t pos)
{
	char text[KEY_BYTES];
	struct lmi_span key = make_key(text, group, topic, queue_id);
	int64_t *value = lmi_map_get(&s->offsets, key);

	if (!value) {
		value = malloc(sizeof(*value));
		if (!value || lmi_map_put(&s->offsets, key, value, NULL) < 0) {
			free(value);
			return false;
		}
	}
	*value = pos;
	return true;
}

int64_t mock_offset_get(struct mock_server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id)
{
	char text[KEY_BYTES];
	int64_t *value = lmi_map_get(&s->offsets, make_key(text, group, topic, queue_id));

	return value ? *value : -1;
}

bool mock_lock_set(struct mock_server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id, struct lmi_span client)
{
	char text[KEY_BYTES], *holder;
	struct lmi_span key = make_key(text, group, topic, queue_id);
	void *old = NULL;

	if (!client.p) {
		free(lmi_map_del(&s->locks, key));
		return true;
	}
	holder = strndup((const char *)client.p, client.n);
	if (!holder || lmi_map_put(&s->locks, key, holder, &old) < 0) {
		free(holder);
		return false;
	}
	free(old);
	return true;
}

const char *mock_lock_get(struct mock_server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id)
{
	char text[KEY_BYTES];

	return lmi_map_get(&s->locks, make_key(text, group, topic, queue_id));
}

/* ---- the end ---- */

void mock_server_done(struct mock_server *s)
{
	while (s->held) {
		struct mock_held *h = s->held;

		s->held = h->next;
		lmi_conn_unref(h->conn);
		free(h->frame);
		free(h);
	}
	while (s->members) {
		struct mock_member *m = s->members;

		s->members = m->next;
		lmi_conn_unref(m->conn);
		free(m);
	}
	while (s->popped) {
		struct mock_popped *p = s->popped;

		s->popped = p->next;
		free(p);
	}
	for (size_t t = 0; t < s->topic_count; t++)
		topic_free(s->topics[t]);
	lmi_map_done(&s->offsets, free);
	lmi_map_done(&s->locks, free);
	free(s->heartbeat);
	for (size_t i = 0; i < MOCK_CODES; i++)
		free(s->last[i]);
}
