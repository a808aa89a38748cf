/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages for a stated time.  They lie in the topic rmq_sys_wheel_timer; from there each gets a unit in the store's timer
 * index, and when its time has come its message is put to its real topic.
 * Owner: the core loop.  Rule: TimerMessageStore.
 *
 * On the way: a record of the timer topic is read as soon as it is visible; one that is due soon waits in the heap; its unit
 * is entered once the record is synced, so that no unit can lead to bytes that a power cut takes back.  Slots are read into the
 * heap a slot ahead of the clock.  A delivered message carries a log position within its timer record in the field
 * preparedTransactionOffset: after a crash the ends of the real queues say what was delivered since the last checkpoint.
 * For that to be enough, no unit is in a later slot than its message was delivered in: what was delivered before its unit was
 * entered gets one in the slot of its delivery.
 */
#ifndef LIGHTMQ_BROKER_DUTY_TIMER_DUTY_H
#define LIGHTMQ_BROKER_DUTY_TIMER_DUTY_H

#include "broker/handle/handle.h"
#include "broker/state/timer_heap.h"
#include "store/timer_index.h"

#define TIMER_TURN_MAX 2000          /* records entered in one run */
#define TIMER_DELIVER_MAX 500        /* messages delivered in one turn: who sends meanwhile waits for them */
#define TIMER_READS_MAX 64           /* messages that a worker reads ahead */
#define TIMER_FLUSH_MS 1000          /* rule: timerFlushIntervalMs */
#define TIMER_TRIM_MS 30000
#define TIMER_RETRY_MS 1000          /* after the store has refused a message */
#define TIMER_WAITING_MAX 1000000u   /* records whose sync is waited for */
#define TIMER_DELIVERED_SLACK_MS 10000 /* how far before the checkpoint a delivered message may have been stored */
#define TIMER_DELIVERED_OLDER 256      /* older ones in a row that end the look at a queue: the clock may have been back for a while */

/* Read, not entered yet. */
struct timer_waiting {
	struct timer_unit unit;
	int64_t queue_pos, log_end; /* what has to be synced before */
	bool in_heap;
	bool over; /* delivered meanwhile, or before the start: its unit goes to a slot that is not read again */
};

struct timer_duty {
	struct handle *handle;
	struct timer_index *index;
	struct timer_heap heap;
	int64_t read_ms;        /* the slots before are in the heap or delivered */
	int64_t floor_ms;       /* the slots before were over at the start: nothing is entered there */
	bool loading;           /* of slot read_ms */
	bool reading, failing, ready;
	bool arrived;           /* the timer topic has grown */
	int64_t last_pos, last_due_ms; /* delivered last */
	int64_t queue_read;     /* next record of the timer topic to be read */
	int64_t queue_entered;  /* next one to be entered */
	struct timer_waiting *waiting; /* ring */
	size_t waiting_at, waiting_count, waiting_cap;
	int64_t not_before_ms;  /* monotonic: after a refusal */
	int64_t next_flush_ms, next_trim_ms;
	struct timer_check wish; /* the checkpoint that holds once the log is synced up to wish_end */
	int64_t wish_end;
	struct lmi_map early;   /* log positions in the heap whose units lie in slots that are still to be read */
	struct lmi_map deleted; /* topic+uniq -> due, as text */
	struct store_pin pin;   /* what is pending stays in the log */
	int64_t pin_pos, pin_new; /* pin_new: of what came while it was looked up */
	bool pinning;
	/* what a crash may have left delivered */
	int64_t boot_ms, boot_queue_end; /* boot_ms: what is due later was not delivered before */
	int64_t late_ms;      /* when by the clock something was delivered last, at its latest */
	int64_t scan_from_ms; /* what was stored earlier does not matter */
	int64_t stop_ms; /* the first slot that the stop leaves open */
	struct lmi_map scanned; /* topic and queue */
	struct lmi_map delivered; /* log positions within timer records */
};

void timer_duty_init(struct timer_duty *d, struct handle *h, struct timer_index *index);

/** After the store and the index were opened. */
int timer_duty_start(struct timer_duty *d);

/** Do what is due; every CORE_TICK_MS.  A turn's end must follow. */
void timer_duty_run(struct timer_duty *d);

/** At a turn's end: what has arrived and what is due by now.  A turn's end of the store must follow. */
void timer_duty_turn(struct timer_duty *d);

/** Milliseconds until something is due; -1: nothing is known to be. */
int64_t timer_duty_next_ms(const struct timer_duty *d);

/** Before the store is closed: what is due in a slot that is partly delivered is put again, so that the slot is over. */
void timer_duty_stop(struct timer_duty *d);
/** After the store was closed cleanly: save.  Blocks. */
int timer_duty_save(struct timer_duty *d);
void timer_duty_done(struct timer_duty *d);

#endif
