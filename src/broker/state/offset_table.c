/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/offset_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

#define QUEUES_FIRST 4u

static void entry_free(void *arg)
{
	struct offset_entry *e = arg;
	if (e) {
		free(e->queues);
		free(e);
	}
}

void offset_table_done(struct offset_table *t)
{
	lmi_map_done(&t->map, entry_free);
	*t = (struct offset_table){ 0 };
}

struct key {
	size_t n;
	uint8_t text[OFFSET_KEY_MAX];
};

static bool key_make(struct key *k, const struct offset_at *at)
{
	if (at->topic.n == 0 || at->group.n == 0 || at->topic.n + 1 + at->group.n > OFFSET_KEY_MAX)
		return false;
	memcpy(k->text, at->topic.p, at->topic.n);
	k->text[at->topic.n] = '@';
	memcpy(k->text + at->topic.n + 1, at->group.p, at->group.n);
	k->n = at->topic.n + 1 + at->group.n;
	return true;
}

/* Place of a queue id, or where it belongs. */
static uint32_t queue_find(const struct offset_entry *e, int32_t queue_id)
{
	uint32_t lo = 0, hi = e->count;
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (e->queues[mid].queue_id < queue_id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct offset_queue *find(const struct offset_table *t, const struct offset_at *at)
{
	struct key k;
	if (!key_make(&k, at))
		return NULL;
	const struct offset_entry *e = lmi_map_get(&t->map, lmi_span(k.text, k.n));
	if (!e)
		return NULL;
	uint32_t i = queue_find(e, at->queue_id);
	return i < e->count && e->queues[i].queue_id == at->queue_id ? &e->queues[i] : NULL;
}

static int entry_make(struct offset_table *t, const struct key *k, size_t topic_bytes, struct offset_entry **out)
{
	struct offset_entry *e = lmi_map_get(&t->map, lmi_span(k->text, k->n));
	if (!e) {
		if (lmi_map_count(&t->map) >= OFFSET_TABLE_MAX)
			return -LMQ_EFULL;
		e = calloc(1, sizeof(*e) + k->n);
		if (!e)
			return -ENOMEM;
		e->topic_bytes = (uint32_t)topic_bytes;
		e->key_bytes = (uint32_t)k->n;
		memcpy(e->key, k->text, k->n);
		int err = lmi_map_put(&t->map, lmi_span(k->text, k->n), e, NULL);
		if (err) {
			entry_free(e);
			return err;
		}
	}
	*out = e;
	return 0;
}

static int queue_make(struct offset_entry *e, int32_t queue_id, struct offset_queue **out)
{
	uint32_t i = queue_find(e, queue_id);
	if (i == e->count || e->queues[i].queue_id != queue_id) {
		if (e->count == e->cap) {
			uint32_t cap = e->cap ? e->cap * 2 : QUEUES_FIRST;
			struct offset_queue *q = realloc(e->queues, cap * sizeof(*q));
			if (!q)
				return -ENOMEM;
			e->queues = q;
			e->cap = cap;
		}
		memmove(&e->queues[i + 1], &e->queues[i], (e->count - i) * sizeof(e->queues[0]));
		e->queues[i] = (struct offset_queue){ .queue_id = queue_id, .committed = -1, .pulled = -1, .reset = -1 };
		e->count++;
	}
	*out = &e->queues[i];
	return 0;
}

static int make(struct offset_table *t, const struct offset_at *at, struct offset_queue **out)
{
	struct key k;
	struct offset_entry *e;
	if (at->queue_id < 0 || at->queue_id >= OFFSET_QUEUES_MAX || !key_make(&k, at))
		return -LMQ_EILLEGAL;
	int err = entry_make(t, &k, at->topic.n, &e);
	return err ? err : queue_make(e, at->queue_id, out);
}

int64_t offset_table_get(const struct offset_table *t, const struct offset_at *at)
{
	const struct offset_queue *q = find(t, at);
	return q ? q->committed : -1;
}

int64_t offset_table_get_pulled(const struct offset_table *t, const struct offset_at *at)
{
	const struct offset_queue *q = find(t, at);
	return q ? q->pulled : -1;
}

int offset_table_commit(struct offset_table *t, const struct offset_at *at, int64_t queue_pos)
{
	struct offset_queue *q;
	if (queue_pos < 0)
		return -LMQ_EILLEGAL;
	int err = make(t, at, &q);
	if (err || q->reset >= 0)
		return err;
	t->unsaved = t->unsaved || q->committed != queue_pos;
	q->committed = queue_pos;
	return 0;
}

int offset_table_reset(struct offset_table *t, const struct offset_at *at, int64_t queue_pos)
{
	struct offset_queue *q;
	if (queue_pos < 0)
		return -LMQ_EILLEGAL;
	int err = make(t, at, &q);
	if (err)
		return err;
	t->unsaved = t->unsaved || q->committed != queue_pos;
	q->committed = q->reset = queue_pos;
	q->told = 0;
	return 0;
}

int64_t offset_table_follow_reset(struct offset_table *t, const struct offset_at *at, int64_t queue_pos)
{
	struct offset_queue *q = (struct offset_queue *)find(t, at);
	if (!q || q->reset < 0)
		return -1;
	if (q->reset != queue_pos && q->told++ < OFFSET_TOLD_MAX)
		return q->reset;
	q->reset = -1;
	return -1;
}

bool offset_table_has_reset(const struct offset_table *t, const struct offset_at *at)
{
	const struct offset_queue *q = find(t, at);
	return q && q->reset >= 0;
}

int offset_table_pulled(struct offset_table *t, const struct offset_at *at, int64_t queue_pos)
{
	struct offset_queue *q;
	int err = make(t, at, &q);
	if (!err)
		q->pulled = queue_pos;
	return err;
}

static void drop(struct offset_table *t, struct lmi_span name, struct lmi_span (*part)(const struct offset_entry *e))
{
	void *value;
	struct lmi_span key;
	for (size_t i = 0; lmi_map_next(&t->map, &i, &key, &value);) {
		if (lmi_span_eq(part(value), name)) {
			lmi_map_del(&t->map, key);
			entry_free(value);
			t->unsaved = true;
		}
	}
}

void offset_table_drop_topic(struct offset_table *t, struct lmi_span topic)
{
	drop(t, topic, offset_entry_topic);
}

void offset_table_drop_group(struct offset_table *t, struct lmi_span group)
{
	drop(t, group, offset_entry_group);
}

const struct offset_entry *offset_table_next(const struct offset_table *t, size_t *iter)
{
	void *value;
	struct lmi_span key;
	return lmi_map_next(&t->map, iter, &key, &value) ? value : NULL;
}

/* ---- the file ---- */

/* {0:5,1:6}; keys may be quoted. */
static int load_queues(struct offset_table *t, struct lmi_json *j, struct offset_at *at)
{
	struct lmi_json_token tok;
	int err = lmi_json_next(j, &tok);
	if (err || tok.kind == LMI_JSON_NULL)
		return err;
	if (tok.kind != LMI_JSON_OBJECT)
		return -LMQ_EMALFORMED;
	while (!(err = lmi_json_next(j, &tok)) && tok.kind == LMI_JSON_KEY) {
		int64_t pos = -1;
		bool known = lmi_span_to_i32(tok.text, &at->queue_id) == 0;
		err = lmi_json_i64(j, &pos);
		if (!err && known && at->topic.p && pos >= 0)
			err = offset_table_commit(t, at, pos);
		if (err && err != -LMQ_EILLEGAL)
			return err;
	}
	return err;
}

static int load_table(struct offset_table *t, struct lmi_json *j, struct lmi_arena *arena)
{
	struct lmi_json_token tok;
	int err = lmi_json_next(j, &tok);
	if (err || tok.kind == LMI_JSON_NULL)
		return err;
	if (tok.kind != LMI_JSON_OBJECT)
		return -LMQ_EMALFORMED;
	while (!(err = lmi_json_next(j, &tok)) && tok.kind == LMI_JSON_KEY) {
		struct lmi_span key;
		struct offset_at at = { .topic = LMI_SPAN_NULL };
		lmi_arena_reset(arena);
		err = lmi_json_text(&tok, arena, &key);
		if (err)
			return err;
		const uint8_t *sign = key.n ? memchr(key.p, '@', key.n) : NULL;
		if (sign) {
			at.topic = lmi_span(key.p, (size_t)(sign - key.p));
			at.group = lmi_span(sign + 1, key.n - at.topic.n - 1);
		}
		err = load_queues(t, j, &at);
		if (err)
			return err;
	}
	return err;
}

int offset_table_load(struct offset_table *t, struct lmi_span text)
{
	struct lmi_arena arena;
	struct lmi_json j;
	struct lmi_json_token tok;
	lmi_arena_init(&arena, 0);
	lmi_json_init(&j, text);
	int err = lmi_json_next(&j, &tok);
	if (!err && tok.kind != LMI_JSON_OBJECT)
		err = -LMQ_EMALFORMED;
	while (!err && !(err = lmi_json_next(&j, &tok)) && tok.kind == LMI_JSON_KEY) {
		if (lmi_json_is(&tok, "offsetTable"))
			err = load_table(t, &j, &arena);
		else if (lmi_json_is(&tok, "dataVersion"))
			err = lmi_data_version_read(&j, &t->version);
		else
			err = lmi_json_skip(&j);
	}
	if (!err)
		err = lmi_json_next(&j, &tok); /* nothing may follow */
	lmi_arena_done(&arena);
	t->unsaved = false;
	return err;
}

static int64_t committed_of(const struct offset_queue *q)
{
	return q->committed;
}

static int64_t pulled_of(const struct offset_queue *q)
{
	return q->pulled;
}

static bool has_any(const struct offset_entry *e, int64_t (*of)(const struct offset_queue *q))
{
	for (uint32_t i = 0; i < e->count; i++)
		if (of(&e->queues[i]) >= 0)
			return true;
	return false;
}

bool offset_entry_committed(const struct offset_entry *e)
{
	return has_any(e, committed_of);
}

/* {"topic@group":{0:5,1:6}} */
static void put_table(const struct offset_table *t, struct lmi_json_out *o, int64_t (*of)(const struct offset_queue *q))
{
	const struct offset_entry *e;
	lmi_json_put_object(o);
	for (size_t i = 0; (e = offset_table_next(t, &i));) {
		if (!has_any(e, of))
			continue;
		lmi_json_put_key_span(o, lmi_span(e->key, e->key_bytes));
		lmi_json_put_object(o);
		for (uint32_t q = 0; q < e->count; q++) {
			if (of(&e->queues[q]) < 0)
				continue;
			lmi_json_put_key_int(o, e->queues[q].queue_id, false);
			lmi_json_put_i64(o, of(&e->queues[q]));
		}
		lmi_json_put_object_end(o);
	}
	lmi_json_put_object_end(o);
}

static void put_all(const struct offset_table *t, struct lmi_buf *b, bool pulled)
{
	struct lmi_json_out o;
	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "dataVersion");
	lmi_data_version_put(&o, &t->version);
	lmi_json_put_key(&o, "offsetTable");
	put_table(t, &o, committed_of);
	if (pulled) {
		lmi_json_put_key(&o, "pullOffsetTable");
		put_table(t, &o, pulled_of);
	}
	lmi_json_put_object_end(&o);
}

void offset_table_save(const struct offset_table *t, struct lmi_buf *b)
{
	put_all(t, b, false);
}

void offset_table_show(const struct offset_table *t, struct lmi_buf *b)
{
	put_all(t, b, true);
}

void offset_table_next_version(struct offset_table *t, int64_t now_ms)
{
	lmi_data_version_next(&t->version, now_ms, 0);
}
