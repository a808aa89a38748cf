/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far each delay level was delivered: config/delayOffset.json in memory.
 * Owner: the core loop.  Rule: ScheduleMessageService, DelayOffsetSerializeWrapper.
 */
#ifndef LIGHTMQ_BROKER_STATE_DELAY_TABLE_H
#define LIGHTMQ_BROKER_STATE_DELAY_TABLE_H

#include "base/buf.h"
#include "rules/delay_level.h"
#include "wire/data_version.h"

struct delay_table {
	struct lmi_data_version version;
	int64_t next[LMI_DELAY_LEVELS_MAX]; /* of level i + 1: the queue position where delivery goes on */
	int64_t safe[LMI_DELAY_LEVELS_MAX]; /* the same, but only what was delivered and synced: what the file says */
	bool unsaved;                       /* safe differs from the file */
};

/** A zeroed struct is an empty table. */
void delay_table_done(struct delay_table *t);

/**
 * Take over delayOffset.json: {"dataVersion":…,"offsetTable":{1:2,12:9}}.  Levels out of range and positions below 0 are
 * passed over.
 *
 * Returns 0; -LMQ_EMALFORMED, -LMQ_EDEPTH: drop the table then.
 */
int delay_table_load(struct delay_table *t, struct lmi_span text);

/** Append delayOffset.json with the safe positions.  Moves no version. */
void delay_table_save(const struct delay_table *t, struct lmi_buf *b);

#endif
