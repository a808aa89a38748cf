/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/name.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Rule: TopicValidator.SYSTEM_TOPIC_SET, and TopicConfigManager for those that a broker makes at start. */
static const char *const system_topics[] = {
	LMI_NAME_AUTO_CREATE,
	LMI_NAME_SCHEDULE,
	LMI_NAME_BENCHMARK,
	LMI_NAME_HALF,
	LMI_NAME_TRACE,
	LMI_NAME_OP_HALF,
	LMI_NAME_CHECK_MAX,
	LMI_NAME_SELF_TEST,
	LMI_NAME_OFFSET_MOVED,
	"CHECKPOINT_TOPIC"
};

/* Rule: TopicValidator.NOT_ALLOWED_SEND_TOPIC_SET. */
static const char *const closed_topics[] = {
	LMI_NAME_SCHEDULE,
	LMI_NAME_HALF,
	LMI_NAME_OP_HALF,
	LMI_NAME_CHECK_MAX,
	LMI_NAME_SELF_TEST,
	LMI_NAME_OFFSET_MOVED
};

/* Rule: MixAll and BrokerController.initialize, the groups made by SubscriptionGroupManager.init. */
static const char *const system_groups[] = {
	"TOOLS_CONSUMER",
	"FILTERSRV_CONSUMER",
	"SELF_TEST_C_GROUP",
	"CID_ONS-HTTP-PROXY",
	"CID_ONSAPI_PULL",
	"CID_ONSAPI_PERMISSION",
	"CID_ONSAPI_OWNER",
	LMI_NAME_GROUP_TRANS
};

static bool is_allowed(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	       c == '%' || c == '|';
}

static enum lmi_name_fault check(struct lmi_span name, size_t max)
{
	bool blank = true;
	for (size_t i = 0; i < name.n; i++)
		blank = blank && name.p[i] <= ' ';
	if (blank)
		return LMI_NAME_BLANK;
	for (size_t i = 0; i < name.n; i++)
		if (!is_allowed(name.p[i]))
			return LMI_NAME_BAD_CHARACTER;
	return name.n > max ? LMI_NAME_TOO_LONG : LMI_NAME_OK;
}

enum lmi_name_fault lmi_name_topic_check(struct lmi_span topic)
{
	bool wide = lmi_name_is_retry(topic) || lmi_name_is_dlq(topic);
	return check(topic, wide ? LMI_NAME_RETRY_MAX : LMI_NAME_TOPIC_MAX);
}

enum lmi_name_fault lmi_name_group_check(struct lmi_span group)
{
	return check(group, LMI_NAME_GROUP_MAX);
}

const char *lmi_name_fault_text(enum lmi_name_fault fault)
{
	switch (fault) {
	case LMI_NAME_OK:
		return "is allowed";
	case LMI_NAME_BLANK:
		return "is empty";
	case LMI_NAME_BAD_CHARACTER:
		return "holds a character other than % | a-z A-Z 0-9 _ -";
	case LMI_NAME_TOO_LONG:
		return "is longer than allowed (topics 127 characters, retry and dead letter topics 255, groups 120)";
	}
	return "is not allowed";
}

bool lmi_name_is_retry(struct lmi_span topic)
{
	return lmi_span_starts(topic, LMI_SPAN_LIT(LMI_NAME_RETRY_PREFIX));
}

bool lmi_name_is_dlq(struct lmi_span topic)
{
	return lmi_span_starts(topic, LMI_SPAN_LIT(LMI_NAME_DLQ_PREFIX));
}

static bool is_one_of(struct lmi_span name, const char *const *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lmi_span_is(name, set[i]))
			return true;
	return false;
}

bool lmi_name_is_system_topic(struct lmi_span topic)
{
	return lmi_span_starts(topic, LMI_SPAN_LIT(LMI_NAME_SYSTEM_PREFIX)) ||
	       is_one_of(topic, system_topics, COUNT(system_topics));
}

bool lmi_name_is_system_group(struct lmi_span group)
{
	return lmi_span_starts(group, LMI_SPAN_LIT(LMI_NAME_SYSTEM_GROUP_PREFIX)) ||
	       is_one_of(group, system_groups, COUNT(system_groups));
}

bool lmi_name_may_send(struct lmi_span topic)
{
	return !is_one_of(topic, closed_topics, COUNT(closed_topics));
}

static size_t join(struct lmi_span prefix, struct lmi_span group, char *out)
{
	size_t n = prefix.n + group.n;
	if (n > LMI_NAME_MAX)
		return 0;
	memcpy(out, prefix.p, prefix.n);
	if (group.n)
		memcpy(out + prefix.n, group.p, group.n);
	out[n] = '\0';
	return n;
}

size_t lmi_name_retry_topic(struct lmi_span group, char *out)
{
	return join(LMI_SPAN_LIT(LMI_NAME_RETRY_PREFIX), group, out);
}

size_t lmi_name_dlq_topic(struct lmi_span group, char *out)
{
	return join(LMI_SPAN_LIT(LMI_NAME_DLQ_PREFIX), group, out);
}

size_t lmi_name_pop_retry_topic(struct lmi_span topic, struct lmi_span group, bool v2, char *out)
{
	size_t n = sizeof(LMI_NAME_RETRY_PREFIX) - 1 + group.n + 1 + topic.n;
	if (n > LMI_NAME_MAX)
		return 0;
	size_t at = join(LMI_SPAN_LIT(LMI_NAME_RETRY_PREFIX), group, out);
	out[at++] = v2 ? '+' : '_';
	if (topic.n)
		memcpy(out + at, topic.p, topic.n);
	out[n] = '\0';
	return n;
}

bool lmi_name_is_pop_retry_v2(struct lmi_span topic)
{
	return lmi_name_is_retry(topic) && memchr(topic.p, '+', topic.n) != NULL;
}

struct lmi_span lmi_name_group_of(struct lmi_span topic)
{
	size_t skip;
	if (lmi_name_is_retry(topic))
		skip = sizeof(LMI_NAME_RETRY_PREFIX) - 1;
	else if (lmi_name_is_dlq(topic))
		skip = sizeof(LMI_NAME_DLQ_PREFIX) - 1;
	else
		return LMI_SPAN_NULL;
	return lmi_span(topic.p + skip, topic.n - skip);
}
