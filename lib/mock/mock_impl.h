/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/mock, L4: a name server and brokers in one process, with tables of their own, behind <lightmq/mock.h>.  The tests of the
 * library may look inside; nobody else uses it.  It uses client (the message), io, rules, wire and base.
 *
 * One thread with one loop serves all; tables are under one lock, so that any thread may look at them.
 */
#ifndef LMI_MOCK_IMPL_H
#define LMI_MOCK_IMPL_H

#include <pthread.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/rng.h"
#include "io/conn.h"
#include "wire/command.h"
#include "wire/record.h"

#include <lightmq/mock.h>

#define MOCK_CODES 1100      /* request codes that are counted; those of POP lie at the end */
#define MOCK_CODES_POP 1060  /* where code 200050 is counted */
#define MOCK_SCRIPTS 32
#define MOCK_NAME_BYTES 256
#define MOCK_TOPICS 64       /* of a broker */
#define MOCK_QUEUES 64       /* of a topic */
#define MOCK_BEATING 32      /* connections that brokers' own requests go to */
#define MOCK_ORDER_OPAQUE 77777

/* Stored as on a broker's disk. */
struct mock_record {
	uint8_t *bytes;
	size_t n;
	int64_t log_pos;
	bool settled; /* a half message whose transaction has ended */
};

struct mock_queue {
	struct mock_record *records;
	size_t count;
	int64_t min_pos, handed_out;
};

struct mock_topic {
	char name[MOCK_NAME_BYTES];
	int32_t queues;
	struct mock_queue queue[MOCK_QUEUES];
};

struct mock_member {
	char group[MOCK_NAME_BYTES - 8], id[MOCK_NAME_BYTES];
	struct lmi_conn *conn;
	struct mock_member *next;
};

/* A fetch that waits, or an answer that comes late. */
struct mock_held {
	struct lmi_conn *conn;
	uint8_t *frame;
	size_t n;
	int64_t until_ms; /* 0: with the next request of this code */
	bool slow;        /* not before that time */
	int32_t code;
	struct mock_held *next;
};

/* A message that was popped and not acknowledged. */
struct mock_popped {
	char group[MOCK_NAME_BYTES], topic[MOCK_NAME_BYTES];
	int32_t queue_id;
	int64_t pos, pop_ms, until_ms;
	struct mock_popped *next;
};

struct mock_script {
	int32_t code, value;
	enum lmq_mock_fault fault;
	int times;
};

struct mock_server {
	struct lmq_mock *mock;
	int number;
	uint16_t port;
	struct lmi_listener *listener;
	char address[32], name[32];
	uint64_t counts[MOCK_CODES];
	struct mock_script scripts[MOCK_SCRIPTS];
	struct mock_topic *topics[MOCK_TOPICS];
	size_t topic_count;
	struct mock_member *members;
	struct mock_held *held;
	struct mock_popped *popped;
	struct lmi_map offsets; /* "group topic queue" -> int64_t */
	struct lmi_map locks;   /* "group topic queue" -> client id */
	int32_t back_level;     /* of the last send-back */
	int64_t log_pos;
	char *heartbeat;
	struct lmi_conn *beating[MOCK_BEATING]; /* connections on which a heartbeat came; borrowed until they close */
	uint8_t *last[MOCK_CODES];              /* the last frame of each code */
	size_t last_bytes[MOCK_CODES];
};

struct lmq_mock {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	struct lmi_loop *loop;
	struct lmi_arena arena;
	struct lmi_timer sweep;
	struct mock_server servers[LMQ_MOCK_BROKERS_MAX + 1]; /* [0] is the name server */
	size_t brokers;
	uint64_t ids; /* given to messages that were put */
	struct lmi_tls *tls; /* tests: the listeners go by it; borrowed */
	struct lmi_rng_seeded chance;
	/* of the tests that order members about */
	bool answered;
	int32_t answer_code;
	char answer[8192];
	struct lmi_arena asked;
};

/* A request being answered; under the lock. */
struct mock_request {
	struct mock_server *server;
	struct lmi_conn *conn;
	const struct lmi_command *cmd;
	struct lmi_buf *out;
	int32_t opaque;
	bool again; /* it was held: what it commits has been taken */
};

/** NULL when there is no server of that number. */
struct mock_server *mock_server(struct lmq_mock *m, int number);
/** Where requests of a code are counted, -1: nowhere. */
int mock_code(int32_t code);

/* ---- mock_table.c: under the lock ---- */

struct mock_topic *mock_topic_find(struct mock_server *s, struct lmi_span name);
/** Make it, or give it so many queues.  NULL above a limit or without memory. */
struct mock_topic *mock_topic_make(struct mock_server *s, struct lmi_span name, int32_t queues);
/** Store a record; a store time above 0 stays.  0 or -ENOMEM. */
int mock_append(struct mock_server *s, struct mock_topic *t, int32_t queue_id, struct lmi_record *r);
struct mock_record *mock_record_at(struct mock_server *s, int64_t log_pos);
/** False without memory. */
bool mock_offset_put(struct mock_server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id, int64_t pos);
/** -1: none. */
int64_t mock_offset_get(struct mock_server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id);
/** @client p == NULL: free it.  False without memory. */
bool mock_lock_set(struct mock_server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id, struct lmi_span client);
const char *mock_lock_get(struct mock_server *s, struct lmi_span group, struct lmi_span topic, int32_t queue_id);
/** Free everything of a server's. */
void mock_server_done(struct mock_server *s);

/* ---- mock_serve.c ---- */

void mock_begin(const struct mock_request *r, struct lmi_command_out *o, int32_t code);
void mock_answer(const struct mock_request *r, int32_t code, const char *remark);
/** Takes the body. */
void mock_answer_body(const struct mock_request *r, struct lmi_buf *body);
/** Answer.  False when the request is to be held: only if @may_hold. */
bool mock_dispatch(const struct mock_request *r, bool may_hold);

/* ---- mock_consume.c ---- */

bool mock_serve_pull(const struct mock_request *r, bool may_hold);
void mock_serve_heartbeat(const struct mock_request *r);
void mock_serve_members(const struct mock_request *r);
void mock_serve_leave(const struct mock_request *r);
void mock_serve_lock(const struct mock_request *r);
void mock_serve_send_back(const struct mock_request *r);
void mock_serve_offset(const struct mock_request *r);
/** Forget the members of a connection. */
void mock_members_drop(struct mock_server *s, const struct lmi_conn *conn);

/* ---- mock_pop.c ---- */

bool mock_serve_pop(const struct mock_request *r, bool may_hold);
void mock_serve_ack(const struct mock_request *r);

/* ---- mock_transaction.c ---- */

/** Store a half message where nobody reads it.  NULL topic: as mock_topic_make. */
int mock_half_append(struct mock_server *s, struct lmi_record *rec, struct lmi_span topic, int32_t queue_id);
void mock_serve_end(const struct mock_request *r);
/** Ask for each open transaction on every connection on which heartbeats came.  How many were asked for. */
int mock_ask_open(struct mock_server *s);

/* ---- mock_script.c ---- */

/** Keep a request: @ms 0: until the next one of its code; @slow: at least so long. */
void mock_hold(const struct mock_request *r, struct lmi_span frame, int64_t ms, bool slow);
/** Serve what can be served of those that wait; @next_code of the request that came just now, 0: none. */
void mock_serve_held(struct mock_server *s, int32_t next_code);
extern const struct lmi_conn_ops mock_conn_ops;

#endif
