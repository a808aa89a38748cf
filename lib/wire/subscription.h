/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SubscriptionData: which messages of a topic a consumer group wants.  Spans borrow; any thread.
 * JSON: {"classFilterMode":false,"codeSet":[2598919],"expressionType":"TAG","subString":"TagA","subVersion":123,
 * "tagsSet":["TagA"],"topic":"T"}.  Rule: SubscriptionData, ExpressionType.
 */
#ifndef LMI_WIRE_SUBSCRIPTION_H
#define LMI_WIRE_SUBSCRIPTION_H

#include "wire/json.h"

#define LMI_SUBSCRIPTION_TAGS_MAX 4096u

#define LMI_EXPRESSION_TAG "TAG"
#define LMI_EXPRESSION_SQL92 "SQL92"
#define LMI_SUBSCRIBE_ALL "*"

struct lmi_subscription {
	struct lmi_span topic;
	struct lmi_span expression;      /* subString */
	struct lmi_span expression_type; /* "TAG" when not given */
	int64_t version;                 /* subVersion */
	bool class_filter;               /* classFilterMode */
	struct lmi_span *tags;           /* tagsSet */
	size_t tag_count;
	int32_t *codes;                  /* codeSet: lmi_java_hash of each tag */
	size_t code_count;
};

/**
 * Read the object that is the parser's next value; missing members are empty (TAG, version 0).
 *
 * Returns 0; -LMQ_EMALFORMED; -LMQ_ETOOBIG above LMI_SUBSCRIPTION_TAGS_MAX; -LMQ_EDEPTH; -ENOMEM.
 */
LMI_API int lmi_subscription_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_subscription *out);
LMI_API int lmi_subscription_decode(struct lmi_span text, struct lmi_arena *arena, struct lmi_subscription *out);

/** Write it as the next value.  expression_type with p == NULL writes TAG. */
LMI_API void lmi_subscription_put(struct lmi_json_out *o, const struct lmi_subscription *s);

#endif
