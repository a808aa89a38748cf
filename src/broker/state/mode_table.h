/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a group consumes a topic, by pulling or by popping: config/messageRequestMode.json in memory.
 * Owner: the core loop.  Rule: MessageRequestModeManager.
 */
#ifndef LIGHTMQ_BROKER_STATE_MODE_TABLE_H
#define LIGHTMQ_BROKER_STATE_MODE_TABLE_H

#include "base/map.h"
#include "wire/json.h"

#define MODE_TABLE_MAX 262144u /* topic and group pairs; above, none is set any more */

struct mode {
	bool pop;
	int32_t share;             /* popShareQueueNum */
	uint32_t topic_bytes, group_bytes;
	char names[];              /* topic, then group */
};

struct mode_table {
	struct lmi_map map; /* topic 0 group -> struct mode */
	bool unsaved;
};

/** A zeroed struct is an empty table. */
void mode_table_done(struct mode_table *t);

/** What was set for a topic and group, or NULL. */
const struct mode *mode_table_get(const struct mode_table *t, struct lmi_span topic, struct lmi_span group);

/** Returns 0; -LMQ_EFULL above MODE_TABLE_MAX; -LMQ_EILLEGAL for names too long or empty; -ENOMEM. */
int mode_table_put(struct mode_table *t, struct lmi_span topic, struct lmi_span group, bool pop, int32_t share);

/** The body of SET_MESSAGE_REQUEST_MODE, and an entry of the file. */
struct mode_request {
	struct lmi_span topic, group, mode;
	int32_t share;
};

/** Read one as the parser's next value.  0; errors of lmi_json_next; -ENOMEM. */
int mode_request_read(struct lmi_json *j, struct lmi_arena *arena, struct mode_request *out);

/** Take over messageRequestMode.json.  0; -LMQ_EMALFORMED, -LMQ_EDEPTH, -ENOMEM: drop the table then. */
int mode_table_load(struct mode_table *t, struct lmi_span text);

/** Append messageRequestMode.json as it is read by RocketMQ. */
void mode_table_save(const struct mode_table *t, struct lmi_buf *b);

#endif
