/* SPDX-License-Identifier: Apache-2.0 */
/* Who is connected, for clients that share queues and for people. */
#include "broker/handle/handlers.h"
#include "rules/rebalance.h"

/*
 * The ids of a group's members, sorted, each once: a client that came back on a new connection counts as one.  Among them those
 * that went and whose place is kept.
 */
static size_t member_ids(struct handle *h, const struct client_group *g, struct lmi_span **out)
{
	size_t n = 0, kept = 0;
	struct lmi_span *ids = lmi_arena_alloc(&h->arena, ((size_t)g->member_count + g->ghost_count) * sizeof(*ids));
	if (!ids)
		return 0;
	for (struct lmi_list *it = g->members.next; it != &g->members; it = it->next)
		ids[n++] = client_member_id(client_member_at(it));
	for (struct lmi_list *it = g->ghosts.next; it != &g->ghosts; it = it->next)
		ids[n++] = lmi_span(client_ghost_at(it)->id, client_ghost_at(it)->id_bytes);
	lmi_rebalance_sort_clients(ids, n);
	for (size_t i = 0; i < n; i++)
		if (!kept || !lmi_span_eq(ids[kept - 1], ids[i]))
			ids[kept++] = ids[i];
	*out = ids;
	return kept;
}

/* Rule: ConsumerManageProcessor.getConsumerListByGroup. */
void client_list_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text(&f, LMI_EXT_CONSUMER_GROUP), *ids = NULL;
	struct lmi_json_out o;
	if (!fields_ok(h, r, &f))
		return;
	const struct client_group *g = client_table_consumers(h->clients, group);
	size_t n = g ? member_ids(h, g, &ids) : 0;
	if (!n) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "no consumer for this group, %.*s", SPAN_ARGS(group));
		return;
	}
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "consumerIdList");
	lmi_json_put_array(&o);
	for (size_t i = 0; i < n; i++)
		lmi_json_put_string(&o, ids[i]);
	lmi_json_put_array_end(&o);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}

static void put_language(struct lmi_json_out *o, const struct client_member *m)
{
	lmi_json_put_key(o, "language");
	lmi_json_put_string(o, lmi_language_name(m->language));
}

static void put_connections(struct lmi_json_out *o, const struct client_group *g)
{
	lmi_json_put_key(o, "connectionSet");
	lmi_json_put_array(o);
	for (struct lmi_list *it = g->members.next; it != &g->members; it = it->next) {
		const struct client_member *m = client_member_at(it);
		char addr[LMI_HOST_CHARS];
		lmi_json_put_object(o);
		lmi_json_put_key(o, "clientAddr");
		lmi_json_put_string(o, lmi_span(addr, lmi_host_print(&m->peer->host, addr, sizeof(addr))));
		lmi_json_put_key(o, "clientId");
		lmi_json_put_string(o, client_member_id(m));
		put_language(o, m);
		lmi_json_put_key(o, "version");
		lmi_json_put_i64(o, m->version);
		lmi_json_put_object_end(o);
	}
	lmi_json_put_array_end(o);
}

void client_sub_put(struct lmi_json_out *o, const struct client_sub *s)
{
	lmi_json_put_object(o);
	lmi_json_put_key(o, "classFilterMode");
	lmi_json_put_bool(o, s->class_filter);
	lmi_json_put_key(o, "codeSet");
	lmi_json_put_array(o);
	for (size_t i = 0; i < s->code_count; i++)
		lmi_json_put_i64(o, s->codes[i]);
	lmi_json_put_array_end(o);
	lmi_json_put_key(o, "expressionType");
	lmi_json_put_string(o, s->expression_type.n ? s->expression_type : LMI_SPAN_LIT(LMI_EXPRESSION_TAG));
	lmi_json_put_key(o, "subString");
	lmi_json_put_string(o, s->expression);
	lmi_json_put_key(o, "subVersion");
	lmi_json_put_i64(o, s->version);
	lmi_json_put_key(o, "tagsSet");
	lmi_json_put_raw(o, s->tags_raw);
	lmi_json_put_key(o, "topic");
	lmi_json_put_string(o, s->topic);
	lmi_json_put_object_end(o);
}

static void put_subs(struct lmi_json_out *o, const struct client_group *g)
{
	void *value;
	struct lmi_span key;
	lmi_json_put_key(o, "subscriptionTable");
	lmi_json_put_object(o);
	for (size_t i = 0; lmi_map_next(&g->subs, &i, &key, &value);) {
		lmi_json_put_key_span(o, key);
		client_sub_put(o, value);
	}
	lmi_json_put_object_end(o);
}

/* Rule: AdminBrokerProcessor.getConsumerConnectionList. */
void client_consumers_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text(&f, LMI_EXT_CONSUMER_GROUP);
	struct lmi_json_out o;
	if (!fields_ok(h, r, &f))
		return;
	const struct client_group *g = client_table_consumers(h->clients, group);
	if (!g) {
		answer_error(h, r, LMI_RSP_CONSUMER_NOT_ONLINE, "consumer group %.*s has no member online", SPAN_ARGS(group));
		return;
	}
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	put_connections(&o, g);
	lmi_json_put_key(&o, "consumeFromWhere");
	lmi_json_put_str(&o, lmi_consume_from_name(g->from));
	lmi_json_put_key(&o, "consumeType");
	lmi_json_put_str(&o, lmi_consume_type_name(g->type));
	lmi_json_put_key(&o, "messageModel");
	lmi_json_put_str(&o, lmi_message_model_name(g->model));
	put_subs(&o, g);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}

/* Rule: AdminBrokerProcessor.getProducerConnectionList. */
void client_producers_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text(&f, LMI_EXT_PRODUCER_GROUP);
	struct lmi_json_out o;
	if (!fields_ok(h, r, &f))
		return;
	const struct client_group *g = client_table_producers(h->clients, group);
	if (!g) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "producer group %.*s has no member online", SPAN_ARGS(group));
		return;
	}
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	put_connections(&o, g);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}

static void put_producer(struct lmi_json_out *o, const struct client_member *m, int64_t now_ms, int64_t mono_ms)
{
	char addr[LMI_HOST_CHARS + 1] = "/";
	size_t n = lmi_host_print(&m->peer->host, addr + 1, sizeof(addr) - 1);
	lmi_json_put_object(o);
	lmi_json_put_key(o, "clientId");
	lmi_json_put_string(o, client_member_id(m));
	put_language(o, m);
	lmi_json_put_key(o, "lastUpdateTimestamp");
	lmi_json_put_i64(o, now_ms - (mono_ms - m->last_ms));
	lmi_json_put_key(o, "remoteIP");
	lmi_json_put_string(o, lmi_span(addr, n + 1));
	lmi_json_put_key(o, "version");
	lmi_json_put_i64(o, m->version);
	lmi_json_put_object_end(o);
}

/* Rule: AdminBrokerProcessor.getAllProducerInfo. */
void client_all_producers_handler(struct handle *h, const struct request *r)
{
	struct lmi_json_out o;
	void *value;
	struct lmi_span key;
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "data");
	lmi_json_put_object(&o);
	for (size_t i = 0; lmi_map_next(&h->clients->producers, &i, &key, &value);) {
		const struct client_group *g = value;
		lmi_json_put_key_span(&o, key);
		lmi_json_put_array(&o);
		for (struct lmi_list *it = g->members.next; it != &g->members; it = it->next)
			put_producer(&o, client_member_at(it), handle_now(h), lmi_mono_ms(h->clock));
		lmi_json_put_array_end(&o);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}
