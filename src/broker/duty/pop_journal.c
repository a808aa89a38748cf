/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/pop_journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

#define PATH_CHARS 64

static const uint8_t what[8] = { 'L', 'M', 'Q', 'P', 'O', 'P', 0, 1 };

static void path_of(uint64_t generation, char out[PATH_CHARS])
{
	snprintf(out, PATH_CHARS, POP_JOURNAL_FOLDER "/journal.%016" PRIx64, generation);
}

static void put_head(struct lmi_buf *b, struct pop_record_chain *c, uint64_t generation)
{
	lmi_buf_put(b, what, sizeof(what));
	lmi_buf_put64(b, generation);
	if (!b->failed)
		c->sum = lmi_crc32(0, lmi_buf_data(b), POP_JOURNAL_HEAD);
}

/* ---- what is written ---- */

static bool is_known(const struct pop_journal *j, const struct pop_queue *q)
{
	return q->journal_ref && q->journal_generation == j->generation;
}

static void introduce(struct pop_journal *j, struct pop_queue *q, int64_t pos)
{
	q->journal_ref = ++j->last_ref;
	q->journal_generation = j->generation;
	pop_record_put_queue(&j->out, &j->chain, q, pos);
}

static void on_change(void *ctx, const struct pop_change *c)
{
	struct pop_journal *j = ctx;
	if (!j->file)
		return; /* the next file begins with what the table holds */
	if (!is_known(j, c->queue)) {
		if (c->kind == POP_CHANGE_FORGET)
			return;
		introduce(j, c->queue, c->kind == POP_CHANGE_BATCH ? c->batch->start_pos : c->queue->pop_pos);
	}
	pop_record_put_change(&j->out, &j->chain, c);
}

static void note_offsets(struct pop_journal *j)
{
	j->noted_ms = j->offsets->version.timestamp_ms;
	j->noted_count = j->offsets->version.counter;
	pop_record_put_offsets(&j->out, &j->chain, j->noted_ms, j->noted_count);
}

static void put_all(struct pop_journal *j)
{
	struct pop_queue *q;
	for (size_t i = 0; (q = pop_table_next(j->table, &i));) {
		introduce(j, q, q->pop_pos);
		for (uint32_t k = q->head; k < q->tail; k++)
			pop_record_put_batch(&j->out, &j->chain, q->batches[k]);
		if (q->order)
			pop_record_put_order(&j->out, &j->chain, q);
	}
	note_offsets(j);
	pop_record_put_whole(&j->out, &j->chain);
}

/* ---- trouble ---- */

static void say(struct pop_journal *j, int err)
{
	if (err && !j->failing)
		lmi_log(j->log, LMI_LOG_ERR, "the journal of messages in flight cannot be written: %s; after a crash they would be "
			"handed out again; tried again every second", lmi_strerror(err));
	else if (!err && j->failing)
		lmi_log(j->log, LMI_LOG_NOTICE, "the journal of messages in flight is written again");
	j->failing = err != 0;
}

/* A file that is not used any more; the worker closes it when the next is safe. */
static void retire(struct pop_journal *j)
{
	disk_file_close(j->old);
	j->old = j->file;
	j->file = NULL;
}

/* It is not written any more; the next file will make up for it. */
static void give_up(struct pop_journal *j, int err)
{
	say(j, err);
	lmi_buf_reset(&j->out, 0);
	retire(j);
	j->retry_ms = lmi_mono_ms(j->clock) + POP_JOURNAL_RETRY_MS;
}

static int write_out(struct pop_journal *j)
{
	size_t n = lmi_buf_len(&j->out);
	int err = j->out.failed ? -ENOMEM : 0;
	if (!err && n)
		err = j->file->ops->pwrite(j->file, lmi_buf_data(&j->out), n, j->bytes);
	if (!err)
		j->bytes += (int64_t)n;
	lmi_buf_reset(&j->out, 64u << 10);
	return err;
}

/* ---- the next file ---- */

/* The opened next file becomes the one in use. */
static int begin(struct pop_journal *j)
{
	if (j->file)
		retire(j);
	j->old_generation = j->generation++;
	j->file = j->next;
	j->next = NULL;
	j->bytes = j->synced_bytes = 0;
	lmi_buf_reset(&j->out, 64u << 10);
	put_head(&j->out, &j->chain, j->generation);
	put_all(j);
	int err = write_out(j);
	j->begin_bytes = j->bytes;
	return err;
}

static int open_next(struct pop_journal *j)
{
	char path[PATH_CHARS];
	path_of(j->generation + 1, path);
	int err = j->disk->ops->mkdirs(j->disk, POP_JOURNAL_FOLDER);
	if (!err)
		err = j->disk->ops->open(j->disk, path, DISK_READ | DISK_WRITE | DISK_CREATE, &j->next);
	if (!err && (err = j->next->ops->set_size(j->next, 0))) {
		disk_file_close(j->next);
		j->next = NULL;
	}
	return err;
}

struct removal {
	struct pop_journal *j;
	int err;
};

static bool generation_of(const char *name, uint64_t *out)
{
	char want[PATH_CHARS];
	if (sscanf(name, "journal.%16" SCNx64, out) != 1)
		return false;
	path_of(*out, want);
	return strcmp(name, want + sizeof(POP_JOURNAL_FOLDER)) == 0;
}

static int remove_old(void *ctx, const char *name)
{
	struct removal *r = ctx;
	uint64_t generation;
	char path[PATH_CHARS];
	if (!generation_of(name, &generation) || generation > r->j->old_generation)
		return 0;
	path_of(generation, path);
	int err = r->j->disk->ops->unlink(r->j->disk, path);
	r->err = r->err ? r->err : err;
	return 0;
}

/* The file in use is on the disk, so that those before it may go. */
static int seal(struct pop_journal *j)
{
	struct removal r = { .j = j };
	int err = j->file->ops->sync_data(j->file);
	if (!err)
		err = j->disk->ops->sync_folder(j->disk, POP_JOURNAL_FOLDER);
	if (err)
		return err;
	disk_file_close(j->old);
	j->old = NULL;
	err = j->disk->ops->list(j->disk, POP_JOURNAL_FOLDER, remove_old, &r);
	return err ? err : r.err;
}

/* ---- the worker ---- */

static void run(struct lmi_job *job)
{
	struct pop_journal *j = (struct pop_journal *)job;
	switch (j->work) {
	case POP_JOURNAL_OPEN_NEXT:
		j->err = open_next(j);
		break;
	case POP_JOURNAL_SYNC:
		j->err = j->file->ops->sync_data(j->file);
		break;
	case POP_JOURNAL_SEAL:
		j->err = seal(j);
		break;
	}
}

static void submit(struct pop_journal *j, enum pop_journal_work work)
{
	j->busy = true;
	j->work = work;
	j->syncing_bytes = j->bytes;
	lmi_executor_submit(j->executor, &j->job);
}

static void opened(struct pop_journal *j)
{
	int err = j->err ? j->err : begin(j);
	if (err) {
		if (j->file)
			give_up(j, err);
		else
			say(j, err);
		j->retry_ms = lmi_mono_ms(j->clock) + POP_JOURNAL_RETRY_MS;
		return;
	}
	submit(j, POP_JOURNAL_SEAL);
}

static void done(struct lmi_job *job)
{
	struct pop_journal *j = (struct pop_journal *)job;
	j->busy = false;
	j->sync_ms = lmi_mono_ms(j->clock) + POP_JOURNAL_SYNC_MS;
	if (j->work == POP_JOURNAL_OPEN_NEXT) {
		opened(j);
		return;
	}
	if (!j->file)
		return; /* given up meanwhile */
	if (j->err) {
		give_up(j, j->err); /* what a failed sync was to keep is gone: begin anew */
		return;
	}
	say(j, 0);
	j->synced_bytes = j->syncing_bytes;
}

/* ---- running ---- */

void pop_journal_turn_end(struct pop_journal *j)
{
	if (!j->file || (!lmi_buf_len(&j->out) && !j->out.failed))
		return;
	int err = write_out(j);
	if (err && !j->busy)
		give_up(j, err);
	else if (err)
		j->failed_late = err;
}

static bool is_long(const struct pop_journal *j)
{
	return j->bytes > POP_JOURNAL_LONG && j->bytes > 2 * j->begin_bytes;
}

void pop_journal_tick(struct pop_journal *j, int64_t mono_ms)
{
	if (j->file && (j->offsets->version.timestamp_ms != j->noted_ms || j->offsets->version.counter != j->noted_count))
		note_offsets(j);
	if (j->busy)
		return;
	if (j->failed_late && j->file)
		give_up(j, j->failed_late);
	j->failed_late = 0;
	if (!j->file || is_long(j)) {
		if (mono_ms >= j->retry_ms)
			submit(j, POP_JOURNAL_OPEN_NEXT);
	} else if (j->synced_bytes < j->bytes && mono_ms >= j->sync_ms) {
		submit(j, POP_JOURNAL_SYNC);
	}
}

/* ---- reading ---- */

struct loading {
	struct pop_journal *j;
	struct pop_queue **refs; /* by number - 1 */
	size_t count, cap;
	bool whole;
	int64_t version_ms, version_count;
};

static struct pop_queue *by_ref(const struct loading *l, uint32_t ref)
{
	return ref && ref <= l->count ? l->refs[ref - 1] : NULL;
}

static int load_queue(struct loading *l, const struct pop_record *r)
{
	struct pop_queue *q;
	if (r->ref != l->count + 1)
		return -LMQ_ECORRUPT;
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct pop_queue **v = realloc(l->refs, cap * sizeof(*v));
		if (!v)
			return -ENOMEM;
		l->refs = v;
		l->cap = cap;
	}
	int err = pop_table_make(l->j->table, &r->at, r->pos, &q);
	if (err)
		return err;
	q->pop_pos = r->pos;
	l->refs[l->count++] = q;
	return 0;
}

static void load_ack(struct loading *l, struct pop_queue *q, const struct pop_record *r)
{
	struct pop_batch *b = pop_queue_find(q, r->start_pos, r->pop_ms);
	if (b)
		pop_batch_ack(l->j->table, b, r->bits);
}

static int load_order(struct loading *l, struct pop_queue *q, const struct pop_record *r)
{
	q->pop_pos = r->pos;
	if (r->has_order)
		return pop_order_put(l->j->table, q, &r->order);
	pop_order_free(q);
	return 0;
}

static int load_change(struct loading *l, const struct pop_record *r)
{
	struct pop_table *t = l->j->table;
	struct pop_queue *q = by_ref(l, r->ref);
	int err = 0;
	if (!q)
		return -LMQ_ECORRUPT;
	switch (r->kind) {
	case POP_CHANGE_BATCH:
		err = pop_queue_add(t, q, &r->round, r->pos);
		return err == -EEXIST ? 0 : err;
	case POP_CHANGE_ACK:
		load_ack(l, q, r);
		return 0;
	case POP_CHANGE_MOVE:
		pop_queue_move(t, q, r->pos);
		return 0;
	case POP_CHANGE_DROP:
		pop_queue_drop(t, q, r->pos);
		return 0;
	case POP_CHANGE_ORDER:
		return load_order(l, q, r);
	default:
		l->refs[r->ref - 1] = NULL;
		pop_queue_forget(t, q);
		return 0;
	}
}

static int load_record(struct loading *l, const struct pop_record *r)
{
	switch (r->kind) {
	case POP_RECORD_QUEUE:
		return load_queue(l, r);
	case POP_RECORD_OFFSETS:
		l->version_ms = r->version_ms;
		l->version_count = r->version_count;
		return 0;
	case POP_RECORD_WHOLE:
		l->whole = true;
		return 0;
	default:
		return load_change(l, r);
	}
}

/* Read what there is.  Returns the bytes that were good. */
static size_t load_bytes(struct loading *l, struct lmi_span in, uint64_t generation, int *out_err)
{
	struct pop_record_chain c;
	struct pop_record r;
	size_t n, at = POP_JOURNAL_HEAD;
	*out_err = 0;
	if (in.n < POP_JOURNAL_HEAD || memcmp(in.p, what, sizeof(what)) != 0 || lmi_get64(in.p + 8) != generation)
		return 0;
	c.sum = lmi_crc32(0, in.p, POP_JOURNAL_HEAD);
	while (pop_record_get(lmi_span(in.p + at, in.n - at), &c, &r, &n) == 0) {
		*out_err = load_record(l, &r);
		if (*out_err)
			return at;
		at += n;
	}
	return at;
}

static void forget_all(struct pop_journal *j)
{
	struct pop_queue *q;
	for (size_t i = 0; (q = pop_table_next(j->table, &i));)
		pop_queue_forget(j->table, q);
}

/* True when the file was whole: it counts.  What an earlier try left in the table is forgotten. */
static bool load_file(struct loading *l, uint64_t generation)
{
	struct pop_journal *j = l->j;
	char path[PATH_CHARS];
	uint8_t *bytes;
	size_t n, good;
	path_of(generation, path);
	int err = disk_read_all(j->disk, path, POP_JOURNAL_READ_MAX, &bytes, &n);
	if (!err) {
		l->count = 0;
		l->whole = false;
		l->version_ms = l->version_count = 0;
		good = load_bytes(l, lmi_span(bytes, n), generation, &err);
		free(bytes);
		if (l->whole) {
			if (good < n)
				lmi_log(j->log, LMI_LOG_NOTICE, "%s was cut at %zu of %zu bytes: what it held behind is handed out again",
					path, good, n);
			return true;
		}
		forget_all(j);
		err = err ? err : -LMQ_ECORRUPT;
	}
	lmi_log(j->log, LMI_LOG_NOTICE, "%s is not whole (%s): the one before counts", path, lmi_strerror(err));
	return false;
}

struct found {
	uint64_t *generations;
	size_t count, cap;
	bool failed;
};

static int find_one(void *ctx, const char *name)
{
	struct found *f = ctx;
	uint64_t generation;
	if (!generation_of(name, &generation))
		return 0;
	if (f->count == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 8;
		uint64_t *v = realloc(f->generations, cap * sizeof(*v));
		if (!v)
			return -ENOMEM;
		f->generations = v;
		f->cap = cap;
	}
	f->generations[f->count++] = generation;
	return 0;
}

static int latest_first(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? 1 : x > y ? -1 : 0;
}

static int load(struct loading *l)
{
	struct found f = { .count = 0 };
	struct pop_journal *j = l->j;
	int err = j->disk->ops->list(j->disk, POP_JOURNAL_FOLDER, find_one, &f);
	if (!err && f.count) {
		qsort(f.generations, f.count, sizeof(*f.generations), latest_first);
		j->generation = f.generations[0];
		for (size_t i = 0; i < f.count && !load_file(l, f.generations[i]); i++)
			;
	}
	free(f.generations);
	if (err && err != -ENOENT)
		lmi_log(j->log, LMI_LOG_WARNING, "the journal of messages in flight cannot be read: %s; they are handed out again",
			lmi_strerror(err));
	return err == -ENOMEM ? err : 0;
}

/* ---- the two files together ---- */

/* Somebody else wrote consumerOffset.json after us: a Java broker, an operator. */
static bool is_foreign(const struct loading *l)
{
	const struct lmi_data_version *v = &l->j->offsets->version;
	return v->timestamp_ms > l->version_ms || (v->timestamp_ms == l->version_ms && v->counter > l->version_count);
}

/*
 * The journal is never older than the consumerOffset.json whose version it names, so that it counts.  A file that it does not
 * name was written by somebody else, or after the journal's end was lost: then the file counts alone, all from there comes
 * again.
 */
static void agree(struct pop_journal *j, struct pop_queue *q, int64_t max_pos, bool foreign)
{
	struct offset_at at = { .group = pop_queue_group(q), .topic = pop_queue_topic(q), .queue_id = q->queue_id };
	int64_t said = offset_table_get(j->offsets, &at);
	if (foreign && said >= 0 && (said != pop_queue_lowest(q) || said != q->pop_pos)) {
		pop_queue_drop(j->table, q, INT64_MAX);
		pop_queue_move(j->table, q, said);
	}
	if (q->pop_pos > max_pos) { /* the log lost its end in a power cut */
		pop_order_free(q);
		pop_queue_move(j->table, q, max_pos);
	}
	pop_queue_cut(j->table, q, q->pop_pos); /* the journal ended within a change: they are handed out again */
	q->committed = said;
	pop_queue_dirty(j->table, q);
}

int pop_journal_open(struct pop_journal *j, int64_t (*max_pos)(void *ctx, const struct offset_at *at), void *ctx)
{
	struct loading l = { .j = j };
	struct pop_queue *q;
	j->job = (struct lmi_job){ .run = run, .done = done };
	int err = load(&l);
	free(l.refs);
	if (err)
		return err;
	for (size_t i = 0; (q = pop_table_next(j->table, &i));) {
		struct offset_at at = { .group = pop_queue_group(q), .topic = pop_queue_topic(q), .queue_id = q->queue_id };
		agree(j, q, max_pos(ctx, &at), is_foreign(&l));
	}
	pop_table_settle(j->table);
	j->table->note = on_change;
	j->table->ctx = j;
	err = open_next(j);
	if (!err)
		err = begin(j);
	if (!err)
		err = seal(j);
	if (!err)
		j->synced_bytes = j->bytes;
	else if (j->file)
		give_up(j, err);
	else
		say(j, err);
	return 0;
}

/* ---- the end ---- */

static void close_all(struct pop_journal *j)
{
	disk_file_close(j->file);
	disk_file_close(j->next);
	disk_file_close(j->old);
	j->file = j->next = j->old = NULL;
	j->table->note = NULL;
	lmi_buf_done(&j->out);
}

int pop_journal_close(struct pop_journal *j)
{
	int err = 0;
	if (j->file) {
		note_offsets(j);
		err = write_out(j);
		if (!err)
			err = j->file->ops->sync_data(j->file);
		say(j, err);
	}
	close_all(j);
	return err;
}

void pop_journal_abandon(struct pop_journal *j)
{
	close_all(j);
}
