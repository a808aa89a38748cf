/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the library see of a mock beyond lightmq/mock.h, and short names that assert.
 */
#ifndef LIGHTMQ_TESTS_SUPPORT_MOCK_H
#define LIGHTMQ_TESTS_SUPPORT_MOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include <lightmq/mock.h>

#define MOCK_NAMESRV LMQ_MOCK_NAMESRV
#define MOCK_BROKERS_MAX LMQ_MOCK_BROKERS_MAX
#define MOCK_WAIT_S 20 /* after which a wait gives up */
#define MOCK_WAIT_MS (MOCK_WAIT_S * 1000)

#define mock_free lmq_mock_free
#define mock_namesrv lmq_mock_namesrv
#define mock_calm lmq_mock_calm
#define mock_seed lmq_mock_seed
#define mock_count lmq_mock_requests
#define mock_stored lmq_mock_stored
#define mock_members lmq_mock_members
#define mock_disconnect (void)lmq_mock_disconnect
#define mock_wait(m, server, code, count) (lmq_mock_wait_requests(m, server, code, count, MOCK_WAIT_MS) == 0)
#define mock_wait_stored(m, topic, count) (lmq_mock_wait_stored(m, topic, count, MOCK_WAIT_MS) == 0)
#define mock_wait_members(m, broker, group, count) (lmq_mock_wait_members(m, broker, group, count, MOCK_WAIT_MS) == 0)
#define mock_wait_offsets(m, group, topic, sum) (lmq_mock_wait_consumed(m, group, topic, (uint64_t)(sum), MOCK_WAIT_MS) == 0)

struct lmq_mock *mock_new(size_t brokers);
void mock_topic(struct lmq_mock *m, const char *topic, int32_t queues);
void mock_script(struct lmq_mock *m, int server, int32_t code, enum lmq_mock_fault fault, int32_t value, int times);
/** From now on all servers speak TLS and nothing else. */
struct lmi_tls;
void mock_secure(struct lmq_mock *m, struct lmi_tls *tls);
/** Stop listening as well; the route goes on naming it. */
void mock_kill(struct lmq_mock *m, int server);

/** Put a message into a queue as if somebody had sent it; @sysflag as stored. */
void mock_put(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, const char *props, const void *body,
	      size_t body_bytes, int32_t sysflag);
/** The same, as if it had been stored then: ms since 1970. */
void mock_put_at(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, const char *body, int64_t store_ms);
/** Properties text of the n-th message of a queue, copied; "" when there is none. */
void mock_props(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, size_t n, char *out, size_t cap);

/** sysFlag of such a message, -1 when there is none; the whole record, its length or 0. */
int32_t mock_sysflag(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, size_t n);
size_t mock_record(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, size_t n, void *out, size_t cap);
/** A header field of the last request of a code, copied; "" when there is none. */
void mock_last(struct lmq_mock *m, int server, int32_t code, const char *name, char *out, size_t cap);
/** Send a request of the broker's own on every connection on which heartbeats came; ext: name, value, …, NULL. */
void mock_ask(struct lmq_mock *m, int broker, int32_t code, const char *const *ext, const void *body, size_t body_bytes);

/** Committed position, -1: none. */
int64_t mock_offset(struct lmq_mock *m, int broker, const char *group, const char *topic, int32_t queue_id);
/** Set one, before a consumer comes. */
void mock_set_offset(struct lmq_mock *m, int broker, const char *group, const char *topic, int32_t queue_id, int64_t pos);
/** One past the highest position that was handed out of a queue. */
int64_t mock_handed_out(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id);
/** Forget messages below a position. */
void mock_trim(struct lmq_mock *m, int broker, const char *topic, int32_t queue_id, int64_t min_pos);

/** Give the lock of a queue to a client, or free it: NULL.  Whether somebody has it. */
void mock_lock(struct lmq_mock *m, int broker, const char *group, const char *topic, int32_t queue_id, const char *client);
bool mock_locked(struct lmq_mock *m, int broker, const char *group, const char *topic, int32_t queue_id);
/** The delay level of the last message that was sent back. */
int32_t mock_back_level(struct lmq_mock *m, int broker);

/**
 * Send a request to the first member of a group and wait for its answer.
 *
 * @answer  receives the answer's body as text, cut to fit; NULL: sent one-way
 *
 * Returns the answer's code; -1 when there is no member, or no answer in time.
 */
int32_t mock_order(struct lmq_mock *m, int broker, const char *group, int32_t code, const void *body, size_t body_bytes,
		   char *answer, size_t cap);

/** The last heartbeat's body, copied. */
void mock_heartbeat(struct lmq_mock *m, int broker, char *out, size_t cap);

#endif
