/* SPDX-License-Identifier: Apache-2.0 */
#include "client/result.h"

#include <stdio.h>
#include <stdlib.h>

void result_init(struct lmq_send_result *r, int err)
{
	*r = (struct lmq_send_result){ .error = err, .queue_id = -1, .queue_pos = -1, .transaction = LMQ_TRANSACTION_UNKNOWN };
}

void result_done(struct lmq_send_result *r)
{
	free(r->ids);
	free(r->recall_handle);
	r->ids = NULL;
	r->recall_handle = NULL;
}

void result_move(struct lmq_send_result *dst, struct lmq_send_result *src)
{
	result_done(dst);
	*dst = *src;
	if (src->broker) {
		/* the caller's result may outlive the client */
		(void)snprintf(dst->broker_text, sizeof(dst->broker_text), "%s", src->broker);
		dst->broker = dst->broker_text;
	}
	src->ids = NULL;
	src->recall_handle = NULL;
}

struct lmq_send_result *lmq_send_result_new(void)
{
	struct lmq_send_result *r = malloc(sizeof(*r));

	if (r)
		result_init(r, 0);
	return r;
}

void lmq_send_result_free(struct lmq_send_result *r)
{
	if (r)
		result_done(r);
	free(r);
}

int lmq_send_result_error(const struct lmq_send_result *r)
{
	return r->error;
}

const char *lmq_send_result_detail(const struct lmq_send_result *r)
{
	return r->detail;
}

int lmq_send_result_remote_code(const struct lmq_send_result *r)
{
	return r->remote_code;
}

enum lmq_sent lmq_send_result_status(const struct lmq_send_result *r)
{
	return r->status;
}

const char *lmq_send_result_message_id(const struct lmq_send_result *r)
{
	return r->message_id;
}

const char *lmq_send_result_offset_id(const struct lmq_send_result *r)
{
	return r->offset_id;
}

const char *lmq_send_result_message_ids(const struct lmq_send_result *r)
{
	return r->ids ? r->ids : r->message_id;
}

const char *lmq_send_result_transaction_id(const struct lmq_send_result *r)
{
	return r->transaction_id;
}

enum lmq_transaction lmq_send_result_transaction(const struct lmq_send_result *r)
{
	return r->transaction;
}

const char *lmq_send_result_recall_handle(const struct lmq_send_result *r)
{
	return r->recall_handle ? r->recall_handle : "";
}

const char *lmq_send_result_broker(const struct lmq_send_result *r)
{
	return r->broker ? r->broker : "";
}

int32_t lmq_send_result_queue_id(const struct lmq_send_result *r)
{
	return r->queue_id;
}

int64_t lmq_send_result_queue_pos(const struct lmq_send_result *r)
{
	return r->queue_pos;
}

int lmq_send_result_tries(const struct lmq_send_result *r)
{
	return r->tries;
}
