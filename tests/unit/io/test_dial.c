/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: a dial ends in on_open or in on_close with the reason, once, whatever happens on the way.
 * Shown: against loopback sockets, names answered by the test, and a clock that is let go on.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "io/dial.h"
#include "io/socket.h"
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

static struct stage st;
static struct seen seen;

static void begin(void)
{
	stage_begin(&st);
}

static void finish(void)
{
	stage_end(&st);
	seen_done(&seen);
}

static int listener(uint32_t *out_port, int backlog)
{
	int fd = lmi_socket_listen("127.0.0.1", 0, backlog);

	ck_assert_int_ge(fd, 0);
	*out_port = port_of(fd);
	return fd;
}

static void dial_text(struct lmi_executor *resolver, const char *host_port)
{
	seen.conn = lmi_conn_dial(st.loop, resolver, host_port, 3000, &seen_ops, &lmi_conn_limits_default, &seen);
	ck_assert_ptr_nonnull(seen.conn);
	ck_assert(!lmi_conn_is_open(seen.conn));
	ck_assert_uint_eq(seen.opens + seen.closes, 0); /* never from inside */
}

static void dial(struct lmi_executor *resolver, const char *host, uint32_t port)
{
	char text[300];

	snprintf(text, sizeof(text), "%s:%u", host, port);
	dial_text(resolver, text);
}

/* A port on which nobody listens. */
static uint32_t refused_port(void)
{
	uint32_t port;

	close(listener(&port, 1));
	return port;
}

START_TEST(a_dialled_connection_opens_and_says_what_was_appended_before)
{
	uint8_t back[64];
	uint32_t port;
	int ln = listener(&port, 4), fd;

	begin();
	dial(NULL, "127.0.0.1", port);
	put_frame(lmi_conn_out(seen.conn), 24, 0);
	lmi_loop_poll(st.loop);
	POLL_UNTIL(st.loop, seen.opens);
	ck_assert(lmi_conn_is_open(seen.conn));
	ck_assert_uint_eq(lmi_conn_peer(seen.conn)->port, port);
	fcntl(ln, F_SETFL, 0);
	fd = accept(ln, NULL, NULL);
	ck_assert_int_eq(recv(fd, back, 24, MSG_WAITALL), 24);
	send_all(fd, back, 24);
	POLL_UNTIL(st.loop, seen.frames);
	close(fd);
	POLL_UNTIL(st.loop, seen.closes);
	ck_assert_int_eq(seen.cause, 0);
	ck_assert_uint_eq(seen.opens, 1);
	stage_pass(&st, 3600000); /* no timeout is left over */
	ck_assert_uint_eq(seen.closes, 1);
	close(ln);
	finish();
}
END_TEST

START_TEST(a_refused_dial_closes_with_that_cause)
{
	begin();
	dial(NULL, "127.0.0.1", refused_port());
	POLL_UNTIL(st.loop, seen.closes);
	ck_assert_int_eq(seen.cause, -ECONNREFUSED);
	ck_assert_uint_eq(seen.opens, 0);
	stage_pass(&st, 5000);
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(ipv6_in_brackets_is_dialled)
{
	int ln = lmi_socket_listen("::1", 0, 4);

	if (ln < 0)
		return; /* a machine without IPv6 */
	begin();
	dial(NULL, "[::1]", port_of(ln));
	POLL_UNTIL(st.loop, seen.opens);
	ck_assert(lmi_conn_peer(seen.conn)->v6);
	close(ln);
	finish();
}
END_TEST

START_TEST(text_that_is_no_address_closes_as_malformed)
{
	static const char *const bad[] = { "", ":", "host", "host:", ":80", "host:0", "host:65536", "host:-1", "host:8x", "[]:80" };
	char longest[400];

	memset(longest, 'a', sizeof(longest));
	memcpy(longest + 390, ":80", 4);
	for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		begin();
		dial_text(&lmi_executor_inline, i < sizeof(bad) / sizeof(bad[0]) ? bad[i] : longest);
		lmi_loop_poll(st.loop);
		ck_assert_uint_eq(seen.closes, 1);
		ck_assert_int_eq(seen.cause, -LMQ_EMALFORMED);
		finish();
	}
}
END_TEST

/* ---- names ---- */

static int two_addresses(const char *host, struct lmi_host *out, size_t max)
{
	ck_assert_str_eq(host, "two.example");
	ck_assert_uint_ge(max, 2);
	memset(out, 0, 2 * sizeof(*out));
	memcpy(out[0].addr, "\177\0\0\2", 4); /* nobody listens there */
	memcpy(out[1].addr, "\177\0\0\1", 4);
	return 2;
}

static int no_address(const char *host, struct lmi_host *out, size_t max)
{
	(void)host;
	(void)out;
	(void)max;
	return -LMQ_ENOTFOUND;
}

START_TEST(the_addresses_of_a_name_are_tried_in_turn)
{
	uint32_t port;
	int ln = listener(&port, 4);

	begin();
	st.loop->resolve = two_addresses;
	dial(&lmi_executor_inline, "two.example", port);
	POLL_UNTIL(st.loop, seen.opens);
	ck_assert_uint_eq(lmi_conn_peer(seen.conn)->addr[3], 1);
	close(ln);
	finish();
}
END_TEST

START_TEST(the_last_addresss_error_is_the_cause)
{
	begin();
	st.loop->resolve = two_addresses;
	dial(&lmi_executor_inline, "two.example", refused_port());
	POLL_UNTIL(st.loop, seen.closes);
	ck_assert_int_eq(seen.cause, -ECONNREFUSED);
	finish();
}
END_TEST

START_TEST(a_name_that_cannot_be_resolved_closes_as_not_found)
{
	begin();
	st.loop->resolve = no_address;
	dial(&lmi_executor_inline, "nowhere.example", 80);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -LMQ_ENOTFOUND);
	finish();
}
END_TEST

START_TEST(a_name_without_a_resolver_closes_as_not_found)
{
	begin();
	dial(NULL, "nowhere.example", 80);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(seen.cause, -LMQ_ENOTFOUND);
	finish();
}
END_TEST

START_TEST(the_systems_resolver_knows_localhost_and_refuses_what_is_no_name)
{
	struct lmi_host h[4];

	ck_assert_int_ge(lmi_resolve_system("127.0.0.1", h, 4), 1);
	ck_assert_mem_eq(h[0].addr, "\177\0\0\1", 4);
	ck_assert_int_eq(lmi_resolve_system("no..name", h, 4), -LMQ_ENOTFOUND);
}
END_TEST

START_TEST(a_name_is_resolved_on_a_worker)
{
	struct lmi_executor *workers;
	uint32_t port;
	int ln = listener(&port, 4);

	begin();
	st.loop->resolve = two_addresses;
	workers = lmi_executor_threads_new(st.loop, 1);
	dial(workers, "two.example", port);
	POLL_UNTIL(st.loop, seen.opens);
	lmi_executor_threads_free(workers);
	close(ln);
	finish();
}
END_TEST

/* A worker that takes its time. */
static struct lmi_job *held_job;

static void hold(struct lmi_executor *e, struct lmi_job *j)
{
	(void)e;
	held_job = j;
}

static struct lmi_executor holding = { hold };

static void release(void)
{
	held_job->run(held_job);
	held_job->done(held_job);
}

START_TEST(resolving_too_long_is_a_timeout_and_its_late_end_harms_nobody)
{
	begin();
	st.loop->resolve = two_addresses;
	dial(&holding, "two.example", 80);
	stage_pass(&st, 2999);
	ck_assert_uint_eq(seen.closes, 0);
	stage_pass(&st, 1);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -ETIMEDOUT);
	release();
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(a_close_while_resolving_is_the_end)
{
	begin();
	st.loop->resolve = two_addresses;
	dial(&holding, "two.example", 80);
	lmi_conn_close(seen.conn, -LMQ_ECLOSED, true);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -LMQ_ECLOSED);
	release();
	finish();
}
END_TEST

START_TEST(a_loop_freed_while_resolving_leaves_the_worker_its_own)
{
	begin();
	st.loop->resolve = two_addresses;
	dial(&holding, "two.example", 80);
	finish();
	release();
}
END_TEST

START_TEST(a_close_before_the_connect_began_is_the_end)
{
	begin();
	dial(NULL, "127.0.0.1", 1);
	lmi_conn_close(seen.conn, -LMQ_ESTATE, true);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -LMQ_ESTATE);
	finish();
}
END_TEST

/* ---- connecting ---- */

/* Never answers: a pipe in memory whose end is not ready to write before somebody reads. */
static struct lmi_stream *stuck_ends[2];

static int stuck_connect(struct lmi_loop *l, const struct lmi_host *to, struct lmi_stream **out_s)
{
	static uint8_t full[LMI_STREAM_MEMORY_WINDOW];

	(void)to;
	ck_assert_int_eq(lmi_stream_memory_pair(l, l, stuck_ends), 0);
	ck_assert_int_eq(far_put(stuck_ends[0], full, sizeof(full)), sizeof(full));
	*out_s = stuck_ends[0];
	return 0;
}

START_TEST(connecting_too_long_is_a_timeout)
{
	begin();
	st.loop->connect = stuck_connect;
	dial(NULL, "127.0.0.1", 80);
	stage_pass(&st, 2999);
	ck_assert_uint_eq(seen.closes, 0);
	stage_pass(&st, 1);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -ETIMEDOUT);
	stuck_ends[1]->ops->close(stuck_ends[1]);
	finish();
}
END_TEST

START_TEST(a_close_while_connecting_is_the_end)
{
	begin();
	st.loop->connect = stuck_connect;
	dial(NULL, "127.0.0.1", 80);
	lmi_loop_poll(st.loop);
	lmi_conn_close(seen.conn, -LMQ_ESTATE, true);
	stuck_ends[1]->ops->close(stuck_ends[1]); /* now it would be ready */
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_uint_eq(seen.opens, 0);
	ck_assert_int_eq(seen.cause, -LMQ_ESTATE);
	finish();
}
END_TEST

static int connect_fails(struct lmi_loop *l, const struct lmi_host *to, struct lmi_stream **out_s)
{
	(void)l;
	(void)to;
	(void)out_s;
	return -EMFILE;
}

START_TEST(a_connect_that_cannot_begin_is_the_cause)
{
	begin();
	st.loop->connect = connect_fails;
	dial(NULL, "127.0.0.1", 80);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -EMFILE);
	finish();
}
END_TEST

LMT_MAIN("dial", a_dialled_connection_opens_and_says_what_was_appended_before, a_refused_dial_closes_with_that_cause,
	 ipv6_in_brackets_is_dialled, text_that_is_no_address_closes_as_malformed, the_addresses_of_a_name_are_tried_in_turn,
	 the_last_addresss_error_is_the_cause, a_name_that_cannot_be_resolved_closes_as_not_found,
	 a_name_without_a_resolver_closes_as_not_found, the_systems_resolver_knows_localhost_and_refuses_what_is_no_name,
	 a_name_is_resolved_on_a_worker, resolving_too_long_is_a_timeout_and_its_late_end_harms_nobody, a_close_while_resolving_is_the_end,
	 a_loop_freed_while_resolving_leaves_the_worker_its_own, a_close_before_the_connect_began_is_the_end, connecting_too_long_is_a_timeout,
	 a_close_while_connecting_is_the_end, a_connect_that_cannot_begin_is_the_cause)
