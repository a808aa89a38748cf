/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of RocketMQ's access control.  Rule: AclSigner. */
#ifndef LMI_CRYPT_SIGNATURE_H
#define LMI_CRYPT_SIGNATURE_H

#include "base/bytes.h"
#include "base/error.h"

#define LMI_SIGNATURE_CHARS 29 /* base64 of 20 bytes, and a NUL */

/**
 * HMAC-SHA1 of the parts one after the other, in base64.
 *
 * @out  LMI_SIGNATURE_CHARS bytes; NUL-terminated
 *
 * Returns 0; -LMQ_EUNSUPPORTED when the system's OpenSSL has it switched off; -ENOMEM.  Any thread.
 */
LMI_API int lmi_signature(struct lmi_span secret, const struct lmi_span *parts, size_t count, char *out);

#endif
