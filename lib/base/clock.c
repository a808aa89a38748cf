/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

static const struct lmi_clock_manual *manual(const struct lmi_clock *c)
{
	return (const struct lmi_clock_manual *)(const void *)c; /* clock is its first member */
}

static int64_t manual_wall_ms(const struct lmi_clock *c)
{
	return manual(c)->wall_ms_now;
}

static int64_t manual_mono_ns(const struct lmi_clock *c)
{
	return manual(c)->mono_ns_now;
}

void lmi_clock_manual_init(struct lmi_clock_manual *m, int64_t wall_ms)
{
	*m = (struct lmi_clock_manual){ { manual_wall_ms, manual_mono_ns }, wall_ms, 0 };
}

void lmi_clock_manual_pass(struct lmi_clock_manual *m, int64_t ms)
{
	m->wall_ms_now += ms;
	m->mono_ns_now += ms * 1000000;
}
