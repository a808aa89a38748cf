/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending messages.  Any number of threads may use one producer at once.
 *
 * A send that fails in a way that another broker may cure (the broker is not reachable, closes the connection, is busy,
 * does not have the topic …) is tried again, on another broker if there is one, until retryTimesWhenSendFailed or the
 * time is used up.  A retried message may be stored twice; both copies have the same lmq_message_id.
 */
#ifndef LIGHTMQ_PRODUCER_H
#define LIGHTMQ_PRODUCER_H

#include <lightmq/message.h>

LMQ_BEGIN_DECLS

struct lmq_client;
struct lmq_config;
struct lmq_producer;

/* ---- what became of a send ---- */

/* How safe a message is that the broker took.  All but LMQ_SENT_OK mean: stored, but less safe than configured. */
enum lmq_sent {
	LMQ_SENT_OK = 0,
	LMQ_SENT_FLUSH_DISK_TIMEOUT = 1,
	LMQ_SENT_FLUSH_SLAVE_TIMEOUT = 2,
	LMQ_SENT_SLAVE_NOT_AVAILABLE = 3
};

/* What became of a local transaction. */
enum lmq_transaction {
	LMQ_TRANSACTION_COMMIT = 0,   /* the message is delivered */
	LMQ_TRANSACTION_ROLLBACK = 1, /* it never is */
	LMQ_TRANSACTION_UNKNOWN = 2   /* not known yet: the broker asks later */
};

struct lmq_send_result;

/** Gives an empty result to pass to lmq_producer_send again and again; NULL without memory. */
LMQ_API struct lmq_send_result *lmq_send_result_new(void);
/** Accepts NULL.  Not for results handed to a callback. */
LMQ_API void lmq_send_result_free(struct lmq_send_result *r);

/** 0: the broker took the message.  Else the error, as lmq_producer_send returns it. */
LMQ_API int lmq_send_result_error(const struct lmq_send_result *r);
/** What went wrong, in words, with the address or broker concerned; "" when nothing did.  Borrowed from the result. */
LMQ_API const char *lmq_send_result_detail(const struct lmq_send_result *r);
/** The RocketMQ response code when the error is -LMQ_EREMOTE, else 0. */
LMQ_API int lmq_send_result_remote_code(const struct lmq_send_result *r);
/** Meaningful when the error is 0. */
LMQ_API enum lmq_sent lmq_send_result_status(const struct lmq_send_result *r);
/** The unique id that the message was given; "" when it was refused before. */
LMQ_API const char *lmq_send_result_message_id(const struct lmq_send_result *r);
/** The same of each message of a batch, separated by commas, in order; of a single message its id. */
LMQ_API const char *lmq_send_result_message_ids(const struct lmq_send_result *r);
/** The broker's own id of the stored message (its address and log position), of a batch that of its first; "" when there is none. */
LMQ_API const char *lmq_send_result_offset_id(const struct lmq_send_result *r);
/** The broker's name for the transaction; "" when there is none. */
LMQ_API const char *lmq_send_result_transaction_id(const struct lmq_send_result *r);
/** What was told to the broker at the end of lmq_producer_send_transaction. */
LMQ_API enum lmq_transaction lmq_send_result_transaction(const struct lmq_send_result *r);
/** By which lmq_producer_recall finds a message that is to be delivered later; "" when there is none. */
LMQ_API const char *lmq_send_result_recall_handle(const struct lmq_send_result *r);
/** Where it was stored: broker name ("" when nowhere), queue, and position in the queue (of a batch, of its first message). */
LMQ_API const char *lmq_send_result_broker(const struct lmq_send_result *r);
LMQ_API int32_t lmq_send_result_queue_id(const struct lmq_send_result *r);
LMQ_API int64_t lmq_send_result_queue_pos(const struct lmq_send_result *r);
/** Tries that were made: 1 when the first was good. */
LMQ_API int lmq_send_result_tries(const struct lmq_send_result *r);

/* ---- producers ---- */

/**
 * Make a producer.
 *
 * @client  stays alive until the producer is freed
 * @group   1 to 120 of the characters of topic names; programs that send the same kind of messages share one
 * @cfg     settings of this producer; copied; NULL: those of the client
 * @out     gives; free with lmq_producer_free
 *
 * Returns 0; -LMQ_EILLEGAL for a bad group name; -LMQ_ESTATE when this client has a producer of that group already;
 * -ENOMEM.  Nothing is sent yet: an unreachable server shows at the first send.
 */
LMQ_API int lmq_producer_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg,
			     struct lmq_producer **out);

/**
 * End and free a producer.  Sends under way are waited for, within their own time: each callback has returned before this
 * does.  Accepts NULL.  Not from a callback of the library, and not while another thread uses the producer.
 */
LMQ_API void lmq_producer_free(struct lmq_producer *p);

/**
 * Send a message and wait until the broker has taken it.
 *
 * @m           borrowed
 * @timeout_ms  for everything, retries included; 0: sendMsgTimeout
 * @result      filled in on success and on failure; may be NULL
 *
 * Returns
 *  0                 the broker took it; see lmq_send_result_status
 *  -LMQ_EILLEGAL     topic, body or properties break a rule; nothing was sent
 *  -LMQ_ETOOBIG      body above maxMessageSize or properties above 32767 bytes; nothing was sent
 *  -LMQ_EFULL        as many messages are under way as sendQueueMaxMessages or sendQueueMaxBytes allow, and none ended in time
 *  -LMQ_ENOROUTE     the name server knows neither the topic nor a broker that would create it, or no queue of it is writable
 *  -LMQ_EREMOTE      the broker refused it, see lmq_send_result_remote_code
 *  -LMQ_ETIMEOUT     no answer in time; it may or may not be stored
 *  -LMQ_ECLOSED      the connection was lost after sending; it may or may not be stored
 *  -LMQ_EMALFORMED   the server's answer was not understood
 *  -LMQ_ESTATE       called from a callback of the library, or in a process forked from the client's
 *  -ENOMEM, or -errno of the connection (-ECONNREFUSED …)
 */
LMQ_API int lmq_producer_send(struct lmq_producer *p, const struct lmq_message *m, int64_t timeout_ms,
			      struct lmq_send_result *result);

/**
 * Hears what became of an asynchronous send.  Called once per accepted send, on the client's own thread: it must return
 * soon and must not wait for another send.  It may send asynchronously.
 *
 * @result  borrowed during the call
 */
typedef void lmq_send_fn(void *user, const struct lmq_send_result *result);

/**
 * Send a message without waiting.  sendMsgTimeout bounds the whole send.
 *
 * When as many messages are under way as sendQueueMaxMessages or sendQueueMaxBytes allow, it waits up to
 * sendQueueFullWait for room (never on the client's own thread).
 *
 * @m   borrowed
 * @fn  may be NULL
 *
 * Returns 0: @fn will be called.  Else it will not: -LMQ_EILLEGAL, -LMQ_ETOOBIG, -LMQ_EFULL, -LMQ_ESTATE (in a forked
 * process, or the producer is being freed), -ENOMEM.
 */
LMQ_API int lmq_producer_send_async(struct lmq_producer *p, const struct lmq_message *m, lmq_send_fn *fn, void *user);

/**
 * Hand a message to a broker without asking for an answer: fastest, and lost without notice when anything fails.
 * Returns as lmq_producer_send_async.
 */
LMQ_API int lmq_producer_send_oneway(struct lmq_producer *p, const struct lmq_message *m);

/**
 * Send several messages as one: stored in one queue, one after the other, all of them or none.
 *
 * @messages  borrowed; of one topic, none of them delayed, for a queue of its own, or different in lmq_message_set_wait_stored;
 *            together at most maxMessageSize.  They are not compressed.
 * @count     1 or more
 *
 * Returns as lmq_producer_send; -LMQ_EILLEGAL also for messages that do not go together, and for none.
 */
LMQ_API int lmq_producer_send_batch(struct lmq_producer *p, const struct lmq_message *const *messages, size_t count,
				    int64_t timeout_ms, struct lmq_send_result *result);
/** The same without waiting; returns as lmq_producer_send_async. */
LMQ_API int lmq_producer_send_batch_async(struct lmq_producer *p, const struct lmq_message *const *messages, size_t count,
					  lmq_send_fn *fn, void *user);

/* ---- transactions ---- */

/**
 * Carries out the local transaction whose message is stored but not delivered yet.  On the caller's thread.
 *
 * @m           the message that was passed in; borrowed
 * @message_id  its unique id, by which the check finds the transaction later
 */
typedef enum lmq_transaction lmq_transaction_fn(void *user, const struct lmq_message *m, const char *message_id);

/**
 * Says what became of a transaction when the broker was not told, or asks because it has waited long.  One at a time, on a
 * thread of the producer's own: it may block.
 *
 * @m  the message as the broker has it; borrowed.  lmq_message_id tells the id.
 */
typedef enum lmq_transaction lmq_check_fn(void *user, const struct lmq_message *m);

/**
 * Say who answers brokers that ask.  Once, before the first transaction; programs of the same group must answer for each
 * other's transactions.
 *
 * Returns 0; -LMQ_EILLEGAL when fn is NULL; -LMQ_ESTATE when it was said before, from a callback of the library, or in a forked
 * process; -ENOMEM; -EAGAIN when the system has no more threads.
 */
LMQ_API int lmq_producer_on_check(struct lmq_producer *p, lmq_check_fn *fn, void *user);

/**
 * Send a message that is delivered only if a local transaction succeeds: store it, carry out the transaction, and tell the broker
 * what became of it.
 *
 * @m           borrowed; not delayed
 * @fn          called when the message is stored; when it is stored less safely than configured, the message is rolled back
 *              without calling it
 * @timeout_ms  for storing; 0: sendMsgTimeout
 * @result      may be NULL; lmq_send_result_transaction tells what the broker was told
 *
 * Returns as lmq_producer_send, and then fn was not called; -LMQ_ESTATE also without lmq_producer_on_check.  After 0 the broker has
 * been told, but should that have been lost it asks.
 */
LMQ_API int lmq_producer_send_transaction(struct lmq_producer *p, const struct lmq_message *m, lmq_transaction_fn *fn, void *user,
					  int64_t timeout_ms, struct lmq_send_result *result);

/* ---- requests and replies ---- */

/**
 * Send a message and wait for the reply that a consumer sends, see lmq_message_new_reply.
 *
 * @timeout_ms  for everything; 0: sendMsgTimeout
 * @out_reply   gives; free with lmq_message_free
 * @result      may be NULL; what became of the request, as of a send, or -LMQ_ETIMEOUT when no reply came
 *
 * Returns as lmq_producer_send; -LMQ_ETIMEOUT also when the request was stored and nobody replied in time; -LMQ_EFULL also when
 * 65536 replies are awaited.
 */
LMQ_API int lmq_producer_request(struct lmq_producer *p, const struct lmq_message *m, int64_t timeout_ms,
				 struct lmq_message **out_reply, struct lmq_send_result *result);

/**
 * Hears the reply to an asynchronous request, as lmq_send_fn hears what became of a send.
 *
 * @err     0; or why there is no reply
 * @reply   borrowed; NULL when there is none
 * @detail  words about the failure; "" when there is none
 */
typedef void lmq_reply_fn(void *user, int err, const struct lmq_message *reply, const char *detail);

/** The same without waiting; returns as lmq_producer_send_async.  Freeing the producer waits for it within its time. */
LMQ_API int lmq_producer_request_async(struct lmq_producer *p, const struct lmq_message *m, int64_t timeout_ms, lmq_reply_fn *fn,
				       void *user);

/**
 * Take back a message that waits for its delivery time.
 *
 * @topic   of the message
 * @handle  from lmq_send_result_recall_handle
 * @result  may be NULL; tells the message's id, its broker, and on failure why
 *
 * Returns 0: it will not be delivered; -LMQ_EILLEGAL for a handle that is none; -LMQ_EREMOTE when the broker does not know it
 * (any more) or does not recall; -LMQ_ENOROUTE when its broker is not known; else as lmq_producer_send.
 */
LMQ_API int lmq_producer_recall(struct lmq_producer *p, const char *topic, const char *handle, int64_t timeout_ms,
				struct lmq_send_result *result);

/**
 * Wait until no send, request or check is under way.
 *
 * @timeout_ms  -1: for ever
 *
 * Returns 0; -LMQ_ETIMEOUT; -LMQ_ESTATE when called from a callback of the library.
 */
LMQ_API int lmq_producer_flush(struct lmq_producer *p, int64_t timeout_ms);

LMQ_END_DECLS

#endif
