/* SPDX-License-Identifier: Apache-2.0 */
/* Socket addresses and options, for lib/io only.  Any thread. */
#ifndef LMI_IO_SOCKET_H
#define LMI_IO_SOCKET_H

#include <sys/socket.h>

#include "wire/record.h" /* struct lmi_host */

/** False (and *out zeroed) for a family that is neither IPv4 nor IPv6.  An IPv4 address mapped into IPv6 comes out as IPv4. */
bool lmi_socket_to_host(const struct sockaddr_storage *ss, struct lmi_host *out);
/** Returns the length of the address. */
socklen_t lmi_socket_from_host(const struct lmi_host *h, struct sockaddr_storage *out);
/** Remote address of a socket.  0 or -errno. */
int lmi_socket_peer(int fd, struct lmi_host *out);
/** 0 or -errno. */
int lmi_socket_set_nonblocking(int fd);

#endif
