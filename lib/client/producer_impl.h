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
	size_t waiters;
	uint64_t messages, bytes;   /* under way */
};

/** Take what was submitted but perhaps not announced.  On the loop. */
void producer_tick(struct lmq_producer *p);

/** A send is over: tells its caller, uncounts it, frees it.  On the loop. */
void producer_end_send(struct send *s, const struct lmq_send_result *result);

#endif
