/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the timer index at start.  The wheel may lag behind the log, never lead: units behind the last checkpoint are
 * linked again.  A wheel that leads all the same (a Java broker's, or damage) is linked anew from the whole log.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/timer_files.h"

#define CHUNK (256 * 1024)

struct recovery {
	struct timer_index *t;
	struct disk *disk;
	int64_t first, last; /* starts of the first and the last log file; -1: none */
	bool leads;          /* a slot leads to where the log is not */
};

__attribute__((format(printf, 3, 4))) static void say(struct recovery *r, enum lmi_log_level level, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r->t->cfg.on_finding)
		r->t->cfg.on_finding(r->t->cfg.user, level, text);
}

/* ---- the checkpoint ---- */

static int read_check(struct recovery *r)
{
	uint8_t raw[TIMER_CHECK_OURS_BYTES];
	struct disk_file *f;
	struct timer_check *c = &r->t->check;
	int err = r->disk->ops->open(r->disk, TIMER_CHECK_FILE, DISK_READ, &f);
	if (err)
		return err == -ENOENT ? 0 : err;
	ssize_t n = f->ops->pread(f, raw, sizeof(raw), 0);
	disk_file_close(f);
	if (n < 0)
		return (int)n;
	if (n < 32)
		return 0;
	if (n < TIMER_CHECK_OURS_BYTES) /* an older one, without a version */
		memset(raw + n, 0, sizeof(raw) - (size_t)n);
	c->read_ms = (int64_t)lmi_get64(raw);
	c->log_pos = (int64_t)lmi_get64(raw + 8);
	c->queue_pos = (int64_t)lmi_get64(raw + 16);
	c->master_queue_pos = (int64_t)lmi_get64(raw + 24);
	c->state_version = (int64_t)lmi_get64(raw + 32);
	c->timestamp_ms = (int64_t)lmi_get64(raw + 40);
	c->counter = (int64_t)lmi_get64(raw + 48);
	c->late_ms = (int64_t)lmi_get64(raw + TIMER_CHECK_BYTES);
	if (c->read_ms < 0 || c->log_pos < 0 || c->queue_pos < 0 || c->late_ms < 0) {
		say(r, LMI_LOG_WARNING, TIMER_CHECK_FILE " holds nonsense: timers are read from the beginning");
		*c = (struct timer_check){ 0 };
	}
	return 0;
}

/* ---- the wheel ---- */

static int read_page(struct recovery *r, struct disk_file *f, int64_t at, uint8_t *page)
{
	ssize_t n = f->ops->pread(f, page, TIMER_PAGE, at);
	if (n < TIMER_PAGE)
		return n < 0 ? (int)n : -LMQ_ECORRUPT;
	for (size_t i = 0; i < TIMER_PAGE; i += TIMER_SLOT_BYTES) {
		const uint8_t *p = page + i;
		int64_t ms = (int64_t)lmi_get64(p) * r->t->cfg.precision_ms;
		int32_t count = (int32_t)lmi_get32(p + 24);
		if (lmi_get64(p) && ms >= r->t->check.read_ms && count > 0)
			r->t->pending += count;
	}
	memcpy(r->t->slots + at, page, TIMER_PAGE);
	r->t->dirty[at / TIMER_PAGE] = TIMER_PAGE_HELD;
	return 0;
}

/* Only what holds data is touched, so that an idle broker stays small. */
static int read_wheel(struct recovery *r)
{
	uint8_t page[TIMER_PAGE];
	struct disk_file *f;
	int64_t size, at = 0;
	int err = r->disk->ops->open(r->disk, TIMER_WHEEL_FILE, DISK_READ, &f);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = f->ops->size(f, &size);
	if (!err && size && size != (int64_t)timer_wheel_bytes(r->t))
		err = -LMQ_EUNSUPPORTED;
	if (!err && size)
		err = timer_index_make_wheel(r->t);
	while (!err && size) {
		int rc = f->ops->next_data(f, at, &at);
		if (rc == -ENXIO || at >= size)
			break;
		at -= at % TIMER_PAGE;
		err = rc ? rc : read_page(r, f, at, page);
		at += TIMER_PAGE;
	}
	disk_file_close(f);
	return err;
}

/* ---- the log ---- */

static int note_file(void *ctx, const char *name)
{
	struct recovery *r = ctx;
	int64_t start;
	if (strlen(name) != 20 || lmi_span_to_i64(lmi_span_str(name), &start) || start % r->t->cfg.log_file_bytes)
		return 0;
	r->first = r->first < 0 ? start : r->first;
	r->last = start;
	return 0;
}

static int find_files(struct recovery *r)
{
	r->first = r->last = -1;
	int rc = r->disk->ops->list(r->disk, TIMER_LOG_FOLDER, note_file, r);
	return rc == -ENOENT ? 0 : rc;
}

enum scan { SCAN_UNIT, SCAN_BLANK, SCAN_END };

static enum scan look(const uint8_t *p, struct timer_unit *u)
{
	int64_t prev;
	if (lmi_get32(p + 12) == TIMER_BLANK_MAGIC)
		return SCAN_BLANK;
	return timer_unit_decode(p, u, &prev) ? SCAN_UNIT : SCAN_END;
}

/* Link units from a file's beginning on.  Gives where the log ends. */
static int link_from(struct recovery *r, int64_t start, int64_t *out_end)
{
	struct timer_reader reader;
	int64_t bytes = r->t->cfg.log_file_bytes, pos = start;
	int err = 0;
	timer_reader_init(&reader, r->disk, bytes);
	while (!err && pos <= r->last + bytes - TIMER_BLANK_BYTES) {
		struct timer_unit u;
		const uint8_t *p;
		enum scan got = SCAN_BLANK;
		if (bytes - pos % bytes >= TIMER_UNIT_BYTES) {
			err = timer_reader_unit(&reader, pos, &p);
			got = err ? SCAN_END : look(p, &u);
		}
		if (got == SCAN_END)
			break;
		if (got == SCAN_BLANK) {
			pos += bytes - pos % bytes;
			continue;
		}
		err = timer_index_make_wheel(r->t);
		if (!err && u.due_ms >= timer_slot_of(r->t, r->t->check.read_ms)) /* what is over need not be found */
			timer_index_link(r->t, pos, u.due_ms, u.magic);
		pos += TIMER_UNIT_BYTES;
	}
	timer_reader_done(&reader);
	*out_end = pos;
	return err == -LMQ_ECORRUPT ? 0 : err;
}

/* What lies behind the end must not be taken for units later: the file is cut there and full size again, of zeros. */
static int cut(struct recovery *r, int64_t end)
{
	char path[TIMER_LOG_PATH_MAX];
	struct disk_file *f;
	int64_t bytes = r->t->cfg.log_file_bytes, start = end - end % bytes;
	int err = 0;
	for (int64_t s = r->last; s > start && !err; s -= bytes) {
		timer_log_path(s, path);
		err = r->disk->ops->unlink(r->disk, path);
		err = err == -ENOENT ? 0 : err;
	}
	timer_log_path(start, path);
	if (!err)
		err = r->disk->ops->open(r->disk, path, DISK_READ | DISK_WRITE, &f);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = f->ops->set_size(f, end - start);
	if (!err)
		err = f->ops->set_size(f, bytes);
	if (!err)
		err = f->ops->sync_data(f);
	disk_file_close(f);
	return err ? err : r->disk->ops->sync_folder(r->disk, TIMER_LOG_FOLDER);
}

/* Slots that lead behind the end are emptied; true when there was one. */
static bool unlink_behind(struct timer_index *t, int64_t end)
{
	bool found = false;
	for (size_t page = 0; t->slots && page < timer_wheel_pages(t); page++) {
		uint8_t *p = t->slots + page * TIMER_PAGE;
		if (!t->dirty[page])
			continue;
		for (size_t i = 0; i < TIMER_PAGE; i += TIMER_SLOT_BYTES) {
			if (lmi_get64(p + i) == 0 || (int64_t)lmi_get64(p + i + 16) < end)
				continue;
			memset(p + i, 0, TIMER_SLOT_BYTES);
			t->dirty[page] |= TIMER_PAGE_DIRTY;
			t->any_dirty = found = true;
		}
	}
	return found;
}

static int mend(struct recovery *r)
{
	struct timer_index *t = r->t;
	int64_t bytes = t->cfg.log_file_bytes, end = 0;
	int64_t from = t->check.log_pos - t->check.log_pos % bytes;
	int err = find_files(r);
	if (!err && r->first >= 0) {
		from = from < r->first ? r->first : from > r->last ? r->last : from;
		err = link_from(r, from, &end);
	}
	if (!err && r->first >= 0)
		err = cut(r, end);
	t->end = t->mem_from = end;
	if (!err && t->slots && unlink_behind(t, end)) {
		say(r, LMI_LOG_WARNING, TIMER_WHEEL_FILE " led behind the end of " TIMER_LOG_FOLDER ": linked anew from the whole log");
		if (r->first >= 0)
			err = link_from(r, r->first, &end);
	}
	return err;
}

int timer_index_open(struct timer_index *t, const struct timer_index_config *cfg, char **out_why)
{
	*t = (struct timer_index){ .cfg = *cfg };
	struct recovery r = { .t = t, .disk = cfg->disk };
	if (t->cfg.precision_ms <= 0)
		t->cfg.precision_ms = 1000;
	if (t->cfg.half_slots <= 0)
		t->cfg.half_slots = TIMER_SLOTS;
	work_crew_init(&t->crew, cfg->executor);
	int err = read_check(&r);
	if (!err)
		err = read_wheel(&r);
	if (!err)
		err = mend(&r);
	if (err) {
		if (err == -LMQ_EUNSUPPORTED && asprintf(out_why, TIMER_WHEEL_FILE " is not %zu bytes long: it is of another timer than "
			"RocketMQ's of 7 days; move it, " TIMER_LOG_FOLDER " and " TIMER_CHECK_FILE " away, and pending timers are "
			"delivered anew from the log", timer_wheel_bytes(t)) < 0)
			*out_why = NULL;
		timer_index_close(t);
	}
	return err;
}
