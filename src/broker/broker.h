/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker with its doors: listeners, connections as peers, name servers, the core loop's turn and timer.
 * The program uses it; it uses everything below.  Owner: the core loop's thread.
 */
#ifndef LIGHTMQ_BROKER_BROKER_H
#define LIGHTMQ_BROKER_BROKER_H

#include "broker/core.h"
#include "io/conn.h"

#define BROKER_STOP_MS 3000 /* how long a clean stop waits for answers to leave and name servers to be told */

struct broker;

struct broker_config {
	struct core_config core;
	struct lmi_loop *loop;
	struct lmi_executor *executor; /* also resolves names */
	const char *name_servers;      /* namesrvAddr */
	const char *address_server;    /* "host:port" that tells the name servers instead; NULL or empty: none */
	const char *address_path;      /* "/rocketmq/nsaddr" */
	int64_t address_period_ms;     /* updateNameServerAddrPeriod */
	int64_t register_timeout_ms;   /* registerBrokerTimeoutMills */
	struct lmi_conn_limits limits;
	uint32_t connections_max;
	bool proxy_protocol;
	/** What the broker is doing, one line; called when that changes.  May be NULL. */
	void (*on_status)(void *user, const char *text);
	void *user;
};

/**
 * Open everything but the doors.  Blocks (start-up).
 *
 * @cfg      copied; what it points to is borrowed for life
 * @out_why  as core_open
 */
int broker_new(const struct broker_config *cfg, struct broker **out, char **out_why);

/** Accept on a listening socket.  Takes fd.  @vip: the second listener.  0, or -ENOMEM. */
int broker_listen(struct broker *b, int fd, bool vip);

/** Answer monitoring on a listening socket.  Takes fd.  0, or -ENOMEM. */
int broker_serve_metrics(struct broker *b, int fd);

/** Start timers and registration.  0, or -ENOMEM. */
int broker_start(struct broker *b);

/* What may change while running. */
struct broker_live {
	struct broker_settings settings;
	struct retention_config retention;
	bool notify_off; /* notifyConsumerIdsChangedEnable: false */
};

/** How it is now; others are put in, then it goes to broker_reload. */
void broker_live(const struct broker *b, struct broker_live *out);
/** Take it over.  Texts are borrowed until the next time. */
void broker_reload(struct broker *b, const struct broker_live *l);

/** Append a few lines of state for people. */
void broker_summary(const struct broker *b, struct lmi_buf *out);

/**
 * Stop cleanly: no new connection, name servers told, answers sent, connections closed; then lmi_loop_stop, at the latest
 * after BROKER_STOP_MS.  Run the loop again after this.
 */
void broker_stop(struct broker *b);

/** Save and close.  Returns 0, or the first error, which was logged. */
int broker_free(struct broker *b);

#endif
