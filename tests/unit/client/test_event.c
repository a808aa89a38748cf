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

LMT_MAIN("event", callbacks_are_made_by_who_polls, a_polled_callback_may_wait_for_a_send, flushing_and_freeing_make_the_callbacks,
	 what_is_not_told_counts_as_under_way, there_is_nothing_to_poll_otherwise)
