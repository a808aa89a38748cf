/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces: what became of each message, as messages of a topic of their own, in the form that RocketMQ's tools read.
 * A client has one tracer, made with the first producer or consumer that wants it; it has its own lock, any thread may write.
 * Rule: TraceDataEncoder, AsyncTraceDispatcher, SendMessageTraceHookImpl, ConsumeMessageTraceHookImpl, EndTransactionTraceHookImpl,
 * RecallMessageTraceHookImpl.
 */
#ifndef LMI_CLIENT_TRACE_H
#define LMI_CLIENT_TRACE_H

#include "client/message.h"
#include "client/unique_id.h"

struct lmq_client;
struct lmq_consumer;
struct lmq_producer;
struct send;
struct tracer;

/** Make the client's tracer, if there is none.  Not on the loop.  0 or as lmq_producer_new. */
int trace_open(struct lmq_client *c, const struct lmq_config *cfg);
/** Send what is left, and end it.  Nobody else uses the client any more. */
void trace_close(struct lmq_client *c);
/** Send what has waited long enough.  On the loop. */
void trace_tick(struct lmq_client *c);

/** A message has been stored. */
void trace_sent(const struct send *s, const struct lmq_send_result *r);

/** What is remembered of a message from before its callback. */
struct trace_consume {
	int64_t begun_ms;
	char request_id[UNIQUE_ID_CHARS];
};
void trace_consume_begin(struct lmq_consumer *c, const struct lmq_message *m, struct trace_consume *t);
void trace_consume_end(struct lmq_consumer *c, const struct lmq_message *m, const struct trace_consume *t, enum lmq_consumed result);

/** A broker is told how a transaction ended. */
void trace_end(struct lmq_producer *p, const struct lmq_message *m, const char *id, const char *transaction_id, enum lmq_transaction state,
	       bool checked);
void trace_recalled(struct lmq_producer *p, const char *topic, const char *id, bool good);

#endif
