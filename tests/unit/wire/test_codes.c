/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: codes and languages have RocketMQ's numbers and names, and unknown ones are told apart.
 * Shown: on samples of each list, and on numbers between.
 */
#include "wire/codes.h"

#include "wire_lmt.h"

START_TEST(codes_have_their_names)
{
	ck_assert_str_eq(lmi_request_code_name(310), "SEND_MESSAGE_V2");
	ck_assert_str_eq(lmi_request_code_name(105), "GET_ROUTEINFO_BY_TOPIC");
	ck_assert_ptr_null(lmi_request_code_name(-1));
	ck_assert_ptr_null(lmi_request_code_name(9999));
	ck_assert_str_eq(lmi_response_code_name(0), "SUCCESS");
	ck_assert_str_eq(lmi_response_code_name(26), "SUBSCRIPTION_GROUP_NOT_EXIST");
	ck_assert_ptr_null(lmi_response_code_name(5));
}
END_TEST

START_TEST(languages_go_both_ways_and_unknown_ones_are_other)
{
	for (uint8_t i = 0; i < LMI_LANGUAGE_LAST; i++)
		ck_assert_uint_eq(lmi_language_find(lmi_language_name(i)), i);
	ck_assert_uint_eq(lmi_language_find(LMI_SPAN_LIT("GO")), 9);
	ck_assert_uint_eq(lmi_language_find(LMI_SPAN_LIT("NODE_JS")), 13);
	ck_assert_uint_eq(lmi_language_find(LMI_SPAN_LIT("COBOL")), LMI_LANGUAGE_OTHER);
	ck_assert_uint_eq(lmi_language_find(LMI_SPAN_NULL), LMI_LANGUAGE_OTHER);
	ck_assert_span_eq(lmi_language_name(200), "OTHER");
}
END_TEST

LMT_MAIN("codes", codes_have_their_names, languages_go_both_ways_and_unknown_ones_are_other)
