/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/timer_counts.h"

#include <errno.h>
#include <stdlib.h>

#include "rules/name.h"

#define POSITION_KEY "lightmqQueueOffset"
#define KEY_MAX 65536 /* bytes of an escaped key */

void timer_counts_done(struct timer_counts *t)
{
	lmi_map_done(&t->map, free);
	*t = (struct timer_counts){ .unsaved = false };
}

static int enter(struct timer_counts *t, struct lmi_span topic, struct timer_count **out)
{
	struct timer_count *c = lmi_map_get(&t->map, topic);
	if (!c && lmi_map_count(&t->map) >= TIMER_COUNTS_MAX)
		return -LMQ_EFULL;
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c || lmi_map_put(&t->map, topic, c, NULL)) {
			free(c);
			return -ENOMEM;
		}
	}
	*out = c;
	return 0;
}

void timer_counts_add(struct timer_counts *t, struct lmi_span topic, int64_t n, int64_t now_ms)
{
	struct timer_count *c;
	if (enter(t, topic, &c))
		return;
	c->count = c->count + n < 0 ? 0 : c->count + n;
	c->changed_ms = now_ms;
	lmi_data_version_next(&t->version, now_ms, 0);
	t->unsaved = true;
}

int64_t timer_counts_get(const struct timer_counts *t, struct lmi_span topic)
{
	const struct timer_count *c = lmi_map_get(&t->map, topic);
	return c ? c->count : 0;
}

void timer_counts_drop_topic(struct timer_counts *t, struct lmi_span topic)
{
	struct timer_count *c = lmi_map_del(&t->map, topic);
	t->unsaved = t->unsaved || c;
	free(c);
}

void timer_counts_reset(struct timer_counts *t, int64_t now_ms)
{
	struct lmi_span topic;
	void *value;
	for (size_t i = 0; lmi_map_next(&t->map, &i, &topic, &value);) {
		struct timer_count *c = value;
		if (c->count) {
			c->count = 0;
			c->changed_ms = now_ms;
			t->unsaved = true;
		}
	}
}

/* ---- the file ---- */

static int load_count(struct lmi_json *j, struct timer_count *c)
{
	struct lmi_json_token key;
	int rc = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (rc > 0 && (rc = lmi_json_member(j, &key)) == 1) {
		int err;
		if (lmi_json_is(&key, "count"))
			err = lmi_json_i64(j, &c->count);
		else if (lmi_json_is(&key, "timeStamp"))
			err = lmi_json_i64(j, &c->changed_ms);
		else
			err = lmi_json_skip(j);
		if (err)
			return err;
	}
	if (c->count < 0)
		c->count = 0;
	return rc;
}

static int load_topics(struct timer_counts *t, struct lmi_json *j, struct lmi_arena *arena)
{
	struct lmi_json_token key;
	int rc = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (rc > 0 && (rc = lmi_json_member(j, &key)) == 1) {
		struct timer_count *c, ignored = { 0 };
		struct lmi_span topic;
		lmi_arena_reset(arena);
		int err = lmi_json_text(&key, arena, &topic);
		if (!err && lmi_name_topic_ok(topic))
			err = enter(t, topic, &c);
		else
			c = &ignored;
		if (!err)
			err = load_count(j, c);
		if (err)
			return err;
	}
	return rc;
}

static int load(struct timer_counts *t, struct lmi_span text, struct lmi_arena *arena)
{
	struct lmi_json j;
	struct lmi_json_token key;
	lmi_json_init(&j, text);
	int rc = lmi_json_enter(&j, LMI_JSON_OBJECT);
	if (rc == 0)
		rc = -LMQ_EMALFORMED;
	while (rc > 0 && (rc = lmi_json_member(&j, &key)) == 1) {
		int err;
		if (lmi_json_is(&key, "timingCount"))
			err = load_topics(t, &j, arena);
		else if (lmi_json_is(&key, "dataVersion"))
			err = lmi_data_version_read(&j, &t->version);
		else if (lmi_json_is(&key, POSITION_KEY))
			err = lmi_json_i64(&j, &t->queue_pos);
		else
			err = lmi_json_skip(&j);
		if (err)
			return err;
	}
	return rc ? rc : lmi_json_finish(&j);
}

int timer_counts_load(struct timer_counts *t, struct lmi_span text)
{
	struct lmi_arena arena;
	lmi_arena_init(&arena, KEY_MAX);
	t->queue_pos = -1;
	int err = load(t, text, &arena);
	lmi_arena_done(&arena);
	t->unsaved = false;
	return err;
}

void timer_counts_save(const struct timer_counts *t, struct lmi_buf *b, bool file)
{
	struct lmi_json_out o;
	struct lmi_span topic;
	void *value;
	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "dataVersion");
	lmi_data_version_put(&o, &t->version);
	if (file) {
		lmi_json_put_key(&o, POSITION_KEY);
		lmi_json_put_i64(&o, t->queue_pos);
	}
	lmi_json_put_key(&o, "timingCount");
	lmi_json_put_object(&o);
	for (size_t i = 0; lmi_map_next(&t->map, &i, &topic, &value);) {
		const struct timer_count *c = value;
		lmi_json_put_key_span(&o, topic);
		lmi_json_put_object(&o);
		lmi_json_put_key(&o, "count");
		lmi_json_put_i64(&o, c->count);
		lmi_json_put_key(&o, "timeStamp");
		lmi_json_put_i64(&o, c->changed_ms);
		lmi_json_put_object_end(&o);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}
