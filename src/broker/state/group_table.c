/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/group_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "rules/name.h"

void group_table_done(struct group_table *t)
{
	lmi_map_done(&t->map, free);
	group_forbidden_done(t);
	*t = (struct group_table){ 0 };
}

const struct lmi_group_config *group_table_get(const struct group_table *t, struct lmi_span name)
{
	return lmi_map_get(&t->map, name);
}

static void touch(struct group_table *t, int64_t now_ms)
{
	lmi_data_version_next(&t->version, now_ms, 0);
	t->unsaved = true;
}

static struct lmi_span copy(uint8_t **at, struct lmi_span s)
{
	if (!s.p)
		return s;
	if (s.n)
		memcpy(*at, s.p, s.n);
	struct lmi_span out = lmi_span(*at, s.n);
	*at += s.n;
	return out;
}

static struct lmi_group_config *config_new(const struct lmi_group_config *g)
{
	size_t texts = g->name.n + g->retry_policy.n + g->subscriptions.n + g->attributes.n;
	struct lmi_group_config *c = malloc(sizeof(*c) + texts);
	if (!c)
		return NULL;
	uint8_t *at = (uint8_t *)(c + 1);
	*c = *g;
	c->name = copy(&at, g->name);
	c->retry_policy = copy(&at, g->retry_policy);
	c->subscriptions = copy(&at, g->subscriptions);
	c->attributes = copy(&at, g->attributes);
	return c;
}

static int insert(struct group_table *t, const struct lmi_group_config *g)
{
	void *old;
	if (g->name.n == 0 || g->name.n > LMI_NAME_MAX ||
	    g->retry_policy.n + g->subscriptions.n + g->attributes.n > GROUP_TEXTS_MAX)
		return -LMQ_EILLEGAL;
	if (lmi_map_count(&t->map) >= GROUP_TABLE_MAX && !lmi_map_get(&t->map, g->name))
		return -LMQ_EFULL;
	struct lmi_group_config *c = config_new(g);
	if (!c)
		return -ENOMEM;
	int err = lmi_map_put(&t->map, c->name, c, &old);
	free(err ? c : old);
	return err;
}

int group_table_put(struct group_table *t, const struct lmi_group_config *g, int64_t now_ms)
{
	int err = insert(t, g);
	if (!err)
		touch(t, now_ms);
	return err;
}

bool group_table_del(struct group_table *t, struct lmi_span name, int64_t now_ms)
{
	void *old = lmi_map_del(&t->map, name);
	if (!old)
		return false;
	free(old);
	touch(t, now_ms);
	return true;
}

const struct lmi_group_config *group_table_find(struct group_table *t, struct lmi_span name, bool auto_create,
						int64_t now_ms)
{
	const struct lmi_group_config *have = group_table_get(t, name);
	if (have)
		return have;
	if (!auto_create && !lmi_name_is_system_group(name))
		return NULL;
	if (!lmi_name_group_ok(name))
		return NULL;
	struct lmi_group_config g;
	lmi_group_config_init(&g, name);
	return group_table_put(t, &g, now_ms) ? NULL : group_table_get(t, name);
}

/* Rule: SubscriptionGroupManager.init. */
int group_table_make_system(struct group_table *t, int64_t now_ms)
{
	static const char *const names[] = { "TOOLS_CONSUMER", "FILTERSRV_CONSUMER", "SELF_TEST_C_GROUP",
					     "CID_ONS-HTTP-PROXY", "CID_ONSAPI_PULL", "CID_ONSAPI_PERMISSION",
					     "CID_ONSAPI_OWNER", LMI_NAME_GROUP_TRANS };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!group_table_find(t, lmi_span_str(names[i]), true, now_ms))
			return -ENOMEM;
	return 0;
}

/* ---- the file ---- */

static int load_table(struct group_table *t, struct lmi_json *j, struct lmi_arena *arena)
{
	struct lmi_json_token tok;
	int err = lmi_json_next(j, &tok);
	if (err || tok.kind == LMI_JSON_NULL)
		return err;
	if (tok.kind != LMI_JSON_OBJECT)
		return -LMQ_EMALFORMED;
	while (!(err = lmi_json_next(j, &tok)) && tok.kind == LMI_JSON_KEY) {
		struct lmi_group_config g;
		struct lmi_span key;
		lmi_arena_reset(arena);
		err = lmi_json_text(&tok, arena, &key);
		if (!err)
			err = lmi_group_config_read(j, arena, &g);
		if (err)
			return err;
		g.name = key;
		err = insert(t, &g);
		if (err)
			return err == -LMQ_EILLEGAL ? -LMQ_EMALFORMED : err;
	}
	return err;
}

int group_table_load(struct group_table *t, struct lmi_span text)
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
		if (lmi_json_is(&tok, "subscriptionGroupTable"))
			err = load_table(t, &j, &arena);
		else if (lmi_json_is(&tok, "dataVersion"))
			err = lmi_data_version_read(&j, &t->version);
		else if (lmi_json_is(&tok, "forbiddenTable"))
			err = group_forbidden_read(t, &j);
		else
			err = lmi_json_skip(&j);
	}
	if (!err)
		err = lmi_json_next(&j, &tok); /* nothing may follow */
	lmi_arena_done(&arena);
	return err;
}

void group_table_save(const struct group_table *t, struct lmi_buf *b)
{
	struct lmi_json_out o;
	const struct lmi_group_config *g;
	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "dataVersion");
	lmi_data_version_put(&o, &t->version);
	lmi_json_put_key(&o, "forbiddenTable");
	group_forbidden_put(t, &o);
	lmi_json_put_key(&o, "subscriptionGroupTable");
	lmi_json_put_object(&o);
	for (size_t i = 0; (g = group_table_next(t, &i));) {
		lmi_json_put_key_span(&o, g->name);
		lmi_group_config_put(&o, g);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}

const struct lmi_group_config *group_table_next(const struct group_table *t, size_t *iter)
{
	void *value;
	struct lmi_span key;
	return lmi_map_next(&t->map, iter, &key, &value) ? value : NULL;
}
