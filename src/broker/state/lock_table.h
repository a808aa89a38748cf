/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which member of a group holds which queue, for ordered consumption.  A lock not renewed for 60 s is free.
 * Owner: the core loop.  Rule: RebalanceLockManager.
 */
#ifndef LIGHTMQ_BROKER_STATE_LOCK_TABLE_H
#define LIGHTMQ_BROKER_STATE_LOCK_TABLE_H

#include "base/map.h"
#include "wire/lock_batch.h"

#define LOCK_EXPIRE_MS_DEFAULT 60000 /* rule: rocketmq.broker.rebalance.lockMaxLiveTime */
#define LOCK_TABLE_MAX 1048576u      /* locks in all */

struct lock_table {
	struct lmi_map groups; /* group -> struct lock_group */
	size_t count;
	int64_t expire_ms; /* lockMaxLiveTime; 0: the default */
};

/* Who locks. */
struct lock_who {
	struct lmi_span group, client_id;
};

/** A zeroed struct is an empty table. */
void lock_table_done(struct lock_table *t);

/**
 * Take or renew a lock.
 *
 * Returns 1 when the client holds it now; 0 when another one does; -LMQ_EFULL; -LMQ_EILLEGAL (names too long); -ENOMEM.
 */
int lock_table_try(struct lock_table *t, const struct lock_who *w, const struct lmi_message_queue *q, int64_t now_ms);

/** Give a lock back.  True when this client held it. */
bool lock_table_unlock(struct lock_table *t, const struct lock_who *w, const struct lmi_message_queue *q);

/** The client has left the group by its own wish: its locks are free. */
void lock_table_drop_client(struct lock_table *t, const struct lock_who *w);

/** True when a lock of the group is held and not expired: its consumers are ordered ones. */
bool lock_table_any(const struct lock_table *t, struct lmi_span group, int64_t now_ms);

/** Forget expired locks.  Returns how many. */
size_t lock_table_expire(struct lock_table *t, int64_t now_ms);

#endif
