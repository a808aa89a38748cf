/* SPDX-License-Identifier: Apache-2.0 */
/* Throwing away what nobody needs, when an operator asks. */
#include "broker/handle/handlers.h"
#include "rules/name.h"

#define UNUSED_MAX 4096 /* topics cleaned by one request */

/* Rule: AdminBrokerProcessor.deleteExpiredCommitLog, executeDeleteFilesManually. */
void clean_log_handler(struct handle *h, const struct request *r)
{
	store_clean_now(h->store);
	answer_code(r, LMI_RSP_SUCCESS);
}

/*
 * Queue files go in the same round as the log that they point to, so that none is left over.
 * Rule: AdminBrokerProcessor.cleanExpiredConsumeQueue.
 */
void clean_queues_handler(struct handle *h, const struct request *r)
{
	(void)h;
	answer_code(r, LMI_RSP_SUCCESS);
}

struct unused {
	struct handle *h;
	struct lmi_span names[UNUSED_MAX];
	size_t count;
	bool failed;
};

static int add_unused(void *ctx, struct lmi_span topic, int32_t queue_id)
{
	struct unused *u = ctx;
	(void)queue_id;
	/* Topics of RocketMQ's own are not in the table of each broker. */
	if (topic_table_get(u->h->topics, topic) || lmi_name_is_system_topic(topic) || lmi_span_starts(topic, LMI_SPAN_LIT("rmq_sys_")))
		return 0;
	for (size_t i = u->count; i > 0; i--)
		if (lmi_span_eq(u->names[i - 1], topic))
			return 0;
	if (u->count == UNUSED_MAX)
		return 1;
	uint8_t *copy = lmi_arena_dup(&u->h->arena, topic.p, topic.n);
	u->failed = u->failed || !copy;
	if (copy)
		u->names[u->count++] = lmi_span(copy, topic.n);
	return u->failed;
}

/* Queues of topics that are no more.  Rule: AdminBrokerProcessor.cleanUnusedTopic, DefaultMessageStore.cleanUnusedTopic. */
void clean_topics_handler(struct handle *h, const struct request *r)
{
	struct unused *u = lmi_arena_alloc(&h->arena, sizeof(*u));
	int err = 0;
	if (!u) {
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "out of memory");
		return;
	}
	u->h = h;
	u->count = 0;
	u->failed = false;
	store_each_queue(h->store, add_unused, u);
	for (size_t i = 0; i < u->count && !err; i++) {
		err = store_delete_topic(h->store, u->names[i]);
		if (!err)
			lmi_log(h->log, LMI_LOG_NOTICE, "queues of topic %.*s, which is no more, were deleted", SPAN_ARGS(u->names[i]));
	}
	if (err || u->failed)
		answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "queues of topics that are no more could not be deleted: %s",
			     err ? lmi_strerror(err) : "out of memory");
	else
		answer_code(r, LMI_RSP_SUCCESS);
}
