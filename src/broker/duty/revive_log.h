/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Java broker handed out to POP consumers before its store was taken over.  Its notes are timer messages, which come into
 * the topic rmq_sys_REVIVE_LOG_<cluster> a second before a message's time is over (check points) and when it is (acknowledgements).
 * They are read as they come: what a check point names is in flight, as if it had been popped here; what is not acknowledged is
 * stored again a little after its time.  How far was read is the offset of CID_RMQ_SYS_REVIVE_GROUP, as RocketMQ counts it, so
 * that a Java broker which gets the store back goes on behind.  We write no notes.
 * Owner: the core loop.  Rule: PopReviveService.
 */
#ifndef LIGHTMQ_BROKER_DUTY_REVIVE_LOG_H
#define LIGHTMQ_BROKER_DUTY_REVIVE_LOG_H

#include "broker/handle/handle.h"

#define REVIVE_LOG_QUEUES_MAX 64u    /* of the revive topic; rule: reviveQueueNum, 8 */
#define REVIVE_LOG_EVERY_MS 1000     /* how often it is looked for notes when there were none */
#define REVIVE_LOG_RUN_MAX 1024u     /* notes read in one run */
#define REVIVE_LOG_GRACE_MS 3000     /* after a message's time, for acknowledgements that come with it; RocketMQ: 2 s */

struct revive_log {
	int64_t due_ms;                      /* monotonic */
	bool said;
	int64_t points, messages, acks, bad; /* read: check points, messages in flight by them, messages acknowledged, no notes */
};

void revive_log_init(struct revive_log *d, int64_t mono_ms);

/** Read what has come, at the tick. */
void revive_log_run(struct revive_log *d, struct handle *h, int64_t mono_ms);

#endif
