/* SPDX-License-Identifier: Apache-2.0 */
#include "namesrv/route_table.h"

#include <errno.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"

struct route_table *route_table_new(const struct route_limits *limits,
				    void (*on_gone)(void *user, const struct route_event *e), void *user)
{
	struct route_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->limits = *limits;
	t->on_gone = on_gone;
	t->user = user;
	return t;
}

static char *copy_span(struct lmi_span s)
{
	return strndup(s.p ? (const char *)s.p : "", s.n);
}

static void free_addr(struct route_addr *a)
{
	free(a->addr);
	free(a->ha_addr);
}

static void free_member(void *p)
{
	struct route_member *m = p;

	if (!m)
		return;
	for (size_t i = 0; i < m->addr_count; i++)
		free_addr(&m->addrs[i]);
	free(m->addrs);
	free(m->name);
	free(m->cluster);
	free(m->zone);
	free(m);
}

static void free_topic(void *p)
{
	struct route_topic *topic = p;

	if (!topic)
		return;
	route_topic_forget(topic);
	free(topic->name);
	free(topic->entries);
	free(topic);
}

void route_table_free(struct route_table *t)
{
	if (!t)
		return;
	lmi_map_done(&t->topics, free_topic);
	lmi_map_done(&t->members, free_member);
	lmi_map_done(&t->gone, free);
	free(t);
}

size_t route_table_topic_count(const struct route_table *t) { return lmi_map_count(&t->topics); }
size_t route_table_broker_count(const struct route_table *t) { return lmi_map_count(&t->members); }

struct route_addr *route_member_addr(struct route_member *m, struct lmi_span addr)
{
	for (size_t i = 0; i < m->addr_count; i++)
		if (lmi_span_is(addr, m->addrs[i].addr))
			return &m->addrs[i];
	return NULL;
}

static struct route_addr *addr_by_id(struct route_member *m, int64_t id)
{
	for (size_t i = 0; i < m->addr_count; i++)
		if (m->addrs[i].id == id)
			return &m->addrs[i];
	return NULL;
}

static void remove_addr(struct route_table *t, struct route_member *m, struct route_addr *a)
{
	size_t i = (size_t)(a - m->addrs);

	free_addr(a);
	memmove(a, a + 1, (m->addr_count - i - 1) * sizeof(*a));
	m->addr_count--;
	t->epoch++;
}

/* Remember a name that is gone, for the remarks of "no route"; bounded. */
static void remember_gone(struct route_table *t, const struct route_member *m, int64_t now_ms, size_t topics)
{
	struct route_past *p;
	void *old = NULL;

	if (lmi_map_count(&t->gone) >= ROUTE_PAST_MAX)
		return;
	p = malloc(sizeof(*p));
	if (!p)
		return;
	*p = (struct route_past){ now_ms, topics };
	if (lmi_map_put(&t->gone, lmi_span_str(m->name), p, &old) < 0)
		free(p);
	free(old);
}

/* One address goes; the last one takes the broker name and its queues along. */
static void withdraw(struct route_table *t, struct route_member *m, struct route_addr *a, enum route_gone why, int64_t now_ms)
{
	struct route_event e = { m->name, m->cluster, a->addr, a->id, why, now_ms - a->last_ms, 0 };

	if (m->addr_count == 1) {
		e.topics = route_topics_drop_member(t, m);
		remember_gone(t, m, now_ms, e.topics);
	}
	if (t->on_gone)
		t->on_gone(t->user, &e);
	remove_addr(t, m, a);
	if (m->addr_count == 0) {
		lmi_map_del(&t->members, lmi_span_str(m->name));
		free_member(m);
	}
}

static struct route_member *add_member(struct route_table *t, const struct route_registration *r)
{
	struct route_member *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->name = copy_span(r->broker_name);
	m->cluster = copy_span(r->cluster);
	m->zone = r->zone_name.p ? copy_span(r->zone_name) : NULL;
	if (!m->name || !m->cluster || lmi_map_put(&t->members, r->broker_name, m, NULL) < 0) {
		free_member(m);
		return NULL;
	}
	return m;
}

static struct route_addr *add_addr(struct route_table *t, struct route_member *m, const struct route_registration *r)
{
	struct route_addr *a = realloc(m->addrs, (m->addr_count + 1) * sizeof(*a));
	size_t at = 0;
	char *addr;

	if (!a)
		return NULL;
	m->addrs = a;
	addr = copy_span(r->addr);
	if (!addr)
		return NULL;
	while (at < m->addr_count && m->addrs[at].id < r->broker_id)
		at++;
	a = &m->addrs[at];
	memmove(a + 1, a, (m->addr_count - at) * sizeof(*a));
	*a = (struct route_addr){ .id = r->broker_id, .addr = addr };
	m->addr_count++;
	t->epoch++;
	return a;
}

/* RocketMQ's two refusals: see registerBroker. */
static bool refused(struct route_member *m, const struct route_registration *r)
{
	struct route_addr *same_id = m ? addr_by_id(m, r->broker_id) : NULL;

	if (same_id && !lmi_span_is(r->addr, same_id->addr) && r->body->version.state_version < same_id->version.state_version)
		return true; /* an older incarnation over a newer one */
	return (!m || !route_member_addr(m, r->addr)) && r->body->topic_count == 1;
}

/* The address under its id: moved, replaced or new. */
static struct route_addr *settle_addr(struct route_table *t, struct route_member *m, const struct route_registration *r, bool *fresh)
{
	struct route_addr *a = route_member_addr(m, r->addr), *other;

	*fresh = !a;
	if (a && a->id != r->broker_id) { /* the same address under another id, for example a slave become master */
		remove_addr(t, m, a);
		a = NULL;
	}
	other = addr_by_id(m, r->broker_id);
	if (other && other != a)
		remove_addr(t, m, other);
	a = addr_by_id(m, r->broker_id);
	return a ? a : add_addr(t, m, r);
}

/* Topics come from the master, or from the lowest slave that stands in for it. */
static bool gives_topics(struct route_member *m, const struct route_registration *r)
{
	if (r->broker_id == LMI_BROKER_ID_MASTER)
		return true;
	return r->acting_master >= 0 && m->addr_count && m->addrs[0].id == r->broker_id;
}

static void drop_missing(struct route_table *t, struct route_member *m, const struct lmi_register *body);

static int take_topics(struct route_table *t, struct route_member *m, const struct route_registration *r)
{
	bool prime_slave = r->broker_id != LMI_BROKER_ID_MASTER;

	for (size_t i = 0; i < r->body->topic_count; i++) {
		const struct lmi_topic_config *c = &r->body->topics[i];
		int err = route_topic_put(t, m, c, prime_slave ? c->perm & ~LMI_PERM_WRITE : c->perm);

		if (err < 0)
			return err;
	}
	if (t->limits.delete_missing_topics)
		drop_missing(t, m, r->body);
	return 0;
}

static void answer_slave(struct route_member *m, const struct route_registration *r, struct route_registered *out)
{
	struct route_addr *master = addr_by_id(m, LMI_BROKER_ID_MASTER);

	if (r->broker_id == LMI_BROKER_ID_MASTER || !master)
		return;
	out->master_addr = lmi_span_str(master->addr);
	if (master->ha_addr && *master->ha_addr)
		out->master_ha_addr = lmi_span_str(master->ha_addr);
}

int route_table_register(struct route_table *t, const struct route_registration *r, int64_t now_ms, struct route_registered *out)
{
	struct route_member *m = lmi_map_get(&t->members, r->broker_name);
	struct route_addr *a;
	bool changed;
	char *ha;
	int err = 0;

	*out = (struct route_registered){ 0 };
	if (refused(m, r))
		return -LMQ_EILLEGAL;
	if (!m && lmi_map_count(&t->members) >= t->limits.brokers_max)
		return -LMQ_EFULL;
	if (m && m->addr_count >= LMI_ROUTE_ADDRS_MAX && !addr_by_id(m, r->broker_id))
		return -LMQ_EFULL;
	if (!m)
		m = add_member(t, r);
	if (!m)
		return -ENOMEM;
	a = settle_addr(t, m, r, &out->fresh);
	ha = copy_span(r->ha_addr);
	if (!a || !ha) {
		free(ha);
		return -ENOMEM;
	}
	free(a->ha_addr);
	a->ha_addr = ha;
	if (r->acting_master >= 0 && m->acting_master != (r->acting_master == 1)) {
		m->acting_master = r->acting_master == 1;
		t->epoch++;
	}
	changed = out->fresh || !lmi_data_version_eq(&a->version, &r->body->version);
	if (changed && gives_topics(m, r))
		err = take_topics(t, m, r);
	a->last_ms = now_ms;
	a->timeout_ms = r->timeout_ms > 0 ? r->timeout_ms : t->limits.expire_ms;
	a->conn_id = r->conn_id;
	if (err < 0)
		return err; /* the version stays old: the next registration is taken in full */
	a->version = r->body->version;
	free(lmi_map_del(&t->gone, r->broker_name));
	answer_slave(m, r, out);
	return 0;
}

void route_table_unregister(struct route_table *t, struct lmi_span cluster, struct lmi_span broker_name, struct lmi_span addr,
			    int64_t now_ms)
{
	struct route_member *m = lmi_map_get(&t->members, broker_name);
	struct route_addr *a = m && lmi_span_is(cluster, m->cluster) ? route_member_addr(m, addr) : NULL;

	if (a)
		withdraw(t, m, a, ROUTE_GONE_UNREGISTERED, now_ms);
}

static struct route_addr *find_live(struct route_table *t, struct lmi_span cluster, struct lmi_span addr)
{
	void *v;

	for (size_t at = 0; lmi_map_next(&t->members, &at, NULL, &v);) {
		struct route_member *m = v;
		struct route_addr *a = lmi_span_is(cluster, m->cluster) ? route_member_addr(m, addr) : NULL;

		if (a)
			return a;
	}
	return NULL;
}

bool route_table_touch(struct route_table *t, struct lmi_span cluster, struct lmi_span addr, int64_t now_ms)
{
	struct route_addr *a = find_live(t, cluster, addr);

	if (a)
		a->last_ms = now_ms;
	return a != NULL;
}

const struct lmi_data_version *route_table_version(struct route_table *t, struct lmi_span cluster, struct lmi_span addr)
{
	struct route_addr *a = find_live(t, cluster, addr);

	return a ? &a->version : NULL;
}

/* Withdraw one address that pick() chooses; false when none is left.  Starts over each time, since members go. */
static bool withdraw_one(struct route_table *t, bool (*pick)(const struct route_addr *a, int64_t arg), int64_t arg,
			 enum route_gone why, int64_t now_ms)
{
	void *v;

	for (size_t at = 0; lmi_map_next(&t->members, &at, NULL, &v);) {
		struct route_member *m = v;

		for (size_t i = 0; i < m->addr_count; i++)
			if (pick(&m->addrs[i], arg)) {
				withdraw(t, m, &m->addrs[i], why, now_ms);
				return true;
			}
	}
	return false;
}

static bool of_conn(const struct route_addr *a, int64_t conn_id) { return a->conn_id == (uint64_t)conn_id; }
static bool silent(const struct route_addr *a, int64_t now_ms) { return now_ms - a->last_ms > a->timeout_ms; }

void route_table_conn_closed(struct route_table *t, uint64_t conn_id, int64_t now_ms)
{
	while (withdraw_one(t, of_conn, (int64_t)conn_id, ROUTE_GONE_CLOSED, now_ms))
		;
}

void route_table_expire(struct route_table *t, int64_t now_ms)
{
	while (withdraw_one(t, silent, now_ms, ROUTE_GONE_EXPIRED, now_ms))
		;
}

static bool in_body(const struct lmi_register *body, const char *topic)
{
	for (size_t i = 0; i < body->topic_count; i++)
		if (lmi_span_is(body->topics[i].name, topic))
			return true;
	return false;
}

static void drop_entry(struct route_topic *topic, size_t i)
{
	topic->entries[i] = topic->entries[--topic->count];
	route_topic_forget(topic);
}

static void drop_missing(struct route_table *t, struct route_member *m, const struct lmi_register *body)
{
	void *v;

	for (size_t at = 0; lmi_map_next(&t->topics, &at, NULL, &v);) {
		struct route_topic *topic = v;

		for (size_t i = 0; i < topic->count; i++)
			if (topic->entries[i].member == m && !in_body(body, topic->name)) {
				drop_entry(topic, i);
				break;
			}
		if (topic->count == 0) {
			lmi_map_del(&t->topics, lmi_span_str(topic->name));
			free_topic(topic);
		}
	}
}

size_t route_topics_drop_member(struct route_table *t, const struct route_member *m)
{
	size_t n = 0;
	void *v;

	for (size_t at = 0; lmi_map_next(&t->topics, &at, NULL, &v);) {
		struct route_topic *topic = v;

		for (size_t i = 0; i < topic->count; i++)
			if (topic->entries[i].member == m) {
				drop_entry(topic, i);
				n++;
				break;
			}
		if (topic->count == 0) {
			lmi_map_del(&t->topics, lmi_span_str(topic->name));
			free_topic(topic);
		}
	}
	return n;
}

void route_table_delete_topic(struct route_table *t, struct lmi_span name, struct lmi_span cluster)
{
	struct route_topic *topic = lmi_map_get(&t->topics, name);

	if (!topic)
		return;
	for (size_t i = topic->count; i-- > 0;)
		if (!cluster.n || lmi_span_is(cluster, topic->entries[i].member->cluster))
			drop_entry(topic, i);
	if (topic->count == 0) {
		lmi_map_del(&t->topics, name);
		free_topic(topic);
	}
}
