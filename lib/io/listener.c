/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/conn_internal.h"
#include "io/socket.h"
#include "io/tls.h"

#define ACCEPTS_PER_TURN 64u
#define PAUSE_MS 1000       /* without descriptors or memory */
#define LOG_INTERVAL_MS 10000

struct lmi_listener {
	struct lmi_loop *loop;
	struct lmi_listener_config cfg;
	struct lmi_io io;
	struct lmi_timer_node pause;
	struct lmi_list conns; /* lmi_conn.of_listener */
	uint32_t count;
	struct lmi_log_limit log_full, log_failed;
};

/* ---- saying so ---- */

static void say_full(struct lmi_listener *ln)
{
	unsigned int dropped;

	if (!lmi_log_limit_pass(&ln->log_full, lmi_loop_now_ms(ln->loop), &dropped))
		return;
	lmi_log(ln->cfg.log, LMI_LOG_WARNING,
		"%s: a connection was refused, there are %u already (the most allowed); %u refused since the last line",
		ln->cfg.name, ln->count, dropped);
}

static void say_failed(struct lmi_listener *ln, int err)
{
	unsigned int dropped;

	if (!lmi_log_limit_pass(&ln->log_failed, lmi_loop_now_ms(ln->loop), &dropped))
		return;
	lmi_log(ln->cfg.log, LMI_LOG_ERR, "%s: cannot accept: %s; trying again in %d ms (%u more times since the last line)", ln->cfg.name,
		lmi_strerror(err), PAUSE_MS, dropped);
}

/* ---- accepting ---- */

static void on_pause_over(struct lmi_timer_node *n)
{
	struct lmi_listener *ln = lmi_container_of(n, struct lmi_listener, pause);

	lmi_io_watch(&ln->io, LMI_IO_READ);
}

static void pause_accepting(struct lmi_listener *ln, int err)
{
	say_failed(ln, err);
	if (lmi_timer_node_set(ln->loop, &ln->pause, lmi_loop_now_ms(ln->loop) + PAUSE_MS) == 0)
		lmi_io_watch(&ln->io, 0);
	/* else it is tried again at once: busy, but alive */
}

static void welcome(struct lmi_listener *ln, int fd)
{
	struct lmi_conn *c;

	if (ln->count >= ln->cfg.connections_max) {
		close(fd);
		say_full(ln);
		return;
	}
	c = lmi_conn_new(ln->loop, fd, ln->cfg.ops, &ln->cfg.limits, ln->cfg.user);
	if (!c) {
		pause_accepting(ln, -ENOMEM);
		return;
	}
	c->listener = ln;
	c->proxy_protocol = ln->cfg.proxy_protocol;
	c->tls = ln->cfg.tls ? lmi_tls_ref(ln->cfg.tls) : NULL;
	c->tls_only = ln->cfg.tls_only;
	lmi_list_add_tail(&ln->conns, &c->of_listener);
	ln->count++;
	if (ln->cfg.on_accept)
		ln->cfg.on_accept(c, ln->cfg.user);
}

/* Errors of the one connection that was next (accept(2), "Error handling"): there may be others. */
static bool of_that_connection(int err)
{
	switch (err) {
	case ECONNABORTED:
	case EINTR:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
		return true;
	default:
		return false;
	}
}

static void on_readable(struct lmi_io *io, unsigned int events)
{
	struct lmi_listener *ln = lmi_container_of(io, struct lmi_listener, io);

	(void)events;
	for (unsigned int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(io->w.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			welcome(ln, fd);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (of_that_connection(errno))
			continue;
		pause_accepting(ln, -errno);
		return;
	}
}

/* ---- life ---- */

struct lmi_listener *lmi_listener_new(struct lmi_loop *l, int fd, const struct lmi_listener_config *cfg)
{
	struct lmi_listener *ln = calloc(1, sizeof(*ln));

	if (!ln || lmi_socket_set_nonblocking(fd) < 0) {
		free(ln);
		close(fd);
		return NULL;
	}
	ln->loop = l;
	ln->cfg = *cfg;
	ln->log_full = ln->log_failed = (struct lmi_log_limit){ .interval_ms = LOG_INTERVAL_MS, .burst = 1 };
	lmi_list_init(&ln->conns);
	ln->pause.fn = on_pause_over;
	lmi_io_init(&ln->io, l, fd, on_readable);
	lmi_io_watch(&ln->io, LMI_IO_READ);
	return ln;
}

void lmi_listener_forget(struct lmi_conn *c)
{
	c->listener->count--;
	c->listener = NULL;
	lmi_list_del(&c->of_listener);
}

void lmi_listener_free(struct lmi_listener *ln)
{
	if (!ln)
		return;
	while (!lmi_list_empty(&ln->conns))
		lmi_listener_forget(lmi_container_of(ln->conns.next, struct lmi_conn, of_listener));
	lmi_timer_node_clear(ln->loop, &ln->pause);
	lmi_io_watch(&ln->io, 0);
	close(ln->io.w.fd);
	free(ln);
}

uint32_t lmi_listener_connections(const struct lmi_listener *ln)
{
	return ln->count;
}

void lmi_listener_close_all(struct lmi_listener *ln)
{
	LMI_LIST_FOREACH_SAFE(&ln->conns, it, next)
		lmi_conn_close(lmi_container_of(it, struct lmi_conn, of_listener), -LMQ_ECLOSED, true);
}
