/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records by key.  The core loop looks through what waits in memory and names the files; a worker walks those, reads the
 * records, and keeps what has the key: hashes collide, and a log that was cut leaves entries that are not true any more.
 * One query runs at a time, so that long chains never take all workers from those who sync.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "store/store_internal.h"
#include "wire/props.h"

#define WAITING_MAX 256

struct query {
	struct work work;
	struct lmi_list link;        /* in the store's queries, until it runs */
	struct store *store;
	struct disk *disk;
	int64_t segment_bytes, limit; /* of the log; records end at or below the limit */
	uint32_t record_max;
	struct key_index_shape shape;
	struct key_index_info *files; /* newest first */
	size_t file_count;
	struct key_index_find find;
	struct lmi_buf records;
	size_t max_bytes;
	size_t count;
	int err;
	int64_t last_ms, last_pos;
	void (*told)(void *arg, const struct store_query_result *r);
	void *arg;
	bool by_tag;
	struct lmi_span topic, key;  /* in text */
	uint8_t text[];
};

static struct query *query_of(struct work *w)
{
	return lmi_container_of(w, struct query, work);
}

/* ---- on a worker ---- */

static bool has_word(struct lmi_span keys, struct lmi_span word)
{
	const uint8_t *p = keys.p, *end = p + keys.n;
	while (p < end) {
		const uint8_t *blank = memchr(p, ' ', (size_t)(end - p));
		const uint8_t *stop = blank ? blank : end;
		if (lmi_span_eq(lmi_span(p, (size_t)(stop - p)), word))
			return true;
		p = stop + 1;
	}
	return false;
}

static bool has_key(const struct query *q, const struct lmi_record *r)
{
	if (!lmi_span_eq(r->topic, q->topic))
		return false;
	if (q->by_tag)
		return lmi_span_eq(lmi_props_get(r->props, LMI_SPAN_LIT(LMI_PROP_TAGS)), q->key);
	struct lmi_span keys = lmi_props_get(r->props, LMI_SPAN_LIT(LMI_PROP_KEYS));
	return lmi_span_eq(lmi_props_get(r->props, LMI_SPAN_LIT(LMI_PROP_UNIQ_KEY)), q->key) || (keys.p && has_word(keys, q->key));
}

/** The record at a position behind those that were found.  1 when it has the key, 0 when not or there is none, -errno. */
static int read_record(struct query *q, struct disk_file *f, int64_t log_pos)
{
	uint8_t head[4];
	int64_t at = log_pos % q->segment_bytes;
	ssize_t n = f->ops->pread(f, head, sizeof(head), at);
	if (n < 0)
		return (int)n;
	uint32_t total = n == (ssize_t)sizeof(head) ? lmi_get32(head) : 0;
	if (total < LMI_RECORD_FIXED_V4 || total > q->record_max || log_pos + total > q->limit)
		return 0;
	uint8_t *mem = lmi_buf_reserve(&q->records, total);
	if (!mem)
		return -ENOMEM;
	n = f->ops->pread(f, mem, total, at);
	if (n < 0)
		return (int)n;
	struct lmi_record r;
	if ((size_t)n < total || lmi_record_decode(lmi_span(mem, total), &r) != 0 || r.log_pos != log_pos || r.total != total)
		return 0;
	if (!has_key(q, &r) || (q->count && lmi_buf_len(&q->records) + total > q->max_bytes))
		return 0;
	lmi_buf_commit(&q->records, total);
	q->count++;
	return 1;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static int read_records(struct query *q)
{
	struct disk_file *f = NULL;
	int64_t open_start = -1;
	int err = 0;
	qsort(q->find.found, q->find.count, sizeof(q->find.found[0]), compare);
	for (size_t i = 0; i < q->find.count && !err; i++) {
		char path[SEGMENT_PATH_MAX];
		int64_t pos = q->find.found[i], start = pos - pos % q->segment_bytes;
		if (start != open_start) {
			disk_file_close(f);
			f = NULL;
			segment_path(start, path);
			int res = q->disk->ops->open(q->disk, path, DISK_READ, &f);
			if (res && res != -ENOENT)
				err = res;
			open_start = res ? -1 : start;
		}
		int res = f ? read_record(q, f, pos) : 0;
		err = res < 0 ? res : err;
	}
	disk_file_close(f);
	return err;
}

static void query_run(struct work *w)
{
	struct query *q = query_of(w);
	for (size_t i = 0; i < q->file_count && !q->err && q->find.count < q->find.max; i++) {
		int err = key_index_file_find(q->disk, &q->shape, &q->files[i], &q->find);
		q->err = err == -ENOENT || err == -LMQ_ECORRUPT ? 0 : err; /* deleted meanwhile, or damaged: the others may know */
	}
	if (!q->err)
		q->err = read_records(q);
}

/* ---- on the core loop ---- */

static void query_free(struct work *w)
{
	struct query *q = query_of(w);
	free(q->files);
	lmi_buf_done(&q->records);
	free(q);
}

static void query_next(struct store *s);

static void query_done(struct work *w)
{
	struct query *q = query_of(w);
	struct store *s = q->store;
	struct store_query_result r = {
		.err = q->err,
		.count = q->count,
		.records = lmi_buf_span(&q->records),
		.last_ms = q->last_ms,
		.last_pos = q->last_pos,
	};
	s->query_running = false;
	q->told(q->arg, &r);
	query_next(s);
}

/** What waits in memory, and which files: as of now, when it begins. */
static int prepare(struct store *s, struct query *q)
{
	struct queue_topic *t = lmi_map_get(&s->queues.topics, q->topic);
	bool synced = t ? store_promises_synced(s, t) : s->cfg.flush == STORE_SYNC_FLUSH;
	q->limit = synced ? s->log.synced : s->log.written; /* what consumers may see */
	q->last_ms = s->index.end_ms;
	q->last_pos = s->index.end_pos < 0 ? 0 : s->index.end_pos;
	key_index_find_waiting(&s->index, &q->find);
	return key_index_files_for(&s->index, &q->find, &q->files, &q->file_count);
}

static void query_next(struct store *s)
{
	if (s->query_running || lmi_list_empty(&s->queries))
		return;
	struct query *q = lmi_container_of(s->queries.next, struct query, link);
	lmi_list_del(&q->link);
	s->query_count--;
	s->query_running = true;
	q->err = s->index.enabled ? prepare(s, q) : -LMQ_EUNSUPPORTED;
	if (q->err)
		q->file_count = q->find.count = 0;
	work_submit(&s->crew, &q->work);
}

void store_query_drop_all(struct store *s)
{
	while (s->queries.next && !lmi_list_empty(&s->queries)) {
		struct query *q = lmi_container_of(s->queries.next, struct query, link);
		lmi_list_del(&q->link);
		query_free(&q->work);
	}
	s->query_count = 0;
}

static struct query *query_new(struct store *s, const struct store_query *from)
{
	struct query *q = calloc(1, sizeof(*q) + from->topic.n + from->key.n);
	if (!q)
		return NULL;
	memcpy(q->text, from->topic.p, from->topic.n);
	memcpy(q->text + from->topic.n, from->key.p, from->key.n);
	q->topic = lmi_span(q->text, from->topic.n);
	q->key = lmi_span(q->text + from->topic.n, from->key.n);
	q->by_tag = from->by_tag;
	q->find.hash = key_index_hash_of(q->topic, q->key, q->by_tag);
	q->find.begin_ms = from->begin_ms > 0 ? from->begin_ms : 0;
	q->find.end_ms = from->end_ms;
	q->find.max = from->max < KEY_INDEX_FIND_MAX ? (size_t)from->max : KEY_INDEX_FIND_MAX;
	q->work.run = query_run;
	q->work.done = query_done;
	q->work.free = query_free;
	q->store = s;
	q->disk = s->cfg.disk;
	q->segment_bytes = s->log.segment_bytes;
	q->record_max = (uint32_t)s->record_max;
	q->shape = s->index.shape;
	q->max_bytes = from->max_bytes;
	return q;
}

int store_query(struct store *s, const struct store_query *from, void (*done)(void *arg, const struct store_query_result *r),
		void *arg)
{
	if (from->max < 0 || !from->topic.n || !from->key.n)
		return -LMQ_EILLEGAL;
	if (s->query_count >= WAITING_MAX)
		return -LMQ_EFULL;
	struct query *q = query_new(s, from);
	if (!q)
		return -ENOMEM;
	q->told = done;
	q->arg = arg;
	lmi_list_add_tail(&s->queries, &q->link);
	s->query_count++;
	query_next(s);
	return 0;
}
