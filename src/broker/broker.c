/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/broker_internal.h"
#include "broker/metrics.h"

#define MINUTE_MS 60000

/* ---- the turn and the tick ---- */

static void stop_when_quiet(struct broker *b)
{
	bool late = lmi_loop_now_ms(b->cfg.loop) >= b->stop_by_ms;
	if (b->stopped || (!late && (b->unregistering || !core_is_quiet(&b->core))))
		return;
	if (b->peer_count && !late) {
		broker_close_peers(b); /* again each turn until they are gone: closing twice does nothing */
		return;
	}
	b->stopped = true;
	lmi_loop_stop(b->cfg.loop);
}

static void on_turn_end(void *arg)
{
	struct broker *b = arg;
	announce_wake(&b->core.handle, register_duty_told(&b->servers));
	broker_names_run(b);
	core_turn_end(&b->core);
	broker_register_run(b);
	int64_t next_ms = core_next_ms(&b->core);
	if (next_ms >= 0)
		lmi_timer_start(b->cfg.loop, &b->soon, next_ms ? next_ms : 1, 0); /* else the next tick will do */
	broker_routes_run(b);
	if (b->stopping)
		stop_when_quiet(b);
}

static void on_tick(struct lmi_timer *t)
{
	struct broker *b = t->arg;
	core_tick(&b->core); /* the turn's end follows */
	broker_status_tick(b);
}

/* Something is due between two ticks: the turn's end does it. */
static void on_soon(struct lmi_timer *t)
{
	(void)t;
}

/* ---- life ---- */

int broker_new(const struct broker_config *cfg, struct broker **out, char **out_why)
{
	struct broker *b = calloc(1, sizeof(*b));
	*out_why = NULL;
	if (!b)
		return -ENOMEM;
	b->cfg = *cfg;
	lmi_list_init(&b->peers);
	b->tick = (struct lmi_timer){ .fn = on_tick, .arg = b };
	b->soon = (struct lmi_timer){ .fn = on_soon };
	b->bad_frames = (struct lmi_log_limit){ .interval_ms = MINUTE_MS, .burst = BROKER_BAD_FRAMES_PER_MINUTE };
	int err = core_open(&b->core, &b->cfg.core, out_why);
	if (err) {
		free(b);
		return err;
	}
	err = broker_register_open(b);
	if (!err)
		err = broker_names_open(b);
	if (err) {
		if (asprintf(out_why, "namesrvAddr: at most %u name servers may be named", REGISTER_SERVERS_MAX) < 0)
			*out_why = NULL;
		broker_free(b);
		return err;
	}
	*out = b;
	return 0;
}

int broker_listen(struct broker *b, int fd, bool vip)
{
	struct broker_door *door = &b->doors[vip];
	struct lmi_listener_config c = { .ops = &broker_conn_ops,
					 .limits = b->cfg.limits,
					 .user = door,
					 .connections_max = b->cfg.connections_max,
					 .proxy_protocol = b->cfg.proxy_protocol,
					 .log = b->cfg.core.log,
					 .name = vip ? "vip" : "remoting",
					 .on_accept = broker_accept };
	door->broker = b;
	door->vip = vip;
	door->listener = lmi_listener_new(b->cfg.loop, fd, &c);
	return door->listener ? 0 : -ENOMEM;
}

int broker_start(struct broker *b)
{
	int err = lmi_loop_on_turn_end(b->cfg.loop, on_turn_end, b);
	if (!err)
		broker_probe_start(b);
	return err ? err : lmi_timer_start(b->cfg.loop, &b->tick, CORE_TICK_MS, CORE_TICK_MS);
}

void broker_live(const struct broker *b, struct broker_live *out)
{
	*out = (struct broker_live){ b->core.cfg.settings, b->core.cfg.store.retention, b->core.clients.notify_off };
}

/* Name servers are told what clients may do here as soon as that has changed. */
static void set_permission(struct broker *b, int32_t before)
{
	if (b->core.cfg.settings.permission == before)
		return;
	lmi_data_version_next(&b->core.topics.version, lmi_wall_ms(b->core.cfg.store.clock), 0);
	b->core.topics.unsaved = b->core.topics.unregistered = true;
}

void broker_reload(struct broker *b, const struct broker_live *l)
{
	int32_t permission = b->core.cfg.settings.permission;
	b->core.cfg.settings = l->settings;
	b->core.cfg.store.retention = l->retention;
	store_set_retention(b->core.store, &l->retention);
	b->core.clients.notify_off = l->notify_off;
	set_permission(b, permission);
}

int broker_serve_metrics(struct broker *b, int fd)
{
	b->metrics = lmi_http_server_new(b->cfg.loop, fd, metrics_get, &b->core);
	return b->metrics ? 0 : -ENOMEM;
}

static void close_doors(struct broker *b)
{
	lmi_http_server_free(b->metrics);
	b->metrics = NULL;
	for (int i = 0; i < BROKER_LISTENERS; i++) {
		if (b->doors[i].listener)
			lmi_listener_free(b->doors[i].listener);
		b->doors[i].listener = NULL;
	}
}

void broker_stop(struct broker *b)
{
	if (b->stopping)
		return;
	b->stopping = true;
	b->stop_by_ms = lmi_loop_now_ms(b->cfg.loop) + BROKER_STOP_MS;
	close_doors(b);
	broker_unregister(b);
	core_stop_holding(&b->core);
}

int broker_free(struct broker *b)
{
	if (!b)
		return 0;
	lmi_timer_stop(&b->tick);
	lmi_timer_stop(&b->soon);
	close_doors(b);
	broker_probe_stop(b);
	broker_names_close(b);
	if (b->rpc)
		broker_register_close(b);
	broker_forget_peers(b);
	int err = core_close(&b->core);
	free(b);
	return err;
}
