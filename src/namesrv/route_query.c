/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and explanations made from the route table. */
#include <errno.h>
#include <inttypes.h>

#include "namesrv/route_table_internal.h"

#define FAQ "See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details."
#define NAMES_MAX 5u /* brokers or clusters that a remark names */

static void put_gone(struct lmi_buf *b, const struct route_member *m, int64_t now_ms)
{
	lmi_buf_printf(b, " %s (%" PRId64 " s ago)", m->name, (now_ms - m->gone_ms) / 1000);
}

/* The brokers that had the topic, all gone. */
static void why_gone(const struct route_shape *s, int64_t now_ms, struct lmi_buf *b)
{
	lmi_buf_put_str(b, "Cause: the topic is known, but every broker that has it is gone:");
	for (size_t i = 0; i < s->count && i < NAMES_MAX; i++)
		put_gone(b, s->entries[i].member, now_ms);
	lmi_buf_put8(b, '.');
}

static void why_no_broker(struct route_table *t, int64_t now_ms, struct lmi_buf *b)
{
	void *v;

	if (lmi_map_count(&t->members) == 0) {
		lmi_buf_put_str(b, "Cause: no broker has registered here yet; check that a broker runs and names this server in namesrvAddr.");
		return;
	}
	lmi_buf_put_str(b, "Cause: no broker is registered now; gone:");
	for (size_t at = 0, n = 0; n < NAMES_MAX && lmi_map_next(&t->members, &at, NULL, &v); n++)
		put_gone(b, v, now_ms);
	lmi_buf_put8(b, '.');
}

void route_table_name_clusters(struct route_table *t, struct lmi_buf *b)
{
	const char *said[NAMES_MAX];
	size_t n = 0;
	void *v;

	for (size_t at = 0; n < NAMES_MAX && lmi_map_next(&t->members, &at, NULL, &v);) {
		const struct route_member *m = v;
		bool again = !route_member_live(m);

		for (size_t i = 0; i < n; i++)
			again |= strcmp(said[i], m->cluster) == 0;
		if (again)
			continue;
		lmi_buf_printf(b, "%s%s", n ? ", " : "", m->cluster);
		said[n++] = m->cluster;
	}
	if (n == 0)
		lmi_buf_put_str(b, "none");
}

void route_table_why_not(struct route_table *t, const struct route_ask *ask, int64_t now_ms, struct lmi_buf *b)
{
	struct lmi_span name = ask->topic;
	struct route_topic *topic = route_topic_find(t, name);

	lmi_buf_printf(b, "No topic route info in name server for the topic: %.*s\n" FAQ "\n", (int)name.n,
		       name.p ? (const char *)name.p : "");
	if (topic) {
		why_gone(topic->shape, now_ms, b);
	} else if (t->live_members > 0) {
		lmi_buf_printf(b, "Cause: none of the %zu registered brokers (of cluster ", t->live_members);
		route_table_name_clusters(t, b);
		lmi_buf_put_str(b, ") has the topic; create it, or send with automatic creation.");
	} else {
		why_no_broker(t, now_ms, b);
	}
}

bool route_table_has_cluster(struct route_table *t, struct lmi_span cluster)
{
	void *v;

	for (size_t at = 0; lmi_map_next(&t->members, &at, NULL, &v);)
		if (route_member_live(v) && lmi_span_is(cluster, ((struct route_member *)v)->cluster))
			return true;
	return false;
}

/* Distinct cluster names, with their brokers. */
static int add_to_cluster(struct lmi_cluster_info *c, struct lmi_arena *a, const struct route_member *m, size_t members)
{
	struct lmi_cluster *k = NULL;

	for (size_t i = 0; i < c->cluster_count; i++)
		if (lmi_span_is(c->clusters[i].name, m->cluster))
			k = &c->clusters[i];
	if (!k) {
		k = &c->clusters[c->cluster_count];
		*k = (struct lmi_cluster){ .name = lmi_span_str(m->cluster) };
		k->broker_names = lmi_arena_alloc(a, members * sizeof(*k->broker_names));
		if (!k->broker_names)
			return -ENOMEM;
		c->cluster_count++;
	}
	k->broker_names[k->broker_count++] = lmi_span_str(m->name);
	return 0;
}

static int view_all(struct route_table *t, struct lmi_arena *a, struct lmi_cluster_info *c)
{
	size_t members = t->live_members;
	void *v;

	*c = (struct lmi_cluster_info){ 0 };
	c->brokers = lmi_arena_alloc(a, (members + 1) * sizeof(*c->brokers));
	c->clusters = lmi_arena_alloc(a, (members + 1) * sizeof(*c->clusters));
	if (!c->brokers || !c->clusters)
		return -ENOMEM;
	for (size_t at = 0; lmi_map_next(&t->members, &at, NULL, &v);)
		if (route_member_live(v) &&
		    (!route_member_view(v, a, &c->brokers[c->broker_count++]) || add_to_cluster(c, a, v, members) < 0))
			return -ENOMEM;
	return 0;
}

void route_table_cluster_info(struct route_table *t, struct lmi_buf *b, struct lmi_arena *a)
{
	struct lmi_cluster_info c;

	if (view_all(t, a, &c) < 0)
		b->failed = true;
	else
		lmi_cluster_info_put(b, &c);
}

static bool shape_matches(const struct route_shape *s, struct lmi_span cluster, int32_t set, int32_t clear)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct route_entry *e = &s->entries[i];

		if (route_member_live(e->member) && (!cluster.p || lmi_span_is(cluster, e->member->cluster)) &&
		    (e->sysflag & set) == set && !(e->sysflag & clear))
			return true;
	}
	return false;
}

int route_table_topics(struct route_table *t, struct lmi_span cluster, int32_t flags_set, int32_t flags_clear, struct lmi_arena *a,
		       struct lmi_text_list *out)
{
	*out = (struct lmi_text_list){ 0 };
	out->items = lmi_arena_alloc(a, (t->topics + 1) * sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	for (size_t p = 0; p < ROUTE_PARTS; p++)
		for (size_t i = 0; i < t->parts[p].cap; i++) {
			const struct route_topic *topic = t->parts[p].slots[i].topic;

			if (topic && shape_matches(topic->shape, cluster, flags_set, flags_clear))
				out->items[out->count++] = route_topic_name(topic);
		}
	return 0;
}

int route_table_system_list(struct route_table *t, struct lmi_arena *a, struct lmi_text_list *out)
{
	struct lmi_cluster_info c;
	int r = view_all(t, a, &c);

	if (r < 0)
		return r;
	*out = (struct lmi_text_list){ 0 };
	out->items = lmi_arena_alloc(a, (c.broker_count + c.cluster_count + 1) * sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	for (size_t i = 0; i < c.cluster_count; i++)
		out->items[out->count++] = c.clusters[i].name;
	for (size_t i = 0; i < c.broker_count; i++) {
		out->items[out->count++] = c.brokers[i].broker_name;
		if (c.brokers[i].addr_count)
			out->broker_addr = c.brokers[i].addrs[0].addr;
	}
	return 0;
}

bool route_table_members(struct route_table *t, struct lmi_span broker_name, struct lmi_arena *a, struct lmi_route_broker *out)
{
	struct route_member *m = lmi_map_get(&t->members, broker_name);

	return m && route_member_live(m) && route_member_view(m, a, out);
}
