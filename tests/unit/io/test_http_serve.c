/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a request is read byte by byte as in one piece, only GET and HEAD are taken, and a client gets one whole answer, however
 * large; one that says nothing is let go.  Shown: texts, and sockets on loopback.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "io/http_serve.h"
#include "io/conn.h"
#include "io/socket.h"
#include "tests/support/lmt.h"

static struct lmi_clock_manual clock;
static struct lmi_loop *loop;
static struct lmi_http_server *server;
static struct lmi_host local;
static size_t size;

static int read_text(const char *text, struct lmi_http_request *out)
{
	return lmi_http_request_read(lmi_span_str(text), out);
}

START_TEST(a_request_is_read_when_it_is_whole)
{
	static const char whole[] = "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
	struct lmi_http_request r;
	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		ck_assert_int_eq(lmi_http_request_read(lmi_span(whole, n), &r), -EAGAIN);
	ck_assert_int_eq(read_text(whole, &r), 0);
	ck_assert(lmi_span_is(r.path, "/metrics") && !r.head);
	ck_assert_int_eq(read_text("HEAD / HTTP/1.0\n\n", &r), 0);
	ck_assert(lmi_span_is(r.path, "/") && r.head);
}
END_TEST

START_TEST(what_is_none_is_refused)
{
	static const char *const bad[] = { "GET metrics HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", "GET /\r\n\r\n", "\r\n\r\n", "get / HTTP/1.1\r\n\r\n",
					   "GET /\x01 HTTP/1.1\r\n\r\n", "GET / SPDY/1\r\n\r\n", "GET \r\n\r\n" };
	struct lmi_http_request r;
	char *big = malloc(LMI_HTTP_REQUEST_MAX + 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(read_text(bad[i], &r) == -LMQ_EMALFORMED, "%s", bad[i]);
	ck_assert_int_eq(read_text("POST / HTTP/1.1\r\n\r\n", &r), -LMQ_EUNSUPPORTED);
	memset(big, 'a', LMI_HTTP_REQUEST_MAX + 1);
	ck_assert_int_eq(lmi_http_request_read(lmi_span(big, LMI_HTTP_REQUEST_MAX + 1), &r), -LMQ_ETOOBIG);
	free(big);
}
END_TEST

static void get(void *user, const struct lmi_http_request *r, struct lmi_http_answer *out)
{
	(void)user;
	if (!lmi_span_is(r->path, "/big"))
		out->status = 404;
	for (size_t i = 0; i < size; i++)
		lmi_buf_put8(&out->body, 'x');
}

static void set_up(void)
{
	lmi_clock_manual_init(&clock, 1700000000000);
	loop = lmi_loop_new_with_clock(&clock.clock);
	int fd = lmi_socket_listen("127.0.0.1", 0, 16);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(lmi_socket_local(fd, &local), 0);
	server = lmi_http_server_new(loop, fd, get, NULL);
	ck_assert_ptr_nonnull(server);
}

static void tear_down(void)
{
	lmi_http_server_free(server);
	lmi_loop_free(loop);
}

static int dial(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)local.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Everything until the end. */
static size_t read_all(int fd, char *out, size_t cap)
{
	size_t n = 0;
	for (;;) {
		lmi_loop_poll(loop);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (poll(&p, 1, 10) <= 0)
			continue;
		ssize_t got = read(fd, out + n, cap - n);
		if (got <= 0)
			return n;
		n += (size_t)got;
	}
}

static size_t ask(const char *request, char *out, size_t cap)
{
	int fd = dial();
	ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	size_t n = read_all(fd, out, cap - 1);
	out[n] = '\0';
	close(fd);
	return n;
}

START_TEST(a_client_gets_a_whole_answer_and_the_end)
{
	char *text = malloc(4 << 20);
	set_up();
	size = 3 << 20;
	size_t n = ask("GET /big HTTP/1.1\r\n\r\n", text, 4 << 20);
	ck_assert(strncmp(text, "HTTP/1.1 200 OK\r\n", 17) == 0);
	ck_assert_ptr_nonnull(strstr(text, "Content-Length: 3145728\r\n"));
	const char *body = strstr(text, "\r\n\r\n") + 4;
	ck_assert_uint_eq(n - (size_t)(body - text), size);
	n = ask("HEAD /big HTTP/1.1\r\n\r\n", text, 4 << 20);
	ck_assert_ptr_nonnull(strstr(text, "Content-Length: 3145728\r\n"));
	ck_assert_str_eq(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	size = 0;
	ask("GET /other HTTP/1.1\r\n\r\n", text, 4 << 20);
	ck_assert(strncmp(text, "HTTP/1.1 404 ", 13) == 0);
	ask("PUT /big HTTP/1.1\r\n\r\n", text, 4 << 20);
	ck_assert(strncmp(text, "HTTP/1.1 405 ", 13) == 0);
	ck_assert_ptr_nonnull(strstr(text, "Allow: GET, HEAD\r\n"));
	ask("rubbish\r\n\r\n", text, 4 << 20);
	ck_assert(strncmp(text, "HTTP/1.1 400 ", 13) == 0);
	tear_down();
	free(text);
}
END_TEST

START_TEST(one_that_says_nothing_is_let_go)
{
	char text[16];
	set_up();
	int fd = dial();
	for (int i = 0; i < 100; i++)
		lmi_loop_poll(loop);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	lmi_clock_manual_pass(&clock, LMI_HTTP_TIME_MS + 1);
	ck_assert_uint_eq(read_all(fd, text, sizeof(text)), 0);
	close(fd);
	tear_down();
}
END_TEST

START_TEST(sixteen_are_served_at_a_time)
{
	int fds[LMI_HTTP_CLIENTS_MAX + 1];
	char text[16];
	set_up();
	for (size_t i = 0; i <= LMI_HTTP_CLIENTS_MAX; i++) {
		fds[i] = dial();
		for (int k = 0; k < 20; k++)
			lmi_loop_poll(loop);
	}
	ck_assert_uint_eq(read_all(fds[LMI_HTTP_CLIENTS_MAX], text, sizeof(text)), 0);
	struct pollfd p = { .fd = fds[0], .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	tear_down();
	for (size_t i = 0; i <= LMI_HTTP_CLIENTS_MAX; i++)
		close(fds[i]);
}
END_TEST

LMT_MAIN("http_serve", a_request_is_read_when_it_is_whole, what_is_none_is_refused, a_client_gets_a_whole_answer_and_the_end,
	 one_that_says_nothing_is_let_go, sixteen_are_served_at_a_time)
