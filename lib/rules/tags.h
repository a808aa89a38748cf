/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tag expressions, `TagA || TagB` or `*`, and how a broker matches them by hash codes.  Pure.
 * Rule: FilterAPI.buildSubscriptionData, ExpressionMessageFilter.isMatchedByConsumeQueue.
 */
#ifndef LMI_RULES_TAGS_H
#define LMI_RULES_TAGS_H

#include "base/arena.h"
#include "wire/subscription.h"

/** True for "TAG", and for an absent or empty type, which means the same.  Rule: ExpressionType.isTagType. */
LMI_API bool lmi_tags_is_tag_type(struct lmi_span expression_type);

/** True when the expression wants every message: absent, empty or `*`. */
LMI_API bool lmi_tags_is_all(struct lmi_span expression);

/**
 * Take an expression apart and set tags, codes and their counts in a subscription.
 *
 * @expression  borrowed by the tags
 * @arena       holds the two arrays
 * @out         only tags, tag_count, codes and code_count are touched; all empty when lmi_tags_is_all
 *
 * Returns 0; -LMQ_EILLEGAL when it is made of separators with nothing at all between them (blanks between
 * them make an expression that matches nothing, for FilterAPI too); -LMQ_ETOOBIG above LMI_SUBSCRIPTION_TAGS_MAX; -ENOMEM.
 */
LMI_API int lmi_tags_parse(struct lmi_span expression, struct lmi_arena *arena, struct lmi_subscription *out);

/** What a broker keeps of a TAG subscription to match queue entries with. */
struct lmi_tags_filter {
	bool all;
	const int32_t *codes;
	size_t count;
};

/** The filter of a subscription; borrows its codes. */
LMI_API struct lmi_tags_filter lmi_tags_filter_of(const struct lmi_subscription *s);

/** Whether a queue entry may be wanted.  Equal hash codes are enough: the client compares the tags themselves. */
LMI_API bool lmi_tags_match(const struct lmi_tags_filter *f, int64_t tags_code);

#endif
