/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When messages are to be delivered, as RocketMQ keeps it: timerwheel (slots of a time each) and timerlog (units that slots
 * chain together), config/timercheck beside them.  What a unit means is its user's (broker/duty/timer_duty).
 * Owner: the core loop; files are written and chains are read by workers.  Formats: man/lightmq-store.5.
 * Rule: TimerWheel, TimerLog, TimerCheckpoint, TimerMessageStore.recover.
 *
 * The wheel is in memory as far as it was ever touched; nothing of this is made on disk before the first timer message.
 */
#ifndef LIGHTMQ_STORE_TIMER_INDEX_H
#define LIGHTMQ_STORE_TIMER_INDEX_H

#include "base/buf.h"
#include "base/executor.h"
#include "base/log.h"
#include "disk/disk.h"
#include "store/work.h"

#define TIMER_SLOTS 604800                /* of a wheel's half, 7 days; rule: TimerMessageStore.slotsTotal */
#define TIMER_UNIT_BYTES 52
#define TIMER_LOG_FILE_BYTES 104857600    /* mappedFileSizeTimerLog */
#define TIMER_CHECK_BYTES 56              /* of timercheck that RocketMQ knows; ours lie behind */
#define TIMER_CHAIN_MAX (1u << 27)        /* units of one slot; beyond, the chain is taken for damaged */

enum { TIMER_MAGIC_DEFAULT = 1, TIMER_MAGIC_ROLL = 2, TIMER_MAGIC_DELETE = 4 };

struct timer_unit {
	int64_t due_ms;     /* wall clock */
	int64_t written_ms; /* when it was entered: due_ms - written_ms fits 31 bits */
	int64_t log_pos;    /* of the message */
	int32_t bytes;
	int32_t magic;
	int32_t topic_hash;
};

struct timer_check {
	int64_t read_ms;   /* the slots before are delivered */
	int64_t log_pos;   /* timerlog is flushed up to here */
	int64_t queue_pos; /* of the timer topic's queue: units for what is before exist */
	int64_t master_queue_pos;
	int64_t state_version, timestamp_ms, counter;
	int64_t late_ms;   /* nothing was delivered that is due later, up to when it was written; 0: not known */
};

struct timer_index_config {
	struct disk *disk;
	struct lmi_executor *executor;
	int32_t precision_ms;   /* timerPrecisionMs */
	int64_t log_file_bytes; /* mappedFileSizeTimerLog */
	int32_t half_slots;     /* 0: TIMER_SLOTS.  Tests have smaller wheels, of multiples of 64 */
	void (*on_finding)(void *user, enum lmi_log_level level, const char *text);
	void *user;
};

struct timer_index {
	struct timer_index_config cfg;
	struct work_crew crew;
	uint8_t *slots;         /* NULL before first use */
	uint8_t *dirty;         /* a byte a page of slots: TIMER_PAGE_HELD, TIMER_PAGE_DIRTY */
	bool any_dirty;
	struct lmi_buf tail;    /* timerlog from mem_from on */
	int64_t mem_from, end;  /* timerlog positions */
	bool flushing;
	int error;              /* of the last flush; tried again */
	struct timer_check check; /* as on disk */
	int64_t pending;        /* units in slots, as far as their counters tell */
};

/**
 * Read what is there and mend what a crash left.  Blocks (start-up).
 *
 * @out_why  on failure a sentence, malloc'ed (gives)
 *
 * Returns 0; -LMQ_EUNSUPPORTED for a wheel of another size; -errno; -ENOMEM.
 */
int timer_index_open(struct timer_index *t, const struct timer_index_config *cfg, char **out_why);

/** Let go of everything; nothing is written any more.  Waits for a worker that is at it. */
void timer_index_close(struct timer_index *t);

/** Enter a unit.  0, -ENOMEM. */
int timer_index_put(struct timer_index *t, const struct timer_unit *u);

/** The unit that was entered last.  Blocks (start-up).  0; -LMQ_ENOTFOUND; errors of reading. */
int timer_index_last(const struct timer_index *t, struct timer_unit *out);

/** How many units a slot counts; 0 when it is empty. */
int32_t timer_index_count(const struct timer_index *t, int64_t slot_ms);
bool timer_index_is_empty(const struct timer_index *t, int64_t slot_ms);

/**
 * Read a slot's units, in the order in which they were entered.
 *
 * @done  on the core loop; borrows the units until it returns; err is not 0 when the chain was damaged (what could be read is
 *        given all the same) or not readable
 */
int timer_index_load(struct timer_index *t, int64_t slot_ms,
		     void (*done)(void *arg, const struct timer_unit *units, size_t n, int err), void *arg);

/**
 * Bring everything entered so far to the disk, then the checkpoint.  Does nothing while the last one is at work.
 *
 * @c  read_ms, queue_pos and late_ms are taken
 */
int timer_index_flush(struct timer_index *t, const struct timer_check *c);

/** The same, here.  Blocks (stop). */
int timer_index_flush_now(struct timer_index *t, const struct timer_check *c);

/**
 * The log position of the message that was entered first of all in slots from a time on.
 *
 * @done  on the core loop: INT64_MAX when there is none; err when the unit cannot be read
 */
int timer_index_oldest(struct timer_index *t, int64_t from_ms, void (*done)(void *arg, int64_t log_pos, int err), void *arg);

/** Drop timerlog files whose messages are all before log_pos.  A worker does it. */
void timer_index_trim(struct timer_index *t, int64_t log_pos);

/** How much time the half of a wheel covers: what is due within it, and what was due within it, do not meet. */
static inline int64_t timer_half_ms(const struct timer_index *t)
{
	return (int64_t)t->cfg.half_slots * t->cfg.precision_ms;
}

static inline int64_t timer_slot_of(const struct timer_index *t, int64_t ms)
{
	return ms - ms % t->cfg.precision_ms;
}

/** The 56 bytes of timercheck. */
void timer_check_put(const struct timer_check *c, uint8_t *out);

#endif
