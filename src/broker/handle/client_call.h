/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a client over its own connection, and answering somebody else with what it says.
 * Rule: Broker2Client, AdminBrokerProcessor.callConsumer.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_CLIENT_CALL_H
#define LIGHTMQ_BROKER_HANDLE_CLIENT_CALL_H

#include "broker/handle/handle.h"

/* Who waits while a client is asked.  Counted as a request in flight. */
struct asker {
	struct handle *h;
	struct peer *peer; /* referenced */
	int32_t opaque;
	uint8_t serialize;
	bool oneway;
};

void asker_init(struct asker *a, struct handle *h, const struct request *r);
/** The wait is over. */
void asker_done(struct asker *a);
/** Begin the answer; false when nobody is there to hear it. */
bool asker_begin(const struct asker *a, struct lmi_command_out *o, int32_t code);

/** A request to a client being written. */
struct client_request {
	struct lmi_command_out out;
	struct lmi_buf *buf;
	size_t before;
	int32_t opaque;
};

/** Begin a request to a client: fields go to c->out, then client_request_send.  False when it is gone or does not read. */
bool client_request_begin(struct handle *h, struct peer *p, int32_t code, struct client_request *c);
/** End it with a body and wait for its answer.  Errors as call_table_add: nothing was sent, done is not called. */
int client_request_send(struct handle *h, struct peer *p, struct client_request *c, struct lmi_span body, call_done_fn *done,
			void *arg);

#endif
