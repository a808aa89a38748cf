/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receiving messages: the push consumer of RocketMQ.  All consumers of a group share the queues of its topics among
 * them (clustering mode); the library takes messages from the queues and hands them to a callback on a pool of its own
 * threads.  A message is delivered at least once: make what the callback does repeatable, by lmq_message_id for instance.
 */
#ifndef LIGHTMQ_CONSUMER_H
#define LIGHTMQ_CONSUMER_H

#include <lightmq/message.h>

LMQ_BEGIN_DECLS

struct lmq_client;
struct lmq_config;
struct lmq_consumer;

/* What a callback made of a message. */
enum lmq_consumed {
	LMQ_CONSUMED = 0,     /* done with */
	LMQ_CONSUME_LATER = 1 /* failed: the broker delivers it again after a while, to any consumer of the group */
};

/**
 * Receives one message, on one of consumeThreadMax threads of the consumer, several at a time and in no promised order.
 * It may block and may use other objects of the library, but not stop or free its own consumer.
 *
 * @m  borrowed during the call
 *
 * Any value but LMQ_CONSUMED counts as LMQ_CONSUME_LATER.  A message that failed maxReconsumeTimes times goes to the
 * group's dead letters, topic %DLQ%<group>.
 */
typedef enum lmq_consumed lmq_message_fn(void *user, const struct lmq_message *m);

/**
 * Make a consumer.
 *
 * @client  stays alive until the consumer is freed
 * @group   1 to 120 of the characters of topic names; consumers with the same subscriptions share one
 * @cfg     settings of this consumer; copied; NULL: those of the client
 * @out     gives; free with lmq_consumer_free
 *
 * Returns 0; -LMQ_EILLEGAL for a bad group name; -LMQ_ESTATE when this client has a consumer of that group already
 * (use another client); -ENOMEM.
 */
LMQ_API int lmq_consumer_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg,
			     struct lmq_consumer **out);

/** Stop the consumer if it runs, and free it.  Accepts NULL.  Not from a callback of the library. */
LMQ_API void lmq_consumer_free(struct lmq_consumer *c);

/**
 * Choose messages of a topic.
 *
 * @expression  "*" or NULL: all; else tags: "TagA || TagB".  A second call for the same topic replaces the first.
 *
 * Returns 0; -LMQ_EILLEGAL for a bad topic name or expression; -LMQ_ETOOBIG above 4096 tags; -LMQ_ESTATE once started;
 * -ENOMEM.
 */
LMQ_API int lmq_consumer_subscribe(struct lmq_consumer *c, const char *topic, const char *expression);

/** Say who receives the messages.  Returns 0; -LMQ_EILLEGAL when fn is NULL; -LMQ_ESTATE once started. */
LMQ_API int lmq_consumer_on_message(struct lmq_consumer *c, lmq_message_fn *fn, void *user);

/**
 * Hears that the consumer's share of the queues has changed.  On the client's own thread: it must return soon.
 *
 * @queues  how many queues it has now, over all its topics, the group's retry topic not counted
 */
typedef void lmq_assign_fn(void *user, size_t queues);

/** Returns 0; -LMQ_ESTATE once started. */
LMQ_API int lmq_consumer_on_assign(struct lmq_consumer *c, lmq_assign_fn *fn, void *user);

/**
 * Begin to receive.  Returns at once; an unreachable server is tried again until it answers.
 *
 * Returns 0; -LMQ_ESTATE when it runs already or was stopped, nothing is subscribed, no callback is set, or in a
 * forked process; -ENOMEM; -EAGAIN when the system has no more threads.
 */
LMQ_API int lmq_consumer_start(struct lmq_consumer *c);

/**
 * Stop receiving: callbacks that run are waited for, what was done is committed, and the group's other consumers are told.
 * What was fetched but not yet handed to a callback is delivered to them.
 *
 * @timeout_ms  for committing and unregistering at the servers; callbacks are waited for without limit
 *
 * Returns 0 also when it was stopped before; -LMQ_ETIMEOUT when a server did not confirm in time (some messages may
 * then be delivered again); -LMQ_ESTATE when called from a callback of the library.
 */
LMQ_API int lmq_consumer_stop(struct lmq_consumer *c, int64_t timeout_ms);

LMQ_END_DECLS

#endif
