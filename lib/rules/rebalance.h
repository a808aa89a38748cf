/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a topic's queues belongs to which member of a group.  Every member computes this alone, from the same sorted
 * lists, and must come to the same answer.  Pure.
 */
#ifndef LMI_RULES_REBALANCE_H
#define LMI_RULES_REBALANCE_H

#include "wire/lock_batch.h"

/** The order in which all members see the queues: topic, broker name, queue id.  Rule: MessageQueue.compareTo. */
LMI_API int lmi_rebalance_queue_cmp(const struct lmi_message_queue *a, const struct lmi_message_queue *b);

/** The order in which all members see each other: client ids by bytes. */
LMI_API int lmi_rebalance_client_cmp(struct lmi_span a, struct lmi_span b);

/** For qsort: arrays of struct lmi_message_queue, and of struct lmi_span. */
LMI_API void lmi_rebalance_sort_queues(struct lmi_message_queue *queues, size_t n);
LMI_API void lmi_rebalance_sort_clients(struct lmi_span *clients, size_t n);

/**
 * AVG: the member's queues are one block; the first `queues mod members` members get one more.
 *
 * @member     place in the sorted list, below members
 * @out_first  place of the first queue in the sorted list
 *
 * Returns how many, 0 when there are more members than queues and this one gets none.
 * Rule: AllocateMessageQueueAveragely.
 */
LMI_API size_t lmi_rebalance_avg(size_t queues, size_t members, size_t member, size_t *out_first);

/** AVG_BY_CIRCLE: queue i belongs to member i mod members.  Rule: AllocateMessageQueueAveragelyByCircle. */
static inline bool lmi_rebalance_circle_owns(size_t queue, size_t members, size_t member)
{
	return members && queue % members == member;
}

/* The number of a strategy; the names are those that AllocateMessageQueueStrategy.getName gives. */
enum lmi_rebalance_strategy {
	LMI_REBALANCE_AVG,
	LMI_REBALANCE_CIRCLE,
	LMI_REBALANCE_CONFIG,       /* AllocateMessageQueueByConfig: whatever the caller has marked in wanted */
	LMI_REBALANCE_MACHINE_ROOM, /* AllocateMessageQueueByMachineRoom */
	LMI_REBALANCE_NEARBY,       /* AllocateMachineRoomNearby over AVG */
	LMI_REBALANCE_HASH          /* AllocateMessageQueueConsistentHash with ten virtual nodes */
};

/* One member's question.  Lists are sorted, and what is not needed by the strategy may be NULL. */
struct lmi_rebalance {
	const struct lmi_message_queue *queues; /* MACHINE_ROOM, HASH */
	size_t queue_count;
	const struct lmi_span *members;         /* HASH */
	size_t member_count;
	size_t member;                          /* own place */
	const struct lmi_span *rooms;           /* MACHINE_ROOM: whose queues count */
	size_t room_count;
	const struct lmi_span *queue_rooms;     /* NEARBY: of each queue */
	const struct lmi_span *member_rooms;    /* NEARBY: of each member */
	const bool *wanted;                     /* CONFIG: of each queue */
	/** HASH: MD5 of a text.  0 or negative. */
	int (*md5)(struct lmi_span text, uint8_t out[16]);
	struct lmi_arena *arena;                /* NEARBY, HASH: scratch */
};

/**
 * Mark the queues that belong to the member.
 *
 * @out_owned  of each queue; with AVG, CIRCLE, NEARBY and HASH every queue belongs to exactly one member
 *
 * Returns 0; -LMQ_EILLEGAL when a room of NEARBY is empty (nobody can tell who is near), or member is none of the members;
 * -ENOMEM; what md5 returned.
 */
LMI_API int lmi_rebalance_share(enum lmi_rebalance_strategy strategy, const struct lmi_rebalance *r, bool *out_owned);

#endif
