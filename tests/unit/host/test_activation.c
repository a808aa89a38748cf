/* SPDX-License-Identifier: Apache-2.0 */
/* Claim: an address counts as loopback only when it is a literal of 127.0.0.0/8 or ::1.  Shown by literals and near misses. */
#include "host/host.h"
#include "tests/support/lmt.h"

START_TEST(literals_of_loopback_are_loopback)
{
	ck_assert(host_is_loopback("127.0.0.1"));
	ck_assert(host_is_loopback("127.255.0.9"));
	ck_assert(host_is_loopback("::1"));
}
END_TEST

START_TEST(all_else_is_not)
{
	static const char *const others[] = { "0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "fe80::1", "localhost", "127.0.0.1:80", "[::1]", "" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!host_is_loopback(others[i]), "%s", others[i]);
}
END_TEST

LMT_MAIN("activation", literals_of_loopback_are_loopback, all_else_is_not)
