/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/scan_duty.h"

#include <errno.h>

#include "base/event.h"

void scan_duty_init(struct scan_duty *d, int64_t now_ms)
{
	d->next_clients_ms = now_ms + SCAN_CLIENTS_MS;
	d->next_locks_ms = now_ms + SCAN_LOCKS_MS;
}

static void expired(void *ctx, const struct client_member *m)
{
	struct handle *h = ctx;
	lmi_log_with(h->log, LMI_LOG_NOTICE,
		LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_CLIENT_EXPIRED), LMI_LOG_SPAN("GROUP", client_group_name(m->group)),
			       LMI_LOG_SPAN("CLIENT", client_member_id(m))),
		"%s group %.*s: client %.*s sent no heartbeat for %d s, its connection is closed",
		m->group->producer ? "producer" : "consumer", SPAN_ARGS(client_group_name(m->group)),
		SPAN_ARGS(client_member_id(m)), (int)(h->clients->expire_ms / 1000));
	m->peer->ops->close(m->peer, -ETIMEDOUT);
}

void scan_duty_run(struct scan_duty *d, struct handle *h, int64_t now_ms)
{
	hold_table_expire(h->holds, now_ms);
	if (now_ms >= d->next_clients_ms) {
		d->next_clients_ms = now_ms + SCAN_CLIENTS_MS;
		client_table_expire(h->clients, now_ms, expired, h);
		route_cache_sweep(h->routes, now_ms);
	}
	if (now_ms >= d->next_locks_ms) {
		d->next_locks_ms = now_ms + SCAN_LOCKS_MS;
		lock_table_expire(h->locks, now_ms);
	}
}
