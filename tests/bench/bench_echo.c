/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a frame costs in lib/io: an echo server on a loop, frames of 64 bytes over loopback.
 *
 *	bench_echo server          the loop's echo; prints its port, then its CPU time when the last client left
 *	bench_echo bare            the same with epoll, recv and send only, one connection at a time: the floor
 *	bench_echo client PORT FRAMES WINDOW
 *	bench_echo idle COUNT      memory per idle connection
 */
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "io/conn.h"
#include "io/conn_internal.h"

#define FRAME_BYTES 64u

static uint64_t frames;

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static struct rusage begin_usage;

static void report(void)
{
	struct rusage u;
	double user, sys;

	getrusage(RUSAGE_SELF, &u);
	user = seconds(u.ru_utime) - seconds(begin_usage.ru_utime);
	sys = seconds(u.ru_stime) - seconds(begin_usage.ru_stime);
	if (frames > 0)
		printf("%llu frames, us a frame: user %.3f, system %.3f, together %.3f\n", (unsigned long long)frames,
		       user * 1e6 / (double)frames, sys * 1e6 / (double)frames, (user + sys) * 1e6 / (double)frames);
	fflush(stdout);
	frames = 0;
	begin_usage = u;
}

/* ---- the loop's echo ---- */

static int echo(struct lmi_conn *c, struct lmi_span frame)
{
	frames++;
	lmi_buf_put_span(lmi_conn_out(c), frame);
	return 0;
}

static void closed(struct lmi_conn *c, int cause)
{
	(void)c;
	(void)cause;
	report();
}

static const struct lmi_conn_ops echo_ops = { .on_frame = echo, .on_close = closed };

static struct lmi_listener *serve(struct lmi_loop *l)
{
	struct lmi_listener_config cfg = { .ops = &echo_ops, .limits = lmi_conn_limits_default, .connections_max = 100000, .name = "echo" };
	int fd = lmi_socket_listen("127.0.0.1", 0, 1024);
	struct lmi_host h;

	if (fd < 0 || lmi_socket_local(fd, &h) < 0)
		return NULL;
	printf("%u\n", h.port);
	fflush(stdout);
	return lmi_listener_new(l, fd, &cfg);
}

static int run_server(void)
{
	struct lmi_loop *l = lmi_loop_new();

	if (!l || !serve(l))
		return 1;
	lmi_loop_run(l);
	return 0;
}

/* ---- the floor ---- */

static void bare_connection(int ep, int fd)
{
	static uint8_t buf[256 << 10];
	struct epoll_event ev = { .events = EPOLLIN };
	ssize_t n = 1;

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	while (n > 0 && epoll_wait(ep, &ev, 1, -1) == 1) {
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0 && send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			break;
		frames += n > 0 ? (uint64_t)n / FRAME_BYTES : 0;
	}
	close(fd);
	report();
}

static int run_bare(void)
{
	int fd = lmi_socket_listen("127.0.0.1", 0, 1024), ep = epoll_create1(0), one = 1;
	struct lmi_host h;

	if (fd < 0 || lmi_socket_local(fd, &h) < 0)
		return 1;
	printf("%u\n", h.port);
	fflush(stdout);
	for (;;) {
		int c = accept(fd, NULL, NULL);

		if (c < 0)
			continue; /* the listening socket does not block */
		setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		getrusage(RUSAGE_SELF, &begin_usage);
		bare_connection(ep, c);
	}
}

/* ---- the load ---- */

static int dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int run_client(uint16_t port, uint64_t count, size_t window)
{
	size_t bytes = window * FRAME_BYTES;
	uint8_t *buf = calloc(1, bytes);
	int fd = dial(port);

	if (!buf || fd < 0)
		return 1;
	for (size_t i = 0; i < window; i++)
		lmi_put32(buf + i * FRAME_BYTES, FRAME_BYTES - 4);
	for (uint64_t done = 0; done < count; done += window) {
		if (send(fd, buf, bytes, MSG_NOSIGNAL) != (ssize_t)bytes || recv(fd, buf, bytes, MSG_WAITALL) != (ssize_t)bytes)
			return 1;
	}
	close(fd);
	free(buf);
	return 0;
}

/* ---- idle connections ---- */

static int discard(struct lmi_conn *c, struct lmi_span frame)
{
	(void)c;
	(void)frame;
	frames++;
	return 0;
}

static void lost(struct lmi_conn *c, int cause)
{
	(void)c;
	fprintf(stderr, "bench_echo: a connection closed: %s\n", lmi_strerror(cause));
	exit(1);
}

static const struct lmi_conn_ops idle_ops = { .on_frame = discard, .on_close = lost };

static unsigned int accepted;

static void count_one(struct lmi_conn *c, void *user)
{
	(void)c;
	(void)user;
	accepted++;
}

/* The far ends, in a process of their own that ends with the other: each has sent a frame and half of another. */
static int far_ends(uint16_t port, unsigned int count)
{
	char c;
	int fd = -1;

	for (unsigned int i = 0; i < count; i++) {
		fd = dial(port);
		if (fd < 0 || send(fd, "\0\0\0\014\0\0\0\0efghijkl\0\0\0\014\0\0\0", 23, MSG_NOSIGNAL) != 23)
			return 1;
	}
	return recv(fd, &c, 1, 0) != 0;
}

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static int run_idle(unsigned int count)
{
	struct lmi_listener_config cfg = { .ops = &idle_ops, .limits = lmi_conn_limits_default, .connections_max = count, .name = "idle",
					   .on_accept = count_one };
	struct lmi_loop *l = lmi_loop_new();
	int fd = lmi_socket_listen("127.0.0.1", 0, 1024);
	struct lmi_host h;
	size_t before;
	pid_t child;

	if (!l || fd < 0 || lmi_socket_local(fd, &h) < 0 || !lmi_listener_new(l, fd, &cfg))
		return 1;
	before = in_use();
	child = fork();
	if (child <= 0)
		return child < 0 ? 1 : far_ends((uint16_t)h.port, count);
	while (accepted < count || frames < count)
		lmi_loop_poll(l);
	printf("%u idle connections, each with a frame begun: %.0f bytes each (struct lmi_conn %zu), the loop's read buffer included\n",
	       count, (double)(in_use() - before) / count, sizeof(struct lmi_conn));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "server") == 0)
		return run_server();
	if (argc == 2 && strcmp(argv[1], "bare") == 0)
		return run_bare();
	if (argc == 3 && strcmp(argv[1], "idle") == 0)
		return run_idle((unsigned int)atoi(argv[2]));
	if (argc == 5 && strcmp(argv[1], "client") == 0)
		return run_client((uint16_t)atoi(argv[2]), strtoull(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	fprintf(stderr, "usage: bench_echo server | bare | idle COUNT | client PORT FRAMES WINDOW\n");
	return 2;
}
