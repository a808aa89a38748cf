/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets: committed by consumers, asked of queues. */
#include <errno.h>
#include <strings.h>

#include "broker/handle/handlers.h"
#include "broker/handle/pull_check.h"

/* RocketMQ calls offset 0 of a queue still in memory a good start for a new group; else it is told to decide itself. */
static int is_zero_in_memory(struct handle *h, struct lmi_span topic, int32_t queue_id)
{
	struct store_get *g = &h->get;
	g->topic = topic;
	g->queue_id = queue_id;
	g->queue_pos = 0;
	g->max_messages = 1;
	g->max_bytes = 0;
	g->match_tags = NULL;
	int err = store_get(h->store, g);
	return err ? err : g->status == STORE_FOUND && !g->suggest_slave;
}

/* Rule: ConsumerManageProcessor.queryConsumerOffset. */
void offset_query_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct offset_at at = { .group = fields_text(&f, LMI_EXT_CONSUMER_GROUP),
				.topic = fields_text(&f, LMI_EXT_TOPIC),
				.queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID) };
	bool zero = fields_bool_or(&f, LMI_EXT_SET_ZERO_IF_NOT_FOUND, true);
	struct store_bounds b = { 0 };
	if (!fields_ok(h, r, &f))
		return;
	int64_t pos = offset_table_get(h->offsets, &at);
	if (pos < 0 && zero) {
		int err = store_queue_bounds(h->store, at.topic, at.queue_id, &b);
		int zeroed = !err && b.min_pos <= 0 ? is_zero_in_memory(h, at.topic, at.queue_id) : err;
		if (zeroed == -EAGAIN) {
			defer_until_read(h, r, NULL, 0);
			return;
		}
		if (zeroed > 0)
			pos = 0;
	}
	if (pos >= 0)
		answer_i64(r, LMI_EXT_OFFSET, pos);
	else
		answer_error(h, r, LMI_RSP_QUERY_NOT_FOUND,
			     "group %.*s has no offset on %.*s queue %d: it may not have consumed it yet",
			     SPAN_ARGS(at.group), SPAN_ARGS(at.topic), at.queue_id);
}

/*
 * A push consumer never goes back by its own wish: what lies before its group's position is late, from a member that has lost
 * the queue.  Everybody else may, and it is told.
 */
static bool is_late(struct handle *h, const struct request *r, const struct offset_at *at, int64_t pos)
{
	const struct client_group *g = client_table_consumers(h->clients, at->group);
	char host[LMI_HOST_CHARS];
	if (!offset_goes_back(h, at, pos))
		return false;
	if ((r->cmd->flag & LMI_FLAG_ONEWAY) && g && g->type == LMI_CONSUME_PASSIVELY && client_group_member(g, r->peer))
		return true;
	lmi_host_print(&r->peer->host, host, sizeof(host));
	lmi_log(h->log, LMI_LOG_NOTICE, "%s set group %.*s on %.*s queue %d back from %lld to %lld", host, SPAN_ARGS(at->group),
		SPAN_ARGS(at->topic), at->queue_id, (long long)offset_table_get(h->offsets, at), (long long)pos);
	return false;
}

/* Rule: ConsumerManageProcessor.updateConsumerOffset. */
void offset_update_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct offset_at at = { .group = fields_text(&f, LMI_EXT_CONSUMER_GROUP),
				.topic = fields_text(&f, LMI_EXT_TOPIC),
				.queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID) };
	int64_t pos = fields_i64(&f, LMI_EXT_COMMIT_OFFSET);
	if (!fields_ok(h, r, &f))
		return;
	if (!group_table_get(h->groups, at.group)) {
		answer_error(h, r, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST, "consumer group %.*s does not exist",
			     SPAN_ARGS(at.group));
		return;
	}
	if (!topic_table_get(h->topics, at.topic)) {
		answer_error(h, r, LMI_RSP_TOPIC_NOT_EXIST, "topic %.*s does not exist on this broker", SPAN_ARGS(at.topic));
		return;
	}
	int err = is_late(h, r, &at, pos) ? 0 : offset_table_commit(h->offsets, &at, pos);
	if (!err)
		answer_code(r, LMI_RSP_SUCCESS);
	else if (err == -LMQ_EILLEGAL)
		answer_error(h, r, LMI_RSP_INVALID_PARAMETER, "offset %lld of queue %d cannot be: neither may be negative",
			     (long long)pos, at.queue_id);
	else
		answer_error(h, r, LMI_RSP_SYSTEM_BUSY, "the offset could not be kept: %s", lmi_strerror(err));
}

struct queue_asked {
	struct lmi_span topic;
	int32_t queue_id;
};

static struct queue_asked queue_of(struct fields *f)
{
	struct queue_asked q = { .topic = fields_text(f, LMI_EXT_TOPIC), .queue_id = fields_i32(f, LMI_EXT_QUEUE_ID) };
	return q;
}

/* Rule: AdminBrokerProcessor.searchOffsetByTimestamp. */
void offset_search_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct queue_asked q = queue_of(&f);
	int64_t ms = fields_i64(&f, LMI_EXT_TIMESTAMP), pos = 0;
	struct lmi_span boundary = fields_text_or(&f, LMI_EXT_BOUNDARY_TYPE, LMI_SPAN_NULL);
	if (!fields_ok(h, r, &f))
		return;
	bool upper = boundary.n == 5 && strncasecmp((const char *)boundary.p, "upper", 5) == 0; /* rule: BoundaryType.getType */
	if (store_queue_search(h->store, q.topic, q.queue_id, ms, upper, &pos) == -EAGAIN)
		defer_until_read(h, r, NULL, 0);
	else
		answer_i64(r, LMI_EXT_OFFSET, pos); /* rule: no queue, 0 */
}

static void answer_bound(struct handle *h, const struct request *r, bool max)
{
	struct fields f = fields_of(r);
	struct queue_asked q = queue_of(&f);
	struct store_bounds b = { 0 };
	if (!fields_ok(h, r, &f))
		return;
	if (store_queue_bounds(h->store, q.topic, q.queue_id, &b) == -EAGAIN && !max)
		defer_until_read(h, r, NULL, 0);
	else
		answer_i64(r, LMI_EXT_OFFSET, max ? b.max_pos : b.min_pos);
}

/* Rule: AdminBrokerProcessor.getMaxOffset, getMinOffset: 0 for a queue that does not exist. */
void offset_max_handler(struct handle *h, const struct request *r)
{
	answer_bound(h, r, true);
}

void offset_min_handler(struct handle *h, const struct request *r)
{
	answer_bound(h, r, false);
}

/* Rule: AdminBrokerProcessor.getEarliestMsgStoretime. */
void offset_earliest_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct queue_asked q = queue_of(&f);
	struct store_bounds b = { 0 };
	int64_t ms = -1;
	if (!fields_ok(h, r, &f))
		return;
	int err = store_queue_bounds(h->store, q.topic, q.queue_id, &b);
	if (!err && b.min_pos < b.max_pos)
		ms = store_queue_time(h->store, q.topic, q.queue_id, b.min_pos);
	if (err == -EAGAIN || ms == -EAGAIN)
		defer_until_read(h, r, NULL, 0);
	else
		answer_i64(r, LMI_EXT_TIMESTAMP, ms);
}

/* Rule: AdminBrokerProcessor.getAllConsumerOffset. */
void offset_all_handler(struct handle *h, const struct request *r)
{
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	offset_table_show(h->offsets, &h->scratch);
	answer_body(r, lmi_buf_span(&h->scratch));
}
