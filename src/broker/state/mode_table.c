/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/mode_table.h"

#include <errno.h>
#include <stdlib.h>

#include "rules/name.h"

#define ARENA_MAX (64u << 20) /* bytes of names while the file is read */
#define KEY_MAX (2 * LMI_NAME_MAX + 1)

void mode_table_done(struct mode_table *t)
{
	lmi_map_done(&t->map, free);
}

static size_t key_of(struct lmi_span topic, struct lmi_span group, uint8_t *out)
{
	if (!topic.n || !group.n || topic.n > LMI_NAME_MAX || group.n > LMI_NAME_MAX)
		return 0;
	memcpy(out, topic.p, topic.n);
	out[topic.n] = 0;
	memcpy(out + topic.n + 1, group.p, group.n);
	return topic.n + 1 + group.n;
}

const struct mode *mode_table_get(const struct mode_table *t, struct lmi_span topic, struct lmi_span group)
{
	uint8_t key[KEY_MAX];
	size_t n = key_of(topic, group, key);
	return n ? lmi_map_get(&t->map, lmi_span(key, n)) : NULL;
}

int mode_table_put(struct mode_table *t, struct lmi_span topic, struct lmi_span group, bool pop, int32_t share)
{
	uint8_t key[KEY_MAX];
	size_t n = key_of(topic, group, key);
	void *old = NULL;
	if (!n)
		return -LMQ_EILLEGAL;
	if (lmi_map_count(&t->map) >= MODE_TABLE_MAX && !lmi_map_get(&t->map, lmi_span(key, n)))
		return -LMQ_EFULL;
	struct mode *m = malloc(sizeof(*m) + topic.n + group.n);
	if (!m)
		return -ENOMEM;
	*m = (struct mode){ .pop = pop, .share = share, .topic_bytes = (uint32_t)topic.n, .group_bytes = (uint32_t)group.n };
	memcpy(m->names, topic.p, topic.n);
	memcpy(m->names + topic.n, group.p, group.n);
	if (lmi_map_put(&t->map, lmi_span(key, n), m, &old)) {
		free(m);
		return -ENOMEM;
	}
	free(old);
	t->unsaved = true;
	return 0;
}

/* ---- reading ---- */

static int read_member(struct lmi_json *j, const struct lmi_json_token *k, struct lmi_arena *a, struct mode_request *r)
{
	if (lmi_json_is(k, "topic"))
		return lmi_json_string(j, a, &r->topic);
	if (lmi_json_is(k, "consumerGroup"))
		return lmi_json_string(j, a, &r->group);
	if (lmi_json_is(k, "mode"))
		return lmi_json_string(j, a, &r->mode);
	if (lmi_json_is(k, "popShareQueueNum"))
		return lmi_json_i32(j, &r->share);
	return lmi_json_skip(j);
}

int mode_request_read(struct lmi_json *j, struct lmi_arena *arena, struct mode_request *out)
{
	struct lmi_json_token k;
	*out = (struct mode_request){ .share = 0 };
	int more = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (more == 1 && (more = lmi_json_member(j, &k)) == 1) {
		int err = read_member(j, &k, arena, out);
		if (err)
			return err;
	}
	return more;
}

static int read_groups(struct mode_table *t, struct lmi_json *j, struct lmi_arena *a, struct lmi_span topic)
{
	struct lmi_json_token k;
	struct mode_request r;
	struct lmi_span group;
	int more = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (more == 1 && (more = lmi_json_member(j, &k)) == 1) {
		int err = lmi_json_text(&k, a, &group);
		if (!err)
			err = mode_request_read(j, a, &r);
		if (!err)
			err = mode_table_put(t, topic, group, lmi_span_is(r.mode, "POP"), r.share);
		if (err && err != -LMQ_EILLEGAL)
			return err;
	}
	return more;
}

static int read_topics(struct mode_table *t, struct lmi_json *j, struct lmi_arena *a)
{
	struct lmi_json_token k;
	struct lmi_span topic;
	int more = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (more == 1 && (more = lmi_json_member(j, &k)) == 1) {
		int err = lmi_json_text(&k, a, &topic);
		if (!err)
			err = read_groups(t, j, a, topic);
		if (err)
			return err;
	}
	return more;
}

static int read_file(struct mode_table *t, struct lmi_json *j, struct lmi_arena *a)
{
	struct lmi_json_token k;
	int more = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (more == 1 && (more = lmi_json_member(j, &k)) == 1) {
		int err = lmi_json_is(&k, "messageRequestModeMap") ? read_topics(t, j, a) : lmi_json_skip(j);
		if (err)
			return err;
	}
	return more ? more : lmi_json_finish(j);
}

int mode_table_load(struct mode_table *t, struct lmi_span text)
{
	struct lmi_json j;
	struct lmi_arena a;
	lmi_arena_init(&a, ARENA_MAX);
	lmi_json_init(&j, text);
	int err = read_file(t, &j, &a);
	lmi_arena_done(&a);
	t->unsaved = false;
	return err;
}

/* ---- writing ---- */

static struct lmi_span topic_of(const struct mode *m)
{
	return lmi_span(m->names, m->topic_bytes);
}

static struct lmi_span group_of(const struct mode *m)
{
	return lmi_span(m->names + m->topic_bytes, m->group_bytes);
}

static int by_name(const void *a, const void *b)
{
	const struct mode *const *x = a, *const *y = b;
	struct lmi_span tx = topic_of(*x), ty = topic_of(*y);
	size_t n = tx.n < ty.n ? tx.n : ty.n;
	int c = memcmp(tx.p, ty.p, n);
	return c ? c : tx.n < ty.n ? -1 : tx.n > ty.n;
}

static void put_mode(struct lmi_json_out *o, const struct mode *m)
{
	lmi_json_put_key_span(o, group_of(m));
	lmi_json_put_object(o);
	lmi_json_put_key(o, "consumerGroup");
	lmi_json_put_string(o, group_of(m));
	lmi_json_put_key(o, "mode");
	lmi_json_put_str(o, m->pop ? "POP" : "PULL");
	lmi_json_put_key(o, "popShareQueueNum");
	lmi_json_put_i64(o, m->share);
	lmi_json_put_key(o, "topic");
	lmi_json_put_string(o, topic_of(m));
	lmi_json_put_object_end(o);
}

static void put_sorted(struct lmi_json_out *o, const struct mode **all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !lmi_span_eq(topic_of(all[i]), topic_of(all[i - 1]))) {
			if (i)
				lmi_json_put_object_end(o);
			lmi_json_put_key_span(o, topic_of(all[i]));
			lmi_json_put_object(o);
		}
		put_mode(o, all[i]);
	}
	if (n)
		lmi_json_put_object_end(o);
}

void mode_table_save(const struct mode_table *t, struct lmi_buf *b)
{
	struct lmi_json_out o;
	size_t n = 0, count = lmi_map_count(&t->map);
	const struct mode **all = malloc((count + 1) * sizeof(const struct mode *));
	void *m;
	if (!all) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; lmi_map_next(&t->map, &i, NULL, &m);)
		all[n++] = m;
	qsort(all, n, sizeof(*all), by_name); /* topics together */
	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "messageRequestModeMap");
	lmi_json_put_object(&o);
	put_sorted(&o, all, n);
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
	free(all);
}
