/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the body of a 200 answer is given, in whatever pieces it comes; every other answer is the error it is.
 * Shown: a server in a child that sends what the case says, on a port of the kernel's choice.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/conn.h"
#include "io/http_get.h"
#include "tests/support/lmt.h"

static char address[64];
static pid_t child;

/* Serve one connection: read the request, send @answer byte by byte when @slowly. */
static void serve(const char *answer, size_t n, bool slowly)
{
	struct lmi_host h;
	int fd = lmi_socket_listen("127.0.0.1", 0, 4);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(lmi_socket_local(fd, &h), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%u", h.port);
	child = fork();
	if (child == 0) {
		char request[1024];
		int c;

		while ((c = accept(fd, NULL, NULL)) < 0)
			;
		ssize_t got = recv(c, request, sizeof(request), 0);
		if (got > 0 && memmem(request, (size_t)got, "GET /rocketmq/nsaddr HTTP/1.0\r\n", 31))
			for (size_t at = 0; at < n;) {
				ssize_t k = send(c, answer + at, slowly ? 1 : n - at, MSG_NOSIGNAL);

				if (k <= 0)
					break;
				at += (size_t)k;
			}
		close(c);
		_exit(0);
	}
	close(fd);
}

static int get(struct lmi_buf *b)
{
	int r = lmi_http_get(address, "/rocketmq/nsaddr", 10000, b);

	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return r;
}

static int get_text(const char *answer, bool slowly, struct lmi_buf *b)
{
	serve(answer, strlen(answer), slowly);
	return get(b);
}

START_TEST(the_body_is_given_whole_or_in_pieces)
{
	struct lmi_buf b = { 0 };

	for (int slowly = 0; slowly < 2; slowly++) {
		lmi_buf_reset(&b, 0);
		ck_assert_int_eq(get_text("HTTP/1.1 200 OK\r\nX: y\r\n\r\n1.1.1.1:9876;2.2.2.2:9876\n", slowly, &b), 0);
		ck_assert(lmi_span_is(lmi_buf_span(&b), "1.1.1.1:9876;2.2.2.2:9876\n"));
	}
	lmi_buf_done(&b);
}
END_TEST

START_TEST(other_answers_are_errors)
{
	static char much[LMI_HTTP_MAX + 8192];
	struct lmi_buf b = { 0 };

	ck_assert_int_eq(get_text("HTTP/1.1 404 Not Found\r\n\r\nno", false, &b), -LMQ_EREMOTE);
	ck_assert_int_eq(get_text("HTTP/1.1 200 OK\r\n", false, &b), -LMQ_EMALFORMED);
	ck_assert_int_eq(get_text("SSH-2.0-x\r\n\r\n", false, &b), -LMQ_EMALFORMED);
	ck_assert_int_eq(get_text("", false, &b), -LMQ_EMALFORMED);
	memset(much, 'x', sizeof(much));
	serve(much, sizeof(much), false);
	ck_assert_int_eq(get(&b), -LMQ_ETOOBIG);
	child = 0;
	ck_assert_int_eq(get(&b), -ECONNREFUSED);
	ck_assert_int_eq(lmi_http_get("nothing", "/", 1000, &b), -LMQ_EMALFORMED);
	ck_assert_int_eq(lmi_http_get("no.such.host.invalid:80", "/", 1000, &b), -LMQ_ENOTFOUND);
	ck_assert_uint_eq(lmi_buf_len(&b), 0);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(who_does_not_answer_is_given_up)
{
	struct lmi_buf b = { 0 };
	struct lmi_host h;
	int fd = lmi_socket_listen("127.0.0.1", 0, 4);

	ck_assert_int_eq(lmi_socket_local(fd, &h), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%u", h.port);
	ck_assert_int_eq(lmi_http_get(address, "/", 50, &b), -LMQ_ETIMEOUT); /* nobody accepts */
	lmi_buf_done(&b);
	close(fd);
}
END_TEST

LMT_MAIN("http_get", the_body_is_given_whole_or_in_pieces, other_answers_are_errors, who_does_not_answer_is_given_up)
