/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of struct lmq_producer.  Under its lock: what other threads submit and how much is under way.  All else is
 * the loop's or never changes.
 */
#ifndef LMI_CLIENT_PRODUCER_IMPL_H
#define LMI_CLIENT_PRODUCER_IMPL_H

#include "client/send.h"

struct lmq_producer {
	struct lmi_list link; /* in the client's list */
	struct lmq_client *client;
	struct lmq_config *cfg;
	char *group;

	pthread_mutex_t lock;
	pthread_cond_t changed;     /* room, or nothing under way any more */
	struct lmi_list submitted;  /* struct send */
	bool posted;                /* the loop will come and take them */
	bool ending;
	int flushing;               /* callers that wait for everything to be sent */
	size_t waiters;
	uint64_t messages, bytes;   /* under way */

	/* transactions: said once, then never changed */
	lmq_check_fn *check;        /* atomic */
	void *check_user;
	struct lmi_executor *checker; /* a thread, unless callbacks are polled for */

	/* the loop's */
	size_t checks;              /* being made */
	struct lmi_map bundles;     /* by topic */
	struct lmi_list gathering;  /* those that hold something */
};

/** Take what was submitted but perhaps not announced.  On the loop. */
void producer_tick(struct lmq_producer *p);

/** A send is over: tells its caller, uncounts it, frees it.  On the loop.  @result: what it owns may be taken. */
void producer_end_send(struct send *s, struct lmq_send_result *result);
/** The same in two steps, for several asynchronous sends.  After the last is uncounted the producer may be gone. */
void producer_tell(struct send *s, const struct lmq_send_result *result);
void producer_uncount(struct lmq_producer *p, size_t messages, size_t bytes);

/** Carry a send out and wait for it; as lmq_producer_send.  Takes it. */
int producer_send_wait(struct lmq_producer *p, struct send *s, int64_t timeout_ms, struct lmq_send_result *result);
/** Hand a send to the loop; as lmq_producer_send_async.  Takes it. */
int producer_send_nowait(struct lmq_producer *p, struct send *s, enum send_mode mode, lmq_send_fn *fn, void *user);

/** Count something that is not submitted as a send: -LMQ_EFULL and -LMQ_ESTATE as for sends.  Any thread. */
int producer_enter(struct lmq_producer *p, size_t count, size_t charge, int64_t wait_ms);
/** Count one more whatever the limits; false when the producer is being freed. */
bool producer_count(struct lmq_producer *p);

/* ---- transaction.c, request.c; on the loop ---- */

/** A broker asks what became of a transaction. */
void transaction_asked(struct lmq_client *c, struct lmi_conn *conn, const struct lmi_command *cmd);
/** The producer leaves; no check is under way. */
void transaction_part(struct lmq_producer *p);
/** A broker brings the reply to a request. */
void request_replied(struct lmq_client *c, struct lmi_conn *conn, const struct lmi_command *cmd);

/** Say in a caller's result, if there is one, why nothing was sent; "" stands for the error's own words.  Returns err. */
int producer_refuse(struct lmq_send_result *out, int err, const char *detail);

#endif
