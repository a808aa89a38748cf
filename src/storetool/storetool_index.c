/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key index beside the log: entries are in log order, so both are walked once.  What a file's slots and chains must be
 * follows from its entries alone and is computed beside them.
 *
 * Entries that repeat what stands before them are no fault: a Java broker indexes again what it scans after a crash.  Nor is a
 * tag without an entry: brokers before 5.4 index none.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "storetool/storetool.h"
#include "wire/props.h"

#define TELL_MAX 20 /* of a kind, for each file */
#define NAMES_MAX 100000

struct storetool_index {
	struct storetool *t;
	struct key_index keys;       /* turns a record's properties into hashes; owns no file */
	int64_t *names;
	size_t count, cap, at;       /* files */
	struct key_index_header header;
	struct disk_file *file;      /* of names[at]; NULL: not begun */
	char path[KEY_INDEX_PATH_MAX];
	int32_t *slots;              /* what they must hold after the entries so far */
	int32_t number;              /* of the entry in hand; 0: none */
	struct key_index_entry entry;
	bool begun;                  /* a record was met that has an entry */
	int64_t matched_pos;         /* of the last record whose entries were met */
	unsigned int strange, missing, broken;
};

static int note_name(void *ctx, const char *name)
{
	struct storetool_index *x = ctx;
	int64_t n;
	if (key_index_name_parse(name, &n) != 0)
		return 0;
	if (x->count == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 16;
		int64_t *grown = cap <= NAMES_MAX ? realloc(x->names, cap * sizeof(*grown)) : NULL;
		if (!grown)
			return -ENOMEM;
		x->names = grown;
		x->cap = cap;
	}
	x->names[x->count++] = n;
	return 0;
}

struct storetool_index *storetool_index_new(struct storetool *t)
{
	struct storetool_index *x = calloc(1, sizeof(*x));
	if (!x)
		return NULL;
	x->t = t;
	x->matched_pos = -1;
	key_index_init(&x->keys, t->disk, true, &t->shape);
	x->slots = malloc((size_t)t->shape.slots * sizeof(*x->slots));
	int err = t->disk->ops->list(t->disk, KEY_INDEX_FOLDER, note_name, x);
	if (!x->slots || (err && err != -ENOENT)) {
		storetool_index_free(x);
		return NULL;
	}
	return x;
}

void storetool_index_free(struct storetool_index *x)
{
	if (!x)
		return;
	disk_file_close(x->file);
	key_index_done(&x->keys);
	free(x->names);
	free(x->slots);
	free(x);
}

/** The slots as they are, beside what the entries make of them. */
static int check_slots(struct storetool_index *x)
{
	uint8_t page[KEY_INDEX_PAGE];
	const size_t per_page = sizeof(page) / KEY_INDEX_SLOT_BYTES;
	for (uint32_t slot = 0; slot < (uint32_t)x->t->shape.slots; slot += per_page) {
		size_t n = (size_t)x->t->shape.slots - slot < per_page ? (size_t)x->t->shape.slots - slot : per_page;
		ssize_t got = x->file->ops->pread(x->file, page, n * KEY_INDEX_SLOT_BYTES, key_index_slot_at(slot));
		if (got < 0)
			return (int)got;
		for (size_t i = 0; i < (size_t)got / KEY_INDEX_SLOT_BYTES; i++) {
			int32_t is = (int32_t)lmi_get32(page + i * KEY_INDEX_SLOT_BYTES), must = x->slots[slot + i];
			if (is != must && x->broken++ < TELL_MAX)
				storetool_tell(x->t, x->path, key_index_slot_at(slot + (uint32_t)i), "slot %zu leads to entry %d, and %d is its last", slot + i, is, must);
		}
	}
	return 0;
}

/** Open files until one has entries.  1, or 0 after the last. */
static int open_next(struct storetool_index *x)
{
	for (; x->at < x->count; x->at++) {
		const char *what = "it cannot be read";
		key_index_path(x->names[x->at], x->path);
		int err = key_index_file_check(x->t->disk, &x->t->shape, x->names[x->at], &x->header, &what);
		if (err == -LMQ_ECORRUPT) {
			storetool_tell(x->t, x->path, -1, "%s", what);
			continue;
		}
		if (!err)
			err = x->t->disk->ops->open(x->t->disk, x->path, DISK_READ, &x->file);
		if (err)
			return err;
		memset(x->slots, 0, (size_t)x->t->shape.slots * sizeof(*x->slots));
		x->number = 0;
		x->strange = x->missing = x->broken = 0;
		return 1;
	}
	return 0;
}

/** The next entry in hand: number 0 when there is none any more.  0 or an error. */
static int step(struct storetool_index *x)
{
	for (;;) {
		if (!x->file) {
			int res = open_next(x);
			if (res <= 0) {
				x->number = 0;
				return res;
			}
		}
		if (x->number + 1 < x->header.count)
			break;
		int err = check_slots(x);
		disk_file_close(x->file);
		x->file = NULL;
		x->at++;
		if (err)
			return err;
	}
	x->number++;
	int err = key_index_entry_read(x->file, &x->t->shape, x->number, &x->entry);
	if (err)
		return err;
	int32_t *slot = &x->slots[x->entry.hash % (uint32_t)x->t->shape.slots];
	if (x->entry.prev != *slot && x->broken++ < TELL_MAX)
		storetool_tell(x->t, x->path, key_index_entry_at(&x->t->shape, x->number), "entry %d follows entry %d, and says %d", x->number,
			       *slot, x->entry.prev);
	*slot = x->number;
	return 0;
}

/** Entries of records that are not there, up to the next record's. */
static int pass_strange(struct storetool_index *x, int64_t log_pos)
{
	int err = 0;
	while (!err && x->number && x->entry.log_pos < log_pos) {
		bool known = x->entry.log_pos <= x->matched_pos || x->entry.log_pos < commit_log_min(&x->t->log);
		if (!known && x->strange++ < TELL_MAX)
			storetool_tell(x->t, x->path, key_index_entry_at(&x->t->shape, x->number),
				       "entry %d leads to log position %" PRId64 ", where no record has its key", x->number, x->entry.log_pos);
		err = step(x);
	}
	return err;
}

int storetool_index_record(struct storetool_index *x, const struct lmi_record *r)
{
	int err = !x->file && !x->at ? step(x) : 0;
	if (!err)
		err = pass_strange(x, r->log_pos);
	if (!err)
		err = key_index_reserve(&x->keys, r->props.n);
	if (err)
		return err;
	key_index_add(&x->keys, r->topic, r->props, r->sysflag, r->log_pos, r->store_ms);
	key_index_turn_over(&x->keys);
	size_t n = x->keys.tail.n;
	bool tagged = lmi_props_get(r->props, LMI_SPAN_LIT(LMI_PROP_TAGS)).p != NULL;
	x->keys.tail.n = 0;
	for (size_t i = 0; i < n && !err; i++) {
		if (x->number && x->entry.log_pos == r->log_pos && x->entry.hash == x->keys.tail.hash[i]) {
			x->begun = true;
			x->matched_pos = r->log_pos;
			err = step(x);
			continue;
		}
		bool of_tag = tagged && i + 1 == n;
		if (x->begun && !of_tag && x->count && x->missing++ < TELL_MAX)
			storetool_tell(x->t, KEY_INDEX_FOLDER, -1, "key %zu of the record at log position %" PRId64 " has no entry", i + 1, r->log_pos);
	}
	return err;
}

int storetool_index_end(struct storetool_index *x, int64_t tail)
{
	int err = pass_strange(x, tail);
	while (!err && x->number) {
		if (x->strange++ < TELL_MAX)
			storetool_tell(x->t, x->path, key_index_entry_at(&x->t->shape, x->number),
				       "entry %d leads to log position %" PRId64 ", behind the end of the log", x->number, x->entry.log_pos);
		err = step(x);
	}
	return err;
}
