/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queue_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/queue_files.h"
#include "store/store.h"

#define SCHEDULE_TOPIC "SCHEDULE_TOPIC_XXXX"

int queue_table_init(struct queue_table *t, struct disk *d, int64_t file_bytes)
{
	*t = (struct queue_table){ .shared = { .disk = d, .file_bytes = file_bytes } };
	lmi_list_init(&t->shared.dirty);
	lmi_list_init(&t->shared.ready);
	t->shared.files = queue_files_new(d);
	return t->shared.files ? 0 : -ENOMEM;
}

/** Let go of a topic's queues. */
static void topic_clear(struct queue_topic *t)
{
	t->refs++; /* the loop must not free it under itself */
	for (uint32_t i = 0; i < t->count; i++) {
		struct consume_queue *q = t->queues[i];
		queue_files_forget(q->shared->files, q);
		lmi_list_del(&q->link);
		q->shared->buffered -= (size_t)(q->tail_units + q->fly_units) * QUEUE_UNIT_BYTES;
		q->dead = true;
		consume_queue_unref(q);
	}
	t->count = 0;
	queue_topic_unref(t);
}

static void topic_free_value(void *value)
{
	struct queue_topic *t = value;
	topic_clear(t);
	queue_topic_unref(t);
}

void queue_table_done(struct queue_table *t)
{
	consume_queue_cold_clear(&t->shared);
	lmi_map_done(&t->topics, topic_free_value);
	queue_files_free(t->shared.files);
	*t = (struct queue_table){ 0 };
}

void queue_topic_unref(struct queue_topic *t)
{
	if (!t || --t->refs)
		return;
	free(t->queues);
	free(t);
}

static bool topic_is_name(struct lmi_span topic)
{
	if (topic.n == 0 || topic.n > QUEUE_TOPIC_MAX || lmi_span_is(topic, ".") || lmi_span_is(topic, ".."))
		return false;
	return !memchr(topic.p, '/', topic.n) && !memchr(topic.p, '\0', topic.n);
}

static struct queue_topic *find_topic(struct queue_table *t, struct lmi_span topic)
{
	if (t->last && lmi_span_eq(queue_topic_span(t->last), topic))
		return t->last;
	struct queue_topic *found = lmi_map_get(&t->topics, topic);
	if (found)
		t->last = found;
	return found;
}

static int make_topic(struct queue_table *t, struct lmi_span topic, struct queue_topic **out)
{
	if (!topic_is_name(topic))
		return -LMQ_EILLEGAL;
	struct queue_topic *made = calloc(1, sizeof(*made) + topic.n + 1);
	if (!made)
		return -ENOMEM;
	made->refs = 1;
	made->name_bytes = (uint16_t)topic.n;
	memcpy(made->name, topic.p, topic.n);
	made->schedule = lmi_span_is(topic, SCHEDULE_TOPIC);
	made->flush = STORE_FLUSH_AS_CONFIGURED;
	int err = lmi_map_put(&t->topics, topic, made, NULL);
	if (err) {
		free(made);
		return err;
	}
	t->last = *out = made;
	return 0;
}

int queue_table_topic(struct queue_table *t, struct lmi_span topic, struct queue_topic **out)
{
	struct queue_topic *found = find_topic(t, topic);
	int err = found ? 0 : make_topic(t, topic, &found);
	if (!err)
		*out = found;
	return err;
}

/** Index of the first queue with an id not below the one wanted. */
static uint32_t lower_bound(const struct queue_topic *t, int32_t queue_id)
{
	uint32_t lo = 0, hi = t->count;
	if (queue_id >= 0 && (uint32_t)queue_id < hi && t->queues[queue_id]->queue_id == queue_id)
		return (uint32_t)queue_id; /* ids without gaps: nearly always */
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (t->queues[mid]->queue_id < queue_id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct consume_queue *queue_table_get(struct queue_table *t, struct lmi_span topic, int32_t queue_id)
{
	struct queue_topic *found = find_topic(t, topic);
	if (!found)
		return NULL;
	uint32_t i = lower_bound(found, queue_id);
	return i < found->count && found->queues[i]->queue_id == queue_id ? found->queues[i] : NULL;
}

static int insert_queue(struct queue_topic *t, struct consume_queue *q)
{
	if (t->count == t->cap) {
		uint32_t cap = t->cap ? 2 * t->cap : 4;
		struct consume_queue **grown = realloc(t->queues, cap * sizeof(struct consume_queue *));
		if (!grown)
			return -ENOMEM;
		t->queues = grown;
		t->cap = cap;
	}
	uint32_t i = lower_bound(t, q->queue_id);
	memmove(&t->queues[i + 1], &t->queues[i], (t->count - i) * sizeof(struct consume_queue *));
	t->queues[i] = q;
	t->count++;
	return 0;
}

int queue_table_make(struct queue_table *t, struct lmi_span topic, int32_t queue_id, struct consume_queue **out)
{
	struct consume_queue *q = queue_table_get(t, topic, queue_id);
	if (q) {
		*out = q;
		return 0;
	}
	if (queue_id < 0)
		return -LMQ_EILLEGAL;
	struct queue_topic *home;
	int err = queue_table_topic(t, topic, &home);
	if (err)
		return err;
	q = consume_queue_new(&t->shared, home, queue_id);
	err = q ? insert_queue(home, q) : -ENOMEM;
	if (err) {
		consume_queue_unref(q);
		return err;
	}
	t->queue_count++;
	*out = q;
	return 0;
}

/* ---- the folders ---- */

struct scan {
	struct queue_table *table;
	const char *topic;
};

static int found_queue(void *ctx, const char *name)
{
	struct scan *sc = ctx;
	int32_t id;
	if (lmi_span_to_i32(lmi_span_str(name), &id) != 0 || id < 0 || (*name == '0' && name[1]) || *name == '+')
		return 0;
	struct consume_queue *q;
	int err = queue_table_make(sc->table, lmi_span_str(sc->topic), id, &q);
	return err == -LMQ_EILLEGAL ? 0 : err;
}

static int found_topic(void *ctx, const char *name)
{
	struct scan *sc = ctx;
	char path[QUEUE_PATH_MAX];
	if (snprintf(path, sizeof(path), QUEUE_FOLDER "/%s", name) >= QUEUE_PATH_MAX)
		return 0;
	sc->topic = name;
	struct disk *d = sc->table->shared.disk;
	int err = d->ops->list(d, path, found_queue, sc);
	return err == -ENOTDIR || err == -ELOOP ? 0 : err;
}

int queue_table_scan(struct queue_table *t)
{
	struct scan sc = { .table = t };
	struct disk *d = t->shared.disk;
	return d->ops->list(d, QUEUE_FOLDER, found_topic, &sc);
}

int queue_table_drop(struct queue_table *t, struct lmi_span topic)
{
	struct queue_topic *gone = lmi_map_del(&t->topics, topic);
	if (!gone)
		return -LMQ_ENOTFOUND;
	if (t->last == gone)
		t->last = NULL;
	t->queue_count -= gone->count;
	topic_free_value(gone);
	return 0;
}

int queue_table_each(struct queue_table *t, int (*each)(void *ctx, struct consume_queue *q), void *ctx)
{
	struct lmi_span name;
	void *value;
	for (size_t i = 0; lmi_map_next(&t->topics, &i, &name, &value);) {
		struct queue_topic *topic = value;
		for (uint32_t k = 0; k < topic->count; k++) {
			int r = each(ctx, topic->queues[k]);
			if (r)
				return r;
		}
	}
	return 0;
}
