/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_get.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.h"
#include "io/dial.h"
#include "io/socket.h"

#define READ_BYTES 4096u

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Until one of the events, or the time is over. */
static int wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd p = { fd, events, 0 };
	int r = poll(&p, 1, timeout_ms);

	return r < 0 ? -errno : r == 0 ? -LMQ_ETIMEOUT : 0;
}

/* A connected socket, or an error. */
static int connect_to(const struct lmi_host *to, int timeout_ms)
{
	struct sockaddr_storage ss;
	socklen_t n = lmi_socket_from_host(to, &ss);
	LMI_CLEANUP(close_fd) int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r, err = 0, out;
	socklen_t len = sizeof(err);

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&ss, n) < 0 && errno != EINPROGRESS)
		return -errno;
	r = wait_for(fd, POLLOUT, timeout_ms);
	if (r < 0)
		return r;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return -errno;
	if (err)
		return -err;
	out = fd;
	fd = -1;
	return out;
}

static int send_all(int fd, struct lmi_span text, int timeout_ms)
{
	while (text.n > 0) {
		ssize_t n = send(fd, text.p, text.n, MSG_NOSIGNAL);
		int r = n < 0 && errno == EAGAIN ? wait_for(fd, POLLOUT, timeout_ms) : n < 0 ? -errno : 0;

		if (r < 0)
			return r;
		if (n > 0)
			text = lmi_span(text.p + n, text.n - (size_t)n);
	}
	return 0;
}

/* Everything until the peer closes. */
static int read_all(int fd, int timeout_ms, struct lmi_buf *to)
{
	for (;;) {
		uint8_t *room = lmi_buf_reserve(to, READ_BYTES);
		int r = room ? wait_for(fd, POLLIN, timeout_ms) : -ENOMEM;
		ssize_t n;

		if (r < 0)
			return r;
		n = recv(fd, room, READ_BYTES, 0);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		lmi_buf_commit(to, n > 0 ? (size_t)n : 0);
		if (lmi_buf_len(to) > LMI_HTTP_MAX)
			return -LMQ_ETOOBIG;
	}
}

/* "HTTP/1.x 200 …", header lines, an empty line, the body. */
static int take_body(struct lmi_span all, struct lmi_buf *out)
{
	const uint8_t *end = memmem(all.p, all.n, "\r\n\r\n", 4);

	if (!end || !lmi_span_starts(all, LMI_SPAN_LIT("HTTP/1.")) || all.n < 12 || all.p[8] != ' ')
		return -LMQ_EMALFORMED;
	if (memcmp(all.p + 9, "200", 3) != 0)
		return -LMQ_EREMOTE;
	lmi_buf_put(out, end + 4, all.n - (size_t)(end + 4 - all.p));
	return out->failed ? -ENOMEM : 0;
}

static int exchange(int fd, const char *host_port, const char *path, int timeout_ms, struct lmi_buf *out)
{
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf b = { 0 };
	int r;

	/* 1.0: the answer ends with the connection and comes in one piece. */
	lmi_buf_printf(&b, "GET %s HTTP/1.0\r\nHost: %s\r\nAccept: text/plain, */*\r\n\r\n", path, host_port);
	if (b.failed)
		return -ENOMEM;
	r = send_all(fd, lmi_buf_span(&b), timeout_ms);
	lmi_buf_reset(&b, READ_BYTES);
	if (r == 0)
		r = read_all(fd, timeout_ms, &b);
	return r < 0 ? r : take_body(lmi_buf_span(&b), out);
}

int lmi_http_get(const char *host_port, const char *path, int timeout_ms, struct lmi_buf *out)
{
	char host[LMI_DIAL_HOST_MAX + 1];
	struct lmi_host addresses[LMI_DIAL_ADDRESSES_MAX];
	uint16_t port;
	int n, r = lmi_dial_split(host_port, host, &port);

	if (r < 0)
		return r;
	n = lmi_resolve_system(host, addresses, LMI_DIAL_ADDRESSES_MAX);
	r = n < 0 ? n : -LMQ_ENOTFOUND;
	for (int i = 0; i < n; i++) {
		LMI_CLEANUP(close_fd) int fd = -1;

		addresses[i].port = port;
		fd = connect_to(&addresses[i], timeout_ms);
		r = fd < 0 ? fd : exchange(fd, host_port, path, timeout_ms, out);
		if (fd >= 0)
			return r;
	}
	return r;
}
