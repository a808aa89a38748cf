/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/namesrv, L2-3: the name server.  rmq_namesrvd.c uses it; it uses io, wire, rules, disk.
 *
 * The routes: brokers by name, their addresses, their topics.  Plain data; time is an argument.  Owner: the core loop.
 * Rule: RouteInfoManager.
 */
#ifndef LIGHTMQ_NAMESRV_ROUTE_TABLE_H
#define LIGHTMQ_NAMESRV_ROUTE_TABLE_H

#include "base/map.h"
#include "wire/cluster_info.h"
#include "wire/register.h"
#include "wire/route.h"
#include "wire/topic_list.h"

struct route_table;

struct route_limits {
	size_t topics_max;  /* topics in all */
	size_t brokers_max; /* broker names in all */
	int64_t expire_ms;  /* of a broker that announced no timeout of its own */
	bool delete_missing_topics; /* deleteTopicWithBrokerRegistration */
};

/** Why an address went. */
enum route_gone { ROUTE_GONE_UNREGISTERED, ROUTE_GONE_EXPIRED, ROUTE_GONE_CLOSED };

struct route_event {
	const char *broker_name, *cluster, *addr;
	int64_t broker_id;
	enum route_gone why;
	int64_t silent_ms;  /* since its last sign of life */
	size_t topics;      /* that lost the broker; 0 while another address of it remains */
};

/** Gives a table, or NULL.  @on_gone is called for each address withdrawn (borrowed during the call). */
struct route_table *route_table_new(const struct route_limits *limits,
				    void (*on_gone)(void *user, const struct route_event *e), void *user);
void route_table_free(struct route_table *t);

struct route_registration {
	struct lmi_span cluster, broker_name, addr, ha_addr, zone_name;
	int64_t broker_id;
	int64_t timeout_ms;      /* 0: the table's */
	uint64_t conn_id;
	int acting_master;       /* -1 not said, 0, 1 */
	const struct lmi_register *body;
};

struct route_registered {
	struct lmi_span master_addr, master_ha_addr; /* for a slave; p == NULL when none */
	bool fresh;                                  /* the address was not known before */
};

/**
 * Take a registration.
 *
 * Returns 0; -LMQ_EILLEGAL when refused (a new address with one topic only, or an older master over a newer one);
 * -LMQ_EFULL above a limit; -ENOMEM.
 */
int route_table_register(struct route_table *t, const struct route_registration *r, int64_t now_ms,
			 struct route_registered *out);
void route_table_unregister(struct route_table *t, struct lmi_span cluster, struct lmi_span broker_name,
			    struct lmi_span addr, int64_t now_ms);
/** BROKER_HEARTBEAT, QUERY_DATA_VERSION: a sign of life.  False when the address is not known. */
bool route_table_touch(struct route_table *t, struct lmi_span cluster, struct lmi_span addr, int64_t now_ms);
const struct lmi_data_version *route_table_version(struct route_table *t, struct lmi_span cluster, struct lmi_span addr);
/** Its connection closed: everything registered over it goes at once. */
void route_table_conn_closed(struct route_table *t, uint64_t conn_id, int64_t now_ms);
/** Withdraw what was silent for too long. */
void route_table_expire(struct route_table *t, int64_t now_ms);

/**
 * The encoded route of a topic, made once per change.
 *
 * @out  borrowed until the table changes
 *
 * Returns 0; -LMQ_ENOTFOUND; -ENOMEM.
 */
int route_table_route(struct route_table *t, struct lmi_span topic, enum lmi_route_dialect dialect, struct lmi_span order_conf,
		      struct lmi_span *out);

/** Why there is no route: a sentence part in RocketMQ's words plus the cause.  Appends to @b. */
void route_table_why_not(struct route_table *t, struct lmi_span topic, int64_t now_ms, struct lmi_buf *b);

void route_table_cluster_info(struct route_table *t, struct lmi_buf *b, struct lmi_arena *a);
/** Topics: all, those of a cluster (cluster.p), or of a kind (sysflag tests; mask 0 = any). */
int route_table_topics(struct route_table *t, struct lmi_span cluster, int32_t flags_set, int32_t flags_clear, struct lmi_arena *a,
		       struct lmi_text_list *out);
/** Names of clusters and brokers, and some broker's address (GET_SYSTEM_TOPIC_LIST_FROM_NS). */
int route_table_system_list(struct route_table *t, struct lmi_arena *a, struct lmi_text_list *out);
/** Member group of a broker; false when unknown. */
bool route_table_members(struct route_table *t, struct lmi_span broker_name, struct lmi_arena *a, struct lmi_route_broker *out);
void route_table_delete_topic(struct route_table *t, struct lmi_span topic, struct lmi_span cluster);
/** Put a topic on the brokers named in a route (REGISTER_TOPIC_IN_NAMESRV).  Errors as register. */
int route_table_add_topic(struct route_table *t, struct lmi_span topic, const struct lmi_route *route);
/** Clear, or set to 6, the permission of all topics of a broker.  Returns how many. */
int route_table_set_write(struct route_table *t, struct lmi_span broker_name, bool write);

size_t route_table_topic_count(const struct route_table *t);
size_t route_table_broker_count(const struct route_table *t);

#endif
