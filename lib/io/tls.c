/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/tls_internal.h"

static bool given(const char *text)
{
	return text && *text;
}

/* The last thing that OpenSSL has to say. */
static int refuse(char *why, const char *what, const char *path)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	(void)snprintf(why, LMI_TLS_WHY_CHARS, "%s %s: %s", what, path, reason ? reason : "it is not what it should be");
	ERR_clear_error();
	return -LMQ_EBADCONFIG;
}

static int give_password(char *buf, int size, int rwflag, void *user)
{
	size_t n = user ? strlen(user) : 0;

	(void)rwflag;
	if (n > (size_t)size)
		return -1;
	if (n > 0)
		memcpy(buf, user, n);
	return (int)n;
}

static int take_own(SSL_CTX *ctx, const struct lmi_tls_config *cfg, char *why)
{
	int r = 0;

	if (!given(cfg->cert_path) && !given(cfg->key_path))
		return 0;
	if (!given(cfg->cert_path) || !given(cfg->key_path)) {
		(void)snprintf(why, LMI_TLS_WHY_CHARS, "a certificate needs its key, and a key its certificate");
		return -LMQ_EBADCONFIG;
	}
	/* Without one it would ask on the terminal. */
	SSL_CTX_set_default_passwd_cb(ctx, give_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, given(cfg->key_password) ? (void *)(uintptr_t)cfg->key_password : NULL);
	if (SSL_CTX_use_certificate_chain_file(ctx, cfg->cert_path) != 1)
		r = refuse(why, "certificate", cfg->cert_path);
	else if (SSL_CTX_use_PrivateKey_file(ctx, cfg->key_path, SSL_FILETYPE_PEM) != 1)
		r = refuse(why, "key", cfg->key_path);
	else if (SSL_CTX_check_private_key(ctx) != 1)
		r = refuse(why, "key", cfg->key_path);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	return r;
}

static int take_trust(SSL_CTX *ctx, const struct lmi_tls_config *cfg, char *why)
{
	int mode = !cfg->verify_peer ? SSL_VERIFY_NONE : SSL_VERIFY_PEER | (cfg->server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);

	SSL_CTX_set_verify(ctx, mode, NULL);
	if (given(cfg->trust_path)) {
		if (SSL_CTX_load_verify_file(ctx, cfg->trust_path) != 1)
			return refuse(why, "trusted certificates", cfg->trust_path);
		if (cfg->server)
			SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(cfg->trust_path));
	} else if (cfg->verify_peer && SSL_CTX_set_default_verify_paths(ctx) != 1) {
		return refuse(why, "trusted certificates", "of the system");
	}
	return 0;
}

static int set_up(struct lmi_tls *t, const struct lmi_tls_config *cfg, char *why)
{
	int r;

	if (cfg->server && !given(cfg->cert_path)) {
		(void)snprintf(why, LMI_TLS_WHY_CHARS, "a server needs a certificate");
		return -LMQ_EBADCONFIG;
	}
	t->ctx = SSL_CTX_new(cfg->server ? TLS_server_method() : TLS_client_method());
	t->method = lmi_stream_tls_method();
	if (!t->ctx || !t->method)
		return -ENOMEM;
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	/* Peers that close the socket without a goodbye are no attack: frames have lengths. */
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_read_ahead(t->ctx, 1);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	r = take_own(t->ctx, cfg, why);
	return r < 0 ? r : take_trust(t->ctx, cfg, why);
}

int lmi_tls_new(const struct lmi_tls_config *cfg, struct lmi_tls **out, char *why)
{
	struct lmi_tls *t = calloc(1, sizeof(*t));
	int r;

	(void)snprintf(why, LMI_TLS_WHY_CHARS, "out of memory");
	if (!t)
		return -ENOMEM;
	t->refs = 1;
	t->server = cfg->server;
	t->verify_host = cfg->verify_peer && cfg->verify_host;
	r = set_up(t, cfg, why);
	if (r < 0) {
		lmi_tls_unref(t);
		ERR_clear_error();
		return r;
	}
	*why = '\0';
	*out = t;
	return 0;
}

struct lmi_tls *lmi_tls_ref(struct lmi_tls *t)
{
	__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

void lmi_tls_unref(struct lmi_tls *t)
{
	if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->method);
	free(t);
}
