/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: whatever the pieces in which bytes arrive, the same frames go up; nobody makes us hold more than twice what
 * was sent; pauses stop reading and lose nothing.
 * Shown: by cutting at every byte, by random pieces from a seed, and by looking at the buffers.
 */
#include "base/rng.h"
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

static struct stage st;
static struct seen seen;
static struct lmi_stream *far;
static struct lmi_conn_limits limits;

static void begin(void)
{
	limits = lmi_conn_limits_default;
	stage_begin(&st);
	far = memory_conn(&st, &seen, &limits);
}

static void begin_with_limits(void)
{
	stage_begin(&st);
	far = memory_conn(&st, &seen, &limits);
}

static void finish(void)
{
	far->ops->close(far);
	stage_end(&st);
	seen_done(&seen);
}

static void put_and_poll(const uint8_t *p, size_t n)
{
	ck_assert_int_eq(far_put(far, p, n), (ssize_t)n);
	lmi_loop_poll(st.loop);
}

static void three_frames(struct lmi_buf *b)
{
	put_frame(b, 8, 0);
	put_frame(b, 100, 1);
	put_frame(b, 13, 2);
}

static void check_bytes(const struct lmi_buf *b)
{
	ck_assert_uint_eq(lmi_buf_len(&seen.bytes), lmi_buf_len(b));
	ck_assert_mem_eq(lmi_buf_data(&seen.bytes), lmi_buf_data(b), lmi_buf_len(b));
}

static void check_three(const struct lmi_buf *b)
{
	ck_assert_uint_eq(seen.frames, 3);
	ck_assert_uint_eq(seen.sizes[0], 8);
	ck_assert_uint_eq(seen.sizes[1], 100);
	ck_assert_uint_eq(seen.sizes[2], 13);
	check_bytes(b);
	ck_assert_ptr_null(seen.conn->rest.mem);
}

START_TEST(frames_in_one_read_go_up_in_order)
{
	struct lmi_buf b = { 0 };

	begin();
	three_frames(&b);
	put_and_poll(lmi_buf_data(&b), lmi_buf_len(&b));
	check_three(&b);
	finish();
	lmi_buf_done(&b);
}
END_TEST

START_TEST(frames_cut_at_every_byte_go_up_whole)
{
	struct lmi_buf b = { 0 };

	three_frames(&b);
	for (size_t at = 1; at < lmi_buf_len(&b); at++) {
		begin();
		put_and_poll(lmi_buf_data(&b), at);
		put_and_poll(lmi_buf_data(&b) + at, lmi_buf_len(&b) - at);
		check_three(&b);
		finish();
	}
	lmi_buf_done(&b);
}
END_TEST

START_TEST(frames_that_trickle_in_byte_by_byte_go_up_whole)
{
	struct lmi_buf b = { 0 };

	begin();
	three_frames(&b);
	for (size_t at = 0; at < lmi_buf_len(&b); at++)
		put_and_poll(lmi_buf_data(&b) + at, 1);
	check_three(&b);
	finish();
	lmi_buf_done(&b);
}
END_TEST

static void random_pieces(uint64_t seed)
{
	struct lmi_rng_seeded rng;
	struct lmi_buf b = { 0 };
	size_t frames = 0, at = 0;

	lmi_rng_seeded_init(&rng, seed);
	begin();
	lmi_stream_memory_short(seen.conn->stream, lmi_rng_below(&rng.rng, 3) ? 0 : 1 + lmi_rng_below(&rng.rng, 5000), 0);
	for (; frames < 40; frames++)
		put_frame(&b, 8 + lmi_rng_below(&rng.rng, lmi_rng_below(&rng.rng, 4) ? 300 : 90000), (uint8_t)frames);
	while (at < lmi_buf_len(&b)) {
		size_t n = 1 + lmi_rng_below(&rng.rng, lmi_rng_below(&rng.rng, 3) ? 500 : 40000);
		ssize_t put = far_put(far, lmi_buf_data(&b) + at, n < lmi_buf_len(&b) - at ? n : lmi_buf_len(&b) - at);

		at += put > 0 ? (size_t)put : 0;
		lmi_loop_poll(st.loop);
	}
	POLL_UNTIL(st.loop, seen.frames == frames);
	check_bytes(&b);
	ck_assert_ptr_null(seen.conn->rest.mem);
	finish();
	lmi_buf_done(&b);
}

START_TEST(frames_in_random_pieces_go_up_whole)
{
	for (uint64_t seed = 1; seed <= 60; seed++)
		random_pieces(seed);
}
END_TEST

START_TEST(a_large_frame_is_held_in_at_most_twice_what_has_arrived)
{
	static uint8_t piece[60000];
	uint8_t head[8];
	size_t sent = sizeof(head), total = 16u << 20;

	begin();
	lmi_put32(head, (uint32_t)total - 4);
	lmi_put32(head + 4, 0);
	put_and_poll(head, sizeof(head));
	ck_assert_uint_le(seen.conn->rest.cap, 64);
	while (sent < total) {
		size_t n = total - sent < sizeof(piece) ? total - sent : sizeof(piece);

		put_and_poll(piece, n);
		sent += n;
		if (sent < total)
			ck_assert_uint_le(seen.conn->rest.cap, 2 * sent);
	}
	ck_assert_uint_eq(seen.frames, 1);
	ck_assert_uint_eq(seen.sizes[0], total);
	ck_assert_ptr_null(seen.conn->rest.mem);
	finish();
}
END_TEST

static void *taken[2];

static int take_frame(struct lmi_conn *c, struct lmi_span frame)
{
	struct seen *s = lmi_conn_user(c);

	taken[s->frames++] = lmi_conn_take_frame(c);
	lmi_buf_put_span(&s->bytes, frame);
	return 0;
}

START_TEST(a_frame_that_came_in_pieces_may_be_kept_and_one_in_a_single_read_may_not)
{
	static const struct lmi_conn_ops ops = { .on_frame = take_frame, .on_close = seen_close };
	struct lmi_stream *ends[2];
	struct lmi_buf b = { 0 };

	stage_begin(&st);
	ck_assert_int_eq(lmi_stream_memory_pair(st.loop, st.loop, ends), 0);
	lmi_conn_new_on(ends[0], st.loop, &ops, &lmi_conn_limits_default, &seen);
	far = ends[1];
	put_frame(&b, 5000, 1);
	put_and_poll(lmi_buf_data(&b), 1000);
	put_and_poll(lmi_buf_data(&b) + 1000, 4000);
	put_and_poll(lmi_buf_data(&b), 5000);
	ck_assert_uint_eq(seen.frames, 2);
	ck_assert_uint_eq(lmi_buf_len(&seen.bytes), 10000);
	ck_assert_ptr_nonnull(taken[0]);
	ck_assert_mem_eq(taken[0], lmi_buf_data(&b), 5000);
	ck_assert_ptr_null(taken[1]);
	free(taken[0]);
	lmi_buf_done(&b);
	finish();
}
END_TEST

START_TEST(all_connections_together_hold_no_more_than_the_loop_allows)
{
	static uint8_t piece[60000];
	struct seen more[8] = { 0 };
	struct lmi_stream *ends[8];
	uint8_t head[8];
	size_t closed = 0;

	struct lmi_buf small = { 0 };

	put_frame(&small, 100, 1);
	begin();
	lmi_conn_limit_held(st.loop, 1 << 20);
	lmi_put32(head, (1u << 20) - 4);
	lmi_put32(head + 4, 0);
	for (int i = 0; i < 8; i++) {
		ends[i] = memory_conn(&st, &more[i], &lmi_conn_limits_default);
		for (int k = 0; k < 5; k++) {
			struct iovec iov[2] = { { head, sizeof(head) }, { piece, sizeof(piece) } };

			ends[i]->ops->writev(ends[i], k == 0 ? iov : iov + 1, k == 0 ? 2 : 1);
			lmi_loop_poll(st.loop);
		}
		ck_assert_uint_le(st.loop->conns.held, 1 << 20);
		closed += more[i].closes;
		ck_assert(more[i].closes == 0 || more[i].cause == -LMQ_EFULL);
	}
	ck_assert_uint_ge(closed, 4);
	ck_assert_uint_lt(closed, 8);
	put_and_poll(lmi_buf_data(&small), lmi_buf_len(&small)); /* who holds little goes on */
	ck_assert_uint_eq(seen.frames, 1);
	for (int i = 0; i < 8; i++)
		ends[i]->ops->close(ends[i]);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(st.loop->conns.held, 0);
	lmi_buf_done(&small);
	for (int i = 0; i < 8; i++)
		seen_done(&more[i]);
	finish();
}
END_TEST

START_TEST(a_frame_above_the_limit_closes_after_the_frames_before_it)
{
	struct lmi_buf b = { 0 };
	uint8_t back[64];

	limits = lmi_conn_limits_default;
	limits.frame_max_bytes = 50;
	begin_with_limits();
	seen.echo = true;
	put_frame(&b, 50, 0);
	put_frame(&b, 51, 0);
	put_and_poll(lmi_buf_data(&b), lmi_buf_len(&b));
	ck_assert_uint_eq(seen.frames, 1);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -LMQ_ETOOBIG);
	ck_assert_int_eq(far_get(far, back, sizeof(back)), 50); /* and what it was answered is said */
	finish();
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_length_that_cannot_hold_a_header_closes)
{
	static const uint8_t bad[] = { 0, 0, 0, 3, 0, 0, 0 };

	begin();
	put_and_poll(bad, sizeof(bad));
	ck_assert_uint_eq(seen.frames, 0);
	ck_assert_int_eq(seen.cause, -LMQ_EMALFORMED);
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(a_frame_that_breaks_only_in_its_second_piece_closes_with_that_piece)
{
	static uint8_t begun[5] = { 0, 0xf0, 0, 0, 0 }, more[60000] = { 0xff, 0xff, 0xff };

	for (size_t n = 3; n <= sizeof(more); n += sizeof(more) - 3) {
		begin();
		put_and_poll(begun, sizeof(begun)); /* 15 MiB are to follow */
		ck_assert_uint_eq(seen.closes, 0);
		put_and_poll(more, n);              /* their header would be longer */
		ck_assert_int_eq(seen.cause, -LMQ_EMALFORMED);
		ck_assert_uint_eq(seen.closes, 1);
		finish();
	}
}
END_TEST

START_TEST(a_negative_length_closes)
{
	static const uint8_t bad[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 };

	begin();
	put_and_poll(bad, sizeof(bad));
	ck_assert(seen.cause == -LMQ_ETOOBIG || seen.cause == -LMQ_EMALFORMED); /* -1 in Java, 4 GiB in C */
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(a_tls_hello_closes_as_unsupported)
{
	begin();
	put_and_poll((const uint8_t *)"\x16", 1);
	ck_assert_int_eq(seen.cause, -LMQ_EUNSUPPORTED);
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(a_refused_frame_closes_with_that_cause_and_is_the_last)
{
	struct lmi_buf b = { 0 };

	begin();
	seen.refuse = -LMQ_EILLEGAL;
	three_frames(&b);
	put_and_poll(lmi_buf_data(&b), lmi_buf_len(&b));
	ck_assert_uint_eq(seen.frames, 1);
	ck_assert_int_eq(seen.cause, -LMQ_EILLEGAL);
	ck_assert_uint_eq(seen.closes, 1);
	finish();
	lmi_buf_done(&b);
}
END_TEST

START_TEST(no_frame_goes_up_after_a_close_inside_a_frame)
{
	struct lmi_buf b = { 0 };

	begin();
	seen.close_in_frame = true;
	three_frames(&b);
	put_and_poll(lmi_buf_data(&b), lmi_buf_len(&b));
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.frames, 1);
	ck_assert_int_eq(seen.cause, -LMQ_ESTATE);
	finish();
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_truncated_frame_at_the_end_of_input_is_the_peers_close)
{
	struct lmi_buf b = { 0 };

	begin();
	three_frames(&b);
	put_and_poll(lmi_buf_data(&b), lmi_buf_len(&b) - 1);
	far->ops->close(far);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(seen.frames, 2);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, 0);
	stage_end(&st);
	seen_done(&seen);
	lmi_buf_done(&b);
}
END_TEST

/* Frames, of which some are spoilt, in pieces, over a stream that reads what it likes; the peer may go at any time. */
static void random_garbage(uint64_t seed)
{
	struct lmi_rng_seeded rng;
	struct lmi_buf b = { 0 };
	size_t at = 0;

	lmi_rng_seeded_init(&rng, seed);
	limits = lmi_conn_limits_default;
	limits.requests_max = 1 + (uint32_t)lmi_rng_below(&rng.rng, 20);
	begin_with_limits();
	seen.echo = lmi_rng_below(&rng.rng, 2);
	seen.conn->proxy_protocol = lmi_rng_below(&rng.rng, 2);
	lmi_stream_memory_short(seen.conn->stream, lmi_rng_below(&rng.rng, 2000), lmi_rng_below(&rng.rng, 100));
	for (int i = 0; i < 50; i++)
		put_frame(&b, 8 + lmi_rng_below(&rng.rng, 2000), (uint8_t)i);
	for (uint64_t n = lmi_rng_below(&rng.rng, 20); n > 0; n--)
		lmi_buf_data(&b)[lmi_rng_below(&rng.rng, lmi_buf_len(&b))] = (uint8_t)lmi_rng_u64(&rng.rng);
	while (at < lmi_buf_len(&b) && !seen.closes) {
		size_t n = 1 + lmi_rng_below(&rng.rng, 700);
		ssize_t put = far_put(far, lmi_buf_data(&b) + at, n < lmi_buf_len(&b) - at ? n : lmi_buf_len(&b) - at);

		at += put > 0 ? (size_t)put : 0;
		lmi_loop_poll(st.loop);
		if (lmi_rng_below(&rng.rng, 500) == 0 && !seen.closes)
			lmi_conn_close(seen.conn, -EIO, lmi_rng_below(&rng.rng, 2));
	}
	finish();
	ck_assert_uint_le(seen.closes, 1);
	lmi_buf_done(&b);
}

START_TEST(spoilt_frames_in_random_pieces_harm_nobody)
{
	for (uint64_t seed = 1; seed <= 500; seed++)
		random_garbage(seed);
}
END_TEST

/* ---- pauses ---- */

START_TEST(requests_in_flight_at_their_limit_pause_reading_and_each_end_lets_one_in)
{
	enum { N = 200 };
	struct lmi_buf b = { 0 };

	limits = lmi_conn_limits_default;
	limits.requests_max = 3;
	begin_with_limits();
	seen.begin = true;
	for (int i = 0; i < N; i++)
		put_frame(&b, 20 + (size_t)i, (uint8_t)i);
	put_and_poll(lmi_buf_data(&b), lmi_buf_len(&b));
	for (size_t up = 3; up < N; up++) {
		ck_assert_uint_eq(seen.frames, up);
		lmi_loop_poll(st.loop);
		ck_assert_uint_eq(seen.frames, up);
		lmi_conn_request_end(seen.conn);
		lmi_loop_poll(st.loop);
	}
	ck_assert_uint_eq(seen.frames, N);
	check_bytes(&b);
	ck_assert_ptr_null(seen.conn->rest.mem);
	finish();
	lmi_buf_done(&b);
}
END_TEST

START_TEST(a_paused_connection_leaves_bytes_to_the_peer)
{
	static uint8_t zeros[LMI_STREAM_MEMORY_WINDOW];
	struct lmi_buf b = { 0 };

	limits = lmi_conn_limits_default;
	limits.requests_max = 1;
	begin_with_limits();
	seen.begin = true;
	put_frame(&b, 100, 0);
	put_and_poll(lmi_buf_data(&b), 100);
	ck_assert_int_eq(far_put(far, zeros, sizeof(zeros)), sizeof(zeros));
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(far_put(far, zeros, 1), -EAGAIN);
	ck_assert_uint_eq(seen.frames, 1);
	finish();
	lmi_buf_done(&b);
}
END_TEST

static void end_one(void *arg)
{
	if (seen.conn->in_flight == limits.requests_max)
		lmi_conn_request_end(arg);
}

START_TEST(what_a_pause_left_behind_does_not_wait_for_an_event)
{
	struct lmi_buf b = { 0 };

	limits = lmi_conn_limits_default;
	limits.requests_max = 1;
	begin_with_limits();
	seen.begin = true;
	lmi_loop_on_turn_end(st.loop, end_one, seen.conn);
	three_frames(&b);
	put_and_poll(lmi_buf_data(&b), lmi_buf_len(&b));
	ck_assert_uint_eq(seen.frames, 3); /* in that one poll */
	finish();
	lmi_buf_done(&b);
}
END_TEST

START_TEST(output_that_waits_pauses_reading_and_its_leaving_resumes_it)
{
	enum { FRAMES = 1000, BYTES = 1000 };
	struct lmi_buf b = { 0 }, back = { 0 };
	size_t at = 0;

	limits = lmi_conn_limits_default;
	limits.out_pause_bytes = 5 * BYTES;
	begin_with_limits();
	seen.echo = true;
	for (int i = 0; i < FRAMES; i++)
		put_frame(&b, BYTES, (uint8_t)i);
	for (int still = 0; still < 3;) { /* until the peer, which does not read, cannot write either */
		ssize_t n = far_put(far, lmi_buf_data(&b) + at, lmi_buf_len(&b) - at);

		at += n > 0 ? (size_t)n : 0;
		still = n > 0 ? 0 : still + 1;
		lmi_loop_poll(st.loop);
		ck_assert_uint_le(lmi_buf_len(&seen.conn->out), 6 * BYTES);
	}
	ck_assert_uint_lt(seen.frames, 2 * LMI_STREAM_MEMORY_WINDOW / BYTES + 10);
	while (lmi_buf_len(&back) < lmi_buf_len(&b)) {
		ssize_t n = far_get(far, lmi_buf_reserve(&back, 7000), 7000);

		lmi_buf_commit(&back, n > 0 ? (size_t)n : 0);
		n = at < lmi_buf_len(&b) ? far_put(far, lmi_buf_data(&b) + at, lmi_buf_len(&b) - at) : 0;
		at += n > 0 ? (size_t)n : 0;
		lmi_loop_poll(st.loop);
	}
	ck_assert_mem_eq(lmi_buf_data(&back), lmi_buf_data(&b), lmi_buf_len(&b));
	finish();
	lmi_buf_done(&b);
	lmi_buf_done(&back);
}
END_TEST

/* ---- half-close ---- */

static void answer_late(void *arg)
{
	struct seen *s = arg;

	if (s->frames == 1 && s->opens++ == 0)
		put_frame(lmi_conn_out(s->conn), 30, 5);
}

START_TEST(a_peer_that_only_shuts_its_side_still_gets_the_answers_of_the_turn)
{
	struct lmi_buf b = { 0 };
	uint8_t back[64];
	int fds[2];

	tcp_pair(fds);
	stage_begin(&st);
	seen.conn = lmi_conn_new(st.loop, fds[0], &seen_ops, &lmi_conn_limits_default, &seen);
	lmi_loop_on_turn_end(st.loop, answer_late, &seen);
	put_frame(&b, 20, 0);
	send_buf(fds[1], &b);
	ck_assert_int_eq(shutdown(fds[1], SHUT_WR), 0);
	POLL_UNTIL(st.loop, seen.closes);
	ck_assert_int_eq(seen.cause, 0);
	ck_assert_int_eq(recv(fds[1], back, sizeof(back), MSG_WAITALL), 30);
	close(fds[1]);
	stage_end(&st);
	seen_done(&seen);
	lmi_buf_done(&b);
}
END_TEST

/* ---- fairness ---- */

static size_t endless_bytes;

static ssize_t endless_readv(struct lmi_stream *s, const struct iovec *iov, int n)
{
	size_t bytes = 0;

	(void)s;
	for (int i = 0; i < n; i++) {
		for (size_t at = 0; at < iov[i].iov_len; at++)
			((uint8_t *)iov[i].iov_base)[at] = (endless_bytes + bytes + at) % 4096 == 2 ? 0x0f : (endless_bytes + bytes + at) % 4096 == 3 ? 0xfc : 0;
		bytes += iov[i].iov_len;
	}
	endless_bytes += bytes;
	return (ssize_t)bytes;
}

static void endless_watch(struct lmi_stream *s, unsigned int events)
{
	(void)s;
	(void)events;
}

static void endless_hosts(struct lmi_stream *s, struct lmi_host *out_peer, struct lmi_host *out_local)
{
	(void)s;
	memset(out_peer, 0, sizeof(*out_peer));
	memset(out_local, 0, sizeof(*out_local));
}

static void endless_close(struct lmi_stream *s)
{
	(void)s;
}

START_TEST(endless_input_is_left_after_two_reads_so_that_others_proceed)
{
	static const struct lmi_stream_ops ops = { .readv = endless_readv, .watch = endless_watch, .hosts = endless_hosts, .close = endless_close };
	struct lmi_stream s = { .ops = &ops };

	stage_begin(&st);
	seen.conn = lmi_conn_new_on(&s, st.loop, &seen_ops, &lmi_conn_limits_default, &seen);
	s.ready(&s, LMI_STREAM_READ);
	ck_assert_uint_eq(endless_bytes, 2 * LMI_CONN_SCRATCH_BYTES);
	ck_assert_uint_eq(seen.frames, endless_bytes / 4096);
	s.ready(&s, LMI_STREAM_READ);
	ck_assert_uint_eq(seen.frames, endless_bytes / 4096);
	stage_end(&st);
	seen_done(&seen);
}
END_TEST

LMT_MAIN("conn_read", frames_in_one_read_go_up_in_order, frames_cut_at_every_byte_go_up_whole, frames_that_trickle_in_byte_by_byte_go_up_whole,
	 frames_in_random_pieces_go_up_whole, a_large_frame_is_held_in_at_most_twice_what_has_arrived,
	 a_frame_that_came_in_pieces_may_be_kept_and_one_in_a_single_read_may_not,
	 all_connections_together_hold_no_more_than_the_loop_allows,
	 a_frame_above_the_limit_closes_after_the_frames_before_it, a_length_that_cannot_hold_a_header_closes,
	 a_frame_that_breaks_only_in_its_second_piece_closes_with_that_piece, a_negative_length_closes,
	 a_tls_hello_closes_as_unsupported, a_refused_frame_closes_with_that_cause_and_is_the_last,
	 no_frame_goes_up_after_a_close_inside_a_frame, a_truncated_frame_at_the_end_of_input_is_the_peers_close,
	 spoilt_frames_in_random_pieces_harm_nobody, requests_in_flight_at_their_limit_pause_reading_and_each_end_lets_one_in, a_paused_connection_leaves_bytes_to_the_peer,
	 what_a_pause_left_behind_does_not_wait_for_an_event, output_that_waits_pauses_reading_and_its_leaving_resumes_it,
	 a_peer_that_only_shuts_its_side_still_gets_the_answers_of_the_turn, endless_input_is_left_after_two_reads_so_that_others_proceed)
