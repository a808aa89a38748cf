/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/timer_duty.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/duty/timer_delivered.h"
#include "broker/handle/timer.h"
#include "rules/name.h"
#include "wire/props.h"


void timer_duty_init(struct timer_duty *d, struct handle *h, struct timer_index *index)
{
	*d = (struct timer_duty){ .handle = h, .index = index };
	h->timers = index;
}

static int64_t slot_of(const struct timer_duty *d, int64_t ms)
{
	return timer_slot_of(d->index, ms > 0 ? ms : 0);
}

/*
 * Where reading goes on.  A stop leaves its whole second behind as delivered: a start in that same second waits for the next.
 * A checkpoint further ahead means that the clock was set back; what was delivered is found in the real queues then.
 */
static int64_t start_slot(const struct timer_duty *d, int64_t saved_ms)
{
	int64_t now_slot = slot_of(d, d->boot_ms);
	return saved_ms <= 0 || saved_ms > now_slot + 2 * d->index->cfg.precision_ms ? now_slot : slot_of(d, saved_ms);
}

/* How late a message may be due that was delivered before: with a clock that was set back, later than now. */
static int64_t latest_before(const struct timer_duty *d, const struct timer_check *c)
{
	int64_t late_ms = c->late_ms > c->read_ms ? c->late_ms : c->read_ms, now_ms = d->boot_ms;
	struct store_marks m;
	store_marks(d->handle->store, &m);
	if (m.recovered_late_ms > late_ms)
		late_ms = m.recovered_late_ms;
	if (late_ms <= now_ms + 2 * d->index->cfg.precision_ms)
		return late_ms > now_ms ? late_ms : now_ms;
	lmi_log(d->handle->log, LMI_LOG_WARNING, "timers were delivered up to %lld s ahead of this clock: it was set back",
		(long long)(late_ms - now_ms) / 1000);
	return late_ms + TIMER_DELIVERED_SLACK_MS;
}

static int64_t pin_position(void *user)
{
	const struct timer_duty *d = user;
	return d->pin_pos;
}

/* Of what a Java broker has counted, and of what a power cut has taken. */
static void start_counts(struct timer_duty *d, const struct store_bounds *b)
{
	struct timer_counts *c = d->handle->timer_counts;
	if (c->queue_pos < 0)
		c->queue_pos = d->queue_read;
	if (c->queue_pos > b->max_pos)
		c->queue_pos = b->max_pos;
}

int timer_duty_start(struct timer_duty *d)
{
	struct store_bounds b = { 0 };
	const struct timer_check *c = &d->index->check;
	store_queue_bounds(d->handle->store, LMI_SPAN_LIT(LMI_NAME_TIMER), 0, &b);
	d->boot_ms = handle_now(d->handle);
	d->queue_read = d->queue_entered = timer_delivered_queue_pos(d, c->queue_pos, &b);
	d->read_ms = start_slot(d, c->read_ms);
	d->floor_ms = d->read_ms;
	d->scan_from_ms = (c->read_ms < d->read_ms ? c->read_ms : d->read_ms) - TIMER_DELIVERED_SLACK_MS;
	d->boot_ms = d->late_ms = latest_before(d, c);
	d->boot_queue_end = b.max_pos;
	start_counts(d, &b);
	d->wish = *c;
	d->wish.read_ms = d->read_ms;
	d->wish.queue_pos = d->queue_entered;
	d->ready = true;
	d->pin_pos = d->index->slots || d->queue_entered < b.max_pos ? 0 : INT64_MAX; /* until it was looked up */
	d->pin = (struct store_pin){ .what = "messages for a stated time", .position = pin_position, .user = d };
	store_pin_add(d->handle->store, &d->pin);
	if (d->index->pending)
		lmi_log(d->handle->log, LMI_LOG_INFO, "%lld messages wait for their time", (long long)d->index->pending);
	return 0;
}

void timer_duty_done(struct timer_duty *d)
{
	timer_heap_done(&d->heap);
	free(d->waiting);
	lmi_map_done(&d->deleted, NULL);
	lmi_map_done(&d->early, NULL);
	lmi_map_done(&d->scanned, NULL);
	lmi_map_done(&d->delivered, NULL);
	d->waiting = NULL;
	d->waiting_count = 0;
}

static void count_waiting(struct timer_duty *d, struct lmi_span topic, int64_t n)
{
	timer_counts_add(d->handle->timer_counts, topic, n, handle_now(d->handle));
}

/* ---- records of the timer topic ---- */

/* Once each, whatever a start reads again. */
static void count_record(struct timer_duty *d, const struct timer_record *r, const struct timer_waiting *w)
{
	if (w->queue_pos < d->handle->timer_counts->queue_pos)
		return;
	d->handle->timer_counts->queue_pos = w->queue_pos + 1;
	if (!w->over && !r->delete_key.n)
		count_waiting(d, r->topic, 1);
}

static int heap_add(struct timer_duty *d, const struct timer_unit *u)
{
	struct timer_entry e = { .due_ms = u->due_ms, .log_pos = u->log_pos, .written_ms = u->written_ms,
				 .bytes = u->bytes, .magic = u->magic };
	if (u->magic & TIMER_MAGIC_DELETE) /* before everything that it may delete */
		e.due_ms = 0;
	return timer_heap_push(&d->heap, &e);
}

/* The slot that a unit is in: RocketMQ's of the millisecond before. */
static bool is_loaded(const struct timer_duty *d, int64_t due_ms)
{
	int64_t slot = slot_of(d, due_ms - 1);
	return slot < d->read_ms || (d->loading && slot == d->read_ms);
}

static struct timer_waiting *waiting_add(struct timer_duty *d)
{
	if (d->waiting_count == d->waiting_cap) {
		size_t cap = d->waiting_cap ? 2 * d->waiting_cap : 64;
		struct timer_waiting *grown = malloc(cap * sizeof(*grown));
		if (!grown)
			return NULL;
		for (size_t i = 0; i < d->waiting_count; i++)
			grown[i] = d->waiting[(d->waiting_at + i) % d->waiting_cap];
		free(d->waiting);
		d->waiting = grown;
		d->waiting_cap = cap;
		d->waiting_at = 0;
	}
	return &d->waiting[(d->waiting_at + d->waiting_count++) % d->waiting_cap];
}

/* Rule: TimerMessageStore.doEnqueue: what is further than two days off is looked at again before. */
static void plan_unit(const struct timer_duty *d, const struct timer_record *r, struct timer_unit *u)
{
	int64_t window = d->index->cfg.half_slots * 2 / 7 * d->index->cfg.precision_ms, away; /* rule: timerRollWindowSlot */
	u->written_ms = slot_of(d, handle_now(d->handle));
	u->due_ms = r->due_ms;
	u->magic = TIMER_MAGIC_DEFAULT | (r->delete_key.n ? TIMER_MAGIC_DELETE : 0);
	away = u->due_ms - u->written_ms;
	if (away >= window) {
		u->magic |= TIMER_MAGIC_ROLL;
		u->due_ms = u->written_ms + (away - window < window / 3 ? window / 2 : window);
	}
}

/* Due before the start, or in a slot that began before it. */
static bool is_from_before(const struct timer_duty *d, int64_t due_ms)
{
	return due_ms <= d->boot_ms + d->index->cfg.precision_ms;
}

static bool was_delivered(struct timer_duty *d, const struct timer_record *r, int64_t due_ms)
{
	return is_from_before(d, due_ms) && (timer_was_delivered(d, r) || timer_was_rolled(d, r));
}

/* Its unit goes to a slot of the past; none is made when the wheel has turned since. */
static void set_over(const struct timer_duty *d, struct timer_waiting *w, int64_t ms)
{
	w->over = true;
	w->unit.due_ms = ms;
	if (ms <= w->unit.written_ms - timer_half_ms(d->index))
		w->unit.bytes = 0;
}

static void plan_over(const struct timer_duty *d, struct timer_waiting *w)
{
	int64_t ms = d->floor_ms - d->index->cfg.precision_ms;
	set_over(d, w, ms);
}

static void plan(struct timer_duty *d, const struct timer_record *r, const struct store_extent *e, struct timer_waiting *w)
{
	plan_unit(d, r, &w->unit);
	w->unit.bytes = e->bytes;
	w->unit.topic_hash = lmi_java_hash(r->topic);
	w->in_heap = is_loaded(d, w->unit.due_ms);
	/* Rule: a deletion is looked at again with each start that looks at its message. */
	if (w->queue_pos < d->boot_queue_end && !r->delete_key.n &&
	    (timer_was_rolled(d, r) || was_delivered(d, r, w->unit.due_ms)))
		plan_over(d, w);
}

static int take_record(struct timer_duty *d, const struct store_extent *e, int64_t *queue_pos, struct lmi_span bytes)
{
	struct timer_record r;
	struct timer_waiting w = { .log_end = e->log_pos + e->bytes, .unit = { .log_pos = e->log_pos } };
	if (timer_record_read(d->handle, bytes, &r)) {
		lmi_log(d->handle->log, LMI_LOG_ERR, "record %lld of " LMI_NAME_TIMER " cannot be read or names no topic: passed over",
			(long long)*queue_pos);
		w.queue_pos = *queue_pos; /* a unit without bytes: only its position counts */
	} else {
		w.queue_pos = *queue_pos = r.record.queue_pos; /* positions without a message lie between */
		plan(d, &r, e, &w);
		count_record(d, &r, &w);
	}
	struct timer_waiting *place = waiting_add(d);
	if (!place)
		return -ENOMEM;
	*place = w;
	d->pin_new = e->log_pos < d->pin_new ? e->log_pos : d->pin_new;
	d->pin_pos = e->log_pos < d->pin_pos ? e->log_pos : d->pin_pos;
	if (w.in_heap && !w.over && heap_add(d, &w.unit)) {
		d->waiting_count--;
		return -ENOMEM;
	}
	return 0;
}

static void on_read(void *arg)
{
	((struct timer_duty *)arg)->reading = false;
}

static void read_ahead(struct timer_duty *d, const struct store_extent *e, size_t n)
{
	d->reading = store_warm(d->handle->store, e, n, on_read, d) == 0;
}

/* The bytes of a record, in the arena.  -EAGAIN: a worker has to read. */
static int read_record(struct timer_duty *d, const struct store_extent *e, struct lmi_span *out)
{
	lmi_arena_reset(&d->handle->arena);
	uint8_t *p = e->bytes > 0 ? lmi_arena_alloc(&d->handle->arena, (size_t)e->bytes) : NULL;
	int err = p ? store_read(d->handle->store, e, p, false) : -ENOMEM;
	*out = lmi_span(p, err ? 0 : (size_t)e->bytes);
	return err;
}

static bool read_some(struct timer_duty *d, struct store_get *g)
{
	int64_t pos = d->queue_read;
	for (size_t i = 0; i < g->count; i++, pos++) {
		struct lmi_span bytes;
		int err = read_record(d, &g->extents[i], &bytes);
		if (err == -EAGAIN)
			read_ahead(d, g->extents + i, g->count - i);
		if (err == -EAGAIN || err == -ENOMEM || err == -EIO || take_record(d, &g->extents[i], &pos, bytes) == -ENOMEM)
			return false;
		d->queue_read = pos + 1;
	}
	d->queue_read = g->next_pos;
	return true;
}

static void read_queue(struct timer_duty *d)
{
	struct store_get *g = &d->handle->get;
	size_t done = 0;
	while (!d->reading && done < TIMER_TURN_MAX && d->waiting_count < TIMER_WAITING_MAX) {
		*g = (struct store_get){ .topic = LMI_SPAN_LIT(LMI_NAME_TIMER), .queue_pos = d->queue_read, .max_messages = 32 };
		int err = store_get(d->handle->store, g);
		if (err == -EAGAIN)
			read_ahead(d, NULL, 0);
		if (err)
			return;
		if (!g->count) { /* the end; or what retention has taken */
			if (g->next_pos > d->queue_read && g->status != STORE_OFFSET_OVERFLOW_BADLY)
				d->queue_read = g->next_pos;
			return;
		}
		done += g->count;
		if (!read_some(d, g))
			return;
	}
}

/* ---- units ---- */

static struct lmi_span pos_key(uint8_t *bytes, int64_t pos)
{
	lmi_put64(bytes, (uint64_t)pos);
	return lmi_span(bytes, 8);
}

/* What is over must count in its slot, but no start must find it. */
static int enter_over(struct timer_duty *d, const struct timer_waiting *w)
{
	int err = w->unit.bytes ? timer_index_put(d->index, &w->unit) : 0;
	if (!err && w->unit.bytes)
		d->index->pending--;
	return err;
}

/* Rule: a unit is in a slot that is still to be read, so a start after a crash finds it. */
static int enter(struct timer_duty *d, const struct timer_waiting *w)
{
	struct timer_unit u = w->unit;
	int64_t earliest = slot_of(d, handle_now(d->handle)) + 1;
	if (earliest <= d->floor_ms)
		earliest = d->floor_ms + 1;
	if (!u.bytes || w->over)
		return enter_over(d, w);
	if (u.due_ms < earliest)
		u.due_ms = earliest;
	u.due_ms--; /* the slot of the millisecond before */
	bool loaded = is_loaded(d, u.due_ms + 1);
	uint8_t key[8];
	int err = 0;
	if (w->in_heap && !loaded) /* its slot is read later: not twice */
		err = lmi_map_put(&d->early, pos_key(key, u.log_pos), d, NULL);
	if (!err)
		err = timer_index_put(d->index, &u);
	if (!err && !w->in_heap && loaded)
		err = heap_add(d, &w->unit);
	return err;
}

/*
 * What is delivered in a moment is entered then, when it is known which slot is right.  Not when that would hold up reading,
 * which comes before delivering at a start.
 */
static bool is_due_now(const struct timer_duty *d, const struct timer_waiting *w)
{
	return !w->over && w->unit.bytes && !(w->unit.magic & TIMER_MAGIC_DELETE) && w->unit.due_ms <= handle_now(d->handle) &&
	       d->waiting_count < TIMER_WAITING_MAX;
}

static void enter_synced(struct timer_duty *d)
{
	struct store_marks m;
	store_marks(d->handle->store, &m);
	while (d->waiting_count) {
		const struct timer_waiting *w = &d->waiting[d->waiting_at];
		if (w->log_end > m.synced || is_due_now(d, w) || enter(d, w))
			return;
		d->queue_entered = w->queue_pos + 1;
		d->waiting_at = (d->waiting_at + 1) % d->waiting_cap;
		d->waiting_count--;
	}
	if (!d->waiting_count)
		d->queue_entered = d->queue_read;
}

/* ---- slots ---- */

static void on_loaded(void *arg, const struct timer_unit *units, size_t n, int err)
{
	struct timer_duty *d = arg;
	d->loading = false;
	if (err == 0 || err == -LMQ_ECORRUPT)
		err = timer_heap_reserve(&d->heap, n) ? -ENOMEM : err;
	if (err && err != -LMQ_ECORRUPT) {
		lmi_log(d->handle->log, LMI_LOG_ERR, "timers of slot %lld cannot be read: %s; tried again", (long long)d->read_ms,
			lmi_strerror(err));
		d->not_before_ms = lmi_mono_ms(d->handle->clock) + TIMER_RETRY_MS;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct timer_unit u = units[i];
		uint8_t key[8];
		u.due_ms++;
		if (!lmi_map_count(&d->early) || !lmi_map_del(&d->early, pos_key(key, u.log_pos)))
			heap_add(d, &u);
	}
	if (err)
		lmi_log(d->handle->log, LMI_LOG_ERR, "the chain of timer slot %lld is damaged after %zu units: %s", (long long)d->read_ms, n,
			lmi_strerror(err));
	d->read_ms += d->index->cfg.precision_ms;
}

/* What waits for its sync is in no slot yet: when its slot was read it goes into the heap here. */
static void join_waiting(struct timer_duty *d)
{
	for (size_t i = 0; i < d->waiting_count; i++) {
		struct timer_waiting *w = &d->waiting[(d->waiting_at + i) % d->waiting_cap];
		if (!w->in_heap && !w->over && w->unit.bytes && is_loaded(d, w->unit.due_ms) && heap_add(d, &w->unit) == 0)
			w->in_heap = true;
	}
}

/* A slot ahead of the clock, so that none is late. */
static void load_slots(struct timer_duty *d)
{
	int64_t before = d->read_ms;
	int64_t until = slot_of(d, handle_now(d->handle)) + d->index->cfg.precision_ms;
	while (!d->loading && d->read_ms <= until) {
		if (timer_index_is_empty(d->index, d->read_ms)) {
			d->read_ms += d->index->cfg.precision_ms;
			continue;
		}
		d->loading = true;
		if (timer_index_load(d->index, d->read_ms, on_loaded, d)) {
			d->loading = false;
			break;
		}
	}
	if (d->read_ms != before || d->loading)
		join_waiting(d);
}

/* ---- delivery ---- */

static void drop_bad(struct timer_duty *d, const struct timer_entry *e, const char *why)
{
	lmi_log(d->handle->log, LMI_LOG_ERR, "a timer leads to log position %lld, where %s: passed over", (long long)e->log_pos, why);
}

/*
 * Rule: TimerDequeueGetMessageService: deletions of a slot come before its messages.  Kept from when it was read, which may be long
 * after its time: what it deletes may follow in the next turn.  Whole seconds fit the pointer of any machine.
 */
static int take_deletion(struct timer_duty *d, const struct timer_record *r)
{
	int64_t now_ms = handle_now(d->handle), from_ms = r->due_ms > now_ms ? r->due_ms : now_ms;
	return lmi_map_put(&d->deleted, r->delete_key, (void *)(uintptr_t)(from_ms / 1000 + 1), NULL);
}

static bool is_deleted(struct timer_duty *d, const struct timer_record *r)
{
	char key[2 * LMI_NAME_MAX + 2];
	if (!lmi_map_count(&d->deleted) || r->uniq.n > LMI_NAME_MAX)
		return false;
	int n = snprintf(key, sizeof(key), "%.*s+%.*s", SPAN_ARGS(r->topic), SPAN_ARGS(r->uniq));
	return lmi_map_get(&d->deleted, lmi_span(key, (size_t)n)) != NULL; /* stays: a message that was rolled on may be there twice */
}

static void forget_deletions(struct timer_duty *d, int64_t now_ms)
{
	struct lmi_span key;
	void *from;
	if (d->heap.n && d->heap.e[0].due_ms <= now_ms)
		return;
	for (size_t i = 0; lmi_map_next(&d->deleted, &i, &key, &from);)
		if ((int64_t)(uintptr_t)from * 1000 + 2 * d->index->cfg.precision_ms < now_ms)
			lmi_map_del(&d->deleted, key);
}

/*
 * It was delivered, or found deleted, before its unit was entered.  The unit goes to the slot of its delivery, or to that of its
 * deletion: a start that does not look at the one does not look at the other.
 *
 * @log_end  of the delivered message, which has to be synced before
 */
static void note_over(struct timer_duty *d, int64_t log_pos, int64_t slot_ms, int64_t log_end)
{
	size_t low = 0, high = d->waiting_count; /* in the order of the log */
	while (low < high) {
		size_t mid = (low + high) / 2;
		struct timer_waiting *w = &d->waiting[(d->waiting_at + mid) % d->waiting_cap];
		if (w->unit.log_pos == log_pos) {
			set_over(d, w, slot_ms);
			w->log_end = log_end > w->log_end ? log_end : w->log_end;
			return;
		}
		if (w->unit.log_pos < log_pos)
			low = mid + 1;
		else
			high = mid;
	}
}

static void forget_delivered(struct timer_duty *d)
{
	if (lmi_map_count(&d->scanned) && d->queue_entered >= d->boot_queue_end && is_loaded(d, d->boot_ms + 2 * d->index->cfg.precision_ms) &&
	    (!d->heap.n || !is_from_before(d, d->heap.e[0].due_ms)))
		timer_delivered_forget(d);
}

static int roll_deletion(struct timer_duty *d, const struct timer_entry *e, const struct timer_record *r)
{
	struct store_ticket t = { 0 };
	int err = was_delivered(d, r, e->due_ms) ? 0 : timer_deliver(d->handle, r, e->written_ms, true, &t);
	if (!err)
		note_over(d, e->log_pos, handle_now(d->handle), t.log_end);
	return err;
}

/* One message whose time has come, or, at a stop, which is put to the timer topic again.  0: it is done with. */
static int deliver(struct timer_duty *d, const struct timer_entry *e, struct lmi_span bytes, bool stopping)
{
	struct timer_record r;
	struct store_ticket t = { 0 };
	int64_t now_ms = handle_now(d->handle);
	if (timer_record_read(d->handle, bytes, &r)) {
		drop_bad(d, e, "no timer message is");
		return 0;
	}
	bool early = r.due_ms > now_ms; /* never early, whatever its unit says */
	if (r.delete_key.n) {
		bool on_the_way = e->magic & TIMER_MAGIC_ROLL; /* in a slot that a start may skip which still reads its message's */
		int err = early && on_the_way ? 0 : take_deletion(d, &r);
		return !err && on_the_way ? roll_deletion(d, e, &r) : err;
	}
	if (is_deleted(d, &r)) {
		note_over(d, e->log_pos, r.due_ms - 1 < now_ms ? r.due_ms - 1 : now_ms, 0);
		count_waiting(d, r.topic, -1);
		return 0;
	}
	int err = was_delivered(d, &r, e->due_ms) ? 0 : timer_deliver(d->handle, &r, e->written_ms, early || stopping, &t);
	if (err)
		return err;
	note_over(d, e->log_pos, now_ms, t.log_end);
	d->late_ms = now_ms > d->late_ms ? now_ms : d->late_ms;
	count_waiting(d, r.topic, -1);
	return 0;
}

/* The next ones of the heap, which are near its front. */
static void read_heap_ahead(struct timer_duty *d)
{
	struct store_extent e[TIMER_READS_MAX];
	size_t n = d->heap.n < TIMER_READS_MAX ? d->heap.n : TIMER_READS_MAX;
	for (size_t i = 0; i < n; i++)
		e[i] = (struct store_extent){ .log_pos = d->heap.e[i].log_pos, .bytes = d->heap.e[i].bytes };
	read_ahead(d, e, n);
}

static void deliver_due(struct timer_duty *d)
{
	struct handle *h = d->handle;
	int64_t now_ms = handle_now(h);
	/* After a start all that was entered and sent before is looked at first: a deletion may be among it. */
	if (d->read_ms <= slot_of(d, now_ms) || d->queue_read < d->boot_queue_end || now_ms < d->floor_ms)
		return;
	for (int i = 0; i < TIMER_DELIVER_MAX && d->heap.n && d->heap.e[0].due_ms <= now_ms && !d->reading; i++) {
		struct timer_entry e = d->heap.e[0];
		struct store_extent x = { .log_pos = e.log_pos, .bytes = e.bytes };
		struct lmi_span bytes;
		if (e.log_pos == d->last_pos && e.due_ms == d->last_due_ms) { /* a slot was read twice */
			timer_heap_pop(&d->heap);
			continue;
		}
		int err = read_record(d, &x, &bytes);
		if (err == -EAGAIN) {
			read_heap_ahead(d);
			return;
		}
		if (err == -LMQ_ENOTFOUND || err == -LMQ_ECORRUPT)
			drop_bad(d, &e, "no record is");
		else if (!err)
			err = deliver(d, &e, bytes, false);
		if (err == -LMQ_ETOOBIG || err == -LMQ_EILLEGAL)
			drop_bad(d, &e, "a message is that cannot be stored again");
		else if (err && err != -LMQ_ENOTFOUND && err != -LMQ_ECORRUPT) { /* the store says why */
			d->not_before_ms = lmi_mono_ms(h->clock) + TIMER_RETRY_MS;
			return;
		}
		d->last_pos = e.log_pos;
		d->last_due_ms = e.due_ms;
		timer_heap_pop(&d->heap);
		d->index->pending -= d->index->pending > 0 && !(e.magic & TIMER_MAGIC_DELETE);
	}
}

/* ---- the checkpoint ---- */

/* The first slot that is not over. */
static int64_t open_slot(const struct timer_duty *d)
{
	int64_t slot = d->heap.n ? slot_of(d, d->heap.e[0].due_ms - 1) : d->read_ms;
	if (slot > d->read_ms)
		slot = d->read_ms;
	return slot > d->floor_ms ? slot : d->floor_ms;
}

/* Nothing that is due later was delivered. */
static int64_t latest(const struct timer_duty *d)
{
	int64_t now_ms = handle_now(d->handle);
	int64_t late_ms = d->late_ms > d->index->check.late_ms ? d->late_ms : d->index->check.late_ms;
	return late_ms > now_ms ? late_ms : now_ms;
}

/* What was reached counts once a power cut cannot take back the messages that were delivered. */
static void checkpoint(struct timer_duty *d)
{
	struct store_marks m;
	store_marks(d->handle->store, &m);
	if (d->wish_end > m.synced)
		return;
	d->wish.late_ms = latest(d);
	int err = timer_index_flush(d->index, &d->wish);
	bool failing = err || d->index->error;
	if (failing && !d->failing)
		lmi_log(d->handle->log, LMI_LOG_ERR, "the timer index cannot be saved: %s; tried again every second",
			lmi_strerror(err ? err : d->index->error));
	d->failing = failing;
	d->wish.read_ms = open_slot(d);
	int64_t now_slot = slot_of(d, handle_now(d->handle)); /* units that come to be until it is written are of this one or later */
	if (d->wish.read_ms > now_slot)
		d->wish.read_ms = now_slot > d->floor_ms ? now_slot : d->floor_ms;
	d->wish.queue_pos = d->queue_entered;
	d->wish_end = m.appended;
}

/* ---- what retention must leave ---- */

static void on_oldest(void *arg, int64_t log_pos, int err)
{
	struct timer_duty *d = arg;
	d->pinning = false;
	if (!err)
		d->pin_pos = log_pos < d->pin_new ? log_pos : d->pin_new;
}

/* Nothing of what was not entered yet is older than what was. */
static void look_for_oldest(struct timer_duty *d)
{
	struct store_bounds b = { 0 };
	store_queue_bounds(d->handle->store, LMI_SPAN_LIT(LMI_NAME_TIMER), 0, &b);
	if (d->pinning || d->queue_entered < b.max_pos)
		return;
	d->pin_new = INT64_MAX;
	d->pinning = true;
	if (timer_index_oldest(d->index, open_slot(d), on_oldest, d))
		d->pinning = false;
}

void timer_duty_turn(struct timer_duty *d)
{
	if (!d->ready || lmi_mono_ms(d->handle->clock) < d->not_before_ms)
		return;
	if (d->arrived) {
		d->arrived = false;
		load_slots(d);
		read_queue(d);
	}
	deliver_due(d);
}

void timer_duty_run(struct timer_duty *d)
{
	int64_t mono_ms = lmi_mono_ms(d->handle->clock);
	if (!d->ready || mono_ms < d->not_before_ms)
		return;
	load_slots(d);
	/* Slots of the past first: what is entered must not meet a slot of the turn of the wheel before. */
	if (d->read_ms + timer_half_ms(d->index) > handle_now(d->handle)) {
		read_queue(d);
		enter_synced(d);
	}
	deliver_due(d);
	if (mono_ms >= d->next_flush_ms) {
		d->next_flush_ms = mono_ms + TIMER_FLUSH_MS;
		checkpoint(d);
		if (!d->heap.n && !d->waiting_count && !d->index->pending)
			timer_counts_reset(d->handle->timer_counts, handle_now(d->handle));
		forget_deletions(d, handle_now(d->handle));
		forget_delivered(d);
	}
	if (mono_ms >= d->next_trim_ms) {
		struct store_marks m;
		store_marks(d->handle->store, &m);
		d->next_trim_ms = mono_ms + TIMER_TRIM_MS;
		timer_index_trim(d->index, m.min_pos);
		look_for_oldest(d);
	}
}

int64_t timer_duty_next_ms(const struct timer_duty *d)
{
	int64_t now_ms = handle_now(d->handle);
	if (!d->ready || !d->heap.n || d->reading || d->read_ms <= slot_of(d, now_ms) ||
	    lmi_mono_ms(d->handle->clock) < d->not_before_ms)
		return -1; /* something else comes first */
	int64_t due_ms = d->heap.e[0].due_ms > d->floor_ms ? d->heap.e[0].due_ms : d->floor_ms;
	return due_ms > now_ms ? due_ms - now_ms : 0;
}

/* ---- the end ---- */

/*
 * Whoever opens the store next delivers whole slots.  What is left of one that is partly delivered goes through the timer
 * topic once more, as a rolled message does.
 */
static int64_t unit_slot(const struct timer_duty *d, const struct timer_entry *e)
{
	int64_t slot = slot_of(d, e->due_ms - 1);
	return slot > d->floor_ms ? slot : d->floor_ms;
}

void timer_duty_stop(struct timer_duty *d)
{
	d->stop_ms = 0;
	if (!d->ready || d->read_ms <= slot_of(d, handle_now(d->handle)))
		return; /* behind the clock: the checkpoint stays where it is, and what was delivered since is known from the queues */
	d->stop_ms = slot_of(d, handle_now(d->handle)) + d->index->cfg.precision_ms;
	deliver_due(d);
	while (d->heap.n && unit_slot(d, &d->heap.e[0]) < d->stop_ms) {
		struct timer_entry e = d->heap.e[0];
		struct store_extent x = { .log_pos = e.log_pos, .bytes = e.bytes };
		lmi_arena_reset(&d->handle->arena);
		uint8_t *p = lmi_arena_alloc(&d->handle->arena, (size_t)e.bytes);
		int err = p ? store_read(d->handle->store, &x, p, true) : -ENOMEM;
		if (!err)
			err = deliver(d, &e, lmi_span(p, (size_t)e.bytes), true);
		if (err && err != -LMQ_ECORRUPT && err != -LMQ_ENOTFOUND)
			break; /* the slot stays open: delivered again rather than not at all */
		timer_heap_pop(&d->heap);
	}
}

int timer_duty_save(struct timer_duty *d)
{
	if (!d->ready)
		return 0;
	for (; d->waiting_count; d->waiting_count--) { /* all is synced now */
		struct timer_waiting *w = &d->waiting[d->waiting_at];
		if (is_due_now(d, w))
			break; /* the next start delivers it */
		if (enter(d, w))
			return -ENOMEM;
		d->queue_entered = w->queue_pos + 1;
		d->waiting_at = (d->waiting_at + 1) % d->waiting_cap;
	}
	struct timer_check c = { .read_ms = open_slot(d), .queue_pos = d->queue_entered, .late_ms = latest(d) };
	if (c.read_ms > d->stop_ms && d->stop_ms > d->floor_ms)
		c.read_ms = d->stop_ms; /* not what was only looked at ahead */
	return timer_index_flush_now(d->index, &c);
}
