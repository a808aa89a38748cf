/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The KV configuration: namespace -> key -> value, kept in kvConfig.json as RocketMQ writes it.
 * Owner: the core loop; saving is the caller's (it blocks).  Rule: KVConfigManager.
 */
#ifndef LIGHTMQ_NAMESRV_KV_TABLE_H
#define LIGHTMQ_NAMESRV_KV_TABLE_H

#include "base/map.h"
#include "wire/topic_list.h"

struct kv_table {
	struct lmi_map spaces; /* namespace -> struct lmi_map of malloc'ed text */
	size_t entries;
	size_t bytes; /* of all texts, and KV_OVERHEAD for each */
};

#define KV_ENTRIES_MAX 100000u
#define KV_TEXT_MAX 65536u
#define KV_OVERHEAD 64u          /* counted for each entry and each namespace */
#define KV_BYTES_MAX (10u << 20) /* counted in all: whatever must be escaped, the file stays below what is read at a start */

void kv_table_done(struct kv_table *t);
/** p == NULL when missing; borrowed until the table changes. */
struct lmi_span kv_table_get(const struct kv_table *t, struct lmi_span space, struct lmi_span key);
/** 0; -LMQ_EFULL; -LMQ_ETOOBIG; -ENOMEM. */
int kv_table_put(struct kv_table *t, struct lmi_span space, struct lmi_span key, struct lmi_span value);
void kv_table_del(struct kv_table *t, struct lmi_span space, struct lmi_span key);
/** All of a namespace into arena arrays; false when it does not exist. */
bool kv_table_list(const struct kv_table *t, struct lmi_span space, struct lmi_arena *a, struct lmi_kv_table *out);
/** The file's text, and the reverse (0, -LMQ_EMALFORMED, -ENOMEM …). */
void kv_table_encode(const struct kv_table *t, struct lmi_buf *b);
int kv_table_decode(struct kv_table *t, struct lmi_span text, struct lmi_arena *a);

#endif
