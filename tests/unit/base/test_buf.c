/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a buffer gives back what was appended, in order, however it is consumed; a failed append sticks until reset; a
 * shared buffer lives as long as its last reference.
 * Shown: against a counter over random appends and consumptions, by an append larger than memory, and with a thread.
 */
#include <pthread.h>

#include "base/buf.h"
#include "base/rng.h"

#include "tests/support/lmt.h"

START_TEST(bytes_come_out_in_the_order_they_went_in)
{
	struct lmi_buf b = { 0 };
	struct lmi_rng_seeded r;
	uint32_t in = 0, out = 0;

	lmi_rng_seeded_init(&r, 2);
	for (int step = 0; step < 5000; step++) {
		size_t n = lmi_rng_below(&r.rng, 100);

		for (size_t i = 0; i < n; i++)
			lmi_buf_put32(&b, in++);
		n = lmi_rng_below(&r.rng, lmi_buf_len(&b) / 4 + 1);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(lmi_get32(lmi_buf_data(&b) + 4 * i), out++);
		lmi_buf_consume(&b, 4 * n);
	}
	ck_assert_uint_eq(lmi_buf_len(&b), 4 * (in - out));
	/* Consumed room is used again: it never grew with all that went through. */
	ck_assert_uint_lt(b.cap, 4 * (size_t)in);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(an_empty_buffer_has_no_bytes)
{
	struct lmi_buf b = { 0 };

	ck_assert_uint_eq(lmi_buf_len(&b), 0);
	ck_assert_uint_eq(lmi_buf_span(&b).n, 0);
	ck_assert_ptr_null(lmi_buf_data(&b));
	lmi_buf_put(&b, NULL, 0);
	ck_assert(!b.failed);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(each_append_writes_its_form)
{
	struct lmi_buf b = { 0 };

	lmi_buf_put8(&b, 1);
	lmi_buf_put16(&b, 0x0203);
	lmi_buf_put32(&b, 0x04050607);
	lmi_buf_put64(&b, 0x08090A0B0C0D0E0F);
	ck_assert_uint_eq(lmi_buf_len(&b), 15);
	for (uint8_t i = 0; i < 15; i++)
		ck_assert_uint_eq(lmi_buf_data(&b)[i], i + 1);
	lmi_buf_reset(&b, 1 << 20);
	lmi_buf_put_str(&b, "a=");
	lmi_buf_put_i64_text(&b, -12);
	lmi_buf_put_span(&b, LMI_SPAN_LIT(" b"));
	lmi_buf_printf(&b, "%c%03d", '=', 7);
	ck_assert(lmi_span_is(lmi_buf_span(&b), "a=-12 b=007"));
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_failed_append_sticks_until_reset)
{
	struct lmi_buf b = { 0 };

	lmi_buf_put_str(&b, "kept");
	ck_assert_ptr_null(lmi_buf_reserve(&b, SIZE_MAX / 2));
	ck_assert(b.failed);
	lmi_buf_put_str(&b, "lost");
	lmi_buf_printf(&b, "%d", 1);
	ck_assert(lmi_span_is(lmi_buf_span(&b), "kept"));
	lmi_buf_reset(&b, 1 << 20);
	ck_assert(!b.failed);
	lmi_buf_put_str(&b, "new");
	ck_assert(lmi_span_is(lmi_buf_span(&b), "new"));
	lmi_buf_done(&b);
}
END_TEST

START_TEST(reset_frees_memory_above_what_may_be_kept)
{
	struct lmi_buf b = { 0 };

	ck_assert_ptr_nonnull(lmi_buf_reserve(&b, 10000));
	lmi_buf_reset(&b, 100000);
	ck_assert_uint_ge(b.cap, 10000);
	lmi_buf_reset(&b, 1000);
	ck_assert_uint_eq(b.cap, 0);
	ck_assert_ptr_null(b.mem);
	lmi_buf_done(&b);
}
END_TEST

static void *unref_many(void *arg)
{
	struct lmi_rcbuf **refs = arg;

	for (int i = 0; i < 1000; i++)
		lmi_rcbuf_unref(refs[i]);
	return NULL;
}

START_TEST(a_shared_buffer_lives_until_its_last_reference)
{
	struct lmi_rcbuf *b = lmi_rcbuf_dup("shared", 6), *refs[1000];
	pthread_t other;

	ck_assert_ptr_nonnull(b);
	for (int i = 0; i < 1000; i++)
		refs[i] = lmi_rcbuf_ref(b);
	ck_assert_int_eq(pthread_create(&other, NULL, unref_many, refs), 0);
	for (int i = 0; i < 1000; i++)
		lmi_rcbuf_unref(lmi_rcbuf_ref(b));
	ck_assert_int_eq(pthread_join(other, NULL), 0);
	ck_assert_uint_eq(b->refs, 1);
	ck_assert_uint_eq(b->n, 6);
	ck_assert_mem_eq(b->data, "shared", 6);
	lmi_rcbuf_unref(b);
	lmi_rcbuf_unref(NULL);
	ck_assert_ptr_null(lmi_rcbuf_new(SIZE_MAX));
}
END_TEST

LMT_MAIN("buf", bytes_come_out_in_the_order_they_went_in, an_empty_buffer_has_no_bytes, each_append_writes_its_form,
	 a_failed_append_sticks_until_reset, reset_frees_memory_above_what_may_be_kept,
	 a_shared_buffer_lives_until_its_last_reference)
