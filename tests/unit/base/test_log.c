/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: lines above the level are dropped unformatted, fields arrive, and the limit lets a burst through and then counts.
 * Shown: with a log that keeps its last line, and a limit at stated times.
 */
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"

#include "tests/support/lmt.h"

struct kept {
	struct lmi_log log;
	char line[128];
	const struct lmi_log_field *fields;
	enum lmi_log_level level;
	int lines;
};

static void keep(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields, const char *fmt,
		 va_list ap) LMI_PRINTF(4, 0);

static void keep(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields, const char *fmt,
		 va_list ap)
{
	struct kept *k = lmi_container_of(l, struct kept, log);

	vsnprintf(k->line, sizeof(k->line), fmt, ap);
	k->fields = fields;
	k->level = level;
	k->lines++;
}

START_TEST(lines_up_to_the_level_are_written)
{
	struct kept k = { .log = { keep, LMI_LOG_INFO } };

	lmi_log(&k.log, LMI_LOG_WARNING, "topic %s", "T");
	ck_assert_str_eq(k.line, "topic T");
	ck_assert_int_eq(k.level, LMI_LOG_WARNING);
	ck_assert_ptr_null(k.fields);
	lmi_log(&k.log, LMI_LOG_DEBUG, "dropped");
	lmi_log_with(&k.log, LMI_LOG_DEBUG, NULL, "dropped");
	ck_assert_int_eq(k.lines, 1);
	lmi_log(NULL, LMI_LOG_ERR, "nowhere");
	lmi_log_with(NULL, LMI_LOG_ERR, NULL, "nowhere");
}
END_TEST

START_TEST(fields_arrive_with_their_line)
{
	static const struct lmi_log_field fields[] = { { "TOPIC", "T", 0 }, { NULL, NULL, 0 } };
	struct kept k = { .log = { keep, LMI_LOG_INFO } };

	lmi_log_with(&k.log, LMI_LOG_INFO, fields, "made %d", 1);
	ck_assert_str_eq(k.line, "made 1");
	ck_assert_ptr_eq(k.fields, fields);
}
END_TEST

START_TEST(a_limit_lets_a_burst_through_and_tells_what_it_dropped)
{
	struct lmi_log_limit lim = { .interval_ms = 1000, .burst = 2 };
	unsigned int dropped = 99;

	ck_assert(lmi_log_limit_pass(&lim, 0, &dropped));
	ck_assert_uint_eq(dropped, 0);
	ck_assert(lmi_log_limit_pass(&lim, 10, &dropped));
	ck_assert(!lmi_log_limit_pass(&lim, 20, &dropped));
	ck_assert(!lmi_log_limit_pass(&lim, 999, &dropped));
	ck_assert(lmi_log_limit_pass(&lim, 1000, &dropped));
	ck_assert_uint_eq(dropped, 2);
	ck_assert(lmi_log_limit_pass(&lim, 1001, &dropped));
	ck_assert_uint_eq(dropped, 0);
}
END_TEST

START_TEST(a_limit_begins_anew_when_the_clock_steps_back)
{
	struct lmi_log_limit lim = { .interval_ms = 1000, .burst = 1 };
	unsigned int dropped;

	ck_assert(lmi_log_limit_pass(&lim, 500000, &dropped));
	ck_assert(!lmi_log_limit_pass(&lim, 500001, &dropped));
	ck_assert(lmi_log_limit_pass(&lim, 100, &dropped));
	ck_assert_uint_eq(dropped, 1);
}
END_TEST

LMT_MAIN("log", lines_up_to_the_level_are_written, fields_arrive_with_their_line,
	 a_limit_lets_a_burst_through_and_tells_what_it_dropped, a_limit_begins_anew_when_the_clock_steps_back)
