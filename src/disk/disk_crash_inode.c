/* SPDX-License-Identifier: Apache-2.0 */
#include "disk/disk_crash_inode.h"

#include <assert.h>
#include <stdlib.h>

/* Tests have memory: a lack of it ends them. */
static void *must(void *p)
{
	assert(p);
	return p;
}

/* ---- fates ---- */

void disk_crash_fate_init(struct disk_crash_fate *f, struct lmi_rng *r, size_t n)
{
	*f = (struct disk_crash_fate){
		.kind = (int)lmi_rng_below(r, 4),
		.first = (size_t)lmi_rng_below(r, n + 1),
		.sector = lmi_rng_below(r, 2) ? 512 : 4096,
		.rng = r,
	};
}

bool disk_crash_fate_keeps(struct disk_crash_fate *f, size_t i)
{
	switch (f->kind) {
	case FATE_NONE: return false;
	case FATE_ALL: return true;
	case FATE_FIRST: return i < f->first;
	case FATE_SOME: break;
	}
	return lmi_rng_below(f->rng, 2);
}

/* ---- images ---- */

static void image_resize(struct disk_crash_image *m, int64_t bytes)
{
	if (bytes > m->cap) {
		int64_t cap = m->cap ? m->cap : 512;
		while (cap < bytes)
			cap *= 2;
		m->mem = must(realloc(m->mem, (size_t)cap));
		m->cap = cap;
	}
	if (bytes > m->bytes)
		memset(m->mem + m->bytes, 0, (size_t)(bytes - m->bytes));
	m->bytes = bytes;
}

static void image_write(struct disk_crash_image *m, const uint8_t *src, int64_t n, int64_t at)
{
	if (n <= 0)
		return;
	if (at + n > m->bytes)
		image_resize(m, at + n);
	memcpy(m->mem + at, src, (size_t)n);
}

static void image_copy(struct disk_crash_image *to, const struct disk_crash_image *from)
{
	image_resize(to, from->bytes);
	if (from->bytes)
		memcpy(to->mem, from->mem, (size_t)from->bytes);
}

/* ---- inodes ---- */

struct disk_crash_inode *disk_crash_inode_new(bool folder)
{
	struct disk_crash_inode *n = must(calloc(1, sizeof(*n)));
	n->folder = folder;
	return n;
}

static void forget_changes(struct disk_crash_inode *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->changes[i].data);
	n->count = 0;
}

void disk_crash_inode_unref(struct disk_crash_inode *n)
{
	if (!n || --n->refs)
		return;
	forget_changes(n);
	free(n->changes);
	free(n->now.mem);
	free(n->disk.mem);
	free(n);
}

static void add_change(struct disk_crash_inode *n, struct disk_crash_change c)
{
	if (n->count == n->cap) {
		n->cap = n->cap ? 2 * n->cap : 8;
		n->changes = must(realloc(n->changes, n->cap * sizeof(*n->changes)));
	}
	n->changes[n->count++] = c;
}

void disk_crash_inode_write(struct disk_crash_inode *n, const void *src, int64_t bytes, int64_t at)
{
	if (bytes <= 0)
		return;
	uint8_t *copy = must(malloc((size_t)bytes));
	memcpy(copy, src, (size_t)bytes);
	add_change(n, (struct disk_crash_change){ .at = at, .n = bytes, .data = copy });
	image_write(&n->now, copy, bytes, at);
}

void disk_crash_inode_resize(struct disk_crash_inode *n, int64_t bytes)
{
	add_change(n, (struct disk_crash_change){ .at = bytes });
	image_resize(&n->now, bytes);
}

static void apply(struct disk_crash_image *m, const struct disk_crash_change *c)
{
	if (c->data)
		image_write(m, c->data, c->n, c->at);
	else
		image_resize(m, c->at);
}

void disk_crash_inode_sync(struct disk_crash_inode *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (!n->changes[i].lost)
			apply(&n->disk, &n->changes[i]);
	forget_changes(n);
}

void disk_crash_inode_lose(struct disk_crash_inode *n)
{
	for (size_t i = 0; i < n->count; i++)
		n->changes[i].lost = true;
}

void disk_crash_inode_drop_cache(struct disk_crash_inode *n)
{
	image_copy(&n->now, &n->disk);
	for (size_t i = 0; i < n->count; i++)
		if (!n->changes[i].lost)
			apply(&n->now, &n->changes[i]);
	n->cold = true;
}

/** A write in pieces that end at sector borders, each with its own fate. */
static void apply_torn(struct disk_crash_inode *n, const struct disk_crash_change *c, struct disk_crash_fate *f)
{
	for (int64_t at = c->at, end = c->at + c->n; at < end;) {
		int64_t piece = f->sector - at % f->sector;
		if (piece > end - at)
			piece = end - at;
		if (lmi_rng_below(f->rng, 2))
			image_write(&n->disk, c->data + (at - c->at), piece, at);
		at += piece;
	}
}

void disk_crash_inode_power_cut(struct disk_crash_inode *n, struct lmi_rng *r)
{
	struct disk_crash_fate f;
	disk_crash_fate_init(&f, r, n->count);
	for (size_t i = 0; i < n->count; i++) {
		const struct disk_crash_change *c = &n->changes[i];
		if (c->lost)
			continue;
		if (c->data && (f.kind == FATE_SOME || (f.kind == FATE_FIRST && i == f.first)))
			apply_torn(n, c, &f);
		else if (disk_crash_fate_keeps(&f, i))
			apply(&n->disk, c);
	}
	forget_changes(n);
	image_copy(&n->now, &n->disk);
	n->cold = false;
	n->locked_by = NULL;
}
