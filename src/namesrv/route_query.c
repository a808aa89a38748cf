/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and explanations made from the route table. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"

#define FAQ "See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details."

void route_table_why_not(struct route_table *t, struct lmi_span topic, int64_t now_ms, struct lmi_buf *b)
{
	struct lmi_span name;
	void *v;

	lmi_buf_printf(b, "No topic route info in name server for the topic: %.*s\n" FAQ "\n", (int)topic.n,
		       topic.p ? (const char *)topic.p : "");
	if (lmi_map_count(&t->members) > 0) {
		lmi_buf_printf(b, "Cause: none of the %zu registered brokers has the topic; create it, or send with automatic creation.",
			       lmi_map_count(&t->members));
		return;
	}
	if (lmi_map_count(&t->gone) == 0) {
		lmi_buf_put_str(b, "Cause: no broker has registered here yet; check that a broker runs and names this server in namesrvAddr.");
		return;
	}
	lmi_buf_put_str(b, "Cause: no broker is registered now; gone:");
	for (size_t at = 0, n = 0; n < 5 && lmi_map_next(&t->gone, &at, &name, &v); n++)
		lmi_buf_printf(b, " %.*s (%" PRId64 " s ago)", (int)name.n, (const char *)name.p,
			       (now_ms - ((struct route_past *)v)->since_ms) / 1000);
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
	size_t members = lmi_map_count(&t->members);
	void *v;

	*c = (struct lmi_cluster_info){ 0 };
	c->brokers = lmi_arena_alloc(a, (members + 1) * sizeof(*c->brokers));
	c->clusters = lmi_arena_alloc(a, (members + 1) * sizeof(*c->clusters));
	if (!c->brokers || !c->clusters)
		return -ENOMEM;
	for (size_t at = 0; lmi_map_next(&t->members, &at, NULL, &v);)
		if (!route_member_view(v, a, &c->brokers[c->broker_count++]) || add_to_cluster(c, a, v, members) < 0)
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

static bool topic_matches(const struct route_topic *topic, struct lmi_span cluster, int32_t set, int32_t clear)
{
	for (size_t i = 0; i < topic->count; i++) {
		const struct route_entry *e = &topic->entries[i];

		if ((!cluster.p || lmi_span_is(cluster, e->member->cluster)) && (e->sysflag & set) == set && !(e->sysflag & clear))
			return true;
	}
	return false;
}

int route_table_topics(struct route_table *t, struct lmi_span cluster, int32_t flags_set, int32_t flags_clear, struct lmi_arena *a,
		       struct lmi_text_list *out)
{
	void *v;

	*out = (struct lmi_text_list){ 0 };
	out->items = lmi_arena_alloc(a, (lmi_map_count(&t->topics) + 1) * sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	for (size_t at = 0; lmi_map_next(&t->topics, &at, NULL, &v);) {
		const struct route_topic *topic = v;

		if (topic_matches(topic, cluster, flags_set, flags_clear))
			out->items[out->count++] = lmi_span_str(topic->name);
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

	return m && route_member_view(m, a, out);
}
