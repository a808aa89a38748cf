/* SPDX-License-Identifier: Apache-2.0 */
/* The address by which this host names itself in ids.  Asks the system; any thread. */
#ifndef LMI_CLIENT_LOCAL_HOST_H
#define LMI_CLIENT_LOCAL_HOST_H

#include "wire/record.h"

/**
 * Find the first address that is up: IPv4 before IPv6, others before loopback.  Never fails: 127.0.0.1 at worst.
 * Rule: NetworkUtil.getLocalAddress.
 */
void local_host_find(struct lmi_host *out);

#endif
