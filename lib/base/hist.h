/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log-linear histogram of non-negative values, such as latencies in nanoseconds: two significant digits, fixed memory,
 * no allocation.  Owner: one thread; merge copies between owners.
 */
#ifndef LMI_BASE_HIST_H
#define LMI_BASE_HIST_H

#include <stdint.h>

#include "base/visibility.h"

#define LMI_HIST_SUB_BITS 7 /* 128 steps per power of two: an error below 0.8 % */
#define LMI_HIST_MAX_BITS 42 /* values up to 2^42 - 1 (73 minutes in ns); larger count as that */
#define LMI_HIST_SLOTS (((LMI_HIST_MAX_BITS - LMI_HIST_SUB_BITS) + 1) << LMI_HIST_SUB_BITS)

struct lmi_hist {
	uint64_t slots[LMI_HIST_SLOTS];
	uint64_t count;
	int64_t min, max; /* exact; 0 when empty */
	double sum;
};

/** Empty it.  A zeroed struct is empty too. */
LMI_API void lmi_hist_reset(struct lmi_hist *h);

/** Count one value; negative ones count as 0. */
LMI_API void lmi_hist_record(struct lmi_hist *h, int64_t value);

/**
 * Count a value, and what would have been measured while it kept others waiting: value - interval, value - 2 * interval, …
 * (the correction for coordinated omission).
 *
 * @interval  distance at which values were to be taken; 0: none
 */
LMI_API void lmi_hist_record_corrected(struct lmi_hist *h, int64_t value, int64_t interval);

/**
 * The value that @percent of all values do not exceed, to two significant digits and never above the maximum.
 *
 * @percent  0 to 100
 *
 * Returns 0 when empty.
 */
LMI_API int64_t lmi_hist_percentile(const struct lmi_hist *h, double percent);

LMI_API double lmi_hist_mean(const struct lmi_hist *h);

/** Add all of @from to @into. */
LMI_API void lmi_hist_merge(struct lmi_hist *into, const struct lmi_hist *from);

#endif
