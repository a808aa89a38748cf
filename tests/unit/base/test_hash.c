/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the hash spreads keys that differ in one place, at any length, and a key of the process changes it.
 * Shown: by counting collisions of the low bits among similar keys, and by hashing under two seeds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

#include "tests/support/lmt.h"

#define KEYS 65536u
#define SLOTS 65536u

START_TEST(similar_keys_spread_like_chance)
{
	uint8_t *seen = calloc(1, SLOTS);
	unsigned int used = 0;

	ck_assert_ptr_nonnull(seen);
	for (unsigned int i = 0; i < KEYS; i++) {
		char key[32];
		int n = snprintf(key, sizeof(key), "TopicNumber-%u", i);

		seen[lmi_hash64(key, (size_t)n) % SLOTS] = 1;
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		used += seen[i];
	free(seen);
	/* Chance fills 1 - 1/e of the slots: 41427. */
	ck_assert_uint_ge(used, 41427 - 700);
	ck_assert_uint_le(used, 41427 + 700);
}
END_TEST

START_TEST(length_and_trailing_zeros_count)
{
	static const uint8_t zeros[24];

	for (size_t a = 0; a < sizeof(zeros); a++)
		for (size_t b = 0; b < a; b++)
			ck_assert(lmi_hash64(zeros, a) != lmi_hash64(zeros, b));
}
END_TEST

START_TEST(each_bit_of_a_key_counts)
{
	uint8_t key[19] = "a key of nineteen b";
	uint64_t before = lmi_hash64(key, sizeof(key));

	for (size_t bit = 0; bit < 8 * sizeof(key); bit++) {
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert(lmi_hash64(key, sizeof(key)) != before);
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert(lmi_hash64(key, sizeof(key)) == before);
}
END_TEST

START_TEST(a_product_is_the_same_word_by_word)
{
	uint64_t x = 1;

	ck_assert_uint_eq(lmi_fold_by_words(UINT64_MAX, UINT64_MAX), (UINT64_MAX - 1) ^ 1);
	ck_assert_uint_eq(lmi_fold_by_words(0x123456789abcdef0, 0xfedcba9876543210), 0x121fa00ad77d7422 ^ 0x236d88fe5618cf00);
	for (int i = 0; i < 10000; i++) {
		uint64_t a = x = x * 6364136223846793005u + 1442695040888963407u, b = x = x * 6364136223846793005u + 1442695040888963407u;

		ck_assert_uint_eq(lmi_fold(a, b), lmi_fold_by_words(a, b));
	}
}
END_TEST

START_TEST(a_seed_changes_every_hash)
{
	uint64_t before = lmi_hash64("topic", 5);

	lmi_hash_seed(12345);
	ck_assert(lmi_hash64("topic", 5) != before);
	lmi_hash_seed(12346);
	ck_assert(lmi_hash64("topic", 5) != before);
}
END_TEST

LMT_MAIN("hash", similar_keys_spread_like_chance, length_and_trailing_zeros_count, each_bit_of_a_key_counts,
	 a_seed_changes_every_hash, a_product_is_the_same_word_by_word)
