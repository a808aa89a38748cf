/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a transaction's message is stored half, its local transaction runs once, and the broker is told what became of it;
 * brokers that ask are answered by who was named for it.
 * Shown: against a scripted name server and broker in this process.
 */
#include "producer_lmt.h"

#include "rules/name.h"
#include "wire/record.h"

static int runs;

static enum lmq_transaction local(void *user, const struct lmq_message *m, const char *message_id)
{
	ck_assert_ptr_eq(m, message);
	ck_assert_uint_ge(strlen(message_id), 32);
	runs++;
	return *(enum lmq_transaction *)user;
}

static struct tally checks = TALLY_INIT;
static char checked_id[64], checked_body[64];

static enum lmq_transaction check(void *user, const struct lmq_message *m)
{
	snprintf(checked_id, sizeof(checked_id), "%s", lmq_message_id(m));
	snprintf(checked_body, sizeof(checked_body), "%s", (const char *)lmq_message_body(m, NULL));
	tally_add(&checks);
	return *(enum lmq_transaction *)user;
}

static const char *told(const char *name)
{
	static char text[256];

	mock_last(mock, 0, LMI_REQ_END_TRANSACTION, name, text, sizeof(text));
	return text;
}

START_TEST(each_outcome_is_told_to_the_broker)
{
	static const struct {
		enum lmq_transaction outcome;
		const char *code;
	} cases[] = { { LMQ_TRANSACTION_COMMIT, "8" }, { LMQ_TRANSACTION_ROLLBACK, "12" }, { LMQ_TRANSACTION_UNKNOWN, "0" } };
	char props[512];

	open_with("THREADS");
	ck_assert_int_eq(lmq_producer_on_check(producer, check, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		enum lmq_transaction outcome = cases[i].outcome;
		char pos[8];

		ck_assert_int_eq(lmq_producer_send_transaction(producer, message, local, &outcome, 0, result), 0);
		ck_assert_int_eq(runs, (int)i + 1);
		ck_assert_int_eq(lmq_send_result_transaction(result), outcome);
		ck_assert_str_eq(lmq_send_result_transaction_id(result), "t-1");
		ck_assert(mock_wait(mock, 0, LMI_REQ_END_TRANSACTION, i + 1));
		ck_assert_str_eq(told("commitOrRollback"), cases[i].code);
		ck_assert_str_eq(told("fromTransactionCheck"), "false");
		ck_assert_str_eq(told("producerGroup"), "pg");
		ck_assert_str_eq(told("topic"), "T");
		ck_assert_str_eq(told("transactionId"), "t-1");
		ck_assert_str_eq(told("bname"), "broker-0");
		ck_assert_str_eq(told("commitLogOffset"), "170"); /* of the answer's id, ...AA */
		ck_assert_str_eq(told("msgId"), lmq_send_result_message_id(result));
		snprintf(pos, sizeof(pos), "%zu", i);
		ck_assert_str_eq(told("tranStateTableOffset"), pos);
		ck_assert_int_eq(mock_sysflag(mock, 0, LMI_NAME_HALF, 0, i), LMI_SYSFLAG_PREPARED);
		mock_props(mock, 0, LMI_NAME_HALF, 0, i, props, sizeof(props));
		ck_assert_ptr_nonnull(strstr(props, "TRAN_MSG\1true\2"));
		ck_assert_ptr_nonnull(strstr(props, "PGROUP\1pg\2"));
		ck_assert_uint_eq(mock_stored(mock, "T"), 1); /* the one that was committed */
	}
	close_all();
}
END_TEST

START_TEST(a_message_stored_less_safely_is_rolled_back_without_running)
{
	enum lmq_transaction outcome = LMQ_TRANSACTION_COMMIT;

	open_with("THREADS");
	ck_assert_int_eq(lmq_producer_on_check(producer, check, NULL), 0);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_FLUSH_DISK_TIMEOUT, 1);
	ck_assert_int_eq(lmq_producer_send_transaction(producer, message, local, &outcome, 0, result), 0);
	ck_assert_int_eq(lmq_send_result_transaction(result), LMQ_TRANSACTION_ROLLBACK);
	ck_assert_int_eq(runs, 0);
	mock_script(mock, 0, LMI_REQ_SEND_MESSAGE_V2, LMQ_MOCK_REFUSE, LMI_RSP_MESSAGE_ILLEGAL, 1);
	ck_assert_int_eq(lmq_producer_send_transaction(producer, message, local, &outcome, 0, result), -LMQ_EREMOTE);
	ck_assert_int_eq(runs, 0);
	close_all();
}
END_TEST

START_TEST(what_cannot_be_a_transaction_is_refused)
{
	enum lmq_transaction outcome = LMQ_TRANSACTION_COMMIT;

	open_with("THREADS");
	ck_assert_int_eq(lmq_producer_send_transaction(producer, message, local, &outcome, 0, result), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_producer_on_check(producer, NULL, NULL), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmq_producer_on_check(producer, check, NULL), 0);
	ck_assert_int_eq(lmq_producer_on_check(producer, check, NULL), -LMQ_ESTATE);
	ck_assert_int_eq(lmq_message_set_delay_level(message, 1), 0);
	ck_assert_int_eq(lmq_producer_send_transaction(producer, message, local, &outcome, 0, result), -LMQ_EILLEGAL);
	ck_assert_int_eq(runs, 0);
	close_all();
}
END_TEST

static const char *const question[] = { "tranStateTableOffset", "5", "commitLogOffset", "77", "transactionId", "t-9",
					"msgId", "other", "bname", "broker-0", NULL };

/* A broker asks for a message of a group. */
static void ask(const char *group)
{
	struct lmi_record rec = { .topic = LMI_SPAN_LIT("T"), .body = LMI_SPAN_LIT("half") };
	uint8_t bytes[1024];
	char props[256];

	snprintf(props, sizeof(props), "UNIQ_KEY\1id-9\2PGROUP\1%s\2", group);
	rec.props = lmi_span_str(props);
	ck_assert_int_eq(lmi_host_parse("127.0.0.1:1", &rec.born), 0);
	rec.store = rec.born;
	ck_assert_uint_le(lmi_record_bytes(&rec), sizeof(bytes));
	mock_ask(mock, 0, LMI_REQ_CHECK_TRANSACTION_STATE, question, bytes, lmi_record_encode(&rec, bytes));
}

static void answers(const char *callbacks)
{
	enum lmq_transaction outcome = LMQ_TRANSACTION_COMMIT;

	open_with(callbacks);
	ck_assert_int_eq(lmq_producer_on_check(producer, check, &outcome), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), 0);
	ck_assert(mock_wait(mock, 0, LMI_REQ_HEART_BEAT, 1));
	ask("nobody");
	ask("pg");
	if (strcmp(callbacks, "POLL") == 0)
		ck_assert_int_eq(lmq_client_poll(client, 1, MOCK_WAIT_S * 1000), 1);
	ck_assert(mock_wait(mock, 0, LMI_REQ_END_TRANSACTION, 1));
	ck_assert_int_eq(tally_get(&checks), 1);
	ck_assert_str_eq(checked_id, "id-9");
	ck_assert_str_eq(checked_body, "half");
	ck_assert_str_eq(told("commitOrRollback"), "8");
	ck_assert_str_eq(told("fromTransactionCheck"), "true");
	ck_assert_str_eq(told("tranStateTableOffset"), "5");
	ck_assert_str_eq(told("commitLogOffset"), "77");
	ck_assert_str_eq(told("transactionId"), "t-9");
	ck_assert_str_eq(told("msgId"), "id-9");
	ck_assert_str_eq(told("bname"), "broker-0");
	close_all();
}

START_TEST(a_broker_that_asks_is_answered_by_the_group_it_names) { answers("THREADS"); }
END_TEST
START_TEST(a_broker_that_asks_is_answered_by_who_polls) { answers("POLL"); }
END_TEST

START_TEST(a_question_that_makes_no_sense_is_not_answered)
{
	enum lmq_transaction outcome = LMQ_TRANSACTION_COMMIT;

	open_with("THREADS");
	ck_assert_int_eq(lmq_producer_on_check(producer, check, &outcome), 0);
	ck_assert_int_eq(lmq_producer_send(producer, message, 0, NULL), 0);
	ck_assert(mock_wait(mock, 0, LMI_REQ_HEART_BEAT, 1));
	mock_ask(mock, 0, LMI_REQ_CHECK_TRANSACTION_STATE, question, "garbage", 7);
	mock_ask(mock, 0, LMI_REQ_CHECK_TRANSACTION_STATE, NULL, NULL, 0);
	ask("pg");
	ck_assert(mock_wait(mock, 0, LMI_REQ_END_TRANSACTION, 1));
	ck_assert_int_eq(tally_get(&checks), 1);
	close_all();
}
END_TEST

LMT_MAIN("transaction", each_outcome_is_told_to_the_broker, a_message_stored_less_safely_is_rolled_back_without_running,
	 what_cannot_be_a_transaction_is_refused, a_broker_that_asks_is_answered_by_the_group_it_names,
	 a_broker_that_asks_is_answered_by_who_polls, a_question_that_makes_no_sense_is_not_answered)
