/* SPDX-License-Identifier: Apache-2.0 */
/* Timer messages that are due soon, by time and then by their place in the log.  Owner: the core loop. */
#ifndef LIGHTMQ_BROKER_STATE_TIMER_HEAP_H
#define LIGHTMQ_BROKER_STATE_TIMER_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct timer_entry {
	int64_t due_ms;     /* wall clock */
	int64_t log_pos;
	int64_t written_ms; /* when it was entered */
	int32_t bytes, magic;
};

struct timer_heap {
	struct timer_entry *e;
	size_t n, cap;
};

/** Make room for n more, so that pushing them cannot fail.  0 or -ENOMEM. */
int timer_heap_reserve(struct timer_heap *h, size_t n);
/** 0 or -ENOMEM. */
int timer_heap_push(struct timer_heap *h, const struct timer_entry *e);
/** Drops the first; there is one. */
void timer_heap_pop(struct timer_heap *h);
/** A zeroed struct is empty. */
void timer_heap_done(struct timer_heap *h);

#endif
