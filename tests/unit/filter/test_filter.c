/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: expressions are compiled and evaluated as RocketMQ's filter does; what is wrong is named, with its column.
 * Shown by: expressions of each kind, verdicts taken from running rocketmq-filter; tests/conformance/sql compares thousands more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter/filter.h"
#include "tests/support/lmt.h"

/* a=1, b=text, c=3.5, t=true, e is absent; quoted ' is in q. */
#define PROPS "a\0011\002b\001text\002c\0013.5\002t\001true\002q\001it's\002dot\0011.0\002neg\001-7\002big\0013000000000\002"

static enum filter_verdict verdict(const char *text)
{
	struct filter *f;
	struct filter_error e = { 0 };
	int err = filter_compile(lmi_span_str(text), &f, &e);
	ck_assert_msg(err == 0, "%s: column %u: %s", text, e.column, e.text);
	enum filter_verdict v = filter_eval(f, LMI_SPAN_LIT(PROPS));
	filter_unref(f);
	return v;
}

static struct filter_error refused(const char *text, int want)
{
	struct filter *f;
	struct filter_error e = { 0 };
	int err = filter_compile(lmi_span_str(text), &f, &e);
	ck_assert_msg(err == want, "%s gives %d", text, err);
	ck_assert(e.fault && e.column && e.text[0]);
	return e;
}

#define EXPECT(v, ...)                                                                             \
	do {                                                                                       \
		static const char *const texts[] = { __VA_ARGS__ };                                \
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)                      \
			ck_assert_msg(verdict(texts[i]) == (v), "%s is %d", texts[i], verdict(texts[i])); \
	} while (0)

START_TEST(numbers_and_strings_compare_by_the_literals_type)
{
	EXPECT(FILTER_TRUE, "a = 1", "a=1L", "a = 1.0", "a = '1'", "1 = a", "a >= 1", "a <= 1", "a > 0", "2 > a", "c > 3.4", "c=3.5",
	       "neg = -7", "neg < -6", "b = 'text'", "b <> 'x'", "q = 'it''s'", "dot = 1.0", "big = 3000000000", "big > 2147483648", "a = +1");
	EXPECT(FILTER_FALSE, "a = 2", "a = '1.0'", "a < 1", "a > 1", "c = 3.6", "b = 'Text'", "b <> 'text'", "a = '01'", "a <> 1");
	EXPECT(FILTER_FAILED, "c > 3", "dot = 1", "big > 5", "big > 5L", "b > 3", "b = 5", "NOT (b = 5)", "b = 5 OR a = 1", "5 = b", "b > 1.5", "a > b", "TRUE = t");
	EXPECT(FILTER_TRUE, "a = 1 OR b = 5", "dot < c", "a < c");
}
END_TEST

START_TEST(what_is_absent_makes_the_outcome_unknown)
{
	EXPECT(FILTER_UNKNOWN, "e = 1", "e <> 1", "e > 1", "e", "NOT e", "NOT (e = 1)", "e = 1 OR a = 2", "e = 1 AND a = 1", "e IN ('x')",
	       "e NOT IN ('x')", "a > e", "NULL", "NOT NULL", "-b > 1", "e BETWEEN 1 AND 2", "e NOT BETWEEN 1 AND 2");
	EXPECT(FILTER_FALSE, "a = e", "e = 1 AND a = 2", "e CONTAINS 'x'", "e NOT CONTAINS 'x'", "a IS NULL", "e IS NOT NULL");
	EXPECT(FILTER_TRUE, "a <> e", "e = f", "e IS NULL", "a IS NOT NULL", "e = 1 OR a = 1", "NULL IS NULL", "(e > 3) IS NULL");
}
END_TEST

START_TEST(an_absent_left_side_spares_the_right_side_its_failure)
{
	EXPECT(FILTER_UNKNOWN, "e > -(b = 5)", "e BETWEEN -(b = 5) AND 7");
	EXPECT(FILTER_FAILED, "a > -(b = 5)", "e = (b = 5)");
	EXPECT(FILTER_FALSE, "a BETWEEN 5 AND -(b = 5)");
	EXPECT(FILTER_FAILED, "a BETWEEN 0 AND -(b = 5)");
	EXPECT(FILTER_TRUE, "a NOT BETWEEN 5 AND -(b = 5)");
	EXPECT(FILTER_FALSE, "(b = 5) CONTAINS ''", "(b = 5) NOT ENDSWITH ''", "(a > 0 AND b = 5) STARTSWITH ''");
}
END_TEST

START_TEST(booleans_are_conditions_or_strings_that_say_true)
{
	EXPECT(FILTER_TRUE, "TRUE", "t = TRUE", "t <> FALSE", "b = false", "(a = 1) = TRUE", "NOT FALSE", "true AND NOT false", "TRUE = TRUE");
	EXPECT(FILTER_FALSE, "FALSE", "t", "t = FALSE", "a", "b AND TRUE", "(a = 1) = 5", "5 = TRUE", "a = TRUE");
	EXPECT(FILTER_TRUE, "NOT t", "NOT a");
	EXPECT(FILTER_FAILED, "(a = 1) = t");
}
END_TEST

START_TEST(ranges_lists_and_searches_work_with_and_without_not)
{
	EXPECT(FILTER_TRUE, "a BETWEEN 0 AND 1", "a BETWEEN 1 AND 1", "a NOT BETWEEN 2 AND 3", "a NOT BETWEEN 3 AND 2", "c BETWEEN 1.5 AND 3.6",
	       "b IN ('x', 'text')", "b NOT IN ('x')", "b CONTAINS 'ex'", "b NOT CONTAINS 'y'", "b STARTSWITH 'te'", "b NOT STARTSWITH 'x'",
	       "b ENDSWITH 'xt'", "b NOT ENDSWITH 'te'", "'abc' CONTAINS 'b'", "5 BETWEEN 1 AND 10");
	EXPECT(FILTER_FALSE, "a BETWEEN 2 AND 3", "a NOT BETWEEN 0 AND 3", "b IN ('x')", "b NOT IN ('a', 'text')", "b CONTAINS ''",
	       "b NOT CONTAINS ''", "b STARTSWITH 'texts'", "b ENDSWITH ''", "5 CONTAINS '5'", "b STARTSWITH 'ext'", "b NOT ENDSWITH 'xt'");
	EXPECT(FILTER_FAILED, "c BETWEEN 1.5 AND 4 AND c > 1", "b BETWEEN 1 AND 2");
}
END_TEST

START_TEST(and_binds_closer_than_or_and_parentheses_closest)
{
	EXPECT(FILTER_TRUE, "a = 1 OR a = 2 AND a = 3", "(a = 1)", "((a) = (1))", "NOT (a = 2) AND b = 'text'");
	EXPECT(FILTER_FALSE, "(a = 1 OR a = 2) AND a = 3", "a = 1 AND a = 2 OR a = 3");
}
END_TEST

START_TEST(words_are_cut_as_rocketmq_cuts_them)
{
	EXPECT(FILTER_TRUE, "a=1and b='text'", "a = 1 -- the rest\n", "a /* x * */ = 1", "a = --1", "a = --2\n 1", "a = 1 /**/", "\ta\n=\r1\f", "a Is Not Null",
	       "a = 1.", "a > .5", "a < 1e1", "a = 10.0E-1", "$x IS NULL", "_y IS NULL", "a = 1l");
	EXPECT(FILTER_FALSE, "a = 0");
}
END_TEST

START_TEST(what_follows_a_whole_expression_is_ignored)
{
	EXPECT(FILTER_TRUE, "a = 1 b", "a = 1)", "a = 1 2", "a = 1 LIKE 'x'", "a = 1 , #", "a <> 007", "a = 1 'x''");
	ck_assert_int_eq(refused("(a = 1 b)", -LMQ_EILLEGAL).fault, FILTER_SYNTAX);
	ck_assert_int_eq(refused("a = 1 #", -LMQ_EILLEGAL).fault, FILTER_BAD_CHARACTER);
	ck_assert_int_eq(refused("a = 1 NOT b", -LMQ_EILLEGAL).fault, FILTER_SYNTAX);
}
END_TEST

START_TEST(faults_are_named_with_their_column)
{
	static const struct {
		const char *text;
		enum filter_fault fault;
		uint32_t column;
	} t[] = {
		{ "", FILTER_SYNTAX, 1 }, { "a >", FILTER_SYNTAX, 4 }, { "a > > 1", FILTER_SYNTAX, 5 }, { "a ! 1", FILTER_BAD_CHARACTER, 3 },
		{ "a = 'x", FILTER_OPEN_STRING, 5 }, { "a /* = 1", FILTER_OPEN_COMMENT, 3 }, { "a = 9223372036854775808", FILTER_BAD_NUMBER, 5 },
		{ "a > 0.0", FILTER_BAD_NUMBER, 5 }, { "a > 1e999", FILTER_BAD_NUMBER, 5 }, { "a > 'x'", FILTER_NOT_COMPARABLE, 5 },
		{ "a = NULL", FILTER_NOT_COMPARABLE, 5 }, { "TRUE = 5", FILTER_NOT_COMPARABLE, 8 }, { "(a = 1) > 2", FILTER_NOT_COMPARABLE, 2 },
		{ "5", FILTER_NOT_BOOLEAN, 1 }, { "a = 1 AND 'x'", FILTER_NOT_BOOLEAN, 11 }, { "NOT -a", FILTER_NOT_BOOLEAN, 6 },
		{ "5 IN ('a')", FILTER_NOT_PROPERTY, 1 }, { "a BETWEEN 5 AND 3", FILTER_BAD_RANGE, 11 }, { "a IN (5)", FILTER_SYNTAX, 7 },
		{ "'\xC3\xA9' = a ~", FILTER_BAD_CHARACTER, 9 }, { "a IS 5", FILTER_SYNTAX, 6 }, { "a CONTAINS b", FILTER_SYNTAX, 12 },
	};
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct filter_error e = refused(t[i].text, -LMQ_EILLEGAL);
		ck_assert_msg(e.fault == t[i].fault && e.column == t[i].column, "%s: %d, column %u: %s", t[i].text, e.fault, e.column, e.text);
	}
}
END_TEST

static char *repeat(const char *what, size_t n, const char *end)
{
	size_t each = strlen(what);
	char *s = malloc(each * n + strlen(end) + 1);
	for (size_t i = 0; i < n; i++)
		memcpy(s + i * each, what, each);
	strcpy(s + each * n, end); // NOLINT: sized above
	return s;
}

START_TEST(depth_length_and_number_of_steps_are_bounded)
{
	char *deep = repeat("(", 5000, "a"), *nots = repeat("NOT ", 3000, "a"), *longest = repeat(" ", FILTER_TEXT_MAX, "a");
	char *steps = repeat("a=", FILTER_OPS_MAX / 2 + 1, "a"), *well = repeat("(", 150, "a");
	char *nested = repeat("a = 1 OR b IN ('x') AND (", 100, "a");
	ck_assert_int_eq(refused(deep, -LMQ_EDEPTH).fault, FILTER_TOO_DEEP);
	ck_assert_int_eq(refused(nots, -LMQ_EDEPTH).fault, FILTER_TOO_DEEP);
	ck_assert_int_eq(refused(longest, -LMQ_ETOOBIG).fault, FILTER_TOO_LONG);
	ck_assert_int_eq(refused(steps, -LMQ_ETOOBIG).fault, FILTER_TOO_MANY);
	ck_assert_int_eq(refused(well, -LMQ_EILLEGAL).fault, FILTER_SYNTAX); /* only the closing ones are missing */
	ck_assert_int_eq(refused(nested, -LMQ_EILLEGAL).fault, FILTER_SYNTAX);
	free(deep), free(nots), free(longest), free(steps), free(well), free(nested);
}
END_TEST

START_TEST(the_number_of_properties_is_bounded)
{
	char text[FILTER_PROPS_MAX * 16] = "";
	size_t n = 0;
	for (unsigned int i = 0; i < FILTER_PROPS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "p%u OR ", i);
	snprintf(text + n, sizeof(text) - n, "p0");
	EXPECT(FILTER_UNKNOWN, "p0");
	ck_assert_int_eq(verdict(text), FILTER_UNKNOWN);
	snprintf(text + n, sizeof(text) - n, "a");
	ck_assert_int_eq(refused(text, -LMQ_ETOOBIG).fault, FILTER_TOO_MANY);
}
END_TEST

START_TEST(strings_are_read_as_numbers_as_java_does)
{
	static const struct {
		const char *value;
		const char *expression;
		enum filter_verdict verdict;
	} t[] = {
		{ " 1.5 ", "x = 1.5", FILTER_TRUE }, { " 1", "x = 1", FILTER_FAILED }, { "+5", "x = 5", FILTER_TRUE }, { "NaN", "x > 1.5", FILTER_TRUE },
		{ "-Infinity", "x < 1.5", FILTER_TRUE }, { "inf", "x > 1.5", FILTER_FAILED }, { "0x1p1", "x = 2.0", FILTER_TRUE },
		{ "0x1", "x = 1.0", FILTER_FAILED }, { "1.5f", "x = 1.5", FILTER_TRUE }, { "2d", "x = 2.0", FILTER_TRUE }, { ".", "x = 2.0", FILTER_FAILED },
		{ "1e", "x = 2.0", FILTER_FAILED }, { "1_0", "x = 10", FILTER_FAILED }, { "2147483648", "x = 1", FILTER_FAILED },
		{ "9223372036854775808", "x = 1L", FILTER_FAILED }, { "TrUe", "x = TRUE", FILTER_TRUE }, { "1", "x = FALSE", FILTER_TRUE },
		{ "\x01", "x IS NULL", FILTER_FALSE },
	};
	char props[64];
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct filter *f;
		struct filter_error e;
		int n = snprintf(props, sizeof(props), "x\001%s\002", t[i].value);
		ck_assert_int_eq(filter_compile(lmi_span_str(t[i].expression), &f, &e), 0);
		enum filter_verdict v = filter_eval(f, lmi_span(props, (size_t)n));
		ck_assert_msg(v == t[i].verdict, "%s with %s: %d", t[i].expression, t[i].value, v);
		filter_unref(f);
	}
}
END_TEST

START_TEST(the_last_of_a_property_counts)
{
	struct filter *f;
	struct filter_error e;
	ck_assert_int_eq(filter_compile(lmi_span_str("x = 2 AND y = 1"), &f, &e), 0);
	ck_assert_int_eq(filter_eval(f, LMI_SPAN_LIT("x\0011\002y\0011\002x\0012\002")), FILTER_TRUE);
	ck_assert_int_eq(filter_eval(f, LMI_SPAN_LIT("x\0012\002y\0011\002x\0011\002")), FILTER_FALSE);
	ck_assert_int_eq(filter_eval(f, LMI_SPAN_NULL), FILTER_UNKNOWN);
	filter_unref(f);
}
END_TEST

START_TEST(a_filter_lives_as_long_as_somebody_has_it)
{
	struct filter *f;
	struct filter_error e;
	char text[] = "abc = 'def'";
	ck_assert_int_eq(filter_compile(lmi_span_str(text), &f, &e), 0);
	memset(text, 'x', sizeof(text) - 1); /* not needed any more */
	ck_assert_ptr_eq(filter_ref(f), f);
	filter_unref(f);
	ck_assert_int_eq(filter_eval(f, LMI_SPAN_LIT("abc\001def\002")), FILTER_TRUE);
	ck_assert_uint_gt(filter_bytes(f), 0);
	ck_assert_uint_ge(filter_cost(f, 100), 100);
	filter_unref(f);
	filter_unref(NULL);
}
END_TEST

LMT_MAIN("filter", numbers_and_strings_compare_by_the_literals_type, what_is_absent_makes_the_outcome_unknown,
	 an_absent_left_side_spares_the_right_side_its_failure, booleans_are_conditions_or_strings_that_say_true,
	 ranges_lists_and_searches_work_with_and_without_not, and_binds_closer_than_or_and_parentheses_closest,
	 words_are_cut_as_rocketmq_cuts_them, what_follows_a_whole_expression_is_ignored, faults_are_named_with_their_column,
	 depth_length_and_number_of_steps_are_bounded, the_number_of_properties_is_bounded, strings_are_read_as_numbers_as_java_does,
	 the_last_of_a_property_counts, a_filter_lives_as_long_as_somebody_has_it)
