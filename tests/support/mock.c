/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mock.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mock/mock_impl.h"

static struct mock_server *server_of(struct lmq_mock *m, int number)
{
	struct mock_server *s = mock_server(m, number);

	ck_assert_ptr_nonnull(s);
	return s;
}

struct lmq_mock *mock_new(size_t brokers)
{
	struct lmq_mock *m = NULL;

	ck_assert_int_eq(lmq_mock_new(brokers, &m), 0);
	return m;
}

void mock_topic(struct lmq_mock *m, const char *topic, int32_t queues)
{
	ck_assert_int_eq(lmq_mock_topic(m, topic, queues), 0);
}

void mock_script(struct lmq_mock *m, int server, int32_t code, enum lmq_mock_fault fault, int32_t value, int times)
{
	ck_assert_int_eq(lmq_mock_fault(m, server, code, fault, value, times), 0);
}

void mock_secure(struct lmq_mock *m, struct lmi_tls *tls)
{
	m->tls = tls;
	for (int i = MOCK_NAMESRV; i < (int)m->brokers; i++) {
		ck_assert_int_eq(lmq_mock_stop(m, i), 0);
		ck_assert_int_eq(lmq_mock_start(m, i), 0);
	}
}

void mock_kill(struct lmq_mock *m, int server)
{
	ck_assert_int_eq(lmq_mock_stop(m, server), 0);
}

int64_t mock_offset(struct lmq_mock *m, int broker, const char *group, const char *topic, int32_t queue_id)
{
	int64_t pos;

	pthread_mutex_lock(&m->lock);
	pos = mock_offset_get(server_of(m, broker), lmi_span_str(group), lmi_span_str(topic), queue_id);
	pthread_mutex_unlock(&m->lock);
	return pos;
}

void mock_set_offset(struct lmq_mock *m, int broker, const char *group, const char *topic, int32_t queue_id, int64_t pos)
{
	pthread_mutex_lock(&m->lock);
	(void)mock_offset_put(server_of(m, broker), lmi_span_str(group), lmi_span_str(topic), queue_id, pos);
	pthread_mutex_unlock(&m->lock);
}

void mock_put_at(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, const char *body, int64_t store_ms)
{
	struct mock_server *s = server_of(m, broker);
	struct lmi_record r = { .body = lmi_span_str(body), .store_ms = store_ms };

	pthread_mutex_lock(&m->lock);
	ck_assert_int_eq(mock_append(s, mock_topic_find(s, lmi_span_str(topic)), queue_id, &r), 0);
	pthread_mutex_unlock(&m->lock);
}

void mock_put(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, const char *props, const void *body,
	      size_t body_bytes, int32_t sysflag)
{
	struct mock_server *s = server_of(m, broker);
	struct lmi_record r = { .props = lmi_span_str(props), .body = lmi_span(body, body_bytes), .sysflag = sysflag };

	pthread_mutex_lock(&m->lock);
	ck_assert_int_eq(mock_append(s, mock_topic_find(s, lmi_span_str(topic)), queue_id, &r), 0);
	pthread_mutex_unlock(&m->lock); /* the sweep serves who waits for it */
}

void mock_props(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, size_t n, char *out, size_t cap)
{
	struct mock_topic *t;
	struct lmi_record rec;

	*out = '\0';
	pthread_mutex_lock(&m->lock);
	t = mock_topic_find(server_of(m, broker), lmi_span_str(topic));
	if (t && n < t->queue[queue_id].count &&
	    lmi_record_decode(lmi_span(t->queue[queue_id].records[n].bytes, t->queue[queue_id].records[n].n), &rec) == 0)
		snprintf(out, cap, "%.*s", (int)rec.props.n, (const char *)rec.props.p);
	pthread_mutex_unlock(&m->lock);
}

void mock_lock(struct lmq_mock *m, int broker, const char *group, const char *topic, int32_t queue_id, const char *client)
{
	pthread_mutex_lock(&m->lock);
	(void)mock_lock_set(server_of(m, broker), lmi_span_str(group), lmi_span_str(topic), queue_id,
			    client ? lmi_span_str(client) : LMI_SPAN_NULL);
	pthread_mutex_unlock(&m->lock);
}

bool mock_locked(struct lmq_mock *m, int broker, const char *group, const char *topic, int32_t queue_id)
{
	bool locked;

	pthread_mutex_lock(&m->lock);
	locked = mock_lock_get(server_of(m, broker), lmi_span_str(group), lmi_span_str(topic), queue_id) != NULL;
	pthread_mutex_unlock(&m->lock);
	return locked;
}

int32_t mock_back_level(struct lmq_mock *m, int broker)
{
	int32_t level;

	pthread_mutex_lock(&m->lock);
	level = server_of(m, broker)->back_level;
	pthread_mutex_unlock(&m->lock);
	return level;
}

int64_t mock_handed_out(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id)
{
	int64_t pos;

	pthread_mutex_lock(&m->lock);
	pos = mock_topic_find(server_of(m, broker), lmi_span_str(topic))->queue[queue_id].handed_out;
	pthread_mutex_unlock(&m->lock);
	return pos;
}

void mock_trim(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, int64_t min_pos)
{
	struct mock_queue *q;

	pthread_mutex_lock(&m->lock);
	q = &mock_topic_find(server_of(m, broker), lmi_span_str(topic))->queue[queue_id];
	while (q->min_pos < min_pos && q->count > 0) {
		free(q->records[0].bytes);
		memmove(q->records, q->records + 1, --q->count * sizeof(*q->records));
		q->min_pos++;
	}
	pthread_mutex_unlock(&m->lock);
}

void mock_heartbeat(struct lmq_mock *m, int broker, char *out, size_t cap)
{
	pthread_mutex_lock(&m->lock);
	snprintf(out, cap, "%s", server_of(m, broker)->heartbeat ? server_of(m, broker)->heartbeat : "");
	pthread_mutex_unlock(&m->lock);
}

void mock_last(struct lmq_mock *m, int server, int32_t code, const char *name, char *out, size_t cap)
{
	struct mock_server *s = server_of(m, server);
	struct lmi_command cmd;

	*out = '\0';
	pthread_mutex_lock(&m->lock);
	lmi_arena_reset(&m->asked);
	if (s->last[mock_code(code)] && lmi_command_decode(lmi_span(s->last[mock_code(code)], s->last_bytes[mock_code(code)]), &m->asked, &cmd) == 0)
		for (uint32_t i = 0; i < cmd.ext_count; i++)
			if (lmi_span_is(cmd.ext[i].name, name))
				snprintf(out, cap, "%.*s", (int)cmd.ext[i].value.n, (const char *)cmd.ext[i].value.p);
	pthread_mutex_unlock(&m->lock);
}

int32_t mock_sysflag(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, size_t n)
{
	struct mock_topic *t;
	struct lmi_record rec = { .sysflag = -1 };

	pthread_mutex_lock(&m->lock);
	t = mock_topic_find(server_of(m, broker), lmi_span_str(topic));
	if (t && n < t->queue[queue_id].count)
		(void)lmi_record_decode(lmi_span(t->queue[queue_id].records[n].bytes, t->queue[queue_id].records[n].n), &rec);
	pthread_mutex_unlock(&m->lock);
	return rec.sysflag;
}

/* ---- requests of a broker's own ---- */

struct asking {
	struct lmq_mock *mock;
	struct mock_server *server;
	struct lmi_buf frame;
};

static void ask_all(void *arg)
{
	struct asking *a = arg;

	for (size_t i = 0; i < MOCK_BEATING; i++)
		if (a->server->beating[i])
			lmi_buf_put_span(lmi_conn_out(a->server->beating[i]), lmi_buf_span(&a->frame));
	lmi_buf_done(&a->frame);
	free(a);
}

void mock_ask(struct lmq_mock *m, int broker, int32_t code, const char *const *ext, const void *body, size_t body_bytes)
{
	struct asking *a = calloc(1, sizeof(*a));
	struct lmi_command_out o;

	ck_assert_ptr_nonnull(a);
	a->mock = m;
	a->server = server_of(m, broker);
	lmi_command_begin(&o, &a->frame, LMI_SERIALIZE_JSON, code, 7, 0);
	for (; ext && *ext; ext += 2)
		lmi_command_put_name(&o, lmi_span_str(ext[0]), lmi_span_str(ext[1]));
	lmi_command_end(&o, body_bytes);
	lmi_buf_put(&a->frame, body, body_bytes);
	ck_assert_int_eq(lmi_loop_post(m->loop, ask_all, a), 0);
}

size_t mock_record(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, size_t n, void *out, size_t cap)
{
	struct mock_topic *t;
	size_t bytes = 0;

	pthread_mutex_lock(&m->lock);
	t = mock_topic_find(server_of(m, broker), lmi_span_str(topic));
	if (t && n < t->queue[queue_id].count && t->queue[queue_id].records[n].n <= cap) {
		bytes = t->queue[queue_id].records[n].n;
		memcpy(out, t->queue[queue_id].records[n].bytes, bytes);
	}
	pthread_mutex_unlock(&m->lock);
	return bytes;
}

/* ---- orders to members ---- */

struct told {
	struct mock_server *server;
	const char *group;
	int32_t code;
	struct lmi_span body;
	bool oneway, sent, tried;
};

static void send_order(void *arg)
{
	struct told *k = arg;
	struct lmq_mock *m = k->server->mock;
	struct lmi_command_out o;

	pthread_mutex_lock(&m->lock);
	for (struct mock_member *i = k->server->members; i && !k->sent; i = i->next) {
		struct lmi_buf *out;

		if (strcmp(i->group, k->group) != 0)
			continue;
		out = lmi_conn_out(i->conn);
		lmi_command_begin(&o, out, LMI_SERIALIZE_JSON, k->code, MOCK_ORDER_OPAQUE, k->oneway ? LMI_FLAG_ONEWAY : 0);
		lmi_command_put(&o, LMI_EXT_CONSUMER_GROUP, lmi_span_str(k->group));
		lmi_command_put(&o, LMI_EXT_GROUP, lmi_span_str(k->group));
		lmi_command_end(&o, k->body.n);
		lmi_buf_put_span(out, k->body);
		k->sent = true;
	}
	k->tried = true;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

int32_t mock_order(struct lmq_mock *m, int broker, const char *group, int32_t code, const void *body, size_t body_bytes,
		   char *answer, size_t cap)
{
	struct told k = { .server = server_of(m, broker), .group = group, .code = code, .body = lmi_span(body, body_bytes),
			   .oneway = answer == NULL };
	struct timespec until;
	int32_t result = -1;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += MOCK_WAIT_S;
	pthread_mutex_lock(&m->lock);
	m->answered = false;
	pthread_mutex_unlock(&m->lock);
	ck_assert_int_eq(lmi_loop_post(m->loop, send_order, &k), 0);
	pthread_mutex_lock(&m->lock);
	while (!k.tried || (k.sent && answer && !m->answered))
		if (pthread_cond_timedwait(&m->changed, &m->lock, &until) != 0 && k.tried)
			break;
	if (answer && m->answered) {
		snprintf(answer, cap, "%s", m->answer);
		result = m->answer_code;
	}
	pthread_mutex_unlock(&m->lock);
	return answer ? result : k.sent ? 0 : -1;
}
