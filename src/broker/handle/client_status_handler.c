/* SPDX-License-Identifier: Apache-2.0 */
/* INVOKE_BROKER_TO_GET_CONSUMER_STATUS: where each member of a group is; all are asked at once. */
#include <stdlib.h>

#include "broker/handle/client_call.h"
#include "broker/handle/handlers.h"
#include "wire/json.h"

#define STATUS_MEMBERS_MAX 64u         /* asked for one question */
#define STATUS_BYTES_MAX (4u << 20)    /* of their answers together */

struct status {
	struct asker asker;
	struct lmi_buf body; /* "id":{table} of each member that answered */
	size_t waiting;
	uint32_t members, answered;
};

/* One question to one member. */
struct question {
	struct status *status;
	size_t id_bytes;
	char id[];
};

static void finish(struct status *s)
{
	struct lmi_command_out o;
	if (asker_begin(&s->asker, &o, LMI_RSP_SUCCESS)) {
		struct lmi_span head = LMI_SPAN_LIT("{\"consumerTable\":{"), tail = LMI_SPAN_LIT("},\"messageQueueTable\":{}}");
		struct lmi_buf *out = peer_out(s->asker.peer);
		lmi_command_end(&o, head.n + lmi_buf_len(&s->body) + tail.n);
		lmi_buf_put_span(out, head);
		lmi_buf_put_span(out, lmi_buf_span(&s->body));
		lmi_buf_put_span(out, tail);
	}
	asker_done(&s->asker);
	lmi_buf_done(&s->body);
	free(s);
}

/* The value of messageQueueTable, as it stands in the answer.  False when there is none. */
static bool table_of(struct lmi_span body, struct lmi_span *out)
{
	struct lmi_json j;
	struct lmi_json_token key;
	lmi_json_init(&j, body);
	if (lmi_json_enter(&j, LMI_JSON_OBJECT) <= 0)
		return false;
	while (lmi_json_member(&j, &key) > 0) {
		struct lmi_span raw;
		if (lmi_json_raw(&j, &raw) < 0)
			return false;
		if (lmi_json_is(&key, "messageQueueTable")) {
			*out = raw;
			return true;
		}
	}
	return false;
}

static void take(struct status *s, const struct question *q, struct lmi_span table)
{
	struct lmi_json_out o;
	if (lmi_buf_len(&s->body) + q->id_bytes + table.n > STATUS_BYTES_MAX)
		return;
	if (lmi_buf_len(&s->body))
		lmi_buf_put8(&s->body, ',');
	lmi_json_out_init(&o, &s->body);
	lmi_json_put_string(&o, lmi_span(q->id, q->id_bytes));
	lmi_buf_put8(&s->body, ':');
	lmi_buf_put_span(&s->body, table);
}

static void on_status(void *arg, int err, const struct lmi_command *answer)
{
	struct question *q = arg;
	struct status *s = q->status;
	struct lmi_span table;
	if (!err && answer->code == LMI_RSP_SUCCESS && table_of(answer->body, &table))
		take(s, q, table);
	free(q);
	if (--s->waiting == 0)
		finish(s);
}

static void ask(struct handle *h, struct status *s, const struct client_member *m, struct lmi_span topic, struct lmi_span group)
{
	struct client_request c;
	struct lmi_span id = client_member_id(m);
	struct question *q = malloc(sizeof(*q) + id.n);
	if (!q)
		return;
	*q = (struct question){ .status = s, .id_bytes = id.n };
	memcpy(q->id, id.p, id.n);
	if (client_request_begin(h, m->peer, LMI_REQ_GET_CONSUMER_STATUS_FROM_CLIENT, &c)) {
		lmi_command_put(&c.out, LMI_EXT_TOPIC, topic);
		lmi_command_put(&c.out, LMI_EXT_GROUP, group);
		if (client_request_send(h, m->peer, &c, LMI_SPAN_NULL, on_status, q) == 0) {
			s->waiting++;
			return;
		}
	}
	free(q);
}

/* Rule: Broker2Client.getConsumeStatus. */
void client_status_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span topic = fields_text(&f, LMI_EXT_TOPIC), group = fields_text(&f, LMI_EXT_GROUP);
	struct lmi_span id = fields_text_or(&f, LMI_EXT_CLIENT_ADDR, LMI_SPAN_NULL);
	if (!fields_ok(h, r, &f))
		return;
	const struct client_group *g = client_table_consumers(h->clients, group);
	if (!g) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "No Any Consumer online in the consumer group: [%.*s]", SPAN_ARGS(group));
		return;
	}
	struct status *s = calloc(1, sizeof(*s));
	if (!s) {
		answer_error(h, r, LMI_RSP_SYSTEM_BUSY, "the broker is short of memory, try again later");
		return;
	}
	asker_init(&s->asker, h, r);
	s->waiting = 1; /* this loop */
	for (struct lmi_list *it = g->members.next; it != &g->members && s->members < STATUS_MEMBERS_MAX; it = it->next) {
		if (id.n && !lmi_span_eq(client_member_id(client_member_at(it)), id))
			continue;
		s->members++;
		ask(h, s, client_member_at(it), topic, group);
	}
	if (--s->waiting == 0)
		finish(s);
}
