/* SPDX-License-Identifier: Apache-2.0 */
#include "namesrv/namesrv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define KV_FILE_MAX (64u << 20)
#define ARENA_MAX (256u << 20) /* one registration, inflated and decoded */

static void log_gone(void *user, const struct route_event *e)
{
	static const char *const why[] = {
		[ROUTE_GONE_UNREGISTERED] = "it unregistered",
		[ROUTE_GONE_EXPIRED] = "no heartbeat",
		[ROUTE_GONE_CLOSED] = "its connection closed",
	};
	struct namesrv *n = user;
	const struct lmi_log_field fields[] = { { "BROKER", e->broker_name }, { "CLIENT", e->addr }, { NULL, NULL } };

	lmi_log_with(n->cfg.log, e->why == ROUTE_GONE_UNREGISTERED ? LMI_LOG_NOTICE : LMI_LOG_WARNING, fields,
		     "broker %s id %" PRId64 " at %s withdrawn: %s, last sign of life %" PRId64 ".%03" PRId64 " s ago, %zu topics lost it",
		     e->broker_name, e->broker_id, e->addr, why[e->why], e->silent_ms / 1000, e->silent_ms % 1000, e->topics);
}

static void load_kv(struct namesrv *n)
{
	uint8_t *text = NULL;
	size_t bytes = 0;
	struct lmi_arena a;
	int r = disk_read_all(n->cfg.disk, n->cfg.kv_file, KV_FILE_MAX, &text, &bytes);

	if (r == -ENOENT)
		return;
	lmi_arena_init(&a, 0);
	if (r == 0)
		r = kv_table_decode(&n->kv, lmi_span(text, bytes), &a);
	if (r < 0) {
		char bak[512];

		kv_table_done(&n->kv);
		free(text);
		text = NULL;
		snprintf(bak, sizeof(bak), "%s.bak", n->cfg.kv_file);
		lmi_log(n->cfg.log, LMI_LOG_WARNING, "%s cannot be used (%s): trying %s", n->cfg.kv_file, lmi_strerror(r), bak);
		r = disk_read_all(n->cfg.disk, bak, KV_FILE_MAX, &text, &bytes);
		if (r == 0)
			r = kv_table_decode(&n->kv, lmi_span(text, bytes), &a);
		if (r < 0) {
			kv_table_done(&n->kv);
			lmi_log(n->cfg.log, LMI_LOG_ERR, "%s cannot be used either (%s): starting with no KV configuration", bak, lmi_strerror(r));
		}
	}
	free(text);
	lmi_arena_done(&a);
}

int namesrv_init(struct namesrv *n, const struct namesrv_config *cfg)
{
	*n = (struct namesrv){ .cfg = *cfg, .bad_frames = { .interval_ms = 10000, .burst = 10 } };
	n->started_ms = n->last_scan_ms = lmi_mono_ms(cfg->clock);
	lmi_arena_init(&n->arena, ARENA_MAX);
	n->routes = route_table_new(&cfg->limits, log_gone, n);
	if (!n->routes)
		return -ENOMEM;
	if (cfg->disk)
		load_kv(n);
	return 0;
}

void namesrv_done(struct namesrv *n)
{
	route_table_free(n->routes);
	kv_table_done(&n->kv);
	lmi_arena_done(&n->arena);
}

void namesrv_conn_closed(struct namesrv *n, uint64_t conn_id)
{
	route_table_conn_closed(n->routes, conn_id, lmi_mono_ms(n->cfg.clock));
}

void namesrv_duty(struct namesrv *n, int64_t now_ms)
{
	if (now_ms - n->last_scan_ms < n->cfg.scan_interval_ms && now_ms >= n->last_scan_ms)
		return;
	n->last_scan_ms = now_ms;
	route_table_expire(n->routes, now_ms);
}

static int on_frame(struct lmi_conn *conn, struct lmi_span frame)
{
	struct namesrv *n = lmi_conn_user(conn);
	struct lmi_command c;
	int r = lmi_command_decode(frame, &n->arena, &c);

	if (r == 0)
		namesrv_handle(n, &c, lmi_conn_id(conn), lmi_conn_out(conn));
	lmi_arena_reset(&n->arena);
	return r;
}

static void on_close(struct lmi_conn *conn, int cause)
{
	struct namesrv *n = lmi_conn_user(conn);
	char peer[LMI_HOST_CHARS];
	unsigned int dropped;

	namesrv_conn_closed(n, lmi_conn_id(conn));
	if (cause != -LMQ_EMALFORMED && cause != -LMQ_ETOOBIG && cause != -LMQ_EUNSUPPORTED)
		return;
	if (!lmi_log_limit_pass(&n->bad_frames, lmi_mono_ms(n->cfg.clock), &dropped))
		return;
	lmi_host_print(lmi_conn_peer(conn), peer, sizeof(peer));
	lmi_log(n->cfg.log, LMI_LOG_WARNING, "connection from %s closed: %s (%u more lines like this were dropped)", peer,
		lmi_strerror(cause), dropped);
}

const struct lmi_conn_ops namesrv_conn_ops = { .on_frame = on_frame, .on_close = on_close };
