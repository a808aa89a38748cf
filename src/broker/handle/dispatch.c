/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/handle/handlers.h"

enum { ON_VIP = 1 };

/* Code -> handler.  Rule: BrokerController.registerProcessor; the second listener (port - 2) does not serve pulls. */
static const struct entry {
	int32_t code;
	uint32_t flags;
	handler_fn *handle;
} table[] = {
	{ LMI_REQ_SEND_MESSAGE, ON_VIP, send_handler },
	{ LMI_REQ_SEND_MESSAGE_V2, ON_VIP, send_handler },
	{ LMI_REQ_SEND_BATCH_MESSAGE, ON_VIP, send_handler },
	{ LMI_REQ_PULL_MESSAGE, 0, pull_handler },
	{ LMI_REQ_LITE_PULL_MESSAGE, 0, pull_handler },
	{ LMI_REQ_POP_MESSAGE, 0, pop_handler },
	{ LMI_REQ_PEEK_MESSAGE, 0, peek_handler },
	{ LMI_REQ_NOTIFICATION, 0, notification_handler },
	{ LMI_REQ_POLLING_INFO, 0, polling_info_handler },
	{ LMI_REQ_ACK_MESSAGE, ON_VIP, ack_handler },
	{ LMI_REQ_BATCH_ACK_MESSAGE, ON_VIP, batch_ack_handler },
	{ LMI_REQ_CHANGE_MESSAGE_INVISIBLETIME, ON_VIP, invisible_handler },
	{ LMI_REQ_QUERY_CONSUMER_OFFSET, ON_VIP, offset_query_handler },
	{ LMI_REQ_UPDATE_CONSUMER_OFFSET, ON_VIP, offset_update_handler },
	{ LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP, ON_VIP, offset_search_handler },
	{ LMI_REQ_GET_MAX_OFFSET, ON_VIP, offset_max_handler },
	{ LMI_REQ_GET_MIN_OFFSET, ON_VIP, offset_min_handler },
	{ LMI_REQ_GET_EARLIEST_MSG_STORETIME, ON_VIP, offset_earliest_handler },
	{ LMI_REQ_HEART_BEAT, ON_VIP, client_heartbeat_handler },
	{ LMI_REQ_UNREGISTER_CLIENT, ON_VIP, client_unregister_handler },
	{ LMI_REQ_CHECK_CLIENT_CONFIG, ON_VIP, client_check_handler },
	{ LMI_REQ_GET_CONSUMER_LIST_BY_GROUP, ON_VIP, client_list_handler },
	{ LMI_REQ_QUERY_ASSIGNMENT, ON_VIP, assignment_handler },
	{ LMI_REQ_SET_MESSAGE_REQUEST_MODE, ON_VIP, mode_set_handler },
	{ LMI_REQ_GET_ALL_MESSAGE_REQUEST_MODE, ON_VIP, mode_all_handler },
	{ LMI_REQ_LOCK_BATCH_MQ, ON_VIP, lock_batch_handler },
	{ LMI_REQ_UNLOCK_BATCH_MQ, ON_VIP, unlock_batch_handler },
	{ LMI_REQ_RECALL_MESSAGE, ON_VIP, recall_handler },
	{ LMI_REQ_GET_TIMER_CHECK_POINT, ON_VIP, timer_checkpoint_handler },
	{ LMI_REQ_GET_TIMER_METRICS, ON_VIP, timer_metrics_handler },
	{ LMI_REQ_END_TRANSACTION, ON_VIP, end_transaction_handler },
	{ LMI_REQ_RESUME_CHECK_HALF_MESSAGE, ON_VIP, resume_check_handler },
	{ LMI_REQ_LIST_TRANSACTIONS, ON_VIP, list_transactions_handler },
	{ LMI_REQ_LIST_TIMERS, ON_VIP, list_timers_handler },
	{ LMI_REQ_LIST_IN_FLIGHT, ON_VIP, list_in_flight_handler },
	{ LMI_REQ_CONSUMER_SEND_MSG_BACK, ON_VIP, sendback_handler },
	{ LMI_REQ_SEND_REPLY_MESSAGE, ON_VIP, reply_handler },
	{ LMI_REQ_SEND_REPLY_MESSAGE_V2, ON_VIP, reply_handler },
	{ LMI_REQ_GET_CONSUMER_RUNNING_INFO, ON_VIP, client_running_info_handler },
	{ LMI_REQ_CONSUME_MESSAGE_DIRECTLY, ON_VIP, client_consume_directly_handler },
	{ LMI_REQ_INVOKE_BROKER_TO_GET_CONSUMER_STATUS, ON_VIP, client_status_handler },
	{ LMI_REQ_VIEW_MESSAGE_BY_ID, ON_VIP, view_handler },
	{ LMI_REQ_QUERY_MESSAGE, ON_VIP, query_handler },
	/* administration */
	{ LMI_REQ_UPDATE_AND_CREATE_TOPIC, ON_VIP, topic_update_handler },
	{ LMI_REQ_UPDATE_AND_CREATE_TOPIC_LIST, ON_VIP, topic_update_list_handler },
	{ LMI_REQ_DELETE_TOPIC_IN_BROKER, ON_VIP, topic_delete_handler },
	{ LMI_REQ_GET_ALL_TOPIC_CONFIG, ON_VIP, topic_all_handler },
	{ LMI_REQ_GET_TOPIC_CONFIG, ON_VIP, topic_get_handler },
	{ LMI_REQ_GET_SYSTEM_TOPIC_LIST_FROM_BROKER, ON_VIP, topic_system_list_handler },
	{ LMI_REQ_GET_TOPIC_STATS_INFO, ON_VIP, topic_stats_handler },
	{ LMI_REQ_UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, ON_VIP, group_update_handler },
	{ LMI_REQ_GET_ALL_SUBSCRIPTIONGROUP_CONFIG, ON_VIP, group_all_handler },
	{ LMI_REQ_GET_SUBSCRIPTIONGROUP_CONFIG, ON_VIP, group_get_handler },
	{ LMI_REQ_DELETE_SUBSCRIPTIONGROUP, ON_VIP, group_delete_handler },
	{ LMI_REQ_GET_CONSUMER_CONNECTION_LIST, ON_VIP, client_consumers_handler },
	{ LMI_REQ_GET_PRODUCER_CONNECTION_LIST, ON_VIP, client_producers_handler },
	{ LMI_REQ_GET_ALL_PRODUCER_INFO, ON_VIP, client_all_producers_handler },
	{ LMI_REQ_GET_CONSUME_STATS, ON_VIP, group_stats_handler },
	{ LMI_REQ_GET_BROKER_CONSUME_STATS, ON_VIP, broker_stats_handler },
	{ LMI_REQ_QUERY_TOPIC_CONSUME_BY_WHO, ON_VIP, topic_consumers_handler },
	{ LMI_REQ_QUERY_TOPICS_BY_CONSUMER, ON_VIP, group_topics_handler },
	{ LMI_REQ_QUERY_SUBSCRIPTION_BY_CONSUMER, ON_VIP, group_subscription_handler },
	{ LMI_REQ_QUERY_CONSUME_TIME_SPAN, ON_VIP, time_span_handler },
	{ LMI_REQ_QUERY_CONSUME_QUEUE, ON_VIP, queue_handler },
	{ LMI_REQ_GET_ALL_CONSUMER_OFFSET, ON_VIP, offset_all_handler },
	{ LMI_REQ_INVOKE_BROKER_TO_RESET_OFFSET, ON_VIP, offset_reset_handler },
	{ LMI_REQ_CLONE_GROUP_OFFSET, ON_VIP, offset_clone_handler },
	{ LMI_REQ_QUERY_CORRECTION_OFFSET, ON_VIP, offset_correction_handler },
	{ LMI_REQ_UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST, ON_VIP, group_update_list_handler },
	{ LMI_REQ_UPDATE_AND_GET_GROUP_FORBIDDEN, ON_VIP, group_forbidden_handler },
	{ LMI_REQ_GET_ALL_DELAY_OFFSET, ON_VIP, delay_all_handler },
	{ LMI_REQ_GET_BROKER_CONFIG, ON_VIP, broker_config_handler },
	{ LMI_REQ_UPDATE_BROKER_CONFIG, ON_VIP, broker_config_update_handler },
	{ LMI_REQ_GET_BROKER_RUNTIME_INFO, ON_VIP, broker_runtime_handler },
	{ LMI_REQ_VIEW_BROKER_STATS_DATA, ON_VIP, stat_view_handler },
	{ LMI_REQ_CLEAN_EXPIRED_CONSUMEQUEUE, ON_VIP, clean_queues_handler },
	{ LMI_REQ_CLEAN_UNUSED_TOPIC, ON_VIP, clean_topics_handler },
	{ LMI_REQ_DELETE_EXPIRED_COMMITLOG, ON_VIP, clean_log_handler },
	{ LMI_REQ_GET_BROKER_HA_STATUS, ON_VIP, ha_status_handler },
	{ LMI_REQ_RESET_MASTER_FLUSH_OFFSET, ON_VIP, ha_reset_handler },
	{ LMI_REQ_GET_BROKER_EPOCH_CACHE, ON_VIP, ha_epoch_handler },
};

static const struct entry *find(int32_t code)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

void dispatch(struct handle *h, struct request *r)
{
	const struct entry *e = find(r->cmd->code);
	if (r->cmd->flag & LMI_FLAG_ONEWAY)
		r->out = &h->trash;
	else
		r->out = peer_out(r->peer);
	h->counts.requests++;
	if (!e || (r->peer->vip && !(e->flags & ON_VIP)))
		/* Word for word RocketMQ's, NettyRemotingAbstract: tools look for it. */
		answer_error(h, r, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED, " request type %d not supported", r->cmd->code);
	else
		e->handle(h, r);
	if (r->cmd->flag & LMI_FLAG_ONEWAY)
		lmi_buf_reset(&h->trash, HANDLE_SCRATCH_KEEP);
}

int handle_frame(struct handle *h, struct peer *p, struct lmi_span frame)
{
	struct lmi_command cmd;
	lmi_arena_reset(&h->arena);
	int err = lmi_command_decode(frame, &h->arena, &cmd);
	if (err)
		return err;
	if (cmd.flag & LMI_FLAG_RESPONSE) {
		call_table_answer(h->calls, p, &cmd);
		return 0;
	}
	struct request r = { .peer = p, .cmd = &cmd, .frame = frame };
	dispatch(h, &r);
	return 0;
}
