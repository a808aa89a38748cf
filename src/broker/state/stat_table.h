/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much went in and out lately, of each topic and of each group on it: sums over a minute, an hour and a day, in buckets that
 * grow old by themselves.  Half a kilobyte an item; what was idle for a day is forgotten.
 * Owner: the core loop.  Rule: BrokerStatsManager, StatsItem (which samples instead).
 */
#ifndef LIGHTMQ_BROKER_STATE_STAT_TABLE_H
#define LIGHTMQ_BROKER_STATE_STAT_TABLE_H

#include "base/map.h"

#define STAT_ITEMS_MAX 50000u /* beyond, nothing new is counted until the idle are forgotten */
#define STAT_CLEAN_MS 3600000 /* how often they are */

enum stat_kind { STAT_TOPIC_PUT, STAT_GROUP_GET, STAT_SEND_BACK, STAT_KINDS };
enum stat_window { STAT_MINUTE, STAT_HOUR, STAT_DAY, STAT_WINDOWS };

/* Whose it is: a topic, or with a group that group's part of it. */
struct stat_key {
	enum stat_kind kind;
	struct lmi_span topic, group;
};

struct stat_sum {
	int64_t count, bytes;
	int64_t times;  /* calls of stat_add */
	int64_t ms;     /* that it covers, at least 1 */
};

struct stat_table {
	struct lmi_map map; /* kind and key -> struct stat_item */
	int64_t clean_ms;
};

/** A zeroed struct is an empty table. */
void stat_table_done(struct stat_table *t);

/** Count.  Without memory or above STAT_ITEMS_MAX nothing happens. */
void stat_add(struct stat_table *t, const struct stat_key *key, int64_t count, int64_t bytes, int64_t now_ms);

/** What was counted in a window that ends now; false (and zeros) when nothing was. */
bool stat_sum(const struct stat_table *t, const struct stat_key *key, enum stat_window w, int64_t now_ms, struct stat_sum *out);

/** Of a sum, a second. */
double stat_rate(int64_t amount, const struct stat_sum *sum);

/* Of one item, since it was made: it may begin anew after an idle day. */
struct stat_total {
	struct stat_key key; /* borrowed until the table changes */
	int64_t count, bytes;
};

/** The next item: for (size_t i = 0; stat_next(&t, &i, &total);) */
bool stat_next(const struct stat_table *t, size_t *iter, struct stat_total *out);

/** Forget a topic, with all its groups. */
void stat_drop_topic(struct stat_table *t, struct lmi_span topic);

/** Forget what was idle for a day; every STAT_CLEAN_MS. */
void stat_table_tick(struct stat_table *t, int64_t now_ms);

#endif
