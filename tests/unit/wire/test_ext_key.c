/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: each name of the table finds its own number, and nothing else finds any.
 * Shown: over the whole table, and over every name that differs from one of it in one byte or in its length.
 */
#include "wire/ext_key.h"

#include "wire_lmt.h"

#define NAME_MAX_BYTES 64

static bool in_table(struct lmi_span name)
{
	for (int key = 1; key < LMI_EXT_LAST; key++)
		if (lmi_span_eq(lmi_ext_key_name((enum lmi_ext_key)key), name))
			return true;
	return false;
}

START_TEST(each_name_finds_its_number)
{
	for (int key = 1; key < LMI_EXT_LAST; key++)
		ck_assert_int_eq(lmi_ext_key_find(lmi_ext_key_name((enum lmi_ext_key)key)), key);
	ck_assert_int_eq(lmi_ext_key_find(LMI_SPAN_LIT("clientID")), LMI_EXT_CLIENT_ID_UPPER);
	ck_assert_int_eq(lmi_ext_key_find(LMI_SPAN_LIT("clientId")), LMI_EXT_CLIENT_ID);
	ck_assert_int_eq(lmi_ext_key_find(LMI_SPAN_LIT("e")), LMI_EXT_E);
}
END_TEST

START_TEST(names_that_differ_in_one_byte_find_nothing)
{
	for (int key = 1; key < LMI_EXT_LAST; key++) {
		struct lmi_span name = lmi_ext_key_name((enum lmi_ext_key)key);
		uint8_t other[NAME_MAX_BYTES];

		ck_assert_uint_lt(name.n, sizeof(other));
		memcpy(other, name.p, name.n);
		for (size_t at = 0; at < name.n; at++) {
			for (unsigned int bit = 0; bit < 8; bit++) {
				other[at] ^= (uint8_t)(1u << bit);
				if (!in_table(lmi_span(other, name.n)))
					ck_assert_int_eq(lmi_ext_key_find(lmi_span(other, name.n)), LMI_EXT_UNKNOWN);
				other[at] ^= (uint8_t)(1u << bit);
			}
		}
		for (size_t n = 0; n < name.n; n++)
			if (!in_table(lmi_span(other, n)))
				ck_assert_int_eq(lmi_ext_key_find(lmi_span(other, n)), LMI_EXT_UNKNOWN);
	}
	ck_assert_int_eq(lmi_ext_key_find(LMI_SPAN_NULL), LMI_EXT_UNKNOWN);
}
END_TEST

LMT_MAIN("ext_key", each_name_finds_its_number, names_that_differ_in_one_byte_find_nothing)
