/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open transactions from the half topic, at start.
 *
 * Half records from the saved offset on are entered, those put again replace the ones before; what op records name is taken
 * out.  One crash is left: the real message was written and its op record was not.  Both lie behind each other in the log, so
 * such a message is the last of its queue: for each open transaction that one is looked at.
 */
#include <errno.h>
#include <stdlib.h>

#include "broker/duty/transaction_duty.h"
#include "broker/handle/delay.h"
#include "broker/handle/transaction.h"
#include "rules/name.h"
#include "wire/props.h"

struct open_at {
	int64_t queue_pos;
	struct transaction *transaction; /* NULL: ended */
};

struct rebuild {
	struct handle *h;
	struct store_get *get;
	uint8_t *bytes;
	size_t cap;
	size_t damaged;
	struct open_at *open; /* by queue_pos */
	size_t open_count;
};

typedef int each_fn(struct rebuild *b, const struct store_extent *e, struct lmi_span bytes);

static int read_record(struct rebuild *b, const struct store_extent *e, struct lmi_span *out)
{
	if ((size_t)e->bytes > b->cap) {
		uint8_t *grown = realloc(b->bytes, (size_t)e->bytes);
		if (!grown)
			return -ENOMEM;
		b->bytes = grown;
		b->cap = (size_t)e->bytes;
	}
	*out = lmi_span(b->bytes, (size_t)e->bytes);
	return store_read(b->h->store, e, b->bytes, true);
}

static int each_record(struct rebuild *b, each_fn *each)
{
	for (size_t i = 0; i < b->get->count; i++) {
		struct lmi_span bytes;
		int err = read_record(b, &b->get->extents[i], &bytes);
		if (!err)
			err = each(b, &b->get->extents[i], bytes);
		if (err == -LMQ_ECORRUPT || err == -LMQ_ENOTFOUND) {
			b->damaged++;
			err = 0;
		}
		if (err)
			return err;
	}
	return 0;
}

/* Every record of a queue from a position on. */
static int walk(struct rebuild *b, struct lmi_span topic, int64_t from, each_fn *each)
{
	struct store_get *g = b->get;
	struct store_bounds bounds;
	if (store_queue_bounds(b->h->store, topic, 0, &bounds))
		return 0;
	int64_t at = from > bounds.min_pos ? from : bounds.min_pos;
	while (at < bounds.max_pos) {
		*g = (struct store_get){ .topic = topic, .queue_pos = at, .max_messages = STORE_GET_MAX, .wait = true };
		int err = store_get(b->h->store, g);
		if (!err)
			err = each_record(b, each);
		if (err)
			return err;
		at = g->next_pos > at ? g->next_pos : at + 1;
	}
	return 0;
}

/* The saved offset; one beyond the queue would hide what comes next. */
static int64_t saved(struct handle *h, struct lmi_span topic)
{
	struct offset_at at = { .group = LMI_SPAN_LIT(LMI_NAME_GROUP_TRANS), .topic = topic };
	struct store_bounds bounds = { 0 };
	int64_t pos = offset_table_get(h->offsets, &at);
	store_queue_bounds(h->store, topic, 0, &bounds);
	if (pos <= bounds.max_pos)
		return pos;
	lmi_log(h->log, LMI_LOG_WARNING, "offset %lld of " LMI_NAME_GROUP_TRANS " in %.*s is beyond the end of the queue, %lld: corrected",
		(long long)pos, SPAN_ARGS(topic), (long long)bounds.max_pos);
	offset_table_commit(h->offsets, &at, bounds.max_pos);
	return bounds.max_pos;
}

/* ---- half records ---- */

static int64_t due_in_ms(const struct handle *h, const struct transaction_half *half)
{
	int64_t at = half->checks ? half->record.store_ms + h->settings->transaction_interval_ms :
				    transaction_first_check_ms(h, half);
	int64_t in = at - handle_now(h), most = half->immune ? half->immunity_ms : h->settings->transaction_interval_ms;
	if (in > most) /* the clock was set back */
		in = most;
	return in > 0 ? in : 0;
}

static int enter(struct rebuild *b, const struct store_extent *e, struct lmi_span bytes)
{
	struct transaction_half half;
	int err = transaction_half_read(bytes, &half);
	if (err)
		return err;
	struct transaction_new n = {
		.group = half.group,
		.first_pos = half.first_pos,
		.queue_pos = half.record.queue_pos,
		.log_pos = e->log_pos,
		.bytes = e->bytes,
		.checks = half.checks,
		.stored_ms = half.record.store_ms,
		.due_ms = lmi_mono_ms(b->h->clock) + due_in_ms(b->h, &half),
	};
	return transaction_table_open(b->h->transactions, &n);
}

/* ---- op records ---- */

static int by_pos(const void *a, const void *b)
{
	const struct open_at *x = a, *y = b;
	return (x->queue_pos > y->queue_pos) - (x->queue_pos < y->queue_pos);
}

/* Half records that count, so that each op record is found without a walk. */
static int index_open(struct rebuild *b)
{
	struct transaction_table *t = b->h->transactions;
	b->open = calloc(t->count + 1, sizeof(*b->open));
	if (!b->open)
		return -ENOMEM;
	for (struct lmi_list *it = t->order.next; it != &t->order; it = it->next)
		b->open[b->open_count++] = (struct open_at){ transaction_at(it)->queue_pos, transaction_at(it) };
	qsort(b->open, b->open_count, sizeof(*b->open), by_pos);
	return 0;
}

static void take_out(struct rebuild *b, int64_t half_pos)
{
	struct open_at key = { .queue_pos = half_pos };
	struct open_at *found = bsearch(&key, b->open, b->open_count, sizeof(key), by_pos);
	if (found && found->transaction) {
		transaction_table_end(b->h->transactions, found->transaction, TRANSACTION_UNKNOWN);
		found->transaction = NULL;
	}
}

/* A body is decimal half positions, each with a comma behind; old brokers wrote a single one without. */
static int take_ops(struct rebuild *b, const struct store_extent *e, struct lmi_span bytes)
{
	struct lmi_record r;
	int64_t max = -1;
	(void)e;
	if (lmi_record_decode(bytes, &r))
		return -LMQ_ECORRUPT;
	for (size_t at = 0; at < r.body.n;) {
		size_t n = 0;
		int64_t pos;
		while (at + n < r.body.n && r.body.p[at + n] != ',')
			n++;
		if (n && lmi_span_to_i64(lmi_span(r.body.p + at, n), &pos) == 0 && pos >= 0) {
			take_out(b, pos);
			max = pos > max ? pos : max;
		}
		at += n + 1;
	}
	transaction_table_op(b->h->transactions, r.queue_pos, max);
	return 0;
}

/* ---- messages without their op record ---- */

static int last_of(struct rebuild *b, struct lmi_span topic, int32_t queue_id, struct lmi_record *out)
{
	struct store_bounds bounds;
	struct lmi_span bytes;
	if (store_queue_bounds(b->h->store, topic, queue_id, &bounds) || bounds.max_pos <= bounds.min_pos)
		return -LMQ_ENOTFOUND;
	*b->get = (struct store_get){
		.topic = topic, .queue_id = queue_id, .queue_pos = bounds.max_pos - 1, .max_messages = 1, .wait = true
	};
	int err = store_get(b->h->store, b->get);
	if (!err && b->get->count == 0)
		err = -LMQ_ENOTFOUND;
	if (!err)
		err = read_record(b, &b->get->extents[0], &bytes);
	if (!err && lmi_record_decode(bytes, out))
		err = -LMQ_ECORRUPT;
	return err;
}

static bool is_end_of(const struct lmi_record *r, const struct transaction *x)
{
	return (r->sysflag & LMI_SYSFLAG_TRANSACTION_MASK) == LMI_SYSFLAG_COMMIT && r->prepared_pos == x->log_pos;
}

/* Whether it is the last message of its queue, of the queue of its delay level, or of those for a stated time. */
static bool is_committed(struct rebuild *b, const struct transaction *x)
{
	struct store_extent e = { .log_pos = x->log_pos, .bytes = x->bytes };
	struct transaction_half half;
	struct lmi_record last;
	struct lmi_span bytes;
	char topic[LMI_NAME_MAX + 1];
	if (read_record(b, &e, &bytes) || transaction_half_read(bytes, &half))
		return false;
	memcpy(topic, half.topic.p, half.topic.n);
	int32_t level = delay_level_of(half.record.props);
	if (level > 0) {
		level = lmi_delay_level_clamp(&b->h->settings->delay_levels, level);
		return last_of(b, LMI_SPAN_LIT(LMI_NAME_SCHEDULE), level - 1, &last) == 0 && is_end_of(&last, x);
	}
	if (last_of(b, lmi_span(topic, half.topic.n), half.queue_id, &last) == 0 && is_end_of(&last, x))
		return true;
	return last_of(b, LMI_SPAN_LIT(LMI_NAME_TIMER), 0, &last) == 0 && is_end_of(&last, x);
}

/* Only the last thing that was done before a crash can lack its op record. */
static int finish_committed(struct rebuild *b)
{
	struct transaction_table *t = b->h->transactions;
	LMI_LIST_FOREACH_SAFE(&t->order, it, next) {
		struct transaction *x = transaction_at(it);
		struct store_ticket ticket;
		if (!is_committed(b, x))
			continue;
		int64_t pos = x->queue_pos;
		transaction_table_end(t, x, TRANSACTION_COMMITTED);
		int err = transaction_op(b->h, pos, &ticket);
		if (err && err != -LMQ_EREADONLY)
			return err;
	}
	return 0;
}

int transaction_duty_rebuild(struct transaction_duty *d)
{
	struct handle *h = d->handle;
	struct rebuild b = { .h = h, .get = &h->get };
	struct transaction_table *t = h->transactions;
	int64_t half = saved(h, LMI_SPAN_LIT(LMI_NAME_HALF)), op = saved(h, LMI_SPAN_LIT(LMI_NAME_OP_HALF));
	t->half_end = half > 0 ? half : 0;
	t->op_end = op > 0 ? op : 0;
	int err = walk(&b, LMI_SPAN_LIT(LMI_NAME_HALF), half, enter);
	if (!err)
		err = index_open(&b);
	if (!err)
		err = walk(&b, LMI_SPAN_LIT(LMI_NAME_OP_HALF), op, take_ops);
	if (!err)
		err = finish_committed(&b);
	free(b.open);
	free(b.bytes);
	if (b.damaged)
		lmi_log(h->log, LMI_LOG_ERR, "%zu half or op records could not be read: transactions among them are forgotten or asked for "
			"once more", b.damaged);
	if (t->count)
		lmi_log(h->log, LMI_LOG_INFO, "%zu transactions are open", t->count);
	return err;
}
