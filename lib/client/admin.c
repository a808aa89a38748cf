/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions and orders to servers that a caller waits for.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>

#include "client/round.h"
#include "rules/name.h"
#include "wire/cluster_info.h"
#include "wire/topic_config.h"

#define QUEUES_MAX 65535

/* ---- the queues of a topic ---- */

struct queue_name {
	const char *broker; /* lives as long as the client */
	int32_t queue_id;
};

struct listing {
	struct lmq_client *client;
	struct route_wait wait;
	struct topic_route *topic;
	struct queue_name *queues; /* gives */
	size_t count;
	int err;
	char detail[CLIENT_DETAIL_CHARS];
	sem_t over;
};

static void copy_queues(struct listing *l)
{
	const struct publish *p = &l->topic->publish;

	l->queues = calloc(p->total ? p->total : 1, sizeof(*l->queues));
	if (!l->queues) {
		l->err = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < p->total; i++) {
		struct publish_choice q = publish_at(p, i);

		l->queues[l->count++] = (struct queue_name){ q.broker->name, q.queue_id };
	}
}

static void list_ready(struct route_wait *w, int err, const char *detail)
{
	struct listing *l = lmi_container_of(w, struct listing, wait);

	l->err = err;
	config_say(l->detail, sizeof(l->detail), "%s", detail);
	if (err == 0 && !l->topic->known) {
		l->err = -LMQ_ENOROUTE;
		config_say(l->detail, sizeof(l->detail), "no name server knows topic %s", l->topic->name);
	}
	if (l->err == 0)
		copy_queues(l);
	sem_post(&l->over);
}

struct listing_start {
	struct listing *listing;
	const char *topic;
	int64_t timeout_ms;
};

static void list_start(void *arg)
{
	struct listing_start *s = arg;
	struct listing *l = s->listing;

	l->topic = route_cache_topic(l->client, s->topic);
	lmi_list_init(&l->wait.link);
	l->wait.ready = list_ready;
	l->wait.deadline_ms = client_now_ms(l->client) + s->timeout_ms;
	if (l->topic)
		route_cache_wait(l->client, l->topic, &l->wait);
	else
		list_ready(&l->wait, -ENOMEM, "out of memory, or of room for topics");
}

static int wait_over(int started, sem_t *over)
{
	while (started == 0 && sem_wait(over) < 0 && errno == EINTR)
		;
	sem_destroy(over);
	return started;
}

int lmq_client_each_queue(struct lmq_client *client, const char *topic, int64_t timeout_ms,
			  int (*each)(void *user, const char *broker, int32_t queue_id), void *user, char *errbuf,
			  size_t errbuf_bytes)
{
	struct listing l = { .client = client };
	struct config_name name;
	struct listing_start s = { &l, config_wrap(client->cfg, topic, &name), timeout_ms > 0 ? timeout_ms : client->cfg->api_timeout_ms };
	int r;

	sem_init(&l.over, 0, 0);
	r = wait_over(client_call(client, list_start, &s), &l.over);
	if (r == 0)
		r = l.err;
	config_say(errbuf, errbuf_bytes, "%s", r < 0 && *l.detail ? l.detail : lmi_strerror(r));
	for (size_t i = 0; i < l.count && r == 0; i++)
		r = each(user, l.queues[i].broker, l.queues[i].queue_id);
	free(l.queues);
	return r;
}

/* ---- creating a topic ---- */

struct creating {
	struct round round;
	struct lmq_client *client;
	const char *cluster, *topic;
	int queues;
	int64_t deadline_ms;
	size_t asked;
	int err;
	char detail[CLIENT_DETAIL_CHARS];
	sem_t over;
};

static void create_over(struct round *r)
{
	sem_post(&lmi_container_of(r, struct creating, round)->over);
}

static void create_failed(struct creating *k, int err, const char *who)
{
	if (k->err == 0)
		config_say(k->detail, sizeof(k->detail), "%s: %s", who, lmi_strerror(err));
	if (k->err == 0)
		k->err = err;
}

struct creating_one {
	struct creating *all;
	char name[LMI_NAME_MAX + 1];
};

static void created(void *arg, int err, const struct lmi_command *answer)
{
	struct creating_one *one = arg;
	struct creating *k = one->all;

	if (err < 0)
		create_failed(k, err, one->name);
	else if (answer->code != LMI_RSP_SUCCESS && k->err == 0)
		k->err = request_refused(answer, one->name, k->detail, sizeof(k->detail));
	free(one);
	round_close(&k->round);
}

/* Rule: CreateTopicRequestHeader. */
static int create_at(struct creating *k, const struct lmi_route_broker *b, const char *address)
{
	struct creating_one *one = malloc(sizeof(*one));
	struct request r;
	int sent;

	if (!one)
		return -ENOMEM;
	one->all = k;
	config_say(one->name, sizeof(one->name), "broker %.*s", (int)(b->broker_name.n & 0xff), (const char *)b->broker_name.p);
	request_begin(&r, k->client, LMI_REQ_UPDATE_AND_CREATE_TOPIC, false);
	lmi_command_put(&r.out, LMI_EXT_TOPIC, lmi_span_str(k->topic));
	lmi_command_put(&r.out, LMI_EXT_DEFAULT_TOPIC, lmi_span_str(k->client->cfg->create_topic_key));
	lmi_command_put_i64(&r.out, LMI_EXT_READ_QUEUE_NUMS, k->queues);
	lmi_command_put_i64(&r.out, LMI_EXT_WRITE_QUEUE_NUMS, k->queues);
	lmi_command_put_i64(&r.out, LMI_EXT_PERM, LMI_PERM_READ | LMI_PERM_WRITE);
	lmi_command_put(&r.out, LMI_EXT_TOPIC_FILTER_TYPE, LMI_SPAN_LIT("SINGLE_TAG"));
	lmi_command_put_i64(&r.out, LMI_EXT_TOPIC_SYS_FLAG, 0);
	lmi_command_put_bool(&r.out, LMI_EXT_ORDER, false);
	sent = request_send(&r, address, LMI_SPAN_NULL, k->deadline_ms - client_now_ms(k->client), created, one);
	if (sent < 0)
		free(one);
	return sent;
}

static void create_on(struct creating *k, const struct lmi_route_broker *b)
{
	char address[ROUTE_ADDRESS_CHARS];
	int sent;

	for (size_t i = 0; i < b->addr_count; i++) {
		if (b->addrs[i].id != ROUTE_MASTER_ID || b->addrs[i].addr.n >= sizeof(address))
			continue;
		memcpy(address, b->addrs[i].addr.p, b->addrs[i].addr.n);
		address[b->addrs[i].addr.n] = '\0';
		k->asked++;
		sent = create_at(k, b, address);
		round_count(&k->round, sent);
		if (sent < 0)
			create_failed(k, sent, address);
	}
}

static void got_cluster(void *arg, int err, const struct lmi_command *answer, const char *address)
{
	struct creating *k = arg;
	struct lmi_cluster_info info;

	if (err == 0 && answer->code != LMI_RSP_SUCCESS) {
		k->err = request_refused(answer, address, k->detail, sizeof(k->detail));
		round_close(&k->round);
		return;
	}
	lmi_arena_reset(&k->client->arena);
	if (err == 0)
		err = lmi_cluster_info_decode(answer->body, &k->client->arena, &info);
	if (err < 0) {
		create_failed(k, err, address);
		round_close(&k->round);
		return;
	}
	for (size_t i = 0; i < info.broker_count; i++)
		if (!k->cluster || lmi_span_is(info.brokers[i].cluster, k->cluster))
			create_on(k, &info.brokers[i]);
	if (k->asked == 0 && k->err == 0) {
		k->err = -LMQ_ENOTFOUND;
		config_say(k->detail, sizeof(k->detail), "name server %s knows no master broker%s%s", address,
			   k->cluster ? " in cluster " : "", k->cluster ? k->cluster : "");
	}
	round_close(&k->round);
}

static void create_start(void *arg)
{
	struct creating *k = arg;
	int r;

	round_open(&k->round, create_over);
	r = namesrv_ask(k->client, LMI_REQ_GET_BROKER_CLUSTER_INFO, LMI_SPAN_NULL, got_cluster, k);
	if (r == 0)
		return;
	create_failed(k, r, "name server");
	round_close(&k->round);
}

int lmq_client_create_topic(struct lmq_client *client, const char *cluster, const char *topic, int queues,
			    int64_t timeout_ms, char *errbuf, size_t errbuf_bytes)
{
	struct config_name name;
	struct creating k = { .client = client, .cluster = cluster, .topic = config_wrap(client->cfg, topic, &name), .queues = queues };
	int r;

	if (!topic || !lmi_name_topic_ok(lmi_span_str(k.topic)) || queues < 1 || queues > QUEUES_MAX) {
		config_say(errbuf, errbuf_bytes, "topic \"%s\" with %d queues cannot be", topic ? topic : "", queues);
		return -LMQ_EILLEGAL;
	}
	k.deadline_ms = client_now_ms(client) + (timeout_ms > 0 ? timeout_ms : client->cfg->api_timeout_ms);
	sem_init(&k.over, 0, 0);
	r = wait_over(client_call(client, create_start, &k), &k.over);
	if (r == 0)
		r = k.err;
	config_say(errbuf, errbuf_bytes, "%s", r < 0 && *k.detail ? k.detail : lmi_strerror(r));
	return r;
}
