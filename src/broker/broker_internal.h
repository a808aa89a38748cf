/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the broker's assembly only. */
#ifndef LIGHTMQ_BROKER_BROKER_INTERNAL_H
#define LIGHTMQ_BROKER_BROKER_INTERNAL_H

#include "broker/broker.h"
#include "broker/duty/register_duty.h"
#include "io/http_serve.h"
#include "io/rpc.h"

#define BROKER_LISTENERS 2
#define BROKER_BAD_FRAMES_PER_MINUTE 10 /* lines in the log */

/* What the listener hands to its connections: which door it was. */
struct broker_door {
	struct broker *broker;
	struct lmi_listener *listener;
	bool vip;
};

/* A name server as we know it. */
enum link_kind {
	LINK_UNKNOWN, /* not asked yet, or the connection closed: it may be another one now */
	LINK_OURS,    /* takes digests and changes */
	LINK_OTHER    /* takes whole registrations */
};

struct register_link {
	enum link_kind kind;
	bool named;         /* it knows us by the connection: heartbeats need no names */
	bool confirmed;     /* it has the topics of @digest, @version */
	uint64_t digest;
	int64_t version;
	int64_t whole_ms;   /* LINK_OTHER: when it is told everything again */
	/* the round under way */
	uint64_t sent_digest;
	struct lmi_data_version sent_version;
	struct lmi_buf topics;  /* LINK_OURS: encoded topics to come; LINK_OTHER: their names, with lengths */
	size_t left;            /* how many of them */
	uint32_t part;          /* sent so far in this round */
	unsigned int bits;      /* of the ranges that are sent */
	struct lmi_buf bitmap;
};

/* How requests to name servers travel: io/rpc, or the simulator's network. */
struct register_transport {
	int32_t (*next_opaque)(struct broker *b);
	/** As lmi_rpc_send. */
	int (*send)(struct broker *b, size_t server, int32_t opaque, struct lmi_span frame, lmi_rpc_done_fn *done, void *arg);
	int64_t (*now_ms)(const struct broker *b);
};

/* For the status: messages a second, over the last ten or so. */
struct broker_meter {
	int64_t at_ms; /* 0: not begun */
	int64_t put, got;           /* counted by then */
	int64_t put_rate, got_rate; /* -1: not known yet */
	bool refuses;               /* said so */
};

struct broker {
	struct broker_config cfg;
	struct core core;
	struct broker_door doors[BROKER_LISTENERS];
	struct lmi_list peers; /* of struct broker_peer */
	uint32_t peer_count;
	struct lmi_timer tick;
	struct lmi_timer soon; /* before the next tick */
	struct lmi_log_limit bad_frames;
	struct broker_meter meter;
	struct lmi_http_server *metrics; /* NULL: nobody asks */
	uint32_t said_differing; /* groups with members that subscribe differently, as the status has it */
	/* name servers */
	struct lmi_rpc *rpc;
	const struct register_transport *transport;
	struct register_duty servers;
	struct register_link *links; /* one for each server */
	struct lmi_buf frame;    /* a registration being put together */
	int32_t opaque;          /* of it */
	size_t unregistering;    /* answers still to come */
	struct names_fetch *names; /* the address server; NULL: there is none */
	/* what clients are told, tried once */
	struct lmi_conn *probe;
	bool probed;
	/* stopping */
	bool stopping, stopped;
	int64_t stop_by_ms;
};

/* ---- broker_register.c ---- */

int broker_register_open(struct broker *b);
/** Take the list of name servers apart.  Errors of register_duty_init. */
int broker_register_init(struct broker *b, const struct register_transport *transport);
/** The connection to a name server closed, or could not be opened. */
void broker_register_lost(struct broker *b, const char *address);
void broker_register_done(struct broker *b);
/** Send the registrations that are due. */
void broker_register_run(struct broker *b);
/** Other name servers from now on.  Errors of register_duty_update. */
int broker_register_servers(struct broker *b, const char *addresses, bool *out_changed);
/** Tell every name server that we go. */
void broker_unregister(struct broker *b);
void broker_register_close(struct broker *b);

/* Between broker_register.c and broker_sync.c: a request of a round, and its end. */
typedef void register_answer_fn(struct broker *b, size_t server, const struct lmi_command *answer);
/** Begin a request to a name server in b->frame. */
void broker_register_begin(struct broker *b, struct lmi_command_out *o, size_t server, int32_t code);
void broker_register_identity(const struct broker *b, struct lmi_command_out *o);
/** Send it; then @next is called with the answer, or the round ends with an error.  @body_bytes were appended after lmi_command_end. */
void broker_register_send(struct broker *b, size_t server, register_answer_fn *next);
/** The round's end. */
void broker_register_settle(struct broker *b, size_t server, int err, const struct lmi_command *answer);
/** A name server that takes no digests: the usual registration. */
void broker_register_whole(struct broker *b, size_t server);

/* ---- broker_names.c ---- */

/** 0, or -ENOMEM. */
int broker_names_open(struct broker *b);
/** Ask the address server when that is due. */
void broker_names_run(struct broker *b);
void broker_names_close(struct broker *b);

/* ---- broker_routes.c ---- */

/** Ask name servers for the topics whose queues somebody needs. */
void broker_routes_run(struct broker *b);

/* ---- broker_probe.c ---- */

/** Dial the address that clients are told; a warning follows when it cannot be reached. */
void broker_probe_start(struct broker *b);
void broker_probe_stop(struct broker *b);

/* ---- broker_sync.c ---- */

/** Begin a round with a name server that is ours, or may be. */
void broker_sync_run(struct broker *b, size_t server);
/** Forget what was under way and what it knows. */
void broker_sync_reset(struct register_link *l);

/* ---- broker_peer.c ---- */

extern const struct lmi_conn_ops broker_conn_ops;
void broker_accept(struct lmi_conn *conn, void *user);
/** Close every connection, what waits for it is tried once more. */
void broker_close_peers(struct broker *b);
/** The broker goes: forget the connections that are still there. */
void broker_forget_peers(struct broker *b);

/* ---- broker_status.c ---- */

/** Say what the broker is doing. */
void broker_say_status(struct broker *b);
/** The same, when it is time for it or something has changed. */
void broker_status_tick(struct broker *b);

#endif
