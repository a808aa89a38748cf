/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a message that a consumer could not process: another try, after which delay, or the dead letters.  Pure.
 */
#ifndef LMI_RULES_RETRY_H
#define LMI_RULES_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visibility.h"

#define LMI_RETRY_MAX_TIMES_DEFAULT 16 /* rule: SubscriptionGroupConfig.retryMaxTimes */
#define LMI_RETRY_FIRST_LEVEL 3        /* delay level of the first retry: 10 s */

struct lmi_retry_max {
	int32_t of_group;        /* retryMaxTimes of the group */
	int32_t of_request;      /* maxReconsumeTimes of the header */
	bool in_request;         /* the header carries it */
	int32_t client_version;  /* MQVersion ordinal of the command */
};

/** How many retries a message gets.  Rule: AbstractSendMessageProcessor.consumerSendMsgBack: the header counts from 3.4.9 on. */
LMI_API int32_t lmi_retry_max_times(const struct lmi_retry_max *m);

struct lmi_retry {
	bool dead;           /* to %DLQ%group instead of %RETRY%group */
	int32_t delay_level; /* 0 when dead */
};

/**
 * A consumer sends a message back (code 36).
 *
 * @times        reconsumeTimes of the message so far
 * @delay_level  wanted: 0 leaves it to the broker, below 0 means dead letters at once
 *
 * Rule: AbstractSendMessageProcessor.consumerSendMsgBack.
 */
LMI_API struct lmi_retry lmi_retry_sent_back(int32_t times, int32_t max_times, int32_t delay_level);

/**
 * A client sends to %RETRY%group itself, as ordered consumers do.
 *
 * @times    reconsumeTimes of the header
 * @ordered  the group holds an unexpired queue lock
 *
 * Returns true when the message goes to the dead letters.  Rule: SendMessageProcessor.handleRetryAndDLQ (strictly above).
 */
LMI_API bool lmi_retry_send_is_dead(int32_t times, int32_t max_times, bool ordered);

#endif
