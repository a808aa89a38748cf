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

/* Sanitizers make programs up to ten times slower; the limit is for hangs. */
#if defined(__has_feature)
#define LMT_THREAD_SANITIZER __has_feature(thread_sanitizer)
#define LMT_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#else
#ifdef __SANITIZE_THREAD__
#define LMT_THREAD_SANITIZER 1
#else
#define LMT_THREAD_SANITIZER 0
#endif
#ifdef __SANITIZE_ADDRESS__
#define LMT_ADDRESS_SANITIZER 1
#else
#define LMT_ADDRESS_SANITIZER 0
#endif
#endif
#define LMT_TIMEOUT_S (LMT_THREAD_SANITIZER ? 600 : LMT_ADDRESS_SANITIZER ? 240 : 60)

/* How many of @n random rounds are made: a tenth where each takes ten times as long. */
#define LMT_ROUNDS(n) (LMT_THREAD_SANITIZER ? ((n) + 9) / 10 : (n))

/** Run the tests, print TAP.  Returns main's exit status. */
int lmt_run(const char *name, const TTest *const *tests, size_t n);

#define LMT_MAIN(name, ...)                                                  \
	int main(void)                                                       \
	{                                                                    \
		const TTest *const all[] = { __VA_ARGS__ };                  \
		return lmt_run(name, all, sizeof(all) / sizeof(all[0]));     \
	}

#endif
