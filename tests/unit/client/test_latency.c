/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the slower a broker was, the longer it is passed over.
 * Shown: on the pure function, at each step of Java's table.
 */
#include "tests/support/lmt.h"

#include "client/latency.h"

START_TEST(isolation_grows_with_latency_as_in_java)
{
	static const struct {
		int64_t latency_ms, isolation_ms;
	} cases[] = { { 0, 0 }, { 549, 0 }, { 550, 2000 }, { 1799, 2000 }, { 1800, 5000 }, { 3000, 6000 }, { 4999, 6000 },
		      { 5000, 10000 }, { LATENCY_OF_FAILURE_MS, 10000 }, { 15000, 30000 }, { INT64_MAX, 30000 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_int_eq(latency_isolation_ms(cases[i].latency_ms), cases[i].isolation_ms);
}
END_TEST

LMT_MAIN("latency", isolation_grows_with_latency_as_in_java)
