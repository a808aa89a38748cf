/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question to a broker that the caller waits for.  Made on the caller's thread, asked on the loop.
 */
#ifndef LMI_CLIENT_ASK_H
#define LMI_CLIENT_ASK_H

#include <semaphore.h>

#include "client/client.h"

struct ask {
	/* what the caller says */
	struct lmq_client *client;
	const char *topic;
	const char *broker;    /* its name; NULL: the one that turn says */
	uint32_t turn;         /* among the brokers that have the topic */
	int64_t replica;       /* id to ask; others when it is not there */
	int32_t code;
	int64_t timeout_ms;    /* for everything */
	/** Put the header's fields; on the loop. */
	void (*put)(struct ask *a, struct request *r);
	/** Take the answer, whatever its code; on the loop, borrowed.  Returns what ask_broker shall return. */
	int (*take)(struct ask *a, const struct lmi_command *answer);
	void *arg;
	/* the asking's own */
	struct route_wait wait;
	struct topic_route *route;
	struct broker *at;     /* who is asked, once known */
	struct lmi_timer again;
	int64_t deadline_ms;
	int err;
	sem_t over;
};

/**
 * Ask and wait.  A broker that does not know the group yet is told and asked again.
 *
 * Returns what take() returned; -LMQ_ENOROUTE when the topic is not known; -LMQ_ENOTFOUND when the broker is not among those
 * of the topic; -LMQ_ETIMEOUT; -LMQ_ESTATE on the client's thread or in a forked process; -ENOMEM; other failures of the connection.
 */
int ask_broker(struct ask *a);

/** For take(): 0 for a success, else -LMQ_EREMOTE. */
int ask_refused(const struct lmi_command *answer);

#endif
