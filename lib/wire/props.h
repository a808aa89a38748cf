/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message properties: key 0x01 value 0x02 …  Rule: MessageDecoder.messageProperties2String and string2messageProperties.
 */
#ifndef LMI_WIRE_PROPS_H
#define LMI_WIRE_PROPS_H

#include "base/buf.h"
#include "base/error.h"

#define LMI_PROPS_MAX 32767u /* bytes, encoded */

/* Reserved names, MessageConst. */
#define LMI_PROP_KEYS "KEYS"
#define LMI_PROP_TAGS "TAGS"
#define LMI_PROP_WAIT "WAIT"
#define LMI_PROP_DELAY "DELAY"
#define LMI_PROP_RETRY_TOPIC "RETRY_TOPIC"
#define LMI_PROP_REAL_TOPIC "REAL_TOPIC"
#define LMI_PROP_REAL_QID "REAL_QID"
#define LMI_PROP_TRAN_MSG "TRAN_MSG"
#define LMI_PROP_PGROUP "PGROUP"
#define LMI_PROP_UNIQ_KEY "UNIQ_KEY"
#define LMI_PROP_ORIGIN_MESSAGE_ID "ORIGIN_MESSAGE_ID"
#define LMI_PROP_MSG_REGION "MSG_REGION"
#define LMI_PROP_TRACE_ON "TRACE_ON"
#define LMI_PROP_CLUSTER "CLUSTER"
#define LMI_PROP_POP_CK "POP_CK"
#define LMI_PROP_FIRST_POP_TIME "1ST_POP_TIME"
#define LMI_PROP_ORIGIN_GROUP "ORIGIN_GROUP" /* whose retry it is */
#define LMI_PROP_DLQ_ORIGIN_TOPIC "DLQ_ORIGIN_TOPIC"
#define LMI_PROP_DLQ_ORIGIN_MESSAGE_ID "DLQ_ORIGIN_MESSAGE_ID"

/**
 * Walk the entries: for (size_t at = 0; lmi_props_next(props, &at, &k, &v);).
 * Entries that Java drops (shorter than 3 bytes, no separator, empty key or value) are skipped.
 */
LMI_API bool lmi_props_next(struct lmi_span props, size_t *at, struct lmi_span *out_key, struct lmi_span *out_value);

/** The value of a key, the last one winning as in a Java map; p == NULL when absent. */
LMI_API struct lmi_span lmi_props_get(struct lmi_span props, struct lmi_span key);

/** Append one entry to a buffer of properties text.  Returns 0, or -LMQ_EILLEGAL when key or value holds 0x01 or 0x02, or is empty. */
LMI_API int lmi_props_put(struct lmi_buf *b, struct lmi_span key, struct lmi_span value);

/**
 * Copy @props to @b, leaving out the keys named, so that they can be put anew.
 *
 * @drop  NULL-terminated list of keys
 */
LMI_API void lmi_props_copy_without(struct lmi_buf *b, struct lmi_span props, const char *const *drop);

/** Java's String.hashCode over the UTF-16 form of UTF-8 text; malformed UTF-8 counts as U+FFFD.  Rule: tagsCode in consume queues. */
LMI_API int32_t lmi_java_hash(struct lmi_span utf8);
/** The hash of a text of which @before is the hash of the beginning, which ends at a character's edge. */
LMI_API int32_t lmi_java_hash_on(int32_t before, struct lmi_span utf8);

/*
 * Body of SEND_BATCH_MESSAGE: inner messages one after the other.  Rule: MessageDecoder.encodeMessage.
 */
struct lmi_batch_item {
	int32_t flag;
	struct lmi_span body, props;
};

/**
 * Take the next inner message.
 *
 * Returns 1 with *out set and *at moved; 0 at the exact end; -LMQ_EMALFORMED when sizes contradict each other.
 */
LMI_API int lmi_batch_next(struct lmi_span body, size_t *at, struct lmi_batch_item *out);
LMI_API void lmi_batch_put(struct lmi_buf *b, const struct lmi_batch_item *item);

#endif
