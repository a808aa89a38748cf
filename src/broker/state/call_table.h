/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that the broker made to clients over their own connections, and that they have still to answer.
 * Owner: the core loop.  Rule: NettyRemotingAbstract.responseTable, Broker2Client.callClient.
 */
#ifndef LIGHTMQ_BROKER_STATE_CALL_TABLE_H
#define LIGHTMQ_BROKER_STATE_CALL_TABLE_H

#include "broker/state/peer.h"
#include "wire/command.h"

#define CALL_TABLE_MAX 4096u    /* waiting at the same time */
#define CALL_PER_PEER_MAX 256u  /* of them for one client */
#define CALL_TIMEOUT_MS 10000   /* rule: Broker2Client.callClient */
#define CALL_BUCKETS 256u

/**
 * A call's end; called exactly once.
 *
 * @err     0 and @answer set (borrowed during the call); else -LMQ_ETIMEOUT, or -LMQ_ECLOSED (the client is gone, or the broker
 *          goes), answer NULL
 */
typedef void call_done_fn(void *arg, int err, const struct lmi_command *answer);

struct client_ask {
	struct client_ask *next;        /* same bucket */
	struct lmi_list in_table; /* in the order of deadlines */
	struct lmi_list in_peer;
	struct peer *peer;        /* no reference: call_table_peer_closed comes first */
	int64_t deadline_ms;
	int32_t opaque;
	call_done_fn *done;
	void *arg;
};

struct call_table {
	struct client_ask *buckets[CALL_BUCKETS];
	struct lmi_list calls;
	size_t count;
};

void call_table_init(struct call_table *t);

/** Ends all calls with -LMQ_ECLOSED. */
void call_table_done(struct call_table *t);

/**
 * Wait for the answer to a request that is being written to a peer.
 *
 * @opaque  of the request; none that waits on this peer
 *
 * Returns 0; -LMQ_EFULL above the limits; -LMQ_ECLOSED when the peer is gone; -ENOMEM.  On failure done is not called.
 */
int call_table_add(struct call_table *t, struct peer *p, int32_t opaque, int64_t now_ms, call_done_fn *done, void *arg);

/** A peer answered something.  What is late, unasked or somebody else's is dropped.  True when a call ended. */
bool call_table_answer(struct call_table *t, const struct peer *p, const struct lmi_command *answer);

/** End the calls whose time is over. */
void call_table_expire(struct call_table *t, int64_t now_ms);

/** End the calls of a peer that is gone. */
void call_table_peer_closed(struct call_table *t, struct peer *p);

#endif
