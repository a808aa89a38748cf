/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/conn.h" /* lmi_socket_local */
#include "io/loop_internal.h"
#include "io/socket.h"
#include "io/stream.h"

struct socket_stream {
	struct lmi_stream stream; /* first */
	struct lmi_io io;
};

static int fd_of(const struct lmi_stream *s)
{
	return ((const struct socket_stream *)s)->io.w.fd;
}

static ssize_t readv_socket(struct lmi_stream *s, const struct iovec *iov, int n)
{
	ssize_t r;

	do
		r = n == 1 ? recv(fd_of(s), iov->iov_base, iov->iov_len, 0) : readv(fd_of(s), iov, n);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

static ssize_t writev_socket(struct lmi_stream *s, const struct iovec *iov, int n)
{
	struct msghdr m = { .msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)n };
	ssize_t r;

	do
		r = n == 1 ? send(fd_of(s), iov->iov_base, iov->iov_len, MSG_NOSIGNAL) : sendmsg(fd_of(s), &m, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

static void watch_socket(struct lmi_stream *s, unsigned int events)
{
	lmi_io_watch(&((struct socket_stream *)s)->io, events);
}

static int connected_socket(struct lmi_stream *s)
{
	int err = 0;
	socklen_t n = sizeof(err);

	if (getsockopt(fd_of(s), SOL_SOCKET, SO_ERROR, &err, &n) < 0)
		return -errno;
	return -err;
}

static void hosts_socket(struct lmi_stream *s, struct lmi_host *out_peer, struct lmi_host *out_local)
{
	if (lmi_socket_peer(fd_of(s), out_peer) < 0)
		memset(out_peer, 0, sizeof(*out_peer));
	if (lmi_socket_local(fd_of(s), out_local) < 0)
		memset(out_local, 0, sizeof(*out_local));
}

static void close_socket(struct lmi_stream *s)
{
	watch_socket(s, 0);
	close(fd_of(s));
	free(s);
}

static const struct lmi_stream_ops socket_ops = {
	.readv = readv_socket,
	.writev = writev_socket,
	.watch = watch_socket,
	.connected = connected_socket,
	.hosts = hosts_socket,
	.close = close_socket,
};

static void on_ready(struct lmi_io *io, unsigned int events)
{
	struct socket_stream *s = lmi_container_of(io, struct socket_stream, io);

	s->stream.ready(&s->stream, events);
}

_Static_assert((int)LMI_STREAM_READ == (int)LMI_IO_READ && (int)LMI_STREAM_WRITE == (int)LMI_IO_WRITE, "events are handed through");

/* SO_KEEPALIVE stays off: rule NettyRemotingServer; idle connections are closed by conn_idle.c. */
struct lmi_stream *lmi_stream_socket_new(struct lmi_loop *l, int fd)
{
	struct socket_stream *s = calloc(1, sizeof(*s));
	int one = 1;

	if (!s || lmi_socket_set_nonblocking(fd) < 0) {
		free(s);
		close(fd);
		return NULL;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* refused by other kinds: no delay there */
	s->stream.ops = &socket_ops;
	lmi_io_init(&s->io, l, fd, on_ready);
	return &s->stream;
}

int lmi_stream_socket_connect(struct lmi_loop *l, const struct lmi_host *to, struct lmi_stream **out_s)
{
	struct sockaddr_storage ss;
	socklen_t n = lmi_socket_from_host(to, &ss);
	int err, fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct lmi_stream *s;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&ss, n) < 0 && errno != EINPROGRESS && errno != EINTR) {
		err = errno;
		close(fd);
		return -err;
	}
	s = lmi_stream_socket_new(l, fd);
	if (!s)
		return -ENOMEM;
	*out_s = s;
	return 0;
}
