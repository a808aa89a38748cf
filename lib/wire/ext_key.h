/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every extField name that we read or write, as a number: one table, so that a
 * header's keys are matched once, at decode, without building a map.
 * X(id, "name")
 */
#ifndef LMI_WIRE_EXT_KEY_H
#define LMI_WIRE_EXT_KEY_H

#include "base/bytes.h"

#define LMI_EXT_KEYS(X) \
	/* SendMessageRequestHeaderV2 */ \
	X(A, "a") X(B, "b") X(C, "c") X(D, "d") X(E, "e") X(F, "f") X(G, "g") X(H, "h") X(I, "i") X(J, "j") X(K, "k") \
	X(L, "l") X(M, "m") X(N, "n") \
	/* long names of clients' requests */ \
	X(PRODUCER_GROUP, "producerGroup") X(TOPIC, "topic") X(DEFAULT_TOPIC, "defaultTopic") \
	X(DEFAULT_TOPIC_QUEUE_NUMS, "defaultTopicQueueNums") X(QUEUE_ID, "queueId") X(SYS_FLAG, "sysFlag") \
	X(BORN_TIMESTAMP, "bornTimestamp") X(FLAG, "flag") X(PROPERTIES, "properties") X(RECONSUME_TIMES, "reconsumeTimes") \
	X(UNIT_MODE, "unitMode") X(MAX_RECONSUME_TIMES, "maxReconsumeTimes") X(BATCH, "batch") X(BNAME, "bname") \
	X(NS, "ns") X(NSD, "nsd") X(OWAY, "oway") X(LO, "lo") \
	X(CONSUMER_GROUP, "consumerGroup") X(QUEUE_OFFSET, "queueOffset") X(MAX_MSG_NUMS, "maxMsgNums") \
	X(COMMIT_OFFSET, "commitOffset") X(SUSPEND_TIMEOUT_MILLIS, "suspendTimeoutMillis") X(SUBSCRIPTION, "subscription") \
	X(SUB_VERSION, "subVersion") X(EXPRESSION_TYPE, "expressionType") X(MAX_MSG_BYTES, "maxMsgBytes") \
	X(REQUEST_SOURCE, "requestSource") X(PROXY_FORWARD_CLIENT_ID, "proxyFrowardClientId") \
	X(SET_ZERO_IF_NOT_FOUND, "setZeroIfNotFound") X(TIMESTAMP, "timestamp") X(BOUNDARY_TYPE, "boundaryType") \
	X(COMMITTED, "committed") X(OFFSET, "offset") X(GROUP, "group") X(DELAY_LEVEL, "delayLevel") \
	X(ORIGIN_MSG_ID, "originMsgId") X(ORIGIN_TOPIC, "originTopic") X(CLIENT_ID_UPPER, "clientID") X(CLIENT_ID, "clientId") \
	X(KEY, "key") X(MAX_NUM, "maxNum") X(BEGIN_TIMESTAMP, "beginTimestamp") X(END_TIMESTAMP, "endTimestamp") \
	X(UNIQUE_KEY_QUERY, "_UNIQUE_KEY_QUERY") X(INDEX_TYPE, "indexType") X(RECALL_HANDLE, "recallHandle") \
	X(TRAN_STATE_TABLE_OFFSET, "tranStateTableOffset") X(COMMIT_LOG_OFFSET, "commitLogOffset") \
	X(COMMIT_OR_ROLLBACK, "commitOrRollback") X(FROM_TRANSACTION_CHECK, "fromTransactionCheck") X(MSG_ID, "msgId") \
	X(TRANSACTION_ID, "transactionId") X(OFFSET_MSG_ID, "offsetMsgId") X(CLIENT_ADDR, "clientAddr") \
	/* answers */ \
	X(BATCH_UNIQ_ID, "batchUniqId") X(MSG_REGION, "MSG_REGION") X(TRACE_ON, "TRACE_ON") \
	X(SUGGEST_WHICH_BROKER_ID, "suggestWhichBrokerId") X(NEXT_BEGIN_OFFSET, "nextBeginOffset") X(MIN_OFFSET, "minOffset") \
	X(MAX_OFFSET, "maxOffset") X(OFFSET_DELTA, "offsetDelta") X(TOPIC_SYS_FLAG, "topicSysFlag") \
	X(GROUP_SYS_FLAG, "groupSysFlag") X(FORBIDDEN_TYPE, "forbiddenType") X(VERSION, "version") \
	X(IS_SUPPORT_HEART_BEAT_V2, "IS_SUPPORT_HEART_BEAT_V2") X(IS_SUB_CHANGE, "IS_SUB_CHANGE") \
	X(INDEX_LAST_UPDATE_TIMESTAMP, "indexLastUpdateTimestamp") X(INDEX_LAST_UPDATE_PHYOFFSET, "indexLastUpdatePhyoffset") \
	/* POP */ \
	X(INVISIBLE_TIME, "invisibleTime") X(POLL_TIME, "pollTime") X(BORN_TIME, "bornTime") X(INIT_MODE, "initMode") \
	X(EXP_TYPE, "expType") X(EXP, "exp") X(ATTEMPT_ID, "attemptId") X(EXTRA_INFO, "extraInfo") X(POP_TIME, "popTime") \
	X(REVIVE_QID, "reviveQid") X(REST_NUM, "restNum") X(START_OFFSET_INFO, "startOffsetInfo") \
	X(MSG_OFFSET_INFO, "msgOffsetInfo") X(ORDER_COUNT_INFO, "orderCountInfo") X(HAS_MSG, "hasMsg") \
	X(POLLING_FULL, "pollingFull") X(POLLING_NUM, "pollingNum") \
	/* name server */ \
	X(BROKER_NAME, "brokerName") X(BROKER_ADDR, "brokerAddr") X(CLUSTER_NAME, "clusterName") X(HA_SERVER_ADDR, "haServerAddr") \
	X(BROKER_ID, "brokerId") X(HEARTBEAT_TIMEOUT_MILLIS, "heartbeatTimeoutMillis") \
	X(HEARTBEAT_TIMEOUT_MILLS, "heartbeatTimeoutMills") X(ENABLE_ACTING_MASTER, "enableActingMaster") \
	X(COMPRESSED, "compressed") X(BODY_CRC32, "bodyCrc32") X(MASTER_ADDR, "masterAddr") X(CHANGED, "changed") \
	X(ACCEPT_STANDARD_JSON_ONLY, "acceptStandardJsonOnly") X(EPOCH, "epoch") X(CONFIRM_OFFSET, "confirmOffset") \
	X(ELECTION_PRIORITY, "electionPriority") X(NAMESPACE, "namespace") X(VALUE, "value") X(CLUSTER, "cluster") \
	X(ZONE_NAME, "__ZONE_NAME") X(ZONE_MODE, "__ZONE_MODE") X(WIPE_TOPIC_COUNT, "wipeTopicCount") \
	X(ADD_TOPIC_COUNT, "addTopicCount") \
	/* administration */ \
	X(READ_QUEUE_NUMS, "readQueueNums") X(WRITE_QUEUE_NUMS, "writeQueueNums") X(PERM, "perm") \
	X(TOPIC_FILTER_TYPE, "topicFilterType") X(ORDER, "order") X(ATTRIBUTES, "attributes") X(FORCE, "force") \
	X(GROUP_NAME, "groupName") X(CLEAN_OFFSET, "cleanOffset") X(TOPIC_SEQ, "topicSeq") X(DATA_VERSION, "dataVersion") \
	X(MAX_TOPIC_NUM, "maxTopicNum") X(TOTAL_TOPIC_NUM, "totalTopicNum") X(IS_FORCE, "isForce") X(SRC_GROUP, "srcGroup") \
	X(DEST_GROUP, "destGroup") X(OFFLINE, "offline") X(FILTER_GROUPS, "filterGroups") X(COMPARE_GROUP, "compareGroup") \
	X(TOPIC_LIST, "topicList") X(READABLE, "readable") X(INDEX, "index") X(COUNT, "count") X(IS_ORDER, "isOrder") \
	X(STATS_NAME, "statsName") X(STATS_KEY, "statsKey") X(MASTER_FLUSH_OFFSET, "masterFlushOffset") \
	/* access control, generic */ \
	X(ACCESS_KEY, "AccessKey") X(SIGNATURE, "Signature") X(SECURITY_TOKEN, "SecurityToken") X(ONS_CHANNEL, "OnsChannel")

enum lmi_ext_key {
	LMI_EXT_UNKNOWN = 0,
#define X(id, name) LMI_EXT_##id,
	LMI_EXT_KEYS(X)
#undef X
	LMI_EXT_LAST
};

/** The number of a name, or LMI_EXT_UNKNOWN.  Constant time, no allocation. */
LMI_API enum lmi_ext_key lmi_ext_key_find(struct lmi_span name);
LMI_API struct lmi_span lmi_ext_key_name(enum lmi_ext_key key);

#endif
