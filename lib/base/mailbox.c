/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mailbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"

struct lmi_mailbox {
	pthread_mutex_t lock;
	void (*wake)(void *ctx);
	void *ctx;
	size_t cap, head, count;
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
	pthread_mutex_init(&m->lock, NULL);
	m->wake = wake;
	m->ctx = ctx;
	m->cap = cap;
	m->head = m->count = 0;
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
	bool was_empty;

	pthread_mutex_lock(&m->lock);
	if (m->count == m->cap) {
		pthread_mutex_unlock(&m->lock);
		return -LMQ_EFULL;
	}
	was_empty = m->count == 0;
	m->items[(m->head + m->count++) % m->cap] = item;
	pthread_mutex_unlock(&m->lock);
	if (was_empty && m->wake)
		m->wake(m->ctx);
	return 0;
}

size_t lmi_mailbox_take(struct lmi_mailbox *m, void **out_items, size_t max)
{
	size_t n = 0;

	pthread_mutex_lock(&m->lock);
	while (n < max && m->count > 0) {
		out_items[n++] = m->items[m->head];
		m->head = (m->head + 1) % m->cap;
		m->count--;
	}
	pthread_mutex_unlock(&m->lock);
	return n;
}
