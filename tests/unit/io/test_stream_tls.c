/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: over TLS frames come as over a plain socket, however the bytes below are cut; a peer is trusted as configured, and told
 * apart from a plain one.
 * Shown: both sides in one loop, over loopback and over memory, with certificates made on the spot.
 */
#include <stdio.h>

#include "io/tls.h"
#include "tests/support/certs.h"
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

static struct stage st;
static struct seen near, far; /* who dialled, who accepted */
static struct certs certs;
static struct lmi_tls *server, *client;
static struct lmi_listener *listener;
static char address[32];

static struct lmi_tls *made(const struct lmi_tls_config *cfg)
{
	char why[LMI_TLS_WHY_CHARS];
	struct lmi_tls *t = NULL;

	ck_assert_msg(lmi_tls_new(cfg, &t, why) == 0, "%s", why);
	return t;
}

static struct lmi_tls_config server_config(void)
{
	return (struct lmi_tls_config){ .server = true, .cert_path = certs.cert, .key_path = certs.key };
}

static struct lmi_tls_config client_config(void)
{
	return (struct lmi_tls_config){ .trust_path = certs.cert, .verify_peer = true, .verify_host = true };
}

static void begin_as(const struct lmi_tls_config *server_cfg, const struct lmi_tls_config *client_cfg, bool tls_only)
{
	struct lmi_listener_config cfg = { .ops = &seen_ops, .limits = lmi_conn_limits_default, .user = &far, .connections_max = 8,
					   .tls_only = tls_only, .name = "test" };
	int fd = lmi_socket_listen("127.0.0.1", 0, 8);

	stage_begin(&st);
	server = server_cfg ? made(server_cfg) : NULL;
	client = client_cfg ? made(client_cfg) : NULL;
	cfg.tls = server;
	ck_assert_int_ge(fd, 0);
	snprintf(address, sizeof(address), "127.0.0.1:%u", port_of(fd));
	listener = lmi_listener_new(st.loop, fd, &cfg);
	ck_assert_ptr_nonnull(listener);
}

static void begin(void)
{
	struct lmi_tls_config s, c;

	certs_make(&certs, "IP:127.0.0.1", NULL);
	s = server_config();
	c = client_config();
	begin_as(&s, &c, true);
}

static void dial(struct lmi_tls *t)
{
	near.conn = lmi_conn_dial(st.loop, NULL, address, 3000, &seen_ops, &lmi_conn_limits_default, &near);
	ck_assert_ptr_nonnull(near.conn);
	if (t)
		lmi_conn_dial_tls(near.conn, t);
}

static void finish(void)
{
	lmi_listener_close_all(listener);
	lmi_conn_close_all(st.loop);
	lmi_listener_free(listener);
	stage_end(&st);
	seen_done(&near);
	seen_done(&far);
	lmi_tls_unref(server);
	lmi_tls_unref(client);
	certs_remove(&certs);
}

START_TEST(frames_go_and_come)
{
	begin();
	far.echo = true;
	dial(client);
	put_frame(lmi_conn_out(near.conn), 24, 7);
	POLL_UNTIL(st.loop, near.frames == 1);
	ck_assert_uint_eq(near.opens, 1);
	ck_assert_uint_eq(near.sizes[0], 24);
	ck_assert_mem_eq(lmi_buf_data(&near.bytes), lmi_buf_data(&far.bytes), 24);
	finish();
}
END_TEST

START_TEST(large_frames_and_many_small_ones_come_whole)
{
	begin();
	far.echo = true;
	dial(client);
	put_frame(lmi_conn_out(near.conn), 3000000, 1);
	for (int i = 0; i < 1000; i++)
		put_frame(lmi_conn_out(near.conn), 100, (uint8_t)i);
	POLL_UNTIL(st.loop, near.frames == 1001);
	ck_assert_uint_eq(lmi_buf_len(&near.bytes), 3100000);
	ck_assert_mem_eq(lmi_buf_data(&near.bytes), lmi_buf_data(&far.bytes), 3100000);
	finish();
}
END_TEST

START_TEST(plain_and_tls_share_a_port_unless_tls_is_demanded)
{
	struct lmi_tls_config s, c;

	certs_make(&certs, "IP:127.0.0.1", NULL);
	s = server_config();
	c = client_config();
	begin_as(&s, &c, false);
	far.echo = true;
	dial(NULL);
	put_frame(lmi_conn_out(near.conn), 24, 7);
	POLL_UNTIL(st.loop, near.frames == 1);
	lmi_conn_close(near.conn, 0, false);
	POLL_UNTIL(st.loop, far.closes == 1);
	far.closes = near.closes = 0; /* the next connection */
	dial(client);
	put_frame(lmi_conn_out(near.conn), 24, 7);
	POLL_UNTIL(st.loop, near.frames == 2);
	finish();
}
END_TEST

START_TEST(a_plain_connection_is_refused_where_tls_is_demanded)
{
	begin();
	dial(NULL);
	put_frame(lmi_conn_out(near.conn), 24, 7);
	POLL_UNTIL(st.loop, far.closes == 1);
	ck_assert_int_eq(far.cause, -LMQ_EUNSUPPORTED);
	ck_assert_uint_eq(far.frames, 0);
	finish();
}
END_TEST

START_TEST(a_server_without_tls_fails_the_dial)
{
	struct lmi_tls_config c;

	certs_make(&certs, "IP:127.0.0.1", NULL);
	c = client_config();
	begin_as(NULL, &c, false);
	dial(client);
	POLL_UNTIL(st.loop, near.closes == 1);
	ck_assert_uint_eq(near.opens, 0);
	ck_assert_int_eq(far.cause, -LMQ_EUNSUPPORTED);
	finish();
}
END_TEST

/* What a client with these settings makes of the server's certificate. */
static void meets(const char *names, struct lmi_tls_config c, int cause)
{
	struct lmi_tls_config s;

	certs_make(&certs, names, NULL);
	if (c.trust_path)
		c.trust_path = certs.cert;
	s = server_config();
	begin_as(&s, &c, true);
	dial(client);
	POLL_UNTIL(st.loop, near.opens || near.closes);
	ck_assert_uint_eq(near.opens, cause == 0);
	if (cause < 0)
		ck_assert_int_eq(near.cause, cause);
	finish();
}

START_TEST(a_certificate_for_another_host_is_refused)
{
	meets("IP:127.0.0.2,DNS:localhost", (struct lmi_tls_config){ .trust_path = "", .verify_peer = true, .verify_host = true }, -EKEYREJECTED);
}
END_TEST
START_TEST(unless_the_host_does_not_matter)
{
	meets("IP:127.0.0.2", (struct lmi_tls_config){ .trust_path = "", .verify_peer = true }, 0);
}
END_TEST
START_TEST(a_certificate_that_nobody_vouches_for_is_refused)
{
	meets("IP:127.0.0.1", (struct lmi_tls_config){ .verify_peer = true }, -EKEYREJECTED);
}
END_TEST
START_TEST(unless_trust_does_not_matter)
{
	meets("IP:127.0.0.1", (struct lmi_tls_config){ .verify_peer = false, .verify_host = true }, 0);
}
END_TEST

START_TEST(a_server_may_ask_for_the_client_s_certificate)
{
	struct lmi_tls_config s, c;

	certs_make(&certs, "IP:127.0.0.1", NULL);
	s = server_config();
	s.verify_peer = true;
	s.trust_path = certs.cert;
	c = client_config();
	begin_as(&s, &c, true);
	dial(client);
	put_frame(lmi_conn_out(near.conn), 24, 7);
	POLL_UNTIL(st.loop, near.closes == 1);
	ck_assert_uint_eq(far.frames, 0);
	lmi_tls_unref(client);
	c.cert_path = certs.cert;
	c.key_path = certs.key;
	client = made(&c);
	near.closes = far.closes = 0;
	dial(client);
	put_frame(lmi_conn_out(near.conn), 24, 7);
	POLL_UNTIL(st.loop, far.frames == 1);
	finish();
}
END_TEST

START_TEST(a_handshake_that_does_not_end_ends_with_the_time_for_connecting)
{
	struct lmi_tls_config c;
	int fd = lmi_socket_listen("127.0.0.1", 0, 8);

	certs_make(&certs, "IP:127.0.0.1", NULL);
	c = client_config();
	begin_as(NULL, &c, false);
	snprintf(address, sizeof(address), "127.0.0.1:%u", port_of(fd)); /* where nobody accepts */
	dial(client);
	lmi_loop_poll(st.loop);
	lmi_loop_poll(st.loop);
	stage_pass(&st, 3001);
	POLL_UNTIL(st.loop, near.closes == 1);
	ck_assert_int_eq(near.cause, -ETIMEDOUT);
	close(fd);
	finish();
}
END_TEST

/* Both sides over memory, which cuts as it is told. */
static void exchange_cut(size_t read_max, size_t write_max)
{
	struct lmi_tls_config s, c;
	struct lmi_stream *ends[2], *a, *b;

	certs_make(&certs, "IP:127.0.0.1", NULL);
	s = server_config();
	c = client_config();
	begin_as(&s, &c, true);
	ck_assert_int_eq(lmi_stream_memory_pair(st.loop, st.loop, ends), 0);
	for (int i = 0; i < 2; i++)
		lmi_stream_memory_short(ends[i], read_max, write_max);
	a = lmi_stream_tls_new(st.loop, client, ends[0], "127.0.0.1", LMI_SPAN_NULL);
	b = lmi_stream_tls_new(st.loop, server, ends[1], NULL, LMI_SPAN_NULL);
	ck_assert(a && b);
	far.echo = true;
	near.conn = lmi_conn_new_on(a, st.loop, &seen_ops, &lmi_conn_limits_default, &near);
	far.conn = lmi_conn_new_on(b, st.loop, &seen_ops, &lmi_conn_limits_default, &far);
	for (int i = 0; i < 20; i++)
		put_frame(lmi_conn_out(near.conn), (size_t)(30 + i * 200), (uint8_t)i);
	POLL_UNTIL(st.loop, near.frames == 20);
	ck_assert_uint_eq(lmi_buf_len(&near.bytes), lmi_buf_len(&far.bytes));
	ck_assert_mem_eq(lmi_buf_data(&near.bytes), lmi_buf_data(&far.bytes), lmi_buf_len(&far.bytes));
	finish();
}

START_TEST(bytes_one_at_a_time_make_frames_too) { exchange_cut(1, 1); }
END_TEST
START_TEST(bytes_in_odd_pieces_make_frames_too) { exchange_cut(37, 5); }
END_TEST

static void refused(struct lmi_tls_config cfg, const char *says)
{
	char why[LMI_TLS_WHY_CHARS] = "";
	struct lmi_tls *t;

	ck_assert_int_eq(lmi_tls_new(&cfg, &t, why), -LMQ_EBADCONFIG);
	ck_assert_msg(strstr(why, says) != NULL, "%s", why);
}

START_TEST(bad_files_are_named)
{
	struct certs other;
	struct lmi_tls *t;

	certs_make(&certs, "IP:127.0.0.1", "secret");
	certs_make(&other, "IP:127.0.0.1", NULL);
	refused((struct lmi_tls_config){ .server = true }, "needs a certificate");
	refused((struct lmi_tls_config){ .cert_path = certs.cert }, "needs its key");
	refused((struct lmi_tls_config){ .key_path = certs.key }, "its certificate");
	refused((struct lmi_tls_config){ .cert_path = "/nowhere", .key_path = certs.key }, "/nowhere");
	refused((struct lmi_tls_config){ .cert_path = certs.key, .key_path = certs.key }, certs.key);
	refused((struct lmi_tls_config){ .cert_path = certs.cert, .key_path = certs.key }, certs.key);
	refused((struct lmi_tls_config){ .cert_path = certs.cert, .key_path = certs.key, .key_password = "other" }, certs.key);
	refused((struct lmi_tls_config){ .cert_path = certs.cert, .key_path = other.key }, other.key);
	refused((struct lmi_tls_config){ .trust_path = "/nowhere" }, "/nowhere");
	t = made(&(struct lmi_tls_config){ .cert_path = certs.cert, .key_path = certs.key, .key_password = "secret" });
	lmi_tls_unref(t);
	lmi_tls_unref(NULL);
	certs_remove(&certs);
	certs_remove(&other);
}
END_TEST

LMT_MAIN("stream_tls", frames_go_and_come, large_frames_and_many_small_ones_come_whole,
	 plain_and_tls_share_a_port_unless_tls_is_demanded, a_plain_connection_is_refused_where_tls_is_demanded,
	 a_server_without_tls_fails_the_dial, a_certificate_for_another_host_is_refused, unless_the_host_does_not_matter,
	 a_certificate_that_nobody_vouches_for_is_refused, unless_trust_does_not_matter, a_server_may_ask_for_the_client_s_certificate,
	 a_handshake_that_does_not_end_ends_with_the_time_for_connecting, bytes_one_at_a_time_make_frames_too,
	 bytes_in_odd_pieces_make_frames_too, bad_files_are_named)
