/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of lmi_hash64 (declared in bytes.h).  Set once by a program before its first table is filled.
 */
#ifndef LMI_BASE_HASH_H
#define LMI_BASE_HASH_H

#include "base/bytes.h"

/**
 * Key the hash of this process, so that peers cannot choose colliding keys.  Without it a constant is used: tests and
 * simulations repeat themselves.  Before any thread is started and any map is filled.
 *
 * @seed  from the kernel's randomness
 */
LMI_API void lmi_hash_seed(uint64_t seed);

/** The 128-bit product's two halves, the upper one folded onto the lower: the same without a type of 128 bits. */
static inline uint64_t lmi_fold_by_words(uint64_t a, uint64_t b)
{
	uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
	uint64_t low = al * bl, middle = ah * bl + (low >> 32), other = al * bh + (uint32_t)middle;

	return (ah * bh + (middle >> 32) + (other >> 32)) ^ (other << 32 | (uint32_t)low);
}

static inline uint64_t lmi_fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)(product >> 64) ^ (uint64_t)product;
#else
	return lmi_fold_by_words(a, b);
#endif
}

#endif
