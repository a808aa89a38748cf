/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/transaction_duty.h"

#include <errno.h>

#include "broker/handle/transaction.h"
#include "rules/name.h"

void transaction_duty_init(struct transaction_duty *d, struct handle *h)
{
	*d = (struct transaction_duty){ .handle = h };
}

/* ---- asking ---- */

/* The next producer of the group that can take a question, or NULL. */
static struct client_member *choose(struct transaction_duty *d, const struct client_group *g)
{
	if (!g || g->member_count == 0)
		return NULL;
	uint32_t skip = d->turn++ % g->member_count;
	struct client_member *best = NULL;
	for (struct lmi_list *it = g->members.next; it != &g->members; it = it->next) {
		struct client_member *m = client_member_at(it);
		if (!m->peer->open || lmi_buf_len(peer_out(m->peer)) > HANDLE_OUT_PAUSE)
			continue;
		best = m;
		if (skip == 0)
			break;
		skip--;
	}
	return best;
}

/* The half record as the producer wrote it: real topic and queue.  Rule: Broker2Client.checkProducerTransactionState. */
static size_t restored_bytes(const struct transaction_half *half, struct lmi_record *out)
{
	*out = half->record;
	out->topic = half->topic;
	out->queue_id = half->queue_id;
	return lmi_record_bytes(out);
}

static void ask(struct handle *h, const struct client_member *m, const struct transaction *x,
		const struct transaction_half *half)
{
	struct lmi_command_out o;
	struct lmi_record real;
	char id[LMI_OFFSET_MSG_ID_MAX];
	struct lmi_buf *out = peer_out(m->peer);
	size_t n = restored_bytes(half, &real);
	lmi_command_begin(&o, out, LMI_SERIALIZE_JSON, LMI_REQ_CHECK_TRANSACTION_STATE, ++h->opaque, LMI_FLAG_ONEWAY);
	lmi_command_put(&o, LMI_EXT_TOPIC, half->topic);
	lmi_command_put_i64(&o, LMI_EXT_TRAN_STATE_TABLE_OFFSET, x->queue_pos);
	lmi_command_put_i64(&o, LMI_EXT_COMMIT_LOG_OFFSET, x->log_pos);
	if (half->uniq.n) {
		lmi_command_put(&o, LMI_EXT_MSG_ID, half->uniq);
		lmi_command_put(&o, LMI_EXT_TRANSACTION_ID, half->uniq);
	}
	lmi_command_put(&o, LMI_EXT_OFFSET_MSG_ID, lmi_span(id, lmi_offset_msg_id(&h->settings->host, x->log_pos, id)));
	lmi_command_end(&o, n);
	uint8_t *dst = lmi_buf_reserve(out, n);
	if (dst)
		lmi_buf_commit(out, lmi_record_encode(&real, dst));
	lmi_log(h->log, LMI_LOG_DEBUG, "asked %.*s of producer group %.*s for its transaction %lld, time %d",
		SPAN_ARGS(client_member_id(m)), SPAN_ARGS(half->group), (long long)x->first_pos, x->checks);
}

/* Rule: TransactionalMessageServiceImpl.needDiscard, needSkip. */
static bool is_hopeless(const struct handle *h, const struct transaction *x, const struct transaction_half *half)
{
	return x->checks >= h->settings->transaction_checks ||
	       (h->settings->reserved_ms > 0 && handle_now(h) - half->record.born_ms > h->settings->reserved_ms);
}

static int give_up(struct handle *h, struct transaction *x, const struct transaction_half *half)
{
	int64_t first_pos = x->first_pos;
	int checks = x->checks;
	int err = transaction_give_up(h, x, half);
	if (!err)
		lmi_log(h->log, LMI_LOG_WARNING,
			"producer group %.*s did not end its transaction %lld of topic %.*s after %d checks: given up, the message "
			"is in " LMI_NAME_CHECK_MAX, SPAN_ARGS(half->group), (long long)first_pos, SPAN_ARGS(half->topic), checks);
	return err;
}

static void look(struct transaction_duty *d, struct transaction *x, const struct transaction_half *half, int64_t now_ms)
{
	struct handle *h = d->handle;
	int err;
	if (is_hopeless(h, x, half)) {
		err = give_up(h, x, half);
	} else {
		struct client_member *m = choose(d, client_table_producers(h->clients, half->group));
		if (!m) { /* kept until one comes */
			transaction_table_plan(h->transactions, x, now_ms + h->settings->transaction_interval_ms, true);
			return;
		}
		err = transaction_again(h, x, half);
		if (!err)
			ask(h, m, x, half);
	}
	if (err) /* the store says why it takes nothing */
		transaction_table_plan(h->transactions, x, now_ms + h->settings->transaction_interval_ms, false);
}

/* ---- reading ---- */

static void on_read(void *arg)
{
	struct transaction_duty *d = arg;
	d->reading--;
}

/* A half record into the arena.  0; -EAGAIN: a worker reads; else it cannot be read. */
static int read_half(struct transaction_duty *d, const struct transaction *x, struct transaction_half *out)
{
	struct handle *h = d->handle;
	struct store_extent e = { .log_pos = x->log_pos, .bytes = x->bytes };
	lmi_arena_reset(&h->arena);
	uint8_t *bytes = lmi_arena_alloc(&h->arena, (size_t)e.bytes);
	int err = bytes ? store_read(h->store, &e, bytes, false) : -ENOMEM;
	if (err == -EAGAIN && d->reading < TRANSACTION_READS_MAX && store_warm(h->store, &e, 1, on_read, d) == 0)
		d->reading++;
	return err ? err : transaction_half_read(lmi_span(bytes, (size_t)e.bytes), out);
}

static void examine(struct transaction_duty *d, struct transaction *x, int64_t now_ms)
{
	struct handle *h = d->handle;
	struct transaction_half half;
	int err = read_half(d, x, &half);
	switch (err) {
	case 0:
		look(d, x, &half, now_ms);
		break;
	case -EAGAIN:
		transaction_table_plan(h->transactions, x, now_ms + TRANSACTION_READ_MS, x->starved);
		break;
	case -LMQ_ECORRUPT:
	case -LMQ_ENOTFOUND:
		lmi_log(h->log, LMI_LOG_ERR,
			"the half message of transaction %lld of producer group %.*s at log position %lld is not readable (%s): it is "
			"forgotten", (long long)x->first_pos, SPAN_ARGS(transaction_group_name(x->group)), (long long)x->log_pos,
			lmi_strerror(err));
		transaction_table_end(h->transactions, x, TRANSACTION_GIVEN_UP);
		break;
	default:
		transaction_table_plan(h->transactions, x, now_ms + h->settings->transaction_interval_ms, x->starved);
	}
}

/* ---- progress ---- */

static void commit_progress(struct handle *h, struct lmi_span topic, int64_t pos)
{
	struct offset_at at = { .group = LMI_SPAN_LIT(LMI_NAME_GROUP_TRANS), .topic = topic };
	if (pos > offset_table_get(h->offsets, &at))
		offset_table_commit(h->offsets, &at, pos);
}

/* Offsets move only over what a power cut cannot take back. */
static void progress(struct transaction_duty *d)
{
	struct handle *h = d->handle;
	struct store_marks m;
	store_marks(h->store, &m);
	if (d->log_end > m.synced)
		return;
	commit_progress(h, LMI_SPAN_LIT(LMI_NAME_HALF), d->half_pos);
	commit_progress(h, LMI_SPAN_LIT(LMI_NAME_OP_HALF), d->op_pos);
	d->half_pos = transaction_table_half_progress(h->transactions);
	d->op_pos = transaction_table_op_progress(h->transactions);
	d->log_end = m.appended;
}

void transaction_duty_run(struct transaction_duty *d, int64_t now_ms)
{
	struct handle *h = d->handle;
	struct transaction *x;
	for (int i = 0; i < TRANSACTION_TURN_MAX && (x = transaction_table_due(h->transactions, now_ms)); i++)
		examine(d, x, now_ms);
	if (now_ms >= d->next_progress_ms) {
		d->next_progress_ms = now_ms + TRANSACTION_PROGRESS_MS;
		progress(d);
	}
}
