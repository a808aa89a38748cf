/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The topics of this broker: config/topics.json in memory, and the rules by which topics come into being.
 * Owner: the core loop.  Rule: TopicConfigManager.
 */
#ifndef LIGHTMQ_BROKER_STATE_TOPIC_TABLE_H
#define LIGHTMQ_BROKER_STATE_TOPIC_TABLE_H

#include "base/map.h"
#include "broker/state/topic_journal.h"
#include "wire/data_version.h"
#include "wire/topic_config.h"
#include "wire/topic_sync.h"

#define TOPIC_TABLE_MAX 2097152u    /* topics; above, none is made any more */
#define TOPIC_QUEUES_MAX 65536      /* queues of one topic */
#define TOPIC_ATTRIBUTES_MAX 32768u /* bytes of one topic's attributes */

/* Our own attribute: when a message of the topic counts as kept, whatever flushDiskType says.  A Java broker keeps it unread. */
#define TOPIC_ATTRIBUTE_FLUSH "lightmq.flushDiskType"
enum topic_flush { TOPIC_ASYNC_FLUSH, TOPIC_SYNC_FLUSH, TOPIC_FLUSH_AS_CONFIGURED };

/** What the attributes say.  0; -LMQ_EILLEGAL when the value is none of ASYNC_FLUSH and SYNC_FLUSH; errors of reading JSON. */
int topic_flush_of(struct lmi_span attributes, enum topic_flush *out);

struct topic {
	struct lmi_topic_config config; /* spans point behind this struct */
	enum topic_flush flush;         /* as its attribute says */
	bool system;                    /* made by the broker itself; clients may not delete or redefine it */
};

struct topic_table {
	struct lmi_map map; /* name -> struct topic */
	struct lmi_data_version version;
	bool unsaved;      /* differs from the file */
	bool unregistered; /* differs from what name servers were told */
	uint64_t digest;   /* of all topics, see wire/topic_sync.h */
	struct topic_journal journal;
};

struct topic_table_setup {
	struct lmi_span cluster_name, broker_name;
	bool auto_create;                 /* autoCreateTopicEnable */
	int32_t default_queues;           /* defaultTopicQueueNums */
	bool cluster_topic, broker_topic; /* clusterTopicEnable, brokerTopicEnable */
	bool trace_topic;                 /* traceTopicEnable */
};

/** A zeroed struct is an empty table. */
void topic_table_done(struct topic_table *t);

/**
 * Make the topics that every broker has, where they are missing, and mark them as the system's.
 *
 * Returns 0 or -ENOMEM.  Rule: TopicConfigManager.init.
 */
int topic_table_make_system(struct topic_table *t, const struct topic_table_setup *s, int64_t now_ms);

/** The topic, or NULL. */
const struct topic *topic_table_get(const struct topic_table *t, struct lmi_span name);

/**
 * Add or replace a topic; copies everything.  The data version moves.
 *
 * Returns 0; -LMQ_EFULL above TOPIC_TABLE_MAX; -LMQ_EILLEGAL when queue numbers, perm or attributes are out of range; -ENOMEM.
 */
int topic_table_put(struct topic_table *t, const struct lmi_topic_config *c, int64_t now_ms);

/** True when it was there.  The data version moves. */
bool topic_table_del(struct topic_table *t, struct lmi_span name, int64_t now_ms);

/* What a first message to an unknown topic asks for. */
struct topic_wish {
	struct lmi_span name;
	struct lmi_span default_topic; /* the one whose settings it takes, TBW102 */
	int32_t queues;                /* the client's defaultTopicQueueNums */
	int32_t sysflag;
};

/**
 * Make a topic for its first message: as many queues as the client wishes, at most the default topic's, with its
 * permission without inherit.
 *
 * Returns 0; -LMQ_ENOTFOUND when the default topic is unknown or does not pass its settings on; errors of topic_table_put.
 * Rule: TopicConfigManager.createTopicInSendMessageMethod.
 */
int topic_table_auto_create(struct topic_table *t, const struct topic_wish *w, bool allowed, int64_t now_ms,
			    const struct topic **out);

/**
 * A retry or dead letter topic, made with these queues and perm read and write when missing.
 *
 * Returns 0; errors of topic_table_put.  Rule: TopicConfigManager.createTopicInSendMessageBackMethod.
 */
int topic_table_make_retry(struct topic_table *t, struct lmi_span name, int32_t queues, int32_t sysflag, int64_t now_ms,
			   const struct topic **out);

/**
 * Take over the content of topics.json.
 *
 * Returns 0; -LMQ_EMALFORMED, -LMQ_EDEPTH, -ENOMEM: the table may then hold part of it, drop it.
 */
int topic_table_load(struct topic_table *t, struct lmi_span text);

/** Append topics.json as it is read by RocketMQ. */
void topic_table_save(const struct topic_table *t, struct lmi_buf *b);

/** for (size_t i = 0; (topic = topic_table_next(t, &i));) */
const struct topic *topic_table_next(const struct topic_table *t, size_t *iter);

#endif
