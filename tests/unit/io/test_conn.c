/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: a connection's life: it closes once, tells its owner once and from the loop, and lives in memory as long as
 * somebody refers to it.  Shown: over memory and over loopback; what is freed too early or never is the sanitizer's.
 */
#include <netinet/tcp.h>

#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

static struct stage st;
static struct seen seen;
static struct lmi_stream *far;

static void begin(void)
{
	stage_begin(&st);
	far = memory_conn(&st, &seen, &lmi_conn_limits_default);
}

static void finish(void)
{
	far->ops->close(far);
	stage_end(&st);
	seen_done(&seen);
}

START_TEST(on_close_comes_from_the_loop_once_with_the_first_cause)
{
	begin();
	ck_assert(lmi_conn_is_open(seen.conn));
	lmi_conn_close(seen.conn, -LMQ_ESTATE, false);
	lmi_conn_close(seen.conn, -EIO, true);
	ck_assert(!lmi_conn_is_open(seen.conn));
	ck_assert_uint_eq(seen.closes, 0);
	lmi_loop_poll(st.loop);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -LMQ_ESTATE);
	finish();
}
END_TEST

START_TEST(a_reference_outlives_the_close)
{
	struct lmi_conn *c;

	begin();
	c = lmi_conn_ref(seen.conn);
	lmi_conn_close(c, 0, false);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert(!lmi_conn_is_open(c));
	ck_assert_ptr_eq(lmi_conn_user(c), &seen);
	lmi_conn_request_begin(c);
	lmi_conn_request_end(c);
	lmi_conn_close(c, -EIO, true);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	lmi_conn_unref(c);
	lmi_conn_unref(NULL);
	finish();
}
END_TEST

static void close_and_unref(struct lmi_conn *c, int cause)
{
	seen_close(c, cause);
	lmi_conn_close(c, -EIO, true);
	lmi_conn_unref(c);
}

static const struct lmi_conn_ops unref_ops = { .on_frame = seen_frame, .on_close = close_and_unref };

START_TEST(the_last_other_reference_may_go_inside_on_close)
{
	struct lmi_stream *ends[2];

	stage_begin(&st);
	ck_assert_int_eq(lmi_stream_memory_pair(st.loop, st.loop, ends), 0);
	far = ends[1];
	lmi_conn_close(lmi_conn_ref(lmi_conn_new_on(ends[0], st.loop, &unref_ops, &lmi_conn_limits_default, &seen)), -EIO, true);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(the_peers_close_is_cause_0)
{
	begin();
	far->ops->close(far);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, 0);
	stage_end(&st);
	seen_done(&seen);
}
END_TEST

START_TEST(a_broken_stream_is_the_cause)
{
	begin();
	lmi_stream_memory_cut(far, -ETIME);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -ETIME);
	finish();
}
END_TEST

START_TEST(ids_are_not_reused)
{
	uint64_t last = 0;

	for (int i = 0; i < 10; i++) {
		begin();
		ck_assert_uint_gt(lmi_conn_id(seen.conn), last);
		last = lmi_conn_id(seen.conn);
		lmi_conn_close(seen.conn, 0, false);
		lmi_loop_poll(st.loop);
		finish();
	}
}
END_TEST

START_TEST(close_all_tells_every_owner_before_it_returns)
{
	struct seen other = { 0 };
	struct lmi_stream *other_far;

	begin();
	other_far = memory_conn(&st, &other, &lmi_conn_limits_default);
	lmi_conn_close_all(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -LMQ_ECLOSED);
	ck_assert_uint_eq(other.closes, 1);
	other_far->ops->close(other_far);
	finish();
}
END_TEST

START_TEST(a_freed_loop_drops_connections_without_a_word)
{
	begin();
	far->ops->close(far);
	lmi_conn_close(seen.conn, 0, false);
	stage_end(&st);
	ck_assert_uint_eq(seen.closes, 0);
}
END_TEST

static int option(int fd, int level, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	ck_assert_int_eq(getsockopt(fd, level, name, &v, &n), 0);
	return v;
}

START_TEST(a_socket_does_not_block_nor_delay_nor_keep_alive)
{
	int fds[2];

	tcp_pair(fds);
	stage_begin(&st);
	seen.conn = lmi_conn_new(st.loop, fds[0], &seen_ops, &lmi_conn_limits_default, &seen);
	ck_assert_ptr_nonnull(seen.conn);
	ck_assert_int_ne(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(option(fds[0], IPPROTO_TCP, TCP_NODELAY), 0);
	ck_assert_int_eq(option(fds[0], SOL_SOCKET, SO_KEEPALIVE), 0);
	stage_end(&st);
	ck_assert_int_eq(fcntl(fds[0], F_GETFL), -1); /* closed with it */
	close(fds[1]);
}
END_TEST

START_TEST(addresses_are_those_of_the_socket)
{
	int fds[2];

	tcp_pair(fds);
	stage_begin(&st);
	seen.conn = lmi_conn_new(st.loop, fds[0], &seen_ops, &lmi_conn_limits_default, &seen);
	ck_assert_uint_eq(lmi_conn_peer(seen.conn)->port, port_of(fds[1]));
	ck_assert_uint_eq(lmi_conn_local(seen.conn)->port, port_of(fds[0]));
	ck_assert_uint_eq(lmi_conn_peer(seen.conn)->addr[0], 127);
	ck_assert(!lmi_conn_peer(seen.conn)->v6);
	stage_end(&st);
	close(fds[1]);
}
END_TEST

START_TEST(a_reset_by_the_peer_is_the_cause)
{
	struct linger at_once = { 1, 0 };
	int fds[2];

	tcp_pair(fds);
	stage_begin(&st);
	seen.conn = lmi_conn_new(st.loop, fds[0], &seen_ops, &lmi_conn_limits_default, &seen);
	setsockopt(fds[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fds[1]);
	POLL_UNTIL(st.loop, seen.closes);
	ck_assert_int_eq(seen.cause, -ECONNRESET);
	stage_end(&st);
}
END_TEST

START_TEST(a_descriptor_that_is_none_gives_no_connection)
{
	stage_begin(&st);
	ck_assert_ptr_null(lmi_conn_new(st.loop, -1, &seen_ops, &lmi_conn_limits_default, &seen));
	stage_end(&st);
}
END_TEST

LMT_MAIN("conn", on_close_comes_from_the_loop_once_with_the_first_cause, a_reference_outlives_the_close,
	 the_last_other_reference_may_go_inside_on_close, the_peers_close_is_cause_0, a_broken_stream_is_the_cause, ids_are_not_reused,
	 close_all_tells_every_owner_before_it_returns, a_freed_loop_drops_connections_without_a_word,
	 a_socket_does_not_block_nor_delay_nor_keep_alive, addresses_are_those_of_the_socket, a_reset_by_the_peer_is_the_cause,
	 a_descriptor_that_is_none_gives_no_connection)
