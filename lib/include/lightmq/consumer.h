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
	LMQ_CONSUME_LATER = 1, /* failed: the broker delivers it again after a while, to any consumer of the group */
	LMQ_CONSUME_DEAD = 2,  /* failed, and will always fail: to the group's dead letters at once */
	LMQ_CONSUME_LEVEL = 100 /* 100 + n: failed: deliver it again after the delay of level n (see lmq_message_set_delay_level) */
};

/**
 * Receives one message, on one of consumeThreadMax threads of the consumer, several at a time and in no promised order; with
 * callbackMode POLL on the threads that call lmq_client_poll.
 * It may block and may use other objects of the library, but not stop or free its own consumer.
 *
 * @m  borrowed during the call
 *
 * Any value that is none of enum lmq_consumed counts as LMQ_CONSUME_LATER.  A message that failed maxReconsumeTimes times goes to the
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

/**
 * Choose messages of a topic by their properties, with an expression of SQL92 that brokers evaluate: "price > 10 AND area IN ('n', 's')".
 * A second call for the same topic, of this kind or the other, replaces the first.
 *
 * Returns 0; -LMQ_EILLEGAL for a bad topic name or no expression; -LMQ_ESTATE once started; -ENOMEM.  An expression that
 * a broker does not understand is told by the log, and nothing comes.
 */
LMQ_API int lmq_consumer_subscribe_sql(struct lmq_consumer *c, const char *topic, const char *expression);

/**
 * With allocateMessageQueueStrategy CONFIG: a queue that this consumer, and no other of the group, is to have.
 *
 * Returns 0; -LMQ_EILLEGAL for a missing name or a negative id; -LMQ_ESTATE once started; -ENOMEM.
 */
LMQ_API int lmq_consumer_add_queue(struct lmq_consumer *c, const char *topic, const char *broker, int32_t queue_id);

/**
 * With allocateMessageQueueStrategy MACHINE_ROOM_NEARBY: tells in which room a broker or a client is.  On the client's own
 * thread: it must return soon.  All members must come to the same answers.
 *
 * @broker, @client_id  one of them is NULL
 *
 * Returns a name that stays until the next call.  Without one (NULL or empty) the shares stay as they are.
 */
typedef const char *lmq_room_fn(void *user, const char *broker, const char *client_id);

/** Returns 0; -LMQ_ESTATE once started. */
LMQ_API int lmq_consumer_on_room(struct lmq_consumer *c, lmq_room_fn *fn, void *user);

/** Say who receives the messages.  Returns 0; -LMQ_EILLEGAL when fn is NULL; -LMQ_ESTATE once started. */
LMQ_API int lmq_consumer_on_message(struct lmq_consumer *c, lmq_message_fn *fn, void *user);

/**
 * Say who receives the messages, in order: those of one queue one after the other, none before the one in front of it is
 * consumed.  A queue is locked at its broker meanwhile, so that no other member reads it, and one thread at a time has
 * it.  A message that fails is handed out again in its place, after suspendCurrentQueueTimeMillis, with one more
 * lmq_message_reconsume_times; maxReconsumeTimes times (-1: without end), then it becomes a dead letter.  The delay of
 * LMQ_CONSUME_LEVEL is not looked at.
 *
 * Returns as lmq_consumer_on_message; the later of the two calls counts.
 */
LMQ_API int lmq_consumer_on_message_orderly(struct lmq_consumer *c, lmq_message_fn *fn, void *user);

/**
 * Hears that the consumer's share of the queues has changed.  On the client's own thread: it must return soon.  With
 * callbackMode POLL by lmq_client_poll, and then of several changes perhaps of the last only.
 *
 * @queues  how many queues it has now, over all its topics, the group's retry topic not counted
 */
typedef void lmq_assign_fn(void *user, size_t queues);

/** Returns 0; -LMQ_ESTATE once started. */
LMQ_API int lmq_consumer_on_assign(struct lmq_consumer *c, lmq_assign_fn *fn, void *user);

/**
 * Begin to receive.  Returns at once; an unreachable server is tried again until it answers.
 *
 * Returns 0; -LMQ_ESTATE when it runs already or was stopped, nothing is subscribed, no callback is set, nobody tells rooms for
 * MACHINE_ROOM_NEARBY, or in a forked process; -LMQ_EBADCONFIG when consumeTimestamp is no time; -ENOMEM; -EAGAIN when the
 * system has no more threads.
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

/**
 * Fetch no more until lmq_consumer_resume; what is here already is still handed to callbacks.  Also before the start.
 * Returns 0; -LMQ_ESTATE on the client's own thread or in a forked process; -ENOMEM.
 */
LMQ_API int lmq_consumer_pause(struct lmq_consumer *c);
/** Go on.  Returns as lmq_consumer_pause. */
LMQ_API int lmq_consumer_resume(struct lmq_consumer *c);

/**
 * Walk the queues that this consumer has at the moment, those of the group's retry topic left out.
 *
 * @each  on the caller's thread; borrows; returns 0 to go on
 *
 * Returns 0 or what @each returned; -LMQ_ESTATE and -ENOMEM as lmq_consumer_pause.
 */
LMQ_API int lmq_consumer_each_queue(struct lmq_consumer *c,
				    int (*each)(void *user, const char *topic, const char *broker, int32_t queue_id),
				    void *user);

LMQ_END_DECLS

#endif
