/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One send under way: made on the caller's thread (send_make.c), carried out on the loop (send.c), ended exactly once.
 *
 * A bundle is a send that carries others: messages that were sent one by one and go to the broker as one batch (bundle.c).
 */
#ifndef LMI_CLIENT_SEND_H
#define LMI_CLIENT_SEND_H

#include <semaphore.h>

#include "client/client.h"
#include "client/event.h"
#include "client/message.h"
#include "client/result.h"

#define SEND_TOPIC_MAX 255 /* bytes, of retry topics; the rules say 127 for others */

enum send_mode { SEND_SYNC, SEND_ASYNC, SEND_ONEWAY };
enum send_kind { SEND_MESSAGE, SEND_BATCH, SEND_REPLY };

struct send;

/* What a callback that is polled for is to be told. */
struct told {
	struct event event;
	struct send *send;
	struct lmq_send_result result;
};

struct send {
	struct lmi_list link;        /* the producer's submitted list, then a broker's parked list or a bundle's */
	struct lmi_list members;     /* of a bundle: the sends that it carries; else empty */
	struct route_wait wait;
	struct lmi_timer again;      /* a pause before the next try */
	struct lmq_producer *producer;
	enum send_mode mode;
	enum send_kind kind;
	lmq_send_fn *fn;             /* asynchronous */
	struct told *told;           /* asynchronous, when callbacks are polled for; else NULL; owned */
	void *user;
	struct lmq_send_result *out; /* synchronous: the caller's, or NULL */
	int *out_error;
	sem_t *woken;
	int64_t deadline_ms, born_ms;
	int64_t tried_ms;            /* when the last try began */
	struct broker *broker;       /* of the last try */
	int32_t queue_id;
	int tries, retries;
	int error;                   /* of the last try */
	int remote_code;
	char *detail;                /* of the last try, CLIENT_DETAIL_CHARS; NULL when there was no failure or no memory */
	char *ids;                   /* of a batch: its messages' unique ids, separated by commas; owned */
	char id[UNIQUE_ID_CHARS];
	size_t charge;               /* bytes it counts for in the producer's limit */
	int32_t flag, sysflag;
	int32_t key_hash;            /* the queue goes by it if by_key */
	bool chosen;                 /* to a queue of the caller's choice */
	bool by_key;
	bool loose;                  /* may go in a bundle */
	struct lmi_span topic, to_broker, props, body; /* in mem; topic and to_broker with a NUL behind */
	uint8_t mem[];
};

/* What a message is sent with besides what its sender set. */
struct send_extra {
	enum send_kind kind;
	int32_t sysflag;
	struct lmi_span props; /* properties text */
};

/**
 * Copy a message into a send.  Any thread.
 *
 * @extra  NULL: nothing
 *
 * Gives *out (free with send_free).  Returns 0; -LMQ_EILLEGAL, -LMQ_ETOOBIG with words in @detail (CLIENT_DETAIL_CHARS); -ENOMEM.
 */
int send_new(struct lmq_producer *p, const struct lmq_message *m, const struct send_extra *extra, struct send **out,
	     char *detail);

/** The same of several messages that go to the broker as one.  Rule: MessageBatch. */
int send_new_batch(struct lmq_producer *p, const struct lmq_message *const *messages, size_t count, struct send **out,
		   char *detail);

/** The send that carries others of the topic and the time of @first.  On the loop.  NULL without memory. */
struct send *send_new_bundle(const struct send *first);

void send_free(struct send *s);

/** Begin, on the loop.  Ends in producer_end_send(). */
void send_start(struct send *s);

/** End without having tried, or with the failure of the last try if err is that.  On the loop. */
void send_fail(struct send *s, int err, const char *detail);

/* ---- bundle.c, on the loop ---- */

/** Put a loose send into the bundle of its topic; it goes when the bundle is full or its time is over. */
void bundle_add(struct send *s);
/** Send what is gathered: all of it, or only bundles that a caller waits for. */
void bundle_flush(struct lmq_producer *p, bool all);
/** Bytes of the batch that a bundle makes, and the batch itself. */
size_t bundle_bytes(const struct send *bundle);
void bundle_put(const struct send *bundle, struct lmi_buf *b);
/** A bundle is over: each of its sends ends.  @offset_ids: the broker's own, separated by commas. */
void bundle_end(struct send *bundle, struct lmq_send_result *r, struct lmi_span offset_ids);
/** Forget them; they are empty. */
void bundle_done(struct lmq_producer *p);

#endif
