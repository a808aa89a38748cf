/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of the POP journal: changes of pop_table as bytes.
 * A record is 4 bytes of length (of what follows the next field), 4 bytes of check sum, 1 byte of kind, and its fields,
 * all big-endian.  The check sum is a CRC-32 that goes on from the record before, so that what follows a cut, or comes
 * from another life of the file, never fits.  A kind that is not known, or fields too few, end the reading like a bad sum.
 */
#ifndef LIGHTMQ_BROKER_STATE_POP_RECORD_H
#define LIGHTMQ_BROKER_STATE_POP_RECORD_H

#include "broker/state/pop_table.h"

#define POP_RECORD_HEAD 8u     /* bytes before the kind */
#define POP_RECORD_MAX 4096u   /* bytes of one record; above, it is none */

enum pop_record_kind { /* those of enum pop_change_kind, and: */
	POP_RECORD_QUEUE = 16,   /* ref, queue id, pop position, committed position, topic, group */
	POP_RECORD_OFFSETS = 17, /* data version of the last consumerOffset.json that we wrote: time, counter */
	POP_RECORD_WHOLE = 18    /* what the table held when the file was begun is complete */
};

/* A record as it is read. */
struct pop_record {
	uint8_t kind;
	uint32_t ref;
	struct offset_at at;               /* QUEUE */
	int64_t pos, committed;            /* QUEUE, MOVE, DROP; BATCH and ORDER: the pop position */
	struct pop_round round;            /* BATCH; its diffs point to diffs */
	uint32_t diffs[POP_BATCH_MAX];
	int64_t start_pos, pop_ms;         /* ACK */
	uint32_t bits;                     /* ACK */
	bool has_order;                    /* ORDER */
	struct pop_order order;            /* ORDER */
	int64_t version_ms, version_count; /* OFFSETS */
};

/* Where a run of records is: the sum goes on from one to the next. */
struct pop_record_chain {
	uint32_t sum;
};

/* ---- writing; lack of memory shows in b->failed ---- */

/** @pos  the pop position without what the records behind this one say: the file may end here */
void pop_record_put_queue(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_queue *q, int64_t pos);
void pop_record_put_batch(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_batch *batch);
void pop_record_put_order(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_queue *q);
void pop_record_put_offsets(struct lmi_buf *b, struct pop_record_chain *c, int64_t version_ms, int64_t version_count);
void pop_record_put_whole(struct lmi_buf *b, struct pop_record_chain *c);
/** A change; its queue is known by q->journal_ref. */
void pop_record_put_change(struct lmi_buf *b, struct pop_record_chain *c, const struct pop_change *change);

/* ---- reading ---- */

/**
 * Read the record at the front.
 *
 * @out        spans borrow from @in
 * @out_bytes  its size
 *
 * Returns 0; -EAGAIN when @in ends before it; -LMQ_ECORRUPT when it is none.  The chain moves on success only.
 */
int pop_record_get(struct lmi_span in, struct pop_record_chain *c, struct pop_record *out, size_t *out_bytes);

#endif
