/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: pieces are aligned and do not overlap, the limit holds, and a steady state takes no more memory from the system.
 * Shown: by filling each piece with its own byte and reading all of them back, at sizes around those of blocks.
 */
#include "base/arena.h"
#include "base/rng.h"

#include "tests/support/lmt.h"

START_TEST(pieces_are_aligned_and_apart)
{
	enum { PIECES = 300 };
	struct lmi_arena a = { 0 };
	struct lmi_rng_seeded r;
	uint8_t *p[PIECES];
	size_t n[PIECES];

	lmi_rng_seeded_init(&r, 1);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < PIECES; i++) {
			n[i] = lmi_rng_below(&r.rng, i % 50 ? 400 : 20000);
			p[i] = lmi_arena_alloc(&a, n[i]);
			ck_assert_ptr_nonnull(p[i]);
			ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
			memset(p[i], i & 0xFF, n[i]);
		}
		for (int i = 0; i < PIECES; i++)
			for (size_t k = 0; k < n[i]; k++)
				ck_assert_uint_eq(p[i][k], i & 0xFF);
		lmi_arena_reset(&a);
		ck_assert_uint_eq(a.used, 0);
	}
	lmi_arena_done(&a);
	lmi_arena_done(&a);
}
END_TEST

START_TEST(the_limit_is_not_passed_until_reset)
{
	struct lmi_arena a;

	lmi_arena_init(&a, 1000);
	ck_assert_ptr_null(lmi_arena_alloc(&a, 1001));
	ck_assert_ptr_nonnull(lmi_arena_alloc(&a, 900));
	ck_assert_ptr_null(lmi_arena_alloc(&a, 200));
	ck_assert_ptr_nonnull(lmi_arena_alloc(&a, 50));
	lmi_arena_reset(&a);
	ck_assert_ptr_nonnull(lmi_arena_alloc(&a, 900));
	lmi_arena_done(&a);
}
END_TEST

START_TEST(absurd_sizes_are_refused)
{
	struct lmi_arena a = { 0 };
	size_t cap = SIZE_MAX / 32;
	int x;

	ck_assert_ptr_null(lmi_arena_alloc(&a, SIZE_MAX));
	ck_assert_ptr_null(lmi_arena_zalloc(&a, SIZE_MAX - 8));
	ck_assert_ptr_null(lmi_arena_strdup(&a, lmi_span(&x, SIZE_MAX)));
	ck_assert_ptr_null(lmi_arena_grow(&a, &x, cap, &cap, 64));
	lmi_arena_done(&a);
}
END_TEST

START_TEST(a_steady_state_keeps_its_block)
{
	struct lmi_arena a = { 0 };
	void *first;

	for (int i = 0; i < 100; i++)
		ck_assert_ptr_nonnull(lmi_arena_alloc(&a, 1000));
	lmi_arena_reset(&a);
	first = lmi_arena_alloc(&a, 1000);
	for (int round = 0; round < 5; round++) {
		lmi_arena_reset(&a);
		ck_assert_ptr_eq(lmi_arena_alloc(&a, 1000), first);
	}
	lmi_arena_done(&a);
}
END_TEST

START_TEST(a_reset_gives_large_blocks_back)
{
	struct lmi_arena a = { 0 };

	ck_assert_ptr_nonnull(lmi_arena_alloc(&a, 2 * LMI_ARENA_KEEP_MAX));
	lmi_arena_reset(&a);
	ck_assert_ptr_null(a.first);
	ck_assert_ptr_nonnull(lmi_arena_alloc(&a, 10));
	lmi_arena_done(&a);
}
END_TEST

START_TEST(copies_are_equal_and_text_ends_with_nul)
{
	struct lmi_arena a = { 0 };
	uint8_t *zeros = lmi_arena_zalloc(&a, 100);

	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(zeros[i], 0);
	ck_assert_mem_eq(lmi_arena_dup(&a, "abc", 3), "abc", 3);
	ck_assert_str_eq(lmi_arena_strdup(&a, LMI_SPAN_LIT("text")), "text");
	ck_assert_str_eq(lmi_arena_strdup(&a, LMI_SPAN_NULL), "");
	ck_assert_ptr_nonnull(lmi_arena_dup(&a, NULL, 0));
	ck_assert_str_eq(lmi_arena_printf(&a, "%s-%d", "q", 7), "q-7");
	lmi_arena_done(&a);
}
END_TEST

START_TEST(growing_arrays_keep_their_elements)
{
	struct lmi_arena a = { 0 };
	size_t cap = 0;
	int *list = NULL;

	for (int i = 0; i < 1000; i++) {
		list = lmi_arena_grow(&a, list, (size_t)i, &cap, sizeof(*list));
		ck_assert_ptr_nonnull(list);
		list[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(list[i], i);
	lmi_arena_done(&a);
}
END_TEST

LMT_MAIN("arena", pieces_are_aligned_and_apart, the_limit_is_not_passed_until_reset, absurd_sizes_are_refused,
	 a_steady_state_keeps_its_block, a_reset_gives_large_blocks_back, copies_are_equal_and_text_ends_with_nul,
	 growing_arrays_keep_their_elements)
