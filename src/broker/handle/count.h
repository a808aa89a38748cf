/* SPDX-License-Identifier: Apache-2.0 */
/* What went in and out is counted here, for the broker, its topics and its groups. */
#ifndef LIGHTMQ_BROKER_HANDLE_COUNT_H
#define LIGHTMQ_BROKER_HANDLE_COUNT_H

#include "broker/handle/handle.h"

/** Messages were stored.  Rule: BrokerStatsManager.incTopicPutNums, incTopicPutSize. */
void count_put(struct handle *h, struct lmi_span topic, int64_t messages, int64_t bytes);
/** A group was given messages.  Rule: incGroupGetNums, incGroupGetSize. */
void count_got(struct handle *h, struct lmi_span topic, struct lmi_span group, int64_t messages, int64_t bytes);
/** A group gave a message back.  Rule: incSendBackNums. */
void count_back(struct handle *h, struct lmi_span topic, struct lmi_span group);

/** Counters for stat_history. */
void count_values(const struct handle *h, int64_t values[STAT_COUNTERS]);

/** Messages a second over the last minute: of a topic, put; of a group on it, got. */
double count_topic_rate(const struct handle *h, struct lmi_span topic);
double count_group_rate(const struct handle *h, struct lmi_span topic, struct lmi_span group);

#endif
