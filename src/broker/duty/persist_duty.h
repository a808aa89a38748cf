/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/broker/duty, L3: what is due at a given time.  Uses state, handle, disk and base; no loop: the core loop's timer
 * asks every 100 ms, a test whenever it likes.
 *
 * Keeping the tables in config/<name>.json: topics and groups when they have changed, offsets every 5 s and the positions
 * of delayed delivery and counts of timers every second if they have.
 * The text is made on the core loop, a worker replaces the file.
 * Owner: the core loop.  Rule: ConfigManager, BrokerController.initializeBrokerScheduledTasks.
 */
#ifndef LIGHTMQ_BROKER_DUTY_PERSIST_DUTY_H
#define LIGHTMQ_BROKER_DUTY_PERSIST_DUTY_H

#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "broker/handle/handle.h"
#include "broker/state/delay_table.h"
#include "broker/state/group_table.h"
#include "broker/state/mode_table.h"
#include "broker/state/offset_table.h"
#include "broker/state/timer_counts.h"
#include "broker/state/topic_table.h"
#include "disk/disk.h"

#define PERSIST_FILE_MAX (1u << 30) /* bytes of one file that is read at start */
#define PERSIST_RETRY_MS 1000       /* after a failed save */

enum persist_file { PERSIST_TOPICS, PERSIST_GROUPS, PERSIST_OFFSETS, PERSIST_DELAYS, PERSIST_MODES, PERSIST_TIMERS,
		    PERSIST_SETTINGS, /* read by the program */ PERSIST_FILES };

/* Settings that requests have changed, below the root of the store. */
#define PERSIST_SETTINGS_PATH "config/rmq-brokerd.yaml"

struct persist_duty;

struct persist_save {
	struct lmi_job job; /* first */
	struct persist_duty *duty;
	struct lmi_buf text;
	int64_t next_ms; /* not before */
	int err;
	bool busy;
	bool failing; /* the last one failed and was said */
};

struct persist_duty {
	struct disk *disk;
	struct lmi_executor *executor;
	const struct lmi_clock *clock;
	struct lmi_log *log;
	struct topic_table *topics;
	struct group_table *groups;
	struct mode_table *modes;
	struct offset_table *offsets;
	struct delay_table *delays;
	struct timer_counts *timers;
	const struct handle_conf *conf;
	bool *conf_unsaved;
	int64_t offsets_period_ms, delays_period_ms;
	struct persist_save saves[PERSIST_FILES]; /* set by init */
};

/** After the borrowed fields were set. */
void persist_duty_init(struct persist_duty *d);

/**
 * Read the files; a broken or missing one is taken from its .bak, with a line in the log.  Blocks (start-up).
 *
 * @out_why  on failure, a sentence that names file and remedy; malloc'ed (gives)
 *
 * Returns 0, also when nothing is there yet; -LMQ_ECORRUPT when neither file nor .bak can be read; -errno; -ENOMEM.
 */
int persist_duty_load(struct persist_duty *d, char **out_why);

/** Start the saves that are due. */
void persist_duty_run(struct persist_duty *d, int64_t now_ms);

/** True while a worker saves. */
bool persist_duty_busy(const struct persist_duty *d);

/** Save at once what is unsaved.  Blocks (stop).  No save may be running.  Returns 0 or the first -errno. */
int persist_duty_flush(struct persist_duty *d);

void persist_duty_done(struct persist_duty *d);

#endif
