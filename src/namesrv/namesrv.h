/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name server: routes and KV configuration behind frames.  Assembly over io; the decisions are in handle.c and the
 * tables, which know no socket.  Owner: the core loop.
 */
#ifndef LIGHTMQ_NAMESRV_NAMESRV_H
#define LIGHTMQ_NAMESRV_NAMESRV_H

#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "disk/disk.h"
#include "io/conn.h"
#include "namesrv/kv_table.h"
#include "namesrv/route_table.h"
#include "wire/command.h"

#define NAMESRV_KV_WAITING_MAX 10000u /* changes of the KV configuration that wait for the disk */
#define NAMESRV_SNAPSHOT_MS 10000     /* between two snapshots */
#define NAMESRV_ARENA_MAX (256u << 20)   /* one registration, inflated and decoded */

struct namesrv_config {
	struct route_limits limits;
	const struct lmi_clock *clock; /* borrowed */
	struct lmi_log *log;           /* borrowed; NULL: silent */
	struct disk *disk;             /* holds kv_file; borrowed; NULL: not kept */
	const char *kv_file;           /* name below the disk's root; borrowed */
	struct disk *settings_disk;    /* holds settings_file, which keeps what requests changed; borrowed; NULL: not kept */
	const char *settings_file;
	struct disk *snapshot_disk;    /* holds snapshot_file; borrowed; NULL: no snapshot */
	const char *snapshot_file;
	struct lmi_executor *executor; /* saves files on a worker; NULL: inside the request */
	int64_t scan_interval_ms;
	bool order_message, return_order_config, all_topic_list, unit_topic_list;
	bool need_wait;                /* needWaitForService: no route before wait_ms have passed */
	int64_t wait_ms;
	bool notify_min_id;            /* notifyMinBrokerIdChanged */
	/** Run fn(arg) on this thread soon, after those who wait now; 0 or an error.  NULL: long requests are done in one go. */
	int (*later)(void *user, void (*fn)(void *arg), void *arg);
	/** GET_NAMESRV_CONFIG: append key=value lines.  May be NULL. */
	void (*list_settings)(void *user, struct lmi_buf *out);
	/**
	 * UPDATE_NAMESRV_CONFIG: one of them; @change false: only say whether it may be.  May be NULL.
	 * Returns a response code; but for LMI_RSP_SUCCESS with a sentence in @why.
	 */
	int32_t (*set_setting)(void *user, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap);
	/** What settings_file is to hold now. */
	void (*put_changes)(void *user, struct lmi_buf *out);
	/** Send a one-way request to a broker.  May be NULL. */
	void (*send)(void *user, const char *address, struct lmi_span frame);
	void *user;
};

struct namesrv_saver; /* one file being replaced */
struct namesrv_work;  /* a request that takes long */

struct namesrv {
	struct namesrv_config cfg;
	struct route_table *routes;
	struct kv_table kv;
	struct lmi_arena arena;     /* of the request being handled */
	int64_t started_ms;
	int64_t last_scan_ms;
	struct lmi_log_limit bad_frames, refusals;
	struct lmi_conn *conn;      /* of the request in hand; NULL: there is none, its answer cannot wait */
	struct namesrv_saver *kv_saver, *settings_saver, *snapshot_saver;
	struct namesrv_work *work, **work_last; /* oldest first; the first is being done */
	size_t work_count, work_bytes;
	uint64_t snapshot_epoch;    /* of the routes that the file has */
	int64_t snapshot_ms;        /* when it was begun */
	uint64_t requests;
};

/** Load the KV file and make the tables.  0, or an error (a file that cannot be read is said and starts empty). */
int namesrv_init(struct namesrv *n, const struct namesrv_config *cfg);
/** When the executor has ended all jobs; long requests that still wait are dropped. */
void namesrv_done(struct namesrv *n);

/**
 * Decide on one request and append its answer (none for one-way ones and responses).
 *
 * @conn_id  of the connection it came over, for later namesrv_conn_closed
 */
void namesrv_handle(struct namesrv *n, const struct lmi_command *c, uint64_t conn_id, struct lmi_buf *out);
void namesrv_conn_closed(struct namesrv *n, uint64_t conn_id);
/** The KV configuration has changed: save it, and answer when that is done (with an error when it cannot be). */
void namesrv_save_kv(struct namesrv *n, const struct lmi_command *c, struct lmi_buf *out);
/** The same for settings. */
void namesrv_save_settings(struct namesrv *n, const struct lmi_command *c, struct lmi_buf *out);
/** Write the last snapshot (a clean stop).  Blocks. */
void namesrv_last_snapshot(struct namesrv *n);

/** What is due now, in monotonic milliseconds: a step of the wall clock withdraws nobody. */
void namesrv_duty(struct namesrv *n, int64_t now_ms);

/** Frames of connections whose user is the namesrv. */
extern const struct lmi_conn_ops namesrv_conn_ops;

#endif
