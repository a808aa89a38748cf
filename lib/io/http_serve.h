/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A very small HTTP server for monitoring: GET and HEAD, an answer a connection, nothing of the request's body or fields is used.
 * Owner: the loop's thread.
 */
#ifndef LMI_IO_HTTP_SERVE_H
#define LMI_IO_HTTP_SERVE_H

#include "base/buf.h"
#include "base/error.h"
#include "io/loop.h"

#define LMI_HTTP_REQUEST_MAX 8192u /* bytes of a request */
#define LMI_HTTP_CLIENTS_MAX 16u   /* connections; above, closed at once */
#define LMI_HTTP_TIME_MS 10000     /* for request and answer together */

/* What a request asks for. */
struct lmi_http_request {
	struct lmi_span path; /* up to the ?, as written */
	bool head;            /* HEAD: the answer's body is left out */
};

/**
 * Read a request.  Pure.
 *
 * Returns 0; -EAGAIN before the empty line; -LMQ_ETOOBIG above LMI_HTTP_REQUEST_MAX; -LMQ_EMALFORMED; -LMQ_EUNSUPPORTED for
 * another method.
 */
LMI_API int lmi_http_request_read(struct lmi_span bytes, struct lmi_http_request *out);

struct lmi_http_answer {
	int status;           /* 200 to begin with */
	const char *type;     /* "text/plain; charset=utf-8" to begin with */
	struct lmi_buf body;
};

struct lmi_http_server;

/**
 * Serve on a listening socket.  Takes fd, also on failure.  NULL on failure.
 *
 * @get  fills an answer; called on the loop
 */
LMI_API struct lmi_http_server *lmi_http_server_new(struct lmi_loop *l, int fd,
						    void (*get)(void *user, const struct lmi_http_request *r, struct lmi_http_answer *out),
						    void *user);
/** Closes everything.  Before the loop is freed.  Accepts NULL. */
LMI_API void lmi_http_server_free(struct lmi_http_server *s);

#endif
