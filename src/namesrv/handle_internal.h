/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that are handle, inside src/namesrv. */
#ifndef LIGHTMQ_NAMESRV_HANDLE_INTERNAL_H
#define LIGHTMQ_NAMESRV_HANDLE_INTERNAL_H

#include "namesrv/namesrv.h"
#include "wire/codes.h"

/* One request on its way. */
struct ask {
	struct namesrv *n;
	const struct lmi_command *c;
	uint64_t conn_id;
	int64_t now_ms;
	struct lmi_buf *out;
};

static inline struct lmi_span ext(const struct ask *a, enum lmi_ext_key key)
{
	return lmi_command_ext(a->c, key);
}

void ask_begin(struct ask *a, struct lmi_command_out *o, int32_t code);
void ask_answer(struct ask *a, int32_t code, const char *remark);
void ask_answer_body(struct ask *a, struct lmi_span body);

/* A missing required field is an exception in RocketMQ, answered as SYSTEM_ERROR; ours says which. */
bool ask_missing(struct ask *a, const enum lmi_ext_key *keys, size_t n);
#define MISSING(a, ...) ask_missing(a, (const enum lmi_ext_key[]){ __VA_ARGS__ }, \
				    sizeof((const enum lmi_ext_key[]){ __VA_ARGS__ }) / sizeof(enum lmi_ext_key))

/* Text of a peer for a log line: control characters as dots, cut. */
#define SHOWN_CHARS 128
const char *shown(struct lmi_span text, char *out);

typedef void ask_fn(struct ask *a);
/* handle_register.c */
ask_fn ask_register, ask_unregister, ask_heartbeat, ask_data_version, ask_digest, ask_ranges, ask_topics;
/* Their ends, when there was work to do.  @err as given by the route table or the decoder. */
void ask_registered(struct ask *a, const struct route_registration *r, const struct route_registered *res, int err);
void ask_compared(struct ask *a, const uint8_t *bitmap, unsigned int bits, int err);
void ask_synced(struct ask *a, bool changed, int err);
/* Check and decode the body of a registration; any thread.  As lmi_register_decode, or -EBADMSG. */
int ask_read_topics(struct lmi_span body, bool compressed, int32_t crc, int32_t version, struct lmi_arena *arena, struct lmi_register *out);
/* handle_kv.c */
ask_fn ask_put_kv, ask_get_kv, ask_delete_kv, ask_list_kv, ask_get_config, ask_update_config;

/*
 * work.c: what would keep others waiting is decoded on a worker and done in steps, and answered at its end; one after the other.
 * Without a connection, a worker or cfg.later it is done at once.
 */
#define NAMESRV_WORK_TOPICS 256u              /* in a step */
#define NAMESRV_WORK_BODY (64u << 10)         /* body of a registration that is not decoded at once; compressed: a 16th */
#define NAMESRV_WORK_WAITING_MAX 1000u        /* that wait */
#define NAMESRV_WORK_BYTES_MAX (128u << 20)   /* of their bodies; above: SYSTEM_BUSY, the broker comes again */

/* True: it is taken, or was refused as there are too many. */
bool namesrv_work_register(struct ask *a, const struct route_registration *r, bool compressed, int32_t crc);
void namesrv_work_ranges(struct ask *a, unsigned int bits, const uint8_t *digests);
void namesrv_work_topics(struct ask *a, const struct lmi_sync_topics *s);
/* A broker that unregisters is not registered by what it said before. */
void namesrv_work_drop(struct namesrv *n, struct lmi_span broker_name, struct lmi_span addr);
void namesrv_work_conn_closed(struct namesrv *n, uint64_t conn_id);
void namesrv_work_free_all(struct namesrv *n);

#endif
