/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/rules, L1: pure rules that both sides of the wire must agree on.
 * Anybody above may use it; it uses base and wire.
 *
 * Names of topics and groups: what is allowed, what is the system's, and how retry and dead letter topics are called.
 * Rule: TopicValidator, Validators, MixAll, NamespaceUtil.
 */
#ifndef LMI_RULES_NAME_H
#define LMI_RULES_NAME_H

#include "base/bytes.h"

#define LMI_NAME_TOPIC_MAX 127u  /* characters; rule: TopicValidator.TOPIC_MAX_LENGTH */
#define LMI_NAME_RETRY_MAX 255u  /* of %RETRY% and %DLQ% topics; rule: TopicValidator.RETRY_OR_DLQ_TOPIC_MAX_LENGTH */
#define LMI_NAME_GROUP_MAX 120u  /* rule: TopicValidator.GROUP_MAX_LENGTH */
#define LMI_NAME_MAX 255u        /* of any topic or group that passes one of the checks here */

#define LMI_NAME_RETRY_PREFIX "%RETRY%"
#define LMI_NAME_DLQ_PREFIX "%DLQ%"
#define LMI_NAME_SYSTEM_PREFIX "rmq_sys_"
#define LMI_NAME_SYSTEM_GROUP_PREFIX "CID_RMQ_SYS_"

#define LMI_NAME_AUTO_CREATE "TBW102"
#define LMI_NAME_SCHEDULE "SCHEDULE_TOPIC_XXXX"
#define LMI_NAME_HALF "RMQ_SYS_TRANS_HALF_TOPIC"
#define LMI_NAME_OP_HALF "RMQ_SYS_TRANS_OP_HALF_TOPIC"
#define LMI_NAME_CHECK_MAX "TRANS_CHECK_MAX_TIME_TOPIC"
#define LMI_NAME_SELF_TEST "SELF_TEST_TOPIC"
#define LMI_NAME_OFFSET_MOVED "OFFSET_MOVED_EVENT"
#define LMI_NAME_BENCHMARK "BenchmarkTest"
#define LMI_NAME_TRACE "RMQ_SYS_TRACE_TOPIC"
#define LMI_NAME_TIMER "rmq_sys_wheel_timer"
#define LMI_NAME_GROUP_TRANS "CID_RMQ_SYS_TRANS"

enum lmi_name_fault {
	LMI_NAME_OK = 0,
	LMI_NAME_BLANK,
	LMI_NAME_BAD_CHARACTER, /* other than % | a-z A-Z 0-9 _ - */
	LMI_NAME_TOO_LONG
};

/** What is wrong with a topic's name.  Retry and dead letter topics may be longer. */
LMI_API enum lmi_name_fault lmi_name_topic_check(struct lmi_span topic);
LMI_API enum lmi_name_fault lmi_name_group_check(struct lmi_span group);

static inline bool lmi_name_topic_ok(struct lmi_span topic)
{
	return lmi_name_topic_check(topic) == LMI_NAME_OK;
}

static inline bool lmi_name_group_ok(struct lmi_span group)
{
	return lmi_name_group_check(group) == LMI_NAME_OK;
}

/** A phrase for people that follows the name: "is empty", "holds a character other than …".  Lives for ever. */
LMI_API const char *lmi_name_fault_text(enum lmi_name_fault fault);

LMI_API bool lmi_name_is_retry(struct lmi_span topic);
LMI_API bool lmi_name_is_dlq(struct lmi_span topic);

/** One of RocketMQ's own topics, or one that begins with rmq_sys_. */
LMI_API bool lmi_name_is_system_topic(struct lmi_span topic);
/** One of RocketMQ's own groups, or one that begins with CID_RMQ_SYS_.  They are not counted, listed or deleted as users' groups. */
LMI_API bool lmi_name_is_system_group(struct lmi_span group);

/** False for the topics into which only a broker itself may write.  Rule: TopicValidator.isNotAllowedSendTopic. */
LMI_API bool lmi_name_may_send(struct lmi_span topic);

/**
 * Build %RETRY%group or %DLQ%group.
 *
 * @out  LMI_NAME_MAX + 1 bytes; NUL-terminated
 *
 * Returns the length, or 0 when it would be longer than LMI_NAME_MAX.
 */
LMI_API size_t lmi_name_retry_topic(struct lmi_span group, char *out);
LMI_API size_t lmi_name_dlq_topic(struct lmi_span group, char *out);

/**
 * Build the topic to which a POP group's messages of a topic return: %RETRY%group_topic, or with @v2 %RETRY%group+topic,
 * which cannot be mistaken.  As lmi_name_retry_topic.  Rule: KeyBuilder.buildPopRetryTopic.
 */
LMI_API size_t lmi_name_pop_retry_topic(struct lmi_span topic, struct lmi_span group, bool v2, char *out);

/** A POP retry topic with the second kind of name.  Rule: KeyBuilder.isPopRetryTopicV2. */
LMI_API bool lmi_name_is_pop_retry_v2(struct lmi_span topic);

/** The group in the name of a retry or dead letter topic; p == NULL when it is neither. */
LMI_API struct lmi_span lmi_name_group_of(struct lmi_span topic);

#endif
