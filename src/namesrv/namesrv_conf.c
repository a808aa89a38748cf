/* SPDX-License-Identifier: Apache-2.0 */
#include "namesrv/namesrv_conf.h"

#include <stdio.h>

#include "wire/codes.h"

void namesrv_conf_check(struct conf *c)
{
	const char *path = conf_text(c, "kvConfigPath");

	if (!*path || path[strlen(path) - 1] == '/')
		conf_complain(c, "%s: kvConfigPath: \"%s\" is not the name of a file", conf_origin(c, "kvConfigPath"), path);
	path = conf_text(c, "configStorePath");
	if (*path && path[strlen(path) - 1] == '/')
		conf_complain(c, "%s: configStorePath: \"%s\" is not the name of a file", conf_origin(c, "configStorePath"), path);
}

void namesrv_conf_changes(const struct conf *c, char *path, size_t cap)
{
	const char *kv = conf_text(c, "kvConfigPath"), *slash = strrchr(kv, '/');

	if (*conf_text(c, "configStorePath"))
		snprintf(path, cap, "%s", conf_text(c, "configStorePath"));
	else
		snprintf(path, cap, "%.*snamesrv.yaml", slash ? (int)(slash - kv + 1) : 0, kv);
}

void namesrv_conf_live(const struct conf *c, struct namesrv_config *cfg)
{
	cfg->order_message = conf_bool(c, "orderMessageEnable");
	cfg->return_order_config = conf_bool(c, "returnOrderTopicConfigToBroker");
	cfg->all_topic_list = conf_bool(c, "enableAllTopicList");
	cfg->unit_topic_list = conf_bool(c, "enableTopicList");
	cfg->limits.delete_missing_topics = conf_bool(c, "deleteTopicWithBrokerRegistration");
	cfg->limits.acting_master = conf_bool(c, "supportActingMaster");
	cfg->notify_min_id = conf_bool(c, "notifyMinBrokerIdChanged");
	cfg->need_wait = conf_bool(c, "needWaitForService");
	cfg->wait_ms = conf_i64(c, "waitSecondsForService") * 1000;
}

void namesrv_conf_fill(const struct conf *c, struct namesrv_config *cfg)
{
	cfg->limits = (struct route_limits){
		.topics_max = (size_t)conf_i64(c, "maxTopics"),
		.topics_per_broker_max = (size_t)conf_i64(c, "maxTopicsPerBroker"),
		.brokers_max = (size_t)conf_i64(c, "maxBrokers"),
		.expire_ms = conf_i64(c, "brokerChannelExpiredTime"),
	};
	cfg->scan_interval_ms = conf_i64(c, "scanNotActiveBrokerInterval");
	namesrv_conf_live(c, cfg);
}

/* Rule: DefaultRequestProcessor.validateBlackListConfigExist. */
static bool black_listed(const struct conf *c, struct lmi_span key)
{
	const char *list = conf_text(c, "configBlackList");

	if (lmi_span_is(key, "configBlackList") || lmi_span_is(key, "configStorePath") || lmi_span_is(key, "kvConfigPath") ||
	    lmi_span_is(key, "rocketmqHome"))
		return true;
	while (*list) {
		size_t n = strcspn(list, ";");

		if (lmi_span_eq(key, lmi_span(list, n)))
			return true;
		list += n + (list[n] == ';');
	}
	return false;
}

int32_t namesrv_conf_change(struct conf *c, struct lmi_span key, struct lmi_span value, bool change, char *why, size_t cap)
{
	int r;

	if (black_listed(c, key)) {
		snprintf(why, cap, "Can not update config in black list.");
		return LMI_RSP_NO_PERMISSION;
	}
	r = conf_change(c, key, value, change, why, cap);
	if (r < 0)
		return r == -LMQ_EILLEGAL ? LMI_RSP_NO_PERMISSION : LMI_RSP_INVALID_PARAMETER;
	return LMI_RSP_SUCCESS;
}
