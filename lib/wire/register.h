/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Body of REGISTER_BROKER: a broker's topics, plain JSON or compressed.  Everything decoded borrows from the body or the
 * arena; any thread.  Rule: RegisterBrokerBody, TopicConfigAndMappingSerializeWrapper, TopicConfigSerializeWrapper.
 */
#ifndef LMI_WIRE_REGISTER_H
#define LMI_WIRE_REGISTER_H

#include "wire/data_version.h"
#include "wire/topic_config.h"

#define LMI_REGISTER_INFLATE_MAX (64u << 20) /* bytes that a compressed body may become */
#define LMI_REGISTER_TOPICS_MAX 262144u
#define LMI_REGISTER_FILTER_SERVERS_MAX 1024u

struct lmi_register {
	struct lmi_data_version version;
	struct lmi_topic_config *topics;
	size_t topic_count;
	struct lmi_span *filter_servers;
	size_t filter_server_count;
};

/**
 * Decode a body.
 *
 * @body            may be empty: then no topic, all zeros
 * @compressed      the header's `compressed`
 * @broker_version  the command's version: below LMI_VERSION_3_0_11 a bare TopicConfigSerializeWrapper; from 5.0.0 on
 *                  a compressed body ends with the queue mapping section, which is passed over
 *
 * Returns 0; -LMQ_EMALFORMED (JSON, zlib or lengths); -LMQ_ETOOBIG (inflated bytes, topics or filter servers above their
 * limits); -LMQ_EDEPTH; -ENOMEM.
 */
LMI_API int lmi_register_decode(struct lmi_span body, bool compressed, int32_t broker_version, struct lmi_arena *arena,
				struct lmi_register *out);

/** Append the JSON form. */
LMI_API void lmi_register_put(struct lmi_buf *b, const struct lmi_register *r);

/** Append the compressed form of a 5.x broker.  Returns 0, or -ENOMEM. */
LMI_API int lmi_register_put_compressed(struct lmi_buf *b, const struct lmi_register *r);

#endif
