/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: found by key or id, and sent. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "wire/props.h"

#include <lightmq/lightmq.h> /* behind base/error.h, which has the same numbers */

#define FIND_MAX 64
#define LINE_MAX_BYTES (4u << 20)

/* ---- finding ---- */

static const char *const columns[] = { "id", "#queue", "#position", "@stored", "tag", "keys", "body", "+topic", "+broker", "+offsetId", "+@born", "+bornHost", NULL };

static void put_record(struct ctl_rows *r, const struct ctl_broker *b, const struct lmi_record *rec)
{
	char text[LMI_HOST_CHARS], id[40] = "";
	struct lmi_span uniq = lmi_props_get(rec->props, LMI_SPAN_LIT("UNIQ_KEY"));
	lmi_offset_msg_id(&rec->store, rec->log_pos, id);
	ctl_cell(r, uniq.n ? uniq : lmi_span_str(id));
	ctl_cell_i64(r, rec->queue_id);
	ctl_cell_i64(r, rec->queue_pos);
	ctl_cell_ms(r, rec->store_ms);
	ctl_cell(r, lmi_props_get(rec->props, LMI_SPAN_LIT("TAGS")));
	ctl_cell(r, lmi_props_get(rec->props, LMI_SPAN_LIT("KEYS")));
	ctl_cell(r, rec->body);
	ctl_cell(r, rec->topic);
	ctl_cell_str(r, b->name);
	ctl_cell_str(r, id);
	ctl_cell_ms(r, rec->born_ms);
	lmi_host_print(&rec->born, text, sizeof(text));
	ctl_cell_str(r, text);
}

static enum ctl_exit put_records(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	struct ctl_rows *r = arg;
	struct lmi_span rest = a->body;
	while (rest.n) {
		struct lmi_record rec;
		int err = lmi_record_decode(rest, &rec);
		size_t n = err ? 0 : rec.total;
		if (err || n > rest.n) {
			ctl_say(r->c, "%s: its answer cannot be read", b->name);
			return CTL_REFUSED;
		}
		put_record(r, b, &rec);
		rest = lmi_span(rest.p + n, rest.n - n);
	}
	return CTL_DONE;
}

/* Brokers that have none say so; it is no failure while another has one. */
static enum ctl_exit find(struct ctl *c, const struct ctl_brokers *b, const struct ctl_question *q, struct ctl_rows *r)
{
	enum ctl_exit all = CTL_DONE;
	for (size_t i = 0; i < b->count; i++) {
		struct lmi_command a;
		enum ctl_exit e = b->items[i].address ? ctl_ask(c, b->items[i].address, q, &a) : CTL_UNREACHABLE;
		if (e == CTL_DONE && a.code != LMI_RSP_QUERY_NOT_FOUND) {
			e = ctl_judge(c, &a, b->items[i].name);
			if (e == CTL_DONE)
				e = put_records(r, &b->items[i], &a);
		}
		all = i ? ctl_both(all, e) : e;
	}
	return all;
}

static enum ctl_exit found(struct ctl *c, struct ctl_rows *r, enum ctl_exit e, const char *key)
{
	bool none = r->count == 0;
	if (none && e == CTL_DONE)
		ctl_say(c, "there is no message %s", key);
	enum ctl_exit printed = ctl_rows_end(r);
	return e ? e : none ? CTL_NOT_FOUND : printed;
}

enum ctl_exit ctl_message_find(struct ctl *c)
{
	const char *topic = ctl_operand(c, 0, c->opt.topic), *key = ctl_operand(c, 1, c->opt.key ? c->opt.key : c->opt.id);
	struct ctl_brokers b;
	struct ctl_rows r;
	char max[24];
	if (!topic || !key) {
		ctl_say(c, "a topic and a key are needed");
		return CTL_USAGE;
	}
	enum ctl_exit e = ctl_topic_brokers(c, topic, &b);
	if (e != CTL_DONE)
		return e;
	snprintf(max, sizeof(max), "%" PRId64, c->opt.count > 0 ? c->opt.count : FIND_MAX);
	bool uniq = c->opt.id && !c->opt.key && c->opt.arg_count < 2;
	ctl_rows_begin(&r, c, columns);
	e = find(c, &b,
		 &(struct ctl_question){ .code = LMI_REQ_QUERY_MESSAGE,
					 .fields = CTL_FIELDS({ LMI_EXT_TOPIC, topic }, { LMI_EXT_KEY, key }, { LMI_EXT_MAX_NUM, max },
							      { LMI_EXT_BEGIN_TIMESTAMP, "0" },
							      { LMI_EXT_END_TIMESTAMP, "9223372036854775807" },
							      { LMI_EXT_UNIQUE_KEY_QUERY, uniq ? "true" : NULL }) },
		 &r);
	return found(c, &r, e, key);
}

/* By the id that says where it lies, or with a topic by the one that its producer gave it. */
enum ctl_exit ctl_message_show(struct ctl *c)
{
	const char *id = ctl_operand(c, 0, c->opt.id);
	char address[LMI_HOST_CHARS], pos[24];
	struct lmi_host host;
	int64_t log_pos;
	struct ctl_rows r;
	if (!id) {
		ctl_say(c, "which message?");
		return CTL_USAGE;
	}
	if (c->opt.topic) {
		c->opt.id = id;
		c->opt.arg_count = 0;
		return ctl_message_find(c);
	}
	if (lmi_offset_msg_id_parse(lmi_span_str(id), &host, &log_pos)) {
		ctl_say(c, "%s is not an id that says where a message lies; with --topic its producer's id will do", id);
		return CTL_USAGE;
	}
	lmi_host_print(&host, address, sizeof(address));
	snprintf(pos, sizeof(pos), "%" PRId64, log_pos);
	struct ctl_broker at = { "", address, address, 1 };
	ctl_rows_begin(&r, c, columns);
	struct lmi_command a;
	enum ctl_exit e = ctl_ask(c, address, &(struct ctl_question){ .code = LMI_REQ_VIEW_MESSAGE_BY_ID,
								      .fields = CTL_FIELDS({ LMI_EXT_OFFSET, pos }) }, &a);
	if (e == CTL_DONE && a.code == LMI_RSP_SUCCESS)
		e = put_records(&r, &at, &a);
	return found(c, &r, e, id);
}

/* ---- looking at what is there ---- */

#define PEEK_EACH 10 /* of each queue, unless --count says more */

/* The newest of one queue.  The group is the one that RocketMQ's tools read with. */
static enum ctl_exit peek_queue(struct ctl_rows *r, const struct ctl_broker *b, const char *topic, const struct ctl_queue *q)
{
	int64_t n = r->c->opt.count > 0 ? r->c->opt.count : PEEK_EACH, from = q->max - n > q->min ? q->max - n : q->min;
	char id[16], offset[24], max[24];
	struct lmi_command a;
	snprintf(id, sizeof(id), "%" PRId32, q->id);
	while (from < q->max) {
		snprintf(offset, sizeof(offset), "%" PRId64, from);
		snprintf(max, sizeof(max), "%" PRId64, q->max - from < 32 ? q->max - from : 32);
		enum ctl_exit e = ctl_ask(r->c, b->address,
					  &(struct ctl_question){ .code = LMI_REQ_PULL_MESSAGE,
								  .fields = CTL_FIELDS({ LMI_EXT_CONSUMER_GROUP, "TOOLS_CONSUMER" }, { LMI_EXT_TOPIC, topic },
										       { LMI_EXT_QUEUE_ID, id }, { LMI_EXT_QUEUE_OFFSET, offset },
										       { LMI_EXT_MAX_MSG_NUMS, max }, { LMI_EXT_SYS_FLAG, "4" },
										       { LMI_EXT_COMMIT_OFFSET, "0" }, { LMI_EXT_SUSPEND_TIMEOUT_MILLIS, "0" },
										       { LMI_EXT_SUBSCRIPTION, "*" }, { LMI_EXT_SUB_VERSION, "0" },
										       { LMI_EXT_EXPRESSION_TYPE, "TAG" }) },
					  &a);
		size_t before = r->count;
		if (e == CTL_DONE && a.code != LMI_RSP_PULL_NOT_FOUND && a.code != LMI_RSP_PULL_OFFSET_MOVED)
			e = ctl_judge(r->c, &a, b->name);
		if (e == CTL_DONE && a.code == LMI_RSP_SUCCESS)
			e = put_records(r, b, &a);
		if (e != CTL_DONE || r->count == before) /* deleted meanwhile */
			return e;
		from += (int64_t)(r->count - before) / (int64_t)r->width;
	}
	return CTL_DONE;
}

static enum ctl_exit peek_broker(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	struct ctl_rows *r = arg;
	struct ctl_queue *q = NULL;
	size_t n = 0, cap = 0;
	enum ctl_exit all = CTL_DONE;
	if (ctl_queues_read(r->c, a->body, &q, &n, &cap)) {
		ctl_say(r->c, "%s: its answer cannot be read", b->name);
		return CTL_REFUSED;
	}
	ctl_queues_sort(q, n);
	for (size_t i = 0; i < n; i++)
		all = ctl_both(all, peek_queue(r, b, ctl_operand(r->c, 0, r->c->opt.topic), &q[i]));
	return all;
}

enum ctl_exit ctl_message_peek(struct ctl *c)
{
	const char *topic = ctl_operand(c, 0, c->opt.topic);
	struct ctl_brokers b;
	struct ctl_rows r;
	if (!topic) {
		ctl_say(c, "which topic?");
		return CTL_USAGE;
	}
	enum ctl_exit e = ctl_topic_brokers(c, topic, &b);
	if (e != CTL_DONE)
		return e;
	ctl_rows_begin(&r, c, columns);
	e = ctl_each(c, &b, &(struct ctl_question){ .code = LMI_REQ_GET_TOPIC_STATS_INFO, .fields = CTL_FIELDS({ LMI_EXT_TOPIC, topic }) }, peek_broker, &r);
	enum ctl_exit printed = ctl_rows_end(&r);
	return e ? e : printed;
}

/* ---- sending ---- */

struct sender {
	struct ctl *c;
	struct lmq_client *client;
	struct lmq_producer *producer;
	struct lmq_send_result *result;
	const char *topic;
	struct ctl_rows rows;
	int64_t sent, failed;
};

static int open_sender(struct sender *s)
{
	struct lmq_config *config = lmq_config_new();
	char why[256] = "out of memory";
	int r = config ? lmq_config_set(config, "namesrvAddr", s->c->opt.namesrv, why, sizeof(why)) : -ENOMEM;
	if (!r)
		r = lmq_client_new(config, &s->client, why, sizeof(why));
	lmq_config_free(config);
	if (r) {
		ctl_say(s->c, "%s", why);
		return r;
	}
	r = lmq_producer_new(s->client, "rmqctl", NULL, &s->producer);
	s->result = lmq_send_result_new();
	return r ? r : s->result ? 0 : -ENOMEM;
}

static int send_one(struct sender *s, const char *body, size_t n)
{
	const struct ctl_options *o = &s->c->opt;
	struct lmq_message *m = lmq_message_new(s->topic, body, n);
	int r = m ? 0 : -ENOMEM;
	if (!r && o->tag)
		r = lmq_message_set_tag(m, o->tag);
	if (!r && o->key)
		r = lmq_message_set_keys(m, o->key);
	if (!r)
		r = lmq_producer_send(s->producer, m, o->timeout_ms, s->result);
	lmq_message_free(m);
	if (r) {
		s->failed++;
		ctl_say(s->c, "not sent: %s", lmq_send_result_detail(s->result));
		return r;
	}
	s->sent++;
	ctl_cell_str(&s->rows, lmq_send_result_message_id(s->result));
	ctl_cell_str(&s->rows, lmq_send_result_broker(s->result));
	ctl_cell_i64(&s->rows, lmq_send_result_queue_id(s->result));
	ctl_cell_i64(&s->rows, lmq_send_result_queue_pos(s->result));
	return 0;
}

/* A message a line. */
static int send_lines(struct sender *s)
{
	char *line = NULL;
	size_t cap = 0;
	int r = 0;
	for (ssize_t n; (n = getline(&line, &cap, s->c->in)) > 0 && !r;) {
		if (line[n - 1] == '\n')
			n--;
		r = n > LINE_MAX_BYTES ? -LMQ_ETOOBIG : send_one(s, line, (size_t)n);
	}
	free(line);
	return r;
}

static enum ctl_exit sent_exit(int r)
{
	switch (r) {
	case 0:
		return CTL_DONE;
	case -LMQ_ENOROUTE:
	case -LMQ_ENOTFOUND:
		return CTL_NOT_FOUND;
	case -LMQ_ETIMEOUT:
	case -LMQ_ECLOSED:
	case -ECONNREFUSED:
		return CTL_UNREACHABLE;
	default:
		return CTL_REFUSED;
	}
}

enum ctl_exit ctl_send(struct ctl *c)
{
	static const char *const result[] = { "id", "broker", "#queue", "#position", NULL };
	struct sender s = { .c = c, .topic = ctl_operand(c, 0, c->opt.topic) };
	const char *body = ctl_operand(c, 1, c->opt.body);
	if (!s.topic) {
		ctl_say(c, "which topic?");
		return CTL_USAGE;
	}
	ctl_rows_begin(&s.rows, c, result);
	int r = open_sender(&s);
	if (!r)
		r = body ? send_one(&s, body, strlen(body)) : send_lines(&s);
	lmq_send_result_free(s.result);
	lmq_producer_free(s.producer);
	lmq_client_free(s.client);
	enum ctl_exit printed = s.sent ? ctl_rows_end(&s.rows) : CTL_DONE;
	if (r && s.sent)
		return CTL_PARTLY;
	return r ? sent_exit(r) : printed;
}
