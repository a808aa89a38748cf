/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delay levels: `1s 5s 10s …`, a time for each level from 1 on.  Pure.
 * Rule: ScheduleMessageService.parseDelayLevel, messageDelayLevel.
 */
#ifndef LMI_RULES_DELAY_LEVEL_H
#define LMI_RULES_DELAY_LEVEL_H

#include "base/bytes.h"
#include "base/error.h"

#define LMI_DELAY_LEVELS_MAX 256u
#define LMI_DELAY_LEVEL_DEFAULT "1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h"

struct lmi_delay_levels {
	size_t count;
	int64_t ms[LMI_DELAY_LEVELS_MAX]; /* of level i + 1 */
};

/**
 * Read a list of times, each a number and s, m, h or d, separated by blanks.
 *
 * Returns 0; -LMQ_EMALFORMED; -LMQ_ETOOBIG above LMI_DELAY_LEVELS_MAX levels, or when a time does not fit.
 */
LMI_API int lmi_delay_levels_parse(struct lmi_span text, struct lmi_delay_levels *out);

/** The level that counts: at most the highest there is; 0 and below mean no delay. */
LMI_API int32_t lmi_delay_level_clamp(const struct lmi_delay_levels *l, int32_t level);

/** The lowest level whose delay is at least so long; the highest there is when none is. */
LMI_API int32_t lmi_delay_level_of_ms(const struct lmi_delay_levels *l, int64_t ms);

/** Milliseconds of a level, after clamping; 0 for no delay. */
LMI_API int64_t lmi_delay_level_ms(const struct lmi_delay_levels *l, int32_t level);

#endif
