/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/broker, L4: assembly of the broker.  core.c puts the rooms together without a socket or a loop, so that tests and the
 * simulator run it whole; broker.c adds the sockets, the loop and the name servers.  The program uses it.
 * Owner: the core loop.
 */
#ifndef LIGHTMQ_BROKER_CORE_H
#define LIGHTMQ_BROKER_CORE_H

#include "broker/duty/delay_duty.h"
#include "broker/duty/persist_duty.h"
#include "broker/duty/pop_journal.h"
#include "broker/duty/revive_duty.h"
#include "broker/duty/revive_log.h"
#include "broker/duty/scan_duty.h"
#include "broker/handle/announce.h"
#include "broker/duty/timer_duty.h"
#include "broker/duty/transaction_duty.h"
#include "broker/handle/handlers.h"

#define CORE_TICK_MS 100 /* how often core_tick wants to be called */

struct core_config {
	struct store_config store; /* callbacks are set here; disk, executor and clock serve the other rooms too */
	struct broker_settings settings;
	struct handle_conf conf; /* see struct handle */
	struct lmi_rng *rng;
	struct lmi_log *log;
	size_t holds_max;           /* maxHeldPulls; 0: the default */
	int32_t timer_half_slots;     /* 0: RocketMQ's */
	int64_t timer_log_file_bytes; /* mappedFileSizeTimerLog; 0: the default */
	size_t holds_group_max;     /* maxHeldPullsPerGroup; 0: the default */
	size_t transactions_max;    /* maxOpenTransactions; 0: the default */
	size_t pop_waits_max;       /* maxPopPollingSize; 0: the default */
	size_t pop_line_max;        /* popPollingSize; 0: the default */
	int64_t client_expire_ms;   /* channelExpiredTimeout; 0: the default */
	int64_t lock_expire_ms;     /* lockMaxLiveTime; 0: the default */
	int64_t client_grace_ms;    /* consumerGraceTime; 0: none */
	bool notify_off;            /* notifyConsumerIdsChangedEnable: false */
	/** Progress of recovery; may be NULL. */
	void (*on_progress)(void *user, int64_t done_bytes, int64_t total_bytes);
	void *user;
};

struct core {
	struct core_config cfg;
	struct handle handle;
	struct topic_table topics;
	struct group_table groups;
	struct offset_table offsets;
	struct client_table clients;
	struct call_table calls;
	struct lock_table locks;
	struct hold_table holds;
	struct pending pending;
	struct mode_table modes;
	struct pop_table pops;
	struct pop_wait_table pop_waits;
	struct revive_duty revive;
	struct revive_log revive_log;
	struct pop_journal journal;
	struct announce announce;
	struct route_cache routes;
	struct transaction_table transactions;
	struct transaction_duty transaction_duty;
	struct delay_table delays;
	struct timer_index timers;
	struct timer_counts timer_counts;
	bool timers_open;
	struct timer_duty timer_duty;
	struct persist_duty persist;
	struct delay_duty delay;
	struct scan_duty scan;
	struct store *store;
};

/**
 * Read the tables, open the store, make what every broker has.  Blocks (start-up).
 *
 * @c        stays where it is until core_close
 * @cfg      copied; what it points to is borrowed for life
 * @out_why  on failure a sentence for people, malloc'ed (gives)
 *
 * Returns 0; errors of persist_duty_load and store_open.
 */
int core_open(struct core *c, const struct core_config *cfg, char **out_why);

/** Handle one frame of a peer.  Errors as handle_frame: close the peer. */
static inline int core_frame(struct core *c, struct peer *p, struct lmi_span frame)
{
	return handle_frame(&c->handle, p, frame);
}

/** The turn's end: records are written, marks move, answers go out, holds wake, groups are told. */
void core_turn_end(struct core *c);

/** What is due; every CORE_TICK_MS.  A turn's end must follow. */
void core_tick(struct core *c);

/** Milliseconds until the next tick should come, less than CORE_TICK_MS when something is due before; -1: as usual. */
int64_t core_next_ms(const struct core *c);

/** A peer is gone. */
void core_peer_closed(struct core *c, struct peer *p);

/** Hold nothing any more and answer what is held (before a clean stop).  A turn's end must follow. */
void core_stop_holding(struct core *c);

/** Nothing waits for the disk. */
bool core_is_quiet(const struct core *c);

/** Save the tables, close the store.  Blocks.  Returns 0 or the first error (said in the log). */
int core_close(struct core *c);

/** Forget everything as a kill would (tests). */
void core_abandon(struct core *c);

#endif
