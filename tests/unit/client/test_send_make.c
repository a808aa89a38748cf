/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what a sender asks for (a queue by key, a delivery time, compression, a batch, another broker after a slow one)
 * is what leaves; what does not go together is refused with words.
 * Shown: against a scripted name server and brokers in this process.
 */
#include "client_lmt.h"

#include <stdlib.h>

#include "wire/props.h"
#include "wire/record.h"

static struct lmq_mock *mock;
static struct lmq_client *client;
static struct lmq_producer *producer;
static struct lmq_message *message;
static struct lmq_send_result *result;

static void use(struct lmq_mock *m, struct lmq_client *c)
{
	mock = m;
	client = c;
	ck_assert_int_eq(lmq_producer_new(client, "pg", NULL, &producer), 0);
	message = lmq_message_new("T", "hello", 5);
	result = lmq_send_result_new();
	ck_assert(message && result);
}

static struct lmq_mock *servers(size_t brokers, int32_t queues)
{
	struct lmq_mock *m = mock_new(brokers);

	mock_topic(m, "T", queues);
	return m;
}

static void open_all(size_t brokers, int32_t queues)
{
	struct lmq_mock *m = servers(brokers, queues);

	use(m, open_client(mock_namesrv(m), NULL));
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

/* ---- the queue ---- */

START_TEST(a_key_goes_to_the_queue_that_java_chooses)
{
	/* |"order-1".hashCode()| % 8 and so on, queues of broker-0 first */
	static const struct {
		const char *key;
		int32_t hash;
	} cases[] = { { "order-1", -1207111310 }, { "a", 97 }, { "", 0 }, { "polygenelubricants", INT32_MIN } };

	open_all(2, 4);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int32_t n = abs(cases[i].hash % 8);

		ck_assert_int_eq(lmi_java_hash(lmi_span_str(cases[i].key)), cases[i].hash);
		ck_assert_int_eq(lmq_message_set_queue_key(message, cases[i].key), 0);
		for (int k = 0; k < 3; k++) {
			ck_assert_int_eq(send_now(), 0);
			ck_assert_str_eq(lmq_send_result_broker(result), n < 4 ? "broker-0" : "broker-1");
			ck_assert_int_eq(lmq_send_result_queue_id(result), n % 4);
		}
	}
	close_all();
}
END_TEST

START_TEST(a_keys_message_is_not_tried_on_another_broker)
{
	open_all(2, 1);
	ck_assert_int_eq(lmq_message_set_queue_key(message, "a"), 0); /* 97 % 2: broker-1 */
	mock_script(mock, 1, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_BUSY, 2);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_send_result_tries(result), 3);
	ck_assert_str_eq(lmq_send_result_broker(result), "broker-1");
	ck_assert_int_eq(lmq_message_set_queue_key(message, NULL), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(send_now(), 0);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_SEND_MESSAGE_V2), 1);
	close_all();
}
END_TEST

/* ---- delivery times ---- */

START_TEST(the_last_delivery_time_set_counts)
{
	char props[512];

	open_all(1, 1);
	ck_assert_int_eq(lmq_message_set_deliver_at(message, -1), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_deliver_after(message, -1), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_delay_level(message, 3), 0);
	ck_assert_int_eq(lmq_message_set_deliver_at(message, 1234567890123), 0);
	ck_assert_int_eq(send_now(), 0);
	mock_props(mock, 0, "T", 0, 0, props, sizeof(props));
	ck_assert_ptr_nonnull(strstr(props, "TIMER_DELIVER_MS\0011234567890123\2"));
	ck_assert_ptr_null(strstr(props, "DELAY\1"));
	ck_assert_str_eq(lmq_send_result_recall_handle(result), "");
	ck_assert_int_eq(lmq_message_set_deliver_after(message, 5000), 0);
	ck_assert_int_eq(send_now(), 0);
	mock_props(mock, 0, "T", 0, 1, props, sizeof(props));
	ck_assert_ptr_nonnull(strstr(props, "TIMER_DELAY_MS\0015000\2"));
	ck_assert_ptr_null(strstr(props, "TIMER_DELIVER_MS"));
	ck_assert_str_eq(lmq_send_result_recall_handle(result), "djEgVCBicm9rZXItMCAxIGlk");
	ck_assert_int_eq(lmq_message_set_delay_level(message, 2), 0);
	ck_assert_int_eq(send_now(), 0);
	mock_props(mock, 0, "T", 0, 2, props, sizeof(props));
	ck_assert_ptr_null(strstr(props, "TIMER"));
	ck_assert_ptr_nonnull(strstr(props, "DELAY\0012\2"));
	close_all();
}
END_TEST

START_TEST(a_message_is_recalled_at_its_broker)
{
	char told[256];

	open_all(1, 1);
	ck_assert_int_eq(lmq_message_set_deliver_after(message, 5000), 0);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_producer_recall(producer, "T", lmq_send_result_recall_handle(result), 0, NULL), 0);
	mock_last(mock, 0, LMI_REQ_RECALL_MESSAGE, "recallHandle", told, sizeof(told));
	ck_assert_str_eq(told, "djEgVCBicm9rZXItMCAxIGlk");
	mock_last(mock, 0, LMI_REQ_RECALL_MESSAGE, "topic", told, sizeof(told));
	ck_assert_str_eq(told, "T");
	mock_script(mock, 0, LMI_REQ_RECALL_MESSAGE, LMQ_MOCK_REFUSE, LMI_RSP_MESSAGE_ILLEGAL, 1);
	ck_assert_int_eq(lmq_producer_recall(producer, "T", "djEgVCBicm9rZXItMCAxIGlk", 0, result), -LMQ_EREMOTE);
	ck_assert_int_eq(lmq_send_result_remote_code(result), LMI_RSP_MESSAGE_ILLEGAL);
	ck_assert_ptr_nonnull(strstr(lmq_send_result_detail(result), "so says the script"));
	mock_script(mock, 0, LMI_REQ_RECALL_MESSAGE, LMQ_MOCK_SILENT, 0, 1);
	ck_assert_int_eq(lmq_producer_recall(producer, "T", "djEgVCBicm9rZXItMCAxIGlk", 200, result), -LMQ_ETIMEOUT);
	close_all();
}
END_TEST

START_TEST(what_is_no_handle_is_not_recalled)
{
	/* not base64; "v2 T broker-0 1 id"; "v1 T broker-0"; empty */
	static const char *const bad[] = { "!", "djIgVCBicm9rZXItMCAxIGlk", "djEgVCBicm9rZXItMA==", "" };
	char *big = malloc(5000);

	open_all(1, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(lmq_producer_recall(producer, "T", bad[i], 0, result), -LMQ_EILLEGAL);
	memset(big, 'A', 4999);
	big[4999] = '\0';
	ck_assert_int_eq(lmq_producer_recall(producer, "T", big, 0, result), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_producer_recall(producer, "no topic", "djEgVCBicm9rZXItMCAxIGlk", 0, result), -LMQ_EILLEGAL);
	/* "v1 T nobody 1 id" */
	ck_assert_int_eq(lmq_producer_recall(producer, "T", "djEgVCBub2JvZHkgMSBpZA==", 0, result), -LMQ_ENOROUTE);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_RECALL_MESSAGE), 0);
	free(big);
	close_all();
}
END_TEST

/* ---- compression ---- */

START_TEST(long_bodies_are_packed_as_said)
{
	static const struct {
		const char *type;
		int32_t sysflag;
	} kinds[] = { { "ZLIB", 0x301 }, { "LZ4", 0x101 }, { "ZSTD", 0x201 } };
	char body[4096];

	memset(body, 'x', sizeof(body));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct lmq_mock *m = servers(1, 1);
		uint8_t record[8192];
		struct lmi_record rec;
		size_t n;

		use(m, open_client(mock_namesrv(m), "compressType", kinds[i].type, NULL));
		ck_assert_int_eq(lmq_message_set_body(message, body, 4095), 0);
		ck_assert_int_eq(send_now(), 0);
		ck_assert_int_eq(mock_sysflag(mock, 0, "T", 0, 0), 0);
		ck_assert_int_eq(lmq_message_set_body(message, body, 4096), 0);
		ck_assert_int_eq(send_now(), 0);
		ck_assert_int_eq(mock_sysflag(mock, 0, "T", 0, 1), kinds[i].sysflag);
		n = mock_record(mock, 0, "T", 0, 1, record, sizeof(record));
		ck_assert_int_eq(lmi_record_decode(lmi_span(record, n), &rec), 0);
		ck_assert_uint_lt(rec.body.n, 4096);
		close_all();
	}
}
END_TEST

/* ---- another broker ---- */

START_TEST(a_broker_that_failed_is_passed_over_for_a_while)
{
	struct lmq_mock *m = servers(2, 1);
	int failed = 0;

	use(m, open_client(mock_namesrv(m), "sendLatencyFaultEnable", "true", NULL));
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_BUSY, 100);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(send_now(), 0);
		ck_assert_str_eq(lmq_send_result_broker(result), "broker-1");
		failed += lmq_send_result_tries(result) > 1;
	}
	ck_assert_int_eq(failed, 1);
	/* all of them slow or failed: better one of those than none */
	mock_calm(mock);
	mock_script(mock, 1, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_SYSTEM_BUSY, 1);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(send_now(), 0);
	close_all();
}
END_TEST

START_TEST(less_safely_stored_may_be_tried_again)
{
	struct lmq_mock *m = servers(2, 1);

	use(m, open_client(mock_namesrv(m), "retryAnotherBrokerWhenNotStoreOK", "true", NULL));
	for (int b = 0; b < 2; b++)
		mock_script(mock, b, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_SLAVE_NOT_AVAILABLE, 1);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_send_result_tries(result), 3);
	ck_assert_int_eq(lmq_send_result_status(result), LMQ_SENT_OK);
	for (int b = 0; b < 2; b++)
		mock_script(mock, b, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_SLAVE_NOT_AVAILABLE, 3);
	ck_assert_int_eq(send_now(), 0);
	ck_assert_int_eq(lmq_send_result_tries(result), 3);
	ck_assert_int_eq(lmq_send_result_status(result), LMQ_SENT_SLAVE_NOT_AVAILABLE);
	close_all();
}
END_TEST

/* ---- batches ---- */

static struct lmq_message *batch[3];

static void make_batch(void)
{
	for (int i = 0; i < 3; i++) {
		char body[16];

		snprintf(body, sizeof(body), "body %d", i);
		batch[i] = lmq_message_new("T", body, strlen(body));
		ck_assert_int_eq(lmq_message_set_tag(batch[i], i == 1 ? "B" : "A"), 0);
	}
}

static int send_batch(size_t n)
{
	return lmq_producer_send_batch(producer, (const struct lmq_message *const *)batch, n, 0, result);
}

static void free_batch(void)
{
	for (int i = 0; i < 3; i++)
		lmq_message_free(batch[i]);
}

START_TEST(a_batch_is_stored_as_its_messages)
{
	char props[512], ids[256], first[64];

	open_all(1, 2);
	make_batch();
	ck_assert_int_eq(send_batch(3), 0);
	ck_assert_uint_eq(mock_stored(mock, "T"), 3);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_SEND_BATCH_MESSAGE), 1);
	ck_assert_int_eq(lmq_send_result_queue_pos(result), 0);
	snprintf(ids, sizeof(ids), "%s", lmq_send_result_message_ids(result));
	snprintf(first, sizeof(first), "%s", lmq_send_result_message_id(result));
	ck_assert_uint_eq(strlen(ids), 3 * strlen(first) + 2);
	ck_assert_ptr_eq(strstr(ids, first), ids);
	ck_assert_str_eq(lmq_send_result_offset_id(result), "7F000001000000010000000000000000");
	for (size_t i = 0; i < 3; i++) {
		char id[64];

		mock_props(mock, 0, "T", lmq_send_result_queue_id(result), i, props, sizeof(props));
		ck_assert_ptr_nonnull(strstr(props, i == 1 ? "TAGS\1B\2" : "TAGS\1A\2"));
		snprintf(id, sizeof(id), "UNIQ_KEY\1%.*s", (int)strlen(first), ids + i * (strlen(first) + 1));
		ck_assert_ptr_nonnull(strstr(props, id));
	}
	/* a single message after it: no list of ids is left over */
	ck_assert_int_eq(send_now(), 0);
	ck_assert_str_eq(lmq_send_result_message_ids(result), lmq_send_result_message_id(result));
	free_batch();
	close_all();
}
END_TEST

static void on_batch(void *user, const struct lmq_send_result *r)
{
	ck_assert_int_eq(lmq_send_result_error(r), 0);
	ck_assert_ptr_nonnull(strchr(lmq_send_result_message_ids(r), ','));
	tally_add(user);
}

START_TEST(a_batch_may_be_sent_without_waiting)
{
	struct tally told = TALLY_INIT;

	open_all(1, 1);
	make_batch();
	ck_assert_int_eq(lmq_producer_send_batch_async(producer, (const struct lmq_message *const *)batch, 3, on_batch, &told), 0);
	ck_assert(tally_wait(&told, 1));
	ck_assert_int_eq(lmq_producer_send_batch_async(producer, (const struct lmq_message *const *)batch, 0, on_batch, &told),
			 -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_producer_flush(producer, -1), 0);
	ck_assert_int_eq(tally_get(&told), 1);
	free_batch();
	close_all();
}
END_TEST

START_TEST(messages_that_do_not_go_together_are_refused)
{
	struct lmq_mock *m = servers(1, 1);

	use(m, open_client(mock_namesrv(m), "maxMessageSize", "200", NULL));
	make_batch();
	ck_assert_int_eq(send_batch(0), -LMQ_EILLEGAL);
	ck_assert_ptr_nonnull(strstr(lmq_send_result_detail(result), "empty"));
	ck_assert_int_eq(send_batch(3), -LMQ_ETOOBIG);
	ck_assert_int_eq(lmq_message_set_topic(batch[1], "U"), 0);
	ck_assert_int_eq(send_batch(2), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_topic(batch[1], "T"), 0);
	ck_assert_int_eq(lmq_message_set_delay_level(batch[1], 1), 0);
	ck_assert_int_eq(send_batch(2), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_delay_level(batch[1], 0), 0);
	ck_assert_int_eq(lmq_message_set_deliver_after(batch[1], 1), 0);
	ck_assert_int_eq(send_batch(2), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_deliver_after(batch[1], 0), 0);
	ck_assert_int_eq(lmq_message_set_wait_stored(batch[1], false), 0);
	ck_assert_int_eq(send_batch(2), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_wait_stored(batch[1], true), 0);
	ck_assert_int_eq(lmq_message_set_queue(batch[1], "broker-0", 0), 0);
	ck_assert_int_eq(send_batch(2), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_queue_key(batch[1], "k"), 0);
	ck_assert_int_eq(send_batch(2), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_message_set_topic(batch[0], "%RETRY%g"), 0);
	ck_assert_int_eq(send_batch(1), -LMQ_EILLEGAL);
	ck_assert_uint_eq(mock_count(mock, 0, LMI_REQ_SEND_BATCH_MESSAGE), 0);
	free_batch();
	close_all();
}
END_TEST

LMT_MAIN("send make", a_key_goes_to_the_queue_that_java_chooses, a_keys_message_is_not_tried_on_another_broker,
	 the_last_delivery_time_set_counts, a_message_is_recalled_at_its_broker, what_is_no_handle_is_not_recalled,
	 long_bodies_are_packed_as_said, a_broker_that_failed_is_passed_over_for_a_while, less_safely_stored_may_be_tried_again,
	 a_batch_is_stored_as_its_messages, a_batch_may_be_sent_without_waiting, messages_that_do_not_go_together_are_refused)
