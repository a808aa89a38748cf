/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small bodies that are a list or a table of texts.  Decoded values borrow from the body or the arena; any thread.
 */
#ifndef LMI_WIRE_TOPIC_LIST_H
#define LMI_WIRE_TOPIC_LIST_H

#include "wire/route.h"

#define LMI_TEXT_LIST_MAX 262144u /* texts in one list, entries in one table */

/* Members by which the lists go. */
#define LMI_LIST_TOPICS "topicList"         /* TopicList */
#define LMI_LIST_GROUPS "groupList"         /* GroupList */
#define LMI_LIST_CONSUMERS "consumerIdList" /* GetConsumerListByGroupResponseBody */

struct lmi_text_list {
	struct lmi_span *items;
	size_t count;
	struct lmi_span broker_addr; /* only of TopicList; p == NULL: left out */
};

/**
 * Decode {"<member>":["…",…]}.  A missing or null member is an empty list.
 *
 * Returns 0; -LMQ_EMALFORMED; -LMQ_ETOOBIG above LMI_TEXT_LIST_MAX; -LMQ_EDEPTH; -ENOMEM.
 */
LMI_API int lmi_text_list_decode(struct lmi_span body, const char *member, struct lmi_arena *arena,
				 struct lmi_text_list *out);
LMI_API void lmi_text_list_put(struct lmi_buf *b, const char *member, const struct lmi_text_list *l);

/* Read the array of texts that is the parser's next value (null: empty).  Errors as above, -LMQ_ETOOBIG above max. */
LMI_API int lmi_text_list_read(struct lmi_json *j, size_t max, struct lmi_arena *arena, struct lmi_text_list *out);
/* Write an array of texts as the next value. */
LMI_API void lmi_text_list_put_items(struct lmi_json_out *o, const struct lmi_span *items, size_t count);

/* KVTable: {"table":{"k":"v"}} */
struct lmi_kv {
	struct lmi_span key, value;
};

struct lmi_kv_table {
	struct lmi_kv *items;
	size_t count;
};

/** Errors as lmi_text_list_decode; entries whose value is null are left out. */
LMI_API int lmi_kv_table_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_kv_table *out);
LMI_API void lmi_kv_table_put(struct lmi_buf *b, const struct lmi_kv_table *t);

/* BrokerMemberGroup: {"brokerMemberGroup":{"brokerAddrs":{0:"x:1"},"brokerName":"b","cluster":"C"}}.  Rule: GetBrokerMemberGroupResponseBody. */
LMI_API int lmi_member_group_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_route_broker *out);
LMI_API void lmi_member_group_put(struct lmi_buf *b, const struct lmi_route_broker *g);

#endif
