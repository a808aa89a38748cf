/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: a listener accepts up to its limit, survives a lack of descriptors and says so, hands PROXY addresses on, and
 * leaves its connections alone when it goes.  Shown: over loopback; the lack of descriptors by setrlimit.
 */
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>

#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

static struct stage st;
static struct seen seen; /* of all accepted ones together */
static struct lmi_listener *ln;
static uint32_t port;
static int accepts;
static struct lmi_conn *last_accepted;

static void on_accept(struct lmi_conn *c, void *user)
{
	ck_assert_ptr_eq(user, &seen);
	accepts++;
	last_accepted = c;
}

static char logged[8][300];
static int lines;

LMI_PRINTF(4, 0)
static void log_write(struct lmi_log *l, enum lmi_log_level level, const struct lmi_log_field *fields, const char *fmt, va_list ap)
{
	(void)l;
	(void)level;
	(void)fields;
	ck_assert_int_lt(lines, 8);
	vsnprintf(logged[lines++], sizeof(logged[0]), fmt, ap);
}

static struct lmi_log captured = { .write = log_write, .max_level = LMI_LOG_DEBUG };

static void begin(uint32_t connections_max, bool proxy_protocol)
{
	struct lmi_listener_config cfg = { .ops = &seen_ops, .limits = lmi_conn_limits_default, .user = &seen,
					   .connections_max = connections_max, .proxy_protocol = proxy_protocol, .log = &captured,
					   .name = "remoting", .on_accept = on_accept };
	int fd = lmi_socket_listen("127.0.0.1", 0, 16);

	ck_assert_int_ge(fd, 0);
	port = port_of(fd);
	stage_begin(&st);
	ln = lmi_listener_new(st.loop, fd, &cfg);
	ck_assert_ptr_nonnull(ln);
}

static void finish(void)
{
	lmi_listener_free(ln);
	stage_end(&st);
	seen_done(&seen);
}

static ssize_t recv_end(int fd)
{
	char c;

	return recv(fd, &c, 1, 0);
}

START_TEST(connections_are_accepted_with_the_listeners_user)
{
	struct lmi_buf b = { 0 };
	int fd[3];

	begin(10, false);
	for (int i = 0; i < 3; i++)
		fd[i] = plain_connect(port);
	POLL_UNTIL(st.loop, accepts == 3);
	ck_assert_uint_eq(lmi_listener_connections(ln), 3);
	put_frame(&b, 30, 0);
	send_buf(fd[1], &b);
	POLL_UNTIL(st.loop, seen.frames);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	POLL_UNTIL(st.loop, seen.closes == 3);
	ck_assert_uint_eq(lmi_listener_connections(ln), 0);
	ck_assert_uint_eq(seen.opens, 0);
	ck_assert_int_eq(fcntl(fd[0], F_GETFD), -1);
	lmi_buf_done(&b);
	finish();
}
END_TEST

START_TEST(accepted_sockets_are_closed_on_exec)
{
	int fd, flags = 0;

	begin(10, false);
	fd = plain_connect(port);
	POLL_UNTIL(st.loop, accepts == 1);
	for (int i = 3; i < 64; i++) {
		struct lmi_host h;

		if (i != fd && lmi_socket_local(i, &h) == 0 && h.port == port)
			flags += (fcntl(i, F_GETFD) & FD_CLOEXEC) ? 1 : 100;
	}
	ck_assert_int_eq(flags, 2); /* the listening one and the accepted one */
	close(fd);
	finish();
}
END_TEST

START_TEST(connections_above_the_limit_are_closed_at_once_and_said_once)
{
	int fd[6];

	begin(2, false);
	for (int i = 0; i < 6; i++)
		fd[i] = plain_connect(port);
	POLL_UNTIL(st.loop, accepts == 2);
	for (int i = 0; i < 10; i++)
		lmi_loop_poll(st.loop);
	ck_assert_int_eq(accepts, 2);
	for (int i = 2; i < 6; i++)
		ck_assert_int_le(recv_end(fd[i]), 0);
	ck_assert_int_eq(lines, 1);
	ck_assert_ptr_nonnull(strstr(logged[0], "remoting"));
	close(fd[0]); /* which makes room */
	POLL_UNTIL(st.loop, seen.closes == 1);
	fd[0] = plain_connect(port);
	POLL_UNTIL(st.loop, accepts == 3);
	lmi_clock_manual_pass(&st.clock, 60000); /* the next line tells of those in between */
	close(fd[2]);
	fd[2] = plain_connect(port);
	POLL_UNTIL(st.loop, lines == 2);
	ck_assert_ptr_nonnull(strstr(logged[1], "3 refused since"));
	for (int i = 0; i < 6; i++)
		close(fd[i]);
	finish();
}
END_TEST

START_TEST(without_descriptors_accepting_pauses_for_a_second_and_says_so)
{
	struct rlimit files;
	int fd, next;

	begin(10, false);
	fd = plain_connect(port);
	next = dup(fd);
	close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = (rlim_t)next; /* none is free below */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
	POLL_UNTIL(st.loop, lines == 1);
	ck_assert_ptr_nonnull(strstr(logged[0], "cannot accept"));
	files.rlim_cur = (rlim_t)next + 20;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
	stage_pass(&st, 999);
	for (int i = 0; i < 10; i++)
		lmi_loop_poll(st.loop);
	ck_assert_int_eq(accepts, 0);
	lmi_clock_manual_pass(&st.clock, 1);
	POLL_UNTIL(st.loop, accepts == 1);
	ck_assert_int_eq(lines, 1);
	close(fd);
	finish();
}
END_TEST

START_TEST(close_all_closes_what_was_accepted)
{
	int fd[3];

	begin(10, false);
	for (int i = 0; i < 3; i++)
		fd[i] = plain_connect(port);
	POLL_UNTIL(st.loop, accepts == 3);
	put_frame(lmi_conn_out(last_accepted), 24, 0);
	lmi_listener_close_all(ln);
	ck_assert_uint_eq(seen.closes, 0);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 3);
	ck_assert_int_eq(seen.cause, -LMQ_ECLOSED);
	ck_assert_uint_eq(lmi_listener_connections(ln), 0);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	finish();
}
END_TEST

START_TEST(a_freed_listener_leaves_its_connections_and_takes_no_more)
{
	struct sockaddr_in a;
	struct lmi_buf b = { 0 };
	int fd, other = socket(AF_INET, SOCK_STREAM, 0);

	begin(10, false);
	fd = plain_connect(port);
	POLL_UNTIL(st.loop, accepts == 1);
	lmi_listener_free(ln);
	ln = NULL;
	put_frame(&b, 24, 0);
	send_buf(fd, &b);
	POLL_UNTIL(st.loop, seen.frames);
	a = loopback(port);
	ck_assert_int_eq(connect(other, (struct sockaddr *)&a, sizeof(a)), -1);
	close(fd);
	POLL_UNTIL(st.loop, seen.closes);
	close(other);
	lmi_buf_done(&b);
	finish();
}
END_TEST

START_TEST(a_descriptor_that_is_none_gives_no_listener)
{
	struct lmi_listener_config cfg = { .ops = &seen_ops };

	stage_begin(&st);
	ck_assert_ptr_null(lmi_listener_new(st.loop, -1, &cfg));
	stage_end(&st);
}
END_TEST

/* ---- PROXY ---- */

static const char proxy_v1[] = "PROXY TCP4 203.0.113.9 198.51.100.1 40001 10911\r\n";
static const char proxy_v2[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f"
			       "\xcb\0\x71\x09\xc6\x33\x64\1\x9c\x41\x2a\x9f\x01\0\0";

static void check_proxied(const void *header, size_t n, size_t piece)
{
	struct lmi_buf b = { 0 };
	char text[LMI_HOST_CHARS];
	int fd;

	begin(10, true);
	lmi_buf_put(&b, header, n);
	put_frame(&b, 24, 0);
	put_frame(&b, 25, 0);
	fd = plain_connect(port);
	POLL_UNTIL(st.loop, accepts == 1);
	for (size_t at = 0; at < lmi_buf_len(&b); at += piece) {
		size_t left = lmi_buf_len(&b) - at;

		send_all(fd, lmi_buf_data(&b) + at, piece < left ? piece : left);
		lmi_loop_poll(st.loop);
	}
	POLL_UNTIL(st.loop, seen.frames == 2);
	ck_assert_uint_eq(seen.sizes[0], 24);
	lmi_host_print(lmi_conn_peer(last_accepted), text, sizeof(text));
	ck_assert_str_eq(text, "203.0.113.9:40001");
	lmi_host_print(lmi_conn_local(last_accepted), text, sizeof(text));
	ck_assert_str_eq(text, "198.51.100.1:10911");
	close(fd);
	finish();
	lmi_buf_done(&b);
	accepts = 0;
}

START_TEST(a_proxy_header_becomes_the_peers_address)
{
	for (size_t piece = 1; piece < 100; piece += 13) {
		check_proxied(proxy_v1, sizeof(proxy_v1) - 1, piece);
		check_proxied(proxy_v2, sizeof(proxy_v2) - 1, piece);
	}
}
END_TEST

START_TEST(frames_without_a_proxy_header_are_taken_as_they_are)
{
	struct lmi_buf b = { 0 };
	int fd;

	begin(10, true);
	put_frame(&b, 24, 0);
	fd = plain_connect(port);
	send_buf(fd, &b);
	POLL_UNTIL(st.loop, seen.frames);
	ck_assert_uint_eq(lmi_conn_peer(last_accepted)->port, port_of(fd));
	close(fd);
	finish();
	lmi_buf_done(&b);
}
END_TEST

static void check_closes(bool proxy_protocol, const char *bytes, size_t n, int cause)
{
	int fd;

	begin(10, proxy_protocol);
	fd = plain_connect(port);
	send_all(fd, bytes, n);
	POLL_UNTIL(st.loop, seen.closes);
	ck_assert_int_eq(seen.cause, cause);
	ck_assert_uint_eq(seen.frames, 0);
	close(fd);
	finish();
	accepts = 0;
}

START_TEST(a_broken_proxy_header_closes)
{
	check_closes(true, "PROXY TCP4 x y 1 2\r\n", 20, -LMQ_EMALFORMED);
	check_closes(true, "\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c", 16, -LMQ_EMALFORMED);
}
END_TEST

START_TEST(a_tls_hello_closes_also_behind_a_proxy_header)
{
	check_closes(true, "PROXY UNKNOWN\r\n\x16\x03\x01", 18, -LMQ_EUNSUPPORTED);
	check_closes(true, "\x16\x03\x01", 3, -LMQ_EUNSUPPORTED);
}
END_TEST

START_TEST(a_proxy_header_where_none_is_looked_for_is_garbage)
{
	check_closes(false, proxy_v1, sizeof(proxy_v1) - 1, -LMQ_ETOOBIG);
}
END_TEST

START_TEST(a_large_version_2_header_is_waited_for_and_skipped)
{
	struct lmi_buf b = { 0 };
	int fd;

	begin(10, true);
	lmi_buf_put(&b, "\r\n\r\n\0\r\nQUIT\n\x20\x00\xff\xff", 16);
	for (int i = 0; i < 65535; i++)
		lmi_buf_put8(&b, 'x');
	put_frame(&b, 24, 0);
	fd = plain_connect(port);
	for (size_t at = 0; at < lmi_buf_len(&b); at += 5000) {
		size_t left = lmi_buf_len(&b) - at;

		send_all(fd, lmi_buf_data(&b) + at, left < 5000 ? left : 5000);
		lmi_loop_poll(st.loop);
	}
	POLL_UNTIL(st.loop, seen.frames);
	close(fd);
	finish();
	lmi_buf_done(&b);
}
END_TEST

/* ---- lmi_socket_listen ---- */

START_TEST(listening_needs_a_literal_address_and_a_free_port)
{
	int fd = lmi_socket_listen("127.0.0.1", 0, 1);

	ck_assert_int_eq(lmi_socket_listen("localhost", 0, 1), -EINVAL);
	ck_assert_int_eq(lmi_socket_listen("127.0.0.1", (uint16_t)port_of(fd), 1), -EADDRINUSE);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
}
END_TEST

LMT_MAIN("listener", connections_are_accepted_with_the_listeners_user, accepted_sockets_are_closed_on_exec,
	 connections_above_the_limit_are_closed_at_once_and_said_once, without_descriptors_accepting_pauses_for_a_second_and_says_so,
	 close_all_closes_what_was_accepted, a_freed_listener_leaves_its_connections_and_takes_no_more,
	 a_descriptor_that_is_none_gives_no_listener, a_proxy_header_becomes_the_peers_address,
	 frames_without_a_proxy_header_are_taken_as_they_are, a_broken_proxy_header_closes, a_tls_hello_closes_also_behind_a_proxy_header,
	 a_proxy_header_where_none_is_looked_for_is_garbage, a_large_version_2_header_is_waited_for_and_skipped,
	 listening_needs_a_literal_address_and_a_free_port)
