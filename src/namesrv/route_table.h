/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/namesrv, L2-3: the name server.  rmq_namesrvd.c uses it; it uses io, wire, rules, disk.
 *
 * The routes: brokers by name, their addresses, their topics.  Plain data; time is an argument.  Owner: the core loop.
 * A broker that is withdrawn is left out of answers at once; its topics are remembered for a while, so that a remark can say
 * why there is no route, and so that they need not travel again when it comes back unchanged.
 * Rule: RouteInfoManager.
 */
#ifndef LIGHTMQ_NAMESRV_ROUTE_TABLE_H
#define LIGHTMQ_NAMESRV_ROUTE_TABLE_H

#include "base/map.h"
#include "wire/cluster_info.h"
#include "wire/register.h"
#include "wire/route.h"
#include "wire/topic_list.h"
#include "wire/topic_sync.h"

#define ROUTE_NAME_MAX 255u         /* bytes of a topic, broker or cluster name, or of an address */
#define ROUTE_CONN_BROKERS_MAX 256u /* brokers registered over one connection (Java's broker containers share one) */
#define ROUTE_GONE_KEEP_MS 3600000  /* for which a withdrawn broker is remembered */
#define ROUTE_GONE_MAX 1000u        /* withdrawn brokers that are remembered */

struct route_table;

struct route_limits {
	size_t topics_max;            /* topics in all */
	size_t topics_per_broker_max; /* 0: no limit but the former */
	size_t brokers_max;           /* broker names in all */
	int64_t expire_ms;            /* of a broker that announced no timeout of its own */
	bool delete_missing_topics;   /* deleteTopicWithBrokerRegistration */
	bool acting_master;           /* supportActingMaster */
};

/** Why an address went. */
enum route_gone { ROUTE_GONE_UNREGISTERED, ROUTE_GONE_EXPIRED, ROUTE_GONE_CLOSED, ROUTE_GONE_REPLACED };

struct route_event {
	const char *broker_name, *cluster, *addr;
	int64_t broker_id;
	enum route_gone why;
	int64_t silent_ms;  /* since its last sign of life */
	size_t topics;      /* that lost the broker; 0 while another address of it remains */
};

/* The least id of a broker set changed: its members are to be told.  Rule: notifyMinBrokerIdChanged. */
struct route_min_id {
	const char *broker_name;
	int64_t min_id;
	const char *min_addr, *offline_addr, *ha_addr; /* the last two may be NULL */
	const char *const *tell;                        /* addresses */
	size_t tell_count;
};

struct route_hooks {
	void (*on_gone)(void *user, const struct route_event *e);   /* each address withdrawn */
	void (*on_min_id)(void *user, const struct route_min_id *e); /* NULL: nobody is told */
	void *user;
};

/** Gives a table, or NULL.  What hooks are given is borrowed during the call. */
struct route_table *route_table_new(const struct route_limits *limits, const struct route_hooks *hooks);
void route_table_free(struct route_table *t);
/** Settings that may change while running: those that are bool. */
void route_table_set_live(struct route_table *t, const struct route_limits *limits);

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
	bool ignored;                                /* an older incarnation than the one registered: nothing was taken over */
};

/**
 * Take a registration.
 *
 * Returns 0; -LMQ_EILLEGAL when refused: a broker id that is not known yet with one topic only, or a name or address that is
 * empty, too long or holds control characters; -LMQ_EFULL above a limit; -ENOMEM.  Topics with such names are passed over.
 */
int route_table_register(struct route_table *t, const struct route_registration *r, int64_t now_ms,
			 struct route_registered *out);
void route_table_unregister(struct route_table *t, struct lmi_span cluster, struct lmi_span broker_name,
			    struct lmi_span addr, int64_t now_ms);
/** BROKER_HEARTBEAT, QUERY_DATA_VERSION: a sign of life.  False when the address is not known. */
bool route_table_touch(struct route_table *t, struct lmi_span cluster, struct lmi_span broker_name, struct lmi_span addr,
		       int64_t now_ms);
const struct lmi_data_version *route_table_version(struct route_table *t, struct lmi_span cluster, struct lmi_span broker_name,
						   struct lmi_span addr);
/** Its connection closed: everything registered over it goes at once. */
void route_table_conn_closed(struct route_table *t, uint64_t conn_id, int64_t now_ms);
/** Withdraw what was silent for too long, forget some of what is gone for long. */
void route_table_expire(struct route_table *t, int64_t now_ms);

/* ---- by what has changed: wire/topic_sync.h ---- */

/**
 * A broker's digest.  @r without body; NULL: the broker that registered over @conn_id, a bare heartbeat.
 *
 * @out_changed  the topics known here are others; @out_topics how many are known
 *
 * Returns 0; errors of route_table_register; -LMQ_ENOTFOUND when nobody, or more than one, registered over the connection.
 */
int route_table_digest(struct route_table *t, const struct route_registration *r, uint64_t conn_id, const struct lmi_sync_digest *d,
		       int64_t now_ms, struct route_registered *out, bool *out_changed, size_t *out_topics);
/** Which ranges differ: 1 << bits bits into @bitmap, zeroed before.  0, or -LMQ_ENOTFOUND. */
int route_table_ranges(struct route_table *t, uint64_t conn_id, unsigned int bits, const uint8_t *digests, int64_t now_ms,
		       uint8_t *bitmap);
/** Take topics.  @out_changed: with LMI_SYNC_END or _DELTA, whether the outcome is not what the broker says.  Errors as above. */
int route_table_topics_in(struct route_table *t, uint64_t conn_id, const struct lmi_sync_topics *s, int64_t now_ms,
			  bool *out_changed);

/* ---- in steps ---- */

enum route_task_kind { ROUTE_TASK_REGISTER, ROUTE_TASK_SYNC, ROUTE_TASK_RANGES };
enum route_task_stage { ROUTE_STAGE_DONE, ROUTE_STAGE_PUT, ROUTE_STAGE_SWEEP, ROUTE_STAGE_RANGES };

/**
 * Something that touches all topics of a broker and is done some topics at a time, so that who asks for a route does not wait
 * for it.  Begun by one of the functions below, carried on by route_table_step, ended by route_table_task_end.
 */
struct route_task {
	/* What came out, when route_table_step has returned 0. */
	bool changed;                    /* ROUTE_TASK_SYNC: as route_table_topics_in says */
	struct route_registered registered; /* ROUTE_TASK_REGISTER */
	/* The table's. */
	enum route_task_kind kind;
	enum route_task_stage stage;
	struct route_task *next;
	struct route_member *member;     /* NULL: forgotten meanwhile */
	int64_t broker_id;
	uint64_t conn_id;
	const struct lmi_register *body; /* borrowed to the end */
	struct lmi_data_version version;
	bool new_version, sweep;
	uint64_t digest;                 /* that must come out */
	uint32_t stamp, moves;           /* moves: of the set, when it was last looked at */
	size_t at;                       /* the next topic, or place of the set */
	unsigned int again;              /* how often others' changes had it begin at the front */
	unsigned int bits;
	const uint8_t *theirs;           /* borrowed to the end */
	uint64_t *mine;
	uint8_t *bitmap;                 /* borrowed to the end */
};

/** As route_table_register, route_table_topics_in and route_table_ranges, but for the part that is left to route_table_step. */
int route_table_register_begin(struct route_table *t, const struct route_registration *r, int64_t now_ms, struct route_task *k);
int route_table_topics_begin(struct route_table *t, uint64_t conn_id, const struct lmi_sync_topics *s, int64_t now_ms,
			     struct route_task *k);
int route_table_ranges_begin(struct route_table *t, uint64_t conn_id, unsigned int bits, const uint8_t *digests, int64_t now_ms,
			     uint8_t *bitmap, struct route_task *k);
/**
 * Go on with some @topics of it.
 *
 * Returns 1 when there is more; 0 when it is done; errors of the function in one go; -LMQ_ESTATE when the broker was withdrawn
 * or began something else meanwhile.
 */
int route_table_step(struct route_table *t, struct route_task *k, size_t topics);
/** After success, failure, or in the middle; also for one whose begin failed. */
void route_table_task_end(struct route_table *t, struct route_task *k);

/* ---- routes ---- */

struct route_ask {
	struct lmi_span topic;
	enum lmi_route_dialect dialect;
	struct lmi_span order_conf; /* p == NULL: none */
	struct lmi_span zone;       /* p == NULL: every zone */
};

struct route_answer {
	struct lmi_span body; /* borrowed until the table changes or the arena is reset */
	bool stale;           /* holds a broker that is known from a snapshot only */
	int32_t perm;         /* of all queues together */
};

/**
 * The encoded route of a topic.  It holds no topic name, so topics with the same queues share it; it is encoded once per
 * change, except with an order configuration or a zone, where @a takes it.
 *
 * Returns 0; -LMQ_ENOTFOUND; -ENOMEM.
 */
int route_table_route(struct route_table *t, const struct route_ask *ask, struct lmi_arena *a, struct route_answer *out);

/** Why there is no route: RocketMQ's words, then the cause.  Appends to @b. */
void route_table_why_not(struct route_table *t, const struct route_ask *ask, int64_t now_ms, struct lmi_buf *b);
/** The clusters that are known, as words for people. */
void route_table_name_clusters(struct route_table *t, struct lmi_buf *b);

void route_table_cluster_info(struct route_table *t, struct lmi_buf *b, struct lmi_arena *a);
/** Topics: all, those of a cluster (cluster.p), or of a kind (sysflag tests; mask 0 = any). */
int route_table_topics(struct route_table *t, struct lmi_span cluster, int32_t flags_set, int32_t flags_clear, struct lmi_arena *a,
		       struct lmi_text_list *out);
/** Names of clusters and brokers, and some broker's address (GET_SYSTEM_TOPIC_LIST_FROM_NS). */
int route_table_system_list(struct route_table *t, struct lmi_arena *a, struct lmi_text_list *out);
/** Member group of a broker; false when unknown. */
bool route_table_members(struct route_table *t, struct lmi_span broker_name, struct lmi_arena *a, struct lmi_route_broker *out);
bool route_table_has_cluster(struct route_table *t, struct lmi_span cluster);
void route_table_delete_topic(struct route_table *t, struct lmi_span topic, struct lmi_span cluster);
/**
 * Put a topic on the brokers named in a route (REGISTER_TOPIC_IN_NAMESRV); when one of them is not known, on none, as
 * RocketMQ.  0; -LMQ_EFULL, -LMQ_EILLEGAL (the name), -ENOMEM.
 */
int route_table_add_topic(struct route_table *t, struct lmi_span topic, const struct lmi_route *route);
/** Take the write permission of a broker's topics away, or give it back.  Returns how many topics it has. */
size_t route_table_set_write(struct route_table *t, struct lmi_span broker_name, bool write);

size_t route_table_topic_count(struct route_table *t);
size_t route_table_broker_count(const struct route_table *t);

/* ---- the snapshot: what the next process may answer from until brokers are back ---- */

/** Moves when anything changes that a snapshot holds. */
uint64_t route_table_epoch(const struct route_table *t);
void route_table_save(struct route_table *t, struct lmi_buf *b);
/** Into an empty table.  0; -LMQ_EMALFORMED, -LMQ_EFULL, -ENOMEM: the table may hold part of it. */
int route_table_load(struct route_table *t, struct lmi_span text, int64_t now_ms);

#endif
