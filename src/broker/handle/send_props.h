/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of a message on its way into the store: what the broker must know of them, and what it changes.
 * One walk, no allocation in steady state.  Rule: SendMessageProcessor, AbstractSendMessageProcessor.buildMsgContext.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_SEND_PROPS_H
#define LIGHTMQ_BROKER_HANDLE_SEND_PROPS_H

#include "wire/props.h"

#define SEND_UNIQ_CHARS 32 /* of an id that we make */

/* What was found; spans point into the text that was scanned. */
struct send_props {
	struct lmi_span tags, uniq;
	int32_t delay_level;  /* DELAY; 0 when absent or no number */
	bool no_wait;         /* WAIT=false */
	bool transaction;     /* TRAN_MSG=true */
	bool timer;           /* TIMER_DELAY_SEC, TIMER_DELAY_MS or TIMER_DELIVER_MS */
};

enum {
	SEND_PROPS_DROP_DELAY = 1 /* leave DELAY out: the message is not to be delayed */
};

/**
 * Scan properties and copy them without those that the broker sets itself (MSG_REGION, TRACE_ON, CLUSTER) or does not keep
 * (POP_CK, WAIT).
 *
 * @b  what is kept is appended; NULL: only look
 */
void send_props_take(struct lmi_span props, unsigned int flags, struct lmi_buf *b, struct send_props *out);

/** The tag's hash code for the queue entry, 0 without a tag.  Rule: MessageExtBrokerInner.tagsString2tagsCode. */
int64_t send_props_tags_code(const struct send_props *p);
/** The same of properties text. */
int64_t send_props_text_tags_code(struct lmi_span props);

/* What makes an id unique. */
struct send_uniq {
	uint8_t addr[4];
	uint32_t pid, chance;
	int64_t now_ms;
};

/** Make a unique id for a message that came without one.  Rule: MessageClientIDSetter.createUniqID. */
void send_uniq_make(const struct send_uniq *u, uint16_t counter, char *out);

#endif
