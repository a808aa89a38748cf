/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a loop, for lib/io only.  Owner: the loop's thread, except what loop_post.c guards with its mutex.
 */
#ifndef LMI_IO_LOOP_INTERNAL_H
#define LMI_IO_LOOP_INTERNAL_H

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/list.h"
#include "io/loop.h"
#include "wire/record.h" /* struct lmi_host */

/* ---- readiness of a descriptor ---- */

enum { LMI_IO_READ = EV_READ, LMI_IO_WRITE = EV_WRITE };

struct lmi_io {
	ev_io w; /* first */
	struct lmi_loop *loop;
	void (*fn)(struct lmi_io *io, unsigned int events);
};

void lmi_io_init(struct lmi_io *io, struct lmi_loop *l, int fd, void (*fn)(struct lmi_io *io, unsigned int events));
/** Be told of these events from now on, level-triggered; 0 = none.  Costs a system call only when the set changes. */
void lmi_io_watch(struct lmi_io *io, unsigned int events);

/* ---- something to do soon, on the owner's thread ---- */

struct lmi_soon {
	struct lmi_list link;
	void (*fn)(struct lmi_soon *s);
};

void lmi_soon_init(struct lmi_soon *s, void (*fn)(struct lmi_soon *s));
/** Run s->fn once before the loop next waits, and before turn-end callbacks if those have not run yet.  Asking twice is asking once. */
void lmi_loop_soon(struct lmi_loop *l, struct lmi_soon *s);
void lmi_soon_cancel(struct lmi_soon *s);

/* ---- the same from any thread, without memory of its own ---- */

struct lmi_post {
	struct lmi_post *next;
	void (*fn)(struct lmi_post *p);
	bool queued;
};

/** Run p->fn once on the loop's thread.  Posting what is posted already does nothing.  Any thread. */
void lmi_loop_post_item(struct lmi_loop *l, struct lmi_post *p);
/** Take it back; false when it was not queued.  Owner thread. */
bool lmi_loop_unpost_item(struct lmi_loop *l, struct lmi_post *p);

/* ---- timers: one heap a loop, nodes embedded in what waits ---- */

struct lmi_timer_node {
	void (*fn)(struct lmi_timer_node *n);
	int64_t due_ms;
	uint64_t seq;  /* equal times fire in the order set */
	size_t at;     /* place in the heap + 1; 0 = not set */
};

struct lmi_timer_heap {
	struct lmi_timer_node **nodes;
	size_t count, cap;
	uint64_t seq;
};

/** (Re)set to an absolute time of the loop's clock.  -ENOMEM or 0; a node that is set already never fails. */
int lmi_timer_node_set(struct lmi_loop *l, struct lmi_timer_node *n, int64_t due_ms);
/** Safe when not set. */
void lmi_timer_node_clear(struct lmi_loop *l, struct lmi_timer_node *n);
/** Run what is due, at most as many as were set before.  Returns how many ran. */
size_t lmi_timer_heap_run(struct lmi_loop *l, int64_t now_ms);
/** The earliest due time, or INT64_MAX. */
int64_t lmi_timer_heap_next_ms(const struct lmi_timer_heap *h);
void lmi_timer_heap_done(struct lmi_timer_heap *h);

/* ---- what the connections of a loop share ---- */

#define LMI_CONN_SCRATCH_BYTES (256u << 10) /* read at once */
#define LMI_CONN_POOL_MAX 16u               /* output buffers kept warm … */
#define LMI_CONN_POOL_BYTES (64u << 10)     /* … each at most so large */
#define LMI_CONN_WHEEL_SLOTS 128u

struct lmi_conn_set {
	uint8_t *scratch;            /* made at the first read */
	struct conn_rest *whole;     /* the frame being handed up lies in it alone; NULL: there is none such */
	size_t held, held_max;       /* bytes of unfinished frames and unread output; held_max 0: no limit */
	struct lmi_list all;         /* lmi_conn.all */
	struct lmi_list dirty;       /* lmi_conn.dirty: asked for their output buffer this turn */
	struct lmi_list closing;     /* lmi_conn.closing */
	struct lmi_buf pool[LMI_CONN_POOL_MAX];
	unsigned int pooled;
	struct lmi_list wheel[LMI_CONN_WHEEL_SLOTS]; /* lmi_conn.idle, by the second in which it may be due */
	int64_t wheel_now_s;         /* slots up to here are done */
	int64_t wheel_armed_s;       /* the timer is set for this second; 0 = not set */
	struct lmi_timer_node wheel_timer;
	struct lmi_loop *loop;
};

void lmi_conn_set_init(struct lmi_conn_set *s, struct lmi_loop *l);
/** Drop every connection without a word to its owner.  See lmi_conn_close_all. */
void lmi_conn_set_done(struct lmi_conn_set *s);
/** Write what is to be written, finish what is closing.  Returns true when an owner was told of a close. */
bool lmi_conn_set_turn(struct lmi_conn_set *s);
static inline bool lmi_conn_set_quiet(const struct lmi_conn_set *s)
{
	return lmi_list_empty(&s->dirty) && lmi_list_empty(&s->closing);
}

/* ---- the loop ---- */

struct lmi_turn_end {
	void (*fn)(void *arg);
	void *arg;
};

struct lmi_signal {
	ev_signal w; /* first */
	void (*fn)(int signum, void *arg);
	void *arg;
	struct lmi_signal *next;
};

/* Fills out[] with the addresses of a host; returns how many, or negative.  May block. */
typedef int lmi_resolve_fn(const char *host, struct lmi_host *out, size_t max);
struct lmi_stream;
/* As lmi_stream_socket_connect. */
typedef int lmi_connect_fn(struct lmi_loop *l, const struct lmi_host *to, struct lmi_stream **out_s);

struct lmi_loop {
	struct ev_loop *ev;
	const struct lmi_clock *clock;
	int64_t now_ms;
	bool in_turn, stop, more;

	ev_check after_wait;
	ev_prepare before_wait;
	ev_idle busy;        /* active: do not wait */
	ev_timer wake;       /* for the earliest timer */
	int64_t wake_ms;     /* what it is set for; INT64_MAX = not set */
	ev_async posted;

	struct lmi_timer_heap timers;
	struct lmi_list soon;
	struct lmi_turn_end *turn_ends;
	size_t turn_end_count;
	struct lmi_signal *signals;

	pthread_mutex_t post_lock;
	struct lmi_post *post_first, **post_last; /* under post_lock */

	struct lmi_conn_set conns;
	lmi_resolve_fn *resolve; /* the network's names and ways: tests and simulations put their own */
	lmi_connect_fn *connect;
};

/** Run what is posted now. */
void lmi_loop_run_posted(struct lmi_loop *l);
/** Forget what is posted, at the end of the loop. */
void lmi_loop_drop_posted(struct lmi_loop *l);

#endif
