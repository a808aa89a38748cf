/* SPDX-License-Identifier: Apache-2.0 */
#include "store/commit_log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/why.h"

/* ---- segments ---- */

int64_t commit_log_min(const struct commit_log *l)
{
	return l->count ? l->segments[0]->start : l->appended;
}

int64_t commit_log_end(const struct commit_log *l)
{
	return l->count ? l->segments[l->count - 1]->start + l->segment_bytes : l->appended;
}

struct segment *commit_log_segment(const struct commit_log *l, int64_t log_pos)
{
	if (!l->count || log_pos < l->segments[0]->start)
		return NULL;
	size_t i = (size_t)((log_pos - l->segments[0]->start) / l->segment_bytes);
	return i < l->count ? l->segments[i] : NULL;
}

static void close_file(struct commit_log *l, struct segment *s)
{
	if (!s->file)
		return;
	disk_file_close(s->file);
	s->file = NULL;
	l->open_count--;
}

/** Close the least recently used file that nobody refers to; the last segment's stays. */
static void close_coldest(struct commit_log *l)
{
	struct segment *cold = NULL;
	for (size_t i = 0; i + 1 < l->count; i++) {
		struct segment *s = l->segments[i];
		bool idle = s->file && s->refs == 0 && s->start + l->segment_bytes <= l->written;
		if (idle && (!cold || (int32_t)(s->used - cold->used) < 0))
			cold = s;
	}
	if (cold)
		close_file(l, cold);
}

int commit_log_file(struct commit_log *l, struct segment *s, bool wait, struct disk_file **out)
{
	s->used = ++l->use_clock;
	if (!s->file) {
		char path[SEGMENT_PATH_MAX];
		segment_path(s->start, path);
		int flags = DISK_READ | DISK_WRITE | (wait ? 0 : DISK_NOWAIT);
		int err = l->disk->ops->open(l->disk, path, flags, &s->file);
		if (err)
			return err;
		if (++l->open_count > COMMIT_LOG_OPEN_MAX)
			close_coldest(l);
	}
	*out = s->file;
	return 0;
}

int commit_log_add(struct commit_log *l, int64_t start, struct disk_file *file)
{
	assert(!l->count || start == commit_log_end(l));
	struct segment *s = calloc(1, sizeof(*s));
	if (s && l->count == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct segment **grown = realloc(l->segments, cap * sizeof(struct segment *));
		if (!grown) {
			free(s);
			s = NULL;
		} else {
			l->segments = grown;
			l->cap = cap;
		}
	}
	if (!s) {
		disk_file_close(file);
		return -ENOMEM;
	}
	s->start = start;
	s->file = file;
	if (file && ++l->open_count > COMMIT_LOG_OPEN_MAX)
		close_coldest(l);
	l->segments[l->count++] = s;
	return 0;
}

void commit_log_drop_last(struct commit_log *l)
{
	struct segment *s = l->segments[--l->count];
	assert(s->refs == 0);
	close_file(l, s);
	free(s);
}

int commit_log_drop_first(struct commit_log *l)
{
	assert(l->count > 1);
	struct segment *s = l->segments[0];
	if (s->refs)
		return -EBUSY;
	close_file(l, s);
	free(s);
	memmove(l->segments, l->segments + 1, --l->count * sizeof(*l->segments));
	return 0;
}

/* ---- opening ---- */

struct scan {
	struct commit_log *log;
	char **out_why;
};

static int found_file(void *ctx, const char *name)
{
	struct scan *sc = ctx;
	struct commit_log *l = sc->log;
	int64_t start;
	if (segment_name_parse(name, &start) != 0 || start % l->segment_bytes)
		return why(sc->out_why, -LMQ_ECORRUPT,
			   "commitlog/%s is no segment of %" PRId64 " bytes (mappedFileSizeCommitLog): move it away, or set the size this store was made with",
			   name, l->segment_bytes);
	if (l->count && start != commit_log_end(l))
		return why(sc->out_why, -LMQ_ECORRUPT,
			   "the segment commitlog/%020" PRId64 " is missing before commitlog/%s: bring it back, a log with a hole is not served",
			   commit_log_end(l), name);
	return commit_log_add(l, start, NULL);
}

/** Rule: MappedFileQueue.doLoad. */
static int check_sizes(struct commit_log *l, char **out_why)
{
	for (size_t i = 0; i < l->count; i++) {
		char path[SEGMENT_PATH_MAX];
		struct disk_stat st;
		segment_path(l->segments[i]->start, path);
		int err = l->disk->ops->stat(l->disk, path, &st);
		if (err)
			return err;
		if (st.is_folder)
			return why(out_why, -LMQ_ECORRUPT, "%s is a folder, not a segment", path);
		if (st.bytes == 0 && i + 1 == l->count) {
			commit_log_drop_last(l);
			return l->disk->ops->unlink(l->disk, path);
		}
		if (st.bytes != l->segment_bytes)
			return why(out_why, -LMQ_ECORRUPT,
				   "%s has %" PRId64 " bytes, not %" PRId64 " (mappedFileSizeCommitLog): set the size this store was made with, or restore the file",
				   path, st.bytes, l->segment_bytes);
	}
	return 0;
}

int commit_log_open(struct commit_log *l, struct disk *d, int64_t segment_bytes, char **out_why)
{
	*l = (struct commit_log){ .disk = d, .segment_bytes = segment_bytes, .last_pos = -1, .written_last_pos = -1 };
	if (segment_bytes < COMMIT_LOG_SEGMENT_MIN || segment_bytes > COMMIT_LOG_SEGMENT_MAX)
		return why(out_why, -EINVAL, "mappedFileSizeCommitLog is not between %d and %d", COMMIT_LOG_SEGMENT_MIN,
			   COMMIT_LOG_SEGMENT_MAX);
	struct scan sc = { .log = l, .out_why = out_why };
	int err = d->ops->list(d, SEGMENT_FOLDER, found_file, &sc);
	if (!err)
		err = check_sizes(l, out_why);
	if (err) {
		commit_log_done(l);
		return err;
	}
	l->appended = l->written = l->synced = commit_log_end(l);
	return 0;
}

void commit_log_done(struct commit_log *l)
{
	for (size_t i = 0; i < l->count; i++) {
		disk_file_close(l->segments[i]->file);
		free(l->segments[i]);
	}
	free(l->segments);
	log_writer_done(&l->run);
	*l = (struct commit_log){ 0 };
}

/* ---- the tail ---- */

int64_t commit_log_next_start(const struct commit_log *l)
{
	int64_t into = l->appended % l->segment_bytes;
	return into ? l->appended - into + l->segment_bytes : l->appended;
}

enum commit_log_room commit_log_room(const struct commit_log *l, size_t bytes)
{
	int64_t need = (int64_t)bytes + COMMIT_LOG_BLANK_BYTES;
	if (need > l->segment_bytes)
		return COMMIT_LOG_NEVER;
	int64_t into = l->appended % l->segment_bytes;
	/* At a segment's very first byte a roll means only that the segment must be there. */
	if (into == 0 && !commit_log_segment(l, l->appended))
		return COMMIT_LOG_ROLL;
	return need <= l->segment_bytes - into ? COMMIT_LOG_FITS : COMMIT_LOG_ROLL;
}

int commit_log_append(struct commit_log *l, struct lmi_record *r, uint8_t **out_bytes)
{
	size_t bytes = lmi_record_bytes(r);
	uint8_t *dst = log_writer_reserve(&l->run, bytes);
	if (!dst)
		return -ENOMEM;
	r->log_pos = l->appended;
	size_t put = lmi_record_encode(r, dst);
	assert(put == bytes);
	log_writer_commit(&l->run, bytes);
	l->last_pos = l->appended;
	l->last_store_ms = r->store_ms;
	l->appended += (int64_t)bytes;
	if (out_bytes)
		*out_bytes = dst;
	return 0;
}

int commit_log_flush(struct commit_log *l)
{
	if (l->written == l->appended)
		return 0;
	struct segment *s = commit_log_segment(l, l->written);
	assert(s && l->appended - l->written == (int64_t)l->run.n);
	struct disk_file *f;
	int err = commit_log_file(l, s, true, &f);
	if (l->ahead)
		log_ahead_keep_off(l->ahead, l->written, l->appended);
	if (!err)
		err = log_writer_flush(&l->run, f, l->written - s->start);
	if (err)
		return err;
	l->written = l->appended;
	l->written_last_pos = l->last_pos;
	l->written_last_ms = l->last_store_ms;
	return 0;
}

int commit_log_roll(struct commit_log *l)
{
	assert(l->written == l->appended);
	int64_t into = l->appended % l->segment_bytes;
	if (into == 0)
		return 0;
	int64_t left = l->segment_bytes - into;
	commit_log_segment(l, l->appended)->last_ms = l->last_store_ms;
	assert(left >= COMMIT_LOG_BLANK_BYTES && commit_log_segment(l, l->appended + left));
	uint8_t *blank = log_writer_reserve(&l->run, COMMIT_LOG_BLANK_BYTES);
	if (!blank)
		return -ENOMEM;
	lmi_put32(blank, (uint32_t)left);
	lmi_put32(blank + 4, LMI_RECORD_MAGIC_BLANK);
	log_writer_commit(&l->run, COMMIT_LOG_BLANK_BYTES);
	l->appended += COMMIT_LOG_BLANK_BYTES;
	int err = commit_log_flush(l);
	if (err) {
		l->appended = l->written;
		l->run.n = 0;
		return err;
	}
	l->appended = l->written = l->appended - COMMIT_LOG_BLANK_BYTES + left;
	return 0;
}

int commit_log_read(struct commit_log *l, int64_t log_pos, void *dst, size_t n, bool wait)
{
	struct segment *s = log_pos >= 0 && log_pos < l->written ? commit_log_segment(l, log_pos) : NULL;
	if (!s || (int64_t)n > l->written - log_pos || (int64_t)n > s->start + l->segment_bytes - log_pos)
		return -LMQ_ENOTFOUND;
	struct disk_file *f;
	int err = commit_log_file(l, s, wait, &f);
	if (err)
		return err;
	int64_t at = log_pos - s->start;
	ssize_t got = wait ? f->ops->pread(f, dst, n, at) : f->ops->pread_nowait(f, dst, n, at);
	if (got < 0)
		return (int)got;
	if ((size_t)got == n)
		return 0;
	return wait ? -EIO : -EAGAIN; /* segments are of full size: short without waiting is a page that is not there */
}

