/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: groups know their members and subscriptions by heartbeats, and changes are told as ConsumerManager does.
 * Shown by: joining, leaving, closing, expiring, and each reason to be told or not.
 */
#include "broker/state/client_table.h"
#include "fixture.h"

static struct client_table t;
static struct fx_peer p, q;

static void set_up(void)
{
	client_table_init(&t);
	fx_peer_init(&p);
	fx_peer_init(&q);
}

static void tear_down(void)
{
	client_table_done(&t);
	fx_peer_done(&p);
	fx_peer_done(&q);
}

static struct lmi_subscription sub(const char *topic, const char *expression, int64_t version)
{
	return (struct lmi_subscription){ .topic = lmi_span_str(topic),
					  .expression = lmi_span_str(expression),
					  .version = version };
}

static int join(struct fx_peer *who, const char *id, const char *group, struct lmi_subscription *subs, size_t n, int64_t now)
{
	struct client_who w = { .peer = &who->peer, .id = lmi_span_str(id), .language = 9, .version = 317 };
	struct lmi_heartbeat_consumer c = { .group = lmi_span_str(group),
					    .type = LMI_CONSUME_PASSIVELY,
					    .model = LMI_MODEL_CLUSTERING,
					    .subscriptions = subs,
					    .subscription_count = n };
	return client_table_consumer(&t, &w, &c, true, false, now);
}

static struct client_group *group(const char *name)
{
	return client_table_consumers(&t, lmi_span_str(name));
}

/* Empty the list of groups to be told; says how many there were. */
static int told(void)
{
	int n = 0;
	while (client_table_take_changed(&t))
		n++;
	return n;
}

START_TEST(a_new_member_is_news_and_a_second_heartbeat_is_not)
{
	struct lmi_subscription s = sub("T", "*", 1);
	set_up();
	ck_assert_int_eq(join(&p, "c1", "g", &s, 1, 5), 1);
	ck_assert_int_eq(told(), 1);
	ck_assert_int_eq(join(&p, "c1", "g", &s, 1, 6), 0);
	ck_assert_int_eq(told(), 0);
	ck_assert_int_eq(join(&q, "c2", "g", &s, 1, 7), 1);
	ck_assert_int_eq(told(), 1);
	ck_assert_uint_eq(group("g")->member_count, 2);
	struct client_member *m = client_group_member(group("g"), &p.peer);
	ck_assert(lmi_span_is(client_member_id(m), "c1"));
	ck_assert_int_eq(m->last_ms, 6);
	ck_assert_int_eq(m->language, 9);
	ck_assert_int_eq(m->version, 317);
	tear_down();
}
END_TEST

START_TEST(several_changes_in_a_turn_are_one_notice)
{
	struct lmi_subscription s = sub("T", "*", 1);
	set_up();
	join(&p, "c1", "g", &s, 1, 5);
	join(&q, "c2", "g", &s, 1, 5);
	ck_assert_ptr_eq(client_table_take_changed(&t), group("g"));
	ck_assert_ptr_null(client_table_take_changed(&t));
	tear_down();
}
END_TEST

START_TEST(topics_that_come_or_go_are_news_a_newer_version_is_not)
{
	struct lmi_subscription s[2] = { sub("T", "a", 1), sub("U", "*", 1) };
	set_up();
	join(&p, "c1", "g", s, 1, 5);
	told();
	ck_assert_int_eq(join(&p, "c1", "g", s, 2, 5), 1);
	ck_assert_int_eq(told(), 1);
	s[0] = sub("T", "b", 2);
	ck_assert_int_eq(join(&p, "c1", "g", s, 2, 5), 0);
	ck_assert(lmi_span_is(client_group_sub(group("g"), LMI_SPAN_LIT("T"))->expression, "b"));
	s[0] = sub("T", "c", 1); /* older: left alone */
	ck_assert_int_eq(join(&p, "c1", "g", s, 2, 5), 0);
	ck_assert(lmi_span_is(client_group_sub(group("g"), LMI_SPAN_LIT("T"))->expression, "b"));
	ck_assert_int_eq(join(&p, "c1", "g", &s[1], 1, 5), 1); /* T is gone */
	ck_assert_ptr_null(client_group_sub(group("g"), LMI_SPAN_LIT("T")));
	tear_down();
}
END_TEST

START_TEST(subscriptions_keep_their_codes_or_get_them_from_their_tags)
{
	struct lmi_span tags[2] = { LMI_SPAN_LIT("TagA"), LMI_SPAN_LIT("TagB") };
	int32_t codes[1] = { 4711 };
	struct lmi_subscription s = sub("T", "TagA||TagB", 1);
	set_up();
	s.tags = tags;
	s.tag_count = 2;
	join(&p, "c1", "g", &s, 1, 5);
	struct lmi_tags_filter f = client_sub_filter(client_group_sub(group("g"), LMI_SPAN_LIT("T")));
	ck_assert(lmi_tags_match(&f, 2598919));
	ck_assert(lmi_tags_match(&f, 2598920));
	ck_assert(!lmi_tags_match(&f, 1));
	s = sub("U", "x", 1);
	s.codes = codes;
	s.code_count = 1;
	join(&p, "c1", "g", &s, 1, 5);
	f = client_sub_filter(client_group_sub(group("g"), LMI_SPAN_LIT("U")));
	ck_assert(lmi_tags_match(&f, 4711));
	tear_down();
}
END_TEST

START_TEST(a_heartbeat_without_subscriptions_leaves_the_known_ones)
{
	struct lmi_subscription s = sub("T", "*", 1);
	struct client_who w = { .peer = &p.peer, .id = LMI_SPAN_LIT("c1") };
	struct lmi_heartbeat_consumer c = { .group = LMI_SPAN_LIT("g"), .model = LMI_MODEL_CLUSTERING };
	set_up();
	join(&p, "c1", "g", &s, 1, 5);
	ck_assert_int_eq(client_table_consumer(&t, &w, &c, true, true, 9), 0);
	ck_assert_ptr_nonnull(client_group_sub(group("g"), LMI_SPAN_LIT("T")));
	ck_assert_int_eq(client_group_member(group("g"), &p.peer)->last_ms, 9);
	tear_down();
}
END_TEST

START_TEST(broadcasting_groups_and_those_that_do_not_want_it_are_not_told)
{
	struct client_who w = { .peer = &p.peer, .id = LMI_SPAN_LIT("c1") };
	struct lmi_heartbeat_consumer c = { .group = LMI_SPAN_LIT("b"), .model = LMI_MODEL_BROADCASTING };
	set_up();
	ck_assert_int_eq(client_table_consumer(&t, &w, &c, true, false, 1), 1);
	ck_assert_int_eq(told(), 0);
	c = (struct lmi_heartbeat_consumer){ .group = LMI_SPAN_LIT("n"), .model = LMI_MODEL_CLUSTERING };
	ck_assert_int_eq(client_table_consumer(&t, &w, &c, false, false, 1), 1);
	ck_assert_int_eq(told(), 0);
	t.notify_off = true;
	ck_assert_int_eq(join(&p, "c1", "g", NULL, 0, 1), 1);
	ck_assert_int_eq(told(), 0);
	tear_down();
}
END_TEST

START_TEST(leaving_tells_the_others_and_the_last_takes_the_group_along)
{
	struct lmi_subscription s = sub("T", "*", 1);
	set_up();
	join(&p, "c1", "g", &s, 1, 5);
	join(&q, "c2", "g", &s, 1, 5);
	told();
	ck_assert(client_table_unregister(&t, &p.peer, LMI_SPAN_LIT("g"), false));
	ck_assert_int_eq(told(), 1);
	ck_assert(!client_table_unregister(&t, &p.peer, LMI_SPAN_LIT("g"), false));
	ck_assert(client_table_unregister(&t, &q.peer, LMI_SPAN_LIT("g"), false));
	ck_assert_ptr_null(group("g"));
	ck_assert_int_eq(told(), 0); /* nobody is left to be told */
	ck_assert_uint_eq(p.peer.member_count + q.peer.member_count, 0);
	tear_down();
}
END_TEST

START_TEST(a_closed_connection_leaves_all_its_groups)
{
	struct client_who w = { .peer = &p.peer, .id = LMI_SPAN_LIT("c1") };
	set_up();
	join(&p, "c1", "g", NULL, 0, 5);
	join(&p, "c1", "h", NULL, 0, 5);
	join(&q, "c2", "h", NULL, 0, 5);
	ck_assert_int_eq(client_table_producer(&t, &w, LMI_SPAN_LIT("g"), 5), 0);
	ck_assert_ptr_nonnull(client_table_producers(&t, LMI_SPAN_LIT("g")));
	told();
	client_table_peer_closed(&t, &p.peer);
	ck_assert_ptr_null(group("g"));
	ck_assert_ptr_null(client_table_producers(&t, LMI_SPAN_LIT("g")));
	ck_assert_uint_eq(group("h")->member_count, 1);
	ck_assert_int_eq(told(), 1);
	tear_down();
}
END_TEST

START_TEST(another_client_id_on_the_same_connection_replaces_the_first)
{
	set_up();
	join(&p, "c1", "g", NULL, 0, 5);
	ck_assert_int_eq(join(&p, "c2", "g", NULL, 0, 5), 1);
	ck_assert_uint_eq(group("g")->member_count, 1);
	ck_assert(lmi_span_is(client_member_id(client_group_member(group("g"), &p.peer)), "c2"));
	ck_assert_uint_eq(p.peer.member_count, 1);
	tear_down();
}
END_TEST

struct expired {
	int n;
	char last[32];
};

static void on_expired(void *ctx, const struct client_member *m)
{
	struct expired *e = ctx;
	e->n++;
	snprintf(e->last, sizeof(e->last), "%.*s", (int)m->id_bytes, m->id);
}

START_TEST(who_is_silent_for_longer_than_120_s_expires)
{
	struct expired e = { 0 };
	struct client_who w = { .peer = &p.peer, .id = LMI_SPAN_LIT("p1") };
	set_up();
	join(&p, "c1", "g", NULL, 0, 1000);
	join(&q, "c2", "g", NULL, 0, 2000);
	client_table_producer(&t, &w, LMI_SPAN_LIT("pg"), 1000);
	told();
	client_table_expire(&t, 1000 + 120000, on_expired, &e);
	ck_assert_int_eq(e.n, 0);
	client_table_expire(&t, 1001 + 120000, on_expired, &e);
	ck_assert_int_eq(e.n, 2);
	ck_assert_str_eq(e.last, "p1");
	ck_assert_uint_eq(group("g")->member_count, 1);
	ck_assert_ptr_null(client_table_producers(&t, LMI_SPAN_LIT("pg")));
	ck_assert_int_eq(told(), 1);
	client_table_expire(&t, 500000, on_expired, &e);
	ck_assert_ptr_null(group("g"));
	tear_down();
}
END_TEST

START_TEST(a_connection_may_be_in_no_more_groups_than_the_limit)
{
	char name[16];
	set_up();
	for (unsigned int i = 0; i < CLIENT_MEMBERS_PER_PEER_MAX; i++) {
		snprintf(name, sizeof(name), "g%u", i);
		ck_assert_int_eq(join(&p, "c1", name, NULL, 0, 5), 1);
	}
	ck_assert_int_eq(join(&p, "c1", "one_more", NULL, 0, 5), -LMQ_EFULL);
	ck_assert_ptr_null(group("one_more"));
	tear_down();
}
END_TEST

START_TEST(names_and_ids_that_cannot_be_are_refused)
{
	static char id[CLIENT_ID_MAX + 2];
	set_up();
	memset(id, 'a', sizeof(id) - 1);
	ck_assert_int_eq(join(&p, "c1", "", NULL, 0, 5), -LMQ_EILLEGAL);
	ck_assert_int_eq(join(&p, "", "g", NULL, 0, 5), -LMQ_EILLEGAL);
	ck_assert_int_eq(join(&p, id, "g", NULL, 0, 5), -LMQ_EILLEGAL);
	ck_assert_ptr_null(group("g"));
	tear_down();
}
END_TEST

LMT_MAIN("client_table", a_new_member_is_news_and_a_second_heartbeat_is_not, several_changes_in_a_turn_are_one_notice,
	 topics_that_come_or_go_are_news_a_newer_version_is_not, subscriptions_keep_their_codes_or_get_them_from_their_tags,
	 a_heartbeat_without_subscriptions_leaves_the_known_ones,
	 broadcasting_groups_and_those_that_do_not_want_it_are_not_told,
	 leaving_tells_the_others_and_the_last_takes_the_group_along, a_closed_connection_leaves_all_its_groups,
	 another_client_id_on_the_same_connection_replaces_the_first, who_is_silent_for_longer_than_120_s_expires,
	 a_connection_may_be_in_no_more_groups_than_the_limit, names_and_ids_that_cannot_be_are_refused)
