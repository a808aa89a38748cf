/* SPDX-License-Identifier: Apache-2.0 */
#include "client/process_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define FIRST_CAP 64

void process_queue_init(struct process_queue *q, int64_t next_pos)
{
	memset(q, 0, sizeof(*q));
	q->next_pos = next_pos;
}

void process_queue_done(struct process_queue *q)
{
	free(q->ring);
	memset(q, 0, sizeof(*q));
}

static struct process_entry *entry_at(const struct process_queue *q, size_t i)
{
	return &q->ring[(q->head + i) & (q->cap - 1)];
}

static int grow(struct process_queue *q)
{
	size_t cap = q->cap ? q->cap * 2 : FIRST_CAP;
	struct process_entry *ring = malloc(cap * sizeof(*ring));

	if (!ring)
		return -ENOMEM;
	for (size_t i = 0; i < q->count; i++)
		ring[i] = *entry_at(q, i);
	free(q->ring);
	q->ring = ring;
	q->head = 0;
	q->cap = cap;
	return 0;
}

int process_queue_add(struct process_queue *q, int64_t queue_pos, uint32_t bytes)
{
	if (queue_pos < q->next_pos || queue_pos == INT64_MAX)
		return -LMQ_EMALFORMED;
	if (q->count == q->cap && grow(q) < 0)
		return -ENOMEM;
	*entry_at(q, q->count++) = (struct process_entry){ .queue_pos = queue_pos, .bytes = bytes };
	q->unfinished++;
	q->bytes += bytes;
	q->next_pos = queue_pos + 1;
	return 0;
}

void process_queue_advance(struct process_queue *q, int64_t next_pos)
{
	if (next_pos > q->next_pos)
		q->next_pos = next_pos;
}

static struct process_entry *search(const struct process_queue *q, int64_t queue_pos)
{
	size_t low = 0, high = q->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct process_entry *e = entry_at(q, mid);

		if (e->queue_pos == queue_pos)
			return e;
		if (e->queue_pos < queue_pos)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static void drop_done(struct process_queue *q)
{
	while (q->count > 0 && entry_at(q, 0)->done) {
		q->head = (q->head + 1) & (q->cap - 1);
		q->count--;
	}
}

int process_queue_finish(struct process_queue *q, int64_t queue_pos)
{
	struct process_entry *e = search(q, queue_pos);

	if (!e || e->done)
		return -LMQ_ENOTFOUND;
	e->done = true;
	q->unfinished--;
	q->bytes -= e->bytes;
	drop_done(q);
	return 0;
}

void process_queue_finish_below(struct process_queue *q, int64_t queue_pos)
{
	for (size_t i = 0; i < q->count && entry_at(q, i)->queue_pos < queue_pos; i++) {
		struct process_entry *e = entry_at(q, i);

		if (e->done)
			continue;
		e->done = true;
		q->unfinished--;
		q->bytes -= e->bytes;
	}
	drop_done(q);
}

int64_t process_queue_commit_pos(const struct process_queue *q)
{
	return q->count > 0 ? entry_at(q, 0)->queue_pos : q->next_pos;
}

bool process_queue_full(const struct process_queue *q, const struct process_limits *limits)
{
	if (q->unfinished >= limits->messages || q->bytes >= limits->bytes)
		return true;
	return q->count > 0 && (uint64_t)(q->next_pos - entry_at(q, 0)->queue_pos) > limits->span;
}
