/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: our list of errors and the one promised to users give the same names the same numbers, and each has a text.
 * Shown: by reading the public header under other names beside ours, and by asking for each text.
 */
#define LMQ_EMALFORMED PUBLIC_EMALFORMED
#define LMQ_ETOOBIG PUBLIC_ETOOBIG
#define LMQ_EUNSUPPORTED PUBLIC_EUNSUPPORTED
#define LMQ_EDEPTH PUBLIC_EDEPTH
#define LMQ_ETIMEOUT PUBLIC_ETIMEOUT
#define LMQ_ECLOSED PUBLIC_ECLOSED
#define LMQ_EREMOTE PUBLIC_EREMOTE
#define LMQ_ENOROUTE PUBLIC_ENOROUTE
#define LMQ_EFULL PUBLIC_EFULL
#define LMQ_ESTATE PUBLIC_ESTATE
#define LMQ_EREADONLY PUBLIC_EREADONLY
#define LMQ_ECORRUPT PUBLIC_ECORRUPT
#define LMQ_ENOTFOUND PUBLIC_ENOTFOUND
#define LMQ_EBADCONFIG PUBLIC_EBADCONFIG
#define LMQ_EILLEGAL PUBLIC_EILLEGAL
#include <lightmq/error.h>
#undef LMQ_EMALFORMED
#undef LMQ_ETOOBIG
#undef LMQ_EUNSUPPORTED
#undef LMQ_EDEPTH
#undef LMQ_ETIMEOUT
#undef LMQ_ECLOSED
#undef LMQ_EREMOTE
#undef LMQ_ENOROUTE
#undef LMQ_EFULL
#undef LMQ_ESTATE
#undef LMQ_EREADONLY
#undef LMQ_ECORRUPT
#undef LMQ_ENOTFOUND
#undef LMQ_EBADCONFIG
#undef LMQ_EILLEGAL

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/error.h"

#include "tests/support/lmt.h"

START_TEST(both_lists_have_the_same_numbers)
{
	static const int pairs[][2] = {
		{ PUBLIC_EMALFORMED, LMQ_EMALFORMED }, { PUBLIC_ETOOBIG, LMQ_ETOOBIG },
		{ PUBLIC_EUNSUPPORTED, LMQ_EUNSUPPORTED }, { PUBLIC_EDEPTH, LMQ_EDEPTH },
		{ PUBLIC_ETIMEOUT, LMQ_ETIMEOUT }, { PUBLIC_ECLOSED, LMQ_ECLOSED },
		{ PUBLIC_EREMOTE, LMQ_EREMOTE }, { PUBLIC_ENOROUTE, LMQ_ENOROUTE },
		{ PUBLIC_EFULL, LMQ_EFULL }, { PUBLIC_ESTATE, LMQ_ESTATE },
		{ PUBLIC_EREADONLY, LMQ_EREADONLY }, { PUBLIC_ECORRUPT, LMQ_ECORRUPT },
		{ PUBLIC_ENOTFOUND, LMQ_ENOTFOUND }, { PUBLIC_EBADCONFIG, LMQ_EBADCONFIG },
		{ PUBLIC_EILLEGAL, LMQ_EILLEGAL },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		ck_assert_int_eq(pairs[i][0], pairs[i][1]);
	ck_assert_int_eq(LMQ_E_LAST, LMQ_EMALFORMED + (int)(sizeof(pairs) / sizeof(*pairs)));
}
END_TEST

START_TEST(each_error_has_a_text_of_its_own)
{
	for (int a = LMQ_EMALFORMED; a < LMQ_E_LAST; a++) {
		ck_assert_str_ne(lmi_strerror(-a), "unknown error");
		for (int b = LMQ_EMALFORMED; b < a; b++)
			ck_assert_str_ne(lmi_strerror(-a), lmi_strerror(-b));
	}
	ck_assert_str_eq(lmi_strerror(0), "success");
	ck_assert_str_eq(lmi_strerror(-ENOENT), "No such file or directory");
}
END_TEST

START_TEST(numbers_that_are_no_error_are_unknown)
{
	ck_assert_str_eq(lmi_strerror(-LMQ_E_LAST), "unknown error");
	ck_assert_str_eq(lmi_strerror(-999), "unknown error");
	ck_assert_str_eq(lmi_strerror(ENOENT), "unknown error");
	ck_assert_str_eq(lmi_strerror(INT_MIN), "unknown error");
}
END_TEST

LMT_MAIN("error", both_lists_have_the_same_numbers, each_error_has_a_text_of_its_own, numbers_that_are_no_error_are_unknown)
