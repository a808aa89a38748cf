/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/group_config.h"

#include "wire/json_body.h"

void lmi_group_config_init(struct lmi_group_config *g, struct lmi_span name)
{
	*g = (struct lmi_group_config){
		.name = name,
		.consume_enable = true,
		.consume_from_min_enable = true,
		.consume_broadcast_enable = true,
		.notify_ids_changed_enable = true,
		.retry_queues = 1,
		.retry_max_times = 16,
		.consume_timeout_min = 15,
		.which_broker_when_slow = 1,
	};
}

/* A member of text or raw JSON; 1 when it is none of these. */
static int span_member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_arena *arena,
		       struct lmi_group_config *g)
{
	if (lmi_json_is(key, "groupName"))
		return lmi_json_string(j, arena, &g->name);
	if (lmi_json_is(key, "groupRetryPolicy"))
		return json_raw_of(j, '{', &g->retry_policy);
	if (lmi_json_is(key, "subscriptionDataSet"))
		return json_raw_of(j, '[', &g->subscriptions);
	if (lmi_json_is(key, "attributes"))
		return json_raw_of(j, '{', &g->attributes);
	return 1;
}

static int member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_group_config *g)
{
	if (lmi_json_is(key, "consumeEnable"))
		return lmi_json_bool(j, &g->consume_enable);
	if (lmi_json_is(key, "consumeFromMinEnable"))
		return lmi_json_bool(j, &g->consume_from_min_enable);
	if (lmi_json_is(key, "consumeBroadcastEnable"))
		return lmi_json_bool(j, &g->consume_broadcast_enable);
	if (lmi_json_is(key, "consumeMessageOrderly"))
		return lmi_json_bool(j, &g->consume_message_orderly);
	if (lmi_json_is(key, "notifyConsumerIdsChangedEnable"))
		return lmi_json_bool(j, &g->notify_ids_changed_enable);
	if (lmi_json_is(key, "retryQueueNums"))
		return lmi_json_i32(j, &g->retry_queues);
	if (lmi_json_is(key, "retryMaxTimes"))
		return lmi_json_i32(j, &g->retry_max_times);
	if (lmi_json_is(key, "consumeTimeoutMinute"))
		return lmi_json_i32(j, &g->consume_timeout_min);
	if (lmi_json_is(key, "groupSysFlag"))
		return lmi_json_i32(j, &g->sysflag);
	if (lmi_json_is(key, "brokerId"))
		return lmi_json_i64(j, &g->broker_id);
	if (lmi_json_is(key, "whichBrokerWhenConsumeSlowly"))
		return lmi_json_i64(j, &g->which_broker_when_slow);
	return lmi_json_skip(j);
}

int lmi_group_config_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_group_config *out)
{
	struct lmi_group_config g;
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	lmi_group_config_init(&g, LMI_SPAN_NULL);
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read = span_member(j, &key, arena, &g);

		if (read > 0)
			read = member(j, &key, &g);
		if (read < 0)
			return read;
	}
	if (r == 0)
		*out = g;
	return r;
}

int lmi_group_config_decode(struct lmi_span text, struct lmi_arena *arena, struct lmi_group_config *out)
{
	struct lmi_group_config g;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, text);
	r = lmi_group_config_read(&j, arena, &g);
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = g;
	return r;
}

static void put_bool(struct lmi_json_out *o, const char *key, bool value)
{
	lmi_json_put_key(o, key);
	lmi_json_put_bool(o, value);
}

static void put_i64(struct lmi_json_out *o, const char *key, int64_t value)
{
	lmi_json_put_key(o, key);
	lmi_json_put_i64(o, value);
}

static void put_raw(struct lmi_json_out *o, const char *key, struct lmi_span raw, struct lmi_span otherwise)
{
	lmi_json_put_key(o, key);
	lmi_json_put_raw(o, raw.p ? raw : otherwise);
}

void lmi_group_config_put(struct lmi_json_out *o, const struct lmi_group_config *g)
{
	lmi_json_put_object(o);
	put_raw(o, "attributes", g->attributes, LMI_SPAN_LIT("{}"));
	put_i64(o, "brokerId", g->broker_id);
	put_bool(o, "consumeBroadcastEnable", g->consume_broadcast_enable);
	put_bool(o, "consumeEnable", g->consume_enable);
	put_bool(o, "consumeFromMinEnable", g->consume_from_min_enable);
	put_bool(o, "consumeMessageOrderly", g->consume_message_orderly);
	put_i64(o, "consumeTimeoutMinute", g->consume_timeout_min);
	lmi_json_put_key(o, "groupName");
	lmi_json_put_string(o, g->name);
	put_raw(o, "groupRetryPolicy", g->retry_policy, LMI_SPAN_LIT("{\"type\":\"CUSTOMIZED\"}"));
	put_i64(o, "groupSysFlag", g->sysflag);
	put_bool(o, "notifyConsumerIdsChangedEnable", g->notify_ids_changed_enable);
	put_i64(o, "retryMaxTimes", g->retry_max_times);
	put_i64(o, "retryQueueNums", g->retry_queues);
	if (g->subscriptions.p)
		put_raw(o, "subscriptionDataSet", g->subscriptions, LMI_SPAN_NULL);
	put_i64(o, "whichBrokerWhenConsumeSlowly", g->which_broker_when_slow);
	lmi_json_put_object_end(o);
}
