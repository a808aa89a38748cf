/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many messages of each topic wait for their time: config/timermetrics in memory.
 * Owner: the core loop.  Rule: TimerMetrics.
 *
 * Saved now and then, so after a kill a number may be off by what was delivered since; it is right again when nothing waits.
 */
#ifndef LIGHTMQ_BROKER_STATE_TIMER_COUNTS_H
#define LIGHTMQ_BROKER_STATE_TIMER_COUNTS_H

#include "base/map.h"
#include "wire/data_version.h"

#define TIMER_COUNTS_MAX 262144u /* topics; above, others are not counted any more */

struct timer_count {
	int64_t count, changed_ms;
};

struct timer_counts {
	struct lmi_map map; /* topic -> struct timer_count */
	struct lmi_data_version version;
	int64_t queue_pos;  /* of the timer topic: records before are counted; -1: the file of another broker does not say */
	bool unsaved;
};

/** A zeroed struct is empty. */
void timer_counts_done(struct timer_counts *t);

/** That many more wait; never below 0.  Without memory a topic stays uncounted. */
void timer_counts_add(struct timer_counts *t, struct lmi_span topic, int64_t n, int64_t now_ms);

/** How many wait; 0 for a topic that is not counted. */
int64_t timer_counts_get(const struct timer_counts *t, struct lmi_span topic);

/** The topic is gone. */
void timer_counts_drop_topic(struct timer_counts *t, struct lmi_span topic);

/** Nothing waits. */
void timer_counts_reset(struct timer_counts *t, int64_t now_ms);

/**
 * Take over timermetrics: {"dataVersion":…,"timingCount":{"T":{"count":1,"timeStamp":…}}}.
 *
 * Returns 0; -LMQ_EMALFORMED, -LMQ_EDEPTH, -LMQ_EFULL, -ENOMEM: drop the table then.
 */
int timer_counts_load(struct timer_counts *t, struct lmi_span text);

/** Append that text.  @file  with queue_pos, which a Java broker passes over. */
void timer_counts_save(const struct timer_counts *t, struct lmi_buf *b, bool file);

#endif
