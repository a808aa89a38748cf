/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that a caller has fetched.  Owner: the caller.
 */
#ifndef LMI_CLIENT_MESSAGES_H
#define LMI_CLIENT_MESSAGES_H

#include "client/received.h"

struct lmq_messages {
	size_t count, cap;
	int64_t next_pos, min_pos, max_pos; /* -1: not known */
	int64_t go_on_pos;                  /* of struct received_batch */
	struct received *items[];
};

/** Gives room for so many messages, NULL without memory. */
struct lmq_messages *messages_new(size_t cap);

/**
 * Take the messages of an answer that a subscription wants.
 *
 * @wants  NULL: all
 *
 * Gives *out.  Returns 0; -LMQ_EMALFORMED; -ENOMEM.
 */
int messages_decode(struct lmi_span records, const char *broker, bool (*wants)(void *arg, const struct lmq_message *m), void *arg,
		    struct lmq_messages **out);

/** Show them under their topics' names without the namespace. */
void messages_strip(struct lmq_messages *b, const char *ns);

#endif
