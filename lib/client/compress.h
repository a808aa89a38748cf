/* SPDX-License-Identifier: Apache-2.0 */
/* Packing message bodies: zlib, LZ4 frames, zstd.  Pure. */
#ifndef LMI_CLIENT_COMPRESS_H
#define LMI_CLIENT_COMPRESS_H

#include "base/bytes.h"
#include "base/error.h"

enum compress_kind { COMPRESS_ZLIB, COMPRESS_LZ4, COMPRESS_ZSTD }; /* order of the setting's words */

/**
 * Pack a body.
 *
 * @level  0 to 9: 0 fastest; LZ4 and zstd take it as their own level
 * @out    gives malloc'ed bytes
 *
 * Returns the bits of a message's sysflag that tell how it is packed; 0 when it would not be shorter (*out untouched); -ENOMEM.
 * Rule: CompressionType, ZlibCompressor, Lz4Compressor, ZstdCompressor.
 */
int32_t compress_body(enum compress_kind kind, int level, struct lmi_span body, uint8_t **out, size_t *out_bytes);

#endif
