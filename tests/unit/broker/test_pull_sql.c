/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: pulls select messages by SQL92 expressions, from heartbeats and from the request, warm, cold and held; what cannot be
 * compiled is said, never taken for everything.
 * Shown by: messages with properties around each way a pull can go.
 */
#include "fixture.h"

static struct fx f;
static struct fx_peer p, c; /* producer, consumer */

static void send(const char *props, const char *body)
{
	ck_assert_int_eq(fx_send(&f, &p, "T", "0", props, body).code, LMI_RSP_SUCCESS);
}

static struct lmi_command beat(const char *expression, const char *version)
{
	char body[1024];
	snprintf(body, sizeof(body),
		 "{\"clientID\":\"c1\",\"consumerDataSet\":[{\"consumeType\":\"CONSUME_PASSIVELY\",\"groupName\":\"g\",\"messageModel\":\"CLUSTERING\","
		 "\"subscriptionDataSet\":[{\"expressionType\":\"SQL92\",\"subString\":\"%s\",\"subVersion\":%s,\"topic\":\"T\"}]}]}",
		 expression, version);
	struct lmi_command a = fx_ask(&f, &c, LMI_REQ_HEART_BEAT, FX_NONE, lmi_span_str(body));
	core_turn_end(&f.core);
	fx_forget_output(&c);
	return a;
}

static void set_up_with(void (*change)(struct fx *f), const char *expression)
{
	fx_prepare(&f);
	if (change)
		change(&f);
	fx_open(&f);
	fx_peer_init(&p);
	fx_peer_init(&c);
	for (int i = 0; i < 10; i++) {
		char props[32];
		snprintf(props, sizeof(props), "n\001%d\002", i);
		send(props, "hello");
	}
	ck_assert_int_eq(beat(expression, "1").code, LMI_RSP_SUCCESS);
}

static void set_up(const char *expression)
{
	set_up_with(NULL, expression);
}

static void tear_down(void)
{
	f.executor.lazy = false;
	fx_run_jobs(&f);
	core_turn_end(&f.core);
	fx_peer_gone(&f, &p);
	fx_peer_gone(&f, &c);
	ck_assert_int_eq(c.in_flight, 0);
	fx_done(&f);
	fx_peer_done(&p);
	fx_peer_done(&c);
}

static struct lmi_command pull(const char *pos)
{
	return fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", pos, "0"), LMI_SPAN_NULL);
}

static void hold(const char *pos)
{
	struct lmi_command a;
	fx_hand_in(&f, &c, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", pos, "2"), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	ck_assert(!fx_take(&c, &a));
}

static int count(struct lmi_span body)
{
	int n = 0;
	struct lmi_record r;
	for (; body.n; n++) {
		ck_assert_int_eq(lmi_record_decode(body, &r), 0);
		body = lmi_span(body.p + r.total, body.n - r.total);
	}
	return n;
}

START_TEST(only_messages_that_the_expression_selects_come)
{
	set_up("n BETWEEN 2 AND 4 OR n = 8");
	struct lmi_command a = pull("0");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count(a.body), 4);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 10);
	a = pull("9");
	ck_assert_int_eq(a.code, LMI_RSP_PULL_RETRY_IMMEDIATELY);
	ck_assert(lmi_span_is(a.remark, "NO_MATCHED_MESSAGE"));
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 10);
	tear_down();
}
END_TEST

START_TEST(a_long_body_and_ipv6_hosts_are_passed_over)
{
	static char body[200000];
	set_up("n = 77");
	memset(body, 'x', sizeof(body) - 1);
	send("n\00177\002", body);
	lmi_host_parse("[fe80::1]:4567", &p.peer.host);
	send("n\00177\002", body);
	send("n\00178\002", body);
	struct lmi_command a = pull("0");
	ck_assert_int_eq(count(a.body), 1); /* more does not go into one answer */
	a = pull("11");
	ck_assert_int_eq(count(a.body), 1);
	ck_assert_int_eq(pull("12").code, LMI_RSP_PULL_RETRY_IMMEDIATELY);
	tear_down();
}
END_TEST

START_TEST(what_cannot_be_compiled_is_27_with_its_column)
{
	set_up("n >");
	struct lmi_command a = pull("0");
	ck_assert_int_eq(a.code, LMI_RSP_FILTER_DATA_NOT_EXIST);
	ck_assert(fx_remark_has(&a, "column 4: "));
	beat("n > 8", "2");
	ck_assert_int_eq(count(pull("0").body), 1);
	beat("n <> ?", "1"); /* older: nobody looks at it */
	ck_assert_int_eq(count(pull("0").body), 1);
	tear_down();
}
END_TEST

static void switch_off(struct fx *x)
{
	x->cfg.settings.property_filter = false;
}

START_TEST(it_can_be_switched_off)
{
	set_up_with(switch_off, "n = 1");
	struct lmi_command a = pull("0");
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&a, "The broker does not support consumer to filter message by SQL92"));
	tear_down();
}
END_TEST

static const struct fx_field *with(const char *sysflag, const char *expression, const char *type)
{
	struct fx_field *v = (struct fx_field *)(uintptr_t)fx_pull_fields("g", "T", "0", "0", sysflag), *e = v;
	while (e->name)
		e++;
	*e++ = (struct fx_field){ "subscription", expression };
	*e++ = (struct fx_field){ "expressionType", type };
	*e = (struct fx_field){ NULL, NULL };
	return v;
}

START_TEST(an_expression_on_the_request_counts_for_it_alone)
{
	set_up("n = 1");
	struct lmi_command a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, with("4", "n > 6", "SQL92"), LMI_SPAN_NULL);
	ck_assert_int_eq(count(a.body), 3);
	a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, with("4", "n > > 6", "SQL92"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUBSCRIPTION_PARSE_FAILED);
	ck_assert(fx_remark_has(&a, "column 5: "));
	a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, with("4", "n", "XPATH"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUBSCRIPTION_PARSE_FAILED);
	ck_assert_int_eq(count(pull("0").body), 1);
	tear_down();
}
END_TEST

START_TEST(a_held_pull_wakes_only_for_what_it_wants)
{
	struct lmi_command a;
	set_up("n = 77");
	hold("10");
	send("n\0015\002", "not wanted");
	ck_assert(!fx_take(&c, &a));
	ck_assert_int_eq(c.in_flight, 1);
	send("n\00177\002", "wanted");
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count(a.body), 1);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 12);
	tear_down();
}
END_TEST

START_TEST(a_held_pull_that_nothing_came_for_ends_in_its_time_behind_what_was_passed_over)
{
	struct lmi_command a;
	set_up("n = 77");
	hold("10");
	fx_pass(&f, 10000);
	send("n\0015\002", "not wanted");
	fx_pass(&f, 4000);
	ck_assert(!fx_take(&c, &a));
	fx_pass(&f, 1200);
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_PULL_NOT_FOUND);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 11);
	tear_down();
}
END_TEST

START_TEST(a_hold_keeps_the_expression_of_its_request)
{
	struct lmi_command a;
	set_up("n = 1");
	const struct fx_field *v = with("6", "n = 99", "SQL92");
	((struct fx_field *)(uintptr_t)v)[3].value = "10";
	fx_hand_in(&f, &c, LMI_REQ_PULL_MESSAGE, 0, v, LMI_SPAN_NULL);
	core_turn_end(&f.core);
	ck_assert(!fx_take(&c, &a));
	send("n\0011\002", "not wanted");
	ck_assert(!fx_take(&c, &a));
	send("n\00199\002", "wanted");
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(count(a.body), 1);
	tear_down();
}
END_TEST

START_TEST(cold_records_are_brought_and_looked_into)
{
	struct lmi_command a;
	set_up("n = 7");
	fx_pass(&f, 2000);
	f.executor.lazy = true;
	disk_crash_chill(f.disk);
	fx_hand_in(&f, &c, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", "0", "2"), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	ck_assert(!fx_take(&c, &a));
	for (int i = 0; i < 5 && lmi_buf_len(&c.out) == 0; i++) {
		ck_assert_int_gt(fx_run_jobs(&f), 0);
		core_turn_end(&f.core);
	}
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count(a.body), 1);
	tear_down();
}
END_TEST

START_TEST(an_expensive_expression_is_tried_on_fewer_messages_at_a_time)
{
	char expression[900] = "n = 0", props[30100];
	set_up("n = 5");
	for (int i = 0; i < 20; i++)
		strcat(expression, " OR w NOT CONTAINS 'x'"); // NOLINT: fits
	memset(props, 'x', sizeof(props));
	memcpy(props, "w\001", 2);
	strcpy(props + 30000, "\002"); // NOLINT: fits
	for (int i = 0; i < 40; i++)
		send(props, "hello");
	beat(expression, "2");
	struct lmi_command a = pull("10");
	ck_assert_int_eq(a.code, LMI_RSP_PULL_RETRY_IMMEDIATELY);
	ck_assert_int_gt(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 10);
	ck_assert_int_lt(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 50);
	tear_down();
}
END_TEST

static struct lmi_command check(const char *type, const char *expression)
{
	char body[256];
	snprintf(body, sizeof(body), "{\"clientId\":\"c\",\"group\":\"g\",\"subscriptionData\":{\"topic\":\"T\",\"expressionType\":\"%s\",\"subString\":\"%s\"}}",
		 type, expression);
	return fx_ask(&f, &c, LMI_REQ_CHECK_CLIENT_CONFIG, FX_NONE, lmi_span_str(body));
}

START_TEST(a_client_can_have_its_expression_checked)
{
	set_up("n = 1");
	ck_assert_int_eq(check("SQL92", "a > 1").code, LMI_RSP_SUCCESS);
	struct lmi_command a = check("SQL92", "a > 'x'");
	ck_assert_int_eq(a.code, LMI_RSP_SUBSCRIPTION_PARSE_FAILED);
	ck_assert(fx_remark_has(&a, "column 5: "));
	ck_assert_int_eq(check("XPATH", "a").code, LMI_RSP_SUBSCRIPTION_PARSE_FAILED);
	f.core.cfg.settings.property_filter = false;
	ck_assert_int_eq(check("SQL92", "a > 1").code, LMI_RSP_SYSTEM_ERROR);
	ck_assert_int_eq(check("TAG", "a").code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

LMT_MAIN("pull_sql", only_messages_that_the_expression_selects_come, a_long_body_and_ipv6_hosts_are_passed_over,
	 what_cannot_be_compiled_is_27_with_its_column, it_can_be_switched_off, an_expression_on_the_request_counts_for_it_alone,
	 a_held_pull_wakes_only_for_what_it_wants, a_held_pull_that_nothing_came_for_ends_in_its_time_behind_what_was_passed_over,
	 a_hold_keeps_the_expression_of_its_request, cold_records_are_brought_and_looked_into,
	 an_expensive_expression_is_tried_on_fewer_messages_at_a_time, a_client_can_have_its_expression_checked)
