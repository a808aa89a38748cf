/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/broker/handle, L3: one request, one answer.  Uses state, store, wire, rules and base; no sockets, no loop: a test
 * calls a handler with a decoded command and a peer of its own, and looks at the frames that come out.
 * Owner of everything here: the core loop.
 *
 * An answer is one of: now (in the handler), when written or synced (state/pending), when a worker has read (handle/defer,
 * or the hold of a pull), held (state/hold_table), none (one-way).
 */
#ifndef LIGHTMQ_BROKER_HANDLE_HANDLE_H
#define LIGHTMQ_BROKER_HANDLE_HANDLE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "broker/handle/settings.h"
#include "broker/state/call_table.h"
#include "broker/state/client_table.h"
#include "broker/state/delay_table.h"
#include "broker/state/group_table.h"
#include "broker/state/hold_table.h"
#include "broker/state/lock_table.h"
#include "broker/state/mode_table.h"
#include "broker/state/offset_table.h"
#include "broker/state/pending.h"
#include "broker/state/pop_table.h"
#include "broker/state/pop_wait.h"
#include "broker/state/route_cache.h"
#include "broker/state/stat_history.h"
#include "broker/state/stat_table.h"
#include "broker/state/timer_counts.h"
#include "broker/state/topic_table.h"
#include "broker/state/transaction_table.h"
#include "store/store.h"
#include "store/timer_index.h"
#include "wire/data_version.h"
#include "wire/command.h"

#define HANDLE_ARENA_MAX (64u << 20)   /* bytes that one request may take to be decoded and answered */
#define HANDLE_OUT_PAUSE (8u << 20)    /* bytes waiting on a connection above which it gets no further messages for now */
#define HANDLE_RETRY_MS 100            /* when a full connection is tried again */
#define HANDLE_SCRATCH_KEEP (64u << 10)

/* Counted since start, for runtime information and the status line. */
struct handle_counts {
	int64_t put_messages, put_bytes, put_failed;
	int64_t got_messages, got_bytes, got_found, got_none;
	int64_t requests, refused;
};

/* The settings as the program holds them, asked for and changed over the wire.  Both may be NULL. */
struct handle_conf {
	/** Append effective values as key=value lines. */
	void (*list)(void *user, struct lmi_buf *out);
	/**
	 * Take a setting over, or with change false only look whether it could be.
	 *
	 * Returns LMI_RSP_SUCCESS, or another code and @why a sentence for people.
	 */
	int32_t (*set)(void *user, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap);
	/** Append the file that keeps what requests have changed. */
	void (*put_changes)(void *user, struct lmi_buf *out);
	void *user;
};

/* The rooms that handlers may enter.  Everything is borrowed but the last group. */
struct handle {
	const struct broker_settings *settings;
	const struct lmi_clock *clock;
	struct lmi_rng *rng;
	struct lmi_log *log;
	struct store *store;
	struct topic_table *topics;
	struct group_table *groups;
	struct offset_table *offsets;
	const struct delay_table *delays;
	struct client_table *clients;
	struct call_table *calls;
	struct lock_table *locks;
	struct hold_table *holds;
	struct pending *pending;
	struct mode_table *modes;
	struct pop_table *pops;
	struct pop_wait_table *pop_waits;
	struct route_cache *routes;
	struct announce *announce; /* NULL: nobody waits for name servers */
	bool made_topic;           /* by the send in hand: its answer waits until name servers know */
	struct transaction_table *transactions;
	struct timer_index *timers;
	struct timer_counts *timer_counts;
	const struct handle_conf *conf; /* NULL: nothing is told, nothing changes */
	struct lmi_data_version conf_version;
	bool conf_unsaved;
	int64_t start_ms;
	bool stopping;  /* nothing is held any more */
	int32_t opaque; /* of the last request that we sent to a client */
	uint32_t pop_count; /* chooses the revive queue that receipts name */

	struct lmi_arena arena; /* of the request in hand */
	struct lmi_buf scratch; /* body or properties being put together */
	struct lmi_buf trash;   /* answers that nobody wants */
	struct store_get get;
	struct handle_counts counts;
	struct stat_table stats; /* counted into by count.c */
	struct stat_history history;
};

/* A request in hand. */
struct request {
	struct peer *peer;
	const struct lmi_command *cmd;
	struct lmi_span frame; /* the whole of it, to be entered again after a read */
	struct lmi_buf *out;   /* the peer's, or the trash of a one-way request */
	uint32_t entered;      /* how often it was entered before */
};

/** The last group of fields; the others are set by the caller. */
void handle_init(struct handle *h);
void handle_done(struct handle *h);

static inline int64_t handle_now(const struct handle *h)
{
	return lmi_wall_ms(h->clock);
}

/* ---- answers ---- */

/** Begin the answer to a request. */
void answer_begin(const struct request *r, struct lmi_command_out *o, int32_t code);

/** A bare answer. */
void answer_code(const struct request *r, int32_t code);

/** An error with a sentence for people. */
void answer_error(struct handle *h, const struct request *r, int32_t code, const char *fmt, ...) LMI_PRINTF(4, 5);

/** A success with a body and no fields. */
void answer_body(const struct request *r, struct lmi_span body);

/** A success with one number. */
void answer_i64(const struct request *r, enum lmi_ext_key key, int64_t value);

/** The scratch buffer, emptied, and a JSON writer on it. */
struct lmi_buf *scratch_json(struct handle *h, struct lmi_json_out *o);

/** For %.*s */
#define SPAN_ARGS(s) (int)(s).n, (const char *)((s).p ? (s).p : (const uint8_t *)"")

/* ---- fields of a request ---- */

/*
 * Read what is needed, then ask fields_ok once: a missing or broken required field is answered there.
 * RocketMQ answers SYSTEM_ERROR to a missing required field, by way of a null pointer; we name the field.
 */
struct fields {
	const struct lmi_command *cmd;
	enum lmi_ext_key missing, broken; /* the first of each, or LMI_EXT_UNKNOWN */
};

static inline struct fields fields_of(const struct request *r)
{
	return (struct fields){ .cmd = r->cmd };
}

struct lmi_span fields_text(struct fields *f, enum lmi_ext_key key);
int32_t fields_i32(struct fields *f, enum lmi_ext_key key);
int64_t fields_i64(struct fields *f, enum lmi_ext_key key);
/* Optional ones: the default stays when absent; a broken number is an error all the same. */
struct lmi_span fields_text_or(const struct fields *f, enum lmi_ext_key key, struct lmi_span otherwise);
int32_t fields_i32_or(struct fields *f, enum lmi_ext_key key, int32_t otherwise);
int64_t fields_i64_or(struct fields *f, enum lmi_ext_key key, int64_t otherwise);
bool fields_bool_or(const struct fields *f, enum lmi_ext_key key, bool otherwise);

/** False when the request was answered with an error. */
bool fields_ok(struct handle *h, const struct request *r, const struct fields *f);

/* ---- entering again ---- */

/**
 * Have extents read by a worker, then dispatch the same request again.  Answers by itself when that cannot be done.
 */
void defer_until_read(struct handle *h, const struct request *r, const struct store_extent *e, size_t n);

/* ---- the table ---- */

typedef void handler_fn(struct handle *h, const struct request *r);

/** Decode a frame and handle it.  Returns 0, or the decoder's error: the connection must be closed. */
int handle_frame(struct handle *h, struct peer *p, struct lmi_span frame);

/** Handle a decoded command; entered: how often before. */
void dispatch(struct handle *h, struct request *r);

#endif
