/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TopicRouteData: where a topic's queues are.  Decoded values borrow from the body or the arena; any thread.
 * Rule: TopicRouteData, BrokerData, QueueData.
 */
#ifndef LMI_WIRE_ROUTE_H
#define LMI_WIRE_ROUTE_H

#include "wire/json.h"

#define LMI_ROUTE_BROKERS_MAX 4096u  /* brokers, and queue entries, of one topic */
#define LMI_ROUTE_ADDRS_MAX 64u      /* replicas of one broker */
#define LMI_BROKER_ID_MASTER 0       /* rule: MixAll.MASTER_ID */

struct lmi_broker_addr {
	int64_t id; /* 0 is the master */
	struct lmi_span addr; /* "ip:port" */
};

/* BrokerData */
struct lmi_route_broker {
	struct lmi_span cluster;
	struct lmi_span broker_name;
	struct lmi_span zone_name; /* p == NULL: left out */
	struct lmi_broker_addr *addrs;
	size_t addr_count;
	bool enable_acting_master;
};

/* QueueData */
struct lmi_route_queue {
	struct lmi_span broker_name;
	int32_t read_queues, write_queues;
	int32_t perm; /* LMI_PERM_… */
	int32_t sysflag;
};

struct lmi_route {
	struct lmi_route_broker *brokers;
	size_t broker_count;
	struct lmi_route_queue *queues;
	size_t queue_count;
	struct lmi_span order_conf; /* orderTopicConf; p == NULL: left out */
};

enum lmi_route_dialect {
	LMI_ROUTE_DEFAULT, /* broker ids unquoted: {0:"ip:port"}; for clients before 4.9.4 */
	LMI_ROUTE_STANDARD /* quoted, sorted, other than ASCII escaped */
};

/**
 * Decode a route in either dialect; missing members are empty, unknown ones passed over.
 *
 * Returns 0; -LMQ_EMALFORMED; -LMQ_ETOOBIG above the limits; -LMQ_EDEPTH; -ENOMEM.
 */
LMI_API int lmi_route_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_route *out);

/** Append it.  Addresses are written by rising broker id in both dialects (@r's arrays stay as they are). */
LMI_API void lmi_route_put(struct lmi_buf *b, const struct lmi_route *r, enum lmi_route_dialect dialect);

/* One BrokerData, as it also stands in ClusterInfo. */
LMI_API void lmi_route_broker_put(struct lmi_json_out *o, const struct lmi_route_broker *b,
				  enum lmi_route_dialect dialect);
/* Only its member brokerAddrs, key and value. */
LMI_API void lmi_route_addrs_put(struct lmi_json_out *o, const struct lmi_route_broker *b, enum lmi_route_dialect dialect);
LMI_API int lmi_route_broker_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_route_broker *out);

#endif
