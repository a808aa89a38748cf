/* SPDX-License-Identifier: Apache-2.0 */
/* Which brokers registered over which connection. */
#include <errno.h>
#include <stdlib.h>

#include "namesrv/route_table_internal.h"

static struct lmi_span key_of(const uint64_t *conn_id) { return lmi_span(conn_id, sizeof(*conn_id)); }

struct route_conn *route_conn_get(struct route_table *t, uint64_t conn_id)
{
	return lmi_map_get(&t->conns, key_of(&conn_id));
}

void route_conn_free(void *p)
{
	struct route_conn *c = p;

	if (!c)
		return;
	free(c->members);
	free(c);
}

static struct route_conn *get_or_add(struct route_table *t, uint64_t conn_id)
{
	struct route_conn *c = route_conn_get(t, conn_id);

	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (c && lmi_map_put(&t->conns, key_of(&conn_id), c, NULL) < 0) {
		free(c);
		c = NULL;
	}
	return c;
}

int route_conn_add(struct route_table *t, uint64_t conn_id, struct route_member *m)
{
	struct route_conn *c = conn_id ? get_or_add(t, conn_id) : NULL;

	if (conn_id == 0)
		return 0; /* from a snapshot: nobody's */
	if (!c)
		return -ENOMEM;
	if (c->count == ROUTE_CONN_BROKERS_MAX)
		return -LMQ_EFULL;
	if (c->count == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 1;
		struct route_member **grown = reallocarray(c->members, cap, sizeof(struct route_member *));

		if (!grown)
			return -ENOMEM;
		c->members = grown;
		c->cap = cap;
	}
	c->members[c->count++] = m;
	return 0;
}

void route_conn_del(struct route_table *t, uint64_t conn_id, const struct route_member *m)
{
	struct route_conn *c = route_conn_get(t, conn_id);

	for (size_t i = 0; c && i < c->count; i++)
		if (c->members[i] == m) {
			c->members[i] = c->members[--c->count];
			break;
		}
	if (c && c->count == 0)
		route_conn_free(lmi_map_del(&t->conns, key_of(&conn_id)));
}
