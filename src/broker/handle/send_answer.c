/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/send_answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "broker/handle/announce.h"
#include "broker/handle/handlers.h"
#include "wire/props.h"

#define REMARK_MAX 1024

static void put_common(const struct handle *h, struct lmi_command_out *o)
{
	lmi_command_put(o, LMI_EXT_MSG_REGION, h->settings->region_id);
	lmi_command_put_bool(o, LMI_EXT_TRACE_ON, h->settings->trace_on);
}

void send_refuse(struct handle *h, const struct request *r, int32_t code, const char *fmt, ...)
{
	char remark[REMARK_MAX];
	struct lmi_command_out o;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(remark, sizeof(remark), fmt, ap);
	va_end(ap);
	h->counts.refused++;
	h->counts.put_failed++;
	answer_begin(r, &o, code);
	put_common(h, &o);
	lmi_command_remark(&o, lmi_span(remark, n < 0 ? 0 : (size_t)n < sizeof(remark) ? (size_t)n : sizeof(remark) - 1));
	lmi_command_end(&o, 0);
}

void send_refuse_store(struct handle *h, const struct request *r, int err)
{
	const char *cause = store_readonly_cause(h->store), *refusal = cause ? NULL : store_refusal(h->store);
	if (refusal && err != -LMQ_ETOOBIG && err != -ENOMEM) {
		send_refuse(h, r, LMI_RSP_SERVICE_NOT_AVAILABLE,
			    "no messages are taken for now: %s; sending works again by itself when that is over", refusal);
		return;
	}
	switch (err) {
	case -LMQ_EREADONLY:
		send_refuse(h, r, LMI_RSP_SERVICE_NOT_AVAILABLE,
			    "the store takes no messages: %s; see the broker's journal, mend the cause and restart it",
			    cause ? cause : "unknown cause");
		break;
	case -LMQ_ETOOBIG:
		send_refuse(h, r, LMI_RSP_MESSAGE_ILLEGAL,
			    "body, properties or topic are longer than allowed (maxMessageSize %u, properties %u bytes)",
			    h->settings->message_max_bytes, LMI_PROPS_MAX);
		break;
	case -LMQ_EILLEGAL:
		send_refuse(h, r, LMI_RSP_MESSAGE_ILLEGAL, "the message's properties hold a NUL byte");
		break;
	case -ENOMEM:
		send_refuse(h, r, LMI_RSP_SYSTEM_BUSY, "the broker is short of memory, try again later");
		break;
	default:
		send_refuse(h, r, LMI_RSP_SERVICE_NOT_AVAILABLE, "the store failed: %s; see the broker's journal",
			    lmi_strerror(err));
	}
}

bool send_wants_sync(const struct handle *h, const struct topic *t)
{
	return t->flush == TOPIC_FLUSH_AS_CONFIGURED ? h->settings->sync_flush : t->flush == TOPIC_SYNC_FLUSH;
}

static void answer_later(struct handle *h, const struct request *r, struct pending_answer *a, bool wait_sync,
			 struct lmi_span uniq, struct lmi_span ids)
{
	if (wait_sync)
		store_want_sync(h->store, a->log_end);
	if (r->cmd->flag & LMI_FLAG_ONEWAY)
		return;
	a->peer = r->peer;
	a->opaque = r->cmd->opaque;
	a->serialize = (uint8_t)r->cmd->serialize;
	a->deadline_ms = wait_sync ? lmi_mono_ms(h->clock) + h->settings->sync_timeout_ms : INT64_MAX;
	if (pending_add(h->pending, wait_sync ? PENDING_SYNCED : PENDING_WRITTEN, a, uniq, ids))
		send_refuse(h, r, LMI_RSP_SYSTEM_BUSY,
			    "the message was stored, but the broker is short of memory to say so in time");
}

void send_answer_later(struct handle *h, const struct request *r, const struct store_ticket *t, bool wait_sync,
		       int32_t queue_id, struct lmi_span uniq, struct lmi_span ids)
{
	struct pending_answer a = {
		.kind = PENDING_SEND,
		.made_topic = h->made_topic,
		.log_end = t->log_end,
		.log_pos = t->log_pos,
		.queue_pos = t->queue_pos,
		.queue_id = queue_id,
	};
	answer_later(h, r, &a, wait_sync, uniq, ids);
}

void send_answer_recallable(struct handle *h, const struct request *r, const struct store_ticket *t, bool wait_sync,
			    int32_t queue_id, struct lmi_span uniq, struct lmi_span recall_handle)
{
	struct pending_answer a = {
		.kind = PENDING_RECALLABLE,
		.log_end = t->log_end,
		.log_pos = t->log_pos,
		.queue_pos = t->queue_pos,
		.queue_id = queue_id,
	};
	answer_later(h, r, &a, wait_sync, uniq, recall_handle);
}

void recall_answer_later(struct handle *h, const struct request *r, const struct store_ticket *t, bool wait_sync,
			 struct lmi_span uniq)
{
	struct pending_answer a = { .kind = PENDING_RECALL, .log_end = t->log_end, .log_pos = t->log_pos };
	answer_later(h, r, &a, wait_sync, uniq, LMI_SPAN_NULL);
}

void plain_answer_later(struct handle *h, const struct request *r, const struct store_ticket *t, bool wait_sync)
{
	struct pending_answer a = { .kind = PENDING_PLAIN, .log_end = t->log_end, .log_pos = t->log_pos };
	answer_later(h, r, &a, wait_sync, LMI_SPAN_NULL, LMI_SPAN_NULL);
}

/* ---- when the mark has moved ---- */

static void put_send_fields(const struct handle *h, struct lmi_command_out *o, const struct pending_answer *a,
			    struct lmi_span uniq, struct lmi_span ids)
{
	char id[LMI_OFFSET_MSG_ID_MAX];
	struct lmi_span recall = LMI_SPAN_NULL;
	if (a->kind == PENDING_RECALLABLE) {
		recall = ids;
		ids.n = 0;
	}
	if (!ids.n)
		ids = lmi_span(id, lmi_offset_msg_id(&h->settings->host, a->log_pos, id));
	put_common(h, o);
	if (recall.n)
		lmi_command_put(o, LMI_EXT_RECALL_HANDLE, recall);
	lmi_command_put(o, LMI_EXT_MSG_ID, ids);
	lmi_command_put_i64(o, LMI_EXT_QUEUE_ID, a->queue_id);
	lmi_command_put_i64(o, LMI_EXT_QUEUE_OFFSET, a->queue_pos);
	if (uniq.n)
		lmi_command_put(o, LMI_EXT_TRANSACTION_ID, uniq);
}

static void complete(struct handle *h, struct pending_answer *a, int32_t code, struct lmi_span remark,
		     struct lmi_span uniq, struct lmi_span ids)
{
	struct lmi_command_out o;
	struct lmi_buf *out = a->made_topic ? announce_begin(h, a->peer) : peer_out(a->peer);
	lmi_command_begin(&o, out, (enum lmi_serialize)a->serialize, code, a->opaque, LMI_FLAG_RESPONSE);
	if (remark.n)
		lmi_command_remark(&o, remark);
	if (a->kind == PENDING_SEND || a->kind == PENDING_RECALLABLE) {
		put_send_fields(h, &o, a, uniq, ids);
	} else if (a->kind == PENDING_RECALL) {
		lmi_command_put(&o, LMI_EXT_MSG_REGION, h->settings->region_id);
		lmi_command_put(&o, LMI_EXT_MSG_ID, uniq);
	}
	lmi_command_end(&o, 0);
	if (a->made_topic)
		announce_end(h, a->peer);
	pending_taken(a);
}

static struct lmi_span readonly_remark(struct handle *h, const char *cause)
{
	lmi_arena_reset(&h->arena);
	const char *text = lmi_arena_printf(&h->arena,
					    "the store stopped taking messages before this one was safe: %s; send it again to "
					    "another broker", cause);
	return lmi_span_str(text ? text : cause);
}

/* The disk refused what this answer waits for: it is kept and may be written later, which nobody can wait for. */
static struct lmi_span stalled_remark(struct handle *h)
{
	lmi_arena_reset(&h->arena);
	const char *why = store_refusal(h->store);
	const char *text = lmi_arena_printf(&h->arena, "the message is not stored yet, and may be later: %s", why ? why : "");
	return lmi_span_str(text ? text : "the message is not stored yet, and may be later");
}

static void complete_line(struct handle *h, enum pending_mark mark, int64_t mark_pos, int64_t now_ms)
{
	struct pending_answer a;
	struct lmi_span uniq, ids;
	const char *cause = store_readonly_cause(h->store);
	for (;;) {
		switch (pending_take(h->pending, mark, mark_pos, cause ? INT64_MAX : now_ms, &a, &uniq, &ids)) {
		case PENDING_STAYS:
			return;
		case PENDING_IS_DONE:
			complete(h, &a, LMI_RSP_SUCCESS, LMI_SPAN_NULL, uniq, ids);
			break;
		case PENDING_IS_LATE:
			if (cause)
				complete(h, &a, LMI_RSP_SERVICE_NOT_AVAILABLE, readonly_remark(h, cause), uniq, ids);
			else if (mark == PENDING_WRITTEN)
				complete(h, &a, LMI_RSP_SERVICE_NOT_AVAILABLE, stalled_remark(h), uniq, ids);
			else
				complete(h, &a, LMI_RSP_FLUSH_DISK_TIMEOUT, LMI_SPAN_NULL, uniq, ids);
			break;
		}
	}
}

void send_complete(struct handle *h)
{
	struct store_marks m;
	if (pending_empty(h->pending, PENDING_WRITTEN) && pending_empty(h->pending, PENDING_SYNCED))
		return;
	int64_t now_ms = lmi_mono_ms(h->clock);
	store_marks(h->store, &m);
	/* After a turn's end all is written, unless the disk took it not. */
	complete_line(h, PENDING_WRITTEN, m.written, m.written < m.appended ? INT64_MAX : now_ms);
	complete_line(h, PENDING_SYNCED, m.synced, now_ms);
}
