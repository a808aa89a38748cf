/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching the messages of one queue.  Rule: DefaultMQPushConsumerImpl.pullMessage, PullAPIWrapper.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/consumer_impl.h"

#define SYSFLAG_COMMIT 1
#define SYSFLAG_SUSPEND 2
#define EMPTY_REST_MS 50    /* a broker that says "nothing" at once, though asked to wait */
#define EMPTY_SOON_MS 10
#define FLOW_REST_MS 20     /* rule: PULL_TIME_DELAY_MILLS_WHEN_BROKER_FLOW_CONTROL */
#define UNPACK_MAX (64u << 20)

static void pull(struct pull_queue *q);

void pull_queue_unref(struct pull_queue *q)
{
	if (--q->refs > 0)
		return;
	process_queue_done(&q->process);
	consumer_unref(q->consumer);
	free(q);
}

static void on_timer(struct lmi_timer *t)
{
	struct pull_queue *q = t->arg;

	q->busy = false;
	if (q->started)
		pull(q);
	else if (consumer_locks(q->consumer) && !orderly_may_hand_out(q))
		orderly_lock(q);
	else
		pull_queue_begin(q);
}

void pull_queue_rest(struct pull_queue *q, int64_t ms)
{
	if (q->dropped)
		return;
	/* Without memory for the timer the next finished message or rebalance sets it going. */
	q->busy = lmi_timer_start(q->consumer->client->loop, &q->timer, ms, 0) == 0;
	q->paused = !q->busy;
}

int pull_queue_new(struct subscription *sub, struct broker *b, int32_t queue_id, int64_t from_pos)
{
	struct pull_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->sub = sub;
	q->consumer = sub->consumer;
	q->broker = b;
	q->queue_id = queue_id;
	q->refs = 1;
	q->committed = -1;
	q->held = q->consumer->hold_new;
	q->timer = (struct lmi_timer){ .fn = on_timer, .arg = q };
	q->suspend = (struct lmi_timer){ .fn = orderly_on_suspend, .arg = q };
	lmi_list_init(&q->waiting);
	lmi_list_init(&q->touched);
	consumer_ref(q->consumer);
	lmi_list_add_tail(&q->consumer->queues, &q->link);
	q->restart_pos = from_pos;
	if (consumer_locks(q->consumer))
		orderly_lock(q);
	else
		pull_queue_begin(q);
	return 0;
}

void pull_queue_begin(struct pull_queue *q)
{
	if (q->restart_pos >= 0)
		pull_queue_start(q, q->restart_pos);
	else
		pull_queue_ask_first(q);
}

void pull_queue_drop(struct pull_queue *q, bool commit)
{
	if (q->dropped)
		return;
	__atomic_store_n(&q->dropped, true, __ATOMIC_RELEASE);
	lmi_timer_stop(&q->timer);
	lmi_list_del(&q->link);
	if (q->consumer->lite)
		lite_dropped(q);
	if (q->consumer->orderly)
		orderly_dropped(q, commit);
	else if (commit)
		pull_queue_commit(q, NULL, q->consumer->client->cfg->api_timeout_ms);
	pull_queue_unref(q);
}

void pull_queue_start(struct pull_queue *q, int64_t first_pos)
{
	process_queue_init(&q->process, first_pos);
	q->started = true;
	pull(q);
}

void pull_queue_resume(struct pull_queue *q)
{
	if (!q->paused || q->busy || q->dropped || !consumer_runs(q->consumer))
		return;
	q->paused = false;
	on_timer(&q->timer);
}

bool subscription_wants(const struct subscription *sub, const struct lmq_message *m)
{
	const char *tag;

	if (sub->all || sub->sql)
		return true;
	tag = lmq_message_tag(m);
	for (size_t i = 0; tag && i < sub->wire.tag_count; i++)
		if (lmi_span_is(sub->wire.tags[i], tag))
			return true;
	return false;
}

/* Keep what is new and wanted; returns how many were kept. */
static size_t hand_out(struct pull_queue *q, struct received_batch *b)
{
	struct lmi_list wanted;
	size_t kept = 0, count = b->count;

	lmi_list_init(&wanted);
	for (size_t i = 0; i < count; i++) {
		struct received *r = &b->messages[i];
		int64_t pos = r->message.queue_pos;

		if (!subscription_wants(q->sub, &r->message)) {
			if (pos < INT64_MAX)
				process_queue_advance(&q->process, pos + 1);
			received_end(r); /* the batch may end with the last of them */
			continue;
		}
		if (process_queue_add(&q->process, pos, r->held_bytes) < 0) {
			received_end(r);
			continue;
		}
		r->queue = q;
		q->refs++;
		kept++;
		q->sub->pulled++;
		lmi_list_add_tail(&wanted, &r->link);
	}
	if (q->consumer->lite) {
		lite_put(q, &wanted);
	} else if (q->consumer->orderly) {
		lmi_list_splice(&wanted, &q->waiting);
		orderly_go(q);
	} else {
		consume_pool_put(q->consumer->pool, &wanted);
	}
	return kept;
}

static void found(struct pull_queue *q, const struct lmi_command *answer, int64_t next_pos)
{
	const struct lmq_config *cfg = q->consumer->cfg;
	int64_t before = q->process.next_pos;
	struct received_batch *b;
	int r = received_decode(answer->body, q->broker->name, UNPACK_MAX, &b);

	if (r < 0) {
		config_log(cfg, LMQ_LOG_ERR, "messages of %s from broker %s: %s", q->sub->topic, q->broker->name, lmi_strerror(r));
		pull_queue_rest(q, cfg->pull_retry_ms);
		return;
	}
	for (size_t i = 0; i < b->count && *cfg->namespace_v1; i++)
		received_strip(&b->messages[i], cfg->namespace_v1);
	if (b->go_on_pos >= 0 && b->go_on_pos < next_pos)
		next_pos = b->go_on_pos;
	(void)hand_out(q, b);
	process_queue_advance(&q->process, next_pos);
	if (q->process.next_pos > before)
		pull(q);
	else
		pull_queue_rest(q, cfg->pull_retry_ms); /* nothing new, again and again: do not spin */
}

/* The queue does not have the position any more, or not yet.  Rule: PullCallback, OFFSET_ILLEGAL. */
static void moved(struct pull_queue *q, int64_t next_pos)
{
	struct subscription *sub = q->sub;
	struct broker *b = q->broker;
	int32_t queue_id = q->queue_id;

	config_log(q->consumer->cfg, LMQ_LOG_WARNING, "queue %d of %s at broker %s: position %lld moved to %lld", queue_id,
		   sub->topic, b->name, (long long)q->process.next_pos, (long long)next_pos);
	if (next_pos < 0) {
		pull_queue_rest(q, q->consumer->cfg->pull_retry_ms);
		return;
	}
	if (q->consumer->orderly) {
		orderly_restart(q, next_pos);
		return;
	}
	pull_queue_drop(q, false);
	(void)pull_queue_new(sub, b, queue_id, next_pos);
}

static void nothing(struct pull_queue *q, int32_t code, int64_t next_pos)
{
	bool moves = next_pos > q->process.next_pos;
	int64_t took_ms = client_now_ms(q->consumer->client) - q->asked_ms;

	process_queue_advance(&q->process, next_pos);
	if (moves || (code == LMI_RSP_PULL_NOT_FOUND && took_ms > EMPTY_SOON_MS))
		pull(q);
	else
		pull_queue_rest(q, EMPTY_REST_MS);
}

static void refused(struct pull_queue *q, const struct lmi_command *answer)
{
	struct lmq_consumer *c = q->consumer;
	char detail[CLIENT_DETAIL_CHARS];

	switch (answer->code) {
	case LMI_RSP_FLOW_CONTROL:
		pull_queue_rest(q, FLOW_REST_MS);
		return;
	case LMI_RSP_SUBSCRIPTION_NOT_EXIST:
	case LMI_RSP_SUBSCRIPTION_NOT_LATEST:
	case LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST:
		heartbeat_now(c->client); /* the broker was restarted and does not know us */
		break;
	case LMI_RSP_TOPIC_NOT_EXIST:
		route_cache_refresh(c->client, q->sub->route);
		break;
	default:
		break;
	}
	(void)request_refused(answer, q->broker->name, detail, sizeof(detail));
	config_log(c->cfg, LMQ_LOG_WARNING, "fetching from %s: %s", q->sub->topic, detail);
	pull_queue_rest(q, c->cfg->pull_retry_ms);
}

static void take_answer(struct pull_queue *q, const struct lmi_command *answer)
{
	int64_t next_pos = -1, from = ROUTE_MASTER_ID;

	(void)lmi_command_ext_i64(answer, LMI_EXT_NEXT_BEGIN_OFFSET, &next_pos);
	if (lmi_command_ext_i64(answer, LMI_EXT_SUGGEST_WHICH_BROKER_ID, &from) == 0)
		q->from_broker = from;
	switch (answer->code) {
	case LMI_RSP_SUCCESS:
		found(q, answer, next_pos);
		return;
	case LMI_RSP_PULL_NOT_FOUND:
	case LMI_RSP_PULL_RETRY_IMMEDIATELY:
		nothing(q, answer->code, next_pos);
		return;
	case LMI_RSP_PULL_OFFSET_MOVED:
		moved(q, next_pos);
		return;
	default:
		refused(q, answer);
	}
}

static void answered(void *arg, int err, const struct lmi_command *answer)
{
	struct pull_queue *q = arg;
	struct lmq_consumer *c = q->consumer;

	q->busy = false;
	if (q->dropped || !consumer_runs(c)) {
		pull_queue_unref(q);
		return;
	}
	if (err == 0) {
		take_answer(q, answer);
	} else {
		config_log(c->cfg, LMQ_LOG_WARNING, "fetching from %s at broker %s: %s", q->sub->topic, q->broker->name,
			   lmi_strerror(err));
		route_cache_refresh(c->client, q->sub->route);
		pull_queue_rest(q, c->cfg->pull_retry_ms);
	}
	pull_queue_unref(q);
}

static int send_pull(struct pull_queue *q)
{
	struct lmq_consumer *c = q->consumer;
	const char *address = broker_address(q->broker, q->from_broker);
	int64_t commit_pos = process_queue_commit_pos(&q->process);
	struct request r;

	if (!address)
		return -LMQ_ENOROUTE;
	request_begin(&r, c->client, LMI_REQ_PULL_MESSAGE, false);
	lmi_command_put(&r.out, LMI_EXT_CONSUMER_GROUP, lmi_span_str(c->group));
	lmi_command_put(&r.out, LMI_EXT_TOPIC, lmi_span_str(q->sub->topic));
	lmi_command_put_i64(&r.out, LMI_EXT_QUEUE_ID, q->queue_id);
	lmi_command_put_i64(&r.out, LMI_EXT_QUEUE_OFFSET, q->process.next_pos);
	lmi_command_put_i64(&r.out, LMI_EXT_MAX_MSG_NUMS, c->cfg->pull_batch);
	lmi_command_put_i64(&r.out, LMI_EXT_SYS_FLAG, SYSFLAG_SUSPEND | (commit_pos > 0 && consumer_commits(c) && c->cfg->model == CONFIG_CLUSTERING ? SYSFLAG_COMMIT : 0));
	lmi_command_put_i64(&r.out, LMI_EXT_COMMIT_OFFSET, commit_pos);
	lmi_command_put_i64(&r.out, LMI_EXT_SUSPEND_TIMEOUT_MILLIS, c->cfg->suspend_ms);
	lmi_command_put_i64(&r.out, LMI_EXT_SUB_VERSION, q->sub->wire.version);
	lmi_command_put(&r.out, LMI_EXT_EXPRESSION_TYPE, q->sub->wire.expression_type);
	lmi_command_put(&r.out, LMI_EXT_BNAME, lmi_span_str(q->broker->name));
	return request_send(&r, address, LMI_SPAN_NULL, c->cfg->pull_timeout_ms, answered, q);
}

static uint64_t least(int64_t of_queue, int64_t of_topic, size_t queues)
{
	int64_t each = of_topic > 0 && queues > 0 ? of_topic / (int64_t)queues : of_queue;

	each = each > 0 ? each : 1;
	return (uint64_t)(each < of_queue ? each : of_queue);
}

/* Rule: RebalancePushImpl.messageQueueChanged shares a topic's limit out among its queues here. */
static bool full(const struct pull_queue *q)
{
	const struct lmq_config *cfg = q->consumer->cfg;
	struct process_limits limits = {
		.messages = least(cfg->queue_messages_max, cfg->topic_messages_max, q->sub->shared),
		.bytes = least(cfg->queue_bytes_max, cfg->topic_bytes_max, q->sub->shared),
		.span = (uint64_t)cfg->queue_span_max,
	};

	return process_queue_full(&q->process, &limits);
}

static void pull(struct pull_queue *q)
{
	struct lmq_consumer *c = q->consumer;

	if (q->dropped || q->busy || q->restart || !consumer_runs(c))
		return;
	if (consumer_locks(c) && !orderly_may_hand_out(q)) {
		orderly_restart(q, -1);
		return;
	}
	q->paused = c->paused || q->held || full(q) || (c->lite && lite_full(c));
	if (q->paused)
		return;
	q->asked_ms = client_now_ms(c->client);
	if (send_pull(q) < 0) {
		pull_queue_rest(q, c->cfg->pull_retry_ms);
		return;
	}
	q->busy = true;
	q->refs++;
}
