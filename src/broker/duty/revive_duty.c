/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/revive_duty.h"

#include <errno.h>
#include <stdio.h>

#include "broker/handle/count.h"
#include "rules/name.h"
#include "rules/retry.h"
#include "wire/props.h"

#define DLQ_QUEUES 1 /* rule: DLQ_NUMS_PER_GROUP */

void revive_duty_init(struct revive_duty *d, int64_t mono_ms)
{
	*d = (struct revive_duty){ .sweep_ms = mono_ms + REVIVE_SWEEP_MS };
	lmi_list_init(&d->reviving);
}

/* What becomes of one message. */
struct revival {
	struct pop_queue *queue;
	int64_t pop_ms;
	struct lmi_record record;
	struct lmi_span origin; /* the topic that it was sent to */
	bool dead;
	char topic[LMI_NAME_MAX + 1];
	size_t topic_bytes;
};

static struct lmi_span origin_of(const struct pop_queue *q)
{
	struct lmi_span topic = pop_queue_topic(q);
	size_t front = sizeof(LMI_NAME_RETRY_PREFIX) - 1 + q->group_bytes + 1;
	if (!lmi_name_is_retry(topic) || topic.n <= front)
		return topic;
	return lmi_span(topic.p + front, topic.n - front);
}

static int32_t max_times(const struct handle *h, struct lmi_span group)
{
	const struct lmi_group_config *g = group_table_get(h->groups, group);
	return g ? g->retry_max_times : LMI_RETRY_MAX_TIMES_DEFAULT;
}

/* A group that begins with its retry topic is known to have consumed nothing of it.  Rule: initPopRetryOffset. */
static void begin_at_zero(struct handle *h, struct lmi_span topic, struct lmi_span group)
{
	struct offset_at at = { .group = group, .topic = topic, .queue_id = 0 };
	if (offset_table_get(h->offsets, &at) < 0 && !pop_table_get(h->pops, &at))
		offset_table_commit(h->offsets, &at, 0);
}

static int choose_topic(struct handle *h, struct revival *v)
{
	const struct topic *t;
	struct lmi_span group = pop_queue_group(v->queue), from = pop_queue_topic(v->queue);
	if (v->dead) {
		v->topic_bytes = lmi_name_dlq_topic(group, v->topic);
	} else if (lmi_name_is_retry(from)) {
		memcpy(v->topic, from.p, from.n);
		v->topic_bytes = from.n;
	} else {
		v->topic_bytes = lmi_name_pop_retry_topic(from, group, h->settings->pop_retry_v2, v->topic);
	}
	if (!v->topic_bytes)
		return -LMQ_EILLEGAL;
	struct lmi_span name = lmi_span(v->topic, v->topic_bytes);
	int err = topic_table_make_retry(h->topics, name, v->dead ? DLQ_QUEUES : REVIVE_RETRY_QUEUES, 0, handle_now(h), &t);
	if (!err && !v->dead)
		begin_at_zero(h, name, group);
	return err;
}

static struct lmi_span build_props(struct handle *h, const struct revival *v)
{
	static const char *const drop[] = { LMI_PROP_WAIT, LMI_PROP_POP_CK, LMI_PROP_ORIGIN_GROUP, NULL };
	static const char *const drop_first[] = { LMI_PROP_WAIT, LMI_PROP_POP_CK, LMI_PROP_ORIGIN_GROUP, LMI_PROP_FIRST_POP_TIME,
						 NULL };
	struct lmi_buf *out = &h->scratch;
	struct lmi_span props = v->record.props, uniq = lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY));
	uint8_t ms[LMI_I64_CHARS];
	bool first = v->record.reconsume_times == 0 || !lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_FIRST_POP_TIME)).n;
	lmi_buf_reset(out, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(out, props, first ? drop_first : drop);
	if (first)
		lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_FIRST_POP_TIME), lmi_span(ms, lmi_i64_to_chars(v->pop_ms, ms)));
	lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_ORIGIN_GROUP), pop_queue_group(v->queue));
	if (!v->dead)
		return lmi_buf_span(out);
	if (!lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_RETRY_TOPIC)).n)
		lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_RETRY_TOPIC), v->origin);
	lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_DLQ_ORIGIN_TOPIC), v->origin);
	if (uniq.n)
		lmi_props_put(out, LMI_SPAN_LIT(LMI_PROP_DLQ_ORIGIN_MESSAGE_ID), uniq);
	return lmi_buf_span(out);
}

static int append(struct handle *h, const struct revival *v, struct store_ticket *t)
{
	const struct lmi_record *rec = &v->record;
	struct lmi_span tags = lmi_props_get(rec->props, LMI_SPAN_LIT(LMI_PROP_TAGS));
	struct lmi_span props = build_props(h, v);
	if (!h->scratch.failed && props.n > LMI_PROPS_MAX)
		props = rec->props; /* no room for more: as they are */
	struct store_message m = {
		.topic = lmi_span(v->topic, v->topic_bytes),
		.queue_id = 0,
		.flag = rec->flag,
		.sysflag = rec->sysflag,
		.born_ms = rec->born_ms,
		.born = rec->born,
		.reconsume_times = rec->reconsume_times == INT32_MAX ? INT32_MAX : rec->reconsume_times + 1,
		.body = rec->body,
		.props = props,
		.tags_code = tags.n ? lmi_java_hash(tags) : 0,
	};
	return h->scratch.failed ? -ENOMEM : store_append(h->store, &m, t);
}

/* ---- one message ---- */

static void nothing(void *arg)
{
	(void)arg;
}

/* The record at a position of a queue, in the arena.  -LMQ_ENOTFOUND: it is gone; -EAGAIN: a worker reads it now. */
static int read_record(struct handle *h, const struct pop_queue *q, int64_t pos, struct lmi_record *out)
{
	struct store_get *g = &h->get;
	lmi_arena_reset(&h->arena);
	g->topic = pop_queue_topic(q);
	g->queue_id = q->queue_id;
	g->queue_pos = pos;
	g->max_messages = 1;
	g->max_bytes = 0;
	g->match_tags = NULL;
	int err = store_get(h->store, g);
	if (!err && (g->status != STORE_FOUND || g->extents[0].queue_pos != pos))
		return -LMQ_ENOTFOUND;
	uint8_t *bytes = err ? NULL : lmi_arena_alloc(&h->arena, (size_t)g->extents[0].bytes);
	if (!err)
		err = bytes ? store_read(h->store, &g->extents[0], bytes, false) : -ENOMEM;
	if (err == -EAGAIN)
		store_warm(h->store, g->extents, g->count, nothing, NULL);
	if (err)
		return err == -LMQ_ECORRUPT ? -LMQ_ENOTFOUND : err;
	return lmi_record_decode(lmi_span(bytes, (size_t)g->extents[0].bytes), out) ? -LMQ_ENOTFOUND : 0;
}

static void count(struct revive_duty *d, struct handle *h, const struct revival *v)
{
	count_put(h, lmi_span(v->topic, v->topic_bytes), 1, (int64_t)v->record.body.n);
	if (!v->dead) {
		d->revived++;
		return;
	}
	d->dead++;
	lmi_log(h->log, LMI_LOG_NOTICE, "group %.*s left a message of %.*s unacknowledged %d times: now in %s",
		SPAN_ARGS(pop_queue_group(v->queue)), SPAN_ARGS(v->origin), v->record.reconsume_times + 1, v->topic);
}

static int revive(struct revive_duty *d, struct handle *h, struct pop_batch *b, unsigned int i)
{
	struct revival v = { .queue = b->queue, .pop_ms = b->pop_ms, .origin = origin_of(b->queue) };
	struct store_ticket t;
	int err = read_record(h, b->queue, pop_batch_pos(b, i), &v.record);
	if (err == -LMQ_ENOTFOUND) {
		d->gone++;
		return 0;
	}
	if (err)
		return err;
	v.dead = v.record.reconsume_times >= max_times(h, pop_queue_group(b->queue));
	err = choose_topic(h, &v);
	if (!err)
		err = append(h, &v, &t);
	if (err)
		return err;
	b->log_end = t.log_end;
	count(d, h, &v);
	return 0;
}

/* ---- a batch ---- */

/* Returns how many were stored again. */
static unsigned int revive_batch(struct revive_duty *d, struct handle *h, struct pop_batch *b)
{
	unsigned int n = 0;
	for (unsigned int i = 0; i < b->count; i++) {
		if (!(b->open & ~b->copied & 1u << i))
			continue;
		int err = revive(d, h, b, i);
		if (err) {
			pop_batch_again(h->pops, b, lmi_mono_ms(h->clock) + (err == -EAGAIN ? REVIVE_COLD_MS : REVIVE_RETRY_MS));
			return n;
		}
		b->copied |= 1u << i;
		n++;
	}
	b->state = POP_BATCH_REVIVING;
	lmi_list_add_tail(&d->reviving, &b->timer.link);
	return n;
}

static void order_is_free(struct handle *h, const struct pop_order *o)
{
	pop_wait_notify(h->pop_waits, pop_queue_topic(o->queue), pop_queue_group(o->queue), o->queue->queue_id);
}

void revive_duty_run(struct revive_duty *d, struct handle *h, int64_t mono_ms)
{
	unsigned int n = 0;
	pop_table_expire(h->pops, mono_ms);
	pop_wait_expire(h->pop_waits, mono_ms);
	for (struct pop_timer *timer; n < REVIVE_RUN_MAX && (timer = pop_table_take(h->pops));) {
		if (timer->of_order)
			order_is_free(h, (struct pop_order *)timer);
		else
			n += revive_batch(d, h, (struct pop_batch *)timer);
	}
	if (mono_ms >= d->sweep_ms) {
		d->sweep_ms = mono_ms + REVIVE_SWEEP_MS;
		pop_table_sweep(h->pops, mono_ms);
	}
}

void revive_duty_finish(struct revive_duty *d, struct handle *h)
{
	struct store_marks m;
	if (lmi_list_empty(&d->reviving))
		return;
	store_marks(h->store, &m);
	LMI_LIST_FOREACH_SAFE(&d->reviving, it, tmp) {
		struct pop_batch *b = (struct pop_batch *)lmi_container_of(it, struct pop_timer, link);
		if (b->log_end > m.synced)
			return;
		pop_batch_revived(h->pops, b);
	}
}
