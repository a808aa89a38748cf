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
	int64_t wait_until_ms; /* a hold's deadline; 0: it was not held */
	/* found by the check */
	bool checked;    /* it passed */
	bool has_filter; /* filter is set already */
	struct lmi_tags_filter filter;
	struct filter *sql;  /* borrowed, or NULL: the tags alone count */
	struct filter *made; /* compiled for this pull: see pull_done */
	const struct lmi_group_config *group_config;
	const struct topic *topic_config;
};

/**
 * Check a pull and find its filter.
 *
 * Returns true when it is allowed; false when it was answered with the reason.
 */
bool pull_check(struct handle *h, struct pull *p);

/** What a check made goes. */
static inline void pull_done(struct pull *p)
{
	filter_unref(p->made);
}

/** Send the pull to where an operator has reset its queue.  True when it was answered so. */
bool pull_answer_reset(struct handle *h, const struct pull *p);

/** Whether this position lies before the one that is committed, which itself still is one of the queue. */
bool offset_goes_back(struct handle *h, const struct offset_at *at, int64_t queue_pos);

#endif
