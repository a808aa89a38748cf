/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records, in log order, into the indexes made from them: consume queues and, where there is one, the key index.
 * The same function for live turns, for a replica and for recovery.  Owner: the core loop.
 * Rule: CommitLogDispatcherBuildConsumeQueue, CommitLog.checkMessageAndReturnSize.
 */
#ifndef LIGHTMQ_STORE_DISPATCHER_H
#define LIGHTMQ_STORE_DISPATCHER_H

#include "store/key_index.h"
#include "store/queue_table.h"
#include "wire/record.h"

struct dispatcher {
	struct queue_table *queues;
	struct key_index *index;   /* NULL: recovery does it by itself */
	const int64_t *delay_ms;   /* by level - 1 */
	size_t delay_levels;
};

/* One record as the indexes see it. */
struct dispatch {
	struct consume_queue *queue;   /* NULL: in no queue */
	int64_t queue_pos;
	struct queue_unit unit;
	int64_t store_ms;
	struct lmi_span topic, props;  /* for the key index */
	int32_t sysflag;
};

/** RocketMQ's messageDelayLevel: 1s 5s 10s 30s 1m … 2h. */
extern const int64_t dispatcher_delay_ms_default[18];

/** False for prepared and rolled-back transaction messages, which are in no queue. */
bool dispatcher_is_queued(int32_t sysflag);

/**
 * What a record's queue unit carries: the hash of its tags, or, in the schedule topic, when it is to be delivered.
 * Rule: CommitLog.checkMessageAndReturnSize.
 */
int64_t dispatcher_tags_code(const struct dispatcher *d, const struct queue_topic *t, struct lmi_span props,
			     int64_t store_ms);

/** The same where a topic's unit depends on the store time; else @tags_code as given. */
static inline int64_t dispatcher_unit_code(const struct dispatcher *d, const struct queue_topic *t, struct lmi_span props,
					   int64_t store_ms, int64_t tags_code)
{
	return t->schedule ? dispatcher_tags_code(d, t, props, store_ms) : tags_code;
}

/**
 * Describe a record read from the log; its queue is made when missing.
 *
 * Returns 0; -LMQ_ECORRUPT when topic, queue id or queue position cannot be right; -ENOMEM.
 */
int dispatcher_describe(struct dispatcher *d, const struct lmi_record *r, struct dispatch *out);

enum dispatcher_taken {
	DISPATCHER_TAKEN,
	DISPATCHER_REPEATED   /* the queue position was taken by an earlier record: ignored, as Java does */
};

/**
 * Take the next record.  A queue position above the queue's end leaves holes; position 0 in a queue that has units says
 * that the topic was deleted and made anew: the queue begins again.
 *
 * Returns enum dispatcher_taken; -LMQ_ECORRUPT when the hole would be larger than a queue file (the record is skipped);
 * -ENOMEM, which a live turn excludes by consume_queue_reserve.
 */
int dispatcher_take(struct dispatcher *d, const struct dispatch *r);

#endif
