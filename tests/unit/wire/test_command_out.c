/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: commands are written as the 5.3.3 jars write them, in either header type, and are read back with the same values.
 * Shown: against golden bytes, and by decoding what was encoded, with hostile text in every place for text.
 */
#include "wire/command.h"

#include "wire_lmt.h"

static struct lmi_arena arena;

static struct lmi_span header_of(const struct lmi_buf *b)
{
	return lmi_span(lmi_buf_data(b) + 8, lmi_get32(lmi_buf_data(b) + 4) & 0xFFFFFF);
}

START_TEST(a_json_answer_is_that_of_java)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;

	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, 0, 7, LMI_FLAG_RESPONSE);
	lmi_command_end(&o, 0);
	ck_assert_span_eq(header_of(&b), "{\"code\":0,\"flag\":1,\"language\":\"JAVA\",\"opaque\":7,"
					 "\"serializeTypeCurrentRPC\":\"JSON\",\"version\":479}");
	ck_assert_uint_eq(lmi_get32(lmi_buf_data(&b)), lmi_buf_len(&b) - 4);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_json_request_has_its_members_in_java_order)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;

	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, 11, 7, 0);
	lmi_command_put_i64(&o, LMI_EXT_QUEUE_ID, 1);
	lmi_command_put(&o, LMI_EXT_TOPIC, LMI_SPAN_LIT("T"));
	lmi_command_put_bool(&o, LMI_EXT_COMMITTED, true);
	lmi_command_put_name(&o, LMI_SPAN_LIT("own\"name"), LMI_SPAN_LIT("a\x01" "b\x02"));
	lmi_command_remark(&o, LMI_SPAN_LIT("x\x01y\xE4\xB8\xAD"));
	lmi_command_end(&o, 4);
	lmi_buf_put_str(&b, "body");
	ck_assert_span_eq(header_of(&b), "{\"code\":11,\"extFields\":{\"queueId\":\"1\",\"topic\":\"T\",\"committed\":\"true\","
					 "\"own\\\"name\":\"a\\u0001b\\u0002\"},\"flag\":0,\"language\":\"JAVA\",\"opaque\":7,"
					 "\"remark\":\"x\\u0001y\xE4\xB8\xAD\",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":479}");
	ck_assert_uint_eq(lmi_get32(lmi_buf_data(&b)), lmi_buf_len(&b) - 4);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_binary_answer_is_that_of_java)
{
	struct lmi_span golden = wire_hex("000000230100001f00000001df0000000700000001000000026f6b0000000800016b0000000176");
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;

	lmi_command_begin(&o, &b, LMI_SERIALIZE_ROCKETMQ, 0, 7, LMI_FLAG_RESPONSE);
	lmi_command_put_name(&o, LMI_SPAN_LIT("k"), LMI_SPAN_LIT("v"));
	lmi_command_remark(&o, LMI_SPAN_LIT("ok"));
	lmi_command_end(&o, 0);
	ck_assert_uint_eq(lmi_buf_len(&b), golden.n);
	ck_assert_mem_eq(lmi_buf_data(&b), golden.p, golden.n);
	wire_free(golden);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_code_above_16_bits_travels_in_json)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	struct lmi_command c;

	lmi_command_begin(&o, &b, LMI_SERIALIZE_ROCKETMQ, 200050, 1, 0);
	lmi_command_put_i64(&o, LMI_EXT_QUEUE_ID, -1);
	lmi_command_end(&o, 0);
	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&b), &arena, &c), 0);
	ck_assert_int_eq(c.serialize, LMI_SERIALIZE_JSON);
	ck_assert_int_eq(c.code, 200050);
	lmi_buf_done(&b);
}
END_TEST

static const char hostile[] = "q\"b\\s/\x01\x02\x1F\x7F \t\r\n\xC2\x85\xE2\x80\xA8\xE4\xB8\xAD\xF0\x9F\x98\x80\xFF\xC3";

static void round_trip(enum lmi_serialize type)
{
	struct lmi_span text = lmi_span(hostile, sizeof(hostile) - 1);
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	struct lmi_command c;
	int64_t v = 0;

	lmi_buf_put_str(&b, "before"); /* commands stand behind others in a buffer */
	lmi_command_begin(&o, &b, type, -5, INT32_MIN, LMI_FLAG_ONEWAY);
	o.language = LMI_LANGUAGE_CPP;
	o.version = LMI_VERSION_4_9_4;
	lmi_command_put(&o, LMI_EXT_PROPERTIES, text);
	lmi_command_put_name(&o, text, text);
	for (int i = 0; i < 50; i++)
		lmi_command_put_i64(&o, LMI_EXT_OFFSET, INT64_MIN + i);
	lmi_command_remark(&o, text);
	lmi_command_end(&o, 3);
	lmi_buf_put_str(&b, "bod");
	lmi_buf_consume(&b, 6);

	ck_assert_int_eq(lmi_command_decode(lmi_buf_span(&b), &arena, &c), 0);
	ck_assert_int_eq(c.serialize, type);
	ck_assert_int_eq(c.code, -5);
	ck_assert_int_eq(c.opaque, INT32_MIN);
	ck_assert_int_eq(c.flag, LMI_FLAG_ONEWAY);
	ck_assert_uint_eq(c.language, LMI_LANGUAGE_CPP);
	ck_assert_int_eq(c.version, LMI_VERSION_4_9_4);
	ck_assert(lmi_span_eq(c.remark, text));
	ck_assert(lmi_span_eq(lmi_command_ext(&c, LMI_EXT_PROPERTIES), text));
	ck_assert_uint_eq(c.ext_count, 52);
	ck_assert(lmi_span_eq(c.ext[1].name, text) && lmi_span_eq(c.ext[1].value, text));
	ck_assert_int_eq(lmi_command_ext_i64(&c, LMI_EXT_OFFSET, &v), 0);
	ck_assert_int_eq(v, INT64_MIN + 49);
	ck_assert_span_eq(c.body, "bod");
	lmi_buf_done(&b);
	lmi_arena_reset(&arena);
}

START_TEST(what_is_encoded_in_json_is_decoded_again)
{
	round_trip(LMI_SERIALIZE_JSON);
}
END_TEST

START_TEST(what_is_encoded_in_binary_is_decoded_again)
{
	round_trip(LMI_SERIALIZE_ROCKETMQ);
}
END_TEST

START_TEST(lack_of_memory_shows_in_the_buffer)
{
	struct lmi_buf b = { .failed = true };
	struct lmi_command_out o;

	for (int type = 0; type < 2; type++) {
		lmi_command_begin(&o, &b, (enum lmi_serialize)type, 1, 2, 0);
		lmi_command_put(&o, LMI_EXT_TOPIC, LMI_SPAN_LIT("T"));
		lmi_command_put_name(&o, LMI_SPAN_LIT("x"), LMI_SPAN_LIT("y"));
		lmi_command_put_i64(&o, LMI_EXT_QUEUE_ID, 1);
		lmi_command_remark(&o, LMI_SPAN_LIT("r"));
		lmi_command_end(&o, 0);
		ck_assert(b.failed);
		ck_assert_uint_eq(lmi_buf_len(&b), 0);
	}
}
END_TEST

LMT_MAIN("command_out", a_json_answer_is_that_of_java, a_json_request_has_its_members_in_java_order,
	 a_binary_answer_is_that_of_java, a_code_above_16_bits_travels_in_json, what_is_encoded_in_json_is_decoded_again,
	 what_is_encoded_in_binary_is_decoded_again, lack_of_memory_shows_in_the_buffer)
