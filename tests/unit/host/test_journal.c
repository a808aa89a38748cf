/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: the words of logLevel are the levels, and a line off the journal is "TIME LEVEL: TEXT".  Shown with a pipe as stderr. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "host/host_internal.h"
#include "tests/support/lmt.h"

START_TEST(words_are_levels_and_unknown_ones_are_info)
{
	ck_assert_int_eq(host_log_level("error"), LMI_LOG_ERR);
	ck_assert_int_eq(host_log_level("warning"), LMI_LOG_WARNING);
	ck_assert_int_eq(host_log_level("notice"), LMI_LOG_NOTICE);
	ck_assert_int_eq(host_log_level("info"), LMI_LOG_INFO);
	ck_assert_int_eq(host_log_level("debug"), LMI_LOG_DEBUG);
	ck_assert_int_eq(host_log_level("loud"), LMI_LOG_INFO);
}
END_TEST

/* What two lines, one of them above the level, leave on stderr. */
static void say(char *out, size_t cap)
{
	int fds[2], keep = dup(2);
	struct lmi_log *l;
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	dup2(fds[1], 2);
	l = host_log_open();
	lmi_log(l, LMI_LOG_WARNING, "disk %d full", 3);
	lmi_log(l, LMI_LOG_DEBUG, "not to be seen");
	dup2(keep, 2);
	close(fds[1]);
	n = read(fds[0], out, cap - 1);
	ck_assert_int_gt(n, 0);
	out[n] = 0;
	close(fds[0]);
	close(keep);
}

START_TEST(a_line_on_stderr_has_time_level_and_text)
{
	char line[256];

	unsetenv("JOURNAL_STREAM");
	say(line, sizeof(line));
	ck_assert_uint_gt(strlen(line), 24);
	ck_assert_str_eq(line + 23, "Z warning: disk 3 full\n");
}
END_TEST

START_TEST(lines_of_one_kind_are_bounded_and_counted)
{
	FILE *f = tmpfile();
	int keep = dup(2), lines = 0;
	struct lmi_log *l;
	char line[256];

	ck_assert_ptr_nonnull(f);
	unsetenv("JOURNAL_STREAM");
	dup2(fileno(f), 2);
	l = host_log_open();
	for (unsigned int i = 0; i < 3 * HOST_LOG_KIND_PER_MINUTE; i++)
		lmi_log_with(l, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_PEER_BAD), { "CLIENT", "c", 0 }), "many");
	lmi_log(l, LMI_LOG_NOTICE, "one without a kind");
	lmi_log_with(l, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_READY)), "one of another kind");
	dup2(keep, 2);
	close(keep);
	rewind(f);
	while (fgets(line, sizeof(line), f))
		lines++;
	fclose(f);
	ck_assert_int_eq(lines, (int)HOST_LOG_KIND_PER_MINUTE + 2);
}
END_TEST

START_TEST(a_journal_stream_that_is_not_stderrs_is_not_believed)
{
	char line[256];

	setenv("JOURNAL_STREAM", "1:1", 1);
	say(line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "warning: disk 3 full\n"));
}
END_TEST

LMT_MAIN("journal", words_are_levels_and_unknown_ones_are_info, a_line_on_stderr_has_time_level_and_text,
	 lines_of_one_kind_are_bounded_and_counted, a_journal_stream_that_is_not_stderrs_is_not_believed)
