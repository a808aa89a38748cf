/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and their answers over connections that we dial (name server registration, the client library): matched by
 * opaque, with a deadline each.  What a broker asks the clients that dialled it is in src/broker/state/call_table.
 * Owner: the loop's thread.
 */
#ifndef LMI_IO_RPC_H
#define LMI_IO_RPC_H

#include "io/conn.h"
#include "wire/command.h"

#define LMI_RPC_CALLS_MAX 65536u /* in flight at once; rule: NettyClientConfig.clientAsyncSemaphoreValue is 65535 */

struct lmi_rpc; /* one endpoint's pool: address -> connection */

struct lmi_rpc_config {
	struct lmi_loop *loop;
	struct lmi_executor *resolver;
	struct lmi_conn_limits limits;
	struct lmi_tls *tls;            /* all connections speak it; NULL: none; borrowed as long as the endpoint lives */
	int64_t connect_timeout_ms;     /* 3000, rule: NettyClientConfig.connectTimeoutMillis */
	/** A request that the peer sent on a connection we dialled (notify, check, reply …).  Borrowed during the call.  May be NULL. */
	void (*on_request)(void *user, struct lmi_conn *c, const struct lmi_command *cmd);
	/** A connection that we dialled closed, or could not be opened; its calls have ended.  May be NULL. */
	void (*on_close)(void *user, const char *address, int cause);
	void *user;
};

LMI_API struct lmi_rpc *lmi_rpc_new(const struct lmi_rpc_config *cfg);
/**
 * Closes connections (what waits to be written is tried once); pending calls end with -LMQ_ECLOSED during the call, on_close is
 * not called any more.  Allowed inside the callbacks.  Accepts NULL.
 */
LMI_API void lmi_rpc_free(struct lmi_rpc *r);

/**
 * @err    0 and @answer set (borrowed during the call); or, answer NULL: -LMQ_ETIMEOUT (its time is over, or that for
 *         connecting), -LMQ_ECLOSED (closed by the peer, idle, dropped, freed), -LMQ_ENOTFOUND (no such host), -LMQ_EMALFORMED
 *         (no "host:port", or the peer sent bad bytes), -ECONNREFUSED and other causes of lmi_conn_ops.on_close
 */
typedef void lmi_rpc_done_fn(void *arg, int err, const struct lmi_command *answer);

/**
 * Send a request to an address, dialling when there is no open connection (one connection per address).
 * The caller encodes with the opaque given by lmi_rpc_next_opaque.
 *
 * @frame       a whole encoded request; copied
 * @timeout_ms  from now, connecting included; not for one-way
 * @done        NULL for one-way
 *
 * Answers that come too late, twice, unasked or from another address are dropped.
 *
 * Returns 0 (done will be called exactly once, never inside this call); -ENOMEM; -LMQ_EFULL (LMI_RPC_CALLS_MAX, or the
 * output would go above limits.out_max_bytes); -LMQ_ECLOSED inside lmi_rpc_free.
 */
LMI_API int lmi_rpc_send(struct lmi_rpc *r, const char *address, int32_t opaque, struct lmi_span frame,
			 int64_t timeout_ms, lmi_rpc_done_fn *done, void *arg);
/** 0 … INT32_MAX, none that is in flight. */
LMI_API int32_t lmi_rpc_next_opaque(struct lmi_rpc *r);

/** Close the connection to an address, if there is one; its calls end with -LMQ_ECLOSED, from the loop. */
LMI_API void lmi_rpc_drop(struct lmi_rpc *r, const char *address);

#endif
