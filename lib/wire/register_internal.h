/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that are register.  Only for the files of lib/wire. */
#ifndef LMI_WIRE_REGISTER_INTERNAL_H
#define LMI_WIRE_REGISTER_INTERNAL_H

#include "wire/register.h"

/* Topics that grow in an arena. */
struct register_topics {
	struct lmi_arena *arena;
	struct lmi_topic_config *list;
	size_t count, cap;
};

/* Returns 0; -LMQ_ETOOBIG above LMI_REGISTER_TOPICS_MAX; -ENOMEM. */
int register_add_topic(struct register_topics *t, const struct lmi_topic_config *topic);

/* Read the array of texts that comes next. */
int register_read_filter_servers(struct lmi_json *j, struct lmi_arena *arena, struct lmi_register *r);

/* Decode the compressed form; topics go to topics, the rest to out.  Errors as lmi_register_decode. */
int register_decode_compressed(struct lmi_span body, struct register_topics *topics, struct lmi_register *out);

#endif
