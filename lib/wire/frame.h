/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/wire, L1: bytes <-> values of the RocketMQ protocol, total over hostile bytes.
 * Anybody above may use it; it uses base (and zlib for compressed bodies).  Pure, any thread.
 */
#ifndef LMI_WIRE_FRAME_H
#define LMI_WIRE_FRAME_H

#include "base/bytes.h"
#include "base/error.h"

#define LMI_FRAME_MAX_DEFAULT (16u << 20) /* bytes, length field included; rule: NettyDecoder.FRAME_MAX_LENGTH */

/**
 * Find the end of the first frame in what has been received.
 *
 * @rx         bytes so far, not consumed
 * @max_bytes  longest frame accepted, its length field included
 * @out_bytes  size of the frame at the front, length field included
 *
 * Returns 0 when the frame is whole; -EAGAIN when more bytes are needed (*out_bytes is then the
 * number needed in all, or 0 while even that is unknown); -LMQ_ETOOBIG above max_bytes;
 * -LMQ_EMALFORMED when the length cannot hold the header that it announces (close the connection).
 * Rule: RocketMQ remoting, 4-byte big-endian length that does not count itself.
 */
LMI_API int lmi_frame_cut(struct lmi_span rx, size_t max_bytes, size_t *out_bytes);

#endif
