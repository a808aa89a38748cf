/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What grows old: held pulls at their deadline, clients without a heartbeat, locks not renewed.
 * Owner: the core loop.  Rule: ClientHousekeepingService, PullRequestHoldService, RebalanceLockManager.
 */
#ifndef LIGHTMQ_BROKER_DUTY_SCAN_DUTY_H
#define LIGHTMQ_BROKER_DUTY_SCAN_DUTY_H

#include "broker/handle/handle.h"

#define SCAN_CLIENTS_MS 10000 /* rule: ClientHousekeepingService, first and period */
#define SCAN_LOCKS_MS 60000   /* only memory: an expired lock is free already */

struct scan_duty {
	int64_t next_clients_ms, next_locks_ms;
};

void scan_duty_init(struct scan_duty *d, int64_t now_ms);

/** Do what is due: wakes holds (pull_wake answers them), closes expired clients' connections with a line in the log. */
void scan_duty_run(struct scan_duty *d, struct handle *h, int64_t now_ms);

#endif
