/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/topic_table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "rules/name.h"

#define PERM_RW (LMI_PERM_READ | LMI_PERM_WRITE)
#define PERM_DEFAULT (PERM_RW | LMI_PERM_INHERIT)

void topic_table_done(struct topic_table *t)
{
	lmi_map_done(&t->map, free);
	topic_journal_done(&t->journal);
	*t = (struct topic_table){ 0 };
}

const struct topic *topic_table_get(const struct topic_table *t, struct lmi_span name)
{
	return lmi_map_get(&t->map, name);
}

static void touch(struct topic_table *t, struct lmi_span name, int64_t now_ms)
{
	lmi_data_version_next(&t->version, now_ms, 0);
	topic_journal_add(&t->journal, t->version.counter, name);
	t->unsaved = true;
	t->unregistered = true;
}

static bool in_range(const struct lmi_topic_config *c)
{
	return c->name.n > 0 && c->name.n <= LMI_NAME_MAX && c->read_queues >= 0 && c->read_queues <= TOPIC_QUEUES_MAX &&
	       c->write_queues >= 0 && c->write_queues <= TOPIC_QUEUES_MAX && c->perm >= 0 && c->perm <= 15 &&
	       c->attributes.n <= TOPIC_ATTRIBUTES_MAX;
}

static struct topic *topic_new(const struct lmi_topic_config *c)
{
	size_t names = c->name.n + c->attributes.n;
	struct topic *t = malloc(sizeof(*t) + names);
	if (!t)
		return NULL;
	uint8_t *text = (uint8_t *)(t + 1);
	*t = (struct topic){ .config = *c };
	memcpy(text, c->name.p, c->name.n);
	t->config.name = lmi_span(text, c->name.n);
	if (c->attributes.p) {
		memcpy(text + c->name.n, c->attributes.p, c->attributes.n);
		t->config.attributes = lmi_span(text + c->name.n, c->attributes.n);
	}
	return t;
}

static int flush_attribute(void *ctx, struct lmi_span key, struct lmi_span value)
{
	enum topic_flush *out = ctx;
	if (!lmi_span_is(key, TOPIC_ATTRIBUTE_FLUSH))
		return 0;
	if (lmi_span_is(value, "SYNC_FLUSH"))
		*out = TOPIC_SYNC_FLUSH;
	else if (lmi_span_is(value, "ASYNC_FLUSH"))
		*out = TOPIC_ASYNC_FLUSH;
	else
		return -LMQ_EILLEGAL;
	return 0;
}

int topic_flush_of(struct lmi_span attributes, enum topic_flush *out)
{
	struct lmi_arena a;
	enum topic_flush flush = TOPIC_FLUSH_AS_CONFIGURED;
	lmi_arena_init(&a, TOPIC_ATTRIBUTES_MAX);
	int err = lmi_topic_config_each_attribute(attributes, &a, flush_attribute, &flush);
	lmi_arena_done(&a);
	if (!err)
		*out = flush;
	return err;
}

/* Without moving the version.  What c points to may be the table's own and gone afterwards. */
static int insert(struct topic_table *t, const struct lmi_topic_config *c, bool system, struct topic **out)
{
	void *old;
	if (!in_range(c))
		return -LMQ_EILLEGAL;
	if (lmi_map_count(&t->map) >= TOPIC_TABLE_MAX && !lmi_map_get(&t->map, c->name))
		return -LMQ_EFULL;
	struct topic *topic = topic_new(c);
	if (!topic)
		return -ENOMEM;
	int err = lmi_map_put(&t->map, topic->config.name, topic, &old);
	if (err) {
		free(topic);
		return err;
	}
	topic->flush = TOPIC_FLUSH_AS_CONFIGURED;
	(void)topic_flush_of(topic->config.attributes, &topic->flush); /* of a file: what cannot be read promises nothing */
	t->digest += lmi_topic_digest(&topic->config) - (old ? lmi_topic_digest(&((struct topic *)old)->config) : 0);
	topic->system = system || (old && ((struct topic *)old)->system);
	free(old);
	*out = topic;
	return 0;
}

int topic_table_put(struct topic_table *t, const struct lmi_topic_config *c, int64_t now_ms)
{
	struct topic *topic;
	int err = insert(t, c, false, &topic);
	if (!err)
		touch(t, topic->config.name, now_ms);
	return err;
}

bool topic_table_del(struct topic_table *t, struct lmi_span name, int64_t now_ms)
{
	struct topic *old = lmi_map_del(&t->map, name);
	if (!old)
		return false;
	t->digest -= lmi_topic_digest(&old->config);
	touch(t, old->config.name, now_ms);
	free(old);
	return true;
}

int topic_table_auto_create(struct topic_table *t, const struct topic_wish *w, bool allowed, int64_t now_ms,
			    const struct topic **out)
{
	const struct topic *base = topic_table_get(t, w->default_topic);
	struct lmi_topic_config c;
	if (!base || !(base->config.perm & LMI_PERM_INHERIT))
		return -LMQ_ENOTFOUND;
	if (!allowed && lmi_span_is(w->default_topic, LMI_NAME_AUTO_CREATE))
		return -LMQ_ENOTFOUND;
	lmi_topic_config_init(&c, w->name);
	c.write_queues = w->queues < base->config.write_queues ? w->queues : base->config.write_queues;
	if (c.write_queues < 0)
		c.write_queues = 0;
	c.read_queues = c.write_queues;
	c.perm = base->config.perm & ~LMI_PERM_INHERIT;
	c.sysflag = w->sysflag;
	c.filter = base->config.filter;
	int err = topic_table_put(t, &c, now_ms);
	if (!err)
		*out = topic_table_get(t, w->name);
	return err;
}

int topic_table_make_retry(struct topic_table *t, struct lmi_span name, int32_t queues, int32_t sysflag, int64_t now_ms,
			   const struct topic **out)
{
	const struct topic *have = topic_table_get(t, name);
	if (!have) {
		struct lmi_topic_config c;
		lmi_topic_config_init(&c, name);
		c.read_queues = c.write_queues = queues;
		c.perm = PERM_RW;
		c.sysflag = sysflag;
		int err = topic_table_put(t, &c, now_ms);
		if (err)
			return err;
		have = topic_table_get(t, name);
	}
	*out = have;
	return 0;
}

/* ---- the system's ---- */

static int make_one(struct topic_table *t, struct lmi_span name, int32_t queues, int32_t perm, int64_t now_ms)
{
	struct topic *have = lmi_map_get(&t->map, name);
	if (!have) {
		struct lmi_topic_config c;
		lmi_topic_config_init(&c, name);
		c.read_queues = c.write_queues = queues;
		c.perm = perm;
		int err = insert(t, &c, true, &have);
		if (err)
			return err;
		touch(t, name, now_ms);
	}
	have->system = true;
	return 0;
}

struct joined {
	char text[LMI_NAME_MAX + 1];
};

static struct lmi_span join(struct joined *j, const char *before, struct lmi_span middle, const char *after)
{
	size_t a = strlen(before), b = strlen(after);
	assert(a + middle.n + b <= LMI_NAME_MAX);
	memcpy(j->text, before, a);
	memcpy(j->text + a, middle.p, middle.n);
	memcpy(j->text + a + middle.n, after, b);
	return lmi_span(j->text, a + middle.n + b);
}

int topic_table_make_system(struct topic_table *t, const struct topic_table_setup *s, int64_t now_ms)
{
	struct joined reply, revive, member;
	const struct {
		struct lmi_span name;
		int32_t queues, perm;
		bool wanted;
	} all[] = {
		{ LMI_SPAN_LIT(LMI_NAME_SELF_TEST), 1, PERM_RW, true },
		{ LMI_SPAN_LIT(LMI_NAME_AUTO_CREATE), s->default_queues, PERM_DEFAULT, s->auto_create },
		{ LMI_SPAN_LIT(LMI_NAME_BENCHMARK), 1024, PERM_RW, true },
		{ s->cluster_name, 16, s->cluster_topic ? PERM_DEFAULT : LMI_PERM_INHERIT, true },
		{ s->broker_name, 1, s->broker_topic ? PERM_DEFAULT : LMI_PERM_INHERIT, true },
		{ LMI_SPAN_LIT(LMI_NAME_OFFSET_MOVED), 1, PERM_RW, true },
		{ LMI_SPAN_LIT(LMI_NAME_SCHEDULE), 18, PERM_RW, true },
		{ LMI_SPAN_LIT(LMI_NAME_TRACE), 1, PERM_RW, s->trace_topic },
		{ join(&reply, "", s->cluster_name, "_REPLY_TOPIC"), 1, PERM_RW, true },
		{ join(&revive, "rmq_sys_REVIVE_LOG_", s->cluster_name, ""), 8, PERM_RW, true },
		{ join(&member, "rmq_sys_SYNC_BROKER_MEMBER_", s->broker_name, ""), 1, LMI_PERM_INHERIT, true },
		{ LMI_SPAN_LIT(LMI_NAME_HALF), 1, PERM_RW, true },
		{ LMI_SPAN_LIT(LMI_NAME_OP_HALF), 1, PERM_RW, true },
		{ LMI_SPAN_LIT(LMI_NAME_TIMER), 1, PERM_RW, true },
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int err = all[i].wanted ? make_one(t, all[i].name, all[i].queues, all[i].perm, now_ms) : 0;
		if (err)
			return err;
	}
	return 0;
}

/* ---- the file ---- */

static int load_table(struct topic_table *t, struct lmi_json *j, struct lmi_arena *arena)
{
	struct lmi_json_token tok;
	int err = lmi_json_next(j, &tok);
	if (err || tok.kind == LMI_JSON_NULL)
		return err;
	if (tok.kind != LMI_JSON_OBJECT)
		return -LMQ_EMALFORMED;
	while (!(err = lmi_json_next(j, &tok)) && tok.kind == LMI_JSON_KEY) {
		struct lmi_topic_config c;
		struct lmi_span key;
		struct topic *made;
		lmi_arena_reset(arena);
		err = lmi_json_text(&tok, arena, &key);
		if (!err)
			err = lmi_topic_config_read(j, arena, &c);
		if (err)
			return err;
		c.name = key; /* the key is what everybody looks up by */
		err = insert(t, &c, false, &made);
		if (err)
			return err == -LMQ_EILLEGAL ? -LMQ_EMALFORMED : err;
	}
	return err;
}

int topic_table_load(struct topic_table *t, struct lmi_span text)
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
		if (lmi_json_is(&tok, "topicConfigTable"))
			err = load_table(t, &j, &arena);
		else if (lmi_json_is(&tok, "dataVersion"))
			err = lmi_data_version_read(&j, &t->version);
		else
			err = lmi_json_skip(&j);
	}
	if (!err)
		err = lmi_json_next(&j, &tok); /* nothing may follow */
	t->journal.lost = t->version.counter;
	lmi_arena_done(&arena);
	return err;
}

void topic_table_save(const struct topic_table *t, struct lmi_buf *b)
{
	struct lmi_json_out o;
	const struct topic *topic;
	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "dataVersion");
	lmi_data_version_put(&o, &t->version);
	lmi_json_put_key(&o, "topicConfigTable");
	lmi_json_put_object(&o);
	for (size_t i = 0; (topic = topic_table_next(t, &i));) {
		lmi_json_put_key_span(&o, topic->config.name);
		lmi_topic_config_put(&o, &topic->config);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}

const struct topic *topic_table_next(const struct topic_table *t, size_t *iter)
{
	void *value;
	struct lmi_span key;
	return lmi_map_next(&t->map, iter, &key, &value) ? value : NULL;
}
