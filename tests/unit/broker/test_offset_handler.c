/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: offsets are asked and told as ConsumerManageProcessor and AdminBrokerProcessor do.
 * Shown by: known and unknown groups, topics and queues, and RocketMQ's first-time rule.
 */
#include "fixture.h"

static struct fx f;
static struct fx_peer p;

static void set_up(int messages)
{
	fx_init(&f);
	fx_peer_init(&p);
	for (int i = 0; i < messages; i++) {
		fx_send(&f, &p, "T", "0", NULL, "x");
		lmi_clock_manual_pass(&f.clock, 1000);
	}
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

static struct lmi_command query(const char *group, const char *queue, const char *zero)
{
	return fx_ask(&f, &p, LMI_REQ_QUERY_CONSUMER_OFFSET,
		      FX_FIELDS({ "consumerGroup", group }, { "topic", "T" }, { "queueId", queue }, { "setZeroIfNotFound", zero }),
		      LMI_SPAN_NULL);
}

static struct lmi_command update(const char *group, const char *topic, const char *queue, const char *pos)
{
	return fx_ask(&f, &p, LMI_REQ_UPDATE_CONSUMER_OFFSET,
		      FX_FIELDS({ "consumerGroup", group }, { "topic", topic }, { "queueId", queue }, { "commitOffset", pos }),
		      LMI_SPAN_NULL);
}

static struct lmi_command ask_queue(int32_t code, const char *topic, const char *queue, const char *ms, const char *boundary)
{
	return fx_ask(&f, &p, code,
		      FX_FIELDS({ "topic", topic }, { "queueId", queue }, { "timestamp", ms }, { "boundaryType", boundary }),
		      LMI_SPAN_NULL);
}

START_TEST(a_new_group_is_told_0_while_offset_0_is_in_memory_and_22_on_an_empty_queue)
{
	set_up(3);
	struct lmi_command a = query("g", "0", NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 0);
	ck_assert_int_eq(query("g", "0", "false").code, LMI_RSP_QUERY_NOT_FOUND);
	ck_assert_int_eq(query("g", "1", NULL).code, LMI_RSP_QUERY_NOT_FOUND);
	tear_down();
}
END_TEST

START_TEST(an_update_is_found_by_the_next_query)
{
	set_up(1);
	fx_beat(&f, &p, "c", "g", "T", "*");
	fx_forget_output(&p);
	ck_assert_int_eq(update("g", "T", "0", "7").code, LMI_RSP_SUCCESS);
	struct lmi_command a = query("g", "0", NULL);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 7);
	tear_down();
}
END_TEST

START_TEST(updates_of_unknown_groups_topics_and_negative_offsets_are_26_17_29)
{
	set_up(1);
	ck_assert_int_eq(update("g", "T", "0", "7").code, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST);
	fx_beat(&f, &p, "c", "g", "T", "*");
	fx_forget_output(&p);
	ck_assert_int_eq(update("g", "nope", "0", "7").code, LMI_RSP_TOPIC_NOT_EXIST);
	ck_assert_int_eq(update("g", "T", "0", "-7").code, LMI_RSP_INVALID_PARAMETER);
	ck_assert_int_eq(update("g", "T", "-1", "7").code, LMI_RSP_INVALID_PARAMETER);
	struct lmi_command a = update("g", "T", "0", "many");
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&a, "commitOffset"));
	tear_down();
}
END_TEST

START_TEST(bounds_are_those_of_the_queue_and_0_for_none)
{
	set_up(3);
	struct lmi_command a = ask_queue(LMI_REQ_GET_MAX_OFFSET, "T", "0", NULL, NULL);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 3);
	a = ask_queue(LMI_REQ_GET_MIN_OFFSET, "T", "0", NULL, NULL);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 0);
	a = ask_queue(LMI_REQ_GET_MAX_OFFSET, "nope", "0", NULL, NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 0);
	tear_down();
}
END_TEST

START_TEST(a_time_finds_the_first_message_at_or_after_it)
{
	char ms[32];
	set_up(3); /* at FX_WALL_MS, + 1000, + 2000 */
	snprintf(ms, sizeof(ms), "%lld", (long long)FX_WALL_MS + 500);
	struct lmi_command a = ask_queue(LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP, "T", "0", ms, NULL);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 1);
	a = ask_queue(LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP, "T", "0", ms, "UPPER");
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 0);
	a = ask_queue(LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP, "T", "3", ms, NULL);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 0);
	tear_down();
}
END_TEST

START_TEST(the_earliest_store_time_is_minus_1_when_there_is_nothing)
{
	set_up(2);
	struct lmi_command a = ask_queue(LMI_REQ_GET_EARLIEST_MSG_STORETIME, "T", "0", NULL, NULL);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_TIMESTAMP), FX_WALL_MS);
	a = ask_queue(LMI_REQ_GET_EARLIEST_MSG_STORETIME, "T", "1", NULL, NULL);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_TIMESTAMP), -1);
	tear_down();
}
END_TEST

START_TEST(all_offsets_are_the_text_of_the_file)
{
	set_up(1);
	fx_beat(&f, &p, "c", "g", "T", "*");
	fx_forget_output(&p);
	update("g", "T", "0", "7");
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_ALL_CONSUMER_OFFSET, FX_NONE, LMI_SPAN_NULL);
	ck_assert_ptr_nonnull(memmem(a.body.p, a.body.n, "\"T@g\":{0:7}", 11));
	tear_down();
}
END_TEST

START_TEST(missing_fields_are_named)
{
	static const int32_t codes[] = { LMI_REQ_QUERY_CONSUMER_OFFSET,      LMI_REQ_UPDATE_CONSUMER_OFFSET, LMI_REQ_GET_MAX_OFFSET,
					 LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP, LMI_REQ_GET_MIN_OFFSET,
					 LMI_REQ_GET_EARLIEST_MSG_STORETIME };
	set_up(0);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct lmi_command a = fx_ask(&f, &p, codes[i], FX_NONE, LMI_SPAN_NULL);
		ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
		ck_assert(fx_remark_has(&a, "lacks its field"));
	}
	tear_down();
}
END_TEST

LMT_MAIN("offset_handler", a_new_group_is_told_0_while_offset_0_is_in_memory_and_22_on_an_empty_queue,
	 an_update_is_found_by_the_next_query, updates_of_unknown_groups_topics_and_negative_offsets_are_26_17_29,
	 bounds_are_those_of_the_queue_and_0_for_none, a_time_finds_the_first_message_at_or_after_it,
	 the_earliest_store_time_is_minus_1_when_there_is_nothing, all_offsets_are_the_text_of_the_file, missing_fields_are_named)
