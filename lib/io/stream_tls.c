/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS over another stream, for both sides.  OpenSSL takes its bytes from the stream below through a BIO of ours; what it waits for
 * there is what is watched below.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "io/loop_internal.h"
#include "io/tls_internal.h"

struct tls_stream {
	struct lmi_stream stream; /* first */
	struct lmi_tls *tls;
	struct lmi_stream *under;
	struct lmi_loop *loop;
	SSL *ssl;
	uint8_t *early;           /* read before TLS took over */
	size_t early_at, early_n;
	int err;                  /* of the stream below: -errno */
	unsigned int events;      /* that its user watches */
	unsigned int read_waits, write_waits; /* for what below, LMI_STREAM_… */
	bool more;                /* something can be read though the stream below has nothing */
	struct lmi_soon again;
};

static struct tls_stream *of(struct lmi_stream *s)
{
	return (struct tls_stream *)s;
}

/* ---- bytes below ---- */

static int bio_read(BIO *b, char *out, int n)
{
	struct tls_stream *s = BIO_get_data(b);
	struct iovec v = { out, (size_t)n };
	ssize_t got;

	BIO_clear_retry_flags(b);
	if (s->early_at < s->early_n) {
		size_t left = s->early_n - s->early_at, take = left < (size_t)n ? left : (size_t)n;

		memcpy(out, s->early + s->early_at, take);
		s->early_at += take;
		return (int)take;
	}
	got = s->under->ops->readv(s->under, &v, 1);
	if (got >= 0)
		return (int)got;
	if (got == -EAGAIN)
		BIO_set_retry_read(b);
	else
		s->err = (int)got;
	return -1;
}

static int bio_write(BIO *b, const char *p, int n)
{
	struct tls_stream *s = BIO_get_data(b);
	struct iovec v = { (void *)(uintptr_t)p, (size_t)n };
	ssize_t put = s->under->ops->writev(s->under, &v, 1);

	BIO_clear_retry_flags(b);
	if (put >= 0)
		return (int)put;
	if (put == -EAGAIN)
		BIO_set_retry_write(b);
	else
		s->err = (int)put;
	return -1;
}

static long bio_ctrl(BIO *b, int cmd, long number, void *p)
{
	(void)b;
	(void)number;
	(void)p;
	return cmd == BIO_CTRL_FLUSH;
}

BIO_METHOD *lmi_stream_tls_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "lightmq stream");

	if (!m)
		return NULL;
	(void)BIO_meth_set_read(m, bio_read);
	(void)BIO_meth_set_write(m, bio_write);
	(void)BIO_meth_set_ctrl(m, bio_ctrl);
	return m;
}

/* ---- what a call of OpenSSL came to ---- */

/* Negative: -EAGAIN with *waits set, or why it failed; 0: the end of input. */
static int judge(struct tls_stream *s, int r, unsigned int *waits)
{
	int verified = (int)SSL_get_verify_result(s->ssl);
	int err = SSL_get_error(s->ssl, r);

	ERR_clear_error();
	switch (err) {
	case SSL_ERROR_WANT_READ:
		*waits = LMI_STREAM_READ;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		*waits = LMI_STREAM_WRITE;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		return s->err; /* 0: closed without a goodbye */
	default:
		if (s->err < 0)
			return s->err;
		return verified != X509_V_OK && !SSL_is_init_finished(s->ssl) ? -EKEYREJECTED : -EPROTO;
	}
}

/* ---- the stream's operations ---- */

static void watch_below(struct tls_stream *s)
{
	unsigned int events = 0;

	if (s->events & LMI_STREAM_READ)
		events |= s->read_waits;
	if (s->events & LMI_STREAM_WRITE)
		events |= s->write_waits;
	s->under->ops->watch(s->under, events);
	if ((s->events & LMI_STREAM_READ) && s->more)
		lmi_loop_soon(s->loop, &s->again);
}

static void watch_tls(struct lmi_stream *stream, unsigned int events)
{
	of(stream)->events = events;
	watch_below(of(stream));
}

/* What was asked of OpenSSL before may want either kind of event now: both are tried, nothing is lost by that. */
static void under_ready(struct lmi_stream *under, unsigned int events)
{
	struct tls_stream *s = under->user;

	(void)events;
	if (s->events)
		s->stream.ready(&s->stream, s->events);
}

static void on_again(struct lmi_soon *soon)
{
	struct tls_stream *s = lmi_container_of(soon, struct tls_stream, again);

	if ((s->events & LMI_STREAM_READ) && s->more)
		s->stream.ready(&s->stream, LMI_STREAM_READ);
}

static ssize_t readv_tls(struct lmi_stream *stream, const struct iovec *iov, int n)
{
	struct tls_stream *s = of(stream);
	ssize_t total = 0;

	s->more = true;
	s->read_waits = LMI_STREAM_READ;
	for (int i = 0; i < n; i++) {
		for (size_t at = 0; at < iov[i].iov_len;) {
			size_t got = 0;
			int r = SSL_read_ex(s->ssl, (uint8_t *)iov[i].iov_base + at, iov[i].iov_len - at, &got);

			if (r == 1) {
				at += got;
				total += (ssize_t)got;
				continue;
			}
			r = judge(s, r, &s->read_waits);
			s->more = r != -EAGAIN && total > 0; /* the end, or why, is told by the next call */
			return total > 0 ? total : r;
		}
	}
	return total;
}

static ssize_t writev_tls(struct lmi_stream *stream, const struct iovec *iov, int n)
{
	struct tls_stream *s = of(stream);
	ssize_t total = 0;

	s->write_waits = LMI_STREAM_WRITE;
	for (int i = 0; i < n; i++) {
		for (size_t at = 0; at < iov[i].iov_len;) {
			size_t put = 0;
			int r = SSL_write_ex(s->ssl, (const uint8_t *)iov[i].iov_base + at, iov[i].iov_len - at, &put);

			if (r == 1) {
				at += put;
				total += (ssize_t)put;
				continue;
			}
			r = judge(s, r, &s->write_waits);
			return total > 0 ? total : r == 0 ? -EPIPE : r;
		}
	}
	return total;
}

/* The handshake. */
static int connected_tls(struct lmi_stream *stream)
{
	struct tls_stream *s = of(stream);
	unsigned int waits = 0;
	int r = SSL_do_handshake(s->ssl);

	if (r == 1) {
		s->read_waits = LMI_STREAM_READ;
		s->write_waits = LMI_STREAM_WRITE;
		s->more = true; /* what came with the end of the handshake */
		return 0;
	}
	r = judge(s, r, &waits);
	s->read_waits = s->write_waits = waits;
	return r == 0 ? -ECONNRESET : r;
}

static void hosts_tls(struct lmi_stream *stream, struct lmi_host *out_peer, struct lmi_host *out_local)
{
	of(stream)->under->ops->hosts(of(stream)->under, out_peer, out_local);
}

static void tls_free(struct tls_stream *s)
{
	SSL_free(s->ssl);
	lmi_tls_unref(s->tls);
	free(s->early);
	free(s);
}

static void close_tls(struct lmi_stream *stream)
{
	struct tls_stream *s = of(stream);

	lmi_soon_cancel(&s->again);
	if (s->err == 0 && SSL_is_init_finished(s->ssl))
		(void)SSL_shutdown(s->ssl); /* a goodbye, if there is room for it */
	ERR_clear_error();
	s->under->ops->close(s->under);
	tls_free(s);
}

static const struct lmi_stream_ops tls_ops = {
	.readv = readv_tls,
	.writev = writev_tls,
	.watch = watch_tls,
	.connected = connected_tls,
	.hosts = hosts_tls,
	.close = close_tls,
};

/* ---- life ---- */

/* Whom we want to talk to: told to servers with several certificates, and compared with the one that comes. */
static bool set_host(struct tls_stream *s, const char *host)
{
	uint8_t address[16];
	bool literal = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;

	if (!literal && SSL_set_tlsext_host_name(s->ssl, host) != 1)
		return false;
	if (!s->tls->verify_host)
		return true;
	if (literal)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s->ssl), host) == 1;
	SSL_set_hostflags(s->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(s->ssl, host) == 1;
}

static bool set_up(struct tls_stream *s, const char *host, struct lmi_span early)
{
	BIO *b;

	s->ssl = SSL_new(s->tls->ctx);
	if (!s->ssl)
		return false;
	b = BIO_new(s->tls->method);
	if (!b)
		return false;
	BIO_set_data(b, s);
	BIO_set_init(b, 1);
	SSL_set_bio(s->ssl, b, b);
	if (s->tls->server)
		SSL_set_accept_state(s->ssl);
	else
		SSL_set_connect_state(s->ssl);
	if (early.n > 0) {
		s->early = malloc(early.n);
		if (!s->early)
			return false;
		memcpy(s->early, early.p, early.n);
		s->early_n = early.n;
	}
	return !host || set_host(s, host);
}

struct lmi_stream *lmi_stream_tls_new(struct lmi_loop *l, struct lmi_tls *t, struct lmi_stream *under, const char *host,
				      struct lmi_span early)
{
	struct tls_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->tls = lmi_tls_ref(t);
	s->loop = l;
	s->stream.ops = &tls_ops;
	s->read_waits = LMI_STREAM_READ;
	s->write_waits = LMI_STREAM_WRITE;
	s->more = early.n > 0;
	lmi_soon_init(&s->again, on_again);
	if (!set_up(s, host, early)) {
		ERR_clear_error();
		tls_free(s);
		return NULL;
	}
	s->under = under;
	under->user = s;
	under->ready = under_ready;
	return &s->stream;
}
