/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/client_call.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "broker/handle/handlers.h"
#include "broker/handle/record_read.h"

#define VERSION_MIN_CALL 31 /* rule: MQVersion.V3_1_8_SNAPSHOT */

/* ---- who waits ---- */

void asker_init(struct asker *a, struct handle *h, const struct request *r)
{
	*a = (struct asker){ .h = h, .peer = peer_ref(r->peer), .opaque = r->cmd->opaque, .serialize = (uint8_t)r->cmd->serialize,
			     .oneway = r->cmd->flag & LMI_FLAG_ONEWAY };
	r->peer->ops->request_begin(r->peer);
}

void asker_done(struct asker *a)
{
	a->peer->ops->request_end(a->peer);
	peer_unref(a->peer);
}

bool asker_begin(const struct asker *a, struct lmi_command_out *o, int32_t code)
{
	if (a->oneway || !a->peer->open)
		return false;
	lmi_command_begin(o, peer_out(a->peer), (enum lmi_serialize)a->serialize, code, a->opaque, LMI_FLAG_RESPONSE);
	return true;
}

/* ---- requests to clients ---- */

bool client_request_begin(struct handle *h, struct peer *p, int32_t code, struct client_request *c)
{
	c->buf = p->open ? peer_out(p) : NULL;
	if (!c->buf || lmi_buf_len(c->buf) > HANDLE_OUT_PAUSE)
		return false;
	c->before = lmi_buf_len(c->buf);
	c->opaque = ++h->opaque;
	lmi_command_begin(&c->out, c->buf, LMI_SERIALIZE_JSON, code, c->opaque, 0);
	return true;
}

int client_request_send(struct handle *h, struct peer *p, struct client_request *c, struct lmi_span body, call_done_fn *done,
			void *arg)
{
	lmi_command_end(&c->out, body.n);
	lmi_buf_put_span(c->buf, body);
	int err = call_table_add(h->calls, p, c->opaque, lmi_mono_ms(h->clock), done, arg);
	if (err)
		c->buf->tail = c->buf->head + c->before;
	return err;
}

static void copy_fields(struct lmi_command_out *o, const struct lmi_command *from)
{
	for (size_t i = 0; i < from->ext_count; i++)
		lmi_command_put_name(o, from->ext[i].name, from->ext[i].value);
}

/* ---- 307, 309: one client's answer is the answer ---- */

struct relay {
	struct asker asker;
	char who[]; /* group and client, for people */
};

static void relay_answer(const struct relay *y, const struct lmi_command *answer)
{
	struct lmi_command_out o;
	if (!asker_begin(&y->asker, &o, answer->code))
		return;
	copy_fields(&o, answer);
	lmi_command_remark(&o, answer->remark);
	lmi_command_end(&o, answer->body.n);
	lmi_buf_put_span(peer_out(y->asker.peer), answer->body);
}

static void relay_fail(const struct relay *y, int err)
{
	struct lmi_command_out o;
	char remark[512];
	bool late = err == -LMQ_ETIMEOUT;
	if (!asker_begin(&y->asker, &o, late ? LMI_RSP_CONSUME_MSG_TIMEOUT : LMI_RSP_SYSTEM_ERROR))
		return;
	int n = snprintf(remark, sizeof(remark), "%s %s", y->who,
			 late ? "did not answer within 10 s" : "went away before it answered");
	lmi_command_remark(&o, lmi_span(remark, (size_t)n < sizeof(remark) ? (size_t)n : sizeof(remark) - 1));
	lmi_command_end(&o, 0);
}

static void on_relayed(void *arg, int err, const struct lmi_command *answer)
{
	struct relay *y = arg;
	if (answer)
		relay_answer(y, answer);
	else
		relay_fail(y, err);
	asker_done(&y->asker);
	free(y);
}

static struct relay *relay_new(struct handle *h, const struct request *r, const struct client_member *m)
{
	char who[256];
	int n = snprintf(who, sizeof(who), "client %.*s of group %.*s", SPAN_ARGS(client_member_id(m)),
			 SPAN_ARGS(client_group_name(m->group)));
	size_t bytes = (size_t)n < sizeof(who) ? (size_t)n + 1 : sizeof(who);
	struct relay *y = malloc(sizeof(*y) + bytes);
	if (!y)
		return NULL;
	memcpy(y->who, who, bytes);
	asker_init(&y->asker, h, r);
	return y;
}

static const struct client_member *find_member(const struct handle *h, struct lmi_span group, struct lmi_span id)
{
	const struct client_group *g = client_table_consumers(h->clients, group);
	for (struct lmi_list *it = g ? g->members.next : NULL; g && it != &g->members; it = it->next)
		if (lmi_span_eq(client_member_id(client_member_at(it)), id))
			return client_member_at(it);
	return NULL;
}

/* What 309 adds for the client. */
struct directly {
	int64_t topic_sysflag, group_sysflag; /* -1: none */
	struct lmi_span record;
};

static void put_directly(const struct handle *h, struct lmi_command_out *o, const struct directly *d)
{
	lmi_command_put(o, LMI_EXT_BROKER_NAME, h->settings->broker_name);
	if (d->topic_sysflag >= 0)
		lmi_command_put_i64(o, LMI_EXT_TOPIC_SYS_FLAG, d->topic_sysflag);
	if (d->group_sysflag >= 0)
		lmi_command_put_i64(o, LMI_EXT_GROUP_SYS_FLAG, d->group_sysflag);
}

static void put_fields(struct lmi_command_out *o, const struct lmi_command *from, bool directly)
{
	for (size_t i = 0; i < from->ext_count; i++) {
		enum lmi_ext_key k = lmi_ext_key_find(from->ext[i].name);
		bool ours = k == LMI_EXT_BROKER_NAME || k == LMI_EXT_TOPIC_SYS_FLAG || k == LMI_EXT_GROUP_SYS_FLAG;
		if (!directly || !ours)
			lmi_command_put_name(o, from->ext[i].name, from->ext[i].value);
	}
}

static void call_consumer(struct handle *h, const struct request *r, struct lmi_span group, struct lmi_span id,
			  const struct directly *d)
{
	const struct client_member *m = find_member(h, group, id);
	struct client_request c;
	if (!m) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "The Consumer <%.*s> <%.*s> not online", SPAN_ARGS(group), SPAN_ARGS(id));
		return;
	}
	if (m->version < VERSION_MIN_CALL) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "client %.*s is too old to be asked, it needs at least version 3.1.8", SPAN_ARGS(id));
		return;
	}
	struct relay *y = relay_new(h, r, m);
	if (y && client_request_begin(h, m->peer, r->cmd->code, &c)) {
		put_fields(&c.out, r->cmd, d != NULL);
		if (d)
			put_directly(h, &c.out, d);
		if (client_request_send(h, m->peer, &c, d ? d->record : r->cmd->body, on_relayed, y) == 0)
			return;
	}
	answer_error(h, r, LMI_RSP_SYSTEM_BUSY, "client %.*s cannot be asked now: too many questions wait for it", SPAN_ARGS(id));
	if (y)
		asker_done(&y->asker);
	free(y);
}

void client_running_info_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text(&f, LMI_EXT_CONSUMER_GROUP), id = fields_text(&f, LMI_EXT_CLIENT_ID);
	if (fields_ok(h, r, &f))
		call_consumer(h, r, group, id, NULL);
}

void client_consume_directly_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text(&f, LMI_EXT_CONSUMER_GROUP), id = fields_text(&f, LMI_EXT_CLIENT_ID);
	struct lmi_span msg_id = fields_text(&f, LMI_EXT_MSG_ID);
	struct lmi_host host;
	struct directly d = { .topic_sysflag = -1, .group_sysflag = -1 };
	int64_t log_pos;
	int err;
	if (!fields_ok(h, r, &f))
		return;
	if (lmi_offset_msg_id_parse(msg_id, &host, &log_pos)) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "msgId %.*s is not the id of a place in a broker", SPAN_ARGS(msg_id));
		return;
	}
	enum record_got got = record_read(h, r, log_pos, &d.record, &err);
	if (got == RECORD_DEFERRED)
		return;
	if (got == RECORD_MISSING) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "there is no message at log position %lld: %s", (long long)log_pos, lmi_strerror(err));
		return;
	}
	const struct topic *t = topic_table_get(h->topics, lmi_command_ext(r->cmd, LMI_EXT_TOPIC));
	const struct lmi_group_config *g = group_table_get(h->groups, group);
	d.topic_sysflag = t ? t->config.sysflag : -1;
	d.group_sysflag = g ? g->sysflag : -1;
	call_consumer(h, r, group, id, &d);
}
