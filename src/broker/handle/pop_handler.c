/* SPDX-License-Identifier: Apache-2.0 */
/* POP_MESSAGE: messages of any queue are handed out, each with a receipt; or the request waits for one. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "broker/handle/handlers.h"
#include "broker/handle/pop_get.h"

#define POP_RETRY_MS 100    /* when a connection that is full is tried again */
#define INFO_CHARS 4096     /* of startOffsetInfo and the like: 32 queues at most */

struct pop_request {
	struct pop_get get;
	struct lmi_tags_filter filter;
	struct filter *sql; /* owned */
	int64_t poll_ms, born_ms;
	int32_t max;
};

/* ---- texts of the header ---- */

struct info {
	char text[INFO_CHARS];
	size_t n;
};

static void info_add(struct info *o, const char *fmt, ...) LMI_PRINTF(2, 3);

static void info_add(struct info *o, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(o->text + o->n, sizeof(o->text) - o->n, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < sizeof(o->text) - o->n)
		o->n += (size_t)n;
}

static const char *between(const struct info *o)
{
	return o->n ? ";" : "";
}

/* Rule: ExtraInfoUtil.buildStartOffsetInfo, buildMsgOffsetInfo. */
static void put_positions(struct lmi_command_out *o, const struct pop_get *g)
{
	struct info starts = { .n = 0 }, positions = { .n = 0 };
	for (uint32_t i = 0; i < g->part_count; i++) {
		const struct pop_part *p = &g->parts[i];
		int flag = pop_retry_flag(p->topic);
		info_add(&starts, "%s%d %d %lld", between(&starts), flag, p->queue_id, (long long)p->start_pos);
		info_add(&positions, "%s%d %d ", between(&positions), flag, p->queue_id);
		for (uint32_t k = 0; k < p->count; k++)
			info_add(&positions, "%s%lld", k ? "," : "", (long long)(p->start_pos + p->diffs[k]));
	}
	lmi_command_put(o, LMI_EXT_START_OFFSET_INFO, lmi_span(starts.text, starts.n));
	lmi_command_put(o, LMI_EXT_MSG_OFFSET_INFO, lmi_span(positions.text, positions.n));
}

/* Rule: ConsumerOrderInfoManager.update: each message handed out before, then the least of the queue. */
static void put_order_counts(struct lmi_command_out *o, const struct pop_get *g)
{
	struct info counts = { .n = 0 };
	for (uint32_t i = 0; i < g->part_count; i++) {
		const struct pop_part *p = &g->parts[i];
		int flag = pop_retry_flag(p->topic);
		int32_t least = INT32_MAX;
		for (uint32_t k = 0; k < p->count; k++) {
			int64_t pos = p->start_pos + p->diffs[k];
			int32_t times = pop_order_times(p->queue, g->attempt, pos);
			if (times)
				info_add(&counts, "%s%d qo%d%%%lld %d", between(&counts), flag, p->queue_id, (long long)pos, times);
			least = times < least ? times : least;
		}
		info_add(&counts, "%s%d %d %d", between(&counts), flag, p->queue_id, least);
	}
	lmi_command_put(o, LMI_EXT_ORDER_COUNT_INFO, lmi_span(counts.text, counts.n));
}

static void put_header(struct lmi_command_out *o, const struct pop_get *g)
{
	lmi_command_put_i64(o, LMI_EXT_POP_TIME, g->pop_ms);
	lmi_command_put_i64(o, LMI_EXT_INVISIBLE_TIME, g->invisible_ms);
	lmi_command_put_i64(o, LMI_EXT_REVIVE_QID, g->revive_qid);
	lmi_command_put_i64(o, LMI_EXT_REST_NUM, g->rest);
	put_positions(o, g);
	if (g->order)
		put_order_counts(o, g);
}

/* ---- answers ---- */

static void answer_nothing(struct handle *h, const struct request *r, const struct pop_request *p, int32_t code)
{
	struct lmi_command_out o;
	h->counts.got_none++;
	answer_begin(r, &o, code);
	put_header(&o, &p->get);
	lmi_command_remark(&o, lmi_span_str(store_get_status_name(STORE_NO_MESSAGE_IN_QUEUE)));
	lmi_command_end(&o, 0);
}

static int answer_found(struct handle *h, const struct request *r, struct pop_request *p)
{
	struct lmi_command_out o;
	size_t before = lmi_buf_len(r->out);
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	put_header(&o, &p->get);
	lmi_command_remark(&o, lmi_span_str(store_get_status_name(STORE_FOUND)));
	lmi_command_end(&o, p->get.bytes);
	int err = pop_get_copy(h, &p->get, r->out);
	if (err) {
		r->out->tail = r->out->head + before;
		return err;
	}
	pop_get_commit(h, &p->get);
	return 0;
}

/* ---- waiting ---- */

static struct pop_wait *wait_for(struct handle *h, const struct request *r, const struct pop_request *p, int64_t deadline_ms,
				 int *out_err)
{
	struct pop_wait *w = NULL;
	struct pop_wait_request q = { .peer = r->peer,
				      .kind = POP_WAIT_POP,
				      .topic = p->get.asked.topic,
				      .group = p->get.asked.group,
				      .queue_id = p->get.asked.queue_id,
				      .deadline_ms = deadline_ms,
				      .filter = p->get.filter,
				      .frame = r->frame };
	*out_err = pop_wait_add(h->pop_waits, &q, &w);
	return w;
}

/* Nothing there.  Rule: PopLongPollingService.polling. */
static void hold(struct handle *h, const struct request *r, const struct pop_request *p)
{
	int err;
	int64_t left_ms = pop_wait_left_ms(h, p->born_ms, p->poll_ms);
	if (p->poll_ms <= 0 || left_ms <= 0 || h->stopping || (r->cmd->flag & LMI_FLAG_ONEWAY)) {
		answer_nothing(h, r, p, LMI_RSP_POLLING_TIMEOUT);
		return;
	}
	struct pop_wait *w = wait_for(h, r, p, lmi_mono_ms(h->clock) + left_ms, &err);
	if (!w)
		answer_nothing(h, r, p, LMI_RSP_POLLING_FULL);
	else if (p->get.more)
		pop_wait_wake(h->pop_waits, w); /* it goes on where it stopped */
}

/* ---- the request ---- */

static bool read_sql(struct handle *h, const struct request *r, struct pop_request *p, struct lmi_span type,
		     struct lmi_span expression)
{
	struct filter_error e = { .column = 0, .text = "its type is not known, or enablePropertyFilter is off" };
	int err = -LMQ_EUNSUPPORTED;
	if (h->settings->property_filter && lmi_span_is(type, LMI_EXPRESSION_SQL92))
		err = filter_compile(expression, &p->sql, &e);
	if (err == 0) {
		p->get.sql = p->sql;
		return true;
	}
	answer_error(h, r, LMI_RSP_SUBSCRIPTION_PARSE_FAILED, "the expression cannot be used: %s (column %u)", e.text, e.column);
	return false;
}

static bool read_filter(struct handle *h, const struct request *r, struct pop_request *p, struct lmi_span type,
			struct lmi_span expression)
{
	struct lmi_subscription s = { .expression = expression };
	if (!expression.n)
		return true;
	if (!lmi_tags_is_tag_type(type))
		return read_sql(h, r, p, type, expression);
	if (lmi_tags_parse(expression, &h->arena, &s)) {
		answer_error(h, r, LMI_RSP_SUBSCRIPTION_PARSE_FAILED,
			     "the subscription is not a list of tags such as `a || b`, nor `*`");
		return false;
	}
	p->filter = lmi_tags_filter_of(&s);
	p->get.filter = &p->filter;
	return true;
}

static bool is_late(struct handle *h, const struct request *r, const struct pop_request *p)
{
	if (handle_now(h) - p->born_ms <= p->poll_ms || handle_now(h) - p->born_ms - p->poll_ms <= POP_LATE_MS)
		return false;
	answer_error(h, r, LMI_RSP_POLLING_TIMEOUT, "the time for this request was over before it came: do the clocks agree?");
	return true;
}

static bool check(struct handle *h, const struct request *r, struct pop_request *p)
{
	if (is_late(h, r, p) || !pop_check_broker(h, r))
		return false;
	if (p->max > (int32_t)POP_BATCH_MAX) {
		answer_error(h, r, LMI_RSP_INVALID_PARAMETER, "a pop may ask for %u messages, not %d", POP_BATCH_MAX, p->max);
		return false;
	}
	return pop_check(h, r, &p->get.asked) &&
	       read_filter(h, r, p, lmi_command_ext(r->cmd, LMI_EXT_EXP_TYPE), lmi_command_ext(r->cmd, LMI_EXT_EXP));
}

static bool read_request(struct handle *h, const struct request *r, struct pop_request *p)
{
	struct fields f = fields_of(r);
	struct pop_get *g = &p->get;
	g->asked.group = fields_text(&f, LMI_EXT_CONSUMER_GROUP);
	g->asked.topic = fields_text(&f, LMI_EXT_TOPIC);
	g->asked.queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID);
	p->max = fields_i32(&f, LMI_EXT_MAX_MSG_NUMS);
	g->invisible_ms = fields_i64(&f, LMI_EXT_INVISIBLE_TIME);
	p->poll_ms = fields_i64(&f, LMI_EXT_POLL_TIME);
	p->born_ms = fields_i64_or(&f, LMI_EXT_BORN_TIME, 0);
	g->from_min = fields_i32(&f, LMI_EXT_INIT_MODE) == 0; /* rule: ConsumeInitMode.MIN */
	g->order = fields_bool_or(&f, LMI_EXT_ORDER, false);
	g->attempt = fields_text_or(&f, LMI_EXT_ATTEMPT_ID, LMI_SPAN_NULL);
	g->max = p->max > 0 ? (uint32_t)p->max : 0;
	g->pop_ms = handle_now(h);
	g->revive_qid = g->order ? POP_ORDER_REVIVE_QUEUE : (int32_t)(h->pop_count++ % POP_REVIVE_QUEUES);
	g->invisible_ms = pop_invisible_ms(g->invisible_ms);
	if (p->born_ms == 0)
		p->born_ms = g->pop_ms;
	return fields_ok(h, r, &f);
}

/* One that waited gave way, or messages remain: another may take them. */
static void tell_next(struct handle *h, const struct pop_get *g)
{
	if (g->rest > 0)
		pop_wait_notify(h->pop_waits, g->asked.topic, g->asked.group, g->asked.queue_id);
}

static void cold(struct handle *h, const struct request *r, const struct pop_request *p)
{
	defer_until_read(h, r, p->get.cold, p->get.cold_count);
}

static void pop(struct handle *h, const struct request *r, struct pop_request *p)
{
	int err;
	if (lmi_buf_len(r->out) > HANDLE_OUT_PAUSE && !h->stopping && !(r->cmd->flag & LMI_FLAG_ONEWAY)) {
		if (!wait_for(h, r, p, lmi_mono_ms(h->clock) + POP_RETRY_MS, &err))
			answer_nothing(h, r, p, LMI_RSP_POLLING_FULL);
		return;
	}
	err = pop_get_look(h, &p->get);
	if (!err && p->get.count)
		err = answer_found(h, r, p);
	else if (!err)
		hold(h, r, p);
	if (err == -EAGAIN)
		cold(h, r, p);
	else if (err)
		answer_error(h, r, LMI_RSP_SYSTEM_BUSY, "the messages could not be read: %s; try again later", lmi_strerror(err));
	else if (p->get.count)
		tell_next(h, &p->get);
}

void pop_handler(struct handle *h, const struct request *r)
{
	struct pop_request p = { .max = 0 };
	if (read_request(h, r, &p) && check(h, r, &p))
		pop(h, r, &p);
	filter_unref(p.sql);
}
