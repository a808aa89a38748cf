/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the map finds what was put, forgets what was deleted, and iterates each live entry once.
 * Shown: against a plain array over many random operations, and at the edges.
 */
#include <stdio.h>

#include "base/map.h"
#include "base/rng.h"

#include "tests/support/lmt.h"

#define KEYS 500

START_TEST(agrees_with_an_array_over_random_operations)
{
	struct lmi_rng_seeded r;
	struct lmi_map m = { 0 };
	void *model[KEYS] = { 0 };
	int values[KEYS];

	lmi_rng_seeded_init(&r, 7);
	for (int step = 0; step < 50000; step++) {
		size_t k = lmi_rng_below(&r.rng, KEYS), live = 0;
		char key[8];
		struct lmi_span s = lmi_span(key, (size_t)snprintf(key, sizeof(key), "k%zu", k));

		if (lmi_rng_below(&r.rng, 2)) {
			void *old;

			ck_assert_int_eq(lmi_map_put(&m, s, &values[k], &old), 0);
			ck_assert_ptr_eq(old, model[k]);
			model[k] = &values[k];
		} else {
			ck_assert_ptr_eq(lmi_map_del(&m, s), model[k]);
			model[k] = NULL;
		}
		for (size_t i = 0; step % 1000 == 0 && i < KEYS; i++)
			live += model[i] != NULL;
		if (step % 1000 == 0)
			ck_assert_uint_eq(lmi_map_count(&m), live);
	}
	lmi_map_done(&m, NULL);
}
END_TEST

START_TEST(iteration_gives_each_entry_once_and_allows_deletion)
{
	struct lmi_map m = { 0 };
	int v[100], seen[100] = { 0 };
	struct lmi_span key;
	void *value;

	for (int i = 0; i < 100; i++) {
		char k[8];

		ck_assert_int_eq(lmi_map_put(&m, lmi_span(k, (size_t)snprintf(k, sizeof(k), "%d", i)), &v[i], NULL), 0);
	}
	for (size_t at = 0; lmi_map_next(&m, &at, &key, &value);) {
		seen[(int *)value - v]++;
		lmi_map_del(&m, key);
	}
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(seen[i], 1);
	ck_assert_uint_eq(lmi_map_count(&m), 0);
	lmi_map_done(&m, NULL);
}
END_TEST

START_TEST(an_empty_key_is_a_key)
{
	struct lmi_map m = { 0 };
	int v;

	ck_assert_ptr_null(lmi_map_get(&m, LMI_SPAN_LIT("")));
	ck_assert_int_eq(lmi_map_put(&m, LMI_SPAN_LIT(""), &v, NULL), 0);
	ck_assert_ptr_eq(lmi_map_get(&m, LMI_SPAN_LIT("")), &v);
	lmi_map_done(&m, NULL);
}
END_TEST

START_TEST(coming_and_going_does_not_make_it_grow)
{
	struct lmi_map m = { 0 };
	int v;

	for (int i = 0; i < 100000; i++) {
		char k[16];
		struct lmi_span key = lmi_span(k, (size_t)snprintf(k, sizeof(k), "client-%d", i));

		ck_assert_int_eq(lmi_map_put(&m, key, &v, NULL), 0);
		ck_assert_ptr_eq(lmi_map_del(&m, key), &v);
	}
	ck_assert_uint_le(m.cap, 64);
	lmi_map_done(&m, NULL);
}
END_TEST

static int freed;

static void count_freed(void *value)
{
	freed += *(int *)value;
}

START_TEST(done_frees_each_value_once)
{
	struct lmi_map m = { 0 };
	int one = 1, ten = 10, hundred = 100;
	void *old;

	ck_assert_int_eq(lmi_map_put(&m, LMI_SPAN_LIT("a"), &one, NULL), 0);
	ck_assert_int_eq(lmi_map_put(&m, LMI_SPAN_LIT("b"), &ten, NULL), 0);
	ck_assert_int_eq(lmi_map_put(&m, LMI_SPAN_LIT("a"), &hundred, &old), 0);
	ck_assert_ptr_eq(old, &one);
	lmi_map_done(&m, count_freed);
	ck_assert_int_eq(freed, 110);
	ck_assert_uint_eq(lmi_map_count(&m), 0);
	ck_assert_ptr_null(lmi_map_get(&m, LMI_SPAN_LIT("a")));
}
END_TEST

LMT_MAIN("map", agrees_with_an_array_over_random_operations, iteration_gives_each_entry_once_and_allows_deletion,
	 an_empty_key_is_a_key, coming_and_going_does_not_make_it_grow, done_frees_each_value_once)
