/* SPDX-License-Identifier: Apache-2.0 */
/* Inside src/namesrv. */
#ifndef LIGHTMQ_NAMESRV_ROUTE_TABLE_INTERNAL_H
#define LIGHTMQ_NAMESRV_ROUTE_TABLE_INTERNAL_H

#include "namesrv/route_table.h"

struct route_addr {
	int64_t id;
	char *addr, *ha_addr;
	int64_t last_ms, timeout_ms;
	uint64_t conn_id;
	struct lmi_data_version version;
};

struct route_member { /* a broker name */
	char *name, *cluster, *zone;
	bool acting_master;
	struct route_addr *addrs; /* by rising id */
	size_t addr_count;
};

struct route_entry { /* one broker's queues of a topic */
	struct route_member *member;
	int32_t read_queues, write_queues, perm, sysflag;
};

struct route_topic {
	char *name;
	struct route_entry *entries;
	size_t count;
	struct lmi_rcbuf *encoded[2]; /* by dialect; valid while epoch is the table's */
	uint64_t epoch;
	char *order_conf;             /* that the encoded ones hold */
};

struct route_table {
	struct route_limits limits;
	struct lmi_map members; /* broker name -> struct route_member */
	struct lmi_map topics;  /* topic -> struct route_topic */
	struct lmi_map gone;    /* broker name -> struct route_past */
	uint64_t epoch;         /* moves when any address moves */
	int64_t born_ms;
	void (*on_gone)(void *user, const struct route_event *e);
	void *user;
};

struct route_past { /* a broker name that is gone, for remarks */
	int64_t since_ms;
	size_t topics;
};

#define ROUTE_PAST_MAX 1000u

struct route_addr *route_member_addr(struct route_member *m, struct lmi_span addr);
void route_topic_forget(struct route_topic *topic); /* what was encoded */
int route_topic_put(struct route_table *t, struct route_member *m, const struct lmi_topic_config *c, int32_t perm);
/* Take a member's queues out of all topics; returns how many had it. */
size_t route_topics_drop_member(struct route_table *t, const struct route_member *m);
/* Put the members' addresses into arena arrays for encoding.  False without memory. */
bool route_member_view(const struct route_member *m, struct lmi_arena *a, struct lmi_route_broker *out);

#endif
