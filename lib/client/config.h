/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/client, L3: producer, consumer, route cache behind the public headers.  Services, rmqctl and the tests
 * may use it; it uses io, rules, wire and base.
 *
 * The settings, one table by name (config.c).  Immutable once a client, producer or consumer has its copy.
 */
#ifndef LMI_CLIENT_CONFIG_H
#define LMI_CLIENT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "rules/name.h"
#include "wire/command.h"

#include <lightmq/lightmq.h>

/* Order of the choices' words. */
enum config_from { CONFIG_FROM_LAST, CONFIG_FROM_FIRST, CONFIG_FROM_TIMESTAMP };
enum config_model { CONFIG_CLUSTERING, CONFIG_BROADCASTING };
enum config_callbacks { CONFIG_CALLBACKS_THREADS, CONFIG_CALLBACKS_POLLED };

/* All times in ms, all sizes in bytes. */
struct lmq_config {
	/* the client */
	char *namesrv_addr;
	char *instance_name;
	char *client_ip;
	int64_t serialize; /* enum lmi_serialize */
	int64_t api_timeout_ms;
	int64_t connect_timeout_ms;
	int64_t poll_namesrv_ms;
	int64_t heartbeat_ms;
	char *access_key, *secret_key, *security_token;
	char *namespace_v1, *namespace_v2;
	int64_t use_tls;                                          /* bool */
	char *tls_trust, *tls_cert, *tls_key, *tls_key_password; /* paths, and a password */
	int64_t tls_verify, tls_verify_host;                     /* bool */
	int64_t trace;                                           /* bool */
	char *trace_topic;
	int64_t trace_batch;
	int64_t callback_mode; /* enum config_callbacks */
	/* producers */
	int64_t send_timeout_ms;
	int64_t send_timeout_each_ms; /* -1: none */
	int64_t send_retries, send_retries_async;
	int64_t retry_not_stored_ok; /* bool */
	int64_t latency_fault;       /* bool */
	int64_t compress_bytes;      /* 0: never */
	int64_t compress_level;
	int64_t compress_type;       /* enum compress_kind */
	int64_t auto_batch;          /* bool */
	int64_t batch_linger_ms;
	int64_t batch_bytes;
	int64_t message_max_bytes;
	char *create_topic_key;
	int64_t create_topic_queues;
	int64_t send_queue_messages;
	int64_t send_queue_bytes;
	int64_t send_queue_wait_ms;
	/* consumers */
	int64_t threads;
	int64_t pull_batch;
	int64_t queue_messages_max;
	int64_t queue_bytes_max;
	int64_t queue_span_max;
	int64_t reconsume_max; /* -1: the broker's */
	int64_t from;          /* enum config_from */
	char *from_time;       /* yyyyMMddHHmmss; empty: half an hour ago */
	int64_t model;         /* enum config_model */
	int64_t strategy;      /* enum lmi_rebalance_strategy */
	char *rooms;           /* separated by semicolons */
	int64_t order_rest_ms, lock_ms;
	char *offset_folder;   /* empty: $HOME/.rocketmq_offsets */
	int64_t auto_commit, all_messages_max;
	int64_t pop_batch, pop_invisible_ms;
	int64_t topic_messages_max, topic_bytes_max; /* -1: none; shared by the topic's queues */
	int64_t persist_ms;
	int64_t rebalance_ms;
	int64_t suspend_ms;
	int64_t pull_timeout_ms;
	int64_t pull_retry_ms;

	lmq_log_fn *log;
	void *log_user;
	enum lmq_log_level log_max;
};

/** A name as servers know it: in the namespace, if there is one.  @room holds it; "" (which is no name) when it becomes too long. */
struct config_name {
	char text[LMI_NAME_MAX + 1];
};
const char *config_wrap(const struct lmq_config *cfg, const char *name, struct config_name *room);
/** A name as users know it; points into @name. */
const char *config_strip(const struct lmq_config *cfg, const char *name);

/** Write one log line, if somebody wants it.  Any thread. */
void config_log(const struct lmq_config *cfg, enum lmq_log_level level, const char *fmt, ...) LMI_PRINTF(3, 4);

/** Put a sentence into a caller's errbuf, cut to fit; errbuf may be NULL. */
void config_say(char *errbuf, size_t errbuf_bytes, const char *fmt, ...) LMI_PRINTF(3, 4);

#endif
