/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a seed repeats its numbers, seeds differ, and lmi_rng_below is uniform and stays below.
 * Shown: by comparing two runs, and by counting 60000 throws of a die.
 */
#include "base/rng.h"

#include "tests/support/lmt.h"

START_TEST(a_seed_repeats_itself)
{
	struct lmi_rng_seeded a, b, c;
	int differ = 0;

	lmi_rng_seeded_init(&a, 9);
	lmi_rng_seeded_init(&b, 9);
	lmi_rng_seeded_init(&c, 10);
	for (int i = 0; i < 100; i++) {
		uint64_t x = lmi_rng_u64(&a.rng);

		ck_assert(x == lmi_rng_u64(&b.rng));
		differ += x != lmi_rng_u64(&c.rng);
	}
	ck_assert_int_ge(differ, 99);
}
END_TEST

START_TEST(below_is_uniform_and_below)
{
	unsigned int seen[6] = { 0 };
	struct lmi_rng_seeded r;

	lmi_rng_seeded_init(&r, 4);
	for (int i = 0; i < 60000; i++)
		seen[lmi_rng_below(&r.rng, 6)]++;
	for (int i = 0; i < 6; i++) {
		ck_assert_uint_gt(seen[i], 9600);
		ck_assert_uint_lt(seen[i], 10400);
	}
	ck_assert(lmi_rng_below(&r.rng, 1) == 0);
	for (int i = 0; i < 100; i++)
		ck_assert(lmi_rng_below(&r.rng, UINT64_MAX) < UINT64_MAX);
}
END_TEST

/* A generator whose first number would make small results likelier, and must be thrown away. */
static uint64_t zero_then_seven(struct lmi_rng *r)
{
	static int calls;

	(void)r;
	return calls++ == 0 ? 0 : 7;
}

START_TEST(below_throws_away_what_would_be_unfair)
{
	struct lmi_rng r = { zero_then_seven };

	ck_assert(lmi_rng_below(&r, 10) == 7);
}
END_TEST

LMT_MAIN("rng", a_seed_repeats_itself, below_is_uniform_and_below, below_throws_away_what_would_be_unfair)
