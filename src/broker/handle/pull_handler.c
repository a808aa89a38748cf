/* SPDX-License-Identifier: Apache-2.0 */
/* PULL_MESSAGE, LITE_PULL_MESSAGE: from the request, and again from its hold.  Checks come in RocketMQ's order. */
#include <errno.h>
#include <stdlib.h>

#include "broker/handle/count.h"
#include "broker/handle/handlers.h"
#include "broker/handle/look.h"
#include "base/event.h"
#include "broker/handle/pull_check.h"
#include "rules/name.h"

enum { /* rule: PullSysFlag */
	PULL_FLAG_COMMIT = 1,
	PULL_FLAG_SUSPEND = 2,
};

#define PULL_WARM_MAX 8u          /* rounds through a worker for one answer */
#define PULL_LOOK_MAX (8u << 20) /* bytes of properties that one pull's expression may look at */

/* ---- answers ---- */

static int32_t code_of(enum store_get_status status, int64_t asked_pos)
{
	switch (status) {
	case STORE_FOUND:
		return LMI_RSP_SUCCESS;
	case STORE_MESSAGE_WAS_REMOVING:
	case STORE_NO_MATCHED_MESSAGE:
		return LMI_RSP_PULL_RETRY_IMMEDIATELY;
	case STORE_NO_MATCHED_LOGIC_QUEUE:
	case STORE_NO_MESSAGE_IN_QUEUE:
		return asked_pos != 0 ? LMI_RSP_PULL_OFFSET_MOVED : LMI_RSP_PULL_NOT_FOUND;
	case STORE_OFFSET_FOUND_NULL:
	case STORE_OFFSET_OVERFLOW_ONE:
		return LMI_RSP_PULL_NOT_FOUND;
	case STORE_OFFSET_OVERFLOW_BADLY:
	case STORE_OFFSET_TOO_SMALL:
		return LMI_RSP_PULL_OFFSET_MOVED;
	}
	return LMI_RSP_SYSTEM_ERROR;
}

static int64_t suggested_broker(const struct handle *h, const struct pull *p)
{
	if (!h->settings->slave_read)
		return 0;
	return h->get.suggest_slave ? p->group_config->which_broker_when_slow : p->group_config->broker_id;
}

/* The header, with room for body_bytes to follow. */
static void answer_header(const struct handle *h, const struct pull *p, int32_t code, size_t body_bytes)
{
	const struct store_get *g = &h->get;
	struct lmi_command_out o;
	lmi_command_begin(&o, p->out, (enum lmi_serialize)p->serialize, code, p->opaque, LMI_FLAG_RESPONSE);
	lmi_command_put_i64(&o, LMI_EXT_SUGGEST_WHICH_BROKER_ID, suggested_broker(h, p));
	lmi_command_put_i64(&o, LMI_EXT_NEXT_BEGIN_OFFSET, g->next_pos);
	lmi_command_put_i64(&o, LMI_EXT_MIN_OFFSET, g->min_pos);
	lmi_command_put_i64(&o, LMI_EXT_MAX_OFFSET, g->max_pos);
	lmi_command_put_i64(&o, LMI_EXT_TOPIC_SYS_FLAG, p->topic_config->config.sysflag);
	lmi_command_put_i64(&o, LMI_EXT_GROUP_SYS_FLAG, p->group_config->sysflag);
	lmi_command_remark(&o, lmi_span_str(store_get_status_name(g->status)));
	lmi_command_end(&o, body_bytes);
}

/* It cannot be read now, and perhaps later: the client asks for the same again after a pause.  Nothing is passed over. */
static void answer_failed(struct handle *h, const struct pull *p, int err)
{
	struct lmi_command_out o;
	const char *text = lmi_arena_printf(&h->arena, "the messages cannot be read now: %s", lmi_strerror(err));
	lmi_command_begin(&o, p->out, (enum lmi_serialize)p->serialize, LMI_RSP_SYSTEM_ERROR, p->opaque, LMI_FLAG_RESPONSE);
	lmi_command_remark(&o, lmi_span_str(text ? text : "the messages cannot be read now"));
	lmi_command_end(&o, 0);
}

/* True for want of descriptors, and for a disk that does not answer: whether it will is not for us to say. */
static bool is_passing(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -EIO;
}

/* -LMQ_ECORRUPT: one of them is damaged and was left out; the others are to be tried again. */
static int copy_extents(struct handle *h, struct lmi_buf *out)
{
	struct store_get *g = &h->get;
	uint8_t *dst = lmi_buf_reserve(out, store_got_room(h->store, g));
	size_t bad;
	if (!dst)
		return -ENOMEM;
	int err = store_read_all_got(h->store, g, dst, &bad);
	if (err == -LMQ_ECORRUPT)
		store_get_leave_out(g, bad);
	if (!err)
		lmi_buf_commit(out, g->bytes);
	return err;
}

/* Header and messages, or nothing.  -EAGAIN: a worker must read first. */
static int answer_found(struct handle *h, const struct pull *p)
{
	size_t before = lmi_buf_len(p->out);
	answer_header(h, p, LMI_RSP_SUCCESS, h->get.bytes);
	int err = copy_extents(h, p->out);
	if (!err) {
		count_got(h, p->topic, p->group, (int64_t)h->get.count, (int64_t)h->get.bytes);
		return 0;
	}
	if (err != -ENOMEM)
		p->out->tail = p->out->head + before;
	return err;
}

/* ---- looking ---- */

static int look(struct handle *h, const struct pull *p)
{
	struct store_get *g = &h->get;
	g->topic = p->topic;
	g->queue_id = p->queue_id;
	g->queue_pos = p->queue_pos;
	g->max_messages = p->max_messages;
	g->max_bytes = p->max_bytes;
	g->count = 0;
	g->bytes = 0;
	return look_into(h, &p->filter, p->sql, PULL_LOOK_MAX);
}

static void remember_pulled(struct handle *h, const struct pull *p)
{
	struct offset_at at = { .group = p->group, .topic = p->topic, .queue_id = p->queue_id };
	offset_table_pulled(h->offsets, &at, h->get.next_pos);
}

enum verdict {
	ANSWERED,
	NOTHING, /* 19: may be held */
	PASSED,  /* from a hold: what arrived is not for it, and it has time left */
	COLD     /* a worker must read first */
};

static enum verdict finish(struct handle *h, const struct pull *p, bool may_hold)
{
	struct store_get *g = &h->get;
	int err = 0;
	do
		err = g->status == STORE_FOUND ? answer_found(h, p) : 0;
	while (err == -LMQ_ECORRUPT);
	if (err == -EAGAIN)
		return COLD;
	if (is_passing(err)) {
		answer_failed(h, p, err);
		return ANSWERED;
	}
	if (err) /* the records went away, or cannot be read: the client goes on behind them */
		g->status = STORE_MESSAGE_WAS_REMOVING;
	remember_pulled(h, p);
	if (g->status == STORE_FOUND)
		return ANSWERED;
	h->counts.got_none++;
	int32_t code = code_of(g->status, p->queue_pos);
	if (g->status == STORE_NO_MATCHED_MESSAGE && g->next_pos >= g->max_pos && p->wait_until_ms > lmi_mono_ms(h->clock) && !h->stopping)
		return PASSED;
	if (code == LMI_RSP_PULL_NOT_FOUND && may_hold && !h->stopping)
		return NOTHING;
	if (code == LMI_RSP_PULL_OFFSET_MOVED)
		lmi_log_with(h->log, LMI_LOG_NOTICE,
			LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_POSITION_MOVED), LMI_LOG_SPAN("GROUP", p->group),
				       LMI_LOG_SPAN("TOPIC", p->topic)),
			"group %.*s asked for position %lld of %.*s queue %d, which has %lld to %lld: "
			"sent to %lld", SPAN_ARGS(p->group), (long long)p->queue_pos, SPAN_ARGS(p->topic), p->queue_id,
			(long long)g->min_pos, (long long)g->max_pos, (long long)g->next_pos);
	answer_header(h, p, code, 0);
	return ANSWERED;
}

/* Check and look.  Anything but ANSWERED leaves the output as it was. */
static enum verdict run(struct handle *h, struct pull *p, bool may_hold)
{
	if (!pull_check(h, p) || pull_answer_reset(h, p))
		return ANSWERED;
	int err = look(h, p);
	if (err == -EAGAIN)
		return COLD;
	if (err) {
		answer_failed(h, p, err);
		return ANSWERED;
	}
	return finish(h, p, may_hold);
}

/* ---- from the request ---- */

static void commit(struct handle *h, const struct pull *p, int64_t queue_pos)
{
	struct offset_at at = { .group = p->group, .topic = p->topic, .queue_id = p->queue_id };
	if (!offset_goes_back(h, &at, queue_pos)) /* an older one comes late */
		offset_table_commit(h->offsets, &at, queue_pos);
}

static int64_t hold_ms(const struct handle *h, int64_t asked_ms)
{
	if (!h->settings->long_polling)
		return h->settings->short_polling_ms;
	return asked_ms < 0 ? 0 : asked_ms > HOLD_MAX_MS ? HOLD_MAX_MS : asked_ms;
}

static int hold_add(struct handle *h, const struct pull *p, int64_t wait_ms, int64_t suspend_ms, struct hold **out)
{
	struct hold_request q = {
		.peer = p->peer,
		.topic = p->topic,
		.group = p->group,
		.queue_pos = p->queue_pos,
		.sub_version = p->sub_version,
		.deadline_ms = lmi_mono_ms(h->clock) + wait_ms,
		.queue_id = p->queue_id,
		.opaque = p->opaque,
		.code = p->code,
		.sysflag = p->sysflag,
		.max_messages = p->max_messages,
		.max_bytes = p->max_bytes,
		.suspend_ms = (int32_t)suspend_ms,
		.serialize = p->serialize,
		.filter = p->sysflag & PULL_FLAG_SUBSCRIPTION ? &p->filter : NULL,
		.sql = p->sql,
	};
	return hold_table_add(h->holds, &q, out);
}

/* The group holds as much as it may: its clients pause. */
static void answer_quota(struct handle *h, const struct pull *p)
{
	struct lmi_command_out o;
	const char *text = lmi_arena_printf(&h->arena, "consumer group %.*s waits in %zu pulls, as many as maxHeldPullsPerGroup allows: "
					    "try again in 3 s", SPAN_ARGS(p->group), h->holds->group_max);
	lmi_command_begin(&o, p->out, (enum lmi_serialize)p->serialize, LMI_RSP_SYSTEM_BUSY, p->opaque, LMI_FLAG_RESPONSE);
	lmi_command_remark(&o, lmi_span_str(text ? text : "too many pulls wait: try again in 3 s"));
	lmi_command_end(&o, 0);
	h->counts.refused++;
}

/* No memory or no room to hold it: the client asks again. */
static void answer_nothing(struct handle *h, const struct pull *p)
{
	struct store_bounds b = { 0 };
	store_queue_bounds(h->store, p->topic, p->queue_id, &b);
	h->get.status = STORE_OFFSET_OVERFLOW_ONE;
	h->get.next_pos = p->queue_pos;
	h->get.min_pos = b.min_pos;
	h->get.max_pos = b.max_pos;
	answer_header(h, p, LMI_RSP_PULL_NOT_FOUND, 0);
}

/* It could not be held. */
static void answer_unheld(struct handle *h, const struct pull *p, int err)
{
	if (err == -EDQUOT)
		answer_quota(h, p);
	else
		answer_nothing(h, p);
}

static void warm(struct handle *h, struct hold *hold);

static void pull_cold(struct handle *h, const struct pull *p, int64_t suspend_ms)
{
	struct hold *hold;
	int err = hold_add(h, p, 0, suspend_ms, &hold);
	if (err) {
		answer_unheld(h, p, err);
		return;
	}
	hold_table_grab(h->holds, hold);
	warm(h, hold);
}

static void pull_first(struct handle *h, struct pull *p, int64_t suspend_ms, bool oneway)
{
	struct hold *hold;
	int err = 0;
	if (lmi_buf_len(p->out) > HANDLE_OUT_PAUSE) {
		if (pull_check(h, p))
			err = hold_add(h, p, HANDLE_RETRY_MS, suspend_ms, &hold);
		if (err)
			answer_unheld(h, p, err);
		return;
	}
	enum verdict v = run(h, p, suspend_ms > 0);
	if (v == NOTHING)
		err = oneway ? -LMQ_EFULL : hold_add(h, p, suspend_ms, 0, &hold);
	if (err)
		answer_unheld(h, p, err);
	else if (v == COLD && !oneway)
		pull_cold(h, p, suspend_ms);
}

void pull_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct pull p = {
		.peer = r->peer,
		.out = r->out,
		.code = r->cmd->code,
		.opaque = r->cmd->opaque,
		.serialize = (uint8_t)r->cmd->serialize,
		.group = fields_text(&f, LMI_EXT_CONSUMER_GROUP),
		.topic = fields_text(&f, LMI_EXT_TOPIC),
		.queue_id = fields_i32(&f, LMI_EXT_QUEUE_ID),
		.queue_pos = fields_i64(&f, LMI_EXT_QUEUE_OFFSET),
		.max_messages = fields_i32(&f, LMI_EXT_MAX_MSG_NUMS),
		.sysflag = fields_i32(&f, LMI_EXT_SYS_FLAG),
		.sub_version = fields_i64(&f, LMI_EXT_SUB_VERSION),
		.subscription = fields_text_or(&f, LMI_EXT_SUBSCRIPTION, LMI_SPAN_NULL),
		.expression_type = fields_text_or(&f, LMI_EXT_EXPRESSION_TYPE, LMI_SPAN_NULL),
		.max_bytes = fields_i32_or(&f, LMI_EXT_MAX_MSG_BYTES, 0),
	};
	/* Each is needed only with its flag, and RocketMQ asks for it no earlier. */
	int64_t commit_pos = p.sysflag & PULL_FLAG_COMMIT ? fields_i64(&f, LMI_EXT_COMMIT_OFFSET) : 0;
	int64_t suspend_ms = p.sysflag & PULL_FLAG_SUSPEND ? fields_i64(&f, LMI_EXT_SUSPEND_TIMEOUT_MILLIS) : 0;
	if (!fields_ok(h, r, &f))
		return;
	suspend_ms = p.sysflag & PULL_FLAG_SUSPEND ? hold_ms(h, suspend_ms) : 0;
	pull_first(h, &p, suspend_ms, r->cmd->flag & LMI_FLAG_ONEWAY);
	if ((p.sysflag & PULL_FLAG_COMMIT) && p.checked)
		commit(h, &p, commit_pos);
	pull_done(&p);
}

/* ---- from the hold ---- */

static void pull_of_hold(struct pull *p, const struct hold *hold)
{
	*p = (struct pull){
		.peer = hold->peer,
		.out = peer_out(hold->peer),
		.code = hold->code,
		.opaque = hold->opaque,
		.serialize = hold->serialize,
		.group = hold_group(hold),
		.topic = hold_topic(hold),
		.queue_id = hold->queue->queue_id,
		.queue_pos = hold->queue_pos,
		.max_messages = hold->max_messages,
		.max_bytes = hold->max_bytes,
		.sysflag = hold->sysflag,
		.sub_version = hold->sub_version,
	};
	if (hold->filter) {
		p->has_filter = true;
		p->filter = (struct lmi_tags_filter){ .all = hold->filter->all,
						      .codes = hold->filter->codes,
						      .count = hold->filter->count };
		p->sql = hold->filter->sql;
	}
}

/* A taken hold gets its answer, or waits on. */
static void resume(struct handle *h, struct hold *hold)
{
	struct pull p;
	int64_t now_ms = lmi_mono_ms(h->clock);
	if (!hold->peer->open) {
		hold_free(h->holds, hold);
		return;
	}
	lmi_arena_reset(&h->arena);
	pull_of_hold(&p, hold);
	p.wait_until_ms = hold->deadline_ms;
	if (lmi_buf_len(p.out) > HANDLE_OUT_PAUSE && !h->stopping) {
		hold_table_again(h->holds, hold, now_ms + HANDLE_RETRY_MS);
		return;
	}
	int32_t suspend_ms = hold->suspend_ms;
	switch (run(h, &p, suspend_ms > 0)) {
	case ANSWERED:
		hold_free(h->holds, hold);
		break;
	case NOTHING:
		hold->suspend_ms = 0;
		hold_table_again(h->holds, hold, now_ms + suspend_ms);
		break;
	case PASSED:
		hold->queue_pos = h->get.next_pos;
		hold_table_again(h->holds, hold, hold->deadline_ms);
		break;
	case COLD:
		warm(h, hold);
		break;
	}
}

void pull_wake(struct handle *h)
{
	for (struct hold *hold; (hold = hold_table_take(h->holds));)
		resume(h, hold);
}

struct warming {
	struct handle *h;
	struct hold *hold;
};

static void on_warm(void *arg)
{
	struct warming *w = arg;
	struct handle *h = w->h;
	struct hold *hold = w->hold;
	free(w);
	resume(h, hold);
}

/* What could not be read may be tried again: with nothing in memory that is the best there is. */
static void give_up(struct handle *h, struct hold *hold)
{
	struct pull p;
	pull_of_hold(&p, hold);
	h->get.status = STORE_MESSAGE_WAS_REMOVING;
	h->get.next_pos = hold->queue_pos;
	if (hold->peer->open && pull_check(h, &p))
		answer_header(h, &p, LMI_RSP_PULL_RETRY_IMMEDIATELY, 0);
	hold_free(h->holds, hold);
}

/* Have what the last look found read by a worker; then the taken hold is resumed. */
static void warm(struct handle *h, struct hold *hold)
{
	struct warming *w = hold->warmed < PULL_WARM_MAX ? malloc(sizeof(*w)) : NULL;
	hold->warmed++;
	if (w) {
		*w = (struct warming){ h, hold };
		if (store_warm(h->store, h->get.extents, h->get.count, on_warm, w) == 0)
			return;
		free(w);
	}
	give_up(h, hold);
}

bool pull_wants(void *ctx, const struct hold *hold, int64_t tags_code)
{
	struct handle *h = ctx;
	const struct client_group *g = client_table_consumers(h->clients, hold_group(hold));
	const struct client_sub *s = g ? client_group_sub(g, hold_topic(hold)) : NULL;
	if (!s)
		return true; /* the check will tell the client */
	struct lmi_tags_filter f = client_sub_filter(s);
	return lmi_tags_match(&f, tags_code);
}
