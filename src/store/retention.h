/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which segments go: facts in, choice out; nothing here asks a clock or a disk.
 * Rule: DefaultMessageStore.CleanCommitLogService for age, hours and watermarks; the byte budget and what is said about
 * unread messages are ours.
 */
#ifndef LIGHTMQ_STORE_RETENTION_H
#define LIGHTMQ_STORE_RETENTION_H

#include "base/bytes.h"

/* What may happen to messages that a group has not consumed, or that no group reads at all. */
enum retention_unread {
	RETENTION_KEEP_UNREAD,    /* kept at any age; what no group reads: for the reserved time */
	RETENTION_UNTIL_EXPIRED,  /* kept for the reserved time */
	RETENTION_IGNORE_UNREAD   /* as in RocketMQ: nobody asks */
};

struct retention_config {
	int64_t interval_ms;      /* cleanResourceInterval; 0: nothing is ever deleted or refused */
	int64_t reserved_ms;      /* fileReservedTime; 0: no age is too high */
	const char *delete_when;  /* deleteWhen: hours of the day, "04;16"; NULL or empty: any hour */
	int max_used_percent;     /* diskMaxUsedSpaceRatio */
	int forcibly_percent;     /* diskSpaceCleanForciblyRatio */
	int warning_percent;      /* diskSpaceWarningLevelRatio */
	bool forcibly;            /* cleanFileForciblyEnable */
	int batch_max;            /* deleteFileBatchMax */
	int64_t max_bytes;        /* storeMaxBytes; 0: no budget */
	enum retention_unread unread; /* deleteUnconsumed */
};

/* How the store stands. */
struct retention_facts {
	int64_t now_ms;           /* wall clock */
	int disk_percent;         /* in use; -1 unknown */
	bool any_hour;            /* someone asked for it: deleteWhen does not matter */
	int64_t used_bytes;       /* that count against the budget */
	bool over_budget;         /* retention_over_budget, with its memory */
	int64_t segment_bytes;
	int64_t log_min;          /* start of the oldest segment */
	int64_t keep_from;        /* no segment that ends above goes: the tail, and what is not on the disk in every respect */
	const int64_t *last_ms;   /* store time of the last record of each segment, oldest first; 0 unknown: not old */
	size_t count;
	int64_t pinned;           /* lowest position that something refers to; INT64_MAX none */
	int64_t unread;           /* lowest position that a group has still to read */
	int64_t unread_by_none;   /* lowest position of a message in a queue that no group reads */
};

enum retention_block {
	RETENTION_FREE,           /* nothing stood in the way of what was wanted */
	RETENTION_PINNED,
	RETENTION_UNREAD,
	RETENTION_UNREAD_BY_NONE
};

struct retention_choice {
	size_t segments;          /* so many of the oldest go */
	enum retention_block block; /* why not one more, although one was wanted */
};

/** True in the hours of deleteWhen, local time.  Rule: UtilAll.isItTimeToDo. */
bool retention_hour(const char *delete_when, int64_t wall_ms);

/** True when delete_when is a list of hours 0 … 23 separated by semicolons, or empty. */
bool retention_hours_ok(const char *delete_when);

/** How many of the oldest segments go now.  Rule: CleanCommitLogService.deleteExpiredFiles. */
void retention_choose(const struct retention_config *c, const struct retention_facts *f, struct retention_choice *out);

/** How many of the oldest could go if room were needed. */
size_t retention_could(const struct retention_config *c, const struct retention_facts *f);

/*
 * The budget, with hysteresis: room for one more segment is made before it is needed, from 95 % of the budget down to 90 %;
 * after sends were refused, 5 % in whole segments must be free before they are taken again.
 */
bool retention_over_budget(const struct retention_config *c, int64_t used_bytes, int64_t segment_bytes, bool was_over);
bool retention_no_room(const struct retention_config *c, int64_t used_bytes, int64_t segment_bytes, bool was_refusing);

/** Milliseconds until @left bytes are written at @bytes in @ms; INT64_MAX when never. */
int64_t retention_forecast_ms(int64_t left, int64_t bytes, int64_t ms);

#endif
