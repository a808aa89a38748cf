/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: delay levels are read and counted as ScheduleMessageService does.
 * Shown by: the default list, each unit, each way to be wrong.
 */
#include "rules/delay_level.h"
#include "tests/support/lmt.h"

static struct lmi_delay_levels levels;

static int parse(const char *text)
{
	return lmi_delay_levels_parse(lmi_span_str(text), &levels);
}

START_TEST(the_default_has_18_levels_from_1_s_to_2_h)
{
	ck_assert_int_eq(parse(LMI_DELAY_LEVEL_DEFAULT), 0);
	ck_assert_uint_eq(levels.count, 18);
	ck_assert_int_eq(lmi_delay_level_ms(&levels, 1), 1000);
	ck_assert_int_eq(lmi_delay_level_ms(&levels, 3), 10000);
	ck_assert_int_eq(lmi_delay_level_ms(&levels, 5), 60000);
	ck_assert_int_eq(lmi_delay_level_ms(&levels, 18), 7200000);
}
END_TEST

START_TEST(units_are_s_m_h_d)
{
	ck_assert_int_eq(parse("2s 3m  4h 5d "), 0);
	ck_assert_uint_eq(levels.count, 4);
	ck_assert_int_eq(levels.ms[0], 2000);
	ck_assert_int_eq(levels.ms[1], 180000);
	ck_assert_int_eq(levels.ms[2], 14400000);
	ck_assert_int_eq(levels.ms[3], 432000000);
}
END_TEST

START_TEST(what_is_no_list_of_times_is_refused)
{
	static const char *const bad[] = { "", "  ", "1", "s", "1x", "1s,2s", "-1s", "1.5s", "99999999999999999999s" };
	levels.count = 3;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(parse(bad[i]), -LMQ_EMALFORMED);
	ck_assert_uint_eq(levels.count, 3); /* untouched */
}
END_TEST

START_TEST(too_many_levels_and_too_long_times_are_too_big)
{
	static char text[3 * (LMI_DELAY_LEVELS_MAX + 1) + 1];
	for (size_t i = 0; i <= LMI_DELAY_LEVELS_MAX; i++)
		memcpy(text + 3 * i, "1s ", 3);
	ck_assert_int_eq(parse(text), -LMQ_ETOOBIG);
	text[3 * LMI_DELAY_LEVELS_MAX] = '\0';
	ck_assert_int_eq(parse(text), 0);
	ck_assert_uint_eq(levels.count, LMI_DELAY_LEVELS_MAX);
	ck_assert_int_eq(parse("999999999999999999d"), -LMQ_ETOOBIG);
}
END_TEST

START_TEST(levels_above_the_last_are_the_last_and_below_1_none)
{
	ck_assert_int_eq(parse("1s 5s"), 0);
	ck_assert_int_eq(lmi_delay_level_clamp(&levels, 7), 2);
	ck_assert_int_eq(lmi_delay_level_ms(&levels, INT32_MAX), 5000);
	ck_assert_int_eq(lmi_delay_level_clamp(&levels, 0), 0);
	ck_assert_int_eq(lmi_delay_level_ms(&levels, -1), 0);
}
END_TEST

LMT_MAIN("delay_level", the_default_has_18_levels_from_1_s_to_2_h, units_are_s_m_h_d, what_is_no_list_of_times_is_refused,
	 too_many_levels_and_too_long_times_are_too_big, levels_above_the_last_are_the_last_and_below_1_none)
