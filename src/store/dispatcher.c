/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dispatcher.h"

#include <errno.h>

#include "wire/props.h"

#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)

const int64_t dispatcher_delay_ms_default[18] = {
	1 * SECOND_MS, 5 * SECOND_MS, 10 * SECOND_MS, 30 * SECOND_MS,
	1 * MINUTE_MS, 2 * MINUTE_MS, 3 * MINUTE_MS, 4 * MINUTE_MS, 5 * MINUTE_MS, 6 * MINUTE_MS,
	7 * MINUTE_MS, 8 * MINUTE_MS, 9 * MINUTE_MS, 10 * MINUTE_MS, 20 * MINUTE_MS, 30 * MINUTE_MS,
	1 * HOUR_MS, 2 * HOUR_MS
};
#define UNKNOWN_LEVEL_MS SECOND_MS

bool dispatcher_is_queued(int32_t sysflag)
{
	int32_t type = sysflag & LMI_SYSFLAG_TRANSACTION_MASK;
	return type == 0 || type == LMI_SYSFLAG_COMMIT;
}

static int64_t deliver_ms(const struct dispatcher *d, int32_t level, int64_t store_ms)
{
	if ((size_t)level > d->delay_levels)
		level = (int32_t)d->delay_levels;
	return store_ms + (level > 0 ? d->delay_ms[level - 1] : UNKNOWN_LEVEL_MS);
}

int64_t dispatcher_tags_code(const struct dispatcher *d, const struct queue_topic *t, struct lmi_span props,
			     int64_t store_ms)
{
	if (t->schedule) {
		int32_t level;
		struct lmi_span delay = lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_DELAY));
		if (delay.p && lmi_span_to_i32(delay, &level) == 0 && level > 0)
			return deliver_ms(d, level, store_ms);
	}
	struct lmi_span tags = lmi_props_get(props, LMI_SPAN_LIT(LMI_PROP_TAGS));
	return tags.n ? lmi_java_hash(tags) : 0;
}

int dispatcher_describe(struct dispatcher *d, const struct lmi_record *r, struct dispatch *out)
{
	struct dispatch x = {
		.queue_pos = r->queue_pos,
		.unit = { .log_pos = r->log_pos, .bytes = (int32_t)r->total },
		.store_ms = r->store_ms,
		.topic = r->topic,
		.props = r->props,
		.sysflag = r->sysflag,
	};
	if (dispatcher_is_queued(r->sysflag)) {
		if (r->queue_pos < 0 || r->queue_pos > QUEUE_POS_MAX)
			return -LMQ_ECORRUPT;
		int err = queue_table_make(d->queues, r->topic, r->queue_id, &x.queue);
		if (err)
			return err == -LMQ_EILLEGAL ? -LMQ_ECORRUPT : err;
		x.unit.tags_code = dispatcher_tags_code(d, x.queue->topic, r->props, r->store_ms);
	}
	*out = x;
	return 0;
}

int dispatcher_take(struct dispatcher *d, const struct dispatch *r)
{
	struct consume_queue *q = r->queue;
	if (d->index)
		key_index_add(d->index, r->topic, r->props, r->sysflag, r->unit.log_pos, r->store_ms);
	if (!q)
		return DISPATCHER_TAKEN;
	if (r->queue_pos != q->end) {
		int err = 0;
		if (r->queue_pos > q->end)
			err = consume_queue_skip_to(q, r->queue_pos);
		else if (r->queue_pos == 0)
			err = consume_queue_wipe(q);
		else
			return DISPATCHER_REPEATED;
		if (err)
			return err;
		err = consume_queue_reserve(q, 1);
		if (err)
			return err;
	}
	consume_queue_put(q, &r->unit);
	return DISPATCHER_TAKEN;
}
