/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this client knows of topics and brokers, asked from name servers and kept up to date.
 * Owner: the client's loop.  Brokers and topics, once known, live as long as the client; their number is limited.
 */
#ifndef LMI_CLIENT_ROUTE_CACHE_H
#define LMI_CLIENT_ROUTE_CACHE_H

#include "base/list.h"
#include "base/map.h"
#include "io/loop.h"
#include "wire/record.h"

#include "client/publish.h"

#define ROUTE_TOPICS_MAX 65536
#define ROUTE_BROKERS_MAX 4096
#define ROUTE_QUEUES_MAX 1048576 /* of one topic */
#define ROUTE_MASTER_ID 0 /* rule: MixAll.MASTER_ID */
#define ROUTE_TEXT_CHARS 256
#define ROUTE_ADDRESS_CHARS 262 /* host names are up to 253 characters; colon, port, NUL */

struct lmq_client;
struct lmi_route;

struct broker_address {
	int64_t id;
	bool greeted; /* has had a heartbeat on the present connection */
	char text[ROUTE_ADDRESS_CHARS];
};

struct broker {
	char *name;
	struct broker_address *addresses;
	size_t count;
	bool used;              /* in a route; scratch of the last sweep */
	int64_t fit_at_ms;      /* latency fault tolerance: passed over until then */
	/* one-way sends, see send.c */
	uint64_t loose_bytes;   /* sent since the last fence */
	bool fence;             /* one is under way */
	struct lmi_list parked; /* sends that wait for it */
};

struct topic_route {
	char *name;
	struct publish publish;   /* writable queues of brokers that have a master */
	struct publish subscribe; /* readable queues */
	uint32_t counter;         /* for publish_next */
	bool known;               /* the lists are of this topic's own route */
	bool borrowed;            /* publish is what brokers would create, by createTopicKey's route */
	bool asking;
	bool consumed;            /* consumers want it: asked for until it is known */
	int64_t retry_at_ms, retry_gap_ms;
	struct lmi_list waiting;  /* struct route_wait */
};

struct route_cache {
	struct lmi_map topics, brokers;
	struct lmi_timer poll, waits;
	bool waits_running;
	int failure;          /* why name servers could not be asked, 0 since one answered */
	char failure_text[ROUTE_TEXT_CHARS];
};

/* A wait for a topic to become known.  Embedded in what waits. */
struct route_wait {
	struct lmi_list link;
	int64_t deadline_ms;
	/** @err 0: a route or a borrowed one is there.  @detail: words about a failure.  The wait is over. */
	void (*ready)(struct route_wait *w, int err, const char *detail);
};

int route_cache_init(struct lmq_client *c);
/** Ends all waits with -LMQ_ECLOSED. */
void route_cache_close(struct lmq_client *c);
void route_cache_done(struct lmq_client *c);

/** The entry of a topic, made when there is none.  NULL: no memory, or ROUTE_TOPICS_MAX reached. */
struct topic_route *route_cache_topic(struct lmq_client *c, const char *name);

/** Wait until the topic can be sent to.  ready() may be called inside. */
void route_cache_wait(struct lmq_client *c, struct topic_route *t, struct route_wait *w);

/** A consumer wants the topic: have it asked for until it is known, and kept up to date. */
void route_cache_consume(struct lmq_client *c, struct topic_route *t);

/** Ask again now, unless it was asked a moment ago (something looks stale). */
void route_cache_refresh(struct lmq_client *c, struct topic_route *t);

/** Address of a broker by id; then of any other, lower ids first.  Rule: MQClientInstance.findBrokerAddressInSubscribe. */
const char *broker_address(const struct broker *b, int64_t id);
/** Address of the master, or NULL. */
const char *broker_master(const struct broker *b);
struct broker *route_cache_broker(const struct lmq_client *c, const char *name);

#endif
