/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: MD5 is MD5.
 * Shown by: the vectors of RFC 1321, appendix A.5.
 */
#include "crypt/md5.h"
#include <stdio.h>

#include "tests/support/lmt.h"

static void is(const char *text, const char *hex)
{
	uint8_t sum[LMI_MD5_BYTES];
	char got[2 * LMI_MD5_BYTES + 1];

	ck_assert_int_eq(lmi_md5(lmi_span_str(text), sum), 0);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(got + 2 * i, 3, "%02x", sum[i]);
	ck_assert_str_eq(got, hex);
}

START_TEST(md5_gives_the_sums_of_the_rfc)
{
	is("", "d41d8cd98f00b204e9800998ecf8427e");
	is("abc", "900150983cd24fb0d6963f7d28e17f72");
	is("message digest", "f96b697d7cb7938d525a2f31aaf161d0");
	is("12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a");
}
END_TEST

LMT_MAIN("md5", md5_gives_the_sums_of_the_rfc)
