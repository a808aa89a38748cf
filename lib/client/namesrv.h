/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking name servers: the one that answered last, and the next when it fails.  Owner: the client's loop.
 */
#ifndef LMI_CLIENT_NAMESRV_H
#define LMI_CLIENT_NAMESRV_H

#include "io/rpc.h"

#define NAMESRV_MAX 32 /* addresses */

struct lmq_client;

struct namesrv {
	char *text;                 /* the addresses, each ended by a NUL */
	const char *addresses[NAMESRV_MAX];
	size_t count, current;
};

/**
 * Take a list "host:port;host:port".
 *
 * Returns 0; -LMQ_EBADCONFIG when it is empty, too long or an address has no port; -ENOMEM.
 */
int namesrv_init(struct namesrv *n, const char *list);
void namesrv_done(struct namesrv *n);

/**
 * @err      0 and @answer set, whatever its code; or why the last name server could not be asked
 * @address  the one asked last
 */
typedef void namesrv_done_fn(void *arg, int err, const struct lmi_command *answer, const char *address);

/**
 * Ask for something that is named by a topic, or by nothing.
 *
 * @topic  p == NULL: no such header field
 *
 * Returns 0 (done will be called exactly once, later); -ENOMEM; -LMQ_EFULL.
 */
int namesrv_ask(struct lmq_client *c, int32_t code, struct lmi_span topic, namesrv_done_fn *done, void *arg);

#endif
