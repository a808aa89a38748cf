/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/delay_duty.h"

#include <errno.h>
#include <stdlib.h>

#include "broker/handle/delay.h"
#include "rules/name.h"

void delay_duty_init(struct delay_duty *d, struct delay_table *table, struct handle *h, size_t served)
{
	*d = (struct delay_duty){ .table = table,
				  .handle = h,
				  .served = served < LMI_DELAY_LEVELS_MAX ? served : LMI_DELAY_LEVELS_MAX };
	for (size_t i = 0; i < LMI_DELAY_LEVELS_MAX; i++)
		d->levels[i] = (struct delay_level){ .due_ms = INT64_MIN, .duty = d };
}

/* ---- what was delivered is safe when it is on the disk ---- */

static void make_safe(struct delay_duty *d, const int64_t *next)
{
	memcpy(d->table->safe, next, sizeof(d->table->safe));
	d->table->unsaved = true;
}

static void settle(struct delay_duty *d)
{
	struct store_marks m;
	if (!d->mark.taken && !d->moved)
		return;
	store_marks(d->handle->store, &m);
	if (d->mark.taken && m.synced >= d->mark.log_end) {
		make_safe(d, d->mark.next);
		d->mark.taken = false;
	}
	if (!d->mark.taken && d->moved) {
		memcpy(d->mark.next, d->table->next, sizeof(d->mark.next));
		d->mark.log_end = m.appended;
		d->mark.taken = true;
		d->moved = false;
	}
}

void delay_duty_synced(struct delay_duty *d)
{
	if (d->mark.taken || d->moved)
		make_safe(d, d->table->next);
	d->mark.taken = d->moved = false;
}

/* ---- one level ---- */

/* What is due of a level's queue, as far as one look sees. */
struct pick {
	struct store_get *get;
	int64_t now_ms, longest_ms; /* a delivery time further ahead than the level's delay is wrong: the clock was set back */
	bool stopped;
	int64_t stop_pos, due_ms; /* of the first that is not due */
	int64_t pos[STORE_GET_MAX];
	size_t n;
};

/* Rule: correctDeliverTimestamp. */
static bool is_due(const struct pick *p, int64_t due_ms)
{
	return due_ms <= p->now_ms || due_ms > p->now_ms + p->longest_ms;
}

static bool pick_due(void *ctx, int64_t due_ms)
{
	struct pick *p = ctx;
	if (p->stopped)
		return false;
	if (!is_due(p, due_ms)) {
		p->stopped = true;
		p->stop_pos = p->get->next_pos;
		p->due_ms = due_ms;
		return false;
	}
	p->pos[p->n++] = p->get->next_pos;
	return true;
}

struct budget {
	size_t messages, bytes;
};

static void move(struct delay_duty *d, size_t i, int64_t pos)
{
	if (d->table->next[i] == pos)
		return;
	d->table->next[i] = pos;
	d->moved = true;
}

/* A backlog on a cold disk goes on as fast as the disk, not with the ticks. */
static void on_warm(void *arg)
{
	struct delay_level *l = arg;
	l->cold = false;
	delay_duty_run(l->duty);
}

static void warm(struct handle *h, struct delay_level *l, int64_t now_ms)
{
	l->cold = store_warm(h->store, h->get.extents, h->get.count, on_warm, l) == 0;
	if (!l->cold)
		l->retry_ms = now_ms + DELAY_RETRY_MS;
}

static int read_record(struct handle *h, const struct store_extent *e, struct lmi_record *out)
{
	lmi_arena_reset(&h->arena);
	uint8_t *bytes = lmi_arena_alloc(&h->arena, (size_t)e->bytes);
	if (!bytes)
		return -ENOMEM;
	int err = store_read(h->store, e, bytes, false);
	if (err)
		return err;
	return lmi_record_decode(lmi_span(bytes, (size_t)e->bytes), out) ? -LMQ_ECORRUPT : 0;
}

/* An error that another try will not mend. */
static bool is_lasting(int err)
{
	return err == -LMQ_ECORRUPT || err == -LMQ_ENOTFOUND || err == -LMQ_EILLEGAL || err == -LMQ_ETOOBIG;
}

static void pass_over(struct delay_duty *d, struct handle *h, size_t i, const struct store_extent *e, int64_t pos, int err)
{
	d->passed_over++;
	lmi_log(h->log, LMI_LOG_ERR, "a delayed message of level %zu cannot be delivered: %s; it is passed over and stays at "
		"position %lld of " LMI_NAME_SCHEDULE " queue %zu, log position %lld", i + 1, lmi_strerror(err),
		(long long)pos, i, (long long)e->log_pos);
}

/* One record.  False: the level stops here for now. */
static bool deliver(struct delay_duty *d, struct handle *h, size_t i, const struct store_extent *e, int64_t pos)
{
	struct delay_level *l = &d->levels[i];
	struct lmi_record rec;
	int err = read_record(h, e, &rec);
	bool unread = err && err != -EAGAIN && err != -ENOMEM;
	if (!err)
		err = delay_deliver(h, &rec);
	if (err == -EAGAIN) {
		warm(h, l, lmi_mono_ms(h->clock));
		return false;
	}
	if (err && !is_lasting(err) && (!unread || ++l->tries < DELAY_READ_TRIES)) {
		l->retry_ms = lmi_mono_ms(h->clock) + DELAY_RETRY_MS;
		return false;
	}
	if (err)
		pass_over(d, h, i, e, pos, err);
	else
		d->delivered++;
	l->tries = 0;
	move(d, i, pos + 1);
	return true;
}

static bool deliver_all(struct delay_duty *d, struct handle *h, size_t i, const struct pick *p, struct budget *left)
{
	struct store_extent e[STORE_GET_MAX];
	memcpy(e, h->get.extents, p->n * sizeof(e[0]));
	for (size_t k = 0; k < p->n; k++) {
		if (!left->messages || !left->bytes || !deliver(d, h, i, &e[k], p->pos[k]))
			return false;
		left->messages--;
		left->bytes -= (size_t)e[k].bytes < left->bytes ? (size_t)e[k].bytes : left->bytes;
	}
	return true;
}

static void look(struct delay_duty *d, struct handle *h, size_t i, struct pick *p)
{
	const struct lmi_delay_levels *known = &h->settings->delay_levels;
	*p = (struct pick){ .get = &h->get,
			    .now_ms = handle_now(h),
			    .longest_ms = i < known->count ? known->ms[i] : INT64_MAX / 2 };
	h->get.topic = LMI_SPAN_LIT(LMI_NAME_SCHEDULE);
	h->get.queue_id = (int32_t)i;
	h->get.queue_pos = d->table->next[i];
	h->get.max_messages = STORE_GET_MAX;
	h->get.max_bytes = 0;
	h->get.match_tags = pick_due;
	h->get.match_ctx = p;
}

/* The file knows a position that the queue does not have: one of them comes from another day. */
static void correct(struct delay_duty *d, struct handle *h, size_t i)
{
	const struct store_get *g = &h->get;
	if (g->next_pos == d->table->next[i])
		return;
	lmi_log(h->log, LMI_LOG_WARNING, "delay level %zu was to go on at position %lld of its queue, which has %lld to %lld: it goes "
		"on at %lld", i + 1, (long long)d->table->next[i], (long long)g->min_pos, (long long)g->max_pos,
		(long long)g->next_pos);
	move(d, i, g->next_pos);
}

/* One look at a level.  True when there may be more that is due. */
static bool run_once(struct delay_duty *d, struct handle *h, size_t i, struct budget *left)
{
	struct delay_level *l = &d->levels[i];
	struct pick p;
	look(d, h, i, &p);
	if (store_get(h->store, &h->get)) {
		warm(h, l, lmi_mono_ms(h->clock));
		return false;
	}
	switch (h->get.status) {
	case STORE_OFFSET_OVERFLOW_ONE:
		return false;
	case STORE_OFFSET_OVERFLOW_BADLY:
	case STORE_OFFSET_TOO_SMALL:
	case STORE_NO_MATCHED_LOGIC_QUEUE:
	case STORE_NO_MESSAGE_IN_QUEUE:
		correct(d, h, i);
		return h->get.status == STORE_OFFSET_TOO_SMALL;
	case STORE_FOUND:
	case STORE_NO_MATCHED_MESSAGE:
	case STORE_MESSAGE_WAS_REMOVING:
	case STORE_OFFSET_FOUND_NULL:
		break;
	}
	int64_t next = p.stopped ? p.stop_pos : h->get.next_pos, before = h->get.queue_pos;
	if (!deliver_all(d, h, i, &p, left))
		return false;
	move(d, i, next);
	if (p.stopped)
		l->due_ms = p.due_ms;
	return !p.stopped && next > before;
}

static void run_level(struct delay_duty *d, struct handle *h, size_t i, struct budget *left)
{
	struct delay_level *l = &d->levels[i];
	int64_t now_ms = handle_now(h);
	if (l->cold || lmi_mono_ms(h->clock) < l->retry_ms)
		return;
	if (l->due_ms > now_ms && i < h->settings->delay_levels.count && l->due_ms <= now_ms + h->settings->delay_levels.ms[i])
		return;
	l->due_ms = INT64_MIN;
	while (left->messages && left->bytes && run_once(d, h, i, left))
		;
}

void delay_duty_run(struct delay_duty *d)
{
	struct budget left = { DELAY_BUDGET, DELAY_BUDGET_BYTES };
	settle(d);
	for (size_t k = 0; k < d->served && left.messages && left.bytes; k++)
		run_level(d, d->handle, (d->first + k) % d->served, &left);
	if (d->served)
		d->first = (d->first + 1) % d->served;
	settle(d);
}

int64_t delay_duty_waiting(const struct delay_duty *d)
{
	int64_t sum = 0;
	for (size_t i = 0; i < d->served; i++) {
		struct store_bounds b;
		if (store_queue_bounds(d->handle->store, LMI_SPAN_LIT(LMI_NAME_SCHEDULE), (int32_t)i, &b) != -LMQ_ENOTFOUND &&
		    b.max_pos > d->table->next[i])
			sum += b.max_pos - d->table->next[i];
	}
	return sum;
}
