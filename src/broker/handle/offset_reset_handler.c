/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INVOKE_BROKER_TO_RESET_OFFSET: an operator sets where a group goes on.  The position is set here at once; who pulls is sent
 * there, or, with useServerSideResetOffset off, members are told by RESET_CONSUMER_CLIENT_OFFSET to set it themselves.
 */
#include <errno.h>

#include "broker/handle/handlers.h"
#include "broker/handle/pull_check.h"
#include "wire/lock_batch.h"

struct reset {
	/* of the request */
	struct lmi_span topic, group;
	int32_t queue_id; /* below 0: all */
	int64_t timestamp, offset;
	bool has_offset, force;
	/* found */
	const struct topic *config;
	struct reset_queue {
		int32_t queue_id;
		int64_t from, to;
	} *queues;
	size_t count;
};

bool offset_goes_back(struct handle *h, const struct offset_at *at, int64_t queue_pos)
{
	struct store_bounds b;
	int64_t now = offset_table_get(h->offsets, at);
	if (queue_pos >= now)
		return false;
	int err = store_queue_bounds(h->store, at->topic, at->queue_id, &b);
	return (!err || err == -EAGAIN) && now <= b.max_pos; /* the end is known without reading */
}

/* Rule: PullMessageProcessor, GetMessageStatus.OFFSET_RESET. */
bool pull_answer_reset(struct handle *h, const struct pull *p)
{
	struct offset_at at = { .group = p->group, .topic = p->topic, .queue_id = p->queue_id };
	struct store_bounds b = { 0 };
	struct lmi_command_out o;
	int64_t to = offset_table_follow_reset(h->offsets, &at, p->queue_pos);
	if (to < 0)
		return false;
	store_queue_bounds(h->store, p->topic, p->queue_id, &b);
	lmi_command_begin(&o, p->out, (enum lmi_serialize)p->serialize, LMI_RSP_PULL_OFFSET_MOVED, p->opaque, LMI_FLAG_RESPONSE);
	lmi_command_put_i64(&o, LMI_EXT_SUGGEST_WHICH_BROKER_ID, 0);
	lmi_command_put_i64(&o, LMI_EXT_NEXT_BEGIN_OFFSET, to);
	lmi_command_put_i64(&o, LMI_EXT_MIN_OFFSET, b.min_pos);
	lmi_command_put_i64(&o, LMI_EXT_MAX_OFFSET, b.max_pos);
	lmi_command_put_i64(&o, LMI_EXT_TOPIC_SYS_FLAG, p->topic_config->config.sysflag);
	lmi_command_put_i64(&o, LMI_EXT_GROUP_SYS_FLAG, p->group_config->sysflag);
	lmi_command_remark(&o, LMI_SPAN_LIT("OFFSET_RESET"));
	lmi_command_end(&o, 0);
	h->counts.got_none++;
	return true;
}

static bool read_request(struct handle *h, const struct request *r, struct reset *x)
{
	struct fields f = fields_of(r);
	*x = (struct reset){ .topic = fields_text(&f, LMI_EXT_TOPIC), .group = fields_text(&f, LMI_EXT_GROUP) };
	x->queue_id = fields_i32_or(&f, LMI_EXT_QUEUE_ID, -1);
	x->timestamp = fields_i64(&f, LMI_EXT_TIMESTAMP);
	x->offset = fields_i64_or(&f, LMI_EXT_OFFSET, -1);
	x->has_offset = x->offset != -1;
	x->force = fields_bool_or(&f, LMI_EXT_IS_FORCE, false);
	return fields_ok(h, r, &f);
}

static bool find(struct handle *h, const struct request *r, struct reset *x)
{
	x->config = topic_table_get(h->topics, x->topic);
	if (!x->config) {
		answer_error(h, r, LMI_RSP_TOPIC_NOT_EXIST, "topic %.*s does not exist on this broker", SPAN_ARGS(x->topic));
		return false;
	}
	if (!group_table_get(h->groups, x->group)) {
		answer_error(h, r, LMI_RSP_SUBSCRIPTION_GROUP_NOT_EXIST, "consumer group %.*s does not exist",
			     SPAN_ARGS(x->group));
		return false;
	}
	return true;
}

/* -EAGAIN: a worker must read first.  Rule: AdminBrokerProcessor.searchOffsetByTimestamp. */
static int64_t pos_at(struct handle *h, const struct reset *x, int32_t queue_id)
{
	struct store_bounds b = { 0 };
	int64_t pos = 0;
	store_queue_bounds(h->store, x->topic, queue_id, &b);
	if (x->timestamp < 0)
		return b.max_pos;
	return store_queue_search(h->store, x->topic, queue_id, x->timestamp, false, &pos) == -EAGAIN ? -EAGAIN : pos;
}

static bool add(struct handle *h, const struct request *r, struct reset *x, int32_t queue_id)
{
	struct offset_at at = { .group = x->group, .topic = x->topic, .queue_id = queue_id };
	struct store_bounds b = { 0 };
	struct reset_queue q = { .queue_id = queue_id, .from = offset_table_get(h->offsets, &at) };
	store_queue_bounds(h->store, x->topic, queue_id, &b);
	if (x->queue_id >= 0 && x->has_offset) {
		if (x->offset < b.min_pos || x->offset > b.max_pos + 1) {
			answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "offset %lld is not one of %.*s queue %d, which has %lld to %lld",
				     (long long)x->offset, SPAN_ARGS(x->topic), queue_id, (long long)b.min_pos,
				     (long long)b.max_pos);
			return false;
		}
		q.to = x->offset;
	} else {
		q.to = pos_at(h, x, queue_id);
		if (q.to == -EAGAIN) {
			defer_until_read(h, r, NULL, 0);
			return false;
		}
	}
	x->queues[x->count++] = q;
	return true;
}

static bool choose(struct handle *h, const struct request *r, struct reset *x)
{
	int32_t queues = x->config->config.read_queues;
	if (x->queue_id >= queues) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "queue %d is not one of topic %.*s, which has %d to read", x->queue_id,
			     SPAN_ARGS(x->topic), queues);
		return false;
	}
	x->queues = lmi_arena_alloc(&h->arena, ((size_t)queues + 1) * sizeof(*x->queues));
	if (!x->queues) {
		answer_error(h, r, LMI_RSP_SYSTEM_BUSY, "the broker is short of memory, try again later");
		return false;
	}
	if (x->queue_id >= 0)
		return add(h, r, x, x->queue_id);
	for (int32_t q = 0; q < queues; q++)
		if (!add(h, r, x, q))
			return false;
	return true;
}

static void apply(struct handle *h, const struct request *r, const struct reset *x)
{
	char host[LMI_HOST_CHARS];
	lmi_host_print(&r->peer->host, host, sizeof(host));
	for (size_t i = 0; i < x->count; i++) {
		const struct reset_queue *q = &x->queues[i];
		struct offset_at at = { .group = x->group, .topic = x->topic, .queue_id = q->queue_id };
		if (offset_table_reset(h->offsets, &at, q->to))
			continue;
		lmi_log(h->log, LMI_LOG_NOTICE, "%s reset group %.*s on %.*s queue %d from %lld to %lld", host,
			SPAN_ARGS(x->group), SPAN_ARGS(x->topic), q->queue_id, (long long)q->from, (long long)q->to);
		hold_table_wake_group(h->holds, x->topic, q->queue_id, x->group);
	}
}

/* ---- bodies ---- */

static struct lmi_message_queue queue_of(const struct handle *h, const struct reset *x, size_t i)
{
	return (struct lmi_message_queue){ .topic = x->topic,
					   .broker_name = h->settings->broker_name,
					   .queue_id = x->queues[i].queue_id };
}

/* Rule: ResetOffsetBody, a map with queues for keys. */
static void put_map(struct handle *h, const struct reset *x, struct lmi_json_out *o)
{
	struct lmi_buf key = { 0 };
	lmi_json_put_key(o, "offsetTable");
	lmi_json_put_object(o);
	for (size_t i = 0; i < x->count; i++) {
		struct lmi_json_out k;
		struct lmi_message_queue q = queue_of(h, x, i);
		lmi_buf_reset(&key, HANDLE_SCRATCH_KEEP);
		lmi_json_out_init(&k, &key);
		lmi_message_queue_put(&k, &q);
		lmi_json_put_key_raw(o, lmi_buf_span(&key));
		lmi_json_put_i64(o, x->queues[i].to);
	}
	lmi_json_put_object_end(o);
	lmi_buf_done(&key);
}

/* Rule: ResetOffsetBodyForC, a list; only clients in C++ read it. */
static void put_list(struct handle *h, const struct reset *x, struct lmi_json_out *o)
{
	lmi_json_put_key(o, "offsetTable");
	lmi_json_put_array(o);
	for (size_t i = 0; i < x->count; i++) {
		lmi_json_put_object(o);
		lmi_json_put_key(o, "brokerName");
		lmi_json_put_string(o, h->settings->broker_name);
		lmi_json_put_key(o, "offset");
		lmi_json_put_i64(o, x->queues[i].to);
		lmi_json_put_key(o, "queueId");
		lmi_json_put_i64(o, x->queues[i].queue_id);
		lmi_json_put_key(o, "topic");
		lmi_json_put_string(o, x->topic);
		lmi_json_put_object_end(o);
	}
	lmi_json_put_array_end(o);
}

static struct lmi_span body(struct handle *h, const struct reset *x, bool for_c)
{
	struct lmi_json_out o;
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	if (for_c)
		put_list(h, x, &o);
	else
		put_map(h, x, &o);
	lmi_json_put_object_end(&o);
	return lmi_buf_span(&h->scratch);
}

/* ---- by the members themselves ---- */

static void tell(struct handle *h, const struct reset *x, const struct client_member *m)
{
	struct lmi_command_out o;
	struct lmi_buf *out = peer_out(m->peer);
	struct lmi_span text = body(h, x, m->language == LMI_LANGUAGE_CPP);
	if (!m->peer->open)
		return;
	lmi_command_begin(&o, out, LMI_SERIALIZE_JSON, LMI_REQ_RESET_CONSUMER_CLIENT_OFFSET, ++h->opaque, LMI_FLAG_ONEWAY);
	lmi_command_put(&o, LMI_EXT_TOPIC, x->topic);
	lmi_command_put(&o, LMI_EXT_GROUP, x->group);
	lmi_command_put_i64(&o, LMI_EXT_TIMESTAMP, x->timestamp);
	lmi_command_put_bool(&o, LMI_EXT_IS_FORCE, x->force);
	lmi_command_end(&o, text.n);
	lmi_buf_put_span(out, text);
}

/* Rule: Broker2Client.resetOffset: without force nobody is sent forward. */
static void tell_members(struct handle *h, const struct request *r, struct reset *x)
{
	const struct client_group *g = client_table_consumers(h->clients, x->group);
	if (!g) {
		answer_error(h, r, LMI_RSP_CONSUMER_NOT_ONLINE, "no member of consumer group %.*s is online to be told",
			     SPAN_ARGS(x->group));
		return;
	}
	for (size_t i = 0; i < x->count; i++)
		if (!x->force && x->queues[i].from >= 0 && x->queues[i].to > x->queues[i].from)
			x->queues[i].to = x->queues[i].from;
	for (struct lmi_list *it = g->members.next; it != &g->members; it = it->next)
		tell(h, x, client_member_at(it));
	apply(h, r, x);
	answer_body(r, body(h, x, false));
}

/* Rule: AdminBrokerProcessor.resetOffset, resetOffsetInner. */
void offset_reset_handler(struct handle *h, const struct request *r)
{
	struct reset x;
	if (!read_request(h, r, &x) || !find(h, r, &x) || !choose(h, r, &x))
		return;
	if (!h->settings->server_side_reset) {
		tell_members(h, r, &x);
		return;
	}
	apply(h, r, &x);
	answer_body(r, body(h, &x, false));
}
