/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside src/namesrv.  A topic has a shape: the queues that each of its brokers has of it.  Few shapes serve a million topics,
 * and a route answer depends on the shape alone.
 */
#ifndef LIGHTMQ_NAMESRV_ROUTE_TABLE_INTERNAL_H
#define LIGHTMQ_NAMESRV_ROUTE_TABLE_INTERNAL_H

#include "namesrv/route_set.h"
#include "namesrv/route_table.h"

#define ROUTE_PARTS 1024u     /* sets of topics, so that one which grows keeps nobody waiting */
#define ROUTE_FOREIGN 0u      /* stamp of a topic that its broker did not announce: REGISTER_TOPIC_IN_NAMESRV */
#define ROUTE_PURGE_STEP 2000u /* topics of withdrawn brokers that are forgotten at a time */

struct route_addr {
	int64_t id;
	char *addr, *ha_addr;
	int64_t last_ms, timeout_ms;
	uint64_t conn_id;
	struct lmi_data_version version;
};

struct route_member { /* a broker name */
	char *name, *cluster, *zone;
	uint64_t serial;          /* order of shapes' entries */
	bool acting_master;
	bool wiped;               /* without write permission, WIPE_WRITE_PERM_OF_BROKER */
	bool stale;               /* from a snapshot; nobody has registered yet */
	struct route_addr *addrs; /* by rising id; none: it is gone */
	size_t addr_count;
	int64_t gone_ms;
	struct route_set topics;  /* that have it in their shape */
	uint64_t digest;          /* of those that it announced */
	size_t foreign;           /* those that it did not */
	uint32_t stamp;           /* of the transfer that is under way, or was last */
	unsigned int sync_bits;   /* the ranges that it sends, NULL: none is under way */
	uint8_t *sync_bitmap;
};

struct route_entry { /* one broker's queues of a topic; no holes, compared as bytes */
	struct route_member *member;
	int32_t read_queues, write_queues, perm, sysflag;
};

struct route_shape {
	size_t topics;                /* that have it; freed with the last */
	struct lmi_rcbuf *encoded[2]; /* by dialect; valid while epoch is the table's */
	uint64_t epoch;
	bool live, stale;             /* of the same epoch: has a registered broker; one from a snapshot */
	int32_t perm;
	size_t count;
	struct route_entry entries[]; /* by rising serial of the member */
};

struct route_table {
	struct route_limits limits;
	struct route_hooks hooks;
	struct lmi_map members; /* broker name -> struct route_member, those that are gone too */
	struct lmi_map shapes;  /* entries -> struct route_shape */
	struct lmi_map conns;   /* connection id -> struct route_conn */
	struct route_set parts[ROUTE_PARTS];
	size_t topics;          /* in all parts */
	size_t live_members;
	uint64_t serial;
	uint64_t epoch;         /* moves when any address moves */
	uint64_t changes;       /* moves with any change */
	struct route_task *tasks; /* that are under way */
};

struct route_conn { /* whoever registered over a connection */
	size_t count, cap;
	struct route_member **members; /* once for each address */
};

static inline bool route_member_live(const struct route_member *m) { return m->addr_count > 0; }

/* ---- route_conn.c ---- */
struct route_conn *route_conn_get(struct route_table *t, uint64_t conn_id);
/* 0; -LMQ_EFULL; -ENOMEM. */
int route_conn_add(struct route_table *t, uint64_t conn_id, struct route_member *m);
void route_conn_del(struct route_table *t, uint64_t conn_id, const struct route_member *m);
void route_conn_free(void *conn);

/* ---- route_shape.c ---- */
/* The shape of these entries with one more reference, or NULL without memory. */
struct route_shape *route_shape_get(struct route_table *t, const struct route_entry *entries, size_t count);
void route_shape_put(struct route_table *t, struct route_shape *s);
/* The shape in which @e stands for its member's entry, or is added; or (with e->read_queues < 0) the member's entry is gone. */
struct route_shape *route_shape_with(struct route_table *t, const struct route_shape *old, const struct route_entry *e);
const struct route_entry *route_shape_entry(const struct route_shape *s, const struct route_member *m);
/* Bring live, stale and perm up to date. */
void route_shape_look(const struct route_table *t, struct route_shape *s);
void route_shape_free(void *shape);
/* Permission that a broker really gives now. */
int32_t route_entry_perm(const struct route_entry *e);

/* ---- route_task.c ---- */
/* Begin a task for an address that is registered. */
void route_task_begin(struct route_table *t, struct route_task *k, enum route_task_kind kind, struct route_member *m,
		      const struct route_addr *a);
/* Whoever works on it will find it gone. */
void route_task_forget(struct route_table *t, const struct route_member *m);

/* ---- route_topic.c ---- */
static inline uint32_t route_hash(struct lmi_span name) { return (uint32_t)(lmi_hash64(name.p, name.n) >> 32); }
/* Parts go by the upper bits, places in a set by the lower ones. */
static inline struct route_set *route_part(struct route_table *t, uint32_t hash) { return &t->parts[hash >> 22]; }
struct route_topic *route_topic_find(struct route_table *t, struct lmi_span name);
/* Put one topic of a broker; stamp ROUTE_FOREIGN: not announced by it.  0; -LMQ_EILLEGAL (name); -LMQ_EFULL; -ENOMEM. */
int route_member_put(struct route_table *t, struct route_member *m, const struct lmi_topic_config *c, uint32_t stamp);
/* What the broker announced for the topic in a place of its set.  False: the place is free, or the topic is not of it. */
bool route_member_topic(const struct route_member *m, size_t place, struct lmi_topic_config *out);
void route_member_remove(struct route_table *t, struct route_member *m, struct route_slot *slot);
/* Not of the present transfer, though of its ranges. */
bool route_member_swept(const struct route_member *m, const struct route_slot *slot);
uint32_t route_member_next_stamp(struct route_member *m);
static inline size_t route_member_announced(const struct route_member *m) { return m->topics.count - m->foreign; }

/* ---- route_table.c ---- */
bool route_name_ok(struct lmi_span name);
struct route_addr *route_member_addr(struct route_member *m, struct lmi_span addr);
/* Everything of a registration but the topics; @version is stored by the caller.  Errors as route_table_register. */
int route_settle(struct route_table *t, const struct route_registration *r, const struct lmi_data_version *version, int64_t now_ms,
		 struct route_member **out_member, struct route_addr **out_addr, struct route_registered *out);
/* Tell a slave its master. */
void route_answer_slave(struct route_member *m, int64_t broker_id, struct route_registered *out);
bool route_gives_topics(const struct route_member *m, const struct route_addr *a, int acting_master);
/* Forget some topics of the broker that is gone for the longest time; false when there is none. */
bool route_purge(struct route_table *t, const struct route_member *spare);
/* Put the members' addresses into arena arrays for encoding.  False without memory. */
bool route_member_view(const struct route_member *m, struct lmi_arena *a, struct lmi_route_broker *out);

#endif
