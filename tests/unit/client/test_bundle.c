/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: with autoBatch, messages that are sent one by one go to the broker as batches, and each of them ends by itself,
 * with its own id and place; what cannot wait or does not fit goes alone.
 * Shown: against a scripted name server and brokers in this process.
 */
#include "client_lmt.h"

#include <stdlib.h>

static struct lmq_mock *mock;
static struct lmq_client *client;
static struct lmq_producer *producer;
static struct lmq_message *message;

static void open_all(const char *linger, const char *bytes)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	client = open_client(mock_namesrv(mock), "autoBatch", "true", "batchMaxDelayMs", linger, "batchMaxBytes", bytes, NULL);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	message = lmq_message_new("T", "hello", 5);
}

static void close_all(void)
{
	lmq_message_free(message);
	lmq_producer_free(producer);
	lmq_client_free(client);
	mock_free(mock);
}

#define MANY 1000

struct seen {
	struct tally told;
	uint8_t at[MANY];
	char ids[MANY][64];
	int error;
};

static void on_sent(void *user, const struct lmq_send_result *r)
{
	struct seen *s = user;
	int64_t pos = lmq_send_result_queue_pos(r);

	s->error = lmq_send_result_error(r);
	if (pos >= 0 && pos < MANY) {
		s->at[pos]++;
		snprintf(s->ids[pos], sizeof(s->ids[pos]), "%s", lmq_send_result_message_id(r));
	}
	tally_add(&s->told);
}

START_TEST(each_message_of_a_gathered_batch_ends_with_its_own_place)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	uint64_t requests;
	char props[512];

	seen->told = (struct tally)TALLY_INIT;
	open_all("20s", "4KiB");
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, seen), 0);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_int_eq(tally_get(&seen->told), MANY);
	ck_assert_int_eq(seen->error, 0);
	ck_assert_uint_eq(mock_stored(mock, "T"), MANY);
	for (int i = 0; i < MANY; i++) {
		ck_assert_uint_eq(seen->at[i], 1);
		mock_props(mock, 0, "T", 0, (size_t)i, props, sizeof(props));
		ck_assert_ptr_nonnull(strstr(props, seen->ids[i]));
	}
	requests = mock_count(mock, 0, LMI_REQ_SEND_BATCH_MESSAGE);
	ck_assert_uint_ge(requests, MANY * 70 / 4096);
	ck_assert_uint_le(requests, MANY / 20);
	close_all();
	free(seen);
}
END_TEST

START_TEST(a_message_waits_no_longer_than_said)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	seen->told = (struct tally)TALLY_INIT;
	open_all("10", "4KiB");
	ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, seen), 0);
	ck_assert(tally_wait(&seen->told, 1));
	/* alone, it is no batch */
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_SEND_BATCH_MESSAGE), 0);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_SEND_MESSAGE_V2), 1);
	close_all();
	free(seen);
}
END_TEST

START_TEST(a_send_that_is_waited_for_does_not_linger)
{
	struct lmq_send_result *result = lmq_send_result_new();

	open_all("20s", "4KiB");
	ck_assert_int_eq(lmq_producer_send_async(producer, message, NULL, NULL), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, 10000, result), 0);
	ck_assert_uint_eq(mock_stored(mock, "T"), 2);
	ck_assert_int_eq(lmq_send_result_queue_pos(result), 1);
	lmq_send_result_free(result);
	close_all();
}
END_TEST

START_TEST(what_is_special_goes_alone)
{
	char *big = calloc(1, 2000);

	open_all("20s", "1KiB");
	ck_assert_int_eq(lmq_message_set_body(message, big, 2000), 0); /* longer than a batch */
	ck_assert_int_eq(lmq_producer_send_async(producer, message, NULL, NULL), 0);
	ck_assert_int_eq(lmq_message_set_body(message, "x", 1), 0);
	ck_assert_int_eq(lmq_message_set_delay_level(message, 1), 0);
	ck_assert_int_eq(lmq_producer_send_async(producer, message, NULL, NULL), 0);
	ck_assert_int_eq(lmq_message_set_delay_level(message, 0), 0);
	ck_assert_int_eq(lmq_message_set_queue_key(message, "k"), 0);
	ck_assert_int_eq(lmq_producer_send_async(producer, message, NULL, NULL), 0);
	ck_assert_int_eq(lmq_message_set_queue_key(message, NULL), 0);
	ck_assert_int_eq(lmq_message_set_wait_stored(message, false), 0);
	ck_assert_int_eq(lmq_producer_send_async(producer, message, NULL, NULL), 0);
	ck_assert_int_eq(lmq_message_set_wait_stored(message, true), 0);
	ck_assert_int_eq(lmq_producer_send_oneway(producer, message), 0);
	ck_assert(mock_wait(mock, 0, LMI_REQ_SEND_MESSAGE_V2, 5));
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_SEND_BATCH_MESSAGE), 0);
	free(big);
	close_all();
}
END_TEST

START_TEST(a_failed_batch_is_tried_again_and_then_fails_for_each)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	seen->told = (struct tally)TALLY_INIT;
	open_all("20s", "4KiB");
	mock_script(mock, 0, LMI_REQ_SEND_BATCH_MESSAGE, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_BUSY, 2);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, seen), 0);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_int_eq(tally_get(&seen->told), 10);
	ck_assert_int_eq(seen->error, 0);
	mock_script(mock, 0, LMI_REQ_SEND_BATCH_MESSAGE, LMQ_MOCK_REFUSE, LMI_RSP_MESSAGE_ILLEGAL, 1000);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, seen), 0);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_int_eq(tally_get(&seen->told), 110);
	ck_assert_int_eq(seen->error, -LMQ_EREMOTE);
	close_all();
	free(seen);
}
END_TEST

START_TEST(freeing_a_producer_sends_what_lingers)
{
	open_all("20s", "4KiB");
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, NULL, NULL), 0);
	lmq_producer_free(producer);
	ck_assert_uint_eq(mock_stored(mock, "T"), 10);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	close_all();
}
END_TEST

static void *send_some(void *arg)
{
	struct lmq_message *m = lmq_message_new("T", "hello", 5);

	for (int i = 0; i < 100; i++) {
		if (i % 2)
			ck_assert_int_eq(lmq_producer_send(producer, m, 10000, NULL), 0);
		else
			ck_assert_int_eq(lmq_producer_send_async(producer, m, on_sent, arg), 0);
	}
	lmq_message_free(m);
	return NULL;
}

START_TEST(many_threads_share_batches)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	pthread_t threads[16];

	seen->told = (struct tally)TALLY_INIT;
	open_all("5", "32KiB");
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, send_some, seen), 0);
	for (int i = 0; i < 16; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_uint_eq(mock_stored(mock, "T"), 1600);
	ck_assert_int_eq(tally_get(&seen->told), 800);
	close_all();
	free(seen);
}
END_TEST

LMT_MAIN("bundle", each_message_of_a_gathered_batch_ends_with_its_own_place, a_message_waits_no_longer_than_said,
	 a_send_that_is_waited_for_does_not_linger, what_is_special_goes_alone, a_failed_batch_is_tried_again_and_then_fails_for_each,
	 freeing_a_producer_sends_what_lingers, many_threads_share_batches)
