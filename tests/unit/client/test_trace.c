/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: with enableTrace each message stored, each callback, each end of a transaction and each recall is one record of a trace
 * message, in RocketMQ's form and with the ids as keys; without, and for traces themselves, there is none.
 * Shown: against a mock in this process.  The form is that of TraceDataEncoder.encoderFromContextBean, 5.x.
 */
#include "client_lmt.h"

#include <stdlib.h>

#define TRACE "RMQ_SYS_TRACE_TOPIC"

static struct lmq_mock *mock;
static struct lmq_client *client;
static struct lmq_producer *producer;
static struct lmq_message *message;
static struct lmq_send_result *result;

static void begin(const char *batch, const char *trace)
{
	mock = mock_new(1);
	mock_topic(mock, "T", 1);
	mock_topic(mock, TRACE, 1);
	client = open_client(mock_namesrv(mock), "enableTrace", trace, "traceMsgBatchNum", batch, "consumeFromWhere",
			     "CONSUME_FROM_FIRST_OFFSET", NULL);
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	message = lmq_message_new("T", "hello", 5);
	ck_assert_int_eq(lmq_message_set_tag(message, "red"), 0);
	ck_assert_int_eq(lmq_message_set_keys(message, "k1 k2"), 0);
	result = lmq_send_result_new();
}

static void end(void)
{
	lmq_message_free(message);
	lmq_send_result_free(result);
	lmq_producer_free(producer);
	lmq_client_free(client);
	mock_free(mock);
}

/* The n-th trace message, its records in @out as fields separated by '|' and records ended by ';'.  Its keys are returned. */
static const char *traced(int64_t n, char *out, size_t cap)
{
	static char keys[512];
	struct lmq_message *m;
	const char *body;
	size_t bytes;

	ck_assert(mock_wait_stored(mock, TRACE, (uint64_t)n + 1));
	ck_assert_int_eq(lmq_mock_message(mock, 0, TRACE, 0, n, &m), 0);
	body = lmq_message_body(m, &bytes);
	ck_assert_uint_lt(bytes, cap);
	for (size_t i = 0; i < bytes; i++)
		out[i] = body[i] == 1 ? '|' : body[i] == 2 ? ';' : body[i];
	out[bytes] = '\0';
	snprintf(keys, sizeof(keys), "%s", lmq_message_keys(m));
	lmq_message_free(m);
	return keys;
}

/* Take the i-th field of a record out, from 0. */
static const char *field(const char *record, int i)
{
	static char out[8][256];
	static int turn;
	char *to = out[turn = (turn + 1) % 8];

	for (; i > 0 && record; i--)
		record = strchr(record, '|') ? strchr(record, '|') + 1 : NULL;
	ck_assert_ptr_nonnull(record);
	snprintf(to, 256, "%.*s", (int)strcspn(record, "|;"), record);
	return to;
}

START_TEST(a_stored_message_is_told_with_where_and_how)
{
	char record[1024], keys[256];

	begin("1", "true");
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	snprintf(keys, sizeof(keys), "%s k1 k2", lmq_send_result_message_id(result));
	ck_assert_str_eq(traced(0, record, sizeof(record)), keys);
	ck_assert_str_eq(field(record, 0), "Pub");
	ck_assert_int_gt(atoll(field(record, 1)), 1700000000000);
	ck_assert_str_eq(field(record, 2), "DefaultRegion");
	ck_assert_str_eq(field(record, 3), "pg");
	ck_assert_str_eq(field(record, 4), "T");
	ck_assert_str_eq(field(record, 5), lmq_send_result_message_id(result));
	ck_assert_str_eq(field(record, 6), "red");
	ck_assert_str_eq(field(record, 7), "k1 k2");
	ck_assert_int_eq(strncmp(field(record, 8), "127.0.0.1:", 10), 0);
	ck_assert_str_eq(field(record, 9), "5");
	ck_assert_str_eq(field(record, 11), "0");
	ck_assert_str_eq(field(record, 12), lmq_send_result_offset_id(result));
	ck_assert_str_eq(field(record, 13), "true");
	ck_assert_int_eq(record[strlen(record) - 1], ';');
	end();
}
END_TEST

START_TEST(delayed_ones_have_their_type_and_failures_are_not_told)
{
	char record[1024];

	begin("1", "true");
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_MESSAGE_ILLEGAL, 1);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), -LMQ_EREMOTE);
	ck_assert_int_eq(lmq_message_set_delay_level(message, 2), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	traced(0, record, sizeof(record));
	ck_assert_str_eq(field(record, 11), "3");
	end();
}
END_TEST

static int one_by_one;

static enum lmq_consumed on_message(void *user, const struct lmq_message *m)
{
	(void)user;
	(void)m;
	return one_by_one++ ? LMQ_CONSUMED : LMQ_CONSUME_LATER;
}

START_TEST(a_callback_is_told_before_and_after)
{
	struct lmq_consumer *c;
	char before[1024], after[1024], id[64];

	begin("1", "true");
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	snprintf(id, sizeof(id), "%s", lmq_send_result_message_id(result));
	ck_assert_int_eq(lmq_consumer_new(client, "g", NULL, &c), 0);
	ck_assert_int_eq(lmq_consumer_subscribe(c, "T", "*"), 0);
	ck_assert_int_eq(lmq_consumer_on_message(c, on_message, NULL), 0);
	ck_assert_int_eq(lmq_consumer_start(c), 0);
	traced(1, before, sizeof(before));
	traced(2, after, sizeof(after));
	ck_assert_str_eq(field(before, 0), "SubBefore");
	ck_assert_str_eq(field(before, 3), "g");
	ck_assert_str_eq(field(before, 5), id);
	ck_assert_str_eq(field(before, 6), "0");
	ck_assert_str_eq(field(before, 7), "k1 k2");
	ck_assert_str_eq(field(after, 0), "SubAfter");
	ck_assert_str_eq(field(after, 1), field(before, 4)); /* one request id */
	ck_assert_str_eq(field(after, 2), id);
	ck_assert_str_eq(field(after, 4), "false");
	ck_assert_str_eq(field(after, 5), "k1 k2");
	ck_assert_str_eq(field(after, 6), "4");
	ck_assert_int_gt(atoll(field(after, 7)), 1700000000000);
	ck_assert_str_eq(field(after, 8), "g");
	traced(3, before, sizeof(before)); /* it comes again, and is consumed */
	traced(4, after, sizeof(after));
	ck_assert_str_eq(field(before, 6), "1");
	ck_assert_str_eq(field(after, 4), "true");
	ck_assert_str_eq(field(after, 6), "0");
	lmq_consumer_free(c);
	end();
}
END_TEST

static enum lmq_transaction local(void *user, const struct lmq_message *m, const char *id)
{
	(void)user;
	(void)m;
	(void)id;
	return LMQ_TRANSACTION_COMMIT;
}

static enum lmq_transaction check(void *user, const struct lmq_message *m)
{
	(void)user;
	(void)m;
	return LMQ_TRANSACTION_ROLLBACK;
}

START_TEST(a_transaction_is_told_twice_and_a_recall_once)
{
	char record[1024];

	begin("1", "true");
	ck_assert_int_eq(lmq_producer_on_check(producer, check, NULL), 0);
	ck_assert_int_eq(lmq_producer_send_transaction(producer, message, local, NULL, 0, result), 0);
	traced(0, record, sizeof(record));
	ck_assert_str_eq(field(record, 0), "Pub");
	ck_assert_str_eq(field(record, 11), "1");
	traced(1, record, sizeof(record));
	ck_assert_str_eq(field(record, 0), "EndTransaction");
	ck_assert_str_eq(field(record, 3), "pg");
	ck_assert_str_eq(field(record, 4), "T");
	ck_assert_str_eq(field(record, 5), lmq_send_result_message_id(result));
	ck_assert_str_eq(field(record, 6), "red");
	ck_assert_str_eq(field(record, 7), "k1 k2");
	ck_assert_str_eq(field(record, 9), "2");
	ck_assert_str_eq(field(record, 10), lmq_send_result_transaction_id(result));
	ck_assert_str_eq(field(record, 11), "COMMIT_MESSAGE");
	ck_assert_str_eq(field(record, 12), "false");
	ck_assert_int_eq(lmq_producer_recall(producer, "T", "djEgVCBicm9rZXItMCAxIGlk", 0, result), 0);
	traced(2, record, sizeof(record));
	ck_assert_str_eq(field(record, 0), "Recall");
	ck_assert_str_eq(field(record, 3), "pg");
	ck_assert_str_eq(field(record, 4), "T");
	ck_assert_str_eq(field(record, 6), "true");
	end();
}
END_TEST

START_TEST(what_is_missing_has_java_s_name)
{
	struct lmq_message *bare = lmq_message_new("T", "hello", 5);
	char record[1024];

	begin("1", "true");
	ck_assert_int_eq(lmq_producer_send(producer, bare, 0, result), 0);
	ck_assert_str_eq(traced(0, record, sizeof(record)), lmq_send_result_message_id(result));
	ck_assert_str_eq(field(record, 6), "null");
	ck_assert_str_eq(field(record, 7), "null");
	lmq_message_free(bare);
	end();
}
END_TEST

START_TEST(records_go_together_and_what_is_left_goes_at_the_end)
{
	char record[4096];
	size_t records = 0;

	begin("3", "true");
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	traced(0, record, sizeof(record));
	for (const char *p = record; (p = strchr(p, ';')); p++)
		records++;
	ck_assert_uint_eq(records, 3);
	lmq_producer_free(producer);
	lmq_client_free(client); /* which sends the fourth */
	ck_assert_uint_eq(mock_stored(mock, TRACE), 2);
	lmq_message_free(message);
	lmq_send_result_free(result);
	mock_free(mock);
}
END_TEST

START_TEST(what_is_gathered_goes_when_its_time_is_over)
{
	char record[4096];

	begin("20", "true");
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	traced(0, record, sizeof(record)); /* without a second one to push it */
	end();
}
END_TEST

START_TEST(nothing_is_told_without_being_asked_for)
{
	begin("1", "false");
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, result), 0);
	lmq_producer_free(producer);
	lmq_client_free(client);
	ck_assert_uint_eq(mock_stored(mock, TRACE), 0);
	lmq_message_free(message);
	lmq_send_result_free(result);
	mock_free(mock);
}
END_TEST

LMT_MAIN("trace", a_stored_message_is_told_with_where_and_how, delayed_ones_have_their_type_and_failures_are_not_told,
	 a_callback_is_told_before_and_after, a_transaction_is_told_twice_and_a_recall_once, what_is_missing_has_java_s_name,
	 records_go_together_and_what_is_left_goes_at_the_end, what_is_gathered_goes_when_its_time_is_over,
	 nothing_is_told_without_being_asked_for)
