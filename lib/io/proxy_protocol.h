/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PROXY protocol's header, versions 1 and 2, as a load balancer puts it before the first frame: bytes to values,
 * total over hostile bytes.  Pure, any thread.
 */
#ifndef LMI_IO_PROXY_PROTOCOL_H
#define LMI_IO_PROXY_PROTOCOL_H

#include "base/bytes.h"
#include "base/error.h"
#include "wire/record.h" /* struct lmi_host */

#define LMI_PROXY_V1_MAX 107u              /* bytes, CR LF included; the specification's "worst case" without NUL */
#define LMI_PROXY_V2_MAX (16u + 65535u)    /* bytes; its length field has 16 bits */

struct lmi_proxy_header {
	size_t bytes;   /* of the header, to be skipped */
	bool has_hosts; /* false: LOCAL, UNKNOWN or another family; the connection's own addresses stand */
	struct lmi_host source, destination;
};

/**
 * Look for a header at the very start of a connection.
 *
 * @rx       bytes so far
 * @out      set only when 1 is returned
 *
 * Returns 1 for a whole header; 0 when there is none (frames begin at once); -EAGAIN while that is undecided or the header
 * is not whole (undecided for at most 11 bytes); -LMQ_EMALFORMED when it begins as one and breaks the format.
 * Rule: NettyRemotingServer.HandshakeHandler, netty's HAProxyMessageDecoder.
 */
int lmi_proxy_header_parse(struct lmi_span rx, struct lmi_proxy_header *out);

#endif
