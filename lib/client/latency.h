/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Latency fault tolerance: a broker that was slow or failed is passed over for a while.  Pure.
 * Rule: MQFaultStrategy, LatencyFaultToleranceImpl.
 */
#ifndef LMI_CLIENT_LATENCY_H
#define LMI_CLIENT_LATENCY_H

#include <stdint.h>

#define LATENCY_OF_FAILURE_MS 10000 /* a failure counts as so long a latency */

/** For how long a broker that took @latency_ms is passed over; 0: not at all. */
int64_t latency_isolation_ms(int64_t latency_ms);

#endif
