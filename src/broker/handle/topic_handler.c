/* SPDX-License-Identifier: Apache-2.0 */
/* Administration of topics. */
#include <errno.h>

#include "broker/handle/announce.h"
#include "base/event.h"
#include "broker/handle/handlers.h"
#include "rules/name.h"
#include "wire/topic_list.h"

#define TOPIC_LIST_MAX 4096u /* topics in one UPDATE_AND_CREATE_TOPIC_LIST */

static bool may_define(struct handle *h, const struct request *r, struct lmi_span name)
{
	enum lmi_name_fault fault = lmi_name_topic_check(name);
	const struct topic *t = topic_table_get(h->topics, name);
	if (fault) {
		answer_error(h, r, LMI_RSP_INVALID_PARAMETER, "the topic's name %s", lmi_name_fault_text(fault));
		return false;
	}
	if (lmi_name_is_system_topic(name) || (t && t->system)) {
		answer_error(h, r, LMI_RSP_INVALID_PARAMETER, "topic %.*s is the broker's own, it cannot be changed",
			     SPAN_ARGS(name));
		return false;
	}
	return true;
}

/* A success that leaves when name servers know of the topics as they are now. */
static void answer_known(struct handle *h, const struct request *r)
{
	struct request held = *r;
	if (r->cmd->flag & LMI_FLAG_ONEWAY)
		return;
	held.out = announce_begin(h, r->peer);
	answer_code(&held, LMI_RSP_SUCCESS);
	announce_end(h, r->peer);
}

static void answer_put(struct handle *h, const struct request *r, struct lmi_span name, int err)
{
	if (!err)
		answer_known(h, r);
	else if (err == -LMQ_EILLEGAL)
		answer_error(h, r, LMI_RSP_INVALID_PARAMETER, "topic %.*s: at most %d queues, perm 0 to 15, attribute "
			     TOPIC_ATTRIBUTE_FLUSH " ASYNC_FLUSH or SYNC_FLUSH", SPAN_ARGS(name), TOPIC_QUEUES_MAX);
	else
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "topic %.*s could not be kept: %s", SPAN_ARGS(name),
			     lmi_strerror(err));
}

/* ---- attributes: `+key=value` sets, `-key` removes.  Rule: AttributeUtil, AttributeParser. ---- */

struct attribute_change {
	struct lmi_json_out *out;
	struct lmi_span changes;
};

static bool next_change(struct lmi_span *rest, struct lmi_span *out_key, struct lmi_span *out_value, bool *out_add)
{
	while (rest->n) {
		const uint8_t *comma = memchr(rest->p, ',', rest->n);
		struct lmi_span part = lmi_span(rest->p, comma ? (size_t)(comma - rest->p) : rest->n);
		*rest = comma ? lmi_span(comma + 1, rest->n - part.n - 1) : LMI_SPAN_NULL;
		if (part.n < 2 || (part.p[0] != '+' && part.p[0] != '-'))
			continue;
		const uint8_t *sign = memchr(part.p, '=', part.n);
		*out_add = part.p[0] == '+';
		*out_key = lmi_span(part.p + 1, (sign ? (size_t)(sign - part.p) : part.n) - 1);
		*out_value = sign ? lmi_span(sign + 1, part.n - out_key->n - 2) : LMI_SPAN_NULL;
		return true;
	}
	return false;
}

static int keep_unchanged(void *ctx, struct lmi_span key, struct lmi_span value)
{
	struct attribute_change *c = ctx;
	struct lmi_span rest = c->changes, k, v;
	bool add;
	while (next_change(&rest, &k, &v, &add))
		if (lmi_span_eq(k, key))
			return 0;
	lmi_json_put_key_span(c->out, key);
	lmi_json_put_string(c->out, value);
	return 0;
}

/* The attributes after the changes, in the arena. */
static int change_attributes(struct handle *h, struct lmi_span old, struct lmi_span changes, struct lmi_span *out)
{
	struct lmi_json_out o;
	struct attribute_change c = { .out = &o, .changes = changes };
	struct lmi_span k, v;
	bool add;
	int err = 0;
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	if (old.p)
		err = lmi_topic_config_each_attribute(old, &h->arena, keep_unchanged, &c);
	while (next_change(&changes, &k, &v, &add)) {
		if (!add)
			continue;
		lmi_json_put_key_span(&o, k);
		lmi_json_put_string(&o, v);
	}
	lmi_json_put_object_end(&o);
	void *copy = lmi_arena_dup(&h->arena, lmi_buf_data(&h->scratch), lmi_buf_len(&h->scratch));
	*out = lmi_span(copy, copy ? lmi_buf_len(&h->scratch) : 0);
	return err ? err : copy ? 0 : -ENOMEM;
}

int topic_tell_flush(struct store *s, const struct topic *t)
{
	static const enum store_flush as[] = {
		[TOPIC_ASYNC_FLUSH] = STORE_ASYNC_FLUSH,
		[TOPIC_SYNC_FLUSH] = STORE_SYNC_FLUSH,
		[TOPIC_FLUSH_AS_CONFIGURED] = STORE_FLUSH_AS_CONFIGURED,
	};
	return store_set_flush(s, t->config.name, as[t->flush]);
}

static int put_topic(struct handle *h, const struct lmi_topic_config *c)
{
	enum topic_flush flush;
	int err = topic_flush_of(c->attributes, &flush);
	if (!err)
		err = topic_table_put(h->topics, c, handle_now(h));
	return err ? err : topic_tell_flush(h->store, topic_table_get(h->topics, c->name));
}

void topic_update_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_topic_config c;
	lmi_topic_config_init(&c, fields_text(&f, LMI_EXT_TOPIC));
	c.read_queues = fields_i32(&f, LMI_EXT_READ_QUEUE_NUMS);
	c.write_queues = fields_i32(&f, LMI_EXT_WRITE_QUEUE_NUMS);
	c.perm = fields_i32(&f, LMI_EXT_PERM);
	c.sysflag = fields_i32_or(&f, LMI_EXT_TOPIC_SYS_FLAG, 0);
	c.order = fields_bool_or(&f, LMI_EXT_ORDER, false);
	struct lmi_span filter = fields_text_or(&f, LMI_EXT_TOPIC_FILTER_TYPE, LMI_SPAN_NULL);
	struct lmi_span changes = fields_text_or(&f, LMI_EXT_ATTRIBUTES, LMI_SPAN_NULL);
	if (!fields_ok(h, r, &f) || !may_define(h, r, c.name))
		return;
	if (lmi_span_is(filter, "MULTI_TAG"))
		c.filter = LMI_TOPIC_FILTER_MULTI_TAG;
	const struct topic *old = topic_table_get(h->topics, c.name);
	int err = change_attributes(h, old ? old->config.attributes : LMI_SPAN_NULL, changes, &c.attributes);
	if (!err)
		err = put_topic(h, &c);
	if (!err)
		lmi_log_with(h->log, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_TOPIC_CHANGED), LMI_LOG_SPAN("TOPIC", c.name)),
			"topic %.*s was set to %d read and %d write queues, perm %d", SPAN_ARGS(c.name),
			c.read_queues, c.write_queues, c.perm);
	answer_put(h, r, c.name, err);
}

/* Put the topics of {"topicConfigList":[…]} one after the other; stops at the first that may not be. */
static int put_list(struct handle *h, const struct request *r, struct lmi_json *j, bool *out_answered)
{
	struct lmi_json_token t;
	size_t n = 0;
	int err = lmi_json_next(j, &t);
	if (err || t.kind != LMI_JSON_ARRAY)
		return err ? err : -LMQ_EMALFORMED;
	for (;;) {
		struct lmi_json ahead = *j;
		struct lmi_topic_config c;
		err = lmi_json_next(&ahead, &t);
		if (err || t.kind == LMI_JSON_ARRAY_END) {
			*j = ahead;
			return err;
		}
		if (++n > TOPIC_LIST_MAX)
			return -LMQ_ETOOBIG;
		err = lmi_topic_config_read(j, &h->arena, &c);
		if (err)
			return err;
		if (!may_define(h, r, c.name)) {
			*out_answered = true;
			return 0;
		}
		err = put_topic(h, &c);
		if (err)
			return err;
	}
}

void topic_update_list_handler(struct handle *h, const struct request *r)
{
	struct lmi_json j;
	struct lmi_json_token t;
	bool answered = false;
	lmi_json_init(&j, r->cmd->body);
	int err = lmi_json_next(&j, &t);
	if (!err && t.kind != LMI_JSON_OBJECT)
		err = -LMQ_EMALFORMED;
	while (!err && !answered && !(err = lmi_json_next(&j, &t)) && t.kind == LMI_JSON_KEY)
		err = lmi_json_is(&t, "topicConfigList") ? put_list(h, r, &j, &answered) : lmi_json_skip(&j);
	if (!answered)
		answer_put(h, r, LMI_SPAN_LIT("list"), err);
}

int topic_delete_one(struct handle *h, struct lmi_span name)
{
	if (topic_table_del(h->topics, name, handle_now(h)))
		lmi_log_with(h->log, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_TOPIC_CHANGED), LMI_LOG_SPAN("TOPIC", name)),
			"topic %.*s was deleted", SPAN_ARGS(name));
	offset_table_drop_topic(h->offsets, name);
	pop_table_drop_topic(h->pops, name);
	stat_drop_topic(&h->stats, name);
	timer_counts_drop_topic(h->timer_counts, name);
	int err = store_delete_topic(h->store, name);
	return err == -LMQ_ENOTFOUND ? 0 : err;
}

size_t topic_pop_retries(struct handle *h, struct lmi_span topic, struct lmi_span group, struct lmi_span **out)
{
	const struct offset_entry *e;
	char name[LMI_NAME_MAX + 1];
	size_t n = 0;
	*out = lmi_arena_alloc(&h->arena, (2 * lmi_map_count(&h->offsets->map) + 1) * sizeof(**out));
	for (size_t i = 0; *out && (e = offset_table_next(h->offsets, &i));) {
		struct lmi_span of = offset_entry_topic(e), who = offset_entry_group(e);
		if ((topic.n && !lmi_span_eq(of, topic)) || (group.n && !lmi_span_eq(who, group)))
			continue;
		for (int v2 = 0; v2 < 2; v2++) {
			size_t bytes = lmi_name_pop_retry_topic(of, who, v2, name);
			const struct topic *t = bytes ? topic_table_get(h->topics, lmi_span(name, bytes)) : NULL;
			uint8_t *copy = t ? lmi_arena_alloc(&h->arena, bytes) : NULL;
			if (copy)
				(*out)[n++] = lmi_span(memcpy(copy, name, bytes), bytes);
		}
	}
	return n;
}

/* Rule: AdminBrokerProcessor.deleteTopic. */
void topic_delete_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span name = fields_text(&f, LMI_EXT_TOPIC), *retries;
	if (!fields_ok(h, r, &f) || !may_define(h, r, name))
		return;
	size_t n = topic_pop_retries(h, name, LMI_SPAN_NULL, &retries);
	int err = topic_delete_one(h, name);
	for (size_t i = 0; i < n && !err; i++)
		err = topic_delete_one(h, retries[i]);
	if (err)
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "queues of topic %.*s could not be deleted: %s", SPAN_ARGS(name),
			     lmi_strerror(err));
	else
		answer_code(r, LMI_RSP_SUCCESS);
}

/* Rule: AdminBrokerProcessor.getAllTopicConfig, TopicConfigAndMappingSerializeWrapper. */
void topic_all_handler(struct handle *h, const struct request *r)
{
	struct lmi_command_out a;
	struct lmi_json_out o;
	const struct topic *t;
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "dataVersion");
	lmi_data_version_put(&o, &h->topics->version);
	lmi_json_put_key(&o, "topicConfigTable");
	lmi_json_put_object(&o);
	for (size_t i = 0; (t = topic_table_next(h->topics, &i));) {
		lmi_json_put_key_span(&o, t->config.name);
		lmi_topic_config_put(&o, &t->config);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
	answer_begin(r, &a, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&a, LMI_EXT_TOTAL_TOPIC_NUM, (int64_t)lmi_map_count(&h->topics->map));
	lmi_command_end(&a, lmi_buf_len(&h->scratch));
	lmi_buf_put_span(r->out, lmi_buf_span(&h->scratch));
}

void topic_get_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span name = fields_text(&f, LMI_EXT_TOPIC);
	struct lmi_json_out o;
	if (!fields_ok(h, r, &f))
		return;
	const struct topic *t = topic_table_get(h->topics, name);
	if (!t) {
		answer_error(h, r, LMI_RSP_TOPIC_NOT_EXIST, "topic %.*s does not exist on this broker", SPAN_ARGS(name));
		return;
	}
	scratch_json(h, &o);
	lmi_topic_config_put(&o, &t->config);
	answer_body(r, lmi_buf_span(&h->scratch));
}

/* Rule: AdminBrokerProcessor.getSystemTopicListFromBroker. */
void topic_system_list_handler(struct handle *h, const struct request *r)
{
	size_t n = 0;
	const struct topic *t;
	struct lmi_text_list l = { .broker_addr = LMI_SPAN_NULL };
	l.items = lmi_arena_alloc(&h->arena, (lmi_map_count(&h->topics->map) + 1) * sizeof(*l.items));
	for (size_t i = 0; l.items && (t = topic_table_next(h->topics, &i));)
		if (t->system || lmi_name_is_system_topic(t->config.name))
			l.items[n++] = t->config.name;
	l.count = n;
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	lmi_text_list_put(&h->scratch, LMI_LIST_TOPICS, &l);
	answer_body(r, lmi_buf_span(&h->scratch));
}
