/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/io, L2: the only room in lib/ that calls the kernel: libev loops, streams,
 * connections, request/response.  It knows no topic.  Uses wire and base.
 *
 * One loop is one thread.  A turn of the loop: all ready sockets are read and their frames handed up, then the
 * turn-end callbacks run in the order they were added, then every connection with something to say is
 * written once.
 */
#ifndef LMI_IO_LOOP_H
#define LMI_IO_LOOP_H

#include "base/clock.h"
#include "base/executor.h"
#include "base/visibility.h"

struct lmi_loop;

/** Gives a loop, or NULL without memory or descriptors.  The thread that calls lmi_loop_run owns it. */
LMI_API struct lmi_loop *lmi_loop_new(void);
/**
 * The same on a clock of the caller's (borrowed as long as the loop lives): timers, deadlines and idle times follow it.
 * With a clock that stands still use lmi_loop_poll; lmi_loop_next_due_ms tells how far to let it go.
 */
LMI_API struct lmi_loop *lmi_loop_new_with_clock(const struct lmi_clock *clock);
/**
 * Free the loop and what is still on it: connections are closed without their on_close (see lmi_conn_close_all in
 * conn.h), what was posted is not run.  After the executors, timers, listeners and endpoints that use it.
 */
LMI_API void lmi_loop_free(struct lmi_loop *l);

/** Run until lmi_loop_stop.  The turn in which that was called is finished; a stop before the run ends it at once. */
LMI_API void lmi_loop_run(struct lmi_loop *l);
/** Run what is ready now, without waiting (tests, simulations). */
LMI_API void lmi_loop_poll(struct lmi_loop *l);
/** Owner thread, or through lmi_loop_post. */
LMI_API void lmi_loop_stop(struct lmi_loop *l);

/** Run fn(arg) on the loop's thread soon.  Any thread; async-signal-unsafe.  -ENOMEM or 0. */
LMI_API int lmi_loop_post(struct lmi_loop *l, void (*fn)(void *arg), void *arg);

/**
 * Add a turn-end callback (owner thread).  They run each turn in the order added, before connections are written.  A turn
 * has several rounds when there is cause (an on_close was called, a connection may be read again, a timer is due,
 * lmi_loop_more): all of them run in each round.  -ENOMEM or 0.
 */
LMI_API int lmi_loop_on_turn_end(struct lmi_loop *l, void (*fn)(void *arg), void *arg);
/** From a turn-end callback: one that ran before me has got work; run them all once more before waiting.  Owner thread. */
LMI_API void lmi_loop_more(struct lmi_loop *l);

/** The loop's idea of monotonic ms, read once a turn (between turns: read now). */
LMI_API int64_t lmi_loop_now_ms(const struct lmi_loop *l);
/** When the next timer is due, on the loop's clock; INT64_MAX when none is set.  Owner thread. */
LMI_API int64_t lmi_loop_next_due_ms(const struct lmi_loop *l);

/* Timers.  Embed the struct; owner thread. */
struct lmi_timer {
	void (*fn)(struct lmi_timer *t);
	void *arg;
	struct lmi_loop *loop;
	void *impl; /* owned; created at first start */
};

/** (Re)start: after ms, then each repeat_ms when not 0.  -ENOMEM or 0. */
LMI_API int lmi_timer_start(struct lmi_loop *l, struct lmi_timer *t, int64_t after_ms, int64_t repeat_ms);
/** Stop and free what start took.  Safe on a zeroed timer, safe twice. */
LMI_API void lmi_timer_stop(struct lmi_timer *t);

/* Signals: delivered on the loop.  -ENOMEM or 0.  A signal can be on one loop only. */
LMI_API int lmi_loop_on_signal(struct lmi_loop *l, int signum, void (*fn)(int signum, void *arg), void *arg);

/** The real clock (io/clock_system.c) and chance (io/rng_system.c). */
struct lmi_rng;
LMI_API const struct lmi_clock *lmi_clock_system(void);
LMI_API struct lmi_rng *lmi_rng_system(void);

/**
 * Gives n (at least 1) worker threads as an executor whose done() callbacks run on @l (io/executor_threads.c), in the order in
 * which the jobs ended.  Jobs start in the order submitted; submit from any thread.  NULL on failure.
 */
LMI_API struct lmi_executor *lmi_executor_threads_new(struct lmi_loop *l, unsigned int threads);
/**
 * Waits for running jobs; queued ones are run too.  done() callbacks not yet delivered are delivered here, and what
 * they submit is run and delivered as well.  The loop's thread, before lmi_loop_free.
 */
LMI_API void lmi_executor_threads_free(struct lmi_executor *e);

#endif
