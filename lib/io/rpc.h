/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and their answers over connections that we dial (name server registration, the client library) or that
 * dialled us (broker to client requests): matched by opaque, with a deadline each.
 * Owner: the loop's thread.
 */
#ifndef LMI_IO_RPC_H
#define LMI_IO_RPC_H

#include "io/conn.h"
#include "wire/command.h"

struct lmi_rpc;      /* one endpoint's pool: address -> connection */
struct lmi_rpc_call;

struct lmi_rpc_config {
	struct lmi_loop *loop;
	struct lmi_executor *resolver;
	struct lmi_conn_limits limits;
	int64_t connect_timeout_ms;     /* 3000, rule: NettyClientConfig.connectTimeoutMillis */
	/** A request that the peer sent on a connection we dialled (notify, check, reply …).  Borrowed during the call.  May be NULL. */
	void (*on_request)(void *user, struct lmi_conn *c, const struct lmi_command *cmd);
	/** A pooled connection closed. May be NULL. */
	void (*on_close)(void *user, const char *address, int cause);
	void *user;
};

LMI_API struct lmi_rpc *lmi_rpc_new(const struct lmi_rpc_config *cfg);
/** Closes connections; pending calls end with -LMQ_ECLOSED during the call. */
LMI_API void lmi_rpc_free(struct lmi_rpc *r);

/**
 * @err    0 and @answer set (borrowed during the call); or -LMQ_ETIMEOUT, -LMQ_ECLOSED, -ECONNREFUSED …, answer NULL
 */
typedef void lmi_rpc_done_fn(void *arg, int err, const struct lmi_command *answer);

/**
 * Send a request to an address, dialling when there is no open connection (one connection per address).
 * The caller encodes with the opaque given by lmi_rpc_next_opaque.
 *
 * @frame       a whole encoded request; copied
 * @done        NULL for one-way
 *
 * Returns 0 (done will be called exactly once, never inside this call); -ENOMEM; -LMQ_EFULL (calls in flight limit).
 */
LMI_API int lmi_rpc_send(struct lmi_rpc *r, const char *address, int32_t opaque, struct lmi_span frame,
			 int64_t timeout_ms, lmi_rpc_done_fn *done, void *arg);
LMI_API int32_t lmi_rpc_next_opaque(struct lmi_rpc *r);

/** Close the connection to an address, if there is one. */
LMI_API void lmi_rpc_drop(struct lmi_rpc *r, const char *address);

#endif
