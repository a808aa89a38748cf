/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of sends: written when a mark has moved.  Rule: SendMessageResponseHeader. */
#ifndef LIGHTMQ_BROKER_HANDLE_SEND_ANSWER_H
#define LIGHTMQ_BROKER_HANDLE_SEND_ANSWER_H

#include "broker/handle/handle.h"

/** Refuse a send: like answer_error, with the fields that every answer of a send carries. */
void send_refuse(struct handle *h, const struct request *r, int32_t code, const char *fmt, ...) LMI_PRINTF(4, 5);

/** Refuse a send by an error of the store, with its cause and what to do. */
void send_refuse_store(struct handle *h, const struct request *r, int err);

/** True when messages of a topic are to be synced before they are answered: its attribute, else flushDiskType. */
bool send_wants_sync(const struct handle *h, const struct topic *t);

/**
 * Line an answer up behind what was appended.
 *
 * @ids  of a batch: the message ids joined by commas; else empty
 */
void send_answer_later(struct handle *h, const struct request *r, const struct store_ticket *t, bool wait_sync,
		       int32_t queue_id, struct lmi_span uniq, struct lmi_span ids);

/** The same with the handle by which the message can be recalled. */
void send_answer_recallable(struct handle *h, const struct request *r, const struct store_ticket *t, bool wait_sync,
			    int32_t queue_id, struct lmi_span uniq, struct lmi_span recall_handle);

/** The same for a bare answer. */
void plain_answer_later(struct handle *h, const struct request *r, const struct store_ticket *t, bool wait_sync);

/** The answer of a recall: the unique id of what was recalled. */
void recall_answer_later(struct handle *h, const struct request *r, const struct store_ticket *t, bool wait_sync,
			 struct lmi_span uniq);

#endif
