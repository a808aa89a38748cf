/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cold bytes are brought into the page cache by a worker, which opens the files itself; searches that met a cold page are
 * made there as a whole, since each step of theirs may meet another one.
 */
#include "store/store_warm.h"

#include <errno.h>
#include <stdlib.h>

#include "store/queue_reader.h"

#define WARM_BUFFER (256u * 1024)
/* Of a queue file around the unit that was cold: what a pull looks at. */
#define WARM_QUEUE_BYTES (32 * 1024)
/* An extent of unknown length: the record's beginning. */
#define WARM_RECORD_BYTES 4096

struct warm_range {
	char path[QUEUE_PATH_MAX];
	int64_t at, n;
};

struct warm_work {
	struct work work;
	struct store *store;
	struct disk *disk;
	void (*told)(void *arg);
	void *arg;
	struct queue_cold *finds;    /* those that look for the first unit above log_min; pos becomes the result */
	size_t find_count;
	struct store_search_state search; /* queue NULL: none */
	int64_t segment_bytes;
	size_t count;
	struct warm_range ranges[];
};

static struct warm_work *warm_of(struct work *w)
{
	return lmi_container_of(w, struct warm_work, work);
}

/* ---- on the worker ---- */

static void read_range(struct disk *d, const struct warm_range *r, uint8_t *mem)
{
	struct disk_file *f;
	if (d->ops->open(d, r->path, DISK_READ, &f) != 0)
		return; /* who asks again is told the error */
	for (int64_t at = r->at, end = r->at + r->n; at < end;) {
		size_t want = end - at < (int64_t)WARM_BUFFER ? (size_t)(end - at) : WARM_BUFFER;
		ssize_t n = f->ops->pread(f, mem, want, at);
		if (n <= 0)
			break;
		at += n;
	}
	disk_file_close(f);
}

static void find(struct queue_cold *c)
{
	struct queue_reader r;
	int64_t found;
	queue_reader_init(&r, c->queue);
	if (queue_reader_first(&r, c->pos, c->queue_flushed, c->log_min, &found) == 0)
		c->pos = found;
	queue_reader_done(&r);
}

/** Store time of the record of a unit; -1 when it is not there. */
static int64_t unit_ms(const struct warm_work *ww, struct queue_reader *r, int64_t queue_pos)
{
	struct queue_unit u;
	uint8_t head[STORE_HEAD_BYTES];
	char path[SEGMENT_PATH_MAX];
	struct disk_file *f;
	if (queue_reader_unit(r, queue_pos, &u) != 1 || !queue_unit_valid(&u) || queue_unit_hole(&u) ||
	    u.bytes < (int32_t)LMI_RECORD_FIXED_V4)
		return -1;
	int64_t at = u.log_pos % ww->segment_bytes;
	segment_path(u.log_pos - at, path);
	if (ww->disk->ops->open(ww->disk, path, DISK_READ, &f) != 0)
		return -1;
	ssize_t n = f->ops->pread(f, head, sizeof(head), at);
	disk_file_close(f);
	return n == sizeof(head) ? store_head_ms(head) : -1;
}

static void search(struct warm_work *ww)
{
	struct store_search_state *x = &ww->search;
	struct queue_reader r;
	int64_t end = x->hi < x->flushed ? x->hi : x->flushed;
	queue_reader_init(&r, x->queue);
	while (x->lo < end) {
		int64_t mid = x->lo + (end - x->lo) / 2;
		if (store_search_is_before(unit_ms(ww, &r, mid), x->ms, x->after_equal))
			x->lo = mid + 1;
		else
			x->hi = end = mid;
	}
	queue_reader_done(&r);
}

static void warm_run(struct work *w)
{
	struct warm_work *ww = warm_of(w);
	uint8_t *mem = malloc(WARM_BUFFER);
	for (size_t i = 0; mem && i < ww->count; i++)
		read_range(ww->disk, &ww->ranges[i], mem);
	free(mem);
	for (size_t i = 0; i < ww->find_count; i++)
		find(&ww->finds[i]);
	if (ww->search.queue)
		search(ww);
}

/* ---- on the core loop ---- */

static void warm_done(struct work *w)
{
	struct warm_work *ww = warm_of(w);
	for (size_t i = 0; i < ww->find_count; i++)
		consume_queue_min_found(ww->finds[i].queue, ww->finds[i].log_min, ww->finds[i].pos);
	if (ww->search.queue)
		store_search_found(ww->store, &ww->search);
	ww->told(ww->arg);
}

static void warm_free(struct work *w)
{
	struct warm_work *ww = warm_of(w);
	for (size_t i = 0; i < ww->find_count; i++)
		consume_queue_unref(ww->finds[i].queue);
	consume_queue_unref(ww->search.queue);
	free(ww->finds);
	free(ww);
}

static void add_range(struct warm_work *ww, const struct queue_cold *c)
{
	struct warm_range *r = &ww->ranges[ww->count++];
	int64_t at = c->pos * QUEUE_UNIT_BYTES;
	r->at = at % c->queue->shared->file_bytes;
	r->n = WARM_QUEUE_BYTES;
	consume_queue_path(c->queue, at - r->at, r->path);
}

/** Where reads of queues gave up; the references go with it. */
static void add_colds(struct store *s, struct warm_work *ww)
{
	struct queue_shared *sh = &s->queues.shared;
	for (uint32_t i = 0; i < sh->colds; i++) {
		struct queue_cold *c = &sh->cold[i];
		if (c->log_min >= 0 && ww->finds) {
			c->queue_flushed = c->queue->flushed;
			ww->finds[ww->find_count++] = *c;
			continue;
		}
		add_range(ww, c);
		consume_queue_unref(c->queue);
	}
	sh->colds = 0;
}

static void add_extent(struct store *s, struct warm_work *ww, const struct store_extent *e)
{
	struct segment *seg = commit_log_segment(&s->log, e->log_pos);
	if (!seg)
		return;
	struct warm_range *r = &ww->ranges[ww->count++];
	segment_path(seg->start, r->path);
	r->at = e->log_pos - seg->start;
	r->n = e->bytes > 0 ? e->bytes : WARM_RECORD_BYTES;
}

static void add_records(struct store *s, struct warm_work *ww)
{
	for (uint32_t i = 0; i < s->cold_record_count; i++)
		add_extent(s, ww, &(struct store_extent){ .log_pos = s->cold_records[i] });
	s->cold_record_count = 0;
}

int store_warm(struct store *s, const struct store_extent *e, size_t n, void (*done)(void *arg), void *arg)
{
	struct queue_shared *sh = &s->queues.shared;
	size_t ranges = n + sh->colds + s->cold_record_count;
	struct warm_work *ww = calloc(1, sizeof(*ww) + ranges * sizeof(struct warm_range));
	if (!ww)
		return -ENOMEM;
	ww->work.run = warm_run;
	ww->work.done = warm_done;
	ww->work.free = warm_free;
	ww->store = s;
	ww->disk = s->cfg.disk;
	ww->segment_bytes = s->log.segment_bytes;
	ww->told = done;
	ww->arg = arg;
	ww->finds = sh->colds ? calloc(sh->colds, sizeof(*ww->finds)) : NULL;
	add_colds(s, ww);
	add_records(s, ww);
	for (size_t i = 0; i < n; i++)
		add_extent(s, ww, &e[i]);
	ww->search = store_search_take(s);
	work_submit(&s->crew, &ww->work);
	return 0;
}
