/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/pull_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "rules/name.h"
#include "rules/tags.h"

#define REMARK_MAX 512

enum forbidden { /* rule: ForbiddenType */
	FORBIDDEN_NOT = 0,
	FORBIDDEN_BROKER = 1,
	FORBIDDEN_GROUP = 2,
	FORBIDDEN_TOPIC = 3,
	FORBIDDEN_BROADCASTING = 4,
	FORBIDDEN_SUBSCRIPTION = 5
};

static bool refuse(struct handle *h, const struct pull *p, int32_t code, enum forbidden why, const char *fmt, ...)
	LMI_PRINTF(5, 6);

static bool refuse(struct handle *h, const struct pull *p, int32_t code, enum forbidden why, const char *fmt, ...)
{
	char remark[REMARK_MAX];
	struct lmi_command_out o;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(remark, sizeof(remark), fmt, ap);
	va_end(ap);
	h->counts.refused++;
	lmi_command_begin(&o, p->out, (enum lmi_serialize)p->serialize, code, p->opaque, LMI_FLAG_RESPONSE);
	if (why)
		lmi_command_put_i64(&o, LMI_EXT_FORBIDDEN_TYPE, why);
	lmi_command_remark(&o, lmi_span(remark, n < 0 ? 0 : (size_t)n < sizeof(remark) ? (size_t)n : sizeof(remark) - 1));
	lmi_command_end(&o, 0);
	return false;
}

static bool check_broker_and_group(struct handle *h, struct pull *p)
{
	if (!(h->settings->permission & LMI_PERM_READ))
		return refuse(h, p, LMI_RSP_NO_PERMISSION, FORBIDDEN_BROKER,
			      "this broker is not readable, see brokerPermission");
	if (p->code == LMI_REQ_LITE_PULL_MESSAGE && !h->settings->lite_pull)
		return refuse(h, p, LMI_RSP_NO_PERMISSION, FORBIDDEN_BROKER,
			      "this broker does not serve lite pull consumers, see litePullMessageEnable");
	p->group_config = group_table_find(h->groups, p->group, h->settings->auto_create_group, handle_now(h));
	if (!p->group_config)
		return refuse(h, p, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST, FORBIDDEN_NOT,
			      "consumer group %.*s does not exist", SPAN_ARGS(p->group));
	if (!p->group_config->consume_enable)
		return refuse(h, p, LMI_RSP_NO_PERMISSION, FORBIDDEN_GROUP,
			      "consumer group %.*s may not consume, see its consumeEnable", SPAN_ARGS(p->group));
	return true;
}

static bool check_topic(struct handle *h, struct pull *p)
{
	p->topic_config = topic_table_get(h->topics, p->topic);
	if (!p->topic_config)
		return refuse(h, p, LMI_RSP_TOPIC_NOT_EXIST, FORBIDDEN_NOT,
			      "topic %.*s does not exist on this broker: create it or send to it first", SPAN_ARGS(p->topic));
	if (!(p->topic_config->config.perm & LMI_PERM_READ))
		return refuse(h, p, LMI_RSP_NO_PERMISSION, FORBIDDEN_TOPIC, "topic %.*s is not readable, see its perm",
			      SPAN_ARGS(p->topic));
	if (p->queue_id < 0 || p->queue_id >= p->topic_config->config.read_queues)
		return refuse(h, p, LMI_RSP_INVALID_PARAMETER, FORBIDDEN_NOT,
			      "queue %d is not one of topic %.*s, which has %d to read", p->queue_id, SPAN_ARGS(p->topic),
			      p->topic_config->config.read_queues);
	return true;
}

static bool refuse_type(struct handle *h, struct pull *p, struct lmi_span type)
{
	return refuse(h, p, LMI_RSP_SYSTEM_ERROR, FORBIDDEN_NOT, "The broker does not support consumer to filter message by %.*s",
		      SPAN_ARGS(type));
}

/*
 * A pull that brings an expression which cannot be compiled.  RocketMQ's broker, whose assertion is not looked at, gives such
 * a consumer every message; we refuse.
 */
static bool sql_of_request(struct handle *h, struct pull *p)
{
	struct filter_error e = { .column = 0 };
	int err = 0;
	if (lmi_span_is(p->expression_type, LMI_EXPRESSION_SQL92))
		err = filter_compile(p->subscription, &p->made, &e);
	else if (h->settings->property_filter)
		err = -LMQ_EUNSUPPORTED;
	if (err)
		return refuse(h, p, LMI_RSP_SUBSCRIPTION_PARSE_FAILED, FORBIDDEN_NOT, "the subscription is no %.*s expression: column %u: %s",
			      SPAN_ARGS(p->expression_type), e.column, e.column ? e.text : lmi_strerror(err));
	if (!h->settings->property_filter)
		return refuse_type(h, p, p->expression_type);
	p->sql = p->made;
	p->filter.all = true;
	return true;
}

/* The heartbeat's expression could not be compiled: say why.  Rule: PullMessageProcessor, filter data that is not there. */
static bool refuse_group_expression(struct handle *h, struct pull *p, const struct client_sub *s)
{
	struct filter *f = NULL;
	struct filter_error e = { .column = 0, .text = "its type is not known" };
	int err = lmi_span_is(s->expression_type, LMI_EXPRESSION_SQL92) ? filter_compile(s->expression, &f, &e) : 0;
	filter_unref(f);
	return refuse(h, p, LMI_RSP_FILTER_DATA_NOT_EXIST, FORBIDDEN_NOT,
		      "the group's %.*s expression cannot be used: column %u: %s", SPAN_ARGS(s->expression_type), e.column,
		      err == -ENOMEM ? lmi_strerror(err) : e.text);
}

/* The subscription rides on the request. */
static bool filter_of_request(struct handle *h, struct pull *p)
{
	struct lmi_subscription s = { .expression = p->subscription };
	if (p->has_filter)
		return true;
	if (!lmi_tags_is_tag_type(p->expression_type))
		return sql_of_request(h, p);
	if (lmi_tags_parse(p->subscription, &h->arena, &s))
		return refuse(h, p, LMI_RSP_SUBSCRIPTION_PARSE_FAILED, FORBIDDEN_NOT,
			      "the subscription is not a list of tags such as `a || b`, nor `*`");
	p->filter = lmi_tags_filter_of(&s);
	return true;
}

/* The subscription is the one of the group's heartbeats. */
static bool filter_of_group(struct handle *h, struct pull *p)
{
	const struct client_group *g = client_table_consumers(h->clients, p->group);
	const struct client_sub *s = g ? client_group_sub(g, p->topic) : NULL;
	if (!g)
		return refuse(h, p, LMI_RSP_SUBSCRIPTION_NOT_EXIST, FORBIDDEN_NOT,
			      "no member of consumer group %.*s has sent a heartbeat yet", SPAN_ARGS(p->group));
	if (!p->group_config->consume_broadcast_enable && g->model == LMI_MODEL_BROADCASTING)
		return refuse(h, p, LMI_RSP_NO_PERMISSION, FORBIDDEN_BROADCASTING,
			      "consumer group %.*s may not broadcast, see its consumeBroadcastEnable", SPAN_ARGS(p->group));
	if (group_forbidden_get(h->groups, p->group, p->topic) & GROUP_FORBIDDEN_READ)
		return refuse(h, p, LMI_RSP_NO_PERMISSION, FORBIDDEN_SUBSCRIPTION,
			      "consumer group %.*s may not read topic %.*s, an operator has forbidden it", SPAN_ARGS(p->group),
			      SPAN_ARGS(p->topic));
	if (!s)
		return refuse(h, p, LMI_RSP_SUBSCRIPTION_NOT_EXIST, FORBIDDEN_NOT,
			      "consumer group %.*s has not subscribed to topic %.*s: do all its members subscribe to the same?",
			      SPAN_ARGS(p->group), SPAN_ARGS(p->topic));
	if (s->version < p->sub_version)
		return refuse(h, p, LMI_RSP_SUBSCRIPTION_NOT_LATEST, FORBIDDEN_NOT,
			      "the broker knows an older subscription than the client's: its next heartbeat brings the new one");
	if (!lmi_tags_is_tag_type(s->expression_type) && !s->sql)
		return refuse_group_expression(h, p, s);
	if (!lmi_tags_is_tag_type(s->expression_type) && !h->settings->property_filter)
		return refuse_type(h, p, s->expression_type);
	p->sql = s->class_filter ? NULL : s->sql;
	p->filter = client_sub_filter(s);
	return true;
}

bool pull_check(struct handle *h, struct pull *p)
{
	p->checked = check_broker_and_group(h, p) && check_topic(h, p) &&
		     (p->sysflag & PULL_FLAG_SUBSCRIPTION ? filter_of_request(h, p) : filter_of_group(h, p));
	return p->checked;
}
