/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/call_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"

#define at_table(it) lmi_container_of(it, struct client_ask, in_table)
#define at_peer(it) lmi_container_of(it, struct client_ask, in_peer)

void call_table_init(struct call_table *t)
{
	*t = (struct call_table){ .count = 0 };
	lmi_list_init(&t->calls);
}

static struct client_ask **bucket(struct call_table *t, int32_t opaque)
{
	return &t->buckets[(uint32_t)opaque % CALL_BUCKETS];
}

/* The only end of a call: it is nowhere any more when its owner hears of it. */
static void end(struct call_table *t, struct client_ask *c, int err, const struct lmi_command *answer)
{
	struct client_ask **at = bucket(t, c->opaque);
	call_done_fn *done = c->done;
	void *arg = c->arg;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	lmi_list_del(&c->in_table);
	lmi_list_del(&c->in_peer);
	c->peer->call_count--;
	t->count--;
	free(c);
	done(arg, err, answer);
}

void call_table_done(struct call_table *t)
{
	while (!lmi_list_empty(&t->calls))
		end(t, at_table(t->calls.next), -LMQ_ECLOSED, NULL);
}

int call_table_add(struct call_table *t, struct peer *p, int32_t opaque, int64_t now_ms, call_done_fn *done, void *arg)
{
	if (!p->open)
		return -LMQ_ECLOSED;
	if (t->count >= CALL_TABLE_MAX || p->call_count >= CALL_PER_PEER_MAX)
		return -LMQ_EFULL;
	struct client_ask *c = malloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	struct client_ask **b = bucket(t, opaque);
	*c = (struct client_ask){ .next = *b, .peer = p, .deadline_ms = now_ms + CALL_TIMEOUT_MS, .opaque = opaque, .done = done, .arg = arg };
	*b = c;
	lmi_list_add_tail(&t->calls, &c->in_table);
	lmi_list_add_tail(&p->calls, &c->in_peer);
	p->call_count++;
	t->count++;
	return 0;
}

bool call_table_answer(struct call_table *t, const struct peer *p, const struct lmi_command *answer)
{
	struct client_ask *c = *bucket(t, answer->opaque);
	while (c && (c->opaque != answer->opaque || c->peer != p))
		c = c->next;
	if (c)
		end(t, c, 0, answer);
	return c != NULL;
}

void call_table_expire(struct call_table *t, int64_t now_ms)
{
	while (!lmi_list_empty(&t->calls) && at_table(t->calls.next)->deadline_ms <= now_ms)
		end(t, at_table(t->calls.next), -LMQ_ETIMEOUT, NULL);
}

void call_table_peer_closed(struct call_table *t, struct peer *p)
{
	while (!lmi_list_empty(&p->calls))
		end(t, at_peer(p->calls.next), -LMQ_ECLOSED, NULL);
}
