/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of struct lmq_message.  Owner: one thread at a time; a received message's memory belongs to its batch.
 *
 * Properties are kept as name NUL value NUL name NUL …, so that getters can hand out C strings without copying.
 */
#ifndef LMI_CLIENT_MESSAGE_H
#define LMI_CLIENT_MESSAGE_H

#include "base/buf.h"
#include "wire/record.h"

#include "client/config.h"

struct lmq_message {
	char *topic;          /* NUL-terminated */
	uint8_t *body;        /* followed by a NUL when owned; see body_fixed */
	size_t body_bytes;
	struct lmi_span props; /* name NUL value NUL … */
	int32_t flag;
	bool owned;           /* topic, body and props are malloc'ed and ours */
	/* the queue chosen for sending */
	char *to_broker;      /* NULL: none */
	int32_t to_queue_id;
	bool by_key;          /* the queue goes by a key's hash */
	int32_t key_hash;
	/* when it is to be delivered, 0: at once */
	int64_t deliver_at_ms, deliver_after_ms;
	bool no_wait;         /* the answer need not wait until it is stored */
	bool is_reply;        /* made by lmq_message_new_reply */
	/* received: where from */
	char *broker;         /* owned if owned; NULL: not received */
	int32_t queue_id;     /* -1: none */
	int64_t queue_pos;    /* -1: none */
	int64_t born_ms, stored_ms, log_pos;
	int32_t reconsume_times;
	struct lmi_host store_host;
};

/**
 * Turn properties text as it travels (name 1 value 2 …) into name NUL value NUL …, in place.
 *
 * @text   n bytes that may be changed, and one writable byte before them
 * @out_n  bytes of the result
 *
 * Entries that Java drops, and those that hold a NUL, are left out.  Returns where the result begins.
 */
uint8_t *message_split_props(uint8_t *text, size_t n, size_t *out_n);

/**
 * The reverse, appended to a buffer, of what a producer sends: the application's properties, and of the reserved ones those
 * that have a setter.  What a broker had put on a received message stays behind.
 */
void message_join_props(struct lmi_buf *b, struct lmi_span props);

/** Walk the properties: for (at = 0; message_next_prop(props, &at, &name, &value);). */
bool message_next_prop(struct lmi_span props, size_t *at, const char **out_name, const char **out_value);

/** Whether it is to be delivered later, by level or by time. */
bool message_is_delayed(const struct lmq_message *m);

/** True for names that the protocol keeps for itself.  Rule: MessageConst.STRING_HASH_SET. */
bool message_prop_reserved(const char *name);

/** Set a property without looking at its name; NULL removes.  0, -ENOMEM, -LMQ_ESTATE, -LMQ_EILLEGAL (empty, bytes 1 or 2). */
int message_put_prop(struct lmq_message *m, const char *name, const char *value);

#endif
