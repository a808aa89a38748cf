/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a start finds in the folder index.  Rule: IndexService.load, which after a crash deletes every file that ends after
 * the checkpoint; here what it held is indexed anew from the log, and with a mark of ours only what no sync covered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/key_index.h"

struct load {
	struct key_index *ix;
	const struct key_index_known *known;
	int64_t (*record_ms)(void *ctx, int64_t log_pos);
	void *ctx;
	unsigned int gone;
	char *what; /* 256 */
	bool cut;   /* up to known->pos by the mark */
};

static int unlink_file(struct key_index *ix, int64_t name)
{
	char path[KEY_INDEX_PATH_MAX];
	key_index_path(name, path);
	int err = ix->disk->ops->unlink(ix->disk, path);
	return err == -ENOENT ? 0 : err;
}

/** The file at i and all after it are not believed: delete them. */
static int give_up_from(struct load *l, size_t i, const char *what)
{
	struct key_index *ix = l->ix;
	if (i < ix->count && !l->gone)
		snprintf(l->what, 256, KEY_INDEX_FOLDER "/%017lld: %s", (long long)ix->files[i].name, what);
	for (size_t k = ix->count; k-- > i;) {
		int err = unlink_file(ix, ix->files[k].name);
		if (err)
			return err;
		l->gone++;
	}
	if (i < ix->count)
		ix->count = i;
	return 0;
}

/* ---- the list ---- */

static int note_file(void *ctx, const char *name)
{
	struct key_index *ix = ctx;
	struct key_index_info n = { .header = { .count = 1 } };
	if (key_index_name_parse(name, &n.name) != 0)
		return 0; /* not ours; a Java broker ignores what is no number, too */
	if (ix->count == ix->cap) {
		size_t cap = ix->cap ? 2 * ix->cap : 16;
		struct key_index_info *grown = realloc(ix->files, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		ix->files = grown;
		ix->cap = cap;
	}
	ix->files[ix->count++] = n;
	return 0;
}

static int list_files(struct key_index *ix)
{
	int err = ix->disk->ops->list(ix->disk, KEY_INDEX_FOLDER, note_file, ix);
	return err == -ENOENT ? 0 : err;
}

/** Files made after the sync that the mark tells of: their entries come again from the log. */
static int drop_newer(struct load *l)
{
	struct key_index *ix = l->ix;
	while (ix->count && ix->files[ix->count - 1].name > l->known->reach.name) {
		int err = unlink_file(ix, ix->files[--ix->count].name);
		if (err)
			return err;
	}
	return 0;
}

/* ---- believing ---- */

/** Whether the log agrees: the file's last record is there, or was deleted with its segment. */
static bool log_agrees(const struct load *l, const struct key_index_header *h)
{
	if (h->count <= 1)
		return h->end_pos < l->known->tail || h->end_pos == 0;
	if (h->end_pos >= l->known->tail)
		return false;
	return h->end_pos < l->known->log_min || l->record_ms(l->ctx, h->end_pos) >= 0;
}

/** The first file that cannot be true, and all behind it, are given up. */
static int check_files(struct load *l)
{
	struct key_index *ix = l->ix;
	const struct key_index_known *known = l->known;
	for (size_t i = 0; i < ix->count; i++) {
		struct key_index_header *h = &ix->files[i].header;
		const char *what = "it cannot be read";
		bool cut_later = known->marked && !known->clean;
		bool will_be_cut = cut_later && ix->files[i].name == known->reach.name;
		int err = will_be_cut ? 0 : key_index_file_check(ix->disk, &ix->shape, ix->files[i].name, h, &what);
		if (err && err != -LMQ_ECORRUPT)
			return err;
		if (!err && !known->marked && known->crashed && h->end_ms > known->checkpoint_ms) {
			err = -LMQ_ECORRUPT;
			what = "it was being written when the broker died";
		}
		if (!err && !will_be_cut && !(cut_later && h->end_pos >= known->pos) && !log_agrees(l, h)) {
			err = -LMQ_ECORRUPT;
			what = "it ends where the log has no record";
		}
		if (err)
			return give_up_from(l, i, what);
	}
	return 0;
}

/* ---- cutting ---- */

/** What the header of a file says that is to be cut; its count and end may be from after the sync. */
static int read_header(const struct load *l, const struct key_index_info *file, struct key_index_header *out)
{
	const struct key_index *ix = l->ix;
	char path[KEY_INDEX_PATH_MAX];
	struct disk_file *f;
	int64_t size = 0;
	key_index_path(file->name, path);
	int err = ix->disk->ops->open(ix->disk, path, DISK_READ, &f);
	if (err)
		return err;
	err = f->ops->size(f, &size);
	if (!err)
		err = size == key_index_file_bytes(&ix->shape) ? key_index_header_read(f, out) : -LMQ_ECORRUPT;
	disk_file_close(f);
	return err;
}

/** Cut the last file, which has count - 1 entries, to those of records below pos.  1 when none is left. */
static int cut_last(struct load *l, int32_t count)
{
	struct key_index *ix = l->ix;
	struct key_index_info *file = &ix->files[ix->count - 1];
	struct key_index_header h;
	struct key_index_entry last;
	int32_t keep = 0;
	char path[KEY_INDEX_PATH_MAX];
	struct disk_file *f;
	int err = count <= ix->shape.entries ? read_header(l, file, &h) : -LMQ_ECORRUPT;
	if (!err)
		err = key_index_file_below(ix->disk, &ix->shape, file->name, count, l->known->pos, &keep);
	if (err || keep == 0)
		return err ? err : 1;
	key_index_path(file->name, path);
	err = ix->disk->ops->open(ix->disk, path, DISK_READ, &f);
	if (err)
		return err;
	err = key_index_entry_read(f, &ix->shape, keep, &last);
	disk_file_close(f);
	if (err)
		return err;
	h.count = keep + 1;
	h.end_pos = last.log_pos;
	h.end_ms = l->record_ms(l->ctx, last.log_pos);
	if (h.end_ms < 0 || h.begin_ms < 0 || h.begin_pos < 0 || h.begin_pos > h.end_pos)
		return -LMQ_ECORRUPT;
	err = key_index_file_relink(ix->disk, &ix->shape, file->name, &h);
	if (!err)
		file->header = h;
	return err;
}

/** Back to what the mark knows to be synced, and of that to the records below its position. */
static int cut_to_mark(struct load *l)
{
	struct key_index *ix = l->ix;
	int32_t count = l->known->reach.count;
	if (!l->known->reach.name) {
		l->cut = true;
		return 0;
	}
	if (!ix->count || ix->files[ix->count - 1].name != l->known->reach.name)
		return 0; /* the file is gone: go on where the others end */
	for (;;) {
		int res = cut_last(l, count);
		if (res == -LMQ_ECORRUPT)
			return give_up_from(l, ix->count - 1, "it is not as it was synced");
		if (res < 0)
			return res;
		if (res == 0)
			break;
		int err = unlink_file(ix, ix->files[--ix->count].name);
		if (err)
			return err;
		if (!ix->count)
			break;
		count = ix->files[ix->count - 1].header.count;
		if (ix->files[ix->count - 1].header.end_pos < l->known->pos)
			break; /* whole below it */
	}
	l->cut = true;
	return 0;
}

/* ---- the end ---- */

/** Count the file's last entries that are of the record at pos; *out_all: the whole file is of it. */
static int count_at(const struct key_index *ix, const struct key_index_info *file, int64_t pos, size_t *out, bool *out_all)
{
	char path[KEY_INDEX_PATH_MAX];
	struct disk_file *f;
	key_index_path(file->name, path);
	int err = ix->disk->ops->open(ix->disk, path, DISK_READ, &f);
	if (err)
		return err;
	int32_t n = file->header.count - 1;
	while (!err && n > 0) {
		struct key_index_entry e;
		err = key_index_entry_read(f, &ix->shape, n, &e);
		if (err || e.log_pos != pos)
			break;
		n--;
	}
	disk_file_close(f);
	*out = (size_t)(file->header.count - 1 - n);
	*out_all = n == 0;
	return err;
}

/** The last record that has keys, and how many of them are there. */
static int find_end(struct key_index *ix)
{
	bool all = true;
	ix->end_pos = -1;
	ix->end_ms = 0;
	ix->end_keys = 0;
	for (size_t i = ix->count; i-- > 0 && all;) {
		const struct key_index_info *file = &ix->files[i];
		size_t n = 0;
		if (file->header.count <= 1)
			continue;
		if (ix->end_pos < 0) {
			ix->end_pos = file->header.end_pos;
			ix->end_ms = file->header.end_ms;
		}
		int err = count_at(ix, file, ix->end_pos, &n, &all);
		if (err)
			return err;
		ix->end_keys += n;
	}
	return 0;
}

static bool is_as_marked(const struct load *l)
{
	const struct key_index *ix = l->ix;
	const struct key_index_reach *r = &l->known->reach;
	if (!ix->count)
		return r->name == 0;
	return ix->files[ix->count - 1].name == r->name && ix->files[ix->count - 1].header.count == r->count;
}

static int64_t where_from(struct load *l)
{
	const struct key_index_known *known = l->known;
	int64_t from = l->ix->end_pos;
	if (known->marked && !l->gone && (known->clean ? is_as_marked(l) : l->cut))
		from = known->pos;
	return from > known->log_min ? from : known->log_min;
}

int key_index_load(struct key_index *ix, const struct key_index_known *known, int64_t (*record_ms)(void *ctx, int64_t log_pos),
		   void *ctx, int64_t *out_from, unsigned int *out_gone, char what[256])
{
	struct load l = { .ix = ix, .known = known, .record_ms = record_ms, .ctx = ctx, .what = what };
	what[0] = '\0';
	int err = list_files(ix);
	if (!err && known->marked)
		err = drop_newer(&l);
	if (!err)
		err = check_files(&l);
	if (!err && known->marked && !known->clean && !l.gone)
		err = cut_to_mark(&l);
	if (!err)
		err = find_end(ix);
	if (err)
		return err;
	if (!l.gone && known->marked && known->clean && !is_as_marked(&l))
		snprintf(what, 256, "the files of " KEY_INDEX_FOLDER " are not those of the last stop");
	*out_from = where_from(&l);
	*out_gone = l.gone;
	return 0;
}
