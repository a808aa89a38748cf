/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated twin of a socket: two ends, each with an inbox of chunks that become readable at their time.  A write is
 * taken up to the window; a close of one end is the end of input of the other, after what was written before.
 */
#include <errno.h>
#include <stdlib.h>

#include "io/loop_internal.h"
#include "io/stream.h"

struct chunk {
	struct chunk *next;
	int64_t due_ms; /* on the reader's loop */
	size_t at, n;
	uint8_t bytes[];
};

struct end {
	struct lmi_stream stream; /* first */
	struct lmi_loop *loop;
	struct end *peer; /* NULL: it closed */
	struct chunk *first, **last;
	size_t inbox_bytes;
	unsigned int events;
	struct lmi_soon soon;
	struct lmi_timer_node arrival;
	size_t read_max, write_max;
	int64_t delay_ms, peer_gone_ms;
	bool swallow;
	int err;
};

static struct end *end_of(struct lmi_stream *s)
{
	return (struct end *)s;
}

static bool readable(const struct end *e)
{
	int64_t now_ms = lmi_loop_now_ms(e->loop);

	if (e->first)
		return e->first->due_ms <= now_ms;
	return e->err || (!e->peer && e->peer_gone_ms <= now_ms);
}

static bool writable(const struct end *e)
{
	return e->err || !e->peer || e->swallow || e->peer->inbox_bytes < LMI_STREAM_MEMORY_WINDOW;
}

static unsigned int holds(const struct end *e)
{
	unsigned int events = 0;

	if ((e->events & LMI_STREAM_READ) && readable(e))
		events |= LMI_STREAM_READ;
	if ((e->events & LMI_STREAM_WRITE) && writable(e))
		events |= LMI_STREAM_WRITE;
	return events;
}

static int64_t next_due_ms(const struct end *e)
{
	if (e->first)
		return e->first->due_ms;
	return e->peer ? INT64_MAX : e->peer_gone_ms;
}

/* Have the user called soon, or when the next chunk is due. */
static void poke(struct end *e)
{
	if (holds(e))
		lmi_loop_soon(e->loop, &e->soon);
	else if ((e->events & LMI_STREAM_READ) && next_due_ms(e) != INT64_MAX &&
		 lmi_timer_node_set(e->loop, &e->arrival, next_due_ms(e)) < 0)
		lmi_stream_memory_cut(&e->stream, -ENOMEM);
}

static void on_soon(struct lmi_soon *soon)
{
	struct end *e = lmi_container_of(soon, struct end, soon);
	unsigned int events = holds(e);

	if (!events)
		return;
	lmi_loop_soon(e->loop, &e->soon); /* level-triggered: asked again until nothing holds; the user may close it */
	e->stream.ready(&e->stream, events);
}

static void on_arrival(struct lmi_timer_node *n)
{
	poke(lmi_container_of(n, struct end, arrival));
}

static size_t take(struct end *e, uint8_t *to, size_t max)
{
	size_t done = 0;

	while (done < max && e->first && e->first->due_ms <= lmi_loop_now_ms(e->loop)) {
		struct chunk *c = e->first;
		size_t n = c->n - c->at < max - done ? c->n - c->at : max - done;

		memcpy(to + done, c->bytes + c->at, n);
		c->at += n;
		done += n;
		if (c->at < c->n)
			break;
		e->first = c->next;
		if (!e->first)
			e->last = &e->first;
		free(c);
	}
	e->inbox_bytes -= done;
	return done;
}

static ssize_t readv_memory(struct lmi_stream *s, const struct iovec *iov, int n)
{
	struct end *e = end_of(s);
	size_t done = 0, most = e->read_max ? e->read_max : SIZE_MAX;

	if (!readable(e)) {
		poke(e);
		return -EAGAIN;
	}
	if (!e->first)
		return e->err;
	for (int i = 0; i < n && done < most; i++)
		done += take(e, iov[i].iov_base, iov[i].iov_len < most - done ? iov[i].iov_len : most - done);
	if (e->peer)
		poke(e->peer);
	return (ssize_t)done;
}

static int put(struct end *from, const struct iovec *iov, size_t n)
{
	struct end *to = from->peer;
	struct chunk *c = malloc(sizeof(*c) + n);

	if (!c)
		return -ENOMEM;
	*c = (struct chunk){ .due_ms = lmi_loop_now_ms(to->loop) + from->delay_ms, .n = n };
	for (size_t at = 0; at < n; iov++) {
		size_t part = iov->iov_len < n - at ? iov->iov_len : n - at;

		memcpy(c->bytes + at, iov->iov_base, part);
		at += part;
	}
	*to->last = c;
	to->last = &c->next;
	to->inbox_bytes += n;
	poke(to);
	return 0;
}

static ssize_t writev_memory(struct lmi_stream *s, const struct iovec *iov, int n)
{
	struct end *e = end_of(s);
	size_t bytes = 0, room;
	int r;

	if (e->err || !e->peer)
		return e->err ? e->err : -EPIPE;
	for (int i = 0; i < n; i++)
		bytes += iov[i].iov_len;
	if (e->swallow)
		return (ssize_t)bytes;
	room = LMI_STREAM_MEMORY_WINDOW - e->peer->inbox_bytes;
	if (e->write_max && room > e->write_max)
		room = e->write_max;
	if (bytes > room)
		bytes = room;
	if (bytes == 0)
		return -EAGAIN;
	r = put(e, iov, bytes);
	return r < 0 ? r : (ssize_t)bytes;
}

static void watch_memory(struct lmi_stream *s, unsigned int events)
{
	end_of(s)->events = events;
	poke(end_of(s));
}

static int connected_memory(struct lmi_stream *s)
{
	return end_of(s)->err;
}

static void hosts_memory(struct lmi_stream *s, struct lmi_host *out_peer, struct lmi_host *out_local)
{
	(void)s;
	memset(out_peer, 0, sizeof(*out_peer));
	memset(out_local, 0, sizeof(*out_local));
}

static void drop_inbox(struct end *e)
{
	for (struct chunk *c = e->first, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	e->first = NULL;
	e->last = &e->first;
	e->inbox_bytes = 0;
}

static void close_memory(struct lmi_stream *s)
{
	struct end *e = end_of(s);

	lmi_soon_cancel(&e->soon);
	lmi_timer_node_clear(e->loop, &e->arrival);
	if (e->peer) {
		e->peer->peer = NULL;
		e->peer->peer_gone_ms = e->swallow ? INT64_MAX : lmi_loop_now_ms(e->peer->loop) + e->delay_ms;
		poke(e->peer);
	}
	drop_inbox(e);
	free(e);
}

static const struct lmi_stream_ops memory_ops = {
	.readv = readv_memory,
	.writev = writev_memory,
	.watch = watch_memory,
	.connected = connected_memory,
	.hosts = hosts_memory,
	.close = close_memory,
};

static struct end *end_new(struct lmi_loop *l)
{
	struct end *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->stream.ops = &memory_ops;
	e->loop = l;
	e->last = &e->first;
	lmi_soon_init(&e->soon, on_soon);
	e->arrival.fn = on_arrival;
	return e;
}

int lmi_stream_memory_pair(struct lmi_loop *a, struct lmi_loop *b, struct lmi_stream *out_ends[2])
{
	struct end *ea = end_new(a), *eb = end_new(b);

	if (!ea || !eb) {
		free(ea);
		free(eb);
		return -ENOMEM;
	}
	ea->peer = eb;
	eb->peer = ea;
	out_ends[0] = &ea->stream;
	out_ends[1] = &eb->stream;
	return 0;
}

void lmi_stream_memory_short(struct lmi_stream *s, size_t read_max, size_t write_max)
{
	end_of(s)->read_max = read_max;
	end_of(s)->write_max = write_max;
}

void lmi_stream_memory_delay(struct lmi_stream *s, int64_t delay_ms)
{
	end_of(s)->delay_ms = delay_ms;
}

void lmi_stream_memory_swallow(struct lmi_stream *s, bool on)
{
	end_of(s)->swallow = on;
}

static void fail(struct end *e, int err)
{
	e->err = err;
	drop_inbox(e);
	poke(e);
}

void lmi_stream_memory_cut(struct lmi_stream *s, int err)
{
	struct end *e = end_of(s), *peer = e->peer;

	fail(e, err);
	if (peer)
		fail(peer, err);
}
