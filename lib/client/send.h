/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One send under way: made on the caller's thread, carried out on the loop, ended exactly once.
 */
#ifndef LMI_CLIENT_SEND_H
#define LMI_CLIENT_SEND_H

#include <semaphore.h>

#include "client/client.h"
#include "client/message.h"

#define SEND_TOPIC_MAX 255 /* bytes, of retry topics; the rules say 127 for others */

enum send_mode { SEND_SYNC, SEND_ASYNC, SEND_ONEWAY };

struct lmq_send_result {
	int error, remote_code, tries;
	enum lmq_sent status;
	int32_t queue_id;
	int64_t queue_pos;
	char message_id[UNIQUE_ID_CHARS];
	char offset_id[LMI_OFFSET_MSG_ID_MAX + 1];
	char broker[256];
	char detail[CLIENT_DETAIL_CHARS];
};

struct send {
	struct lmi_list link;        /* the producer's submitted list, then a broker's parked list */
	struct route_wait wait;
	struct lmi_timer again;      /* a pause before the next try */
	struct lmq_producer *producer;
	enum send_mode mode;
	lmq_send_fn *fn;             /* asynchronous */
	void *user;
	struct lmq_send_result *out; /* synchronous: the caller's, or NULL */
	int *out_error;
	sem_t *woken;
	int64_t deadline_ms, born_ms;
	struct broker *broker;       /* of the last try */
	int32_t queue_id;
	int tries;
	int error;                   /* of the last try */
	int remote_code;
	char detail[CLIENT_DETAIL_CHARS];
	char id[UNIQUE_ID_CHARS];
	size_t charge;               /* bytes it counts for in the producer's limit */
	int32_t flag;
	bool chosen;                 /* to a queue of the caller's choice */
	struct lmi_span topic, to_broker, props, body; /* in mem; topic and to_broker with a NUL behind */
	uint8_t mem[];
};

/**
 * Copy a message into a send.  Any thread.
 *
 * Gives *out.  Returns 0; -LMQ_EILLEGAL, -LMQ_ETOOBIG with words in @detail (CLIENT_DETAIL_CHARS); -ENOMEM.
 */
int send_new(struct lmq_producer *p, const struct lmq_message *m, struct send **out, char *detail);

/** Begin, on the loop.  Ends in send_end(). */
void send_start(struct send *s);

#endif
