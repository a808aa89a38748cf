/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: files of Java properties give the entries that java.util.Properties gives, and what Java refuses is refused.
 * Shown: one text for each rule of its documentation, with the entries as Java 17 prints them.
 */
#include <stdio.h>

#include "conf/conf_properties.h"
#include "tests/support/lmt.h"

/* All entries as "line key=value;". */
static const char *entries(const char *text, size_t n)
{
	static char out[1024];
	struct conf_properties p = { .text = lmi_span(text, n) };
	size_t at = 0;
	int r;

	out[0] = 0;
	while ((r = conf_properties_next(&p)) > 0)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%u %s=%s;", p.entry_line, (const char *)lmi_buf_data(&p.key),
				       (const char *)lmi_buf_data(&p.value));
	if (r < 0)
		snprintf(out + at, sizeof(out) - at, "%s", lmi_strerror(r));
	conf_properties_done(&p);
	return out;
}

#define ENTRIES(text) entries(text, sizeof(text) - 1)

START_TEST(a_key_ends_at_an_equals_sign_a_colon_or_a_blank)
{
	ck_assert_str_eq(ENTRIES("a=1\nb:2\nc 3\nd = 4\ne\t:\t5\nf==6\n"), "1 a=1;2 b=2;3 c=3;4 d=4;5 e=5;6 f==6;");
}
END_TEST

START_TEST(an_entry_may_have_no_value_or_no_key)
{
	ck_assert_str_eq(ENTRIES("a\nb=\n=c"), "1 a=;2 b=;3 =c;");
}
END_TEST

START_TEST(comments_and_empty_lines_are_passed_over_and_counted)
{
	ck_assert_str_eq(ENTRIES("# a=1\n\n  ! b=2 \\\n\tc=3#\r\n\rd=4"), "4 c=3#;6 d=4;");
}
END_TEST

START_TEST(blanks_at_the_end_belong_to_the_value)
{
	ck_assert_str_eq(ENTRIES("a=1 \nb= x y\t"), "1 a=1 ;2 b=x y\t;");
}
END_TEST

START_TEST(a_backslash_at_the_end_continues_the_line)
{
	ck_assert_str_eq(ENTRIES("a=1,\\\n   2,\\\r\n3\nb\\\n c=4\nd=\\"), "1 a=1,2,3;4 bc=4;6 d=;");
	ck_assert_str_eq(ENTRIES("a=1\\\\\nb=2"), "1 a=1\\;2 b=2;");
	ck_assert_str_eq(ENTRIES("a=1\\\n\nb=2"), "1 a=1;3 b=2;");
	ck_assert_str_eq(ENTRIES("a=1\\\n#2"), "1 a=1#2;");
}
END_TEST

START_TEST(escapes_are_resolved)
{
	ck_assert_str_eq(ENTRIES("a\\=b\\:c\\ d=\\t\\q\\#"), "1 a=b:c d=\tq#;");
	ck_assert_str_eq(ENTRIES("a=\\u0041\\u00e9\\u20AC\\uD83D\\uDE00"), "1 a=A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80;");
	ck_assert_str_eq(ENTRIES("a=\\u0000\\uD800x\\uDC00\\uD800\\u0041"), "1 a=\xef\xbf\xbd\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd" "A;");
}
END_TEST

START_TEST(bytes_are_characters_of_iso_8859_1)
{
	ck_assert_str_eq(ENTRIES("a=\xe9\xc3\xa9"), "1 a=\xc3\xa9\xc3\x83\xc2\xa9;");
	ck_assert_str_eq(ENTRIES("a=x\0y"), "1 a=x\xef\xbf\xbdy;");
}
END_TEST

START_TEST(an_escape_without_four_digits_is_refused)
{
	ck_assert_str_eq(ENTRIES("a=1\nb=\\u12x4"), "1 a=1;bytes break their format");
	ck_assert_str_eq(ENTRIES("\\u12"), "bytes break their format");
	ck_assert_str_eq(ENTRIES("a=\\uD83D\\u1"), "bytes break their format");
}
END_TEST

LMT_MAIN("conf_properties", a_key_ends_at_an_equals_sign_a_colon_or_a_blank, an_entry_may_have_no_value_or_no_key,
	 comments_and_empty_lines_are_passed_over_and_counted, blanks_at_the_end_belong_to_the_value,
	 a_backslash_at_the_end_continues_the_line, escapes_are_resolved, bytes_are_characters_of_iso_8859_1,
	 an_escape_without_four_digits_is_refused)
