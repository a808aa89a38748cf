/* SPDX-License-Identifier: Apache-2.0 */
/* Names and addresses to dial, for lib/io only. */
#ifndef LMI_IO_DIAL_H
#define LMI_IO_DIAL_H

#include <stddef.h>

#include "wire/record.h" /* struct lmi_host */

#define LMI_DIAL_HOST_MAX 255u     /* bytes of a name */
#define LMI_DIAL_ADDRESSES_MAX 16u /* tried in turn */

/** getaddrinfo.  How many; or -LMQ_ENOTFOUND, -ENOMEM, -errno.  Blocks; any thread. */
int lmi_resolve_system(const char *host, struct lmi_host *out, size_t max);

/**
 * Take "host:port" or "[v6]:port" apart.
 *
 * @out_host  LMI_DIAL_HOST_MAX + 1 bytes
 *
 * Returns 0 or -LMQ_EMALFORMED.
 */
int lmi_dial_split(const char *host_port, char *out_host, uint16_t *out_port);

#endif
