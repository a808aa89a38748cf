/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far each group has consumed each queue: config/consumerOffset.json in memory, and beside it how far it has pulled
 * (memory only).  Owner: the core loop.  Rule: ConsumerOffsetManager.
 */
#ifndef LIGHTMQ_BROKER_STATE_OFFSET_TABLE_H
#define LIGHTMQ_BROKER_STATE_OFFSET_TABLE_H

#include "base/buf.h"
#include "base/map.h"
#include "wire/data_version.h"

#define OFFSET_TABLE_MAX 1048576u    /* topic@group pairs; above, new ones are refused */
#define OFFSET_QUEUES_MAX 65536      /* queue ids 0 … of one pair */
#define OFFSET_TOLD_MAX 3            /* pulls of one queue that are sent to where it was reset; whoever does not go may stay */
#define OFFSET_KEY_MAX 512u          /* bytes of "topic@group" */

struct offset_queue {
	int32_t queue_id;
	int64_t committed; /* -1: none */
	int64_t pulled;    /* -1: none */
	int64_t reset;     /* set by an operator, and nobody pulls from there yet; -1: none */
	uint8_t told;      /* pulls that were sent there */
};

/* One topic@group. */
struct offset_entry {
	uint32_t topic_bytes, key_bytes;
	uint32_t count, cap;
	struct offset_queue *queues; /* by queue id */
	char key[];                  /* topic@group */
};

struct offset_table {
	struct lmi_map map; /* "topic@group" -> struct offset_entry */
	struct lmi_data_version version;
	bool unsaved; /* a committed position differs from the file */
};

/* Which position is meant. */
struct offset_at {
	struct lmi_span group, topic;
	int32_t queue_id;
};

/** A zeroed struct is an empty table. */
void offset_table_done(struct offset_table *t);

/** The committed position; -1 when there is none. */
int64_t offset_table_get(const struct offset_table *t, const struct offset_at *at);

/**
 * Commit.  A smaller position than before is stored too: whoever calls decides who may go back.  While nobody has
 * followed a reset yet, a commit changes nothing: it is about what was read before.
 *
 * Returns 0; -LMQ_EILLEGAL for a negative position, a queue id out of range or names too long; -LMQ_EFULL; -ENOMEM.
 */
int offset_table_commit(struct offset_table *t, const struct offset_at *at, int64_t queue_pos);

/** An operator sets the position: the next pull is told to go there.  Errors as above. */
int offset_table_reset(struct offset_table *t, const struct offset_at *at, int64_t queue_pos);

/**
 * Somebody pulls from a position.
 *
 * Returns where it must go instead because of a reset, at most OFFSET_TOLD_MAX times; -1 when it may stay: the reset, if there
 * was one, is then over.
 */
int64_t offset_table_follow_reset(struct offset_table *t, const struct offset_at *at, int64_t queue_pos);
bool offset_table_has_reset(const struct offset_table *t, const struct offset_at *at);

/** Remember how far was pulled.  Errors as above. */
int offset_table_pulled(struct offset_table *t, const struct offset_at *at, int64_t queue_pos);
int64_t offset_table_get_pulled(const struct offset_table *t, const struct offset_at *at);

/** Drop all of a topic, or all of a group. */
void offset_table_drop_topic(struct offset_table *t, struct lmi_span topic);
void offset_table_drop_group(struct offset_table *t, struct lmi_span group);

/**
 * Take over consumerOffset.json.  Keys without '@' and positions below 0 are passed over.
 *
 * Returns 0; -LMQ_EMALFORMED, -LMQ_EDEPTH, -ENOMEM: drop the table then.
 */
int offset_table_load(struct offset_table *t, struct lmi_span text);

/** Append consumerOffset.json.  Moves no version; see offset_table_next_version. */
void offset_table_save(const struct offset_table *t, struct lmi_buf *b);

/** Append the same with how far was pulled, pullOffsetTable, which is not kept on disk.  Rule: GET_ALL_CONSUMER_OFFSET. */
void offset_table_show(const struct offset_table *t, struct lmi_buf *b);

/** Whether any queue of the entry has a committed position: otherwise it was only pulled. */
bool offset_entry_committed(const struct offset_entry *e);

/** Before a save: the content has changed. */
void offset_table_next_version(struct offset_table *t, int64_t now_ms);

/** for (size_t i = 0; (entry = offset_table_next(t, &i));) */
const struct offset_entry *offset_table_next(const struct offset_table *t, size_t *iter);

static inline struct lmi_span offset_entry_topic(const struct offset_entry *e)
{
	return lmi_span(e->key, e->topic_bytes);
}

static inline struct lmi_span offset_entry_group(const struct offset_entry *e)
{
	return lmi_span(e->key + e->topic_bytes + 1, e->key_bytes - e->topic_bytes - 1);
}

#endif
