/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: spans compare by content, numbers are read as Java's parseLong reads them and written in the shortest decimal form,
 * big-endian numbers need no alignment, hex and CRC-32 agree with their definitions.
 * Shown: at the edges of each range, by hand-made bytes, and by writing and reading back random numbers.
 */
#include <errno.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/rng.h"

#include "tests/support/lmt.h"

START_TEST(spans_compare_by_content)
{
	ck_assert(lmi_span_eq(LMI_SPAN_NULL, lmi_span("x", 0)));
	ck_assert(lmi_span_is(LMI_SPAN_LIT("abc"), "abc"));
	ck_assert(!lmi_span_is(LMI_SPAN_LIT("abc"), "abd"));
	ck_assert(!lmi_span_is(LMI_SPAN_LIT("abc"), "ab"));
	ck_assert(lmi_span_starts(LMI_SPAN_LIT("%RETRY%g"), LMI_SPAN_LIT("%RETRY%")));
	ck_assert(lmi_span_starts(LMI_SPAN_LIT("x"), LMI_SPAN_NULL));
	ck_assert(!lmi_span_starts(LMI_SPAN_LIT("%R"), LMI_SPAN_LIT("%RETRY%")));
	ck_assert_ptr_null(lmi_span_str(NULL).p);
}
END_TEST

START_TEST(big_endian_numbers_need_no_alignment)
{
	uint8_t b[9] = { 0xFF, 1, 2, 3, 4, 5, 6, 7, 8 };

	ck_assert_uint_eq(lmi_get16(b + 1), 0x0102);
	ck_assert_uint_eq(lmi_get32(b + 1), 0x01020304);
	ck_assert_uint_eq(lmi_get64(b + 1), 0x0102030405060708);
	lmi_put16(b + 1, 0xA1B2);
	lmi_put32(b + 3, 0xC3D4E5F6);
	ck_assert_mem_eq(b, "\xFF\xA1\xB2\xC3\xD4\xE5\xF6\x07\x08", 9);
	lmi_put64(b + 1, 0x1122334455667788);
	ck_assert_mem_eq(b + 1, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
}
END_TEST

START_TEST(numbers_are_read_to_the_edges_of_their_range)
{
	static const struct {
		const char *text;
		int64_t value;
	} good[] = {
		{ "0", 0 }, { "-0", 0 }, { "+7", 7 }, { "007", 7 }, { "999999999999999999", 999999999999999999 },
		{ "9223372036854775807", INT64_MAX }, { "-9223372036854775808", INT64_MIN },
		{ "0000000000000000000000000001", 1 },
	};
	static const char *const big[] = { "9223372036854775808", "-9223372036854775809", "99999999999999999999",
					   "18446744073709551616" };
	static const char *const bad[] = { "", "-", "+", "1.0", " 1", "1 ", "0x1", "1e3", "--1", "99999999999999999999x",
					   "12345678901234567890123a" };
	int64_t v = 42;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ck_assert_int_eq(lmi_span_to_i64(lmi_span_str(good[i].text), &v), 0);
		ck_assert_int_eq(v, good[i].value);
	}
	v = 42;
	for (size_t i = 0; i < sizeof(big) / sizeof(*big); i++)
		ck_assert_int_eq(lmi_span_to_i64(lmi_span_str(big[i]), &v), -ERANGE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_int_eq(lmi_span_to_i64(lmi_span_str(bad[i]), &v), -LMQ_EMALFORMED);
	ck_assert_int_eq(v, 42);
}
END_TEST

START_TEST(thirty_two_bits_are_checked_apart)
{
	int32_t v = 42;

	ck_assert_int_eq(lmi_span_to_i32(LMI_SPAN_LIT("2147483648"), &v), -ERANGE);
	ck_assert_int_eq(lmi_span_to_i32(LMI_SPAN_LIT("-2147483649"), &v), -ERANGE);
	ck_assert_int_eq(lmi_span_to_i32(LMI_SPAN_LIT("x"), &v), -LMQ_EMALFORMED);
	ck_assert_int_eq(v, 42);
	ck_assert_int_eq(lmi_span_to_i32(LMI_SPAN_LIT("-2147483648"), &v), 0);
	ck_assert_int_eq(v, INT32_MIN);
	ck_assert_int_eq(lmi_span_to_i32(LMI_SPAN_LIT("2147483647"), &v), 0);
	ck_assert_int_eq(v, INT32_MAX);
}
END_TEST

START_TEST(written_numbers_are_read_back)
{
	static const int64_t edges[] = { 0, 9, 10, -1, -10, INT64_MAX, INT64_MIN, INT32_MIN };
	struct lmi_rng_seeded r;
	uint8_t text[LMI_I64_CHARS];
	int64_t back;

	lmi_rng_seeded_init(&r, 3);
	for (int i = 0; i < 20000; i++) {
		int64_t v = i < 8 ? edges[i] : (int64_t)(lmi_rng_u64(&r.rng) >> lmi_rng_below(&r.rng, 64));
		size_t n = lmi_i64_to_chars(v, text);

		ck_assert_uint_le(n, LMI_I64_CHARS);
		ck_assert_int_eq(lmi_span_to_i64(lmi_span(text, n), &back), 0);
		ck_assert_int_eq(back, v);
	}
	ck_assert_uint_eq(lmi_i64_to_chars(INT64_MIN, text), 20);
	ck_assert_mem_eq(text, "-9223372036854775808", 20);
}
END_TEST

START_TEST(hex_goes_both_ways_and_refuses_other_characters)
{
	uint8_t bytes[4] = { 0x0A, 0xFF, 0, 0x9B }, back[4];
	char text[8];

	lmi_hex_upper(bytes, 4, text);
	ck_assert_mem_eq(text, "0AFF009B", 8);
	ck_assert_int_eq(lmi_hex_decode(LMI_SPAN_LIT("0aFf009b"), back), 0);
	ck_assert_mem_eq(back, bytes, 4);
	ck_assert_int_eq(lmi_hex_decode(LMI_SPAN_LIT("0g"), back), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_hex_decode(LMI_SPAN_LIT("@A"), back), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_hex_decode(LMI_SPAN_LIT("abc"), back), -LMQ_EMALFORMED);
	ck_assert_mem_eq(back, bytes, 4);
}
END_TEST

START_TEST(crc32_is_that_of_java_and_can_be_continued)
{
	/* CRC-32 of "123456789" by its definition; of "hi" from a Java broker. */
	ck_assert_uint_eq(lmi_crc32(0, "123456789", 9), 0xCBF43926);
	ck_assert_uint_eq(lmi_crc32(0, "hi", 2) & 0x7FFFFFFF, 1486039724);
	ck_assert_uint_eq(lmi_crc32(lmi_crc32(0, "1234", 4), "56789", 5), 0xCBF43926);
	ck_assert_uint_eq(lmi_crc32(5, NULL, 0), 5);
}
END_TEST

LMT_MAIN("bytes", spans_compare_by_content, big_endian_numbers_need_no_alignment,
	 numbers_are_read_to_the_edges_of_their_range, thirty_two_bits_are_checked_apart, written_numbers_are_read_back,
	 hex_goes_both_ways_and_refuses_other_characters, crc32_is_that_of_java_and_can_be_continued)
