/* SPDX-License-Identifier: Apache-2.0 */
/* What people see of the broker: the line of systemctl status, and the longer one of SIGUSR1. */
#include <errno.h>

#include "broker/broker_internal.h"

#define STATUS_MS 10000        /* how often rates are taken and said */
#define LAG_QUEUES_MAX 4096    /* queues whose lag is added up at a time; with more the status does not say it */

/* Members that subscribe differently: see client_differ.c. */
static void put_difference(const struct broker *b, struct lmi_buf *out)
{
	const struct client_member *x, *y;
	if (!client_differ_first(&b->core.clients, &x, &y))
		return;
	lmi_buf_printf(out, "; group %.*s: clients %.*s and %.*s subscribe differently", SPAN_ARGS(client_group_name(x->group)),
		       SPAN_ARGS(client_member_id(x)), SPAN_ARGS(client_member_id(y)));
}

static void put_names(const struct broker *b, struct lmi_buf *out)
{
	size_t reached = register_duty_reachable(&b->servers), all = register_duty_servers(&b->servers);
	lmi_buf_printf(out, ", registered with %zu ", reached);
	if (reached < all)
		lmi_buf_printf(out, "of %zu ", all);
	lmi_buf_printf(out, "name server%s", all == 1 ? "" : "s");
}

static void put_state(const struct broker *b, struct lmi_buf *out)
{
	const struct broker_settings *s = b->core.handle.settings;
	const char *cause = store_readonly_cause(b->core.store), *refused = store_refusal(b->core.store);
	if (cause)
		lmi_buf_printf(out, "Takes no messages: %s", cause);
	else if (refused)
		lmi_buf_printf(out, "Takes no messages for now: %s", refused);
	else
		lmi_buf_printf(out, "Serving as master %.*s", SPAN_ARGS(s->broker_name));
	put_names(b, out);
}

/* What consumers that are there have still to get; -1: too many queues to add up here. */
static int64_t lag(const struct core *c)
{
	const struct offset_entry *e;
	int64_t sum = 0;
	uint32_t queues = 0;
	for (size_t i = 0; (e = offset_table_next(&c->offsets, &i));) {
		if (!client_table_consumers(&c->clients, offset_entry_group(e)))
			continue;
		for (uint32_t q = 0; q < e->count; q++) {
			const struct offset_queue *o = &e->queues[q];
			struct store_bounds bounds;
			if (o->committed < 0)
				continue;
			if (++queues > LAG_QUEUES_MAX)
				return -1;
			int err = store_queue_bounds(c->store, offset_entry_topic(e), o->queue_id, &bounds);
			if ((err == 0 || err == -EAGAIN) && bounds.max_pos > o->committed)
				sum += bounds.max_pos - o->committed;
		}
	}
	return sum;
}

static void put_load(const struct broker *b, struct lmi_buf *out)
{
	const struct broker_meter *m = &b->meter;
	int64_t behind = lag(&b->core);
	lmi_buf_printf(out, "; %zu topics, %u connections", lmi_map_count(&b->core.topics.map), b->peer_count);
	if (m->put_rate >= 0)
		lmi_buf_printf(out, ", %lld messages/s in, %lld out", (long long)m->put_rate, (long long)m->got_rate);
	if (behind >= 0)
		lmi_buf_printf(out, ", %lld to be consumed", (long long)behind);
}

void broker_say_status(struct broker *b)
{
	struct lmi_buf out = { 0 };
	if (!b->cfg.on_status || b->stopping)
		return;
	put_state(b, &out);
	put_load(b, &out);
	put_difference(b, &out);
	lmi_buf_put(&out, "", 1);
	if (!out.failed)
		b->cfg.on_status(b->cfg.user, (const char *)lmi_buf_data(&out));
	lmi_buf_done(&out);
}

static int64_t per_second(int64_t n, int64_t ms) { return (n * 1000 + ms / 2) / ms; }

void broker_status_tick(struct broker *b)
{
	struct broker_meter *m = &b->meter;
	const struct handle_counts *now = &b->core.handle.counts;
	int64_t now_ms = lmi_loop_now_ms(b->cfg.loop), past_ms = now_ms - m->at_ms;
	bool differs = b->said_differing != b->core.clients.differing;
	bool refuses = store_refusal(b->core.store) || store_readonly_cause(b->core.store);
	if (m->at_ms && past_ms < STATUS_MS && !differs && refuses == m->refuses)
		return;
	b->said_differing = b->core.clients.differing;
	m->refuses = refuses;
	if (!m->at_ms || past_ms >= STATUS_MS) {
		m->put_rate = m->at_ms ? per_second(now->put_messages - m->put, past_ms) : -1;
		m->got_rate = m->at_ms ? per_second(now->got_messages - m->got, past_ms) : -1;
		m->put = now->put_messages;
		m->got = now->got_messages;
		m->at_ms = now_ms;
	}
	broker_say_status(b);
}

static void put_space(struct store *s, struct lmi_buf *out)
{
	struct store_space space;
	const char *refused = store_refusal(s);
	store_space(s, &space);
	lmi_buf_printf(out, "; store of %lld bytes", (long long)space.used_bytes);
	if (space.max_bytes)
		lmi_buf_printf(out, " in a budget of %lld", (long long)space.max_bytes);
	if (space.disk_percent >= 0)
		lmi_buf_printf(out, ", disk %d %% full", space.disk_percent);
	if (refused)
		lmi_buf_printf(out, "; sends are refused: %s", refused);
	if (space.pinned)
		lmi_buf_printf(out, "; log pinned: %s", space.pinned);
}

void broker_summary(const struct broker *b, struct lmi_buf *out)
{
	struct store_marks m;
	const struct core *c = &b->core;
	put_state(b, out);
	put_difference(b, out);
	store_marks(c->store, &m);
	lmi_buf_printf(out, "; %u connections, %zu topics, %zu groups, %zu consumer and %zu producer groups online, ",
		       b->peer_count, lmi_map_count(&c->topics.map), lmi_map_count(&c->groups.map),
		       lmi_map_count(&c->clients.consumers), lmi_map_count(&c->clients.producers));
	lmi_buf_printf(out, "%zu pulls held, %zu queues locked; %lld messages in, %lld out, %lld requests, %lld refused; ",
		       c->holds.count, c->locks.count, (long long)c->handle.counts.put_messages,
		       (long long)c->handle.counts.got_messages, (long long)c->handle.counts.requests,
		       (long long)c->handle.counts.refused);
	lmi_buf_printf(out, "%lld messages wait for their time; ", (long long)(delay_duty_waiting(&c->delay) + c->timers.pending));
	lmi_buf_printf(out, "%zu transactions open; ", c->transactions.count);
	lmi_buf_printf(out, "log from %lld to %lld, synced to %lld by %lld syncs", (long long)m.min_pos, (long long)m.written,
		       (long long)m.synced, (long long)m.syncs);
	put_space(c->store, out);
}
