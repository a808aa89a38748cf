/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time as an argument.  The one body that asks the kernel is io/clock_system.c;
 * lmi_clock_manual is its stated twin for tests and simulations.
 */
#ifndef LMI_BASE_CLOCK_H
#define LMI_BASE_CLOCK_H

#include <stdint.h>

#include "base/visibility.h"

struct lmi_clock {
	int64_t (*wall_ms)(const struct lmi_clock *c); /* ms since 1970, may step */
	int64_t (*mono_ns)(const struct lmi_clock *c); /* ns, never steps back */
};

static inline int64_t lmi_wall_ms(const struct lmi_clock *c) { return c->wall_ms(c); }
static inline int64_t lmi_mono_ns(const struct lmi_clock *c) { return c->mono_ns(c); }
static inline int64_t lmi_mono_ms(const struct lmi_clock *c) { return c->mono_ns(c) / 1000000; }

struct lmi_clock_manual {
	struct lmi_clock clock; /* first */
	int64_t wall_ms_now, mono_ns_now;
};

LMI_API void lmi_clock_manual_init(struct lmi_clock_manual *m, int64_t wall_ms);
/** Let ms pass on both clocks. */
LMI_API void lmi_clock_manual_pass(struct lmi_clock_manual *m, int64_t ms);

#endif
