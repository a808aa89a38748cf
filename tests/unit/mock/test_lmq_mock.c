/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a mock behaves to clients as a name server with brokers does, keeps what they send, and does wrong exactly when told.
 * Shown: with the library's own client, on loopback.
 */
#include "tests/support/lmt.h"

#include "base/error.h"

#include <lightmq/lightmq.h>
#include <lightmq/mock.h>

#include <stdio.h>
#include <string.h>

#define WAIT_MS 20000

static struct lmq_mock *mock;
static struct lmq_client *client;
static struct lmq_producer *producer;
static struct lmq_message *message;
static struct lmq_send_result *result;

static struct lmq_client *new_client(void)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_client *c = NULL;

	ck_assert_int_eq(lmq_config_set(cfg, "namesrvAddr", lmq_mock_namesrv(mock), NULL, 0), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", NULL, 0), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "persistConsumerOffsetInterval", "50", NULL, 0), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "popInvisibleTime", "1000", NULL, 0), 0);
	ck_assert_int_eq(lmq_client_new(cfg, &c, NULL, 0), 0);
	lmq_config_free(cfg);
	return c;
}

static void begin(size_t brokers)
{
	ck_assert_int_eq(lmq_mock_new(brokers, &mock), 0);
	ck_assert_int_eq(lmq_mock_topic(mock, "T", 1), 0);
	client = new_client();
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	message = lmq_message_new("T", "hello", 5);
	ck_assert_int_eq(lmq_message_set_tag(message, "red"), 0);
	result = lmq_send_result_new();
}

static void end(void)
{
	lmq_send_result_free(result);
	lmq_message_free(message);
	lmq_producer_free(producer);
	lmq_client_free(client);
	lmq_mock_free(mock);
}

START_TEST(what_was_sent_can_be_looked_at)
{
	struct lmq_message *kept = NULL;

	begin(1);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	ck_assert_uint_eq(lmq_mock_stored(mock, "T"), 1);
	ck_assert_int_eq(lmq_mock_message(mock, 0, "T", 0, 0, &kept), 0);
	ck_assert_str_eq(lmq_message_body(kept, NULL), "hello");
	ck_assert_str_eq(lmq_message_tag(kept), "red");
	ck_assert_str_eq(lmq_message_id(kept), lmq_send_result_message_id(result));
	lmq_message_free(kept);
	ck_assert_int_eq(lmq_mock_message(mock, 0, "T", 0, 1, &kept), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_mock_message(mock, 0, "T", 1, 0, &kept), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_mock_message(mock, 1, "T", 0, 0, &kept), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_mock_message(mock, LMQ_MOCK_NAMESRV, "T", 0, 0, &kept), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_mock_message(mock, 0, "other", 0, 0, &kept), -LMQ_ENOTFOUND);
	end();
}
END_TEST

START_TEST(a_compressed_body_is_looked_at_unpacked)
{
	struct lmq_message *big, *kept = NULL;
	char body[10000];
	size_t bytes;

	begin(1);
	memset(body, 'x', sizeof(body));
	big = lmq_message_new("T", body, sizeof(body));
	ck_assert_int_eq(lmq_producer_send(producer, big, 0, NULL), 0);
	ck_assert_int_eq(lmq_mock_message(mock, 0, "T", 0, 0, &kept), 0);
	ck_assert_mem_eq(lmq_message_body(kept, &bytes), body, sizeof(body));
	ck_assert_uint_eq(bytes, sizeof(body));
	lmq_message_free(kept);
	lmq_message_free(big);
	end();
}
END_TEST

static char came[64];

static enum lmq_consumed on_message(void *user, const struct lmq_message *m)
{
	(void)user;
	snprintf(came, sizeof(came), "%s %s", lmq_message_tag(m), (const char *)lmq_message_body(m, NULL));
	return LMQ_CONSUMED;
}

START_TEST(what_is_put_is_consumed_and_counted)
{
	struct lmq_consumer *c;

	begin(2);
	ck_assert_int_eq(lmq_mock_put(mock, 1, 0, message), 0);
	ck_assert_int_eq(lmq_mock_put(mock, 1, 1, message), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_mock_put(mock, 2, 0, message), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &c), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(c, "T", "red"), 0);
	ck_assert_int_eq(lmq_consumer_on_message(c, on_message, NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(c), 0);
	ck_assert_int_eq(lmq_mock_wait_members(mock, 1, "g", 1, WAIT_MS), 0);
	ck_assert_uint_eq(lmq_mock_members(mock, 1, "nobody"), 0);
	ck_assert_uint_eq(lmq_mock_members(mock, LMQ_MOCK_NAMESRV, "g"), 0);
	ck_assert_int_eq(lmq_mock_wait_consumed(mock, "g", "T", 1, WAIT_MS), 0);
	ck_assert_uint_eq(lmq_mock_consumed(mock, "g", "T"), 1);
	ck_assert_str_eq(came, "red hello");
	lmq_consumer_free(c);
	ck_assert_int_eq(lmq_mock_wait_members(mock, 1, "g", 0, WAIT_MS), 0);
	end();
}
END_TEST

START_TEST(faults_happen_in_the_order_in_which_they_were_said_and_as_often)
{
	begin(1);
	ck_assert_int_eq(lmq_mock_fault(mock, 0, LMQ_MOCK_SEND, LMQ_MOCK_REFUSE, 13, 1), 0);
	ck_assert_int_eq(lmq_mock_fault(mock, 0, LMQ_MOCK_SEND, LMQ_MOCK_REFUSE, 10, 1), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), -LMQ_EREMOTE);
	ck_assert_int_eq(lmq_send_result_remote_code(result), 13);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	ck_assert_int_eq(lmq_send_result_status(result), LMQ_SENT_FLUSH_DISK_TIMEOUT);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	ck_assert_int_eq(lmq_send_result_status(result), LMQ_SENT_OK);
	ck_assert_uint_eq(lmq_mock_stored(mock, "T"), 1);
	ck_assert_uint_eq(lmq_mock_requests(mock, 0, LMQ_MOCK_SEND), 3);
	ck_assert_int_eq(lmq_mock_fault(mock, 0, LMQ_MOCK_ANY, LMQ_MOCK_REFUSE, 13, 100), 0);
	lmq_mock_calm(mock);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	ck_assert_int_eq(lmq_mock_fault(mock, 7, LMQ_MOCK_SEND, LMQ_MOCK_REFUSE, 13, 1), -LMQ_ENOTFOUND);
	for (int i = 0; i < 32; i++)
		ck_assert_int_eq(lmq_mock_fault(mock, 0, 9999, LMQ_MOCK_CLOSE, 0, 1), 0);
	ck_assert_int_eq(lmq_mock_fault(mock, 0, 9999, LMQ_MOCK_CLOSE, 0, 1), -LMQ_EFULL);
	end();
}
END_TEST

START_TEST(a_slow_answer_comes_after_its_time)
{
	begin(1);
	ck_assert_int_eq(lmq_mock_fault(mock, 0, LMQ_MOCK_SEND, LMQ_MOCK_SLOW, 2000, 1), 0);
	/* a client that waits less does not see it */
	ck_assert_int_eq(lmq_producer_send(producer, message, 300, result), -LMQ_ETIMEOUT);
	ck_assert_uint_eq(lmq_mock_stored(mock, "T"), 0);
	ck_assert_int_eq(lmq_mock_fault(mock, 0, LMQ_MOCK_SEND, LMQ_MOCK_SLOW, 100, 1), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, WAIT_MS, result), 0);
	end();
}
END_TEST

START_TEST(a_broker_that_went_away_comes_back_with_what_it_had)
{
	begin(1);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	ck_assert_int_eq(lmq_mock_stop(mock, 0), 0);
	ck_assert_int_eq(lmq_mock_stop(mock, 0), 0);
	ck_assert_int_lt(lmq_producer_send(producer, message, 1000, result), 0);
	ck_assert_int_eq(lmq_mock_start(mock, 0), 0);
	ck_assert_int_eq(lmq_mock_start(mock, 0), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, WAIT_MS, result), 0);
	ck_assert_uint_eq(lmq_mock_stored(mock, "T"), 2);
	ck_assert_int_eq(lmq_mock_disconnect(mock, 0), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, WAIT_MS, result), 0);
	ck_assert_int_eq(lmq_mock_stop(mock, 5), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_mock_start(mock, -2), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmq_mock_disconnect(mock, 1), -LMQ_ENOTFOUND);
	end();
}
END_TEST

static enum lmq_transaction undecided(void *user, const struct lmq_message *m, const char *id)
{
	(void)user;
	(void)m;
	(void)id;
	return LMQ_TRANSACTION_UNKNOWN;
}

static enum lmq_transaction commit(void *user, const struct lmq_message *m)
{
	(void)user;
	return strcmp(lmq_message_body(m, NULL), "hello") == 0 && strcmp(lmq_message_topic(m), "T") == 0 ? LMQ_TRANSACTION_COMMIT : LMQ_TRANSACTION_ROLLBACK;
}

START_TEST(an_open_transaction_is_hidden_until_its_producer_was_asked)
{
	struct lmq_message *kept = NULL;

	begin(1);
	ck_assert_int_eq(lmq_producer_on_check(producer, commit, NULL), 0);
	ck_assert_int_eq(lmq_mock_check(mock, 0), 0);
	ck_assert_int_eq(lmq_producer_send_transaction(producer, message, undecided, NULL, 0, result), 0);
	ck_assert_int_eq(lmq_mock_wait_requests(mock, 0, LMQ_MOCK_END_TRANSACTION, 1, WAIT_MS), 0);
	ck_assert_uint_eq(lmq_mock_stored(mock, "T"), 0);
	ck_assert_int_eq(lmq_mock_wait_requests(mock, 0, LMQ_MOCK_HEARTBEAT, 1, WAIT_MS), 0);
	ck_assert_int_eq(lmq_mock_check(mock, 0), 1);
	ck_assert_int_eq(lmq_mock_wait_stored(mock, "T", 1, WAIT_MS), 0);
	ck_assert_int_eq(lmq_mock_check(mock, 0), 0);
	ck_assert_int_eq(lmq_mock_message(mock, 0, "T", 0, 0, &kept), 0);
	ck_assert_str_eq(lmq_message_id(kept), lmq_send_result_message_id(result));
	lmq_message_free(kept);
	ck_assert_int_eq(lmq_mock_check(mock, LMQ_MOCK_NAMESRV), -LMQ_ENOTFOUND);
	end();
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
	struct lmq_mock *other;
	char name[16];

	ck_assert_int_eq(lmq_mock_new(LMQ_MOCK_BROKERS_MAX + 1, &other), -LMQ_EILLEGAL);
	lmq_mock_free(NULL);
	begin(1);
	ck_assert_int_eq(lmq_mock_topic(mock, "", 1), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_mock_topic(mock, "T", 0), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_mock_topic(mock, "T", 65), -LMQ_EILLEGAL);
	for (int i = 1; i < 64; i++) {
		snprintf(name, sizeof(name), "T%d", i);
		ck_assert_int_eq(lmq_mock_topic(mock, name, 1), 0);
	}
	ck_assert_int_eq(lmq_mock_topic(mock, "T64", 1), -LMQ_EFULL);
	ck_assert_int_eq(lmq_mock_wait_stored(mock, "T", 1, 10), -LMQ_ETIMEOUT);
	ck_assert_int_eq(lmq_mock_wait_requests(mock, 0, LMQ_MOCK_SEND, 1, 10), -LMQ_ETIMEOUT);
	ck_assert_int_eq(lmq_mock_wait_consumed(mock, "g", "T", 1, 10), -LMQ_ETIMEOUT);
	ck_assert_int_eq(lmq_mock_wait_members(mock, 0, "g", 1, 10), -LMQ_ETIMEOUT);
	end();
}
END_TEST

LMT_MAIN("lmq_mock", what_was_sent_can_be_looked_at, a_compressed_body_is_looked_at_unpacked, what_is_put_is_consumed_and_counted,
	 faults_happen_in_the_order_in_which_they_were_said_and_as_often, a_slow_answer_comes_after_its_time,
	 a_broker_that_went_away_comes_back_with_what_it_had, an_open_transaction_is_hidden_until_its_producer_was_asked,
	 what_cannot_be_is_refused)
