/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of lib/io share: a loop on a clock that stands still, a connection over memory or loopback that
 * remembers what it was told, and a plain socket as its peer.
 */
#ifndef LIGHTMQ_TESTS_UNIT_IO_FIXTURE_H
#define LIGHTMQ_TESTS_UNIT_IO_FIXTURE_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/conn.h"
#include "io/conn_internal.h"
#include "io/loop.h"
#include "io/stream.h"

#define SEEN_MAX 8192

/* What a connection's owner was told. */
struct seen {
	struct lmi_conn *conn;
	size_t frames, opens, closes;
	int cause;
	size_t sizes[SEEN_MAX];
	struct lmi_buf bytes; /* all frames, one behind the other */
	int refuse;           /* returned by on_frame when not 0 */
	bool echo, begin, close_in_frame;
};

static inline int seen_frame(struct lmi_conn *c, struct lmi_span frame)
{
	struct seen *s = lmi_conn_user(c);

	ck_assert_uint_lt(s->frames, SEEN_MAX);
	ck_assert_uint_eq(s->closes, 0);
	s->sizes[s->frames++] = frame.n;
	lmi_buf_put_span(&s->bytes, frame);
	if (s->echo)
		lmi_buf_put_span(lmi_conn_out(c), frame);
	if (s->begin)
		lmi_conn_request_begin(c);
	if (s->close_in_frame)
		lmi_conn_close(c, -LMQ_ESTATE, true);
	return s->refuse;
}

static inline void seen_open(struct lmi_conn *c)
{
	struct seen *s = lmi_conn_user(c);

	s->opens++;
}

static inline void seen_close(struct lmi_conn *c, int cause)
{
	struct seen *s = lmi_conn_user(c);

	s->conn = c;
	s->closes++;
	s->cause = cause;
}

static const struct lmi_conn_ops seen_ops = { .on_frame = seen_frame, .on_open = seen_open, .on_close = seen_close };

/* ---- a loop in stated time ---- */

struct stage {
	struct lmi_clock_manual clock;
	struct lmi_loop *loop;
};

static inline void stage_begin(struct stage *st)
{
	lmi_clock_manual_init(&st->clock, 1700000000000);
	lmi_clock_manual_pass(&st->clock, 5000000); /* as if up for a while */
	st->loop = lmi_loop_new_with_clock(&st->clock.clock);
	ck_assert_ptr_nonnull(st->loop);
}

static inline void stage_pass(struct stage *st, int64_t ms)
{
	lmi_clock_manual_pass(&st->clock, ms);
	lmi_loop_poll(st->loop);
}

static inline void stage_end(struct stage *st)
{
	lmi_loop_free(st->loop);
}

/* Poll until a condition holds: the kernel delivers loopback bytes in its own time. */
#define POLL_UNTIL(loop, condition)         \
	do {                                \
		while (!(condition))        \
			lmi_loop_poll(loop); \
	} while (0)

/* ---- a frame ---- */

/* Length field, type and header length 0, then a body that counts up. */
static inline void put_frame(struct lmi_buf *b, size_t bytes, uint8_t first)
{
	lmi_buf_put32(b, (uint32_t)(bytes - 4));
	lmi_buf_put32(b, 0);
	for (size_t i = 8; i < bytes; i++)
		lmi_buf_put8(b, (uint8_t)(first + i));
}

/* ---- a connection over memory ---- */

static inline void far_ready(struct lmi_stream *s, unsigned int events)
{
	(void)s;
	(void)events;
}

/* Gives the far end; the connection is seen->conn. */
static inline struct lmi_stream *memory_conn(struct stage *st, struct seen *seen, const struct lmi_conn_limits *limits)
{
	struct lmi_stream *ends[2];

	ck_assert_int_eq(lmi_stream_memory_pair(st->loop, st->loop, ends), 0);
	ends[1]->ready = far_ready;
	seen->conn = lmi_conn_new_on(ends[0], st->loop, &seen_ops, limits, seen);
	ck_assert_ptr_nonnull(seen->conn);
	return ends[1];
}

/* How many bytes it took, or negative. */
static inline ssize_t far_put(struct lmi_stream *far, const void *p, size_t n)
{
	struct iovec v = { (void *)p, n };

	return far->ops->writev(far, &v, 1);
}

static inline ssize_t far_get(struct lmi_stream *far, void *to, size_t n)
{
	struct iovec v = { to, n };

	return far->ops->readv(far, &v, 1);
}

static inline void seen_done(struct seen *s)
{
	lmi_buf_done(&s->bytes);
	*s = (struct seen){ 0 };
}

/* ---- sockets ---- */

static inline struct sockaddr_in loopback(uint32_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static inline uint32_t port_of(int fd)
{
	struct lmi_host h;

	ck_assert_int_eq(lmi_socket_local(fd, &h), 0);
	return h.port;
}

static inline int plain_connect(uint32_t port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* A connected pair over loopback TCP: [0] for the connection under test, [1] its peer, blocking. */
static inline void tcp_pair(int out_fds[2])
{
	int ln = lmi_socket_listen("127.0.0.1", 0, 4);

	ck_assert_int_ge(ln, 0);
	ck_assert_int_eq(fcntl(ln, F_SETFL, 0), 0);
	out_fds[1] = plain_connect(port_of(ln));
	out_fds[0] = accept4(ln, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(out_fds[0], 0);
	close(ln);
}

static inline void send_all(int fd, const void *p, size_t n)
{
	ck_assert_int_eq(send(fd, p, n, MSG_NOSIGNAL), (ssize_t)n);
}

static inline void send_buf(int fd, struct lmi_buf *b)
{
	send_all(fd, lmi_buf_data(b), lmi_buf_len(b));
}

#endif
