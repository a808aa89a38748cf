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
	struct lmi_map forbidden; /* group -> struct group_forbidden */
	size_t forbidden_count;   /* pairs of group and topic */
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

/* ---- group_forbidden.c: topics that a group may not read.  Rule: SubscriptionGroupManager.forbiddenTable ---- */

#define GROUP_FORBIDDEN_READ 4    /* rule: 1 << PermName.INDEX_PERM_READ */
#define GROUP_FORBIDDEN_MAX 65536u /* pairs of group and topic */

/** The bits of a group and a topic; 0: nothing is forbidden. */
int32_t group_forbidden_get(const struct group_table *t, struct lmi_span group, struct lmi_span topic);

/** Set them; 0 and below forgets the pair.  0; -LMQ_EFULL; -LMQ_EILLEGAL (an empty or overlong name); -ENOMEM. */
int group_forbidden_set(struct group_table *t, struct lmi_span group, struct lmi_span topic, int32_t bits, int64_t now_ms);

/** Read {"group":{"topic":4}} as the parser's next value; write it.  For load and save. */
int group_forbidden_read(struct group_table *t, struct lmi_json *j);
void group_forbidden_put(const struct group_table *t, struct lmi_json_out *o);
void group_forbidden_done(struct group_table *t);

/** Take over subscriptionGroup.json.  Errors as topic_table_load. */
int group_table_load(struct group_table *t, struct lmi_span text);
void group_table_save(const struct group_table *t, struct lmi_buf *b);

/** for (size_t i = 0; (group = group_table_next(t, &i));) */
const struct lmi_group_config *group_table_next(const struct group_table *t, size_t *iter);

#endif
