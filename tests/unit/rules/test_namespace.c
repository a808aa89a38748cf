/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: names go into a namespace and come out of it as NamespaceUtil does it.
 * Shown: name by name.
 */
#include "tests/support/lmt.h"

#include "base/error.h"
#include "rules/namespace.h"

static const char *wrapped(const char *ns, const char *name)
{
	static char out[LMI_NAME_MAX + 1];

	ck_assert_int_eq(lmi_namespace_wrap(lmi_span_str(ns), lmi_span_str(name), out), 0);
	return out;
}

START_TEST(a_name_goes_behind_its_namespace_once)
{
	ck_assert_str_eq(wrapped("shop", "orders"), "shop%orders");
	ck_assert_str_eq(wrapped("shop", "shop%orders"), "shop%orders");
	ck_assert_str_eq(wrapped("shop", "shopping"), "shop%shopping");
	ck_assert_str_eq(wrapped("", "orders"), "orders");
	ck_assert_str_eq(wrapped("shop", ""), "");
}
END_TEST

START_TEST(retry_and_dead_letter_topics_keep_their_prefix_in_front)
{
	ck_assert_str_eq(wrapped("shop", "%RETRY%g"), "%RETRY%shop%g");
	ck_assert_str_eq(wrapped("shop", "%DLQ%g"), "%DLQ%shop%g");
	ck_assert_str_eq(wrapped("shop", "%RETRY%shop%g"), "%RETRY%shop%g");
}
END_TEST

START_TEST(the_system_s_names_have_none)
{
	ck_assert_str_eq(wrapped("shop", LMI_NAME_TRACE), LMI_NAME_TRACE);
	ck_assert_str_eq(wrapped("shop", LMI_NAME_AUTO_CREATE), LMI_NAME_AUTO_CREATE);
	ck_assert_str_eq(wrapped("shop", "rmq_sys_any"), "rmq_sys_any");
	ck_assert_str_eq(wrapped("shop", "CID_RMQ_SYS_TRANS"), "CID_RMQ_SYS_TRANS");
}
END_TEST

START_TEST(a_name_that_becomes_too_long_is_refused)
{
	char name[LMI_NAME_MAX + 1], out[LMI_NAME_MAX + 1];

	memset(name, 'x', LMI_NAME_MAX);
	name[LMI_NAME_MAX] = '\0';
	ck_assert_int_eq(lmi_namespace_wrap(lmi_span_str(""), lmi_span_str(name), out), 0);
	ck_assert_int_eq(lmi_namespace_wrap(lmi_span_str("n"), lmi_span_str(name), out), -LMQ_ETOOBIG);
	ck_assert_int_eq(lmi_namespace_wrap(lmi_span_str("n"), lmi_span_str(name + 2), out), 0);
}
END_TEST

START_TEST(it_comes_out_as_it_went_in)
{
	ck_assert_str_eq(lmi_namespace_strip(lmi_span_str("shop"), "shop%orders"), "orders");
	ck_assert_str_eq(lmi_namespace_strip(lmi_span_str("shop"), "other%orders"), "other%orders");
	ck_assert_str_eq(lmi_namespace_strip(lmi_span_str("shop"), "shop"), "shop");
	ck_assert_str_eq(lmi_namespace_strip(lmi_span_str(""), "%orders"), "%orders");
	ck_assert_str_eq(lmi_namespace_strip(lmi_span_str("shop"), "%RETRY%shop%g"), "%RETRY%shop%g");
}
END_TEST

LMT_MAIN("namespace", a_name_goes_behind_its_namespace_once, retry_and_dead_letter_topics_keep_their_prefix_in_front,
	 the_system_s_names_have_none, a_name_that_becomes_too_long_is_refused, it_comes_out_as_it_went_in)
