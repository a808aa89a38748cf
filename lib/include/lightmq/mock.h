/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name server and brokers inside the program, for tests of services that use the library: no daemon, no port to choose, no file.
 * Clients reach them over 127.0.0.1 like real ones, those of other languages too.  They can be made to refuse, to keep silent,
 * to answer late or with rubbish, to break connections, and to go away and come back.
 *
 * They keep messages in memory, in stored order, as long as the mock lives.  Delayed messages and retries come at once, so that
 * tests need not wait; SQL expressions choose everything; nothing is checked that only a broker's configuration says.
 *
 * Not included by <lightmq/lightmq.h>.  Every function may be called from any thread, but not in a forked process.
 */
#ifndef LIGHTMQ_MOCK_H
#define LIGHTMQ_MOCK_H

#include <lightmq/error.h>
#include <lightmq/message.h>

LMQ_BEGIN_DECLS

#define LMQ_MOCK_BROKERS_MAX 4
#define LMQ_MOCK_NAMESRV (-1) /* the name server's number among the brokers, which count from 0 */

/* Requests, by RocketMQ's numbers; any other number of the protocol may be used as well. */
enum lmq_mock_request {
	LMQ_MOCK_ANY = -1, /* for faults: whatever comes */
	LMQ_MOCK_PULL = 11,
	LMQ_MOCK_QUERY_POSITION = 14,
	LMQ_MOCK_COMMIT = 15,
	LMQ_MOCK_HEARTBEAT = 34,
	LMQ_MOCK_SEND_BACK = 36,
	LMQ_MOCK_END_TRANSACTION = 37,
	LMQ_MOCK_MEMBERS = 38,
	LMQ_MOCK_LOCK = 41,
	LMQ_MOCK_ROUTE = 105,
	LMQ_MOCK_SEND = 310,
	LMQ_MOCK_SEND_BATCH = 320, /* also what autoBatch makes */
	LMQ_MOCK_POP = 200050,
	LMQ_MOCK_ACK = 200051,
	LMQ_MOCK_CHANGE_INVISIBLE = 200053
};

/* What becomes of a request. */
enum lmq_mock_fault {
	LMQ_MOCK_REFUSE,   /* answered with the response code @value; nothing is done */
	LMQ_MOCK_SILENT,   /* taken and never answered; nothing is done */
	LMQ_MOCK_CLOSE,    /* the connection is closed instead of an answer; nothing is done */
	LMQ_MOCK_LATE,     /* done and answered, but only when the next request of its kind comes */
	LMQ_MOCK_GARBAGE,  /* answered with bytes that are no frame */
	LMQ_MOCK_CUT,      /* done; half the answer is sent, then the connection is closed */
	LMQ_MOCK_STRANGER, /* answered under another request's number first, then done and answered */
	LMQ_MOCK_SPOIL,    /* done; some bytes of the answer are changed, but no server's address */
	LMQ_MOCK_SLOW      /* done and answered after @value ms */
};

struct lmq_mock;

/**
 * Start a name server and brokers, called broker-0, broker-1 …
 *
 * @brokers  up to LMQ_MOCK_BROKERS_MAX
 * @out      gives; free with lmq_mock_free
 *
 * Returns 0; -LMQ_EILLEGAL for more; -ENOMEM; -EAGAIN when the system has no more threads; -errno of the sockets.
 */
LMQ_API int lmq_mock_new(size_t brokers, struct lmq_mock **out);
/** Stop and free it.  Accepts NULL. */
LMQ_API void lmq_mock_free(struct lmq_mock *m);

/** The setting namesrvAddr for its clients; lives as long as the mock. */
LMQ_API const char *lmq_mock_namesrv(const struct lmq_mock *m);

/**
 * Make a topic on every broker, or give it so many queues.  Topics that are sent to without having been made have 4.
 *
 * @queues  1 to 64
 *
 * Returns 0; -LMQ_EILLEGAL for a bad name or number; -LMQ_EFULL above 64 topics; -ENOMEM.
 */
LMQ_API int lmq_mock_topic(struct lmq_mock *m, const char *topic, int32_t queues);

/**
 * Store a message as if somebody had sent it.
 *
 * @message  borrowed; its topic must be there.  Tag, keys, properties, flag and body are kept; it gets an id.
 *
 * Returns 0; -LMQ_ENOTFOUND when there is no such broker, topic or queue; -ENOMEM.
 */
LMQ_API int lmq_mock_put(struct lmq_mock *m, int broker, int32_t queue_id, const struct lmq_message *message);

/**
 * Look at a stored message.
 *
 * @pos  from 0
 * @out  gives a copy, as a consumer would receive it; free with lmq_message_free
 *
 * Returns 0; -LMQ_ENOTFOUND when there is none; -ENOMEM.
 */
LMQ_API int lmq_mock_message(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, int64_t pos, struct lmq_message **out);

/** Messages stored in a topic, all brokers and queues together. */
LMQ_API uint64_t lmq_mock_stored(struct lmq_mock *m, const char *topic);
/** Wait until there are @count or more.  0 or -LMQ_ETIMEOUT. */
LMQ_API int lmq_mock_wait_stored(struct lmq_mock *m, const char *topic, uint64_t count, int64_t timeout_ms);

/** How many messages of a topic a group has committed, all queues together. */
LMQ_API uint64_t lmq_mock_consumed(struct lmq_mock *m, const char *group, const char *topic);
/** Wait until there are @count or more.  0 or -LMQ_ETIMEOUT. */
LMQ_API int lmq_mock_wait_consumed(struct lmq_mock *m, const char *group, const char *topic, uint64_t count, int64_t timeout_ms);

/** Consumers of a group that a broker knows; 0 for a broker that is none. */
LMQ_API size_t lmq_mock_members(struct lmq_mock *m, int broker, const char *group);
/** Wait until there are exactly @count.  0 or -LMQ_ETIMEOUT. */
LMQ_API int lmq_mock_wait_members(struct lmq_mock *m, int broker, const char *group, size_t count, int64_t timeout_ms);

/** How many requests of a kind a server has had, whatever became of them. */
LMQ_API uint64_t lmq_mock_requests(struct lmq_mock *m, int server, int32_t request);
/** Wait until there are @count or more.  0 or -LMQ_ETIMEOUT. */
LMQ_API int lmq_mock_wait_requests(struct lmq_mock *m, int server, int32_t request, uint64_t count, int64_t timeout_ms);

/**
 * Say what becomes of the next requests of a kind at a server.  What was said first happens first.
 *
 * @value  a response code of RocketMQ's for LMQ_MOCK_REFUSE (1 SYSTEM_ERROR, 2 SYSTEM_BUSY, 10 FLUSH_DISK_TIMEOUT …), ms for
 *         LMQ_MOCK_SLOW, else without meaning
 * @times  for so many requests
 *
 * Returns 0; -LMQ_ENOTFOUND when there is no such server; -LMQ_EFULL when 32 are waiting.
 */
LMQ_API int lmq_mock_fault(struct lmq_mock *m, int server, int32_t request, enum lmq_mock_fault fault, int32_t value, int times);
/** Forget all faults that have not happened yet. */
LMQ_API void lmq_mock_calm(struct lmq_mock *m);
/** Choose what LMQ_MOCK_SPOIL spoils: the same seed, the same bytes. */
LMQ_API void lmq_mock_seed(struct lmq_mock *m, uint64_t seed);

/** Close every connection to a server, which goes on listening.  0; -LMQ_ENOTFOUND; -ENOMEM. */
LMQ_API int lmq_mock_disconnect(struct lmq_mock *m, int server);
/** Let a server go away: it closes its connections and listens no more.  Routes go on naming it.  Returns as above. */
LMQ_API int lmq_mock_stop(struct lmq_mock *m, int server);
/** Let it come back on the same port with all it had stored.  Returns as above; -errno when the port has been taken. */
LMQ_API int lmq_mock_start(struct lmq_mock *m, int server);

/**
 * Have a broker ask its producers what became of transactions that have not ended.
 *
 * Returns how many there are; -LMQ_ENOTFOUND; -ENOMEM.
 */
LMQ_API int lmq_mock_check(struct lmq_mock *m, int broker);

LMQ_END_DECLS

#endif
