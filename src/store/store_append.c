/* SPDX-License-Identifier: Apache-2.0 */
/* A turn: records are collected, written by few calls, dispatched in log order, shown and announced. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "store/store_internal.h"
#include "wire/props.h"

#define ENTRIES_FIRST 256
#define PROPS_LENGTH_BYTES 2 /* between a record's topic and properties */

/* ---- append ---- */

static int check_message(const struct store *s, const struct store_message *m)
{
	if (m->body.n > s->cfg.message_max_bytes || m->props.n > LMI_PROPS_MAX)
		return -LMQ_ETOOBIG;
	if (m->props.n && memchr(m->props.p, 0, m->props.n))
		return -LMQ_EILLEGAL; /* what recovery could not tell from a sector that a power cut took */
	return m->topic.n && m->topic.n <= QUEUE_TOPIC_MAX ? 0 : -LMQ_EILLEGAL;
}

static struct lmi_record record_of(const struct store *s, const struct store_message *m)
{
	return (struct lmi_record){
		.queue_id = m->queue_id,
		.flag = m->flag,
		.sysflag = m->sysflag,
		.born_ms = m->born_ms,
		.born = m->born,
		.store_ms = s->turn_ms,
		.store = s->cfg.store_host,
		.reconsume_times = m->reconsume_times,
		.prepared_pos = m->prepared_pos,
		.body = m->body,
		.topic = m->topic,
		.props = m->props,
	};
}

/** The turn's store time: never before the last one, unless the clock was set back by more than a step. */
static void begin_turn(struct store *s)
{
	if (s->turn_ms)
		return;
	int64_t now = lmi_wall_ms(s->cfg.clock);
	s->turn_ms = now < s->last_ms && now > s->last_ms - STORE_STEP_BACK_MS ? s->last_ms : now;
	s->last_ms = s->turn_ms;
}

static int reserve_entries(struct store *s, size_t n)
{
	if (s->entry_n + n <= s->entry_cap)
		return 0;
	size_t cap = s->entry_cap ? s->entry_cap : ENTRIES_FIRST;
	while (cap < s->entry_n + n)
		cap *= 2;
	struct store_entry *grown = realloc(s->entries, cap * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->entries = grown;
	s->entry_cap = cap;
	return 0;
}

/** The disk does not take what is to be written: it waits in memory, and appends are refused until it does. */
static int write_waits(struct store *s, int err)
{
	if (!s->write_err)
		store_finding(s, LMI_LOG_WARNING, "the commit log cannot be written (%s): sends are refused until it works",
			      lmi_strerror(err));
	s->write_err = err;
	s->write_due_ms = s->now_ms + STORE_RETRY_MS;
	return err;
}

/** Room in the log for this many contiguous bytes; goes to the next segment when needed. */
static int make_room(struct store *s, size_t bytes)
{
	if (s->log.run.n >= LOG_WRITER_RUN_MAX) {
		int err = store_write_out(s);
		if (err)
			return err;
	}
	switch (commit_log_room(&s->log, bytes)) {
	case COMMIT_LOG_FITS:
		return 0;
	case COMMIT_LOG_NEVER:
		return -LMQ_ETOOBIG;
	case COMMIT_LOG_ROLL:
		break;
	}
	int err = store_segment_now(s);
	if (!err)
		err = store_write_out(s);
	if (err)
		return err;
	err = commit_log_roll(&s->log);
	if (err && store_passes_by_itself(err))
		return write_waits(s, err);
	if (err) {
		store_fail(s, err, "closing a segment of the commit log");
		return -LMQ_EREADONLY;
	}
	return err;
}

/** The queue that takes n more messages, with memory for their units; NULL where the kind of message is in none. */
static int queue_for(struct store *s, const struct store_message *m, size_t n, struct consume_queue **out)
{
	*out = NULL;
	if (!dispatcher_is_queued(m->sysflag))
		return 0;
	struct consume_queue *q;
	int err = queue_table_make(&s->queues, m->topic, m->queue_id, &q);
	if (!err)
		err = consume_queue_reserve(q, q->next - q->end + (int64_t)n);
	if (!err)
		*out = q;
	return err;
}

/** Everything was reserved but the record's own memory.  0 or -ENOMEM. */
static int put(struct store *s, const struct store_message *m, struct consume_queue *q, struct store_ticket *out)
{
	struct lmi_record r = record_of(s, m);
	r.queue_pos = q ? q->next : 0;
	size_t run_before = s->log.run.n;
	int err = commit_log_append(&s->log, &r, NULL);
	if (err)
		return err;
	size_t bytes = s->log.run.n - run_before;
	s->entries[s->entry_n++] = (struct store_entry){
		.queue = q,
		.queue_pos = r.queue_pos,
		.unit = {
			.log_pos = r.log_pos,
			.bytes = (int32_t)bytes,
			.tags_code = q ? dispatcher_unit_code(&s->dispatcher, q->topic, m->props, r.store_ms, m->tags_code) : 0,
		},
		.store_ms = r.store_ms,
		.props_at = (uint32_t)(s->log.run.n - m->props.n), /* properties close the record */
		.props_bytes = (uint32_t)m->props.n,
		.topic_bytes = (uint32_t)m->topic.n,
		.sysflag = m->sysflag,
	};
	if (q)
		q->next++;
	*out = (struct store_ticket){
		.log_pos = r.log_pos,
		.log_end = s->log.appended,
		.queue_pos = r.queue_pos,
		.store_ms = r.store_ms,
	};
	return 0;
}

static int check_writable(const struct store *s)
{
	if (s->readonly)
		return -LMQ_EREADONLY;
	if (s->write_err || s->clean.disk_full)
		return s->write_err ? s->write_err : -LMQ_EFULL;
	if (store_waiting_bytes(s) > STORE_BUFFERED_MAX)
		return s->queue_err ? s->queue_err : -LMQ_EFULL;
	return s->queue_err; /* -ENOSPC and its like: what is written must find its way into the queues */
}

int store_append(struct store *s, const struct store_message *m, struct store_ticket *out)
{
	return store_append_batch(s, m, 1, out);
}

/** Bytes of n records together, or an error: 0 is none. */
static int64_t batch_bytes(const struct store *s, const struct store_message *m, size_t n)
{
	int64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		int err = check_message(s, &m[i]);
		if (err)
			return err;
		struct lmi_record r = record_of(s, &m[i]);
		int64_t bytes = (int64_t)lmi_record_bytes(&r);
		if (bytes > s->record_max)
			return -LMQ_ETOOBIG;
		assert(lmi_span_eq(m[i].topic, m[0].topic) && m[i].queue_id == m[0].queue_id);
		sum += bytes;
	}
	return sum;
}

int store_append_batch(struct store *s, const struct store_message *m, size_t n, struct store_ticket *out)
{
	int err = check_writable(s);
	if (err)
		return err;
	begin_turn(s);
	int64_t bytes = batch_bytes(s, m, n);
	if (bytes <= 0)
		return (int)bytes;
	struct consume_queue *q;
	err = queue_for(s, m, n, &q);
	if (!err)
		err = make_room(s, (size_t)bytes);
	if (!err)
		err = reserve_entries(s, n);
	for (size_t i = 0; i < n && !err; i++)
		err = key_index_reserve(&s->index, m[i].props.n);
	if (!err && !log_writer_reserve(&s->log.run, (size_t)bytes))
		err = -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		err = put(s, &m[i], q, &out[i]);
		assert(!err);
	}
	return err;
}

/* ---- the turn's end ---- */

static void dispatch_entry(struct store *s, const struct store_entry *e)
{
	struct dispatch d = {
		.queue = e->queue,
		.queue_pos = e->queue_pos,
		.unit = e->unit,
		.store_ms = e->store_ms,
		.props = lmi_span(s->log.run.mem + e->props_at, e->props_bytes),
		.topic = lmi_span(s->log.run.mem + e->props_at - PROPS_LENGTH_BYTES - e->topic_bytes, e->topic_bytes),
		.sysflag = e->sysflag,
	};
	int taken = dispatcher_take(&s->dispatcher, &d);
	assert(taken == DISPATCHER_TAKEN);
}

int store_write_out(struct store *s)
{
	if (s->readonly)
		return -LMQ_EREADONLY;
	if (s->write_err && s->now_ms < s->write_due_ms)
		return s->write_err;
	if (s->dispatched_n == s->entry_n) {
		s->write_err = 0;
		return 0;
	}
	/* Dispatch reads the run, which a flush empties; nothing is shown before the flush has succeeded. */
	size_t from = s->dispatched_n;
	int err = commit_log_flush(&s->log);
	if (err && store_passes_by_itself(err))
		return write_waits(s, err);
	if (err) {
		s->entry_n = from;
		store_fail(s, err, "writing to the commit log");
		return -LMQ_EREADONLY;
	}
	s->write_err = 0;
	for (size_t i = from; i < s->entry_n; i++)
		dispatch_entry(s, &s->entries[i]);
	key_index_turn_over(&s->index);
	s->dispatched_n = s->entry_n;
	s->dispatched = s->log.written;
	s->dispatched_ms = s->entries[s->entry_n - 1].store_ms;
	return 0;
}

bool store_promises_synced(const struct store *s, const struct queue_topic *t)
{
	uint8_t flush = t->flush == STORE_FLUSH_AS_CONFIGURED ? s->cfg.flush : t->flush;
	return flush == STORE_SYNC_FLUSH;
}

/** One entry's unit becomes visible. */
static void show_entry(struct store *s, const struct store_entry *e)
{
	struct consume_queue *q = e->queue;
	if (!q || e->queue_pos < q->visible)
		return;
	q->visible = e->queue_pos + 1;
	if (s->cfg.on_arrival)
		s->cfg.on_arrival(s->cfg.user, queue_topic_span(q->topic), q->queue_id, q->visible, e->unit.tags_code,
				  e->store_ms);
}

/** What was dispatched into topics that promise no more than that it is written. */
static void show_written(struct store *s)
{
	while (s->looked < s->dispatched_n) {
		struct store_entry *at = &s->entries[s->looked++];
		struct store_entry e = *at; /* a callback may append, and so move the array */
		if (!e.queue || store_promises_synced(s, e.queue->topic))
			continue;
		at->queue = NULL;
		show_entry(s, &e);
	}
}

/** What was waiting to be synced, and the gaps between. */
static void show_synced(struct store *s)
{
	while (s->shown < s->looked) {
		struct store_entry e = s->entries[s->shown];
		if (e.queue && e.unit.log_pos + e.unit.bytes > s->log.synced)
			break;
		s->shown++;
		show_entry(s, &e);
	}
}

void store_show(struct store *s)
{
	if (s->announcing)
		return; /* called from within a callback: the loop below goes on */
	s->announcing = true;
	do {
		show_written(s);
		show_synced(s);
	} while (s->looked < s->dispatched_n);
	s->announcing = false;
	if (s->shown == s->entry_n) {
		s->shown = s->looked = s->dispatched_n = s->entry_n = 0;
	} else if (s->shown >= ENTRIES_FIRST && s->shown >= s->entry_n / 2) {
		memmove(s->entries, s->entries + s->shown, (s->entry_n - s->shown) * sizeof(*s->entries));
		s->entry_n -= s->shown;
		s->dispatched_n -= s->shown;
		s->looked -= s->shown;
		s->shown = 0;
	}
}

void store_forget_dead(struct store *s)
{
	for (size_t i = s->shown; i < s->entry_n; i++)
		if (s->entries[i].queue && s->entries[i].queue->dead)
			s->entries[i].queue = NULL;
}

int store_set_flush(struct store *s, struct lmi_span topic, enum store_flush flush)
{
	struct queue_topic *t;
	int err = queue_table_topic(&s->queues, topic, &t);
	if (!err)
		t->flush = (uint8_t)flush;
	return err;
}

void store_turn_end(struct store *s)
{
	int64_t before = s->log.written;
	bool wrote = store_write_out(s) == 0 && s->dispatched_n > s->shown;
	s->turn_ms = 0;
	log_writer_trim(&s->log.run);
	if (wrote || s->log.written != before) {
		store_segment_ahead(s);
		store_show(s);
		if (s->cfg.on_mark)
			s->cfg.on_mark(s->cfg.user);
	}
	store_sync_maybe(s);
	store_queues_maybe(s);
}
