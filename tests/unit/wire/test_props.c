/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: properties are read as string2messageProperties reads them, written so that it reads them, and copied without the
 * names given.
 * Shown: on texts with every fault that Java tolerates.
 */
#include "wire/props.h"

#include "wire_lmt.h"

/* The entries as name=value; in one line. */
static void entries(struct lmi_span props, struct lmi_buf *out)
{
	struct lmi_span key, value;

	lmi_buf_reset(out, 1 << 20);
	for (size_t at = 0; lmi_props_next(props, &at, &key, &value);) {
		lmi_buf_put_span(out, key);
		lmi_buf_put8(out, '=');
		lmi_buf_put_span(out, value);
		lmi_buf_put8(out, ';');
	}
}

START_TEST(entries_are_read_and_what_java_drops_is_skipped)
{
	static const struct {
		const char *props, *expected;
	} cases[] = {
		{ "", "" },
		{ "a\x01" "b\x02", "a=b;" },
		{ "a\x01" "b\x02" "TAGS\x01TagA", "a=b;TAGS=TagA;" }, /* no end */
		{ "\x02\x02" "a\x01\x02" "\x01" "b\x02" "ab\x02" "abc\x02" "k\x01v\x02\x02", "k=v;" },
		{ "a\x01" "b\x01" "c\x02", "a=b\x01" "c;" }, /* the first separator counts */
		{ "a\x01" "b\x02" "a\x01" "c\x02", "a=b;a=c;" },
		{ "abc", "" },
	};
	struct lmi_buf out = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lmi_span s = wire_text(cases[i].props);

		entries(s, &out);
		ck_assert_span_eq(lmi_buf_span(&out), cases[i].expected);
		wire_free(s);
	}
	lmi_buf_done(&out);
}
END_TEST

START_TEST(the_last_value_of_a_name_wins)
{
	struct lmi_span props = LMI_SPAN_LIT("a\x01" "1\x02" "b\x01" "2\x02" "a\x01" "3\x02");

	ck_assert_span_eq(lmi_props_get(props, LMI_SPAN_LIT("a")), "3");
	ck_assert_span_eq(lmi_props_get(props, LMI_SPAN_LIT("b")), "2");
	ck_assert_ptr_null(lmi_props_get(props, LMI_SPAN_LIT("c")).p);
	ck_assert_ptr_null(lmi_props_get(LMI_SPAN_NULL, LMI_SPAN_LIT("a")).p);
}
END_TEST

START_TEST(written_entries_are_read_and_separators_refused)
{
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_props_put(&b, LMI_SPAN_LIT("KEYS"), LMI_SPAN_LIT("k1 k2")), 0);
	ck_assert_int_eq(lmi_props_put(&b, LMI_SPAN_LIT("TAGS"), LMI_SPAN_LIT("\xE4\xB8\xAD")), 0);
	ck_assert_span_eq(lmi_buf_span(&b), "KEYS\x01k1 k2\x02TAGS\x01\xE4\xB8\xAD\x02");
	ck_assert_int_eq(lmi_props_put(&b, LMI_SPAN_LIT("a\x01"), LMI_SPAN_LIT("b")), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmi_props_put(&b, LMI_SPAN_LIT("a"), LMI_SPAN_LIT("b\x02")), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmi_props_put(&b, LMI_SPAN_LIT("a"), LMI_SPAN_LIT("\x01")), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmi_props_put(&b, LMI_SPAN_NULL, LMI_SPAN_LIT("b")), -LMQ_EILLEGAL);
	ck_assert_int_eq(lmi_props_put(&b, LMI_SPAN_LIT("a"), LMI_SPAN_NULL), -LMQ_EILLEGAL);
	ck_assert_uint_eq(lmi_buf_len(&b), 20);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(copies_leave_out_the_names_given)
{
	static const char *const drop[] = { "WAIT", "DELAY", NULL }, *const none[] = { NULL };
	struct lmi_span props = LMI_SPAN_LIT("a\x01" "1\x01x\x02WAIT\x01true\x02\x02" "DELAYED\x01" "2\x02" "DELAY\x01" "3\x02" "b\x01" "4");
	struct lmi_buf b = { 0 };

	lmi_props_copy_without(&b, props, drop);
	ck_assert_span_eq(lmi_buf_span(&b), "a\x01" "1\x01x\x02" "DELAYED\x01" "2\x02" "b\x01" "4\x02");
	lmi_buf_reset(&b, 1 << 20);
	lmi_props_copy_without(&b, LMI_SPAN_LIT("a\x01" "1"), none);
	ck_assert_span_eq(lmi_buf_span(&b), "a\x01" "1\x02");
	lmi_buf_done(&b);
}
END_TEST

LMT_MAIN("props", entries_are_read_and_what_java_drops_is_skipped, the_last_value_of_a_name_wins,
	 written_entries_are_read_and_separators_refused, copies_leave_out_the_names_given)
