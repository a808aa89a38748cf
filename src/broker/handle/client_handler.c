/* SPDX-License-Identifier: Apache-2.0 */
/* Membership: heartbeats, leaving, and telling the others. */
#include "broker/handle/handlers.h"
#include "base/event.h"
#include "rules/name.h"

struct beat {
	struct client_who who;
	bool changed;     /* a group has new members or subscriptions */
	bool unknown_sub; /* a heartbeat without subscriptions met a broker that does not know them */
	int err;
};

/* Rule: ClientManageProcessor.heartBeat: the retry topic is there as soon as the group is. */
static void make_retry_topic(struct handle *h, const struct lmi_group_config *g, bool unit_mode)
{
	char name[LMI_NAME_MAX + 1];
	const struct topic *topic;
	size_t n = lmi_name_retry_topic(g->name, name);
	if (n)
		topic_table_make_retry(h->topics, lmi_span(name, n), g->retry_queues,
				       unit_mode ? LMI_TOPIC_SYSFLAG_UNIT_SUB : 0, handle_now(h), &topic);
}

/* What the broker knows of a group's subscriptions is what this client has. */
static bool knows_subs(const struct handle *h, struct lmi_span group, int32_t fingerprint)
{
	const struct client_group *g = client_table_consumers(h->clients, group);
	return g && g->fingerprint == fingerprint && lmi_map_count(&g->subs) > 0;
}

/* The classic trap: each of two such clients loses what only the other has subscribed to, and nobody is told. */
static void look_for_difference(struct handle *h, const struct beat *b, const struct client_group *g)
{
	struct client_member *m = client_group_member(g, b->who.peer);
	const struct client_member *other;
	switch (m ? client_differ_check(h->clients, m, &other) : CLIENT_DIFFER_SAME) {
	case CLIENT_DIFFER_FOUND:
		lmi_log(h->log, LMI_LOG_WARNING, "consumer group %.*s: clients %.*s and %.*s subscribe differently: each loses messages "
			"that only the other wants; let all members of a group subscribe to the same topics and tags",
			SPAN_ARGS(client_group_name(g)), SPAN_ARGS(client_member_id(m)), SPAN_ARGS(client_member_id(other)));
		break;
	case CLIENT_DIFFER_OVER:
		lmi_log(h->log, LMI_LOG_NOTICE, "consumer group %.*s: all members subscribe to the same again",
			SPAN_ARGS(client_group_name(g)));
		break;
	case CLIENT_DIFFER_SAME:
		break;
	}
}

static void consumer_beat(struct handle *h, struct beat *b, const struct lmi_heartbeat *hb,
			  const struct lmi_heartbeat_consumer *c)
{
	const struct lmi_group_config *g =
		group_table_find(h->groups, c->group, h->settings->auto_create_group, handle_now(h));
	if (!g)
		return; /* rule: groups that may not be made are passed over */
	bool known = knows_subs(h, c->group, hb->fingerprint);
	bool keep = hb->fingerprint && hb->without_sub;
	make_retry_topic(h, g, c->unit_mode);
	if (hb->fingerprint && !known)
		b->unknown_sub = true;
	int rc = client_table_consumer(h->clients, &b->who, c, g->notify_ids_changed_enable, keep, lmi_mono_ms(h->clock));
	if (rc < 0) {
		b->err = rc;
		return;
	}
	b->changed = b->changed || rc;
	struct client_group *group = client_table_consumers(h->clients, c->group);
	if (group && !keep)
		group->fingerprint = hb->fingerprint;
	if (group)
		look_for_difference(h, b, group);
	if (rc)
		lmi_log_with(h->log, LMI_LOG_INFO,
			LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_CLIENT_JOINED), LMI_LOG_SPAN("GROUP", c->group),
				       LMI_LOG_SPAN("CLIENT", b->who.id)),
			"consumer group %.*s: client %.*s joined or changed its subscription",
			SPAN_ARGS(c->group), SPAN_ARGS(b->who.id));
}

/*
 * The answer tells a client of heartbeats with fingerprints whether to send its subscriptions in full.  RocketMQ says so
 * only when it knows another fingerprint; we also do when we know none, else a restarted broker would never learn them.
 */
static void answer_beat(const struct request *r, const struct lmi_heartbeat *hb, const struct beat *b)
{
	struct lmi_command_out o;
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_bool(&o, LMI_EXT_IS_SUPPORT_HEART_BEAT_V2, true);
	lmi_command_put_bool(&o, LMI_EXT_IS_SUB_CHANGE, hb->fingerprint == 0 || (hb->without_sub && b->unknown_sub));
	lmi_command_end(&o, 0);
}

void client_heartbeat_handler(struct handle *h, const struct request *r)
{
	struct lmi_heartbeat hb;
	int err = lmi_heartbeat_decode(r->cmd->body, &h->arena, &hb);
	if (err) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the heartbeat cannot be read: %s", lmi_strerror(err));
		return;
	}
	struct beat b = { .who = { .peer = r->peer,
				   .id = hb.client_id,
				   .language = r->cmd->language,
				   .version = r->cmd->version } };
	for (size_t i = 0; i < hb.consumer_count; i++)
		consumer_beat(h, &b, &hb, &hb.consumers[i]);
	for (size_t i = 0; i < hb.producer_count; i++) {
		int rc = client_table_producer(h->clients, &b.who, hb.producer_groups[i], lmi_mono_ms(h->clock));
		b.err = rc ? rc : b.err;
		if (!rc)
			transaction_table_feed(h->transactions, hb.producer_groups[i], lmi_mono_ms(h->clock));
	}
	if (b.err)
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the heartbeat was not taken in whole: %s", lmi_strerror(b.err));
	else
		answer_beat(r, &hb, &b);
}

void client_unregister_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span id = fields_text(&f, LMI_EXT_CLIENT_ID_UPPER);
	struct lmi_span producer = fields_text_or(&f, LMI_EXT_PRODUCER_GROUP, LMI_SPAN_NULL);
	struct lmi_span consumer = fields_text_or(&f, LMI_EXT_CONSUMER_GROUP, LMI_SPAN_NULL);
	if (!fields_ok(h, r, &f))
		return;
	if (producer.n)
		client_table_unregister(h->clients, r->peer, producer, true);
	if (consumer.n && client_table_unregister(h->clients, r->peer, consumer, false)) {
		struct lock_who w = { .group = consumer, .client_id = id };
		lock_table_drop_client(h->locks, &w);
		lmi_log_with(h->log, LMI_LOG_INFO,
			LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_CLIENT_LEFT), LMI_LOG_SPAN("GROUP", consumer),
				       LMI_LOG_SPAN("CLIENT", id)),
			"consumer group %.*s: client %.*s left", SPAN_ARGS(consumer), SPAN_ARGS(id));
	}
	answer_code(r, LMI_RSP_SUCCESS);
}

/* The subscription in a CheckClientRequestBody. */
static int checked_subscription(struct lmi_span body, struct lmi_arena *arena, struct lmi_subscription *out)
{
	struct lmi_json j;
	struct lmi_json_token t;
	lmi_json_init(&j, body);
	int err = lmi_json_next(&j, &t);
	if (!err && t.kind != LMI_JSON_OBJECT)
		return -LMQ_EMALFORMED;
	while (!err && !(err = lmi_json_next(&j, &t)) && t.kind == LMI_JSON_KEY)
		err = lmi_json_is(&t, "subscriptionData") ? lmi_subscription_read(&j, arena, out) : lmi_json_skip(&j);
	return err;
}

static void check_expression(struct handle *h, const struct request *r, const struct lmi_subscription *s)
{
	struct filter *f;
	struct filter_error e = { .column = 0 };
	int err = lmi_span_is(s->expression_type, LMI_EXPRESSION_SQL92) ? filter_compile(s->expression, &f, &e) : -LMQ_EUNSUPPORTED;
	if (!err) {
		filter_unref(f);
		answer_code(r, LMI_RSP_SUCCESS);
	} else {
		answer_error(h, r, LMI_RSP_SUBSCRIPTION_PARSE_FAILED, "column %u: %s", e.column, e.column ? e.text : lmi_strerror(err));
	}
}

/* Rule: ClientManageProcessor.checkClientConfig. */
void client_check_handler(struct handle *h, const struct request *r)
{
	struct lmi_subscription s = { .expression = LMI_SPAN_NULL };
	int err = r->cmd->body.n ? checked_subscription(r->cmd->body, &h->arena, &s) : 0;
	if (err)
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the request's body cannot be read: %s", lmi_strerror(err));
	else if (lmi_tags_is_tag_type(s.expression_type))
		answer_code(r, LMI_RSP_SUCCESS);
	else if (!h->settings->property_filter)
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "The broker does not support consumer to filter message by %.*s",
			     SPAN_ARGS(s.expression_type));
	else
		check_expression(h, r, &s);
}

/* ---- telling the others ---- */

static void notify(struct handle *h, const struct client_member *m, struct lmi_span group)
{
	struct lmi_command_out o;
	struct lmi_buf *out = peer_out(m->peer);
	if (!m->peer->open || lmi_buf_len(out) > HANDLE_OUT_PAUSE)
		return; /* it asks by itself every 20 s */
	lmi_command_begin(&o, out, LMI_SERIALIZE_JSON, LMI_REQ_NOTIFY_CONSUMER_IDS_CHANGED, ++h->opaque, LMI_FLAG_ONEWAY);
	lmi_command_put(&o, LMI_EXT_CONSUMER_GROUP, group);
	lmi_command_end(&o, 0);
}

void client_notify_changed(struct handle *h)
{
	for (struct client_group *g; (g = client_table_take_changed(h->clients));)
		for (struct lmi_list *it = g->members.next; it != &g->members; it = it->next)
			notify(h, client_member_at(it), client_group_name(g));
}

void handle_peer_closed(struct handle *h, struct peer *p)
{
	p->open = false;
	call_table_peer_closed(h->calls, p);
	hold_table_peer_closed(h->holds, p);
	pop_wait_peer_closed(h->pop_waits, p);
	client_table_peer_closed(h->clients, p);
}
