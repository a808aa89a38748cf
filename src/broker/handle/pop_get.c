/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/pop_get.h"
#include "broker/handle/count.h"
#include "broker/handle/look.h"

#include <errno.h>
#include <stdio.h>

#include "wire/props.h"

#define RECEIPT_CHARS 512
#define PERCENT 100u
#define POP_LOOK_MAX (8u << 20) /* bytes of properties that one look's expression may go through */

/* ---- where a group is ---- */

static bool is_zero_in_memory(struct handle *h, const struct offset_at *at)
{
	struct store_get *g = &h->get;
	g->topic = at->topic;
	g->queue_id = at->queue_id;
	g->queue_pos = 0;
	g->max_messages = 1;
	g->max_bytes = 0;
	g->match_tags = NULL;
	return store_get(h->store, g) == 0 && g->status == STORE_FOUND && !g->suggest_slave;
}

static int64_t first_position(struct handle *h, const struct offset_at *at, bool from_min)
{
	struct store_bounds b = { 0 };
	store_queue_bounds(h->store, at->topic, at->queue_id, &b);
	if (from_min || lmi_name_is_retry(at->topic))
		return b.min_pos;
	if (h->settings->pop_init_in_memory && b.min_pos <= 0 && is_zero_in_memory(h, at))
		return 0;
	return b.max_pos > 0 ? b.max_pos - 1 : 0; /* rule: the last one */
}

int pop_get_queue(struct handle *h, const struct offset_at *at, bool from_min, struct pop_queue **out)
{
	struct pop_queue *q = pop_table_get(h->pops, at);
	if (!q) {
		int64_t pos = offset_table_get(h->offsets, at);
		bool known = pos >= 0;
		if (!known)
			pos = first_position(h, at, from_min);
		int err = pop_table_make(h->pops, at, pos, &q);
		if (err)
			return err;
		if (known)
			q->committed = pos;
	}
	pop_queue_sync(h->pops, q);
	*out = q;
	return 0;
}

int64_t pop_get_position(struct handle *h, const struct offset_at *at)
{
	struct pop_queue *q = pop_table_get(h->pops, at);
	struct store_bounds b = { 0 };
	if (q) {
		pop_queue_sync(h->pops, q);
		return q->pop_pos;
	}
	int64_t pos = offset_table_get(h->offsets, at);
	if (pos < 0) {
		store_queue_bounds(h->store, at->topic, at->queue_id, &b);
		pos = b.min_pos;
	}
	return pos;
}

/* ---- looking into one queue ---- */

static int look(struct handle *h, struct pop_get *p, const struct offset_at *at, int64_t pos)
{
	struct store_get *g = &h->get;
	g->topic = at->topic;
	g->queue_id = at->queue_id;
	g->queue_pos = pos;
	g->max_messages = (int32_t)(p->max - p->count);
	g->max_bytes = 0;
	int err = look_into(h, p->filter, p->sql, POP_LOOK_MAX);
	if (err == -EAGAIN) {
		memcpy(p->cold, g->extents, g->count * sizeof(p->cold[0]));
		p->cold_count = g->count;
	}
	return err;
}

static bool is_position_wrong(const struct store_get *g)
{
	return g->status == STORE_OFFSET_TOO_SMALL || g->status == STORE_OFFSET_OVERFLOW_BADLY ||
	       g->status == STORE_OFFSET_FOUND_NULL;
}

static void take_part(struct handle *h, struct pop_get *p, const struct offset_at *at, struct pop_queue *q)
{
	const struct store_get *g = &h->get;
	struct pop_part *part = &p->parts[p->part_count++];
	*part = (struct pop_part){ .topic = at->topic,
				   .queue = q,
				   .queue_id = at->queue_id,
				   .start_pos = g->queue_pos,
				   .next_pos = g->next_pos,
				   .first = p->count };
	for (size_t i = 0; i < g->count && p->count < p->max; i++) {
		part->diffs[part->count++] = (uint32_t)(g->extents[i].queue_pos - g->queue_pos);
		p->pieces[p->count++] = (struct pop_piece){ .extent = g->extents[i], .bytes = (size_t)g->extents[i].bytes };
	}
	p->bytes += g->bytes;
}

/* Nothing for us was seen: go on behind it. */
static void pass_over(struct handle *h, struct pop_get *p, struct pop_queue *q)
{
	const struct store_get *g = &h->get;
	bool seen = g->status == STORE_NO_MATCHED_MESSAGE || g->status == STORE_OFFSET_FOUND_NULL ||
		    g->status == STORE_MESSAGE_WAS_REMOVING;
	if (!q || !seen || g->next_pos <= q->pop_pos)
		return;
	pop_queue_move(h->pops, q, g->next_pos);
	if (g->next_pos < g->max_pos)
		p->more = true;
}

static bool is_over_threshold(const struct handle *h, const struct pop_queue *q)
{
	return h->settings->pop_threshold_on && q && q->in_flight > (uint32_t)h->settings->pop_threshold;
}

/* Messages there, without what a look would say. */
static void count_rest(struct handle *h, struct pop_get *p, const struct offset_at *at, int64_t pos)
{
	struct store_bounds b = { 0 };
	store_queue_bounds(h->store, at->topic, at->queue_id, &b);
	if (b.max_pos > pos)
		p->rest += b.max_pos - pos;
}

static int look_at_queue(struct handle *h, struct pop_get *p, struct lmi_span topic, int32_t queue_id)
{
	struct offset_at at = { .group = p->asked.group, .topic = topic, .queue_id = queue_id };
	struct pop_queue *q = NULL;
	if (!p->peek && pop_get_queue(h, &at, p->from_min, &q))
		return 0; /* no room for it in the table */
	int64_t pos = q ? q->pop_pos : pop_get_position(h, &at);
	if (p->order && pop_order_blocks(q, p->attempt, p->pop_ms))
		return 0; /* rule: what is behind a block does not count as rest */
	if (p->count >= p->max || p->bytes >= POP_BYTES_MAX || is_over_threshold(h, q)) {
		count_rest(h, p, &at, pos);
		return 0;
	}
	int err = look(h, p, &at, pos);
	if (!err && is_position_wrong(&h->get)) {
		if (q)
			pop_queue_move(h->pops, q, h->get.next_pos);
		err = look(h, p, &at, h->get.next_pos);
	}
	if (err)
		return err;
	if (h->get.count)
		take_part(h, p, &at, q);
	else
		pass_over(h, p, q);
	if (h->get.max_pos > h->get.next_pos)
		p->rest += h->get.max_pos - h->get.next_pos;
	return 0;
}

/* ---- in which order queues are looked at ---- */

static int look_at_topic(struct handle *h, struct pop_get *p, const struct topic *t, uint32_t chance)
{
	int32_t n = t ? t->config.read_queues : 0;
	for (int32_t i = 0; i < n; i++) {
		int err = look_at_queue(h, p, t->config.name, (int32_t)((chance + (uint32_t)i) % (uint32_t)n));
		if (err)
			return err;
	}
	return 0;
}

static int look_at_retries(struct handle *h, struct pop_get *p, uint32_t chance)
{
	char name[LMI_NAME_MAX + 1];
	bool v2 = h->settings->pop_retry_v2;
	if (v2 && h->settings->pop_retry_v1_too && chance % 2 == 0)
		v2 = false;
	size_t n = lmi_name_pop_retry_topic(p->asked.topic, p->asked.group, v2, name);
	return n ? look_at_topic(h, p, topic_table_get(h->topics, lmi_span(name, n)), chance) : 0;
}

static int look_at_all(struct handle *h, struct pop_get *p)
{
	uint32_t chance = (uint32_t)lmi_rng_below(h->rng, PERCENT);
	bool retries_first = !p->order && chance < (uint32_t)h->settings->pop_retry_percent;
	int err = retries_first ? look_at_retries(h, p, chance) : 0;
	if (!err)
		err = p->asked.queue_id < 0 ? look_at_topic(h, p, p->asked.topic_config, chance) :
					      look_at_queue(h, p, p->asked.topic, p->asked.queue_id);
	if (!err && !retries_first && !p->order && p->count < p->max)
		err = look_at_retries(h, p, chance);
	return err;
}

/* ---- messages of retry topics are shown as the topic's own ---- */

static int cold_piece(struct pop_get *p, const struct pop_piece *piece)
{
	p->cold[0] = piece->extent;
	p->cold_count = 1;
	return -EAGAIN;
}

static void put_receipt(struct handle *h, const struct pop_get *p, const struct pop_part *part, const struct lmi_record *rec,
			struct lmi_buf *props)
{
	static const char *const drop[] = { LMI_PROP_POP_CK, NULL };
	char receipt[RECEIPT_CHARS];
	int n = snprintf(receipt, sizeof(receipt), "%lld %lld %lld %d %d %.*s %d %lld", (long long)part->start_pos,
			 (long long)p->pop_ms, (long long)p->invisible_ms, p->revive_qid, pop_retry_flag(part->topic),
			 SPAN_ARGS(h->settings->broker_name), rec->queue_id, (long long)rec->queue_pos);
	lmi_props_copy_without(props, rec->props, drop);
	lmi_props_put(props, LMI_SPAN_LIT(LMI_PROP_POP_CK), lmi_span(receipt, (size_t)n));
}

/* Where properties have no room for a receipt, the record goes out as it is: clients make the receipt themselves. */
static int encode(struct handle *h, const struct pop_get *p, const struct pop_part *part, struct pop_piece *piece,
		  struct lmi_span bytes)
{
	struct lmi_record rec;
	struct lmi_buf props = { 0 };
	int err = lmi_record_decode(bytes, &rec);
	if (err)
		return -LMQ_ENOTFOUND;
	put_receipt(h, p, part, &rec, &props);
	if (!props.failed && lmi_buf_len(&props) <= LMI_PROPS_MAX) {
		rec.topic = p->asked.topic;
		rec.props = lmi_buf_span(&props);
		size_t n = lmi_record_bytes(&rec);
		uint8_t *dst = lmi_buf_reserve(&h->scratch, n);
		if (dst) {
			piece->encoded = true;
			piece->at = lmi_buf_len(&h->scratch);
			piece->bytes = lmi_record_encode(&rec, dst);
			lmi_buf_commit(&h->scratch, n);
		}
	}
	err = props.failed || h->scratch.failed ? -ENOMEM : 0;
	lmi_buf_done(&props);
	return err;
}

static int encode_part(struct handle *h, struct pop_get *p, const struct pop_part *part)
{
	for (uint32_t i = 0; i < part->count; i++) {
		struct pop_piece *piece = &p->pieces[part->first + i];
		size_t n = (size_t)piece->extent.bytes;
		uint8_t *bytes = lmi_arena_alloc(&h->arena, n);
		int err = bytes ? store_read(h->store, &piece->extent, bytes, false) : -ENOMEM;
		if (err == -EAGAIN)
			return cold_piece(p, piece);
		if (!err)
			err = encode(h, p, part, piece, lmi_span(bytes, n));
		if (err)
			return err;
	}
	return 0;
}

static int encode_retries(struct handle *h, struct pop_get *p)
{
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	if (h->settings->pop_actual_retry_topic || p->peek)
		return 0;
	for (uint32_t i = 0; i < p->part_count; i++) {
		int err = lmi_name_is_retry(p->parts[i].topic) && !lmi_span_eq(p->parts[i].topic, p->asked.topic) ?
				  encode_part(h, p, &p->parts[i]) :
				  0;
		if (err)
			return err;
	}
	p->bytes = 0;
	for (uint32_t i = 0; i < p->count; i++)
		p->bytes += p->pieces[i].bytes;
	return 0;
}

int pop_get_look(struct handle *h, struct pop_get *p)
{
	p->count = p->part_count = 0;
	p->bytes = 0;
	p->rest = 0;
	p->more = false;
	p->full = h->pops->messages + p->max > POP_TABLE_MESSAGES_MAX;
	int err = p->full && !p->peek ? 0 : look_at_all(h, p);
	return err ? err : encode_retries(h, p);
}

int pop_get_copy(struct handle *h, struct pop_get *p, struct lmi_buf *out)
{
	uint8_t *dst = lmi_buf_reserve(out, p->bytes);
	if (!dst)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->count; i++) {
		const struct pop_piece *piece = &p->pieces[i];
		int err = 0;
		if (piece->encoded)
			memcpy(dst, lmi_buf_data(&h->scratch) + piece->at, piece->bytes);
		else
			err = store_read(h->store, &piece->extent, dst, false);
		if (err == -EAGAIN)
			return cold_piece(p, piece);
		if (err)
			return -LMQ_ENOTFOUND;
		dst += piece->bytes;
	}
	lmi_buf_commit(out, p->bytes);
	return 0;
}

void pop_get_commit(struct handle *h, const struct pop_get *p)
{
	for (uint32_t i = 0; i < p->part_count; i++) {
		const struct pop_part *part = &p->parts[i];
		struct pop_round r = { .start_pos = part->start_pos,
				       .pop_ms = p->pop_ms,
				       .invisible_ms = p->invisible_ms,
				       .count = part->count,
				       .diffs = part->diffs };
		/* Without memory they are handed out again: a duplicate, no loss. */
		if (p->order)
			pop_order_add(h->pops, part->queue, &r, p->attempt);
		else
			pop_queue_add(h->pops, part->queue, &r, part->next_pos);
	}
	count_got(h, p->asked.topic, p->asked.group, (int64_t)p->count, (int64_t)p->bytes);
}
