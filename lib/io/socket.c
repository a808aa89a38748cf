/* SPDX-License-Identifier: Apache-2.0 */
#include "io/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include "io/conn.h"

bool lmi_socket_to_host(const struct sockaddr_storage *ss, struct lmi_host *out)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)ss;

	memset(out, 0, sizeof(*out));
	if (ss->ss_family == AF_INET) {
		memcpy(out->addr, &v4->sin_addr, 4);
		out->port = ntohs(v4->sin_port);
		return true;
	}
	if (ss->ss_family != AF_INET6)
		return false;
	out->port = ntohs(v6->sin6_port);
	out->v6 = !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
	memcpy(out->addr, v6->sin6_addr.s6_addr + (out->v6 ? 0 : 12), out->v6 ? 16 : 4);
	return true;
}

socklen_t lmi_socket_from_host(const struct lmi_host *h, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (h->v6) {
		v6->sin6_family = AF_INET6;
		memcpy(&v6->sin6_addr, h->addr, 16);
		v6->sin6_port = htons((uint16_t)h->port);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	memcpy(&v4->sin_addr, h->addr, 4);
	v4->sin_port = htons((uint16_t)h->port);
	return sizeof(*v4);
}

int lmi_socket_local(int fd, struct lmi_host *out)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &n) < 0)
		return -errno;
	return lmi_socket_to_host(&ss, out) ? 0 : -EAFNOSUPPORT;
}

int lmi_socket_peer(int fd, struct lmi_host *out)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &n) < 0)
		return -errno;
	return lmi_socket_to_host(&ss, out) ? 0 : -EAFNOSUPPORT;
}

int lmi_socket_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
		return -errno;
	return 0;
}

static int parse_address(const char *address, uint16_t port, struct lmi_host *out)
{
	memset(out, 0, sizeof(*out));
	out->port = port;
	if (inet_pton(AF_INET, address, out->addr) == 1)
		return 0;
	out->v6 = true;
	return inet_pton(AF_INET6, address, out->addr) == 1 ? 0 : -EINVAL;
}

int lmi_socket_listen(const char *address, uint16_t port, int backlog)
{
	struct lmi_host h;
	struct sockaddr_storage ss;
	socklen_t n;
	int fd, err, r = parse_address(address, port, &h), one = 1;

	if (r < 0)
		return r;
	n = lmi_socket_from_host(&h, &ss);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 || bind(fd, (struct sockaddr *)&ss, n) < 0 ||
	    listen(fd, backlog) < 0) {
		err = errno;
		close(fd);
		return -err;
	}
	return fd;
}

static bool useful(const struct ifaddrs *i, struct lmi_host *out)
{
	struct sockaddr_storage ss = { 0 };

	if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
		return false;
	if (i->ifa_addr->sa_family == AF_INET)
		memcpy(&ss, i->ifa_addr, sizeof(struct sockaddr_in));
	else if (i->ifa_addr->sa_family == AF_INET6)
		memcpy(&ss, i->ifa_addr, sizeof(struct sockaddr_in6));
	if (!lmi_socket_to_host(&ss, out))
		return false;
	out->port = 0;
	return !out->v6 || !(out->addr[0] == 0xFE && (out->addr[1] & 0xC0) == 0x80);
}

size_t lmi_socket_addresses(struct lmi_host *out, size_t max)
{
	struct ifaddrs *list;
	size_t n = 0;

	if (getifaddrs(&list) < 0)
		return 0;
	for (struct ifaddrs *i = list; i && n < max; i = i->ifa_next)
		n += useful(i, &out[n]);
	freeifaddrs(list);
	return n;
}
