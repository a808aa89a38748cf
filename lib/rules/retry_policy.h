/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A consumer group's own retry delays, groupRetryPolicy of its settings.  Pure.
 * Rule: GroupRetryPolicy, CustomizedRetryPolicy, ExponentialRetryPolicy.
 */
#ifndef LMI_RULES_RETRY_POLICY_H
#define LMI_RULES_RETRY_POLICY_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/visibility.h"

#define LMI_RETRY_POLICY_STEPS_MAX 64u /* more are passed over */

enum lmi_retry_policy_kind {
	LMI_RETRY_BY_LEVEL = 0, /* none of its own: delay level 3 + times */
	LMI_RETRY_CUSTOMIZED,
	LMI_RETRY_EXPONENTIAL
};

struct lmi_retry_policy {
	enum lmi_retry_policy_kind kind;
	int64_t initial_ms, max_ms, multiplier; /* exponential: 5 s, 2 h, 2 when not said */
	size_t count;
	int64_t next_ms[LMI_RETRY_POLICY_STEPS_MAX]; /* customized: the third is for the first retry */
};

/**
 * Read {"type":"CUSTOMIZED","customizedRetryPolicy":{"next":[1000,…]}} or
 * {"type":"EXPONENTIAL","exponentialRetryPolicy":{"initial":5000,"max":7200000,"multiplier":2}}.
 *
 * @json  NULL span, or a type without its object: LMI_RETRY_BY_LEVEL
 *
 * Returns 0; -LMQ_EMALFORMED, -LMQ_EDEPTH.
 */
LMI_API int lmi_retry_policy_read(struct lmi_span json, struct lmi_retry_policy *out);

/** How long the next try waits.  @times  tries so far.  0 for LMI_RETRY_BY_LEVEL. */
LMI_API int64_t lmi_retry_policy_ms(const struct lmi_retry_policy *p, int32_t times);

#endif
