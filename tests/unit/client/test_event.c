/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: with callbackMode POLL callbacks are made by who polls and by nobody else, the descriptor tells when there are some, and
 * what is not yet told counts as under way.
 * Shown: against a scripted name server and broker in this process.
 */
#include "producer_lmt.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_t told_on;
static struct tally told = TALLY_INIT;

static void on_sent(void *user, const struct lmq_send_result *r)
{
	(void)user;
	told_on = pthread_self();
	ck_assert_int_eq(lmq_send_result_error(r), 0);
	ck_assert_str_eq(lmq_send_result_broker(r), "broker-0");
	tally_add(&told);
}

static bool readable(int timeout_ms)
{
	struct pollfd p = { .fd = lmq_client_poll_fd(client), .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1;
}

START_TEST(callbacks_are_made_by_who_polls)
{
	open_with("POLL");
	ck_assert(!readable(0));
	ck_assert_int_eq(lmq_client_poll(client, 0, 0), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, NULL), 0);
	ck_assert(mock_wait_stored(mock, "T", 3));
	ck_assert(readable(MOCK_WAIT_S * 1000));
	ck_assert_int_eq(tally_get(&told), 0);
	ck_assert_int_eq(lmq_client_poll(client, 1, 0), 1);
	ck_assert(pthread_equal(told_on, pthread_self()));
	while (tally_get(&told) < 3)
		ck_assert_int_gt(lmq_client_poll(client, 1, MOCK_WAIT_S * 1000), 0);
	ck_assert(!readable(0));
	close_all();
}
END_TEST

static void send_and_wait(void *user, const struct lmq_send_result *r)
{
	(void)user;
	(void)r;
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), 0);
	tally_add(&told);
}

START_TEST(a_polled_callback_may_wait_for_a_send)
{
	open_with("POLL");
	ck_assert_int_eq(lmq_producer_send_async(producer, message, send_and_wait, NULL), 0);
	ck_assert_int_eq(lmq_client_poll(client, 0, MOCK_WAIT_S * 1000), 1);
	ck_assert_uint_eq(mock_stored(mock, "T"), 2);
	close_all();
}
END_TEST

START_TEST(flushing_and_freeing_make_the_callbacks)
{
	open_with("POLL");
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, NULL), 0);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_int_eq(tally_get(&told), 100);
	ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, NULL), 0);
	close_all();
	ck_assert_int_eq(tally_get(&told), 101);
}
END_TEST

START_TEST(what_is_not_told_counts_as_under_way)
{
	struct lmq_config *cfg = lmq_config_new();
	struct lmq_producer *small;

	open_with("POLL");
	ck_assert_int_eq(lmq_config_set(cfg, "sendQueueMaxMessages", "2", NULL, 0), 0);
	ck_assert_int_eq(lmq_config_set(cfg, "sendQueueFullWait", "0", NULL, 0), 0);
	ck_assert_int_eq(lmq_producer_new(client, "small", cfg, &small), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(lmq_producer_send_async(small, message, on_sent, NULL), 0);
	ck_assert(mock_wait_stored(mock, "T", 2));
	ck_assert_int_eq(lmq_producer_send_async(small, message, on_sent, NULL), -LMQ_EFULL);
	ck_assert_int_eq(lmq_producer_flush(small, 0), -LMQ_ETIMEOUT);
	ck_assert_int_eq(lmq_producer_flush(small, -1), 0);
	ck_assert_int_eq(lmq_producer_send_async(small, message, on_sent, NULL), 0);
	lmq_producer_free(small);
	lmq_config_free(cfg);
	close_all();
}
END_TEST

START_TEST(there_is_nothing_to_poll_otherwise)
{
	int status;
	pid_t pid;

	open_with("THREADS");
	ck_assert_int_eq(lmq_client_poll_fd(client), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_client_poll(client, 0, 0), -LMQ_ESTATE);
	close_all();
	open_with("POLL");
	pid = fork();
	if (pid == 0)
		_exit(lmq_client_poll(client, 0, 0) == -LMQ_ESTATE ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close_all();
}
END_TEST

static struct tally came = TALLY_INIT;
static size_t share;
static pthread_t came_on;
static struct lmq_consumer *consumer;
static int stop_inside;

static enum lmq_consumed on_message(void *user, const struct lmq_message *m)
{
	(void)user;
	(void)m;
	came_on = pthread_self();
	stop_inside = lmq_consumer_stop(consumer, 100);
	tally_add(&came);
	return LMQ_CONSUMED;
}

static void on_assign(void *user, size_t queues)
{
	(void)user;
	share = queues;
}

static void consume(bool orderly)
{
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &consumer), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(consumer, "T", "*"), 0);
	ck_assert_int_eq(orderly ? lmq_consumer_on_message_orderly(consumer, on_message, NULL) :
				   lmq_consumer_on_message(consumer, on_message, NULL), 0);
	ck_assert_int_eq(lmq_consumer_on_assign(consumer, on_assign, NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(consumer), 0);
}

static void received_by_who_polls(bool orderly)
{
	open_with("POLL");
	mock_set_offset(mock, 0, "g", "T", 0, 0);
	consume(orderly);
	for (int i = 0; i < 20; i++)
		mock_put(mock, 0, "T", 0, "", "x", 1, 0);
	ck_assert(readable(MOCK_WAIT_S * 1000));
	ck_assert_int_eq(tally_get(&came), 0);
	while (tally_get(&came) < 20)
		ck_assert_int_ge(lmq_client_poll(client, 1, 1000), 0);
	ck_assert(pthread_equal(came_on, pthread_self()));
	ck_assert_int_eq(stop_inside, -LMQ_ESTATE);
	ck_assert_uint_eq(share, 1);
	ck_assert_int_eq(lmq_consumer_stop(consumer, MOCK_WAIT_S * 1000), 0);
	ck_assert_int_eq(mock_offset(mock, 0, "g", "T", 0), 20);
	lmq_consumer_free(consumer);
	close_all();
}

START_TEST(messages_are_received_by_who_polls) { received_by_who_polls(false); }
END_TEST
START_TEST(messages_are_received_in_order_by_who_polls) { received_by_who_polls(true); }
END_TEST

START_TEST(what_nobody_polled_for_is_not_consumed_and_does_not_hinder_the_stop)
{
	open_with("POLL");
	mock_set_offset(mock, 0, "g", "T", 0, 0);
	consume(false);
	mock_put(mock, 0, "T", 0, "", "x", 1, 0);
	ck_assert(mock_wait_members(mock, 0, "g", 1));
	while (mock_handed_out(mock, 0, "T", 0) < 1)
		ck_assert(readable(MOCK_WAIT_S * 1000));
	/* a producer that waits for its own does not make it */
	ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, NULL), 0);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_int_eq(tally_get(&told), 1);
	ck_assert_int_eq(tally_get(&came), 0);
	ck_assert_int_eq(lmq_consumer_stop(consumer, MOCK_WAIT_S * 1000), 0);
	ck_assert_int_eq(mock_offset(mock, 0, "g", "T", 0), 0);
	ck_assert_int_eq(lmq_client_poll(client, 0, 0), 0);
	ck_assert(!readable(0));
	lmq_consumer_free(consumer);
	close_all();
}
END_TEST

static void *poll_until(void *until)
{
	while (tally_get(&came) < *(const int *)until)
		(void)lmq_client_poll(client, 1, 20);
	return NULL;
}

/* Holds its message until another thread holds one too. */
static enum lmq_consumed meet(void *user, const struct lmq_message *m)
{
	(void)user;
	(void)m;
	tally_add(&came);
	ck_assert(tally_wait(&came, 2));
	return LMQ_CONSUMED;
}

START_TEST(threads_that_poll_get_messages_side_by_side)
{
	pthread_t other;
	int two = 2;

	open_with("POLL");
	mock_set_offset(mock, 0, "g", "T", 0, 0);
	mock_put(mock, 0, "T", 0, "", "x", 1, 0);
	mock_put(mock, 0, "T", 0, "", "y", 1, 0);
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &consumer), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(consumer, "T", "*"), 0);
	ck_assert_int_eq(lmq_consumer_on_message(consumer, meet, NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(consumer), 0);
	ck_assert_int_eq(pthread_create(&other, NULL, poll_until, &two), 0);
	poll_until(&two);
	pthread_join(other, NULL);
	lmq_consumer_free(consumer);
	close_all();
}
END_TEST

LMT_MAIN("event", callbacks_are_made_by_who_polls, a_polled_callback_may_wait_for_a_send, flushing_and_freeing_make_the_callbacks,
	 what_is_not_told_counts_as_under_way, there_is_nothing_to_poll_otherwise, messages_are_received_by_who_polls,
	 messages_are_received_in_order_by_who_polls, what_nobody_polled_for_is_not_consumed_and_does_not_hinder_the_stop,
	 threads_that_poll_get_messages_side_by_side)
