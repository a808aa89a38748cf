/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unique message ids, made by the producer.  Any thread.
 * Rule: MessageClientIDSetter: address, pid, a hash, ms since the month began, a counter; upper-case hex.
 */
#ifndef LMI_CLIENT_UNIQUE_ID_H
#define LMI_CLIENT_UNIQUE_ID_H

#include <stdint.h>

#include "wire/record.h"

#define UNIQUE_ID_CHARS 57 /* with the NUL; 33 for IPv4 */

struct unique_id_maker {
	uint8_t prefix[22];     /* address 4 or 16, pid 2, hash 4 */
	uint8_t prefix_bytes;
	uint32_t counter;       /* atomic */
};

/**
 * @pid   its low 16 bits are used
 * @hash  stands for Java's class loader hash; chosen by chance, so that hosts that see themselves by one address differ
 */
void unique_id_init(struct unique_id_maker *m, const struct lmi_host *host, uint32_t pid, uint32_t hash,
		    uint32_t first_counter);

/**
 * @month_ms  milliseconds since the current month began, local time, see unique_id_month
 * @out       UNIQUE_ID_CHARS bytes; NUL-terminated
 */
void unique_id_make(struct unique_id_maker *m, uint32_t month_ms, char *out);

/**
 * When the month of a moment began, in ms since 1970.  Pure.
 *
 * @zone_s  seconds that local time is ahead of UTC; months are local ones, as in Java
 */
int64_t unique_id_month(int64_t wall_ms, int32_t zone_s);

#endif
