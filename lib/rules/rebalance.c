/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/rebalance.h"

#include <stdlib.h>

static int span_cmp(struct lmi_span a, struct lmi_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

int lmi_rebalance_queue_cmp(const struct lmi_message_queue *a, const struct lmi_message_queue *b)
{
	int c = span_cmp(a->topic, b->topic);
	if (!c)
		c = span_cmp(a->broker_name, b->broker_name);
	return c ? c : (a->queue_id > b->queue_id) - (a->queue_id < b->queue_id);
}

int lmi_rebalance_client_cmp(struct lmi_span a, struct lmi_span b)
{
	return span_cmp(a, b);
}

static int by_queue(const void *a, const void *b)
{
	return lmi_rebalance_queue_cmp(a, b);
}

static int by_client(const void *a, const void *b)
{
	const struct lmi_span *x = a, *y = b;
	return span_cmp(*x, *y);
}

void lmi_rebalance_sort_queues(struct lmi_message_queue *queues, size_t n)
{
	if (n)
		qsort(queues, n, sizeof(*queues), by_queue);
}

void lmi_rebalance_sort_clients(struct lmi_span *clients, size_t n)
{
	if (n)
		qsort(clients, n, sizeof(*clients), by_client);
}

size_t lmi_rebalance_avg(size_t queues, size_t members, size_t member, size_t *out_first)
{
	if (member >= members)
		return 0;
	size_t each = queues / members, more = queues % members;
	size_t before = member < more ? member : more; /* members before this one that have one more */
	*out_first = member * each + before;
	return each + (member < more);
}
