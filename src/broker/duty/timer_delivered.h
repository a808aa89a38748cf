/* SPDX-License-Identifier: Apache-2.0 */
/* What was done with timers between the last checkpoint and a crash. */
#ifndef LIGHTMQ_BROKER_DUTY_TIMER_DELIVERED_H
#define LIGHTMQ_BROKER_DUTY_TIMER_DELIVERED_H

#include "broker/duty/timer_duty.h"
#include "broker/handle/timer.h"

/** The first record of the timer topic without a unit.  Rule: TimerMessageStore.reviseQueueOffset. */
int64_t timer_delivered_queue_pos(struct timer_duty *d, int64_t checkpoint_pos, const struct store_bounds *b);

/**
 * Whether the message is in its real queue already.  The queue's end is read once, as far back as the checkpoint; blocks for
 * that, and is asked only for what was due before the start.
 */
bool timer_was_delivered(struct timer_duty *d, const struct timer_record *r);

/** The same of the timer topic: whether it is in there once more. */
bool timer_was_rolled(struct timer_duty *d, const struct timer_record *r);

/** Nothing will be asked any more. */
void timer_delivered_forget(struct timer_duty *d);

#endif
