/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RESUME_CHECK_HALF_MESSAGE: an operator has a transaction that was given up asked for again, from the first check on.
 * Rule: AdminBrokerProcessor.resumeCheckHalfMessage.
 */
#include <errno.h>

#include "broker/handle/handlers.h"
#include "broker/handle/record_read.h"
#include "broker/handle/send_answer.h"
#include "broker/handle/send_props.h"
#include "broker/handle/transaction.h"
#include "rules/name.h"
#include "wire/props.h"

static void refuse(struct handle *h, const struct request *r, const char *why)
{
	answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "%s", why);
}

/* Put it as a half message once more: a new transaction, with its checks before it. */
static void resume(struct handle *h, const struct request *r, const struct lmi_record *rec)
{
	static const char *const drop[] = { TRANSACTION_PROP_CHECKS, TRANSACTION_PROP_FIRST, TRANSACTION_PROP_PREPARED, NULL };
	struct store_message m = record_message(rec);
	struct store_ticket t;
	if (!transaction_table_has_room(h->transactions)) {
		refuse(h, r, "maxOpenTransactions allows no more open transactions");
		return;
	}
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	lmi_props_copy_without(&h->scratch, rec->props, drop);
	lmi_props_put(&h->scratch, LMI_SPAN_LIT(TRANSACTION_PROP_CHECKS), LMI_SPAN_LIT("0"));
	m.topic = LMI_SPAN_LIT(LMI_NAME_HALF);
	m.sysflag &= ~LMI_SYSFLAG_TRANSACTION_MASK;
	m.props = lmi_buf_span(&h->scratch);
	m.tags_code = send_props_text_tags_code(m.props);
	int err = h->scratch.failed ? -ENOMEM : store_append(h->store, &m, &t);
	if (err) {
		const char *cause = store_readonly_cause(h->store);
		refuse(h, r, cause ? cause : lmi_strerror(err));
		return;
	}
	transaction_half_stored(h, &m, &t);
	plain_answer_later(h, r, &t, h->settings->sync_flush);
}

/* One that is open is asked for anyway: now, and as often as a new one. */
static void resume_open(struct handle *h, const struct request *r, const struct transaction_half *half)
{
	struct transaction *x = transaction_table_get(h->transactions, half->first_pos);
	if (!x) {
		refuse(h, r, "this transaction has ended");
		return;
	}
	x->checks = 0;
	transaction_table_plan(h->transactions, x, lmi_mono_ms(h->clock), x->starved);
	answer_code(r, LMI_RSP_SUCCESS);
}

static void look(struct handle *h, const struct request *r, struct lmi_span bytes)
{
	struct transaction_half half;
	struct lmi_record rec;
	if (transaction_half_read(bytes, &half) == 0)
		resume_open(h, r, &half);
	else if (lmi_record_decode(bytes, &rec) == 0 && lmi_span_is(rec.topic, LMI_NAME_CHECK_MAX) &&
		 lmi_name_topic_ok(lmi_props_get(rec.props, LMI_SPAN_LIT(LMI_PROP_REAL_TOPIC))))
		resume(h, r, &rec);
	else
		refuse(h, r, "the message of msgId is neither a half message nor one of " LMI_NAME_CHECK_MAX);
}

void resume_check_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span id = fields_text(&f, LMI_EXT_MSG_ID), bytes;
	struct lmi_host host;
	int64_t log_pos;
	int err;
	if (!fields_ok(h, r, &f))
		return;
	if (lmi_offset_msg_id_parse(id, &host, &log_pos)) {
		refuse(h, r, "msgId is not an id that names a log position (offsetMsgId)");
		return;
	}
	switch (record_read(h, r, log_pos, &bytes, &err)) {
	case RECORD_GOT:
		look(h, r, bytes);
		break;
	case RECORD_DEFERRED:
		break;
	case RECORD_MISSING:
		refuse(h, r, "there is no message at the log position of msgId, or it cannot be read");
		break;
	}
}
