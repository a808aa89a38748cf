/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delivering delayed messages when they are due: each level is one queue of SCHEDULE_TOPIC_XXXX, in the order of time.
 * Looked at with every tick, so that a message is never early and at most a tick late; behind after a stop, a tick delivers
 * DELAY_BUDGET messages at most, so that everybody else goes on.  A message that cannot be delivered is told and passed over.
 * A position is saved only when what was delivered up to it is on the disk: a crash delivers twice, never not at all.
 * Owner: the core loop.  Rule: ScheduleMessageService.
 */
#ifndef LIGHTMQ_BROKER_DUTY_DELAY_DUTY_H
#define LIGHTMQ_BROKER_DUTY_DELAY_DUTY_H

#include "broker/handle/handle.h"
#include "broker/state/delay_table.h"

#define DELAY_BUDGET 2000u             /* messages in one tick */
#define DELAY_BUDGET_BYTES (16u << 20) /* and bytes */
#define DELAY_RETRY_MS 1000            /* after the store took none, or a record could not be read */
#define DELAY_READ_TRIES 3u            /* of a record that cannot be read, before it is passed over */

struct delay_level {
	int64_t due_ms;   /* wall time of the first that waits; INT64_MIN: look */
	int64_t retry_ms; /* not before, after a failure */
	uint32_t tries;   /* at the first record */
	bool cold;        /* a worker reads */
	struct delay_duty *duty;
};

/* Positions that wait for the disk. */
struct delay_mark {
	bool taken;
	int64_t log_end;
	int64_t next[LMI_DELAY_LEVELS_MAX];
};

struct delay_duty {
	struct delay_table *table;
	struct handle *handle;
	struct delay_level levels[LMI_DELAY_LEVELS_MAX];
	size_t served; /* levels that are looked at */
	size_t first;  /* whose turn it is */
	bool moved;    /* since the last mark */
	struct delay_mark mark;
	int64_t delivered, passed_over;
};

/** @served  levels of the configuration, or as many as queues are there.  Table and handle are borrowed for life. */
void delay_duty_init(struct delay_duty *d, struct delay_table *table, struct handle *h, size_t served);

/** Deliver what is due.  A turn's end must follow. */
void delay_duty_run(struct delay_duty *d);

/** Everything appended is on the disk (a clean stop): every position is safe. */
void delay_duty_synced(struct delay_duty *d);

/** Messages that wait for their time. */
int64_t delay_duty_waiting(const struct delay_duty *d);

#endif
