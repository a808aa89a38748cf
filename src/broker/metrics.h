/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What monitoring asks a broker for over HTTP.  Owner: the core loop.
 */
#ifndef LIGHTMQ_BROKER_METRICS_H
#define LIGHTMQ_BROKER_METRICS_H

#include "broker/core.h"
#include "io/http_serve.h"

/** Append everything in Prometheus's text form. */
void metrics_put(const struct core *c, struct lmi_buf *out);
/** The same in short, for people and for programs. */
void metrics_put_page(const struct core *c, struct lmi_buf *out);
void metrics_put_json(const struct core *c, struct lmi_buf *out);

/** See lmi_http_server_new; @user is the core. */
void metrics_get(void *user, const struct lmi_http_request *r, struct lmi_http_answer *out);

#endif
