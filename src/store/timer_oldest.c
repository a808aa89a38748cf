/* SPDX-License-Identifier: Apache-2.0 */
/* The oldest message that a slot still leads to: units are entered in the order of the log, so one of them tells. */
#include <errno.h>
#include <stdlib.h>

#include "store/timer_files.h"

struct oldest {
	struct work work;
	int64_t pos, log_pos; /* of the unit; of its message */
	struct timer_reader reader;
	int err;
	void (*told)(void *arg, int64_t log_pos, int err);
	void *arg;
};

static struct oldest *oldest_of(struct work *w)
{
	return lmi_container_of(w, struct oldest, work);
}

static int take(struct oldest *o, const uint8_t *p)
{
	struct timer_unit u;
	int64_t prev;
	if (!timer_unit_decode(p, &u, &prev))
		return -LMQ_ECORRUPT;
	o->log_pos = u.log_pos;
	o->pos = -1;
	return 0;
}

static void oldest_run(struct work *w)
{
	struct oldest *o = oldest_of(w);
	const uint8_t *p;
	if (o->pos < 0 || o->err)
		return;
	o->err = timer_reader_unit(&o->reader, o->pos, &p);
	if (!o->err)
		o->err = take(o, p);
	timer_reader_done(&o->reader);
}

static void oldest_done(struct work *w)
{
	struct oldest *o = oldest_of(w);
	o->told(o->arg, o->log_pos, o->err);
}

static void oldest_free(struct work *w)
{
	struct oldest *o = oldest_of(w);
	timer_reader_done(&o->reader);
	free(o);
}

/* Timerlog position of the first unit of all slots from a time on; -1: there is none. */
static int64_t first_unit(const struct timer_index *t, int64_t from_ms)
{
	int64_t lowest = -1;
	for (size_t page = 0; t->slots && page < timer_wheel_pages(t); page++) {
		const uint8_t *p = t->slots + page * TIMER_PAGE;
		if (!t->dirty[page])
			continue;
		for (size_t i = 0; i < TIMER_PAGE; i += TIMER_SLOT_BYTES) {
			int64_t first = (int64_t)lmi_get64(p + i + 8);
			if ((int64_t)lmi_get64(p + i) >= from_ms / t->cfg.precision_ms && lmi_get64(p + i) &&
			    (lowest < 0 || first < lowest))
				lowest = first;
		}
	}
	return lowest;
}

int timer_index_oldest(struct timer_index *t, int64_t from_ms, void (*done)(void *arg, int64_t log_pos, int err), void *arg)
{
	struct oldest *o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	*o = (struct oldest){ .work = { .run = oldest_run, .done = oldest_done, .free = oldest_free },
			      .pos = first_unit(t, from_ms),
			      .log_pos = INT64_MAX,
			      .told = done,
			      .arg = arg };
	timer_reader_init(&o->reader, t->cfg.disk, t->cfg.log_file_bytes);
	if (o->pos > t->end - TIMER_UNIT_BYTES) /* a damaged slot */
		o->err = -LMQ_ECORRUPT;
	else if (o->pos >= t->mem_from)
		o->err = take(o, lmi_buf_data(&t->tail) + (o->pos - t->mem_from));
	work_submit(&t->crew, &o->work);
	return 0;
}
