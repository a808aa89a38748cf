/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TLS connections of one side go by: certificate, key, whom to trust.  Made once, never changed, counted; any thread.
 * Connections take it with lmi_conn_dial_tls or lmi_listener_config.tls.
 */
#ifndef LMI_IO_TLS_H
#define LMI_IO_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct lmi_tls;

/* Texts are borrowed during the call; NULL and "" are none. */
struct lmi_tls_config {
	bool server;
	const char *cert_path;    /* own certificate with its chain, PEM; a server must have one */
	const char *key_path;     /* its key, PEM */
	const char *key_password; /* of an encrypted key */
	const char *trust_path;   /* certificates that are trusted, PEM; none: those that the system trusts */
	bool verify_peer;         /* the peer must have a certificate that is trusted; a server asks clients for one */
	bool verify_host;         /* clients: and it must be made for the host that was dialled */
};

#define LMI_TLS_WHY_CHARS 512

/**
 * Read the files.  Blocks.  TLS 1.2 and later, with the ciphers that the system's OpenSSL allows.
 *
 * @why  LMI_TLS_WHY_CHARS: a sentence when it fails
 *
 * Gives *out.  Returns 0; -LMQ_EBADCONFIG (a file is missing or is not what it should be, certificate and key do not belong
 * together, a server without certificate); -ENOMEM.
 */
LMI_API int lmi_tls_new(const struct lmi_tls_config *cfg, struct lmi_tls **out, char *why);
LMI_API struct lmi_tls *lmi_tls_ref(struct lmi_tls *t);
/** Accepts NULL. */
LMI_API void lmi_tls_unref(struct lmi_tls *t);

#endif
