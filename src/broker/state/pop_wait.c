/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/pop_wait.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "rules/name.h"

struct pop_wait_topic {
	struct lmi_list lines;
	uint32_t bytes;
	char name[];
};

void pop_wait_init(struct pop_wait_table *t, int64_t mono_ms)
{
	*t = (struct pop_wait_table){ .max = POP_WAIT_MAX_DEFAULT,
				      .line_max = POP_WAIT_LINE_MAX_DEFAULT,
				      .wheel_at = mono_ms / POP_WAIT_TICK_MS,
				      .sweep_ms = mono_ms + POP_WAIT_SWEEP_MS };
	lmi_list_init(&t->woken);
	for (size_t i = 0; i < POP_WAIT_WHEEL_SLOTS; i++)
		lmi_list_init(&t->wheel[i]);
}

/* ---- lines ---- */

static struct pop_wait_topic *topic_make(struct pop_wait_table *t, struct lmi_span name)
{
	struct pop_wait_topic *topic = lmi_map_get(&t->topics, name);
	if (topic)
		return topic;
	topic = malloc(sizeof(*topic) + name.n);
	if (!topic)
		return NULL;
	lmi_list_init(&topic->lines);
	topic->bytes = (uint32_t)name.n;
	memcpy(topic->name, name.p, name.n);
	if (lmi_map_put(&t->topics, name, topic, NULL)) {
		free(topic);
		return NULL;
	}
	return topic;
}

static bool is_group(const struct pop_wait_line *l, struct lmi_span group)
{
	return lmi_span_eq(lmi_span(l->group, l->group_bytes), group);
}

static struct pop_wait_line *line_get(const struct pop_wait_topic *topic, struct lmi_span group, int32_t queue_id)
{
	LMI_LIST_FOREACH_SAFE(&topic->lines, it, tmp) {
		struct pop_wait_line *l = lmi_container_of(it, struct pop_wait_line, in_topic);
		if (l->queue_id == queue_id && is_group(l, group))
			return l;
	}
	return NULL;
}

static struct pop_wait_line *line_new(struct pop_wait_table *t, struct pop_wait_topic *topic, struct lmi_span group,
				      int32_t queue_id)
{
	struct pop_wait_line *l = malloc(sizeof(*l) + group.n);
	if (!l)
		return NULL;
	*l = (struct pop_wait_line){ .topic = topic, .queue_id = queue_id, .group_bytes = (uint32_t)group.n };
	memcpy(l->group, group.p, group.n);
	for (int k = 0; k < POP_WAIT_KINDS; k++)
		lmi_list_init(&l->waits[k]);
	lmi_list_add_tail(&topic->lines, &l->in_topic);
	t->line_count++;
	return l;
}

static bool is_empty(const struct pop_wait_line *l)
{
	return l->count[POP_WAIT_POP] == 0 && l->count[POP_WAIT_NOTIFY] == 0;
}

static void sweep_topic(struct pop_wait_table *t, struct pop_wait_topic *topic)
{
	LMI_LIST_FOREACH_SAFE(&topic->lines, it, tmp) {
		struct pop_wait_line *l = lmi_container_of(it, struct pop_wait_line, in_topic);
		if (!is_empty(l))
			continue;
		lmi_list_del(it);
		free(l);
		t->line_count--;
	}
	if (lmi_list_empty(&topic->lines)) {
		lmi_map_del(&t->topics, lmi_span(topic->name, topic->bytes));
		free(topic);
	}
}

static void sweep(struct pop_wait_table *t)
{
	void *topic;
	for (size_t i = 0; lmi_map_next(&t->topics, &i, NULL, &topic);)
		sweep_topic(t, topic);
}

static struct pop_wait_line *line_make(struct pop_wait_table *t, const struct pop_wait_request *r, int *out_err)
{
	int32_t queue_id = r->queue_id < 0 ? -1 : r->queue_id;
	struct pop_wait_topic *topic = lmi_map_get(&t->topics, r->topic);
	struct pop_wait_line *l = topic ? line_get(topic, r->group, queue_id) : NULL;
	*out_err = -ENOMEM;
	if (l)
		return l;
	if (t->line_count >= POP_WAIT_LINES_MAX) {
		*out_err = -LMQ_EFULL;
		return NULL;
	}
	topic = topic_make(t, r->topic);
	return topic ? line_new(t, topic, r->group, queue_id) : NULL;
}

/* ---- waiting ---- */

static struct pop_wait_filter *filter_copy(const struct lmi_tags_filter *f)
{
	struct pop_wait_filter *c = malloc(sizeof(*c) + f->count * sizeof(f->codes[0]));
	if (!c)
		return NULL;
	c->count = f->count;
	if (f->count)
		memcpy(c->codes, f->codes, f->count * sizeof(f->codes[0]));
	return c;
}

static struct pop_wait *wait_new(const struct pop_wait_request *r)
{
	struct pop_wait *w = malloc(sizeof(*w) + r->frame.n);
	if (!w)
		return NULL;
	*w = (struct pop_wait){ .kind = (uint8_t)r->kind, .frame_bytes = (uint32_t)r->frame.n };
	memcpy(w->frame, r->frame.p, r->frame.n);
	if (r->filter && !r->filter->all && !(w->filter = filter_copy(r->filter))) {
		free(w);
		return NULL;
	}
	return w;
}

static void into_wheel(struct pop_wait_table *t, struct pop_wait *w, int64_t deadline_ms)
{
	int64_t tick = (deadline_ms + POP_WAIT_TICK_MS - 1) / POP_WAIT_TICK_MS;
	if (tick <= t->wheel_at)
		tick = t->wheel_at + 1;
	w->deadline_ms = tick * POP_WAIT_TICK_MS;
	lmi_list_add_tail(&t->wheel[(uint64_t)tick % POP_WAIT_WHEEL_SLOTS], &w->in_wheel);
}

int pop_wait_add(struct pop_wait_table *t, const struct pop_wait_request *r, struct pop_wait **out)
{
	int err;
	assert(r->topic.n <= LMI_NAME_MAX && r->group.n <= LMI_NAME_MAX);
	if (t->count >= t->max)
		return -LMQ_EFULL;
	struct pop_wait_line *l = line_make(t, r, &err);
	if (!l)
		return err;
	if (l->count[r->kind] >= t->line_max)
		return -LMQ_EFULL;
	struct pop_wait *w = wait_new(r);
	if (!w)
		return -ENOMEM;
	w->line = l;
	w->peer = peer_ref(r->peer);
	lmi_list_add_tail(&l->waits[r->kind], &w->link);
	lmi_list_add_tail(&r->peer->pops, &w->in_peer);
	r->peer->ops->request_begin(r->peer);
	into_wheel(t, w, r->deadline_ms);
	l->count[r->kind]++;
	t->count++;
	*out = w;
	return 0;
}

void pop_wait_free(struct pop_wait_table *t, struct pop_wait *w)
{
	lmi_list_del(&w->link);
	lmi_list_del(&w->in_wheel);
	lmi_list_del(&w->in_peer);
	w->line->count[w->kind]--;
	t->count--;
	w->peer->ops->request_end(w->peer);
	peer_unref(w->peer);
	free(w->filter);
	free(w);
}

void pop_wait_wake(struct pop_wait_table *t, struct pop_wait *w)
{
	if (w->woken)
		return;
	w->woken = true;
	lmi_list_del(&w->link);
	lmi_list_del(&w->in_wheel);
	lmi_list_add_tail(&t->woken, &w->link);
}

static struct pop_wait *at_link(struct lmi_list *l)
{
	return lmi_container_of(l, struct pop_wait, link);
}

struct pop_wait *pop_wait_take(struct pop_wait_table *t)
{
	if (lmi_list_empty(&t->woken))
		return NULL;
	struct pop_wait *w = at_link(t->woken.next);
	lmi_list_del(&w->link);
	return w;
}

/* ---- waking ---- */

static bool wants(const struct pop_wait *w, const int64_t *tags_code)
{
	if (!w->filter || !tags_code)
		return true;
	struct lmi_tags_filter f = { .codes = w->filter->codes, .count = w->filter->count };
	return lmi_tags_match(&f, *tags_code);
}

static void wake_first(struct pop_wait_table *t, struct lmi_list *waits, const int64_t *tags_code)
{
	unsigned int looked = 0;
	LMI_LIST_FOREACH_SAFE(waits, it, tmp) {
		if (wants(at_link(it), tags_code)) {
			pop_wait_wake(t, at_link(it));
			return;
		}
		if (++looked == POP_WAIT_LOOK_MAX)
			return;
	}
}

static void wake_line(struct pop_wait_table *t, struct pop_wait_line *l, const int64_t *tags_code)
{
	for (int k = 0; k < POP_WAIT_KINDS; k++)
		wake_first(t, &l->waits[k], tags_code);
}

static void wake_group(struct pop_wait_table *t, const struct pop_wait_topic *topic, struct lmi_span group)
{
	LMI_LIST_FOREACH_SAFE(&topic->lines, it, tmp) {
		struct pop_wait_line *l = lmi_container_of(it, struct pop_wait_line, in_topic);
		if (is_group(l, group))
			wake_line(t, l, NULL);
	}
}

/* %RETRY%group_topic or %RETRY%group+topic: each place that may be the separator is tried. */
static void retry_arrival(struct pop_wait_table *t, struct lmi_span name)
{
	size_t front = sizeof(LMI_NAME_RETRY_PREFIX) - 1;
	for (size_t i = front + 1; i + 1 < name.n; i++) {
		if (name.p[i] != '_' && name.p[i] != '+')
			continue;
		struct pop_wait_topic *topic = lmi_map_get(&t->topics, lmi_span(name.p + i + 1, name.n - i - 1));
		if (topic)
			wake_group(t, topic, lmi_span(name.p + front, i - front));
	}
}

void pop_wait_arrival(struct pop_wait_table *t, struct lmi_span topic, int32_t queue_id, int64_t tags_code)
{
	if (!t->count)
		return;
	if (lmi_name_is_retry(topic))
		retry_arrival(t, topic);
	struct pop_wait_topic *have = lmi_map_get(&t->topics, topic);
	if (!have)
		return;
	LMI_LIST_FOREACH_SAFE(&have->lines, it, tmp) {
		struct pop_wait_line *l = lmi_container_of(it, struct pop_wait_line, in_topic);
		if (l->queue_id < 0 || l->queue_id == queue_id)
			wake_line(t, l, &tags_code);
	}
}

void pop_wait_notify(struct pop_wait_table *t, struct lmi_span topic, struct lmi_span group, int32_t queue_id)
{
	struct pop_wait_topic *have = t->count ? lmi_map_get(&t->topics, topic) : NULL;
	struct pop_wait_line *any = have ? line_get(have, group, -1) : NULL;
	struct pop_wait_line *own = have && queue_id >= 0 ? line_get(have, group, queue_id) : NULL;
	if (any)
		wake_line(t, any, NULL);
	if (own)
		wake_line(t, own, NULL);
}

static void expire_slot(struct pop_wait_table *t, size_t slot, int64_t mono_ms)
{
	LMI_LIST_FOREACH_SAFE(&t->wheel[slot], it, tmp) {
		struct pop_wait *w = lmi_container_of(it, struct pop_wait, in_wheel);
		if (w->deadline_ms <= mono_ms)
			pop_wait_wake(t, w);
	}
}

void pop_wait_expire(struct pop_wait_table *t, int64_t mono_ms)
{
	int64_t to = mono_ms / POP_WAIT_TICK_MS, from = t->wheel_at + 1;
	if (to - from >= (int64_t)POP_WAIT_WHEEL_SLOTS)
		from = to - POP_WAIT_WHEEL_SLOTS + 1; /* a whole turn looks at everything */
	for (int64_t tick = from; tick <= to; tick++)
		expire_slot(t, (uint64_t)tick % POP_WAIT_WHEEL_SLOTS, mono_ms);
	if (to > t->wheel_at)
		t->wheel_at = to;
	if (mono_ms >= t->sweep_ms) {
		t->sweep_ms = mono_ms + POP_WAIT_SWEEP_MS;
		sweep(t);
	}
}

void pop_wait_wake_all(struct pop_wait_table *t)
{
	for (size_t i = 0; i < POP_WAIT_WHEEL_SLOTS; i++)
		expire_slot(t, i, INT64_MAX);
}

void pop_wait_peer_closed(struct pop_wait_table *t, struct peer *p)
{
	LMI_LIST_FOREACH_SAFE(&p->pops, it, tmp)
		pop_wait_free(t, lmi_container_of(it, struct pop_wait, in_peer));
}

void pop_wait_done(struct pop_wait_table *t)
{
	pop_wait_wake_all(t);
	for (struct pop_wait *w; (w = pop_wait_take(t));)
		pop_wait_free(t, w);
	sweep(t);
	assert(t->line_count == 0);
	lmi_map_done(&t->topics, NULL);
}

uint32_t pop_wait_count(const struct pop_wait_table *t, struct lmi_span topic, struct lmi_span group, int32_t queue_id)
{
	const struct pop_wait_topic *have = lmi_map_get(&t->topics, topic);
	const struct pop_wait_line *l = have ? line_get(have, group, queue_id < 0 ? -1 : queue_id) : NULL;
	return l ? l->count[POP_WAIT_POP] : 0;
}
