/* SPDX-License-Identifier: Apache-2.0 */
/* Administration of consumer groups. */
#include "broker/handle/handlers.h"
#include "base/event.h"
#include "rules/name.h"

#define GROUP_LIST_MAX 65536u /* groups in one request */

/* False: answered with the reason. */
static bool put_group(struct handle *h, const struct request *r, const struct lmi_group_config *g)
{
	enum lmi_name_fault fault = lmi_name_group_check(g->name);
	if (fault) {
		answer_error(h, r, LMI_RSP_INVALID_PARAMETER, "the group's name %s", lmi_name_fault_text(fault));
		return false;
	}
	int err = group_table_put(h->groups, g, handle_now(h));
	if (err) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "group %.*s could not be kept: %s", SPAN_ARGS(g->name),
			     lmi_strerror(err));
		return false;
	}
	lmi_log_with(h->log, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_GROUP_CHANGED), LMI_LOG_SPAN("GROUP", g->name)),
		"consumer group %.*s was set", SPAN_ARGS(g->name));
	return true;
}

static void refuse_body(struct handle *h, const struct request *r, int err)
{
	answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the request's body cannot be read: %s", lmi_strerror(err));
}

void group_update_handler(struct handle *h, const struct request *r)
{
	struct lmi_group_config g;
	int err = lmi_group_config_decode(r->cmd->body, &h->arena, &g);
	if (err)
		refuse_body(h, r, err);
	else if (put_group(h, r, &g))
		answer_code(r, LMI_RSP_SUCCESS);
}

/* Put the groups one after the other; 1 when one was refused and answered. */
static int put_list(struct handle *h, const struct request *r, struct lmi_json *j)
{
	int rc = lmi_json_enter(j, LMI_JSON_ARRAY);
	for (size_t n = 0; rc == 1 && (rc = lmi_json_element(j)) == 1; n++) {
		struct lmi_group_config g;
		int err = n < GROUP_LIST_MAX ? lmi_group_config_read(j, &h->arena, &g) : -LMQ_ETOOBIG;
		if (err)
			return err;
		if (!put_group(h, r, &g))
			return 1;
	}
	return rc;
}

/* Rule: AdminBrokerProcessor.updateAndCreateSubscriptionGroupList. */
void group_update_list_handler(struct handle *h, const struct request *r)
{
	struct lmi_json j;
	struct lmi_json_token key;
	lmi_json_init(&j, r->cmd->body);
	int rc = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (rc == 1 && (rc = lmi_json_member(&j, &key)) == 1) {
		int err = lmi_json_is(&key, "groupConfigList") ? put_list(h, r, &j) : lmi_json_skip(&j);
		if (err == 1)
			return;
		if (err)
			rc = err;
	}
	if (rc < 0)
		refuse_body(h, r, rc);
	else
		answer_code(r, LMI_RSP_SUCCESS);
}

/* Rule: AdminBrokerProcessor.updateAndGetGroupForbidden. */
void group_forbidden_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text(&f, LMI_EXT_GROUP), topic = fields_text(&f, LMI_EXT_TOPIC);
	struct lmi_json_out o;
	bool readable = true, given = lmi_command_ext_bool(r->cmd, LMI_EXT_READABLE, &readable) == 0;
	if (!fields_ok(h, r, &f))
		return;
	int32_t bits = group_forbidden_get(h->groups, group, topic);
	if (given) {
		bits = readable ? bits & ~GROUP_FORBIDDEN_READ : bits | GROUP_FORBIDDEN_READ;
		int err = group_forbidden_set(h->groups, group, topic, bits, handle_now(h));
		if (err) {
			answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "that could not be kept: %s", lmi_strerror(err));
			return;
		}
		lmi_log_with(h->log, LMI_LOG_NOTICE,
			LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_GROUP_CHANGED), LMI_LOG_SPAN("GROUP", group), LMI_LOG_SPAN("TOPIC", topic)),
			"consumer group %.*s %s read topic %.*s", SPAN_ARGS(group), readable ? "may" : "may not", SPAN_ARGS(topic));
	}
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "group");
	lmi_json_put_string(&o, group);
	lmi_json_put_key(&o, "readable");
	lmi_json_put_bool(&o, !(bits & GROUP_FORBIDDEN_READ));
	lmi_json_put_key(&o, "topic");
	lmi_json_put_string(&o, topic);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}

/* Rule: AdminBrokerProcessor.getAllSubscriptionGroup. */
void group_all_handler(struct handle *h, const struct request *r)
{
	struct lmi_command_out o;
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	group_table_save(h->groups, &h->scratch);
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_name(&o, LMI_SPAN_LIT("totalGroupNum"), lmi_span_str(lmi_arena_printf(
		&h->arena, "%zu", lmi_map_count(&h->groups->map))));
	lmi_command_end(&o, lmi_buf_len(&h->scratch));
	lmi_buf_put_span(r->out, lmi_buf_span(&h->scratch));
}

void group_get_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span name = fields_text(&f, LMI_EXT_GROUP);
	struct lmi_json_out o;
	if (!fields_ok(h, r, &f))
		return;
	const struct lmi_group_config *g = group_table_find(h->groups, name, h->settings->auto_create_group, handle_now(h));
	if (!g) {
		answer_error(h, r, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST, "consumer group %.*s does not exist", SPAN_ARGS(name));
		return;
	}
	scratch_json(h, &o);
	lmi_group_config_put(&o, g);
	answer_body(r, lmi_buf_span(&h->scratch));
}

/* Its offsets, what it has in flight, and the topics in which its POP messages return. */
static void clean_group(struct handle *h, struct lmi_span name)
{
	struct lmi_span *retries;
	size_t n = topic_pop_retries(h, LMI_SPAN_NULL, name, &retries);
	for (size_t i = 0; i < n; i++) {
		int err = topic_delete_one(h, retries[i]);
		if (err)
			lmi_log(h->log, LMI_LOG_WARNING, "queues of topic %.*s could not be deleted: %s", SPAN_ARGS(retries[i]),
				lmi_strerror(err));
	}
	offset_table_drop_group(h->offsets, name);
	pop_table_drop_group(h->pops, name);
}

/* Rule: AdminBrokerProcessor.deleteSubscriptionGroup. */
void group_delete_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span name = fields_text(&f, LMI_EXT_GROUP_NAME);
	bool clean = fields_bool_or(&f, LMI_EXT_CLEAN_OFFSET, false);
	if (!fields_ok(h, r, &f))
		return;
	if (group_table_del(h->groups, name, handle_now(h)))
		lmi_log_with(h->log, LMI_LOG_NOTICE, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_GROUP_CHANGED), LMI_LOG_SPAN("GROUP", name)),
			"consumer group %.*s was deleted%s", SPAN_ARGS(name),
			clean ? " with its offsets" : "");
	if (clean && name.n)
		clean_group(h, name);
	if (h->settings->auto_create_group && !clean)
		group_table_find(h->groups, name, true, handle_now(h)); /* rule: the group is made anew at once */
	answer_code(r, LMI_RSP_SUCCESS);
}
