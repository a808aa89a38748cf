/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Half messages, their ends and the records that say so, as RocketMQ stores them.
 * Rule: TransactionalMessageBridge, TransactionalMessageServiceImpl, EndTransactionProcessor.
 *
 * A half message lies in the half topic with its real topic and queue as properties; an op record names the half records
 * (by queue position) that have ended.  A check puts the half message again, with one check more in its properties and the
 * name of the transaction, and an op record for the one before.
 *
 * What is appended for one step lies behind each other in the log, the message first: a crash between the two is seen when
 * the table is rebuilt, see duty/transaction_rebuild.c.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_TRANSACTION_H
#define LIGHTMQ_BROKER_HANDLE_TRANSACTION_H

#include "broker/handle/handle.h"

#define TRANSACTION_PROP_CHECKS "TRANSACTION_CHECK_TIMES"
#define TRANSACTION_PROP_IMMUNITY "CHECK_IMMUNITY_TIME_IN_SECONDS"
#define TRANSACTION_PROP_ID "__transactionId__"
#define TRANSACTION_PROP_PREPARED "TRAN_PREPARED_QUEUE_OFFSET"
/* Ours: queue position of the first half record, in those that were put again.  A Java broker carries it along unread. */
#define TRANSACTION_PROP_FIRST "__lightmqFirstHalf"

#define TRANSACTION_IMMUNITY_MAX_S 31536000 /* a longer wish is cut to a year */

/* A half record taken apart.  Spans point into the record. */
struct transaction_half {
	struct lmi_record record;
	struct lmi_span topic, group, uniq; /* real topic; uniq may be empty */
	int32_t queue_id, checks;
	int64_t first_pos;
	bool immune;          /* asks for a time of its own */
	int64_t immunity_ms;  /* that time */
};

/** Take a half record apart.  Returns 0; -LMQ_ECORRUPT when it is no record, or not one of the half topic. */
int transaction_half_read(struct lmi_span bytes, struct transaction_half *out);

/** When it is asked for first, on the wall clock. */
int64_t transaction_first_check_ms(const struct handle *h, const struct transaction_half *half);

/**
 * Make a half message of one that is about to be stored: topic, queue, flags and properties are replaced.
 *
 * @group  of the request, for messages that do not name theirs
 *
 * Returns 0; -LMQ_EFULL at maxOpenTransactions; -ENOMEM.
 */
int transaction_half_make(struct handle *h, struct store_message *m, struct lmi_span group, struct lmi_span uniq);

/** Enter what was just appended into the table.  Without memory it is not asked for before the next start. */
void transaction_half_stored(struct handle *h, const struct store_message *m, const struct store_ticket *t);

/** Append the real message.  Errors of store_append. */
int transaction_commit(struct handle *h, const struct transaction_half *half, int64_t log_pos, struct store_ticket *out);

/** Append an op record for a half record.  Errors of store_append. */
int transaction_op(struct handle *h, int64_t half_pos, struct store_ticket *out);

/** Put a half message again, one check later, and move the transaction there.  Errors of store_append. */
int transaction_again(struct handle *h, struct transaction *x, const struct transaction_half *half);

/** Copy a half message to TRANS_CHECK_MAX_TIME_TOPIC and end the transaction.  Errors of store_append. */
int transaction_give_up(struct handle *h, struct transaction *x, const struct transaction_half *half);

#endif
