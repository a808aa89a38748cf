/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/pop_table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "rules/name.h"

#define KEY_MAX (2 * LMI_NAME_MAX + 2 + 4)
#define BATCHES_MIN 4u
#define ALL_BITS(n) ((n) >= 32 ? UINT32_MAX : (1u << (n)) - 1)

/* ---- keys ---- */

struct key {
	uint8_t bytes[KEY_MAX];
	size_t n;
};

static bool key_of(struct key *k, const struct offset_at *at)
{
	if (at->topic.n > LMI_NAME_MAX || at->group.n > LMI_NAME_MAX || !at->topic.n || !at->group.n || at->queue_id < 0)
		return false;
	memcpy(k->bytes, at->topic.p, at->topic.n);
	k->n = at->topic.n;
	k->bytes[k->n++] = 0;
	memcpy(k->bytes + k->n, at->group.p, at->group.n);
	k->n += at->group.n;
	k->bytes[k->n++] = 0;
	lmi_put32(k->bytes + k->n, (uint32_t)at->queue_id);
	k->n += 4;
	return true;
}

static struct offset_at at_of(const struct pop_queue *q)
{
	return (struct offset_at){ .group = pop_queue_group(q), .topic = pop_queue_topic(q), .queue_id = q->queue_id };
}

/* ---- life ---- */

void pop_table_init(struct pop_table *t, const struct lmi_clock *clock, struct offset_table *offsets)
{
	*t = (struct pop_table){ .clock = clock, .offsets = offsets, .wheel_at = lmi_mono_ms(clock) / POP_TICK_MS };
	for (size_t i = 0; i < POP_WHEEL_SLOTS; i++)
		lmi_list_init(&t->wheel[i]);
	lmi_list_init(&t->due);
	lmi_list_init(&t->dirty);
}

static void batch_free(struct pop_batch *b)
{
	lmi_list_del(&b->timer.link);
	free(b);
}

static void queue_free(void *value)
{
	struct pop_queue *q = value;
	for (uint32_t i = q->head; i < q->tail; i++)
		batch_free(q->batches[i]);
	pop_order_free(q);
	lmi_list_del(&q->in_dirty);
	free(q->batches);
	free(q);
}

void pop_table_done(struct pop_table *t)
{
	lmi_map_done(&t->map, queue_free);
	t->messages = 0;
}

void pop_table_note(struct pop_table *t, const struct pop_change *c)
{
	if (t->note)
		t->note(t->ctx, c);
}

int64_t pop_table_mono(const struct pop_table *t, int64_t wall_ms)
{
	int64_t left_ms = wall_ms - lmi_wall_ms(t->clock);
	return lmi_mono_ms(t->clock) + (left_ms < 0 ? 0 : left_ms);
}

void pop_queue_dirty(struct pop_table *t, struct pop_queue *q)
{
	if (lmi_list_empty(&q->in_dirty))
		lmi_list_add_tail(&t->dirty, &q->in_dirty);
}

/* ---- queues ---- */

struct pop_queue *pop_table_get(const struct pop_table *t, const struct offset_at *at)
{
	struct key k;
	return key_of(&k, at) ? lmi_map_get(&t->map, lmi_span(k.bytes, k.n)) : NULL;
}

static struct pop_queue *queue_new(const struct pop_table *t, const struct offset_at *at, int64_t pop_pos)
{
	struct pop_queue *q = calloc(1, sizeof(*q) + at->topic.n + at->group.n);
	if (!q)
		return NULL;
	lmi_list_init(&q->in_dirty);
	q->pop_pos = pop_pos;
	q->committed = -1;
	q->used_ms = lmi_mono_ms(t->clock);
	q->topic_bytes = (uint32_t)at->topic.n;
	q->group_bytes = (uint32_t)at->group.n;
	q->queue_id = at->queue_id;
	memcpy(q->names, at->topic.p, at->topic.n);
	memcpy(q->names + at->topic.n, at->group.p, at->group.n);
	return q;
}

int pop_table_make(struct pop_table *t, const struct offset_at *at, int64_t pop_pos, struct pop_queue **out)
{
	struct key k;
	struct pop_queue *q;
	if (!key_of(&k, at))
		return -LMQ_EILLEGAL;
	q = lmi_map_get(&t->map, lmi_span(k.bytes, k.n));
	if (!q) {
		if (lmi_map_count(&t->map) >= POP_TABLE_QUEUES_MAX)
			return -LMQ_EFULL;
		q = queue_new(t, at, pop_pos);
		if (!q || lmi_map_put(&t->map, lmi_span(k.bytes, k.n), q, NULL)) {
			free(q);
			return -ENOMEM;
		}
		pop_queue_dirty(t, q);
	}
	*out = q;
	return 0;
}

void pop_queue_forget(struct pop_table *t, struct pop_queue *q)
{
	struct key k;
	struct offset_at at = at_of(q);
	pop_table_note(t, &(struct pop_change){ .kind = POP_CHANGE_FORGET, .queue = q });
	t->messages -= q->in_flight;
	key_of(&k, &at);
	lmi_map_del(&t->map, lmi_span(k.bytes, k.n));
	queue_free(q);
}

void pop_queue_sync(struct pop_table *t, struct pop_queue *q)
{
	struct offset_at at = at_of(q);
	int64_t said = offset_table_get(t->offsets, &at);
	if (said < 0 || q->committed < 0 || said == q->committed)
		return;
	if (said < q->committed) { /* back: all from there is handed out again */
		pop_queue_move(t, q, said); /* first: a journal that ends between the two loses nothing */
		pop_queue_drop(t, q, INT64_MAX);
	} else if (said > pop_queue_lowest(q)) {
		pop_queue_drop(t, q, said);
		if (said > q->pop_pos)
			pop_queue_move(t, q, said);
	}
	q->committed = said;
	pop_queue_dirty(t, q);
}

struct pop_queue *pop_table_next(const struct pop_table *t, size_t *iter)
{
	void *q;
	return lmi_map_next(&t->map, iter, NULL, &q) ? q : NULL;
}

/* ---- batches in their order ---- */

static int order_of(const struct pop_batch *b, int64_t start_pos, int64_t pop_ms)
{
	if (b->start_pos != start_pos)
		return b->start_pos < start_pos ? -1 : 1;
	return b->pop_ms < pop_ms ? -1 : b->pop_ms > pop_ms;
}

/* The first that is not before; *out_same: it is the one. */
static uint32_t bisect(const struct pop_queue *q, int64_t start_pos, int64_t pop_ms, bool *out_same)
{
	uint32_t lo = q->head, hi = q->tail;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (order_of(q->batches[mid], start_pos, pop_ms) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*out_same = lo < q->tail && order_of(q->batches[lo], start_pos, pop_ms) == 0;
	return lo;
}

/* Room for one more at the end; positions move when the front is cut off. */
static bool make_room(struct pop_queue *q)
{
	if (q->tail < q->cap)
		return true;
	if (q->head > q->cap / 2) {
		memmove(q->batches, q->batches + q->head, (q->tail - q->head) * sizeof(*q->batches));
		q->tail -= q->head;
		q->head = 0;
		return true;
	}
	uint32_t cap = q->cap ? q->cap * 2 : BATCHES_MIN;
	struct pop_batch **v = realloc(q->batches, cap * sizeof(*v));
	if (!v)
		return false;
	q->batches = v;
	q->cap = cap;
	return true;
}

static int insert(struct pop_queue *q, struct pop_batch *b)
{
	bool same;
	if (!make_room(q))
		return -ENOMEM;
	uint32_t at = bisect(q, b->start_pos, b->pop_ms, &same);
	if (same)
		return -EEXIST;
	memmove(q->batches + at + 1, q->batches + at, (q->tail - at) * sizeof(*q->batches));
	q->batches[at] = b;
	q->tail++;
	return 0;
}

static void take_out(struct pop_queue *q, const struct pop_batch *b)
{
	bool same;
	uint32_t at = bisect(q, b->start_pos, b->pop_ms, &same);
	assert(same && q->batches[at] == b);
	if (at == q->head) {
		q->head++;
	} else {
		q->tail--;
		memmove(q->batches + at, q->batches + at + 1, (q->tail - at) * sizeof(*q->batches));
	}
	if (q->head == q->tail)
		q->head = q->tail = 0;
}

struct pop_batch *pop_queue_find(const struct pop_queue *q, int64_t start_pos, int64_t pop_ms)
{
	bool same;
	uint32_t at = bisect(q, start_pos, pop_ms, &same);
	return same ? q->batches[at] : NULL;
}

int pop_batch_index(const struct pop_batch *b, int64_t pos)
{
	for (unsigned int i = 0; i < b->count; i++)
		if (pop_batch_pos(b, i) == pos)
			return (int)i;
	return -1;
}

/* ---- what happens to them ---- */

static struct pop_batch *batch_new(struct pop_queue *q, const struct pop_round *r)
{
	struct pop_batch *b = calloc(1, sizeof(*b) + r->count * sizeof(b->diffs[0]));
	if (!b)
		return NULL;
	lmi_list_init(&b->timer.link);
	b->queue = q;
	b->start_pos = r->start_pos;
	b->pop_ms = r->pop_ms;
	b->invisible_ms = r->invisible_ms;
	b->count = (uint8_t)r->count;
	b->open = r->open ? r->open & ALL_BITS(r->count) : ALL_BITS(r->count);
	memcpy(b->diffs, r->diffs, r->count * sizeof(b->diffs[0]));
	return b;
}

int pop_queue_add(struct pop_table *t, struct pop_queue *q, const struct pop_round *r, int64_t next_pos)
{
	assert(r->count >= 1 && r->count <= POP_BATCH_MAX);
	if (t->messages + r->count > POP_TABLE_MESSAGES_MAX)
		return -LMQ_EFULL;
	struct pop_batch *b = batch_new(q, r);
	if (!b)
		return -ENOMEM;
	int err = insert(q, b);
	if (err) {
		free(b);
		return err;
	}
	uint32_t n = (uint32_t)__builtin_popcount(b->open);
	q->in_flight += n;
	t->messages += n;
	q->pop_pos = next_pos;
	q->used_ms = lmi_mono_ms(t->clock);
	pop_timer_start(t, &b->timer, pop_table_mono(t, b->pop_ms + b->invisible_ms));
	pop_queue_dirty(t, q);
	pop_table_note(t, &(struct pop_change){ .kind = POP_CHANGE_BATCH, .queue = q, .batch = b });
	return 0;
}

void pop_queue_move(struct pop_table *t, struct pop_queue *q, int64_t pos)
{
	if (q->pop_pos == pos)
		return;
	q->pop_pos = pos;
	pop_queue_dirty(t, q);
	pop_table_note(t, &(struct pop_change){ .kind = POP_CHANGE_MOVE, .queue = q, .pos = pos });
}

/* Close bits whatever the state is; frees the batch with the last one. */
static uint32_t close_bits(struct pop_table *t, struct pop_batch *b, uint32_t bits)
{
	struct pop_queue *q = b->queue;
	bits &= b->open;
	if (!bits)
		return 0;
	uint32_t n = (uint32_t)__builtin_popcount(bits);
	b->open &= ~bits;
	q->in_flight -= n;
	t->messages -= n;
	pop_queue_dirty(t, q);
	if (!b->open) {
		take_out(q, b);
		batch_free(b);
	}
	return bits;
}

static uint32_t bits_below(const struct pop_batch *b, int64_t pos)
{
	uint32_t bits = 0;
	for (unsigned int i = 0; i < b->count && pop_batch_pos(b, i) < pos; i++)
		bits |= 1u << i;
	return bits;
}

void pop_queue_drop(struct pop_table *t, struct pop_queue *q, int64_t below_pos)
{
	pop_table_note(t, &(struct pop_change){ .kind = POP_CHANGE_DROP, .queue = q, .pos = below_pos });
	for (uint32_t i = q->tail; i-- > q->head;) {
		struct pop_batch *b = q->batches[i];
		close_bits(t, b, bits_below(b, below_pos));
		if (i > q->tail)
			i = q->tail;
	}
	pop_order_free(q);
	pop_queue_dirty(t, q);
}

void pop_queue_cut(struct pop_table *t, struct pop_queue *q, int64_t end_pos)
{
	for (uint32_t i = q->tail; i-- > q->head;) {
		struct pop_batch *b = q->batches[i];
		close_bits(t, b, ~bits_below(b, end_pos));
		if (i > q->tail)
			i = q->tail;
	}
	pop_queue_dirty(t, q);
}

uint32_t pop_batch_ack(struct pop_table *t, struct pop_batch *b, uint32_t bits)
{
	struct pop_change c = { .kind = POP_CHANGE_ACK, .queue = b->queue, .start_pos = b->start_pos, .pop_ms = b->pop_ms };
	if (b->state == POP_BATCH_REVIVING)
		return 0;
	c.bits = close_bits(t, b, bits);
	if (c.bits)
		pop_table_note(t, &c);
	return c.bits;
}

int pop_batch_change(struct pop_table *t, struct pop_batch *b, unsigned int index, int64_t invisible_ms, int64_t *out_pop_ms)
{
	static const uint32_t zero;
	struct pop_queue *q = b->queue;
	struct pop_round r = { .start_pos = pop_batch_pos(b, index),
			       .pop_ms = lmi_wall_ms(t->clock),
			       .invisible_ms = invisible_ms,
			       .count = 1,
			       .diffs = &zero };
	if (b->state == POP_BATCH_REVIVING || !(b->open & 1u << index))
		return -LMQ_ENOTFOUND;
	while (pop_queue_find(q, r.start_pos, r.pop_ms))
		r.pop_ms++; /* a receipt must not mean two things */
	int err = pop_queue_add(t, q, &r, q->pop_pos);
	if (err)
		return err;
	pop_batch_ack(t, b, 1u << index);
	*out_pop_ms = r.pop_ms;
	return 0;
}

int64_t pop_queue_lowest(const struct pop_queue *q)
{
	int64_t low = q->pop_pos;
	for (uint32_t i = q->head; i < q->tail && q->batches[i]->start_pos < low; i++) {
		const struct pop_batch *b = q->batches[i];
		int64_t pos = pop_batch_pos(b, (unsigned int)__builtin_ctz(b->open));
		if (pos < low)
			low = pos;
	}
	return low;
}

/* ---- deadlines ---- */

void pop_timer_start(struct pop_table *t, struct pop_timer *timer, int64_t due_ms)
{
	int64_t tick = (due_ms + POP_TICK_MS - 1) / POP_TICK_MS;
	if (tick <= t->wheel_at)
		tick = t->wheel_at + 1;
	timer->due_ms = tick * POP_TICK_MS;
	lmi_list_del(&timer->link);
	lmi_list_add_tail(&t->wheel[(uint64_t)tick % POP_WHEEL_SLOTS], &timer->link);
}

static struct pop_timer *timer_at(struct lmi_list *l)
{
	return lmi_container_of(l, struct pop_timer, link);
}

static void expire_slot(struct pop_table *t, size_t slot, int64_t mono_ms)
{
	LMI_LIST_FOREACH_SAFE(&t->wheel[slot], it, tmp) {
		struct pop_timer *timer = timer_at(it);
		if (timer->due_ms > mono_ms)
			continue;
		lmi_list_del(it);
		lmi_list_add_tail(&t->due, it);
		if (!timer->of_order)
			((struct pop_batch *)timer)->state = POP_BATCH_DUE;
	}
}

void pop_table_expire(struct pop_table *t, int64_t mono_ms)
{
	int64_t to = mono_ms / POP_TICK_MS, from = t->wheel_at + 1;
	if (to - from >= (int64_t)POP_WHEEL_SLOTS)
		from = to - POP_WHEEL_SLOTS + 1; /* a whole turn looks at everything */
	for (int64_t tick = from; tick <= to; tick++)
		expire_slot(t, (uint64_t)tick % POP_WHEEL_SLOTS, mono_ms);
	if (to > t->wheel_at)
		t->wheel_at = to;
}

struct pop_timer *pop_table_take(struct pop_table *t)
{
	if (lmi_list_empty(&t->due))
		return NULL;
	struct pop_timer *timer = timer_at(t->due.next);
	lmi_list_del(&timer->link);
	return timer;
}

void pop_batch_again(struct pop_table *t, struct pop_batch *b, int64_t due_ms)
{
	b->state = POP_BATCH_WAITING;
	pop_timer_start(t, &b->timer, due_ms);
}

void pop_batch_revived(struct pop_table *t, struct pop_batch *b)
{
	assert(b->state == POP_BATCH_REVIVING);
	b->state = POP_BATCH_DUE;
	pop_batch_ack(t, b, b->open);
}

/* ---- upkeep ---- */

void pop_table_settle(struct pop_table *t)
{
	LMI_LIST_FOREACH_SAFE(&t->dirty, it, tmp) {
		struct pop_queue *q = lmi_container_of(it, struct pop_queue, in_dirty);
		struct offset_at at = at_of(q);
		lmi_list_del(it);
		pop_queue_sync(t, q);
		int64_t lowest = pop_queue_lowest(q);
		offset_table_pulled(t->offsets, &at, q->pop_pos);
		if (lowest != q->committed && offset_table_commit(t->offsets, &at, lowest) == 0)
			q->committed = lowest;
		lmi_list_del(it); /* sync may have put it back */
	}
}

void pop_table_sweep(struct pop_table *t, int64_t mono_ms)
{
	struct pop_queue *q;
	for (size_t i = 0; (q = pop_table_next(t, &i));)
		if (!q->in_flight && !q->order && lmi_list_empty(&q->in_dirty) && mono_ms - q->used_ms > POP_IDLE_MS)
			pop_queue_forget(t, q);
}

/* Whether a queue is a topic's, or of one of its POP retry topics: %RETRY%group_topic, %RETRY%group+topic. */
static bool belongs_to(const struct pop_queue *q, struct lmi_span topic)
{
	struct lmi_span have = pop_queue_topic(q), group = pop_queue_group(q);
	size_t front = sizeof(LMI_NAME_RETRY_PREFIX) - 1 + group.n;
	if (lmi_span_eq(have, topic))
		return true;
	return have.n == front + 1 + topic.n && lmi_name_is_retry(have) &&
	       memcmp(have.p + front + 1, topic.p, topic.n) == 0 && (have.p[front] == '_' || have.p[front] == '+');
}

void pop_table_drop_topic(struct pop_table *t, struct lmi_span topic)
{
	struct pop_queue *q;
	for (size_t i = 0; (q = pop_table_next(t, &i));)
		if (belongs_to(q, topic))
			pop_queue_forget(t, q);
}

void pop_table_drop_group(struct pop_table *t, struct lmi_span group)
{
	struct pop_queue *q;
	for (size_t i = 0; (q = pop_table_next(t, &i));)
		if (lmi_span_eq(pop_queue_group(q), group))
			pop_queue_forget(t, q);
}
