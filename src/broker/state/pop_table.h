/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What POP consumers have been handed and not acknowledged yet: messages in flight, by topic, group and queue.
 * Owner: the core loop.  Rule: PopCheckPoint, PopBufferMergeService, ConsumerOrderInfoManager, by their meaning: there a
 * topic is scanned again and again, here a table is kept and journalled (duty/pop_journal).
 *
 * A batch is what one pop took from one queue.  Receipts name it by its first position and its pop time, so that a receipt
 * from before a redelivery, or of another life, is known as stale.  A queue's lowest unacknowledged position is what
 * consumerOffset.json shows: whoever has only that file hands the messages above out again.
 *
 * Life of a batch: added (waiting for its deadline) -> acknowledged whole, freed; or due -> taken -> reviving, until the
 * copies of what is still open are safe -> freed.
 */
#ifndef LIGHTMQ_BROKER_STATE_POP_TABLE_H
#define LIGHTMQ_BROKER_STATE_POP_TABLE_H

#include "base/clock.h"
#include "base/list.h"
#include "broker/state/offset_table.h"

#define POP_BATCH_MAX 32u                /* messages of one batch; rule: PopMessageProcessor */
#define POP_TABLE_QUEUES_MAX 262144u     /* topic, group and queue triples; above, nothing is popped from new ones */
#define POP_TABLE_MESSAGES_MAX 4194304u  /* in flight in all; above, nothing is popped */
#define POP_INVISIBLE_MAX_MS 259200000   /* longest invisible time granted, 3 days; rule: timerMaxDelaySec */
#define POP_ATTEMPT_MAX 255u             /* bytes of an attempt's id; a longer one counts as none */
#define POP_TICK_MS 100                  /* how exact deadlines are */
#define POP_WHEEL_SLOTS 512u
#define POP_IDLE_MS 600000               /* a queue with nothing in flight is forgotten after so long */
#define POP_ORDER_REVIVE_QUEUE 999       /* revive queue of receipts of ordered pops; rule: KeyBuilder.POP_ORDER_REVIVE_QUEUE */

struct pop_queue;

/* What waits in the wheel. */
struct pop_timer {
	struct lmi_list link; /* of the wheel, of the due, or of whoever took it */
	int64_t due_ms;       /* of the monotonic clock */
	bool of_order;        /* in a pop_order, not in a pop_batch */
};

enum pop_batch_state { POP_BATCH_WAITING, POP_BATCH_DUE, POP_BATCH_REVIVING };

struct pop_batch {
	struct pop_timer timer; /* first */
	struct pop_queue *queue;
	int64_t start_pos;      /* where the pop began; messages lie at start_pos + diff */
	int64_t pop_ms, invisible_ms;
	int64_t log_end;        /* while reviving: when the log is synced to here, it is over */
	uint32_t open;          /* bit i: message i is not acknowledged */
	uint32_t copied;        /* bit i: being revived, it was stored again already */
	uint8_t count;
	uint8_t state;          /* enum pop_batch_state */
	uint32_t diffs[];
};

struct pop_order_message {
	int64_t pos;
	int64_t visible_ms; /* wall clock; 0: pop time + invisible time */
	int32_t times;      /* how often it was handed out before */
};

/* What an ordered pop took from a queue: it blocks the queue until acknowledged or visible again. */
struct pop_order {
	struct pop_timer timer; /* first: when the queue is free again */
	struct pop_queue *queue;
	int64_t pop_ms, invisible_ms;
	uint32_t open;          /* bit i: message i is not acknowledged */
	uint8_t count;
	uint8_t attempt_bytes;
	char attempt[POP_ATTEMPT_MAX];
	struct pop_order_message messages[POP_BATCH_MAX];
};

/* One topic, group and queue. */
struct pop_queue {
	struct lmi_list in_dirty;   /* its committed position must be looked at */
	int64_t pop_pos;            /* next position to hand out */
	int64_t committed;          /* what was last written into the offset table; -1: nothing yet */
	int64_t used_ms;            /* last pop, monotonic */
	struct pop_batch **batches; /* [head, tail), by start_pos and pop_ms */
	uint32_t head, tail, cap;
	uint32_t in_flight;         /* messages */
	struct pop_order *order;    /* or NULL */
	uint32_t journal_ref;       /* its number in the journal's file of journal_generation, see duty/pop_journal */
	uint64_t journal_generation;
	uint32_t topic_bytes, group_bytes;
	int32_t queue_id;
	char names[];               /* topic, then group */
};

/* A change, told as it is made, for the journal. */
enum pop_change_kind {
	POP_CHANGE_BATCH = 1,  /* batch was added, the pop position is queue->pop_pos */
	POP_CHANGE_ACK = 2,    /* bits of the batch (start_pos, pop_ms) were closed */
	POP_CHANGE_MOVE = 3,   /* the pop position is pos */
	POP_CHANGE_DROP = 4,   /* all in flight below pos is forgotten; INT64_MAX: all */
	POP_CHANGE_ORDER = 5,  /* queue->order is new or different, the pop position is queue->pop_pos */
	POP_CHANGE_FORGET = 6  /* the queue is gone */
};

struct pop_change {
	enum pop_change_kind kind;
	struct pop_queue *queue;
	const struct pop_batch *batch;
	int64_t start_pos, pop_ms, pos;
	uint32_t bits;
};

struct pop_table {
	struct lmi_map map; /* topic 0 group 0 queue id -> struct pop_queue */
	const struct lmi_clock *clock;
	struct offset_table *offsets;
	struct lmi_list wheel[POP_WHEEL_SLOTS];
	struct lmi_list due, dirty;
	int64_t wheel_at; /* tick up to which the wheel was looked at */
	size_t messages;  /* in flight */
	/** Told of each change; NULL while the journal is read. */
	void (*note)(void *ctx, const struct pop_change *c);
	void *ctx;
};

void pop_table_init(struct pop_table *t, const struct lmi_clock *clock, struct offset_table *offsets);
void pop_table_done(struct pop_table *t);

static inline struct lmi_span pop_queue_topic(const struct pop_queue *q)
{
	return lmi_span(q->names, q->topic_bytes);
}

static inline struct lmi_span pop_queue_group(const struct pop_queue *q)
{
	return lmi_span(q->names + q->topic_bytes, q->group_bytes);
}

/** The queue, or NULL. */
struct pop_queue *pop_table_get(const struct pop_table *t, const struct offset_at *at);

/**
 * The queue; made with this pop position when it is not there.
 *
 * Returns 0; -LMQ_EFULL above POP_TABLE_QUEUES_MAX; -LMQ_EILLEGAL for names too long; -ENOMEM.
 */
int pop_table_make(struct pop_table *t, const struct offset_at *at, int64_t pop_pos, struct pop_queue **out);

/** Forget a queue and all of it. */
void pop_queue_forget(struct pop_table *t, struct pop_queue *q);

/** Forget batches' messages at or above a position: they are not there any more, or will be handed out again. */
void pop_queue_cut(struct pop_table *t, struct pop_queue *q, int64_t end_pos);

/**
 * Look whether somebody else has committed: an operator's reset, a consumer that pulls.  A higher position is
 * acknowledged up to there, a lower one is gone back to; what was in flight is forgotten accordingly.
 */
void pop_queue_sync(struct pop_table *t, struct pop_queue *q);

/* What was taken from a queue. */
struct pop_round {
	int64_t start_pos, pop_ms, invisible_ms;
	uint32_t count; /* 1 … POP_BATCH_MAX */
	const uint32_t *diffs;
	uint32_t open;  /* 0: all */
};

/**
 * Messages were handed out: they are in flight until acknowledged or until pop_ms + invisible_ms.
 *
 * @next_pos  the pop position afterwards
 *
 * Returns 0; -LMQ_EFULL above POP_TABLE_MESSAGES_MAX; -EEXIST when there is such a batch; -ENOMEM.
 */
int pop_queue_add(struct pop_table *t, struct pop_queue *q, const struct pop_round *r, int64_t next_pos);

/** Nothing wanted lies below: move the pop position. */
void pop_queue_move(struct pop_table *t, struct pop_queue *q, int64_t pos);

/** Forget what is in flight below a position (INT64_MAX: all) and any order. */
void pop_queue_drop(struct pop_table *t, struct pop_queue *q, int64_t below_pos);

/** The batch of a receipt, or NULL. */
struct pop_batch *pop_queue_find(const struct pop_queue *q, int64_t start_pos, int64_t pop_ms);

/** Which message of a batch lies at a position, or -1. */
int pop_batch_index(const struct pop_batch *b, int64_t pos);

static inline int64_t pop_batch_pos(const struct pop_batch *b, unsigned int i)
{
	return b->start_pos + b->diffs[i];
}

/**
 * Close messages of a batch; it is freed with the last one.
 *
 * Returns the bits that were open.  A batch that is reviving takes no acknowledgement any more: 0.
 */
uint32_t pop_batch_ack(struct pop_table *t, struct pop_batch *b, uint32_t bits);

/**
 * Give one message of a batch a new invisible time: it becomes a batch of its own, since its receipt is a new one.
 *
 * @out_pop_ms  the new receipt's pop time: now, or a little more where that is taken
 *
 * Returns 0; -LMQ_ENOTFOUND when it is acknowledged or reviving; -LMQ_EFULL; -ENOMEM (nothing changed).
 */
int pop_batch_change(struct pop_table *t, struct pop_batch *b, unsigned int index, int64_t invisible_ms, int64_t *out_pop_ms);

/** The lowest position not acknowledged; the pop position when nothing is in flight. */
int64_t pop_queue_lowest(const struct pop_queue *q);

/* ---- deadlines ---- */

/** Move what is due to the due list. */
void pop_table_expire(struct pop_table *t, int64_t mono_ms);

/** Take the next that is due, or NULL: a batch in state DUE, or an order whose queue may be free. */
struct pop_timer *pop_table_take(struct pop_table *t);

/** A taken batch that cannot be revived now is due again. */
void pop_batch_again(struct pop_table *t, struct pop_batch *b, int64_t due_ms);

/** Close what is left of a reviving batch: the copies are safe. */
void pop_batch_revived(struct pop_table *t, struct pop_batch *b);

/** Write the committed positions that changed into the offset table. */
void pop_table_settle(struct pop_table *t);

/** Forget queues with nothing in flight that were not used for POP_IDLE_MS. */
void pop_table_sweep(struct pop_table *t, int64_t mono_ms);

/** Drop all of a topic (with its retry topics of groups), or all of a group. */
void pop_table_drop_topic(struct pop_table *t, struct lmi_span topic);
void pop_table_drop_group(struct pop_table *t, struct lmi_span group);

/** for (size_t i = 0; (queue = pop_table_next(t, &i));) */
struct pop_queue *pop_table_next(const struct pop_table *t, size_t *iter);

/* ---- ordered pops, pop_order.c ---- */

/** Whether an ordered pop must wait.  Rule: ConsumerOrderInfoManager.checkBlock. */
bool pop_order_blocks(const struct pop_queue *q, struct lmi_span attempt, int64_t wall_ms);

/** How often a message was handed out before, as this attempt counts it.  Rule: OrderInfo.mergeOffsetConsumedCount. */
int32_t pop_order_times(const struct pop_queue *q, struct lmi_span attempt, int64_t pos);

/**
 * An ordered pop took messages: they block the queue.  The pop position stays, it moves with the acknowledgements.
 *
 * @positions  count of them, rising
 *
 * Returns 0 or -ENOMEM.  Rule: ConsumerOrderInfoManager.update.
 */
int pop_order_add(struct pop_table *t, struct pop_queue *q, const struct pop_round *r, struct lmi_span attempt);

enum pop_order_acked {
	POP_ORDER_STALE,  /* other pop time, or not one of them: nothing changed */
	POP_ORDER_ACKED,  /* and the queue is still blocked */
	POP_ORDER_FREE    /* the queue is free: who waits for it may try */
};

/** Acknowledge one.  Rule: ConsumerOrderInfoManager.commitAndNext. */
enum pop_order_acked pop_order_ack(struct pop_table *t, struct pop_queue *q, int64_t pos, int64_t pop_ms, int64_t wall_ms);

/** Give one a new time at which it is visible again (wall clock).  False when stale.  Rule: updateNextVisibleTime. */
bool pop_order_change(struct pop_table *t, struct pop_queue *q, int64_t pos, int64_t pop_ms, int64_t visible_ms);

/** Put an order as the journal has it.  0 or -ENOMEM. */
int pop_order_put(struct pop_table *t, struct pop_queue *q, const struct pop_order *o);

/* ---- between the two files ---- */

void pop_timer_start(struct pop_table *t, struct pop_timer *timer, int64_t due_ms);
void pop_queue_dirty(struct pop_table *t, struct pop_queue *q);
void pop_table_note(struct pop_table *t, const struct pop_change *c);
/** The monotonic time of a wall clock time. */
int64_t pop_table_mono(const struct pop_table *t, int64_t wall_ms);
void pop_order_free(struct pop_queue *q);

#endif
