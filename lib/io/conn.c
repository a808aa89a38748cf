/* SPDX-License-Identifier: Apache-2.0 */
#include "io/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/conn_internal.h"
#include "io/tls.h"

const struct lmi_conn_limits lmi_conn_limits_default = {
	.frame_max_bytes = LMI_FRAME_MAX_DEFAULT,
	.out_pause_bytes = 4u << 20,
	.out_max_bytes = 64u << 20,
	.requests_max = 65536,
	.idle_ms = 120000,
};

/* An idle connection is this, its stream and 16 bytes of libev's: the promise is 2 KiB. */
_Static_assert(sizeof(struct lmi_conn) <= 512, "an idle connection stays small");

/* ---- life ---- */

static uint64_t next_id(void)
{
	static uint64_t last; /* atomic: each loop's thread takes from it */

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

static void stream_ready(struct lmi_stream *s, unsigned int events)
{
	struct lmi_conn *c = s->user;

	if (events & LMI_STREAM_WRITE)
		lmi_conn_writable(c);
	if (events & LMI_STREAM_READ)
		lmi_conn_readable(c);
}

struct lmi_conn *lmi_conn_alloc(struct lmi_loop *l, const struct lmi_conn_ops *ops, const struct lmi_conn_limits *limits, void *user)
{
	struct lmi_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->loop = l;
	c->ops = ops;
	c->user = user;
	c->limits = *limits;
	if (c->limits.frame_max_bytes > UINT32_MAX / 2)
		c->limits.frame_max_bytes = UINT32_MAX / 2; /* struct conn_rest counts in 32 bits */
	c->id = next_id();
	c->refs = 1;
	c->active_ms = lmi_loop_now_ms(l);
	lmi_list_init(&c->dirty);
	lmi_list_init(&c->closing);
	lmi_list_init(&c->idle);
	lmi_list_init(&c->of_listener);
	lmi_soon_init(&c->resume, lmi_conn_resume);
	lmi_list_add_tail(&l->conns.all, &c->all);
	return c;
}

void lmi_conn_start(struct lmi_conn *c, struct lmi_stream *s)
{
	c->stream = s;
	s->user = c;
	s->ready = stream_ready;
	s->ops->hosts(s, &c->peer, &c->local);
	c->state = CONN_OPEN;
	c->active_ms = lmi_loop_now_ms(c->loop);
	lmi_conn_idle_watch(c);
	lmi_conn_update(c);
}

int lmi_conn_begin_tls(struct lmi_conn *c, struct lmi_span early)
{
	struct lmi_stream *s = lmi_stream_tls_new(c->loop, c->tls, c->stream, NULL, early);

	if (!s)
		return -ENOMEM;
	lmi_tls_unref(c->tls);
	c->tls = NULL;
	c->tls_only = false;
	c->stream = s;
	s->user = c;
	s->ready = stream_ready;
	return 0;
}

struct lmi_conn *lmi_conn_new_on(struct lmi_stream *s, struct lmi_loop *l, const struct lmi_conn_ops *ops,
				 const struct lmi_conn_limits *limits, void *user)
{
	struct lmi_conn *c = lmi_conn_alloc(l, ops, limits, user);

	if (!c) {
		s->ops->close(s);
		return NULL;
	}
	lmi_conn_start(c, s);
	return c;
}

struct lmi_conn *lmi_conn_new(struct lmi_loop *l, int fd, const struct lmi_conn_ops *ops, const struct lmi_conn_limits *limits,
			      void *user)
{
	struct lmi_stream *s = lmi_stream_socket_new(l, fd);

	return s ? lmi_conn_new_on(s, l, ops, limits, user) : NULL;
}

/* Of everything but the memory that its owners may still look at. */
static void strip(struct lmi_conn *c)
{
	if (c->dial)
		lmi_dial_abandon(c);
	if (c->stream)
		c->stream->ops->close(c->stream);
	c->stream = NULL;
	lmi_tls_unref(c->tls);
	c->tls = NULL;
	lmi_list_del(&c->dirty);
	lmi_list_del(&c->closing);
	lmi_list_del(&c->idle);
	lmi_soon_cancel(&c->resume);
	lmi_conn_rest_free(&c->rest);
	c->loop->conns.held -= c->held;
	c->held = 0;
	if (c->listener)
		lmi_listener_forget(c);
	c->state = CONN_CLOSED;
}

struct lmi_conn *lmi_conn_ref(struct lmi_conn *c)
{
	c->refs++;
	return c;
}

void lmi_conn_unref(struct lmi_conn *c)
{
	if (!c)
		return;
	assert(c->refs > 0);
	if (--c->refs > 0)
		return;
	assert(c->state == CONN_CLOSED); /* the loop holds one until on_close returned */
	lmi_list_del(&c->dirty); /* output asked for after the end */
	lmi_buf_done(&c->out);
	free(c);
}

/* ---- questions ---- */

void *lmi_conn_user(const struct lmi_conn *c)
{
	return c->user;
}

void lmi_conn_set_user(struct lmi_conn *c, void *user)
{
	c->user = user;
}

const struct lmi_host *lmi_conn_peer(const struct lmi_conn *c)
{
	return &c->peer;
}

const struct lmi_host *lmi_conn_local(const struct lmi_conn *c)
{
	return &c->local;
}

bool lmi_conn_is_open(const struct lmi_conn *c)
{
	return c->state == CONN_OPEN;
}

uint64_t lmi_conn_id(const struct lmi_conn *c)
{
	return c->id;
}

/* ---- pausing ---- */

void lmi_conn_update(struct lmi_conn *c)
{
	unsigned int events = 0;

	if (c->state != CONN_OPEN)
		return;
	if (lmi_conn_may_read(c) && !c->input_ended) {
		if (c->backlog)
			lmi_loop_soon(c->loop, &c->resume); /* before the kernel is asked for more */
		else
			events |= LMI_STREAM_READ;
	}
	if (c->blocked)
		events |= LMI_STREAM_WRITE;
	c->stream->ops->watch(c->stream, events);
}

void lmi_conn_request_begin(struct lmi_conn *c)
{
	c->in_flight++;
}

void lmi_conn_request_end(struct lmi_conn *c)
{
	assert(c->in_flight > 0);
	if (c->in_flight-- == c->limits.requests_max)
		lmi_conn_update(c);
}

/* ---- the end ---- */

static void begin_closing(struct lmi_conn *c, int cause)
{
	c->state = CONN_CLOSING;
	c->cause = cause;
	lmi_list_del(&c->dirty);
	lmi_conn_out_return(c);
	if (c->stream)
		c->stream->ops->watch(c->stream, 0);
	if (lmi_list_empty(&c->closing))
		lmi_list_add_tail(&c->loop->conns.closing, &c->closing);
}

void lmi_conn_close(struct lmi_conn *c, int cause, bool flush)
{
	if (c->state >= CONN_CLOSING)
		return;
	if (flush && c->state == CONN_OPEN && lmi_buf_len(&c->out) > 0 && !c->out.failed) {
		struct iovec v = { lmi_buf_data(&c->out), lmi_buf_len(&c->out) };

		(void)c->stream->ops->writev(c->stream, &v, 1); /* once, as promised: what it does not take is lost */
	}
	begin_closing(c, cause);
}

void lmi_conn_end_of_input(struct lmi_conn *c)
{
	if (c->state != CONN_OPEN || c->input_ended)
		return;
	c->input_ended = true;
	lmi_conn_update(c);
	lmi_list_add_tail(&c->loop->conns.closing, &c->closing);
}

static void finish(struct lmi_conn *c)
{
	if (c->state == CONN_OPEN)
		lmi_conn_close(c, 0, true); /* its input ended earlier in this turn */
	strip(c);
	c->ops->on_close(c, c->cause);
	lmi_list_del(&c->all);
	lmi_conn_unref(c);
}

/* ---- all of a loop's ---- */

void lmi_conn_limit_held(struct lmi_loop *l, size_t bytes)
{
	l->conns.held_max = bytes;
}

void lmi_conn_weigh(struct lmi_conn *c)
{
	struct lmi_conn_set *s = &c->loop->conns;
	size_t now = c->state < CONN_CLOSING ? c->rest.cap + lmi_buf_len(&c->out) : 0;

	s->held += now - c->held;
	c->held = now;
	if (s->held_max && s->held > s->held_max && now > LMI_CONN_HELD_FREE)
		lmi_conn_close(c, -LMQ_EFULL, false);
}

void lmi_conn_set_init(struct lmi_conn_set *s, struct lmi_loop *l)
{
	s->loop = l;
	lmi_list_init(&s->all);
	lmi_list_init(&s->dirty);
	lmi_list_init(&s->closing);
	lmi_conn_idle_init(s);
}

bool lmi_conn_set_turn(struct lmi_conn_set *s)
{
	struct lmi_list now;
	bool told = false;

	while (!lmi_list_empty(&s->dirty)) {
		struct lmi_conn *c = lmi_container_of(s->dirty.next, struct lmi_conn, dirty);

		lmi_list_del(&c->dirty);
		lmi_conn_flush(c);
	}
	if (lmi_list_empty(&s->closing))
		return false;
	lmi_list_init(&now); /* those that close meanwhile wait for the next round, so that this ends */
	lmi_list_add_tail(&s->closing, &now);
	lmi_list_del(&s->closing);
	while (!lmi_list_empty(&now)) {
		finish(lmi_container_of(now.next, struct lmi_conn, closing));
		told = true;
	}
	return told;
}

void lmi_conn_close_all(struct lmi_loop *l)
{
	LMI_LIST_FOREACH_SAFE(&l->conns.all, it, next)
		lmi_conn_close(lmi_container_of(it, struct lmi_conn, all), -LMQ_ECLOSED, true);
	while (!lmi_list_empty(&l->conns.closing))
		lmi_conn_set_turn(&l->conns);
}

void lmi_conn_set_done(struct lmi_conn_set *s)
{
	while (!lmi_list_empty(&s->all)) {
		struct lmi_conn *c = lmi_container_of(s->all.next, struct lmi_conn, all);

		strip(c);
		lmi_list_del(&c->all);
		lmi_conn_unref(c);
	}
	while (!lmi_list_empty(&s->dirty)) /* closed ones that somebody still refers to */
		lmi_list_del(s->dirty.next);
	lmi_timer_node_clear(s->loop, &s->wheel_timer);
	while (s->pooled > 0)
		lmi_buf_done(&s->pool[--s->pooled]);
	free(s->scratch);
}
