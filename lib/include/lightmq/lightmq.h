/* SPDX-License-Identifier: Apache-2.0 */
/*
 * liblightmq: a client for RocketMQ brokers, lightmq's and Apache RocketMQ's alike.
 *
 *	struct lmq_config *cfg = lmq_config_new();
 *	lmq_config_set(cfg, "namesrvAddr", "127.0.0.1:9876", err, sizeof(err));
 *	lmq_client_new(cfg, &client, err, sizeof(err));
 *	lmq_producer_new(client, "orders", NULL, &producer);
 *	lmq_producer_send(producer, message, 0, NULL);
 *
 * The library writes nothing, installs no signal handler, never ends the process and keeps no global state.  Its threads
 * block all signals.  All types are opaque.  What is declared here stays as it is; new behaviour is a new function.
 *
 * Words on ownership: *borrows* valid during the call; *takes* the callee frees; *gives* the caller frees, with what is named.
 */
#ifndef LIGHTMQ_LIGHTMQ_H
#define LIGHTMQ_LIGHTMQ_H

#include <lightmq/api.h>
#include <lightmq/consumer.h>
#include <lightmq/error.h>
#include <lightmq/message.h>
#include <lightmq/producer.h>
#include <lightmq/pull.h>

LMQ_BEGIN_DECLS

/** The version of the library that is running, as "0.1.0". */
LMQ_API const char *lmq_version(void);

/* ---- settings ---- */

struct lmq_config;

/** Gives settings that all have their defaults (free with lmq_config_free); NULL without memory. */
LMQ_API struct lmq_config *lmq_config_new(void);
/** Gives an own copy; NULL without memory. */
LMQ_API struct lmq_config *lmq_config_dup(const struct lmq_config *cfg);
/** Accepts NULL. */
LMQ_API void lmq_config_free(struct lmq_config *cfg);

/**
 * Change a setting by name.  The names are RocketMQ's where it has them; lmq_config_each lists all.
 *
 * @value   as text; times in milliseconds or with a unit (30s), sizes in bytes or with a unit (4MiB)
 * @errbuf  receives a sentence on failure, cut to fit; may be NULL
 *
 * Returns 0; -LMQ_ENOTFOUND for an unknown name (the sentence tells the nearest one); -LMQ_EBADCONFIG for a value of the
 * wrong kind or out of range; -ENOMEM.  On failure the setting keeps its value.
 */
LMQ_API int lmq_config_set(struct lmq_config *cfg, const char *name, const char *value, char *errbuf,
			   size_t errbuf_bytes);

/**
 * Read a setting as text, in milliseconds and bytes.
 *
 * @buf  receives the text with its NUL, cut to fit; may be NULL when bytes is 0
 *
 * Returns the length of the whole text without its NUL; -LMQ_ENOTFOUND for an unknown name.
 */
LMQ_API int lmq_config_get(const struct lmq_config *cfg, const char *name, char *buf, size_t bytes);

/**
 * Walk the table of all settings.
 *
 * @each  gets the name, the kind ("text", "choice", "count", "time", "size", "bool"), the default as text, the values
 *        that are allowed, and a sentence of meaning; all live for ever.  Returns 0 to go on.
 *
 * Returns 0 or what @each returned.
 */
LMQ_API int lmq_config_each(int (*each)(void *user, const char *name, const char *kind, const char *default_value,
					const char *allowed, const char *meaning),
			    void *user);

/* Levels as syslog's. */
enum lmq_log_level { LMQ_LOG_ERR = 3, LMQ_LOG_WARNING = 4, LMQ_LOG_INFO = 6, LMQ_LOG_DEBUG = 7 };

/**
 * Hears what the library does by itself: connections lost, queues gained, retries.  On threads of the library; it must not
 * call the library.
 *
 * @line  one line without its end; borrowed during the call
 */
typedef void lmq_log_fn(void *user, enum lmq_log_level level, const char *line);

/** Say who hears log lines up to a level; NULL: nobody (the default). */
LMQ_API void lmq_config_on_log(struct lmq_config *cfg, enum lmq_log_level max_level, lmq_log_fn *fn, void *user);

/* ---- clients ---- */

/*
 * A client is one member of the cluster: its connections, its thread, what it knows of routes.  Producers and consumers
 * share it.  Any thread may use it.
 */
struct lmq_client;

/**
 * Make a client and start its thread.  Nothing is connected yet.
 *
 * @cfg     copied
 * @out     gives; free with lmq_client_free
 * @errbuf  receives a sentence on failure, cut to fit; may be NULL
 *
 * Returns 0; -LMQ_EBADCONFIG when namesrvAddr is missing; -ENOMEM; -EAGAIN when the system has no more threads.
 */
LMQ_API int lmq_client_new(const struct lmq_config *cfg, struct lmq_client **out, char *errbuf, size_t errbuf_bytes);

/**
 * Give up a client.  It ends when its producers and consumers are freed too; the call that frees the last of them waits
 * for the thread's end.  Accepts NULL.  Not from a callback of the library.
 */
LMQ_API void lmq_client_free(struct lmq_client *client);

/** The name under which servers know this client.  Borrowed from the client. */
LMQ_API const char *lmq_client_id(const struct lmq_client *client);

/**
 * A descriptor for an event loop (epoll, libev, poll …): readable while callbacks wait to be made by lmq_client_poll.  It stays the
 * client's; do not read from it or close it.
 *
 * Returns it; -LMQ_ESTATE unless callbackMode is POLL.
 */
LMQ_API int lmq_client_poll_fd(const struct lmq_client *client);

/**
 * Make the callbacks that wait, on this thread.  With callbackMode POLL they are made nowhere else, but those of a producer by
 * lmq_producer_flush and lmq_producer_free too, on their callers' threads.  Several threads may poll: messages are handed to them side
 * by side, and a queue that is read in order to one at a time.
 *
 * @max         most to make; 0: no limit
 * @timeout_ms  how long to wait when there is none; 0: not at all, -1: for ever
 *
 * Returns how many were made; -LMQ_ESTATE unless callbackMode is POLL, or in a forked process.
 */
LMQ_API int lmq_client_poll(struct lmq_client *client, int max, int64_t timeout_ms);

/**
 * Walk the queues of a topic that can be written, in the order that all clients agree on.  Asks the name server.
 *
 * @each  on the caller's thread; borrows; returns 0 to go on
 *
 * Returns 0 or what @each returned; -LMQ_ENOROUTE when the topic is not known; -LMQ_ETIMEOUT; -LMQ_EREMOTE;
 * -LMQ_EMALFORMED; -LMQ_ESTATE from a callback of the library; -ENOMEM; -errno of the connection.
 */
LMQ_API int lmq_client_each_queue(struct lmq_client *client, const char *topic, int64_t timeout_ms,
				  int (*each)(void *user, const char *broker, int32_t queue_id), void *user,
				  char *errbuf, size_t errbuf_bytes);

/**
 * Create or change a topic on every master of a cluster.
 *
 * @cluster     NULL: every cluster
 * @queues      for reading and for writing, 1 to 65535
 * @timeout_ms  for everything
 * @errbuf      receives a sentence on failure, naming the broker; may be NULL
 *
 * Returns 0; -LMQ_EILLEGAL for a bad name or number; -LMQ_ENOTFOUND when there is no such cluster or no broker in it;
 * -LMQ_EREMOTE when a broker refused; -LMQ_ETIMEOUT; -LMQ_EMALFORMED; -LMQ_ESTATE from a callback of the library;
 * -ENOMEM; -errno of the connection.  Brokers asked before a failure keep the topic.
 */
LMQ_API int lmq_client_create_topic(struct lmq_client *client, const char *cluster, const char *topic, int queues,
				    int64_t timeout_ms, char *errbuf, size_t errbuf_bytes);

LMQ_END_DECLS

#endif
