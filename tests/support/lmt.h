/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit tests on check, with TAP output.
 *
 *	START_TEST(append_past_segment_end_rolls_over)
 *	{
 *		ck_assert_int_eq(1 + 1, 2);
 *	}
 *	END_TEST
 *
 *	LMT_MAIN("commit_log", append_past_segment_end_rolls_over)
 *
 * Each test runs in a child of its own, so that a crash or a hang (LMT_TIMEOUT_S) counts as a failed test.
 */
#ifndef LIGHTMQ_TESTS_SUPPORT_LMT_H
#define LIGHTMQ_TESTS_SUPPORT_LMT_H

#include <check.h>
#include <stddef.h>

#define LMT_TIMEOUT_S 60

/** Run the tests, print TAP.  Returns main's exit status. */
int lmt_run(const char *name, const TTest *const *tests, size_t n);

#define LMT_MAIN(name, ...)                                                  \
	int main(void)                                                       \
	{                                                                    \
		const TTest *const all[] = { __VA_ARGS__ };                  \
		return lmt_run(name, all, sizeof(all) / sizeof(all[0]));     \
	}

#endif
