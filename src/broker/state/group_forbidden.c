/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "broker/state/group_table.h"
#include "rules/name.h"

struct group_forbidden {
	struct lmi_map topics; /* topic -> int32_t */
};

static void entry_free(void *arg)
{
	struct group_forbidden *f = arg;
	if (f)
		lmi_map_done(&f->topics, free);
	free(f);
}

void group_forbidden_done(struct group_table *t)
{
	lmi_map_done(&t->forbidden, entry_free);
	t->forbidden_count = 0;
}

int32_t group_forbidden_get(const struct group_table *t, struct lmi_span group, struct lmi_span topic)
{
	const struct group_forbidden *f = t->forbidden_count ? lmi_map_get(&t->forbidden, group) : NULL;
	const int32_t *bits = f ? lmi_map_get(&f->topics, topic) : NULL;
	return bits ? *bits : 0;
}

static struct group_forbidden *make(struct group_table *t, struct lmi_span group)
{
	struct group_forbidden *f = lmi_map_get(&t->forbidden, group);
	if (f)
		return f;
	f = calloc(1, sizeof(*f));
	if (f && lmi_map_put(&t->forbidden, group, f, NULL)) {
		entry_free(f);
		f = NULL;
	}
	return f;
}

static void forget(struct group_table *t, struct lmi_span group, struct lmi_span topic)
{
	struct group_forbidden *f = lmi_map_get(&t->forbidden, group);
	int32_t *bits = f ? lmi_map_del(&f->topics, topic) : NULL;
	if (bits)
		t->forbidden_count--;
	free(bits);
	if (f && lmi_map_count(&f->topics) == 0) {
		lmi_map_del(&t->forbidden, group);
		entry_free(f);
	}
}

static int set(struct group_table *t, struct lmi_span group, struct lmi_span topic, int32_t bits)
{
	if (group.n == 0 || topic.n == 0 || group.n > LMI_NAME_MAX || topic.n > LMI_NAME_MAX)
		return -LMQ_EILLEGAL;
	if (bits <= 0) {
		forget(t, group, topic);
		return 0;
	}
	if (t->forbidden_count >= GROUP_FORBIDDEN_MAX && !group_forbidden_get(t, group, topic))
		return -LMQ_EFULL;
	struct group_forbidden *f = make(t, group);
	int32_t *value = f ? malloc(sizeof(*value)) : NULL;
	void *old = NULL;
	int err = value ? 0 : -ENOMEM;
	if (!err) {
		*value = bits;
		err = lmi_map_put(&f->topics, topic, value, &old);
	}
	if (err)
		free(value);
	else if (!old)
		t->forbidden_count++;
	free(old);
	return err;
}

int group_forbidden_set(struct group_table *t, struct lmi_span group, struct lmi_span topic, int32_t bits, int64_t now_ms)
{
	int err = set(t, group, topic, bits);
	if (!err) {
		lmi_data_version_next(&t->version, now_ms, 0);
		t->unsaved = true;
	}
	return err;
}

static int read_topics(struct group_table *t, struct lmi_json *j, struct lmi_arena *a, struct lmi_span group)
{
	struct lmi_json_token key;
	int rc = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (rc == 1 && (rc = lmi_json_member(j, &key)) == 1) {
		struct lmi_span topic;
		int32_t bits = 0;
		int err = lmi_json_text(&key, a, &topic);
		if (!err)
			err = lmi_json_i32(j, &bits);
		if (!err)
			err = set(t, group, topic, bits);
		if (err && err != -LMQ_EILLEGAL)
			return err;
	}
	return rc;
}

int group_forbidden_read(struct group_table *t, struct lmi_json *j)
{
	struct lmi_arena a;
	struct lmi_json_token key;
	lmi_arena_init(&a, 0);
	int rc = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (rc == 1 && (rc = lmi_json_member(j, &key)) == 1) {
		struct lmi_span group;
		lmi_arena_reset(&a);
		rc = lmi_json_text(&key, &a, &group);
		if (!rc)
			rc = read_topics(t, j, &a, group);
		if (rc)
			break;
		rc = 1;
	}
	lmi_arena_done(&a);
	return rc;
}

void group_forbidden_put(const struct group_table *t, struct lmi_json_out *o)
{
	void *value, *bits;
	struct lmi_span group, topic;
	lmi_json_put_object(o);
	for (size_t i = 0; lmi_map_next(&t->forbidden, &i, &group, &value);) {
		const struct group_forbidden *f = value;
		lmi_json_put_key_span(o, group);
		lmi_json_put_object(o);
		for (size_t k = 0; lmi_map_next(&f->topics, &k, &topic, &bits);) {
			lmi_json_put_key_span(o, topic);
			lmi_json_put_i64(o, *(const int32_t *)bits);
		}
		lmi_json_put_object_end(o);
	}
	lmi_json_put_object_end(o);
}
