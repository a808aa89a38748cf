/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight bytes at a time, folded by a 64x64 multiplication as wyhash does: about as fast as reading the key.
 */
#include "base/hash.h"

#define MIX_A 0x9E3779B97F4A7C15u
#define MIX_B 0xD1B54A32D192ED03u

static uint64_t hash_key = MIX_B;

void lmi_hash_seed(uint64_t seed)
{
	hash_key = seed;
}

uint64_t lmi_hash64(const void *p, size_t n)
{
	const uint8_t *at = p;
	uint64_t h = hash_key ^ (n * MIX_A), last = 0;

	for (; n >= 8; n -= 8, at += 8)
		h = lmi_fold(h ^ lmi_get64(at), MIX_A);
	for (; n > 0; n--)
		last = last << 8 | *at++;
	h = lmi_fold(h ^ last, MIX_B);
	/* The key once more, so that an unlucky zero in the middle does not erase it. */
	return lmi_fold(h ^ hash_key ^ MIX_A, MIX_B);
}
