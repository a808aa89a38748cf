/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of a producer share: a mock with one broker, a client, a producer of group pg, a message for topic T. */
#ifndef LIGHTMQ_TESTS_PRODUCER_LMT_H
#define LIGHTMQ_TESTS_PRODUCER_LMT_H

#include "client_lmt.h"

static struct lmq_mock *mock;
static struct lmq_client *client;
static struct lmq_producer *producer;
static struct lmq_message *message;
static struct lmq_send_result *result;

/* @callbacks  the setting callbackMode */
static inline void open_with(const char *callbacks)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	mock_topic(mock, "c_REPLY_TOPIC", 1);
	client = open_client(mock_namesrv(mock), "callbackMode", callbacks, NULL);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	message = lmq_message_new("T", "hello", 5);
	result = lmq_send_result_new();
	ck_assert(message && result);
}

static inline void close_all(void)
{
	lmq_message_free(message);
	lmq_send_result_free(result);
	lmq_producer_free(producer);
	lmq_client_free(client);
	mock_free(mock);
}

#endif
