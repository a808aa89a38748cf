/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: chance does not repeat itself, not even in a forked child; the clock does not step back.
 * Shown: by looking for repeats (two of 64 bits by accident: never), and by reading twice.
 */
#include <sys/wait.h>

#include "base/rng.h"
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

START_TEST(numbers_differ)
{
	enum { N = 1000 };
	static uint64_t v[N];
	struct lmi_rng *r = lmi_rng_system();

	for (int i = 0; i < N; i++)
		v[i] = lmi_rng_u64(r);
	for (int i = 0; i < N; i++)
		for (int j = 0; j < i; j++)
			ck_assert_uint_ne(v[i], v[j]);
}
END_TEST

START_TEST(a_forked_child_does_not_repeat_its_parent)
{
	struct lmi_rng *r = lmi_rng_system();
	uint64_t mine, theirs;
	int fds[2], status;
	pid_t pid;

	(void)lmi_rng_u64(r); /* some are ready now */
	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		theirs = lmi_rng_u64(r);
		_exit(write(fds[1], &theirs, sizeof(theirs)) == (ssize_t)sizeof(theirs) ? 0 : 1);
	}
	mine = lmi_rng_u64(r);
	ck_assert_int_eq(read(fds[0], &theirs, sizeof(theirs)), (ssize_t)sizeof(theirs));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_uint_ne(mine, theirs);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(the_clock_goes_forward)
{
	const struct lmi_clock *c = lmi_clock_system();
	int64_t a_ns = lmi_mono_ns(c), b_ns = lmi_mono_ns(c);

	ck_assert_int_gt(a_ns, 0);
	ck_assert_int_ge(b_ns, a_ns);
	ck_assert_int_gt(lmi_wall_ms(c), 1600000000000); /* later than 2020 */
}
END_TEST

LMT_MAIN("rng_system", numbers_differ, a_forked_child_does_not_repeat_its_parent, the_clock_goes_forward)
