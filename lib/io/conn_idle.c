/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idle connections are found by a wheel of seconds, one a loop.  Reading and writing only note the time; when a
 * connection's slot comes up it is looked at, and put where it would be due now.  A slot is up to a second late.
 */
#include <errno.h>

#include "io/conn_internal.h"

static int64_t ceil_s(int64_t ms)
{
	return (ms + 999) / 1000;
}

static void arm(struct lmi_conn_set *s, int64_t at_s)
{
	if (s->wheel_armed_s != 0 && s->wheel_armed_s <= at_s)
		return;
	/* Without memory nobody is found idle until the next one is put on the wheel. */
	s->wheel_armed_s = lmi_timer_node_set(s->loop, &s->wheel_timer, at_s * 1000) == 0 ? at_s : 0;
}

static void put(struct lmi_conn *c)
{
	struct lmi_conn_set *s = &c->loop->conns;
	int64_t due_s = ceil_s(c->active_ms + c->limits.idle_ms), last_s = s->wheel_now_s + LMI_CONN_WHEEL_SLOTS - 1;

	if (due_s <= s->wheel_now_s)
		due_s = s->wheel_now_s + 1;
	if (due_s > last_s)
		due_s = last_s; /* looked at early, and put on again */
	lmi_list_add_tail(&s->wheel[due_s % LMI_CONN_WHEEL_SLOTS], &c->idle);
	arm(s, due_s);
}

static void look_at(struct lmi_conn *c, int64_t now_ms)
{
	if (now_ms - c->active_ms >= c->limits.idle_ms)
		lmi_conn_close(c, -ETIMEDOUT, false);
	else
		put(c);
}

static void arm_next(struct lmi_conn_set *s)
{
	for (int64_t at_s = s->wheel_now_s + 1; at_s < s->wheel_now_s + LMI_CONN_WHEEL_SLOTS; at_s++) {
		if (lmi_list_empty(&s->wheel[at_s % LMI_CONN_WHEEL_SLOTS]))
			continue;
		arm(s, at_s);
		return;
	}
}

static void on_wheel(struct lmi_timer_node *n)
{
	struct lmi_conn_set *s = lmi_container_of(n, struct lmi_conn_set, wheel_timer);
	int64_t now_ms = lmi_loop_now_ms(s->loop), now_s = now_ms / 1000, from_s = s->wheel_now_s + 1;
	struct lmi_list due;

	if (now_s - from_s >= LMI_CONN_WHEEL_SLOTS)
		from_s = now_s - LMI_CONN_WHEEL_SLOTS + 1;
	lmi_list_init(&due);
	for (int64_t at_s = from_s; at_s <= now_s; at_s++) {
		struct lmi_list *slot = &s->wheel[at_s % LMI_CONN_WHEEL_SLOTS];

		while (!lmi_list_empty(slot)) {
			struct lmi_list *it = slot->next;

			lmi_list_del(it);
			lmi_list_add_tail(&due, it);
		}
	}
	s->wheel_now_s = now_s;
	s->wheel_armed_s = 0;
	while (!lmi_list_empty(&due)) {
		struct lmi_conn *c = lmi_container_of(due.next, struct lmi_conn, idle);

		lmi_list_del(&c->idle);
		look_at(c, now_ms);
	}
	arm_next(s);
}

void lmi_conn_idle_init(struct lmi_conn_set *s)
{
	for (unsigned int i = 0; i < LMI_CONN_WHEEL_SLOTS; i++)
		lmi_list_init(&s->wheel[i]);
	s->wheel_timer.fn = on_wheel;
	s->wheel_now_s = lmi_loop_now_ms(s->loop) / 1000;
}

void lmi_conn_idle_watch(struct lmi_conn *c)
{
	struct lmi_conn_set *s = &c->loop->conns;

	if (c->limits.idle_ms <= 0)
		return;
	if (s->wheel_armed_s == 0) /* nobody was on it: it need not catch up */
		s->wheel_now_s = lmi_loop_now_ms(c->loop) / 1000;
	put(c);
}
