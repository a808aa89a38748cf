/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of consumers share: a mock, messages with a number as body, who has seen which. */
#ifndef LIGHTMQ_TESTS_CONSUMER_LMT_H
#define LIGHTMQ_TESTS_CONSUMER_LMT_H

#include "client_lmt.h"

#include <stdlib.h>

#define SEEN_MAX 4096
#define FIRST "CONSUME_FROM_FIRST_OFFSET"
#define LAST "CONSUME_FROM_LAST_OFFSET"
/* Everything that a consumer waits for, made short. */
#define SHORT "heartbeatBrokerInterval", "1s", "rebalanceInterval", "1s", "persistConsumerOffsetInterval", "50", \
	"pullTimeDelayMillsWhenException", "50", "consumeThreadMax", "4"

static struct lmq_mock *mock;
static struct tally came = TALLY_INIT;
static int seen[SEEN_MAX];

static inline int number_of(const struct lmq_message *m)
{
	int n = atoi(lmq_message_body(m, NULL));

	ck_assert_int_ge(n, 0);
	ck_assert_int_lt(n, SEEN_MAX);
	return n;
}

static inline enum lmq_consumed take(void *user, const struct lmq_message *m)
{
	(void)user;
	__atomic_add_fetch(&seen[number_of(m)], 1, __ATOMIC_RELAXED);
	tally_add(&came);
	return LMQ_CONSUMED;
}

static inline void put(int broker, const char *topic, int32_t queue, const char *props, int n)
{
	char body[16];

	snprintf(body, sizeof(body), "%d", n);
	mock_put(mock, broker, topic, queue, props, body, strlen(body), 0);
}

static inline void begin(size_t brokers, int32_t queues)
{
	mock = mock_new(brokers);
	mock_topic(mock, "T", queues);
}

/* A consumer of group g with a client of its own. */
struct one {
	struct lmq_client *client;
	struct lmq_consumer *consumer;
	struct tally changed; /* each change of its share */
};

static inline void on_assign(void *user, size_t queues)
{
	(void)queues;
	tally_add(&((struct one *)user)->changed);
}

static inline void make(struct one *o, struct lmq_client *client)
{
	pthread_mutex_init(&o->changed.lock, NULL);
	pthread_cond_init(&o->changed.changed, NULL);
	o->client = client;
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &o->consumer), 0);
	ck_assert_int_eq(lmq_consumer_on_message(o->consumer, take, o), 0);
	ck_assert_int_eq(lmq_consumer_on_assign(o->consumer, on_assign, o), 0);
}

static inline void leave(struct one *o)
{
	lmq_consumer_free(o->consumer);
	lmq_client_free(o->client);
}

#endif
