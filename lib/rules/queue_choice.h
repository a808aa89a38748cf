/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which queue a message goes to when its sender has not said.  Pure but for the chance handed in.
 */
#ifndef LMI_RULES_QUEUE_CHOICE_H
#define LMI_RULES_QUEUE_CHOICE_H

#include "base/bytes.h"
#include "base/rng.h"

/** Any of queues 0 … queues - 1; 0 when there is none.  Rule: AbstractSendMessageProcessor.randomQueueId. */
LMI_API int32_t lmi_queue_choice_any(struct lmi_rng *r, int32_t queues);

/** The same queue for the same key: |hashCode| mod queues; 0 when there is none.  Rule: SelectMessageQueueByHash. */
LMI_API int32_t lmi_queue_choice_by_key(struct lmi_span key, int32_t queues);
/** The same when the key's hashCode is known. */
LMI_API int32_t lmi_queue_choice_by_hash(int32_t hash, int32_t queues);

#endif
