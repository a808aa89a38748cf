/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a pop that waits is woken by a message that it wants, by its deadline or by name, one at a time, and goes with its
 * connection; its limits hold.
 * Shown by: arrivals in and beside its line, tags, retry topics of both kinds, time in ticks.
 */
#include <errno.h>

#include "broker/state/pop_wait.h"
#include "fixture.h"

static struct pop_wait_table t;
static struct fx_peer p;

static void set_up(void)
{
	pop_wait_init(&t, 0);
	fx_peer_init(&p);
}

static void tear_down(void)
{
	pop_wait_done(&t);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_int_eq(p.in_flight, 0);
	ck_assert_uint_eq(p.peer.refs, 1);
	fx_peer_done(&p);
}

static struct pop_wait_request request(const char *topic, const char *group, int32_t queue_id)
{
	return (struct pop_wait_request){ .peer = &p.peer,
					  .topic = lmi_span_str(topic),
					  .group = lmi_span_str(group),
					  .queue_id = queue_id,
					  .deadline_ms = 15000,
					  .frame = LMI_SPAN_LIT("frame") };
}

static struct pop_wait *wait_in(const char *topic, const char *group, int32_t queue_id)
{
	struct pop_wait *w = NULL;
	struct pop_wait_request r = request(topic, group, queue_id);
	ck_assert_int_eq(pop_wait_add(&t, &r, &w), 0);
	return w;
}

/* Takes and frees the next that was woken; NULL when nobody was. */
static struct pop_wait *woken(void)
{
	struct pop_wait *w = pop_wait_take(&t);
	if (w)
		pop_wait_free(&t, w);
	return w;
}

static void arrive(const char *topic, int32_t queue_id)
{
	pop_wait_arrival(&t, lmi_span_str(topic), queue_id, 1);
}

START_TEST(an_arrival_wakes_the_first_of_each_line_that_it_concerns)
{
	set_up();
	struct pop_wait *any = wait_in("T", "g", -1), *second = wait_in("T", "g", -5), *own = wait_in("T", "g", 3);
	struct pop_wait *other = wait_in("T", "h", -1);
	wait_in("T", "g", 4);
	wait_in("U", "g", -1);
	arrive("T", 3);
	struct pop_wait *w[3] = { woken(), woken(), woken() };
	for (int i = 0; i < 3; i++)
		ck_assert(w[i] == any || w[i] == own || w[i] == other);
	ck_assert(!woken());
	arrive("T", 3);
	ck_assert_ptr_eq(woken(), second);
	ck_assert(!woken());
	tear_down();
}
END_TEST

START_TEST(an_arrival_with_other_tags_wakes_nobody)
{
	static const int32_t codes[] = { 7 };
	struct lmi_tags_filter f = { .codes = codes, .count = 1 };
	struct pop_wait_request r = request("T", "g", -1);
	struct pop_wait *w;
	set_up();
	r = request("T", "g", -1);
	r.filter = &f;
	ck_assert_int_eq(pop_wait_add(&t, &r, &w), 0);
	arrive("T", 0);
	ck_assert(!woken());
	pop_wait_arrival(&t, LMI_SPAN_LIT("T"), 0, 7);
	ck_assert_ptr_eq(woken(), w);
	tear_down();
}
END_TEST

START_TEST(a_message_of_a_retry_topic_wakes_its_group)
{
	set_up();
	struct pop_wait *w = wait_in("my_topic", "my_group", -1);
	wait_in("my_topic", "other", -1);
	arrive("%RETRY%my_group_my_topic", 0);
	ck_assert_ptr_eq(woken(), w);
	ck_assert(!woken());
	w = wait_in("my_topic", "my_group", 2);
	arrive("%RETRY%my_group+my_topic", 0);
	ck_assert_ptr_eq(woken(), w);
	arrive("%RETRY%my_group", 0);
	arrive("%RETRY%_", 0);
	arrive("%RETRY%", 0);
	ck_assert(!woken());
	tear_down();
}
END_TEST

START_TEST(a_notification_waits_beside_a_pop)
{
	struct pop_wait_request r = request("T", "g", -1);
	struct pop_wait *n;
	set_up();
	r = request("T", "g", -1);
	r.kind = POP_WAIT_NOTIFY;
	struct pop_wait *w = wait_in("T", "g", -1);
	ck_assert_int_eq(pop_wait_add(&t, &r, &n), 0);
	ck_assert_uint_eq(pop_wait_count(&t, LMI_SPAN_LIT("T"), LMI_SPAN_LIT("g"), -1), 1); /* pops only */
	pop_wait_notify(&t, LMI_SPAN_LIT("T"), LMI_SPAN_LIT("g"), -1);
	ck_assert_ptr_eq(woken(), w);
	ck_assert_ptr_eq(woken(), n);
	ck_assert_uint_eq(pop_wait_count(&t, LMI_SPAN_LIT("T"), LMI_SPAN_LIT("g"), -1), 0);
	ck_assert_uint_eq(pop_wait_count(&t, LMI_SPAN_LIT("X"), LMI_SPAN_LIT("g"), -1), 0);
	tear_down();
}
END_TEST

START_TEST(a_deadline_wakes_and_not_before)
{
	set_up();
	struct pop_wait *w = wait_in("T", "g", -1);
	pop_wait_expire(&t, 14900);
	ck_assert(!woken());
	pop_wait_expire(&t, 15000);
	ck_assert_ptr_eq(woken(), w);
	w = wait_in("T", "g", -1);
	pop_wait_expire(&t, 10000000); /* long not looked at */
	ck_assert_ptr_eq(woken(), w);
	tear_down();
}
END_TEST

START_TEST(limits_are_kept_and_named)
{
	struct pop_wait *w;
	struct pop_wait_request r = request("T", "g", -1);
	set_up();
	r = request("T", "g", -1);
	t.max = 3;
	t.line_max = 2;
	ck_assert_int_eq(pop_wait_add(&t, &r, &w), 0);
	ck_assert_int_eq(pop_wait_add(&t, &r, &w), 0);
	ck_assert_int_eq(pop_wait_add(&t, &r, &w), -LMQ_EFULL); /* of a line */
	r.queue_id = 1;
	ck_assert_int_eq(pop_wait_add(&t, &r, &w), 0);
	r.queue_id = 2;
	ck_assert_int_eq(pop_wait_add(&t, &r, &w), -LMQ_EFULL); /* of all */
	t.max = 10;
	t.line_count = POP_WAIT_LINES_MAX;
	ck_assert_int_eq(pop_wait_add(&t, &r, &w), -LMQ_EFULL); /* of lines */
	t.line_count = 2;
	tear_down();
}
END_TEST

START_TEST(a_closed_connection_takes_its_waits_along)
{
	set_up();
	wait_in("T", "g", -1);
	struct pop_wait *w = wait_in("T", "g", 0);
	pop_wait_wake(&t, w);
	pop_wait_peer_closed(&t, &p.peer);
	ck_assert_uint_eq(t.count, 0);
	ck_assert(!woken());
	tear_down();
}
END_TEST

START_TEST(empty_lines_are_forgotten_after_a_while)
{
	set_up();
	wait_in("T", "g", -1);
	wait_in("U", "g", -1);
	pop_wait_wake_all(&t);
	while (woken())
		;
	ck_assert_uint_eq(t.line_count, 2);
	pop_wait_expire(&t, POP_WAIT_SWEEP_MS);
	ck_assert_uint_eq(t.line_count, 0);
	ck_assert_uint_eq(lmi_map_count(&t.topics), 0);
	tear_down();
}
END_TEST

LMT_MAIN("pop_wait", an_arrival_wakes_the_first_of_each_line_that_it_concerns, an_arrival_with_other_tags_wakes_nobody,
	 a_message_of_a_retry_topic_wakes_its_group, a_notification_waits_beside_a_pop, a_deadline_wakes_and_not_before,
	 limits_are_kept_and_named, a_closed_connection_takes_its_waits_along, empty_lines_are_forgotten_after_a_while)
