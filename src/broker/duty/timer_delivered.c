/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/timer_delivered.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/name.h"

int64_t timer_delivered_queue_pos(struct timer_duty *d, int64_t checkpoint_pos, const struct store_bounds *b)
{
	struct timer_unit last;
	int64_t pos = checkpoint_pos;
	if (timer_index_last(d->index, &last) == 0) {
		struct store_extent e = { .log_pos = last.log_pos, .bytes = last.bytes };
		struct timer_record r;
		uint8_t *p = malloc((size_t)e.bytes);
		if (p && store_read(d->handle->store, &e, p, true) == 0 &&
		    timer_record_read(d->handle, lmi_span(p, (size_t)e.bytes), &r) == 0)
			pos = r.record.queue_pos >= pos ? r.record.queue_pos + 1 : pos;
		free(p);
	}
	if (pos < b->min_pos)
		pos = b->min_pos;
	return pos < b->max_pos ? pos : b->max_pos;
}

static struct lmi_span pos_key(uint8_t *bytes, int64_t pos)
{
	lmi_put64(bytes, (uint64_t)pos);
	return lmi_span(bytes, 8);
}

/* Note the timer record that a message came from.  @older  counts messages in a row that are older than what matters. */
static bool note(struct timer_duty *d, const struct store_extent *e, uint8_t **bytes, size_t *cap, int *older)
{
	struct lmi_record r;
	uint8_t key[8];
	if ((size_t)e->bytes > *cap) {
		uint8_t *grown = realloc(*bytes, (size_t)e->bytes);
		if (!grown)
			return false;
		*bytes = grown;
		*cap = (size_t)e->bytes;
	}
	if (store_read(d->handle->store, e, *bytes, true) || lmi_record_decode(lmi_span(*bytes, (size_t)e->bytes), &r))
		return true;
	*older = r.store_ms < d->scan_from_ms ? *older + 1 : 0;
	if (r.prepared_pos > 0)
		lmi_map_put(&d->delivered, pos_key(key, r.prepared_pos), d, NULL);
	return *older < TIMER_DELIVERED_OLDER;
}

/* From its end backwards. */
static void scan(struct timer_duty *d, struct lmi_span topic, int32_t queue_id)
{
	struct store_get *g = malloc(sizeof(*g));
	struct store_bounds b;
	uint8_t *bytes = NULL;
	size_t cap = 0;
	int older = 0;
	bool on = g && store_queue_bounds(d->handle->store, topic, queue_id, &b) == 0;
	for (int64_t pos = on ? b.max_pos - 1 : 0; on && pos >= b.min_pos; pos--) {
		*g = (struct store_get){ .topic = topic, .queue_id = queue_id, .queue_pos = pos, .max_messages = 1, .wait = true };
		if (store_get(d->handle->store, g))
			break;
		on = !g->count || note(d, &g->extents[0], &bytes, &cap, &older);
	}
	free(bytes);
	free(g);
}

static void scan_once(struct timer_duty *d, struct lmi_span topic, int32_t queue_id)
{
	char key[LMI_NAME_MAX + 16];
	int n = snprintf(key, sizeof(key), "%.*s@%d", SPAN_ARGS(topic), queue_id);
	struct lmi_span queue = lmi_span(key, (size_t)n);
	if (lmi_map_get(&d->scanned, queue))
		return;
	scan(d, topic, queue_id);
	lmi_map_put(&d->scanned, queue, d, NULL);
}

static bool is_noted(const struct timer_duty *d, const struct timer_record *r)
{
	uint8_t pos[8];
	return lmi_map_get(&d->delivered, pos_key(pos, timer_delivered_mark(&r->record))) != NULL;
}

bool timer_was_delivered(struct timer_duty *d, const struct timer_record *r)
{
	scan_once(d, r->topic, r->queue_id);
	return is_noted(d, r);
}

bool timer_was_rolled(struct timer_duty *d, const struct timer_record *r)
{
	scan_once(d, LMI_SPAN_LIT(LMI_NAME_TIMER), 0);
	return is_noted(d, r);
}

void timer_delivered_forget(struct timer_duty *d)
{
	lmi_map_done(&d->scanned, NULL);
	lmi_map_done(&d->delivered, NULL);
}
