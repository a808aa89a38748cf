/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: what is appended leaves in the same turn in one write, whatever the stream takes at once; an idle connection
 * holds no buffer; a peer that does not read is closed at the limit.
 * Shown: over memory, with short writes, and over loopback against a socket that does not read.
 */
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

static struct stage st;
static struct seen seen;
static struct lmi_stream *far;
static struct lmi_conn_limits limits;

static void begin(void)
{
	if (limits.frame_max_bytes == 0)
		limits = lmi_conn_limits_default;
	stage_begin(&st);
	far = memory_conn(&st, &seen, &limits);
}

static void finish(void)
{
	far->ops->close(far);
	stage_end(&st);
	seen_done(&seen);
}

/* ---- counting writes: a stream that passes them on ---- */

static int writes;
static const struct lmi_stream_ops *real_ops;

static ssize_t counting_writev(struct lmi_stream *s, const struct iovec *iov, int n)
{
	writes++;
	return real_ops->writev(s, iov, n);
}

static void count_writes(void)
{
	static struct lmi_stream_ops counting;

	real_ops = seen.conn->stream->ops;
	counting = *real_ops;
	counting.writev = counting_writev;
	seen.conn->stream->ops = &counting;
}

START_TEST(the_answers_of_a_turn_leave_in_one_write)
{
	struct lmi_buf b = { 0 };
	uint8_t back[1024];

	begin();
	count_writes();
	seen.echo = true;
	for (int i = 0; i < 10; i++)
		put_frame(&b, 40, (uint8_t)i);
	far_put(far, lmi_buf_data(&b), 200);
	far_put(far, lmi_buf_data(&b) + 200, 200);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(writes, 1);
	ck_assert_int_eq(far_get(far, back, sizeof(back)), 400);
	ck_assert_mem_eq(back, lmi_buf_data(&b), 400);
	finish();
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_turn_without_output_writes_nothing)
{
	begin();
	count_writes();
	(void)lmi_conn_out(seen.conn); /* asked for, not used */
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(writes, 0);
	finish();
}
END_TEST

static void append_once(void *arg)
{
	struct seen *s = arg;

	if (s->opens++ == 0)
		put_frame(lmi_conn_out(s->conn), 24, 0);
}

START_TEST(what_a_turn_end_callback_appends_leaves_in_the_same_turn)
{
	uint8_t back[64];

	begin();
	ck_assert_int_eq(lmi_loop_on_turn_end(st.loop, append_once, &seen), 0);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(far_get(far, back, sizeof(back)), 24);
	finish();
}
END_TEST

static struct seen other;

static void append_to_other(struct lmi_conn *c, int cause)
{
	seen_close(c, cause);
	put_frame(lmi_conn_out(other.conn), 24, 0);
}

START_TEST(what_an_on_close_appends_elsewhere_leaves_in_the_same_turn)
{
	static const struct lmi_conn_ops ops = { .on_frame = seen_frame, .on_close = append_to_other };
	struct lmi_stream *other_far;
	uint8_t back[64];

	begin();
	seen.conn->ops = &ops;
	other_far = memory_conn(&st, &other, &limits);
	lmi_conn_close(seen.conn, 0, false);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(far_get(other_far, back, sizeof(back)), 24);
	other_far->ops->close(other_far);
	finish();
}
END_TEST

START_TEST(short_writes_go_on_until_everything_has_left)
{
	struct lmi_buf b = { 0 }, back = { 0 };

	begin();
	lmi_stream_memory_short(seen.conn->stream, 0, 7);
	for (int i = 0; i < 20; i++) {
		put_frame(&b, 50, (uint8_t)i);
		put_frame(lmi_conn_out(seen.conn), 50, (uint8_t)i);
		lmi_loop_poll(st.loop);
	}
	while (lmi_buf_len(&back) < lmi_buf_len(&b)) {
		ssize_t n = far_get(far, lmi_buf_reserve(&back, 100), 100);

		lmi_buf_commit(&back, n > 0 ? (size_t)n : 0);
		lmi_loop_poll(st.loop);
	}
	ck_assert_mem_eq(lmi_buf_data(&back), lmi_buf_data(&b), lmi_buf_len(&b));
	finish();
	lmi_buf_done(&b);
	lmi_buf_done(&back);
}
END_TEST

START_TEST(nothing_is_tried_while_the_stream_takes_nothing)
{
	int before;

	begin();
	count_writes();
	lmi_buf_reserve(lmi_conn_out(seen.conn), 2 * LMI_STREAM_MEMORY_WINDOW);
	put_frame(&seen.conn->out, 2 * LMI_STREAM_MEMORY_WINDOW, 0);
	lmi_loop_poll(st.loop);
	before = writes;
	for (int i = 0; i < 10; i++) {
		put_frame(lmi_conn_out(seen.conn), 24, 0);
		lmi_loop_poll(st.loop);
	}
	ck_assert_int_eq(writes, before);
	finish();
}
END_TEST

START_TEST(an_idle_connection_holds_no_output_buffer)
{
	uint8_t back[4096];

	begin();
	put_frame(lmi_conn_out(seen.conn), 3000, 0);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(far_get(far, back, sizeof(back)), 3000);
	ck_assert_ptr_null(seen.conn->out.mem);
	ck_assert_uint_eq(st.loop->conns.pooled, 1);
	put_frame(lmi_conn_out(seen.conn), 3000, 0); /* the same one, warm */
	ck_assert_uint_eq(st.loop->conns.pooled, 0);
	lmi_loop_poll(st.loop);
	ck_assert_ptr_null(seen.conn->out.mem);
	finish();
}
END_TEST

START_TEST(a_large_output_buffer_is_not_kept)
{
	static uint8_t back[LMI_STREAM_MEMORY_WINDOW];

	begin();
	put_frame(lmi_conn_out(seen.conn), 3 * LMI_CONN_POOL_BYTES, 0);
	for (size_t got = 0; got < 3 * LMI_CONN_POOL_BYTES;) {
		ssize_t n;

		lmi_loop_poll(st.loop);
		n = far_get(far, back, sizeof(back));
		got += n > 0 ? (size_t)n : 0;
	}
	lmi_loop_poll(st.loop);
	ck_assert_ptr_null(seen.conn->out.mem);
	ck_assert_uint_eq(st.loop->conns.pooled, 0);
	finish();
}
END_TEST

START_TEST(output_above_its_limit_closes)
{
	limits = lmi_conn_limits_default;
	limits.out_max_bytes = 10000;
	begin();
	put_frame(lmi_conn_out(seen.conn), LMI_STREAM_MEMORY_WINDOW + 10000, 0);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 0); /* just not above */
	put_frame(lmi_conn_out(seen.conn), 8, 0);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -LMQ_EFULL);
	finish();
}
END_TEST

START_TEST(output_without_memory_closes)
{
	uint8_t back[64];

	begin();
	put_frame(lmi_conn_out(seen.conn), 24, 0);
	seen.conn->out.failed = true;
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -ENOMEM);
	ck_assert_int_eq(far_get(far, back, sizeof(back)), 0); /* not even a half frame */
	finish();
}
END_TEST

START_TEST(a_closed_connection_swallows_output)
{
	struct lmi_conn *c;

	begin();
	c = lmi_conn_ref(seen.conn);
	lmi_conn_close(c, 0, false);
	put_frame(lmi_conn_out(c), 1000, 0);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(lmi_buf_len(&c->out), 0);
	put_frame(lmi_conn_out(c), 1000, 0);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(lmi_buf_len(&c->out), 0);
	put_frame(lmi_conn_out(c), 1000, 0);
	lmi_conn_unref(c);
	lmi_loop_poll(st.loop);
	finish();
}
END_TEST

START_TEST(a_close_with_flush_says_what_waits_and_without_does_not)
{
	for (int flush = 0; flush <= 1; flush++) {
		uint8_t back[64];

		begin();
		put_frame(lmi_conn_out(seen.conn), 24, 0);
		lmi_conn_close(seen.conn, 0, flush);
		put_frame(lmi_conn_out(seen.conn), 24, 0);
		lmi_loop_poll(st.loop);
		ck_assert_uint_eq(seen.closes, 1);
		if (flush)
			ck_assert_int_eq(far_get(far, back, sizeof(back)), 24);
		ck_assert_int_eq(far_get(far, back, sizeof(back)), 0);
		finish();
	}
}
END_TEST

START_TEST(a_peer_that_does_not_read_gets_everything_when_it_does)
{
	enum { BYTES = 8 << 20 };
	struct lmi_buf b = { 0 };
	uint8_t *back = malloc(BYTES);
	size_t got = 0;
	int fds[2];

	tcp_pair(fds);
	stage_begin(&st);
	limits = lmi_conn_limits_default;
	seen.conn = lmi_conn_new(st.loop, fds[0], &seen_ops, &limits, &seen);
	put_frame(&b, BYTES, 3);
	lmi_buf_put_span(lmi_conn_out(seen.conn), lmi_buf_span(&b));
	for (int i = 0; i < 10; i++)
		lmi_loop_poll(st.loop);
	ck_assert_uint_gt(lmi_buf_len(&seen.conn->out), 0); /* more than any socket takes */
	while (got < BYTES) {
		ssize_t n = recv(fds[1], back + got, BYTES - got, MSG_DONTWAIT);

		got += n > 0 ? (size_t)n : 0;
		lmi_loop_poll(st.loop);
	}
	ck_assert_mem_eq(back, lmi_buf_data(&b), BYTES);
	ck_assert_ptr_null(seen.conn->out.mem);
	close(fds[1]);
	stage_end(&st);
	free(back);
	lmi_buf_done(&b);
}
END_TEST

START_TEST(writing_to_a_peer_that_is_gone_is_an_error_and_no_signal)
{
	int fds[2];

	tcp_pair(fds);
	stage_begin(&st);
	limits = lmi_conn_limits_default;
	limits.requests_max = 0; /* never read, so only writing can find out */
	seen.conn = lmi_conn_new(st.loop, fds[0], &seen_ops, &limits, &seen);
	close(fds[1]);
	while (!seen.closes) {
		put_frame(lmi_conn_out(seen.conn), 100, 0);
		lmi_loop_poll(st.loop);
	}
	ck_assert(seen.cause == -EPIPE || seen.cause == -ECONNRESET);
	stage_end(&st);
}
END_TEST

LMT_MAIN("conn_write", the_answers_of_a_turn_leave_in_one_write, a_turn_without_output_writes_nothing,
	 what_a_turn_end_callback_appends_leaves_in_the_same_turn, what_an_on_close_appends_elsewhere_leaves_in_the_same_turn,
	 short_writes_go_on_until_everything_has_left, nothing_is_tried_while_the_stream_takes_nothing,
	 an_idle_connection_holds_no_output_buffer, a_large_output_buffer_is_not_kept, output_above_its_limit_closes,
	 output_without_memory_closes, a_closed_connection_swallows_output, a_close_with_flush_says_what_waits_and_without_does_not,
	 a_peer_that_does_not_read_gets_everything_when_it_does, writing_to_a_peer_that_is_gone_is_an_error_and_no_signal)
