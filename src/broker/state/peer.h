/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/broker/state, L2: the broker's tables as plain data.  Uses base, wire, rules and disk; no sockets, no store.
 * Owner of everything here: the core loop.
 *
 * A peer is whoever sent a request and gets its answer: a connection, or a test.  Handlers see only this.
 */
#ifndef LIGHTMQ_BROKER_STATE_PEER_H
#define LIGHTMQ_BROKER_STATE_PEER_H

#include <assert.h>

#include "base/buf.h"
#include "base/list.h"
#include "wire/record.h"

struct peer;

struct peer_ops {
	/** Where answers are appended as whole frames.  Swallows what is put when the peer is gone. */
	struct lmi_buf *(*out)(struct peer *p);
	/** A request waits for something (a mark, an arrival, a worker) / was answered or dropped.  Counted for back-pressure. */
	void (*request_begin)(struct peer *p);
	void (*request_end)(struct peer *p);
	/** Ask for the connection to be closed; peer_closed follows later. */
	void (*close)(struct peer *p, int cause);
	/** The last reference was dropped. */
	void (*free)(struct peer *p);
};

struct peer {
	const struct peer_ops *ops;
	uint32_t refs;
	bool open;
	bool vip;                /* came through the second listener, which serves no pulls */
	uint64_t id;             /* never reused in this process */
	struct lmi_host host;    /* stamped on records as born host */
	struct lmi_list members; /* of client_table: the groups that it is in */
	struct lmi_list holds;   /* of hold_table: the pulls that it waits for */
	struct lmi_list calls;   /* of call_table: what it was asked */
	struct lmi_list pops;    /* of pop_wait: the pops that it waits for */
	uint32_t member_count, call_count;
};

static inline void peer_init(struct peer *p, const struct peer_ops *ops, uint64_t id)
{
	*p = (struct peer){ .ops = ops, .refs = 1, .open = true, .id = id };
	lmi_list_init(&p->members);
	lmi_list_init(&p->holds);
	lmi_list_init(&p->calls);
	lmi_list_init(&p->pops);
}

static inline struct peer *peer_ref(struct peer *p)
{
	p->refs++;
	return p;
}

static inline void peer_unref(struct peer *p)
{
	assert(p->refs > 0);
	if (--p->refs == 0)
		p->ops->free(p);
}

static inline struct lmi_buf *peer_out(struct peer *p)
{
	return p->ops->out(p);
}

#endif
