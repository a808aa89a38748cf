/* SPDX-License-Identifier: Apache-2.0 */
#include "client/local_host.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

/* 0: not to be used; more is better. */
static int rank(const struct ifaddrs *i)
{
	const struct sockaddr_in6 *six;

	if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
		return 0;
	if (i->ifa_addr->sa_family == AF_INET)
		return 2;
	if (i->ifa_addr->sa_family != AF_INET6)
		return 0;
	six = (const struct sockaddr_in6 *)(const void *)i->ifa_addr;
	return IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr) ? 0 : 1;
}

static void take(const struct sockaddr *sa, struct lmi_host *out)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)sa;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)sa;

	out->v6 = sa->sa_family == AF_INET6;
	if (out->v6)
		memcpy(out->addr, &six->sin6_addr, 16);
	else
		memcpy(out->addr, &four->sin_addr, 4);
}

void local_host_find(struct lmi_host *out)
{
	struct ifaddrs *all = NULL;
	int best = 0;

	*out = (struct lmi_host){ .addr = { 127, 0, 0, 1 } };
	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		if (rank(i) <= best)
			continue;
		best = rank(i);
		take(i->ifa_addr, out);
	}
	freeifaddrs(all);
}
