/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: pulls are checked in RocketMQ's order, answered with records or the right status, held without a race, and woken
 * by what they want.
 * Shown by: each check in turn, each status, arrivals in the same turn and later, cold reads, a full connection.
 */
#include "fixture.h"

static struct fx f;
static struct fx_peer p, c; /* producer, consumer */

static void set_up_with(void (*change)(struct fx *f))
{
	fx_prepare(&f);
	if (change)
		change(&f);
	fx_open(&f);
	fx_peer_init(&p);
	fx_peer_init(&c);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_peer_gone(&f, &c);
	ck_assert_int_eq(c.in_flight, 0);
	fx_done(&f);
	ck_assert(p.freed && c.freed);
	fx_peer_done(&p);
	fx_peer_done(&c);
}

static void send(const char *props, const char *body)
{
	struct lmi_command a = fx_send(&f, &p, "T", "0", props, body);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
}

/* A topic with n messages and a consumer that subscribed to it. */
static void set_up(int n, const char *tags)
{
	set_up_with(NULL);
	for (int i = 0; i < n; i++)
		send(NULL, "hello");
	ck_assert_int_eq(fx_beat(&f, &c, "c1", "g", "T", tags).code, LMI_RSP_SUCCESS);
	core_turn_end(&f.core);
	fx_forget_output(&c);
}

static struct lmi_command pull(const char *pos, const char *sysflag)
{
	return fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", pos, sysflag), LMI_SPAN_NULL);
}

/* A pull that is held: no answer yet. */
static void pull_held(const char *pos)
{
	struct lmi_command a;
	fx_hand_in(&f, &c, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", pos, "2"), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	ck_assert(!fx_take(&c, &a));
	ck_assert_int_eq(c.in_flight, 1);
}

static int count_records(struct lmi_span body)
{
	int n = 0;
	struct lmi_record r;
	while (body.n) {
		ck_assert_int_eq(lmi_record_decode(body, &r), 0);
		body = lmi_span(body.p + r.total, body.n - r.total);
		n++;
	}
	return n;
}

START_TEST(found_messages_come_as_whole_records_with_their_bounds)
{
	set_up(5, "*");
	struct lmi_command a = pull("2", "0");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(a.remark, "FOUND"));
	ck_assert_int_eq(count_records(a.body), 3);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 5);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_MIN_OFFSET), 0);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_MAX_OFFSET), 5);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_SUGGEST_WHICH_BROKER_ID), 0);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_TOPIC_SYS_FLAG), 0);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_GROUP_SYS_FLAG), 0);
	tear_down();
}
END_TEST

START_TEST(positions_outside_are_21_or_19)
{
	set_up(3, "*");
	struct lmi_command a = pull("3", "0");
	ck_assert_int_eq(a.code, LMI_RSP_PULL_NOT_FOUND);
	ck_assert(lmi_span_is(a.remark, "OFFSET_OVERFLOW_ONE"));
	a = pull("4", "0");
	ck_assert_int_eq(a.code, LMI_RSP_PULL_OFFSET_MOVED);
	ck_assert(lmi_span_is(a.remark, "OFFSET_OVERFLOW_BADLY"));
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 3);
	a = pull("-1", "0");
	ck_assert_int_eq(a.code, LMI_RSP_PULL_OFFSET_MOVED);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 0);
	tear_down();
}
END_TEST

START_TEST(an_empty_queue_is_19_at_0_and_21_elsewhere)
{
	set_up(1, "*");
	struct lmi_command a =
		fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "1", "0", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_PULL_NOT_FOUND);
	a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "1", "7", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_PULL_OFFSET_MOVED);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 0);
	tear_down();
}
END_TEST

/* ---- checks, in order ---- */

static void unreadable(struct fx *x)
{
	x->cfg.settings.permission = 2;
}

START_TEST(a_broker_that_is_not_readable_is_16_with_type_1)
{
	set_up_with(unreadable);
	struct lmi_command a = pull("0", "0");
	ck_assert_int_eq(a.code, LMI_RSP_NO_PERMISSION);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_FORBIDDEN_TYPE), 1);
	tear_down();
}
END_TEST

static void no_lite(struct fx *x)
{
	x->cfg.settings.lite_pull = false;
}

START_TEST(lite_pull_can_be_switched_off)
{
	set_up_with(no_lite);
	struct lmi_command a =
		fx_ask(&f, &c, LMI_REQ_LITE_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "0", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_NO_PERMISSION);
	tear_down();
}
END_TEST

static void no_groups(struct fx *x)
{
	x->cfg.settings.auto_create_group = false;
}

START_TEST(an_unknown_group_is_26_when_groups_are_not_made)
{
	set_up_with(no_groups);
	ck_assert_int_eq(pull("0", "0").code, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST);
	tear_down();
}
END_TEST

START_TEST(a_group_that_may_not_consume_is_16_with_type_2)
{
	struct lmi_group_config g;
	set_up(1, "*");
	lmi_group_config_init(&g, LMI_SPAN_LIT("g"));
	g.consume_enable = false;
	group_table_put(&f.core.groups, &g, 1);
	struct lmi_command a = pull("0", "0");
	ck_assert_int_eq(a.code, LMI_RSP_NO_PERMISSION);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_FORBIDDEN_TYPE), 2);
	tear_down();
}
END_TEST

START_TEST(topics_that_are_unknown_unreadable_or_too_small_are_17_16_29)
{
	struct lmi_topic_config t;
	set_up(1, "*");
	struct lmi_command a =
		fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "nope", "0", "0", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_TOPIC_NOT_EXIST);
	a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "4", "0", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "-1", "0", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_INVALID_PARAMETER);
	lmi_topic_config_init(&t, LMI_SPAN_LIT("T"));
	t.perm = LMI_PERM_WRITE;
	topic_table_put(&f.core.topics, &t, 1);
	a = pull("0", "0");
	ck_assert_int_eq(a.code, LMI_RSP_NO_PERMISSION);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_FORBIDDEN_TYPE), 3);
	tear_down();
}
END_TEST

START_TEST(who_sent_no_heartbeat_or_did_not_subscribe_is_24)
{
	set_up_with(NULL);
	send(NULL, "x");
	ck_assert_int_eq(pull("0", "0").code, LMI_RSP_SUBSCRIPTION_NOT_EXIST);
	fx_beat(&f, &c, "c1", "g", "U", "*");
	fx_forget_output(&c);
	ck_assert_int_eq(pull("0", "0").code, LMI_RSP_SUBSCRIPTION_NOT_EXIST);
	tear_down();
}
END_TEST

START_TEST(an_older_subscription_than_the_clients_is_25)
{
	set_up(1, "*");
	struct fx_field *v = (struct fx_field *)(uintptr_t)fx_pull_fields("g", "T", "0", "0", "0");
	for (struct fx_field *e = v; e->name; e++)
		if (strcmp(e->name, "subVersion") == 0)
			e->value = "2";
	ck_assert_int_eq(fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, v, LMI_SPAN_NULL).code, LMI_RSP_SUBSCRIPTION_NOT_LATEST);
	tear_down();
}
END_TEST

START_TEST(a_missing_field_is_named)
{
	set_up_with(NULL);
	struct lmi_command a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, FX_FIELDS({ "consumerGroup", "g" }, { "topic", "T" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&a, "queueId"));
	tear_down();
}
END_TEST

/* ---- filters ---- */

START_TEST(tags_filter_what_comes_and_nothing_left_is_20)
{
	set_up_with(NULL);
	send("TAGS\001A\002", "a");
	send("TAGS\001B\002", "b");
	send("TAGS\001A\002", "c");
	send("TAGS\001B\002", "d");
	fx_beat(&f, &c, "c1", "g", "T", "A");
	core_turn_end(&f.core);
	fx_forget_output(&c);
	struct lmi_command a = pull("0", "0");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count_records(a.body), 2);
	a = pull("3", "0");
	ck_assert_int_eq(a.code, LMI_RSP_PULL_RETRY_IMMEDIATELY);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 4);
	tear_down();
}
END_TEST

static const struct fx_field *with_subscription(const char *expression, const char *type)
{
	struct fx_field *v = (struct fx_field *)(uintptr_t)fx_pull_fields("g", "T", "0", "0", "4"), *e = v;
	while (e->name)
		e++;
	e[0] = (struct fx_field){ "subscription", expression };
	e[1] = (struct fx_field){ "expressionType", type };
	e[2] = (struct fx_field){ NULL, NULL };
	return v;
}

START_TEST(a_subscription_on_the_request_counts_without_a_heartbeat)
{
	set_up_with(NULL);
	send("TAGS\001A\002", "a");
	send("TAGS\001B\002", "b");
	struct lmi_command a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, with_subscription("B || C", "TAG"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count_records(a.body), 1);
	a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, with_subscription("||", NULL), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUBSCRIPTION_PARSE_FAILED);
	a = fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, with_subscription(" || ", NULL), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_PULL_RETRY_IMMEDIATELY); /* a subscription to nothing, for RocketMQ too */
	tear_down();
}
END_TEST

/* ---- holding ---- */

START_TEST(nothing_there_is_held_and_a_message_wakes_it)
{
	struct lmi_command a;
	set_up(1, "*");
	pull_held("1");
	send(NULL, "second");
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count_records(a.body), 1);
	ck_assert_int_eq(c.in_flight, 0);
	tear_down();
}
END_TEST

START_TEST(a_message_of_the_same_turn_is_not_missed)
{
	struct lmi_command a;
	set_up(1, "*");
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("T", "0", NULL), LMI_SPAN_LIT("second"));
	fx_hand_in(&f, &c, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", "1", "2"), LMI_SPAN_NULL);
	ck_assert(!fx_take(&c, &a));
	core_turn_end(&f.core);
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(an_unwanted_tag_does_not_wake_it)
{
	struct lmi_command a;
	set_up(1, "A");
	pull_held("1");
	send("TAGS\001B\002", "no");
	ck_assert(!fx_take(&c, &a));
	send("TAGS\001A\002", "yes");
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count_records(a.body), 1);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 3);
	tear_down();
}
END_TEST

START_TEST(its_deadline_answers_19_and_it_is_not_held_again)
{
	struct lmi_command a;
	set_up(1, "*");
	pull_held("1");
	fx_pass(&f, 14900);
	ck_assert(!fx_take(&c, &a));
	fx_pass(&f, 200);
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_PULL_NOT_FOUND);
	ck_assert_int_eq(c.in_flight, 0);
	tear_down();
}
END_TEST

static void short_polling(struct fx *x)
{
	x->cfg.settings.long_polling = false;
}

START_TEST(without_long_polling_it_is_held_for_a_second)
{
	struct lmi_command a;
	set_up_with(short_polling);
	send(NULL, "x");
	fx_beat(&f, &c, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&c);
	pull_held("1");
	fx_pass(&f, 1100);
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_PULL_NOT_FOUND);
	tear_down();
}
END_TEST

START_TEST(above_the_limit_of_holds_it_is_answered_at_once)
{
	set_up(1, "*");
	f.core.holds.max = 0;
	ck_assert_int_eq(pull("1", "2").code, LMI_RSP_PULL_NOT_FOUND);
	tear_down();
}
END_TEST

START_TEST(above_its_share_of_holds_a_group_is_told_to_pause)
{
	set_up(1, "*");
	f.core.holds.group_max = 1;
	fx_hand_in(&f, &c, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", "1", "2"), LMI_SPAN_NULL);
	struct lmi_command a = pull("1", "2");
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_BUSY);
	ck_assert(fx_remark_has(&a, "maxHeldPullsPerGroup"));
	ck_assert(fx_remark_has(&a, "try again in 3 s"));
	a = pull("0", "2"); /* what is there is given all the same */
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(a_hold_of_a_closed_connection_is_forgotten)
{
	set_up(1, "*");
	pull_held("1");
	core_peer_closed(&f.core, &c.peer);
	ck_assert_uint_eq(f.core.holds.count, 0);
	send(NULL, "x");
	ck_assert_uint_eq(lmi_buf_len(&c.out), 0);
	peer_unref(&c.peer);
	fx_peer_done(&c);
	fx_peer_init(&c);
	tear_down();
}
END_TEST

START_TEST(a_woken_hold_is_checked_again)
{
	struct lmi_command a;
	struct lmi_group_config g;
	set_up(1, "*");
	pull_held("1");
	lmi_group_config_init(&g, LMI_SPAN_LIT("g"));
	g.consume_enable = false;
	group_table_put(&f.core.groups, &g, 1);
	send(NULL, "x");
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_NO_PERMISSION);
	tear_down();
}
END_TEST

START_TEST(a_stopping_broker_answers_what_it_holds)
{
	struct lmi_command a;
	set_up(1, "*");
	pull_held("1");
	core_stop_holding(&f.core);
	core_turn_end(&f.core);
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_PULL_NOT_FOUND);
	ck_assert_int_eq(pull("1", "2").code, LMI_RSP_PULL_NOT_FOUND);
	ck_assert(core_is_quiet(&f.core));
	tear_down();
}
END_TEST

START_TEST(a_connection_that_does_not_read_gets_its_messages_later)
{
	struct lmi_command a;
	set_up(1, "*");
	uint8_t *room = lmi_buf_reserve(&c.out, HANDLE_OUT_PAUSE + 1);
	memset(room, 0, HANDLE_OUT_PAUSE + 1);
	lmi_buf_commit(&c.out, HANDLE_OUT_PAUSE + 1);
	fx_hand_in(&f, &c, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", "0", "2"), LMI_SPAN_NULL);
	fx_pass(&f, 1000);
	ck_assert_uint_eq(lmi_buf_len(&c.out), HANDLE_OUT_PAUSE + 1);
	ck_assert_int_eq(c.in_flight, 1);
	fx_forget_output(&c); /* it has read at last */
	fx_pass(&f, 200);
	ck_assert(fx_take(&c, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

/* ---- committing ---- */

START_TEST(an_offset_rides_on_the_first_pass_only_when_flagged)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 0 };
	set_up(3, "*");
	struct fx_field *v = (struct fx_field *)(uintptr_t)fx_pull_fields("g", "T", "0", "2", "0");
	v[6].value = "2"; /* commitOffset */
	ck_assert_str_eq(v[6].name, "commitOffset");
	fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, v, LMI_SPAN_NULL);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), -1);
	ck_assert_int_eq(offset_table_get_pulled(&f.core.offsets, &at), 3);
	v = (struct fx_field *)(uintptr_t)fx_pull_fields("g", "T", "0", "2", "1");
	v[6].value = "2";
	fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, v, LMI_SPAN_NULL);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), 2);
	tear_down();
}
END_TEST

START_TEST(a_refused_pull_commits_nothing)
{
	struct offset_at at = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("T"), 9 };
	set_up(1, "*");
	fx_ask(&f, &c, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "9", "0", "1"), LMI_SPAN_NULL);
	ck_assert_int_eq(offset_table_get(&f.core.offsets, &at), -1);
	tear_down();
}
END_TEST

LMT_MAIN("pull_handler", found_messages_come_as_whole_records_with_their_bounds, positions_outside_are_21_or_19,
	 an_empty_queue_is_19_at_0_and_21_elsewhere, a_broker_that_is_not_readable_is_16_with_type_1,
	 lite_pull_can_be_switched_off, an_unknown_group_is_26_when_groups_are_not_made,
	 a_group_that_may_not_consume_is_16_with_type_2, topics_that_are_unknown_unreadable_or_too_small_are_17_16_29,
	 who_sent_no_heartbeat_or_did_not_subscribe_is_24, an_older_subscription_than_the_clients_is_25,
	 a_missing_field_is_named, tags_filter_what_comes_and_nothing_left_is_20,
	 a_subscription_on_the_request_counts_without_a_heartbeat, nothing_there_is_held_and_a_message_wakes_it,
	 a_message_of_the_same_turn_is_not_missed, an_unwanted_tag_does_not_wake_it,
	 its_deadline_answers_19_and_it_is_not_held_again, without_long_polling_it_is_held_for_a_second,
	 above_the_limit_of_holds_it_is_answered_at_once, above_its_share_of_holds_a_group_is_told_to_pause,
	 a_hold_of_a_closed_connection_is_forgotten,
	 a_woken_hold_is_checked_again, a_stopping_broker_answers_what_it_holds,
	 a_connection_that_does_not_read_gets_its_messages_later, an_offset_rides_on_the_first_pass_only_when_flagged,
	 a_refused_pull_commits_nothing)
