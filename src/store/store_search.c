/* SPDX-License-Identifier: Apache-2.0 */
/* Queue positions by store time.  Rule: ConsumeQueue.getOffsetInQueueByTime, BoundaryType. */
#include <errno.h>

#include "store/store_internal.h"

#define AT_BORN_HOST 48
_Static_assert(STORE_HEAD_BYTES == AT_BORN_HOST + 20 + 8, "up to and with the store time, both hosts' versions");

int64_t store_head_ms(const uint8_t *head)
{
	bool v6 = lmi_get32(head + LMI_RECORD_AT_SYSFLAG) & LMI_SYSFLAG_BORNHOST_V6;
	return (int64_t)lmi_get64(head + AT_BORN_HOST + (v6 ? 20 : 8));
}

/** Store time of the record of a unit; -1 when it is not there. */
static int64_t record_ms(struct store *s, const struct queue_unit *u)
{
	uint8_t head[STORE_HEAD_BYTES];
	if (!queue_unit_valid(u) || queue_unit_hole(u) || u->bytes < (int32_t)LMI_RECORD_FIXED_V4)
		return -1;
	if (commit_log_read(&s->log, u->log_pos, head, sizeof(head), true) != 0)
		return -1;
	return store_head_ms(head);
}

static int64_t unit_ms(struct store *s, struct consume_queue *q, int64_t queue_pos)
{
	struct queue_unit u;
	return consume_queue_unit(q, queue_pos, &u, true) == 1 ? record_ms(s, &u) : -1;
}

int64_t store_queue_time(struct store *s, struct lmi_span topic, int32_t queue_id, int64_t queue_pos)
{
	struct consume_queue *q = queue_table_get(&s->queues, topic, queue_id);
	return q && queue_pos < q->visible ? unit_ms(s, q, queue_pos) : -1;
}

/** The first position whose record was stored at or after ms; with after_equal, after ms.  max when none was. */
static int64_t first_at(struct store *s, struct consume_queue *q, const struct store_bounds *b, int64_t ms, bool after_equal)
{
	int64_t lo = b->min_pos, hi = b->max_pos;
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		int64_t t = unit_ms(s, q, mid); /* a record that is gone counts as older */
		if (t < ms || (after_equal && t == ms))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int store_queue_search(struct store *s, struct lmi_span topic, int32_t queue_id, int64_t ms, bool upper, int64_t *out)
{
	struct store_bounds b;
	*out = 0;
	int err = store_queue_bounds(s, topic, queue_id, &b);
	if (err)
		return err;
	struct consume_queue *q = queue_table_get(&s->queues, topic, queue_id);
	int64_t found = first_at(s, q, &b, ms, upper);
	if (upper)
		found = found > b.min_pos ? found - 1 : 0; /* the last one stored at or before ms; 0 when all are younger */
	*out = found;
	return 0;
}
