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
/* handle_kv.c */
ask_fn ask_put_kv, ask_get_kv, ask_delete_kv, ask_list_kv, ask_get_config, ask_update_config;

#endif
