/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that say who sends them.  Owner: the client's loop.  Rule: AclClientRPCHook. */
#ifndef LMI_CLIENT_SIGN_H
#define LMI_CLIENT_SIGN_H

#include "client/config.h"
#include "wire/command.h"

struct signer {
	struct lmi_arena arena; /* for reading the frame */
	struct lmi_buf frame;   /* the signed one */
};

void signer_init(struct signer *s);
void signer_done(struct signer *s);

/**
 * Add access key, security token and signature to a request.
 *
 * @frame  a whole request; borrowed
 * @out    the same request, signed; borrows from the signer until the next one; @frame itself when accessKey is not set
 *
 * Returns 0; -ENOMEM; -LMQ_EUNSUPPORTED when the system's OpenSSL does not do it; -LMQ_ETOOBIG with too many header fields.
 */
int sign_request(struct signer *s, const struct lmq_config *cfg, struct lmi_span frame, struct lmi_span *out);

#endif
