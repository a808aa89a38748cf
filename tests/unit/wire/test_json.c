/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the parser gives the tokens of RFC 8259 and of RocketMQ's dialect (bare numbers and objects as keys), ends each
 * broken text with an error that sticks, and holds its depth limit.
 * Shown: by writing the tokens of each text as a line, on texts from a Java broker, and on one fault of each kind.
 */
#include <stdio.h>

#include "wire/json.h"

#include "wire_lmt.h"

/* The tokens as a line: { } [ ] k:name k#number k%object s:text n:number t f 0. */
static int tokens(const char *text, char *line, size_t cap)
{
	struct lmi_span s = wire_text(text);
	struct lmi_json j;
	struct lmi_json_token t;
	size_t at = 0;
	int r;

	lmi_json_init(&j, s);
	line[0] = '\0';
	while ((r = lmi_json_next(&j, &t)) == 0 && t.kind != LMI_JSON_END) {
		static const char *const marks[] = { "", "{", "}", "[", "]", "k", "s:", "n:", "", "0" };
		const char *mark = t.kind == LMI_JSON_BOOL ? t.truth ? "t" : "f" : marks[t.kind];
		bool text_too = t.kind == LMI_JSON_KEY || t.kind == LMI_JSON_STRING || t.kind == LMI_JSON_NUMBER;
		const char *key_mark = t.kind != LMI_JSON_KEY            ? "" :
				       t.key_kind == LMI_JSON_NUMBER ? "#" :
				       t.key_kind == LMI_JSON_OBJECT ? "%" :
								       ":";

		at += (size_t)snprintf(line + at, cap - at, "%s%s%s%.*s", at ? " " : "", mark, key_mark,
				       text_too ? (int)t.text.n : 0, t.text.p);
		ck_assert_uint_lt(at, cap);
	}
	if (r < 0)
		ck_assert_int_eq(lmi_json_next(&j, &t), r); /* sticky */
	else
		ck_assert(lmi_json_next(&j, &t) == 0 && t.kind == LMI_JSON_END);
	wire_free(s);
	return r;
}

static void good(const char *text, const char *expected)
{
	char line[512];

	ck_assert_msg(tokens(text, line, sizeof(line)) == 0, "%s", text);
	ck_assert_str_eq(line, expected);
}

START_TEST(values_of_every_kind_are_told_apart)
{
	good("{\"a\":[1,-2.5e+3,\"x\",true,false,null,{}],\"b\":{}}",
	     "{ k:a [ n:1 n:-2.5e+3 s:x t f 0 { } ] k:b { } }");
	good(" [ ] ", "[ ]");
	good("\"\"", "s:");
	good("-0", "n:-0");
	good("\t\r\n{ \"a\" :\n1 , \"b\" : [ 1 , 2 ] }\n", "{ k:a n:1 k:b [ n:1 n:2 ] }");
	good("\"\\\"\\\\\\u0041\"", "s:\\\"\\\\\\u0041");
	good("[0.5,1E5,0e-1]", "[ n:0.5 n:1E5 n:0e-1 ]");
}
END_TEST

START_TEST(keys_of_the_dialect_are_read)
{
	good("{0:\"127.0.0.1:10911\",1:\"127.0.0.1:10921\"}", "{ k#0 s:127.0.0.1:10911 k#1 s:127.0.0.1:10921 }");
	good("{-12:3}", "{ k#-12 n:3 }");
	good("{\"offsetTable\":{{\"brokerName\":\"broker-a\",\"queueId\":0,\"topic\":\"T\"}:7}}",
	     "{ k:offsetTable { k%{\"brokerName\":\"broker-a\",\"queueId\":0,\"topic\":\"T\"} n:7 } }");
	good("{{ } : {{\"a\":1}:2}, {\"b\":[{}]}:3}", "{ k%{ } { k%{\"a\":1} n:2 } k%{\"b\":[{}]} n:3 }");
}
END_TEST

START_TEST(broken_texts_end_in_an_error_that_sticks)
{
	static const char *const bad[] = {
		"", " ", "{", "[", "\"", "\"\\", "\"\\\"", "}", "]", ",", ":", "{]", "[}", "[1}", "{\"a\":1]", "{\"a\"}", "{\"a\" 1}",
		"{\"a\":1,}", "[1,]", "[,1]", "[1 2]", "{\"a\":1 \"b\":2}", "{,}", "{\"a\":,}", "1 2", "{} {}", "tru", "truex", "nul",
		"falsy", "+1", "01", "-", "1.", ".5", "1e", "1e+", "-a", "{1.5:2}", "{-:2}", "{a:1}", "{true:1}", "{[1]:2}", "{{}}",
		"{{\"a\":1}", "{{\"a\"}:1}", "NaN", "'a'", "/**/1", "[1//\n]", "\xEF\xBB\xBF{}", "{\"a\":1}\x01", "0x1",
	};
	char line[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(tokens(bad[i], line, sizeof(line)) == -LMQ_EMALFORMED, "%s", bad[i]);
}
END_TEST

/* n brackets before, n after. */
static int nested(const char *open, const char *middle, const char *close, int n)
{
	char text[2048], line[4096];
	size_t at = 0;

	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", open);
	at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", middle);
	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", close);
	ck_assert_uint_lt(at, sizeof(text));
	return tokens(text, line, sizeof(line));
}

START_TEST(the_depth_limit_holds_for_arrays_objects_and_keys)
{
	ck_assert_int_eq(nested("[", "", "]", LMI_JSON_DEPTH_MAX), 0);
	ck_assert_int_eq(nested("[", "", "]", LMI_JSON_DEPTH_MAX + 1), -LMQ_EDEPTH);
	ck_assert_int_eq(nested("{\"a\":", "1", "}", LMI_JSON_DEPTH_MAX), 0);
	ck_assert_int_eq(nested("{\"a\":", "1", "}", LMI_JSON_DEPTH_MAX + 1), -LMQ_EDEPTH);
	ck_assert_int_eq(nested("{", "{}", ":1}", LMI_JSON_DEPTH_MAX - 1), 0);
	ck_assert_int_eq(nested("{", "{}", ":1}", LMI_JSON_DEPTH_MAX), -LMQ_EDEPTH);
}
END_TEST

START_TEST(values_are_passed_over_whole)
{
	struct lmi_span s = wire_text("{\"a\":{\"b\":[1,{\"c\":2}],{\"k\":1}:2} , \"raw\" : [1, {\"x\":\"]\"}] ,\"d\":\"e\",\"n\":null}");
	struct lmi_json_token t;
	struct lmi_span raw;
	struct lmi_json j;

	lmi_json_init(&j, s);
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_OBJECT), 1);
	ck_assert(lmi_json_member(&j, &t) == 1 && lmi_json_is(&t, "a"));
	ck_assert_int_eq(lmi_json_skip(&j), 0);
	ck_assert(lmi_json_member(&j, &t) == 1 && lmi_json_is(&t, "raw"));
	ck_assert_int_eq(lmi_json_raw(&j, &raw), 0);
	ck_assert_span_eq(raw, "[1, {\"x\":\"]\"}]");
	ck_assert(lmi_json_member(&j, &t) == 1 && lmi_json_is(&t, "d"));
	ck_assert_int_eq(lmi_json_raw(&j, &raw), 0);
	ck_assert_span_eq(raw, "\"e\"");
	ck_assert(lmi_json_member(&j, &t) == 1 && lmi_json_is(&t, "n"));
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_ARRAY), 0);
	ck_assert_int_eq(lmi_json_member(&j, &t), 0);
	ck_assert_int_eq(lmi_json_finish(&j), 0);
	wire_free(s);
}
END_TEST

START_TEST(elements_are_walked_and_passed_over)
{
	struct lmi_span s = wire_text("[ 1 , [2] , {\"a\":3} , 4 ]"), raw;
	struct lmi_json j;
	int64_t v = 0;

	lmi_json_init(&j, s);
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_ARRAY), 1);
	ck_assert_int_eq(lmi_json_element(&j), 1);
	ck_assert_int_eq(lmi_json_skip(&j), 0);
	ck_assert_int_eq(lmi_json_element(&j), 1);
	ck_assert_int_eq(lmi_json_raw(&j, &raw), 0);
	ck_assert_span_eq(raw, "[2]");
	ck_assert_int_eq(lmi_json_element(&j), 1);
	ck_assert_int_eq(lmi_json_skip(&j), 0);
	ck_assert_int_eq(lmi_json_element(&j), 1);
	ck_assert_int_eq(lmi_json_i64(&j, &v), 0);
	ck_assert_int_eq(v, 4);
	ck_assert_int_eq(lmi_json_element(&j), 0);
	ck_assert_int_eq(lmi_json_finish(&j), 0);
	wire_free(s);
}
END_TEST

START_TEST(walking_broken_texts_ends_in_errors)
{
	struct lmi_json_token t;
	struct lmi_span raw;
	struct lmi_json j;

	lmi_json_init(&j, LMI_SPAN_LIT("[1"));
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_OBJECT), -LMQ_EMALFORMED);
	lmi_json_init(&j, LMI_SPAN_LIT("[1"));
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_ARRAY), 1);
	ck_assert_int_eq(lmi_json_skip(&j), 0);
	ck_assert_int_eq(lmi_json_element(&j), -LMQ_EMALFORMED);
	lmi_json_init(&j, LMI_SPAN_LIT("[]"));
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_ARRAY), 1);
	ck_assert_int_eq(lmi_json_skip(&j), -LMQ_EMALFORMED); /* there is no value */
	ck_assert_int_eq(lmi_json_raw(&j, &raw), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_json_element(&j), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_json_finish(&j), -LMQ_EMALFORMED);
	lmi_json_init(&j, LMI_SPAN_LIT("1 x"));
	ck_assert_int_eq(lmi_json_skip(&j), 0);
	ck_assert_int_eq(lmi_json_finish(&j), -LMQ_EMALFORMED);
	lmi_json_init(&j, LMI_SPAN_LIT("{\"a\":1}"));
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_OBJECT), 1);
	ck_assert_int_eq(lmi_json_finish(&j), -LMQ_EMALFORMED); /* the object goes on */
	lmi_json_init(&j, LMI_SPAN_LIT("{\"a\":[1}"));
	ck_assert_int_eq(lmi_json_enter(&j, LMI_JSON_OBJECT), 1);
	ck_assert_int_eq(lmi_json_member(&j, &t), 1);
	ck_assert_int_eq(lmi_json_raw(&j, &raw), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_json_member(&j, &t), -LMQ_EMALFORMED);
}
END_TEST

LMT_MAIN("json", values_of_every_kind_are_told_apart, keys_of_the_dialect_are_read, broken_texts_end_in_an_error_that_sticks,
	 the_depth_limit_holds_for_arrays_objects_and_keys, values_are_passed_over_whole, elements_are_walked_and_passed_over,
	 walking_broken_texts_ends_in_errors)
