/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what a consumer sends back goes to %RETRY%group when its delay is over, and after its tries to %DLQ%group, with its
 * history.
 * Shown by: one message through both, and each refusal.
 */
#include "fixture.h"
#include "wire/props.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	struct lmi_command a = fx_send(&f, &p, "T", "0", "TAGS\001TagA\002UNIQ_KEY\001U1\002", "hello");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
}

static void tear_down(void)
{
	ck_assert_int_eq(p.in_flight, 0);
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

static struct lmi_command back(const char *pos, const char *level, const char *max)
{
	return fx_ask(&f, &p, LMI_REQ_CONSUMER_SEND_MSG_BACK,
		      FX_FIELDS({ "offset", pos }, { "group", "g" }, { "delayLevel", level }, { "maxReconsumeTimes", max }),
		      LMI_SPAN_NULL);
}

static struct lmi_record stored(const char *topic, int64_t pos)
{
	static uint8_t bytes[4096];
	struct lmi_record r;
	struct store_get *g = &f.core.handle.get;
	*g = (struct store_get){ .topic = lmi_span_str(topic), .queue_pos = pos, .max_messages = 1 };
	ck_assert_int_eq(store_get(f.core.store, g), 0);
	ck_assert_msg(g->status == STORE_FOUND, "%s %s", topic, store_get_status_name(g->status));
	ck_assert_int_eq(store_read(f.core.store, &g->extents[0], bytes, true), 0);
	ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, (size_t)g->extents[0].bytes), &r), 0);
	return r;
}

static int64_t waiting(const char *topic)
{
	struct store_bounds b;
	return store_queue_bounds(f.core.store, lmi_span_str(topic), 0, &b) ? 0 : b.max_pos - b.min_pos;
}

static struct lmi_span prop(const struct lmi_record *r, const char *key)
{
	return lmi_props_get(r->props, lmi_span_str(key));
}

START_TEST(it_goes_to_the_retry_topic_with_where_it_came_from)
{
	set_up();
	ck_assert_int_eq(back("0", "0", NULL).code, LMI_RSP_SUCCESS);
	fx_pass(&f, 9900);
	ck_assert_int_eq(waiting("%RETRY%g"), 0);
	fx_pass(&f, 100);
	struct lmi_record r = stored("%RETRY%g", 0);
	ck_assert_ptr_null(prop(&r, "DELAY").p);
	ck_assert(lmi_span_is(r.body, "hello"));
	ck_assert_int_eq(r.reconsume_times, 1);
	ck_assert_int_eq(r.born_ms, 1);
	ck_assert(lmi_span_is(prop(&r, "RETRY_TOPIC"), "T"));
	ck_assert(lmi_span_is(prop(&r, "ORIGIN_MESSAGE_ID"), "7F00000100002A9F0000000000000000"));
	ck_assert(lmi_span_is(prop(&r, "TAGS"), "TagA"));
	ck_assert(lmi_span_is(prop(&r, "UNIQ_KEY"), "U1"));
	const struct topic *t = topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%g"));
	ck_assert_int_eq(t->config.read_queues, 1);
	tear_down();
}
END_TEST

START_TEST(its_first_topic_and_id_stay_through_every_round)
{
	char pos[32];
	set_up();
	back("0", "0", NULL);
	fx_pass(&f, 10000);
	struct lmi_record r = stored("%RETRY%g", 0);
	snprintf(pos, sizeof(pos), "%lld", (long long)r.log_pos);
	ck_assert_int_eq(back(pos, "0", NULL).code, LMI_RSP_SUCCESS);
	fx_pass(&f, 30000);
	r = stored("%RETRY%g", 1);
	ck_assert_int_eq(r.reconsume_times, 2);
	ck_assert(lmi_span_is(prop(&r, "RETRY_TOPIC"), "T"));
	ck_assert(lmi_span_is(prop(&r, "ORIGIN_MESSAGE_ID"), "7F00000100002A9F0000000000000000"));
	tear_down();
}
END_TEST

START_TEST(after_its_tries_it_is_a_dead_letter)
{
	char pos[32];
	set_up();
	back("0", "0", "1");
	fx_pass(&f, 10000);
	struct lmi_record r = stored("%RETRY%g", 0);
	snprintf(pos, sizeof(pos), "%lld", (long long)r.log_pos);
	ck_assert_int_eq(back(pos, "0", "1").code, LMI_RSP_SUCCESS);
	r = stored("%DLQ%g", 0);
	ck_assert_int_eq(r.reconsume_times, 2);
	ck_assert(lmi_span_is(prop(&r, "DLQ_ORIGIN_TOPIC"), "T"));
	ck_assert(lmi_span_is(prop(&r, "DLQ_ORIGIN_MESSAGE_ID"), "U1"));
	ck_assert(fx_logged(&f, "gave up a message"));
	tear_down();
}
END_TEST

/* Sent back once; how long it waits for its next try. */
static int64_t wait_of(const char *level)
{
	int64_t before = waiting("%RETRY%g"), ms = 0;
	ck_assert_int_eq(back("0", level, NULL).code, LMI_RSP_SUCCESS);
	while (waiting("%RETRY%g") == before && ms < 8000000) {
		fx_pass(&f, 1000);
		ms += 1000;
	}
	return ms;
}

START_TEST(the_consumer_may_say_the_level_and_the_highest_counts_above_it)
{
	set_up();
	ck_assert_int_eq(wait_of("1"), 1000);
	ck_assert_int_eq(wait_of("5"), 60000);
	ck_assert_int_eq(wait_of("77"), 7200000);
	tear_down();
}
END_TEST

START_TEST(a_groups_own_retry_policy_says_how_long_to_wait)
{
	struct lmi_group_config g;
	set_up();
	lmi_group_config_init(&g, LMI_SPAN_LIT("g"));
	g.retry_policy = LMI_SPAN_LIT("{\"type\":\"EXPONENTIAL\",\"exponentialRetryPolicy\":{\"initial\":4000}}");
	group_table_put(&f.core.groups, &g, 1);
	ck_assert_int_eq(wait_of("0"), 5000); /* the lowest level that is long enough */
	ck_assert_int_eq(wait_of("1"), 1000); /* the consumer's wish goes first */
	g.retry_policy = LMI_SPAN_LIT("{\"type\":\"CUSTOMIZED\",\"customizedRetryPolicy\":{\"next\":[1,2,120000]}}");
	group_table_put(&f.core.groups, &g, 1);
	ck_assert_int_eq(wait_of("0"), 120000);
	g.retry_policy = LMI_SPAN_LIT("{\"type\":\"CUSTOMIZED\"}");
	group_table_put(&f.core.groups, &g, 1);
	ck_assert_int_eq(wait_of("0"), 10000);
	tear_down();
}
END_TEST

START_TEST(a_negative_level_is_a_dead_letter_at_once)
{
	set_up();
	ck_assert_int_eq(back("0", "-1", NULL).code, LMI_RSP_SUCCESS);
	ck_assert(lmi_span_is(stored("%DLQ%g", 0).body, "hello"));
	tear_down();
}
END_TEST

START_TEST(a_position_without_a_message_is_1)
{
	set_up();
	struct lmi_command a = back("1", "0", NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_ERROR);
	ck_assert(fx_remark_has(&a, "no message at log position 1"));
	ck_assert_int_eq(back("-5", "0", NULL).code, LMI_RSP_SYSTEM_ERROR);
	ck_assert_int_eq(back("999999999999", "0", NULL).code, LMI_RSP_SYSTEM_ERROR);
	tear_down();
}
END_TEST

START_TEST(a_group_without_retry_queues_drops_it_with_a_yes)
{
	struct lmi_group_config g;
	set_up();
	lmi_group_config_init(&g, LMI_SPAN_LIT("g"));
	g.retry_queues = 0;
	group_table_put(&f.core.groups, &g, 1);
	ck_assert_int_eq(back("0", "0", NULL).code, LMI_RSP_SUCCESS);
	ck_assert_ptr_null(topic_table_get(&f.core.topics, LMI_SPAN_LIT("%RETRY%g")));
	tear_down();
}
END_TEST

START_TEST(a_retry_topic_that_is_not_writable_is_16)
{
	struct lmi_topic_config t;
	set_up();
	lmi_topic_config_init(&t, LMI_SPAN_LIT("%RETRY%g"));
	t.perm = LMI_PERM_READ;
	topic_table_put(&f.core.topics, &t, 1);
	ck_assert_int_eq(back("0", "0", NULL).code, LMI_RSP_NO_PERMISSION);
	tear_down();
}
END_TEST

START_TEST(a_read_only_broker_is_16_and_an_unknown_group_26)
{
	fx_prepare(&f);
	f.cfg.settings.permission = 4;
	fx_open(&f);
	fx_peer_init(&p);
	ck_assert_int_eq(back("0", "0", NULL).code, LMI_RSP_NO_PERMISSION);
	f.core.cfg.settings.auto_create_group = false;
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_CONSUMER_SEND_MSG_BACK,
				      FX_FIELDS({ "offset", "0" }, { "group", "unknown" }, { "delayLevel", "0" }), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST);
	tear_down();
}
END_TEST

LMT_MAIN("sendback_handler", it_goes_to_the_retry_topic_with_where_it_came_from,
	 its_first_topic_and_id_stay_through_every_round, after_its_tries_it_is_a_dead_letter,
	 the_consumer_may_say_the_level_and_the_highest_counts_above_it, a_groups_own_retry_policy_says_how_long_to_wait,
	 a_negative_level_is_a_dead_letter_at_once, a_position_without_a_message_is_1,
	 a_group_without_retry_queues_drops_it_with_a_yes, a_retry_topic_that_is_not_writable_is_16,
	 a_read_only_broker_is_16_and_an_unknown_group_26)
