/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TopicConfig: what a broker knows of one topic.  Spans borrow; any thread.
 * JSON: {"attributes":{},"order":false,"perm":6,"readQueueNums":4,"topicFilterType":"SINGLE_TAG","topicName":"T",
 * "topicSysFlag":0,"writeQueueNums":4}.  Rule: TopicConfig, PermName, TopicSysFlag.
 */
#ifndef LMI_WIRE_TOPIC_CONFIG_H
#define LMI_WIRE_TOPIC_CONFIG_H

#include "wire/json.h"

enum {
	LMI_PERM_INHERIT = 1,
	LMI_PERM_WRITE = 2,
	LMI_PERM_READ = 4,
	LMI_PERM_PRIORITY = 8
};

enum { LMI_TOPIC_SYSFLAG_UNIT = 1, LMI_TOPIC_SYSFLAG_UNIT_SUB = 2 };

enum lmi_topic_filter_type { LMI_TOPIC_FILTER_SINGLE_TAG = 0, LMI_TOPIC_FILTER_MULTI_TAG = 1 };

#define LMI_TOPIC_QUEUES_DEFAULT 16 /* rule: TopicConfig.defaultReadQueueNums, …Write… */

struct lmi_topic_config {
	struct lmi_span name;
	int32_t read_queues, write_queues;
	int32_t perm;    /* LMI_PERM_… */
	int32_t sysflag; /* LMI_TOPIC_SYSFLAG_… */
	enum lmi_topic_filter_type filter;
	bool order;
	struct lmi_span attributes; /* raw JSON object, "{}" when none; p == NULL writes {} */
};

/** The defaults of a new TopicConfig(name): 16 queues, perm 6, SINGLE_TAG. */
LMI_API void lmi_topic_config_init(struct lmi_topic_config *t, struct lmi_span name);

/**
 * Read the object that is the parser's next value; missing members keep the defaults of init, unknown ones are passed over.
 *
 * @arena  holds names that were written with escapes
 *
 * Returns 0; -LMQ_EMALFORMED (also for an unknown filter type); -LMQ_EDEPTH; -ENOMEM.
 */
LMI_API int lmi_topic_config_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_topic_config *out);

/** Decode a text that is such an object.  Errors as above. */
LMI_API int lmi_topic_config_decode(struct lmi_span text, struct lmi_arena *arena, struct lmi_topic_config *out);

/** Write it as the next value, members in fastjson's order. */
LMI_API void lmi_topic_config_put(struct lmi_json_out *o, const struct lmi_topic_config *t);

/**
 * The text form of compressed registrations: `T 4 4 6 SINGLE_TAG {}`.
 *
 * Decoding borrows from @text.  Fewer than five words are refused; the sixth may be missing.
 * Returns 0; -LMQ_EMALFORMED.  Rule: TopicConfig.encode, TopicConfig.decode.
 */
LMI_API int lmi_topic_config_decode_line(struct lmi_span text, struct lmi_topic_config *out);
LMI_API void lmi_topic_config_put_line(struct lmi_buf *b, const struct lmi_topic_config *t);

/**
 * Walk the attributes, whose values are strings: {"message.type":"FIFO"}.
 *
 * @each  returns 0 to go on
 *
 * Returns 0, what @each returned, or the errors of lmi_json_next and -ENOMEM.
 */
LMI_API int lmi_topic_config_each_attribute(struct lmi_span attributes, struct lmi_arena *arena,
					    int (*each)(void *ctx, struct lmi_span key, struct lmi_span value), void *ctx);

#endif
