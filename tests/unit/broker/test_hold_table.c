/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a held pull waits for a message that it wants, or for its deadline, costs little, and goes with its connection.
 * Shown by: arrivals around its position, tags, time passing in ticks, a hundred thousand holds.
 */
#include <errno.h>
#include <malloc.h>

#include "broker/state/hold_table.h"
#include "fixture.h"

static struct hold_table t;
static struct fx_peer p;
static bool want_all = true;

static bool wants(void *ctx, const struct hold *h, int64_t tags_code)
{
	(void)ctx;
	(void)h;
	return want_all || tags_code == 1;
}

static void set_up(void)
{
	hold_table_init(&t, 0, wants, NULL);
	fx_peer_init(&p);
	want_all = true;
}

static void tear_down(void)
{
	hold_table_done(&t);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_int_eq(p.in_flight, 0);
	ck_assert_uint_eq(p.peer.refs, 1);
	fx_peer_done(&p);
}

static struct hold *hold(const char *topic, int32_t queue, int64_t pos, int64_t deadline_ms)
{
	struct hold *h = NULL;
	struct hold_request r = { .peer = &p.peer,
				  .topic = lmi_span_str(topic),
				  .group = LMI_SPAN_LIT("group"),
				  .queue_id = queue,
				  .queue_pos = pos,
				  .opaque = 5,
				  .deadline_ms = deadline_ms };
	ck_assert_int_eq(hold_table_add(&t, &r, &h), 0);
	return h;
}

static void arrive(const char *topic, int32_t queue, int64_t end)
{
	hold_table_arrival(&t, lmi_span_str(topic), queue, end, 1);
}

START_TEST(an_arrival_behind_its_position_wakes_it)
{
	set_up();
	struct hold *h = hold("T", 3, 10, 15000);
	ck_assert_int_eq(p.in_flight, 1);
	arrive("T", 3, 10); /* up to 10: nothing at 10 yet */
	arrive("T", 2, 11);
	arrive("U", 3, 11);
	ck_assert_ptr_null(hold_table_take(&t));
	arrive("T", 3, 11);
	arrive("T", 3, 12); /* once is enough */
	ck_assert_ptr_eq(hold_table_take(&t), h);
	ck_assert_ptr_null(hold_table_take(&t));
	ck_assert(lmi_span_is(hold_topic(h), "T"));
	ck_assert(lmi_span_is(hold_group(h), "group"));
	hold_free(&t, h);
	ck_assert_int_eq(p.in_flight, 0);
	tear_down();
}
END_TEST

START_TEST(a_message_that_it_does_not_want_lets_it_sleep)
{
	set_up();
	want_all = false;
	struct hold *h = hold("T", 0, 0, 15000);
	hold_table_arrival(&t, LMI_SPAN_LIT("T"), 0, 1, 2);
	ck_assert_ptr_null(hold_table_take(&t));
	hold_table_arrival(&t, LMI_SPAN_LIT("T"), 0, 2, 1);
	ck_assert_ptr_eq(hold_table_take(&t), h);
	hold_free(&t, h);
	tear_down();
}
END_TEST

START_TEST(a_filter_of_its_own_decides_alone)
{
	int32_t codes[] = { 7, 8 };
	struct lmi_tags_filter f = { .codes = codes, .count = 2 };
	struct hold *h = NULL;
	struct hold_request r = { .peer = &p.peer, .topic = LMI_SPAN_LIT("T"), .group = LMI_SPAN_LIT("g"), .deadline_ms = 9, .filter = &f };
	set_up();
	ck_assert_int_eq(hold_table_add(&t, &r, &h), 0);
	codes[0] = codes[1] = 0; /* it has its copy */
	hold_table_arrival(&t, LMI_SPAN_LIT("T"), 0, 1, 9);
	ck_assert_ptr_null(hold_table_take(&t));
	hold_table_arrival(&t, LMI_SPAN_LIT("T"), 0, 1, 8);
	ck_assert_ptr_eq(hold_table_take(&t), h);
	hold_free(&t, h);
	tear_down();
}
END_TEST

START_TEST(its_deadline_wakes_it_within_a_tick_and_not_before)
{
	set_up();
	struct hold *h = hold("T", 0, 0, 15000);
	for (int64_t now = 0; now < 15000; now += HOLD_TICK_MS) {
		hold_table_expire(&t, now);
		ck_assert_ptr_null(hold_table_take(&t));
	}
	hold_table_expire(&t, 15000);
	ck_assert_ptr_eq(hold_table_take(&t), h);
	hold_free(&t, h);
	tear_down();
}
END_TEST

START_TEST(deadlines_beyond_a_turn_of_the_wheel_are_kept)
{
	set_up();
	int64_t deadline = 3 * (int64_t)HOLD_WHEEL_SLOTS * HOLD_TICK_MS + 500;
	struct hold *h = hold("T", 0, 0, deadline);
	for (int64_t now = 0; now < deadline; now += 1700) {
		hold_table_expire(&t, now);
		ck_assert_ptr_null(hold_table_take(&t));
	}
	hold_table_expire(&t, deadline + 99);
	ck_assert_ptr_eq(hold_table_take(&t), h);
	hold_free(&t, h);
	tear_down();
}
END_TEST

START_TEST(a_long_sleep_of_the_loop_wakes_everybody_who_is_due)
{
	set_up();
	for (int i = 0; i < 300; i++)
		hold("T", 0, 0, 100 * i);
	hold_table_expire(&t, 10000000);
	int n = 0;
	for (struct hold *h; (h = hold_table_take(&t)); n++)
		hold_free(&t, h);
	ck_assert_int_eq(n, 300);
	tear_down();
}
END_TEST

START_TEST(a_taken_hold_may_wait_again)
{
	set_up();
	struct hold *h = hold("T", 0, 0, 15000);
	arrive("T", 0, 1);
	ck_assert_ptr_eq(hold_table_take(&t), h);
	hold_table_again(&t, h, 100);
	ck_assert_ptr_null(hold_table_take(&t));
	hold_table_expire(&t, 100);
	ck_assert_ptr_eq(hold_table_take(&t), h);
	hold_free(&t, h);
	tear_down();
}
END_TEST

START_TEST(a_grabbed_hold_is_not_woken)
{
	set_up();
	struct hold *h = hold("T", 0, 0, 100);
	hold_table_grab(&t, h);
	arrive("T", 0, 1);
	hold_table_expire(&t, 5000);
	ck_assert_ptr_null(hold_table_take(&t));
	hold_free(&t, h);
	tear_down();
}
END_TEST

START_TEST(a_closed_connection_drops_waiting_and_woken_holds_but_not_taken_ones)
{
	struct fx_peer q;
	set_up();
	fx_peer_init(&q);
	hold("T", 0, 0, 15000);
	hold("T", 1, 0, 15000);
	struct hold *taken = hold("T", 2, 0, 15000);
	arrive("T", 2, 1);
	ck_assert_ptr_eq(hold_table_take(&t), taken);
	arrive("T", 1, 1);
	hold_table_peer_closed(&t, &q.peer); /* somebody else */
	ck_assert_uint_eq(t.count, 3);
	hold_table_peer_closed(&t, &p.peer);
	ck_assert_uint_eq(t.count, 1);
	ck_assert_ptr_null(hold_table_take(&t));
	hold_free(&t, taken);
	fx_peer_done(&q);
	tear_down();
}
END_TEST

START_TEST(above_the_limit_nothing_is_held)
{
	struct hold *h;
	struct hold_request r = { .peer = &p.peer, .topic = LMI_SPAN_LIT("T"), .group = LMI_SPAN_LIT("g"), .deadline_ms = 9 };
	set_up();
	t.max = 1;
	ck_assert_int_eq(hold_table_add(&t, &r, &h), 0);
	ck_assert_int_eq(hold_table_add(&t, &r, &h), -LMQ_EFULL);
	ck_assert_int_eq(p.in_flight, 1);
	tear_down();
}
END_TEST

START_TEST(one_group_may_hold_only_its_share)
{
	struct hold *h;
	struct hold_request r = { .peer = &p.peer, .topic = LMI_SPAN_LIT("T"), .group = LMI_SPAN_LIT("group"), .deadline_ms = 1000 };
	set_up();
	t.group_max = 2;
	hold("T", 0, 0, 1000);
	struct hold *second = hold("T", 1, 0, 1000);
	ck_assert_int_eq(hold_table_add(&t, &r, &h), -EDQUOT);
	r.group = LMI_SPAN_LIT("other");
	ck_assert_int_eq(hold_table_add(&t, &r, &h), 0);
	ck_assert(lmi_span_is(hold_group(h), "other"));
	hold_table_grab(&t, second);
	hold_free(&t, second);
	hold("T", 2, 0, 1000);
	ck_assert_uint_eq(lmi_map_count(&t.groups), 2);
	tear_down();
}
END_TEST

START_TEST(a_hundred_thousand_holds_cost_under_300_bytes_each)
{
	char topic[32];
	set_up();
	t.group_max = t.max;
	size_t before = mallinfo2().uordblks;
	for (int i = 0; i < 100000; i++) { /* each in a queue of its own: the worst case */
		snprintf(topic, sizeof(topic), "topic-%d", i / 16);
		hold(topic, i % 16, 5, 15000 + i % 20000);
	}
	size_t each = (mallinfo2().uordblks - before) / 100000;
	ck_assert_msg(each < 300, "%zu bytes each", each);
	arrive("topic-77", 3, 6);
	struct hold *h = hold_table_take(&t);
	ck_assert_ptr_nonnull(h);
	hold_free(&t, h);
	hold_table_peer_closed(&t, &p.peer);
	ck_assert_uint_eq(t.queue_count, 0);
	tear_down();
}
END_TEST

LMT_MAIN("hold_table", an_arrival_behind_its_position_wakes_it, a_message_that_it_does_not_want_lets_it_sleep,
	 a_filter_of_its_own_decides_alone, its_deadline_wakes_it_within_a_tick_and_not_before,
	 deadlines_beyond_a_turn_of_the_wheel_are_kept, a_long_sleep_of_the_loop_wakes_everybody_who_is_due,
	 a_taken_hold_may_wait_again, a_grabbed_hold_is_not_woken,
	 a_closed_connection_drops_waiting_and_woken_holds_but_not_taken_ones, above_the_limit_nothing_is_held,
	 a_hundred_thousand_holds_cost_under_300_bytes_each, one_group_may_hold_only_its_share)
