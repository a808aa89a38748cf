/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: who leaves the assignment of queues to the broker is told of all brokers' queues, waits until they are known for the
 * first time, and never hears of a part of them as if it were all.  Shown: a broker without sockets, and answers as name servers
 * give them.
 */
#include "tests/unit/broker/fixture.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	fx_beat(&f, &p, "c1", "g", "T", "*");
	fx_forget_output(&p);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

static void ask(const char *topic)
{
	char body[256];
	snprintf(body, sizeof(body), "{\"clientId\":\"c1\",\"consumerGroup\":\"g\",\"messageModel\":\"CLUSTERING\",\"strategyName\":\"AVG\",\"topic\":\"%s\"}", topic);
	fx_hand_in(&f, &p, LMI_REQ_QUERY_ASSIGNMENT, 0, FX_NONE, lmi_span_str(body));
	core_turn_end(&f.core);
}

static size_t count_of(struct lmi_span body, const char *text)
{
	size_t n = 0;
	for (const uint8_t *at = body.p; (at = memmem(at, body.n - (size_t)(at - body.p), text, strlen(text))); at++)
		n++;
	return n;
}

static void told(const char *topic, const struct lmi_route *r)
{
	ck_assert_ptr_nonnull(route_cache_take(&f.core.routes, lmi_mono_ms(&f.clock.clock)));
	route_cache_set(&f.core.routes, lmi_span_str(topic), r);
	assignment_wake(&f.core.handle, lmi_span_str(topic));
}

static struct lmi_route_queue queues[] = {
	{ .broker_name = LMI_SPAN_LIT("broker-a"), .read_queues = 4, .write_queues = 4, .perm = 6 },
	{ .broker_name = LMI_SPAN_LIT("broker-b"), .read_queues = 2, .write_queues = 4, .perm = 6 },
	{ .broker_name = LMI_SPAN_LIT("broker-c"), .read_queues = 8, .write_queues = 8, .perm = 2 },
};
static const struct lmi_route two = { .queues = queues, .queue_count = 3 };

START_TEST(without_name_servers_the_queues_are_this_brokers)
{
	struct lmi_command a;
	set_up();
	fx_send(&f, &p, "T", "0", "", "x");
	ask("T");
	ck_assert(fx_take(&p, &a));
	ck_assert_uint_eq(count_of(a.body, "\"brokerName\":\"broker-a\""), 4);
	tear_down();
}
END_TEST

START_TEST(a_first_question_waits_for_the_name_server_and_hears_of_all_brokers)
{
	struct lmi_command a;
	set_up();
	f.core.routes.on = true;
	ask("T");
	ask("T");
	ck_assert(!fx_take(&p, &a));
	ck_assert_int_eq(p.in_flight, 2);
	told("T", &two);
	ck_assert(fx_take(&p, &a) && fx_take(&p, &a));
	ck_assert_int_eq(p.in_flight, 0);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_uint_eq(count_of(a.body, "\"brokerName\":\"broker-a\""), 4);
	ck_assert_uint_eq(count_of(a.body, "\"brokerName\":\"broker-b\""), 2);
	ck_assert_uint_eq(count_of(a.body, "broker-c"), 0); /* not readable */
	ask("T");
	ck_assert(fx_take(&p, &a)); /* known now */
	ck_assert_ptr_null(route_cache_take(&f.core.routes, lmi_mono_ms(&f.clock.clock)));
	tear_down();
}
END_TEST

START_TEST(an_unknown_topic_changes_nothing_for_the_client_and_is_asked_for_again)
{
	struct lmi_command a;
	set_up();
	f.core.routes.on = true;
	ask("T");
	told("T", NULL);
	ck_assert(fx_take(&p, &a));
	ck_assert(lmi_span_is(a.body, "{}"));
	ask("T");
	ck_assert(fx_take(&p, &a));
	ck_assert(lmi_span_is(a.body, "{}"));
	fx_pass(&f, ROUTE_RETRY_MS);
	ask("T");
	fx_take(&p, &a);
	told("T", &two);
	ask("T");
	ck_assert(fx_take(&p, &a));
	ck_assert_uint_eq(count_of(a.body, "\"queueId\""), 6);
	tear_down();
}
END_TEST

START_TEST(what_is_known_is_asked_again_after_30_s_and_kept_when_nobody_answers)
{
	struct lmi_command a;
	set_up();
	f.core.routes.on = true;
	ask("T");
	told("T", &two);
	ck_assert(fx_take(&p, &a));
	fx_pass(&f, ROUTE_FRESH_MS);
	ask("T");
	ck_assert(fx_take(&p, &a));
	told("T", NULL);
	ask("T");
	ck_assert(fx_take(&p, &a));
	ck_assert_uint_eq(count_of(a.body, "\"queueId\""), 6);
	tear_down();
}
END_TEST

START_TEST(who_waits_is_answered_when_the_broker_stops_and_forgotten_when_it_goes)
{
	struct lmi_command a;
	set_up();
	f.core.routes.on = true;
	ask("T");
	ask("U");
	core_stop_holding(&f.core);
	core_turn_end(&f.core);
	ck_assert(fx_take(&p, &a) && fx_take(&p, &a));
	ck_assert(lmi_span_is(a.body, "{}"));
	ck_assert_int_eq(p.in_flight, 0);
	tear_down();
}
END_TEST

START_TEST(what_nobody_uses_is_forgotten)
{
	struct lmi_command a;
	set_up();
	f.core.routes.on = true;
	ask("T");
	told("T", &two);
	ck_assert(fx_take(&p, &a));
	ck_assert_uint_eq(lmi_map_count(&f.core.routes.map), 1);
	fx_pass(&f, ROUTE_IDLE_MS + 20000);
	ck_assert_uint_eq(lmi_map_count(&f.core.routes.map), 0);
	tear_down();
}
END_TEST

LMT_MAIN("route_cache", without_name_servers_the_queues_are_this_brokers,
	 a_first_question_waits_for_the_name_server_and_hears_of_all_brokers,
	 an_unknown_topic_changes_nothing_for_the_client_and_is_asked_for_again,
	 what_is_known_is_asked_again_after_30_s_and_kept_when_nobody_answers,
	 who_waits_is_answered_when_the_broker_stops_and_forgotten_when_it_goes, what_nobody_uses_is_forgotten)
