/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open transactions: what was prepared and neither committed nor rolled back.  An index of the half topic, so that nothing
 * has to look for them in it; rebuilt from it at start.
 * Owner: the core loop.  Rule of what is asked when: TransactionalMessageServiceImpl.check.
 *
 * A transaction is known by the queue position of its first half record.  A check puts the half message again, further
 * behind, so its record moves while its name stays.
 */
#ifndef LIGHTMQ_BROKER_STATE_TRANSACTION_TABLE_H
#define LIGHTMQ_BROKER_STATE_TRANSACTION_TABLE_H

#include "base/list.h"
#include "base/map.h"

#define TRANSACTION_OPEN_MAX_DEFAULT 1000000u /* maxOpenTransactions */
#define TRANSACTION_ENDED_MAX 16384u          /* ends remembered, to know a repetition */

enum transaction_end { TRANSACTION_UNKNOWN, TRANSACTION_COMMITTED, TRANSACTION_ROLLED_BACK, TRANSACTION_GIVEN_UP };

/* Transactions of one producer group. */
struct transaction_group {
	size_t count;  /* open */
	size_t starved; /* of them, how many wait for a producer */
	uint32_t name_bytes;
	char name[];
};

struct transaction {
	struct lmi_list in_order; /* by queue_pos */
	struct transaction_group *group;
	int64_t first_pos; /* queue position of the first half record: its name */
	int64_t queue_pos; /* of the half record that counts */
	int64_t log_pos;   /* the same */
	int32_t bytes;     /* of that record */
	int32_t checks;    /* asked so often */
	bool starved;      /* was due when no producer of its group was there */
	int64_t stored_ms; /* wall clock, of the half record that counts */
	int64_t due_ms;    /* monotonic: when to ask */
	size_t heap_at;
};

struct transaction_table {
	struct lmi_map by_first;        /* first_pos -> struct transaction */
	struct lmi_map groups;          /* name -> struct transaction_group */
	struct lmi_list order;          /* by queue_pos, lowest first */
	struct transaction **heap;      /* by due_ms */
	size_t count, heap_cap, max;
	int64_t half_end;               /* behind the last half record seen */
	/* Op records that still matter to whoever reads the half topic from its lowest open position. */
	struct transaction_ops *ops;    /* ring */
	size_t ops_at, ops_count, ops_cap;
	int64_t op_end;                 /* behind the last op record seen */
	/* The last ends. */
	struct lmi_map ended;           /* first_pos -> enum */
	int64_t *ended_ring;
	size_t ended_at, ended_count;
};

/* What is to be entered. */
struct transaction_new {
	struct lmi_span group;
	int64_t first_pos, queue_pos, log_pos;
	int32_t bytes, checks;
	int64_t stored_ms, due_ms;
};

void transaction_table_init(struct transaction_table *t, size_t max);
void transaction_table_done(struct transaction_table *t);

/** Whether one more may be opened. */
bool transaction_table_has_room(const struct transaction_table *t);

/**
 * Enter a transaction, or move the one of that name to a later half record.
 *
 * Returns 0; -ENOMEM.  The maximum is the caller's to ask for: what the log holds already must be entered.
 */
int transaction_table_open(struct transaction_table *t, const struct transaction_new *n);

/** The open transaction of that name, or NULL. */
struct transaction *transaction_table_get(const struct transaction_table *t, int64_t first_pos);

/** How a transaction ended, as far as remembered. */
enum transaction_end transaction_table_ended(const struct transaction_table *t, int64_t first_pos);

/** It has ended: freed; how is remembered for a while. */
void transaction_table_end(struct transaction_table *t, struct transaction *x, enum transaction_end how);

/** The first whose time has come, or NULL. */
struct transaction *transaction_table_due(const struct transaction_table *t, int64_t now_ms);

/** When to ask next.  @starved: no producer was there to be asked. */
void transaction_table_plan(struct transaction_table *t, struct transaction *x, int64_t due_ms, bool starved);

/** A producer of the group has come: what waited for it is due now.  Costs nothing when nothing waits. */
void transaction_table_feed(struct transaction_table *t, struct lmi_span group, int64_t now_ms);

/** An op record was written or read: it ended half records up to half_max.  Memory failure only costs a longer rebuild. */
void transaction_table_op(struct transaction_table *t, int64_t op_pos, int64_t half_max);

/** Where a reader of the half topic, and of the op topic, has to begin.  Kept as offsets of CID_RMQ_SYS_TRANS. */
int64_t transaction_table_half_progress(const struct transaction_table *t);
int64_t transaction_table_op_progress(struct transaction_table *t);

#define transaction_at(it) lmi_container_of(it, struct transaction, in_order)

static inline struct lmi_span transaction_group_name(const struct transaction_group *g)
{
	return lmi_span(g->name, g->name_bytes);
}

#endif
