/* SPDX-License-Identifier: Apache-2.0 */
/*
 * END_TRANSACTION: a producer says how its transaction ends.  A repetition of the same end is a success and does nothing;
 * the opposite end is refused.
 */
#include <errno.h>

#include "broker/handle/handlers.h"
#include "broker/handle/record_read.h"
#include "broker/handle/send_answer.h"
#include "broker/handle/transaction.h"

struct end {
	struct lmi_span group;
	int64_t half_pos, log_pos;
	int32_t type; /* LMI_SYSFLAG_COMMIT, LMI_SYSFLAG_ROLLBACK, 0 */
	bool from_check;
	struct transaction_half half;
};

static bool read_request(struct handle *h, const struct request *r, struct end *e)
{
	struct fields f = fields_of(r);
	e->group = fields_text(&f, LMI_EXT_PRODUCER_GROUP);
	e->half_pos = fields_i64(&f, LMI_EXT_TRAN_STATE_TABLE_OFFSET);
	e->log_pos = fields_i64(&f, LMI_EXT_COMMIT_LOG_OFFSET);
	e->type = fields_i32(&f, LMI_EXT_COMMIT_OR_ROLLBACK);
	e->from_check = fields_bool_or(&f, LMI_EXT_FROM_TRANSACTION_CHECK, false);
	return fields_ok(h, r, &f);
}

/* An end is mostly one-way: what is refused must be found in the journal. */
static void refuse(struct handle *h, const struct request *r, const struct end *e, int32_t code, const char *why)
{
	char host[LMI_HOST_CHARS];
	lmi_host_print(&r->peer->host, host, sizeof(host));
	lmi_log(h->log, LMI_LOG_WARNING, "producer group %.*s at %s: end of transaction %lld refused: %s", SPAN_ARGS(e->group),
		host, (long long)e->half_pos, why);
	answer_error(h, r, code, "%s", why);
}

/* Rule: EndTransactionProcessor.checkPrepareMessage, rejectCommitOrRollback. */
static bool check(struct handle *h, const struct request *r, const struct end *e)
{
	const struct transaction_half *half = &e->half;
	const char *why = NULL;
	if (!lmi_span_eq(half->group, e->group))
		why = "the half message is of another producer group";
	else if (half->record.queue_pos != e->half_pos)
		why = "the half message has another queue offset: tranStateTableOffset and commitLogOffset do not belong together";
	if (why) {
		refuse(h, r, e, LMI_RSP_SYSTEM_ERROR, why);
		return false;
	}
	if (!e->from_check && half->immune && handle_now(h) - half->record.born_ms > half->immunity_ms) {
		refuse(h, r, e, LMI_RSP_ILLEGAL_OPERATION,
		       "CHECK_IMMUNITY_TIME_IN_SECONDS is over: the transaction is ended by the answer to a check only");
		return false;
	}
	return true;
}

/* It is not open: this end, another one, or never known. */
static void answer_ended(struct handle *h, const struct request *r, const struct end *e)
{
	enum transaction_end want = e->type == LMI_SYSFLAG_COMMIT ? TRANSACTION_COMMITTED : TRANSACTION_ROLLED_BACK;
	enum transaction_end was = transaction_table_ended(h->transactions, e->half.first_pos);
	static const char *const why[] = {
		[TRANSACTION_UNKNOWN] = "this transaction is not open: it ended some time ago",
		[TRANSACTION_COMMITTED] = "this transaction was committed already",
		[TRANSACTION_ROLLED_BACK] = "this transaction was rolled back already",
		[TRANSACTION_GIVEN_UP] =
			"this transaction was given up after transactionCheckMax checks: its message is in TRANS_CHECK_MAX_TIME_TOPIC",
	};
	if (was == want)
		answer_code(r, LMI_RSP_SUCCESS);
	else
		refuse(h, r, e, LMI_RSP_SYSTEM_ERROR, why[was]);
}

static void finish(struct handle *h, const struct request *r, const struct end *e)
{
	bool commit = e->type == LMI_SYSFLAG_COMMIT;
	struct transaction *x = transaction_table_get(h->transactions, e->half.first_pos);
	struct store_ticket t;
	if (!x) {
		answer_ended(h, r, e);
		return;
	}
	int64_t half_pos = x->queue_pos;
	int err = commit ? transaction_commit(h, &e->half, x->log_pos, &t) : transaction_op(h, half_pos, &t);
	if (!err) /* a committed one has ended even without its op record: the next start finds the message */
		transaction_table_end(h->transactions, x, commit ? TRANSACTION_COMMITTED : TRANSACTION_ROLLED_BACK);
	if (!err && commit)
		err = transaction_op(h, half_pos, &t);
	if (err) {
		const char *cause = store_readonly_cause(h->store);
		refuse(h, r, e, LMI_RSP_SYSTEM_ERROR, cause ? cause : lmi_strerror(err));
		return;
	}
	const struct topic *topic = topic_table_get(h->topics, e->half.topic);
	plain_answer_later(h, r, &t, topic ? send_wants_sync(h, topic) : h->settings->sync_flush);
}

void end_transaction_handler(struct handle *h, const struct request *r)
{
	struct end e = { .type = 0 };
	struct lmi_span bytes;
	int err;
	if (!read_request(h, r, &e))
		return;
	if (e.type == 0) { /* undecided: it is asked for later; rule: TRANSACTION_NOT_TYPE does nothing */
		answer_code(r, LMI_RSP_SUCCESS);
		return;
	}
	if (e.type != LMI_SYSFLAG_COMMIT && e.type != LMI_SYSFLAG_ROLLBACK) {
		refuse(h, r, &e, LMI_RSP_SYSTEM_ERROR, "commitOrRollback is none of 8 (commit), 12 (rollback) and 0 (undecided)");
		return;
	}
	switch (record_read(h, r, e.log_pos, &bytes, &err)) {
	case RECORD_GOT:
		if (transaction_half_read(bytes, &e.half) == 0) {
			if (check(h, r, &e))
				finish(h, r, &e);
			return;
		}
		refuse(h, r, &e, LMI_RSP_SYSTEM_ERROR, "there is no half message at commitLogOffset");
		return;
	case RECORD_DEFERRED:
		return;
	case RECORD_MISSING:
		refuse(h, r, &e, LMI_RSP_SYSTEM_ERROR, "there is no message at commitLogOffset, or it cannot be read");
		return;
	}
}
