/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: with a namespace servers see it in front of every topic and group, and the program sees none of it.
 * Shown: against a mock, by each kind of producer and consumer.
 */
#include "client_lmt.h"

#include <stdlib.h>

static struct lmq_mock *mock;
static struct lmq_client *client;
static struct lmq_producer *producer;
static struct lmq_message *message;
static struct tally came = TALLY_INIT;

static void begin(void)
{
	mock = mock_new(1);
	mock_topic(mock, "shop%T", 1);
	client = open_client(mock_namesrv(mock), "namespace", "shop", "consumeFromWhere", "CONSUME_FROM_FIRST_OFFSET",
			     "persistConsumerOffsetInterval", "50", "pollNameServerInterval", "100", NULL);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	message = lmq_message_new("T", "hello", 5);
}

static void end(void)
{
	lmq_message_free(message);
	lmq_producer_free(producer);
	lmq_client_free(client);
	mock_free(mock);
}

static const char *header(int32_t code, const char *name)
{
	static char text[256];

	mock_last(mock, 0, code, name, text, sizeof(text));
	return text;
}

START_TEST(sends_of_all_kinds_go_into_it)
{
	const struct lmq_message *two[] = { message, message };

	begin();
	two[0] = two[1] = message;
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), 0);
	ck_assert_str_eq(header(LMI_REQ_SEND_MESSAGE_V2, "a"), "shop%pg");
	ck_assert_str_eq(header(LMI_REQ_SEND_MESSAGE_V2, "b"), "shop%T");
	ck_assert_str_eq(header(LMI_REQ_SEND_MESSAGE_V2, "c"), "TBW102");
	ck_assert_int_eq(lmq_producer_send_batch(producer, two, 2, 0, NULL), 0);
	ck_assert_str_eq(header(LMI_REQ_SEND_BATCH_MESSAGE, "b"), "shop%T");
	ck_assert_uint_eq(mock_stored(mock, "shop%T"), 3);
	ck_assert_int_eq(lmq_producer_recall(producer, "T", "djEgVCBicm9rZXItMCAxIGlk", 0, NULL), 0);
	ck_assert_str_eq(header(LMI_REQ_RECALL_MESSAGE, "topic"), "shop%T");
	ck_assert_int_eq(lmq_client_create_topic(client, NULL, "new", 4, 0, NULL, 0), 0);
	ck_assert_str_eq(header(LMI_REQ_UPDATE_AND_CREATE_TOPIC, "topic"), "shop%new");
	end();
}
END_TEST

static enum lmq_transaction local(void *user, const struct lmq_message *m, const char *id)
{
	(void)user;
	(void)m;
	(void)id;
	return LMQ_TRANSACTION_UNKNOWN;
}

static enum lmq_transaction check(void *user, const struct lmq_message *m)
{
	(void)user;
	ck_assert_str_eq(lmq_message_topic(m), "T");
	return LMQ_TRANSACTION_COMMIT;
}

START_TEST(transactions_do_too)
{
	begin();
	ck_assert_int_eq(lmq_producer_on_check(producer, check, NULL), 0);
	ck_assert_int_eq(lmq_producer_send_transaction(producer, message, local, NULL, 0, NULL), 0);
	ck_assert(mock_wait(mock, 0, LMI_REQ_END_TRANSACTION, 1));
	ck_assert_str_eq(header(LMI_REQ_END_TRANSACTION, "topic"), "shop%T");
	ck_assert_str_eq(header(LMI_REQ_END_TRANSACTION, "producerGroup"), "shop%pg");
	ck_assert(mock_wait(mock, 0, LMI_REQ_HEART_BEAT, 1));
	ck_assert_int_eq(lmq_mock_check(mock, 0), 1);
	ck_assert(mock_wait_stored(mock, "shop%T", 1));
	ck_assert_str_eq(header(LMI_REQ_END_TRANSACTION, "topic"), "shop%T");
	end();
}
END_TEST

static enum lmq_consumed on_message(void *user, const struct lmq_message *m)
{
	(void)user;
	ck_assert_str_eq(lmq_message_topic(m), "T"); /* also when it comes from the retry topic */
	tally_add(&came);
	return lmq_message_reconsume_times(m) == 0 ? LMQ_CONSUME_LATER : LMQ_CONSUMED;
}

static int is_plain(void *user, const char *topic, const char *broker, int32_t queue_id)
{
	(void)broker;
	(void)queue_id;
	ck_assert_str_eq(topic, "T");
	++*(int *)user;
	return 0;
}

START_TEST(a_push_consumer_sees_names_without_it)
{
	struct lmq_consumer *c;
	int queues = 0;

	begin();
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), 0);
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &c), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(c, "T", "*"), 0);
	ck_assert_int_eq(lmq_consumer_on_message(c, on_message, NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(c), 0);
	ck_assert(tally_wait(&came, 2));
	ck_assert_str_eq(header(LMI_REQ_CONSUMER_SEND_MSG_BACK, "group"), "shop%g");
	ck_assert_str_eq(header(LMI_REQ_CONSUMER_SEND_MSG_BACK, "originTopic"), "shop%T");
	ck_assert_uint_eq(mock_stored(mock, "%RETRY%shop%g"), 1);
	ck_assert_int_eq(lmq_consumer_each_queue(c, is_plain, &queues), 0);
	ck_assert_int_eq(queues, 1);
	ck_assert(mock_wait_members(mock, 0, "shop%g", 1));
	lmq_consumer_free(c);
	end();
}
END_TEST

START_TEST(those_who_fetch_themselves_do_too)
{
	struct lmq_queue q = { "T", "broker-0", 0 };
	struct lmq_messages *got;
	struct lmq_puller *puller;
	struct lmq_popper *popper;
	struct lmq_lite *lite;
	int64_t pos;

	begin();
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), 0);
	ck_assert_int_eq(lmq_puller_new(client, "pull", NULL, &puller), 0);
	ck_assert_int_eq(lmq_puller_max_pos(puller, &q, &pos), 0);
	ck_assert_int_eq(pos, 1);
	ck_assert_int_eq(lmq_puller_pull(puller, &q, 0, 0, &got), 0);
	ck_assert_uint_eq(lmq_messages_count(got), 1);
	ck_assert_str_eq(lmq_message_topic(lmq_messages_at(got, 0)), "T");
	lmq_messages_free(got);
	ck_assert_int_eq(lmq_puller_commit(puller, &q, 1), 0);
	ck_assert_int_eq(mock_offset(mock, 0, "shop%pull", "shop%T", 0), 1);
	lmq_puller_free(puller);

	ck_assert_int_eq(lmq_popper_new(client, "pop", NULL, &popper), 0);
	ck_assert_int_eq(lmq_popper_subscribe(popper, "T", "*"), 0);
	ck_assert_int_eq(lmq_popper_receive(popper, "T", 1000, &got), 0);
	ck_assert_uint_eq(lmq_messages_count(got), 1);
	ck_assert_str_eq(lmq_message_topic(lmq_messages_at(got, 0)), "T");
	ck_assert_int_eq(lmq_popper_ack(popper, lmq_messages_at(got, 0)), 0);
	ck_assert_str_eq(header(LMI_REQ_ACK_MESSAGE, "topic"), "shop%T");
	lmq_messages_free(got);
	lmq_popper_free(popper);

	ck_assert_int_eq(lmq_lite_new(client, "lite", NULL, &lite), 0);
	ck_assert_int_eq(lmq_lite_subscribe(lite, "T", "*"), 0);
	ck_assert_int_eq(lmq_lite_start(lite), 0);
	ck_assert_int_eq(lmq_lite_poll(lite, 10, MOCK_WAIT_S * 1000, &got), 0);
	ck_assert_uint_eq(lmq_messages_count(got), 1);
	ck_assert_str_eq(lmq_message_topic(lmq_messages_at(got, 0)), "T");
	ck_assert_int_eq(lmq_lite_seek(lite, &q, 0), 0);
	lmq_messages_free(got);
	ck_assert(mock_wait_members(mock, 0, "shop%lite", 1));
	lmq_lite_free(lite);
	end();
}
END_TEST

LMT_MAIN("namespace", sends_of_all_kinds_go_into_it, transactions_do_too, a_push_consumer_sees_names_without_it,
	 those_who_fetch_themselves_do_too)
