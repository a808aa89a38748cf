/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection that carries frames, accepted or dialled.  It lives and dies on one loop.
 *
 * Reading: bytes go into a buffer that the loop owns; whole frames are handed up from there without a copy, only an
 * incomplete rest is kept in the connection, so that an idle connection holds no buffer.
 * Writing: callers append frames to lmi_conn_out(); the loop writes once at the end of the turn.
 * Back-pressure: while more than limits.out_pause_bytes wait to be written, or limits.requests_max requests are in
 * flight, the connection is not read from.  Above limits.out_max_bytes it is closed.
 */
#ifndef LMI_IO_CONN_H
#define LMI_IO_CONN_H

#include <sys/socket.h>

#include "base/buf.h"
#include "base/log.h"
#include "io/loop.h"
#include "wire/frame.h"
#include "wire/record.h" /* struct lmi_host */

struct lmi_conn;
struct lmi_stream;
struct lmi_tls;

struct lmi_conn_limits {
	size_t frame_max_bytes;
	size_t out_pause_bytes;
	size_t out_max_bytes;
	uint32_t requests_max;  /* in flight, see lmi_conn_request_begin */
	int64_t idle_ms;        /* neither read nor written for so long: closed; 0 = never */
};

/** 16 MiB frame, 4 MiB pause, 64 MiB out, 65536 requests, 120 s idle. */
LMI_API extern const struct lmi_conn_limits lmi_conn_limits_default;

struct lmi_conn_ops {
	/**
	 * A whole frame came.  Called on the loop; @frame is borrowed during the call.
	 * Return 0 to go on, negative to have the connection closed with that cause.
	 */
	int (*on_frame)(struct lmi_conn *c, struct lmi_span frame);
	/** Dialled connections only: connected. */
	void (*on_open)(struct lmi_conn *c);
	/**
	 * The connection is going; its memory follows when the last reference is dropped.
	 * @cause   0 peer closed, -ETIMEDOUT idle or dialled for too long, -LMQ_EMALFORMED and -LMQ_ETOOBIG bad bytes,
	 *          -LMQ_EUNSUPPORTED a TLS hello that nobody expects, or none where TLS is demanded, -EKEYREJECTED and -EPROTO as
	 *          lmi_stream_tls_new, -LMQ_EFULL output above its limit, -LMQ_ENOTFOUND a name that
	 *          cannot be resolved, -errno …, and what was given to lmi_conn_close or returned by on_frame
	 * Called exactly once, also for a failed dial; never from inside lmi_conn_close itself (from the loop, later in the turn).
	 */
	void (*on_close)(struct lmi_conn *c, int cause);
};

/**
 * Accepting: wrap a connected socket.  Takes fd (closed also on failure).  Gives a connection with one reference, which
 * the loop holds until on_close returned; or NULL.
 *
 * @user  set before the first callback; see lmi_conn_user
 */
LMI_API struct lmi_conn *lmi_conn_new(struct lmi_loop *l, int fd, const struct lmi_conn_ops *ops,
				      const struct lmi_conn_limits *limits, void *user);

/**
 * Dialling: connect to host:port without blocking; the name is resolved on @resolver (a worker) when it is not a literal
 * address.  Frames may be appended to lmi_conn_out at once; they leave when connected.
 *
 * @timeout_ms  for resolving and connecting together; on_close(-ETIMEDOUT) after
 *
 * Gives a connection as lmi_conn_new, or NULL without memory.
 */
LMI_API struct lmi_conn *lmi_conn_dial(struct lmi_loop *l, struct lmi_executor *resolver, const char *host_port,
				       int64_t timeout_ms, const struct lmi_conn_ops *ops,
				       const struct lmi_conn_limits *limits, void *user);

/** Directly behind lmi_conn_dial: speak TLS.  The time for connecting is that for the handshake too. */
LMI_API void lmi_conn_dial_tls(struct lmi_conn *c, struct lmi_tls *tls);

/** Owner thread, as everything here.  The last reference goes before the loop does. */
LMI_API struct lmi_conn *lmi_conn_ref(struct lmi_conn *c);
LMI_API void lmi_conn_unref(struct lmi_conn *c); /* accepts NULL */

/**
 * From on_frame only: keep the frame in hand beyond the call.  Gives the memory that it lies in, as it is (free); or NULL when it
 * has none of its own, as most have that came in one read: copy it then.
 */
LMI_API void *lmi_conn_take_frame(struct lmi_conn *c);

LMI_API void *lmi_conn_user(const struct lmi_conn *c);
LMI_API void lmi_conn_set_user(struct lmi_conn *c, void *user);
/** The peer's address (the PROXY header's when there was one), and the local one. */
LMI_API const struct lmi_host *lmi_conn_peer(const struct lmi_conn *c);
LMI_API const struct lmi_host *lmi_conn_local(const struct lmi_conn *c);
/** Connected, and not closing. */
LMI_API bool lmi_conn_is_open(const struct lmi_conn *c);
LMI_API uint64_t lmi_conn_id(const struct lmi_conn *c); /* never reused in this process */

/**
 * The output buffer: append whole frames, nothing else.  What was appended leaves at the end of the turn.  On a closed
 * connection the buffer swallows what is put.  Ask for it anew in each turn: asking is what has it written.
 * Owner thread.
 */
LMI_API struct lmi_buf *lmi_conn_out(struct lmi_conn *c);

/** Count a request as in flight / answered (the handler's side calls these, also for one that is held or dropped). */
LMI_API void lmi_conn_request_begin(struct lmi_conn *c);
LMI_API void lmi_conn_request_end(struct lmi_conn *c);

/** Close: what waits in the output is still tried once when @flush; on_close(cause) follows from the loop. */
LMI_API void lmi_conn_close(struct lmi_conn *c, int cause, bool flush);
/**
 * Close every connection of a loop, with -LMQ_ECLOSED and flush, and have on_close called before this returns: the last
 * thing in a clean stop before the owners of connections are freed.  Owner thread, from outside of lmi_loop_run and
 * of every callback.
 */
LMI_API void lmi_conn_close_all(struct lmi_loop *l);

/**
 * All connections of a loop together hold at most so many bytes of frames that are not whole yet and of output that the peer has
 * not read; 0, as at first: no limit.  Above it, whoever grows beyond LMI_CONN_HELD_FREE is closed with -LMQ_EFULL.
 */
LMI_API void lmi_conn_limit_held(struct lmi_loop *l, size_t bytes);
#define LMI_CONN_HELD_FREE (64u << 10)

/* ---- listeners ---- */
struct lmi_listener;

struct lmi_listener_config {
	const struct lmi_conn_ops *ops;
	struct lmi_conn_limits limits;
	void *user;                 /* lmi_conn_user of each new connection, until changed */
	uint32_t connections_max;   /* above: accepted and closed at once, logged rate-limited */
	bool proxy_protocol;        /* recognise PROXY v1 and v2 at the start of a connection */
	struct lmi_tls *tls;        /* NULL: none; else connections that begin with TLS go by it; borrowed as long as the listener lives */
	bool tls_only;              /* and all must */
	struct lmi_log *log;        /* NULL: silent */
	const char *name;           /* for log lines: "remoting" */
	void (*on_accept)(struct lmi_conn *c, void *user); /* may be NULL */
};

/**
 * Accept on a listening socket.  Takes fd, also on failure.  NULL on failure.  Without descriptors or memory (EMFILE, ENFILE,
 * ENOBUFS, ENOMEM) accepting pauses for 1 s and the log says so.
 */
LMI_API struct lmi_listener *lmi_listener_new(struct lmi_loop *l, int fd, const struct lmi_listener_config *cfg);
/** Stop listening and close the socket; connections stay.  Accepts NULL. */
LMI_API void lmi_listener_free(struct lmi_listener *ln);
LMI_API uint32_t lmi_listener_connections(const struct lmi_listener *ln);
/** Close every connection accepted by this listener (flush true), for a clean stop. */
LMI_API void lmi_listener_close_all(struct lmi_listener *ln);

/**
 * Bind and listen on a literal address and port (0 = any).  Gives a socket (SO_REUSEADDR, non-blocking, close-on-exec) or -errno.
 */
LMI_API int lmi_socket_listen(const char *address, uint16_t port, int backlog);
/** Addresses of this machine's interfaces that are up, but for loopback and link-local ones; port 0.  How many. */
LMI_API size_t lmi_socket_addresses(struct lmi_host *out, size_t max);
/** Local address of a socket.  0 or -errno. */
LMI_API int lmi_socket_local(int fd, struct lmi_host *out);

#endif
