/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Topic and queue id to queue.  Owner: the core loop.  Queues are made when something is stored in them or when their
 * folder is found.
 */
#ifndef LIGHTMQ_STORE_QUEUE_TABLE_H
#define LIGHTMQ_STORE_QUEUE_TABLE_H

#include "base/map.h"
#include "store/consume_queue.h"

struct queue_table {
	struct queue_shared shared;
	struct lmi_map topics;      /* name to struct queue_topic */
	struct queue_topic *last;   /* the topic asked for last: most turns ask for one many times */
	size_t queue_count;
	uint32_t surveys;           /* so many; see store_survey.c */
};

/** 0 or -ENOMEM. */
int queue_table_init(struct queue_table *t, struct disk *d, int64_t file_bytes);
/** Accepts a zeroed table.  Queues that work still refers to live on until it lets go. */
void queue_table_done(struct queue_table *t);

/** The topic, made without queues when missing.  0; -LMQ_EILLEGAL as below; -ENOMEM. */
int queue_table_topic(struct queue_table *t, struct lmi_span topic, struct queue_topic **out);

/** The queue, or NULL. */
struct consume_queue *queue_table_get(struct queue_table *t, struct lmi_span topic, int32_t queue_id);

/**
 * The queue, made empty when missing.
 *
 * Returns 0; -LMQ_EILLEGAL when the topic cannot be the name of a folder (empty, "." or "..", '/' or NUL in it, above
 * QUEUE_TOPIC_MAX bytes) or queue_id is negative; -ENOMEM.
 */
int queue_table_make(struct queue_table *t, struct lmi_span topic, int32_t queue_id, struct consume_queue **out);

/**
 * Make a queue for each folder consumequeue/TOPIC/QUEUEID; none is opened.  Other names are left alone.  Blocks.
 * 0 or -errno.
 */
int queue_table_scan(struct queue_table *t);

/** Take a topic out: its queues are marked dead and unreferenced.  0, -LMQ_ENOTFOUND. */
int queue_table_drop(struct queue_table *t, struct lmi_span topic);

/** each over all queues; stops at non-zero, which is returned.  each must not add or remove queues. */
int queue_table_each(struct queue_table *t, int (*each)(void *ctx, struct consume_queue *q), void *ctx);

void queue_topic_unref(struct queue_topic *t);
static inline struct lmi_span queue_topic_span(const struct queue_topic *t) { return lmi_span(t->name, t->name_bytes); }

#endif
