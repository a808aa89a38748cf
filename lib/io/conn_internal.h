/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a connection, for lib/io only.
 *
 * dialling -> open -> closing -> closed.  Closing means: nothing is read or written any more, on_close is owed; the loop
 * pays it in this turn (lmi_conn_set_turn).  The loop holds one reference until then.
 */
#ifndef LMI_IO_CONN_INTERNAL_H
#define LMI_IO_CONN_INTERNAL_H

#include "io/conn.h"
#include "io/loop_internal.h"
#include "io/stream.h"

enum conn_state { CONN_DIALLING, CONN_OPEN, CONN_CLOSING, CONN_CLOSED };

/* Received and not handed up: an incomplete frame, or what a pause left behind.  mem is NULL when there is nothing. */
struct conn_rest {
	uint8_t *mem;
	uint32_t head, tail, cap;
};

struct lmi_dial;

struct lmi_conn {
	struct lmi_loop *loop;
	const struct lmi_conn_ops *ops;
	void *user;
	struct lmi_stream *stream;     /* NULL while resolving, and once closed */
	struct lmi_dial *dial;         /* while dialling */
	struct lmi_tls *tls;           /* goes by it if it begins so; owned */
	struct lmi_listener *listener; /* that accepted it, while both live */
	uint64_t id;
	struct lmi_conn_limits limits;

	uint32_t refs, in_flight;
	uint8_t state;                 /* enum conn_state */
	bool framing;                  /* past PROXY header and first byte */
	bool proxy_protocol;           /* to be looked for */
	bool tls_only;                 /* what is not TLS is refused */
	bool blocked;                  /* the stream took less than it was given: wait for it */
	bool backlog;                  /* rest may hold whole frames */
	bool input_ended;
	int cause;

	struct conn_rest rest;
	struct lmi_buf out;
	size_t held;                   /* its part of conn_set.held */
	int64_t active_ms;             /* last read or written */
	struct lmi_list all, dirty, closing, idle, of_listener;
	struct lmi_soon resume;        /* hand up from rest */
	struct lmi_host peer, local;
};

/* ---- conn.c ---- */

/** As lmi_conn_new, on any stream.  Takes it.  NULL without memory. */
LMI_API struct lmi_conn *lmi_conn_new_on(struct lmi_stream *s, struct lmi_loop *l, const struct lmi_conn_ops *ops,
					 const struct lmi_conn_limits *limits, void *user);
/** A connection without a stream yet, dialling. */
struct lmi_conn *lmi_conn_alloc(struct lmi_loop *l, const struct lmi_conn_ops *ops, const struct lmi_conn_limits *limits, void *user);
/** Give it its stream, and begin.  Takes it. */
void lmi_conn_start(struct lmi_conn *c, struct lmi_stream *s);
/** TLS takes over an open connection, beginning with these bytes.  0 or -ENOMEM. */
int lmi_conn_begin_tls(struct lmi_conn *c, struct lmi_span early);
/** True when frames may be handed up now. */
static inline bool lmi_conn_may_read(const struct lmi_conn *c)
{
	return c->state == CONN_OPEN && c->in_flight < c->limits.requests_max && lmi_buf_len(&c->out) <= c->limits.out_pause_bytes;
}
/** After a change of what may be read or is to be written: listen to that, and see to what a pause left behind. */
void lmi_conn_update(struct lmi_conn *c);
/** What it holds may have changed: count it, and close it when all hold too much. */
void lmi_conn_weigh(struct lmi_conn *c);
/** Input has ended: what can be answered in this turn is, then it closes. */
void lmi_conn_end_of_input(struct lmi_conn *c);
/** True for one that takes output: open or dialling. */
static inline bool lmi_conn_is_usable(const struct lmi_conn *c)
{
	return c->state <= CONN_OPEN && !c->input_ended;
}

/* ---- conn_read.c ---- */

void lmi_conn_readable(struct lmi_conn *c);
/** Hand up what a pause left behind. */
void lmi_conn_resume(struct lmi_soon *s);
void lmi_conn_rest_free(struct conn_rest *r);

/* ---- conn_write.c ---- */

void lmi_conn_writable(struct lmi_conn *c);
/** Write what waits, once.  May close. */
void lmi_conn_flush(struct lmi_conn *c);
/** A warm buffer from the loop's pool, if there is one, and back. */
void lmi_conn_out_borrow(struct lmi_conn *c);
void lmi_conn_out_return(struct lmi_conn *c);

/* ---- conn_idle.c ---- */

void lmi_conn_idle_init(struct lmi_conn_set *s);
void lmi_conn_idle_watch(struct lmi_conn *c);

/* ---- listener.c ---- */

/** The listener's connection is gone. */
void lmi_listener_forget(struct lmi_conn *c);

/* ---- dial.c ---- */

/** It closes while dialling. */
void lmi_dial_abandon(struct lmi_conn *c);

#endif
