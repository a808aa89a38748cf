/* SPDX-License-Identifier: Apache-2.0 */
/* Reading units; writing what is new; dropping what is over. */
#include "store/timer_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define WINDOW (256 * 1024)

void timer_log_path(int64_t start, char *out)
{
	snprintf(out, TIMER_LOG_PATH_MAX, TIMER_LOG_FOLDER "/%020" PRId64, start);
}

/* ---- reading ---- */

void timer_reader_init(struct timer_reader *r, struct disk *disk, int64_t file_bytes)
{
	*r = (struct timer_reader){ .disk = disk, .file_bytes = file_bytes, .file_start = -1 };
}

void timer_reader_done(struct timer_reader *r)
{
	disk_file_close(r->file);
	free(r->window);
	r->file = NULL;
	r->window = NULL;
	r->file_start = -1;
	r->from = r->to = 0;
}

static int open_at(struct timer_reader *r, int64_t start)
{
	char path[TIMER_LOG_PATH_MAX];
	if (r->file && r->file_start == start)
		return 0;
	disk_file_close(r->file);
	r->file = NULL;
	r->from = r->to = 0;
	timer_log_path(start, path);
	int err = r->disk->ops->open(r->disk, path, DISK_READ, &r->file);
	if (!err)
		r->file_start = start;
	return err == -ENOENT ? -LMQ_ECORRUPT : err;
}

/* The window that ends behind the unit, as chains lead backwards, or begins with it at the front of a file. */
static int fill(struct timer_reader *r, int64_t pos)
{
	if (!r->window)
		r->window = malloc(WINDOW);
	if (!r->window)
		return -ENOMEM;
	int64_t at = pos - r->file_start, from = at + TIMER_UNIT_BYTES - WINDOW;
	if (from < 0 || pos >= r->to) /* forwards: the next window */
		from = pos >= r->to && r->to > 0 ? at : from < 0 ? 0 : from;
	ssize_t n = r->file->ops->pread(r->file, r->window, WINDOW, from);
	if (n < 0)
		return (int)n;
	r->from = r->file_start + from;
	r->to = r->from + n;
	return pos + TIMER_UNIT_BYTES <= r->to ? 0 : -LMQ_ECORRUPT;
}

int timer_reader_unit(struct timer_reader *r, int64_t pos, const uint8_t **out)
{
	int err = open_at(r, pos - pos % r->file_bytes);
	if (!err && (pos < r->from || pos + TIMER_UNIT_BYTES > r->to))
		err = fill(r, pos);
	if (!err)
		*out = r->window + (pos - r->from);
	return err;
}

int timer_index_last(const struct timer_index *t, struct timer_unit *out)
{
	struct timer_reader r;
	int64_t bytes = t->cfg.log_file_bytes, at = t->end % bytes, prev;
	int64_t per_file = (bytes - TIMER_BLANK_BYTES) / TIMER_UNIT_BYTES;
	int64_t pos = at >= TIMER_UNIT_BYTES ? t->end - TIMER_UNIT_BYTES : t->end - at - bytes + (per_file - 1) * TIMER_UNIT_BYTES;
	const uint8_t *p;
	if (pos < 0)
		return -LMQ_ENOTFOUND;
	timer_reader_init(&r, t->cfg.disk, bytes);
	int err = timer_reader_unit(&r, pos, &p);
	if (!err && !timer_unit_decode(p, out, &prev))
		err = -LMQ_ENOTFOUND;
	timer_reader_done(&r);
	return err;
}

/* ---- writing ---- */

void timer_check_put(const struct timer_check *c, uint8_t *out)
{
	const int64_t v[] = { c->read_ms,	   c->log_pos,	     c->queue_pos, c->master_queue_pos,
			      c->state_version, c->timestamp_ms, c->counter };
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		lmi_put64(out + 8 * i, (uint64_t)v[i]);
}

struct flush {
	struct work work;
	struct timer_index *index;
	struct disk *disk;
	int64_t file_bytes, wheel_bytes;
	int64_t log_from;
	uint8_t *log;
	size_t log_bytes;
	uint32_t *pages; /* numbers */
	uint8_t *page_bytes;
	size_t page_count;
	struct timer_check check;
	int err;
};

static struct flush *flush_of(struct work *w)
{
	return lmi_container_of(w, struct flush, work);
}

static void flush_free(struct work *w)
{
	struct flush *f = flush_of(w);
	free(f->log);
	free(f->pages);
	free(f->page_bytes);
	free(f);
}

/* A file of full size, made when missing. */
static int open_full(struct disk *d, const char *path, const char *folder, int64_t bytes, struct disk_file **out)
{
	int64_t size = 0;
	int err = d->ops->open(d, path, DISK_READ | DISK_WRITE | DISK_CREATE, out);
	if (err)
		return err;
	err = (*out)->ops->size(*out, &size);
	if (!err && size < bytes) {
		err = (*out)->ops->set_size(*out, bytes);
		if (!err)
			err = d->ops->sync_folder(d, folder);
	}
	if (err)
		disk_file_close(*out);
	return err;
}

static int write_log(struct flush *f)
{
	struct disk *d = f->disk;
	int err = f->log_bytes ? d->ops->mkdirs(d, TIMER_LOG_FOLDER) : 0;
	if (!err && f->log_bytes)
		err = d->ops->sync_folder(d, ".");
	for (size_t done = 0; done < f->log_bytes && !err;) {
		char path[TIMER_LOG_PATH_MAX];
		struct disk_file *file;
		int64_t pos = f->log_from + (int64_t)done, at = pos % f->file_bytes;
		size_t n = f->log_bytes - done;
		if ((int64_t)n > f->file_bytes - at)
			n = (size_t)(f->file_bytes - at);
		timer_log_path(pos - at, path);
		err = open_full(d, path, TIMER_LOG_FOLDER, f->file_bytes, &file);
		if (err)
			break;
		err = file->ops->pwrite(file, f->log + done, n, at);
		if (!err)
			err = file->ops->sync_data(file);
		disk_file_close(file);
		done += n;
	}
	return err;
}

static int write_wheel(struct flush *f)
{
	struct disk_file *file;
	if (!f->page_count)
		return 0;
	int err = open_full(f->disk, TIMER_WHEEL_FILE, ".", f->wheel_bytes, &file);
	if (err)
		return err;
	for (size_t i = 0; i < f->page_count && !err; i++)
		err = file->ops->pwrite(file, f->page_bytes + i * TIMER_PAGE, TIMER_PAGE, (int64_t)f->pages[i] * TIMER_PAGE);
	if (!err)
		err = file->ops->sync_data(file);
	disk_file_close(file);
	return err;
}

static int write_check(struct flush *f)
{
	uint8_t raw[TIMER_CHECK_OURS_BYTES];
	struct disk_file *file;
	int err = f->disk->ops->mkdirs(f->disk, "config");
	if (!err)
		err = open_full(f->disk, TIMER_CHECK_FILE, "config", TIMER_CHECK_FILE_BYTES, &file);
	if (err)
		return err;
	timer_check_put(&f->check, raw);
	lmi_put64(raw + TIMER_CHECK_BYTES, (uint64_t)f->check.late_ms);
	err = file->ops->pwrite(file, raw, sizeof(raw), 0); /* within one sector */
	if (!err)
		err = file->ops->sync_data(file);
	disk_file_close(file);
	return err;
}

/* The log first: no slot may lead to a unit that is not there; then the checkpoint, which vouches for both. */
static void flush_run(struct work *w)
{
	struct flush *f = flush_of(w);
	f->err = write_log(f);
	if (!f->err)
		f->err = write_wheel(f);
	if (!f->err)
		f->err = write_check(f);
}

static void flush_done(struct work *w)
{
	struct flush *f = flush_of(w);
	struct timer_index *t = f->index;
	t->flushing = false;
	t->error = f->err;
	if (f->err) { /* once more with the next ones */
		for (size_t i = 0; i < f->page_count; i++)
			t->dirty[f->pages[i]] |= TIMER_PAGE_DIRTY;
		t->any_dirty = t->any_dirty || f->page_count;
		return;
	}
	lmi_buf_consume(&t->tail, f->log_bytes);
	t->mem_from = f->log_from + (int64_t)f->log_bytes;
	t->check = f->check;
}

static size_t count_dirty(const struct timer_index *t)
{
	size_t n = 0;
	for (size_t i = 0; t->any_dirty && i < timer_wheel_pages(t); i++)
		n += (t->dirty[i] & TIMER_PAGE_DIRTY) != 0;
	return n;
}

static int take_pages(struct timer_index *t, struct flush *f)
{
	size_t n = count_dirty(t), at = 0;
	if (!n)
		return 0;
	f->pages = malloc(n * sizeof(*f->pages));
	f->page_bytes = malloc(n * TIMER_PAGE);
	if (!f->pages || !f->page_bytes)
		return -ENOMEM;
	for (size_t i = 0; i < timer_wheel_pages(t); i++) {
		if (!(t->dirty[i] & TIMER_PAGE_DIRTY))
			continue;
		f->pages[at] = (uint32_t)i;
		memcpy(f->page_bytes + at++ * TIMER_PAGE, t->slots + i * TIMER_PAGE, TIMER_PAGE);
		t->dirty[i] = TIMER_PAGE_HELD;
	}
	f->page_count = n;
	t->any_dirty = false;
	return 0;
}

static struct flush *make_flush(struct timer_index *t, const struct timer_check *c)
{
	struct flush *f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->work = (struct work){ .run = flush_run, .done = flush_done, .free = flush_free };
	f->index = t;
	f->disk = t->cfg.disk;
	f->file_bytes = t->cfg.log_file_bytes;
	f->wheel_bytes = (int64_t)timer_wheel_bytes(t);
	f->log_from = t->mem_from;
	f->log_bytes = lmi_buf_len(&t->tail);
	f->check = t->check;
	f->check.read_ms = c->read_ms;
	f->check.late_ms = c->late_ms;
	f->check.queue_pos = f->check.master_queue_pos = c->queue_pos;
	f->check.log_pos = t->end;
	f->log = f->log_bytes ? malloc(f->log_bytes) : NULL;
	if ((f->log_bytes && !f->log) || take_pages(t, f)) {
		flush_free(&f->work);
		return NULL;
	}
	if (f->log_bytes)
		memcpy(f->log, lmi_buf_data(&t->tail), f->log_bytes);
	return f;
}

static bool is_new(const struct timer_index *t, const struct timer_check *c)
{
	return lmi_buf_len(&t->tail) || t->any_dirty || c->read_ms != t->check.read_ms || c->queue_pos != t->check.queue_pos;
}

int timer_index_flush(struct timer_index *t, const struct timer_check *c)
{
	/* Without timers there is nothing to keep: read_ms alone makes no file. */
	if (t->flushing || !t->slots || !is_new(t, c))
		return 0;
	struct flush *f = make_flush(t, c);
	if (!f)
		return -ENOMEM;
	t->flushing = true;
	work_submit(&t->crew, &f->work);
	return 0;
}

int timer_index_flush_now(struct timer_index *t, const struct timer_check *c)
{
	work_finish_all(&t->crew);
	int err = timer_index_flush(t, c);
	work_finish_all(&t->crew);
	return err ? err : t->error;
}

/* ---- what is over ---- */

struct trim {
	struct work work;
	struct disk *disk;
	int64_t file_bytes, log_pos, keep_from; /* the file of keep_from stays */
};

struct trim_ctx {
	struct trim *trim;
	struct timer_reader reader;
	bool stop;
};

/* The last unit of a file that is full. */
static bool is_over(struct trim_ctx *x, int64_t start)
{
	struct timer_unit u;
	int64_t prev, units = (x->trim->file_bytes - TIMER_BLANK_BYTES) / TIMER_UNIT_BYTES;
	const uint8_t *p;
	return timer_reader_unit(&x->reader, start + (units - 1) * TIMER_UNIT_BYTES, &p) == 0 && timer_unit_decode(p, &u, &prev) &&
	       u.log_pos < x->trim->log_pos;
}

static int trim_one(void *ctx, const char *name)
{
	struct trim_ctx *x = ctx;
	char path[TIMER_LOG_PATH_MAX];
	int64_t start;
	if (lmi_span_to_i64(lmi_span_str(name), &start) || start + x->trim->file_bytes > x->trim->keep_from || !is_over(x, start))
		return 1;
	timer_log_path(start, path);
	return x->trim->disk->ops->unlink(x->trim->disk, path) ? 1 : 0;
}

static void trim_run(struct work *w)
{
	struct trim *t = lmi_container_of(w, struct trim, work);
	struct trim_ctx x = { .trim = t };
	timer_reader_init(&x.reader, t->disk, t->file_bytes);
	t->disk->ops->list(t->disk, TIMER_LOG_FOLDER, trim_one, &x);
	timer_reader_done(&x.reader);
}

static void trim_done(struct work *w)
{
	(void)w;
}

static void trim_free(struct work *w)
{
	free(lmi_container_of(w, struct trim, work));
}

void timer_index_trim(struct timer_index *t, int64_t log_pos)
{
	struct trim *m = t->mem_from > t->cfg.log_file_bytes ? calloc(1, sizeof(*m)) : NULL;
	if (!m)
		return;
	*m = (struct trim){ .work = { .run = trim_run, .done = trim_done, .free = trim_free },
			    .disk = t->cfg.disk,
			    .file_bytes = t->cfg.log_file_bytes,
			    .log_pos = log_pos,
			    .keep_from = t->mem_from };
	work_submit(&t->crew, &m->work);
}
