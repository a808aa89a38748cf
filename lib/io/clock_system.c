/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "io/loop.h"

static int64_t wall_ms(const struct lmi_clock *c)
{
	struct timespec t;

	(void)c;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t mono_ns(const struct lmi_clock *c)
{
	struct timespec t;

	(void)c;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

const struct lmi_clock *lmi_clock_system(void)
{
	static const struct lmi_clock clock = { wall_ms, mono_ns };

	return &clock;
}
