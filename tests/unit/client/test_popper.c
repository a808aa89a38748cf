/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what a popper received and did not acknowledge comes again when its time is over, which can be changed; what it acknowledged
 * does not.
 * Shown: against a mock in this process.
 */
#include "client_lmt.h"

static struct lmq_mock *mock;
static struct lmq_client *client;
static struct lmq_popper *popper;

static void open_popper(const char *invisible_ms)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 2);
	client = open_client(mock_namesrv(mock), "popInvisibleTime", invisible_ms, "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET", NULL);
	ck_assert_int_eq(lmq_popper_new(client, "g", NULL, &popper), 0);
	ck_assert_int_eq(lmq_popper_subscribe(popper, "T", "*"), 0);
}

static void close_popper(void)
{
	lmq_popper_free(popper);
	lmq_client_free(client);
	mock_free(mock);
}

/* Receive until something comes; the time for it is the test's own. */
static struct lmq_messages *receive(void)
{
	struct lmq_messages *got = NULL;

	for (;;) {
		ck_assert_int_eq(lmq_popper_receive(popper, "T", 1000, &got), 0);
		if (lmq_messages_count(got) > 0)
			return got;
		lmq_messages_free(got);
	}
}

static size_t receive_now(void)
{
	struct lmq_messages *got = NULL;
	size_t n;

	ck_assert_int_eq(lmq_popper_receive(popper, "T", 0, &got), 0);
	n = lmq_messages_count(got);
	lmq_messages_free(got);
	return n;
}

START_TEST(what_is_acknowledged_is_over_and_cannot_be_acknowledged_again)
{
	struct lmq_messages *got;

	open_popper("60s");
	mock_put(mock, 0, "T", 0, "", "a", 1, 0);
	mock_put(mock, 0, "T", 0, "", "b", 1, 0);
	mock_put(mock, 0, "T", 1, "", "c", 1, 0);
	got = receive();
	ck_assert_uint_eq(lmq_messages_count(got), 3);
	ck_assert_uint_eq(receive_now(), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(lmq_popper_ack(popper, lmq_messages_at(got, i)), 0);
	ck_assert_int_eq(lmq_popper_ack(popper, lmq_messages_at(got, 0)), -LMQ_EREMOTE);
	lmq_messages_free(got);
	close_popper();
}
END_TEST

START_TEST(what_is_not_acknowledged_comes_again)
{
	struct lmq_messages *first, *again;

	open_popper("1s");
	mock_put(mock, 0, "T", 0, "", "a", 1, 0);
	first = receive();
	again = receive();
	ck_assert_str_eq(lmq_message_body(lmq_messages_at(again, 0), NULL), "a");
	ck_assert_int_eq(lmq_popper_ack(popper, lmq_messages_at(first, 0)), -LMQ_EREMOTE); /* too late */
	ck_assert_int_eq(lmq_popper_ack(popper, lmq_messages_at(again, 0)), 0);
	lmq_messages_free(first);
	lmq_messages_free(again);
	close_popper();
}
END_TEST

START_TEST(another_time_counts_from_now_and_may_be_changed_again)
{
	struct lmq_messages *got, *again;
	const struct lmq_message *m;

	open_popper("60s");
	mock_put(mock, 0, "T", 1, "", "a", 1, 0);
	got = receive();
	m = lmq_messages_at(got, 0);
	ck_assert_int_eq(lmq_popper_change_invisible(popper, m, 300000), 0);
	ck_assert_uint_eq(receive_now(), 0);
	ck_assert_int_eq(lmq_popper_change_invisible(popper, m, 1), 0);
	again = receive(); /* a minute earlier than at first, and without waiting for the five */
	ck_assert_str_eq(lmq_message_body(lmq_messages_at(again, 0), NULL), "a");
	ck_assert_int_eq(lmq_popper_change_invisible(popper, lmq_messages_at(again, 0), 60000), 0);
	ck_assert_int_eq(lmq_popper_ack(popper, lmq_messages_at(again, 0)), 0); /* by the receipt that the change gave */
	lmq_messages_free(got);
	lmq_messages_free(again);
	close_popper();
}
END_TEST

START_TEST(what_cannot_be_settled_is_refused)
{
	struct lmq_message *own = lmq_message_new("T", "x", 1);
	struct lmq_messages *got;

	open_popper("60s");
	mock_put(mock, 0, "T", 0, "", "a", 1, 0);
	got = receive();
	ck_assert_int_eq(lmq_popper_change_invisible(popper, lmq_messages_at(got, 0), 0), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_popper_change_invisible(popper, lmq_messages_at(got, 0), -1), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_popper_change_invisible(popper, own, 1000), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_popper_change_invisible(popper, NULL, 1000), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_popper_ack(popper, own), -LMQ_EILLEGAL);
	mock_script(mock, 0, LMI_REQ_CHANGE_MESSAGE_INVISIBLETIME, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_ERROR, 1);
	ck_assert_int_eq(lmq_popper_change_invisible(popper, lmq_messages_at(got, 0), 1000), -LMQ_EREMOTE);
	ck_assert_int_eq(lmq_popper_ack(popper, lmq_messages_at(got, 0)), 0); /* the receipt is as it was */
	lmq_messages_free(got);
	lmq_message_free(own);
	close_popper();
}
END_TEST

LMT_MAIN("popper", what_is_acknowledged_is_over_and_cannot_be_acknowledged_again, what_is_not_acknowledged_comes_again,
	 another_time_counts_from_now_and_may_be_changed_again, what_cannot_be_settled_is_refused)
