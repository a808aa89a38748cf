/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name server: routes and KV configuration behind frames.  Assembly over io; the decisions are in handle.c and the
 * tables, which know no socket.  Owner: the core loop.
 */
#ifndef LIGHTMQ_NAMESRV_NAMESRV_H
#define LIGHTMQ_NAMESRV_NAMESRV_H

#include "base/clock.h"
#include "base/log.h"
#include "disk/disk.h"
#include "io/conn.h"
#include "namesrv/kv_table.h"
#include "namesrv/route_table.h"
#include "wire/command.h"

struct namesrv_config {
	struct route_limits limits;
	const struct lmi_clock *clock; /* borrowed */
	struct lmi_log *log;           /* borrowed; NULL: silent */
	struct disk *disk;             /* holds kv_file; borrowed; NULL: not kept */
	const char *kv_file;           /* name below the disk's root; borrowed */
	int64_t scan_interval_ms;
	bool order_message, return_order_config, all_topic_list, unit_topic_list;
};

struct namesrv {
	struct namesrv_config cfg;
	struct route_table *routes;
	struct kv_table kv;
	struct lmi_arena arena;     /* of the request being handled */
	int64_t started_ms;
	int64_t last_scan_ms;
	struct lmi_log_limit bad_frames;
	uint64_t requests;
};

/** Load the KV file and make the tables.  0, or an error (a file that cannot be read is said and starts empty). */
int namesrv_init(struct namesrv *n, const struct namesrv_config *cfg);
void namesrv_done(struct namesrv *n);

/**
 * Decide on one request and append its answer (none for one-way ones and responses).
 *
 * @conn_id  of the connection it came over, for later namesrv_conn_closed
 */
void namesrv_handle(struct namesrv *n, const struct lmi_command *c, uint64_t conn_id, struct lmi_buf *out);
void namesrv_conn_closed(struct namesrv *n, uint64_t conn_id);
/** What is due now, in monotonic milliseconds: a step of the wall clock withdraws nobody. */
void namesrv_duty(struct namesrv *n, int64_t now_ms);

/** Frames of connections whose user is the namesrv. */
extern const struct lmi_conn_ops namesrv_conn_ops;

#endif
