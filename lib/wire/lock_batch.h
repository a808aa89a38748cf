/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MessageQueue, and the bodies of LOCK_BATCH_MQ and UNLOCK_BATCH_MQ.  Decoded values borrow; any thread.
 * Rule: MessageQueue, LockBatchRequestBody, UnlockBatchRequestBody, LockBatchResponseBody.
 */
#ifndef LMI_WIRE_LOCK_BATCH_H
#define LMI_WIRE_LOCK_BATCH_H

#include "wire/json.h"

#define LMI_LOCK_BATCH_QUEUES_MAX 65536u

struct lmi_message_queue {
	struct lmi_span topic;
	struct lmi_span broker_name;
	int32_t queue_id;
};

/** Read {"brokerName":"b","queueId":0,"topic":"T"} as the parser's next value; write it. */
LMI_API int lmi_message_queue_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_message_queue *out);
LMI_API void lmi_message_queue_put(struct lmi_json_out *o, const struct lmi_message_queue *q);

/**
 * Decode the key of an object-keyed map: a KEY token of kind OBJECT, or of kind STRING whose text is the object.
 *
 * Returns 0; -LMQ_EMALFORMED for another kind; -LMQ_EDEPTH; -ENOMEM.
 */
LMI_API int lmi_message_queue_from_key(const struct lmi_json_token *key, struct lmi_arena *arena,
				       struct lmi_message_queue *out);

/* The request of both codes. */
struct lmi_lock_batch {
	struct lmi_span group;
	struct lmi_span client_id;
	bool only_this_broker;
	struct lmi_message_queue *queues;
	size_t queue_count;
};

/** Returns 0; -LMQ_EMALFORMED; -LMQ_ETOOBIG above LMI_LOCK_BATCH_QUEUES_MAX; -LMQ_EDEPTH; -ENOMEM. */
LMI_API int lmi_lock_batch_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_lock_batch *out);
LMI_API void lmi_lock_batch_put(struct lmi_buf *b, const struct lmi_lock_batch *l);

/* The answer of LOCK_BATCH_MQ: the queues that the client holds now. */
LMI_API int lmi_lock_batch_answer_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_message_queue **out_queues,
					 size_t *out_count);
LMI_API void lmi_lock_batch_answer_put(struct lmi_buf *b, const struct lmi_message_queue *queues, size_t count);

#endif
