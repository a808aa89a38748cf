/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a delayed message comes when its time has come, once, whatever stops the broker meanwhile; one that cannot be
 * delivered is passed over and told; a full, cold or failing disk delays but loses nothing.
 * Shown by: time that is stated to pass, kills, records broken by hand.
 */
#include <errno.h>

#include "fixture.h"
#include "wire/props.h"

static struct fx f;
static struct fx_peer p;

static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

static int64_t count(const char *topic, int32_t queue)
{
	struct store_bounds b;
	return store_queue_bounds(f.core.store, lmi_span_str(topic), queue, &b) ? 0 : b.max_pos;
}

static void send(const char *props, const char *body)
{
	ck_assert_int_eq(fx_send(&f, &p, "T", "1", props, body).code, LMI_RSP_SUCCESS);
}

static struct lmi_record stored(const char *topic, int32_t queue, int64_t pos)
{
	static uint8_t bytes[4096];
	struct lmi_record r;
	struct store_get *g = &f.core.handle.get;
	*g = (struct store_get){ .topic = lmi_span_str(topic), .queue_id = queue, .queue_pos = pos, .max_messages = 1 };
	ck_assert_int_eq(store_get(f.core.store, g), 0);
	ck_assert_msg(g->status == STORE_FOUND, "%s", store_get_status_name(g->status));
	ck_assert_int_eq(store_read(f.core.store, &g->extents[0], bytes, true), 0);
	ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, (size_t)g->extents[0].bytes), &r), 0);
	return r;
}

static struct lmi_span prop(const struct lmi_record *r, const char *key)
{
	return lmi_props_get(r->props, lmi_span_str(key));
}

START_TEST(it_comes_where_it_belongs_with_all_that_it_had)
{
	set_up();
	send("TAGS\001A\002KEYS\001k\002DELAY\0012\002mine\001x\002UNIQ_KEY\001U\002", "hello");
	fx_pass(&f, 4900);
	ck_assert_int_eq(count("T", 1), 0);
	ck_assert_int_eq(delay_duty_waiting(&f.core.delay), 1);
	fx_pass(&f, 100);
	ck_assert_int_eq(count("T", 1), 1);
	struct lmi_record r = stored("T", 1, 0);
	ck_assert(lmi_span_is(r.body, "hello"));
	ck_assert_int_eq(r.born_ms, 1);
	ck_assert(lmi_span_is(prop(&r, "TAGS"), "A"));
	ck_assert(lmi_span_is(prop(&r, "mine"), "x"));
	ck_assert(lmi_span_is(prop(&r, "UNIQ_KEY"), "U"));
	ck_assert(lmi_span_is(prop(&r, "REAL_TOPIC"), "T"));
	ck_assert_ptr_null(prop(&r, "DELAY").p);
	ck_assert_int_eq(delay_duty_waiting(&f.core.delay), 0);
	fx_pass(&f, 100000);
	ck_assert_int_eq(count("T", 1), 1);
	tear_down();
}
END_TEST

START_TEST(a_waiting_pull_is_answered_when_it_comes)
{
	struct lmi_command got;
	set_up();
	fx_send(&f, &p, "T", "0", NULL, "makes the topic");
	fx_beat(&f, &p, "c1", "g", "T", "A");
	core_turn_end(&f.core);
	fx_forget_output(&p);
	send("TAGS\001A\002DELAY\0011\002", "hello");
	fx_hand_in(&f, &p, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "1", "0", "2"), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	fx_pass(&f, 900);
	ck_assert(!fx_take(&p, &got));
	fx_pass(&f, 100);
	ck_assert(fx_take(&p, &got));
	ck_assert_int_eq(got.code, LMI_RSP_SUCCESS);
	tear_down();
}
END_TEST

START_TEST(after_a_stop_it_goes_on_and_catches_up)
{
	char body[16];
	set_up();
	for (int i = 0; i < 5000; i++) {
		snprintf(body, sizeof(body), "%d", i);
		send("DELAY\0011\002", body);
	}
	send("DELAY\00118\002", "late");
	fx_pass(&f, 500);
	fx_close(&f);
	lmi_clock_manual_pass(&f.clock, 3600000);
	fx_open(&f);
	fx_pass(&f, 100);
	ck_assert_int_eq(count("T", 1), DELAY_BUDGET); /* a tick's share */
	fx_pass(&f, 200);
	ck_assert_int_eq(count("T", 1), 5000);
	for (int i = 0; i < 5000; i += 499) {
		struct lmi_record r = stored("T", 1, i);
		snprintf(body, sizeof(body), "%d", i);
		ck_assert(lmi_span_is(r.body, body));
	}
	ck_assert_int_eq(f.core.delays.next[0], 5000);
	ck_assert_int_eq(delay_duty_waiting(&f.core.delay), 1);
	fx_pass(&f, 3600000);
	ck_assert_int_eq(count("T", 1), 5001);
	tear_down();
}
END_TEST

START_TEST(a_clean_stop_delivers_nothing_twice)
{
	set_up();
	send("DELAY\0011\002", "x");
	fx_pass(&f, 1000);
	ck_assert_int_eq(count("T", 1), 1);
	fx_close(&f);
	fx_open(&f);
	fx_pass(&f, 1000);
	ck_assert_int_eq(count("T", 1), 1);
	tear_down();
}
END_TEST

START_TEST(a_kill_loses_none_and_repeats_only_what_was_not_yet_saved)
{
	set_up();
	send("DELAY\0011\002", "one");
	send("DELAY\0013\002", "two");
	fx_pass(&f, 3000); /* the first is delivered, synced and saved */
	ck_assert_int_eq(count("T", 1), 1);
	fx_kill(&f);
	fx_open(&f);
	fx_pass(&f, 100);
	ck_assert_int_eq(count("T", 1), 1);
	fx_pass(&f, 7000);
	ck_assert_int_eq(count("T", 1), 2);
	ck_assert(lmi_span_is(stored("T", 1, 1).body, "two"));
	fx_kill(&f); /* before the second was saved or even synced */
	fx_open(&f);
	fx_pass(&f, 1000);
	ck_assert_int_ge(count("T", 1), 2);
	ck_assert_int_le(count("T", 1), 3);
	tear_down();
}
END_TEST

START_TEST(a_position_is_saved_only_when_its_messages_are_on_the_disk)
{
	set_up();
	send("DELAY\0011\002", "x");
	fx_pass(&f, 900);
	f.executor.lazy = true; /* no sync ends */
	fx_pass(&f, 2000);
	ck_assert_int_eq(f.core.delays.next[0], 1);
	ck_assert_int_eq(f.core.delays.safe[0], 0);
	fx_run_jobs(&f);
	fx_pass(&f, 1000);
	fx_run_jobs(&f);
	fx_pass(&f, 100);
	ck_assert_int_eq(f.core.delays.safe[0], 1);
	f.executor.lazy = false;
	fx_run_jobs(&f);
	tear_down();
}
END_TEST

/* A record that only the broker itself could have put there. */
static void put_raw(const char *props)
{
	struct store_ticket t;
	struct store_message m = { .topic = LMI_SPAN_LIT("SCHEDULE_TOPIC_XXXX"), .body = LMI_SPAN_LIT("x"), .props = lmi_span_str(props) };
	ck_assert_int_eq(store_append(f.core.store, &m, &t), 0);
	core_turn_end(&f.core);
}

START_TEST(one_that_cannot_be_delivered_is_told_and_passed_over)
{
	static const char *const bad[] = {
		"DELAY\0011\002",
		"DELAY\0011\002REAL_TOPIC\001T\002",
		"DELAY\0011\002REAL_TOPIC\001T\002REAL_QID\001x\002",
		"DELAY\0011\002REAL_TOPIC\001T\002REAL_QID\001-1\002",
		"DELAY\0011\002REAL_TOPIC\001T\002REAL_QID\0019999999\002",
		"DELAY\0011\002REAL_TOPIC\001no/topic\002REAL_QID\0010\002",
		"DELAY\0011\002REAL_TOPIC\001RMQ_SYS_TRANS_HALF_TOPIC\002REAL_QID\0010\002",
		"DELAY\0011\002REAL_TOPIC\001SCHEDULE_TOPIC_XXXX\002REAL_QID\0010\002",
	};
	int n = sizeof(bad) / sizeof(bad[0]);
	set_up();
	for (int i = 0; i < n; i++)
		put_raw(bad[i]);
	send("DELAY\0011\002", "good");
	fx_pass(&f, 1000);
	ck_assert_int_eq(f.core.delay.passed_over, n);
	ck_assert_int_eq(count("T", 1), 1);
	ck_assert(fx_logged(&f, "cannot be delivered"));
	ck_assert_int_eq(f.core.delays.next[0], n + 1);
	tear_down();
}
END_TEST

START_TEST(a_topic_that_went_away_is_made_again)
{
	set_up();
	send("DELAY\0011\002", "x");
	topic_table_del(&f.core.topics, LMI_SPAN_LIT("T"), 1);
	fx_pass(&f, 1000);
	ck_assert_ptr_nonnull(topic_table_get(&f.core.topics, LMI_SPAN_LIT("T")));
	ck_assert_int_eq(count("T", 1), 1);
	f.core.cfg.settings.auto_create_topic = false;
	send("DELAY\0011\002", "y");
	topic_table_del(&f.core.topics, LMI_SPAN_LIT("T"), 1);
	fx_pass(&f, 1000);
	ck_assert_ptr_null(topic_table_get(&f.core.topics, LMI_SPAN_LIT("T")));
	ck_assert(fx_logged(&f, "does not exist any more"));
	ck_assert_int_eq(count("T", 1), 2); /* kept all the same */
	tear_down();
}
END_TEST

START_TEST(a_clock_that_was_set_back_does_not_keep_messages_for_longer_than_their_delay)
{
	set_up();
	send("DELAY\0013\002", "x");
	fx_pass(&f, 1000);
	f.clock.wall_ms_now -= 86400000;
	fx_pass(&f, 200);
	ck_assert_int_eq(count("T", 1), 1); /* rule: a time further ahead than the level's delay counts as now */
	tear_down();
}
END_TEST

START_TEST(a_position_that_the_queue_does_not_have_is_put_right)
{
	set_up();
	send("DELAY\0011\002", "x");
	f.core.delays.next[0] = 77;
	f.core.delays.next[4] = 5;
	fx_pass(&f, 200);
	ck_assert_int_eq(f.core.delays.next[0], 1);
	ck_assert_int_eq(f.core.delays.next[4], 0);
	ck_assert(fx_logged(&f, "was to go on at position 77"));
	tear_down();
}
END_TEST

START_TEST(cold_messages_are_read_by_a_worker_and_then_come)
{
	set_up();
	for (int i = 0; i < 100; i++)
		send("DELAY\0011\002", "x");
	fx_pass(&f, 900);
	disk_crash_chill(f.disk);
	f.executor.lazy = true;
	fx_pass(&f, 100);
	ck_assert_int_eq(count("T", 1), 0);
	f.executor.lazy = false;
	fx_run_jobs(&f);
	core_turn_end(&f.core);
	fx_pass(&f, 2000);
	ck_assert_int_eq(count("T", 1), 100);
	tear_down();
}
END_TEST

START_TEST(levels_of_the_configuration_count_and_those_it_lost_are_still_delivered)
{
	fx_prepare(&f);
	fx_open(&f);
	fx_peer_init(&p);
	send("DELAY\0015\002", "x"); /* 1 m */
	fx_close(&f);
	lmi_delay_levels_parse(LMI_SPAN_LIT("2s"), &f.cfg.settings.delay_levels);
	fx_open(&f);
	send("DELAY\0015\002", "y"); /* now level 1 */
	fx_pass(&f, 2000);
	ck_assert_int_eq(count("T", 1), 1);
	ck_assert(lmi_span_is(stored("T", 1, 0).body, "y"));
	fx_pass(&f, 60000);
	ck_assert_int_eq(count("T", 1), 2);
	tear_down();
}
END_TEST

START_TEST(its_positions_are_told_to_who_asks)
{
	set_up();
	send("DELAY\0011\002", "x");
	fx_pass(&f, 3000);
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_ALL_DELAY_OFFSET, FX_NONE, LMI_SPAN_NULL);
	ck_assert_ptr_nonnull(memmem(a.body.p, a.body.n, "\"offsetTable\":{1:1}", 19));
	a = fx_ask(&f, &p, LMI_REQ_GET_BROKER_RUNTIME_INFO, FX_NONE, LMI_SPAN_NULL);
	ck_assert_ptr_nonnull(memmem(a.body.p, a.body.n, "\"scheduleMessageOffset_1\":\"1,1\"", 31));
	tear_down();
}
END_TEST

LMT_MAIN("delay_duty", it_comes_where_it_belongs_with_all_that_it_had, a_waiting_pull_is_answered_when_it_comes,
	 after_a_stop_it_goes_on_and_catches_up, a_clean_stop_delivers_nothing_twice,
	 a_kill_loses_none_and_repeats_only_what_was_not_yet_saved, a_position_is_saved_only_when_its_messages_are_on_the_disk,
	 one_that_cannot_be_delivered_is_told_and_passed_over, a_topic_that_went_away_is_made_again,
	 a_clock_that_was_set_back_does_not_keep_messages_for_longer_than_their_delay,
	 a_position_that_the_queue_does_not_have_is_put_right, cold_messages_are_read_by_a_worker_and_then_come,
	 levels_of_the_configuration_count_and_those_it_lost_are_still_delivered, its_positions_are_told_to_who_asks)
