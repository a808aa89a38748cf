/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: percentiles are right to two significant digits over the whole range, minimum and maximum are exact, merging two
 * histograms is counting into one, and the correction adds what a stall hid.
 * Shown: against sorted values of many sizes, and by hand-made cases.
 */
#include <stdlib.h>

#include "base/hist.h"
#include "base/rng.h"

#include "tests/support/lmt.h"

static struct lmi_hist h, other; /* large: not on the stack */

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

START_TEST(percentiles_have_two_significant_digits)
{
	enum { N = 10000 };
	static int64_t v[N];
	static const double percents[] = { 0, 1, 25, 50, 90, 99, 99.9, 99.99, 100 };
	struct lmi_rng_seeded r;

	lmi_rng_seeded_init(&r, 11);
	lmi_hist_reset(&h);
	for (int i = 0; i < N; i++) {
		v[i] = (int64_t)(lmi_rng_u64(&r.rng) >> (22 + lmi_rng_below(&r.rng, 42)));
		lmi_hist_record(&h, v[i]);
	}
	qsort(v, N, sizeof(*v), by_value);
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		size_t rank = (size_t)(percents[i] / 100 * N + 0.999999);
		int64_t exact = v[rank > 0 ? rank - 1 : 0], got = lmi_hist_percentile(&h, percents[i]);

		ck_assert_int_ge(got, exact);
		ck_assert_int_le(got, exact + exact / 100 + 1);
	}
	ck_assert_int_eq(h.min, v[0]);
	ck_assert_int_eq(h.max, v[N - 1]);
	ck_assert_int_eq(lmi_hist_percentile(&h, 100), v[N - 1]);
}
END_TEST

START_TEST(small_values_are_exact)
{
	lmi_hist_reset(&h);
	for (int i = 0; i < 256; i++)
		lmi_hist_record(&h, i);
	ck_assert_int_eq(lmi_hist_percentile(&h, 50), 127);
	ck_assert_int_eq(lmi_hist_percentile(&h, 75), 191);
	ck_assert(lmi_hist_mean(&h) == 127.5);
}
END_TEST

START_TEST(values_outside_the_range_count_at_its_ends)
{
	lmi_hist_reset(&h);
	lmi_hist_record(&h, -5);
	lmi_hist_record(&h, INT64_MAX);
	ck_assert_int_eq(h.min, 0);
	ck_assert_int_eq(lmi_hist_percentile(&h, 50), 0);
	ck_assert_int_eq(lmi_hist_percentile(&h, 100), INT64_MAX);
	ck_assert(h.count == 2);
}
END_TEST

START_TEST(an_empty_histogram_gives_zeros)
{
	lmi_hist_reset(&h);
	ck_assert_int_eq(lmi_hist_percentile(&h, 99), 0);
	ck_assert(lmi_hist_mean(&h) == 0.0);
}
END_TEST

START_TEST(merging_is_counting_into_one)
{
	lmi_hist_reset(&h);
	lmi_hist_reset(&other);
	lmi_hist_merge(&h, &other);
	ck_assert(h.count == 0);
	for (int i = 1; i <= 100; i++)
		lmi_hist_record(i % 2 ? &h : &other, i);
	lmi_hist_merge(&h, &other);
	ck_assert(h.count == 100);
	ck_assert_int_eq(h.min, 1);
	ck_assert_int_eq(h.max, 100);
	ck_assert_int_eq(lmi_hist_percentile(&h, 50), 50);
	ck_assert(lmi_hist_mean(&h) == 50.5);
}
END_TEST

START_TEST(the_correction_adds_what_a_stall_hid)
{
	lmi_hist_reset(&h);
	lmi_hist_record_corrected(&h, 100, 30); /* 100, and 70, 40, 10 */
	ck_assert(h.count == 4);
	ck_assert_int_eq(h.min, 10);
	ck_assert_int_eq(lmi_hist_percentile(&h, 50), 40);
	lmi_hist_record_corrected(&h, 100, 0);
	lmi_hist_record_corrected(&h, 20, 30);
	ck_assert(h.count == 6);
}
END_TEST

LMT_MAIN("hist", percentiles_have_two_significant_digits, small_values_are_exact, values_outside_the_range_count_at_its_ends,
	 an_empty_histogram_gives_zeros, merging_is_counting_into_one, the_correction_adds_what_a_stall_hid)
