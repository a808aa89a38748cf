/* SPDX-License-Identifier: Apache-2.0 */
#include "store/zeros.h"

#include <errno.h>
#include <stdlib.h>

#define CHUNK (256 * 1024)
#define CHUNK_FIRST 4096

static size_t at_most(size_t n, int64_t from, int64_t to)
{
	return to - from < (int64_t)n ? (size_t)(to - from) : n;
}

/** Index of the first byte that is not zero; n when there is none. */
static size_t first_set(const uint8_t *p, size_t n)
{
	if (n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0))
		return n;
	size_t i = 0;
	while (p[i] == 0)
		i++;
	return i;
}

/** One past the last byte that is not zero; 0 when there is none. */
static size_t last_set(const uint8_t *p, size_t n)
{
	if (first_set(p, n) == n)
		return 0;
	while (p[n - 1] == 0)
		n--;
	return n;
}

/**
 * Walk the data of [from, to) chunk by chunk.  With last, keep the last byte that is set; else stop at the first.
 * Chunks grow while data follows data: most files have one block of it and then holes, which cost memory to read.
 */
static int walk(struct disk_file *f, int64_t from, int64_t to, bool last, int64_t *out)
{
	uint8_t *mem = malloc(CHUNK);
	if (!mem)
		return -ENOMEM;
	int64_t at = from, found = last ? from : to;
	size_t chunk = CHUNK_FIRST;
	int err = 0;
	/* Blocks that are only allocated count as data once they are in the cache: reading ahead would lead to the file's end. */
	(void)f->ops->drop_cache(f, from, to - from);
	f->ops->read_ahead(f, false);
	while (at < to) {
		int64_t next;
		err = f->ops->next_data(f, at, &next);
		if (err || next >= to)
			break;
		if (next > at)
			chunk = CHUNK_FIRST;
		at = next;
		/* Up to a border of blocks, where a hole can begin. */
		size_t want = at_most(chunk - (size_t)(at % CHUNK_FIRST), at, to);
		chunk = chunk < CHUNK ? 2 * chunk : CHUNK;
		ssize_t n = f->ops->pread(f, mem, want, at);
		if (n <= 0) {
			err = (int)n;
			break;
		}
		size_t first = first_set(mem, (size_t)n);
		if (first < (size_t)n) {
			found = last ? at + (int64_t)last_set(mem, (size_t)n) : at + (int64_t)first;
			if (!last)
				break;
		}
		at += n;
	}
	f->ops->read_ahead(f, true);
	free(mem);
	if (err && err != -ENXIO)
		return err;
	*out = found;
	return 0;
}

int zeros_end(struct disk_file *f, int64_t from, int64_t to, int64_t *out)
{
	return walk(f, from, to, false, out);
}

int zeros_start(struct disk_file *f, int64_t from, int64_t to, int64_t *out)
{
	return walk(f, from, to, true, out);
}

int zeros_write(struct disk_file *f, int64_t from, int64_t to)
{
	uint8_t *mem = calloc(1, CHUNK);
	if (!mem)
		return -ENOMEM;
	int err = 0;
	for (; !err && from < to; from += CHUNK)
		err = f->ops->pwrite(f, mem, at_most(CHUNK, from, to), from);
	free(mem);
	return err;
}
