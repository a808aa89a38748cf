/* SPDX-License-Identifier: Apache-2.0 */
#include "mock/mock_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/loop.h"
#include "wire/cluster_info.h"
#include "wire/props.h"

#define PERM_READ_WRITE 6
#define ANSWER_ID "7F0000010000000100000000000000AA"

/* ---- answers ---- */

void mock_begin(const struct mock_request *r, struct lmi_command_out *o, int32_t code)
{
	lmi_command_begin(o, r->out, r->cmd->serialize, code, r->opaque, LMI_FLAG_RESPONSE);
}

void mock_answer(const struct mock_request *r, int32_t code, const char *remark)
{
	struct lmi_command_out o;

	mock_begin(r, &o, code);
	lmi_command_remark(&o, lmi_span_str(remark));
	lmi_command_end(&o, 0);
}

void mock_answer_body(const struct mock_request *r, struct lmi_buf *body)
{
	struct lmi_command_out o;

	mock_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_end(&o, lmi_buf_len(body));
	lmi_buf_put_span(r->out, lmi_buf_span(body));
	lmi_buf_done(body);
}
/* ---- the name server ---- */

static struct lmi_route_broker broker_entry(struct mock_server *s, struct lmi_broker_addr *addr)
{
	*addr = (struct lmi_broker_addr){ 0, lmi_span_str(s->address) };
	return (struct lmi_route_broker){ .cluster = LMI_SPAN_LIT("c"), .broker_name = lmi_span_str(s->name), .addrs = addr,
					  .addr_count = 1 };
}

static void serve_route(const struct mock_request *r)
{
	struct lmq_mock *m = r->server->mock;
	struct lmi_broker_addr addrs[LMQ_MOCK_BROKERS_MAX];
	struct lmi_route_broker brokers[LMQ_MOCK_BROKERS_MAX];
	struct lmi_route_queue queues[LMQ_MOCK_BROKERS_MAX];
	struct lmi_route route = { .brokers = brokers, .queues = queues };
	struct lmi_span name = lmi_command_ext(r->cmd, LMI_EXT_TOPIC);
	struct lmi_buf body = { 0 };

	for (size_t i = 1; i <= m->brokers; i++) {
		struct mock_topic *t = mock_topic_find(&m->servers[i], name);

		if (!t)
			continue;
		brokers[route.broker_count] = broker_entry(&m->servers[i], &addrs[route.broker_count]);
		queues[route.queue_count++] = (struct lmi_route_queue){ brokers[route.broker_count].broker_name, t->queues,
									t->queues, PERM_READ_WRITE, 0 };
		route.broker_count++;
	}
	if (route.broker_count == 0) {
		mock_answer(r, LMI_RSP_TOPIC_NOT_EXIST, "No topic route info in name server for the topic");
		return;
	}
	lmi_route_put(&body, &route, LMI_ROUTE_STANDARD);
	mock_answer_body(r, &body);
}

static void serve_cluster(const struct mock_request *r)
{
	struct lmq_mock *m = r->server->mock;
	struct lmi_broker_addr addrs[LMQ_MOCK_BROKERS_MAX];
	struct lmi_route_broker brokers[LMQ_MOCK_BROKERS_MAX];
	struct lmi_span names[LMQ_MOCK_BROKERS_MAX];
	struct lmi_cluster cluster = { LMI_SPAN_LIT("c"), names, m->brokers };
	struct lmi_cluster_info info = { brokers, m->brokers, &cluster, 1 };
	struct lmi_buf body = { 0 };

	for (size_t i = 0; i < m->brokers; i++) {
		brokers[i] = broker_entry(&m->servers[i + 1], &addrs[i]);
		names[i] = brokers[i].broker_name;
	}
	lmi_cluster_info_put(&body, &info);
	mock_answer_body(r, &body);
}

/* ---- sending ---- */

/* Each message of a batch; the answer lists as many ids.  0 and the position of the first, or -ENOMEM. */
static int append_batch(struct mock_server *s, struct mock_topic *t, int32_t queue_id, struct lmi_record *rec, struct lmi_buf *ids)
{
	struct lmi_span body = rec->body;
	struct lmi_batch_item item;
	int64_t first = -1;

	for (size_t at = 0; lmi_batch_next(body, &at, &item) == 1;) {
		rec->body = item.body;
		rec->props = item.props;
		rec->flag = item.flag;
		if (mock_append(s, t, queue_id, rec) < 0)
			return -ENOMEM;
		if (first < 0)
			first = rec->queue_pos;
		else
			lmi_buf_put8(ids, ',');
		lmi_buf_printf(ids, "7F00000100000001%016" PRIX64, rec->log_pos);
	}
	rec->queue_pos = first;
	return 0;
}

static int store(const struct mock_request *r, struct mock_topic *t, int32_t queue_id, struct lmi_record *rec, struct lmi_buf *ids)
{
	if (r->cmd->code == LMI_REQ_SEND_BATCH_MESSAGE)
		return append_batch(r->server, t, queue_id, rec, ids);
	lmi_buf_put_str(ids, ANSWER_ID);
	if ((rec->sysflag & LMI_SYSFLAG_TRANSACTION_MASK) == LMI_SYSFLAG_PREPARED)
		return mock_half_append(r->server, rec, lmi_span_str(t->name), queue_id);
	return mock_append(r->server, t, queue_id, rec);
}

static void answer_sent(const struct mock_request *r, int32_t queue_id, const struct lmi_record *rec, struct lmi_span ids)
{
	struct lmi_command_out o;

	mock_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put(&o, LMI_EXT_MSG_ID, ids);
	lmi_command_put_i64(&o, LMI_EXT_QUEUE_ID, queue_id);
	lmi_command_put_i64(&o, LMI_EXT_QUEUE_OFFSET, rec->queue_pos);
	if (lmi_props_get(rec->props, LMI_SPAN_LIT("TIMER_DELAY_MS")).p)
		lmi_command_put(&o, LMI_EXT_RECALL_HANDLE, LMI_SPAN_LIT("djEgVCBicm9rZXItMCAxIGlk")); /* "v1 T broker-0 1 id" */
	lmi_command_put(&o, LMI_EXT_TRANSACTION_ID, LMI_SPAN_LIT("t-1"));
	lmi_command_end(&o, 0);
}

static void serve_send(const struct mock_request *r)
{
	struct lmi_span name = lmi_command_ext(r->cmd, LMI_EXT_B);
	struct mock_topic *t = mock_topic_find(r->server, name);
	struct lmi_record rec = { .body = r->cmd->body, .props = lmi_command_ext(r->cmd, LMI_EXT_I) };
	struct lmi_buf ids = { 0 };
	int32_t queue_id = -1;

	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_E, &queue_id);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_F, &rec.sysflag);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_H, &rec.flag);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_G, &rec.born_ms);
	if (!t)
		t = mock_topic_make(r->server, name, 4);
	if (!t)
		mock_answer(r, LMI_RSP_SYSTEM_ERROR, "no room for this topic");
	else if (queue_id < 0 || queue_id >= t->queues)
		mock_answer(r, LMI_RSP_INVALID_PARAMETER, "queue id out of range");
	else if (store(r, t, queue_id, &rec, &ids) < 0)
		mock_answer(r, LMI_RSP_SYSTEM_ERROR, "out of memory");
	else
		answer_sent(r, queue_id, &rec, lmi_buf_span(&ids));
	lmi_buf_done(&ids);
	mock_serve_held(r->server, 0);
}

static void serve_create(const struct mock_request *r)
{
	int32_t queues = 4;

	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_READ_QUEUE_NUMS, &queues);
	if (mock_topic_make(r->server, lmi_command_ext(r->cmd, LMI_EXT_TOPIC), queues))
		mock_answer(r, LMI_RSP_SUCCESS, NULL);
	else
		mock_answer(r, LMI_RSP_SYSTEM_ERROR, "no room for this topic");
}

/* ---- whichever it is ---- */

bool mock_dispatch(const struct mock_request *r, bool may_hold)
{
	switch (r->cmd->code) {
	case LMI_REQ_GET_ROUTEINFO_BY_TOPIC: serve_route(r); break;
	case LMI_REQ_GET_BROKER_CLUSTER_INFO: serve_cluster(r); break;
	case LMI_REQ_SEND_MESSAGE_V2:
	case LMI_REQ_SEND_BATCH_MESSAGE:
	case LMI_REQ_SEND_REPLY_MESSAGE_V2: serve_send(r); break;
	case LMI_REQ_RECALL_MESSAGE: mock_answer(r, LMI_RSP_SUCCESS, NULL); break;
	case LMI_REQ_END_TRANSACTION: mock_serve_end(r); break;
	case LMI_REQ_PULL_MESSAGE: return mock_serve_pull(r, may_hold);
	case LMI_REQ_HEART_BEAT: mock_serve_heartbeat(r); break;
	case LMI_REQ_GET_CONSUMER_LIST_BY_GROUP: mock_serve_members(r); break;
	case LMI_REQ_LOCK_BATCH_MQ:
	case LMI_REQ_UNLOCK_BATCH_MQ: mock_serve_lock(r); break;
	case LMI_REQ_CONSUMER_SEND_MSG_BACK: mock_serve_send_back(r); break;
	case LMI_REQ_QUERY_CONSUMER_OFFSET:
	case LMI_REQ_UPDATE_CONSUMER_OFFSET:
	case LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP:
	case LMI_REQ_GET_MIN_OFFSET:
	case LMI_REQ_GET_MAX_OFFSET: mock_serve_offset(r); break;
	case LMI_REQ_UPDATE_AND_CREATE_TOPIC: serve_create(r); break;
	case LMI_REQ_POP_MESSAGE: return mock_serve_pop(r, may_hold);
	case LMI_REQ_ACK_MESSAGE:
	case LMI_REQ_CHANGE_MESSAGE_INVISIBLETIME: mock_serve_ack(r); break;
	case LMI_REQ_UNREGISTER_CLIENT: mock_serve_leave(r); break;
	default: mock_answer(r, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED, "not supported");
	}
	return true;
}
