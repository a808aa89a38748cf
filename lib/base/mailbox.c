/* SPDX-License-Identifier: Apache-2.0 */
/* A ring under a mutex: a post and a take cost a few ten nanoseconds, and a take brings everything there is. */
#include "base/mailbox.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"

struct lmi_mailbox {
	pthread_mutex_t lock;
	void (*wake)(void *ctx);
	void *ctx;
	size_t cap, first, count; /* under lock, as the items */
	void *items[];
};

struct lmi_mailbox *lmi_mailbox_new(size_t cap, void (*wake)(void *ctx), void *ctx)
{
	struct lmi_mailbox *m;

	if (cap == 0 || cap > SIZE_MAX / 2 / sizeof(void *))
		return NULL;
	m = malloc(sizeof(*m) + cap * sizeof(void *));
	if (!m)
		return NULL;
	*m = (struct lmi_mailbox){ .wake = wake, .ctx = ctx, .cap = cap };
	if (pthread_mutex_init(&m->lock, NULL) != 0) {
		free(m);
		return NULL;
	}
	return m;
}

void lmi_mailbox_free(struct lmi_mailbox *m)
{
	if (!m)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m);
}

int lmi_mailbox_post(struct lmi_mailbox *m, void *item)
{
	size_t before;

	pthread_mutex_lock(&m->lock);
	before = m->count;
	if (before < m->cap) {
		m->items[(m->first + before) % m->cap] = item;
		m->count++;
	}
	pthread_mutex_unlock(&m->lock);
	if (before == m->cap)
		return -LMQ_EFULL;
	if (before == 0 && m->wake)
		m->wake(m->ctx);
	return 0;
}

size_t lmi_mailbox_take(struct lmi_mailbox *m, void **out_items, size_t max)
{
	size_t n;

	pthread_mutex_lock(&m->lock);
	n = m->count < max ? m->count : max;
	for (size_t i = 0; i < n; i++) {
		out_items[i] = m->items[m->first];
		m->first = m->first + 1 == m->cap ? 0 : m->first + 1;
	}
	m->count -= n;
	pthread_mutex_unlock(&m->lock);
	return n;
}
