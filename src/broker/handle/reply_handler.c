/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second half of SEND_REPLY_MESSAGE: a reply goes to the producer that asked, over its own connection; who replied is
 * answered when that producer has taken it.  Rule: ReplyMessageProcessor.
 */
#include "broker/handle/reply_handler.h"

#include <stdlib.h>

#include "base/error.h"
#include "broker/handle/client_call.h"
#include "wire/props.h"

#define PROP_REPLY_TO_CLIENT "REPLY_TO_CLIENT"
#define PROP_PUSH_REPLY_TIME "PUSH_REPLY_TIME"

struct reply_wait {
	struct asker asker;
	int32_t queue_id;
	bool stored;
	int64_t log_pos, queue_pos;
};

static void put_place(const struct handle *h, const struct reply_wait *w, struct lmi_command_out *o)
{
	char id[LMI_OFFSET_MSG_ID_MAX] = "0";
	size_t n = w->stored ? lmi_offset_msg_id(&h->settings->host, w->log_pos, id) : 1;
	lmi_command_put(o, LMI_EXT_MSG_REGION, h->settings->region_id);
	lmi_command_put_bool(o, LMI_EXT_TRACE_ON, h->settings->trace_on);
	lmi_command_put(o, LMI_EXT_MSG_ID, lmi_span(id, n));
	lmi_command_put_i64(o, LMI_EXT_QUEUE_ID, w->queue_id);
	lmi_command_put_i64(o, LMI_EXT_QUEUE_OFFSET, w->stored ? w->queue_pos : 0);
}

/* @fault  NULL: the reply arrived */
static void finish(struct reply_wait *w, const char *fault)
{
	struct lmi_command_out o;
	if (asker_begin(&w->asker, &o, fault ? LMI_RSP_SYSTEM_ERROR : LMI_RSP_SUCCESS)) {
		put_place(w->asker.h, w, &o);
		lmi_command_remark(&o, lmi_span_str(fault));
		lmi_command_end(&o, 0);
	}
	asker_done(&w->asker);
	free(w);
}

static void on_pushed(void *arg, int err, const struct lmi_command *answer)
{
	const char *fault = NULL;
	if (err == -LMQ_ETIMEOUT)
		fault = "the client that asked did not take the reply within 10 s";
	else if (err)
		fault = "the client that asked went away before it took the reply";
	else if (answer->code != LMI_RSP_SUCCESS)
		fault = "the client that asked did not take the reply: it may have waited for too long, see its request's timeout";
	finish(arg, fault);
}

static void put_host(struct lmi_command_out *o, const char *name, const struct lmi_host *host)
{
	char text[LMI_HOST_CHARS];
	lmi_command_put_name(o, lmi_span_str(name), lmi_span(text, lmi_host_print(host, text, sizeof(text))));
}

static void put_i64(struct lmi_command_out *o, const char *name, int64_t v)
{
	uint8_t text[LMI_I64_CHARS];
	lmi_command_put_name(o, lmi_span_str(name), lmi_span(text, lmi_i64_to_chars(v, text)));
}

/* Rule: ReplyMessageRequestHeader. */
static void put_header(struct handle *h, const struct request *r, const struct reply *y, struct lmi_command_out *o)
{
	const struct send_header *s = y->header;
	lmi_command_put(o, LMI_EXT_PRODUCER_GROUP, s->producer_group);
	lmi_command_put(o, LMI_EXT_TOPIC, s->topic);
	lmi_command_put(o, LMI_EXT_DEFAULT_TOPIC, s->default_topic);
	lmi_command_put_i64(o, LMI_EXT_DEFAULT_TOPIC_QUEUE_NUMS, s->default_queues);
	lmi_command_put_i64(o, LMI_EXT_QUEUE_ID, s->queue_id);
	lmi_command_put_i64(o, LMI_EXT_SYS_FLAG, s->sysflag);
	lmi_command_put_i64(o, LMI_EXT_BORN_TIMESTAMP, s->born_ms);
	lmi_command_put_i64(o, LMI_EXT_FLAG, s->flag);
	lmi_command_put(o, LMI_EXT_PROPERTIES, lmi_buf_span(&h->scratch));
	lmi_command_put_i64(o, LMI_EXT_RECONSUME_TIMES, s->reconsume_times);
	lmi_command_put_bool(o, LMI_EXT_UNIT_MODE, s->unit_mode);
	put_host(o, "bornHost", &r->peer->host);
	put_host(o, "storeHost", &h->settings->host);
	put_i64(o, "storeTimestamp", handle_now(h));
}

/* The properties as the client gets them, in the scratch buffer. */
static void build_props(struct handle *h, const struct reply *y)
{
	static const char *const drop[] = { PROP_PUSH_REPLY_TIME, NULL };
	uint8_t now[LMI_I64_CHARS];
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(&h->scratch, y->header->props, drop);
	lmi_props_put(&h->scratch, LMI_SPAN_LIT(PROP_PUSH_REPLY_TIME), lmi_span(now, lmi_i64_to_chars(handle_now(h), now)));
}

static const char *push(struct handle *h, const struct request *r, const struct reply *y, struct reply_wait *w)
{
	struct client_request c;
	struct lmi_span id = lmi_props_get(y->header->props, LMI_SPAN_LIT(PROP_REPLY_TO_CLIENT));
	if (!id.n)
		return "the reply's property REPLY_TO_CLIENT is missing: replies are made by MessageUtil.createReplyMessage";
	const struct client_member *m = client_table_producer_by_id(h->clients, id);
	if (!m)
		return "the client that asked is not connected to this broker any more";
	build_props(h, y);
	if (h->scratch.failed || !client_request_begin(h, m->peer, LMI_REQ_PUSH_REPLY_MESSAGE_TO_CLIENT, &c))
		return "the client that asked does not read what it is sent";
	put_header(h, r, y, &c.out);
	return client_request_send(h, m->peer, &c, r->cmd->body, on_pushed, w) ? "too many replies wait for the client that asked" : NULL;
}

void reply_push(struct handle *h, const struct request *r, const struct reply *y)
{
	struct reply_wait *w = malloc(sizeof(*w));
	if (!w) {
		answer_error(h, r, LMI_RSP_SYSTEM_BUSY, "the broker is short of memory, try again later");
		return;
	}
	*w = (struct reply_wait){ .queue_id = y->queue_id, .stored = y->ticket != NULL };
	if (y->ticket) {
		w->log_pos = y->ticket->log_pos;
		w->queue_pos = y->ticket->queue_pos;
	}
	asker_init(&w->asker, h, r);
	const char *fault = push(h, r, y, w);
	if (fault)
		finish(w, fault);
}
