/* SPDX-License-Identifier: Apache-2.0 */
#include "store/key_index_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	AT_BEGIN_MS = 0,
	AT_END_MS = 8,
	AT_BEGIN_POS = 16,
	AT_END_POS = 24,
	AT_SLOTS_USED = 32,
	AT_COUNT = 36
};

#define SECOND_MS 1000
#define MS_MAX (INT64_MAX / 2) /* times may be added to */
#define CHUNK_ENTRIES 16384 /* read at a time when all are read */
#define SLOTS_AT_A_TIME 65536

int64_t key_index_file_bytes(const struct key_index_shape *s)
{
	return key_index_entry_at(s, s->entries);
}

int32_t key_index_seconds(int64_t begin_ms, int64_t ms)
{
	int64_t s = (ms - begin_ms) / SECOND_MS;
	if (begin_ms <= 0 || s < 0)
		return 0;
	return s > INT32_MAX ? INT32_MAX : (int32_t)s;
}

void key_index_path(int64_t name, char out[KEY_INDEX_PATH_MAX])
{
	snprintf(out, KEY_INDEX_PATH_MAX, KEY_INDEX_FOLDER "/%0*" PRId64, KEY_INDEX_NAME_DIGITS, name);
}

int key_index_name_parse(const char *text, int64_t *out)
{
	if (strlen(text) != KEY_INDEX_NAME_DIGITS || strspn(text, "0123456789") != KEY_INDEX_NAME_DIGITS)
		return -LMQ_EMALFORMED;
	return lmi_span_to_i64(lmi_span_str(text), out);
}

/* ---- header and entries ---- */

int key_index_header_read(struct disk_file *f, struct key_index_header *out)
{
	uint8_t raw[KEY_INDEX_HEADER_BYTES];
	ssize_t n = f->ops->pread(f, raw, sizeof(raw), 0);
	if (n < 0)
		return (int)n;
	if (n < (ssize_t)sizeof(raw))
		return -LMQ_ECORRUPT;
	*out = (struct key_index_header){
		.begin_ms = (int64_t)lmi_get64(raw + AT_BEGIN_MS),
		.end_ms = (int64_t)lmi_get64(raw + AT_END_MS),
		.begin_pos = (int64_t)lmi_get64(raw + AT_BEGIN_POS),
		.end_pos = (int64_t)lmi_get64(raw + AT_END_POS),
		.slots_used = (int32_t)lmi_get32(raw + AT_SLOTS_USED),
		.count = (int32_t)lmi_get32(raw + AT_COUNT),
	};
	if (out->count < 1)
		out->count = 1;
	return 0;
}

int key_index_header_write(struct disk_file *f, const struct key_index_header *h)
{
	uint8_t raw[KEY_INDEX_HEADER_BYTES];
	lmi_put64(raw + AT_BEGIN_MS, (uint64_t)h->begin_ms);
	lmi_put64(raw + AT_END_MS, (uint64_t)h->end_ms);
	lmi_put64(raw + AT_BEGIN_POS, (uint64_t)h->begin_pos);
	lmi_put64(raw + AT_END_POS, (uint64_t)h->end_pos);
	lmi_put32(raw + AT_SLOTS_USED, (uint32_t)h->slots_used);
	lmi_put32(raw + AT_COUNT, (uint32_t)h->count);
	return f->ops->pwrite(f, raw, sizeof(raw), 0);
}

int key_index_entry_read(struct disk_file *f, const struct key_index_shape *s, int32_t number, struct key_index_entry *out)
{
	uint8_t raw[KEY_INDEX_ENTRY_BYTES];
	ssize_t n = f->ops->pread(f, raw, sizeof(raw), key_index_entry_at(s, number));
	if (n < 0)
		return (int)n;
	if (n < (ssize_t)sizeof(raw))
		return -LMQ_ECORRUPT;
	*out = key_index_entry_get(raw);
	return 0;
}

/* ---- checking ---- */

static int doubt(const char **out_what, const char *what)
{
	*out_what = what;
	return -LMQ_ECORRUPT;
}

static int check_header(const struct key_index_shape *s, const struct key_index_header *h, const char **out_what)
{
	if (h->count > s->entries)
		return doubt(out_what, "the header counts more entries than the file has");
	if (h->slots_used < 0 || h->slots_used >= h->count)
		return doubt(out_what, "the header counts more used slots than entries");
	if (h->begin_ms < 0 || h->begin_ms > MS_MAX || h->end_ms < 0 || h->begin_pos < 0 || h->end_pos < h->begin_pos)
		return doubt(out_what, "the header's times or positions cannot be");
	return 0;
}

static int check_open(struct disk_file *f, const struct key_index_shape *s, struct key_index_header *h, const char **out_what)
{
	int64_t size;
	int err = f->ops->size(f, &size);
	if (!err && size != key_index_file_bytes(s))
		return doubt(out_what, "its size is not that of maxHashSlotNum and maxIndexNum");
	if (!err)
		err = key_index_header_read(f, h);
	if (!err)
		err = check_header(s, h, out_what);
	if (err || h->count <= 1)
		return err;
	struct key_index_entry last;
	err = key_index_entry_read(f, s, h->count - 1, &last);
	if (!err && last.log_pos != h->end_pos)
		return doubt(out_what, "the last entry is not where the header says");
	return err;
}

int key_index_file_check(struct disk *d, const struct key_index_shape *s, int64_t name, struct key_index_header *out,
			 const char **out_what)
{
	char path[KEY_INDEX_PATH_MAX];
	struct disk_file *f;
	struct key_index_header h;
	key_index_path(name, path);
	int err = d->ops->open(d, path, DISK_READ, &f);
	if (err == -EISDIR || err == -EINVAL || err == -ELOOP)
		return doubt(out_what, "it is no file");
	if (err)
		return err;
	err = check_open(f, s, &h, out_what);
	disk_file_close(f);
	if (!err)
		*out = h;
	return err;
}

/* ---- cutting ---- */

/* Work on a file of which all entries are read. */
struct relink {
	struct disk_file *file;
	const struct key_index_shape *shape;
	struct key_index_header *header;
	int32_t *slots;
	uint8_t *chunk;
};

/** Entries from, n of them, in the chunk: set the slots; true when a chain was mended. */
static int link_chunk(struct relink *r, int32_t from, int32_t n)
{
	bool mended = false;
	for (int32_t i = 0; i < n; i++) {
		uint8_t *p = r->chunk + (size_t)i * KEY_INDEX_ENTRY_BYTES;
		struct key_index_entry e = key_index_entry_get(p);
		if (e.hash > INT32_MAX || e.log_pos < 0)
			return -LMQ_ECORRUPT;
		int32_t *slot = &r->slots[e.hash % (uint32_t)r->shape->slots];
		if (e.prev != *slot) {
			e.prev = *slot;
			key_index_entry_put(p, &e);
			mended = true;
		}
		if (!*slot)
			r->header->slots_used++;
		*slot = from + i;
	}
	return mended;
}

static int link_all(struct relink *r)
{
	struct disk_file *f = r->file;
	r->header->slots_used = 0;
	for (int32_t at = 1; at < r->header->count;) {
		int32_t n = r->header->count - at < CHUNK_ENTRIES ? r->header->count - at : CHUNK_ENTRIES;
		size_t bytes = (size_t)n * KEY_INDEX_ENTRY_BYTES;
		ssize_t got = f->ops->pread(f, r->chunk, bytes, key_index_entry_at(r->shape, at));
		if (got < 0)
			return (int)got;
		if ((size_t)got < bytes)
			return -LMQ_ECORRUPT;
		int mended = link_chunk(r, at, n);
		if (mended < 0)
			return mended;
		int err = mended ? f->ops->pwrite(f, r->chunk, bytes, key_index_entry_at(r->shape, at)) : 0;
		if (err)
			return err;
		at += n;
	}
	return 0;
}

/** Slots that are as they should be are not written: holes stay holes. */
static int write_slots(struct relink *r)
{
	struct disk_file *f = r->file;
	for (int32_t at = 0; at < r->shape->slots;) {
		int32_t n = r->shape->slots - at < SLOTS_AT_A_TIME ? r->shape->slots - at : SLOTS_AT_A_TIME;
		size_t bytes = (size_t)n * KEY_INDEX_SLOT_BYTES;
		ssize_t got = f->ops->pread(f, r->chunk, bytes, key_index_slot_at((uint32_t)at));
		if (got < 0)
			return (int)got;
		bool differs = (size_t)got < bytes;
		for (int32_t i = 0; i < n; i++) {
			uint8_t *p = r->chunk + (size_t)i * KEY_INDEX_SLOT_BYTES;
			differs = differs || (int32_t)lmi_get32(p) != r->slots[at + i];
			lmi_put32(p, (uint32_t)r->slots[at + i]);
		}
		int err = differs ? f->ops->pwrite(f, r->chunk, bytes, key_index_slot_at((uint32_t)at)) : 0;
		if (err)
			return err;
		at += n;
	}
	return 0;
}

int key_index_file_relink(struct disk *d, const struct key_index_shape *s, int64_t name, struct key_index_header *h)
{
	char path[KEY_INDEX_PATH_MAX];
	struct relink r = { .shape = s, .header = h };
	key_index_path(name, path);
	int err = d->ops->open(d, path, DISK_READ | DISK_WRITE, &r.file);
	if (err)
		return err;
	r.slots = calloc((size_t)s->slots, sizeof(int32_t));
	r.chunk = malloc(CHUNK_ENTRIES * KEY_INDEX_ENTRY_BYTES);
	err = r.slots && r.chunk ? link_all(&r) : -ENOMEM;
	if (!err)
		err = write_slots(&r);
	if (!err)
		err = key_index_header_write(r.file, h);
	free(r.slots);
	free(r.chunk);
	disk_file_close(r.file);
	return err;
}
_Static_assert(SLOTS_AT_A_TIME * KEY_INDEX_SLOT_BYTES <= CHUNK_ENTRIES * KEY_INDEX_ENTRY_BYTES, "slots fit the chunk");

static int below(struct disk_file *f, const struct key_index_shape *s, int32_t count, int64_t pos, int32_t *out)
{
	int32_t lo = 1, hi = count;
	while (lo < hi) {
		int32_t mid = lo + (hi - lo) / 2;
		struct key_index_entry e;
		int err = key_index_entry_read(f, s, mid, &e);
		if (err)
			return err;
		if (e.log_pos < pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	*out = lo - 1;
	return 0;
}

int key_index_file_below(struct disk *d, const struct key_index_shape *s, int64_t name, int32_t count, int64_t pos,
			 int32_t *out)
{
	char path[KEY_INDEX_PATH_MAX];
	struct disk_file *f;
	key_index_path(name, path);
	int err = d->ops->open(d, path, DISK_READ, &f);
	if (err)
		return err;
	err = below(f, s, count, pos, out);
	disk_file_close(f);
	return err;
}

/* ---- finding ---- */

void key_index_found(struct key_index_find *q, int64_t log_pos)
{
	if (q->count >= q->max)
		return;
	for (size_t i = 0; i < q->count; i++)
		if (q->found[i] == log_pos)
			return;
	q->found[q->count++] = log_pos;
}

bool key_index_in_range(const struct key_index_find *q, int64_t begin_ms, int32_t seconds)
{
	int64_t ms = begin_ms + (int64_t)seconds * SECOND_MS;
	return ms > q->begin_ms - SECOND_MS && ms <= q->end_ms;
}

/* Entries around the one that is looked at: chains of a busy slot lie close together. */
struct window {
	struct disk_file *file;
	const struct key_index_shape *shape;
	int32_t first, count;
	uint8_t raw[KEY_INDEX_PAGE];
};
#define WINDOW_ENTRIES (KEY_INDEX_PAGE / KEY_INDEX_ENTRY_BYTES)

/** A window ends with the entry asked for, as the next one is before it. */
static int window_get(struct window *w, int32_t number, struct key_index_entry *out)
{
	if (number < w->first || number >= w->first + w->count) {
		w->first = number >= WINDOW_ENTRIES ? number - WINDOW_ENTRIES + 1 : 0;
		w->count = number - w->first + 1;
		size_t bytes = (size_t)w->count * KEY_INDEX_ENTRY_BYTES;
		ssize_t n = w->file->ops->pread(w->file, w->raw, bytes, key_index_entry_at(w->shape, w->first));
		if (n < 0 || (size_t)n < bytes) {
			w->count = 0;
			return n < 0 ? (int)n : -LMQ_ECORRUPT;
		}
	}
	*out = key_index_entry_get(w->raw + (size_t)(number - w->first) * KEY_INDEX_ENTRY_BYTES);
	return 0;
}

static int walk(struct window *w, const struct key_index_info *file, struct key_index_find *q)
{
	uint8_t raw[KEY_INDEX_SLOT_BYTES];
	ssize_t n = w->file->ops->pread(w->file, raw, sizeof(raw), key_index_slot_at(q->hash % (uint32_t)w->shape->slots));
	if (n < 0)
		return (int)n;
	int32_t number = n == (ssize_t)sizeof(raw) ? (int32_t)lmi_get32(raw) : 0;
	if (number >= w->shape->entries)
		return 0;
	while (number > 0 && q->count < q->max) {
		struct key_index_entry e = { 0 };
		int err = window_get(w, number, &e);
		if (err)
			return err;
		if (e.seconds < 0)
			return 0;
		if (e.hash == q->hash && key_index_in_range(q, file->header.begin_ms, e.seconds))
			key_index_found(q, e.log_pos);
		int64_t ms = file->header.begin_ms + (int64_t)e.seconds * SECOND_MS;
		if (e.prev >= number || ms <= q->begin_ms - SECOND_MS)
			return 0;
		number = e.prev;
	}
	return 0;
}

int key_index_file_find(struct disk *d, const struct key_index_shape *s, const struct key_index_info *file,
			struct key_index_find *q)
{
	char path[KEY_INDEX_PATH_MAX];
	struct window w = { .shape = s };
	key_index_path(file->name, path);
	int err = d->ops->open(d, path, DISK_READ, &w.file);
	if (err)
		return err;
	err = walk(&w, file, q);
	disk_file_close(w.file);
	return err;
}
