/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of topics for clients that leave the assignment of queues to us: asked of the name servers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker_internal.h"
#include "wire/route.h"

#define ROUTE_MS 3000 /* rule: TopicRouteInfoManager.GET_TOPIC_ROUTE_TIMEOUT */

struct route_ask {
	struct broker *broker;
	size_t n;
	char topic[];
};

static void settle(struct broker *b, struct lmi_span topic, const struct lmi_route *r)
{
	route_cache_set(&b->core.routes, topic, r);
	if (!b->stopping)
		assignment_wake(&b->core.handle, topic);
}

static void on_route(void *arg, int err, const struct lmi_command *answer)
{
	struct route_ask *a = arg;
	struct broker *b = a->broker;
	struct lmi_route r;
	lmi_arena_reset(&b->core.handle.arena);
	bool known = !err && answer->code == LMI_RSP_SUCCESS && lmi_route_decode(answer->body, &b->core.handle.arena, &r) == 0;
	settle(b, lmi_span(a->topic, a->n), known ? &r : NULL);
	free(a);
}

/* A name server that answers, or -1. */
static int reachable(const struct broker *b)
{
	for (size_t i = 0; i < b->servers.count; i++)
		if (b->servers.servers[i].reachable)
			return (int)i;
	return -1;
}

static int ask(struct broker *b, int server, const struct route_entry *e)
{
	struct lmi_command_out o;
	struct route_ask *a = server >= 0 ? malloc(sizeof(*a) + e->topic_bytes) : NULL;
	if (!a)
		return -ENOMEM;
	*a = (struct route_ask){ .broker = b, .n = e->topic_bytes };
	memcpy(a->topic, e->topic, e->topic_bytes);
	lmi_buf_reset(&b->frame, 0);
	int32_t opaque = lmi_rpc_next_opaque(b->rpc);
	lmi_command_begin(&o, &b->frame, LMI_SERIALIZE_JSON, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, opaque, 0);
	lmi_command_put(&o, LMI_EXT_TOPIC, route_entry_topic(e));
	lmi_command_put_bool(&o, LMI_EXT_ACCEPT_STANDARD_JSON_ONLY, true);
	lmi_command_end(&o, 0);
	int err = b->frame.failed ? -ENOMEM : lmi_rpc_send(b->rpc, b->servers.servers[server].address, opaque,
							   lmi_buf_span(&b->frame), ROUTE_MS, on_route, a);
	lmi_buf_reset(&b->frame, 0);
	if (err)
		free(a);
	return err;
}

void broker_routes_run(struct broker *b)
{
	struct route_entry *e;
	int server = reachable(b);
	b->core.routes.on = b->servers.count > 0;
	while (!b->stopping && (e = route_cache_take(&b->core.routes, lmi_mono_ms(b->core.handle.clock))))
		if (ask(b, server, e))
			settle(b, route_entry_topic(e), NULL);
}
