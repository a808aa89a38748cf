/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include <string.h>
#include <time.h>

#include "rules/name.h"
#include "rules/tags.h"

#include "client/consumer_impl.h"
#include "client/trace.h"

#define HALF_HOUR_MS (30 * 60000)

/* ---- memory ---- */

void consumer_ref(struct lmq_consumer *c)
{
	c->refs++;
}

static void consumer_release(struct lmq_consumer *c)
{
	while (!lmi_list_empty(&c->subscriptions)) {
		struct subscription *sub = lmi_container_of(c->subscriptions.next, struct subscription, link);

		lmi_list_del(&sub->link);
		free(sub->topic);
		free(sub);
	}
	consume_pool_free(c->pool);
	local_offsets_done(&c->local);
	lmi_arena_done(&c->arena);
	lmq_config_free(c->cfg);
	free(c->group);
	free(c);
}

void consumer_unref(struct lmq_consumer *c)
{
	if (--c->refs == 0)
		consumer_release(c);
}

/* ---- before the start ---- */

static struct subscription *find_subscription(const struct lmq_consumer *c, const char *topic)
{
	LMI_LIST_FOREACH_SAFE(&c->subscriptions, it, tmp) {
		struct subscription *sub = lmi_container_of(it, struct subscription, link);

		if (strcmp(sub->topic, topic) == 0)
			return sub;
	}
	return NULL;
}

static struct subscription *add_subscription(struct lmq_consumer *c, const char *topic)
{
	struct subscription *sub = find_subscription(c, topic);

	if (sub)
		return sub;
	sub = calloc(1, sizeof(*sub));
	if (!sub)
		return NULL;
	sub->topic = strdup(topic);
	if (!sub->topic) {
		free(sub);
		return NULL;
	}
	sub->consumer = c;
	lmi_list_add_tail(&c->subscriptions, &sub->link);
	return sub;
}

static int subscribe_sql(struct lmq_consumer *c, const char *topic, const char *expression)
{
	char *text = lmi_arena_strdup(&c->arena, lmi_span_str(expression));
	struct subscription *sub = text ? add_subscription(c, topic) : NULL;

	if (!sub)
		return -ENOMEM;
	sub->wire = (struct lmi_subscription){ .topic = lmi_span_str(sub->topic), .expression = lmi_span_str(text),
					       .expression_type = lmi_span_str(LMI_EXPRESSION_SQL92),
					       .version = lmi_wall_ms(c->client->clock) };
	sub->all = false;
	sub->sql = true;
	return 0;
}

static int subscribe(struct lmq_consumer *c, const char *topic, const char *expression)
{
	struct lmi_subscription wire = { .version = lmi_wall_ms(c->client->clock) };
	bool all = lmi_tags_is_all(lmi_span_str(expression));
	struct subscription *sub;
	char *text = lmi_arena_strdup(&c->arena, lmi_span_str(all ? LMI_SUBSCRIBE_ALL : expression));
	int r;

	if (!text)
		return -ENOMEM;
	wire.expression = lmi_span_str(text);
	wire.expression_type = lmi_span_str(LMI_EXPRESSION_TAG);
	r = lmi_tags_parse(wire.expression, &c->arena, &wire);
	if (r == 0 && !all && wire.tag_count == 0)
		r = -LMQ_EILLEGAL;
	if (r < 0)
		return r;
	sub = add_subscription(c, topic);
	if (!sub)
		return -ENOMEM;
	wire.topic = lmi_span_str(sub->topic);
	sub->wire = wire;
	sub->all = all;
	sub->sql = false;
	return 0;
}

int lmq_consumer_subscribe(struct lmq_consumer *c, const char *topic, const char *expression)
{
	struct config_name name;

	if (c->state != CONSUMER_NEW)
		return -LMQ_ESTATE;
	topic = config_wrap(c->cfg, topic, &name);
	if (!topic || !lmi_name_topic_ok(lmi_span_str(topic)))
		return -LMQ_EILLEGAL;
	return subscribe(c, topic, expression);
}

int lmq_consumer_subscribe_sql(struct lmq_consumer *c, const char *topic, const char *expression)
{
	struct config_name name;

	if (c->state != CONSUMER_NEW)
		return -LMQ_ESTATE;
	topic = config_wrap(c->cfg, topic, &name);
	if (!topic || !lmi_name_topic_ok(lmi_span_str(topic)) || !expression || !*expression)
		return -LMQ_EILLEGAL;
	return subscribe_sql(c, topic, expression);
}

int lmq_consumer_add_queue(struct lmq_consumer *c, const char *topic, const char *broker, int32_t queue_id)
{
	struct config_name name;
	struct fixed_queue *f;

	topic = config_wrap(c->cfg, topic, &name);
	if (c->state != CONSUMER_NEW)
		return -LMQ_ESTATE;
	if (!topic || !broker || queue_id < 0)
		return -LMQ_EILLEGAL;
	f = lmi_arena_alloc(&c->arena, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->topic = lmi_arena_strdup(&c->arena, lmi_span_str(topic));
	f->broker = lmi_arena_strdup(&c->arena, lmi_span_str(broker));
	f->queue_id = queue_id;
	if (!f->topic || !f->broker)
		return -ENOMEM;
	f->next = c->fixed;
	c->fixed = f;
	return 0;
}

int lmq_consumer_on_room(struct lmq_consumer *c, lmq_room_fn *fn, void *user)
{
	if (c->state != CONSUMER_NEW)
		return -LMQ_ESTATE;
	c->on_room = fn;
	c->room_user = user;
	return 0;
}

static int receive_by(struct lmq_consumer *c, lmq_message_fn *fn, void *user, bool orderly)
{
	if (c->state != CONSUMER_NEW)
		return -LMQ_ESTATE;
	if (!fn)
		return -LMQ_EILLEGAL;
	c->fn = fn;
	c->user = user;
	c->orderly = orderly;
	return 0;
}

int lmq_consumer_on_message(struct lmq_consumer *c, lmq_message_fn *fn, void *user)
{
	return receive_by(c, fn, user, false);
}

int lmq_consumer_on_message_orderly(struct lmq_consumer *c, lmq_message_fn *fn, void *user)
{
	return receive_by(c, fn, user, true);
}

int lmq_consumer_on_assign(struct lmq_consumer *c, lmq_assign_fn *fn, void *user)
{
	if (c->state != CONSUMER_NEW)
		return -LMQ_ESTATE;
	c->on_assign = fn;
	c->assign_user = user;
	return 0;
}

static void on_rebalance(struct lmi_timer *t)
{
	consumer_rebalance(t->arg);
}

static void on_rebalance_soon(struct lmi_timer *t)
{
	struct lmq_consumer *c = t->arg;

	c->rebalance_due = false;
	consumer_rebalance(c);
}

static void on_persist(struct lmi_timer *t)
{
	struct lmq_consumer *c = t->arg;

	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp)
		pull_queue_commit(lmi_container_of(it, struct pull_queue, link), NULL, c->client->cfg->api_timeout_ms);
	if (c->cfg->model == CONFIG_BROADCASTING)
		broadcast_persist(c);
}

static struct lmq_consumer *consumer_alloc(const char *group, const struct lmq_config *cfg)
{
	struct lmq_consumer *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->refs = 1;
	lmi_list_init(&c->link);
	lmi_list_init(&c->subscriptions);
	lmi_list_init(&c->queues);
	lmi_list_init(&c->leaving);
	lmi_list_init(&c->sick);
	lmi_list_init(&c->assign_event.link);
	c->assign_event.run = consumer_event_assign;
	c->assign_event.received = true;
	lmi_arena_init(&c->arena, 0);
	c->rebalance = (struct lmi_timer){ .fn = on_rebalance, .arg = c };
	c->rebalance_soon = (struct lmi_timer){ .fn = on_rebalance_soon, .arg = c };
	c->persist = (struct lmi_timer){ .fn = on_persist, .arg = c };
	c->again = (struct lmi_timer){ .fn = consumer_again, .arg = c };
	c->relock = (struct lmi_timer){ .fn = orderly_relock, .arg = c };
	c->group = strdup(group);
	c->cfg = lmq_config_dup(cfg);
	if (c->group && c->cfg)
		return c;
	consumer_release(c);
	return NULL;
}

struct joining {
	struct lmq_consumer *consumer;
	int result;
};

static void join_on_loop(void *arg)
{
	struct joining *j = arg;
	struct lmq_client *client = j->consumer->client;

	LMI_LIST_FOREACH_SAFE(&client->consumers, it, tmp) {
		if (strcmp(lmi_container_of(it, struct lmq_consumer, link)->group, j->consumer->group) == 0) {
			j->result = -LMQ_ESTATE;
			return;
		}
	}
	lmi_list_add_tail(&client->consumers, &j->consumer->link);
}

int lmq_consumer_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg, struct lmq_consumer **out)
{
	struct joining j = { .consumer = NULL };
	struct config_name name;
	int r;

	group = config_wrap(cfg ? cfg : client->cfg, group, &name);
	if (!group || !lmi_name_group_ok(lmi_span_str(group)))
		return -LMQ_EILLEGAL;
	j.consumer = consumer_alloc(group, cfg ? cfg : client->cfg);
	if (!j.consumer)
		return -ENOMEM;
	j.consumer->client = client;
	r = client_call(client, join_on_loop, &j);
	if (r == 0)
		r = j.result;
	if (r < 0) {
		consumer_release(j.consumer);
		return r;
	}
	client_ref(client);
	*out = j.consumer;
	return 0;
}

/* ---- running ---- */

void consumer_count(const struct received *r)
{
	struct pull_queue *q = r->queue;

	q->finished_ms = client_now_ms(q->consumer->client);
	if (r->result == LMQ_CONSUMED)
		q->sub->consumed++;
	else
		q->sub->failed++;
}

void consumer_take_finished(struct lmq_consumer *c)
{
	struct lmi_list finished;

	if (!c->pool)
		return;
	lmi_list_init(&finished);
	consume_pool_take(c->pool, &finished);
	LMI_LIST_FOREACH_SAFE(&finished, it, tmp) {
		struct received *r = lmi_container_of(it, struct received, link);

		lmi_list_del(&r->link);
		if (r->direct) {
			direct_end(r);
			continue;
		}
		if (!c->orderly)
			consumer_count(r);
		if (c->orderly)
			orderly_take(r);
		else if (r->queue->dropped || r->result == LMQ_CONSUMED)
			consumer_finish(r, true);
		else
			consumer_send_back(c, r);
	}
}

static void take_finished_on_loop(void *arg)
{
	consumer_take_finished(arg);
}

static int announce(void *arg)
{
	struct lmq_consumer *c = arg;

	return lmi_loop_post(c->client->loop, take_finished_on_loop, c);
}

static bool wanted(const struct received *r)
{
	const struct pull_queue *q = r->queue;

	if (r->direct)
		return true;
	return !__atomic_load_n(&q->dropped, __ATOMIC_ACQUIRE) && (!consumer_locks(q->consumer) || orderly_may_hand_out(q));
}

/* A callback between two traces. */
static enum lmq_consumed call_traced(void *user, const struct lmq_message *m)
{
	struct lmq_consumer *c = user;
	struct trace_consume t;
	enum lmq_consumed result;

	trace_consume_begin(c, m, &t);
	result = c->fn(c->user, m);
	trace_consume_end(c, m, &t, result);
	return result;
}

struct starting {
	struct lmq_consumer *consumer;
	int result;
};

/* Subscriptions as heartbeats tell them. */
static int list_wire(struct lmq_consumer *c)
{
	size_t n = 0;

	LMI_LIST_FOREACH_SAFE(&c->subscriptions, it, tmp)
		n++;
	c->wire = lmi_arena_alloc(&c->arena, n * sizeof(*c->wire));
	if (!c->wire)
		return -ENOMEM;
	c->wire_count = 0;
	LMI_LIST_FOREACH_SAFE(&c->subscriptions, it, tmp)
		c->wire[c->wire_count++] = lmi_container_of(it, struct subscription, link)->wire;
	return 0;
}

static int start_timers(struct lmq_consumer *c)
{
	struct lmi_loop *loop = c->client->loop;

	if (lmi_timer_start(loop, &c->rebalance, c->cfg->rebalance_ms, c->cfg->rebalance_ms) < 0 ||
	    lmi_timer_start(loop, &c->persist, c->cfg->persist_ms, c->cfg->persist_ms) < 0)
		return -ENOMEM;
	if (consumer_locks(c) && lmi_timer_start(loop, &c->relock, c->cfg->lock_ms, c->cfg->lock_ms) < 0)
		return -ENOMEM;
	return 0;
}

void consumer_stop_timers(struct lmq_consumer *c)
{
	lmi_timer_stop(&c->rebalance);
	lmi_timer_stop(&c->rebalance_soon);
	lmi_timer_stop(&c->persist);
	lmi_timer_stop(&c->again);
	lmi_timer_stop(&c->relock);
}

static void start_on_loop(void *arg)
{
	struct starting *s = arg;
	struct lmq_consumer *c = s->consumer;

	LMI_LIST_FOREACH_SAFE(&c->subscriptions, it, tmp) {
		struct subscription *sub = lmi_container_of(it, struct subscription, link);

		sub->route = route_cache_topic(c->client, sub->topic);
		if (!sub->route)
			s->result = -ENOMEM;
	}
	if (s->result == 0)
		s->result = start_timers(c);
	if (s->result == 0)
		s->result = c->pool ? consume_pool_start(c->pool) : 0;
	if (s->result < 0) {
		consumer_stop_timers(c);
		return;
	}
	c->state = CONSUMER_RUNNING;
	c->started_wall_ms = lmi_wall_ms(c->client->clock);
	c->unbalanced = true;
	LMI_LIST_FOREACH_SAFE(&c->subscriptions, it, tmp)
		route_cache_consume(c->client, lmi_container_of(it, struct subscription, link)->route);
	heartbeat_now(c->client);
}

/* Failed messages come back through a topic of the group.  Rule: DefaultMQPushConsumerImpl.copySubscription. */
static int subscribe_retry(struct lmq_consumer *c)
{
	char topic[LMI_NAME_MAX + 1];
	int r;

	(void)lmi_name_retry_topic(lmi_span_str(c->group), topic);
	r = subscribe(c, topic, NULL);
	if (r == 0)
		find_subscription(c, topic)->retry = true;
	return r;
}

/* Rule: UtilAll.parseDate(consumeTimestamp, "yyyyMMddHHmmss"), DefaultMQPushConsumer.consumeTimestamp. */
static int find_from(struct lmq_consumer *c)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *text = c->cfg->from_time, *end;
	time_t at;

	c->from_ms = lmi_wall_ms(c->client->clock) - HALF_HOUR_MS;
	if (!*text)
		return 0;
	if (strspn(text, "0123456789") != 14 || strlen(text) != 14)
		return -LMQ_EBADCONFIG;
	end = strptime(text, "%Y%m%d%H%M%S", &tm);
	at = end && !*end ? mktime(&tm) : -1;
	if (at == -1)
		return -LMQ_EBADCONFIG;
	c->from_ms = (int64_t)at * 1000;
	return 0;
}

static int prepare(struct lmq_consumer *c)
{
	int r;

	if (c->state != CONSUMER_NEW || (!c->fn && !c->lite) || lmi_list_empty(&c->subscriptions))
		return -LMQ_ESTATE;
	if (c->cfg->strategy == LMI_REBALANCE_NEARBY && !c->on_room)
		return -LMQ_ESTATE;
	r = find_from(c);
	/* Whoever gets everything gets nothing again.  Rule: copySubscription. */
	if (r == 0 && c->cfg->model == CONFIG_CLUSTERING && !c->lite)
		r = subscribe_retry(c);
	if (r == 0 && c->cfg->model == CONFIG_BROADCASTING)
		r = broadcast_open(c);
	return r < 0 ? r : list_wire(c);
}

int lmq_consumer_start(struct lmq_consumer *c)
{
	struct consume_pool_config pool = { .fn = c->fn, .user = c->user, .wanted = wanted, .announce = announce, .arg = c,
				     .clock = c->client->clock };
	struct starting s = { .consumer = c };
	int r = prepare(c);

	if (r < 0)
		return r;
	r = trace_open(c->client, c->cfg);
	if (r < 0)
		return r;
	if (c->cfg->trace) {
		pool.fn = call_traced;
		pool.user = c;
	}
	pool.threads_max = (size_t)c->cfg->threads;
	pool.events = event_queue_polled(&c->client->events) ? &c->client->events : NULL;
	if (!c->pool)
		c->pool = consume_pool_new(&pool);
	if (!c->pool)
		return -ENOMEM;
	r = client_call(c->client, start_on_loop, &s);
	return r < 0 ? r : s.result;
}

/* ---- members without callbacks ---- */

int consumer_start_lite(struct lmq_consumer *c)
{
	struct starting s = { .consumer = c };
	int r = prepare(c);

	if (r == 0)
		r = client_call(c->client, start_on_loop, &s);
	return r < 0 ? r : s.result;
}

static void join_group_on_loop(void *arg)
{
	struct lmq_consumer *c = arg;

	c->state = CONSUMER_RUNNING;
	c->started_wall_ms = lmi_wall_ms(c->client->clock);
	heartbeat_now(c->client);
}

int consumer_join(struct lmq_consumer *c, enum consumer_kind kind)
{
	c->kind = kind;
	return client_call(c->client, join_group_on_loop, c);
}

struct choosing {
	struct lmq_consumer *consumer;
	const char *topic, *expression;
	struct subscription *found;
	int result;
};

static void choose_on_loop(void *arg)
{
	struct choosing *k = arg;

	k->result = subscribe(k->consumer, k->topic, k->expression);
	if (k->result == 0)
		k->result = list_wire(k->consumer);
	if (k->result == 0)
		heartbeat_now(k->consumer->client);
}

int consumer_choose(struct lmq_consumer *c, const char *topic, const char *expression)
{
	struct config_name name;
	struct choosing k = { .consumer = c, .topic = config_wrap(c->cfg, topic, &name), .expression = expression };
	int r;

	topic = k.topic;
	if (!topic || !lmi_name_topic_ok(lmi_span_str(topic)))
		return -LMQ_EILLEGAL;
	r = client_call(c->client, choose_on_loop, &k);
	return r < 0 ? r : k.result;
}

static void chosen_on_loop(void *arg)
{
	struct choosing *k = arg;

	k->found = find_subscription(k->consumer, k->topic);
}

int consumer_chosen(struct lmq_consumer *c, const char *topic, struct subscription **out)
{
	struct config_name name;
	struct choosing k = { .consumer = c, .topic = config_wrap(c->cfg, topic, &name) };
	int r = client_call(c->client, chosen_on_loop, &k);

	if (r == 0 && !k.found)
		r = -LMQ_ESTATE;
	if (r == 0)
		*out = k.found;
	return r;
}

/* ---- news ---- */

void consumer_route_changed(struct lmq_client *client, const struct topic_route *t)
{
	heartbeat_now(client);
	LMI_LIST_FOREACH_SAFE(&client->consumers, it, tmp) {
		struct lmq_consumer *c = lmi_container_of(it, struct lmq_consumer, link);

		LMI_LIST_FOREACH_SAFE(&c->subscriptions, at, next)
			if (lmi_container_of(at, struct subscription, link)->route == t)
				consumer_rebalance(c);
	}
}

void consumer_broker_ready(struct lmq_client *client)
{
	LMI_LIST_FOREACH_SAFE(&client->consumers, it, tmp) {
		struct lmq_consumer *c = lmi_container_of(it, struct lmq_consumer, link);

		if (c->unbalanced)
			consumer_rebalance(c);
	}
}

void consumer_put_heartbeat(const struct lmq_consumer *c, struct lmi_json_out *o)
{
	static const enum lmi_consume_type types[] = { LMI_CONSUME_PASSIVELY, LMI_CONSUME_ACTIVELY, LMI_CONSUME_POP,
						       LMI_CONSUME_ACTIVELY };
	struct lmi_heartbeat_consumer h = {
		.group = lmi_span_str(c->group),
		.type = types[c->kind],
		.model = c->cfg->model == CONFIG_CLUSTERING ? LMI_MODEL_CLUSTERING : LMI_MODEL_BROADCASTING,
		.from = c->cfg->from == CONFIG_FROM_FIRST ? LMI_CONSUME_FROM_FIRST_OFFSET :
			c->cfg->from == CONFIG_FROM_TIMESTAMP ? LMI_CONSUME_FROM_TIMESTAMP : LMI_CONSUME_FROM_LAST_OFFSET,
		.subscriptions = c->wire,
		.subscription_count = c->wire_count,
	};

	if (consumer_runs(c))
		lmi_heartbeat_consumer_put(o, &h);
}

/* ---- while it runs ---- */

static void pause_on_loop(void *arg)
{
	struct lmq_consumer *c = arg;

	c->paused = true;
}

static void resume_on_loop(void *arg)
{
	struct lmq_consumer *c = arg;

	c->paused = false;
	LMI_LIST_FOREACH_SAFE(&c->queues, it, tmp)
		pull_queue_resume(lmi_container_of(it, struct pull_queue, link));
}

int lmq_consumer_pause(struct lmq_consumer *c)
{
	return client_call(c->client, pause_on_loop, c);
}

int lmq_consumer_resume(struct lmq_consumer *c)
{
	return client_call(c->client, resume_on_loop, c);
}

struct queue_listing {
	struct lmq_consumer *consumer;
	struct fixed_queue *all; /* names live as long as the client and the consumer */
	size_t count;
	int err;
};

static void list_on_loop(void *arg)
{
	struct queue_listing *l = arg;
	size_t n = 0;

	LMI_LIST_FOREACH_SAFE(&l->consumer->queues, it, tmp)
		n++;
	l->all = calloc(n ? n : 1, sizeof(*l->all));
	if (!l->all) {
		l->err = -ENOMEM;
		return;
	}
	LMI_LIST_FOREACH_SAFE(&l->consumer->queues, it, tmp) {
		const struct pull_queue *q = lmi_container_of(it, struct pull_queue, link);

		if (!q->sub->retry)
			l->all[l->count++] = (struct fixed_queue){ NULL, q->sub->topic, q->broker->name, q->queue_id };
	}
}

int lmq_consumer_each_queue(struct lmq_consumer *c,
			    int (*each)(void *user, const char *topic, const char *broker, int32_t queue_id), void *user)
{
	struct queue_listing l = { .consumer = c };
	int r = client_call(c->client, list_on_loop, &l);

	if (r == 0)
		r = l.err;
	for (size_t i = 0; i < l.count && r == 0; i++)
		r = each(user, config_strip(c->cfg, l.all[i].topic), l.all[i].broker, l.all[i].queue_id);
	free(l.all);
	return r;
}
