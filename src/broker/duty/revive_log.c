/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/revive_log.h"

#include <errno.h>
#include <stdio.h>

#include "broker/handle/pop_get.h"
#include "broker/state/revive_note.h"
#include "rules/name.h"
#include "wire/props.h"

/* Rule: PopAckConstants.REVIVE_TOPIC, REVIVE_GROUP. */
#define TOPIC_PREFIX "rmq_sys_REVIVE_LOG_"
#define GROUP "CID_RMQ_SYS_REVIVE_GROUP"

void revive_log_init(struct revive_log *d, int64_t mono_ms)
{
	*d = (struct revive_log){ .due_ms = mono_ms };
}

/* ---- a check point ---- */

/* A group or topic that was deleted meanwhile has nothing in flight.  Rule: mergeAndRevive. */
static bool is_wanted(const struct handle *h, const struct revive_note *n)
{
	const struct topic *t = topic_table_get(h->topics, n->at.topic);
	return t && n->at.queue_id < t->config.read_queues && group_table_get(h->groups, n->at.group);
}

/* Messages from the group's position on are handed out anyway. */
static uint32_t open_bits(const struct revive_note *n, const struct pop_queue *q)
{
	uint32_t open = 0;
	for (uint32_t i = 0; i < n->count; i++)
		if (n->start_pos + n->diffs[i] < q->pop_pos)
			open |= 1u << i;
	return open & ~n->acked;
}

/* Acknowledgements come later: it is due a little after its time, and after now where that is over. */
static int64_t invisible_ms(const struct handle *h, const struct revive_note *n)
{
	int64_t now_ms = handle_now(h), due_ms, ms;
	if (__builtin_add_overflow(n->pop_ms, n->invisible_ms, &due_ms) || due_ms > now_ms + POP_INVISIBLE_MAX_MS)
		due_ms = now_ms + POP_INVISIBLE_MAX_MS;
	if (due_ms < now_ms)
		due_ms = now_ms;
	return __builtin_sub_overflow(due_ms + REVIVE_LOG_GRACE_MS, n->pop_ms, &ms) ? REVIVE_LOG_GRACE_MS : ms;
}

static int take_point(struct revive_log *d, struct handle *h, const struct revive_note *n)
{
	struct pop_queue *q;
	if (!is_wanted(h, n))
		return 0;
	int err = pop_get_queue(h, &n->at, false, &q);
	if (err)
		return err;
	struct pop_round r = { .start_pos = n->start_pos,
			       .pop_ms = n->pop_ms,
			       .invisible_ms = invisible_ms(h, n),
			       .count = n->count,
			       .diffs = n->diffs,
			       .open = open_bits(n, q) };
	if (!r.open)
		return 0;
	err = pop_queue_add(h->pops, q, &r, q->pop_pos);
	if (err)
		return err == -EEXIST ? 0 : err;
	d->points++;
	d->messages += __builtin_popcount(r.open);
	return 0;
}

/* ---- acknowledgements ---- */

static void take_acks(struct revive_log *d, struct handle *h, const struct revive_note *n)
{
	struct pop_queue *q = pop_table_get(h->pops, &n->at);
	uint32_t bits = 0;
	struct pop_batch *b = q ? pop_queue_find(q, n->start_pos, n->pop_ms) : NULL;
	for (uint32_t i = 0; b && i < n->acks; i++) {
		int at = pop_batch_index(b, n->positions[i]);
		if (at >= 0)
			bits |= 1u << at;
	}
	if (b)
		d->acks += __builtin_popcount(pop_batch_ack(h->pops, b, bits));
}

/* ---- the topic ---- */

static void nothing(void *arg)
{
	(void)arg;
}

/* The note at a position; *out_next is where to go on.  -LMQ_ENOTFOUND: there is none that can be read. */
static int read_note(struct handle *h, const struct offset_at *at, int64_t pos, struct revive_note *out, int64_t *out_next)
{
	struct store_get *g = &h->get;
	struct lmi_record rec;
	lmi_arena_reset(&h->arena);
	g->topic = at->topic;
	g->queue_id = at->queue_id;
	g->queue_pos = pos;
	g->max_messages = 1;
	g->max_bytes = 0;
	g->match_tags = NULL;
	int err = store_get(h->store, g);
	uint8_t *bytes = !err && g->status == STORE_FOUND ? lmi_arena_alloc(&h->arena, (size_t)g->extents[0].bytes) : NULL;
	*out_next = !err && g->next_pos > pos ? g->next_pos : pos + 1;
	if (!err && g->status != STORE_FOUND)
		return -LMQ_ENOTFOUND;
	if (!err)
		err = bytes ? store_read(h->store, &g->extents[0], bytes, false) : -ENOMEM;
	if (err == -EAGAIN)
		store_warm(h->store, g->extents, g->count, nothing, NULL);
	if (err == -EAGAIN || err == -ENOMEM)
		return err;
	if (err || lmi_record_decode(lmi_span(bytes, (size_t)g->extents[0].bytes), &rec))
		return -LMQ_ENOTFOUND;
	return revive_note_read(lmi_props_get(rec.props, LMI_SPAN_LIT(LMI_PROP_TAGS)), rec.body, &h->arena, out);
}

/* 0: go on behind it. */
static int take_one(struct revive_log *d, struct handle *h, const struct offset_at *at, int64_t pos, int64_t *out_next)
{
	struct revive_note n;
	int err = read_note(h, at, pos, &n, out_next);
	if (err == -EAGAIN || err == -ENOMEM)
		return err;
	if (err) {
		d->bad++;
		return 0;
	}
	if (n.kind == REVIVE_NOTE_CHECK_POINT)
		return take_point(d, h, &n);
	take_acks(d, h, &n);
	return 0;
}

/* Rule: the committed offset is that of the last note, not of the next. */
static void read_queue(struct revive_log *d, struct handle *h, struct offset_at *at, uint32_t *left)
{
	struct store_bounds b = { 0 };
	int64_t pos = offset_table_get(h->offsets, at) + 1, begin = pos, next;
	if (store_queue_bounds(h->store, at->topic, at->queue_id, &b) || pos >= b.max_pos)
		return;
	if (pos < b.min_pos)
		pos = b.min_pos;
	for (; pos < b.max_pos && *left; pos = next, --*left) {
		int err = take_one(d, h, at, pos, &next);
		if (err)
			break;
	}
	if (pos > begin)
		offset_table_commit(h->offsets, at, pos - 1);
	if (pos < b.max_pos)
		*left = 0; /* soon again */
}

void revive_log_run(struct revive_log *d, struct handle *h, int64_t mono_ms)
{
	char name[LMI_NAME_MAX + 1];
	uint32_t left = REVIVE_LOG_RUN_MAX;
	if (mono_ms < d->due_ms)
		return;
	size_t n = (size_t)snprintf(name, sizeof(name), TOPIC_PREFIX "%.*s", SPAN_ARGS(h->settings->cluster_name));
	const struct topic *t = n < sizeof(name) ? topic_table_get(h->topics, lmi_span(name, n)) : NULL;
	int32_t queues = t ? t->config.read_queues : 0;
	int64_t before = d->messages + d->acks + d->bad;
	for (int32_t i = 0; i < queues && i < (int32_t)REVIVE_LOG_QUEUES_MAX && left; i++)
		read_queue(d, h, &(struct offset_at){ .group = LMI_SPAN_LIT(GROUP), .topic = lmi_span(name, n), .queue_id = i }, &left);
	if (left)
		d->due_ms = mono_ms + REVIVE_LOG_EVERY_MS;
	if (!d->said && d->messages + d->acks + d->bad > before) {
		d->said = true;
		lmi_log(h->log, LMI_LOG_NOTICE, "%s holds a Java broker's notes on popped messages: those that it does not say to be "
			"acknowledged come again when their time is over", name);
	}
}
