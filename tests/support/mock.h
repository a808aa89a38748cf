/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name server and brokers in this process, for tests of clients: tables of their own, and a script that makes them
 * refuse, keep silent, break off or send garbage.  One thread with one loop serves them all; every function may be called
 * from any other thread.
 */
#ifndef LIGHTMQ_TESTS_SUPPORT_MOCK_H
#define LIGHTMQ_TESTS_SUPPORT_MOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOCK_NAMESRV (-1)   /* the name server's number among the brokers */
#define MOCK_BROKERS_MAX 4
#define MOCK_WAIT_S 20      /* after which a wait gives up */

struct mock;

/** Start; asserts that it works.  Brokers are called broker-0, broker-1 … */
struct mock *mock_new(size_t brokers);
void mock_free(struct mock *m);

/** "127.0.0.1:PORT" */
const char *mock_namesrv(const struct mock *m);
/** Make a topic on every broker. */
void mock_topic(struct mock *m, const char *topic, int32_t queues);

enum mock_act {
	MOCK_REFUSE,  /* answer with the code given */
	MOCK_SILENT,  /* take the request and never answer */
	MOCK_CLOSE,   /* close the connection instead of answering */
	MOCK_LATE,    /* do and answer it, but only when the next request comes */
	MOCK_GARBAGE, /* answer with bytes that are no frame */
	MOCK_CUT,     /* send half an answer, then close */
	MOCK_STRANGER, /* answer with another opaque, then with the right one */
	MOCK_SPOIL    /* answer with some bytes of the answer changed; addresses stay, see mock_seed */
};

/** Begin the chance by which answers are spoilt anew. */
void mock_seed(struct mock *m, uint64_t seed);

/** What becomes of the next @times requests of a code at a server. */
void mock_script(struct mock *m, int server, int32_t code, enum mock_act act, int32_t response_code, int times);

/** Forget all scripts that are left. */
void mock_calm(struct mock *m);

/** How many requests of a code a server has had; wait until it is as many: false when it takes too long. */
uint64_t mock_count(struct mock *m, int server, int32_t code);
bool mock_wait(struct mock *m, int server, int32_t code, uint64_t count);

/** Messages stored in a topic, all brokers and queues; wait as above. */
uint64_t mock_stored(struct mock *m, const char *topic);
bool mock_wait_stored(struct mock *m, const char *topic, uint64_t count);
/** Put a message into a queue as if somebody had sent it; @sysflag as stored. */
void mock_put(struct mock *m, int broker, const char *topic, int32_t queue_id, const char *props, const void *body,
	      size_t body_bytes, int32_t sysflag);
/** The same, as if it had been stored then: ms since 1970. */
void mock_put_at(struct mock *m, int broker, const char *topic, int32_t queue_id, const char *body, int64_t store_ms);
/** Properties text of the n-th message of a queue, copied; "" when there is none. */
void mock_props(struct mock *m, int broker, const char *topic, int32_t queue_id, size_t n, char *out, size_t cap);

/** sysFlag of such a message, -1 when there is none; the whole record, its length or 0. */
int32_t mock_sysflag(struct mock *m, int broker, const char *topic, int32_t queue_id, size_t n);
size_t mock_record(struct mock *m, int broker, const char *topic, int32_t queue_id, size_t n, void *out, size_t cap);
/** A header field of the last request of a code, copied; "" when there is none. */
void mock_last(struct mock *m, int server, int32_t code, const char *name, char *out, size_t cap);
/** Send a request of the broker's own on every connection on which heartbeats came; ext: name, value, …, NULL. */
void mock_ask(struct mock *m, int broker, int32_t code, const char *const *ext, const void *body, size_t body_bytes);

/** Committed position, -1: none.  Wait until all queues' sum is so much. */
int64_t mock_offset(struct mock *m, int broker, const char *group, const char *topic, int32_t queue_id);
bool mock_wait_offsets(struct mock *m, const char *group, const char *topic, int64_t sum);
/** Set one, before a consumer comes. */
void mock_set_offset(struct mock *m, int broker, const char *group, const char *topic, int32_t queue_id, int64_t pos);
/** One past the highest position that was handed out of a queue. */
int64_t mock_handed_out(struct mock *m, int broker, const char *topic, int32_t queue_id);
/** Forget messages below a position. */
void mock_trim(struct mock *m, int broker, const char *topic, int32_t queue_id, int64_t min_pos);

/** Give the lock of a queue to a client, or free it: NULL.  Whether somebody has it. */
void mock_lock(struct mock *m, int broker, const char *group, const char *topic, int32_t queue_id, const char *client);
bool mock_locked(struct mock *m, int broker, const char *group, const char *topic, int32_t queue_id);
/** The delay level of the last message that was sent back. */
int32_t mock_back_level(struct mock *m, int broker);

/**
 * Send a request to the first member of a group and wait for its answer.
 *
 * @answer  receives the answer's body as text, cut to fit; NULL: sent one-way
 *
 * Returns the answer's code; -1 when there is no member, or no answer in time.
 */
int32_t mock_order(struct mock *m, int broker, const char *group, int32_t code, const void *body, size_t body_bytes,
		   char *answer, size_t cap);

/** Members of a group at a broker; wait until there are so many. */
size_t mock_members(struct mock *m, int broker, const char *group);
bool mock_wait_members(struct mock *m, int broker, const char *group, size_t count);

/** Close every connection to a server. */
void mock_disconnect(struct mock *m, int server);
/** Stop listening as well; the route goes on naming it. */
void mock_kill(struct mock *m, int server);
/** The last heartbeat's body, copied. */
void mock_heartbeat(struct mock *m, int broker, char *out, size_t cap);

#endif
