/* SPDX-License-Identifier: Apache-2.0 */
#include "store/retention.h"

#include <stdlib.h>
#include <time.h>

#define HOURS 24

/* ---- hours ---- */

/** The next hour of a list, or -1 at its end, -2 when it is none. */
static int next_hour(const char **p)
{
	while (**p == ';' || **p == ' ')
		(*p)++;
	if (!**p)
		return -1;
	char *end;
	long h = strtol(*p, &end, 10);
	if (end == *p || h < 0 || h >= HOURS || (*end && *end != ';' && *end != ' '))
		return -2;
	*p = end;
	return (int)h;
}

bool retention_hours_ok(const char *delete_when)
{
	int h;
	while ((h = next_hour(&delete_when)) >= 0)
		;
	return h == -1;
}

bool retention_hour(const char *delete_when, int64_t wall_ms)
{
	if (!delete_when || !*delete_when)
		return true;
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;
	if (!localtime_r(&t, &tm))
		return false;
	for (int h; (h = next_hour(&delete_when)) >= 0;)
		if (h == tm.tm_hour)
			return true;
	return false;
}

/* ---- segments ---- */

static bool is_expired(const struct retention_config *c, const struct retention_facts *f, size_t i)
{
	return c->reserved_ms > 0 && f->last_ms[i] > 0 && f->now_ms - f->last_ms[i] >= c->reserved_ms;
}

static bool below(int64_t percent, const struct retention_facts *f)
{
	return f->disk_percent < 0 || f->disk_percent <= percent;
}

static bool is_wanted(const struct retention_config *c, const struct retention_facts *f, size_t i)
{
	if (f->over_budget &&
	    retention_over_budget(c, f->used_bytes - (int64_t)i * f->segment_bytes, f->segment_bytes, true))
		return true;
	if (c->forcibly && !below(c->forcibly_percent, f))
		return true;
	return is_expired(c, f, i) &&
	       (f->any_hour || retention_hour(c->delete_when, f->now_ms) || !below(c->max_used_percent, f));
}

static enum retention_block blocked_by(const struct retention_config *c, const struct retention_facts *f, size_t i)
{
	int64_t end = f->log_min + (int64_t)(i + 1) * f->segment_bytes;
	bool expired = is_expired(c, f, i);
	if (end > f->pinned)
		return RETENTION_PINNED;
	if (c->unread == RETENTION_IGNORE_UNREAD)
		return RETENTION_FREE;
	if (end > f->unread && (!expired || c->unread == RETENTION_KEEP_UNREAD))
		return RETENTION_UNREAD;
	return end > f->unread_by_none && !expired ? RETENTION_UNREAD_BY_NONE : RETENTION_FREE;
}

/** Segments that are over and done with, whoever still needs them. */
static size_t closed_count(const struct retention_facts *f)
{
	int64_t n = f->keep_from > f->log_min ? (f->keep_from - f->log_min) / f->segment_bytes : 0;
	return (size_t)n < f->count ? (size_t)n : f->count;
}

void retention_choose(const struct retention_config *c, const struct retention_facts *f, struct retention_choice *out)
{
	size_t n = closed_count(f);
	*out = (struct retention_choice){ 0 };
	if (n > (size_t)c->batch_max)
		n = (size_t)c->batch_max;
	while (out->segments < n && is_wanted(c, f, out->segments)) {
		out->block = blocked_by(c, f, out->segments);
		if (out->block != RETENTION_FREE)
			return;
		out->segments++;
	}
}

size_t retention_could(const struct retention_config *c, const struct retention_facts *f)
{
	size_t n = closed_count(f), i = 0;
	while (i < n && blocked_by(c, f, i) == RETENTION_FREE)
		i++;
	return i;
}

/* ---- the budget ---- */

bool retention_over_budget(const struct retention_config *c, int64_t used_bytes, int64_t segment_bytes, bool was_over)
{
	if (c->max_bytes <= 0)
		return false;
	int64_t free_bytes = was_over ? c->max_bytes / 10 : c->max_bytes / 20;
	return used_bytes + segment_bytes > c->max_bytes - free_bytes;
}

bool retention_no_room(const struct retention_config *c, int64_t used_bytes, int64_t segment_bytes, bool was_refusing)
{
	if (c->max_bytes <= 0)
		return false;
	int64_t spare = was_refusing ? c->max_bytes / 20 / segment_bytes * segment_bytes : 0;
	return used_bytes + segment_bytes > c->max_bytes - spare;
}

int64_t retention_forecast_ms(int64_t left, int64_t bytes, int64_t ms)
{
	if (bytes <= 0 || ms <= 0)
		return INT64_MAX;
	if (left <= 0)
		return 0;
	double t = (double)left / (double)bytes * (double)ms;
	return t < 9e18 ? (int64_t)t : INT64_MAX;
}
