/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: both header types decode to the same values, as leniently as the Java server reads them, and every broken header is
 * refused with its error.
 * Shown: on golden bytes of the 5.3.3 jars, on what C++ and Go clients send, on hand-made faults, and by cutting a good frame
 * short at every byte.
 */
#include "wire/command.h"

#include "wire_lmt.h"

#define PULL_JSON                                                                                                        \
	"{\"code\":11,\"extFields\":{\"queueId\":\"1\",\"maxMsgNums\":\"32\",\"sysFlag\":\"3\",\"suspendTimeoutMillis\":" \
	"\"15000\",\"commitOffset\":\"4\",\"topic\":\"T\",\"queueOffset\":\"5\",\"subVersion\":\"9\",\"consumerGroup\":"  \
	"\"g\"},\"flag\":0,\"language\":\"JAVA\",\"opaque\":7,\"remark\":\"x\\u0001y\xE4\xB8\xAD\","                     \
	"\"serializeTypeCurrentRPC\":\"JSON\",\"version\":479}"
#define ANSWER_BINARY "000000230100001f00000001df0000000700000001000000026f6b0000000800016b0000000176"

static struct lmi_arena arena;

/* A frame with this JSON header and body, in memory of its exact size. */
static struct lmi_span frame_of(const char *json, const char *body)
{
	size_t h = strlen(json), b = strlen(body);
	uint8_t *p = malloc(8 + h + b);

	ck_assert_ptr_nonnull(p);
	lmi_put32(p, (uint32_t)(4 + h + b));
	lmi_put32(p + 4, (uint32_t)h);
	memcpy(p + 8, json, h);
	memcpy(p + 8 + h, body, b);
	return lmi_span(p, 8 + h + b);
}

static int decode(const char *json, struct lmi_command *c)
{
	static struct lmi_span last; /* what c borrows from */

	wire_free(last);
	last = frame_of(json, "");
	lmi_arena_reset(&arena);
	return lmi_command_decode(last, &arena, c);
}

START_TEST(the_golden_pull_request_is_read)
{
	struct lmi_span f = frame_of(PULL_JSON, "body");
	struct lmi_command c;
	int64_t offset = 0;
	int32_t id = 0;

	ck_assert_uint_eq(lmi_get32(f.p), 0x12C + 4); /* golden: 0000012c 00000128, without our body */
	ck_assert_uint_eq(lmi_get32(f.p + 4), 0x128);
	ck_assert_int_eq(lmi_command_decode(f, &arena, &c), 0);
	ck_assert_int_eq(c.code, LMI_REQ_PULL_MESSAGE);
	ck_assert_int_eq(c.opaque, 7);
	ck_assert_int_eq(c.flag, 0);
	ck_assert_int_eq(c.version, 479);
	ck_assert_uint_eq(c.language, LMI_LANGUAGE_JAVA);
	ck_assert_int_eq(c.serialize, LMI_SERIALIZE_JSON);
	ck_assert_span_eq(c.remark, "x\x01y\xE4\xB8\xAD");
	ck_assert_span_eq(c.body, "body");
	ck_assert_uint_eq(c.ext_count, 9);
	ck_assert_span_eq(lmi_command_ext(&c, LMI_EXT_CONSUMER_GROUP), "g");
	ck_assert_int_eq(lmi_command_ext_i64(&c, LMI_EXT_QUEUE_OFFSET, &offset), 0);
	ck_assert_int_eq(offset, 5);
	ck_assert_int_eq(lmi_command_ext_i32(&c, LMI_EXT_QUEUE_ID, &id), 0);
	ck_assert_int_eq(id, 1);
	wire_free(f);
}
END_TEST

START_TEST(the_golden_binary_answer_is_read)
{
	struct lmi_span f = wire_hex(ANSWER_BINARY);
	struct lmi_command c;

	ck_assert_int_eq(lmi_command_decode(f, &arena, &c), 0);
	ck_assert_int_eq(c.code, 0);
	ck_assert_uint_eq(c.language, LMI_LANGUAGE_JAVA);
	ck_assert_int_eq(c.version, 479);
	ck_assert_int_eq(c.opaque, 7);
	ck_assert_int_eq(c.flag, LMI_FLAG_RESPONSE);
	ck_assert_int_eq(c.serialize, LMI_SERIALIZE_ROCKETMQ);
	ck_assert_span_eq(c.remark, "ok");
	ck_assert_uint_eq(c.ext_count, 1);
	ck_assert_int_eq(c.ext[0].key, LMI_EXT_K);
	ck_assert_span_eq(c.ext[0].name, "k");
	ck_assert_span_eq(c.ext[0].value, "v");
	ck_assert_uint_eq(c.body.n, 0);
	wire_free(f);
}
END_TEST

START_TEST(what_other_clients_write_is_read)
{
	struct lmi_command c;

	/* C++: a remark always, empty values, blanks; Go: no serializeTypeCurrentRPC, numbers for numbers. */
	ck_assert_int_eq(decode("{ \"code\" : 310,\n\"extFields\" : { \"Signature\" : \"\", \"a\" : \"pg\" , \"e\":2, "
				"\"k\":false,\"x\":null, \"y\":{\"z\": [1]} },"
				"\"flag\" : 2, \"language\" : \"COBOL\", \"opaque\" : \"12\", \"remark\" : \"\",\r\n\t\"new\" : "
				"{\"a\":[{}]}, \"version\" : 317 }",
				&c),
			 0);
	ck_assert_int_eq(c.code, 310);
	ck_assert_int_eq(c.opaque, 12);
	ck_assert_int_eq(c.flag, LMI_FLAG_ONEWAY);
	ck_assert_uint_eq(c.language, LMI_LANGUAGE_OTHER);
	ck_assert_ptr_nonnull(c.remark.p);
	ck_assert_uint_eq(c.remark.n, 0);
	ck_assert_uint_eq(c.ext_count, 5);
	ck_assert_ptr_nonnull(lmi_command_ext(&c, LMI_EXT_SIGNATURE).p);
	ck_assert_uint_eq(lmi_command_ext(&c, LMI_EXT_SIGNATURE).n, 0);
	ck_assert_span_eq(lmi_command_ext(&c, LMI_EXT_E), "2");
	ck_assert_span_eq(lmi_command_ext(&c, LMI_EXT_K), "false");
	ck_assert_span_eq(c.ext[4].name, "y");
	ck_assert_span_eq(c.ext[4].value, "{\"z\": [1]}");
	ck_assert_int_eq(c.ext[4].key, LMI_EXT_UNKNOWN);
}
END_TEST

START_TEST(escapes_of_properties_and_beyond_ascii_are_resolved)
{
	struct lmi_command c;

	ck_assert_int_eq(decode("{\"code\":10,\"extFields\":{\"i\":\"KEYS\\u0001k\\u0002TAGS\\u0001\\u4e2d\\ud83d\\ude00\\u0002\","
				"\"top\\u0069c\":\"a\\/b\\\"\\\\\\b\\f\\n\\r\\t\"}}",
				&c),
			 0);
	ck_assert_span_eq(lmi_command_ext(&c, LMI_EXT_I), "KEYS\x01k\x02TAGS\x01\xE4\xB8\xAD\xF0\x9F\x98\x80\x02");
	ck_assert_span_eq(lmi_command_ext(&c, LMI_EXT_TOPIC), "a/b\"\\\b\f\n\r\t");
	/* Half a surrogate pair is replaced. */
	ck_assert_int_eq(decode("{\"remark\":\"a\\ud83dx\\udc00\\ud83d\\u0041\"}", &c), 0);
	ck_assert_span_eq(c.remark, "a\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD" "A");
}
END_TEST

START_TEST(missing_members_have_defaults_and_null_is_missing)
{
	struct lmi_command c;

	ck_assert_int_eq(decode("{}", &c), 0);
	ck_assert_int_eq(c.code, 0);
	ck_assert_ptr_null(c.remark.p);
	ck_assert_uint_eq(c.ext_count, 0);
	ck_assert_uint_eq(c.language, LMI_LANGUAGE_OTHER);
	ck_assert_int_eq(decode("{\"code\":null,\"extFields\":null,\"language\":null,\"remark\":null}", &c), 0);
	ck_assert_ptr_null(c.remark.p);
	ck_assert_uint_eq(c.ext_count, 0);
}
END_TEST

START_TEST(the_last_of_two_equal_names_wins)
{
	struct lmi_command c;

	ck_assert_int_eq(decode("{\"code\":1,\"extFields\":{\"topic\":\"a\",\"topic\":\"b\"},\"code\":2}", &c), 0);
	ck_assert_int_eq(c.code, 2);
	ck_assert_span_eq(lmi_command_ext(&c, LMI_EXT_TOPIC), "b");
	ck_assert_int_eq(decode("{\"extFields\":{\"topic\":\"a\"},\"extFields\":{\"queueId\":\"3\"}}", &c), 0);
	ck_assert_ptr_null(lmi_command_ext(&c, LMI_EXT_TOPIC).p);
	ck_assert_uint_eq(c.ext_count, 1);
}
END_TEST

START_TEST(typed_reads_tell_absent_from_malformed)
{
	struct lmi_command c;
	int64_t wide = 42;
	int32_t narrow = 42;
	bool truth = true;

	ck_assert_int_eq(decode("{\"extFields\":{\"a\":\"\",\"b\":\"x\",\"c\":\"3000000000\",\"d\":\"TRUE\",\"e\":\"yes\","
				"\"f\":\"-9\",\"g\":\"99999999999999999999\"}}",
				&c),
			 0);
	ck_assert_int_eq(lmi_command_ext_i32(&c, LMI_EXT_N, &narrow), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmi_command_ext_i64(&c, LMI_EXT_N, &wide), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmi_command_ext_bool(&c, LMI_EXT_N, &truth), -LMQ_ENOTFOUND);
	ck_assert_int_eq(lmi_command_ext_i32(&c, LMI_EXT_A, &narrow), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_command_ext_i32(&c, LMI_EXT_B, &narrow), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_command_ext_i32(&c, LMI_EXT_C, &narrow), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_command_ext_i64(&c, LMI_EXT_G, &wide), -LMQ_EMALFORMED);
	ck_assert(narrow == 42 && wide == 42 && truth);
	ck_assert_int_eq(lmi_command_ext_i64(&c, LMI_EXT_C, &wide), 0);
	ck_assert_int_eq(wide, 3000000000);
	ck_assert_int_eq(lmi_command_ext_i32(&c, LMI_EXT_F, &narrow), 0);
	ck_assert_int_eq(narrow, -9);
	ck_assert_int_eq(lmi_command_ext_bool(&c, LMI_EXT_E, &truth), 0);
	ck_assert(!truth);
	ck_assert_int_eq(lmi_command_ext_bool(&c, LMI_EXT_D, &truth), 0);
	ck_assert(truth);
}
END_TEST

START_TEST(broken_json_headers_are_refused)
{
	static const char *const bad[] = {
		"", "null", "1", "[]", "{", "}", "{\"code\"}", "{\"code\":}", "{\"code\":1", "{\"code\":1}x", "{\"code\":1,}",
		"{\"code\":\"x\"}", "{\"code\":99999999999}", "{\"code\":1.5}", "{\"code\":[1]}", "{\"extFields\":[]}",
		"{\"extFields\":{\"a\":\"x}}", "{\"extFields\":{\"a\":\"x\",}}", "{\"extFields\":{\"a\":\"x\"\"b\":\"y\"}}",
		"{\"extFields\":{,\"a\":\"x\"}}", "{\"extFields\":{\"a\":\"\\q\"}}", "{\"extFields\":{\"a\":\"\\u12\"}}",
		"{\"extFields\":{\"a\":\"\\u12G4\"}}", "{\"extFields\":{\"\\x\":\"a\"}}", "{\"remark\":\"a\\\"}",
		"{\"language\":{}}", "{'code':1}", "{code:1}", "{\"code\":01}",
		"{\"z\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
	};
	struct lmi_command c = { .code = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(decode(bad[i], &c) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_int_eq(c.code, 77);
}
END_TEST

START_TEST(frames_whose_lengths_contradict_are_refused)
{
	struct lmi_span f = wire_hex(ANSWER_BINARY);
	uint8_t *p = (uint8_t *)(uintptr_t)f.p;
	struct lmi_command c = { .code = 77 };
	static const struct {
		size_t at;
		uint8_t value;
	} faults[] = {
		{ 3, 0x22 }, /* length below what is there */
		{ 3, 0x24 }, { 4, 2 }, /* an unknown header type */
		{ 4, 0xFF }, { 7, 0x20 }, /* a header longer than its frame */
		{ 7, 0x14 }, /* a header shorter than its fixed part */
		{ 7, 0x1E }, /* the last value is cut */
		{ 21, 0x80 }, /* the remark's length is negative */
		{ 24, 3 }, /* … is one too long */
		{ 24, 0x13 }, { 30, 7 }, /* extFields too short */
		{ 30, 9 }, { 32, 2 }, /* a key too long */
		{ 31, 0x80 }, { 37, 2 }, /* a value too long */
		{ 34, 0x80 },
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		uint8_t good = p[faults[i].at];

		p[faults[i].at] = faults[i].value;
		ck_assert_msg(lmi_command_decode(f, &arena, &c) == -LMQ_EMALFORMED, "fault %zu", i);
		p[faults[i].at] = good;
	}
	for (size_t n = 0; n < f.n; n++)
		ck_assert_int_eq(lmi_command_decode(lmi_span(f.p, n), &arena, &c), -LMQ_EMALFORMED);
	ck_assert_int_eq(c.code, 77);
	ck_assert_int_eq(lmi_command_decode(f, &arena, &c), 0);
	wire_free(f);
}
END_TEST

START_TEST(binary_entries_without_key_or_value_are_absent)
{
	/* entries: "" -> "x", "a" -> "", "b" -> "y"; a remark of no bytes; a negative code */
	struct lmi_span f = wire_hex("0000002f0100002bffff6300010000000900000002000000000000001600000000000178000161000000000001"
				     "620000000179");
	struct lmi_command c;

	ck_assert_int_eq(lmi_command_decode(f, &arena, &c), 0);
	ck_assert_int_eq(c.code, -1);
	ck_assert_uint_eq(c.language, LMI_LANGUAGE_OTHER);
	ck_assert_ptr_null(c.remark.p);
	ck_assert_uint_eq(c.ext_count, 1);
	ck_assert_ptr_null(lmi_command_ext(&c, LMI_EXT_A).p);
	ck_assert_span_eq(lmi_command_ext(&c, LMI_EXT_B), "y");
	wire_free(f);
}
END_TEST

/* A JSON header with so many extFields. */
static struct lmi_span many_exts(unsigned int n)
{
	struct lmi_buf b = { 0 };
	struct lmi_span f;

	lmi_buf_put_str(&b, "{\"extFields\":{");
	for (unsigned int i = 0; i < n; i++)
		lmi_buf_printf(&b, "%s\"k%u\":\"v%u\"", i ? "," : "", i, i);
	lmi_buf_put_str(&b, "}}");
	lmi_buf_put8(&b, 0);
	f = frame_of((const char *)lmi_buf_data(&b), "");
	lmi_buf_done(&b);
	return f;
}

START_TEST(more_extfields_than_the_limit_are_too_big)
{
	struct lmi_span f = many_exts(LMI_COMMAND_EXT_MAX);
	struct lmi_command c;

	ck_assert_int_eq(lmi_command_decode(f, &arena, &c), 0);
	ck_assert_uint_eq(c.ext_count, LMI_COMMAND_EXT_MAX);
	ck_assert_span_eq(c.ext[255].value, "v255");
	wire_free(f);
	f = many_exts(LMI_COMMAND_EXT_MAX + 1);
	ck_assert_int_eq(lmi_command_decode(f, &arena, &c), -LMQ_ETOOBIG);
	wire_free(f);
}
END_TEST

START_TEST(a_header_above_its_limit_is_too_big)
{
	size_t n = LMI_COMMAND_HEADER_MAX + 1;
	char *json = malloc(n + 1);
	struct lmi_command c;
	struct lmi_span f;

	ck_assert_ptr_nonnull(json);
	memset(json, ' ', n);
	json[0] = '{';
	json[n - 1] = '}';
	json[n] = '\0';
	f = frame_of(json, "");
	ck_assert_int_eq(lmi_command_decode(f, &arena, &c), -LMQ_ETOOBIG);
	wire_free(f);
	f = frame_of(json + 1, "");
	ck_assert_int_eq(lmi_command_decode(f, &arena, &c), -LMQ_EMALFORMED);
	wire_free(f);
	free(json);
}
END_TEST

START_TEST(an_exhausted_arena_is_no_memory)
{
	struct lmi_span f = frame_of(PULL_JSON, "");
	struct lmi_arena small;
	struct lmi_command c = { .code = 77 };

	lmi_arena_init(&small, 16);
	ck_assert_int_eq(lmi_command_decode(f, &small, &c), -ENOMEM);
	ck_assert_int_eq(c.code, 77);
	lmi_arena_done(&small);
	wire_free(f);
}
END_TEST

LMT_MAIN("command", the_golden_pull_request_is_read, the_golden_binary_answer_is_read, what_other_clients_write_is_read,
	 escapes_of_properties_and_beyond_ascii_are_resolved, missing_members_have_defaults_and_null_is_missing,
	 the_last_of_two_equal_names_wins, typed_reads_tell_absent_from_malformed, broken_json_headers_are_refused,
	 frames_whose_lengths_contradict_are_refused, binary_entries_without_key_or_value_are_absent,
	 more_extfields_than_the_limit_are_too_big, a_header_above_its_limit_is_too_big, an_exhausted_arena_is_no_memory)
