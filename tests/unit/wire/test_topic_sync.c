/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: digests, ranges and topics are read as they were written; digests are the same in every process; broken bodies are refused.
 * Shown: encoded and decoded again, cut at every byte; digests against numbers written down here.
 */
#include "base/error.h"
#include "tests/support/lmt.h"
#include "wire/topic_sync.h"

static struct lmi_topic_config topic(const char *name)
{
	struct lmi_topic_config c;

	lmi_topic_config_init(&c, lmi_span_str(name));
	return c;
}

START_TEST(digests_are_the_same_everywhere_and_differ_with_each_part)
{
	struct lmi_topic_config a = topic("TopicTest"), b = a;

	ck_assert_uint_eq(lmi_topic_name_digest(a.name), 12467208806680021980u);
	ck_assert_uint_eq(lmi_topic_digest(&a), 15497438531857777327u);
	b.read_queues++;
	ck_assert_uint_ne(lmi_topic_digest(&a), lmi_topic_digest(&b));
	b = a;
	b.write_queues++;
	ck_assert_uint_ne(lmi_topic_digest(&a), lmi_topic_digest(&b));
	b = a;
	b.perm = 4;
	ck_assert_uint_ne(lmi_topic_digest(&a), lmi_topic_digest(&b));
	b = a;
	b.sysflag = 1;
	ck_assert_uint_ne(lmi_topic_digest(&a), lmi_topic_digest(&b));
	b = topic("TopicTess");
	ck_assert_uint_ne(lmi_topic_digest(&a), lmi_topic_digest(&b));
}
END_TEST

START_TEST(ranges_are_a_power_of_two_with_some_64_topics_each)
{
	ck_assert_uint_eq(lmi_sync_range_bits(0), 0);
	ck_assert_uint_eq(lmi_sync_range_bits(64), 0);
	ck_assert_uint_eq(lmi_sync_range_bits(65), 1);
	ck_assert_uint_eq(lmi_sync_range_bits(1000000), 14);
	ck_assert_uint_eq(lmi_sync_range_bits(SIZE_MAX / 2), LMI_SYNC_RANGE_BITS_MAX);
	ck_assert_uint_eq(lmi_sync_range(UINT64_MAX, 0), 0);
	ck_assert_uint_eq(lmi_sync_range(UINT64_MAX, 3), 7);
	ck_assert_uint_eq(lmi_sync_bitmap_bytes(0), 1);
	ck_assert_uint_eq(lmi_sync_bitmap_bytes(3), 1);
	ck_assert_uint_eq(lmi_sync_bitmap_bytes(14), 2048);
}
END_TEST

START_TEST(a_digest_is_read_as_written_and_refused_when_cut_or_of_a_later_protocol)
{
	struct lmi_sync_digest d = { { 1, -2, 3 }, 4, 0xFFEEDDCCBBAA9988u }, got;
	struct lmi_buf b = { 0 };

	lmi_sync_digest_put(&b, &d);
	ck_assert_uint_le(lmi_buf_len(&b), 40);
	ck_assert_int_eq(lmi_sync_digest_decode(lmi_buf_span(&b), &got), 0);
	ck_assert(lmi_data_version_eq(&d.version, &got.version));
	ck_assert(got.topics == 4 && got.digest == d.digest);
	for (size_t n = 0; n < lmi_buf_len(&b); n++)
		ck_assert_int_eq(lmi_sync_digest_decode(lmi_span(lmi_buf_data(&b), n), &got), -LMQ_EMALFORMED);
	lmi_buf_data(&b)[0]++;
	ck_assert_int_eq(lmi_sync_digest_decode(lmi_buf_span(&b), &got), -LMQ_EUNSUPPORTED);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(range_digests_are_read_as_written)
{
	uint64_t digests[4] = { 1, 2, 3, UINT64_MAX };
	struct lmi_buf b = { 0 };
	const uint8_t *got;
	unsigned int bits;

	lmi_sync_ranges_put(&b, 2, digests);
	ck_assert_int_eq(lmi_sync_ranges_decode(lmi_buf_span(&b), &bits, &got), 0);
	ck_assert_uint_eq(bits, 2);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(lmi_get64(got + 8 * i), digests[i]);
	for (size_t n = 0; n < lmi_buf_len(&b); n++)
		ck_assert_int_eq(lmi_sync_ranges_decode(lmi_span(lmi_buf_data(&b), n), &bits, &got), -LMQ_EMALFORMED);
	lmi_buf_data(&b)[1] = LMI_SYNC_RANGE_BITS_MAX + 1;
	ck_assert_int_eq(lmi_sync_ranges_decode(lmi_buf_span(&b), &bits, &got), -LMQ_EMALFORMED);
	lmi_buf_data(&b)[0] = 2;
	ck_assert_int_eq(lmi_sync_ranges_decode(lmi_buf_span(&b), &bits, &got), -LMQ_EUNSUPPORTED);
	lmi_buf_done(&b);
}
END_TEST

static void put_topics(struct lmi_buf *b, uint8_t flags)
{
	struct lmi_sync_topics s = { .flags = flags, .version = { 1, 2, 3 }, .base = 4, .digest = 5, .puts = 1, .dels = 2 };
	struct lmi_topic_config c = topic("put");

	c.read_queues = 7;
	c.write_queues = 70000;
	c.perm = 4;
	c.sysflag = -1;
	if (flags & LMI_SYNC_BEGIN) {
		s.bits = 4;
		s.bitmap = (const uint8_t *)"\x80\x01";
	}
	lmi_sync_topics_begin(b, &s);
	lmi_sync_put_topic(b, &c);
	lmi_sync_put_name(b, LMI_SPAN_LIT("del"));
	lmi_sync_put_name(b, LMI_SPAN_LIT("delete"));
}

START_TEST(topics_are_read_as_written_and_refused_when_cut)
{
	static const uint8_t flags[] = { LMI_SYNC_BEGIN, 0, LMI_SYNC_END, LMI_SYNC_BEGIN | LMI_SYNC_END, LMI_SYNC_DELTA };

	for (size_t i = 0; i < sizeof(flags); i++) {
		struct lmi_buf b = { 0 };
		struct lmi_sync_topics s;
		struct lmi_topic_config c;
		struct lmi_span name;

		put_topics(&b, flags[i]);
		ck_assert_int_eq(lmi_sync_topics_decode(lmi_buf_span(&b), &s), 0);
		ck_assert(s.flags == flags[i] && s.base == 4 && s.digest == 5 && s.puts == 1 && s.dels == 2);
		ck_assert_int_eq(s.bitmap != NULL, (flags[i] & LMI_SYNC_BEGIN) != 0);
		if (s.bitmap)
			ck_assert(lmi_sync_bitmap_has(s.bitmap, 7) && lmi_sync_bitmap_has(s.bitmap, 8) && !lmi_sync_bitmap_has(s.bitmap, 9));
		ck_assert_int_eq(lmi_sync_next_put(&s.rest, &c), 0);
		ck_assert(lmi_span_is(c.name, "put") && c.read_queues == 7 && c.write_queues == 70000 && c.perm == 4 && c.sysflag == -1);
		ck_assert_int_eq(lmi_sync_next_del(&s.rest, &name), 0);
		ck_assert_int_eq(lmi_sync_next_del(&s.rest, &name), 0);
		ck_assert(lmi_span_is(name, "delete") && s.rest.n == 0);
		for (size_t n = 0; n < lmi_buf_len(&b); n++)
			ck_assert_int_eq(lmi_sync_topics_decode(lmi_span(lmi_buf_data(&b), n), &s), -LMQ_EMALFORMED);
		lmi_buf_put8(&b, 0);
		ck_assert_int_eq(lmi_sync_topics_decode(lmi_buf_span(&b), &s), -LMQ_EMALFORMED);
		lmi_buf_done(&b);
	}
}
END_TEST

START_TEST(wrong_flags_and_too_many_topics_are_refused)
{
	struct lmi_sync_topics s;
	struct lmi_buf b = { 0 };

	put_topics(&b, 0);
	lmi_buf_data(&b)[1] = 8;
	ck_assert_int_eq(lmi_sync_topics_decode(lmi_buf_span(&b), &s), -LMQ_EMALFORMED);
	lmi_buf_data(&b)[1] = LMI_SYNC_DELTA | LMI_SYNC_END;
	ck_assert_int_eq(lmi_sync_topics_decode(lmi_buf_span(&b), &s), -LMQ_EMALFORMED);
	lmi_buf_data(&b)[1] = 0;
	lmi_put32(lmi_buf_data(&b) + 42, LMI_SYNC_TOPICS_MAX + 1);
	ck_assert_int_eq(lmi_sync_topics_decode(lmi_buf_span(&b), &s), -LMQ_ETOOBIG);
	lmi_buf_data(&b)[0] = 9;
	ck_assert_int_eq(lmi_sync_topics_decode(lmi_buf_span(&b), &s), -LMQ_EUNSUPPORTED);
	lmi_buf_done(&b);
}
END_TEST

LMT_MAIN("topic_sync", digests_are_the_same_everywhere_and_differ_with_each_part, ranges_are_a_power_of_two_with_some_64_topics_each,
	 a_digest_is_read_as_written_and_refused_when_cut_or_of_a_later_protocol, range_digests_are_read_as_written,
	 topics_are_read_as_written_and_refused_when_cut, wrong_flags_and_too_many_topics_are_refused)
