/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: which segments go follows age, hour, watermarks and budget, oldest first, and nothing that somebody still needs
 * goes but where the configuration says so.
 * Shown: the rules as a table of facts and choices.
 */
#include <stdlib.h>

#include "store/retention.h"
#include "tests/support/lmt.h"

#define HOUR INT64_C(3600000)
#define SEGMENT INT64_C(1000)
#define NOW (1000 * HOUR)

static int64_t last_ms[8];

static struct retention_config config(void)
{
	return (struct retention_config){
		.interval_ms = 10000,
		.reserved_ms = 72 * HOUR,
		.max_used_percent = 75,
		.forcibly_percent = 85,
		.warning_percent = 90,
		.batch_max = 10,
	};
}

/* Eight segments, of which the first @old are older than 72 hours; the last two are not over. */
static struct retention_facts facts(size_t old)
{
	for (size_t i = 0; i < 8; i++)
		last_ms[i] = NOW - (i < old ? 100 * HOUR : HOUR);
	return (struct retention_facts){
		.now_ms = NOW,
		.disk_percent = 50,
		.used_bytes = 8 * SEGMENT,
		.segment_bytes = SEGMENT,
		.log_min = 5000,
		.keep_from = 5000 + 6 * SEGMENT + 500,
		.last_ms = last_ms,
		.count = 8,
		.pinned = INT64_MAX,
		.unread = INT64_MAX,
		.unread_by_none = INT64_MAX,
	};
}

static size_t chosen(const struct retention_config *c, const struct retention_facts *f, enum retention_block block)
{
	struct retention_choice ch;
	retention_choose(c, f, &ch);
	ck_assert_int_eq(ch.block, block);
	return ch.segments;
}

START_TEST(what_is_older_than_the_reserved_time_goes_and_never_the_last_segment)
{
	struct retention_config c = config();
	struct retention_facts f = facts(3);
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 3);
	f = facts(8);
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 6);
	f = facts(0);
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 0);
	c.reserved_ms = 0;
	f = facts(8);
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 0);
}
END_TEST

START_TEST(at_most_a_batch_goes_at_a_time)
{
	struct retention_config c = config();
	struct retention_facts f = facts(6);
	c.batch_max = 2;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 2);
}
END_TEST

START_TEST(the_hour_binds_unless_the_disk_is_above_its_ratio_or_somebody_asks)
{
	struct retention_config c = config();
	struct retention_facts f = facts(3);
	setenv("TZ", "UTC", 1); /* NOW is 16 o'clock there */
	c.delete_when = "04;05";
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 0);
	f.any_hour = true;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 3);
	f.any_hour = false;
	f.disk_percent = 75;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 0);
	f.disk_percent = 76;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 3); /* what has expired, and no more */
	f.disk_percent = 50;
	c.delete_when = "04;16";
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 3);
}
END_TEST

START_TEST(young_segments_go_above_the_forcible_ratio_only_where_that_is_enabled)
{
	struct retention_config c = config();
	struct retention_facts f = facts(1);
	f.disk_percent = 86;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 1);
	c.forcibly = true;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 6);
	f.disk_percent = 85;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 1);
}
END_TEST

START_TEST(over_budget_the_oldest_go_until_a_tenth_is_free)
{
	struct retention_config c = config();
	struct retention_facts f = facts(0);
	c.max_bytes = 8 * SEGMENT;
	f.over_budget = retention_over_budget(&c, f.used_bytes, SEGMENT, false);
	ck_assert(f.over_budget);
	/* 8 and one to come: down to 6, so that 7 are not above 7200. */
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 2);
}
END_TEST

START_TEST(the_budget_has_hysteresis)
{
	struct retention_config c = config();
	c.max_bytes = 100 * SEGMENT;
	ck_assert(!retention_over_budget(&c, 94 * SEGMENT, SEGMENT, false));
	ck_assert(retention_over_budget(&c, 95 * SEGMENT, SEGMENT, false));
	ck_assert(retention_over_budget(&c, 90 * SEGMENT, SEGMENT, true));
	ck_assert(!retention_over_budget(&c, 89 * SEGMENT, SEGMENT, true));
	ck_assert(!retention_no_room(&c, 99 * SEGMENT, SEGMENT, false));
	ck_assert(retention_no_room(&c, 100 * SEGMENT, SEGMENT, false));
	ck_assert(retention_no_room(&c, 95 * SEGMENT, SEGMENT, true));
	ck_assert(!retention_no_room(&c, 94 * SEGMENT, SEGMENT, true));
	c.max_bytes = 4 * SEGMENT; /* less than a segment of hysteresis is none, or sends would never be taken again */
	ck_assert(!retention_no_room(&c, 3 * SEGMENT, SEGMENT, true));
	c.max_bytes = 0;
	ck_assert(!retention_over_budget(&c, INT64_MAX / 2, SEGMENT, true));
	ck_assert(!retention_no_room(&c, INT64_MAX / 2, SEGMENT, true));
}
END_TEST

START_TEST(a_pin_keeps_its_segment_and_all_behind_it_whatever_is_configured)
{
	struct retention_config c = config();
	struct retention_facts f = facts(6);
	c.unread = RETENTION_IGNORE_UNREAD;
	f.pinned = 5000 + 2 * SEGMENT;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_PINNED), 2);
	f.pinned = 5000 + 2 * SEGMENT - 1;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_PINNED), 1);
}
END_TEST

START_TEST(what_a_group_has_not_consumed_stays_but_where_the_configuration_says_so)
{
	struct retention_config c = config();
	struct retention_facts f = facts(3);
	f.unread = 5000 + SEGMENT + 10;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_UNREAD), 1);
	c.unread = RETENTION_UNTIL_EXPIRED;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 3);
	c.max_bytes = 8 * SEGMENT;
	f = facts(1);
	f.over_budget = true;
	f.unread = 5000 + SEGMENT + 10;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_UNREAD), 1); /* young: it stays although the budget is used up */
	c.unread = RETENTION_IGNORE_UNREAD;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 2);
}
END_TEST

START_TEST(what_no_group_reads_stays_for_the_reserved_time)
{
	struct retention_config c = config();
	struct retention_facts f = facts(2);
	f.unread_by_none = 5000;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 2);
	c.max_bytes = 8 * SEGMENT;
	f.over_budget = true;
	f.used_bytes = 20 * SEGMENT;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_UNREAD_BY_NONE), 2);
	c.unread = RETENTION_IGNORE_UNREAD;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 6);
}
END_TEST

START_TEST(a_segment_of_unknown_age_is_not_old)
{
	struct retention_config c = config();
	struct retention_facts f = facts(8);
	last_ms[1] = 0;
	ck_assert_uint_eq(chosen(&c, &f, RETENTION_FREE), 1);
}
END_TEST

START_TEST(what_could_go_is_what_nobody_needs)
{
	struct retention_config c = config();
	struct retention_facts f = facts(0);
	ck_assert_uint_eq(retention_could(&c, &f), 6);
	f.unread = 5000 + 4 * SEGMENT;
	ck_assert_uint_eq(retention_could(&c, &f), 4);
	f.unread_by_none = 5000 + 2 * SEGMENT;
	ck_assert_uint_eq(retention_could(&c, &f), 2);
	f.keep_from = 4000;
	ck_assert_uint_eq(retention_could(&c, &f), 0);
}
END_TEST

START_TEST(hours_are_a_list_from_0_to_23)
{
	static const char *const good[] = { "", "4", "04", "04;16", "0;23;", " 4 ; 5" };
	static const char *const bad[] = { "24", "-1", "4,5", "four", "4;x", "04:00" };
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_msg(retention_hours_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!retention_hours_ok(bad[i]), "%s", bad[i]);
	setenv("TZ", "UTC", 1);
	ck_assert(retention_hour("", 5 * HOUR));
	ck_assert(retention_hour(NULL, 5 * HOUR));
	ck_assert(retention_hour("04;05", 5 * HOUR));
	ck_assert(!retention_hour("04;05", 6 * HOUR));
	ck_assert(!retention_hour("04;05", 4 * HOUR - 1));
}
END_TEST

START_TEST(a_forecast_is_what_is_left_over_the_rate)
{
	ck_assert_int_eq(retention_forecast_ms(1000, 100, 60000), 600000);
	ck_assert_int_eq(retention_forecast_ms(0, 100, 60000), 0);
	ck_assert_int_eq(retention_forecast_ms(-5, 100, 60000), 0);
	ck_assert(retention_forecast_ms(1000, 0, 60000) == INT64_MAX);
	ck_assert(retention_forecast_ms(INT64_MAX, 1, INT64_MAX / 2) == INT64_MAX);
}
END_TEST

LMT_MAIN("retention", what_is_older_than_the_reserved_time_goes_and_never_the_last_segment, at_most_a_batch_goes_at_a_time,
	 the_hour_binds_unless_the_disk_is_above_its_ratio_or_somebody_asks,
	 young_segments_go_above_the_forcible_ratio_only_where_that_is_enabled, over_budget_the_oldest_go_until_a_tenth_is_free,
	 the_budget_has_hysteresis, a_pin_keeps_its_segment_and_all_behind_it_whatever_is_configured,
	 what_a_group_has_not_consumed_stays_but_where_the_configuration_says_so,
	 what_no_group_reads_stays_for_the_reserved_time, a_segment_of_unknown_age_is_not_old, what_could_go_is_what_nobody_needs,
	 hours_are_a_list_from_0_to_23, a_forecast_is_what_is_left_over_the_rate)
