/* SPDX-License-Identifier: Apache-2.0 */
/* xoshiro256** of Blackman and Vigna, seeded by splitmix64. */
#include "base/rng.h"

#include <assert.h>

uint64_t lmi_rng_below(struct lmi_rng *r, uint64_t n)
{
	uint64_t unfair, x;

	assert(n > 0);
	unfair = (0 - n) % n; /* 2^64 mod n: so many values at the bottom would be too many */
	do
		x = lmi_rng_u64(r);
	while (x < unfair);
	return x % n;
}

static uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static uint64_t seeded_next(struct lmi_rng *r)
{
	uint64_t *s = ((struct lmi_rng_seeded *)(void *)r)->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

void lmi_rng_seeded_init(struct lmi_rng_seeded *r, uint64_t seed)
{
	r->rng.next = seeded_next;
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9E3779B97F4A7C15u;

		z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
		z = (z ^ z >> 27) * 0x94D049BB133111EBu;
		r->s[i] = z ^ z >> 31;
	}
}
