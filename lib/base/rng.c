/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

uint64_t lmi_rng_below(struct lmi_rng *r, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)lmi_rng_u64(r) * n) >> 64);
}

static uint64_t splitmix(uint64_t *s)
{
	uint64_t z = (*s += 0x9E3779B97F4A7C15u);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

/* xoshiro256**, public domain construction by Blackman and Vigna. */
static uint64_t seeded_next(struct lmi_rng *base)
{
	uint64_t *s = ((struct lmi_rng_seeded *)(void *)base)->s;
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
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix(&seed);
}
