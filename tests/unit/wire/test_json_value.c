/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: typed values are taken as fastjson 1.2 takes them: numbers and bools also as text, null and the empty text leave the
 * default alone, anything else is an error; texts lose their escapes, and tokens compare with plain text.
 * Shown: on each pair of wanted and given kind; what is expected was measured with fastjson 1.2.83.
 */
#include <stdio.h>

#include "wire/json.h"

#include "wire_lmt.h"

static struct lmi_arena arena;

static int i64(const char *text, int64_t *out)
{
	struct lmi_json j;
	int r;

	lmi_json_init(&j, lmi_span_str(text));
	r = lmi_json_i64(&j, out);
	if (r < 0)
		ck_assert_int_eq(lmi_json_finish(&j), r);
	return r;
}

START_TEST(numbers_are_taken_as_numbers_or_text)
{
	static const struct {
		const char *text;
		int64_t value;
	} good[] = { { "5", 5 },	 { "\"5\"", 5 },	{ "-9223372036854775808", INT64_MIN },
		     { "\"-7\"", -7 },	 { "true", 1 },		{ "false", 0 },
		     { "null", 42 },	 { "\"\"", 42 },	{ "\"null\"", 42 },
		     { "9007199254740993", 9007199254740993 } };
	static const char *const bad[] = { "\" 5\"", "\"x\"", "1.5", "1e2", "[]", "{}", "9223372036854775808", "\"\\u0035\"" };
	int64_t v;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		v = 42;
		ck_assert_int_eq(i64(good[i].text, &v), 0);
		ck_assert_int_eq(v, good[i].value);
	}
	v = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(i64(bad[i], &v) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_int_eq(v, 42);
}
END_TEST

START_TEST(thirty_two_bits_are_checked)
{
	struct lmi_json j;
	int32_t v = 42;

	lmi_json_init(&j, LMI_SPAN_LIT("2147483648"));
	ck_assert_int_eq(lmi_json_i32(&j, &v), -LMQ_EMALFORMED);
	lmi_json_init(&j, LMI_SPAN_LIT("null"));
	ck_assert_int_eq(lmi_json_i32(&j, &v), 0);
	ck_assert_int_eq(v, 42);
	lmi_json_init(&j, LMI_SPAN_LIT("-2147483648"));
	ck_assert_int_eq(lmi_json_i32(&j, &v), 0);
	ck_assert_int_eq(v, INT32_MIN);
}
END_TEST

static int boolean(const char *text, bool *out)
{
	struct lmi_json j;

	lmi_json_init(&j, lmi_span_str(text));
	return lmi_json_bool(&j, out);
}

START_TEST(bools_are_taken_as_bools_text_or_digits)
{
	bool v = false;

	ck_assert(boolean("true", &v) == 0 && v);
	ck_assert(boolean("\"false\"", &v) == 0 && !v);
	ck_assert(boolean("\"True\"", &v) == 0 && v);
	ck_assert(boolean("null", &v) == 0 && v);
	ck_assert(boolean("\"\"", &v) == 0 && v);
	ck_assert(boolean("0", &v) == 0 && !v);
	ck_assert(boolean("1", &v) == 0 && v);
	ck_assert_int_eq(boolean("\"yes\"", &v), -LMQ_EMALFORMED);
	ck_assert_int_eq(boolean("2", &v), -LMQ_EMALFORMED);
	ck_assert_int_eq(boolean("[]", &v), -LMQ_EMALFORMED);
	ck_assert_int_eq(boolean("x", &v), -LMQ_EMALFORMED);
}
END_TEST

static int string(const char *text, struct lmi_span *out)
{
	struct lmi_json j;

	lmi_json_init(&j, lmi_span_str(text));
	return lmi_json_string(&j, &arena, out);
}

START_TEST(texts_take_scalars_as_written_and_lose_their_escapes)
{
	struct lmi_span s;

	ck_assert_int_eq(string("\"a\\u00e9\\n\"", &s), 0);
	ck_assert_span_eq(s, "a\xC3\xA9\n");
	ck_assert_int_eq(string("1.50", &s), 0);
	ck_assert_span_eq(s, "1.50");
	ck_assert_int_eq(string("true", &s), 0);
	ck_assert_span_eq(s, "true");
	ck_assert_int_eq(string("\"\"", &s), 0);
	ck_assert(s.p && s.n == 0);
	ck_assert_int_eq(string("null", &s), 0);
	ck_assert_ptr_null(s.p);
	ck_assert_int_eq(string("[]", &s), -LMQ_EMALFORMED);
	ck_assert_int_eq(string("\"\\x\"", &s), -LMQ_EMALFORMED);
}
END_TEST

START_TEST(every_code_point_survives_its_escape)
{
	char text[32];
	struct lmi_span s;
	struct lmi_buf b = { 0 };

	for (uint32_t c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 977) {
		struct lmi_span back;

		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		if (c < 0x10000)
			snprintf(text, sizeof(text), "\"\\u%04x\"", c);
		else
			snprintf(text, sizeof(text), "\"\\u%04X\\u%04x\"", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF));
		lmi_arena_reset(&arena);
		ck_assert_int_eq(string(text, &s), 0);
		/* … and through the writer that allows ASCII only. */
		lmi_buf_reset(&b, 1 << 20);
		lmi_json_put_quoted(&b, s, true);
		lmi_buf_put8(&b, 0);
		ck_assert_int_eq(string((const char *)lmi_buf_data(&b), &back), 0);
		ck_assert(lmi_span_eq(s, back));
	}
	lmi_buf_done(&b);
}
END_TEST

START_TEST(long_texts_are_unescaped_at_every_place)
{
	/* Escapes at each distance from a step of eight bytes. */
	for (size_t lead = 0; lead < 20; lead++) {
		for (size_t gap = 0; gap < 20; gap++) {
			char text[128], plain[64];
			struct lmi_span s;

			snprintf(text, sizeof(text), "\"%.*s\\n%.*s\\u0001x\"", (int)lead, "abcdefghijklmnopqrstuvwxyz", (int)gap,
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
			snprintf(plain, sizeof(plain), "%.*s\n%.*s\x01x", (int)lead, "abcdefghijklmnopqrstuvwxyz", (int)gap,
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
			lmi_arena_reset(&arena);
			ck_assert_int_eq(string(text, &s), 0);
			ck_assert_span_eq(s, plain);
		}
	}
}
END_TEST

START_TEST(an_exhausted_arena_is_no_memory)
{
	struct lmi_arena small;
	struct lmi_json j;
	struct lmi_span s;

	lmi_arena_init(&small, 16);
	lmi_json_init(&j, LMI_SPAN_LIT("[\"long enough for no room\\n\",1]"));
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_ARRAY), 1);
	ck_assert_int_eq(lmi_json_string(&j, &small, &s), -ENOMEM);
	ck_assert_int_eq(lmi_json_string(&j, &small, &s), -ENOMEM);
	lmi_arena_done(&small);
}
END_TEST

START_TEST(tokens_compare_with_plain_text)
{
	static const struct {
		const char *json, *plain;
		bool same;
	} cases[] = {
		{ "\"topic\"", "topic", true },	   { "\"topic\"", "topi", false },     { "\"topi\"", "topic", false },
		{ "\"\\u0074opic\"", "topic", true }, { "\"\\u0074opic\"", "topics", false }, { "\"top\\u0069\"", "topic", false },
		{ "\"\\n\"", "\n", true },	   { "\"\\u4e2d\"", "\xE4\xB8\xAD", true }, { "\"\\x\"", "x", false },
		{ "\"\"", "", true },
	};
	struct lmi_json_token t;
	struct lmi_json j;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		lmi_json_init(&j, lmi_span_str(cases[i].json));
		ck_assert_int_eq(lmi_json_next(&j, &t), 0);
		ck_assert_msg(lmi_json_is(&t, cases[i].plain) == cases[i].same, "%s", cases[i].json);
	}
}
END_TEST

LMT_MAIN("json_value", numbers_are_taken_as_numbers_or_text, thirty_two_bits_are_checked, bools_are_taken_as_bools_text_or_digits,
	 texts_take_scalars_as_written_and_lose_their_escapes, every_code_point_survives_its_escape,
	 long_texts_are_unescaped_at_every_place, an_exhausted_arena_is_no_memory, tokens_compare_with_plain_text)
