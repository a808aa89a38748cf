/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is connected: members of consumer and producer groups, known by their heartbeats.
 * Owner: the core loop.  Rule: ConsumerManager, ConsumerGroupInfo, ProducerManager.
 *
 * A change of a consumer group is not told at once: the group is put on a list, and whoever ends the turn takes it from
 * there and tells the members, so that a burst of changes is one notice each.
 */
#ifndef LIGHTMQ_BROKER_STATE_CLIENT_TABLE_H
#define LIGHTMQ_BROKER_STATE_CLIENT_TABLE_H

#include "base/map.h"
#include "broker/state/peer.h"
#include "filter/filter.h"
#include "rules/tags.h"
#include "wire/heartbeat.h"

#define CLIENT_EXPIRE_MS_DEFAULT 120000   /* without a heartbeat; rule: channelExpiredTimeout */
#define CLIENT_GROUPS_MAX 262144u         /* groups of each kind */
#define CLIENT_MEMBERS_PER_PEER_MAX 4096u /* groups of one connection */
#define CLIENT_ID_MAX 1024u               /* bytes */

/* One topic of a consumer group's subscription.  Spans point behind it. */
struct client_sub {
	struct lmi_span topic, expression, expression_type;
	int64_t version;
	bool class_filter;
	int32_t *codes;
	size_t code_count;
	struct lmi_span tags_raw; /* the tags as a JSON array, for answers */
	struct filter *sql;       /* compiled SQL92 expression; NULL: it is of another type, or cannot be compiled */
	bool seen;                /* scratch of a heartbeat */
};

struct client_member {
	struct lmi_list in_group, in_peer;
	struct client_group *group;
	struct peer *peer; /* no reference: client_table_peer_closed comes first */
	int64_t last_ms;
	uint64_t subs_hash; /* of all that it subscribes to; 0: not known */
	bool subs_new;      /* it has changed since the last client_differ_check */
	int32_t version;
	uint8_t language;
	uint32_t id_bytes;
	char id[]; /* client id */
};

/* A member that went, whose place is kept for a while. */
struct client_ghost {
	struct lmi_list in_group;
	int64_t until_ms;
	uint32_t id_bytes;
	char id[];
};

struct client_group {
	struct lmi_list members;
	struct lmi_list ghosts; /* of struct client_ghost */
	uint32_t ghost_count;
	struct lmi_list in_changed; /* when it waits to be told */
	uint32_t member_count;
	bool producer;
	bool differs;        /* its members subscribe to different things, and it was told */
	bool notify;         /* notifyConsumerIdsChangedEnable, as of the last heartbeat */
	int32_t fingerprint; /* of the subscriptions below; 0: unknown */
	enum lmi_consume_type type;
	enum lmi_message_model model;
	enum lmi_consume_from from;
	struct lmi_map subs; /* topic -> struct client_sub */
	uint32_t name_bytes;
	char name[];
};

struct client_table {
	struct lmi_map consumers, producers; /* name -> struct client_group */
	struct lmi_map producer_ids;         /* client id -> its struct client_member that was heard of last */
	struct lmi_list changed;
	int64_t expire_ms; /* channelExpiredTimeout; set by init to the default */
	int64_t grace_ms;  /* consumerGraceTime */
	int64_t now_ms;    /* of the last heartbeat or scan: when members are said to have gone */
	uint32_t differing; /* groups whose members differ */
	bool notify_off;   /* notifyConsumerIdsChangedEnable is false for the whole broker */
};

/* Who sent the heartbeat. */
struct client_who {
	struct peer *peer;
	struct lmi_span id;
	uint8_t language;
	int32_t version;
};

void client_table_init(struct client_table *t);
/** Members first: peers must not be used any more. */
void client_table_done(struct client_table *t);

/**
 * A consumer's heartbeat for one group.
 *
 * @notify       whether members of this group want to be told about changes
 * @keep_subs    the subscriptions of @c are not given (heartbeat v2 without them): leave the known ones
 *
 * Returns 0 when nothing changed, 1 when a member or a subscription did (the group is then on the list, unless
 * broadcasting or notify is off); -LMQ_EFULL above the limits; -LMQ_EILLEGAL (client id too long); -ENOMEM.
 */
int client_table_consumer(struct client_table *t, const struct client_who *w, const struct lmi_heartbeat_consumer *c,
			  bool notify, bool keep_subs, int64_t now_ms);

/** A producer's heartbeat for one group.  Returns 0; errors as above. */
int client_table_producer(struct client_table *t, const struct client_who *w, struct lmi_span group, int64_t now_ms);

/** A client leaves a group by its own wish.  True when it was a member. */
bool client_table_unregister(struct client_table *t, struct peer *p, struct lmi_span group, bool producer);

/** Forget everything about a connection. */
void client_table_peer_closed(struct client_table *t, struct peer *p);

/**
 * Drop members that were not heard of for expire_ms.
 *
 * @expired  called for each before it is dropped; may close the peer, must not change the table
 */
void client_table_expire(struct client_table *t, int64_t now_ms,
			 void (*expired)(void *ctx, const struct client_member *m), void *ctx);

/* ---- client_differ.c: members of one group that subscribe differently lose messages without a word ---- */

/** A member's heartbeat brought its subscriptions. */
void client_differ_heard(struct client_member *m, const struct lmi_subscription *subs, size_t n);

enum client_differ_news { CLIENT_DIFFER_SAME, CLIENT_DIFFER_FOUND, CLIENT_DIFFER_OVER };

/**
 * Whether the group's members agree, and whether that is news.
 *
 * @m      whose heartbeat it was
 * @other  on CLIENT_DIFFER_FOUND a member that subscribes to something else
 */
enum client_differ_news client_differ_check(struct client_table *t, struct client_member *m,
					    const struct client_member **out_other);

/** Two members of a group that differ, the first such group; false when all agree. */
bool client_differ_first(const struct client_table *t, const struct client_member **out_a, const struct client_member **out_b);

/* ---- client_ghost.c: a restarted consumer finds its queues where they were ---- */

#define CLIENT_GHOSTS_MAX 4096u /* of one group */

/** Keep a member's place.  False when none is kept: it is gone, and the others are to be told. */
bool client_ghost_keep(struct client_table *t, const struct client_member *m);
/** A client is (back) in the group.  True when its place was kept: nothing has changed for the others. */
bool client_ghost_back(struct client_group *g, struct lmi_span id);
/** Places whose time is over are given up.  True when there were any. */
bool client_ghost_expire(struct client_group *g, int64_t now_ms);
void client_ghost_done(struct client_group *g);

/** The group with at least one member, or NULL. */
struct client_group *client_table_consumers(const struct client_table *t, struct lmi_span group);
struct client_group *client_table_producers(const struct client_table *t, struct lmi_span group);

/** A producer by its client id, whatever its groups, or NULL.  Rule: ProducerManager.findChannel. */
struct client_member *client_table_producer_by_id(const struct client_table *t, struct lmi_span id);

/** The group's subscription of a topic, or NULL. */
const struct client_sub *client_group_sub(const struct client_group *g, struct lmi_span topic);

/**
 * Replace the group's subscriptions: topics that are not named are dropped, a newer version wins, an older or equal one is
 * left alone.
 *
 * Returns 1 when a topic came or went, else 0; -ENOMEM.  Rule: ConsumerGroupInfo.updateSubscription.
 */
int client_group_set_subs(struct client_group *g, const struct lmi_subscription *subs, size_t n);

/** Free a subscription (the destructor of subs). */
void client_sub_free(void *sub);

/** What a queue entry is matched with: everything when the expression is not of tags; borrows from the subscription. */
struct lmi_tags_filter client_sub_filter(const struct client_sub *s);

/** The member that this connection is, or NULL. */
struct client_member *client_group_member(const struct client_group *g, const struct peer *p);

/** Take the next group whose members should be told, or NULL. */
struct client_group *client_table_take_changed(struct client_table *t);

static inline struct lmi_span client_group_name(const struct client_group *g)
{
	return lmi_span(g->name, g->name_bytes);
}

static inline struct lmi_span client_member_id(const struct client_member *m)
{
	return lmi_span(m->id, m->id_bytes);
}

#define client_ghost_at(it) lmi_container_of(it, struct client_ghost, in_group)
#define client_member_at(it) lmi_container_of(it, struct client_member, in_group)

#endif
