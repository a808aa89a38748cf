/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of request-reply on their way to who asked. */
#ifndef LIGHTMQ_BROKER_HANDLE_REPLY_HANDLER_H
#define LIGHTMQ_BROKER_HANDLE_REPLY_HANDLER_H

#include "broker/handle/handle.h"
#include "broker/handle/send_header.h"

struct reply {
	const struct send_header *header;
	int32_t queue_id;
	const struct store_ticket *ticket; /* NULL: it was not stored */
};

/** Push a checked reply to the client that it names; answers when that has answered. */
void reply_push(struct handle *h, const struct request *r, const struct reply *y);

#endif
