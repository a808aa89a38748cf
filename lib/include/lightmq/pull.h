/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching messages oneself, in three ways:
 *
 *	lite    the library shares queues, fetches ahead and commits; the program asks for what has come (lmq_lite_poll)
 *	puller  everything is in the program's hand: queues, positions, commits
 *	popper  the broker keeps the books: a message that was received is invisible for a while, and comes again unless it is acknowledged
 *
 * Calls wait.  Each object may be used by several threads, but not from a callback of the library (-LMQ_ESTATE), nor in
 * a forked process (-LMQ_ESTATE).
 */
#ifndef LIGHTMQ_PULL_H
#define LIGHTMQ_PULL_H

#include <stdbool.h>

#include <lightmq/message.h>

LMQ_BEGIN_DECLS

struct lmq_client;
struct lmq_config;

/* A queue by name.  The texts are the caller's. */
struct lmq_queue {
	const char *topic;
	const char *broker;
	int32_t queue_id;
};

/* ---- messages that were fetched ---- */

struct lmq_messages;

LMQ_API size_t lmq_messages_count(const struct lmq_messages *b);
/** The i-th message, borrowed until lmq_messages_free; lmq_message_dup keeps it.  NULL behind the last.  A compressed body that cannot be unpacked is given as it came. */
LMQ_API const struct lmq_message *lmq_messages_at(const struct lmq_messages *b, size_t i);
/** Of lmq_puller_pull: where to go on, and the first and the one past the last position of the queue; else -1. */
LMQ_API int64_t lmq_messages_next_pos(const struct lmq_messages *b);
LMQ_API int64_t lmq_messages_min_pos(const struct lmq_messages *b);
LMQ_API int64_t lmq_messages_max_pos(const struct lmq_messages *b);
/** Accepts NULL. */
LMQ_API void lmq_messages_free(struct lmq_messages *b);

/*
 * What the calls below return besides what is said: 0; -LMQ_ENOROUTE when no name server knows the topic; -LMQ_ENOTFOUND
 * when the broker does not have it; -LMQ_EREMOTE when the broker refused; -LMQ_ETIMEOUT; -LMQ_EMALFORMED for an answer that
 * cannot be read; -LMQ_EILLEGAL for a missing or bad name or number; -ENOMEM; -LMQ_ECLOSED and -errno of the connection.
 */

/* ---- plain pull ---- */

struct lmq_puller;

/**
 * Make one and join the group.
 *
 * @client  stays alive until it is freed
 * @cfg     copied; NULL: the client's.  pullBatchSize: most messages of one pull.  mqClientApiTimeout: how long a call waits.
 * @out     gives; free with lmq_puller_free
 *
 * Returns as above; -LMQ_ESTATE when the client has a consumer of that group.
 */
LMQ_API int lmq_puller_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg, struct lmq_puller **out);
/** Leave the group and free it.  Accepts NULL. */
LMQ_API void lmq_puller_free(struct lmq_puller *p);

/**
 * Choose by tags what is pulled from now on.
 *
 * @expression  "TagA || TagB"; "*" or NULL: everything (the default)
 *
 * Also -LMQ_ETOOBIG above 4096 tags.
 */
LMQ_API int lmq_puller_filter(struct lmq_puller *p, const char *expression);

/**
 * Walk the queues of a topic that can be read.
 *
 * @each  on the caller's thread; borrows; returns 0 to go on
 *
 * Returns also what @each returned.
 */
LMQ_API int lmq_puller_each_queue(struct lmq_puller *p, const char *topic, int (*each)(void *user, const struct lmq_queue *q),
				  void *user);

/** The first position that the queue holds. */
LMQ_API int lmq_puller_min_pos(struct lmq_puller *p, const struct lmq_queue *q, int64_t *out_pos);
/** The position that the next message will get. */
LMQ_API int lmq_puller_max_pos(struct lmq_puller *p, const struct lmq_queue *q, int64_t *out_pos);
/** The first position that was stored at a time or later; @time_ms since 1970. */
LMQ_API int lmq_puller_pos_at(struct lmq_puller *p, const struct lmq_queue *q, int64_t time_ms, int64_t *out_pos);
/** What the group has committed.  -LMQ_ENOTFOUND: nothing. */
LMQ_API int lmq_puller_committed(struct lmq_puller *p, const struct lmq_queue *q, int64_t *out_pos);
/** Commit: the group goes on at this position. */
LMQ_API int lmq_puller_commit(struct lmq_puller *p, const struct lmq_queue *q, int64_t pos);

/**
 * Fetch messages of a queue.
 *
 * @wait_ms  how long the broker may hold the request when there is nothing; 0: not at all
 * @out      gives, free with lmq_messages_free; perhaps without a message: then lmq_messages_next_pos tells where to go on, which
 *           differs from @pos when the queue does not hold that position, or when nothing was wanted on the way
 */
LMQ_API int lmq_puller_pull(struct lmq_puller *p, const struct lmq_queue *q, int64_t pos, int64_t wait_ms, struct lmq_messages **out);

/* ---- POP ---- */

struct lmq_popper;

/**
 * Make one and join the group.  popBatchNums: most messages that one call receives.  popInvisibleTime: how long they are
 * invisible for others.  Returns as lmq_puller_new.
 */
LMQ_API int lmq_popper_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg, struct lmq_popper **out);
/** Leave the group and free it; what was not acknowledged comes again.  Accepts NULL. */
LMQ_API void lmq_popper_free(struct lmq_popper *p);

/**
 * Choose messages of a topic before receiving from it; @expression as lmq_puller_filter, which also says the errors.
 */
LMQ_API int lmq_popper_subscribe(struct lmq_popper *p, const char *topic, const char *expression);

/**
 * Receive messages of a topic, from its brokers in turn.
 *
 * @wait_ms  how long the broker may hold the request when there is nothing; 0: not at all
 * @out      gives, free with lmq_messages_free; perhaps without a message
 *
 * Also -LMQ_ESTATE when the topic is not subscribed.
 */
LMQ_API int lmq_popper_receive(struct lmq_popper *p, const char *topic, int64_t wait_ms, struct lmq_messages **out);

/** Acknowledge: it does not come again.  @m is of lmq_popper_receive.  -LMQ_EREMOTE also when it is too late. */
LMQ_API int lmq_popper_ack(struct lmq_popper *p, const struct lmq_message *m);

/**
 * Have it come again after another time from now.  It can be acknowledged or changed again until then.
 *
 * @m             of lmq_popper_receive; one thread at a time
 * @invisible_ms  above 0
 */
LMQ_API int lmq_popper_change_invisible(struct lmq_popper *p, const struct lmq_message *m, int64_t invisible_ms);

/* ---- lite pull ---- */

struct lmq_lite;

/**
 * Make one.  It does nothing until lmq_lite_start.
 *
 * @cfg  copied; NULL: the client's.  autoCommit, persistConsumerOffsetInterval (how often), pullThresholdForAll and the limits
 *       of a queue: how much is fetched ahead; consumeFromWhere, allocateMessageQueueStrategy as for push consumers.
 *
 * Returns as lmq_puller_new.
 */
LMQ_API int lmq_lite_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg, struct lmq_lite **out);
/** Stop and free it: with autoCommit, what was polled before the last lmq_lite_poll is committed, and what that gave too.  Accepts NULL. */
LMQ_API void lmq_lite_free(struct lmq_lite *l);

/**
 * Choose messages of a topic, whose queues are shared with the group's other members; @expression as lmq_puller_filter.
 * Also -LMQ_ESTATE once started, or after lmq_lite_assign.
 */
LMQ_API int lmq_lite_subscribe(struct lmq_lite *l, const char *topic, const char *expression);
/** Read this queue, whoever else does; instead of subscribing.  Also -LMQ_ESTATE once started, or after lmq_lite_subscribe. */
LMQ_API int lmq_lite_assign(struct lmq_lite *l, const struct lmq_queue *q);
/** Begin to fetch.  -LMQ_ESTATE when it runs already, or nothing was subscribed or assigned; -LMQ_EBADCONFIG as lmq_consumer_start. */
LMQ_API int lmq_lite_start(struct lmq_lite *l);

/**
 * Take messages that have come.  Those that the call before this one gave count as consumed now.
 *
 * @max         most messages, above 0
 * @timeout_ms  how long to wait for the first one
 * @out         gives, free with lmq_messages_free, before the client is freed; perhaps without a message
 *
 * Also -LMQ_ESTATE when it does not run.
 */
LMQ_API int lmq_lite_poll(struct lmq_lite *l, size_t max, int64_t timeout_ms, struct lmq_messages **out);

/** Commit all that was polled, and wait until the brokers confirm. */
LMQ_API int lmq_lite_commit(struct lmq_lite *l);

/** Go on at another position of a queue that is ours.  -LMQ_ENOTFOUND when it is not. */
LMQ_API int lmq_lite_seek(struct lmq_lite *l, const struct lmq_queue *q, int64_t pos);
/** Fetch no more of a queue, or go on.  What has come already is polled.  -LMQ_ENOTFOUND when it is not ours. */
LMQ_API int lmq_lite_pause(struct lmq_lite *l, const struct lmq_queue *q, bool pause);

/** Walk the queues that are ours now; as lmq_puller_each_queue. */
LMQ_API int lmq_lite_each_queue(struct lmq_lite *l, int (*each)(void *user, const char *topic, const char *broker, int32_t queue_id),
				void *user);

LMQ_END_DECLS

#endif
