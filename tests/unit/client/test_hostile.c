/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: whatever servers answer, a producer and a consumer live, leak nothing, and go on as soon as they are answered well.
 * Shown: answers of a name server and a broker with bytes changed at random, to each request that clients make, then good
 * ones.  The seed is printed and LIGHTMQ_SEED repeats it; LIGHTMQ_BUDGET multiplies the spoilt answers.
 */
#include "client_lmt.h"

#include <stdlib.h>

#define SPOILT 150 /* answers of each kind */
#define BATCH 50   /* sends under way at once */

static struct lmq_mock *mock;
static struct tally sent = TALLY_INIT, good = TALLY_INIT, came = TALLY_INIT;
static _Atomic unsigned char sink; /* callbacks run on several threads */

static void on_sent(void *user, const struct lmq_send_result *r)
{
	(void)user;
	for (const char *p = lmq_send_result_detail(r); p && *p; p++)
		sink ^= (unsigned char)*p;
	if (lmq_send_result_error(r) == 0)
		tally_add(&good);
	tally_add(&sent);
}

static enum lmq_consumed take(void *user, const struct lmq_message *m)
{
	size_t n;
	const unsigned char *body = lmq_message_body(m, &n);

	(void)user;
	for (size_t i = 0; i < n; i++)
		sink ^= body[i];
	for (const char *p = lmq_message_topic(m); *p; p++)
		sink ^= (unsigned char)*p;
	if (n == 4 && memcmp(body, "last", 4) == 0)
		tally_add(&came);
	return LMQ_CONSUMED;
}

static void send_one(struct lmq_producer *p, const char *body)
{
	struct lmq_message *m = lmq_message_new("T", body, strlen(body));

	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(lmq_message_set_tag(m, "A"), 0);
	if (lmq_producer_send_async(p, m, on_sent, NULL) < 0)
		tally_add(&sent);
	lmq_message_free(m);
}

static int budget(void)
{
	const char *text = getenv("LIGHTMQ_BUDGET");

	return text && atoi(text) > 0 ? atoi(text) : 1;
}

static void spoil_all(int times)
{
	static const int32_t of_broker[] = { LMI_REQ_SEND_MESSAGE_V2, LMI_REQ_PULL_MESSAGE, LMI_REQ_HEART_BEAT,
					     LMI_REQ_GET_CONSUMER_LIST_BY_GROUP, LMI_REQ_QUERY_CONSUMER_OFFSET,
					     LMI_REQ_UPDATE_CONSUMER_OFFSET, LMI_REQ_GET_MAX_OFFSET };

	mock_script(mock, MOCK_NAMESRV, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, LMQ_MOCK_SPOIL, 0, times);
	for (size_t i = 0; i < sizeof(of_broker) / sizeof(of_broker[0]); i++)
		mock_script(mock, 0, of_broker[i], LMQ_MOCK_SPOIL, 0, times);
}

static struct lmq_client *impatient(const char *header)
{
	return open_client(mock_namesrv(mock), "serializeType", header, "sendMsgTimeout", "300", "sendMsgMaxTimeoutPerRequest", "100",
			   "mqClientApiTimeout", "100", "pollNameServerInterval", "10s", "heartbeatBrokerInterval", "1s",
			   "rebalanceInterval", "1s", "persistConsumerOffsetInterval", "50", "consumeThreadMax", "2",
			   "brokerSuspendMaxTimeMillis", "50", "consumerTimeoutMillisWhenSuspend", "150",
			   "pullTimeDelayMillsWhenException", "50", "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", NULL);
}

static void outlive(const char *header)
{
	struct lmq_client *client = impatient(header);
	struct lmq_producer *producer = NULL;
	struct lmq_consumer *consumer = NULL;
	int n = 0, times = SPOILT * budget();

	ck_assert_int_eq(lmq_producer_new(client, "p", NULL, &producer), 0);
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &consumer), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(consumer, "T", "A || B"), 0);
	ck_assert_int_eq(lmq_consumer_on_message(consumer, take, NULL), 0);
	spoil_all(times);
	ck_assert_int_eq(lmq_consumer_start(consumer), 0);
	for (int i = 0; i < times / BATCH; i++) {
		for (int k = 0; k < BATCH; k++, n++)
			send_one(producer, "some body that is a little longer");
		ck_assert(tally_wait(&sent, n));
	}
	mock_calm(mock);
	while (tally_get(&good) == 0 || tally_get(&came) == 0) {
		send_one(producer, "last");
		ck_assert(tally_wait(&sent, ++n));
		ck_assert_int_lt(n, 100 * times);
		(void)tally_wait_ms(&came, 1, 300);
	}
	lmq_consumer_free(consumer);
	lmq_producer_free(producer);
	lmq_client_free(client);
}

static void with_seed(const char *header, uint64_t seed)
{
	printf("# seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	sent.n = good.n = came.n = 0;
	mock = mock_new(1);
	mock_topic(mock, "T", 2);
	mock_seed(mock, seed);
	outlive(header);
	mock_free(mock);
}

static void with_header(const char *header)
{
	const char *text = getenv("LIGHTMQ_SEED");

	with_seed(header, text ? strtoull(text, NULL, 10) : (uint64_t)time(NULL));
}

START_TEST(spoilt_answers_with_json_headers_are_outlived)
{
	with_header("JSON");
}
END_TEST

START_TEST(spoilt_answers_with_binary_headers_are_outlived)
{
	with_header("ROCKETMQ");
}
END_TEST

/* The seed that brought one, seen with -fsanitize=undefined. */
START_TEST(a_route_whose_broker_has_no_name_is_outlived)
{
	with_seed("JSON", 1795621608);
}
END_TEST

LMT_MAIN("hostile", spoilt_answers_with_json_headers_are_outlived, spoilt_answers_with_binary_headers_are_outlived,
	 a_route_whose_broker_has_no_name_is_outlived)
