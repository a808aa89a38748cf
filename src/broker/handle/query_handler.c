/* SPDX-License-Identifier: Apache-2.0 */
/* QUERY_MESSAGE: records by key, unique id or tag. */
#include <errno.h>
#include <stdlib.h>

#include "broker/handle/handlers.h"

#define UNIQUE_MAX 32                   /* rule: defaultQueryMaxNum, whatever the client says */
#define ANSWER_MAX (12u << 20)          /* bytes of records: a client takes no frame above 16 MiB */

/* A query with a worker; its request is kept to be answered. */
struct asked {
	struct handle *h;
	struct peer *peer; /* referenced */
	bool oneway;
	size_t n;
	uint8_t frame[];
};

/** Rule: word for word what RocketMQ says. */
static void answer_none(struct handle *h, const struct request *r)
{
	answer_error(h, r, LMI_RSP_QUERY_NOT_FOUND, "can not find message, maybe time range not correct");
}

static void answer(struct handle *h, const struct request *r, const struct store_query_result *got)
{
	struct lmi_command_out o;
	if (got->err == -LMQ_EUNSUPPORTED) {
		answer_error(h, r, LMI_RSP_QUERY_NOT_FOUND, "messages are not indexed: messageIndexEnable is false");
		return;
	}
	if (got->err) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the index or the log could not be read: %s", lmi_strerror(got->err));
		return;
	}
	if (!got->count) {
		answer_none(h, r);
		return;
	}
	answer_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&o, LMI_EXT_INDEX_LAST_UPDATE_TIMESTAMP, got->last_ms);
	lmi_command_put_i64(&o, LMI_EXT_INDEX_LAST_UPDATE_PHYOFFSET, got->last_pos);
	lmi_command_end(&o, got->records.n);
	lmi_buf_put_span(r->out, got->records);
}

static void asked_free(struct asked *a)
{
	a->peer->ops->request_end(a->peer);
	peer_unref(a->peer);
	free(a);
}

static void on_found(void *arg, const struct store_query_result *got)
{
	struct asked *a = arg;
	struct handle *h = a->h;
	struct lmi_command cmd;
	lmi_arena_reset(&h->arena);
	if (a->peer->open && !a->oneway && lmi_command_decode(lmi_span(a->frame, a->n), &h->arena, &cmd) == 0) {
		struct request r = { .peer = a->peer, .cmd = &cmd, .frame = lmi_span(a->frame, a->n), .out = peer_out(a->peer) };
		answer(h, &r, got);
	}
	asked_free(a);
}

static void ask(struct handle *h, const struct request *r, const struct store_query *q)
{
	struct asked *a = malloc(sizeof(*a) + r->frame.n);
	if (!a) {
		answer_error(h, r, LMI_RSP_SYSTEM_BUSY, "no memory");
		return;
	}
	*a = (struct asked){ .h = h, .peer = r->peer, .oneway = r->cmd->flag & LMI_FLAG_ONEWAY, .n = r->frame.n };
	memcpy(a->frame, r->frame.p, r->frame.n);
	peer_ref(a->peer);
	a->peer->ops->request_begin(a->peer);
	int err = store_query(h->store, q, on_found, a);
	if (!err)
		return;
	asked_free(a);
	if (err == -LMQ_EILLEGAL)
		answer_none(h, r); /* an empty topic or key */
	else
		answer_error(h, r, LMI_RSP_SYSTEM_BUSY, "too many queries wait: %s", lmi_strerror(err));
}

void query_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct store_query q = { .topic = fields_text(&f, LMI_EXT_TOPIC),
				 .key = fields_text(&f, LMI_EXT_KEY),
				 .max = fields_i32(&f, LMI_EXT_MAX_NUM),
				 .begin_ms = fields_i64(&f, LMI_EXT_BEGIN_TIMESTAMP),
				 .end_ms = fields_i64(&f, LMI_EXT_END_TIMESTAMP),
				 .max_bytes = ANSWER_MAX };
	bool unique = fields_bool_or(&f, LMI_EXT_UNIQUE_KEY_QUERY, false);
	struct lmi_span type = fields_text_or(&f, LMI_EXT_INDEX_TYPE, LMI_SPAN_NULL);
	if (!fields_ok(h, r, &f))
		return;
	if (q.max < 0) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "maxNum %d is negative", q.max);
		return;
	}
	if (unique)
		q.max = UNIQUE_MAX;
	q.by_tag = !unique && lmi_span_is(type, "T"); /* K and U are looked up alike */
	ask(h, r, &q);
}
