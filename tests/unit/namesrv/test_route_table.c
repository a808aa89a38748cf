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

static const struct route_hooks hooks = { .on_gone = on_gone };
static const struct route_limits limits = { .topics_max = 100, .brokers_max = 3, .expire_ms = 120000 };

static struct lmi_topic_config topic(const char *name)
{
	struct lmi_topic_config c;

	lmi_topic_config_init(&c, lmi_span_str(name));
	c.read_queues = c.write_queues = 4;
	return c;
}

/* The encoded route, or an error; lives until the next call. */
static int route_of(struct route_table *t, const char *name, enum lmi_route_dialect dialect, struct lmi_span *out)
{
	static struct lmi_arena a;
	struct route_ask ask = { .topic = lmi_span_str(name), .dialect = dialect };
	struct route_answer answer;
	int r;

	lmi_arena_done(&a);
	r = route_table_route(t, &ask, &a, &answer);
	if (r == 0)
		*out = answer.body;
	return r;
}

static bool route_has(struct route_table *t, const char *name, const char *text)
{
	struct lmi_span body;

	return route_of(t, name, LMI_ROUTE_STANDARD, &body) == 0 && memmem(body.p, body.n, text, strlen(text)) != NULL;
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

	if (route_of(t, name, LMI_ROUTE_STANDARD, &body) < 0)
		return 0;
	lmi_arena_init(&a, 0);
	ck_assert_int_eq(lmi_route_decode(body, &a, &route), 0);
	n = route.broker_count;
	lmi_arena_done(&a);
	return n;
}

START_TEST(a_registered_topic_has_a_route_in_both_dialects)
{
	struct route_table *t = route_table_new(&limits, &hooks);
	struct lmi_span body;

	ck_assert_int_eq(reg(t, "b", "1.1.1.1:1", 0, 1, 0), 0);
	ck_assert_int_eq(route_of(t, "A", LMI_ROUTE_DEFAULT, &body), 0);
	ck_assert(memmem(body.p, body.n, "{0:\"1.1.1.1:1\"}", 15) != NULL);
	ck_assert_int_eq(route_of(t, "A", LMI_ROUTE_STANDARD, &body), 0);
	ck_assert(memmem(body.p, body.n, "{\"0\":\"1.1.1.1:1\"}", 17) != NULL);
	ck_assert_int_eq(route_of(t, "X", LMI_ROUTE_DEFAULT, &body), -LMQ_ENOTFOUND);
	route_table_free(t);
}
END_TEST

START_TEST(a_broker_silent_for_120_s_is_withdrawn_and_not_before)
{
	struct route_table *t = route_table_new(&limits, &hooks);

	reg(t, "b", "1.1.1.1:1", 0, 1, 1000);
	route_table_expire(t, 121000);
	ck_assert_uint_eq(brokers_of(t, "A"), 1);
	ck_assert(route_table_touch(t, LMI_SPAN_LIT("C"), LMI_SPAN_LIT("b"), LMI_SPAN_LIT("1.1.1.1:1"), 100000));
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
	struct route_table *t = route_table_new(&limits, &hooks);

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
	struct route_table *t = route_table_new(&limits, &hooks);
	struct lmi_span body;

	reg(t, "b", "1.1.1.1:1", 0, 1, 0);
	reg(t, "b", "1.1.1.2:1", 1, 1, 0);
	ck_assert_int_eq(route_of(t, "A", LMI_ROUTE_DEFAULT, &body), 0);
	ck_assert(memmem(body.p, body.n, "{0:\"1.1.1.1:1\",1:\"1.1.1.2:1\"}", 29) != NULL);
	route_table_unregister(t, LMI_SPAN_LIT("C"), LMI_SPAN_LIT("b"), LMI_SPAN_LIT("1.1.1.1:1"), 0);
	ck_assert_uint_eq(brokers_of(t, "A"), 1);
	ck_assert_int_eq(route_of(t, "A", LMI_ROUTE_DEFAULT, &body), 0);
	ck_assert(memmem(body.p, body.n, "{1:\"1.1.1.2:1\"}", 15) != NULL);
	route_table_free(t);
}
END_TEST

START_TEST(limits_are_kept)
{
	struct route_limits few = { .topics_max = 1, .brokers_max = 1, .expire_ms = 1000 };
	struct route_table *t = route_table_new(&few, &hooks);

	ck_assert_int_eq(reg(t, "a", "1.1.1.1:1", 0, 1, 0), -LMQ_EFULL); /* the second topic */
	ck_assert_int_eq(reg(t, "b", "1.1.1.1:2", 0, 1, 0), -LMQ_EFULL); /* the second broker */
	ck_assert_uint_eq(route_table_topic_count(t), 1);
	route_table_free(t);
}
END_TEST

START_TEST(a_new_broker_with_one_topic_only_is_refused_as_in_rocketmq)
{
	struct route_table *t = route_table_new(&limits, &hooks);
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
	struct route_table *t = route_table_new(&limits, &hooks);
	struct lmi_span body;

	reg(t, "b", "1.1.1.1:1", 0, 1, 0);
	ck_assert_uint_eq(route_table_set_write(t, LMI_SPAN_LIT("b"), false), 2);
	route_of(t, "A", LMI_ROUTE_DEFAULT, &body);
	ck_assert(memmem(body.p, body.n, "\"perm\":4", 8) != NULL);
	ck_assert_uint_eq(route_table_set_write(t, LMI_SPAN_LIT("b"), true), 2);
	route_of(t, "A", LMI_ROUTE_DEFAULT, &body);
	ck_assert(memmem(body.p, body.n, "\"perm\":6", 8) != NULL);
	ck_assert_uint_eq(route_table_set_write(t, LMI_SPAN_LIT("none"), true), 0);
	route_table_free(t);
}
END_TEST

static bool why_has(struct route_table *t, const char *topic_name, int64_t now, const char *text)
{
	struct route_ask ask = { .topic = lmi_span_str(topic_name) };
	struct lmi_buf b = { 0 };
	bool has;

	route_table_why_not(t, &ask, now, &b);
	has = memmem(lmi_buf_data(&b), lmi_buf_len(&b), text, strlen(text)) != NULL;
	lmi_buf_done(&b);
	return has;
}

START_TEST(no_route_says_why)
{
	struct route_table *t = route_table_new(&limits, &hooks);

	ck_assert(why_has(t, "X", 0, "no broker has registered here yet"));
	reg(t, "b", "1.1.1.1:1", 0, 1, 0);
	ck_assert(why_has(t, "X", 0, "none of the 1 registered brokers (of cluster C) has the topic"));
	route_table_unregister(t, LMI_SPAN_LIT("C"), LMI_SPAN_LIT("b"), LMI_SPAN_LIT("1.1.1.1:1"), 1000);
	ck_assert(why_has(t, "X", 8000, "no broker is registered now; gone: b (7 s ago)"));
	ck_assert(why_has(t, "A", 8000, "every broker that has it is gone: b (7 s ago)"));
	route_table_free(t);
}
END_TEST

START_TEST(a_broker_that_comes_back_has_the_topics_it_says_and_no_others)
{
	struct route_table *t = route_table_new(&limits, &hooks);
	struct lmi_topic_config two[] = { topic("B"), topic("D") };
	struct lmi_register body = { .version = { .counter = 9 }, .topics = two, .topic_count = 2 };
	struct route_registration r = { .cluster = LMI_SPAN_LIT("C"), .broker_name = LMI_SPAN_LIT("b"), .addr = LMI_SPAN_LIT("1.1.1.1:1"),
					.conn_id = 10, .acting_master = -1, .body = &body };
	struct route_registered out;

	reg(t, "b", "1.1.1.1:1", 0, 1, 0);
	route_table_conn_closed(t, 10, 5);
	ck_assert_int_eq(route_table_register(t, &r, 6, &out), 0);
	ck_assert_uint_eq(brokers_of(t, "A"), 0);
	ck_assert_uint_eq(brokers_of(t, "B"), 1);
	ck_assert_uint_eq(brokers_of(t, "D"), 1);
	route_table_free(t);
}
END_TEST

START_TEST(topics_missing_in_a_registration_stay_unless_they_are_to_go)
{
	struct route_limits drop = limits;
	struct route_table *t;
	struct lmi_topic_config two[] = { topic("B"), topic("D") };
	struct lmi_register body = { .version = { .counter = 9 }, .topics = two, .topic_count = 2 };
	struct route_registration r = { .cluster = LMI_SPAN_LIT("C"), .broker_name = LMI_SPAN_LIT("b"), .addr = LMI_SPAN_LIT("1.1.1.1:1"),
					.conn_id = 10, .acting_master = -1, .body = &body };
	struct route_registered out;

	for (int i = 0; i < 2; i++) {
		drop.delete_missing_topics = i == 1;
		t = route_table_new(&drop, &hooks);
		reg(t, "b", "1.1.1.1:1", 0, 1, 0);
		ck_assert_int_eq(route_table_register(t, &r, 6, &out), 0);
		ck_assert_uint_eq(brokers_of(t, "A"), i == 0);
		ck_assert_uint_eq(brokers_of(t, "D"), 1);
		route_table_free(t);
	}
}
END_TEST

START_TEST(a_topic_deleted_here_returns_with_an_unchanged_registration)
{
	struct route_table *t = route_table_new(&limits, &hooks);

	reg(t, "b", "1.1.1.1:1", 0, 1, 0);
	route_table_delete_topic(t, LMI_SPAN_LIT("A"), LMI_SPAN_NULL);
	ck_assert_uint_eq(brokers_of(t, "A"), 0);
	reg(t, "b", "1.1.1.1:1", 0, 1, 30000);
	ck_assert_uint_eq(brokers_of(t, "A"), 1);
	route_table_delete_topic(t, LMI_SPAN_LIT("A"), LMI_SPAN_LIT("other cluster"));
	ck_assert_uint_eq(brokers_of(t, "A"), 1);
	route_table_free(t);
}
END_TEST

START_TEST(another_address_under_the_same_id_takes_the_place_and_an_older_state_is_ignored)
{
	struct route_table *t = route_table_new(&limits, &hooks);
	struct lmi_topic_config two[] = { topic("A"), topic("B") };
	struct lmi_register body = { .version = { .state_version = 5 }, .topics = two, .topic_count = 2 };
	struct route_registration r = { .cluster = LMI_SPAN_LIT("C"), .broker_name = LMI_SPAN_LIT("b"), .addr = LMI_SPAN_LIT("new:1"),
					.conn_id = 3, .acting_master = -1, .body = &body };
	struct route_registered out;

	reg(t, "b", "old:1", 0, 1, 0);
	gone_count = 0;
	ck_assert_int_eq(route_table_register(t, &r, 1, &out), 0);
	ck_assert(!out.ignored);
	ck_assert_int_eq(gone_count, 1);
	ck_assert_int_eq(last_gone.why, ROUTE_GONE_REPLACED);
	ck_assert(route_has(t, "A", "new:1"));
	body.version.state_version = 4;
	r.addr = LMI_SPAN_LIT("late:1");
	ck_assert_int_eq(route_table_register(t, &r, 2, &out), 0);
	ck_assert(out.ignored);
	ck_assert(route_has(t, "A", "new:1"));
	body.topic_count = 1; /* of a known id one topic is enough, from whatever address */
	body.version.state_version = 6;
	ck_assert_int_eq(route_table_register(t, &r, 3, &out), 0);
	ck_assert(route_has(t, "A", "late:1"));
	route_table_free(t);
}
END_TEST

START_TEST(names_that_are_empty_long_or_have_control_characters_are_refused)
{
	static char text[300];
	struct route_table *t = route_table_new(&limits, &hooks);
	struct lmi_topic_config two[] = { topic("A"), topic("B\n") };
	struct lmi_register body = { .topics = two, .topic_count = 2 };
	struct route_registration good = { .cluster = LMI_SPAN_LIT("C"), .broker_name = LMI_SPAN_LIT("b"), .addr = LMI_SPAN_LIT("x:1"),
					   .acting_master = -1, .body = &body }, r = good;
	struct route_registered out;

	memset(text, 'x', sizeof(text));
	r.broker_name = LMI_SPAN_LIT("");
	ck_assert_int_eq(route_table_register(t, &r, 0, &out), -LMQ_EILLEGAL);
	r.broker_name = lmi_span(text, ROUTE_NAME_MAX + 1);
	ck_assert_int_eq(route_table_register(t, &r, 0, &out), -LMQ_EILLEGAL);
	r.broker_name = LMI_SPAN_LIT("b\x1b[31m");
	ck_assert_int_eq(route_table_register(t, &r, 0, &out), -LMQ_EILLEGAL);
	r = good;
	r.cluster = LMI_SPAN_LIT("C\r");
	ck_assert_int_eq(route_table_register(t, &r, 0, &out), -LMQ_EILLEGAL);
	r = good;
	r.addr = LMI_SPAN_LIT("");
	ck_assert_int_eq(route_table_register(t, &r, 0, &out), -LMQ_EILLEGAL);
	ck_assert_uint_eq(route_table_broker_count(t), 0);
	ck_assert_int_eq(route_table_register(t, &good, 0, &out), 0);
	ck_assert_uint_eq(route_table_topic_count(t), 1); /* the other topic was passed over */
	route_table_free(t);
}
END_TEST

START_TEST(a_topic_is_put_on_brokers_by_an_administrator_when_all_of_them_are_known)
{
	struct route_table *t = route_table_new(&limits, &hooks);
	struct lmi_route_queue q[] = { { LMI_SPAN_LIT("b"), 3, 3, 6, 0 }, { LMI_SPAN_LIT("unknown"), 3, 3, 6, 0 } };
	struct lmi_route route = { .queues = q, .queue_count = 2 };

	reg(t, "b", "1.1.1.1:1", 0, 1, 0);
	ck_assert_int_eq(route_table_add_topic(t, LMI_SPAN_LIT("V"), &route), 0);
	ck_assert_uint_eq(brokers_of(t, "V"), 0);
	route.queue_count = 1;
	ck_assert_int_eq(route_table_add_topic(t, LMI_SPAN_LIT("V"), &route), 0);
	ck_assert(route_has(t, "V", "\"readQueueNums\":3"));
	ck_assert_int_eq(route_table_add_topic(t, LMI_SPAN_LIT("A"), &route), 0);
	ck_assert(route_has(t, "A", "\"readQueueNums\":4")); /* what the broker itself says counts */
	ck_assert_int_eq(route_table_add_topic(t, LMI_SPAN_LIT(""), &route), -LMQ_EILLEGAL);
	route_table_free(t);
}
END_TEST

START_TEST(what_is_gone_makes_room_for_what_comes_and_is_forgotten_after_a_while)
{
	struct route_limits few = { .topics_max = 2, .brokers_max = 2, .expire_ms = 1000 };
	struct route_table *t = route_table_new(&few, &hooks);

	ck_assert_int_eq(reg(t, "a", "1.1.1.1:1", 0, 1, 0), 0);
	ck_assert_int_eq(reg(t, "b", "1.1.1.2:1", 0, 1, 0), 0);
	ck_assert_int_eq(reg(t, "c", "1.1.1.3:1", 0, 1, 0), -LMQ_EFULL);
	route_table_unregister(t, LMI_SPAN_LIT("C"), LMI_SPAN_LIT("a"), LMI_SPAN_LIT("1.1.1.1:1"), 5);
	ck_assert_int_eq(reg(t, "c", "1.1.1.3:1", 0, 1, 6), 0);
	ck_assert_uint_eq(brokers_of(t, "A"), 2);
	route_table_expire(t, 2000);
	ck_assert_uint_eq(route_table_broker_count(t), 0);
	ck_assert(why_has(t, "A", 2000, "every broker that has it is gone"));
	for (int i = 0; i < 2; i++)
		route_table_expire(t, 2001 + ROUTE_GONE_KEEP_MS);
	ck_assert(why_has(t, "A", 2000, "no broker has registered here yet"));
	route_table_free(t);
}
END_TEST

START_TEST(limits_of_a_connection_a_broker_and_its_topics_are_kept)
{
	struct route_limits few = limits;
	struct route_table *t;
	char name[16], addr[16];

	few.topics_per_broker_max = 1;
	few.brokers_max = 1000;
	t = route_table_new(&few, &hooks);
	ck_assert_int_eq(reg(t, "a", "1.1.1.1:1", 0, 1, 0), -LMQ_EFULL);
	route_table_free(t);
	few = limits;
	few.brokers_max = 1000;
	t = route_table_new(&few, &hooks);
	for (unsigned int i = 0; i <= ROUTE_CONN_BROKERS_MAX; i++) {
		snprintf(name, sizeof(name), "b%u", i);
		snprintf(addr, sizeof(addr), "1:%u", i);
		ck_assert_int_eq(reg(t, name, addr, 0, 1, 0), i < ROUTE_CONN_BROKERS_MAX ? 0 : -LMQ_EFULL);
	}
	route_table_conn_closed(t, 10, 1);
	ck_assert_uint_eq(route_table_broker_count(t), 0);
	for (int64_t i = 0; i <= LMI_ROUTE_ADDRS_MAX; i++) {
		snprintf(addr, sizeof(addr), "2:%d", (int)i);
		ck_assert_int_eq(reg(t, "many", addr, i, 1, 0), i < LMI_ROUTE_ADDRS_MAX ? 0 : -LMQ_EFULL);
	}
	route_table_free(t);
}
END_TEST

static char told[256];

static void on_min_id(void *user, const struct route_min_id *e)
{
	(void)user;
	snprintf(told, sizeof(told), "%s %d %s off=%s tell=%zu:%s", e->broker_name, (int)e->min_id, e->min_addr,
		 e->offline_addr ? e->offline_addr : "-", e->tell_count, e->tell_count ? e->tell[0] : "-");
}

/* A replica that may act as master. */
static void reg_acting(struct route_table *t, const char *addr, int64_t id)
{
	struct lmi_topic_config two[] = { topic("A"), topic("rmq_sys_SYNC_BROKER_MEMBER_b") };
	struct lmi_register body = { .version = { .counter = id }, .topics = two, .topic_count = 2 };
	struct route_registration r = { .cluster = LMI_SPAN_LIT("C"), .broker_name = LMI_SPAN_LIT("b"), .addr = lmi_span_str(addr),
					.zone_name = LMI_SPAN_LIT("z1"), .broker_id = id, .conn_id = (uint64_t)id + 1, .acting_master = 1,
					.body = &body };
	struct route_registered out;

	ck_assert_int_eq(route_table_register(t, &r, 0, &out), 0);
}

START_TEST(without_a_master_the_least_replica_acts_read_only_and_the_others_are_told)
{
	struct route_limits acting = limits;
	struct route_hooks h = { on_gone, on_min_id, NULL };
	struct route_table *t;

	acting.acting_master = true;
	t = route_table_new(&acting, &h);
	reg_acting(t, "s1:1", 1);
	reg_acting(t, "m:1", 0);
	ck_assert_str_eq(told, "b 0 m:1 off=- tell=1:s1:1");
	ck_assert(route_has(t, "A", "{\"0\":\"m:1\",\"1\":\"s1:1\"}"));
	ck_assert(route_has(t, "A", "\"perm\":6"));
	route_table_conn_closed(t, 1, 1);
	ck_assert_str_eq(told, "b 1 s1:1 off=m:1 tell=1:s1:1");
	ck_assert(route_has(t, "A", "{\"0\":\"s1:1\"}"));
	ck_assert(route_has(t, "A", "\"perm\":4"));
	ck_assert(route_has(t, "rmq_sys_SYNC_BROKER_MEMBER_b", "{\"1\":\"s1:1\"}"));
	route_table_set_live(t, &limits);
	ck_assert(route_has(t, "A", "{\"1\":\"s1:1\"}"));
	route_table_free(t);
}
END_TEST

START_TEST(a_zone_leaves_out_brokers_of_others_but_not_those_without_a_master)
{
	struct route_table *t = route_table_new(&limits, &hooks);
	struct route_ask ask = { .topic = LMI_SPAN_LIT("A"), .dialect = LMI_ROUTE_STANDARD, .zone = LMI_SPAN_LIT("Z1") };
	struct route_answer r;
	struct lmi_arena a;

	lmi_arena_init(&a, 0);
	reg_acting(t, "m:1", 0);
	reg(t, "other", "o:1", 0, 1, 0);
	ck_assert_int_eq(route_table_route(t, &ask, &a, &r), 0);
	ck_assert(memmem(r.body.p, r.body.n, "m:1", 3) && !memmem(r.body.p, r.body.n, "o:1", 3));
	ask.zone = LMI_SPAN_LIT("z2");
	ck_assert_int_eq(route_table_route(t, &ask, &a, &r), 0);
	ck_assert(lmi_span_starts(r.body, LMI_SPAN_LIT("{\"brokerDatas\":[]")));
	reg_acting(t, "s:1", 3);
	route_table_conn_closed(t, 1, 0);
	ck_assert_int_eq(route_table_route(t, &ask, &a, &r), 0);
	ck_assert(memmem(r.body.p, r.body.n, "s:1", 3) && !memmem(r.body.p, r.body.n, "o:1", 3));
	lmi_arena_done(&a);
	route_table_free(t);
}
END_TEST

START_TEST(a_snapshot_answers_stale_until_its_brokers_register)
{
	struct route_table *t = route_table_new(&limits, &hooks), *next = route_table_new(&limits, &hooks);
	struct route_ask ask = { .topic = LMI_SPAN_LIT("A") };
	struct route_answer r;
	struct lmi_buf b = { 0 };

	reg(t, "a", "1.1.1.1:1", 0, 1, 0);
	reg(t, "b", "1.1.1.2:1", 0, 1, 0);
	route_table_save(t, &b);
	ck_assert_int_eq(route_table_load(next, lmi_buf_span(&b), 0), 0);
	ck_assert_uint_eq(brokers_of(next, "A"), 2);
	ck_assert_int_eq(route_table_route(next, &ask, NULL, &r), 0);
	ck_assert(r.stale);
	reg(next, "a", "1.1.1.1:1", 0, 1, 5);
	ck_assert_int_eq(route_table_route(next, &ask, NULL, &r), 0);
	ck_assert(r.stale);
	reg(next, "b", "1.1.1.2:1", 0, 1, 5);
	ck_assert_int_eq(route_table_route(next, &ask, NULL, &r), 0);
	ck_assert(!r.stale);
	route_table_free(next);
	next = route_table_new(&limits, &hooks);
	ck_assert_int_eq(route_table_load(next, lmi_buf_span(&b), 0), 0);
	route_table_expire(next, 120001); /* nobody came */
	ck_assert_uint_eq(brokers_of(next, "A"), 0);
	route_table_free(next);
	for (size_t cut = 1; cut < lmi_buf_len(&b); cut += 3) {
		next = route_table_new(&limits, &hooks);
		ck_assert_int_eq(route_table_load(next, lmi_span(lmi_buf_data(&b), lmi_buf_len(&b) - cut), 0), -LMQ_EMALFORMED);
		route_table_free(next);
	}
	lmi_buf_done(&b);
	route_table_free(t);
}
END_TEST

LMT_MAIN("route_table", a_registered_topic_has_a_route_in_both_dialects, a_broker_silent_for_120_s_is_withdrawn_and_not_before,
	 a_closed_connection_withdraws_what_came_over_it_at_once, a_slave_is_in_the_route_and_outlives_its_master, limits_are_kept,
	 a_new_broker_with_one_topic_only_is_refused_as_in_rocketmq, write_permission_is_wiped_and_given_back, no_route_says_why,
	 a_broker_that_comes_back_has_the_topics_it_says_and_no_others, topics_missing_in_a_registration_stay_unless_they_are_to_go,
	 a_topic_deleted_here_returns_with_an_unchanged_registration,
	 another_address_under_the_same_id_takes_the_place_and_an_older_state_is_ignored,
	 names_that_are_empty_long_or_have_control_characters_are_refused,
	 a_topic_is_put_on_brokers_by_an_administrator_when_all_of_them_are_known,
	 what_is_gone_makes_room_for_what_comes_and_is_forgotten_after_a_while, limits_of_a_connection_a_broker_and_its_topics_are_kept,
	 without_a_master_the_least_replica_acts_read_only_and_the_others_are_told,
	 a_zone_leaves_out_brokers_of_others_but_not_those_without_a_master, a_snapshot_answers_stale_until_its_brokers_register)
