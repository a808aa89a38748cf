/* SPDX-License-Identifier: Apache-2.0 */
#include "mock/mock_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/name.h"
#include "wire/props.h"

#define HALF LMI_SPAN_LIT(LMI_NAME_HALF)

int mock_half_append(struct mock_server *s, struct lmi_record *rec, struct lmi_span topic, int32_t queue_id)
{
	struct mock_topic *half = mock_topic_make(s, HALF, 1);
	struct lmi_span given = rec->props;
	struct lmi_buf props = { 0 };
	char text[16];
	int r;

	(void)snprintf(text, sizeof(text), "%" PRId32, queue_id);
	lmi_buf_put_span(&props, given);
	(void)lmi_props_put(&props, LMI_SPAN_LIT(LMI_PROP_REAL_TOPIC), topic);
	(void)lmi_props_put(&props, LMI_SPAN_LIT(LMI_PROP_REAL_QID), lmi_span_str(text));
	rec->props = lmi_buf_span(&props);
	r = !half || props.failed ? -ENOMEM : mock_append(s, half, 0, rec);
	rec->props = given;
	lmi_buf_done(&props);
	return r;
}

static struct mock_record *open_at(struct mock_server *s, int64_t queue_pos, struct lmi_record *out)
{
	struct mock_topic *half = mock_topic_find(s, HALF);
	struct mock_record *found;

	if (!half || queue_pos < 0 || (uint64_t)queue_pos >= half->queue[0].count)
		return NULL;
	found = &half->queue[0].records[queue_pos];
	if (found->settled || lmi_record_decode(lmi_span(found->bytes, found->n), out) != 0)
		return NULL;
	return found;
}

/* Where nothing of the transaction is left but what was sent. */
static int deliver(struct mock_server *s, struct lmi_record *rec)
{
	struct lmi_span topic = lmi_props_get(rec->props, LMI_SPAN_LIT(LMI_PROP_REAL_TOPIC)), id;
	struct mock_topic *t = mock_topic_find(s, topic);
	int32_t queue_id;

	id = lmi_props_get(rec->props, LMI_SPAN_LIT(LMI_PROP_REAL_QID));
	if (!t || lmi_span_to_i32(id, &queue_id) < 0 || queue_id < 0 || queue_id >= t->queues)
		return -LMQ_ENOTFOUND;
	rec->sysflag = (rec->sysflag & ~LMI_SYSFLAG_TRANSACTION_MASK) | LMI_SYSFLAG_COMMIT;
	rec->store_ms = 0;
	return mock_append(s, t, queue_id, rec);
}

void mock_serve_end(const struct mock_request *r)
{
	struct mock_record *half;
	struct lmi_record rec;
	int64_t queue_pos = -1;
	int32_t what = 0;

	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_TRAN_STATE_TABLE_OFFSET, &queue_pos);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_COMMIT_OR_ROLLBACK, &what);
	half = open_at(r->server, queue_pos, &rec);
	if (half && what == LMI_SYSFLAG_COMMIT && deliver(r->server, &rec) < 0) {
		mock_answer(r, LMI_RSP_SYSTEM_ERROR, "it cannot be delivered");
		return;
	}
	/* The half message's own record may have moved, not its place. */
	half = what != 0 ? open_at(r->server, queue_pos, &rec) : NULL;
	if (half)
		half->settled = true;
	mock_answer(r, LMI_RSP_SUCCESS, NULL);
	mock_serve_held(r->server, 0);
}

/* The question carries the message as it was sent, not as it is hidden. */
static void ask_on(struct mock_server *s, struct lmi_buf *out, struct lmi_record *rec)
{
	struct lmi_command_out o;
	uint8_t *room;
	size_t bytes;

	rec->topic = lmi_props_get(rec->props, LMI_SPAN_LIT(LMI_PROP_REAL_TOPIC));
	bytes = lmi_record_bytes(rec);
	lmi_command_begin(&o, out, LMI_SERIALIZE_JSON, LMI_REQ_CHECK_TRANSACTION_STATE, MOCK_ORDER_OPAQUE + 1, LMI_FLAG_ONEWAY);
	lmi_command_put_i64(&o, LMI_EXT_TRAN_STATE_TABLE_OFFSET, rec->queue_pos);
	lmi_command_put_i64(&o, LMI_EXT_COMMIT_LOG_OFFSET, rec->log_pos);
	lmi_command_put(&o, LMI_EXT_TRANSACTION_ID, LMI_SPAN_LIT("t-1"));
	lmi_command_put(&o, LMI_EXT_MSG_ID, lmi_props_get(rec->props, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY)));
	lmi_command_put(&o, LMI_EXT_BNAME, lmi_span_str(s->name));
	lmi_command_end(&o, bytes);
	room = lmi_buf_reserve(out, bytes);
	if (room)
		lmi_buf_commit(out, lmi_record_encode(rec, room));
}

int mock_ask_open(struct mock_server *s)
{
	struct mock_topic *half = mock_topic_find(s, HALF);
	struct lmi_record rec;
	int n = 0;

	for (size_t i = 0; half && i < half->queue[0].count; i++) {
		if (!open_at(s, (int64_t)i, &rec))
			continue;
		n++;
		for (size_t k = 0; k < MOCK_BEATING; k++)
			if (s->beating[k])
				ask_on(s, lmi_conn_out(s->beating[k]), &rec);
	}
	return n;
}
