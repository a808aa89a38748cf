/* SPDX-License-Identifier: Apache-2.0 */
#include "mock/mock_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/loop.h"
#include "wire/heartbeat.h"
#include "wire/lock_batch.h"
#include "wire/props.h"
#include "wire/topic_list.h"

#define SYSFLAG_SUSPEND 2
#define SYSFLAG_COMMIT 1
#define ANSWERED_MAX (1u << 20) /* bytes of records in an answer, but for the first */

/* ---- fetching ---- */

bool mock_serve_pull(const struct mock_request *r, bool may_hold)
{
	struct mock_topic *t = mock_topic_find(r->server, lmi_command_ext(r->cmd, LMI_EXT_TOPIC));
	int32_t queue_id = -1, max = 1, sysflag = 0;
	int64_t pos = 0, commit = -1, end;
	struct lmi_command_out o;
	struct mock_queue *q;
	size_t n = 0, bytes = 0;
	int32_t code = LMI_RSP_SUCCESS;

	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_QUEUE_ID, &queue_id);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_MAX_MSG_NUMS, &max);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_SYS_FLAG, &sysflag);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_QUEUE_OFFSET, &pos);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_COMMIT_OFFSET, &commit);
	if (!t || queue_id < 0 || queue_id >= t->queues) {
		mock_answer(r, LMI_RSP_TOPIC_NOT_EXIST, "no such topic");
		return true;
	}
	if ((sysflag & SYSFLAG_COMMIT) && !r->again)
		(void)mock_offset_put(r->server, lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP), lmi_span_str(t->name), queue_id, commit);
	q = &t->queue[queue_id];
	end = q->min_pos + (int64_t)q->count;
	if (pos < q->min_pos || pos > end)
		code = LMI_RSP_PULL_OFFSET_MOVED;
	else if (pos == end)
		code = LMI_RSP_PULL_NOT_FOUND;
	if (code == LMI_RSP_PULL_NOT_FOUND && may_hold && (sysflag & SYSFLAG_SUSPEND))
		return false;
	for (; code == LMI_RSP_SUCCESS && (int32_t)n < max && pos + (int64_t)n < end && bytes < ANSWERED_MAX; n++)
		bytes += q->records[(size_t)(pos - q->min_pos) + n].n;
	if (n > 0 && pos + (int64_t)n > q->handed_out)
		q->handed_out = pos + (int64_t)n;
	mock_begin(r, &o, code);
	lmi_command_put_i64(&o, LMI_EXT_SUGGEST_WHICH_BROKER_ID, 0);
	lmi_command_put_i64(&o, LMI_EXT_NEXT_BEGIN_OFFSET,
			    code == LMI_RSP_PULL_OFFSET_MOVED ? (pos < q->min_pos ? q->min_pos : end) : pos + (int64_t)n);
	lmi_command_put_i64(&o, LMI_EXT_MIN_OFFSET, q->min_pos);
	lmi_command_put_i64(&o, LMI_EXT_MAX_OFFSET, end);
	lmi_command_end(&o, bytes);
	for (size_t i = 0; i < n; i++)
		lmi_buf_put(r->out, q->records[(size_t)(pos - q->min_pos) + i].bytes, q->records[(size_t)(pos - q->min_pos) + i].n);
	return true;
}
/* ---- members ---- */

static void tell_members(struct mock_server *s, const char *group)
{
	for (struct mock_member *m = s->members; m; m = m->next) {
		struct lmi_command_out o;

		if (strcmp(m->group, group) != 0)
			continue;
		lmi_command_begin(&o, lmi_conn_out(m->conn), LMI_SERIALIZE_JSON, LMI_REQ_NOTIFY_CONSUMER_IDS_CHANGED, 1,
				  LMI_FLAG_ONEWAY);
		lmi_command_put(&o, LMI_EXT_CONSUMER_GROUP, lmi_span_str(group));
		lmi_command_end(&o, 0);
	}
}
static void add_member(struct mock_server *s, struct lmi_conn *conn, struct lmi_span group, struct lmi_span id)
{
	char retry[MOCK_NAME_BYTES];
	struct mock_member *m;

	for (m = s->members; m; m = m->next)
		if (lmi_span_is(group, m->group) && lmi_span_is(id, m->id))
			return;
	m = group.n < sizeof(m->group) && id.n < sizeof(m->id) ? calloc(1, sizeof(*m)) : NULL;
	if (!m)
		return; /* it is none, then */
	memcpy(m->group, group.p, group.n);
	memcpy(m->id, id.p, id.n);
	m->conn = lmi_conn_ref(conn);
	m->next = s->members;
	s->members = m;
	(void)snprintf(retry, sizeof(retry), "%%RETRY%%%s", m->group);
	(void)mock_topic_make(s, lmi_span_str(retry), 1);
	tell_members(s, m->group);
}

/* group p == NULL: whatever was of this connection. */
static void drop(struct mock_server *s, const struct lmi_conn *conn, struct lmi_span group, struct lmi_span id)
{
	for (struct mock_member **at = &s->members; *at;) {
		struct mock_member *m = *at;

		if (group.p ? !(lmi_span_is(group, m->group) && lmi_span_is(id, m->id)) : m->conn != conn) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		tell_members(s, m->group);
		lmi_conn_unref(m->conn);
		free(m);
	}
}
void mock_members_drop(struct mock_server *s, const struct lmi_conn *conn)
{
	drop(s, conn, LMI_SPAN_NULL, LMI_SPAN_NULL);
}

void mock_serve_leave(const struct mock_request *r)
{
	struct lmi_span group = lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP);

	drop(r->server, NULL, group.p ? group : LMI_SPAN_LIT(""), lmi_command_ext(r->cmd, LMI_EXT_CLIENT_ID_UPPER));
	mock_answer(r, LMI_RSP_SUCCESS, NULL);
}

void mock_serve_heartbeat(const struct mock_request *r)
{
	struct lmi_heartbeat h;

	for (size_t i = 0; i < MOCK_BEATING && r->server->beating[i] != r->conn; i++) {
		if (r->server->beating[i])
			continue;
		r->server->beating[i] = r->conn;
		break;
	}
	free(r->server->heartbeat);
	r->server->heartbeat = r->cmd->body.n > 0 ? strndup((const char *)r->cmd->body.p, r->cmd->body.n) : NULL;
	if (lmi_heartbeat_decode(r->cmd->body, &r->server->mock->arena, &h) < 0) {
		mock_answer(r, LMI_RSP_SYSTEM_ERROR, "this is no heartbeat");
		return;
	}
	for (size_t i = 0; i < h.consumer_count; i++)
		add_member(r->server, r->conn, h.consumers[i].group, h.client_id);
	mock_answer(r, LMI_RSP_SUCCESS, NULL);
}

void mock_serve_members(const struct mock_request *r)
{
	struct lmi_span group = lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP), ids[64];
	struct lmi_text_list list = { .items = ids };
	struct lmi_buf body = { 0 };

	for (struct mock_member *m = r->server->members; m && list.count < 64; m = m->next)
		if (lmi_span_is(group, m->group))
			ids[list.count++] = lmi_span_str(m->id);
	if (list.count == 0) {
		mock_answer(r, LMI_RSP_SYSTEM_ERROR, "no consumer for this group");
		return;
	}
	lmi_text_list_put(&body, LMI_LIST_CONSUMERS, &list);
	mock_answer_body(r, &body);
}
/* ---- locks ---- */

void mock_serve_lock(const struct mock_request *r)
{
	struct mock_server *s = r->server;
	struct lmi_lock_batch l;
	struct lmi_buf body = { 0 };
	size_t held = 0;

	if (lmi_lock_batch_decode(r->cmd->body, &s->mock->arena, &l) < 0) {
		mock_answer(r, LMI_RSP_SYSTEM_ERROR, "these are no queues");
		return;
	}
	for (size_t i = 0; i < l.queue_count; i++) {
		const struct lmi_message_queue *q = &l.queues[i];
		const char *holder = mock_lock_get(s, l.group, q->topic, q->queue_id);

		if (holder && !lmi_span_is(l.client_id, holder))
			continue;
		if (!mock_lock_set(s, l.group, q->topic, q->queue_id,
				   r->cmd->code == LMI_REQ_LOCK_BATCH_MQ ? l.client_id : LMI_SPAN_NULL))
			continue;
		l.queues[held++] = *q;
	}
	if (r->cmd->code == LMI_REQ_UNLOCK_BATCH_MQ) {
		mock_answer(r, LMI_RSP_SUCCESS, NULL);
		return;
	}
	lmi_lock_batch_answer_put(&body, l.queues, held);
	mock_answer_body(r, &body);
}
/* ---- what failed, and positions ---- */

void mock_serve_send_back(const struct mock_request *r)
{
	struct lmi_span group = lmi_command_ext(r->cmd, LMI_EXT_GROUP);
	char retry[MOCK_NAME_BYTES];
	struct lmi_buf props = { 0 };
	struct lmi_record rec;
	struct mock_record *found;
	struct mock_topic *t;
	int64_t pos = -1;

	r->server->back_level = 0;
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_DELAY_LEVEL, &r->server->back_level);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_OFFSET, &pos);
	found = mock_record_at(r->server, pos);
	if (!found || lmi_record_decode(lmi_span(found->bytes, found->n), &rec) != 0) {
		mock_answer(r, LMI_RSP_SYSTEM_ERROR, "no such message");
		return;
	}
	lmi_buf_put_span(&props, rec.props);
	if (!lmi_props_get(rec.props, LMI_SPAN_LIT(LMI_PROP_RETRY_TOPIC)).p)
		(void)lmi_props_put(&props, LMI_SPAN_LIT(LMI_PROP_RETRY_TOPIC), rec.topic);
	rec.props = lmi_buf_span(&props);
	rec.reconsume_times++;
	rec.store_ms = 0;
	(void)snprintf(retry, sizeof(retry), "%s%.*s", r->server->back_level < 0 ? "%DLQ%" : "%RETRY%", (int)group.n,
		       group.p ? (const char *)group.p : "");
	t = mock_topic_make(r->server, lmi_span_str(retry), 1);
	if (!t || props.failed || mock_append(r->server, t, 0, &rec) < 0)
		mock_answer(r, LMI_RSP_SYSTEM_ERROR, "no room for it");
	else
		mock_answer(r, LMI_RSP_SUCCESS, NULL);
	lmi_buf_done(&props);
	mock_serve_held(r->server, 0);
}
/* Position of the first record that was stored at the time or later. */
static int64_t search(const struct mock_queue *q, const struct lmi_command *cmd)
{
	struct lmi_record rec;
	int64_t time_ms = 0;
	size_t i = 0;

	(void)lmi_command_ext_i64(cmd, LMI_EXT_TIMESTAMP, &time_ms);
	for (; q && i < q->count; i++)
		if (lmi_record_decode(lmi_span(q->records[i].bytes, q->records[i].n), &rec) == 0 && rec.store_ms >= time_ms)
			break;
	return q ? q->min_pos + (int64_t)i : 0;
}
static void answer_offset(const struct mock_request *r, int64_t offset)
{
	struct lmi_command_out o;

	mock_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&o, LMI_EXT_OFFSET, offset);
	lmi_command_end(&o, 0);
}
void mock_serve_offset(const struct mock_request *r)
{
	struct mock_server *s = r->server;
	struct lmi_span group = lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP), topic = lmi_command_ext(r->cmd, LMI_EXT_TOPIC);
	struct mock_topic *t = mock_topic_find(s, topic);
	int32_t queue_id = 0;
	int64_t pos = -1;

	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_QUEUE_ID, &queue_id);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_COMMIT_OFFSET, &pos);
	if (t && (queue_id < 0 || queue_id >= t->queues))
		t = NULL;
	if (r->cmd->code == LMI_REQ_GET_MAX_OFFSET) {
		answer_offset(r, t ? t->queue[queue_id].min_pos + (int64_t)t->queue[queue_id].count : 0);
		return;
	}
	if (r->cmd->code == LMI_REQ_GET_MIN_OFFSET) {
		answer_offset(r, t ? t->queue[queue_id].min_pos : 0);
		return;
	}
	if (r->cmd->code == LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP) {
		answer_offset(r, search(t ? &t->queue[queue_id] : NULL, r->cmd));
		return;
	}
	if (r->cmd->code == LMI_REQ_UPDATE_CONSUMER_OFFSET) {
		(void)mock_offset_put(s, group, topic, queue_id, pos);
		mock_answer(r, LMI_RSP_SUCCESS, NULL);
		return;
	}
	pos = mock_offset_get(s, group, topic, queue_id);
	if (pos < 0)
		mock_answer(r, LMI_RSP_QUERY_NOT_FOUND, "no offset");
	else
		answer_offset(r, pos);
}
