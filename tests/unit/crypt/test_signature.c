/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: signatures are those of RocketMQ's signer.
 * Shown: by the vector of AclSignerTest, and by that of RFC 2202, test case 2.
 */
#include "tests/support/lmt.h"

#include "crypt/signature.h"

START_TEST(known_signatures_are_made)
{
	struct lmi_span whole = LMI_SPAN_LIT("RocketMQ"), parts[] = { LMI_SPAN_LIT("Rocket"), LMI_SPAN_NULL, LMI_SPAN_LIT("MQ") };
	struct lmi_span what = LMI_SPAN_LIT("what do ya want for nothing?");
	char out[LMI_SIGNATURE_CHARS];

	ck_assert_int_eq(lmi_signature(LMI_SPAN_LIT("12345678"), &whole, 1, out), 0);
	ck_assert_str_eq(out, "IUc8rrO/0gDch8CjObLQsW2rsiA=");
	ck_assert_int_eq(lmi_signature(LMI_SPAN_LIT("12345678"), parts, 3, out), 0);
	ck_assert_str_eq(out, "IUc8rrO/0gDch8CjObLQsW2rsiA=");
	ck_assert_int_eq(lmi_signature(LMI_SPAN_LIT("Jefe"), &what, 1, out), 0);
	ck_assert_str_eq(out, "7/zfauXrL6LSdBbV8YTfnCWafHk=");
}
END_TEST

LMT_MAIN("signature", known_signatures_are_made)
