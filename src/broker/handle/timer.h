/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages for a stated time on their way into the store and out of it.
 * Rule: HookUtils.handleScheduleMessage, TimerMessageStore.convert, RecallMessageProcessor.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_TIMER_H
#define LIGHTMQ_BROKER_HANDLE_TIMER_H

#include "broker/handle/handle.h"

#define TIMER_PROP_DELAY_SEC "TIMER_DELAY_SEC"
#define TIMER_PROP_DELAY_MS "TIMER_DELAY_MS"
#define TIMER_PROP_DELIVER_MS "TIMER_DELIVER_MS"
#define TIMER_PROP_OUT_MS "TIMER_OUT_MS"
#define TIMER_PROP_ENQUEUE_MS "TIMER_ENQUEUE_MS"
#define TIMER_PROP_DEQUEUE_MS "TIMER_DEQUEUE_MS"
#define TIMER_PROP_ROLL_TIMES "TIMER_ROLL_TIMES"
#define TIMER_PROP_DEL_UNIQKEY "TIMER_DEL_UNIQKEY"

#define TIMER_RECALL_HANDLE_MAX 768 /* characters */

enum timer_verdict {
	TIMER_NOT,      /* no timer message, or its time is over: stored as it is */
	TIMER_MADE,     /* topic, queue and properties were replaced */
	TIMER_ILLEGAL,  /* not a number, or a deletion of what is over */
	TIMER_TOO_FAR,
	TIMER_OFF,
	TIMER_FULL,     /* too many in its second */
	TIMER_NO_MEMORY
};

/** What timer_make would say. */
enum timer_verdict timer_judge(struct handle *h, struct lmi_span props);

/**
 * Make a timer message of one that is about to be stored, when its properties ask for that.
 *
 * @committed   it was taken before, as a half message: limits do not count any more
 * @out_due_ms  with TIMER_MADE: when it is delivered
 */
enum timer_verdict timer_make(struct handle *h, struct store_message *m, bool committed, int64_t *out_due_ms);

/* A record of the timer topic taken apart.  Spans point into the record. */
struct timer_record {
	struct lmi_record record;
	struct lmi_span topic, uniq, delete_key;
	int32_t queue_id;
	int64_t due_ms;
};

/** 0; -LMQ_ECORRUPT when it is no record of the timer topic. */
int timer_record_read(const struct handle *h, struct lmi_span bytes, struct timer_record *out);

/** Put the message to its real topic (or, rolled, to the timer topic again).  Errors of store_append. */
int timer_deliver(struct handle *h, const struct timer_record *r, int64_t written_ms, bool roll, struct store_ticket *out);

/**
 * What such a message carries in its field preparedTransactionOffset: says which timer record it was.  Within that record, as
 * no half message can begin there: the field must not tell a transaction that it is committed.
 */
static inline int64_t timer_delivered_mark(const struct lmi_record *timer)
{
	return timer->log_pos + 1;
}

/** The handle by which a message is recalled: base64url of "v1 topic broker due id".  Characters, 0 when too long. */
size_t timer_recall_handle(const struct handle *h, struct lmi_span topic, int64_t due_ms, struct lmi_span uniq, char *out);

/** Take such a handle apart; spans point into @scratch, TIMER_RECALL_HANDLE_MAX bytes.  0 or -LMQ_EMALFORMED. */
struct timer_recall {
	struct lmi_span topic, broker, uniq;
	int64_t due_ms;
};
int timer_recall_parse(struct lmi_span text, char *scratch, struct timer_recall *out);

#endif
