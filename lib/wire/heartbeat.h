/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Body of HEART_BEAT: which groups a client is a member of.  Decoded values borrow from the body or the arena; any thread.
 * Rule: HeartbeatData, ConsumerData, ProducerData.
 */
#ifndef LMI_WIRE_HEARTBEAT_H
#define LMI_WIRE_HEARTBEAT_H

#include "wire/subscription.h"

#define LMI_HEARTBEAT_GROUPS_MAX 1024u        /* of each kind, in one heartbeat */
#define LMI_HEARTBEAT_SUBSCRIPTIONS_MAX 4096u /* in one group */

enum lmi_consume_type { LMI_CONSUME_ACTIVELY = 0, LMI_CONSUME_PASSIVELY = 1, LMI_CONSUME_POP = 2 };

enum lmi_message_model { LMI_MODEL_BROADCASTING = 0, LMI_MODEL_CLUSTERING = 1 };

enum lmi_consume_from {
	LMI_CONSUME_FROM_LAST_OFFSET = 0,
	LMI_CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST = 1,
	LMI_CONSUME_FROM_MIN_OFFSET = 2,
	LMI_CONSUME_FROM_MAX_OFFSET = 3,
	LMI_CONSUME_FROM_FIRST_OFFSET = 4,
	LMI_CONSUME_FROM_TIMESTAMP = 5
};

struct lmi_heartbeat_consumer {
	struct lmi_span group;
	enum lmi_consume_type type;
	enum lmi_message_model model;
	enum lmi_consume_from from;
	bool unit_mode;
	struct lmi_subscription *subscriptions;
	size_t subscription_count;
};

struct lmi_heartbeat {
	struct lmi_span client_id;
	struct lmi_span *producer_groups;
	size_t producer_count;
	struct lmi_heartbeat_consumer *consumers;
	size_t consumer_count;
	int32_t fingerprint;
	bool without_sub;
};

/**
 * Decode a heartbeat.  consumeType, messageModel and consumeFromWhere are taken as names or as ordinals; numbers may come
 * as text.  Missing ones are CONSUME_PASSIVELY, CLUSTERING, CONSUME_FROM_LAST_OFFSET.  Groups without a name are left out.
 *
 * Returns 0; -LMQ_EMALFORMED (also for a missing clientID or an unknown name or ordinal); -LMQ_ETOOBIG above the limits;
 * -LMQ_EDEPTH; -ENOMEM.
 */
LMI_API int lmi_heartbeat_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_heartbeat *out);

/** Append it. */
LMI_API void lmi_heartbeat_put(struct lmi_buf *b, const struct lmi_heartbeat *h);

/* One ConsumerData as the next value, for those who build a heartbeat group by group. */
LMI_API void lmi_heartbeat_consumer_put(struct lmi_json_out *o, const struct lmi_heartbeat_consumer *c);

/* Names for answers such as ConsumerConnection. */
LMI_API const char *lmi_consume_type_name(enum lmi_consume_type t);
LMI_API const char *lmi_message_model_name(enum lmi_message_model m);
LMI_API const char *lmi_consume_from_name(enum lmi_consume_from f);

#endif
