/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "ctl/ctl.h"
#include "rules/name.h"
#include "wire/topic_config.h"

static const char *topic_of(struct ctl *c)
{
	const char *topic = ctl_operand(c, 0, c->opt.topic);
	if (!topic)
		ctl_say(c, "which topic?");
	return topic;
}

static const char *kind_of(struct lmi_span name)
{
	if (lmi_span_starts(name, LMI_SPAN_LIT("%RETRY%")))
		return "retry";
	if (lmi_span_starts(name, LMI_SPAN_LIT("%DLQ%")))
		return "dead";
	return lmi_name_is_system_topic(name) || lmi_span_starts(name, LMI_SPAN_LIT("rmq_sys_")) ? "system" : "normal";
}

enum ctl_exit ctl_topic_list(struct ctl *c)
{
	static const char *const columns[] = { "topic", "kind", NULL };
	struct lmi_command a;
	struct lmi_text_list l;
	struct ctl_rows r;
	enum ctl_exit e = ctl_ask_namesrv(c, &(struct ctl_question){ .code = LMI_REQ_GET_ALL_TOPIC_LIST_FROM_NAMESERVER }, &a);
	if (e == CTL_DONE)
		e = ctl_judge(c, &a, "the name server");
	if (e != CTL_DONE)
		return e;
	if (lmi_text_list_decode(a.body, LMI_LIST_TOPICS, &c->arena, &l)) {
		ctl_say(c, "the name server's answer cannot be read");
		return CTL_REFUSED;
	}
	ctl_rows_begin(&r, c, columns);
	for (size_t i = 0; i < l.count; i++) {
		const char *kind = kind_of(l.items[i]);
		if (!c->opt.all && strcmp(kind, "normal") != 0)
			continue;
		ctl_cell(&r, l.items[i]);
		ctl_cell_str(&r, kind);
	}
	return ctl_rows_end(&r);
}

struct gathered {
	struct ctl *c;
	struct ctl_queue *queues;
	size_t count, cap;
};

static enum ctl_exit gather(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	struct gathered *g = arg;
	int err = ctl_queues_read(g->c, a->body, &g->queues, &g->count, &g->cap);
	if (!err)
		return CTL_DONE;
	ctl_say(g->c, "%s: its answer cannot be read: %s", b->name, lmi_strerror(err));
	return CTL_REFUSED;
}

enum ctl_exit ctl_topic_show(struct ctl *c)
{
	static const char *const columns[] = { "broker", "#queue", "#min", "#max", "#messages", "@updated", "+topic", NULL };
	const char *topic = topic_of(c);
	struct ctl_brokers b;
	struct gathered g = { .c = c };
	struct ctl_rows r;
	if (!topic)
		return CTL_USAGE;
	enum ctl_exit e = ctl_topic_brokers(c, topic, &b);
	if (e != CTL_DONE)
		return e;
	e = ctl_each(c, &b, &(struct ctl_question){ .code = LMI_REQ_GET_TOPIC_STATS_INFO, .fields = CTL_FIELDS({ LMI_EXT_TOPIC, topic }) },
		     gather, &g);
	ctl_queues_sort(g.queues, g.count);
	ctl_rows_begin(&r, c, columns);
	for (size_t i = 0; i < g.count; i++) {
		const struct ctl_queue *q = &g.queues[i];
		ctl_cell(&r, q->broker);
		ctl_cell_i64(&r, q->id);
		ctl_cell_i64(&r, q->min);
		ctl_cell_i64(&r, q->max);
		ctl_cell_i64(&r, q->max - q->min);
		ctl_cell_ms(&r, q->updated_ms);
		ctl_cell(&r, q->topic);
	}
	enum ctl_exit printed = ctl_rows_end(&r);
	return e ? e : printed;
}

static const char *perm_text(int32_t perm)
{
	return (perm & LMI_PERM_READ) ? (perm & LMI_PERM_WRITE) ? "rw" : "r" : (perm & LMI_PERM_WRITE) ? "w" : "-";
}

static struct lmi_span address_of(const struct lmi_route *route, struct lmi_span name)
{
	for (size_t i = 0; i < route->broker_count; i++)
		for (size_t k = 0; lmi_span_eq(route->brokers[i].broker_name, name) && k < route->brokers[i].addr_count; k++)
			if (route->brokers[i].addrs[k].id == LMI_BROKER_ID_MASTER)
				return route->brokers[i].addrs[k].addr;
	return LMI_SPAN_NULL;
}

enum ctl_exit ctl_topic_route(struct ctl *c)
{
	static const char *const columns[] = { "broker", "address", "perm", "#readQueues", "#writeQueues", NULL };
	const char *topic = topic_of(c);
	struct lmi_command a;
	struct lmi_route route;
	struct ctl_rows r;
	if (!topic)
		return CTL_USAGE;
	enum ctl_exit e = ctl_ask_namesrv(c, &(struct ctl_question){ .code = LMI_REQ_GET_ROUTEINFO_BY_TOPIC,
								     .fields = CTL_FIELDS({ LMI_EXT_TOPIC, topic }) }, &a);
	if (e == CTL_DONE)
		e = ctl_judge(c, &a, topic);
	if (e != CTL_DONE)
		return e;
	if (lmi_route_decode(a.body, &c->arena, &route)) {
		ctl_say(c, "the name server's answer cannot be read");
		return CTL_REFUSED;
	}
	ctl_rows_begin(&r, c, columns);
	for (size_t i = 0; i < route.queue_count; i++) {
		const struct lmi_route_queue *q = &route.queues[i];
		ctl_cell(&r, q->broker_name);
		ctl_cell(&r, address_of(&route, q->broker_name));
		ctl_cell_str(&r, perm_text(q->perm));
		ctl_cell_i64(&r, q->read_queues);
		ctl_cell_i64(&r, q->write_queues);
	}
	return ctl_rows_end(&r);
}

/* rw, r, w, or RocketMQ's number. */
static const char *perm_number(const char *text)
{
	if (!text || !strcmp(text, "rw"))
		return "6";
	return !strcmp(text, "r") ? "4" : !strcmp(text, "w") ? "2" : text;
}

static void say_done(struct ctl *c, const struct ctl_brokers *b, const char *verb, const char *name)
{
	for (size_t i = 0; i < b->count && (c->opt.format == CTL_TABLE || c->opt.format == CTL_WIDE); i++)
		fprintf(c->out, "%s %s on %s\n", verb, name, b->items[i].name);
}

enum ctl_exit ctl_topic_create(struct ctl *c)
{
	const char *topic = topic_of(c);
	char queues[24];
	struct ctl_brokers b;
	if (!topic)
		return CTL_USAGE;
	enum ctl_exit e = ctl_brokers(c, &b);
	if (e != CTL_DONE)
		return e;
	snprintf(queues, sizeof(queues), "%" PRId64, c->opt.queues > 0 ? c->opt.queues : 8);
	if (c->opt.dry_run) {
		say_done(c, &b, "would create", topic);
		return CTL_DONE;
	}
	e = ctl_each(c, &b,
		     &(struct ctl_question){ .code = LMI_REQ_UPDATE_AND_CREATE_TOPIC,
					     .fields = CTL_FIELDS({ LMI_EXT_TOPIC, topic }, { LMI_EXT_DEFAULT_TOPIC, "TBW102" },
								  { LMI_EXT_READ_QUEUE_NUMS, queues }, { LMI_EXT_WRITE_QUEUE_NUMS, queues },
								  { LMI_EXT_PERM, perm_number(c->opt.perm) },
								  { LMI_EXT_TOPIC_FILTER_TYPE, "SINGLE_TAG" }, { LMI_EXT_TOPIC_SYS_FLAG, "0" },
								  { LMI_EXT_ORDER, c->opt.order ? "true" : "false" },
								  { LMI_EXT_ATTRIBUTES, c->opt.attributes }) },
		     NULL, NULL);
	if (e == CTL_DONE)
		say_done(c, &b, "created", topic);
	return e;
}

enum ctl_exit ctl_topic_delete(struct ctl *c)
{
	const char *topic = topic_of(c);
	struct ctl_brokers b;
	if (!topic)
		return CTL_USAGE;
	enum ctl_exit e = ctl_topic_brokers(c, topic, &b);
	if (e != CTL_DONE)
		return e;
	if (c->opt.dry_run) {
		say_done(c, &b, "would delete", topic);
		return CTL_DONE;
	}
	if (!ctl_confirm(c, "the topic with its messages", topic))
		return CTL_REFUSED;
	const struct ctl_field *fields = CTL_FIELDS({ LMI_EXT_TOPIC, topic });
	e = ctl_each(c, &b, &(struct ctl_question){ .code = LMI_REQ_DELETE_TOPIC_IN_BROKER, .fields = fields }, NULL, NULL);
	if (e == CTL_DONE && !c->opt.broker && !c->opt.cluster)
		e = ctl_tell_namesrvs(c, &(struct ctl_question){ .code = LMI_REQ_DELETE_TOPIC_IN_NAMESRV, .fields = fields });
	if (e == CTL_DONE)
		say_done(c, &b, "deleted", topic);
	return e;
}
