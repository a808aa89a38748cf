/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the counters that RocketMQ's tools ask for are those of what was sent and consumed.  Shown: a broker without sockets,
 * messages sent in a minute, some of them pulled.
 */
#include "tests/unit/broker/fixture.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	for (int i = 0; i < 6; i++) {
		fx_send(&f, &p, "T", "0", NULL, "body");
		fx_pass(&f, 10000);
	}
	fx_beat(&f, &p, "c1", "g", "T", "*");
	fx_forget_output(&p);
	fx_ask(&f, &p, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "0", "0"), LMI_SPAN_NULL);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_done(&f);
}

static struct lmi_command view(const char *name, const char *key)
{
	return fx_ask(&f, &p, LMI_REQ_VIEW_BROKER_STATS_DATA, FX_FIELDS({ "statsName", name }, { "statsKey", key }), LMI_SPAN_NULL);
}

static bool says(const struct lmi_command *a, const char *text)
{
	return a->body.n && memmem(a->body.p, a->body.n, text, strlen(text)) != NULL;
}

START_TEST(what_a_topic_took_and_a_group_got_is_told)
{
	set_up();
	struct lmi_command a = view("TOPIC_PUT_NUMS", "T");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert(says(&a, "{\"statsDay\":{\"avgpt\":1.000,\"sum\":6,"));
	ck_assert(says(&a, "\"statsMinute\":{\"avgpt\":1.000,\"sum\":6,\"tps\":0.100}"));
	a = view("TOPIC_PUT_SIZE", "T");
	ck_assert(says(&a, "\"statsHour\":{\"avgpt\":4.000,\"sum\":24,"));
	a = view("GROUP_GET_NUMS", "T@g");
	ck_assert(says(&a, "\"sum\":6,"));
	tear_down();
}
END_TEST

START_TEST(what_is_not_counted_is_not_there)
{
	static const char *const asked[][2] = { { "TOPIC_PUT_NUMS", "U" }, { "GROUP_GET_NUMS", "T@other" }, { "NO_SUCH_NUMS", "T" }, { "TOPIC_PUT_NUMS", "" } };
	set_up();
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct lmi_command a = view(asked[i][0], asked[i][1]);
		ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
		ck_assert(fx_remark_has(&a, "not exist"));
	}
	ck_assert_int_eq(view("TOPIC_PUT_NUMS", NULL).code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(rates_stand_in_what_tools_show_of_broker_topic_and_group)
{
	set_up();
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_BROKER_RUNTIME_INFO, FX_NONE, LMI_SPAN_NULL);
	ck_assert(says(&a, "\"putTps\":\"0.050 0.083 0.083\""));
	ck_assert(says(&a, "\"msgPutTotalTodayNow\":\"6\""));
	ck_assert(says(&a, "\"msgGetTotalTodayNow\":\"6\""));
	ck_assert(says(&a, "\"earliestMessageTimeStamp\":\"17000"));
	a = fx_ask(&f, &p, LMI_REQ_GET_TOPIC_STATS_INFO, FX_FIELDS({ "topic", "T" }), LMI_SPAN_NULL);
	ck_assert(says(&a, "\"topicPutTps\":0.100"));
	a = fx_ask(&f, &p, LMI_REQ_GET_CONSUME_STATS, FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }), LMI_SPAN_NULL);
	ck_assert(says(&a, "\"consumeTps\":6.000"));
	tear_down();
}
END_TEST

LMT_MAIN("stat_view", what_a_topic_took_and_a_group_got_is_told, what_is_not_counted_is_not_there,
	 rates_stand_in_what_tools_show_of_broker_topic_and_group)
