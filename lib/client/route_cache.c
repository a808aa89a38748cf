/* SPDX-License-Identifier: Apache-2.0 */
#include "client/route_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/client.h"
#include "wire/route.h"
#include "wire/topic_config.h"

#define WAIT_TICK_MS 50
#define RETRY_FIRST_MS 250
#define RETRY_MAX_MS 30000
#define REFRESH_GAP_MS 1000

/* ---- brokers ---- */

const char *broker_address(const struct broker *b, int64_t id)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->addresses[i].id == id)
			return b->addresses[i].text;
	return b->count > 0 ? b->addresses[0].text : NULL;
}

const char *broker_master(const struct broker *b)
{
	return b->count > 0 && b->addresses[0].id == ROUTE_MASTER_ID ? b->addresses[0].text : NULL;
}

struct broker *route_cache_broker(const struct lmq_client *c, const char *name)
{
	return lmi_map_get(&c->routes.brokers, lmi_span_str(name));
}

static void broker_free(void *p)
{
	struct broker *b = p;

	free(b->name);
	free(b->addresses);
	free(b);
}

static struct broker *broker_get(struct lmq_client *c, struct lmi_span name)
{
	struct broker *b = lmi_map_get(&c->routes.brokers, name);

	if (b || lmi_map_count(&c->routes.brokers) >= ROUTE_BROKERS_MAX)
		return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	lmi_list_init(&b->parked);
	b->name = strndup((const char *)name.p, name.n);
	if (!b->name || lmi_map_put(&c->routes.brokers, name, b, NULL) < 0) {
		broker_free(b);
		return NULL;
	}
	return b;
}

static int by_id(const void *a, const void *b)
{
	const struct broker_address *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static bool same_addresses(const struct broker *b, const struct broker_address *list, size_t n)
{
	if (b->count != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (b->addresses[i].id != list[i].id || strcmp(b->addresses[i].text, list[i].text) != 0)
			return false;
	return true;
}

/* Returns 1 when the addresses differ from before, 0, or -ENOMEM. */
static int broker_set_addresses(struct broker *b, const struct lmi_route_broker *from)
{
	struct broker_address *list = calloc(from->addr_count ? from->addr_count : 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < from->addr_count; i++) {
		struct lmi_span text = from->addrs[i].addr;

		if (text.n == 0 || text.n >= sizeof(list->text))
			continue;
		list[n].id = from->addrs[i].id;
		memcpy(list[n++].text, text.p, text.n);
	}
	qsort(list, n, sizeof(*list), by_id);
	if (same_addresses(b, list, n)) {
		free(list);
		return 0;
	}
	free(b->addresses);
	b->addresses = list;
	b->count = n;
	return 1;
}

/* A broker that no route names any more is not talked to; its name stays for those that hold it. */
static void drop_unused(struct lmq_client *c)
{
	struct lmi_span key;
	void *value;

	for (size_t i = 0; lmi_map_next(&c->routes.brokers, &i, &key, &value);)
		((struct broker *)value)->used = false;
	for (size_t i = 0; lmi_map_next(&c->routes.topics, &i, &key, &value);) {
		const struct topic_route *t = value;

		for (size_t k = 0; k < t->publish.count; k++)
			t->publish.parts[k].broker->used = true;
		for (size_t k = 0; k < t->subscribe.count; k++)
			t->subscribe.parts[k].broker->used = true;
	}
	for (size_t i = 0; lmi_map_next(&c->routes.brokers, &i, &key, &value);)
		if (!((struct broker *)value)->used)
			((struct broker *)value)->count = 0;
}

/* ---- topics ---- */

static void topic_free(void *p)
{
	struct topic_route *t = p;

	free(t->name);
	free(t->publish.parts);
	free(t->subscribe.parts);
	free(t);
}

struct topic_route *route_cache_topic(struct lmq_client *c, const char *name)
{
	struct lmi_map *topics = &c->routes.topics;
	struct topic_route *t = lmi_map_get(topics, lmi_span_str(name));

	if (t || lmi_map_count(topics) >= ROUTE_TOPICS_MAX)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	lmi_list_init(&t->waiting);
	t->counter = (uint32_t)lmi_rng_u64(c->rng);
	t->retry_gap_ms = RETRY_FIRST_MS;
	t->name = strdup(name);
	if (!t->name || lmi_map_put(topics, lmi_span_str(name), t, NULL) < 0) {
		topic_free(t);
		return NULL;
	}
	return t;
}

static int by_broker_name(const void *a, const void *b)
{
	return strcmp(((const struct publish_part *)a)->broker->name, ((const struct publish_part *)b)->broker->name);
}

/* The queues of a route that have a permission; a borrowed route has as many as brokers would create. */
static int list_queues(struct lmq_client *c, const struct lmi_route *route, int32_t perm, int64_t create_max,
		       struct publish *out)
{
	struct publish list = { .parts = calloc(route->queue_count ? route->queue_count : 1, sizeof(*list.parts)) };

	if (!list.parts)
		return -ENOMEM;
	for (size_t i = 0; i < route->queue_count; i++) {
		const struct lmi_route_queue *q = &route->queues[i];
		struct broker *b = lmi_map_get(&c->routes.brokers, q->broker_name);
		int64_t n = perm == LMI_PERM_WRITE ? q->write_queues : q->read_queues;

		if (create_max > 0)
			n = q->read_queues < create_max ? q->read_queues : create_max;
		if (!b || b->count == 0 || !(q->perm & perm) || n <= 0 || list.total + n > ROUTE_QUEUES_MAX)
			continue;
		if (perm == LMI_PERM_WRITE && !broker_master(b))
			continue;
		list.parts[list.count++] = (struct publish_part){ b, (uint32_t)n };
		list.total += (uint32_t)n;
	}
	qsort(list.parts, list.count, sizeof(*list.parts), by_broker_name);
	*out = list;
	return 0;
}

static bool same_queues(const struct publish *a, const struct publish *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->parts[i].broker != b->parts[i].broker || a->parts[i].queues != b->parts[i].queues)
			return false;
	return true;
}

static void replace(struct publish *old, struct publish *fresh)
{
	free(old->parts);
	*old = *fresh;
}

/*
 * Take a decoded route.  Rule: MQClientInstance.topicRouteData2TopicPublishInfo, …2TopicSubscribeInfo.
 * Returns 1 when something changed, 0, or -ENOMEM (the topic keeps what it had).
 */
static int take_route(struct lmq_client *c, struct topic_route *t, const struct lmi_route *route, bool borrowed)
{
	struct publish publish = { NULL, 0, 0 }, subscribe = { NULL, 0, 0 };
	int64_t create_max = borrowed ? c->cfg->create_topic_queues : 0;
	bool changed = false;
	int r;

	for (size_t i = 0; i < route->broker_count; i++) {
		struct lmi_span name = route->brokers[i].broker_name;
		struct broker *b;

		if (name.n == 0) /* of a broken answer: no queue can be on it */
			continue;
		b = broker_get(c, name);
		r = b ? broker_set_addresses(b, &route->brokers[i]) : -ENOMEM;
		if (r < 0)
			return r;
		changed |= r > 0;
	}
	if (list_queues(c, route, LMI_PERM_WRITE, create_max, &publish) < 0)
		return -ENOMEM;
	if (!borrowed && list_queues(c, route, LMI_PERM_READ, 0, &subscribe) < 0) {
		free(publish.parts);
		return -ENOMEM;
	}
	changed |= !same_queues(&t->publish, &publish) || !same_queues(&t->subscribe, &subscribe);
	replace(&t->publish, &publish);
	replace(&t->subscribe, &subscribe);
	t->known = !borrowed;
	t->borrowed = borrowed;
	return changed;
}

static void end_waits(struct topic_route *t, int err, const char *detail)
{
	struct lmi_list ended;

	/* What ready() does may add waits anew: only those that are there now are ended. */
	lmi_list_init(&ended);
	while (!lmi_list_empty(&t->waiting)) {
		struct lmi_list *first = t->waiting.next;

		lmi_list_del(first);
		lmi_list_add_tail(&ended, first);
	}
	while (!lmi_list_empty(&ended)) {
		struct route_wait *w = lmi_container_of(ended.next, struct route_wait, link);

		lmi_list_del(&w->link);
		w->ready(w, err, detail);
	}
}

static void ask(struct lmq_client *c, struct topic_route *t);

static int run_waits(struct lmq_client *c)
{
	int r = 0;

	if (!c->routes.waits_running)
		r = lmi_timer_start(c->loop, &c->routes.waits, WAIT_TICK_MS, WAIT_TICK_MS);
	c->routes.waits_running = r == 0;
	return r;
}

/* Nothing was learnt: try again later, more and more rarely. */
static void retry_later(struct lmq_client *c, struct topic_route *t)
{
	t->retry_at_ms = client_now_ms(c) + t->retry_gap_ms;
	t->retry_gap_ms = t->retry_gap_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : t->retry_gap_ms * 2;
	if (!lmi_list_empty(&t->waiting) || t->consumed)
		(void)run_waits(c);
}

static void learn(struct lmq_client *c, struct topic_route *t, struct lmi_span body, bool borrowed)
{
	struct lmi_route route;
	char detail[CLIENT_DETAIL_CHARS];
	int r;

	lmi_arena_reset(&c->arena);
	r = lmi_route_decode(body, &c->arena, &route);
	if (r == 0)
		r = take_route(c, t, &route, borrowed);
	if (r < 0) {
		config_say(detail, sizeof(detail), "route of topic %s: %s", t->name, lmi_strerror(r));
		config_log(c->cfg, LMQ_LOG_WARNING, "%s", detail);
		retry_later(c, t);
		end_waits(t, r, detail);
		return;
	}
	t->retry_gap_ms = RETRY_FIRST_MS;
	if (borrowed && t->consumed)
		retry_later(c, t);
	if (r > 0) {
		drop_unused(c);
		heartbeat_greet(c);
		consumer_route_changed(c, t);
	}
	end_waits(t, 0, "");
}

static void not_reached(struct lmq_client *c, struct topic_route *t, int err, const char *address)
{
	c->routes.failure = err;
	config_say(c->routes.failure_text, sizeof(c->routes.failure_text), "route of topic %s: name server %s: %s", t->name,
		   address, lmi_strerror(err));
	config_log(c->cfg, LMQ_LOG_WARNING, "%s", c->routes.failure_text);
	retry_later(c, t);
}

struct route_ask {
	struct lmq_client *client;
	struct topic_route *topic;
	bool borrowed;
};

static void answered(void *arg, int err, const struct lmi_command *answer, const char *address);

static void send_ask(struct lmq_client *c, struct topic_route *t, bool borrowed)
{
	struct route_ask *a = malloc(sizeof(*a));
	const char *name = borrowed ? c->cfg->create_topic_key : t->name;

	if (a)
		*a = (struct route_ask){ c, t, borrowed };
	if (!a || namesrv_ask(c, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, lmi_span_str(name), answered, a) < 0) {
		free(a);
		retry_later(c, t);
		return;
	}
	t->asking = true;
}

/* Senders may go on with the route of those who would create the topic; consumers have nothing to read yet. */
static void unknown(struct lmq_client *c, struct topic_route *t, const struct lmi_command *answer, const char *address,
		    bool borrowed)
{
	char detail[CLIENT_DETAIL_CHARS], who[CLIENT_DETAIL_CHARS / 2];
	int err = -LMQ_ENOROUTE;

	if (answer->code == LMI_RSP_TOPIC_NOT_EXIST && !borrowed && !lmi_list_empty(&t->waiting)) {
		send_ask(c, t, true);
		return;
	}
	config_say(who, sizeof(who), "route of topic %s from name server %s", t->name, address);
	if (answer->code != LMI_RSP_TOPIC_NOT_EXIST)
		err = -LMQ_EREMOTE;
	(void)request_refused(answer, who, detail, sizeof(detail));
	retry_later(c, t);
	end_waits(t, err, detail);
}

static void answered(void *arg, int err, const struct lmi_command *answer, const char *address)
{
	struct route_ask a = *(struct route_ask *)arg;

	free(arg);
	a.topic->asking = false;
	if (a.client->stopping)
		return;
	if (err < 0) {
		not_reached(a.client, a.topic, err, address);
		return;
	}
	a.client->routes.failure = 0;
	if (answer->code == LMI_RSP_SUCCESS)
		learn(a.client, a.topic, answer->body, a.borrowed);
	else
		unknown(a.client, a.topic, answer, address, a.borrowed);
}

static void ask(struct lmq_client *c, struct topic_route *t)
{
	if (t->asking || c->stopping)
		return;
	send_ask(c, t, false);
}

void route_cache_wait(struct lmq_client *c, struct topic_route *t, struct route_wait *w)
{
	if (c->stopping) {
		w->ready(w, -LMQ_ECLOSED, "the client is closing");
		return;
	}
	if (t->known || t->borrowed) {
		w->ready(w, 0, "");
		return;
	}
	lmi_list_add_tail(&t->waiting, &w->link);
	if (run_waits(c) < 0) {
		lmi_list_del(&w->link);
		w->ready(w, -ENOMEM, "out of memory");
		return;
	}
	ask(c, t);
}

void route_cache_consume(struct lmq_client *c, struct topic_route *t)
{
	t->consumed = true;
	if (!t->known)
		ask(c, t);
}

void route_cache_refresh(struct lmq_client *c, struct topic_route *t)
{
	int64_t now_ms = client_now_ms(c);

	if (now_ms < t->retry_at_ms)
		return;
	t->retry_at_ms = now_ms + REFRESH_GAP_MS;
	ask(c, t);
}

/* ---- the clock ---- */

static void on_poll(struct lmi_timer *timer)
{
	struct lmq_client *c = timer->arg;
	struct lmi_span key;
	void *value;

	for (size_t i = 0; lmi_map_next(&c->routes.topics, &i, &key, &value);) {
		struct topic_route *t = value;

		if (t->known || t->borrowed || t->consumed)
			ask(c, t);
	}
}

static void end_late(struct lmq_client *c, struct topic_route *t, int64_t now_ms)
{
	int err = c->routes.failure ? c->routes.failure : -LMQ_ETIMEOUT;
	const char *text = c->routes.failure ? c->routes.failure_text : "no name server told the topic's route in time";

	LMI_LIST_FOREACH_SAFE(&t->waiting, it, tmp) {
		struct route_wait *w = lmi_container_of(it, struct route_wait, link);

		if (w->deadline_ms > now_ms)
			continue;
		lmi_list_del(&w->link);
		w->ready(w, err, text);
	}
}

/* Runs while something is waited for. */
static void on_waits(struct lmi_timer *timer)
{
	struct lmq_client *c = timer->arg;
	int64_t now_ms = client_now_ms(c);
	bool needed = false;
	struct lmi_span key;
	void *value;

	for (size_t i = 0; lmi_map_next(&c->routes.topics, &i, &key, &value);) {
		struct topic_route *t = value;
		bool wanted;

		end_late(c, t, now_ms);
		wanted = !lmi_list_empty(&t->waiting) || (t->consumed && !t->known);
		if (wanted && !t->asking && now_ms >= t->retry_at_ms)
			ask(c, t);
		needed |= wanted;
	}
	if (!needed) {
		c->routes.waits_running = false;
		lmi_timer_stop(timer);
	}
}

int route_cache_init(struct lmq_client *c)
{
	c->routes.poll = (struct lmi_timer){ .fn = on_poll, .arg = c };
	c->routes.waits = (struct lmi_timer){ .fn = on_waits, .arg = c };
	return lmi_timer_start(c->loop, &c->routes.poll, c->cfg->poll_namesrv_ms, c->cfg->poll_namesrv_ms);
}

void route_cache_close(struct lmq_client *c)
{
	struct lmi_span key;
	void *value;

	lmi_timer_stop(&c->routes.poll);
	lmi_timer_stop(&c->routes.waits);
	for (size_t i = 0; lmi_map_next(&c->routes.topics, &i, &key, &value);)
		end_waits(value, -LMQ_ECLOSED, "the client is closing");
}

void route_cache_done(struct lmq_client *c)
{
	lmi_map_done(&c->routes.topics, topic_free);
	lmi_map_done(&c->routes.brokers, broker_free);
}
