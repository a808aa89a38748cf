/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a send.  Owner: one thread at a time. */
#ifndef LMI_CLIENT_RESULT_H
#define LMI_CLIENT_RESULT_H

#include "wire/record.h"

#include "client/config.h"
#include "client/unique_id.h"

#define RESULT_DETAIL_CHARS 256

struct lmq_send_result {
	int error, remote_code, tries;
	enum lmq_sent status;
	enum lmq_transaction transaction;
	int32_t queue_id;
	int64_t queue_pos;
	char *ids, *recall_handle; /* owned; NULL: none */
	const char *broker;        /* lives as long as the client; in a result of the caller's own: broker_text */
	bool untraced;             /* the broker does not want it traced */
	char region[32];           /* the broker's, "" when it did not tell */
	char message_id[UNIQUE_ID_CHARS];
	char offset_id[LMI_OFFSET_MSG_ID_MAX + 1];
	char transaction_id[RESULT_DETAIL_CHARS];
	char broker_text[RESULT_DETAIL_CHARS];
	char detail[RESULT_DETAIL_CHARS];
};

/** Make it one of a send that stored nothing. */
void result_init(struct lmq_send_result *r, int err);
/** Free what it owns. */
void result_done(struct lmq_send_result *r);
/** Replace what dst says; src owns nothing then. */
void result_move(struct lmq_send_result *dst, struct lmq_send_result *src);

#endif
