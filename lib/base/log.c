/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stddef.h>

void lmi_log(struct lmi_log *l, enum lmi_log_level level, const char *fmt, ...)
{
	va_list ap;

	if (!l || level > l->max_level)
		return;
	va_start(ap, fmt);
	l->write(l, level, NULL, fmt, ap);
	va_end(ap);
}

void lmi_log_with(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields, const char *fmt, ...)
{
	va_list ap;

	if (!l || level > l->max_level)
		return;
	va_start(ap, fmt);
	l->write(l, level, fields, fmt, ap);
	va_end(ap);
}

bool lmi_log_limit_pass(struct lmi_log_limit *lim, int64_t now_ms, unsigned int *out_dropped)
{
	/* A clock that stepped back begins a new interval too. */
	if (lim->seen == 0 || now_ms < lim->start_ms || now_ms - lim->start_ms >= lim->interval_ms) {
		lim->start_ms = now_ms;
		lim->seen = 0;
	}
	*out_dropped = 0;
	if (lim->seen >= lim->burst) {
		lim->dropped++;
		return false;
	}
	lim->seen++;
	*out_dropped = lim->dropped;
	lim->dropped = 0;
	return true;
}
