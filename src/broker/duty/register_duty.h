/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which name server is to be told of this broker when: all at once at start, every 30 s, at each change, and soon again
 * after a failure.  Pure decisions; src/broker/broker_register.c sends.
 * Owner: the core loop.  Rule: BrokerController.registerBrokerAll, BrokerOuterAPI.
 */
#ifndef LIGHTMQ_BROKER_DUTY_REGISTER_DUTY_H
#define LIGHTMQ_BROKER_DUTY_REGISTER_DUTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTER_SERVERS_MAX 64u
#define REGISTER_BACKOFF_MIN_MS 100 /* a connection that is refused costs next to nothing */
#define REGISTER_BACKOFF_MAX_MS 2000

struct register_server {
	char *address;
	int64_t next_ms;    /* when to register */
	int64_t backoff_ms; /* after the next failure */
	bool in_flight;
	bool again;         /* something changed while in flight */
	bool asked;         /* at least one answer or failure was seen */
	bool reachable;
	bool gone;          /* no longer in the list: left alone */
	int64_t sending;    /* version of the topics that travel now */
	int64_t told;       /* version of the topics that it has answered for */
};

struct register_duty {
	struct register_server *servers;
	size_t count;
	int64_t period_ms;
};

/**
 * Take a list apart: addresses separated by semicolons; blanks around them do not count.
 *
 * Returns 0; -LMQ_EILLEGAL above REGISTER_SERVERS_MAX; -ENOMEM.
 */
int register_duty_init(struct register_duty *d, const char *addresses, int64_t period_ms, int64_t now_ms);
void register_duty_done(struct register_duty *d);

/**
 * Take over another list; servers that are in both stay as they are, an index never changes its meaning while a request is in
 * flight.  Errors as register_duty_init, the old list is then kept.
 */
int register_duty_update(struct register_duty *d, const char *addresses, int64_t now_ms, bool *out_changed);

/** The next server to register with now, marked as in flight; -1 when there is none. */
int register_duty_take(struct register_duty *d, int64_t now_ms);

enum register_news { REGISTER_NOTHING_NEW, REGISTER_REACHED, REGISTER_LOST };

/** A registration was answered, or failed.  Says whether the server's state has changed, which is worth a line. */
enum register_news register_duty_answered(struct register_duty *d, size_t server, bool ok, int64_t now_ms);

/** The topics have changed: all are to be told at once. */
void register_duty_changed(struct register_duty *d, int64_t now_ms);

/** The connection to a server closed: it may have been restarted and forgotten us. */
void register_duty_closed(struct register_duty *d, const char *address, int64_t now_ms);

/** How many there are now. */
size_t register_duty_servers(const struct register_duty *d);

/** How many were reachable at the last try. */
size_t register_duty_reachable(const struct register_duty *d);

/** The version of the topics (register_server.sending) that every reachable server has answered for; INT64_MAX when none is. */
int64_t register_duty_told(const struct register_duty *d);

#endif
