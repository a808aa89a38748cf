/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/stat_history.h"

#include <time.h>

static int64_t day_of(int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;
	localtime_r(&t, &tm);
	return (wall_ms / 1000 + tm.tm_gmtoff) / 86400;
}

static void note_day(struct stat_history *h, int64_t day, const int64_t values[STAT_COUNTERS])
{
	if (day == h->day)
		return;
	if (h->day) {
		memcpy(h->yesterday, h->today, sizeof(h->yesterday));
		memcpy(h->today, values, sizeof(h->today));
	}
	h->day = day;
}

void stat_history_tick(struct stat_history *h, int64_t mono_ms, int64_t wall_ms, const int64_t values[STAT_COUNTERS])
{
	if (h->count && mono_ms - h->samples[(h->count - 1) % STAT_HISTORY].ms < STAT_HISTORY_MS)
		return;
	struct stat_sample *s = &h->samples[h->count++ % STAT_HISTORY];
	s->ms = mono_ms;
	memcpy(s->values, values, sizeof(s->values));
	note_day(h, day_of(wall_ms), values);
}

double stat_history_rate(const struct stat_history *h, enum stat_counter c, int64_t seconds, int64_t mono_ms, int64_t value)
{
	const struct stat_sample *from = NULL;
	for (size_t back = 1; back <= STAT_HISTORY && back <= h->count; back++) {
		from = &h->samples[(h->count - back) % STAT_HISTORY];
		if (mono_ms - from->ms >= seconds * 1000)
			break;
	}
	if (!from || mono_ms <= from->ms)
		return 0;
	return (double)(value - from->values[c]) * 1000 / (double)(mono_ms - from->ms);
}
