/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handlers and duties need of the configuration; filled once by the program, spans live as long as the broker.
 * Names in comments are the configuration's keys.
 */
#ifndef LIGHTMQ_BROKER_HANDLE_SETTINGS_H
#define LIGHTMQ_BROKER_HANDLE_SETTINGS_H

#include "base/bytes.h"
#include "rules/delay_level.h"
#include "wire/record.h"

struct broker_settings {
	struct lmi_span cluster_name;     /* brokerClusterName */
	struct lmi_span broker_name;      /* brokerName */
	int64_t broker_id;                /* brokerId */
	struct lmi_span region_id;        /* regionId */
	struct lmi_span address;          /* what is registered: brokerIP1 and the real port */
	struct lmi_span ha_address;       /* brokerIP2 and haListenPort */
	struct lmi_host host;             /* the same as address; stamped on records */
	int32_t permission;               /* brokerPermission */
	int32_t default_topic_queues;     /* defaultTopicQueueNums */
	bool auto_create_topic;           /* autoCreateTopicEnable */
	bool auto_create_group;           /* autoCreateSubscriptionGroup */
	bool cluster_topic, broker_topic; /* clusterTopicEnable, brokerTopicEnable */
	bool trace_topic, trace_on;       /* traceTopicEnable, traceOn */
	bool long_polling;                /* longPollingEnable */
	int64_t short_polling_ms;         /* shortPollingTimeMills */
	bool lite_pull;                   /* litePullMessageEnable */
	bool property_filter;             /* enablePropertyFilter */
	bool store_replies;               /* storeReplyMessageEnable */
	bool slave_read;                  /* slaveReadEnable */
	bool sync_flush;                  /* flushDiskType SYNC_FLUSH */
	int64_t sync_timeout_ms;          /* syncFlushTimeout */
	uint32_t message_max_bytes;       /* maxMessageSize */
	bool reject_transactions;         /* rejectTransactionMessage */
	int64_t transaction_timeout_ms;   /* transactionTimeOut */
	int64_t transaction_interval_ms;  /* transactionCheckInterval */
	int32_t transaction_checks;       /* transactionCheckMax */
	bool timer_enable;                /* timerWheelEnable */
	int32_t timer_precision_ms;       /* timerPrecisionMs; 0: 1000 */
	int64_t timer_max_delay_ms;       /* timerMaxDelaySec */
	int32_t timer_slot_max;           /* timerCongestNumEachSlot */
	bool recall_enable;               /* recallMessageEnable */
	int64_t reserved_ms;              /* fileReservedTime; 0: messages are kept for ever */
	/* POP */
	bool default_pop;                 /* defaultMessageRequestMode: POP */
	int32_t default_pop_share;        /* defaultPopShareQueueNum */
	bool pop_retry_v2;                /* enableRetryTopicV2 */
	bool pop_retry_v1_too;            /* retrieveMessageFromPopRetryTopicV1 */
	int32_t pop_retry_percent;        /* popFromRetryProbability */
	bool pop_actual_retry_topic;      /* popResponseReturnActualRetryTopic */
	bool pop_init_in_memory;          /* initPopOffsetByCheckMsgInMem */
	bool pop_threshold_on;            /* enablePopMessageThreshold */
	int32_t pop_threshold;            /* popInflightMessageThreshold */
	int64_t register_period_ms;       /* registerNameServerPeriod */
	bool server_side_reset;           /* useServerSideResetOffset */
	int64_t offsets_period_ms;        /* flushConsumerOffsetInterval */
	int64_t delays_period_ms;         /* flushDelayOffsetInterval */
	struct lmi_delay_levels delay_levels; /* messageDelayLevel; none: RocketMQ's 18 */
};

#endif
