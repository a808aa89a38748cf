/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: registrations are read in their plain, compressed and oldest form and written as the 5.3.3 jars write them; hostile
 * sizes meet their limits.
 * Shown: on golden bodies, by reading back what was written, and on streams that are cut, damaged or swell.
 */
#include <stdio.h>
#include <zlib.h>

#include "wire/codes.h"
#include "wire/register.h"

#include "wire_lmt.h"

#define TOPIC                                                                                                        \
	"{\"attributes\":{},\"order\":false,\"perm\":6,\"readQueueNums\":4,\"topicFilterType\":\"SINGLE_TAG\",\"topicName\":" \
	"\"T\",\"topicSysFlag\":0,\"writeQueueNums\":4}"
#define WRAPPER                                                                                                        \
	"{\"dataVersion\":{\"counter\":2,\"stateVersion\":0,\"timestamp\":1},\"mappingDataVersion\":{\"counter\":0,"      \
	"\"stateVersion\":0,\"timestamp\":0},\"topicConfigTable\":{\"T\":" TOPIC "},\"topicQueueMappingDetailMap\":{},"    \
	"\"topicQueueMappingInfoMap\":{}}"
#define BODY "{\"filterServerList\":[],\"topicConfigSerializeWrapper\":" WRAPPER "}"
#define COMPRESSED                                                                                                        \
	"78da636060d0a9564ace2fcd2b492d52b232d2512a2e492c490d4b2d2acecccf53b232d0512ac9cc4d050ae616285919d63230303002b168888" \
	"209109a29047bfab9fbb8c68738ba2b54832499a263812403002d6915bc"

static struct lmi_arena arena;

static void check(const struct lmi_register *r)
{
	ck_assert(r->version.counter == 2 && r->version.timestamp_ms == 1 && r->version.state_version == 0);
	ck_assert_uint_eq(r->topic_count, 1);
	ck_assert_span_eq(r->topics[0].name, "T");
	ck_assert(r->topics[0].read_queues == 4 && r->topics[0].write_queues == 4 && r->topics[0].perm == 6);
	ck_assert_uint_eq(r->filter_server_count, 0);
}

START_TEST(the_plain_body_of_java_is_read_and_written)
{
	struct lmi_register r;
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(lmi_register_decode(LMI_SPAN_LIT(BODY), false, LMI_VERSION_OURS, &arena, &r), 0);
	check(&r);
	lmi_register_put(&b, &r);
	ck_assert_span_eq(lmi_buf_span(&b), BODY);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(the_compressed_body_of_java_is_read)
{
	struct lmi_span s = wire_hex(COMPRESSED);
	struct lmi_register r;

	ck_assert_int_eq(lmi_register_decode(s, true, LMI_VERSION_OURS, &arena, &r), 0);
	check(&r);
	ck_assert_int_eq(lmi_register_decode(s, true, LMI_VERSION_4_9_4, &arena, &r), 0);
	check(&r);
	wire_free(s);
}
END_TEST

START_TEST(the_compressed_body_is_written_as_by_java)
{
	struct lmi_span s = wire_hex(COMPRESSED);
	struct lmi_register r;
	struct lmi_buf b = { 0 };
	uint8_t ours[512], theirs[512];
	uLongf our_bytes = sizeof(ours), their_bytes = sizeof(theirs);

	ck_assert_int_eq(lmi_register_decode(s, true, LMI_VERSION_OURS, &arena, &r), 0);
	ck_assert_int_eq(lmi_register_put_compressed(&b, &r), 0);
	ck_assert_int_eq(uncompress(ours, &our_bytes, lmi_buf_data(&b), lmi_buf_len(&b)), Z_OK);
	ck_assert_int_eq(uncompress(theirs, &their_bytes, s.p, s.n), Z_OK);
	ck_assert_uint_eq(our_bytes, their_bytes);
	ck_assert_mem_eq(ours, theirs, our_bytes);
	lmi_buf_done(&b);
	wire_free(s);
}
END_TEST

START_TEST(brokers_before_3_0_11_send_the_bare_wrapper)
{
	struct lmi_register r;

	ck_assert_int_eq(lmi_register_decode(LMI_SPAN_LIT(WRAPPER), false, LMI_VERSION_3_0_11 - 1, &arena, &r), 0);
	check(&r);
	ck_assert_int_eq(lmi_register_decode(LMI_SPAN_LIT(WRAPPER), true, LMI_VERSION_3_0_11 - 1, &arena, &r), 0);
	check(&r);
	/* To a later one the members are unknown. */
	ck_assert_int_eq(lmi_register_decode(LMI_SPAN_LIT(WRAPPER), false, LMI_VERSION_3_0_11, &arena, &r), 0);
	ck_assert_uint_eq(r.topic_count, 0);
}
END_TEST

START_TEST(an_empty_body_has_no_topics)
{
	struct lmi_register r;

	ck_assert_int_eq(lmi_register_decode(LMI_SPAN_NULL, true, LMI_VERSION_OURS, &arena, &r), 0);
	ck_assert(r.topic_count == 0 && r.version.counter == 0);
}
END_TEST

START_TEST(many_topics_are_read_back_in_both_forms)
{
	enum { TOPICS = 1000 };
	static struct lmi_topic_config topics[TOPICS];
	static char names[TOPICS][16];
	struct lmi_span servers[] = { LMI_SPAN_LIT("10.0.0.1:1"), LMI_SPAN_LIT("10.0.0.2:2") };
	struct lmi_register in = { { 1, 2, 3 }, topics, TOPICS, servers, 2 }, out;

	for (int i = 0; i < TOPICS; i++) {
		lmi_topic_config_init(&topics[i], lmi_span(names[i], (size_t)snprintf(names[i], sizeof(names[i]), "topic-%d", i)));
		topics[i].read_queues = i;
		topics[i].attributes = i % 2 ? LMI_SPAN_LIT("{\"message.type\":\"FIFO\"}") : LMI_SPAN_NULL;
	}
	for (int compressed = 0; compressed < 2; compressed++) {
		struct lmi_buf b = { 0 };

		if (compressed)
			ck_assert_int_eq(lmi_register_put_compressed(&b, &in), 0);
		else
			lmi_register_put(&b, &in);
		ck_assert_int_eq(lmi_register_decode(lmi_buf_span(&b), compressed, LMI_VERSION_OURS, &arena, &out), 0);
		ck_assert(lmi_data_version_eq(&in.version, &out.version));
		ck_assert_uint_eq(out.topic_count, TOPICS);
		for (int i = 0; i < TOPICS; i++) {
			ck_assert_span_eq(out.topics[i].name, names[i]);
			ck_assert_int_eq(out.topics[i].read_queues, i);
			ck_assert_span_eq(out.topics[i].attributes, i % 2 ? "{\"message.type\":\"FIFO\"}" : "{}");
		}
		ck_assert_uint_eq(out.filter_server_count, 2);
		ck_assert_span_eq(out.filter_servers[1], "10.0.0.2:2");
		lmi_buf_done(&b);
	}
}
END_TEST

/* Compress bytes as a body. */
static struct lmi_span deflated(const void *p, size_t n)
{
	uLongf bytes = compressBound(n);
	uint8_t *to = malloc(bytes);

	ck_assert_ptr_nonnull(to);
	ck_assert_int_eq(compress2(to, &bytes, p, n, 9), Z_OK);
	return lmi_span(to, bytes);
}

static int decode_inflated(const char *hex)
{
	struct lmi_span plain = wire_hex(hex), body = deflated(plain.p, plain.n);
	struct lmi_register r;
	int err = lmi_register_decode(body, true, LMI_VERSION_OURS, &arena, &r);

	wire_free(plain);
	wire_free(body);
	return err;
}

START_TEST(inflated_sections_whose_sizes_contradict_are_refused)
{
	ck_assert_int_eq(decode_inflated("000000027b7d" "00000000" "000000025b5d" "00000000"), 0);
	ck_assert_int_eq(decode_inflated("000000027b7d" "00000000" "000000025b5d"), 0); /* before 5.0.0 */
	ck_assert_int_eq(decode_inflated("000000027b7d" "00000000" "00000000"), 0);
	ck_assert_int_eq(decode_inflated(""), -LMQ_EMALFORMED);
	ck_assert_int_eq(decode_inflated("00000003" "7b7d"), -LMQ_EMALFORMED);
	ck_assert_int_eq(decode_inflated("80000002" "7b7d"), -LMQ_EMALFORMED);
	ck_assert_int_eq(decode_inflated("000000025b5d"), -LMQ_EMALFORMED);
	ck_assert_int_eq(decode_inflated("000000027b7d"), -LMQ_EMALFORMED);
	ck_assert_int_eq(decode_inflated("000000027b7d" "ffffffff"), -LMQ_EMALFORMED);
	ck_assert_int_eq(decode_inflated("000000027b7d" "7fffffff"), -LMQ_EMALFORMED);
	ck_assert_int_eq(decode_inflated("000000027b7d" "00000001" "0000000154" "000000025b5d"), -LMQ_EMALFORMED);
	ck_assert_int_eq(decode_inflated("000000027b7d" "00000000" "000000027b7d"), -LMQ_EMALFORMED);
}
END_TEST

START_TEST(streams_that_are_cut_or_damaged_are_refused)
{
	struct lmi_span s = wire_hex(COMPRESSED);
	uint8_t *p = (uint8_t *)(uintptr_t)s.p;
	struct lmi_register r = { .topic_count = 77 };

	for (size_t n = 1; n < s.n; n++)
		ck_assert_int_eq(lmi_register_decode(lmi_span(s.p, n), true, LMI_VERSION_OURS, &arena, &r), -LMQ_EMALFORMED);
	p[s.n - 1] ^= 1; /* the checksum */
	ck_assert_int_eq(lmi_register_decode(s, true, LMI_VERSION_OURS, &arena, &r), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_register_decode(LMI_SPAN_LIT("{}"), true, LMI_VERSION_OURS, &arena, &r), -LMQ_EMALFORMED);
	ck_assert_uint_eq(r.topic_count, 77);
	wire_free(s);
}
END_TEST

START_TEST(a_stream_that_swells_above_the_limit_is_too_big)
{
	size_t n = LMI_REGISTER_INFLATE_MAX + 1;
	uint8_t *zeros = calloc(1, n);
	struct lmi_span bomb;
	struct lmi_register r;

	ck_assert_ptr_nonnull(zeros);
	bomb = deflated(zeros, n);
	ck_assert_uint_lt(bomb.n, 100000);
	ck_assert_int_eq(lmi_register_decode(bomb, true, LMI_VERSION_OURS, &arena, &r), -LMQ_ETOOBIG);
	free(zeros);
	wire_free(bomb);
}
END_TEST

START_TEST(more_filter_servers_than_the_limit_are_too_big)
{
	struct lmi_buf b = { 0 };
	struct lmi_register r;

	lmi_buf_put_str(&b, "{\"filterServerList\":[\"0\"");
	for (unsigned int i = 0; i < LMI_REGISTER_FILTER_SERVERS_MAX; i++)
		lmi_buf_put_str(&b, ",\"1\"");
	lmi_buf_put_str(&b, "]}");
	ck_assert_int_eq(lmi_register_decode(lmi_buf_span(&b), false, LMI_VERSION_OURS, &arena, &r), -LMQ_ETOOBIG);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(more_topics_than_the_limit_are_too_big)
{
	struct lmi_buf b = { 0 };
	struct lmi_register r;
	struct lmi_span body;

	lmi_buf_put32(&b, 2);
	lmi_buf_put_str(&b, "{}");
	lmi_buf_put32(&b, LMI_REGISTER_TOPICS_MAX + 1);
	for (unsigned int i = 0; i <= LMI_REGISTER_TOPICS_MAX; i++) {
		lmi_buf_put32(&b, 18);
		lmi_buf_put_str(&b, "T 1 1 6 SINGLE_TAG");
	}
	lmi_buf_put32(&b, 0);
	body = deflated(lmi_buf_data(&b), lmi_buf_len(&b));
	ck_assert_int_eq(lmi_register_decode(body, true, LMI_VERSION_OURS, &arena, &r), -LMQ_ETOOBIG);
	wire_free(body);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(broken_json_is_refused)
{
	static const char *const bad[] = { "[]", "{\"topicConfigSerializeWrapper\":[]}", "{\"filterServerList\":{}}",
					   "{\"topicConfigSerializeWrapper\":{\"topicConfigTable\":[]}}",
					   "{\"topicConfigSerializeWrapper\":{\"topicConfigTable\":{\"T\":{\"perm\":\"x\"}}}}", "{}x" };
	struct lmi_arena small;
	struct lmi_register r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_int_eq(lmi_register_decode(lmi_span_str(bad[i]), false, LMI_VERSION_OURS, &arena, &r), -LMQ_EMALFORMED);
	lmi_arena_init(&small, 64);
	ck_assert_int_eq(lmi_register_decode(LMI_SPAN_LIT(BODY), false, LMI_VERSION_OURS, &small, &r), -ENOMEM);
	lmi_arena_done(&small);
}
END_TEST

LMT_MAIN("register", the_plain_body_of_java_is_read_and_written, the_compressed_body_of_java_is_read,
	 the_compressed_body_is_written_as_by_java, brokers_before_3_0_11_send_the_bare_wrapper, an_empty_body_has_no_topics,
	 many_topics_are_read_back_in_both_forms, inflated_sections_whose_sizes_contradict_are_refused,
	 streams_that_are_cut_or_damaged_are_refused, a_stream_that_swells_above_the_limit_is_too_big,
	 more_filter_servers_than_the_limit_are_too_big, more_topics_than_the_limit_are_too_big, broken_json_is_refused)
