/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: records are read and written byte for byte as RocketMQ does, in both versions and with both kinds of hosts, and
 * every record whose lengths contradict each other is refused.
 * Shown: on the golden record of the 5.3.3 jars, on those that tests/conformance/golden/record got from a 5.5.0 broker, by
 * reading back what was written, and by damaging and cutting it.
 */
#include <glob.h>
#include <stdio.h>

#include "wire/record.h"

#include "wire_lmt.h"

#define GOLDEN                                                                                                            \
	"00000062daa320a700000000000000010000000000000000000000030000000000000064000000000000000000000001010203040000000500" \
	"000000000000020a00000100002a9f0000000000000000000000000000000268690154000461016202"
#define CRC_OF_HI 1486039724u

START_TEST(the_golden_record_is_read)
{
	struct lmi_span g = wire_hex(GOLDEN);
	struct lmi_record r;

	ck_assert_int_eq(lmi_record_decode(g, &r), 0);
	ck_assert_uint_eq(r.total, 98);
	ck_assert_uint_eq(r.magic, LMI_RECORD_MAGIC_V1);
	ck_assert_int_eq(r.queue_id, 1);
	ck_assert_int_eq(r.queue_pos, 3);
	ck_assert_int_eq(r.log_pos, 100);
	ck_assert_int_eq(r.flag, 0);
	ck_assert_int_eq(r.sysflag, 0);
	ck_assert_int_eq(r.born_ms, 1);
	ck_assert_int_eq(r.store_ms, 2);
	ck_assert_mem_eq(r.born.addr, "\x01\x02\x03\x04", 4);
	ck_assert_uint_eq(r.born.port, 5);
	ck_assert_mem_eq(r.store.addr, "\x0A\x00\x00\x01", 4);
	ck_assert_uint_eq(r.store.port, 10911);
	ck_assert_span_eq(r.body, "hi");
	ck_assert_span_eq(r.topic, "T");
	ck_assert_span_eq(r.props, "a\x01" "b\x02");
	ck_assert(!lmi_record_check_crc(&r)); /* the encoder of the golden bytes left it 0 */
	r.body_crc = CRC_OF_HI;
	ck_assert(lmi_record_check_crc(&r));
	wire_free(g);
}
END_TEST

START_TEST(the_golden_record_is_written)
{
	struct lmi_span g = wire_hex(GOLDEN);
	struct lmi_record r;
	uint8_t out[98];

	ck_assert_int_eq(lmi_record_decode(g, &r), 0);
	ck_assert_uint_eq(lmi_record_bytes(&r), 98);
	ck_assert_uint_eq(lmi_record_encode(&r, out), 98);
	ck_assert_uint_eq(lmi_get32(out + 8), CRC_OF_HI);
	lmi_put32(out + 8, 0);
	ck_assert_mem_eq(out, g.p, 98);
	wire_free(g);
}
END_TEST

static void check_recorded(const char *path, int *versions)
{
	uint8_t bytes[4096], out[4096];
	FILE *f = fopen(path, "re");
	struct lmi_record r;
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	ck_assert_msg(lmi_record_decode(lmi_span(bytes, n), &r) == 0, "%s is not read", path);
	ck_assert_uint_eq(r.total, n);
	ck_assert_msg(lmi_record_check_crc(&r), "%s: the sum differs", path);
	ck_assert_uint_eq(lmi_record_bytes(&r), n);
	ck_assert_uint_eq(lmi_record_encode(&r, out), n);
	ck_assert_msg(memcmp(out, bytes, n) == 0, "%s is written differently", path);
	*versions |= (r.magic == LMI_RECORD_MAGIC_V1 ? 1 : 2) << (r.store.v6 ? 2 : 0);
}

START_TEST(what_a_java_broker_stored_is_written_byte_for_byte)
{
	const char *top = getenv("top_srcdir");
	char pattern[4096];
	int versions = 0;
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/tests/fuzz/corpus/record/g-*", top ? top : ".");
	ck_assert_msg(glob(pattern, 0, NULL, &files) == 0, "%s: nothing there", pattern);
	for (size_t i = 0; i < files.gl_pathc; i++)
		check_recorded(files.gl_pathv[i], &versions);
	ck_assert_int_eq(versions, 15); /* both versions with both kinds of hosts */
	globfree(&files);
}
END_TEST

static struct lmi_record sample(size_t topic_bytes, bool born_v6, bool store_v6)
{
	static const char topic[] = "topic-of-many-letters-topic-of-many-letters-topic-of-many-letters-topic-of-many-letters-"
				    "topic-of-many-letters-topic-of-many-letters-topic-of-many-letters";
	struct lmi_record r = {
		.queue_id = 7,
		.flag = -3,
		.queue_pos = INT64_MAX,
		.log_pos = 1234567890123,
		.sysflag = LMI_SYSFLAG_PREPARED | LMI_SYSFLAG_BORNHOST_V6, /* the host bits are computed anew */
		.born_ms = 1700000000000,
		.born = { .addr = { 1, 2, 3, 4 }, .v6 = born_v6, .port = 65535 },
		.store_ms = 1700000000001,
		.store = { .addr = { 9, 8, 7, 6 }, .v6 = store_v6, .port = 1 },
		.reconsume_times = 16,
		.prepared_pos = -1,
		.body = LMI_SPAN_LIT("the body"),
		.topic = lmi_span(topic, topic_bytes),
		.props = LMI_SPAN_LIT("TAGS\x01TagA\x02"),
	};

	ck_assert_uint_lt(topic_bytes, sizeof(topic));
	return r;
}

static void check_round_trip(const struct lmi_record *r)
{
	size_t n = lmi_record_bytes(r);
	uint8_t *bytes = malloc(n);
	struct lmi_record back;

	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(lmi_record_encode(r, bytes), n);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, i), &back), -EAGAIN);
	ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, n), &back), 0);
	ck_assert_uint_eq(back.total, n);
	ck_assert_uint_eq(back.magic, r->topic.n > 127 ? LMI_RECORD_MAGIC_V2 : LMI_RECORD_MAGIC_V1);
	ck_assert(lmi_record_check_crc(&back));
	ck_assert_int_eq(back.queue_id, r->queue_id);
	ck_assert_int_eq(back.flag, r->flag);
	ck_assert_int_eq(back.queue_pos, r->queue_pos);
	ck_assert_int_eq(back.log_pos, r->log_pos);
	ck_assert_int_eq(back.born_ms, r->born_ms);
	ck_assert_int_eq(back.store_ms, r->store_ms);
	ck_assert_int_eq(back.reconsume_times, r->reconsume_times);
	ck_assert_int_eq(back.prepared_pos, r->prepared_pos);
	ck_assert_int_eq(back.sysflag, LMI_SYSFLAG_PREPARED | (r->born.v6 ? LMI_SYSFLAG_BORNHOST_V6 : 0) |
					       (r->store.v6 ? LMI_SYSFLAG_STOREHOST_V6 : 0));
	ck_assert(back.born.v6 == r->born.v6 && back.born.port == r->born.port);
	ck_assert(back.store.v6 == r->store.v6 && back.store.port == r->store.port);
	ck_assert_mem_eq(back.born.addr, r->born.addr, 16);
	ck_assert_mem_eq(back.store.addr, r->store.addr, 16);
	ck_assert(lmi_span_eq(back.body, r->body) && lmi_span_eq(back.topic, r->topic) && lmi_span_eq(back.props, r->props));
	/* The patch points. */
	lmi_put64(bytes + LMI_RECORD_AT_QUEUE_POS, 11);
	lmi_put64(bytes + LMI_RECORD_AT_LOG_POS, 12);
	ck_assert_uint_eq(lmi_get32(bytes + LMI_RECORD_AT_SYSFLAG), (uint32_t)back.sysflag);
	ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, n), &back), 0);
	ck_assert(back.queue_pos == 11 && back.log_pos == 12);
	free(bytes);
}

START_TEST(records_of_every_shape_are_read_back)
{
	static const size_t topics[] = { 0, 1, 127, 128, 150 };

	for (size_t t = 0; t < sizeof(topics) / sizeof(*topics); t++) {
		for (int hosts = 0; hosts < 4; hosts++) {
			struct lmi_record r = sample(topics[t], hosts & 1, hosts & 2);

			check_round_trip(&r);
			r.body = r.props = LMI_SPAN_NULL;
			check_round_trip(&r);
		}
	}
}
END_TEST

START_TEST(the_fixed_bytes_are_ninety_one)
{
	struct lmi_record r = sample(0, false, false);

	r.body = r.props = LMI_SPAN_NULL;
	ck_assert_uint_eq(lmi_record_bytes(&r), LMI_RECORD_FIXED_V4);
}
END_TEST

START_TEST(blank_records_are_told_apart)
{
	struct lmi_span blank = wire_hex("00001000cbd43194"), too_short = wire_hex("00000007cbd43194"), negative = wire_hex("80000000cbd43194");
	struct lmi_record r;

	ck_assert_int_eq(lmi_record_decode(blank, &r), 1);
	ck_assert_uint_eq(r.total, 4096);
	ck_assert_uint_eq(r.magic, LMI_RECORD_MAGIC_BLANK);
	ck_assert_int_eq(lmi_record_decode(lmi_span(blank.p, 7), &r), -EAGAIN);
	ck_assert_int_eq(lmi_record_decode(too_short, &r), -LMQ_ECORRUPT);
	ck_assert_int_eq(lmi_record_decode(negative, &r), -LMQ_ECORRUPT);
	wire_free(blank);
	wire_free(too_short);
	wire_free(negative);
}
END_TEST

START_TEST(contradicting_lengths_are_corrupt)
{
	static const struct {
		size_t at;
		uint8_t value;
	} faults[] = {
		{ 3, 0x61 },  /* total one short of the parts */
		{ 3, 0x5A },  /* total below the fixed bytes */
		{ 0, 0x80 },  /* total negative */
		{ 4, 0 },     /* magic of nothing */
		{ 7, 0xAB },  /* version 2 with the lengths of version 1 */
		{ 39, 0x10 }, /* an IPv6 host that is not there */
		{ 39, 0x20 },
		{ 87, 3 },    /* body one too long */
		{ 84, 0x80 }, /* body's length negative */
		{ 87, 1 },
		{ 90, 2 },    /* topic one too long */
		{ 90, 0xFF }, /* … negative */
		{ 93, 5 },    /* properties too long */
		{ 92, 0x80 }, /* … negative */
		{ 93, 3 },
	};
	struct lmi_span g = wire_hex(GOLDEN);
	uint8_t *p = (uint8_t *)(uintptr_t)g.p;
	struct lmi_record r = { .total = 77 };

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		uint8_t good = p[faults[i].at];

		p[faults[i].at] = faults[i].value;
		ck_assert_msg(lmi_record_decode(g, &r) == -LMQ_ECORRUPT, "fault %zu", i);
		p[faults[i].at] = good;
	}
	ck_assert_uint_eq(r.total, 77);
	wire_free(g);
}
END_TEST

LMT_MAIN("record", the_golden_record_is_read, the_golden_record_is_written, what_a_java_broker_stored_is_written_byte_for_byte,
	 records_of_every_shape_are_read_back,
	 the_fixed_bytes_are_ninety_one, blank_records_are_told_apart, contradicting_lengths_are_corrupt)
