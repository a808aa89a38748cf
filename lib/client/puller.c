/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain pull: one question for each call.  Rule: DefaultMQPullConsumer, PullAPIWrapper.
 */
#include <errno.h>
#include <stdlib.h>

#include <lightmq/pull.h>

#include "client/ask.h"
#include "client/consumer_impl.h"
#include "client/messages.h"
#include "rules/tags.h"

#define SYSFLAG_SUSPEND 2
#define SYSFLAG_SUBSCRIPTION 4

struct lmq_puller {
	struct lmq_consumer *member;
	pthread_mutex_t lock;          /* of the filter */
	struct lmi_arena arena;
	struct lmi_subscription filter;
	bool all;
};

int lmq_puller_new(struct lmq_client *client, const char *group, const struct lmq_config *cfg, struct lmq_puller **out)
{
	struct lmq_puller *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	r = lmq_consumer_new(client, group, cfg, &p->member);
	if (r == 0)
		r = consumer_join(p->member, CONSUMER_PULL);
	if (r < 0) {
		lmq_consumer_free(p->member);
		free(p);
		return r;
	}
	pthread_mutex_init(&p->lock, NULL);
	lmi_arena_init(&p->arena, 0);
	p->all = true;
	p->filter.expression = lmi_span_str(LMI_SUBSCRIBE_ALL);
	*out = p;
	return 0;
}

void lmq_puller_free(struct lmq_puller *p)
{
	if (!p || client_may_wait(p->member->client) < 0)
		return;
	lmq_consumer_free(p->member);
	pthread_mutex_destroy(&p->lock);
	lmi_arena_done(&p->arena);
	free(p);
}

int lmq_puller_filter(struct lmq_puller *p, const char *expression)
{
	bool all = lmi_tags_is_all(lmi_span_str(expression));
	struct lmi_subscription filter = { .version = 0 };
	int r = 0;
	char *text;

	pthread_mutex_lock(&p->lock);
	text = lmi_arena_strdup(&p->arena, lmi_span_str(all ? LMI_SUBSCRIBE_ALL : expression));
	if (!text)
		r = -ENOMEM;
	filter.expression = lmi_span_str(text);
	if (r == 0 && !all)
		r = lmi_tags_parse(filter.expression, &p->arena, &filter);
	if (r == 0 && !all && filter.tag_count == 0)
		r = -LMQ_EILLEGAL;
	if (r == 0) {
		p->filter = filter;
		p->all = all;
	}
	pthread_mutex_unlock(&p->lock);
	return r;
}

/* ---- the queues ---- */

struct queue_list {
	struct lmq_client *client;
	const char *name, *topic; /* as users and as servers know it */
	struct topic_route *route;
	struct route_wait wait;
	int64_t timeout_ms;
	struct lmq_queue *queues; /* gives; names live as long as the client */
	size_t count;
	int err;
	sem_t over;
};

static void list_ready(struct route_wait *w, int err, const char *detail)
{
	struct queue_list *l = lmi_container_of(w, struct queue_list, wait);
	const struct publish *all = &l->route->subscribe;

	(void)detail;
	l->err = err == 0 && !l->route->known ? -LMQ_ENOROUTE : err;
	if (l->err == 0)
		l->queues = calloc(all->total ? all->total : 1, sizeof(*l->queues));
	if (l->err == 0 && !l->queues)
		l->err = -ENOMEM;
	for (uint32_t i = 0; l->err == 0 && i < all->total; i++) {
		struct publish_choice q = publish_at(all, i);

		l->queues[l->count++] = (struct lmq_queue){ l->name, q.broker->name, q.queue_id };
	}
	sem_post(&l->over);
}

static void list_start(void *arg)
{
	struct queue_list *l = arg;

	l->route = route_cache_topic(l->client, l->topic);
	lmi_list_init(&l->wait.link);
	l->wait.ready = list_ready;
	l->wait.deadline_ms = client_now_ms(l->client) + l->timeout_ms;
	if (l->route) {
		route_cache_consume(l->client, l->route);
		route_cache_wait(l->client, l->route, &l->wait);
		return;
	}
	l->err = -ENOMEM;
	sem_post(&l->over);
}

int lmq_puller_each_queue(struct lmq_puller *p, const char *topic, int (*each)(void *user, const struct lmq_queue *q), void *user)
{
	struct config_name name;
	struct queue_list l = { .client = p->member->client, .name = topic, .topic = config_wrap(p->member->cfg, topic, &name), .timeout_ms = p->member->cfg->api_timeout_ms };
	int r;

	if (!topic || sem_init(&l.over, 0, 0) < 0)
		return -LMQ_EILLEGAL;
	r = client_call(l.client, list_start, &l);
	while (r == 0 && sem_wait(&l.over) < 0 && errno == EINTR)
		;
	sem_destroy(&l.over);
	if (r == 0)
		r = l.err;
	for (size_t i = 0; i < l.count && r == 0; i++)
		r = each(user, &l.queues[i]);
	free(l.queues);
	return r;
}

/* ---- positions ---- */

struct position {
	struct ask ask; /* first */
	struct lmq_puller *puller;
	const struct lmq_queue *queue;
	int64_t in, out;
};

static void put_position(struct ask *a, struct request *r)
{
	const struct position *k = a->arg;

	if (a->code == LMI_REQ_QUERY_CONSUMER_OFFSET || a->code == LMI_REQ_UPDATE_CONSUMER_OFFSET)
		lmi_command_put(&r->out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(k->puller->member->group));
	lmi_command_put(&r->out, LMI_EXT_TOPIC, lmi_span_str(k->queue->topic));
	lmi_command_put_i64(&r->out, LMI_EXT_QUEUE_ID, k->queue->queue_id);
	if (a->code == LMI_REQ_UPDATE_CONSUMER_OFFSET)
		lmi_command_put_i64(&r->out, LMI_EXT_COMMIT_OFFSET, k->in);
	if (a->code == LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP)
		lmi_command_put_i64(&r->out, LMI_EXT_TIMESTAMP, k->in);
	lmi_command_put(&r->out, LMI_EXT_BNAME, lmi_span_str(a->at->name));
}

static int take_position(struct ask *a, const struct lmi_command *answer)
{
	struct position *k = a->arg;

	if (answer->code == LMI_RSP_QUERY_NOT_FOUND)
		return -LMQ_ENOTFOUND;
	if (answer->code != LMI_RSP_SUCCESS || a->code == LMI_REQ_UPDATE_CONSUMER_OFFSET)
		return ask_refused(answer);
	return lmi_command_ext_i64(answer, LMI_EXT_OFFSET, &k->out) == 0 ? 0 : -LMQ_EMALFORMED;
}

/* The queue as servers know it.  False when it is none. */
static bool wrap_queue(const struct lmq_puller *p, const struct lmq_queue *q, struct config_name *name, struct lmq_queue *out)
{
	if (!q || !q->topic || !q->broker || q->queue_id < 0)
		return false;
	*out = *q;
	out->topic = config_wrap(p->member->cfg, q->topic, name);
	return *out->topic != '\0';
}

static int position(struct lmq_puller *p, const struct lmq_queue *q, int32_t code, int64_t in, int64_t *out_pos)
{
	struct config_name name;
	struct lmq_queue wrapped;
	struct position k = { .puller = p, .queue = &wrapped, .in = in };
	int r;

	if (!wrap_queue(p, q, &name, &wrapped))
		return -LMQ_EILLEGAL;
	k.ask = (struct ask){ .client = p->member->client, .topic = wrapped.topic, .broker = q->broker, .code = code,
			      .timeout_ms = p->member->cfg->api_timeout_ms, .put = put_position, .take = take_position, .arg = &k };
	r = ask_broker(&k.ask);
	if (r == 0 && out_pos)
		*out_pos = k.out;
	return r;
}

int lmq_puller_min_pos(struct lmq_puller *p, const struct lmq_queue *q, int64_t *out_pos)
{
	return position(p, q, LMI_REQ_GET_MIN_OFFSET, 0, out_pos);
}

int lmq_puller_max_pos(struct lmq_puller *p, const struct lmq_queue *q, int64_t *out_pos)
{
	return position(p, q, LMI_REQ_GET_MAX_OFFSET, 0, out_pos);
}

int lmq_puller_pos_at(struct lmq_puller *p, const struct lmq_queue *q, int64_t time_ms, int64_t *out_pos)
{
	return position(p, q, LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP, time_ms, out_pos);
}

int lmq_puller_committed(struct lmq_puller *p, const struct lmq_queue *q, int64_t *out_pos)
{
	return position(p, q, LMI_REQ_QUERY_CONSUMER_OFFSET, 0, out_pos);
}

int lmq_puller_commit(struct lmq_puller *p, const struct lmq_queue *q, int64_t pos)
{
	return pos < 0 ? -LMQ_EILLEGAL : position(p, q, LMI_REQ_UPDATE_CONSUMER_OFFSET, pos, NULL);
}

/* ---- pulling ---- */

struct pulling {
	struct ask ask; /* first */
	struct lmq_puller *puller;
	const struct lmq_queue *queue;
	int64_t pos, wait_ms;
	struct lmq_messages *got;
};

static void put_pull(struct ask *a, struct request *r)
{
	const struct pulling *k = a->arg;
	struct lmq_puller *p = k->puller;

	lmi_command_put(&r->out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(p->member->group));
	lmi_command_put(&r->out, LMI_EXT_TOPIC, lmi_span_str(k->queue->topic));
	lmi_command_put_i64(&r->out, LMI_EXT_QUEUE_ID, k->queue->queue_id);
	lmi_command_put_i64(&r->out, LMI_EXT_QUEUE_OFFSET, k->pos);
	lmi_command_put_i64(&r->out, LMI_EXT_MAX_MSG_NUMS, p->member->cfg->pull_batch);
	lmi_command_put_i64(&r->out, LMI_EXT_SYS_FLAG, SYSFLAG_SUBSCRIPTION | (k->wait_ms > 0 ? SYSFLAG_SUSPEND : 0));
	lmi_command_put_i64(&r->out, LMI_EXT_COMMIT_OFFSET, 0);
	lmi_command_put_i64(&r->out, LMI_EXT_SUSPEND_TIMEOUT_MILLIS, k->wait_ms);
	lmi_command_put_i64(&r->out, LMI_EXT_SUB_VERSION, 0);
	lmi_command_put(&r->out, LMI_EXT_EXPRESSION_TYPE, lmi_span_str(LMI_EXPRESSION_TAG));
	pthread_mutex_lock(&p->lock);
	lmi_command_put(&r->out, LMI_EXT_SUBSCRIPTION, p->filter.expression);
	pthread_mutex_unlock(&p->lock);
	lmi_command_put(&r->out, LMI_EXT_BNAME, lmi_span_str(a->at->name));
}

static bool wants(void *arg, const struct lmq_message *m)
{
	struct lmq_puller *p = arg;
	const char *tag = lmq_message_tag(m);
	bool wanted = p->all;

	for (size_t i = 0; tag && i < p->filter.tag_count && !wanted; i++)
		wanted = lmi_span_is(p->filter.tags[i], tag);
	return wanted;
}

static int take_pull(struct ask *a, const struct lmi_command *answer)
{
	struct pulling *k = a->arg;
	int64_t next_pos = -1;
	int r;

	(void)lmi_command_ext_i64(answer, LMI_EXT_NEXT_BEGIN_OFFSET, &next_pos);
	switch (answer->code) {
	case LMI_RSP_SUCCESS:
		pthread_mutex_lock(&k->puller->lock);
		r = messages_decode(answer->body, a->at->name, wants, k->puller, &k->got);
		if (r == 0)
			messages_strip(k->got, k->puller->member->cfg->namespace_v1);
		pthread_mutex_unlock(&k->puller->lock);
		break;
	case LMI_RSP_PULL_NOT_FOUND:
	case LMI_RSP_PULL_RETRY_IMMEDIATELY:
	case LMI_RSP_PULL_OFFSET_MOVED:
		r = messages_decode(LMI_SPAN_NULL, a->at->name, NULL, NULL, &k->got);
		break;
	default:
		return ask_refused(answer);
	}
	if (r < 0)
		return r;
	k->got->next_pos = next_pos >= 0 ? next_pos : k->pos;
	if (k->got->go_on_pos >= 0 && k->got->go_on_pos < k->got->next_pos)
		k->got->next_pos = k->got->go_on_pos;
	(void)lmi_command_ext_i64(answer, LMI_EXT_MIN_OFFSET, &k->got->min_pos);
	(void)lmi_command_ext_i64(answer, LMI_EXT_MAX_OFFSET, &k->got->max_pos);
	return 0;
}

int lmq_puller_pull(struct lmq_puller *p, const struct lmq_queue *q, int64_t pos, int64_t wait_ms, struct lmq_messages **out)
{
	struct config_name name;
	struct lmq_queue wrapped;
	struct pulling k = { .puller = p, .queue = &wrapped, .pos = pos, .wait_ms = wait_ms > 0 ? wait_ms : 0 };
	int r;

	if (pos < 0 || !wrap_queue(p, q, &name, &wrapped))
		return -LMQ_EILLEGAL;
	k.ask = (struct ask){ .client = p->member->client, .topic = wrapped.topic, .broker = q->broker, .code = LMI_REQ_PULL_MESSAGE,
			      .timeout_ms = p->member->cfg->api_timeout_ms + k.wait_ms, .put = put_pull, .take = take_pull, .arg = &k };
	r = ask_broker(&k.ask);
	if (r == 0)
		*out = k.got;
	return r;
}
