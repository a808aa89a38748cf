/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking message bodies: zlib, LZ4 frames, zstd.  Pure. */
#ifndef LMI_CLIENT_DECOMPRESS_H
#define LMI_CLIENT_DECOMPRESS_H

#include "base/bytes.h"
#include "base/error.h"

/**
 * Unpack a body.
 *
 * @sysflag    tells the kind, see LMI_SYSFLAG_COMPRESSION_MASK
 * @max_bytes  longest result
 * @out        gives malloc'ed bytes, followed by a NUL
 *
 * Returns 0; -LMQ_EMALFORMED; -LMQ_ETOOBIG; -LMQ_EUNSUPPORTED for a kind that we do not unpack; -ENOMEM.
 * Rule: CompressionType, ZlibCompressor, Lz4Compressor, ZstdCompressor.
 */
int decompress_body(int32_t sysflag, struct lmi_span packed, size_t max_bytes, uint8_t **out, size_t *out_bytes);

#endif
