/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the broker's assembly only. */
#ifndef LIGHTMQ_BROKER_BROKER_INTERNAL_H
#define LIGHTMQ_BROKER_BROKER_INTERNAL_H

#include "broker/broker.h"
#include "broker/duty/register_duty.h"
#include "io/rpc.h"

#define BROKER_LISTENERS 2
#define BROKER_BAD_FRAMES_PER_MINUTE 10 /* lines in the log */

/* What the listener hands to its connections: which door it was. */
struct broker_door {
	struct broker *broker;
	struct lmi_listener *listener;
	bool vip;
};

struct broker {
	struct broker_config cfg;
	struct core core;
	struct broker_door doors[BROKER_LISTENERS];
	struct lmi_list peers; /* of struct broker_peer */
	uint32_t peer_count;
	struct lmi_timer tick;
	struct lmi_log_limit bad_frames;
	/* name servers */
	struct lmi_rpc *rpc;
	struct register_duty servers;
	struct lmi_buf frame;    /* a registration being put together */
	size_t unregistering;    /* answers still to come */
	/* stopping */
	bool stopping, stopped;
	int64_t stop_by_ms;
};

/* ---- broker_register.c ---- */

int broker_register_open(struct broker *b);
/** Send the registrations that are due. */
void broker_register_run(struct broker *b);
/** Tell every name server that we go. */
void broker_unregister(struct broker *b);
void broker_register_close(struct broker *b);

/* ---- broker_peer.c ---- */

extern const struct lmi_conn_ops broker_conn_ops;
void broker_accept(struct lmi_conn *conn, void *user);
/** Close every connection, what waits for it is tried once more. */
void broker_close_peers(struct broker *b);
/** The broker goes: forget the connections that are still there. */
void broker_forget_peers(struct broker *b);

/** Say what the broker is doing, when that has changed. */
void broker_say_status(struct broker *b);

#endif
