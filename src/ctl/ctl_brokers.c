/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "ctl/ctl.h"

static bool wanted(const struct ctl *c, const struct lmi_route_broker *b)
{
	return (!c->opt.cluster || lmi_span_is(b->cluster, c->opt.cluster)) && (!c->opt.broker || lmi_span_is(b->broker_name, c->opt.broker));
}

static const char *master_of(struct ctl *c, const struct lmi_route_broker *b)
{
	for (size_t i = 0; i < b->addr_count; i++)
		if (b->addrs[i].id == LMI_BROKER_ID_MASTER)
			return lmi_arena_strdup(&c->arena, b->addrs[i].addr);
	return NULL;
}

static enum ctl_exit choose(struct ctl *c, const struct lmi_route_broker *brokers, size_t n, struct ctl_brokers *out)
{
	out->count = 0;
	out->items = lmi_arena_alloc(&c->arena, (n + 1) * sizeof(*out->items));
	for (size_t i = 0; out->items && i < n && out->count < CTL_BROKERS_MAX; i++)
		if (wanted(c, &brokers[i]))
			out->items[out->count++] = (struct ctl_broker){ lmi_arena_strdup(&c->arena, brokers[i].cluster),
									lmi_arena_strdup(&c->arena, brokers[i].broker_name),
									master_of(c, &brokers[i]), (int64_t)brokers[i].addr_count };
	if (out->count)
		return CTL_DONE;
	ctl_say(c, "no broker is registered%s%s%s%s", c->opt.cluster ? " in cluster " : "", c->opt.cluster ? c->opt.cluster : "",
		c->opt.broker ? " as " : "", c->opt.broker ? c->opt.broker : "");
	return CTL_NOT_FOUND;
}

/* --broker HOST:PORT needs no name server. */
static bool by_address(struct ctl *c, struct ctl_brokers *out)
{
	if (!c->opt.broker || !strchr(c->opt.broker, ':'))
		return false;
	out->items = lmi_arena_zalloc(&c->arena, sizeof(*out->items));
	if (!out->items)
		return false;
	out->items[0] = (struct ctl_broker){ "", c->opt.broker, c->opt.broker, 1 };
	out->count = 1;
	return true;
}

enum ctl_exit ctl_brokers(struct ctl *c, struct ctl_brokers *out)
{
	struct lmi_command a;
	struct lmi_cluster_info info;
	if (by_address(c, out))
		return CTL_DONE;
	enum ctl_exit r = ctl_ask_namesrv(c, &(struct ctl_question){ .code = LMI_REQ_GET_BROKER_CLUSTER_INFO }, &a);
	if (r == CTL_DONE)
		r = ctl_judge(c, &a, "the name server");
	if (r != CTL_DONE)
		return r;
	int err = lmi_cluster_info_decode(a.body, &c->arena, &info);
	if (err) {
		ctl_say(c, "the name server's answer: %s", lmi_strerror(err));
		return CTL_REFUSED;
	}
	return choose(c, info.brokers, info.broker_count, out);
}

enum ctl_exit ctl_topic_brokers(struct ctl *c, const char *topic, struct ctl_brokers *out)
{
	struct lmi_command a;
	struct lmi_route route;
	if (by_address(c, out))
		return CTL_DONE;
	enum ctl_exit r = ctl_ask_namesrv(c, &(struct ctl_question){ .code = LMI_REQ_GET_ROUTEINFO_BY_TOPIC,
								     .fields = CTL_FIELDS({ LMI_EXT_TOPIC, topic }) }, &a);
	if (r == CTL_DONE)
		r = ctl_judge(c, &a, topic);
	if (r != CTL_DONE)
		return r;
	int err = lmi_route_decode(a.body, &c->arena, &route);
	if (err) {
		ctl_say(c, "the name server's answer: %s", lmi_strerror(err));
		return CTL_REFUSED;
	}
	return choose(c, route.brokers, route.broker_count, out);
}

enum ctl_exit ctl_both(enum ctl_exit a, enum ctl_exit b)
{
	if (a == b)
		return a;
	return a == CTL_DONE || b == CTL_DONE || a == CTL_PARTLY || b == CTL_PARTLY ? CTL_PARTLY : b;
}

static enum ctl_exit ask_one(struct ctl *c, const struct ctl_broker *b, const struct ctl_question *q, struct lmi_command *a)
{
	if (!b->address) {
		ctl_say(c, "%s has no master", b->name);
		return CTL_UNREACHABLE;
	}
	enum ctl_exit r = ctl_ask(c, b->address, q, a);
	return r == CTL_DONE ? ctl_judge(c, a, b->name) : r;
}

enum ctl_exit ctl_each(struct ctl *c, const struct ctl_brokers *b, const struct ctl_question *q,
		       enum ctl_exit (*take)(void *arg, const struct ctl_broker *b, const struct lmi_command *answer), void *arg)
{
	enum ctl_exit all = CTL_DONE;
	for (size_t i = 0; i < b->count; i++) {
		struct lmi_command a;
		enum ctl_exit r = ask_one(c, &b->items[i], q, &a);
		if (r == CTL_DONE && take)
			r = take(arg, &b->items[i], &a);
		all = i ? ctl_both(all, r) : r;
	}
	return all;
}
