/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SubscriptionGroupConfig: what a broker knows of one consumer group.  Spans borrow; any thread.  Rule: SubscriptionGroupConfig.
 */
#ifndef LMI_WIRE_GROUP_CONFIG_H
#define LMI_WIRE_GROUP_CONFIG_H

#include "wire/json.h"

struct lmi_group_config {
	struct lmi_span name;
	bool consume_enable;            /* default true */
	bool consume_from_min_enable;   /* true */
	bool consume_broadcast_enable;  /* true */
	bool consume_message_orderly;   /* false */
	bool notify_ids_changed_enable; /* true */
	int32_t retry_queues;           /* 1 */
	int32_t retry_max_times;        /* 16 */
	int32_t consume_timeout_min;    /* 15 */
	int32_t sysflag;                /* 0 */
	int64_t broker_id;              /* 0 */
	int64_t which_broker_when_slow; /* 1 */
	struct lmi_span retry_policy;   /* raw JSON object; p == NULL writes {"type":"CUSTOMIZED"} */
	struct lmi_span subscriptions;  /* raw JSON array subscriptionDataSet; p == NULL: left out */
	struct lmi_span attributes;     /* raw JSON object; p == NULL writes {} */
};

/** The defaults above. */
LMI_API void lmi_group_config_init(struct lmi_group_config *g, struct lmi_span name);

/**
 * Read the object that is the parser's next value; missing members keep the defaults, unknown ones are passed over.
 *
 * Returns 0; -LMQ_EMALFORMED; -LMQ_EDEPTH; -ENOMEM.
 */
LMI_API int lmi_group_config_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_group_config *out);
LMI_API int lmi_group_config_decode(struct lmi_span text, struct lmi_arena *arena, struct lmi_group_config *out);

/** Write it as the next value, members in fastjson's order. */
LMI_API void lmi_group_config_put(struct lmi_json_out *o, const struct lmi_group_config *g);

#endif
