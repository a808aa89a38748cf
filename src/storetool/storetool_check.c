/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does everything in a store agree?  The log is walked once: each record is looked up in its queue and beside the key index.
 * Then each queue is counted: a unit for which no record came by is looked up in the log.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "store/checkpoint.h"
#include "store/log_damage.h"
#include "store/queue_reader.h"
#include "storetool/storetool.h"
#include "wire/json.h"

#define OPEN_MAX 200        /* queue files held open */
#define TELL_MAX 20         /* inconsistencies told of one queue */
#define UNITS_AT_ONCE 200u
#define JSON_MAX (256u * 1024 * 1024)

/* One queue beside the log. */
struct checked {
	struct queue_reader reader;
	int64_t met;            /* units whose record came by */
	unsigned int told;
};

struct check {
	struct storetool *t;
	struct lmi_map queues;  /* address of the queue to struct checked */
	unsigned int open;
	uint64_t records, units, lost_ranges;
	struct dispatcher dispatcher;
};

static struct lmi_span key_of(const struct consume_queue *const *q)
{
	return lmi_span((const uint8_t *)q, sizeof(*q));
}

static void checked_free(void *value)
{
	struct checked *c = value;
	queue_reader_done(&c->reader);
	free(c);
}

static struct checked *checked_of(struct check *ck, const struct consume_queue *q)
{
	struct checked *c = lmi_map_get(&ck->queues, key_of(&q));
	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	queue_reader_init(&c->reader, q);
	if (lmi_map_put(&ck->queues, key_of(&q), c, NULL)) {
		free(c);
		return NULL;
	}
	return c;
}

static void close_readers(struct check *ck)
{
	void *value;
	for (size_t i = 0; lmi_map_next(&ck->queues, &i, NULL, &value);) {
		struct checked *c = value;
		const struct consume_queue *q = c->reader.queue;
		queue_reader_done(&c->reader);
		queue_reader_init(&c->reader, q);
	}
	ck->open = 0;
}

/** The file of a queue position, for people. */
static int64_t unit_place(const struct consume_queue *q, int64_t queue_pos, char path[QUEUE_PATH_MAX])
{
	int64_t at = queue_pos * QUEUE_UNIT_BYTES, file_off = at % q->shared->file_bytes;
	consume_queue_path(q, at - file_off, path);
	return file_off;
}

static void tell_unit(struct check *ck, struct checked *c, int64_t queue_pos, const char *what, int64_t log_pos)
{
	char path[QUEUE_PATH_MAX];
	int64_t at = unit_place(c->reader.queue, queue_pos, path);
	if (c->told++ < TELL_MAX)
		storetool_tell(ck->t, path, at, "position %" PRId64 ": %s (log position %" PRId64 ")", queue_pos, what, log_pos);
}

/* ---- the log ---- */

static int check_unit_of(struct check *ck, const struct lmi_record *r)
{
	struct consume_queue *q = queue_table_get(&ck->t->queues, r->topic, r->queue_id);
	if (!q) {
		char path[SEGMENT_PATH_MAX];
		int64_t at = storetool_log_file(ck->t, r->log_pos, path);
		storetool_tell(ck->t, path, at, "a record of queue %d of topic %.*s, which has no folder", r->queue_id, (int)r->topic.n,
			       (const char *)r->topic.p);
		return 0;
	}
	struct checked *c = checked_of(ck, q);
	struct queue_unit u;
	if (!c)
		return -ENOMEM;
	bool was_open = c->reader.file != NULL;
	int res = queue_reader_unit(&c->reader, r->queue_pos, &u);
	if (!was_open && c->reader.file && ++ck->open > OPEN_MAX)
		close_readers(ck);
	if (res < 0)
		return res;
	if (res == 0 || !queue_unit_valid(&u))
		tell_unit(ck, c, r->queue_pos, "no unit for a record of the log", r->log_pos);
	else if (u.log_pos != r->log_pos || (uint32_t)u.bytes != r->total)
		tell_unit(ck, c, r->queue_pos, "the unit does not lead to the record of this position", r->log_pos);
	else {
		int64_t code = dispatcher_tags_code(&ck->dispatcher, q->topic, r->props, r->store_ms);
		if (u.tags_code != code && !q->topic->schedule)
			tell_unit(ck, c, r->queue_pos, "the unit's tag is not the record's", r->log_pos);
		c->met++;
		ck->units++;
	}
	return 0;
}

static int check_record(struct check *ck, struct storetool_index *x, const struct storetool_walk *w, const struct lmi_record *r)
{
	if (w->gap_to > w->gap_from) {
		char path[SEGMENT_PATH_MAX];
		int64_t at = storetool_log_file(ck->t, w->gap_from, path);
		storetool_tell(ck->t, path, at, "no whole record for %" PRId64 " bytes: damage from log position %" PRId64 " to %" PRId64,
			       w->gap_to - w->gap_from, w->gap_from, w->gap_to);
	}
	ck->records++;
	if (lmi_span_is(r->topic, LOG_DAMAGE_TOPIC))
		ck->lost_ranges++;
	int err = dispatcher_is_queued(r->sysflag) ? check_unit_of(ck, r) : 0;
	return err ? err : storetool_index_record(x, r);
}

static int check_log(struct check *ck, int64_t *out_tail)
{
	struct storetool *t = ck->t;
	struct storetool_walk w;
	struct lmi_record r;
	struct storetool_index *x = storetool_index_new(t);
	if (!x)
		return -ENOMEM;
	int64_t min = commit_log_min(&t->log);
	storetool_walk_begin(t, &w, min, true);
	int res;
	while ((res = storetool_walk_next(&w, &r)) == 1) {
		res = check_record(ck, x, &w, &r);
		if (res)
			break;
		storetool_progress(t, "log", w.tail - min, w.end - min);
	}
	storetool_progress(t, "log", 1, 1);
	*out_tail = w.tail;
	if (!res)
		res = storetool_index_end(x, w.tail);
	storetool_walk_end(&w);
	storetool_index_free(x);
	return res;
}

/* ---- the queues ---- */

struct files {
	struct check *ck;
	const struct consume_queue *queue;
	int64_t first, next; /* bytes: of the first file, behind the last; -1 none */
};

static int check_file(void *ctx, const char *name)
{
	struct files *f = ctx;
	struct storetool *t = f->ck->t;
	char path[QUEUE_PATH_MAX];
	struct disk_stat st;
	int64_t start;
	if (segment_name_parse(name, &start) != 0)
		return 0;
	consume_queue_path(f->queue, start, path);
	int err = t->disk->ops->stat(t->disk, path, &st);
	if (err)
		return err;
	if (st.bytes != t->queue_file_bytes)
		storetool_tell(t, path, -1, "%" PRId64 " bytes, where files of other queues have %" PRId64, st.bytes, t->queue_file_bytes);
	if (f->next >= 0 && start != f->next)
		storetool_tell(t, path, -1, "it begins at %" PRId64 ", the file before ends at %" PRId64, start, f->next);
	if (f->first < 0)
		f->first = start;
	f->next = start + t->queue_file_bytes;
	return 0;
}

/** A unit that stands for a kept message and whose record did not come by, or was met in this walk: is it true? */
static int look_up(struct check *ck, struct checked *c, struct log_scan *scan, int64_t queue_pos, const struct queue_unit *u)
{
	struct lmi_record r;
	int res = log_scan_one(scan, u->log_pos, &r);
	if (res < 0)
		return res;
	const struct consume_queue *q = c->reader.queue;
	bool same = res == LOG_SCAN_RECORD && r.queue_pos == queue_pos && r.queue_id == q->queue_id &&
		    lmi_span_eq(r.topic, queue_topic_span(q->topic));
	if (!same)
		tell_unit(ck, c, queue_pos, "a unit that leads to no record of this position", u->log_pos);
	return 0;
}

/** each unit of a kept message: counted, or looked up. */
static int each_unit(struct check *ck, struct checked *c, const struct files *f, bool look, int64_t *out_count)
{
	struct log_scan scan;
	int64_t pos = f->first / QUEUE_UNIT_BYTES, end = f->next / QUEUE_UNIT_BYTES, min = commit_log_min(&ck->t->log);
	int res = 1;
	log_scan_init(&scan, &ck->t->log, 0, INT64_MAX, false);
	for (; pos < end; pos++) {
		struct queue_unit u;
		res = queue_reader_unit(&c->reader, pos, &u);
		if (res != 1 || !queue_unit_valid(&u))
			break;
		if (queue_unit_below(&u, min) || queue_unit_gone(&u))
			continue;
		*out_count += 1;
		res = look ? look_up(ck, c, &scan, pos, &u) : 0;
		if (res)
			break;
	}
	log_scan_done(&scan);
	return res < 0 ? res : 0;
}

static int check_queue(void *ctx, struct consume_queue *q)
{
	struct check *ck = ctx;
	struct files f = { .ck = ck, .queue = q, .first = -1, .next = -1 };
	char folder[QUEUE_PATH_MAX];
	struct checked *c = checked_of(ck, q);
	int64_t count = 0;
	if (!c)
		return -ENOMEM;
	consume_queue_folder(q, folder);
	int err = ck->t->disk->ops->list(ck->t->disk, folder, check_file, &f);
	if (!err && f.first >= 0)
		err = each_unit(ck, c, &f, false, &count);
	if (!err && count > c->met && !c->told)
		err = each_unit(ck, c, &f, true, &count);
	if (c->told > TELL_MAX)
		storetool_tell(ck->t, folder, -1, "%u inconsistencies, of which %u were told", c->told, TELL_MAX);
	queue_reader_done(&c->reader);
	queue_reader_init(&c->reader, q);
	return err;
}

/* ---- the rest ---- */

static int check_json(void *ctx, const char *name)
{
	struct storetool *t = ctx;
	char path[DISK_PATH_MAX];
	uint8_t *mem;
	size_t n = strlen(name), bytes;
	struct lmi_json j;
	if (n < 6 || strcmp(name + n - 5, ".json") != 0)
		return 0;
	if (n >= sizeof(path) - sizeof("config/"))
		return 0;
	snprintf(path, sizeof(path), "config/%s", name);
	int err = disk_read_all(t->disk, path, JSON_MAX, &mem, &bytes);
	if (err)
		return err == -ENOMEM ? err : 0;
	lmi_json_init(&j, lmi_span(mem, bytes));
	err = lmi_json_skip(&j);
	if (!err)
		err = lmi_json_finish(&j);
	free(mem);
	if (err)
		storetool_tell(t, path, j.p - j.begin, "it is no whole JSON text");
	return 0;
}

static int check_rest(struct storetool *t)
{
	struct checkpoint cp;
	struct disk_stat st;
	bool found = false;
	int err = checkpoint_read(t->disk, &cp, &found);
	if (!err && !found)
		storetool_tell(t, CHECKPOINT_FILE, -1, "it is missing, short, or has a negative time");
	if (!err)
		err = t->disk->ops->list(t->disk, "config", check_json, t);
	if (t->disk->ops->stat(t->disk, "abort", &st) == 0)
		fprintf(t->err, "the store was not closed (abort is there): the next start repairs what of the above its crash left\n");
	return err == -ENOENT ? 0 : err;
}

int storetool_check(struct storetool *t)
{
	struct check ck = {
		.t = t,
		.dispatcher = { .queues = &t->queues, .delay_ms = dispatcher_delay_ms_default, .delay_levels = 18 },
	};
	int64_t tail = 0;
	int err = check_log(&ck, &tail);
	if (!err)
		err = queue_table_each(&t->queues, check_queue, &ck);
	if (!err)
		err = check_rest(t);
	lmi_map_done(&ck.queues, checked_free);
	if (err)
		return err;
	fprintf(t->err, "%" PRIu64 " records from %" PRId64 " to %" PRId64 ", %zu queues with %" PRIu64 " units: ", ck.records,
		commit_log_min(&t->log), tail, t->queues.queue_count, ck.units);
	if (ck.lost_ranges)
		fprintf(t->err, "%" PRIu64 " fillers over what was lost earlier, ", ck.lost_ranges);
	if (t->findings)
		fprintf(t->err, "%" PRIu64 " inconsistencies\n", t->findings);
	else
		fprintf(t->err, "no inconsistency\n");
	return t->findings ? 1 : 0;
}
