/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of consumer groups: config/subscriptionGroup.json in memory.
 * Owner: the core loop.  Rule: SubscriptionGroupManager.
 */
#ifndef LIGHTMQ_BROKER_STATE_GROUP_TABLE_H
#define LIGHTMQ_BROKER_STATE_GROUP_TABLE_H

#include "base/map.h"
#include "wire/data_version.h"
#include "wire/group_config.h"

#define GROUP_TABLE_MAX 262144u      /* groups; above, none is made any more */
#define GROUP_TEXTS_MAX (256u << 10) /* bytes of one group's policy, subscriptions and attributes together */

struct group_table {
	struct lmi_map map; /* name -> struct lmi_group_config whose spans point behind it */
	struct lmi_data_version version;
	uint8_t *forbidden; /* forbiddenTable as it was read, kept for others; NULL: {} */
	size_t forbidden_bytes;
	bool unsaved;
};

/** A zeroed struct is an empty table. */
void group_table_done(struct group_table *t);

/** Make the groups that every broker has, where they are missing.  0 or -ENOMEM. */
int group_table_make_system(struct group_table *t, int64_t now_ms);

/** The settings, or NULL. */
const struct lmi_group_config *group_table_get(const struct group_table *t, struct lmi_span name);

/**
 * The settings of a group that somebody uses; made with the defaults when missing and allowed.
 *
 * @auto_create  autoCreateSubscriptionGroup; system groups are made in any case
 *
 * Returns NULL when unknown and not made: not allowed, a bad name, table full, no memory.
 * Rule: SubscriptionGroupManager.findSubscriptionGroupConfig.
 */
const struct lmi_group_config *group_table_find(struct group_table *t, struct lmi_span name, bool auto_create,
						int64_t now_ms);

/** Add or replace; copies everything.  0; -LMQ_EFULL; -LMQ_EILLEGAL (no name, texts above GROUP_TEXTS_MAX); -ENOMEM. */
int group_table_put(struct group_table *t, const struct lmi_group_config *g, int64_t now_ms);

/** True when it was there. */
bool group_table_del(struct group_table *t, struct lmi_span name, int64_t now_ms);

/** Take over subscriptionGroup.json.  Errors as topic_table_load. */
int group_table_load(struct group_table *t, struct lmi_span text);
void group_table_save(const struct group_table *t, struct lmi_buf *b);

/** for (size_t i = 0; (group = group_table_next(t, &i));) */
const struct lmi_group_config *group_table_next(const struct group_table *t, size_t *iter);

#endif
