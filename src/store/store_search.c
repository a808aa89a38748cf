/* SPDX-License-Identifier: Apache-2.0 */
/* Queue positions by store time.  Rule: ConsumeQueue.getOffsetInQueueByTime, BoundaryType. */
#include <errno.h>

#include "store/store_warm.h"

#define AT_BORN_HOST 48
_Static_assert(STORE_HEAD_BYTES == AT_BORN_HOST + 20 + 8, "up to and with the store time, both hosts' versions");

int64_t store_head_ms(const uint8_t *head)
{
	bool v6 = lmi_get32(head + LMI_RECORD_AT_SYSFLAG) & LMI_SYSFLAG_BORNHOST_V6;
	return (int64_t)lmi_get64(head + AT_BORN_HOST + (v6 ? 20 : 8));
}

/* ---- what a worker goes on with ---- */

static void forget(struct store_search_state *x)
{
	consume_queue_unref(x->queue);
	*x = (struct store_search_state){ .queue = NULL };
}

void store_search_done(struct store *s)
{
	forget(&s->searching);
	forget(&s->found);
}

struct store_search_state store_search_take(struct store *s)
{
	struct store_search_state x = s->searching;
	s->searching = (struct store_search_state){ .queue = NULL };
	return x;
}

void store_search_found(struct store *s, const struct store_search_state *x)
{
	forget(&s->found);
	s->found = *x;
	consume_queue_ref(x->queue);
}

static void remember_search(struct store *s, struct consume_queue *q, int64_t lo, int64_t hi, int64_t ms, bool after_equal)
{
	forget(&s->searching);
	s->searching = (struct store_search_state){
		.queue = consume_queue_ref(q), .lo = lo, .hi = hi, .ms = ms, .flushed = q->flushed, .after_equal = after_equal
	};
}

/* ---- times ---- */

/** Store time of the record of a unit; -1 when it is not there; -EAGAIN. */
static int64_t record_ms(struct store *s, const struct queue_unit *u)
{
	uint8_t head[STORE_HEAD_BYTES];
	if (!queue_unit_valid(u) || queue_unit_hole(u) || u->bytes < (int32_t)LMI_RECORD_FIXED_V4)
		return -1;
	int err = commit_log_read(&s->log, u->log_pos, head, sizeof(head), s->may_wait);
	if (err == -EAGAIN && s->cold_record_count < STORE_COLD_RECORDS)
		s->cold_records[s->cold_record_count++] = u->log_pos;
	return err ? err == -EAGAIN ? -EAGAIN : -1 : store_head_ms(head);
}

static int64_t unit_ms(struct store *s, struct consume_queue *q, int64_t queue_pos)
{
	struct queue_unit u;
	int n = consume_queue_unit(q, queue_pos, &u, s->may_wait);
	return n == 1 ? record_ms(s, &u) : n == -EAGAIN ? -EAGAIN : -1;
}

int64_t store_queue_time(struct store *s, struct lmi_span topic, int32_t queue_id, int64_t queue_pos)
{
	struct consume_queue *q = queue_table_get(&s->queues, topic, queue_id);
	return q && queue_pos < q->visible ? unit_ms(s, q, queue_pos) : -1;
}

/**
 * The first position whose record was stored at or after ms; with after_equal, after ms.  max when none was.
 * 0, or -EAGAIN when a worker must go on.
 */
static int first_at(struct store *s, struct consume_queue *q, const struct store_bounds *b, int64_t ms, bool after_equal,
		    int64_t *out)
{
	int64_t lo = b->min_pos, hi = b->max_pos;
	const struct store_search_state *f = &s->found;
	if (f->queue == q && f->ms == ms && f->after_equal == after_equal) {
		lo = f->lo > lo ? f->lo : lo;
		hi = f->hi < hi && f->hi >= lo ? f->hi : hi;
	}
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		int64_t t = unit_ms(s, q, mid);
		if (t == -EAGAIN) {
			remember_search(s, q, lo, hi, ms, after_equal);
			return -EAGAIN;
		}
		if (store_search_is_before(t, ms, after_equal))
			lo = mid + 1;
		else
			hi = mid;
	}
	*out = lo;
	return 0;
}

int store_queue_search(struct store *s, struct lmi_span topic, int32_t queue_id, int64_t ms, bool upper, int64_t *out)
{
	struct store_bounds b;
	int64_t found = 0;
	*out = 0;
	int err = store_queue_bounds(s, topic, queue_id, &b);
	if (!err)
		err = first_at(s, queue_table_get(&s->queues, topic, queue_id), &b, ms, upper, &found);
	if (err)
		return err;
	if (upper)
		found = found > b.min_pos ? found - 1 : 0; /* the last one stored at or before ms; 0 when all are younger */
	*out = found;
	return 0;
}
