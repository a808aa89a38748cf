/* SPDX-License-Identifier: Apache-2.0 */
#include "io/loop.h"

#include <errno.h>
#include <stdlib.h>

#include "io/dial.h"
#include "io/loop_internal.h"
#include "io/stream.h"

#define ROUNDS_MAX 16u /* of a turn before the kernel is asked again */

/* ---- descriptors ---- */

static void io_ready(EV_P_ ev_io *w, int events)
{
	struct lmi_io *io = (struct lmi_io *)w;

	(void)loop;
	io->fn(io, (unsigned int)events & (LMI_IO_READ | LMI_IO_WRITE));
}

void lmi_io_init(struct lmi_io *io, struct lmi_loop *l, int fd, void (*fn)(struct lmi_io *io, unsigned int events))
{
	ev_io_init(&io->w, io_ready, fd, 0);
	io->loop = l;
	io->fn = fn;
}

void lmi_io_watch(struct lmi_io *io, unsigned int events)
{
	unsigned int now = ev_is_active(&io->w) ? (unsigned int)io->w.events & (LMI_IO_READ | LMI_IO_WRITE) : 0;

	if (now == events)
		return;
	ev_io_stop(io->loop->ev, &io->w);
	if (!events)
		return;
	ev_io_modify(&io->w, (int)events); /* not ev_io_set: that costs a system call even when nothing changed in the end */
	ev_io_start(io->loop->ev, &io->w);
}

/* ---- soon ---- */

void lmi_soon_init(struct lmi_soon *s, void (*fn)(struct lmi_soon *s))
{
	lmi_list_init(&s->link);
	s->fn = fn;
}

void lmi_loop_soon(struct lmi_loop *l, struct lmi_soon *s)
{
	if (lmi_list_empty(&s->link))
		lmi_list_add_tail(&l->soon, &s->link);
}

void lmi_soon_cancel(struct lmi_soon *s)
{
	lmi_list_del(&s->link);
}

/* Those asked for meanwhile wait for the next round. */
static void run_soon(struct lmi_loop *l)
{
	struct lmi_list now;

	if (lmi_list_empty(&l->soon))
		return;
	lmi_list_init(&now);
	lmi_list_add_tail(&l->soon, &now);
	lmi_list_del(&l->soon); /* the others now hang on "now" */
	while (!lmi_list_empty(&now)) {
		struct lmi_soon *s = lmi_container_of(now.next, struct lmi_soon, link);

		lmi_list_del(&s->link);
		s->fn(s);
	}
}

/* ---- the turn ---- */

static bool quiet(const struct lmi_loop *l)
{
	return !l->more && lmi_list_empty(&l->soon) && lmi_conn_set_quiet(&l->conns) &&
	       lmi_timer_heap_next_ms(&l->timers) > l->now_ms;
}

static void round_once(struct lmi_loop *l)
{
	lmi_timer_heap_run(l, l->now_ms);
	run_soon(l);
	l->more = false;
	for (size_t i = 0; i < l->turn_end_count; i++)
		l->turn_ends[i].fn(l->turn_ends[i].arg);
	if (lmi_conn_set_turn(&l->conns))
		l->more = true; /* what an owner did about it is not seen by the turn-end callbacks yet */
}

static void arm_wake(struct lmi_loop *l)
{
	int64_t next_ms = lmi_timer_heap_next_ms(&l->timers);

	if (next_ms == l->wake_ms)
		return;
	ev_timer_stop(l->ev, &l->wake);
	l->wake_ms = next_ms;
	if (next_ms == INT64_MAX)
		return;
	ev_timer_set(&l->wake, next_ms > l->now_ms ? (double)(next_ms - l->now_ms) / 1000.0 : 0.0, 0.0);
	ev_timer_start(l->ev, &l->wake);
}

static void turn_begin(struct lmi_loop *l)
{
	l->now_ms = lmi_mono_ms(l->clock);
	l->in_turn = true;
}

/* Everything that follows from what was read, until nothing does: only then may the loop wait. */
static void turn_end(struct lmi_loop *l)
{
	unsigned int rounds = 0;

	do {
		round_once(l);
	} while (!quiet(l) && ++rounds < ROUNDS_MAX);
	if (quiet(l))
		ev_idle_stop(l->ev, &l->busy);
	else
		ev_idle_start(l->ev, &l->busy);
	arm_wake(l);
	l->in_turn = false;
}

static void after_wait(EV_P_ ev_check *w, int events)
{
	(void)loop;
	(void)events;
	turn_begin(w->data);
}

static void before_wait(EV_P_ ev_prepare *w, int events)
{
	struct lmi_loop *l = w->data;

	(void)loop;
	(void)events;
	if (!l->in_turn)
		turn_begin(l);
	turn_end(l);
}

static void on_busy(EV_P_ ev_idle *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
}

/* The timers themselves run in the turn. */
static void on_wake(EV_P_ ev_timer *w, int events)
{
	struct lmi_loop *l = w->data;

	(void)loop;
	(void)events;
	l->wake_ms = INT64_MAX;
}

/* Taken here, so that what was posted comes before the turn-end callbacks. */
static void on_posted(EV_P_ ev_async *w, int events)
{
	(void)loop;
	(void)events;
	lmi_loop_run_posted(w->data);
}

/* ---- life ---- */

static void watch_all(struct lmi_loop *l)
{
	ev_check_init(&l->after_wait, after_wait);
	ev_prepare_init(&l->before_wait, before_wait);
	ev_idle_init(&l->busy, on_busy);
	ev_timer_init(&l->wake, on_wake, 0.0, 0.0);
	ev_async_init(&l->posted, on_posted);
	l->after_wait.data = l->before_wait.data = l->busy.data = l->wake.data = l->posted.data = l;
	ev_set_priority(&l->after_wait, EV_MAXPRI); /* the time is read before anybody is called */
	ev_check_start(l->ev, &l->after_wait);
	ev_prepare_start(l->ev, &l->before_wait);
	ev_async_start(l->ev, &l->posted);
}

struct lmi_loop *lmi_loop_new_with_clock(const struct lmi_clock *clock)
{
	struct lmi_loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->ev = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
	if (!l->ev) {
		free(l);
		return NULL;
	}
	l->clock = clock;
	l->wake_ms = INT64_MAX;
	l->post_last = &l->post_first;
	l->resolve = lmi_resolve_system;
	l->connect = lmi_stream_socket_connect;
	pthread_mutex_init(&l->post_lock, NULL);
	lmi_list_init(&l->soon);
	lmi_conn_set_init(&l->conns, l);
	watch_all(l);
	return l;
}

struct lmi_loop *lmi_loop_new(void)
{
	return lmi_loop_new_with_clock(lmi_clock_system());
}

void lmi_loop_free(struct lmi_loop *l)
{
	if (!l)
		return;
	lmi_conn_set_done(&l->conns);
	lmi_loop_drop_posted(l);
	while (l->signals) {
		struct lmi_signal *s = l->signals;

		l->signals = s->next;
		ev_signal_stop(l->ev, &s->w);
		free(s);
	}
	lmi_timer_heap_done(&l->timers);
	pthread_mutex_destroy(&l->post_lock);
	ev_loop_destroy(l->ev);
	free(l->turn_ends);
	free(l);
}

void lmi_loop_run(struct lmi_loop *l)
{
	while (!l->stop)
		ev_run(l->ev, 0);
	l->stop = false;
	if (!l->in_turn)
		turn_begin(l);
	turn_end(l); /* what was decided before the stop is still said */
}

void lmi_loop_poll(struct lmi_loop *l)
{
	ev_run(l->ev, EVRUN_NOWAIT);
	if (!l->in_turn)
		turn_begin(l);
	turn_end(l);
}

void lmi_loop_stop(struct lmi_loop *l)
{
	l->stop = true;
	ev_break(l->ev, EVBREAK_ONE);
}

void lmi_loop_more(struct lmi_loop *l)
{
	l->more = true;
}

int lmi_loop_on_turn_end(struct lmi_loop *l, void (*fn)(void *arg), void *arg)
{
	struct lmi_turn_end *t = realloc(l->turn_ends, (l->turn_end_count + 1) * sizeof(*t));

	if (!t)
		return -ENOMEM;
	l->turn_ends = t;
	t[l->turn_end_count++] = (struct lmi_turn_end){ fn, arg };
	return 0;
}

int64_t lmi_loop_now_ms(const struct lmi_loop *l)
{
	return l->in_turn ? l->now_ms : lmi_mono_ms(l->clock);
}

int64_t lmi_loop_next_due_ms(const struct lmi_loop *l)
{
	return lmi_timer_heap_next_ms(&l->timers);
}

/* ---- signals ---- */

static void on_signal(EV_P_ ev_signal *w, int events)
{
	struct lmi_signal *s = (struct lmi_signal *)w;

	(void)loop;
	(void)events;
	s->fn(w->signum, s->arg);
}

int lmi_loop_on_signal(struct lmi_loop *l, int signum, void (*fn)(int signum, void *arg), void *arg)
{
	struct lmi_signal *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	ev_signal_init(&s->w, on_signal, signum);
	s->fn = fn;
	s->arg = arg;
	s->next = l->signals;
	l->signals = s;
	ev_signal_start(l->ev, &s->w);
	return 0;
}
