/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: data versions count up, compare whole, and have the JSON form of DataVersion.
 * Shown: on a text of the 5.3.3 jars.
 */
#include "wire/data_version.h"

#include "wire_lmt.h"

#define JSON "{\"counter\":2,\"stateVersion\":0,\"timestamp\":1}"

START_TEST(a_change_makes_the_next_version)
{
	struct lmi_data_version v = { 0 }, before = v;

	lmi_data_version_next(&v, 1700000000000, 3);
	ck_assert(v.counter == 1 && v.timestamp_ms == 1700000000000 && v.state_version == 3);
	ck_assert(!lmi_data_version_eq(&v, &before));
	before = v;
	ck_assert(lmi_data_version_eq(&v, &before));
	before.state_version++;
	ck_assert(!lmi_data_version_eq(&v, &before));
	before = v;
	before.timestamp_ms++;
	ck_assert(!lmi_data_version_eq(&v, &before));
}
END_TEST

START_TEST(the_json_of_java_is_read_and_written)
{
	struct lmi_data_version v;
	struct lmi_json_out o;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_data_version_decode(LMI_SPAN_LIT(JSON), &v), 0);
	ck_assert(v.counter == 2 && v.state_version == 0 && v.timestamp_ms == 1);
	lmi_json_out_init(&o, &b);
	lmi_data_version_put(&o, &v);
	ck_assert_span_eq(lmi_buf_span(&b), JSON);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(missing_members_are_zero_and_faults_are_refused)
{
	struct lmi_data_version v = { 7, 7, 7 };

	ck_assert_int_eq(lmi_data_version_decode(LMI_SPAN_LIT("{\"counter\":\"x\"}"), &v), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_data_version_decode(LMI_SPAN_LIT("{} 1"), &v), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_data_version_decode(LMI_SPAN_LIT("[]"), &v), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_data_version_decode(LMI_SPAN_NULL, &v), -LMQ_EMALFORMED);
	ck_assert(v.counter == 7);
	ck_assert_int_eq(lmi_data_version_decode(LMI_SPAN_LIT("{\"counter\":5,\"new\":[1]}"), &v), 0);
	ck_assert(v.counter == 5 && v.state_version == 0 && v.timestamp_ms == 0);
	ck_assert_int_eq(lmi_data_version_decode(LMI_SPAN_LIT("null"), &v), 0);
	ck_assert(v.counter == 0);
}
END_TEST

LMT_MAIN("data_version", a_change_makes_the_next_version, the_json_of_java_is_read_and_written,
	 missing_members_are_zero_and_faults_are_refused)
