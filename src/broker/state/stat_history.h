/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's own counters over the last ten minutes, and where they stood at midnight.
 * Owner: the core loop.  Rule: StoreStatsService, BrokerStats.
 */
#ifndef LIGHTMQ_BROKER_STATE_STAT_HISTORY_H
#define LIGHTMQ_BROKER_STATE_STAT_HISTORY_H

#include "base/bytes.h"

#define STAT_HISTORY_MS 10000 /* between two samples */
#define STAT_HISTORY 61       /* samples: ten minutes */

enum stat_counter { STAT_PUT, STAT_GOT, STAT_FOUND, STAT_MISSED, STAT_COUNTERS };

struct stat_sample {
	int64_t ms; /* monotonic */
	int64_t values[STAT_COUNTERS];
};

struct stat_history {
	struct stat_sample samples[STAT_HISTORY];
	size_t count; /* ever taken */
	int64_t day;  /* days since 1970, local; 0: none yet */
	int64_t yesterday[STAT_COUNTERS], today[STAT_COUNTERS]; /* at the midnight before, at the last one */
};

/** Take a sample when it is time; the first at once. */
void stat_history_tick(struct stat_history *h, int64_t mono_ms, int64_t wall_ms, const int64_t values[STAT_COUNTERS]);

/** What a counter grew by a second over the last so many seconds; over less while less is known. */
double stat_history_rate(const struct stat_history *h, enum stat_counter c, int64_t seconds, int64_t mono_ms, int64_t value);

#endif
