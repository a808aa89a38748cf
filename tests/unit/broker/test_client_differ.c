/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: members of one group that subscribe differently are found with the second one's heartbeat and both named, once; a
 * member that goes keeps its place for the grace time, and nobody is told.
 * Shown by: heartbeats and stated time.
 */
#include "fixture.h"

static struct fx f;
static struct fx_peer a, b;

static void set_up(int64_t grace_ms)
{
	fx_prepare(&f);
	f.cfg.client_grace_ms = grace_ms;
	fx_open(&f);
	fx_peer_init(&a);
	fx_peer_init(&b);
}

static void tear_down(void)
{
	if (a.peer.open)
		fx_peer_gone(&f, &a);
	if (b.peer.open)
		fx_peer_gone(&f, &b);
	fx_done(&f);
	fx_peer_done(&a);
	fx_peer_done(&b);
}

static void beat(struct fx_peer *p, const char *client, const char *tags)
{
	fx_forget_output(p);
	fx_beat(&f, p, client, "g", "T", tags);
	core_turn_end(&f.core);
}

static int lines(const char *text)
{
	int n = 0;
	for (const char *at = f.log.text; (at = strstr(at, text)); at++)
		n++;
	return n;
}

/* Another version of the subscription: the broker takes the newer one for the group. */
static void beat_newer(struct fx_peer *p, const char *client, const char *tags)
{
	char body[512];
	snprintf(body, sizeof(body),
		 "{\"clientID\":\"%s\",\"consumerDataSet\":[{\"consumeType\":\"CONSUME_PASSIVELY\",\"groupName\":\"g\","
		 "\"messageModel\":\"CLUSTERING\",\"subscriptionDataSet\":[{\"expressionType\":\"TAG\",\"subString\":\"%s\",\"subVersion\":2,"
		 "\"topic\":\"T\"},{\"subString\":\"*\",\"topic\":\"%%RETRY%%g\"}]}],\"producerDataSet\":[]}", client, tags);
	fx_forget_output(p);
	ck_assert_int_eq(fx_ask(&f, p, LMI_REQ_HEART_BEAT, FX_NONE, lmi_span_str(body)).code, LMI_RSP_SUCCESS);
	core_turn_end(&f.core);
}

START_TEST(both_are_named_with_the_second_ones_heartbeat_and_once)
{
	const struct client_member *x, *y;
	set_up(0);
	beat(&a, "c1", "A");
	ck_assert(!client_differ_first(&f.core.clients, &x, &y));
	beat(&b, "c2", "B");
	ck_assert(fx_logged(&f, "clients c2 and c1 subscribe differently"));
	ck_assert(client_differ_first(&f.core.clients, &x, &y));
	for (int i = 0; i < 5; i++) {
		beat(&a, "c1", "A");
		beat(&b, "c2", "B");
	}
	ck_assert_int_eq(lines("subscribe differently"), 1);
	tear_down();
}
END_TEST

START_TEST(it_is_over_when_all_agree_again)
{
	set_up(0);
	beat(&a, "c1", "A");
	beat(&b, "c2", "B");
	beat_newer(&a, "c1", "B");
	ck_assert(fx_logged(&f, "all members subscribe to the same again"));
	ck_assert_uint_eq(f.core.clients.differing, 0);
	beat_newer(&a, "c1", "C");
	ck_assert_int_eq(lines("subscribe differently"), 2);
	tear_down();
}
END_TEST

START_TEST(it_is_over_when_one_of_them_goes)
{
	set_up(0);
	beat(&a, "c1", "A");
	beat(&b, "c2", "B");
	fx_peer_gone(&f, &a);
	beat(&b, "c2", "B");
	ck_assert_uint_eq(f.core.clients.differing, 0);
	tear_down();
}
END_TEST

START_TEST(members_that_agree_are_not_spoken_of_nor_one_that_came_back_under_its_name)
{
	set_up(0);
	beat(&a, "c1", "A");
	beat(&b, "c2", "A");
	ck_assert_int_eq(lines("subscribe differently"), 0);
	beat(&b, "c1", "B"); /* the same client on a new connection, with a new subscription */
	ck_assert_int_eq(lines("subscribe differently"), 0);
	tear_down();
}
END_TEST

static bool lists(struct fx_peer *p, const char *text)
{
	fx_forget_output(p);
	struct lmi_command l = fx_ask(&f, p, LMI_REQ_GET_CONSUMER_LIST_BY_GROUP, FX_FIELDS({ "consumerGroup", "g" }), LMI_SPAN_NULL);
	return l.body.n && memmem(l.body.p, l.body.n, text, strlen(text)) != NULL;
}

START_TEST(without_a_grace_time_a_member_that_goes_is_gone_at_once)
{
	struct lmi_command c;
	set_up(0);
	beat(&a, "c1", "*");
	beat(&b, "c2", "*");
	fx_forget_output(&b);
	fx_peer_gone(&f, &a);
	core_turn_end(&f.core);
	ck_assert(fx_take(&b, &c));
	ck_assert_int_eq(c.code, LMI_REQ_NOTIFY_CONSUMER_IDS_CHANGED);
	ck_assert(lists(&b, "[\"c2\"]"));
	tear_down();
}
END_TEST

START_TEST(with_a_grace_time_a_restart_changes_nothing)
{
	struct lmi_command c;
	set_up(30000);
	beat(&a, "c1", "*");
	beat(&b, "c2", "*");
	fx_forget_output(&b);
	fx_peer_gone(&f, &a);
	core_turn_end(&f.core);
	ck_assert(!fx_take(&b, &c));
	ck_assert(lists(&b, "[\"c1\",\"c2\"]"));
	fx_pass(&f, 15000);
	fx_peer_done(&a);
	fx_peer_init(&a);
	fx_forget_output(&b);
	beat(&a, "c1", "*");
	ck_assert(!fx_take(&b, &c)); /* and so is its return */
	fx_pass(&f, 60000);
	ck_assert(lists(&b, "[\"c1\",\"c2\"]"));
	tear_down();
}
END_TEST

START_TEST(who_does_not_come_back_is_given_up_after_the_grace_time)
{
	struct lmi_command c;
	set_up(30000);
	beat(&a, "c1", "*");
	beat(&b, "c2", "*");
	fx_forget_output(&b);
	fx_peer_gone(&f, &a);
	fx_pass(&f, 40000);
	ck_assert(fx_take(&b, &c));
	ck_assert_int_eq(c.code, LMI_REQ_NOTIFY_CONSUMER_IDS_CHANGED);
	ck_assert(lists(&b, "[\"c2\"]"));
	fx_peer_gone(&f, &b);
	ck_assert_ptr_null(client_table_consumers(&f.core.clients, LMI_SPAN_LIT("g"))); /* the last one leaves nothing */
	tear_down();
}
END_TEST

LMT_MAIN("client_differ", both_are_named_with_the_second_ones_heartbeat_and_once, it_is_over_when_all_agree_again,
	 it_is_over_when_one_of_them_goes, members_that_agree_are_not_spoken_of_nor_one_that_came_back_under_its_name,
	 without_a_grace_time_a_member_that_goes_is_gone_at_once, with_a_grace_time_a_restart_changes_nothing,
	 who_does_not_come_back_is_given_up_after_the_grace_time)
