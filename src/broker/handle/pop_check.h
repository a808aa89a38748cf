/* SPDX-License-Identifier: Apache-2.0 */
/* What every request of POP is checked for, and its receipts. */
#ifndef LIGHTMQ_BROKER_HANDLE_POP_CHECK_H
#define LIGHTMQ_BROKER_HANDLE_POP_CHECK_H

#include "broker/handle/handle.h"
#include "rules/name.h"

#define POP_REVIVE_QUEUES 8 /* that receipts name; rule: reviveQueueNum.  Here they mean nothing more */
#define POP_WAIT_EARLY_MS 50 /* before its end a request is answered; rule: PopRequest.isTimeout */
#define POP_LATE_MS 500     /* so long after its end a request is not tried; rule: PopMessageRequestHeader.isTimeoutTooMuch */

/* Who asks, for what. */
struct pop_asked {
	struct lmi_span group, topic;
	int32_t queue_id; /* below 0: any */
	/* found */
	const struct lmi_group_config *group_config;
	const struct topic *topic_config;
};

/**
 * Whether the topic can be read by the group.  False: the request was answered.
 * Rule: PopMessageProcessor, PeekMessageProcessor, NotificationProcessor, PollingInfoProcessor, in their order.
 */
bool pop_check(struct handle *h, const struct request *r, struct pop_asked *a);
/** The first check of them: the broker's own permission. */
bool pop_check_broker(struct handle *h, const struct request *r);

/** How long a request may still wait; 0 or less: its time is over.  @born_ms is the client's clock. */
int64_t pop_wait_left_ms(const struct handle *h, int64_t born_ms, int64_t poll_ms);

/** The invisible time that is granted. */
int64_t pop_invisible_ms(int64_t asked_ms);

/* A receipt: extraInfo of a request, POP_CK of a message.  Rule: ExtraInfoUtil. */
struct pop_receipt {
	int64_t start_pos, pop_ms, invisible_ms;
	int32_t revive_qid;
};

/** Read one.  False: the request was answered. */
bool pop_receipt_read(struct handle *h, const struct request *r, struct lmi_span text, struct pop_receipt *out);

static inline bool pop_receipt_is_order(const struct pop_receipt *c)
{
	return c->revive_qid == POP_ORDER_REVIVE_QUEUE;
}

/** How receipts call a topic: 0, or 1 and 2 for POP retry topics with the first and second kind of name. */
static inline int pop_retry_flag(struct lmi_span topic)
{
	return lmi_name_is_pop_retry_v2(topic) ? 2 : lmi_name_is_retry(topic);
}

/* Where acknowledgements go. */
struct pop_place {
	struct offset_at at;
	struct store_bounds bounds;
};

/** Topic and queue of an acknowledgement; bounds are set.  False: the request was answered.  Rule: AckMessageProcessor. */
bool pop_place_check(struct handle *h, const struct request *r, struct pop_place *p);

/**
 * Whether a message can lie at the position.
 *
 * @last_pos  the highest that is taken: RocketMQ lets an acknowledgement name the end of the queue, a new time not
 *
 * False: the request was answered.  Rule: AckMessageProcessor, ChangeInvisibleTimeProcessor.
 */
bool pop_position_check(struct handle *h, const struct request *r, const struct pop_place *p, int64_t pos, int64_t last_pos);

#endif
