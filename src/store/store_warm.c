/* SPDX-License-Identifier: Apache-2.0 */
/* Cold bytes are brought into the page cache by a worker, which opens the files itself. */
#include <errno.h>
#include <stdlib.h>

#include "store/store_internal.h"

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
	struct disk *disk;
	void (*told)(void *arg);
	void *arg;
	size_t count;
	struct warm_range ranges[];
};

static struct warm_work *warm_of(struct work *w)
{
	return lmi_container_of(w, struct warm_work, work);
}

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

static void warm_run(struct work *w)
{
	struct warm_work *ww = warm_of(w);
	uint8_t *mem = malloc(WARM_BUFFER);
	for (size_t i = 0; mem && i < ww->count; i++)
		read_range(ww->disk, &ww->ranges[i], mem);
	free(mem);
}

static void warm_done(struct work *w)
{
	struct warm_work *ww = warm_of(w);
	ww->told(ww->arg);
}

static void warm_free(struct work *w)
{
	free(warm_of(w));
}

/** The page of the queue file where the last store_get gave up. */
static void add_cold_unit(struct store *s, struct warm_work *ww)
{
	struct queue_shared *sh = &s->queues.shared;
	if (!sh->cold_topic)
		return;
	struct warm_range *r = &ww->ranges[ww->count++];
	struct consume_queue where = { .shared = sh, .topic = sh->cold_topic, .queue_id = sh->cold_id };
	int64_t at = sh->cold_pos * QUEUE_UNIT_BYTES;
	r->at = at % sh->file_bytes;
	r->n = WARM_QUEUE_BYTES;
	consume_queue_path(&where, at - r->at, r->path);
	queue_topic_unref(sh->cold_topic);
	sh->cold_topic = NULL;
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

int store_warm(struct store *s, const struct store_extent *e, size_t n, void (*done)(void *arg), void *arg)
{
	struct warm_work *ww = calloc(1, sizeof(*ww) + (n + 1) * sizeof(struct warm_range));
	if (!ww)
		return -ENOMEM;
	ww->work.run = warm_run;
	ww->work.done = warm_done;
	ww->work.free = warm_free;
	ww->disk = s->cfg.disk;
	ww->told = done;
	ww->arg = arg;
	add_cold_unit(s, ww);
	for (size_t i = 0; i < n; i++)
		add_extent(s, ww, &e[i]);
	work_submit(&s->crew, &ww->work);
	return 0;
}
