/* SPDX-License-Identifier: Apache-2.0 */
/* QUERY_ASSIGNMENT, SET_MESSAGE_REQUEST_MODE: the broker says which queues a client consumes, and whether it pulls or pops. */
#include "broker/handle/handlers.h"
#include "rules/name.h"
#include "rules/rebalance.h"

/* A query.  Rule: QueryAssignmentRequestBody. */
struct query {
	struct lmi_span topic, group, client, model, strategy;
};

static int read_member(struct lmi_json *j, const struct lmi_json_token *k, struct lmi_arena *a, struct query *q)
{
	if (lmi_json_is(k, "topic"))
		return lmi_json_string(j, a, &q->topic);
	if (lmi_json_is(k, "consumerGroup"))
		return lmi_json_string(j, a, &q->group);
	if (lmi_json_is(k, "clientId"))
		return lmi_json_string(j, a, &q->client);
	if (lmi_json_is(k, "messageModel"))
		return lmi_json_string(j, a, &q->model);
	if (lmi_json_is(k, "strategyName"))
		return lmi_json_string(j, a, &q->strategy);
	return lmi_json_skip(j);
}

static int read_query(struct lmi_span body, struct lmi_arena *a, struct query *q)
{
	struct lmi_json j;
	struct lmi_json_token k;
	lmi_json_init(&j, body);
	int more = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (more == 1 && (more = lmi_json_member(&j, &k)) == 1) {
		int err = read_member(&j, &k, a, q);
		if (err)
			return err;
	}
	return more;
}

/* ---- who gets what ---- */

struct share {
	const struct query *q;
	bool pop;
	int32_t share;              /* popShareQueueNum */
	struct lmi_message_queue *queues;
	size_t queue_count;
	struct lmi_span *clients;
	size_t client_count, member; /* the client's place */
	struct lmi_message_queue *out;
	size_t out_count;
};

static void add(struct share *s, struct lmi_message_queue queue)
{
	for (size_t i = 0; i < s->out_count; i++)
		if (lmi_rebalance_queue_cmp(&s->out[i], &queue) == 0)
			return;
	s->out[s->out_count++] = queue;
}

static void add_share_of(struct share *s, size_t member)
{
	size_t first, n;
	if (lmi_span_is(s->q->strategy, "AVG_BY_CIRCLE")) {
		for (size_t i = 0; i < s->queue_count; i++)
			if (lmi_rebalance_circle_owns(i, s->client_count, member))
				add(s, s->queues[i]);
		return;
	}
	n = lmi_rebalance_avg(s->queue_count, s->client_count, member, &first);
	for (size_t i = 0; i < n; i++)
		add(s, s->queues[first + i]);
}

/* Every queue of a broker goes by -1.  Rule: QueryAssignmentProcessor.allocate4Pop. */
static void assign_pop(struct share *s)
{
	if (s->share <= 0 || (size_t)s->share + 1 >= s->client_count) {
		for (size_t i = 0; i < s->queue_count; i++) {
			struct lmi_message_queue any = s->queues[i];
			any.queue_id = -1;
			add(s, any);
		}
	} else if (s->member >= s->client_count) {
		return;
	} else if (s->client_count <= s->queue_count) {
		for (int32_t i = 0; i <= s->share; i++)
			add_share_of(s, (s->member + (size_t)i) % s->client_count);
	} else {
		add(s, s->queues[s->member % s->queue_count]);
	}
}

static void assign(struct share *s)
{
	if (lmi_span_is(s->q->model, "BROADCASTING")) {
		for (size_t i = 0; i < s->queue_count; i++)
			add(s, s->queues[i]);
	} else if (s->pop) {
		assign_pop(s);
	} else if (s->member < s->client_count) {
		add_share_of(s, s->member);
	}
}

static bool put_queues(struct handle *h, struct share *s, const struct route_part *parts, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += (size_t)parts[i].queues;
	s->queues = n ? lmi_arena_alloc(&h->arena, n * sizeof(*s->queues)) : NULL;
	s->out = n ? lmi_arena_alloc(&h->arena, n * sizeof(*s->out)) : NULL;
	if (!s->queues || !s->out)
		return false;
	for (size_t i = 0; i < count; i++)
		for (int32_t q = 0; q < parts[i].queues; q++)
			s->queues[s->queue_count++] = (struct lmi_message_queue){ .topic = s->q->topic,
										  .broker_name = parts[i].broker_name,
										  .queue_id = q };
	lmi_rebalance_sort_queues(s->queues, n);
	return true;
}

/* All brokers' queues, as name servers know them; without name servers this broker's. */
static bool find_queues(struct handle *h, struct share *s, const struct route_entry *e)
{
	const struct topic *t = topic_table_get(h->topics, s->q->topic);
	struct route_part own = { .broker_name = h->settings->broker_name };
	if (h->routes->on)
		return e && e->known && put_queues(h, s, e->parts, e->count);
	own.queues = t && (t->config.perm & LMI_PERM_READ) ? t->config.read_queues : 0;
	return put_queues(h, s, &own, 1);
}

static bool find_clients(struct handle *h, struct share *s)
{
	const struct client_group *g = client_table_consumers(h->clients, s->q->group);
	if (!g)
		return lmi_span_is(s->q->model, "BROADCASTING");
	s->clients = lmi_arena_alloc(&h->arena, g->member_count * sizeof(*s->clients));
	if (!s->clients)
		return false;
	LMI_LIST_FOREACH_SAFE(&g->members, it, tmp)
		s->clients[s->client_count++] = client_member_id(client_member_at(it));
	lmi_rebalance_sort_clients(s->clients, s->client_count);
	while (s->member < s->client_count && !lmi_span_eq(s->clients[s->member], s->q->client))
		s->member++;
	return true;
}

/* ---- answers ---- */

static void answer(struct handle *h, const struct request *r, const struct share *s, bool known)
{
	struct lmi_json_out o;
	struct lmi_buf *b = scratch_json(h, &o);
	lmi_json_put_object(&o);
	if (known) { /* without, the client changes nothing */
		lmi_json_put_key(&o, "messageQueueAssignments");
		lmi_json_put_array(&o);
		for (size_t i = 0; i < s->out_count; i++) {
			lmi_json_put_object(&o);
			lmi_json_put_key(&o, "messageQueue");
			lmi_message_queue_put(&o, &s->out[i]);
			lmi_json_put_key(&o, "mode");
			lmi_json_put_str(&o, s->pop ? "POP" : "PULL");
			lmi_json_put_object_end(&o);
		}
		lmi_json_put_array_end(&o);
	}
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(b));
}

static bool is_strategy(struct lmi_span name)
{
	return lmi_span_is(name, "AVG") || lmi_span_is(name, "AVG_BY_CIRCLE");
}

/* Rule: QueryAssignmentProcessor.queryAssignment. */
void assignment_handler(struct handle *h, const struct request *r)
{
	struct query q = { .topic = LMI_SPAN_NULL };
	struct share s = { .q = &q };
	int err = read_query(r->cmd->body, &h->arena, &q);
	if (err || !q.topic.n || !q.group.n) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the body is not a query with topic and consumerGroup");
		return;
	}
	struct route_entry *e = h->routes->on ? route_cache_use(h->routes, q.topic, lmi_mono_ms(h->clock)) : NULL;
	if (e && !e->answered && !h->stopping && route_cache_wait(h->routes, e, r->peer, r->frame))
		return; /* entered again by assignment_wake */
	const struct mode *m = mode_table_get(h->modes, q.topic, q.group);
	s.pop = m ? m->pop : h->settings->default_pop && !lmi_name_is_retry(q.topic);
	s.share = m ? m->share : h->settings->default_pop_share;
	bool broadcasting = lmi_span_is(q.model, "BROADCASTING");
	bool known = find_queues(h, &s, e) && find_clients(h, &s) && (broadcasting || is_strategy(q.strategy));
	if (known)
		assign(&s);
	answer(h, r, &s, known);
}

static void enter_again(struct handle *h, const struct route_wait *w)
{
	struct lmi_command cmd;
	lmi_arena_reset(&h->arena);
	if (!w->peer->open || lmi_command_decode(lmi_span(w->frame, w->n), &h->arena, &cmd))
		return;
	struct request r = { .peer = w->peer, .cmd = &cmd, .frame = lmi_span(w->frame, w->n), .entered = 1 };
	dispatch(h, &r);
}

void assignment_wake(struct handle *h, struct lmi_span topic)
{
	struct route_wait *w;
	while ((w = route_cache_take_wait(h->routes, topic))) {
		enter_again(h, w);
		route_wait_free(w);
	}
}

void assignment_give_up(struct handle *h)
{
	struct lmi_span key;
	void *value;
	route_cache_give_up(h->routes);
	for (size_t i = 0; lmi_map_next(&h->routes->map, &i, &key, &value);)
		assignment_wake(h, key);
}

/* Rule: QueryAssignmentProcessor.setMessageRequestMode. */
void mode_set_handler(struct handle *h, const struct request *r)
{
	struct lmi_json j;
	struct mode_request q;
	lmi_json_init(&j, r->cmd->body);
	if (mode_request_read(&j, &h->arena, &q) || !q.topic.n || !q.group.n) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the body names no topic, consumerGroup and mode");
		return;
	}
	if (lmi_name_is_retry(q.topic)) {
		answer_error(h, r, LMI_RSP_NO_PERMISSION, "retry topics are always pulled");
		return;
	}
	if (!topic_table_get(h->topics, q.topic)) {
		answer_error(h, r, LMI_RSP_TOPIC_NOT_EXIST, "topic %.*s does not exist on this broker", SPAN_ARGS(q.topic));
		return;
	}
	if (!group_table_find(h->groups, q.group, h->settings->auto_create_group, handle_now(h))) {
		answer_error(h, r, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST, "consumer group %.*s does not exist", SPAN_ARGS(q.group));
		return;
	}
	int err = mode_table_put(h->modes, q.topic, q.group, lmi_span_is(q.mode, "POP"), q.share);
	if (err)
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the mode could not be kept: %s", lmi_strerror(err));
	else
		answer_code(r, LMI_RSP_SUCCESS);
}

/* Rule: AdminBrokerProcessor.getAllMessageRequestMode. */
void mode_all_handler(struct handle *h, const struct request *r)
{
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	mode_table_save(h->modes, &h->scratch);
	answer_body(r, lmi_buf_span(&h->scratch));
}
