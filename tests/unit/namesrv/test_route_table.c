/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: routes follow registrations, and go with silence, closed connections and unregistering; time is stated.
 * Shown: the table alone, with answers decoded again.
 */
#include <stdio.h>

#include "namesrv/route_table.h"
#include "tests/support/lmt.h"

static struct route_event last_gone;
static char last_name[64];
static int gone_count;

static void on_gone(void *user, const struct route_event *e)
{
	(void)user;
	last_gone = *e;
	snprintf(last_name, sizeof(last_name), "%s", e->broker_name);
	gone_count++;
}

static const struct route_limits limits = { .topics_max = 100, .brokers_max = 3, .expire_ms = 120000 };

static struct lmi_topic_config topic(const char *name)
{
	struct lmi_topic_config c;

	lmi_topic_config_init(&c, lmi_span_str(name));
	c.read_queues = c.write_queues = 4;
	return c;
}

/* Register a broker with topics A and B. */
static int reg(struct route_table *t, const char *name, const char *addr, int64_t id, int64_t version, int64_t now)
{
	struct lmi_topic_config topics[] = { topic("A"), topic("B") };
	struct lmi_register body = { .version = { .counter = version, .timestamp_ms = 1 }, .topics = topics, .topic_count = 2 };
	struct route_registration r = {
		.cluster = LMI_SPAN_LIT("C"),
		.broker_name = lmi_span_str(name),
		.addr = lmi_span_str(addr),
		.ha_addr = LMI_SPAN_LIT("h:1"),
		.broker_id = id,
		.conn_id = (uint64_t)id + 10,
		.acting_master = -1,
		.body = &body,
	};
	struct route_registered out;

	return route_table_register(t, &r, now, &out);
}

static size_t brokers_of(struct route_table *t, const char *name)
{
	struct lmi_span body;
	struct lmi_route route;
	struct lmi_arena a;
	size_t n;

	if (route_table_route(t, lmi_span_str(name), LMI_ROUTE_STANDARD, LMI_SPAN_NULL, &body) < 0)
		return 0;
	lmi_arena_init(&a, 0);
	ck_assert_int_eq(lmi_route_decode(body, &a, &route), 0);
	n = route.broker_count;
	lmi_arena_done(&a);
	return n;
}

START_TEST(a_registered_topic_has_a_route_in_both_dialects)
{
	struct route_table *t = route_table_new(&limits, on_gone, NULL);
	struct lmi_span body;

	ck_assert_int_eq(reg(t, "b", "1.1.1.1:1", 0, 1, 0), 0);
	ck_assert_int_eq(route_table_route(t, LMI_SPAN_LIT("A"), LMI_ROUTE_DEFAULT, LMI_SPAN_NULL, &body), 0);
	ck_assert(memmem(body.p, body.n, "{0:\"1.1.1.1:1\"}", 15) != NULL);
	ck_assert_int_eq(route_table_route(t, LMI_SPAN_LIT("A"), LMI_ROUTE_STANDARD, LMI_SPAN_NULL, &body), 0);
	ck_assert(memmem(body.p, body.n, "{\"0\":\"1.1.1.1:1\"}", 17) != NULL);
	ck_assert_int_eq(route_table_route(t, LMI_SPAN_LIT("X"), LMI_ROUTE_DEFAULT, LMI_SPAN_NULL, &body), -LMQ_ENOTFOUND);
	route_table_free(t);
}
END_TEST

START_TEST(a_broker_silent_for_120_s_is_withdrawn_and_not_before)
{
	struct route_table *t = route_table_new(&limits, on_gone, NULL);

	reg(t, "b", "1.1.1.1:1", 0, 1, 1000);
	route_table_expire(t, 121000);
	ck_assert_uint_eq(brokers_of(t, "A"), 1);
	ck_assert(route_table_touch(t, LMI_SPAN_LIT("C"), LMI_SPAN_LIT("1.1.1.1:1"), 100000));
	route_table_expire(t, 220000);
	ck_assert_uint_eq(brokers_of(t, "A"), 1);
	route_table_expire(t, 220001);
	ck_assert_uint_eq(brokers_of(t, "A"), 0);
	ck_assert_int_eq(last_gone.why, ROUTE_GONE_EXPIRED);
	ck_assert_int_eq(last_gone.silent_ms, 120001);
	ck_assert_uint_eq(last_gone.topics, 2);
	ck_assert_str_eq(last_name, "b");
	route_table_free(t);
}
END_TEST

START_TEST(a_closed_connection_withdraws_what_came_over_it_at_once)
{
	struct route_table *t = route_table_new(&limits, on_gone, NULL);

	reg(t, "a", "1.1.1.1:1", 0, 1, 0);
	reg(t, "b", "1.1.1.2:1", 1, 1, 0); /* another connection, a slave: no topics */
	ck_assert_uint_eq(brokers_of(t, "A"), 1);
	route_table_conn_closed(t, 11, 5);
	ck_assert_uint_eq(brokers_of(t, "A"), 1);
	ck_assert_str_eq(last_name, "b");
	route_table_conn_closed(t, 10, 5);
	ck_assert_uint_eq(brokers_of(t, "A"), 0);
	ck_assert_uint_eq(route_table_broker_count(t), 0);
	ck_assert_uint_eq(route_table_topic_count(t), 0);
	route_table_free(t);
}
END_TEST

START_TEST(a_slave_is_in_the_route_and_outlives_its_master)
{
	struct route_table *t = route_table_new(&limits, on_gone, NULL);
	struct lmi_span body;

	reg(t, "b", "1.1.1.1:1", 0, 1, 0);
	reg(t, "b", "1.1.1.2:1", 1, 1, 0);
	ck_assert_int_eq(route_table_route(t, LMI_SPAN_LIT("A"), LMI_ROUTE_DEFAULT, LMI_SPAN_NULL, &body), 0);
	ck_assert(memmem(body.p, body.n, "{0:\"1.1.1.1:1\",1:\"1.1.1.2:1\"}", 29) != NULL);
	route_table_unregister(t, LMI_SPAN_LIT("C"), LMI_SPAN_LIT("b"), LMI_SPAN_LIT("1.1.1.1:1"), 0);
	ck_assert_uint_eq(brokers_of(t, "A"), 1);
	ck_assert_int_eq(route_table_route(t, LMI_SPAN_LIT("A"), LMI_ROUTE_DEFAULT, LMI_SPAN_NULL, &body), 0);
	ck_assert(memmem(body.p, body.n, "{1:\"1.1.1.2:1\"}", 15) != NULL);
	route_table_free(t);
}
END_TEST

START_TEST(limits_are_kept)
{
	struct route_limits few = { .topics_max = 1, .brokers_max = 1, .expire_ms = 1000 };
	struct route_table *t = route_table_new(&few, on_gone, NULL);

	ck_assert_int_eq(reg(t, "a", "1.1.1.1:1", 0, 1, 0), -LMQ_EFULL); /* the second topic */
	ck_assert_int_eq(reg(t, "b", "1.1.1.1:2", 0, 1, 0), -LMQ_EFULL); /* the second broker */
	ck_assert_uint_eq(route_table_topic_count(t), 1);
	route_table_free(t);
}
END_TEST

START_TEST(a_new_broker_with_one_topic_only_is_refused_as_in_rocketmq)
{
	struct route_table *t = route_table_new(&limits, on_gone, NULL);
	struct lmi_topic_config one = topic("A");
	struct lmi_register body = { .topics = &one, .topic_count = 1 };
	struct route_registration r = { .cluster = LMI_SPAN_LIT("C"), .broker_name = LMI_SPAN_LIT("b"), .addr = LMI_SPAN_LIT("x:1"),
					.acting_master = -1, .body = &body };
	struct route_registered out;

	ck_assert_int_eq(route_table_register(t, &r, 0, &out), -LMQ_EILLEGAL);
	ck_assert_uint_eq(route_table_broker_count(t), 0);
	route_table_free(t);
}
END_TEST

START_TEST(write_permission_is_wiped_and_given_back)
{
	struct route_table *t = route_table_new(&limits, on_gone, NULL);
	struct lmi_span body;

	reg(t, "b", "1.1.1.1:1", 0, 1, 0);
	ck_assert_int_eq(route_table_set_write(t, LMI_SPAN_LIT("b"), false), 2);
	route_table_route(t, LMI_SPAN_LIT("A"), LMI_ROUTE_DEFAULT, LMI_SPAN_NULL, &body);
	ck_assert(memmem(body.p, body.n, "\"perm\":4", 8) != NULL);
	ck_assert_int_eq(route_table_set_write(t, LMI_SPAN_LIT("b"), true), 2);
	route_table_route(t, LMI_SPAN_LIT("A"), LMI_ROUTE_DEFAULT, LMI_SPAN_NULL, &body);
	ck_assert(memmem(body.p, body.n, "\"perm\":6", 8) != NULL);
	ck_assert_int_eq(route_table_set_write(t, LMI_SPAN_LIT("none"), true), 0);
	route_table_free(t);
}
END_TEST

START_TEST(no_route_says_why)
{
	struct route_table *t = route_table_new(&limits, on_gone, NULL);
	struct lmi_buf b = { 0 };

	route_table_why_not(t, LMI_SPAN_LIT("X"), 0, &b);
	ck_assert(memmem(lmi_buf_data(&b), lmi_buf_len(&b), "no broker has registered here yet", 33) != NULL);
	lmi_buf_done(&b);
	reg(t, "b", "1.1.1.1:1", 0, 1, 0);
	route_table_why_not(t, LMI_SPAN_LIT("X"), 0, &b);
	ck_assert(memmem(lmi_buf_data(&b), lmi_buf_len(&b), "none of the 1 registered brokers has the topic", 46) != NULL);
	lmi_buf_done(&b);
	route_table_unregister(t, LMI_SPAN_LIT("C"), LMI_SPAN_LIT("b"), LMI_SPAN_LIT("1.1.1.1:1"), 1000);
	route_table_why_not(t, LMI_SPAN_LIT("X"), 8000, &b);
	ck_assert(memmem(lmi_buf_data(&b), lmi_buf_len(&b), "b (7 s ago)", 11) != NULL);
	lmi_buf_done(&b);
	route_table_free(t);
}
END_TEST

LMT_MAIN("route_table", a_registered_topic_has_a_route_in_both_dialects, a_broker_silent_for_120_s_is_withdrawn_and_not_before,
	 a_closed_connection_withdraws_what_came_over_it_at_once, a_slave_is_in_the_route_and_outlives_its_master, limits_are_kept,
	 a_new_broker_with_one_topic_only_is_refused_as_in_rocketmq, write_permission_is_wiped_and_given_back, no_route_says_why)
