/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Java broker notes of popped messages, as records of the topic rmq_sys_REVIVE_LOG_<cluster>: a check point says what was
 * handed out to whom and until when, an acknowledgement closes some of it.  The tag of the record says which it is.
 * Rule: PopCheckPoint, AckMsg, BatchAckMsg, PopAckConstants.
 */
#ifndef LIGHTMQ_BROKER_STATE_REVIVE_NOTE_H
#define LIGHTMQ_BROKER_STATE_REVIVE_NOTE_H

#include "base/arena.h"
#include "broker/state/offset_table.h"
#include "broker/state/pop_table.h"

#define REVIVE_NOTE_ACKS_MAX 4096u /* positions in one note of acknowledgements; more are passed over */

enum revive_note_kind { REVIVE_NOTE_CHECK_POINT = 1, REVIVE_NOTE_ACKS };

struct revive_note {
	enum revive_note_kind kind;
	struct offset_at at;              /* group, topic and queue */
	int64_t start_pos, pop_ms;        /* with at, what a receipt names */
	/* a check point */
	int64_t invisible_ms;
	uint32_t count;                   /* 0 … POP_BATCH_MAX */
	uint32_t diffs[POP_BATCH_MAX];    /* rising */
	uint32_t acked;                   /* bit i: message i is acknowledged */
	/* acknowledgements */
	uint32_t acks;
	const int64_t *positions;         /* in the arena */
};

/**
 * Read the body of a record of the revive topic.
 *
 * @out  its spans borrow from @body or @a
 *
 * Returns 0; -LMQ_EUNSUPPORTED for another tag; -LMQ_EMALFORMED (and the JSON reader's errors), -LMQ_EILLEGAL for positions or
 * counts that cannot be; -ENOMEM.
 */
int revive_note_read(struct lmi_span tag, struct lmi_span body, struct lmi_arena *a, struct revive_note *out);

#endif
