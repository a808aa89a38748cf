/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One small HTTP answer: RocketMQ's address server, which tells where the name servers are.  Blocks: for workers only.
 */
#ifndef LMI_IO_HTTP_GET_H
#define LMI_IO_HTTP_GET_H

#include "base/buf.h"

#define LMI_HTTP_MAX (64u << 10) /* bytes of an answer, its header included */

/**
 * GET http://host:port/path.
 *
 * @host_port   "name:80", "1.2.3.4:8080" or "[v6]:80"
 * @timeout_ms  for each of connecting and the whole answer
 * @out         the body is appended
 *
 * Returns 0; -LMQ_ENOTFOUND (no such host); -LMQ_ETIMEOUT; -LMQ_EREMOTE (a status other than 200); -LMQ_EMALFORMED;
 * -LMQ_ETOOBIG; -ENOMEM; -errno.
 */
LMI_API int lmi_http_get(const char *host_port, const char *path, int timeout_ms, struct lmi_buf *out);

#endif
