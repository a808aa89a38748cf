/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_serve.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "io/loop_internal.h"
#include "io/socket.h"
#include "io/stream.h"

struct lmi_http_server {
	struct lmi_loop *loop;
	struct lmi_io io;
	struct lmi_list clients;
	unsigned int count;
	void (*get)(void *user, const struct lmi_http_request *r, struct lmi_http_answer *out);
	void *user;
};

struct client {
	struct lmi_list link;
	struct lmi_http_server *server;
	struct lmi_stream *stream;
	struct lmi_timer_node timer;
	struct lmi_buf in, out;
	bool answering;
};

static void drop(struct client *c)
{
	lmi_timer_node_clear(c->server->loop, &c->timer);
	lmi_list_del(&c->link);
	c->server->count--;
	c->stream->ops->close(c->stream);
	lmi_buf_done(&c->in);
	lmi_buf_done(&c->out);
	free(c);
}

static void on_late(struct lmi_timer_node *n)
{
	drop(lmi_container_of(n, struct client, timer));
}

/* ---- answering ---- */

static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 503: return "Service Unavailable";
	default: return "Error";
	}
}

static void answer(struct client *c, int err, const struct lmi_http_request *r)
{
	struct lmi_http_answer a = { .status = err == -LMQ_EUNSUPPORTED ? 405 : err ? 400 : 200, .type = "text/plain; charset=utf-8" };

	if (!err)
		c->server->get(c->server->user, r, &a);
	lmi_buf_printf(&c->out,
		       "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\nCache-Control: no-store\r\n"
		       "X-Content-Type-Options: nosniff\r\n%s\r\n",
		       a.status, reason(a.status), a.type, lmi_buf_len(&a.body), a.status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (err || !r->head)
		lmi_buf_put_span(&c->out, lmi_buf_span(&a.body));
	lmi_buf_done(&a.body);
	c->answering = true;
}

/* 0: all has left; -EAGAIN, -errno. */
static int flush(struct client *c)
{
	while (lmi_buf_len(&c->out)) {
		struct iovec v = { (void *)lmi_buf_data(&c->out), lmi_buf_len(&c->out) };
		ssize_t n = c->stream->ops->writev(c->stream, &v, 1);

		if (n < 0)
			return (int)n;
		lmi_buf_consume(&c->out, (size_t)n);
	}
	return 0;
}

static int receive(struct client *c)
{
	uint8_t bytes[2048];
	struct iovec v = { bytes, sizeof(bytes) };
	struct lmi_http_request r = { .head = false };
	ssize_t n = c->stream->ops->readv(c->stream, &v, 1);

	if (n <= 0)
		return n ? (int)n : -LMQ_ECLOSED;
	lmi_buf_put(&c->in, bytes, (size_t)n);
	if (c->in.failed)
		return -ENOMEM;
	int err = lmi_http_request_read(lmi_buf_span(&c->in), &r);
	if (err != -EAGAIN)
		answer(c, err, &r);
	return err == -EAGAIN ? err : c->out.failed ? -ENOMEM : 0;
}

static void on_ready(struct lmi_stream *s, unsigned int events)
{
	struct client *c = s->user;
	int err = 0;

	(void)events;
	if (!c->answering)
		err = receive(c);
	if (!err)
		err = flush(c);
	if (err == -EAGAIN)
		s->ops->watch(s, c->answering ? LMI_STREAM_WRITE : LMI_STREAM_READ);
	else
		drop(c);
}

/* ---- accepting ---- */

/* Takes fd. */
static void welcome(struct lmi_http_server *s, int fd)
{
	struct client *c = s->count < LMI_HTTP_CLIENTS_MAX ? calloc(1, sizeof(*c)) : NULL;

	if (!c) {
		close(fd);
		return;
	}
	c->server = s;
	c->stream = lmi_stream_socket_new(s->loop, fd);
	if (!c->stream) {
		free(c);
		return;
	}
	c->stream->ready = on_ready;
	c->stream->user = c;
	c->timer.fn = on_late;
	lmi_list_add_tail(&s->clients, &c->link);
	s->count++;
	if (lmi_timer_node_set(s->loop, &c->timer, lmi_loop_now_ms(s->loop) + LMI_HTTP_TIME_MS)) {
		drop(c);
		return;
	}
	c->stream->ops->watch(c->stream, LMI_STREAM_READ);
}

static void on_readable(struct lmi_io *io, unsigned int events)
{
	struct lmi_http_server *s = lmi_container_of(io, struct lmi_http_server, io);
	int fd;

	(void)events;
	for (unsigned int i = 0; i < LMI_HTTP_CLIENTS_MAX && (fd = accept4(io->w.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; i++)
		welcome(s, fd);
}

struct lmi_http_server *lmi_http_server_new(struct lmi_loop *l, int fd,
					    void (*get)(void *user, const struct lmi_http_request *r, struct lmi_http_answer *out), void *user)
{
	struct lmi_http_server *s = calloc(1, sizeof(*s));

	if (!s || lmi_socket_set_nonblocking(fd) < 0) {
		free(s);
		close(fd);
		return NULL;
	}
	s->loop = l;
	s->get = get;
	s->user = user;
	lmi_list_init(&s->clients);
	lmi_io_init(&s->io, l, fd, on_readable);
	lmi_io_watch(&s->io, LMI_IO_READ);
	return s;
}

void lmi_http_server_free(struct lmi_http_server *s)
{
	if (!s)
		return;
	LMI_LIST_FOREACH_SAFE(&s->clients, it, tmp)
		drop(lmi_container_of(it, struct client, link));
	int fd = s->io.w.fd;
	lmi_io_watch(&s->io, 0);
	close(fd);
	free(s);
}
