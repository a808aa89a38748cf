/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several requests whose answers are waited for together.  Owner: the client's loop.
 */
#ifndef LMI_CLIENT_ROUND_H
#define LMI_CLIENT_ROUND_H

#include "client/client.h"

struct round {
	size_t pending;
	int err;             /* the first failure, as seen by round_answered */
	void (*done)(struct round *r);
};

/** Begin; done() is called when every request counted was answered and round_close was called, perhaps inside it. */
static inline void round_open(struct round *r, void (*done)(struct round *r))
{
	*r = (struct round){ .pending = 1, .done = done };
}

/** Count a request whose done function is round_answered with the round as argument; @sent is what sending returned. */
static inline void round_count(struct round *r, int sent)
{
	if (sent == 0)
		r->pending++;
	else if (r->err == 0)
		r->err = sent;
}

void round_answered(void *arg, int err, const struct lmi_command *answer);

static inline void round_close(struct round *r)
{
	if (--r->pending == 0)
		r->done(r);
}

/** Call fn for the address of every broker in use; masters only if so wanted. */
void each_broker_address(struct lmq_client *c, bool masters_only, void (*fn)(void *arg, struct broker *b, const char *address),
			 void *arg);

/** Tell every broker that a producer or consumer group (or neither: NULL) has left this client.  Rule: UNREGISTER_CLIENT. */
void round_unregister(struct round *r, struct lmq_client *c, const char *producer_group, const char *consumer_group,
		      int64_t timeout_ms);

#endif
