/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open transactions grow old: their producers are asked, and after enough questions they are given up.  One that cannot be
 * read is left out and never keeps the others waiting.
 * Owner: the core loop.  Rule: TransactionalMessageCheckService, AbstractTransactionalMessageCheckListener.
 */
#ifndef LIGHTMQ_BROKER_DUTY_TRANSACTION_DUTY_H
#define LIGHTMQ_BROKER_DUTY_TRANSACTION_DUTY_H

#include "broker/handle/handle.h"

#define TRANSACTION_TURN_MAX 200       /* questions in one run */
#define TRANSACTION_READS_MAX 64       /* half messages that workers read at a time */
#define TRANSACTION_READ_MS 100        /* when a message that is being read is looked at again */
#define TRANSACTION_FEED_MS 1000       /* how often a lonely transaction looks for a producer at least */
#define TRANSACTION_PROGRESS_MS 1000   /* between moves of the offsets of CID_RMQ_SYS_TRANS */

struct transaction_duty {
	struct handle *handle;
	size_t reading;
	uint32_t turn; /* which producer of a group is next */
	int64_t next_progress_ms;
	/* What was reached at the last look; it counts once the log is synced up to there. */
	int64_t half_pos, op_pos, log_end;
};

void transaction_duty_init(struct transaction_duty *d, struct handle *h);

/**
 * Find what is open in the half topic.  Blocks (start-up).
 *
 * Returns 0; -ENOMEM; errors of store_get and store_read but for damaged records, which are left out with a line in the log.
 */
int transaction_duty_rebuild(struct transaction_duty *d);

/** Ask and give up what is due. */
void transaction_duty_run(struct transaction_duty *d, int64_t now_ms);

#endif
