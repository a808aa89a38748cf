/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: what is counted stands in the sums of a minute, an hour and a day until these have passed, of a topic and of each group on it
 * apart; nothing idle is kept.  The broker's own counters are known over ten minutes and since midnight.  Shown: stated times.
 */
#include <stdio.h>
#include <stdlib.h>

#include "broker/state/stat_history.h"
#include "broker/state/stat_table.h"
#include "tests/support/lmt.h"

#define T0 1700000000000 /* begins a bucket of ten seconds */

static struct stat_table t;

static const struct stat_key put = { .kind = STAT_TOPIC_PUT, .topic = { (const uint8_t *)"T", 1 } };
static const struct stat_key got = { STAT_GROUP_GET, { (const uint8_t *)"T", 1 }, { (const uint8_t *)"g", 1 } };

static struct stat_sum sum(const struct stat_key *k, enum stat_window w, int64_t at)
{
	struct stat_sum s;
	stat_sum(&t, k, w, at, &s);
	return s;
}

START_TEST(sums_of_a_minute_an_hour_and_a_day_hold_as_long)
{
	t = (struct stat_table){ .clean_ms = 0 };
	stat_add(&t, &put, 3, 300, T0);
	stat_add(&t, &put, 1, 100, T0 + 9999);
	struct stat_sum s = sum(&put, STAT_MINUTE, T0 + 10000);
	ck_assert_int_eq(s.count, 4);
	ck_assert_int_eq(s.bytes, 400);
	ck_assert_int_eq(s.times, 2);
	ck_assert_int_eq(s.ms, 10000);
	ck_assert_double_eq_tol(stat_rate(s.count, &s), 0.4, 1e-9);
	ck_assert_int_eq(sum(&put, STAT_MINUTE, T0 + 60000).count, 4);
	ck_assert_int_eq(sum(&put, STAT_MINUTE, T0 + 70000).count, 0);
	ck_assert_int_eq(sum(&put, STAT_HOUR, T0 + 70000).count, 4);
	ck_assert_int_eq(sum(&put, STAT_HOUR, T0 + 2 * 3600000).count, 0);
	ck_assert_int_eq(sum(&put, STAT_DAY, T0 + 2 * 3600000).count, 4);
	ck_assert_int_eq(sum(&put, STAT_DAY, T0 + 26 * 3600000).count, 0);
	stat_table_done(&t);
}
END_TEST

START_TEST(a_clock_that_is_set_back_loses_no_count)
{
	t = (struct stat_table){ .clean_ms = 0 };
	stat_add(&t, &put, 1, 1, T0);
	stat_add(&t, &put, 1, 1, T0 - 500000);
	ck_assert_int_eq(sum(&put, STAT_MINUTE, T0).count, 2);
	ck_assert_int_ge(sum(&put, STAT_MINUTE, T0 - 500000).ms, 1);
	stat_table_done(&t);
}
END_TEST

START_TEST(topics_and_groups_are_counted_apart_and_go_with_their_topic)
{
	struct stat_sum s;
	const struct stat_key other = { .kind = STAT_TOPIC_PUT, .topic = LMI_SPAN_LIT("TT") };
	t = (struct stat_table){ .clean_ms = 0 };
	stat_add(&t, &put, 1, 1, T0);
	stat_add(&t, &got, 2, 2, T0);
	stat_add(&t, &other, 3, 3, T0);
	ck_assert_int_eq(sum(&put, STAT_DAY, T0).count, 1);
	ck_assert_int_eq(sum(&got, STAT_DAY, T0).count, 2);
	stat_drop_topic(&t, LMI_SPAN_LIT("T"));
	ck_assert(!stat_sum(&t, &put, STAT_DAY, T0, &s));
	ck_assert(!stat_sum(&t, &got, STAT_DAY, T0, &s));
	ck_assert_int_eq(sum(&other, STAT_DAY, T0).count, 3);
	stat_table_done(&t);
}
END_TEST

START_TEST(what_was_idle_for_a_day_is_forgotten_and_there_is_a_bound)
{
	char name[16];
	struct stat_key k = { .kind = STAT_TOPIC_PUT };
	t = (struct stat_table){ .clean_ms = 0 };
	for (unsigned int i = 0; i <= STAT_ITEMS_MAX; i++) {
		k.topic = lmi_span(name, (size_t)snprintf(name, sizeof(name), "%u", i));
		stat_add(&t, &k, 1, 1, T0);
	}
	ck_assert_uint_eq(lmi_map_count(&t.map), STAT_ITEMS_MAX);
	stat_table_tick(&t, T0 + 3600000);
	ck_assert_uint_eq(lmi_map_count(&t.map), STAT_ITEMS_MAX);
	stat_add(&t, &(struct stat_key){ .kind = STAT_TOPIC_PUT, .topic = LMI_SPAN_LIT("7") }, 1, 1, T0 + 20 * 3600000);
	stat_table_tick(&t, T0 + 26 * 3600000);
	ck_assert_uint_eq(lmi_map_count(&t.map), 1);
	stat_table_done(&t);
}
END_TEST

START_TEST(the_brokers_rates_are_over_ten_seconds_a_minute_and_ten)
{
	struct stat_history h = { .count = 0 };
	int64_t v[STAT_COUNTERS] = { 0 };
	ck_assert_double_eq(stat_history_rate(&h, STAT_PUT, 10, 5000, 7), 0);
	for (int i = 0; i <= 200; i++) { /* 10 a second for the last minute, nothing before */
		v[STAT_PUT] += i > 194 ? 100 : 0;
		stat_history_tick(&h, i * 10000, T0, v);
		stat_history_tick(&h, i * 10000 + 5000, T0, v); /* too early */
	}
	ck_assert_double_eq(stat_history_rate(&h, STAT_PUT, 10, 2000000, v[STAT_PUT]), 10);
	ck_assert_double_eq(stat_history_rate(&h, STAT_PUT, 10, 2010000, v[STAT_PUT] + 100), 10);
	ck_assert_double_eq(stat_history_rate(&h, STAT_PUT, 60, 2000000, v[STAT_PUT]), 10);
	ck_assert_double_eq(stat_history_rate(&h, STAT_PUT, 600, 2000000, v[STAT_PUT]), 1);
}
END_TEST

START_TEST(where_the_counters_stood_at_midnight_is_kept)
{
	struct stat_history h = { .count = 0 };
	int64_t v[STAT_COUNTERS] = { [STAT_PUT] = 5 };
	const int64_t day = 86400000;
	stat_history_tick(&h, 0, T0, v);
	ck_assert_int_eq(h.today[STAT_PUT], 0);
	v[STAT_PUT] = 8;
	stat_history_tick(&h, day, T0 + day, v);
	v[STAT_PUT] = 12;
	stat_history_tick(&h, 2 * day, T0 + 2 * day, v);
	ck_assert_int_eq(h.yesterday[STAT_PUT], 8);
	ck_assert_int_eq(h.today[STAT_PUT], 12);
}
END_TEST

LMT_MAIN("stat_table", sums_of_a_minute_an_hour_and_a_day_hold_as_long, a_clock_that_is_set_back_loses_no_count,
	 topics_and_groups_are_counted_apart_and_go_with_their_topic, what_was_idle_for_a_day_is_forgotten_and_there_is_a_bound,
	 the_brokers_rates_are_over_ten_seconds_a_minute_and_ten, where_the_counters_stood_at_midnight_is_kept)
