/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch of keys into index files, on a worker.  Rule: IndexFile.putKey, IndexService.getAndCreateLastIndexFile.
 *
 * A batch is cut into parts, each for one file.  Of a part the slots are first only read, page by page, which gives each
 * entry the one before it; then the entries are written, then the slots, then the header: whoever follows a slot finds an
 * entry.  What was read is kept when a write fails, so that the part can be written again.
 */
#include <errno.h>
#include <stdlib.h>

#include "store/key_index.h"

#define PART_MAX 262144

struct part {
	struct key_index_batch *batch;
	struct disk_file *file;
	const struct key_index_shape *shape;
	struct key_index_header header;
	const uint32_t *hash;   /* of its keys */
	size_t n;
	uint32_t *order;        /* keys by page, in log order within one */
	uint32_t *page_ends;    /* of each page, in order */
	uint32_t pages;
	int32_t *prev;
	uint8_t raw[KEY_INDEX_PAGE];
};

static uint32_t slot_of(const struct part *p, uint32_t i)
{
	return p->hash[i] % (uint32_t)p->shape->slots;
}

static uint32_t page_of(const struct part *p, uint32_t i)
{
	return (uint32_t)(key_index_slot_at(slot_of(p, i)) / KEY_INDEX_PAGE);
}

/** Counting sort. */
static int order_by_page(struct part *p)
{
	p->pages = (uint32_t)(key_index_slot_at((uint32_t)p->shape->slots) / KEY_INDEX_PAGE) + 1;
	p->page_ends = calloc(p->pages + 1, sizeof(*p->page_ends));
	p->order = malloc(p->n * sizeof(*p->order));
	if (!p->page_ends || !p->order)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->n; i++)
		p->page_ends[page_of(p, i) + 1]++;
	for (uint32_t k = 0; k < p->pages; k++)
		p->page_ends[k + 1] += p->page_ends[k];
	for (uint32_t i = 0; i < p->n; i++) /* each page's start moves to its end */
		p->order[p->page_ends[page_of(p, i)]++] = i;
	return 0;
}

/** The page in raw; what the file does not have is zeros. */
static int read_page(struct part *p, uint32_t page)
{
	ssize_t n = p->file->ops->pread(p->file, p->raw, sizeof(p->raw), (int64_t)page * KEY_INDEX_PAGE);
	if (n < 0)
		return (int)n;
	memset(p->raw + n, 0, sizeof(p->raw) - (size_t)n);
	return 0;
}

static int write_page(struct part *p, uint32_t page)
{
	int64_t left = key_index_file_bytes(p->shape) - (int64_t)page * KEY_INDEX_PAGE;
	size_t n = left < KEY_INDEX_PAGE ? (size_t)left : KEY_INDEX_PAGE;
	return p->file->ops->pwrite(p->file, p->raw, n, (int64_t)page * KEY_INDEX_PAGE);
}

/** Put each key of the page into its slot; with prev, remember what was there. */
static void link_page(struct part *p, uint32_t begin, uint32_t end, int32_t *prev)
{
	for (uint32_t k = begin; k < end; k++) {
		uint32_t i = p->order[k];
		uint8_t *slot = p->raw + key_index_slot_at(slot_of(p, i)) % KEY_INDEX_PAGE;
		int32_t number = p->header.count + (int32_t)i, was = (int32_t)lmi_get32(slot);
		if (prev)
			prev[i] = was > 0 && was < number ? was : 0;
		lmi_put32(slot, (uint32_t)number);
	}
}

/** over all pages with keys: with prev only read, else write. */
static int each_page(struct part *p, int32_t *prev)
{
	int err = 0;
	for (uint32_t page = 0, begin = 0; page < p->pages && !err; begin = p->page_ends[page++]) {
		if (p->page_ends[page] == begin)
			continue;
		err = read_page(p, page);
		if (err)
			break;
		link_page(p, begin, p->page_ends[page], prev);
		if (!prev)
			err = write_page(p, page);
	}
	return err;
}

static int look_at_slots(struct part *p)
{
	if (p->batch->prev) {
		p->prev = p->batch->prev; /* of the try before: slots may tell of this very part now */
		return 0;
	}
	p->prev = calloc(p->n, sizeof(*p->prev));
	int err = p->prev ? each_page(p, p->prev) : -ENOMEM;
	if (err) {
		free(p->prev);
		return err;
	}
	p->batch->prev = p->prev;
	return 0;
}

/** Encode the entries and bring the header to what it is after them.  Rule: IndexFile.putKey. */
static void encode(struct part *p, uint8_t *dst, struct key_index_header *h)
{
	const struct key_index_run *keys = &p->batch->keys;
	size_t from = p->batch->done;
	for (size_t i = 0; i < p->n; i++) {
		struct key_index_entry e = {
			.hash = p->hash[i],
			.log_pos = keys->log_pos[from + i],
			.seconds = key_index_seconds(h->begin_ms, keys->ms[from + i]),
			.prev = p->prev[i],
		};
		key_index_entry_put(dst + i * KEY_INDEX_ENTRY_BYTES, &e);
		if (h->count <= 1) {
			h->begin_pos = e.log_pos;
			h->begin_ms = keys->ms[from + i];
		}
		if (!e.prev)
			h->slots_used++;
		h->count++;
		h->end_pos = e.log_pos;
		h->end_ms = keys->ms[from + i];
	}
}

static int write_entries(struct part *p, struct key_index_header *h)
{
	size_t bytes = p->n * KEY_INDEX_ENTRY_BYTES;
	uint8_t *mem = malloc(bytes);
	if (!mem)
		return -ENOMEM;
	encode(p, mem, h);
	int err = p->file->ops->pwrite(p->file, mem, bytes, key_index_entry_at(p->shape, p->header.count));
	free(mem);
	return err;
}

static int write_part(struct part *p, struct key_index_info *file)
{
	struct key_index_header h = p->header;
	int err = order_by_page(p);
	if (!err)
		err = look_at_slots(p);
	if (!err)
		err = write_entries(p, &h);
	if (!err)
		err = each_page(p, NULL);
	if (!err)
		err = key_index_header_write(p->file, &h);
	free(p->order);
	free(p->page_ends);
	if (err)
		return err;
	p->batch->done += p->n;
	free(p->batch->prev);
	p->batch->prev = NULL;
	file->header = h;
	return 0;
}

/* ---- files ---- */

static int make_file(struct disk *d, const struct key_index_shape *s, int64_t name)
{
	char path[KEY_INDEX_PATH_MAX];
	struct disk_file *f;
	key_index_path(name, path);
	int err = d->ops->mkdirs(d, KEY_INDEX_FOLDER);
	if (!err)
		err = d->ops->open(d, path, DISK_READ | DISK_WRITE | DISK_CREATE | DISK_EXCLUSIVE, &f);
	if (err)
		return err;
	err = f->ops->set_size(f, key_index_file_bytes(s));
	disk_file_close(f);
	if (err)
		d->ops->unlink(d, path);
	return err;
}

/** One more file, which begins where the one before ends. */
static int add_file(struct key_index_batch *b)
{
	if (b->count == b->cap) {
		struct key_index_info *grown = realloc(b->files, 2 * b->cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		b->files = grown;
		b->cap *= 2;
	}
	const struct key_index_info *last = b->count ? &b->files[b->count - 1] : NULL;
	struct key_index_info n = { .name = b->now_name, .header = { .count = 1 } };
	if (last && n.name <= last->name)
		n.name = last->name + 1;
	if (last && last->header.end_pos > 0)
		n.header.begin_pos = n.header.end_pos = last->header.end_pos;
	if (last && last->header.end_ms > 0)
		n.header.begin_ms = n.header.end_ms = last->header.end_ms;
	int err = make_file(b->disk, &b->shape, n.name);
	if (!err)
		b->files[b->count++] = n;
	return err;
}

static int open_last(struct key_index_batch *b, struct disk_file **out)
{
	for (;;) {
		if (!b->count || b->files[b->count - 1].header.count >= b->shape.entries) {
			int err = add_file(b);
			if (err)
				return err;
		}
		char path[KEY_INDEX_PATH_MAX];
		key_index_path(b->files[b->count - 1].name, path);
		int err = b->disk->ops->open(b->disk, path, DISK_READ | DISK_WRITE, out);
		if (err != -ENOENT)
			return err;
		/* Somebody deleted it under us: go on in a new one. */
		free(b->prev);
		b->prev = NULL;
		err = add_file(b);
		if (err)
			return err;
	}
}

static int next_part(struct key_index_batch *b)
{
	struct part p = { .batch = b, .shape = &b->shape };
	int err = open_last(b, &p.file);
	if (err)
		return err;
	struct key_index_info *file = &b->files[b->count - 1];
	size_t room = (size_t)(b->shape.entries - file->header.count), left = b->keys.n - b->done;
	p.header = file->header;
	p.hash = b->keys.hash + b->done;
	p.n = left < room ? left : room;
	if (p.n > PART_MAX)
		p.n = PART_MAX;
	err = write_part(&p, file);
	disk_file_close(p.file);
	return err;
}

static void delete_expired(struct key_index_batch *b)
{
	for (size_t i = 0; i < b->expired_count; i++) {
		char path[KEY_INDEX_PATH_MAX];
		key_index_path(b->expired[i], path);
		(void)b->disk->ops->unlink(b->disk, path); /* what stays is found again at the next start */
	}
}

void key_index_write(struct key_index_batch *b)
{
	delete_expired(b);
	while (!b->err && b->done < b->keys.n)
		b->err = next_part(b);
	for (size_t i = 0; i < b->count; i++) {
		b->reach.name = b->files[i].name;
		b->reach.count = b->files[i].header.count;
		if (b->reach.count >= b->shape.entries)
			b->reach.full_ms = b->files[i].header.end_ms;
	}
}
