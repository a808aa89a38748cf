/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the writer puts commas by itself, escapes exactly what fastjson escapes in both of its modes, indents as fastjson's
 * PrettyFormat, and compacts raw JSON without touching strings.
 * Shown: against texts made with fastjson 1.2.83 (JSON.toJSONString, plain and with BrowserCompatible).
 */
#include <stdio.h>

#include "wire/json.h"

#include "wire_lmt.h"

static struct lmi_buf buf;

static void start(struct lmi_json_out *o)
{
	lmi_buf_reset(&buf, 1 << 20);
	lmi_json_out_init(o, &buf);
}

static void write_all_kinds(struct lmi_json_out *o)
{
	lmi_json_put_object(o);
	lmi_json_put_key(o, "a");
	lmi_json_put_array(o);
	lmi_json_put_i64(o, -1);
	lmi_json_put_str(o, "x");
	lmi_json_put_bool(o, true);
	lmi_json_put_bool(o, false);
	lmi_json_put_null(o);
	lmi_json_put_raw(o, LMI_SPAN_LIT("1.0"));
	lmi_json_put_object(o);
	lmi_json_put_object_end(o);
	lmi_json_put_array_end(o);
	lmi_json_put_key_span(o, LMI_SPAN_LIT("q\""));
	lmi_json_put_array(o);
	lmi_json_put_array_end(o);
	lmi_json_put_key_int(o, 0, false);
	lmi_json_put_string(o, LMI_SPAN_NULL);
	lmi_json_put_key_int(o, -5, true);
	lmi_json_put_i64(o, INT64_MIN);
	lmi_json_put_key_raw(o, LMI_SPAN_LIT("{\"queueId\":0}"));
	lmi_json_put_i64(o, 7);
	lmi_json_put_object_end(o);
}

START_TEST(commas_come_by_themselves)
{
	struct lmi_json_out o;

	start(&o);
	write_all_kinds(&o);
	ck_assert_span_eq(lmi_buf_span(&buf), "{\"a\":[-1,\"x\",true,false,null,1.0,{}],\"q\\\"\":[],0:\"\",\"-5\":-9223372036854775808,"
					      "{\"queueId\":0}:7}");
}
END_TEST

START_TEST(indented_text_has_a_line_a_member)
{
	struct lmi_json_out o;

	start(&o);
	o.indent = 1;
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "a");
	lmi_json_put_array(&o);
	lmi_json_put_array_end(&o);
	lmi_json_put_key(&o, "b");
	lmi_json_put_object(&o);
	lmi_json_put_object_end(&o);
	lmi_json_put_key(&o, "c");
	lmi_json_put_array(&o);
	lmi_json_put_i64(&o, 1);
	lmi_json_put_str(&o, "x");
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "q");
	lmi_json_put_i64(&o, 1);
	lmi_json_put_object_end(&o);
	lmi_json_put_array_end(&o);
	lmi_json_put_key(&o, "d");
	lmi_json_put_i64(&o, 1);
	lmi_json_put_object_end(&o);
	ck_assert_span_eq(lmi_buf_span(&buf), "{\n\t\"a\":[],\n\t\"b\":{},\n\t\"c\":[\n\t\t1,\n\t\t\"x\",\n\t\t{\n\t\t\t\"q\":1\n\t\t}\n\t],"
					      "\n\t\"d\":1\n}");
}
END_TEST

static void all_characters(struct lmi_buf *b)
{
	for (uint8_t c = 0; c < 0x30; c++)
		lmi_buf_put8(b, c);
	lmi_buf_put_str(b, "\\\"/'<>~\x7F\xC2\x80\xC2\x9F\xC2\xA0\xE4\xB8\xAD\xE2\x80\xA7\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA\xF0\x9F\x98\x80x");
}

#define CONTROLS                                                                                                          \
	"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000B\\f\\r\\u000E\\u000F\\u0010\\u0011\\u0012" \
	"\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001A\\u001B\\u001C\\u001D\\u001E\\u001F"

START_TEST(characters_are_escaped_as_by_fastjson)
{
	struct lmi_buf text = { 0 };

	all_characters(&text);
	lmi_buf_reset(&buf, 1 << 20);
	lmi_json_put_quoted(&buf, lmi_buf_span(&text), false);
	ck_assert_span_eq(lmi_buf_span(&buf), "\"" CONTROLS " !\\\"#$%&'()*+,-./\\\\\\\"/'<>~\\u007F\\u0080\\u009F\xC2\xA0\xE4\xB8\xAD"
					      "\xE2\x80\xA7\\u2028\\u2029\xE2\x80\xAA\xF0\x9F\x98\x80x\"");
	lmi_buf_done(&text);
}
END_TEST

START_TEST(characters_are_escaped_as_by_fastjson_for_browsers)
{
	struct lmi_buf text = { 0 };

	all_characters(&text);
	lmi_buf_reset(&buf, 1 << 20);
	lmi_json_put_quoted(&buf, lmi_buf_span(&text), true);
	ck_assert_span_eq(lmi_buf_span(&buf), "\"" CONTROLS " !\\\"#$%&'()*+,-.\\/\\\\\\\"\\/'<>~\\u007F\\u0080\\u009F\\u00A0\\u4E2D"
					      "\\u2027\\u2028\\u2029\\u202A\\uD83D\\uDE00x\"");
	lmi_buf_done(&text);
}
END_TEST

START_TEST(what_is_no_utf8_goes_through_or_is_replaced)
{
	static const char broken[] = "a\xFF\xC3(\xE4\xB8\xED\xA0\x80\xC0\x80z";

	lmi_buf_reset(&buf, 1 << 20);
	lmi_json_put_quoted(&buf, LMI_SPAN_LIT(broken), false);
	ck_assert_span_eq(lmi_buf_span(&buf), "\"a\xFF\xC3(\xE4\xB8\xED\xA0\x80\xC0\x80z\"");
	lmi_buf_reset(&buf, 1 << 20);
	lmi_json_put_quoted(&buf, LMI_SPAN_LIT(broken), true);
	ck_assert_span_eq(lmi_buf_span(&buf), "\"a\\uFFFD\\uFFFD(\\uFFFD\\uFFFD\\uFFFD\\uFFFD\\uFFFD\\uFFFD\\uFFFDz\"");
}
END_TEST

START_TEST(special_characters_are_found_at_every_place)
{
	for (size_t at = 0; at < 24; at++) {
		char text[32] = "abcdefghijklmnopqrstuvwxyz", expected[40];

		text[at] = '"';
		snprintf(expected, sizeof(expected), "\"%.*s\\\"%s\"", (int)at, text, text + at + 1);
		lmi_buf_reset(&buf, 1 << 20);
		lmi_json_put_quoted(&buf, lmi_span_str(text), false);
		ck_assert_span_eq(lmi_buf_span(&buf), expected);
	}
}
END_TEST

START_TEST(compacting_leaves_strings_alone)
{
	lmi_buf_reset(&buf, 1 << 20);
	lmi_json_put_compact(&buf, LMI_SPAN_LIT("{\n\t\"a b\" : \"c\\\" d\" ,\r\n 0 : [ 1 , true ]\n}"));
	ck_assert_span_eq(lmi_buf_span(&buf), "{\"a b\":\"c\\\" d\",0:[1,true]}");
	lmi_buf_reset(&buf, 1 << 20);
	lmi_json_put_compact(&buf, LMI_SPAN_LIT("[ \"broken "));
	lmi_json_put_compact(&buf, LMI_SPAN_NULL);
	ck_assert_span_eq(lmi_buf_span(&buf), "[\"broken ");
}
END_TEST

LMT_MAIN("json_out", commas_come_by_themselves, indented_text_has_a_line_a_member, characters_are_escaped_as_by_fastjson,
	 characters_are_escaped_as_by_fastjson_for_browsers, what_is_no_utf8_goes_through_or_is_replaced,
	 special_characters_are_found_at_every_place, compacting_leaves_strings_alone)
