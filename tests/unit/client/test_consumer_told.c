/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a consumer does what brokers ask of it: it goes to other positions, tells where and how it is, consumes one message.
 * Shown: a scripted broker in this process asks.
 */
#include "consumer_lmt.h"

#include "wire/record.h"

static struct one me;
static char answer[8192];

static void start_as(bool orderly)
{
	begin(1, 2);
	for (int i = 0; i < 20; i++)
		put(0, "T", i % 2, "", i);
	make(&me, open_client(mock_namesrv(mock), SHORT, "consumeFromWhere", FIRST, NULL));
	ck_assert_int_eq(lmq_consumer_subscribe(me.consumer, "T", NULL), 0);
	if (orderly)
		ck_assert_int_eq(lmq_consumer_on_message_orderly(me.consumer, take, &me), 0);
	ck_assert_int_eq(lmq_consumer_start(me.consumer), 0);
	ck_assert(tally_wait(&came, 20));
	ck_assert(mock_wait_offsets(mock, "g", "T", 20));
}

static void end(void)
{
	leave(&me);
	mock_free(mock);
}

static void reset_both(bool orderly)
{
	static const char table[] = "{\"offsetTable\":{{\"brokerName\":\"broker-0\",\"queueId\":0,\"topic\":\"T\"}:4,"
				    "{\"brokerName\":\"broker-9\",\"queueId\":0,\"topic\":\"T\"}:0}}";
	static const char list[] = "{\"offsetTable\":[{\"brokerName\":\"broker-0\",\"offset\":8,\"queueId\":1,\"topic\":\"T\"}]}";

	start_as(orderly);
	ck_assert_int_eq(mock_order(mock, 0, "g", LMI_REQ_RESET_CONSUMER_CLIENT_OFFSET, table, sizeof(table) - 1, NULL, 0), 0);
	ck_assert(tally_wait(&came, 26));
	ck_assert_int_eq(mock_order(mock, 0, "g", LMI_REQ_RESET_CONSUMER_CLIENT_OFFSET, list, sizeof(list) - 1, NULL, 0), 0);
	ck_assert(tally_wait(&came, 28));
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(seen[i], i % 2 == 0 ? 1 + (i >= 8) : 1 + (i >= 17));
	ck_assert(mock_wait_offsets(mock, "g", "T", 20));
	end();
}

START_TEST(a_reset_is_followed_in_both_forms)
{
	reset_both(false);
}
END_TEST

START_TEST(a_reset_is_followed_in_order)
{
	reset_both(true);
}
END_TEST

START_TEST(a_reset_that_cannot_be_read_changes_nothing)
{
	static const char *const bad[] = { "", "{", "{\"offsetTable\":7}", "{\"offsetTable\":[7]}", "{\"offsetTable\":{\"x\":1}}",
					   "{\"offsetTable\":[{\"queueId\":0}],\"other\":{}}", "[]" };

	start_as(false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(mock_order(mock, 0, "g", LMI_REQ_RESET_CONSUMER_CLIENT_OFFSET, bad[i], strlen(bad[i]), answer, sizeof(answer)), 0);
	ck_assert_int_eq(mock_order(mock, 0, "g", LMI_REQ_GET_CONSUMER_STATUS_FROM_CLIENT, NULL, 0, answer, sizeof(answer)), 0);
	ck_assert_int_eq(tally_get(&came), 20);
	end();
}
END_TEST

START_TEST(positions_are_told)
{
	start_as(false);
	ck_assert_int_eq(mock_order(mock, 0, "g", LMI_REQ_GET_CONSUMER_STATUS_FROM_CLIENT, NULL, 0, answer, sizeof(answer)), 0);
	ck_assert_ptr_nonnull(strstr(answer, "{\"messageQueueTable\":{"));
	ck_assert_ptr_nonnull(strstr(answer, "{\"brokerName\":\"broker-0\",\"queueId\":0,\"topic\":\"T\"}:10"));
	ck_assert_ptr_nonnull(strstr(answer, "{\"brokerName\":\"broker-0\",\"queueId\":1,\"topic\":\"T\"}:10"));
	end();
}
END_TEST

START_TEST(the_state_is_told)
{
	start_as(true);
	ck_assert_int_eq(mock_order(mock, 0, "g", LMI_REQ_GET_CONSUMER_RUNNING_INFO, NULL, 0, answer, sizeof(answer)), 0);
	ck_assert_ptr_nonnull(strstr(answer, "\"PROP_CONSUMEORDERLY\":\"true\""));
	ck_assert_ptr_nonnull(strstr(answer, "\"PROP_CONSUME_TYPE\":\"CONSUME_PASSIVELY\""));
	ck_assert_ptr_nonnull(strstr(answer, "{\"brokerName\":\"broker-0\",\"queueId\":1,\"topic\":\"T\"}:{\"cachedMsgCount\":0"));
	ck_assert_ptr_nonnull(strstr(answer, "\"commitOffset\":10,\"droped\":false"));
	ck_assert_ptr_nonnull(strstr(answer, "\"locked\":true"));
	ck_assert_ptr_nonnull(strstr(answer, "\"subscriptionSet\":[{"));
	end();
}
END_TEST

START_TEST(one_message_is_consumed_at_once)
{
	struct lmi_record r = { .topic = LMI_SPAN_LIT("T"), .body = LMI_SPAN_LIT("123"), .queue_pos = 5 };
	uint8_t bytes[512];

	start_as(false);
	ck_assert_int_eq(lmi_host_parse("127.0.0.1:1", &r.born), 0);
	r.store = r.born;
	ck_assert_uint_le(lmi_record_bytes(&r), sizeof(bytes));
	(void)lmi_record_encode(&r, bytes);
	ck_assert_int_eq(mock_order(mock, 0, "g", LMI_REQ_CONSUME_MESSAGE_DIRECTLY, bytes, lmi_record_bytes(&r), answer, sizeof(answer)), 0);
	ck_assert_ptr_nonnull(strstr(answer, "\"consumeResult\":\"CR_SUCCESS\""));
	ck_assert_int_eq(seen[123], 1);
	ck_assert_int_eq(mock_order(mock, 0, "g", LMI_REQ_CONSUME_MESSAGE_DIRECTLY, "x", 1, answer, sizeof(answer)), LMI_RSP_SYSTEM_ERROR);
	ck_assert_int_eq(mock_order(mock, 0, "g", 4242, NULL, 0, answer, sizeof(answer)), LMI_RSP_REQUEST_CODE_NOT_SUPPORTED);
	end();
}
END_TEST

LMT_MAIN("consumer_told", a_reset_is_followed_in_both_forms, a_reset_is_followed_in_order,
	 a_reset_that_cannot_be_read_changes_nothing, positions_are_told, the_state_is_told, one_message_is_consumed_at_once)
