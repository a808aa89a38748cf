/* SPDX-License-Identifier: Apache-2.0 */
#include "client/messages.h"

#include <errno.h>
#include <stdlib.h>

#include <lightmq/pull.h>

#define UNPACK_MAX (64u << 20)

struct lmq_messages *messages_new(size_t cap)
{
	struct lmq_messages *b = calloc(1, sizeof(*b) + cap * sizeof(b->items[0]));

	if (!b)
		return NULL;
	b->cap = cap;
	b->next_pos = b->min_pos = b->max_pos = b->go_on_pos = -1;
	return b;
}

int messages_decode(struct lmi_span records, const char *broker, bool (*wants)(void *arg, const struct lmq_message *m), void *arg,
		    struct lmq_messages **out)
{
	struct received_batch *batch = NULL;
	struct lmq_messages *b;
	size_t n;
	int r;

	if (records.n > 0) {
		r = received_decode(records, broker, UNPACK_MAX, &batch);
		if (r < 0)
			return r;
	}
	n = batch ? batch->count : 0;
	b = messages_new(n);
	if (b && batch)
		b->go_on_pos = batch->go_on_pos;
	for (size_t i = 0; i < n; i++) {
		struct received *m = &batch->messages[i];

		if (b && (!wants || wants(arg, &m->message)))
			b->items[b->count++] = m;
		else
			received_end(m); /* the batch may end with the last of them */
	}
	if (!b)
		return -ENOMEM;
	*out = b;
	return 0;
}

void messages_strip(struct lmq_messages *b, const char *ns)
{
	for (size_t i = 0; i < b->count; i++)
		received_strip(b->items[i], ns);
}

size_t lmq_messages_count(const struct lmq_messages *b)
{
	return b->count;
}

const struct lmq_message *lmq_messages_at(const struct lmq_messages *b, size_t i)
{
	return i < b->count ? &b->items[i]->message : NULL;
}

int64_t lmq_messages_next_pos(const struct lmq_messages *b)
{
	return b->next_pos;
}

int64_t lmq_messages_min_pos(const struct lmq_messages *b)
{
	return b->min_pos;
}

int64_t lmq_messages_max_pos(const struct lmq_messages *b)
{
	return b->max_pos;
}

void lmq_messages_free(struct lmq_messages *b)
{
	for (size_t i = 0; b && i < b->count; i++)
		received_end(b->items[i]);
	free(b);
}
