/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: every name server is told at once, every 30 s, at each change, and soon again after a failure.
 * Shown by: a clock that is an argument, two servers of which one is down.
 */
#include <stdio.h>
#include <string.h>

#include "broker/duty/register_duty.h"
#include "base/error.h"
#include "tests/support/lmt.h"

static struct register_duty d;

static void set_up(const char *addresses)
{
	ck_assert_int_eq(register_duty_init(&d, addresses, 30000, 0), 0);
}

START_TEST(a_list_is_taken_apart_at_semicolons)
{
	set_up(" a:1 ; b:2;;c:3 ;");
	ck_assert_uint_eq(d.count, 3);
	ck_assert_str_eq(d.servers[0].address, "a:1");
	ck_assert_str_eq(d.servers[1].address, "b:2");
	ck_assert_str_eq(d.servers[2].address, "c:3");
	register_duty_done(&d);
	set_up("");
	ck_assert_uint_eq(d.count, 0);
	ck_assert_int_eq(register_duty_take(&d, 0), -1);
	register_duty_done(&d);
}
END_TEST

START_TEST(more_servers_than_the_limit_are_refused)
{
	static char text[4 * (REGISTER_SERVERS_MAX + 1) + 1];
	for (unsigned int i = 0; i <= REGISTER_SERVERS_MAX; i++)
		memcpy(text + 4 * i, "a:1;", 4);
	ck_assert_int_eq(register_duty_init(&d, text, 1, 0), -LMQ_EILLEGAL);
	ck_assert_uint_eq(d.count, 0);
}
END_TEST

START_TEST(all_are_told_at_once_and_again_every_period)
{
	set_up("a:1;b:2");
	ck_assert_int_eq(register_duty_take(&d, 0), 0);
	ck_assert_int_eq(register_duty_take(&d, 0), 1);
	ck_assert_int_eq(register_duty_take(&d, 0), -1);
	ck_assert_int_eq(register_duty_answered(&d, 0, true, 10), REGISTER_REACHED);
	ck_assert_int_eq(register_duty_answered(&d, 1, true, 20), REGISTER_REACHED);
	ck_assert_uint_eq(register_duty_reachable(&d), 2);
	ck_assert_int_eq(register_duty_take(&d, 30009), -1);
	ck_assert_int_eq(register_duty_take(&d, 30010), 0);
	ck_assert_int_eq(register_duty_answered(&d, 0, true, 30011), REGISTER_NOTHING_NEW);
	register_duty_done(&d);
}
END_TEST

START_TEST(a_dead_server_is_tried_soon_then_every_2_seconds_and_said_once)
{
	static const int64_t waits[] = { 100, 200, 400, 800, 1600, 2000, 2000 };
	int64_t now = 0;
	set_up("a:1");
	for (size_t i = 0; i < 7; i++) {
		ck_assert_int_eq(register_duty_take(&d, now), 0);
		ck_assert_int_eq(register_duty_answered(&d, 0, false, now), i ? REGISTER_NOTHING_NEW : REGISTER_LOST);
		ck_assert_int_eq(register_duty_take(&d, now + waits[i] - 1), -1);
		now += waits[i];
	}
	ck_assert_int_eq(register_duty_take(&d, now), 0);
	ck_assert_int_eq(register_duty_answered(&d, 0, true, now), REGISTER_REACHED);
	ck_assert_int_eq(register_duty_take(&d, now + 30000), 0);
	ck_assert_int_eq(register_duty_answered(&d, 0, false, now), REGISTER_LOST);
	ck_assert_int_eq(register_duty_take(&d, now + 100), 0); /* patience begins anew */
	register_duty_done(&d);
}
END_TEST

START_TEST(a_change_is_told_at_once_also_when_one_is_under_way)
{
	set_up("a:1;b:2");
	register_duty_take(&d, 0);
	register_duty_take(&d, 0);
	register_duty_answered(&d, 0, true, 1);
	register_duty_changed(&d, 5); /* b has not answered yet */
	ck_assert_int_eq(register_duty_take(&d, 5), 0);
	ck_assert_int_eq(register_duty_take(&d, 5), -1);
	register_duty_answered(&d, 1, true, 6);
	ck_assert_int_eq(register_duty_take(&d, 6), 1);
	register_duty_done(&d);
}
END_TEST

START_TEST(a_change_does_not_hammer_a_dead_server)
{
	set_up("a:1");
	register_duty_take(&d, 0);
	register_duty_answered(&d, 0, false, 0);
	register_duty_changed(&d, 5);
	ck_assert_int_eq(register_duty_take(&d, 6), -1);
	ck_assert_int_eq(register_duty_take(&d, 100), 0);
	register_duty_done(&d);
}
END_TEST

START_TEST(a_closed_connection_means_telling_again_at_once)
{
	set_up("a:1;b:2");
	register_duty_take(&d, 0);
	register_duty_take(&d, 0);
	register_duty_answered(&d, 0, true, 0);
	register_duty_answered(&d, 1, true, 0);
	register_duty_closed(&d, "a:1", 100);
	ck_assert_int_eq(register_duty_take(&d, 199), -1);
	ck_assert_int_eq(register_duty_take(&d, 200), 0);
	ck_assert_int_eq(register_duty_take(&d, 200), -1);
	register_duty_done(&d);
}
END_TEST

START_TEST(a_version_is_told_when_every_reachable_server_has_answered_for_it)
{
	set_up("a:1;b:2");
	ck_assert_int_eq(register_duty_told(&d), INT64_MAX); /* nobody to wait for */
	register_duty_take(&d, 0);
	register_duty_take(&d, 0);
	d.servers[0].sending = d.servers[1].sending = 7;
	register_duty_answered(&d, 0, true, 1);
	ck_assert_int_eq(register_duty_told(&d), 7);
	register_duty_answered(&d, 1, false, 1); /* out of reach: not waited for */
	ck_assert_int_eq(register_duty_told(&d), 7);
	register_duty_changed(&d, 2);
	register_duty_take(&d, 2);
	d.servers[0].sending = 8;
	ck_assert_int_eq(register_duty_told(&d), 7);
	register_duty_answered(&d, 0, true, 3);
	ck_assert_int_eq(register_duty_told(&d), 8);
	register_duty_done(&d);
}
END_TEST

START_TEST(another_list_keeps_what_is_in_both_and_leaves_the_rest_alone)
{
	static char many[5 * (REGISTER_SERVERS_MAX + 1) + 1];
	bool changed;
	set_up("a:1;b:2");
	register_duty_take(&d, 0);
	register_duty_take(&d, 0);
	register_duty_answered(&d, 0, true, 0);
	ck_assert_int_eq(register_duty_update(&d, "a:1;c:3", 5, &changed), 0); /* b has not answered yet */
	ck_assert(changed);
	ck_assert_uint_eq(register_duty_servers(&d), 2);
	ck_assert(d.servers[0].reachable);
	ck_assert_int_eq(register_duty_take(&d, 5), 2);
	ck_assert_str_eq(d.servers[2].address, "c:3");
	ck_assert_int_eq(register_duty_answered(&d, 1, true, 6), REGISTER_NOTHING_NEW);
	ck_assert_uint_eq(register_duty_reachable(&d), 1);
	ck_assert_int_eq(register_duty_update(&d, "c:3;a:1", 7, &changed), 0);
	ck_assert(!changed);
	ck_assert_int_eq(register_duty_update(&d, "a:1;d:4", 8, &changed), 0); /* in the place of b */
	ck_assert_str_eq(d.servers[1].address, "d:4");
	ck_assert_int_eq(register_duty_take(&d, 8), 1);
	ck_assert_int_eq(register_duty_update(&d, " ; ", 9, &changed), -LMQ_EILLEGAL);
	for (unsigned int i = 0; i < REGISTER_SERVERS_MAX; i++)
		snprintf(many + 5 * i, 6, "x:%02u;", i);
	ck_assert_int_eq(register_duty_update(&d, many, 9, &changed), -LMQ_EILLEGAL);
	ck_assert_uint_eq(register_duty_servers(&d), 2);
	register_duty_done(&d);
}
END_TEST

LMT_MAIN("register_duty", a_list_is_taken_apart_at_semicolons, more_servers_than_the_limit_are_refused,
	 all_are_told_at_once_and_again_every_period, a_dead_server_is_tried_soon_then_every_2_seconds_and_said_once,
	 a_change_is_told_at_once_also_when_one_is_under_way, a_change_does_not_hammer_a_dead_server,
	 a_closed_connection_means_telling_again_at_once,
	 a_version_is_told_when_every_reachable_server_has_answered_for_it,
	 another_list_keeps_what_is_in_both_and_leaves_the_rest_alone)
