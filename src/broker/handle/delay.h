/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delayed delivery by level: a message is put off into SCHEDULE_TOPIC_XXXX, and put where it belongs when its time has come.
 * Rule: HookUtils.transformDelayLevelMessage, ScheduleMessageService.messageTimeUp.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_DELAY_H
#define LIGHTMQ_BROKER_HANDLE_DELAY_H

#include "broker/handle/handle.h"

/** The level that properties ask for; 0: none, or no number. */
int32_t delay_level_of(struct lmi_span props);

/**
 * Have a message go to the schedule topic instead: where it belongs is kept in REAL_TOPIC and REAL_QID.
 *
 * @level  above 0; the highest there is counts for higher ones
 * @props  the message's properties being put together, DELAY among them; m->props is set to it
 * @m      topic and queue_id say where it belongs, and are replaced
 */
void delay_put_off(const struct handle *h, int32_t level, struct lmi_buf *props, struct store_message *m);

/** Before a message that was put off is stored: make its topic again when it went away, as far as topics are made by themselves. */
void delay_need_topic(struct handle *h, struct lmi_span name);

/**
 * Store a record of the schedule topic again, where it belongs.  A topic that went away meanwhile is made again when topics
 * are made by themselves.
 *
 * Returns 0; -LMQ_EILLEGAL when it does not say where it belongs, or may not go there; errors of store_append.
 */
int delay_deliver(struct handle *h, const struct lmi_record *rec);

#endif
