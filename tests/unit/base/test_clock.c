/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: on the manual clock time passes only when it is told to, on both faces alike.
 * Shown: by reading it around a stated minute.
 */
#include "base/clock.h"

#include "tests/support/lmt.h"

START_TEST(time_passes_only_when_stated)
{
	struct lmi_clock_manual m;

	lmi_clock_manual_init(&m, 1700000000000);
	ck_assert_int_eq(lmi_wall_ms(&m.clock), 1700000000000);
	ck_assert_int_eq(lmi_mono_ns(&m.clock), lmi_mono_ns(&m.clock));
	lmi_clock_manual_pass(&m, 61000);
	ck_assert_int_eq(lmi_wall_ms(&m.clock), 1700000061000);
	ck_assert_int_eq(lmi_mono_ms(&m.clock), 61000);
	ck_assert_int_eq(lmi_mono_ns(&m.clock), 61000000000);
}
END_TEST

LMT_MAIN("clock", time_passes_only_when_stated)
