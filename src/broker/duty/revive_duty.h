/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages popped and not acknowledged in time: each is stored again in its group's POP retry topic, one try older, or in
 * the dead letters after retryMaxTimes.  It stays in flight until the copy is on the disk, so that a power cut makes a
 * duplicate and no loss.
 * Owner: the core loop.  Rule: PopReviveService.
 */
#ifndef LIGHTMQ_BROKER_DUTY_REVIVE_DUTY_H
#define LIGHTMQ_BROKER_DUTY_REVIVE_DUTY_H

#include "broker/handle/handle.h"

#define REVIVE_RUN_MAX 1024u       /* messages stored again in one run; the next is 100 ms later */
#define REVIVE_COLD_MS 100         /* when a message that a worker reads is tried again */
#define REVIVE_RETRY_MS 1000       /* when the store refused */
#define REVIVE_SWEEP_MS 60000      /* how often idle queues are looked for */
#define REVIVE_RETRY_QUEUES 1      /* of a POP retry topic; rule: PopAckConstants.retryQueueNum */

struct revive_duty {
	struct lmi_list reviving;  /* of struct pop_batch: copies wait for the sync, in log order */
	int64_t sweep_ms;
	int64_t revived, dead, gone; /* messages: to retry topics, to dead letters, no longer in the log */
};

void revive_duty_init(struct revive_duty *d, int64_t mono_ms);

/** Do what is due at the tick. */
void revive_duty_run(struct revive_duty *d, struct handle *h, int64_t mono_ms);

/** Whose copies are synced is no longer in flight.  At the turn's end. */
void revive_duty_finish(struct revive_duty *d, struct handle *h);

#endif
