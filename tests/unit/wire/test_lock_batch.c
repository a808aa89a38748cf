/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: queues, and requests and answers about locks, are read and written as by Java; a queue may be a map's key, bare or
 * as text.
 * Shown: on texts of the 5.3.3 jars, and on faults and the limit.
 */
#include "wire/lock_batch.h"

#include "wire_lmt.h"

#define QUEUE "{\"brokerName\":\"broker-a\",\"queueId\":0,\"topic\":\"T\"}"
#define REQUEST "{\"clientId\":\"c\",\"consumerGroup\":\"g\",\"mqSet\":[" QUEUE "],\"onlyThisBroker\":false}"
#define ANSWER "{\"lockOKMQSet\":[" QUEUE "]}"

static struct lmi_arena arena;

START_TEST(requests_are_read_and_written)
{
	struct lmi_lock_batch l;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_lock_batch_decode(LMI_SPAN_LIT(REQUEST), &arena, &l), 0);
	ck_assert_span_eq(l.client_id, "c");
	ck_assert_span_eq(l.group, "g");
	ck_assert(!l.only_this_broker && l.queue_count == 1 && l.queues[0].queue_id == 0);
	ck_assert_span_eq(l.queues[0].topic, "T");
	ck_assert_span_eq(l.queues[0].broker_name, "broker-a");
	lmi_lock_batch_put(&b, &l);
	ck_assert_span_eq(lmi_buf_span(&b), REQUEST);
	ck_assert_int_eq(lmi_lock_batch_decode(LMI_SPAN_LIT("{\"onlyThisBroker\":true,\"mqSet\":null,\"x\":{}}"), &arena, &l), 0);
	ck_assert(l.only_this_broker && l.queue_count == 0);
	ck_assert_ptr_null(l.group.p);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(answers_are_read_and_written)
{
	struct lmi_message_queue *queues;
	struct lmi_buf b = { 0 };
	size_t n;

	ck_assert_int_eq(lmi_lock_batch_answer_decode(LMI_SPAN_LIT(ANSWER), &arena, &queues, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_span_eq(queues[0].topic, "T");
	lmi_lock_batch_answer_put(&b, queues, n);
	ck_assert_span_eq(lmi_buf_span(&b), ANSWER);
	lmi_buf_reset(&b, 1 << 20);
	lmi_lock_batch_answer_put(&b, NULL, 0);
	ck_assert_span_eq(lmi_buf_span(&b), "{\"lockOKMQSet\":[]}");
	ck_assert_int_eq(lmi_lock_batch_answer_decode(lmi_buf_span(&b), &arena, &queues, &n), 0);
	ck_assert_uint_eq(n, 0);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(broken_texts_are_refused)
{
	static const char *const bad[] = { "", "[]", "{\"mqSet\":{}}", "{\"mqSet\":[1]}", "{\"mqSet\":[{\"queueId\":\"x\"}]}",
					   "{\"onlyThisBroker\":[]}", "{}x" };
	struct lmi_lock_batch l = { .queue_count = 77 };
	struct lmi_message_queue *queues = NULL;
	size_t n = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(lmi_lock_batch_decode(lmi_span_str(bad[i]), &arena, &l) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_int_eq(lmi_lock_batch_answer_decode(LMI_SPAN_LIT("{\"lockOKMQSet\":[[]]}"), &arena, &queues, &n), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_lock_batch_answer_decode(LMI_SPAN_LIT(ANSWER "x"), &arena, &queues, &n), -LMQ_EMALFORMED);
	ck_assert_uint_eq(l.queue_count, 77);
	ck_assert(n == 77 && !queues);
}
END_TEST

START_TEST(more_queues_than_the_limit_are_too_big)
{
	struct lmi_buf b = { 0 };
	struct lmi_lock_batch l;

	lmi_buf_put_str(&b, "{\"mqSet\":[{}");
	for (unsigned int i = 0; i < LMI_LOCK_BATCH_QUEUES_MAX; i++)
		lmi_buf_put_str(&b, ",{}");
	lmi_buf_put_str(&b, "]}");
	ck_assert_int_eq(lmi_lock_batch_decode(lmi_buf_span(&b), &arena, &l), -LMQ_ETOOBIG);
	lmi_buf_done(&b);
}
END_TEST

static int from_key(const char *text, struct lmi_message_queue *q)
{
	struct lmi_json_token key;
	struct lmi_json j;

	lmi_json_init(&j, lmi_span_str(text));
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_OBJECT), 1);
	ck_assert_int_eq(lmi_json_member(&j, &key), 1);
	return lmi_message_queue_from_key(&key, &arena, q);
}

START_TEST(a_queue_may_be_a_key)
{
	struct lmi_message_queue q = { .queue_id = 77 };
	struct lmi_json_token value = { .kind = LMI_JSON_STRING, .text = LMI_SPAN_LIT(QUEUE) };

	ck_assert_int_eq(from_key("{5:1}", &q), -LMQ_EMALFORMED);
	ck_assert_int_eq(from_key("{\"x\":1}", &q), -LMQ_EMALFORMED);
	ck_assert_int_eq(from_key("{\"\\x\":1}", &q), -LMQ_EMALFORMED);
	ck_assert_int_eq(from_key("{{\"queueId\":[]}:1}", &q), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_message_queue_from_key(&value, &arena, &q), -LMQ_EMALFORMED);
	ck_assert_int_eq(q.queue_id, 77);
	ck_assert_int_eq(from_key("{" QUEUE ":1}", &q), 0);
	ck_assert_span_eq(q.topic, "T");
	ck_assert_int_eq(from_key("{\"{\\\"brokerName\\\":\\\"b\\\",\\\"queueId\\\":3,\\\"topic\\\":\\\"U\\\"}\":1}", &q), 0);
	ck_assert_span_eq(q.topic, "U");
	ck_assert_int_eq(q.queue_id, 3);
}
END_TEST

LMT_MAIN("lock_batch", requests_are_read_and_written, answers_are_read_and_written, broken_texts_are_refused,
	 more_queues_than_the_limit_are_too_big, a_queue_may_be_a_key)
