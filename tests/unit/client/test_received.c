/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the records of an answer become messages with C strings, compressed bodies are unpacked within a limit, and bytes
 * that break their format neither crash nor leak.
 * Shown: on records made by our encoder and bodies packed by zlib, by cutting an answer at each byte, and by flipping each byte.
 */
#include "tests/support/lmt.h"

#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/rng.h"
#include "client/decompress.h"
#include "client/received.h"

#define UNPACK_MAX (1u << 20)
#define FLIPS 2000

static struct lmi_buf answer;

static void add(const char *topic, const char *props, const void *body, size_t n, int32_t sysflag, int64_t pos)
{
	struct lmi_record r = { .topic = lmi_span_str(topic), .props = lmi_span_str(props), .body = lmi_span(body, n),
				.sysflag = sysflag, .queue_pos = pos, .log_pos = pos * 100, .queue_id = 2, .born_ms = 11,
				.store_ms = 22, .reconsume_times = 1, .flag = 5 };
	uint8_t *at = lmi_buf_reserve(&answer, lmi_record_bytes(&r));

	lmi_buf_commit(&answer, lmi_record_encode(&r, at));
}

static struct received_batch *decode(size_t max)
{
	struct received_batch *b;

	ck_assert_int_eq(received_decode(lmi_buf_span(&answer), "broker-a", max, &b), 0);
	return b;
}

static void end(struct received_batch *b)
{
	for (size_t i = 0, n = b->count; i < n; i++)
		received_end(&b->messages[i]);
}

START_TEST(each_record_becomes_a_message)
{
	struct received_batch *b;
	const struct lmq_message *m;
	size_t n;

	add("T", "TAGS\1A\2UNIQ_KEY\1id1\2", "hello", 5, 0, 7);
	add("T", "", "world!", 6, 0, 8);
	add("U", "k\1v", "x", 1, 0, 9);
	b = decode(UNPACK_MAX);
	ck_assert_uint_eq(b->count, 3);
	m = &b->messages[0].message;
	ck_assert_str_eq(lmq_message_topic(m), "T");
	ck_assert_str_eq(lmq_message_body(m, &n), "hello");
	ck_assert_uint_eq(n, 5);
	ck_assert_str_eq(lmq_message_tag(m), "A");
	ck_assert_str_eq(lmq_message_id(m), "id1");
	ck_assert_str_eq(lmq_message_broker(m), "broker-a");
	ck_assert_int_eq(lmq_message_queue_id(m), 2);
	ck_assert_int_eq(lmq_message_queue_pos(m), 7);
	ck_assert_int_eq(lmq_message_born_ms(m), 11);
	ck_assert_int_eq(lmq_message_stored_ms(m), 22);
	ck_assert_int_eq(lmq_message_reconsume_times(m), 1);
	ck_assert_int_eq(lmq_message_flag(m), 5);
	ck_assert_str_eq(lmq_message_body(&b->messages[1].message, NULL), "world!");
	ck_assert_ptr_null(lmq_message_tag(&b->messages[1].message));
	ck_assert_str_eq(lmq_message_topic(&b->messages[2].message), "U");
	ck_assert_str_eq(lmq_message_property(&b->messages[2].message, "k"), "v");
	end(b);
	lmi_buf_done(&answer);
}
END_TEST

START_TEST(a_message_may_outlive_its_neighbours)
{
	struct received_batch *b;

	add("T", "", "one", 3, 0, 1);
	add("T", "", "two", 3, 0, 2);
	b = decode(UNPACK_MAX);
	received_end(&b->messages[0]);
	ck_assert_str_eq(lmq_message_body(&b->messages[1].message, NULL), "two");
	received_end(&b->messages[1]);
	lmi_buf_done(&answer);
}
END_TEST

START_TEST(a_retried_message_shows_its_first_topic)
{
	struct received_batch *b;

	add("%RETRY%g", "RETRY_TOPIC\1T\2", "x", 1, 0, 1);
	add("U", "RETRY_TOPIC\1T\2", "x", 1, 0, 2);
	b = decode(UNPACK_MAX);
	ck_assert_str_eq(lmq_message_topic(&b->messages[0].message), "T");
	ck_assert_str_eq(lmq_message_topic(&b->messages[1].message), "U");
	end(b);
	lmi_buf_done(&answer);
}
END_TEST

static size_t pack(const char *text, size_t n, uint8_t *out, size_t cap)
{
	uLongf packed = cap;

	ck_assert_int_eq(compress(out, &packed, (const Bytef *)text, n), Z_OK);
	return packed;
}

START_TEST(zlib_bodies_are_unpacked_for_old_and_new_flags)
{
	static char text[100000];
	static uint8_t packed[200000];
	struct received_batch *b;
	size_t n, got;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 26);
	n = pack(text, sizeof(text), packed, sizeof(packed));
	add("T", "TAGS\1A\2", packed, n, LMI_SYSFLAG_COMPRESSED, 1);
	add("T", "", packed, n, LMI_SYSFLAG_COMPRESSED | 0x300, 2);
	add("T", "", packed, n, 0, 3);
	b = decode(UNPACK_MAX);
	for (size_t i = 0; i < 2; i++) {
		ck_assert(!b->messages[i].broken);
		ck_assert_mem_eq(lmq_message_body(&b->messages[i].message, &got), text, sizeof(text));
		ck_assert_uint_eq(got, sizeof(text));
	}
	lmq_message_body(&b->messages[2].message, &got);
	ck_assert_uint_eq(got, n);
	end(b);
	lmi_buf_done(&answer);
}
END_TEST

START_TEST(a_body_that_cannot_be_unpacked_is_broken_but_there)
{
	static char zeros[500000];
	static uint8_t packed[10000];
	struct received_batch *b;
	size_t n = pack(zeros, sizeof(zeros), packed, sizeof(packed));

	add("T", "", packed, n, LMI_SYSFLAG_COMPRESSED, 1);          /* a bomb, for the limit below */
	add("T", "", packed, n - 1, LMI_SYSFLAG_COMPRESSED, 2);      /* cut */
	add("T", "", "garbage", 7, LMI_SYSFLAG_COMPRESSED, 3);
	add("T", "", packed, n, LMI_SYSFLAG_COMPRESSED | 0x500, 4);  /* a kind that nobody knows */
	b = decode(sizeof(zeros) - 1);
	for (size_t i = 0; i < 4; i++)
		ck_assert(b->messages[i].broken);
	end(b);
	lmi_buf_done(&answer);
}
END_TEST

static size_t pack_kind(int32_t kind, const char *text, size_t n, uint8_t *out, size_t cap)
{
	if (kind == 0x100)
		return LZ4F_compressFrame(out, cap, text, n, NULL);
	if (kind == 0x200)
		return ZSTD_compress(out, cap, text, n, 3);
	return pack(text, n, out, cap);
}

START_TEST(each_kind_is_unpacked_and_tells_its_errors_apart)
{
	static const int32_t kinds[] = { 0x000, 0x100, 0x200, 0x300 };
	static char text[300000];
	static uint8_t packed[400000];
	uint8_t *out;
	size_t got;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 26);
	for (size_t k = 0; k < 4; k++) {
		size_t n = pack_kind(kinds[k], text, sizeof(text), packed, sizeof(packed));

		ck_assert_int_eq(decompress_body(kinds[k], lmi_span(packed, n), sizeof(text), &out, &got), 0);
		ck_assert_uint_eq(got, sizeof(text));
		ck_assert_mem_eq(out, text, sizeof(text));
		ck_assert_int_eq(out[got], 0);
		free(out);
		ck_assert_int_eq(decompress_body(kinds[k], lmi_span(packed, n), sizeof(text) - 1, &out, &got), -LMQ_ETOOBIG);
		ck_assert_int_eq(decompress_body(kinds[k], lmi_span(packed, n - 1), sizeof(text), &out, &got), -LMQ_EMALFORMED);
		ck_assert_int_eq(decompress_body(kinds[k], lmi_span("x", 1), 100, &out, &got), -LMQ_EMALFORMED);
		ck_assert_int_eq(decompress_body(kinds[k], LMI_SPAN_NULL, 100, &out, &got), -LMQ_EMALFORMED);
	}
	ck_assert_int_eq(decompress_body(0x700, lmi_span("x", 1), 100, &out, &got), -LMQ_EUNSUPPORTED);
}
END_TEST

START_TEST(flipped_bytes_never_break_the_unpackers)
{
	static const int32_t kinds[] = { 0x100, 0x200, 0x300 };
	static char text[20000];
	static uint8_t packed[40000];
	struct lmi_rng_seeded rng;
	uint8_t *out;
	size_t got;

	lmi_rng_seeded_init(&rng, 9);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)lmi_rng_below(&rng.rng, 7);
	for (int i = 0; i < FLIPS; i++) {
		int32_t kind = kinds[i % 3];
		size_t n = pack_kind(kind, text, sizeof(text), packed, sizeof(packed));

		packed[lmi_rng_below(&rng.rng, n)] = (uint8_t)lmi_rng_u64(&rng.rng);
		if (decompress_body(kind, lmi_span(packed, n), 2 * sizeof(text), &out, &got) == 0) {
			ck_assert_uint_le(got, 2 * sizeof(text));
			free(out);
		}
	}
}
END_TEST

START_TEST(bodies_that_grow_too_large_leave_the_rest_to_the_next_pull)
{
	const size_t each = 24u << 20;
	char *zeros = calloc(1, each);
	uLongf n = compressBound(each);
	uint8_t *packed = malloc(n);
	struct received_batch *b;

	ck_assert(zeros && packed && compress2(packed, &n, (const Bytef *)zeros, each, 1) == Z_OK);
	for (int64_t pos = 7; pos < 17; pos++)
		add("T", "", packed, n, LMI_SYSFLAG_COMPRESSED, pos);
	b = decode(each);
	ck_assert_uint_eq(b->count, 3);
	ck_assert_int_eq(b->go_on_pos, 10);
	ck_assert_uint_gt(b->messages[0].held_bytes, each);
	end(b);
	free(zeros);
	free(packed);
	lmi_buf_done(&answer);
}
END_TEST

START_TEST(an_answer_cut_anywhere_gives_its_whole_records)
{
	struct received_batch *b;
	size_t first, all;

	add("T", "TAGS\1A\2", "hello", 5, 0, 7);
	first = lmi_buf_len(&answer);
	add("T", "k\1v\2", "world", 5, 0, 8);
	all = lmi_buf_len(&answer);
	for (size_t n = 0; n < all; n++) {
		int r = received_decode(lmi_span(lmi_buf_data(&answer), n), "b", UNPACK_MAX, &b);

		ck_assert_int_eq(r, n < first ? -LMQ_EMALFORMED : 0);
		if (r < 0)
			continue;
		ck_assert_uint_eq(b->count, 1);
		end(b);
	}
	lmi_buf_done(&answer);
}
END_TEST

START_TEST(flipped_bytes_never_break_the_reader)
{
	struct lmi_rng_seeded rng;

	lmi_rng_seeded_init(&rng, 5);
	add("T", "TAGS\1A\2UNIQ_KEY\1id\2", "hello", 5, 0, 7);
	add("%RETRY%g", "RETRY_TOPIC\1T\2k\1v", "world", 5, 0, 8);
	for (int i = 0; i < FLIPS; i++) {
		uint8_t *at = lmi_buf_data(&answer) + lmi_rng_below(&rng.rng, lmi_buf_len(&answer)), was = *at;
		struct received_batch *b;

		*at = (uint8_t)lmi_rng_u64(&rng.rng);
		if (received_decode(lmi_buf_span(&answer), "b", UNPACK_MAX, &b) == 0) {
			for (size_t k = 0; k < b->count; k++) {
				size_t n;

				ck_assert_ptr_nonnull(lmq_message_topic(&b->messages[k].message));
				(void)lmq_message_body(&b->messages[k].message, &n);
				(void)lmq_message_property(&b->messages[k].message, "none");
			}
			end(b);
		}
		*at = was;
	}
	lmi_buf_done(&answer);
}
END_TEST

LMT_MAIN("received", each_record_becomes_a_message, a_message_may_outlive_its_neighbours,
	 a_retried_message_shows_its_first_topic, zlib_bodies_are_unpacked_for_old_and_new_flags,
	 a_body_that_cannot_be_unpacked_is_broken_but_there, each_kind_is_unpacked_and_tells_its_errors_apart,
	 flipped_bytes_never_break_the_unpackers, bodies_that_grow_too_large_leave_the_rest_to_the_next_pull,
	 an_answer_cut_anywhere_gives_its_whole_records, flipped_bytes_never_break_the_reader)
