/* SPDX-License-Identifier: Apache-2.0 */
/* LOCK_BATCH_MQ and UNLOCK_BATCH_MQ: who holds a queue for ordered consumption. */
#include "broker/handle/handlers.h"
#include "wire/lock_batch.h"

static bool read_body(struct handle *h, const struct request *r, struct lmi_lock_batch *out)
{
	int err = lmi_lock_batch_decode(r->cmd->body, &h->arena, out);
	if (!err)
		return true;
	answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "the request's body cannot be read: %s", lmi_strerror(err));
	return false;
}

void lock_batch_handler(struct handle *h, const struct request *r)
{
	struct lmi_lock_batch l;
	size_t held = 0;
	if (!read_body(h, r, &l))
		return;
	struct lock_who w = { .group = l.group, .client_id = l.client_id };
	for (size_t i = 0; i < l.queue_count; i++)
		if (lock_table_try(h->locks, &w, &l.queues[i], lmi_mono_ms(h->clock)) == 1)
			l.queues[held++] = l.queues[i];
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	lmi_lock_batch_answer_put(&h->scratch, l.queues, held);
	answer_body(r, lmi_buf_span(&h->scratch));
}

void unlock_batch_handler(struct handle *h, const struct request *r)
{
	struct lmi_lock_batch l;
	if (!read_body(h, r, &l))
		return;
	struct lock_who w = { .group = l.group, .client_id = l.client_id };
	for (size_t i = 0; i < l.queue_count; i++)
		lock_table_unlock(h->locks, &w, &l.queues[i]);
	answer_code(r, LMI_RSP_SUCCESS);
}
