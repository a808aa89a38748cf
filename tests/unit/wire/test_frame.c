/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a frame is cut exactly at its end, whatever has arrived of it and of the next, and lengths that can never become a
 * frame are refused as soon as they are seen.
 * Shown: with the golden binary answer of a 5.3.3 server, byte by byte, and with hand-made lengths.
 */
#include "wire/frame.h"

#include "wire_lmt.h"

#define ANSWER "000000230100001f00000001df0000000700000001000000026f6b0000000800016b0000000176"

START_TEST(a_frame_is_cut_when_its_last_byte_is_there)
{
	struct lmi_span two = wire_hex(ANSWER ANSWER);

	for (size_t n = 0; n <= two.n; n++) {
		size_t bytes = 99;
		int r = lmi_frame_cut(lmi_span(two.p, n), LMI_FRAME_MAX_DEFAULT, &bytes);

		ck_assert_int_eq(r, n < 39 ? -EAGAIN : 0);
		ck_assert_uint_eq(bytes, n < 4 ? 0 : 39);
	}
	wire_free(two);
}
END_TEST

START_TEST(the_limit_counts_the_length_field)
{
	struct lmi_span answer = wire_hex(ANSWER);
	size_t bytes;

	ck_assert_int_eq(lmi_frame_cut(answer, 39, &bytes), 0);
	ck_assert_int_eq(lmi_frame_cut(answer, 38, &bytes), -LMQ_ETOOBIG);
	ck_assert_int_eq(lmi_frame_cut(LMI_SPAN_LIT("\x01\x00\x00\x00"), LMI_FRAME_MAX_DEFAULT, &bytes), -LMQ_ETOOBIG);
	ck_assert_int_eq(lmi_frame_cut(LMI_SPAN_LIT("\x00\xFF\xFF\xFC"), LMI_FRAME_MAX_DEFAULT, &bytes), -EAGAIN);
	ck_assert_uint_eq(bytes, LMI_FRAME_MAX_DEFAULT);
	ck_assert_int_eq(lmi_frame_cut(LMI_SPAN_LIT("\xFF\xFF\xFF\xFF"), LMI_FRAME_MAX_DEFAULT, &bytes), -LMQ_ETOOBIG);
	wire_free(answer);
}
END_TEST

START_TEST(a_length_that_holds_no_header_is_refused)
{
	size_t bytes;

	ck_assert_int_eq(lmi_frame_cut(LMI_SPAN_LIT("\x00\x00\x00\x00"), 100, &bytes), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_frame_cut(LMI_SPAN_LIT("\x00\x00\x00\x03"), 100, &bytes), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_frame_cut(LMI_SPAN_LIT("\x00\x00\x00\x08\x00\x00\x00\x05"), 100, &bytes), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_frame_cut(LMI_SPAN_LIT("\x00\x00\x00\x08\x00\x00\x00\x04"), 100, &bytes), -EAGAIN);
	ck_assert_uint_eq(bytes, 12);
}
END_TEST

LMT_MAIN("frame", a_frame_is_cut_when_its_last_byte_is_there, the_limit_counts_the_length_field,
	 a_length_that_holds_no_header_is_refused)
