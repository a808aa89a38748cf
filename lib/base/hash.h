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

#endif
