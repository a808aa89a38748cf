/* SPDX-License-Identifier: Apache-2.0 */
#include "io/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>

#include "io/conn_internal.h"
#include "io/socket.h"
#include "io/tls.h"

/*
 * One attempt.  It outlives its connection while a worker resolves for it: conn is then NULL.
 */
struct lmi_dial {
	struct lmi_job job; /* first */
	struct lmi_conn *conn;
	struct lmi_loop *loop;
	lmi_resolve_fn *resolve;
	struct lmi_timer_node timeout;
	struct lmi_soon begin;
	struct lmi_stream *stream; /* being connected */
	struct lmi_tls *tls;       /* owned; NULL: none */
	bool secured;              /* the stream is TLS already */
	bool resolving;
	int error;                 /* of the last try */
	unsigned int count, next;
	struct lmi_host addresses[LMI_DIAL_ADDRESSES_MAX];
	uint16_t port;
	char host[LMI_DIAL_HOST_MAX + 1];
};

/* ---- names ---- */

int lmi_dial_split(const char *host_port, char *out_host, uint16_t *out_port)
{
	const char *colon = strrchr(host_port, ':'), *begin = host_port;
	size_t n = colon ? (size_t)(colon - host_port) : 0;
	int32_t port;

	if (!colon || lmi_span_to_i32(lmi_span_str(colon + 1), &port) < 0 || port <= 0 || port > 65535)
		return -LMQ_EMALFORMED;
	if (n >= 2 && begin[0] == '[' && begin[n - 1] == ']') {
		begin++;
		n -= 2;
	}
	if (n == 0 || n > LMI_DIAL_HOST_MAX)
		return -LMQ_EMALFORMED;
	memcpy(out_host, begin, n);
	out_host[n] = '\0';
	*out_port = (uint16_t)port;
	return 0;
}

static bool literal(const char *host, struct lmi_host *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, out->addr) == 1)
		return true;
	out->v6 = true;
	return inet_pton(AF_INET6, host, out->addr) == 1;
}

static int resolve_error(int r)
{
	switch (r) {
	case EAI_MEMORY: return -ENOMEM;
	case EAI_SYSTEM: return errno ? -errno : -EIO;
	default: return -LMQ_ENOTFOUND;
	}
}

int lmi_resolve_system(const char *host, struct lmi_host *out, size_t max)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	int r = getaddrinfo(host, NULL, &hints, &list);
	size_t n = 0;

	if (r != 0)
		return resolve_error(r);
	for (struct addrinfo *a = list; a && n < max; a = a->ai_next) {
		struct sockaddr_storage ss = { 0 };

		if (a->ai_addrlen > sizeof(ss))
			continue;
		memcpy(&ss, a->ai_addr, a->ai_addrlen);
		if (lmi_socket_to_host(&ss, &out[n]))
			n++;
	}
	freeaddrinfo(list);
	return n > 0 ? (int)n : -LMQ_ENOTFOUND;
}

/* ---- ends ---- */

static void drop_stream(struct lmi_dial *d)
{
	if (d->stream)
		d->stream->ops->close(d->stream);
	d->stream = NULL;
	d->secured = false;
}

static void dial_free(struct lmi_dial *d)
{
	lmi_tls_unref(d->tls);
	free(d);
}

/* Of everything that may call it but the worker. */
static void dial_let_go(struct lmi_dial *d)
{
	drop_stream(d);
	lmi_timer_node_clear(d->loop, &d->timeout);
	lmi_soon_cancel(&d->begin);
	d->conn = NULL;
	if (!d->resolving)
		dial_free(d);
}

void lmi_dial_abandon(struct lmi_conn *c)
{
	struct lmi_dial *d = c->dial;

	c->dial = NULL;
	dial_let_go(d);
}

static void dial_failed(struct lmi_dial *d, int err)
{
	lmi_conn_close(d->conn, err, false); /* which abandons it from the loop */
	drop_stream(d);
}

static void on_timeout(struct lmi_timer_node *n)
{
	dial_failed(lmi_container_of(n, struct lmi_dial, timeout), -ETIMEDOUT);
}

static void dial_done(struct lmi_dial *d)
{
	struct lmi_conn *c = d->conn;
	struct lmi_stream *s = d->stream;

	d->stream = NULL;
	lmi_dial_abandon(c);
	lmi_conn_start(c, s);
	(void)lmi_conn_out(c); /* what was appended meanwhile leaves in this turn */
	if (c->ops->on_open)
		c->ops->on_open(c);
}

/* ---- the addresses in turn ---- */

static void try_next(struct lmi_dial *d);
static void on_connected(struct lmi_stream *s, unsigned int events);

/* Connected below: the handshake comes next. */
static int secure(struct lmi_dial *d)
{
	struct lmi_stream *s = lmi_stream_tls_new(d->loop, d->tls, d->stream, d->host, LMI_SPAN_NULL);

	if (!s)
		return -ENOMEM;
	d->stream = s;
	d->secured = true;
	s->user = d;
	s->ready = on_connected;
	return s->ops->connected(s);
}

static void on_connected(struct lmi_stream *s, unsigned int events)
{
	struct lmi_dial *d = s->user;
	int r = s->ops->connected(s);

	(void)events;
	if (d->conn->state != CONN_DIALLING)
		return;
	if (r == 0 && d->tls && !d->secured)
		r = secure(d);
	if (r == -EAGAIN) {
		d->stream->ops->watch(d->stream, LMI_STREAM_WRITE);
		return;
	}
	if (r == 0) {
		dial_done(d);
		return;
	}
	drop_stream(d);
	d->error = r;
	try_next(d);
}

static void try_next(struct lmi_dial *d)
{
	while (d->next < d->count) {
		struct lmi_host to = d->addresses[d->next++];
		int r;

		to.port = d->port;
		r = d->loop->connect(d->loop, &to, &d->stream);
		if (r == 0) {
			d->stream->user = d;
			d->stream->ready = on_connected;
			d->stream->ops->watch(d->stream, LMI_STREAM_WRITE);
			return;
		}
		d->error = r;
	}
	dial_failed(d, d->error);
}

static void on_begin(struct lmi_soon *s)
{
	struct lmi_dial *d = lmi_container_of(s, struct lmi_dial, begin);

	if (d->conn->state != CONN_DIALLING)
		return; /* closed before it began */
	if (d->error < 0)
		dial_failed(d, d->error);
	else
		try_next(d);
}

/* ---- resolving, on a worker ---- */

static void resolve_run(struct lmi_job *j)
{
	struct lmi_dial *d = (struct lmi_dial *)j;
	int n = d->resolve(d->host, d->addresses, LMI_DIAL_ADDRESSES_MAX);

	d->count = n > 0 ? (unsigned int)n : 0;
	d->error = n > 0 ? 0 : n < 0 ? n : -LMQ_ENOTFOUND;
}

static void resolve_done(struct lmi_job *j)
{
	struct lmi_dial *d = (struct lmi_dial *)j;

	d->resolving = false;
	if (!d->conn)
		dial_free(d); /* its connection has gone meanwhile */
	else
		lmi_loop_soon(d->loop, &d->begin); /* an inline executor is still inside lmi_conn_dial */
}

static void dial_start(struct lmi_dial *d, struct lmi_executor *resolver, const char *host_port)
{
	d->error = lmi_dial_split(host_port, d->host, &d->port);
	if (d->error == 0 && !literal(d->host, &d->addresses[0])) {
		if (resolver) {
			d->resolving = true;
			lmi_executor_submit(resolver, &d->job);
			return;
		}
		d->error = -LMQ_ENOTFOUND;
	}
	d->count = 1;
	lmi_loop_soon(d->loop, &d->begin);
}

struct lmi_conn *lmi_conn_dial(struct lmi_loop *l, struct lmi_executor *resolver, const char *host_port, int64_t timeout_ms,
			       const struct lmi_conn_ops *ops, const struct lmi_conn_limits *limits, void *user)
{
	struct lmi_dial *d = calloc(1, sizeof(*d));
	struct lmi_conn *c;

	if (!d)
		return NULL;
	d->job.run = resolve_run;
	d->job.done = resolve_done;
	d->loop = l;
	d->resolve = l->resolve;
	d->timeout.fn = on_timeout;
	lmi_soon_init(&d->begin, on_begin);
	if (lmi_timer_node_set(l, &d->timeout, lmi_loop_now_ms(l) + timeout_ms) < 0) {
		free(d);
		return NULL;
	}
	c = lmi_conn_alloc(l, ops, limits, user);
	if (!c) {
		lmi_timer_node_clear(l, &d->timeout);
		free(d);
		return NULL;
	}
	c->state = CONN_DIALLING;
	c->dial = d;
	d->conn = c;
	dial_start(d, resolver, host_port);
	return c;
}

void lmi_conn_dial_tls(struct lmi_conn *c, struct lmi_tls *tls)
{
	if (c->dial)
		c->dial->tls = lmi_tls_ref(tls);
}
