/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pull in hand, and whether it is allowed.  Rule: PullMessageProcessor.processRequest.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_PULL_CHECK_H
#define LIGHTMQ_BROKER_HANDLE_PULL_CHECK_H

#include "broker/handle/handle.h"

#define PULL_FLAG_SUBSCRIPTION 4 /* the request brings its subscription; rule: PullSysFlag */

struct pull {
	/* of the request */
	struct peer *peer;
	struct lmi_buf *out;
	int32_t code, opaque;
	uint8_t serialize;
	struct lmi_span group, topic, subscription, expression_type;
	int32_t queue_id, max_messages, max_bytes, sysflag;
	int64_t queue_pos, sub_version;
	/* found by the check */
	bool checked;    /* it passed */
	bool has_filter; /* filter is set already */
	struct lmi_tags_filter filter;
	const struct lmi_group_config *group_config;
	const struct topic *topic_config;
};

/**
 * Check a pull and find its filter.
 *
 * Returns true when it is allowed; false when it was answered with the reason.
 */
bool pull_check(struct handle *h, struct pull *p);

#endif
