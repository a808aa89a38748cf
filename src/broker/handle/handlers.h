/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every handler of the dispatch table, with the RocketMQ class that it follows.  Each answers exactly once, now or later.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_HANDLERS_H
#define LIGHTMQ_BROKER_HANDLE_HANDLERS_H

#include "broker/handle/handle.h"

/* send_handler.c.  Rule: SendMessageProcessor, AbstractSendMessageProcessor. */
handler_fn send_handler;
/* end_transaction_handler.c.  Rule: EndTransactionProcessor. */
handler_fn end_transaction_handler;
/* recall_handler.c.  Rule: RecallMessageProcessor; AdminBrokerProcessor.getTimerCheckPoint. */
handler_fn recall_handler, timer_checkpoint_handler, timer_metrics_handler;

/* resume_handler.c.  Rule: AdminBrokerProcessor.resumeCheckHalfMessage. */
handler_fn resume_check_handler;

/* list_handler.c: what is open and what waits. */
handler_fn list_transactions_handler, list_timers_handler, list_in_flight_handler;
/* sendback_handler.c.  Rule: AbstractSendMessageProcessor.consumerSendMsgBack. */
handler_fn sendback_handler;
/* pull_handler.c.  Rule: PullMessageProcessor, DefaultPullMessageResultHandler. */
handler_fn pull_handler;
/* offset_handler.c.  Rule: ConsumerManageProcessor, AdminBrokerProcessor. */
handler_fn offset_query_handler, offset_update_handler, offset_search_handler, offset_max_handler, offset_min_handler,
	offset_earliest_handler, offset_all_handler;
/* offset_reset_handler.c, offset_admin_handler.c.  Rule: AdminBrokerProcessor, Broker2Client. */
handler_fn offset_reset_handler, offset_clone_handler, offset_correction_handler;
/* client_handler.c, client_list_handler.c.  Rule: ClientManageProcessor, ConsumerManageProcessor, AdminBrokerProcessor. */
handler_fn client_heartbeat_handler, client_unregister_handler, client_check_handler, client_list_handler,
	client_consumers_handler, client_producers_handler, client_all_producers_handler;
/* client_call.c, client_status_handler.c.  Rule: AdminBrokerProcessor, Broker2Client. */
handler_fn client_running_info_handler, client_consume_directly_handler, client_status_handler;
/* send_handler.c, reply_handler.c.  Rule: ReplyMessageProcessor. */
handler_fn reply_handler;
/* pop_handler.c.  Rule: PopMessageProcessor, PopLongPollingService. */
handler_fn pop_handler;
/* ack_handler.c.  Rule: AckMessageProcessor. */
handler_fn ack_handler, batch_ack_handler;
/* invisible_handler.c.  Rule: ChangeInvisibleTimeProcessor. */
handler_fn invisible_handler;
/* peek_handler.c.  Rule: PeekMessageProcessor, NotificationProcessor, PollingInfoProcessor. */
handler_fn peek_handler, notification_handler, polling_info_handler;
/* assignment_handler.c.  Rule: QueryAssignmentProcessor. */
handler_fn assignment_handler, mode_set_handler, mode_all_handler;
/* lock_handler.c.  Rule: AdminBrokerProcessor.lockBatchMQ, unlockBatchMQ. */
handler_fn lock_batch_handler, unlock_batch_handler;
/* delay_handler.c.  Rule: AdminBrokerProcessor.getAllDelayOffset. */
handler_fn delay_all_handler;
/* view_handler.c.  Rule: QueryMessageProcessor.viewMessageById. */
handler_fn view_handler;
/* query_handler.c.  Rule: QueryMessageProcessor.queryMessage. */
handler_fn query_handler;
/* topic_handler.c.  Rule: AdminBrokerProcessor. */
handler_fn topic_update_handler, topic_update_list_handler, topic_delete_handler, topic_all_handler, topic_get_handler,
	topic_system_list_handler;
/* group_handler.c.  Rule: AdminBrokerProcessor. */
handler_fn group_update_handler, group_update_list_handler, group_all_handler, group_get_handler, group_delete_handler,
	group_forbidden_handler;
/* stats_handler.c.  Rule: AdminBrokerProcessor. */
handler_fn topic_stats_handler, group_stats_handler, broker_stats_handler;
/* stat_view_handler.c.  Rule: AdminBrokerProcessor.viewBrokerStatsData. */
handler_fn stat_view_handler;
/* who_handler.c.  Rule: AdminBrokerProcessor. */
handler_fn topic_consumers_handler, group_topics_handler, group_subscription_handler;
/* time_span_handler.c.  Rule: AdminBrokerProcessor.queryConsumeTimeSpan. */
handler_fn time_span_handler;
/* queue_handler.c.  Rule: AdminBrokerProcessor.queryConsumeQueue. */
handler_fn queue_handler;
/* config_handler.c, broker_handler.c.  Rule: AdminBrokerProcessor. */
handler_fn broker_config_handler, broker_config_update_handler, broker_runtime_handler;
/* clean_handler.c.  Rule: AdminBrokerProcessor. */
handler_fn clean_log_handler, clean_queues_handler, clean_topics_handler;
/* ha_handler.c.  Rule: AdminBrokerProcessor. */
handler_fn ha_status_handler, ha_reset_handler, ha_epoch_handler;

/** A subscription as the next JSON value.  Rule: SubscriptionData.  client_list_handler.c */
void client_sub_put(struct lmi_json_out *o, const struct client_sub *s);

/** Delete a topic with its offsets, what is in flight of it and its queues.  0 or errors of store_delete_topic.  topic_handler.c */
int topic_delete_one(struct handle *h, struct lmi_span name);

/**
 * The topics in which messages of a topic return to a group that pops it, collected since offsets go with them.
 *
 * @topic  empty: any
 * @group  empty: any
 * @out    borrows from the arena
 *
 * Returns how many.
 */
size_t topic_pop_retries(struct handle *h, struct lmi_span topic, struct lmi_span group, struct lmi_span **out);

/** Tell the store what a topic promises.  Errors of store_set_flush. */
int topic_tell_flush(struct store *s, const struct topic *t);

/* ---- what happens between requests, called by the core loop ---- */

/** Answer what waits for a mark that has moved, or whose time is over.  Rule: SendMessageProcessor.handlePutMessageResult. */
void send_complete(struct handle *h);

/** The queues of a topic are known now, or will not be: answer who waits for them. */
void assignment_wake(struct handle *h, struct lmi_span topic);
/** Nobody will be told any more (the broker stops). */
void assignment_give_up(struct handle *h);

/** Give woken pulls their answer. */
void pull_wake(struct handle *h);

/** Enter pops again that were woken, pop_wake.c. */
void pop_wake(struct handle *h);

/** Whether an arrival matters to a hold: see hold_table_init. */
bool pull_wants(void *ctx, const struct hold *hold, int64_t tags_code);

/** Tell the members of groups that have changed.  Rule: Broker2Client.notifyConsumerIdsChanged. */
void client_notify_changed(struct handle *h);

/** A connection is gone: its memberships and holds. */
void handle_peer_closed(struct handle *h, struct peer *p);

#endif
