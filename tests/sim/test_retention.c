/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: through the whole broker, a registered group's committed offsets decide what retention may delete; a full budget
 * refuses sends with a remark that names the group, and goes on when it has consumed or its group is deleted; who asks for
 * a deleted message is sent to the oldest one.
 * Shown by: days of stated time on the simulated disk.
 */
#include "tests/unit/broker/fixture.h"

#define HOUR_MS 3600000
#define SEGMENT (64 << 10)

static struct fx f;
static struct fx_peer a;
static char body[1024];

static void set_up(int64_t max_bytes)
{
	fx_prepare(&f);
	memset(body, 'x', sizeof(body) - 1);
	f.cfg.store.segment_bytes = SEGMENT;
	f.cfg.store.retention = (struct retention_config){
		.interval_ms = 10000,
		.reserved_ms = 72 * (int64_t)HOUR_MS,
		.max_used_percent = 75,
		.forcibly_percent = 85,
		.warning_percent = 90,
		.batch_max = 10,
		.max_bytes = max_bytes,
	};
	fx_open(&f);
	fx_peer_init(&a);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &a);
	fx_done(&f);
	fx_peer_done(&a);
}

static void skip_hours(int n)
{
	lmi_clock_manual_pass(&f.clock, n * (int64_t)HOUR_MS);
	fx_pass(&f, 25000);
	fx_forget_output(&a);
}

static int32_t send_one(void)
{
	fx_forget_output(&a);
	return fx_send(&f, &a, "T", "0", NULL, body).code;
}

static int64_t number(int32_t code)
{
	fx_forget_output(&a);
	struct lmi_command c = fx_ask(&f, &a, code, FX_FIELDS({ "topic", "T" }, { "queueId", "0" }), LMI_SPAN_NULL);
	return fx_number(&c, LMI_EXT_OFFSET);
}

static void commit(const char *group, int64_t pos)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)pos);
	fx_beat(&f, &a, "c1", group, "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&a);
	fx_ask(&f, &a, LMI_REQ_UPDATE_CONSUMER_OFFSET,
	       FX_FIELDS({ "consumerGroup", group }, { "topic", "T" }, { "queueId", "0" }, { "commitOffset", text }), LMI_SPAN_NULL);
}

START_TEST(messages_go_after_72_hours_once_consumed_and_a_pull_below_is_sent_to_the_oldest)
{
	set_up(0);
	for (int i = 0; i < 400; i++)
		ck_assert_int_eq(send_one(), LMI_RSP_SUCCESS);
	commit("g", 400);
	skip_hours(73);
	skip_hours(1);
	int64_t min = number(LMI_REQ_GET_MIN_OFFSET);
	ck_assert_int_gt(min, 200);
	ck_assert_int_eq(number(LMI_REQ_GET_MAX_OFFSET), 400);
	fx_beat(&f, &a, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&a);
	struct lmi_command c = fx_ask(&f, &a, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "5", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(c.code, LMI_RSP_PULL_OFFSET_MOVED);
	ck_assert_int_eq(fx_number(&c, LMI_EXT_NEXT_BEGIN_OFFSET), min);
	tear_down();
}
END_TEST

START_TEST(what_a_registered_group_has_not_consumed_stays_for_weeks_until_the_group_is_deleted)
{
	set_up(0);
	for (int i = 0; i < 400; i++)
		send_one();
	commit("slow", 1);
	for (int day = 0; day < 21; day++)
		skip_hours(24);
	ck_assert_int_eq(number(LMI_REQ_GET_MIN_OFFSET), 0);
	ck_assert(fx_logged(&f, "group slow has not consumed queue 0 of topic T from 1 on"));
	fx_ask(&f, &a, LMI_REQ_DELETE_SUBSCRIPTIONGROUP, FX_FIELDS({ "groupName", "slow" }, { "cleanOffset", "true" }), LMI_SPAN_NULL);
	skip_hours(1);
	ck_assert_int_gt(number(LMI_REQ_GET_MIN_OFFSET), 200);
	tear_down();
}
END_TEST

START_TEST(a_full_budget_refuses_sends_by_name_and_takes_them_again)
{
	set_up(5 * SEGMENT);
	int sent = 0;
	send_one();
	commit("slow", 0);
	while (sent < 1000 && send_one() == LMI_RSP_SUCCESS)
		sent++;
	ck_assert_int_gt(sent, 250);
	ck_assert_int_lt(sent, 350);
	fx_pass(&f, 25000);
	fx_forget_output(&a);
	struct lmi_command c = fx_send(&f, &a, "T", "0", NULL, body);
	ck_assert_int_eq(c.code, LMI_RSP_SERVICE_NOT_AVAILABLE);
	ck_assert(fx_remark_has(&c, "storeMaxBytes"));
	ck_assert(fx_remark_has(&c, "group slow has not consumed queue 0 of topic T from 0 on"));
	commit("slow", sent);
	fx_pass(&f, 25000);
	ck_assert_int_eq(send_one(), LMI_RSP_SUCCESS);
	ck_assert_int_gt(number(LMI_REQ_GET_MIN_OFFSET), 0);
	tear_down();
}
END_TEST

START_TEST(a_topic_that_nobody_reads_goes_after_72_hours)
{
	set_up(0);
	for (int i = 0; i < 400; i++)
		send_one();
	skip_hours(71);
	ck_assert_int_eq(number(LMI_REQ_GET_MIN_OFFSET), 0);
	skip_hours(2);
	ck_assert_int_gt(number(LMI_REQ_GET_MIN_OFFSET), 200);
	tear_down();
}
END_TEST

/* A half message; *out_pos, *out_log say where it lies.  False when it was refused. */
static bool send_half(int number, int64_t *out_pos, int64_t *out_log)
{
	char props[64];
	struct lmi_host host;
	snprintf(props, sizeof(props), "UNIQ_KEY\1U%d\2TRAN_MSG\1true\2PGROUP\1PG\2", number);
	fx_forget_output(&a);
	struct lmi_command c = fx_send(&f, &a, "T", "0", props, body);
	if (c.code != LMI_RSP_SUCCESS)
		return false;
	*out_pos = fx_number(&c, LMI_EXT_QUEUE_OFFSET);
	ck_assert_int_eq(lmi_offset_msg_id_parse(lmi_command_ext(&c, LMI_EXT_MSG_ID), &host, out_log), 0);
	return true;
}

static void roll_back(int64_t queue_pos, int64_t log_pos)
{
	char pos[24], log[24];
	snprintf(pos, sizeof(pos), "%lld", (long long)queue_pos);
	snprintf(log, sizeof(log), "%lld", (long long)log_pos);
	ck_assert_int_eq(fx_ask(&f, &a, LMI_REQ_END_TRANSACTION,
				FX_FIELDS({ "producerGroup", "PG" }, { "tranStateTableOffset", pos }, { "commitLogOffset", log },
					  { "commitOrRollback", "12" }, { "fromTransactionCheck", "false" }, { "msgId", "U" }),
				LMI_SPAN_NULL).code, LMI_RSP_SUCCESS);
}

/* Transactions that are rolled back at once, from number on, until one is refused or @most were sent. */
static int roll_back_many(int number, int most)
{
	int64_t pos, log;
	int n = 0;
	for (; n < most && send_half(number + n, &pos, &log); n++) {
		roll_back(pos, log);
		fx_pass(&f, 200);
	}
	return n;
}

START_TEST(transactions_that_are_over_do_not_use_up_the_budget)
{
	set_up(8 * SEGMENT);
	ck_assert_int_eq(roll_back_many(1, 1500), 1500); /* some 30 segments */
	tear_down();
}
END_TEST

START_TEST(an_open_transaction_keeps_the_log_and_is_named)
{
	int64_t pos, log;
	set_up(8 * SEGMENT);
	roll_back_many(1, 20);
	ck_assert(send_half(1000, &pos, &log));
	ck_assert_int_lt(roll_back_many(1001, 1500), 1000);
	fx_pass(&f, 25000);
	fx_forget_output(&a);
	struct lmi_command c = fx_send(&f, &a, "T", "0", NULL, body);
	ck_assert_int_eq(c.code, LMI_RSP_SERVICE_NOT_AVAILABLE);
	ck_assert_msg(fx_remark_has(&c, "group CID_RMQ_SYS_TRANS has not consumed queue 0 of topic"), "%.*s", (int)c.remark.n, (const char *)c.remark.p);
	tear_down();
}
END_TEST

LMT_MAIN("retention", transactions_that_are_over_do_not_use_up_the_budget, an_open_transaction_keeps_the_log_and_is_named, messages_go_after_72_hours_once_consumed_and_a_pull_below_is_sent_to_the_oldest,
	 what_a_registered_group_has_not_consumed_stays_for_weeks_until_the_group_is_deleted,
	 a_full_budget_refuses_sends_by_name_and_takes_them_again, a_topic_that_nobody_reads_goes_after_72_hours)
