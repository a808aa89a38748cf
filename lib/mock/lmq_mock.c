/* SPDX-License-Identifier: Apache-2.0 */
/* What users ask of a mock, on their own threads. */
#include "mock/mock_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/message.h"
#include "client/received.h"
#include "wire/props.h"
#include "rules/name.h"

#define BODY_MAX (64u << 20)

const char *lmq_mock_namesrv(const struct lmq_mock *m)
{
	return m->servers[0].address;
}

static bool fits(const char *topic, int32_t queues)
{
	size_t n = topic ? strlen(topic) : 0;

	return n > 0 && n < MOCK_NAME_BYTES && queues > 0 && queues <= MOCK_QUEUES;
}

int lmq_mock_topic(struct lmq_mock *m, const char *topic, int32_t queues)
{
	int r = 0;

	if (!fits(topic, queues))
		return -LMQ_EILLEGAL;
	pthread_mutex_lock(&m->lock);
	for (size_t i = 1; i <= m->brokers && r == 0; i++)
		if (!mock_topic_make(&m->servers[i], lmi_span_str(topic), queues))
			r = m->servers[i].topic_count == MOCK_TOPICS ? -LMQ_EFULL : -ENOMEM;
	pthread_mutex_unlock(&m->lock);
	return r;
}

/* ---- messages ---- */

/* Under the lock. */
static struct mock_queue *find_queue(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id)
{
	struct mock_server *s = broker >= 0 ? mock_server(m, broker) : NULL;
	struct mock_topic *t = s && topic ? mock_topic_find(s, lmi_span_str(topic)) : NULL;

	return t && queue_id >= 0 && queue_id < t->queues ? &t->queue[queue_id] : NULL;
}

int lmq_mock_put(struct lmq_mock *m, int broker, int32_t queue_id, const struct lmq_message *message)
{
	struct lmi_record r = { .body = lmi_span(message->body, message->body_bytes), .flag = message->flag };
	struct lmi_buf props = { 0 };
	int err = -LMQ_ENOTFOUND;
	char id[33];

	r.born_ms = lmi_wall_ms(lmi_clock_system());
	pthread_mutex_lock(&m->lock);
	(void)snprintf(id, sizeof(id), "%016X%016" PRIX64, broker + 1, ++m->ids);
	(void)lmi_props_put(&props, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY), lmi_span_str(id));
	message_join_props(&props, message->props);
	r.props = lmi_buf_span(&props);
	if (props.failed)
		err = -ENOMEM;
	else if (find_queue(m, broker, message->topic, queue_id))
		err = mock_append(mock_server(m, broker), mock_topic_find(mock_server(m, broker), lmi_span_str(message->topic)), queue_id, &r);
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock); /* the sweep serves who waits for it */
	lmi_buf_done(&props);
	return err;
}

int lmq_mock_message(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, int64_t pos, struct lmq_message **out)
{
	struct received_batch *batch = NULL;
	const struct mock_queue *q;
	struct lmq_message *copy;
	int r = -LMQ_ENOTFOUND;

	pthread_mutex_lock(&m->lock);
	q = find_queue(m, broker, topic, queue_id);
	if (q && pos >= q->min_pos && pos - q->min_pos < (int64_t)q->count)
		r = received_decode(lmi_span(q->records[pos - q->min_pos].bytes, q->records[pos - q->min_pos].n),
				    mock_server(m, broker)->name, BODY_MAX, &batch);
	pthread_mutex_unlock(&m->lock);
	if (r < 0)
		return r;
	copy = lmq_message_dup(&batch->messages[0].message);
	for (size_t i = 0, n = batch->count; i < n; i++)
		received_end(&batch->messages[i]);
	if (!copy)
		return -ENOMEM;
	*out = copy;
	return 0;
}

/* ---- faults ---- */

int lmq_mock_fault(struct lmq_mock *m, int server, int32_t request, enum lmq_mock_fault fault, int32_t value, int times)
{
	struct mock_server *s = mock_server(m, server);
	size_t used = MOCK_SCRIPTS;

	if (!s)
		return -LMQ_ENOTFOUND;
	pthread_mutex_lock(&m->lock);
	/* Behind the last that has times left, so that the first said is the first done. */
	while (used > 0 && s->scripts[used - 1].times <= 0)
		used--;
	if (used < MOCK_SCRIPTS)
		s->scripts[used] = (struct mock_script){ request, value, fault, times };
	pthread_mutex_unlock(&m->lock);
	return used < MOCK_SCRIPTS ? 0 : -LMQ_EFULL;
}

void lmq_mock_calm(struct lmq_mock *m)
{
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i <= m->brokers; i++)
		memset(m->servers[i].scripts, 0, sizeof(m->servers[i].scripts));
	pthread_mutex_unlock(&m->lock);
}

void lmq_mock_seed(struct lmq_mock *m, uint64_t seed)
{
	pthread_mutex_lock(&m->lock);
	lmi_rng_seeded_init(&m->chance, seed);
	pthread_mutex_unlock(&m->lock);
}

/* ---- looking and waiting ---- */

struct question {
	uint64_t (*ask)(struct lmq_mock *m, const struct question *q);
	int server;
	int32_t request;
	const char *group, *topic;
	bool exactly;
};

static uint64_t ask_requests(struct lmq_mock *m, const struct question *q)
{
	struct mock_server *s = mock_server(m, q->server);
	int at = mock_code(q->request);

	return s && at >= 0 ? s->counts[at] : 0;
}

static uint64_t ask_stored(struct lmq_mock *m, const struct question *q)
{
	uint64_t n = 0;

	for (size_t i = 1; i <= m->brokers; i++) {
		struct mock_topic *t = mock_topic_find(&m->servers[i], lmi_span_str(q->topic));

		for (int32_t k = 0; t && k < t->queues; k++)
			n += t->queue[k].count;
	}
	return n;
}

static uint64_t ask_members(struct lmq_mock *m, const struct question *q)
{
	struct mock_server *s = q->server >= 0 ? mock_server(m, q->server) : NULL;
	uint64_t n = 0;

	for (struct mock_member *at = s ? s->members : NULL; at; at = at->next)
		n += strcmp(at->group, q->group) == 0;
	return n;
}

static uint64_t ask_consumed(struct lmq_mock *m, const struct question *q)
{
	uint64_t sum = 0;

	for (size_t i = 1; i <= m->brokers; i++) {
		struct mock_topic *t = mock_topic_find(&m->servers[i], lmi_span_str(q->topic));

		for (int32_t k = 0; t && k < t->queues; k++) {
			int64_t pos = mock_offset_get(&m->servers[i], lmi_span_str(q->group), lmi_span_str(q->topic), k);

			sum += pos > 0 ? (uint64_t)pos : 0;
		}
	}
	return sum;
}

static uint64_t look(struct lmq_mock *m, const struct question *q)
{
	uint64_t n;

	pthread_mutex_lock(&m->lock);
	n = q->ask(m, q);
	pthread_mutex_unlock(&m->lock);
	return n;
}

static int wait_for(struct lmq_mock *m, const struct question *q, uint64_t count, int64_t timeout_ms)
{
	int64_t until_ms = lmi_mono_ms(lmi_clock_system()) + timeout_ms;
	struct timespec until = { until_ms / 1000, until_ms % 1000 * 1000000 };
	int r = 0;

	pthread_mutex_lock(&m->lock);
	while (q->exactly ? q->ask(m, q) != count : q->ask(m, q) < count) {
		if (pthread_cond_timedwait(&m->changed, &m->lock, &until) == ETIMEDOUT) {
			r = (q->exactly ? q->ask(m, q) == count : q->ask(m, q) >= count) ? 0 : -LMQ_ETIMEOUT;
			break;
		}
	}
	pthread_mutex_unlock(&m->lock);
	return r;
}

uint64_t lmq_mock_requests(struct lmq_mock *m, int server, int32_t request)
{
	return look(m, &(struct question){ .ask = ask_requests, .server = server, .request = request });
}

int lmq_mock_wait_requests(struct lmq_mock *m, int server, int32_t request, uint64_t count, int64_t timeout_ms)
{
	return wait_for(m, &(struct question){ .ask = ask_requests, .server = server, .request = request }, count, timeout_ms);
}

uint64_t lmq_mock_stored(struct lmq_mock *m, const char *topic)
{
	return look(m, &(struct question){ .ask = ask_stored, .topic = topic });
}

int lmq_mock_wait_stored(struct lmq_mock *m, const char *topic, uint64_t count, int64_t timeout_ms)
{
	return wait_for(m, &(struct question){ .ask = ask_stored, .topic = topic }, count, timeout_ms);
}

uint64_t lmq_mock_consumed(struct lmq_mock *m, const char *group, const char *topic)
{
	return look(m, &(struct question){ .ask = ask_consumed, .group = group, .topic = topic });
}

int lmq_mock_wait_consumed(struct lmq_mock *m, const char *group, const char *topic, uint64_t count, int64_t timeout_ms)
{
	return wait_for(m, &(struct question){ .ask = ask_consumed, .group = group, .topic = topic }, count, timeout_ms);
}

size_t lmq_mock_members(struct lmq_mock *m, int broker, const char *group)
{
	return (size_t)look(m, &(struct question){ .ask = ask_members, .server = broker, .group = group });
}

int lmq_mock_wait_members(struct lmq_mock *m, int broker, const char *group, size_t count, int64_t timeout_ms)
{
	return wait_for(m, &(struct question){ .ask = ask_members, .server = broker, .group = group, .exactly = true }, count, timeout_ms);
}
