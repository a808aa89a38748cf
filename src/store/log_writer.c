/* SPDX-License-Identifier: Apache-2.0 */
#include "store/log_writer.h"

#include <stdlib.h>

#define RUN_FIRST (64u * 1024)
#define RUN_KEEP (4u * LOG_WRITER_RUN_MAX) /* memory kept after a turn of large messages */

void log_writer_done(struct log_writer *w)
{
	free(w->mem);
	*w = (struct log_writer){ 0 };
}

uint8_t *log_writer_reserve(struct log_writer *w, size_t n)
{
	if (w->cap - w->n < n) {
		size_t cap = w->cap ? w->cap : RUN_FIRST;
		while (cap - w->n < n)
			cap *= 2;
		uint8_t *mem = realloc(w->mem, cap);
		if (!mem)
			return NULL;
		w->mem = mem;
		w->cap = cap;
	}
	return w->mem + w->n;
}

int log_writer_flush(struct log_writer *w, struct disk_file *f, int64_t file_off)
{
	int err = w->n ? f->ops->pwrite(f, w->mem, w->n, file_off) : 0;
	if (err)
		return err;
	w->n = 0;
	return 0;
}

void log_writer_trim(struct log_writer *w)
{
	if (w->n == 0 && w->cap > RUN_KEEP)
		log_writer_done(w);
}
