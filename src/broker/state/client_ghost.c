/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "broker/state/client_table.h"

static struct client_ghost *find(const struct client_group *g, struct lmi_span id)
{
	for (struct lmi_list *it = g->ghosts.next; it != &g->ghosts; it = it->next)
		if (lmi_span_eq(lmi_span(client_ghost_at(it)->id, client_ghost_at(it)->id_bytes), id))
			return client_ghost_at(it);
	return NULL;
}

static bool is_member(const struct client_group *g, struct lmi_span id)
{
	for (struct lmi_list *it = g->members.next; it != &g->members; it = it->next)
		if (lmi_span_eq(client_member_id(client_member_at(it)), id))
			return true;
	return false;
}

static void drop(struct client_group *g, struct client_ghost *ghost)
{
	lmi_list_del(&ghost->in_group);
	g->ghost_count--;
	free(ghost);
}

/* The last member leaves no ghosts: who comes back finds every queue free. */
bool client_ghost_keep(struct client_table *t, const struct client_member *m)
{
	struct client_group *g = m->group;
	struct lmi_span id = client_member_id(m);
	if (!t->grace_ms || g->producer || !g->member_count || g->ghost_count >= CLIENT_GHOSTS_MAX)
		return false;
	if (is_member(g, id) || find(g, id))
		return true; /* it has come back on another connection already */
	struct client_ghost *ghost = malloc(sizeof(*ghost) + id.n);
	if (!ghost)
		return false;
	*ghost = (struct client_ghost){ .until_ms = t->now_ms + t->grace_ms, .id_bytes = (uint32_t)id.n };
	memcpy(ghost->id, id.p, id.n);
	lmi_list_add_tail(&g->ghosts, &ghost->in_group);
	g->ghost_count++;
	return true;
}

bool client_ghost_back(struct client_group *g, struct lmi_span id)
{
	struct client_ghost *ghost = g->ghost_count ? find(g, id) : NULL;
	if (ghost)
		drop(g, ghost);
	return ghost != NULL;
}

bool client_ghost_expire(struct client_group *g, int64_t now_ms)
{
	uint32_t before = g->ghost_count;
	LMI_LIST_FOREACH_SAFE(&g->ghosts, it, tmp)
		if (client_ghost_at(it)->until_ms <= now_ms)
			drop(g, client_ghost_at(it));
	return g->ghost_count != before;
}

void client_ghost_done(struct client_group *g)
{
	LMI_LIST_FOREACH_SAFE(&g->ghosts, it, tmp)
		drop(g, client_ghost_at(it));
}
