/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: systemd's by name, or our own. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "host/host_internal.h"

#include "base/event.h"

#define BACKLOG 1024 /* rule: NettyServerConfig.serverSocketBacklog */

bool host_is_loopback(const char *address)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, address, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool is_loopback(const struct lmi_host *h)
{
	return h->v6 ? IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)h->addr) : h->addr[0] == 127;
}

/* The descriptor handed in under that name, or -ENOENT. */
static int find_activated(const char *name)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(0, &names), fd = -ENOENT;

	for (int i = 0; i < n; i++) {
		if (fd < 0 && strcmp(names[i], name) == 0)
			fd = SD_LISTEN_FDS_START + i;
		free(names[i]);
	}
	free(names);
	return fd;
}

static int use_activated(struct host *h, const char *name, int fd, uint16_t port, struct lmi_host *out)
{
	char text[LMI_HOST_CHARS];
	int r;

	if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
		lmi_log(h->log, LMI_LOG_ERR, "the descriptor that systemd handed in as \"%s\" is no listening socket: see the .socket unit", name);
		return -ENOTSOCK;
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	r = lmi_socket_local(fd, out);
	if (r < 0)
		return r;
	lmi_host_print(out, text, sizeof(text));
	if (!is_loopback(out) && !conf_bool(h->conf, "insecure")) {
		lmi_log(h->log, LMI_LOG_ERR, "systemd hands in a socket on %s (%s) and there is no access control yet: bind it to loopback in the .socket unit, or write insecure: true", text, name);
		return -EPERM;
	}
	lmi_log(h->log, LMI_LOG_INFO, "listening on %s (%s, socket from systemd)", text, name);
	if (port && out->port != port)
		lmi_log_with(h->log, LMI_LOG_WARNING, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_PORT_DIFFERS)), "the socket unit of \"%s\" says port %u, the configuration (%s) port %u: the socket's is used",
			name, out->port, conf_origin(h->conf, "listenPort"), port);
	return fd;
}

int host_listen(struct host *h, const char *name, uint16_t port, struct lmi_host *out_local)
{
	return host_listen_at(h, name, conf_text(h->conf, "bindAddress"), port, out_local);
}

int host_listen_at(struct host *h, const char *name, const char *address, uint16_t port, struct lmi_host *out_local)
{
	char text[LMI_HOST_CHARS];
	int fd = find_activated(name);

	if (fd >= 0)
		return use_activated(h, name, fd, port, out_local);
	fd = lmi_socket_listen(address, port, BACKLOG);
	if (fd < 0) {
		lmi_log_with(h->log, LMI_LOG_ERR, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_CANNOT_LISTEN)), "cannot listen on %s port %u (%s): %s", address, port, name, lmi_strerror(fd));
		sd_notifyf(0, "STATUS=Cannot listen on %s port %u: %s\nERRNO=%d", address, port, lmi_strerror(fd), -fd);
		return fd;
	}
	if (lmi_socket_local(fd, out_local) == 0) {
		lmi_host_print(out_local, text, sizeof(text));
		lmi_log(h->log, LMI_LOG_INFO, "listening on %s (%s)", text, name);
	}
	return fd;
}
