/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages as they came in one answer: one copy of its bytes, and the messages lying in it.  Decoding is pure.
 * The batch is freed with its last message; messages may end on any thread.
 */
#ifndef LMI_CLIENT_RECEIVED_H
#define LMI_CLIENT_RECEIVED_H

#include "base/list.h"

#include "client/message.h"

struct pull_queue;
struct received_batch;
struct direct;

struct received {
	struct lmq_message message;
	struct lmi_list link;            /* whoever holds it */
	struct lmi_list chain;           /* those to be handed out after it, as long as all goes well */
	struct received_batch *batch;
	struct pull_queue *queue;        /* holds a reference of it; NULL until it is handed on */
	uint8_t *unpacked;               /* a body that was compressed; owned */
	const char *stored_topic;        /* that under which it lies at the broker: perhaps a retry topic */
	struct direct *direct;           /* a broker asked for it: who is answered */
	char *receipt;                   /* POP: by which it is acknowledged; owned */
	int32_t sysflag;
	uint32_t held_bytes;             /* the record, and its body again where that was unpacked */
	bool broken;                     /* the body cannot be unpacked: not for callbacks */
	enum lmq_consumed result;        /* RECEIVED_UNTOUCHED: was not handed out */
};

#define RECEIVED_UNTOUCHED ((enum lmq_consumed)(-1))

struct received_batch {
	uint32_t refs;                   /* atomic: messages not yet ended */
	size_t count;
	int64_t go_on_pos;               /* queue position of the first record left out because bodies grew too large; -1: none */
	uint8_t *bytes;                  /* owned */
	struct received messages[];
};

/* Once the unpacked bodies of an answer are so large, the records behind are left to the next pull. */
#define RECEIVED_UNPACKED_MAX (64u << 20)

/**
 * Take the records of an answer.
 *
 * @records          copied
 * @broker           borrowed for the life of the batch
 * @unpack_max_bytes longest body that a compressed one may become
 *
 * Gives a batch whose messages each must end with received_end.  Records behind the first bad one are left out, as
 * Java leaves them.  Returns 0; -LMQ_EMALFORMED when not even one is whole; -ENOMEM.
 * Rule: MessageDecoder.decodesBatch.
 */
int received_decode(struct lmi_span records, const char *broker, size_t unpack_max_bytes, struct received_batch **out);

/** Show a message under its topic's name without the namespace. */
void received_strip(struct received *r, const char *ns);

/** One message is over.  Any thread. */
void received_end(struct received *r);

#endif
