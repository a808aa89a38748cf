/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: every send ends once, in time, with what really became of it; failures that another broker may cure are tried
 * there; what is under way is bounded.
 * Shown: against a scripted name server and brokers in this process.
 */
#include "client_lmt.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lmq_mock *mock;
static struct lmq_client *client;
static struct lmq_producer *producer;
static struct lmq_message *message;
static struct lmq_send_result *result;

static void use(size_t brokers, struct lmq_client *c)
{
	(void)brokers;
	client = c;
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	message = lmq_message_new("T", "hello", 5);
	result = lmq_send_result_new();
	ck_assert(message && result);
}

static void open_all(size_t brokers)
{
	mock = mock_new(brokers);
	mock_topic(mock, "T", 2);
	use(brokers, open_client(mock_namesrv(mock), NULL));
}

static void close_all(void)
{
	lmq_message_free(message);
	lmq_send_result_free(result);
	lmq_producer_free(producer);
	lmq_client_free(client);
	mock_free(mock);
}

static int send_now(void)
{
	return lmq_producer_send(producer, message, 0, result);
}

START_TEST(a_message_is_stored_and_its_place_told)
{
	char props[512];

	open_all(1);
	ck_assert_int_eq(lmq_message_set_tag(message, "A"), 0);
	ck_assert_int_eq(lmq_message_set_keys(message, "k1 k2"), 0);
	ck_assert_int_eq(lmq_message_set_property(message, "color", "red"), 0);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_send_result_error(result), 0);
	ck_assert_int_eq(lmq_send_result_status(result), LMQ_SENT_OK);
	ck_assert_int_eq(lmq_send_result_tries(result), 1);
	ck_assert_str_eq(lmq_send_result_broker(result), "broker-0");
	ck_assert_int_eq(lmq_send_result_queue_pos(result), 0);
	ck_assert_str_eq(lmq_send_result_offset_id(result), "7F0000010000000100000000000000AA");
	ck_assert_str_eq(lmq_send_result_detail(result), "");
	ck_assert_uint_eq(mock_stored(mock, "T"), 1);
	mock_props(mock, 0, "T", lmq_send_result_queue_id(result), 0, props, sizeof(props));
	ck_assert_ptr_nonnull(strstr(props, "UNIQ_KEY\1"));
	ck_assert_ptr_nonnull(strstr(props, lmq_send_result_message_id(result)));
	ck_assert_ptr_nonnull(strstr(props, "TAGS\1A\2"));
	ck_assert_ptr_nonnull(strstr(props, "KEYS\1k1 k2\2"));
	ck_assert_ptr_nonnull(strstr(props, "color\1red\2"));
	close_all();
}
END_TEST

START_TEST(sends_go_round_the_queues)
{
	int seen[2] = { 0 };

	open_all(1);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(send_now(), 0);
		seen[lmq_send_result_queue_id(result)]++;
	}
	ck_assert_int_eq(seen[0], 5);
	ck_assert_int_eq(seen[1], 5);
	close_all();
}
END_TEST

START_TEST(a_chosen_queue_is_used)
{
	open_all(2);
	ck_assert_int_eq(lmq_message_set_queue(message, "broker-1", 1), 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(send_now(), 0);
		ck_assert_str_eq(lmq_send_result_broker(result), "broker-1");
		ck_assert_int_eq(lmq_send_result_queue_id(result), 1);
	}
	ck_assert_int_eq(lmq_message_set_queue(message, "nobody", 1), 0);
	ck_assert_int_eq(send_now(), -LMQ_ENOROUTE);
	close_all();
}
END_TEST

START_TEST(what_breaks_a_rule_is_not_sent)
{
	char *big = calloc(1, 33000);

	open_all(1);
	ck_assert_int_eq(lmq_message_set_topic(message, "no blanks"), 0);
	ck_assert_int_eq(send_now(), -LMQ_EILLEGAL);
	ck_assert_ptr_nonnull(strstr(lmq_send_result_detail(result), "no blanks"));
	ck_assert_int_eq(lmq_message_set_topic(message, "SCHEDULE_TOPIC_XXXX"), 0);
	ck_assert_int_eq(send_now(), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_topic(message, "T"), 0);
	ck_assert_int_eq(lmq_message_set_body(message, "", 0), 0);
	ck_assert_int_eq(send_now(), -LMQ_EILLEGAL);
	memset(big, 'x', 32999);
	ck_assert_int_eq(lmq_message_set_body(message, "x", 1), 0);
	ck_assert_int_eq(lmq_message_set_property(message, "big", big), 0);
	ck_assert_int_eq(send_now(), -LMQ_ETOOBIG);
	ck_assert_int_eq(lmq_producer_send_async(producer, message, NULL, NULL), -LMQ_ETOOBIG);
	ck_assert_int_eq(lmq_producer_send_oneway(producer, message), -LMQ_ETOOBIG);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_SEND_MESSAGE_V2), 0);
	free(big);
	close_all();
}
END_TEST

START_TEST(a_body_above_the_limit_is_not_sent)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	use(1, open_client(mock_namesrv(mock), "maxMessageSize", "4", NULL));
	ck_assert_int_eq(send_now(), -LMQ_ETOOBIG);
	ck_assert_int_eq(lmq_message_set_body(message, "four", 4), 0);
	ck_assert_int_eq(send_now(), 0);
	close_all();
}
END_TEST

START_TEST(less_safe_than_configured_is_still_stored)
{
	static const struct {
		int32_t code;
		enum lmq_sent status;
	} cases[] = { { 10, LMQ_SENT_FLUSH_DISK_TIMEOUT }, { 12, LMQ_SENT_FLUSH_SLAVE_TIMEOUT },
		      { 11, LMQ_SENT_SLAVE_NOT_AVAILABLE } };

	open_all(1);
	for (size_t i = 0; i < 3; i++) {
		mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, cases[i].code, 1);
		ck_assert_int_eq(send_now(), 0);
		ck_assert_int_eq(lmq_send_result_status(result), cases[i].status);
		ck_assert_int_eq(lmq_send_result_tries(result), 1);
	}
	close_all();
}
END_TEST

START_TEST(codes_that_another_broker_may_cure_are_tried_again)
{
	static const int32_t curable[] = { 1, 2, 14, 16, 17, 204, 205, 1500 };

	open_all(2);
	for (size_t i = 0; i < sizeof(curable) / sizeof(curable[0]); i++) {
		for (int b = 0; b < 2; b++)
			mock_script(mock, b, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, curable[i], 1);
		ck_assert_int_eq(send_now(), 0);
		ck_assert_int_eq(lmq_send_result_tries(result), 3);
	}
	close_all();
}
END_TEST

START_TEST(other_codes_end_at_once_with_the_brokers_words)
{
	static const int32_t final[] = { 3, 13, 26, 29, 604 };

	open_all(2);
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
		int refused = 0;

		for (int b = 0; b < 2; b++)
			mock_script(mock, b, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, final[i], 1);
		for (int k = 0; k < 4; k++) { /* once round all queues */
			if (send_now() == 0)
				continue;
			refused++;
			ck_assert_int_eq(lmq_send_result_error(result), -LMQ_EREMOTE);
			ck_assert_int_eq(lmq_send_result_remote_code(result), final[i]);
			ck_assert_int_eq(lmq_send_result_tries(result), 1);
			ck_assert_ptr_nonnull(strstr(lmq_send_result_detail(result), "so says the script"));
		}
		ck_assert_int_eq(refused, 2);
	}
	close_all();
}
END_TEST

START_TEST(after_the_last_try_the_last_failure_is_told)
{
	open_all(1);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_BUSY, 3);
	ck_assert_int_eq(send_now(), -LMQ_EREMOTE);
	ck_assert_int_eq(lmq_send_result_remote_code(result), LMI_RSP_SYSTEM_BUSY);
	ck_assert_int_eq(lmq_send_result_tries(result), 3);
	ck_assert_ptr_nonnull(strstr(lmq_send_result_detail(result), "broker-0"));
	ck_assert_int_eq(send_now(), 0);
	close_all();
}
END_TEST

START_TEST(a_lost_connection_is_made_again)
{
	open_all(1);
	ck_assert_int_eq(send_now(), 0);
	mock_disconnect(mock, 0);
	ck_assert_int_eq(send_now(), 0);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_CLOSE, 0, 1);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_send_result_tries(result), 2);
	close_all();
}
END_TEST

START_TEST(a_dead_broker_is_passed_over)
{
	open_all(2);
	mock_kill(mock, 0);
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(send_now(), 0);
		ck_assert_str_eq(lmq_send_result_broker(result), "broker-1");
	}
	close_all();
}
END_TEST

START_TEST(a_silent_broker_is_waited_for_as_long_as_said)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	use(1, open_client(mock_namesrv(mock), NULL));
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_SILENT, 0, 1);
	ck_assert_int_eq(lmq_producer_send(producer, message, 200, result), -LMQ_ETIMEOUT);
	ck_assert_int_eq(lmq_send_result_tries(result), 1);
	ck_assert_int_eq(send_now(), 0);
	close_all();
}
END_TEST

START_TEST(a_try_may_be_given_less_time_than_the_send)
{
	mock = mock_new(2);
	mock_topic(mock, "T", 1);
	use(2, open_client(mock_namesrv(mock), "sendMsgMaxTimeoutPerRequest", "1s", "sendMsgTimeout", "20s", NULL));
	for (int b = 0; b < 2; b++)
		mock_script(mock, b, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_SILENT, 0, 1);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_send_result_tries(result), 3);
	close_all();
}
END_TEST

START_TEST(a_late_answer_ends_no_other_send)
{
	open_all(1);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_LATE, 0, 1);
	ck_assert_int_eq(lmq_producer_send(producer, message, 200, result), -LMQ_ETIMEOUT);
	/* the next request brings the late answer first */
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_send_result_tries(result), 1);
	close_all();
}
END_TEST

START_TEST(answers_with_foreign_numbers_are_passed_over)
{
	open_all(1);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_STRANGER, 0, 1);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_send_result_tries(result), 1);
	ck_assert_uint_eq(mock_stored(mock, "T"), 1);
	close_all();
}
END_TEST

START_TEST(garbage_and_half_answers_cost_a_try_only)
{
	open_all(1);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_GARBAGE, 0, 1);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_CUT, 0, 1);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_send_result_tries(result), 3);
	close_all();
}
END_TEST

START_TEST(an_unknown_topic_is_sent_by_the_default_topics_route)
{
	mock = mock_new(1);
	mock_topic(mock, "TBW102", 8);
	use(1, open_client(mock_namesrv(mock), NULL));
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(send_now(), 0);
		ck_assert_int_lt(lmq_send_result_queue_id(result), 4);
	}
	ck_assert_uint_eq(mock_stored(mock, "T"), 8);
	close_all();
}
END_TEST

START_TEST(a_topic_that_nobody_would_create_has_no_route)
{
	mock = mock_new(1);
	use(1, open_client(mock_namesrv(mock), NULL));
	ck_assert_int_eq(send_now(), -LMQ_ENOROUTE);
	ck_assert_int_eq(lmq_send_result_tries(result), 0);
	ck_assert_ptr_nonnull(strstr(lmq_send_result_detail(result), "T"));
	close_all();
}
END_TEST

START_TEST(the_next_name_server_is_asked_when_one_is_gone)
{
	struct lmq_mock *gone = mock_new(0);
	char list[128];

	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	snprintf(list, sizeof(list), "%s;%s", mock_namesrv(gone), mock_namesrv(mock));
	mock_kill(gone, MOCK_NAMESRV);
	use(1, open_client(list, NULL));
	ck_assert_int_eq(send_now(), 0);
	close_all();
	mock_free(gone);
}
END_TEST

START_TEST(unreachable_name_servers_are_named_when_the_time_is_over)
{
	mock = mock_new(1);
	mock_kill(mock, MOCK_NAMESRV);
	use(1, open_client(mock_namesrv(mock), NULL));
	ck_assert_int_eq(lmq_producer_send(producer, message, 1000, result), -ECONNREFUSED);
	ck_assert_ptr_nonnull(strstr(lmq_send_result_detail(result), mock_namesrv(mock)));
	close_all();
}
END_TEST

START_TEST(a_name_server_that_speaks_garbage_is_not_believed)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	use(1, open_client(mock_namesrv(mock), NULL));
	mock_script(mock, MOCK_NAMESRV, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, LMQ_MOCK_GARBAGE, 0, 1);
	ck_assert_int_eq(send_now(), 0);
	close_all();
}
END_TEST

/* ---- asynchronous ---- */

static struct tally ended = TALLY_INIT;
static int last_error;
static char last_detail[256];

static void on_sent(void *user, const struct lmq_send_result *r)
{
	last_error = lmq_send_result_error(r);
	snprintf(last_detail, sizeof(last_detail), "%s", lmq_send_result_detail(r));
	if (user)
		ck_assert_int_eq(last_error, 0);
	tally_add(&ended);
}

START_TEST(asynchronous_sends_each_end_once)
{
	open_all(2);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, &ended), 0);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_int_eq(tally_get(&ended), 1000);
	ck_assert_uint_eq(mock_stored(mock, "T"), 1000);
	close_all();
	ck_assert_int_eq(tally_get(&ended), 1000);
}
END_TEST

START_TEST(a_failed_asynchronous_send_tells_why)
{
	open_all(1);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_MESSAGE_ILLEGAL, 1);
	ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, NULL), 0);
	ck_assert(tally_wait(&ended, 1));
	ck_assert_int_eq(last_error, -LMQ_EREMOTE);
	ck_assert_ptr_nonnull(strstr(last_detail, "MESSAGE_ILLEGAL"));
	close_all();
}
END_TEST

START_TEST(freeing_a_producer_waits_for_its_sends)
{
	open_all(1);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_SILENT, 0, 1);
	lmq_producer_free(producer);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, NULL), 0);
	close_all();
	ck_assert_int_eq(tally_get(&ended), 100);
}
END_TEST

START_TEST(what_is_under_way_is_bounded)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	use(1, open_client(mock_namesrv(mock), "sendQueueMaxMessages", "3", "sendQueueFullWait", "0", "sendMsgTimeout", "500", NULL));
	ck_assert_int_eq(lmq_producer_send(producer, message, 20000, result), 0);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_SILENT, 0, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, NULL), 0);
	ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, NULL), -LMQ_EFULL);
	ck_assert_int_eq(lmq_producer_send(producer, message, 20, result), -LMQ_EFULL);
	ck_assert_int_eq(lmq_producer_flush(producer, 1), -LMQ_ETIMEOUT);
	ck_assert(tally_wait(&ended, 3));
	ck_assert_int_eq(last_error, -LMQ_ETIMEOUT);
	ck_assert_int_eq(lmq_producer_send(producer, message, 20000, result), 0);
	close_all();
}
END_TEST

START_TEST(a_send_waits_for_room_as_long_as_said)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	use(1, open_client(mock_namesrv(mock), "sendQueueMaxMessages", "2", "sendQueueFullWait", "20s", NULL));
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, on_sent, &ended), 0);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_int_eq(tally_get(&ended), 500);
	close_all();
}
END_TEST

START_TEST(a_body_longer_than_the_room_is_taken_alone)
{
	char *body = calloc(1, 100000);

	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	use(1, open_client(mock_namesrv(mock), "sendQueueMaxBytes", "64KiB", NULL));
	ck_assert_int_eq(lmq_message_set_body(message, body, 100000), 0);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(send_now(), 0);
	free(body);
	close_all();
}
END_TEST

static void send_more(void *user, const struct lmq_send_result *r)
{
	ck_assert_int_eq(lmq_send_result_error(r), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_producer_flush(producer, 0), -LMQ_ESTATE);
	if (tally_get(user) < 9)
		ck_assert_int_eq(lmq_producer_send_async(producer, message, send_more, user), 0);
	tally_add(user);
}

START_TEST(a_callback_may_send_but_not_wait)
{
	open_all(1);
	ck_assert_int_eq(lmq_producer_send_async(producer, message, send_more, &ended), 0);
	ck_assert(tally_wait(&ended, 10));
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_uint_eq(mock_stored(mock, "T"), 10);
	close_all();
}
END_TEST

START_TEST(one_way_messages_arrive_unanswered_and_bounded)
{
	char *body = calloc(1, 20000);

	mock = mock_new(1);
	mock_topic(mock, "T", 2);
	use(1, open_client(mock_namesrv(mock), "compressMsgBodyOverHowmuch", "0", NULL));
	ck_assert_int_eq(lmq_message_set_body(message, body, 20000), 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(lmq_producer_send_oneway(producer, message), 0);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_uint_eq(mock_stored(mock, "T"), 1000);
	ck_assert_uint_gt(mock_count(mock, 0, LMI_REQ_HEART_BEAT), 4); /* 20 MB: the broker was asked whether it keeps up */
	free(body);
	close_all();
}
END_TEST

#define SENDERS 16
#define SENDS 200

static void *send_many(void *arg)
{
	struct lmq_message *m = lmq_message_new("T", "hello", 5);

	(void)arg;
	for (int i = 0; i < SENDS; i++)
		ck_assert_int_eq(i % 2 ? lmq_producer_send(producer, m, 0, NULL)
				       : lmq_producer_send_async(producer, m, on_sent, &ended), 0);
	lmq_message_free(m);
	return NULL;
}

START_TEST(any_number_of_threads_may_send)
{
	pthread_t threads[SENDERS];

	open_all(2);
	for (int i = 0; i < SENDERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, send_many, NULL), 0);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_int_eq(tally_get(&ended), SENDERS * SENDS / 2);
	ck_assert_uint_eq(mock_stored(mock, "T"), SENDERS * SENDS);
	close_all();
}
END_TEST

START_TEST(binary_headers_say_the_same)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 2);
	use(1, open_client(mock_namesrv(mock), "serializeType", "ROCKETMQ", NULL));
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(send_now(), 0);
	ck_assert_uint_eq(mock_stored(mock, "T"), 10);
	close_all();
}
END_TEST

START_TEST(a_group_has_one_producer_and_a_good_name)
{
	struct lmq_producer *second = NULL;

	open_all(1);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &second), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_producer_new(client, "no blanks", NULL, &second), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_producer_new(client, NULL, NULL, &second), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_producer_new(client, "other", NULL, &second), 0);
	lmq_producer_free(second);
	ck_assert_int_eq(lmq_producer_new(client, "other", NULL, &second), 0);
	lmq_producer_free(second);
	close_all();
}
END_TEST

START_TEST(a_forked_process_is_told_so)
{
	pid_t child;
	int status = 0;

	open_all(1);
	ck_assert_int_eq(send_now(), 0);
	child = fork();
	if (child == 0) {
		bool good = lmq_producer_send(producer, message, 0, NULL) == -LMQ_ESTATE &&
			    lmq_producer_send_async(producer, message, NULL, NULL) == -LMQ_ESTATE;

		lmq_producer_free(producer); /* does nothing */
		lmq_client_free(client);
		_exit(good ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(send_now(), 0);
	close_all();
}
END_TEST

LMT_MAIN("producer", a_message_is_stored_and_its_place_told, sends_go_round_the_queues, a_chosen_queue_is_used,
	 what_breaks_a_rule_is_not_sent, a_body_above_the_limit_is_not_sent, less_safe_than_configured_is_still_stored,
	 codes_that_another_broker_may_cure_are_tried_again, other_codes_end_at_once_with_the_brokers_words,
	 after_the_last_try_the_last_failure_is_told, a_lost_connection_is_made_again, a_dead_broker_is_passed_over,
	 a_silent_broker_is_waited_for_as_long_as_said, a_try_may_be_given_less_time_than_the_send,
	 a_late_answer_ends_no_other_send, answers_with_foreign_numbers_are_passed_over,
	 garbage_and_half_answers_cost_a_try_only, an_unknown_topic_is_sent_by_the_default_topics_route,
	 a_topic_that_nobody_would_create_has_no_route, the_next_name_server_is_asked_when_one_is_gone,
	 unreachable_name_servers_are_named_when_the_time_is_over, a_name_server_that_speaks_garbage_is_not_believed,
	 asynchronous_sends_each_end_once, a_failed_asynchronous_send_tells_why, freeing_a_producer_waits_for_its_sends,
	 what_is_under_way_is_bounded, a_send_waits_for_room_as_long_as_said, a_body_longer_than_the_room_is_taken_alone,
	 a_callback_may_send_but_not_wait, one_way_messages_arrive_unanswered_and_bounded, any_number_of_threads_may_send,
	 binary_headers_say_the_same, a_group_has_one_producer_and_a_good_name, a_forked_process_is_told_so)
