/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: every call ends exactly once, with the answer to its own opaque from its own address, or with the reason why
 * there is none.
 * Shown: against a server on the same loop that answers as each test scripts it.
 */
#include <stdio.h>

#include "io/rpc.h"
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

#define CODE 105

/* ---- a scripted server ---- */

struct server {
	struct lmi_listener *ln;
	struct lmi_conn *conn; /* of the last request */
	int requests, closes;
	int32_t opaques[100];
	bool answer;           /* at once, each */
	char address[32];
};

static struct stage st;
static struct server server, second_server;
static struct lmi_rpc *rpc;
static struct lmi_arena arena;

static void answer_to(struct lmi_conn *c, int32_t opaque, int32_t code)
{
	struct lmi_command_out o;

	lmi_command_begin(&o, lmi_conn_out(c), LMI_SERIALIZE_JSON, code, opaque, LMI_FLAG_RESPONSE);
	lmi_command_end(&o, 0);
}

static int server_frame(struct lmi_conn *c, struct lmi_span frame)
{
	struct server *s = lmi_conn_user(c);
	struct lmi_command cmd;

	lmi_arena_reset(&arena);
	ck_assert_int_eq(lmi_command_decode(frame, &arena, &cmd), 0);
	s->conn = c;
	s->opaques[s->requests++ % 100] = cmd.opaque;
	if (s->answer && !(cmd.flag & LMI_FLAG_ONEWAY))
		answer_to(c, cmd.opaque, 0);
	return 0;
}

static void server_close(struct lmi_conn *c, int cause)
{
	struct server *s = lmi_conn_user(c);

	(void)cause;
	s->closes++;
}

static const struct lmi_conn_ops server_ops = { .on_frame = server_frame, .on_close = server_close };

static void server_listen(struct server *s)
{
	struct lmi_listener_config cfg = { .ops = &server_ops, .limits = lmi_conn_limits_default, .user = s, .connections_max = 100,
					   .name = "server" };
	int fd = lmi_socket_listen("127.0.0.1", 0, 16);

	ck_assert_int_ge(fd, 0);
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", port_of(fd));
	s->ln = lmi_listener_new(st.loop, fd, &cfg);
}

/* ---- the caller ---- */

struct result {
	int ends, err;
	int32_t code;
};

static int requests_from_peer, peer_closes, last_cause;
static char closed_address[64];

static void on_request(void *user, struct lmi_conn *c, const struct lmi_command *cmd)
{
	ck_assert_ptr_eq(user, &st);
	requests_from_peer++;
	answer_to(c, cmd->opaque, 77);
}

static void on_close(void *user, const char *address, int cause)
{
	ck_assert_ptr_eq(user, &st);
	peer_closes++;
	last_cause = cause;
	snprintf(closed_address, sizeof(closed_address), "%s", address);
}

static bool inside_send;

static void done(void *arg, int err, const struct lmi_command *answer)
{
	struct result *r = arg;

	ck_assert(!inside_send);
	ck_assert((err == 0) == (answer != NULL));
	r->ends++;
	r->err = err;
	r->code = answer ? answer->code : -1;
}

static int send_with(const char *address, int32_t opaque, int64_t timeout_ms, struct result *r)
{
	struct lmi_buf b = { 0 };
	struct lmi_command_out o;
	int err;

	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, CODE, opaque, r ? 0 : LMI_FLAG_ONEWAY);
	lmi_command_end(&o, 0);
	inside_send = true;
	err = lmi_rpc_send(rpc, address, opaque, lmi_buf_span(&b), timeout_ms, r ? done : NULL, r);
	inside_send = false;
	lmi_buf_done(&b);
	return err;
}

static int32_t call(const char *address, int64_t timeout_ms, struct result *r)
{
	int32_t opaque = lmi_rpc_next_opaque(rpc);

	ck_assert_int_eq(send_with(address, opaque, timeout_ms, r), 0);
	return opaque;
}

static void begin_with(struct lmi_conn_limits limits)
{
	struct lmi_rpc_config cfg = { .limits = limits, .connect_timeout_ms = 3000, .on_request = on_request, .on_close = on_close,
				      .user = &st, .resolver = &lmi_executor_inline };

	stage_begin(&st);
	lmi_arena_init(&arena, 0);
	cfg.loop = st.loop;
	rpc = lmi_rpc_new(&cfg);
	ck_assert_ptr_nonnull(rpc);
	server_listen(&server);
	server_listen(&second_server);
}

static void begin(void)
{
	begin_with(lmi_conn_limits_default);
}

static void finish(void)
{
	lmi_rpc_free(rpc);
	rpc = NULL;
	lmi_listener_free(server.ln);
	lmi_listener_free(second_server.ln);
	lmi_conn_close_all(st.loop);
	stage_end(&st);
	lmi_arena_done(&arena);
}

START_TEST(an_answer_ends_its_call)
{
	struct result r = { 0 };

	begin();
	server.answer = true;
	call(server.address, 3000, &r);
	POLL_UNTIL(st.loop, r.ends);
	ck_assert_int_eq(r.err, 0);
	ck_assert_int_eq(r.code, 0);
	stage_pass(&st, 10000);
	ck_assert_int_eq(r.ends, 1);
	finish();
}
END_TEST

START_TEST(calls_to_one_address_share_a_connection_and_match_by_opaque)
{
	struct result r[10] = { 0 };
	int32_t opaque[10];

	begin();
	for (int i = 0; i < 10; i++)
		opaque[i] = call(server.address, 3000, &r[i]);
	POLL_UNTIL(st.loop, server.requests == 10);
	ck_assert_uint_eq(lmi_listener_connections(server.ln), 1);
	for (int i = 9; i >= 0; i--) /* in another order */
		answer_to(server.conn, opaque[i], 1000 + i);
	for (int i = 0; i < 10; i++) {
		POLL_UNTIL(st.loop, r[i].ends);
		ck_assert_int_eq(r[i].code, 1000 + i);
	}
	finish();
}
END_TEST

START_TEST(a_call_without_an_answer_ends_at_its_deadline)
{
	struct result r = { 0 }, longer = { 0 };

	begin();
	call(server.address, 1000, &r);
	call(server.address, 5000, &longer);
	POLL_UNTIL(st.loop, server.requests == 2);
	stage_pass(&st, 999);
	ck_assert_int_eq(r.ends, 0);
	stage_pass(&st, 1);
	ck_assert_int_eq(r.ends, 1);
	ck_assert_int_eq(r.err, -LMQ_ETIMEOUT);
	ck_assert_int_eq(longer.ends, 0);
	ck_assert_int_eq(peer_closes, 0); /* the connection stays */
	finish();
	ck_assert_int_eq(longer.err, -LMQ_ECLOSED);
}
END_TEST

START_TEST(late_repeated_and_unasked_answers_are_dropped)
{
	struct result late = { 0 }, twice = { 0 }, last = { 0 };
	int32_t late_opaque, twice_opaque;

	begin();
	late_opaque = call(server.address, 100, &late);
	twice_opaque = call(server.address, 10000, &twice);
	POLL_UNTIL(st.loop, server.requests == 2);
	stage_pass(&st, 100);
	ck_assert_int_eq(late.ends, 1);
	answer_to(server.conn, late_opaque, 0);
	answer_to(server.conn, twice_opaque, 0);
	answer_to(server.conn, twice_opaque, 1);
	answer_to(server.conn, 123456, 0);
	answer_to(server.conn, -1, 0);
	server.answer = true;
	call(server.address, 10000, &last);
	POLL_UNTIL(st.loop, last.ends);
	ck_assert_int_eq(late.ends, 1);
	ck_assert_int_eq(late.err, -LMQ_ETIMEOUT);
	ck_assert_int_eq(twice.ends, 1);
	ck_assert_int_eq(twice.code, 0);
	ck_assert_int_eq(requests_from_peer, 0);
	finish();
}
END_TEST

START_TEST(an_answer_from_another_address_is_dropped)
{
	struct result asked = { 0 }, other = { 0 };
	int32_t opaque;

	begin();
	opaque = call(server.address, 1000, &asked);
	second_server.answer = true;
	call(second_server.address, 1000, &other);
	POLL_UNTIL(st.loop, other.ends && server.requests);
	answer_to(second_server.conn, opaque, 0);
	call(second_server.address, 1000, &other);
	POLL_UNTIL(st.loop, other.ends == 2);
	ck_assert_int_eq(asked.ends, 0);
	answer_to(server.conn, opaque, 5);
	POLL_UNTIL(st.loop, asked.ends);
	ck_assert_int_eq(asked.code, 5);
	finish();
}
END_TEST

START_TEST(one_way_requests_are_sent_and_forgotten)
{
	begin();
	ck_assert_int_eq(send_with(server.address, lmi_rpc_next_opaque(rpc), 0, NULL), 0);
	POLL_UNTIL(st.loop, server.requests == 1);
	answer_to(server.conn, server.opaques[0], 0); /* nobody waits for it */
	for (int i = 0; i < 5; i++)
		stage_pass(&st, 1000);
	finish();
}
END_TEST

START_TEST(a_request_from_the_peer_goes_to_on_request_and_is_answered_on_the_connection)
{
	struct lmi_command_out o;

	begin();
	ck_assert_int_eq(send_with(server.address, 1, 0, NULL), 0);
	POLL_UNTIL(st.loop, server.requests == 1);
	lmi_command_begin(&o, lmi_conn_out(server.conn), LMI_SERIALIZE_ROCKETMQ, 40, 4242, 0);
	lmi_command_end(&o, 0);
	POLL_UNTIL(st.loop, server.requests == 2);
	ck_assert_int_eq(requests_from_peer, 1);
	ck_assert_int_eq(server.opaques[1], 4242);
	finish();
}
END_TEST

START_TEST(a_refused_address_ends_its_calls_and_is_dialled_again_by_the_next)
{
	struct result r[2] = { 0 };

	begin();
	lmi_listener_free(server.ln);
	call(server.address, 3000, &r[0]);
	call(server.address, 3000, &r[1]);
	POLL_UNTIL(st.loop, r[0].ends && r[1].ends);
	ck_assert_int_eq(r[0].err, -ECONNREFUSED);
	ck_assert_int_eq(r[1].err, -ECONNREFUSED);
	ck_assert_int_eq(peer_closes, 1);
	ck_assert_int_eq(last_cause, -ECONNREFUSED);
	ck_assert_str_eq(closed_address, server.address);
	call(server.address, 3000, &r[0]);
	POLL_UNTIL(st.loop, r[0].ends == 2);
	ck_assert_int_eq(peer_closes, 2);
	server.ln = NULL;
	finish();
}
END_TEST

static int cannot_resolve(const char *host, struct lmi_host *out, size_t max)
{
	(void)host;
	(void)out;
	(void)max;
	return -LMQ_ENOTFOUND;
}

START_TEST(bad_names_end_their_calls)
{
	struct result unknown = { 0 }, malformed = { 0 };

	begin();
	st.loop->resolve = cannot_resolve;
	call("nowhere.example:80", 3000, &unknown);
	call("no address", 3000, &malformed);
	ck_assert_int_eq(unknown.ends + malformed.ends, 0);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(unknown.ends, 1);
	ck_assert_int_eq(unknown.err, -LMQ_ENOTFOUND);
	ck_assert_int_eq(malformed.ends, 1);
	ck_assert_int_eq(malformed.err, -LMQ_EMALFORMED);
	finish();
}
END_TEST

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

START_TEST(a_connect_that_takes_too_long_is_a_timeout)
{
	struct result r = { 0 };

	begin();
	st.loop->connect = stuck_connect;
	call("127.0.0.1:80", 60000, &r);
	stage_pass(&st, 2999);
	ck_assert_int_eq(r.ends, 0);
	stage_pass(&st, 1);
	ck_assert_int_eq(r.ends, 1);
	ck_assert_int_eq(r.err, -LMQ_ETIMEOUT);
	stuck_ends[1]->ops->close(stuck_ends[1]);
	finish();
}
END_TEST

START_TEST(the_peers_close_ends_calls_and_the_next_one_dials)
{
	struct result r = { 0 }, again = { 0 };

	begin();
	call(server.address, 3000, &r);
	POLL_UNTIL(st.loop, server.requests == 1);
	lmi_listener_close_all(server.ln);
	POLL_UNTIL(st.loop, r.ends);
	ck_assert_int_eq(r.err, -LMQ_ECLOSED);
	ck_assert_int_eq(last_cause, 0);
	server.answer = true;
	call(server.address, 3000, &again);
	POLL_UNTIL(st.loop, again.ends);
	ck_assert_int_eq(again.err, 0);
	finish();
}
END_TEST

START_TEST(an_idle_connection_that_was_closed_ends_calls_as_closed)
{
	struct result r = { 0 };
	struct lmi_conn_limits limits = lmi_conn_limits_default;

	limits.idle_ms = 5000;
	begin_with(limits);
	call(server.address, 60000, &r);
	POLL_UNTIL(st.loop, server.requests == 1);
	stage_pass(&st, 7000);
	ck_assert_int_eq(r.ends, 1);
	ck_assert_int_eq(r.err, -LMQ_ECLOSED);
	ck_assert_int_eq(last_cause, -ETIMEDOUT);
	finish();
}
END_TEST

START_TEST(bad_bytes_from_the_peer_end_its_calls)
{
	struct result r = { 0 };

	begin();
	call(server.address, 3000, &r);
	POLL_UNTIL(st.loop, server.requests == 1);
	put_frame(lmi_conn_out(server.conn), 100, 0); /* a body and an empty JSON header */
	POLL_UNTIL(st.loop, r.ends);
	ck_assert_int_eq(r.err, -LMQ_EMALFORMED);
	finish();
}
END_TEST

START_TEST(a_drop_ends_calls_as_closed_from_the_loop_and_the_next_one_dials_at_once)
{
	struct result r = { 0 }, again = { 0 };

	begin();
	call(server.address, 3000, &r);
	POLL_UNTIL(st.loop, server.requests == 1);
	lmi_rpc_drop(rpc, server.address);
	lmi_rpc_drop(rpc, server.address);
	lmi_rpc_drop(rpc, "127.0.0.1:1");
	ck_assert_int_eq(r.ends, 0);
	server.answer = true;
	call(server.address, 3000, &again);
	POLL_UNTIL(st.loop, again.ends);
	ck_assert_int_eq(again.err, 0);
	ck_assert_int_eq(r.ends, 1);
	ck_assert_int_eq(r.err, -LMQ_ECLOSED);
	POLL_UNTIL(st.loop, server.closes == 1);
	finish();
}
END_TEST

START_TEST(freeing_ends_calls_inside_and_says_what_waits)
{
	struct result r = { 0 }, unsent = { 0 };

	begin();
	call(server.address, 3000, &r);
	POLL_UNTIL(st.loop, server.requests == 1);
	call(server.address, 3000, &unsent);
	lmi_rpc_free(rpc);
	rpc = NULL;
	ck_assert_int_eq(r.ends, 1);
	ck_assert_int_eq(r.err, -LMQ_ECLOSED);
	ck_assert_int_eq(unsent.ends, 1);
	POLL_UNTIL(st.loop, server.closes == 1);
	ck_assert_int_eq(server.requests, 2);
	ck_assert_int_eq(peer_closes, 0);
	finish();
}
END_TEST

static void free_inside(void *arg, int err, const struct lmi_command *answer)
{
	struct lmi_buf b = { 0 };

	done(arg, err, answer);
	if (!rpc)
		return;
	lmi_rpc_free(rpc);
	put_frame(&b, 20, 0);
	if (err == -LMQ_ECLOSED) /* inside lmi_rpc_free nothing can be sent any more */
		ck_assert_int_eq(lmi_rpc_send(rpc, server.address, 1, lmi_buf_span(&b), 1000, done, arg), -LMQ_ECLOSED);
	rpc = NULL;
	lmi_buf_done(&b);
}

/* What the call ended with whose end frees everything. */
static void check_free_inside(int what)
{
	struct result first = { 0 }, others[5] = { 0 };
	struct lmi_buf b = { 0 };
	int32_t opaque;

	begin();
	opaque = lmi_rpc_next_opaque(rpc);
	put_frame(&b, 8 + 4, 0);
	ck_assert_int_eq(lmi_rpc_send(rpc, server.address, opaque, LMI_SPAN_NULL, 500, free_inside, &first), 0);
	for (int i = 0; i < 5; i++)
		call(i % 2 ? server.address : second_server.address, 1000, &others[i]);
	POLL_UNTIL(st.loop, server.requests == 2 && second_server.requests == 3);
	if (what == 0)
		answer_to(server.conn, opaque, 0);
	else if (what == 1)
		lmi_listener_close_all(server.ln);
	else
		lmi_clock_manual_pass(&st.clock, 500);
	POLL_UNTIL(st.loop, first.ends);
	ck_assert_ptr_null(rpc);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(others[i].ends, 1);
		ck_assert_int_eq(others[i].err, -LMQ_ECLOSED);
	}
	lmi_loop_poll(st.loop);
	finish();
	lmi_buf_done(&b);
	memset(&server, 0, sizeof(server));
	memset(&second_server, 0, sizeof(second_server));
}

START_TEST(freeing_is_allowed_inside_any_end_of_a_call)
{
	for (int what = 0; what < 3; what++)
		check_free_inside(what);
}
END_TEST

START_TEST(calls_in_flight_are_bounded)
{
	static struct result r[LMI_RPC_CALLS_MAX];
	struct result more = { 0 };

	begin();
	for (size_t i = 0; i < LMI_RPC_CALLS_MAX; i++)
		call(server.address, 1000, &r[i]);
	ck_assert_int_eq(send_with(server.address, lmi_rpc_next_opaque(rpc), 1000, &more), -LMQ_EFULL);
	ck_assert_int_eq(send_with(server.address, lmi_rpc_next_opaque(rpc), 1000, NULL), 0);
	stage_pass(&st, 1000);
	POLL_UNTIL(st.loop, r[LMI_RPC_CALLS_MAX - 1].ends);
	for (size_t i = 0; i < LMI_RPC_CALLS_MAX; i++)
		ck_assert_int_eq(r[i].ends, 1);
	ck_assert_int_eq(more.ends, 0);
	call(server.address, 1000, &more);
	finish();
	ck_assert_int_eq(more.ends, 1);
}
END_TEST

START_TEST(output_above_its_limit_refuses_the_call_and_keeps_the_connection)
{
	struct lmi_conn_limits limits = lmi_conn_limits_default;
	struct result r = { 0 }, ok = { 0 };
	struct lmi_buf big = { 0 };

	limits.out_max_bytes = 1000;
	begin_with(limits);
	server.answer = true;
	call(server.address, 1000, &ok);
	put_frame(&big, 1000, 0);
	ck_assert_int_eq(lmi_rpc_send(rpc, server.address, 99, lmi_buf_span(&big), 1000, done, &r), -LMQ_EFULL);
	POLL_UNTIL(st.loop, ok.ends);
	ck_assert_int_eq(ok.err, 0);
	ck_assert_int_eq(r.ends, 0);
	finish();
	lmi_buf_done(&big);
}
END_TEST

START_TEST(opaques_count_up_and_start_over_at_zero_leaving_out_those_in_flight)
{
	struct result r = { 0 };
	int32_t first;

	begin();
	first = lmi_rpc_next_opaque(rpc);
	ck_assert_int_eq(lmi_rpc_next_opaque(rpc), first + 1);
	ck_assert_int_eq(send_with(server.address, first + 2, 1000, &r), 0);
	ck_assert_int_eq(lmi_rpc_next_opaque(rpc), first + 3);
	finish();
}
END_TEST

START_TEST(a_thousand_calls_over_connections_that_break_end_once_each)
{
	enum { N = 1000 };
	static struct result r[N];
	int ended = 0;

	begin();
	server.answer = true;
	for (int i = 0; i < N; i++) {
		call(i % 3 ? server.address : second_server.address, 50 + i % 100, &r[i]);
		if (i % 7 == 0)
			lmi_loop_poll(st.loop);
		if (i % 50 == 0)
			lmi_listener_close_all(server.ln);
		if (i % 70 == 0)
			lmi_rpc_drop(rpc, second_server.address);
		if (i % 11 == 0)
			stage_pass(&st, 10);
	}
	stage_pass(&st, 200);
	for (int i = 0; i < N; i++)
		ended += r[i].ends == 1;
	ck_assert_int_eq(ended, N);
	finish();
}
END_TEST

LMT_MAIN("rpc", an_answer_ends_its_call, calls_to_one_address_share_a_connection_and_match_by_opaque,
	 a_call_without_an_answer_ends_at_its_deadline, late_repeated_and_unasked_answers_are_dropped,
	 an_answer_from_another_address_is_dropped, one_way_requests_are_sent_and_forgotten,
	 a_request_from_the_peer_goes_to_on_request_and_is_answered_on_the_connection,
	 a_refused_address_ends_its_calls_and_is_dialled_again_by_the_next, bad_names_end_their_calls,
	 a_connect_that_takes_too_long_is_a_timeout, the_peers_close_ends_calls_and_the_next_one_dials,
	 an_idle_connection_that_was_closed_ends_calls_as_closed, bad_bytes_from_the_peer_end_its_calls,
	 a_drop_ends_calls_as_closed_from_the_loop_and_the_next_one_dials_at_once, freeing_ends_calls_inside_and_says_what_waits,
	 freeing_is_allowed_inside_any_end_of_a_call, calls_in_flight_are_bounded,
	 output_above_its_limit_refuses_the_call_and_keeps_the_connection,
	 opaques_count_up_and_start_over_at_zero_leaving_out_those_in_flight, a_thousand_calls_over_connections_that_break_end_once_each)
