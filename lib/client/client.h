/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client instance: its thread with one loop, its connections, what it knows of routes, and who uses it.
 * Owner: the loop's thread, but for what is set before the thread starts and what is said to be atomic.
 */
#ifndef LMI_CLIENT_CLIENT_H
#define LMI_CLIENT_CLIENT_H

#include <pthread.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/rng.h"
#include "io/rpc.h"
#include "io/tls.h"

#include "client/config.h"
#include "client/event.h"
#include "client/namesrv.h"
#include "client/route_cache.h"
#include "client/sign.h"
#include "client/unique_id.h"

#define CLIENT_DETAIL_CHARS 256 /* of a sentence about a failure */

struct lmq_client {
	/* set before the thread starts */
	struct lmq_config *cfg;
	char *id;
	pid_t pid;
	const struct lmi_clock *clock;
	struct lmi_rng *rng;
	struct lmi_loop *loop;
	struct lmi_executor *resolver;
	struct lmi_tls *tls; /* NULL: connections are not encrypted */
	pthread_t thread;
	struct unique_id_maker ids;
	int32_t zone_s; /* local time ahead of UTC */

	/* atomic */
	uint32_t refs;       /* the user, each producer, each consumer */
	int64_t month_begin; /* ms since 1970, for unique ids */

	struct event_queue events; /* has its own lock */
	struct tracer *tracer;     /* atomic until the end; has its own lock */

	/* the loop's */
	struct lmi_rpc *rpc;
	struct namesrv namesrv;
	struct route_cache routes;
	struct lmi_arena arena; /* for one body at a time */
	struct lmi_buf frame;   /* the request being encoded */
	struct lmi_buf body;    /* the body being encoded */
	struct signer signer;
	struct lmi_list producers, consumers;
	struct lmi_map requests; /* that await a reply, by id */
	struct lmi_list unnamed; /* sends of requests that wait until brokers know this client again */
	bool name_lost, naming;  /* a producer left; brokers are being told again */
	struct lmi_timer heartbeat_timer, heartbeat_soon, tick;
	int64_t heartbeat_ms; /* when the last round began */
	bool heartbeat_due;   /* heartbeat_soon runs */
	bool stopping;
};

struct lmq_client *client_ref(struct lmq_client *c);
/** Not on the loop's thread: the last one ends it. */
void client_unref(struct lmq_client *c);

/** Whether a call that waits may be made here: 0; -LMQ_ESTATE on the loop's thread or in a forked process. */
int client_may_wait(const struct lmq_client *c);
/** 0; -LMQ_ESTATE in a forked process. */
int client_same_process(const struct lmq_client *c);

/** Run fn(arg) on the loop and wait until it returned.  0; -LMQ_ESTATE as above; -ENOMEM (fn did not run). */
int client_call(struct lmq_client *c, void (*fn)(void *arg), void *arg);

/** Make an id as messages have, UNIQUE_ID_CHARS.  Any thread.  Returns the time in it: ms since 1970. */
int64_t client_unique_id(struct lmq_client *c, char *id);

static inline int64_t client_now_ms(const struct lmq_client *c) { return lmi_mono_ms(c->clock); }

/* ---- a request being made: begin, lmi_command_put… on out, send ---- */

struct request {
	struct lmq_client *client;
	struct lmi_command_out out;
	int32_t opaque;
	bool oneway;
};

void request_begin(struct request *r, struct lmq_client *c, int32_t code, bool oneway);

/**
 * Finish and send.  The body is copied.
 *
 * @done  NULL exactly for one-way requests
 *
 * Errors as lmi_rpc_send.
 */
int request_send(struct request *r, const char *address, struct lmi_span body, int64_t timeout_ms, lmi_rpc_done_fn *done,
		 void *arg);

/** The same in two steps, for a body made in place: append exactly @body_bytes to what request_end returns, then send. */
struct lmi_buf *request_end(struct request *r, size_t body_bytes);
/** The whole request, signed when it is to be; valid until the next one.  0, or as sign_request. */
int request_frame(struct request *r, struct lmi_span *out);
int request_send_ended(struct request *r, const char *address, int64_t timeout_ms, lmi_rpc_done_fn *done, void *arg);

/** Turn an answer that is not a success into -LMQ_EREMOTE with words: "broker … : SYSTEM_BUSY (2): remark". */
int request_refused(const struct lmi_command *answer, const char *who, char *detail, size_t detail_bytes);

/** Answer a broker's request, unless it is one-way.  @remark may be NULL. */
void client_answer(struct lmi_conn *conn, const struct lmi_command *cmd, int32_t code, const char *remark);

/* ---- the clock of the instance (heartbeat.c) ---- */

/** Tell every broker now, or as soon as the last round is a second ago. */
void heartbeat_now(struct lmq_client *c);
/** Tell brokers that have not heard of us yet, or have lost us. */
void heartbeat_greet(struct lmq_client *c);
/** The connection to an address (NULL: to all) is lost, and with it what was said there. */
void heartbeat_forget(struct lmq_client *c, const char *address);
/** One broker's address; @done may be NULL.  Returns as lmi_rpc_send. */
int heartbeat_send(struct lmq_client *c, const char *address, lmi_rpc_done_fn *done, void *arg);

/* ---- news to consumers (consumer.c) ---- */

/** A route that consumers use has changed. */
void consumer_route_changed(struct lmq_client *c, const struct topic_route *t);
/** A broker has heard of our consumers. */
void consumer_broker_ready(struct lmq_client *c);
/** A request from a broker. */
void consumer_request(struct lmq_client *c, struct lmi_conn *conn, const struct lmi_command *cmd);

#endif
