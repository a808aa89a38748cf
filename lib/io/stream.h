/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A two-way flow of bytes, as an argument: a socket (stream_socket.c), a pipe in memory with faults to be had
 * (stream_memory.c), TLS over one of them (stream_tls.c).  Owner: one loop's thread.
 */
#ifndef LMI_IO_STREAM_H
#define LMI_IO_STREAM_H

#include <sys/types.h>
#include <sys/uio.h>

#include "io/loop.h"
#include "wire/record.h" /* struct lmi_host */

enum { LMI_STREAM_READ = 1, LMI_STREAM_WRITE = 2 };

struct lmi_stream;

struct lmi_stream_ops {
	/** Bytes read, 0 at the end of input, -EAGAIN, or -errno. */
	ssize_t (*readv)(struct lmi_stream *s, const struct iovec *iov, int n);
	/** Bytes written (perhaps not all), -EAGAIN, or -errno.  Never a signal. */
	ssize_t (*writev)(struct lmi_stream *s, const struct iovec *iov, int n);
	/** Have ready() called when one of @events holds, level-triggered, from now until changed; 0 = never. */
	void (*watch)(struct lmi_stream *s, unsigned int events);
	/** Of one being connected, once it is ready to write: 0; -EAGAIN: once it is ready to write again; or why not. */
	int (*connected)(struct lmi_stream *s);
	/** The two ends' addresses; zeroed when there is none. */
	void (*hosts)(struct lmi_stream *s, struct lmi_host *out_peer, struct lmi_host *out_local);
	/** Close and free.  Not from inside readv and writev. */
	void (*close)(struct lmi_stream *s);
};

struct lmi_stream {
	const struct lmi_stream_ops *ops;
	void (*ready)(struct lmi_stream *s, unsigned int events); /* its user's; may close it */
	void *user;
};

/** Wrap a connected or connecting socket: made non-blocking, without Nagle's delay.  Takes fd, also on failure.  NULL without memory. */
struct lmi_stream *lmi_stream_socket_new(struct lmi_loop *l, int fd);
/**
 * Begin to connect to an address.
 *
 * Returns 0 with *out_s set: wait for it to be ready to write, then ask connected(); or -errno.
 */
int lmi_stream_socket_connect(struct lmi_loop *l, const struct lmi_host *to, struct lmi_stream **out_s);

/**
 * TLS over a stream, which may be connected already; the side is that of @t.  connected() carries out the handshake, as reading and
 * writing do by themselves.
 *
 * @under  taken, but not on failure
 * @host   clients: whom was dialled; NULL: not known, and then not verified
 * @early  copied; what was read before
 *
 * NULL without memory.  Beside those of @under: -EKEYREJECTED when the peer's certificate is not trusted or not for this host, -EPROTO for
 * whatever else goes wrong in TLS.
 */
struct lmi_tls;
LMI_API struct lmi_stream *lmi_stream_tls_new(struct lmi_loop *l, struct lmi_tls *t, struct lmi_stream *under, const char *host,
					      struct lmi_span early);

/* Ends of a pipe in memory, on one thread, on the same or two loops.  See stream_memory.c for what is simulated. */
#define LMI_STREAM_MEMORY_WINDOW (64u << 10) /* bytes on their way in one direction */

/** Gives both ends, or -ENOMEM. */
LMI_API int lmi_stream_memory_pair(struct lmi_loop *a, struct lmi_loop *b, struct lmi_stream *out_ends[2]);
/** This end reads and writes at most so many bytes in a call; 0 = as many as there are. */
LMI_API void lmi_stream_memory_short(struct lmi_stream *s, size_t read_max, size_t write_max);
/** What this end writes from now on arrives so much later. */
LMI_API void lmi_stream_memory_delay(struct lmi_stream *s, int64_t delay_ms);
/** Both ends fail with @err (-ECONNRESET) from now on; bytes on their way are lost. */
LMI_API void lmi_stream_memory_cut(struct lmi_stream *s, int err);
/** What this end writes from now on is accepted and never arrives. */
LMI_API void lmi_stream_memory_swallow(struct lmi_stream *s, bool on);

#endif
