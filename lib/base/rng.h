/* SPDX-License-Identifier: Apache-2.0 */
/* Chance as an argument.  io/rng_system.c asks the kernel; lmi_rng_seeded repeats itself. */
#ifndef LMI_BASE_RNG_H
#define LMI_BASE_RNG_H

#include <stdint.h>

#include "base/visibility.h"

struct lmi_rng {
	uint64_t (*next)(struct lmi_rng *r);
};

static inline uint64_t lmi_rng_u64(struct lmi_rng *r) { return r->next(r); }
/** Uniform in [0, n), n > 0. */
LMI_API uint64_t lmi_rng_below(struct lmi_rng *r, uint64_t n);

struct lmi_rng_seeded {
	struct lmi_rng rng; /* first */
	uint64_t s[4];
};

LMI_API void lmi_rng_seeded_init(struct lmi_rng_seeded *r, uint64_t seed);

#endif
