/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of struct lmi_tls, for lib/io only. */
#ifndef LMI_IO_TLS_INTERNAL_H
#define LMI_IO_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "io/stream.h"
#include "io/tls.h"

struct lmi_tls {
	unsigned int refs; /* atomic */
	SSL_CTX *ctx;
	BIO_METHOD *method; /* of stream_tls.c */
	bool server, verify_host;
};

/** How a connection's bytes come and go.  NULL without memory. */
BIO_METHOD *lmi_stream_tls_method(void);

#endif
