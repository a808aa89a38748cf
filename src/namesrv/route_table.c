/* SPDX-License-Identifier: Apache-2.0 */
/* Brokers and their addresses: coming, living, going. */
#include "namesrv/route_table.h"

#include <errno.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"

struct route_table *route_table_new(const struct route_limits *limits, const struct route_hooks *hooks)
{
	struct route_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->limits = *limits;
	if (hooks)
		t->hooks = *hooks;
	t->epoch = 1;
	return t;
}

void route_table_set_live(struct route_table *t, const struct route_limits *limits)
{
	t->limits.delete_missing_topics = limits->delete_missing_topics;
	if (t->limits.acting_master != limits->acting_master)
		t->epoch++;
	t->limits.acting_master = limits->acting_master;
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
	route_set_done(&m->topics);
	free(m->sync_bitmap);
	free(m->addrs);
	free(m->name);
	free(m->cluster);
	free(m->zone);
	free(m);
}

void route_table_free(struct route_table *t)
{
	if (!t)
		return;
	for (size_t p = 0; p < ROUTE_PARTS; p++) {
		for (size_t i = 0; i < t->parts[p].cap; i++)
			free(t->parts[p].slots[i].topic);
		route_set_done(&t->parts[p]);
	}
	lmi_map_done(&t->shapes, route_shape_free);
	lmi_map_done(&t->conns, route_conn_free);
	lmi_map_done(&t->members, free_member);
	free(t);
}

size_t route_table_broker_count(const struct route_table *t) { return t->live_members; }
uint64_t route_table_epoch(const struct route_table *t) { return t->changes; }

size_t route_table_topic_count(struct route_table *t)
{
	size_t n = 0;
	void *v;

	for (size_t at = 0; lmi_map_next(&t->shapes, &at, NULL, &v);) {
		struct route_shape *s = v;

		route_shape_look(t, s);
		n += s->live ? s->topics : 0;
	}
	return n;
}

bool route_name_ok(struct lmi_span name)
{
	if (name.n == 0 || name.n > ROUTE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 0x20 || name.p[i] == 0x7F)
			return false;
	return true;
}

/* ---- addresses of a broker ---- */

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

static void touched(struct route_table *t)
{
	t->epoch++;
	t->changes++;
}

static void remove_addr(struct route_table *t, struct route_member *m, struct route_addr *a)
{
	size_t i = (size_t)(a - m->addrs);

	route_conn_del(t, a->conn_id, m);
	free_addr(a);
	memmove(a, a + 1, (m->addr_count - i - 1) * sizeof(*a));
	m->addr_count--;
	if (m->addr_count == 0)
		t->live_members--;
	touched(t);
}

/* Rule: RouteInfoManager.chooseBrokerAddrsToNotify. */
static void say_min_id(struct route_table *t, struct route_member *m, const char *offline, const char *ha)
{
	const char *tell[LMI_ROUTE_ADDRS_MAX];
	struct route_min_id e = { .broker_name = m->name, .offline_addr = offline, .ha_addr = ha, .tell = tell };

	if (!t->hooks.on_min_id || m->addr_count == 0 || (offline && !m->acting_master))
		return;
	e.min_id = m->addrs[0].id;
	e.min_addr = m->addrs[0].addr;
	for (size_t i = offline || m->addr_count == 1 ? 0 : 1; i < m->addr_count; i++)
		tell[e.tell_count++] = m->addrs[i].addr;
	t->hooks.on_min_id(t->hooks.user, &e);
}

static void say_gone(struct route_table *t, const struct route_member *m, const struct route_addr *a, enum route_gone why, int64_t now_ms)
{
	struct route_event e = { m->name, m->cluster, a->addr, a->id, why, now_ms - a->last_ms,
				 m->addr_count == 1 && why != ROUTE_GONE_REPLACED ? m->topics.count : 0 };

	if (t->hooks.on_gone)
		t->hooks.on_gone(t->hooks.user, &e);
}

/* One address goes; the last one takes the broker out of every answer. */
static void withdraw(struct route_table *t, struct route_member *m, struct route_addr *a, enum route_gone why, int64_t now_ms)
{
	bool least = a == m->addrs;
	char *addr = strdup(a->addr);

	say_gone(t, m, a, why, now_ms);
	remove_addr(t, m, a);
	if (m->addr_count == 0) {
		m->gone_ms = now_ms;
		m->wiped = m->stale = false;
		free(m->sync_bitmap);
		m->sync_bitmap = NULL;
	} else if (least) {
		say_min_id(t, m, addr, NULL);
	}
	free(addr);
}

/* ---- what is gone ---- */

static struct route_member *longest_gone(struct route_table *t, const struct route_member *spare, size_t *out_count)
{
	struct route_member *oldest = NULL;
	void *v;

	*out_count = 0;
	for (size_t at = 0; lmi_map_next(&t->members, &at, NULL, &v);) {
		struct route_member *m = v;

		if (route_member_live(m) || m == spare)
			continue;
		++*out_count;
		if (!oldest || m->gone_ms < oldest->gone_ms)
			oldest = m;
	}
	return oldest;
}

static void forget_some(struct route_table *t, struct route_member *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->topics.cap && n < ROUTE_PURGE_STEP;) {
		size_t before = m->topics.count;

		if (m->topics.slots[i].topic) {
			route_member_remove(t, m, &m->topics.slots[i]);
			n++;
		}
		if (m->topics.count == before)
			i++;
	}
	if (m->topics.count > 0)
		return;
	lmi_map_del(&t->members, lmi_span_str(m->name));
	route_task_forget(t, m);
	free_member(m);
}

bool route_purge(struct route_table *t, const struct route_member *spare)
{
	size_t n;
	struct route_member *m = longest_gone(t, spare, &n);

	if (m)
		forget_some(t, m);
	return m != NULL;
}

/* A stranger's names must not keep others out. */
static bool room_for_member(struct route_table *t)
{
	while (lmi_map_count(&t->members) >= t->limits.brokers_max)
		if (!route_purge(t, NULL))
			return false;
	return true;
}

/* ---- registering ---- */

static struct route_member *add_member(struct route_table *t, const struct route_registration *r)
{
	struct route_member *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->name = copy_span(r->broker_name);
	m->cluster = copy_span(r->cluster);
	m->serial = ++t->serial;
	if (!m->name || !m->cluster || lmi_map_put(&t->members, r->broker_name, m, NULL) < 0) {
		free_member(m);
		return NULL;
	}
	return m;
}

static struct route_addr *add_addr(struct route_table *t, struct route_member *m, const struct route_registration *r)
{
	struct route_addr *a = reallocarray(m->addrs, m->addr_count + 1, sizeof(*a));
	size_t at = 0;
	char *addr;

	if (!a)
		return NULL;
	m->addrs = a;
	addr = copy_span(r->addr);
	if (!addr || route_conn_add(t, r->conn_id, m) < 0) {
		free(addr);
		return NULL;
	}
	while (at < m->addr_count && m->addrs[at].id < r->broker_id)
		at++;
	a = &m->addrs[at];
	memmove(a + 1, a, (m->addr_count - at) * sizeof(*a));
	*a = (struct route_addr){ .id = r->broker_id, .addr = addr, .conn_id = r->conn_id };
	if (m->addr_count++ == 0)
		t->live_members++;
	touched(t);
	return a;
}

/* An older incarnation that still talks is not listened to.  Rule: registerBroker, "just ignore". */
static bool is_outdated(struct route_member *m, const struct route_registration *r, const struct lmi_data_version *version)
{
	struct route_addr *same_id = m ? addr_by_id(m, r->broker_id) : NULL;

	return same_id && !lmi_span_is(r->addr, same_id->addr) && version->state_version < same_id->version.state_version;
}

static int check_names(const struct route_registration *r)
{
	if (!route_name_ok(r->broker_name) || !route_name_ok(r->cluster) || !route_name_ok(r->addr) || r->broker_id < 0)
		return -LMQ_EILLEGAL;
	if ((r->ha_addr.n && !route_name_ok(r->ha_addr)) || (r->zone_name.n && !route_name_ok(r->zone_name)))
		return -LMQ_EILLEGAL;
	return 0;
}

static int check_room(struct route_table *t, struct route_member *m, const struct route_registration *r)
{
	struct route_conn *c = route_conn_get(t, r->conn_id);

	if (c && c->count >= ROUTE_CONN_BROKERS_MAX && !(m && route_member_addr(m, r->addr)))
		return -LMQ_EFULL;
	if (m)
		return m->addr_count >= LMI_ROUTE_ADDRS_MAX && !addr_by_id(m, r->broker_id) ? -LMQ_EFULL : 0;
	return room_for_member(t) ? 0 : -LMQ_EFULL;
}

/* The address under its id: moved, replaced or new. */
static struct route_addr *settle_addr(struct route_table *t, struct route_member *m, const struct route_registration *r, int64_t now_ms,
				      bool *fresh)
{
	struct route_addr *a = route_member_addr(m, r->addr), *other;

	*fresh = !a;
	if (a && a->id != r->broker_id) { /* the same address under another id, for example a slave become master */
		remove_addr(t, m, a);
		a = NULL;
	}
	other = addr_by_id(m, r->broker_id);
	if (other && other != a) {
		say_gone(t, m, other, ROUTE_GONE_REPLACED, now_ms);
		remove_addr(t, m, other);
	}
	a = addr_by_id(m, r->broker_id);
	return a ? a : add_addr(t, m, r);
}

static int replace_text(struct route_table *t, char **text, struct lmi_span by)
{
	char *copy;

	if (by.n == 0 && !by.p) {
		if (*text)
			touched(t);
		free(*text);
		*text = NULL;
		return 0;
	}
	if (*text && lmi_span_is(by, *text))
		return 0;
	copy = copy_span(by);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	touched(t);
	return 0;
}

/* What each registration says anew.  Rule: registerBroker sets zone and acting master every time. */
static int settle_words(struct route_table *t, struct route_member *m, struct route_addr *a, const struct route_registration *r)
{
	bool acting = r->acting_master == 1;
	int err = replace_text(t, &m->zone, r->zone_name);

	if (err == 0)
		err = replace_text(t, &a->ha_addr, r->ha_addr.p ? r->ha_addr : LMI_SPAN_LIT(""));
	if (err == 0 && m->addr_count == 1)
		err = replace_text(t, &m->cluster, r->cluster);
	if (m->acting_master != acting)
		touched(t);
	m->acting_master = acting;
	return err;
}

static int move_conn(struct route_table *t, struct route_member *m, struct route_addr *a, uint64_t conn_id)
{
	int err;

	if (a->conn_id == conn_id)
		return 0;
	err = route_conn_add(t, conn_id, m);
	if (err < 0)
		return err;
	route_conn_del(t, a->conn_id, m);
	a->conn_id = conn_id;
	return 0;
}

void route_answer_slave(struct route_member *m, int64_t broker_id, struct route_registered *out)
{
	struct route_addr *master = addr_by_id(m, LMI_BROKER_ID_MASTER);

	if (broker_id == LMI_BROKER_ID_MASTER || !master)
		return;
	out->master_addr = lmi_span_str(master->addr);
	if (master->ha_addr && *master->ha_addr)
		out->master_ha_addr = lmi_span_str(master->ha_addr);
}

int route_settle(struct route_table *t, const struct route_registration *r, const struct lmi_data_version *version, int64_t now_ms,
		 struct route_member **out_member, struct route_addr **out_addr, struct route_registered *out)
{
	struct route_member *m = lmi_map_get(&t->members, r->broker_name);
	int64_t least = m && m->addr_count ? m->addrs[0].id : 0;
	struct route_addr *a;
	int err = check_names(r);

	if (err < 0)
		return err;
	if (is_outdated(m, r, version)) {
		out->ignored = true;
		return 0;
	}
	if (r->body && r->body->topic_count == 1 && !(m && addr_by_id(m, r->broker_id)))
		return -LMQ_EILLEGAL; /* rule: registerBroker, one topic does not make a broker known */
	err = check_room(t, m, r);
	if (err < 0)
		return err;
	if (!m)
		m = add_member(t, r);
	a = m ? settle_addr(t, m, r, now_ms, &out->fresh) : NULL;
	if (!a)
		return -ENOMEM;
	err = settle_words(t, m, a, r);
	if (err == 0)
		err = move_conn(t, m, a, r->conn_id);
	a->last_ms = now_ms;
	a->timeout_ms = r->timeout_ms > 0 ? r->timeout_ms : t->limits.expire_ms;
	if (err < 0)
		return err;
	if (m->stale)
		touched(t);
	m->stale = false;
	if (r->broker_id < least)
		say_min_id(t, m, NULL, a->ha_addr);
	route_answer_slave(m, r->broker_id, out);
	*out_member = m;
	*out_addr = a;
	return 0;
}

/* Topics come from the master, or from the least slave where it may stand in for it. */
bool route_gives_topics(const struct route_member *m, const struct route_addr *a, int acting_master)
{
	return a->id == LMI_BROKER_ID_MASTER || (acting_master >= 0 && a == m->addrs);
}

int route_table_register_begin(struct route_table *t, const struct route_registration *r, int64_t now_ms, struct route_task *k)
{
	struct route_member *m = lmi_map_get(&t->members, r->broker_name);
	bool was_gone = !m || !route_member_live(m) || m->stale;
	struct route_registered *out = &k->registered;
	struct route_addr *a;
	int err;

	*k = (struct route_task){ .kind = ROUTE_TASK_REGISTER };
	err = route_settle(t, r, &r->body->version, now_ms, &m, &a, out);
	if (err < 0 || out->ignored)
		return err;
	route_task_begin(t, k, ROUTE_TASK_REGISTER, m, a);
	k->version = r->body->version;
	k->new_version = out->fresh || was_gone || !lmi_data_version_eq(&a->version, &k->version);
	if (!route_gives_topics(m, a, r->acting_master))
		return 0;
	k->body = r->body;
	k->stage = ROUTE_STAGE_PUT;
	k->sweep = k->new_version && (was_gone || t->limits.delete_missing_topics); /* what it had before it went */
	free(m->sync_bitmap);
	m->sync_bitmap = NULL;
	k->stamp = route_member_next_stamp(m);
	if (k->new_version && (!t->limits.topics_per_broker_max || r->body->topic_count <= t->limits.topics_per_broker_max))
		route_set_reserve(&m->topics, r->body->topic_count);
	return 0;
}

int route_table_register(struct route_table *t, const struct route_registration *r, int64_t now_ms, struct route_registered *out)
{
	struct route_task k;
	int err = route_table_register_begin(t, r, now_ms, &k);

	if (err == 0)
		err = route_table_step(t, &k, SIZE_MAX);
	*out = k.registered;
	route_table_task_end(t, &k);
	return err;
}

void route_table_unregister(struct route_table *t, struct lmi_span cluster, struct lmi_span broker_name, struct lmi_span addr,
			    int64_t now_ms)
{
	struct route_member *m = lmi_map_get(&t->members, broker_name);
	struct route_addr *a = m && lmi_span_is(cluster, m->cluster) ? route_member_addr(m, addr) : NULL;

	if (a)
		withdraw(t, m, a, ROUTE_GONE_UNREGISTERED, now_ms);
}

/* ---- living ---- */

static struct route_addr *find_live(struct route_table *t, struct lmi_span cluster, struct lmi_span broker_name, struct lmi_span addr)
{
	struct route_member *m = lmi_map_get(&t->members, broker_name);

	return m && lmi_span_is(cluster, m->cluster) ? route_member_addr(m, addr) : NULL;
}

bool route_table_touch(struct route_table *t, struct lmi_span cluster, struct lmi_span broker_name, struct lmi_span addr, int64_t now_ms)
{
	struct route_addr *a = find_live(t, cluster, broker_name, addr);

	if (a)
		a->last_ms = now_ms;
	return a != NULL;
}

const struct lmi_data_version *route_table_version(struct route_table *t, struct lmi_span cluster, struct lmi_span broker_name,
						   struct lmi_span addr)
{
	struct route_addr *a = find_live(t, cluster, broker_name, addr);

	return a ? &a->version : NULL;
}

/* ---- going ---- */

void route_table_conn_closed(struct route_table *t, uint64_t conn_id, int64_t now_ms)
{
	struct route_conn *c;

	while ((c = route_conn_get(t, conn_id))) {
		struct route_member *m = c->members[0];

		for (size_t i = 0; i < m->addr_count; i++)
			if (m->addrs[i].conn_id == conn_id) {
				withdraw(t, m, &m->addrs[i], ROUTE_GONE_CLOSED, now_ms);
				break;
			}
	}
}

static void expire_member(struct route_table *t, struct route_member *m, int64_t now_ms)
{
	for (size_t i = m->addr_count; i-- > 0;)
		if (now_ms - m->addrs[i].last_ms > m->addrs[i].timeout_ms)
			withdraw(t, m, &m->addrs[i], ROUTE_GONE_EXPIRED, now_ms);
}

void route_table_expire(struct route_table *t, int64_t now_ms)
{
	struct route_member *oldest;
	size_t gone;
	void *v;

	for (size_t at = 0; lmi_map_next(&t->members, &at, NULL, &v);)
		expire_member(t, v, now_ms);
	oldest = longest_gone(t, NULL, &gone);
	if (oldest && (gone > ROUTE_GONE_MAX || now_ms - oldest->gone_ms > ROUTE_GONE_KEEP_MS))
		forget_some(t, oldest);
}
