/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of struct lmq_consumer.  Owner: the client's loop, but for the pool, which has its own lock, and what is set
 * before the start and never changes.
 *
 * A queue that the consumer has is a pull_queue: ask for its first position, then fetch, hand to the pool, fetch again …
 * until it is dropped.  References keep consumers and queues alive while answers or callbacks are under way.
 */
#ifndef LMI_CLIENT_CONSUMER_IMPL_H
#define LMI_CLIENT_CONSUMER_IMPL_H

#include "client/client.h"
#include "client/consume_pool.h"
#include "client/local_offset.h"
#include "client/process_queue.h"
#include "client/received.h"
#include "client/round.h"
#include "rules/rebalance.h"
#include "wire/heartbeat.h"

struct lmq_consumer;

struct subscription {
	struct lmi_list link;
	struct lmq_consumer *consumer;
	char *topic;
	struct topic_route *route;      /* once started */
	struct lmi_subscription wire;   /* borrows from here and from the consumer's arena */
	bool all;                       /* "*" */
	bool sql;                       /* brokers choose, not we */
	bool retry;                     /* the group's retry topic */
	bool asking;                    /* for the group's members */
	size_t shared;                  /* how many of its queues are ours */
	uint64_t pulled, consumed, failed; /* messages, since the start */
};

/* CONFIG: a queue that this consumer is to have.  In the consumer's arena. */
struct fixed_queue {
	struct fixed_queue *next;
	const char *topic, *broker;
	int32_t queue_id;
};

/* What uses the group's membership: callbacks; or a puller, popper or lite consumer, for which the state is kept here. */
enum consumer_kind { CONSUMER_PUSH, CONSUMER_PULL, CONSUMER_POP, CONSUMER_LITE };

enum consumer_state { CONSUMER_NEW, CONSUMER_RUNNING, CONSUMER_STOPPING, CONSUMER_STOPPED };

struct lmq_lite;

struct lmq_consumer {
	struct lmi_list link;           /* in the client's list */
	struct lmq_client *client;
	struct lmq_config *cfg;
	enum consumer_kind kind;
	char *group;
	struct lmq_lite *lite;          /* CONSUMER_LITE: who polls */
	bool assigned_only;             /* the fixed queues, whoever else reads them */
	lmq_message_fn *fn;
	void *user;
	bool orderly;                   /* one message of a queue at a time, in order */
	lmq_assign_fn *on_assign;
	void *assign_user;
	struct event assign_event;
	bool assign_put;                /* atomic: the event waits to be polled for */
	lmq_room_fn *on_room;
	void *room_user;
	struct fixed_queue *fixed;
	int64_t from_ms;                /* CONFIG_FROM_TIMESTAMP: since 1970 */
	struct lmi_arena arena;         /* subscriptions, fixed queues */
	struct lmi_list subscriptions;
	struct lmi_subscription *wire;  /* all of them, for heartbeats; once started */
	size_t wire_count;
	struct consume_pool *pool;

	uint32_t refs;                  /* the user's, and one for each answer awaited */
	enum consumer_state state;
	int64_t started_wall_ms;
	struct local_offsets local;     /* BROADCASTING */
	bool writing;                   /* its file */
	bool paused;                    /* by the user */
	bool hold_new;                  /* a queue that begins now is held */
	struct lmi_list queues;         /* struct pull_queue */
	struct lmi_list leaving;        /* orderly: those dropped that are not committed and unlocked yet */
	size_t assigned;                /* atomic; queues but those of the retry topic, as last told */
	bool unbalanced;                /* a broker that hears of us is to be asked for members at once */
	bool rebalance_due;             /* rebalance_soon runs */
	int64_t rebalance_ms;           /* when it was done last */
	struct lmi_timer rebalance, rebalance_soon, persist, again, relock;
	struct lmi_list sick;           /* messages that could not be sent back: shown again by the timer again */
	bool again_runs;
	size_t backs;                   /* send-backs under way, queues leaving, and a file being written */
	struct round *stopping;         /* waits for them */
};

struct pull_queue {
	struct lmi_list link;           /* in the consumer's list until dropped */
	struct subscription *sub;
	struct lmq_consumer *consumer;
	struct broker *broker;
	int32_t queue_id;
	uint32_t refs;
	bool dropped;                   /* atomic: the pool looks at it */
	bool started;                   /* the first position is known */
	bool paused;                    /* flow control: a finished message lets it go on */
	bool busy;                      /* an answer or the timer is awaited */
	struct process_queue process;
	int64_t committed;              /* as last told to the broker; -1 never */
	int64_t from_broker;            /* id of the replica to fetch from */
	int64_t asked_ms, finished_ms;
	struct lmi_timer timer;
	bool held;                      /* lite: paused by the user */
	/* lite, under the lock of who polls */
	struct lmi_list touched;        /* in its list while the loop is to hear of it */
	int64_t taken_pos, done_pos;    /* one past the last that was polled; one past the last that counts as consumed */
	/* orderly */
	struct lmi_list waiting;        /* struct received, in order */
	bool in_hand;                   /* the pool has some */
	bool suspended;                 /* the timer suspend runs */
	bool commit_late;               /* dropped, but what is in hand counts */
	bool restart;                   /* begin anew, at restart_pos (-1: ask), once nothing is in hand */
	int64_t restart_pos;
	int64_t locked_ms;              /* atomic; when the broker said last that the queue is ours alone, 0: it is not */
	struct lmi_timer suspend;
};

void consumer_ref(struct lmq_consumer *c);
void consumer_unref(struct lmq_consumer *c);
/** Whether queues must be locked at their broker. */
static inline bool consumer_locks(const struct lmq_consumer *c)
{
	return c->orderly && c->cfg->model == CONFIG_CLUSTERING;
}
/** Whether positions are committed to brokers without being told. */
static inline bool consumer_commits(const struct lmq_consumer *c)
{
	return !c->lite || c->cfg->auto_commit;
}
void consumer_stop_timers(struct lmq_consumer *c);
static inline bool consumer_runs(const struct lmq_consumer *c) { return c->state == CONSUMER_RUNNING; }

/** Begin to read queues as a push consumer does, handing over to who polls.  As lmq_consumer_start. */
int consumer_start_lite(struct lmq_consumer *c);

/** Be a member without queues.  0; -LMQ_ESTATE in a forked process; -ENOMEM. */
int consumer_join(struct lmq_consumer *c, enum consumer_kind kind);
/** Subscribe such a member, and tell the brokers.  As lmq_consumer_subscribe, also later. */
int consumer_choose(struct lmq_consumer *c, const char *topic, const char *expression);
/** What was chosen of a topic; stays as long as the consumer, the loop changes it.  0; -LMQ_ESTATE: nothing; -ENOMEM. */
int consumer_chosen(struct lmq_consumer *c, const char *topic, struct subscription **out);

/** Write the ConsumerData of a heartbeat, if the consumer runs. */
void consumer_put_heartbeat(const struct lmq_consumer *c, struct lmi_json_out *o);

/** Take what the pool has finished.  On the loop; called by the pool's message and by the client's tick. */
void consumer_take_finished(struct lmq_consumer *c);

/** Count what a callback made of a message. */
void consumer_count(const struct received *r);

/* ---- consumer_told.c ---- */

/** A message that a broker asked to be consumed is through: answer.  Takes it. */
void direct_end(struct received *r);

/* ---- rebalance.c ---- */

/** Tell the user how many queues are ours now. */
void consumer_event_assign(struct event *e);

/** Share out anew now, or as soon as the last time is long enough ago. */
void consumer_rebalance(struct lmq_consumer *c);

/**
 * The queues of a topic that are ours, given the group's members.
 *
 * @members    put in order
 * @out_owned  of each queue of the topic, in the order of publish_at; in @arena
 *
 * Returns 0; -LMQ_ENOTFOUND when this client is none of the members; as lmi_rebalance_share.
 */
int consumer_share(struct subscription *sub, struct lmi_span *members, size_t member_count, struct lmi_arena *arena,
		   bool **out_owned);

/* ---- pull.c ---- */

/** Begin with a queue; @from_pos: where to begin, -1: ask.  Returns 0 or -ENOMEM. */
int pull_queue_new(struct subscription *sub, struct broker *b, int32_t queue_id, int64_t from_pos);
/** The queue may be read now: from the position told to pull_queue_new, or ask for it. */
void pull_queue_begin(struct pull_queue *q);
/** Let go of a queue: nothing of it is fetched or handed out any more; what is done is committed. */
void pull_queue_drop(struct pull_queue *q, bool commit);
void pull_queue_unref(struct pull_queue *q);
/** A message of it is finished, or its broker can be asked again: go on if it was paused. */
void pull_queue_resume(struct pull_queue *q);
/** The tag filter that Java's clients apply to what they receive, since brokers compare hashes only. */
bool subscription_wants(const struct subscription *sub, const struct lmq_message *m);

/* ---- consumer_offset.c ---- */

/** Ask where to begin; calls pull_queue_start or pull_queue_rest. */
void pull_queue_ask_first(struct pull_queue *q);
void pull_queue_start(struct pull_queue *q, int64_t first_pos);
/** Try again after a while. */
void pull_queue_rest(struct pull_queue *q, int64_t ms);
/** Tell the broker what is done, one-way (round NULL), or counted in a round.  Nothing is sent when nothing changed, unless in a round. */
void pull_queue_commit(struct pull_queue *q, struct round *round, int64_t timeout_ms);

/** The same, whatever autoCommit says. */
void pull_queue_commit_told(struct pull_queue *q, struct round *round, int64_t timeout_ms);

/* ---- broadcast.c ---- */

/** Read the file of positions; on the caller's thread, before the start.  0 or -ENOMEM. */
int broadcast_open(struct lmq_consumer *c);
/** Have the file written, if anything changed. */
void broadcast_persist(struct lmq_consumer *c);

/* ---- lite.c ---- */

/** Hand over messages that were fetched: the list is emptied. */
void lite_put(struct pull_queue *q, struct lmi_list *messages);
/** Whether so much waits that nothing more is to be fetched. */
bool lite_full(const struct lmq_consumer *c);
/** The queue has been dropped: forget what waits of it. */
void lite_dropped(struct pull_queue *q);

/* ---- orderly.c ---- */

/** Lock a queue at its broker; then its first position is asked for. */
void orderly_lock(struct pull_queue *q);
/** Whether the lock is held, for long enough to hand out a message.  Any thread. */
bool orderly_may_hand_out(const struct pull_queue *q);
/** Refresh all locks. */
void orderly_relock(struct lmi_timer *t);
/** Hand the next messages to the pool, if none is in hand. */
void orderly_go(struct pull_queue *q);
/** Take messages back from the pool: the first, with those in its chain. */
void orderly_take(struct received *first);
/** Take back what the pool did not begin. */
void orderly_untouched(struct received *first);
/** The queue has been dropped: free what waits, and commit and unlock, at once or when the pool gives back what it has. */
void orderly_dropped(struct pull_queue *q, bool commit);
/** Begin anew at a position, -1: ask for it; now, or when nothing is in hand.  What is here is forgotten. */
void orderly_restart(struct pull_queue *q, int64_t from_pos);
/** A hopeless message has become a dead letter, or not: then it is tried again.  Takes the message. */
void orderly_sent_back(struct received *r, bool good);
/** Count the requests that unlock everything in a round. */
void orderly_unlock_all(struct lmq_consumer *c, struct round *round, int64_t timeout_ms);
void orderly_on_suspend(struct lmi_timer *t);

/* ---- send_back.c ---- */

/** A message failed: have the broker deliver it again later, or make it a dead letter.  Takes the message. */
void consumer_send_back(struct lmq_consumer *c, struct received *r);
/** Show again what could not be sent back. */
void consumer_again(struct lmi_timer *t);
/** A message is over, whatever became of it: finish its position and free it. */
void consumer_finish(struct received *r, bool done);

#endif
