/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the error numbers promised to users are those that the library uses inside.
 * Shown: both lists are read in one file, the inner one under other names.
 */
#include "tests/support/lmt.h"

#define EACH(X)                                                                                                         \
	X(EMALFORMED) X(ETOOBIG) X(EUNSUPPORTED) X(EDEPTH) X(ETIMEOUT) X(ECLOSED) X(EREMOTE) X(ENOROUTE) X(EFULL) X(ESTATE) \
	X(EREADONLY) X(ECORRUPT) X(ENOTFOUND) X(EBADCONFIG) X(EILLEGAL)

#define LMQ_EMALFORMED INNER_EMALFORMED
#define LMQ_ETOOBIG INNER_ETOOBIG
#define LMQ_EUNSUPPORTED INNER_EUNSUPPORTED
#define LMQ_EDEPTH INNER_EDEPTH
#define LMQ_ETIMEOUT INNER_ETIMEOUT
#define LMQ_ECLOSED INNER_ECLOSED
#define LMQ_EREMOTE INNER_EREMOTE
#define LMQ_ENOROUTE INNER_ENOROUTE
#define LMQ_EFULL INNER_EFULL
#define LMQ_ESTATE INNER_ESTATE
#define LMQ_EREADONLY INNER_EREADONLY
#define LMQ_ECORRUPT INNER_ECORRUPT
#define LMQ_ENOTFOUND INNER_ENOTFOUND
#define LMQ_EBADCONFIG INNER_EBADCONFIG
#define LMQ_EILLEGAL INNER_EILLEGAL
#include "base/error.h"
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
#undef LMI_BASE_ERROR_H
#include <lightmq/lightmq.h>

START_TEST(public_numbers_are_the_inner_ones)
{
#define X(name) ck_assert_int_eq((int)LMQ_##name, (int)INNER_##name);
	EACH(X)
#undef X
	ck_assert_int_eq((int)LMQ_EILLEGAL + 1, (int)LMQ_E_LAST);
}
END_TEST

START_TEST(every_number_has_words_of_its_own)
{
	for (int a = LMQ_EMALFORMED; a <= LMQ_EILLEGAL; a++) {
		ck_assert_uint_gt(strlen(lmq_strerror(-a)), 0);
		for (int b = LMQ_EMALFORMED; b < a; b++)
			ck_assert_str_ne(lmq_strerror(-a), lmq_strerror(-b));
	}
}
END_TEST

LMT_MAIN("client error", public_numbers_are_the_inner_ones, every_number_has_words_of_its_own)
