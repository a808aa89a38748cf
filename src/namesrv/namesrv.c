/* SPDX-License-Identifier: Apache-2.0 */
#include "namesrv/namesrv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "namesrv/handle_internal.h"
#include "base/event.h"
#include "namesrv/saver.h"
#include "wire/codes.h"

#define KV_FILE_MAX (64u << 20)
#define SNAPSHOT_FILE_MAX (1u << 30)

static void log_gone(void *user, const struct route_event *e)
{
	static const char *const why[] = {
		[ROUTE_GONE_UNREGISTERED] = "it unregistered",
		[ROUTE_GONE_EXPIRED] = "no heartbeat",
		[ROUTE_GONE_CLOSED] = "its connection closed",
		[ROUTE_GONE_REPLACED] = "another address registered under its name and id",
	};
	struct namesrv *n = user;
	const struct lmi_log_field fields[] = { LMI_LOG_EVENT(LMI_EVENT_BROKER_WITHDRAWN), { "BROKER", e->broker_name, 0 }, { "CLIENT", e->addr, 0 },
						{ NULL, NULL, 0 } };

	lmi_log_with(n->cfg.log, e->why == ROUTE_GONE_UNREGISTERED ? LMI_LOG_NOTICE : LMI_LOG_WARNING, fields,
		     "broker %s id %" PRId64 " at %s withdrawn: %s, last sign of life %" PRId64 ".%03" PRId64 " s ago, %zu topics lost it",
		     e->broker_name, e->broker_id, e->addr, why[e->why], e->silent_ms / 1000, e->silent_ms % 1000, e->topics);
}

/* Rule: RouteInfoManager.notifyMinBrokerIdChanged. */
static void tell_min_id(void *user, const struct route_min_id *e)
{
	struct namesrv *n = user;
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf b = { 0 };
	struct lmi_command_out o;

	if (!n->cfg.notify_min_id || !n->cfg.send)
		return;
	lmi_command_begin(&o, &b, LMI_SERIALIZE_JSON, LMI_REQ_NOTIFY_MIN_BROKER_ID_CHANGE, 0, LMI_FLAG_ONEWAY);
	lmi_command_put(&o, LMI_EXT_BROKER_NAME, lmi_span_str(e->broker_name));
	lmi_command_put_name(&o, LMI_SPAN_LIT("minBrokerAddr"), lmi_span_str(e->min_addr));
	if (e->offline_addr)
		lmi_command_put_name(&o, LMI_SPAN_LIT("offlineBrokerAddr"), lmi_span_str(e->offline_addr));
	if (e->ha_addr)
		lmi_command_put_name(&o, LMI_SPAN_LIT("haBrokerAddr"), lmi_span_str(e->ha_addr));
	char id[24];
	snprintf(id, sizeof(id), "%" PRId64, e->min_id);
	lmi_command_put_name(&o, LMI_SPAN_LIT("minBrokerId"), lmi_span_str(id));
	lmi_command_end(&o, 0);
	for (size_t i = 0; !b.failed && i < e->tell_count; i++)
		n->cfg.send(n->cfg.user, e->tell[i], lmi_buf_span(&b));
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

static void load_snapshot(struct namesrv *n)
{
	uint8_t *text = NULL;
	size_t bytes = 0;
	int r = disk_read_all(n->cfg.snapshot_disk, n->cfg.snapshot_file, SNAPSHOT_FILE_MAX, &text, &bytes);

	if (r == -ENOENT)
		return;
	if (r == 0)
		r = route_table_load(n->routes, lmi_span(text, bytes), n->started_ms);
	free(text);
	if (r < 0)
		lmi_log(n->cfg.log, LMI_LOG_WARNING, "the route snapshot %s cannot be used: %s", n->cfg.snapshot_file, lmi_strerror(r));
	else
		lmi_log(n->cfg.log, LMI_LOG_NOTICE, "answering from the route snapshot %s until brokers are back: %zu brokers, %zu topics",
			n->cfg.snapshot_file, route_table_broker_count(n->routes), route_table_topic_count(n->routes));
	n->snapshot_epoch = route_table_epoch(n->routes);
}

int namesrv_init(struct namesrv *n, const struct namesrv_config *cfg)
{
	const struct route_hooks hooks = { log_gone, tell_min_id, n };

	*n = (struct namesrv){ .cfg = *cfg, .bad_frames = { .interval_ms = 10000, .burst = 10 }, .refusals = { .interval_ms = 10000, .burst = 10 } };
	n->work_last = &n->work;
	n->started_ms = n->last_scan_ms = n->snapshot_ms = lmi_mono_ms(cfg->clock);
	lmi_arena_init(&n->arena, NAMESRV_ARENA_MAX);
	n->routes = route_table_new(&cfg->limits, &hooks);
	n->kv_saver = namesrv_saver_new(n, cfg->disk, cfg->kv_file);
	n->settings_saver = namesrv_saver_new(n, cfg->settings_disk, cfg->settings_file);
	n->snapshot_saver = namesrv_saver_new(n, cfg->snapshot_disk, cfg->snapshot_file);
	if (!n->routes || !n->kv_saver || !n->settings_saver || !n->snapshot_saver) {
		namesrv_done(n);
		return -ENOMEM;
	}
	if (cfg->disk)
		load_kv(n);
	if (cfg->snapshot_disk)
		load_snapshot(n);
	return 0;
}

void namesrv_done(struct namesrv *n)
{
	namesrv_work_free_all(n);
	namesrv_saver_free(n->kv_saver);
	namesrv_saver_free(n->settings_saver);
	namesrv_saver_free(n->snapshot_saver);
	route_table_free(n->routes);
	kv_table_done(&n->kv);
	lmi_arena_done(&n->arena);
}

void namesrv_conn_closed(struct namesrv *n, uint64_t conn_id)
{
	namesrv_work_conn_closed(n, conn_id);
	route_table_conn_closed(n->routes, conn_id, lmi_mono_ms(n->cfg.clock));
}

static void snapshot_due(struct namesrv *n, int64_t now_ms)
{
	if (!n->cfg.snapshot_disk || now_ms - n->snapshot_ms < NAMESRV_SNAPSHOT_MS || n->snapshot_epoch == route_table_epoch(n->routes))
		return;
	n->snapshot_ms = now_ms;
	n->snapshot_epoch = route_table_epoch(n->routes);
	namesrv_save_routes(n);
}

void namesrv_duty(struct namesrv *n, int64_t now_ms)
{
	snapshot_due(n, now_ms);
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

	n->conn = conn;
	if (r == 0)
		namesrv_handle(n, &c, lmi_conn_id(conn), lmi_conn_out(conn));
	n->conn = NULL;
	lmi_arena_reset(&n->arena);
	return r;
}

static void on_close(struct lmi_conn *conn, int cause)
{
	struct namesrv *n = lmi_conn_user(conn);
	const char *why = lmi_strerror(cause);
	char peer[LMI_HOST_CHARS];
	unsigned int dropped;

	namesrv_conn_closed(n, lmi_conn_id(conn));
	if (cause != -LMQ_EMALFORMED && cause != -LMQ_ETOOBIG && cause != -LMQ_EUNSUPPORTED && cause != -LMQ_EFULL)
		return;
	if (!lmi_log_limit_pass(&n->bad_frames, lmi_mono_ms(n->cfg.clock), &dropped))
		return;
	lmi_host_print(lmi_conn_peer(conn), peer, sizeof(peer));
	if (cause == -LMQ_EFULL)
		why = "it does not read its answers, or all connections together hold more than maxHeldBytes";
	lmi_log_with(n->cfg.log, LMI_LOG_WARNING, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_PEER_BAD), { "CLIENT", peer, 0 }),
		"connection from %s closed: %s (%u more lines like this were dropped)", peer, why, dropped);
}

const struct lmi_conn_ops namesrv_conn_ops = { .on_frame = on_frame, .on_close = on_close };
