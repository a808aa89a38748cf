/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/crypt, L1: HMAC, base64, hashes: a thin face on OpenSSL, for both sides.
 * Any room above may use it; it uses base.
 */
#ifndef LMI_CRYPT_MD5_H
#define LMI_CRYPT_MD5_H

#include "base/bytes.h"

#define LMI_MD5_BYTES 16

/**
 * MD5, where RocketMQ spreads things by it; it protects nothing.
 *
 * Returns 0; -LMQ_EUNSUPPORTED when the system's OpenSSL has it switched off.  Any thread.
 */
LMI_API int lmi_md5(struct lmi_span in, uint8_t out[LMI_MD5_BYTES]);

#endif
