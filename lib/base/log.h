/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging as an argument.  Library and lower rooms do not log, they return;
 * the caller at the edge logs.  The bodies are in src/host (journal, stderr)
 * and in tests (captured).
 */
#ifndef LMI_BASE_LOG_H
#define LMI_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/visibility.h"

enum lmi_log_level { /* syslog's numbers */
	LMI_LOG_ERR = 3,
	LMI_LOG_WARNING = 4,
	LMI_LOG_NOTICE = 5,
	LMI_LOG_INFO = 6,
	LMI_LOG_DEBUG = 7
};

/*
 * A field of a structured line: name in journal spelling without prefix ("TOPIC"), value as text.  The one called
 * MESSAGE_ID says what kind of line it is, see base/event.h.
 */
struct lmi_log_field {
	const char *name;
	const char *value;
	int bytes; /* of the value; 0: up to its NUL */
};

#define LMI_LOG_EVENT(id) { "MESSAGE_ID", (id), 0 }
#define LMI_LOG_SPAN(name, span) { (name), (span).n ? (const char *)(span).p : "", (int)(span).n }
/* The fields of one line: LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_…), LMI_LOG_SPAN("TOPIC", topic)). */
#define LMI_LOG_FIELDS(...) ((const struct lmi_log_field[]){ __VA_ARGS__, { NULL, NULL, 0 } })

struct lmi_log {
	/**
	 * Write one line.  @fields ends with a NULL name, may be NULL.  Any thread.
	 */
	void (*write)(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields,
		      const char *fmt, va_list ap);
	enum lmi_log_level max_level; /* lines above are dropped before formatting */
};

/** l may be NULL: the line is dropped. */
LMI_API void lmi_log(struct lmi_log *l, enum lmi_log_level level, const char *fmt, ...) LMI_PRINTF(3, 4);
LMI_API void lmi_log_with(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields,
			  const char *fmt, ...) LMI_PRINTF(4, 5);

/* At most burst lines per interval; the first line after a silence tells how many were dropped. */
struct lmi_log_limit {
	int64_t interval_ms, start_ms;
	unsigned int burst, seen, dropped;
};

/** True when this line may be written now; *out_dropped = lines swallowed since the last one allowed. */
LMI_API bool lmi_log_limit_pass(struct lmi_log_limit *lim, int64_t now_ms, unsigned int *out_dropped);

#endif
