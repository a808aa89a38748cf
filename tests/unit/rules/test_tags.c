/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: tag expressions are taken apart as FilterAPI does, and matched by the hash codes of Java.
 * Shown by: expressions at the edges, and codes computed by a Java program (String.hashCode).
 */
#include <errno.h>

#include "rules/tags.h"
#include "tests/support/lmt.h"

static struct lmi_arena arena;

static int parse(const char *text, struct lmi_subscription *s)
{
	*s = (struct lmi_subscription){ .expression = lmi_span_str(text) };
	lmi_arena_init(&arena, 0);
	return lmi_tags_parse(lmi_span_str(text), &arena, s);
}

START_TEST(tags_are_split_at_double_bars_and_trimmed)
{
	struct lmi_subscription s;
	ck_assert_int_eq(parse(" TagA ||TagB||  ||", &s), 0);
	ck_assert_uint_eq(s.tag_count, 2);
	ck_assert_uint_eq(s.code_count, 2);
	ck_assert(lmi_span_is(s.tags[0], "TagA"));
	ck_assert(lmi_span_is(s.tags[1], "TagB"));
	ck_assert_int_eq(s.codes[0], 2598919); /* "TagA".hashCode() */
	ck_assert_int_eq(s.codes[1], 2598920);
	lmi_arena_done(&arena);
}
END_TEST

START_TEST(a_single_bar_belongs_to_the_tag)
{
	struct lmi_subscription s;
	ck_assert_int_eq(parse("a|b", &s), 0);
	ck_assert_uint_eq(s.tag_count, 1);
	ck_assert(lmi_span_is(s.tags[0], "a|b"));
	lmi_arena_done(&arena);
}
END_TEST

START_TEST(star_and_nothing_mean_all)
{
	struct lmi_subscription s;
	static const char *const all[] = { "*", "", NULL };
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(parse(all[i], &s), 0);
		ck_assert_uint_eq(s.tag_count, 0);
		struct lmi_tags_filter f = lmi_tags_filter_of(&s);
		ck_assert(f.all);
		ck_assert(lmi_tags_match(&f, 0));
		ck_assert(lmi_tags_match(&f, INT64_MIN));
	}
}
END_TEST

START_TEST(only_separators_are_refused)
{
	struct lmi_subscription s;
	ck_assert_int_eq(parse("||", &s), -LMQ_EILLEGAL);
	ck_assert_int_eq(parse("||||", &s), -LMQ_EILLEGAL);
}
END_TEST

START_TEST(blanks_only_match_nothing_as_in_java)
{
	struct lmi_subscription s;
	ck_assert_int_eq(parse("  ", &s), 0);
	struct lmi_tags_filter f = lmi_tags_filter_of(&s);
	ck_assert(!f.all);
	ck_assert(!lmi_tags_match(&f, 0));
}
END_TEST

START_TEST(more_tags_than_the_limit_are_refused)
{
	static char text[5 * (LMI_SUBSCRIPTION_TAGS_MAX + 1) + 1];
	struct lmi_subscription s;
	for (size_t i = 0; i <= LMI_SUBSCRIPTION_TAGS_MAX; i++)
		memcpy(text + 5 * i, "abc||", 5);
	ck_assert_int_eq(parse(text, &s), -LMQ_ETOOBIG);
	text[5 * LMI_SUBSCRIPTION_TAGS_MAX] = '\0';
	ck_assert_int_eq(parse(text, &s), 0);
	ck_assert_uint_eq(s.tag_count, LMI_SUBSCRIPTION_TAGS_MAX);
	lmi_arena_done(&arena);
}
END_TEST

START_TEST(an_exhausted_arena_is_said)
{
	struct lmi_subscription s = { .tag_count = 7 };
	lmi_arena_init(&arena, 8);
	ck_assert_int_eq(lmi_tags_parse(LMI_SPAN_LIT("a||b"), &arena, &s), -ENOMEM);
	ck_assert_uint_eq(s.tag_count, 7); /* untouched */
	lmi_arena_done(&arena);
}
END_TEST

START_TEST(codes_match_as_32_bit_values)
{
	int32_t codes[] = { 2598919, -5 };
	struct lmi_tags_filter f = { .codes = codes, .count = 2 };
	ck_assert(lmi_tags_match(&f, 2598919));
	ck_assert(lmi_tags_match(&f, -5));
	ck_assert(!lmi_tags_match(&f, 5));
	ck_assert(!lmi_tags_match(&f, 0));
}
END_TEST

START_TEST(class_filters_see_everything)
{
	struct lmi_subscription s = { .expression = LMI_SPAN_LIT("TagA"), .class_filter = true };
	ck_assert(lmi_tags_filter_of(&s).all);
}
END_TEST

START_TEST(an_absent_type_is_tag)
{
	ck_assert(lmi_tags_is_tag_type(LMI_SPAN_NULL));
	ck_assert(lmi_tags_is_tag_type(LMI_SPAN_LIT("")));
	ck_assert(lmi_tags_is_tag_type(LMI_SPAN_LIT("TAG")));
	ck_assert(!lmi_tags_is_tag_type(LMI_SPAN_LIT("SQL92")));
}
END_TEST

LMT_MAIN("tags", tags_are_split_at_double_bars_and_trimmed, a_single_bar_belongs_to_the_tag, star_and_nothing_mean_all,
	 only_separators_are_refused, blanks_only_match_nothing_as_in_java, more_tags_than_the_limit_are_refused,
	 an_exhausted_arena_is_said, codes_match_as_32_bit_values, class_filters_see_everything, an_absent_type_is_tag)
