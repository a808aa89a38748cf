/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/broker_conf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rules/name.h"

#define QUEUE_UNIT 20 /* bytes of a consume queue entry */

#define HOST_NAME_MAX_CHARS 253

/* ---- checks between keys ---- */

static bool is_loopback(const char *host)
{
	struct lmi_host h;
	char text[LMI_HOST_CHARS];
	if (strcmp(host, "localhost") == 0)
		return true;
	if (snprintf(text, sizeof(text), strchr(host, ':') ? "[%s]:0" : "%s:0", host) >= (int)sizeof(text) ||
	    lmi_host_parse(text, &h))
		return false;
	static const uint8_t one6[16] = { [15] = 1 };
	return h.v6 ? memcmp(h.addr, one6, sizeof(one6)) == 0 : h.addr[0] == 127;
}

static bool is_any(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* The first name server that is not on this machine, or NULL.  @out holds its host. */
static const char *elsewhere(const char *servers, char *out, size_t cap)
{
	while (*servers) {
		servers += strspn(servers, "; \t");
		size_t n = strcspn(servers, "; \t"), host = n;
		while (host && servers[host - 1] != ':')
			host--;
		if (host && host - 1 < cap) {
			bool v6 = servers[0] == '[';
			snprintf(out, cap, "%.*s", (int)(v6 && host > 2 ? host - 3 : host - 1), servers + v6);
			if (!is_loopback(out))
				return out;
		}
		servers += n;
	}
	return NULL;
}

/* What goes into a request line goes in as it is. */
static void check_address_server(struct conf *c)
{
	static const char *const keys[] = { "rmqAddressServerDomain", "rmqAddressServerSubGroup" };
	for (size_t i = 0; i < 2; i++) {
		const char *text = conf_text(c, keys[i]);
		size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]/?&=%");
		if (n == 0 || text[n] || n > 200)
			conf_complain(c, "%s: %s: \"%s\" cannot be part of an address", conf_origin(c, keys[i]), keys[i], text);
	}
}

static void check_retention(struct conf *c)
{
	int64_t budget = conf_i64(c, "storeMaxBytes"), least = BROKER_SEGMENTS_LEAST * conf_i64(c, "mappedFileSizeCommitLog");
	if (budget && budget < least)
		conf_complain(c, "%s: storeMaxBytes: %" PRId64 " is less than %d commit log files of mappedFileSizeCommitLog, %" PRId64
			      " bytes together", conf_origin(c, "storeMaxBytes"), budget, BROKER_SEGMENTS_LEAST, least);
	if (!retention_hours_ok(conf_text(c, "deleteWhen")))
		conf_complain(c, "%s: deleteWhen: %s is no list of hours from 0 to 23 such as 04;16", conf_origin(c, "deleteWhen"),
			      conf_text(c, "deleteWhen"));
	if (conf_i64(c, "diskSpaceCleanForciblyRatio") > conf_i64(c, "diskSpaceWarningLevelRatio"))
		conf_complain(c, "%s: diskSpaceCleanForciblyRatio is above diskSpaceWarningLevelRatio",
			      conf_origin(c, "diskSpaceCleanForciblyRatio"));
}

void broker_conf_check(struct conf *c)
{
	char host[256];
	const char *ip = conf_text(c, "brokerIP1"), *bind_address = conf_text(c, "bindAddress");
	const char *told = *ip ? ip : bind_address;
	bool fetched = conf_bool(c, "fetchNamesrvAddrByAddressServer");
	const char *far = fetched ? NULL : elsewhere(conf_text(c, "namesrvAddr"), host, sizeof(host));
	if (!*ip && is_any(bind_address))
		conf_complain(c, "%s: bindAddress: %s is every address of this machine: set brokerIP1 to the one that clients are "
			      "told", conf_origin(c, "bindAddress"), bind_address);
	else if (far && is_loopback(told))
		conf_complain(c, "%s: namesrvAddr: %s is on another machine, but clients would be told %s, which only this "
			      "machine can reach: set brokerIP1 and bindAddress", conf_origin(c, "namesrvAddr"), far, told);
	const char *metrics = conf_text(c, "metricsPromExporterHost");
	if (*metrics && !is_loopback(metrics) && !conf_bool(c, "insecure"))
		conf_complain(c, "%s: metricsPromExporterHost: %s is not a loopback address, and there is no access control: write insecure: "
			      "true if everybody who can reach the port may read", conf_origin(c, "metricsPromExporterHost"), metrics);
	if (strlen(conf_text(c, "brokerName")) > LMI_NAME_TOPIC_MAX || strlen(conf_text(c, "brokerClusterName")) > LMI_NAME_TOPIC_MAX)
		conf_complain(c, "brokerName and brokerClusterName may have %u characters", LMI_NAME_TOPIC_MAX);
	check_retention(c);
	check_address_server(c);
	struct lmi_delay_levels levels;
	if (lmi_delay_levels_parse(lmi_span_str(conf_text(c, "messageDelayLevel")), &levels))
		conf_complain(c, "%s: messageDelayLevel: %s is not a list such as \"1s 5s 1m 2h\" of at most %u times",
			      conf_origin(c, "messageDelayLevel"), conf_text(c, "messageDelayLevel"), LMI_DELAY_LEVELS_MAX);
	if (conf_i64(c, "maxHashSlotNum") * 4 + conf_i64(c, "maxIndexNum") * 20 > INT32_MAX - 40)
		conf_complain(c, "%s: maxHashSlotNum and maxIndexNum make index files above 2 GiB, which a Java broker cannot map",
			      conf_origin(c, "maxIndexNum"));
	if (!*conf_text(c, "brokerClusterName"))
		conf_complain(c, "%s: brokerClusterName is empty", conf_origin(c, "brokerClusterName"));
}

/* ---- filling ---- */

/* A name that DNS could know. */
static bool is_name(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	return n > 0 && n <= HOST_NAME_MAX_CHARS && !text[n] && strspn(text, "0123456789.") < n && text[0] != '-' && text[0] != '.';
}

static int port_above(int port)
{
	return port < 65535 ? port + 1 : port; /* rule: BrokerStartup, haListenPort */
}

/* Clients are told the name; records carry an address of this machine. */
static void fill_named(const char *name, const struct lmi_host *local, struct broker_texts *t, struct lmi_host *out)
{
	static const uint8_t any[16];
	snprintf(t->address, sizeof(t->address), "%s:%u", name, local->port);
	snprintf(t->ha_address, sizeof(t->ha_address), "%s:%d", name, port_above((int)local->port));
	*out = *local;
	if (memcmp(local->addr, any, local->v6 ? 16 : 4) == 0 && lmi_socket_addresses(out, 1) == 0)
		*out = *local;
	out->port = local->port;
}

static int fill_address(const struct conf *c, const struct lmi_host *local, struct broker_texts *t, struct lmi_host *out)
{
	struct lmi_host h = *local;
	const char *ip = conf_text(c, "brokerIP1");
	char text[LMI_HOST_CHARS];
	if (*ip && is_name(ip)) {
		fill_named(ip, local, t, out);
		return 0;
	}
	if (*ip) {
		if (snprintf(text, sizeof(text), strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip, local->port) >= (int)sizeof(text) ||
		    lmi_host_parse(text, &h))
			return -LMQ_EBADCONFIG;
	}
	*out = h;
	lmi_host_print(&h, t->address, sizeof(t->address));
	h.port = (uint32_t)port_above((int)h.port);
	lmi_host_print(&h, t->ha_address, sizeof(t->ha_address));
	return 0;
}

/* Rule: MixAll.getWSAddr: port 8080 unless the domain has one. */
static void fill_address_server(const struct conf *c, struct broker_texts *t, struct broker_config *out)
{
	const char *domain = conf_text(c, "rmqAddressServerDomain");
	out->address_period_ms = conf_i64(c, "updateNameServerAddrPeriod");
	out->address_path = t->address_path;
	out->address_server = t->address_server;
	if (!conf_bool(c, "fetchNamesrvAddrByAddressServer"))
		return;
	snprintf(t->address_server, sizeof(t->address_server), strchr(domain, ':') ? "%s" : "%s:8080", domain);
	snprintf(t->address_path, sizeof(t->address_path), "/rocketmq/%s", conf_text(c, "rmqAddressServerSubGroup"));
	out->name_servers = "";
}

static void fill_name(const struct conf *c, struct broker_texts *t)
{
	const char *name = conf_text(c, "brokerName");
	if (*name)
		snprintf(t->name, sizeof(t->name), "%s", name);
	else if (gethostname(t->name, sizeof(t->name) - 1) || !t->name[0])
		snprintf(t->name, sizeof(t->name), "DEFAULT_BROKER");
	t->name[sizeof(t->name) - 1] = '\0';
}

/* Rule: the ones that a Java broker's code reads each time. */
static void live_settings(const struct conf *c, struct broker_settings *s)
{
	s->auto_create_topic = conf_bool(c, "autoCreateTopicEnable");
	s->auto_create_group = conf_bool(c, "autoCreateSubscriptionGroup");
	s->property_filter = conf_bool(c, "enablePropertyFilter");
	s->long_polling = conf_bool(c, "longPollingEnable");
	s->short_polling_ms = conf_i64(c, "shortPollingTimeMills");
	s->permission = (int32_t)conf_i64(c, "brokerPermission");
	s->default_topic_queues = (int32_t)conf_i64(c, "defaultTopicQueueNums");
	s->trace_on = conf_bool(c, "traceOn");
	s->store_replies = conf_bool(c, "storeReplyMessageEnable");
	s->slave_read = conf_bool(c, "slaveReadEnable");
	s->reserved_ms = conf_i64(c, "fileReservedTime") * 1000;
	s->timer_max_delay_ms = conf_i64(c, "timerMaxDelaySec") * 1000;
	s->timer_slot_max = (int32_t)conf_i64(c, "timerCongestNumEachSlot");
	s->recall_enable = conf_bool(c, "recallMessageEnable");
	s->reject_transactions = conf_bool(c, "rejectTransactionMessage");
	s->transaction_timeout_ms = conf_i64(c, "transactionTimeOut");
	s->transaction_interval_ms = conf_i64(c, "transactionCheckInterval");
	s->transaction_checks = (int32_t)conf_i64(c, "transactionCheckMax");
	s->server_side_reset = conf_bool(c, "useServerSideResetOffset");
}

static void live_pop(const struct conf *c, struct broker_settings *s)
{
	s->default_pop = strcmp(conf_text(c, "defaultMessageRequestMode"), "POP") == 0;
	s->default_pop_share = (int32_t)conf_i64(c, "defaultPopShareQueueNum");
	s->pop_retry_v1_too = conf_bool(c, "retrieveMessageFromPopRetryTopicV1");
	s->pop_retry_percent = (int32_t)conf_i64(c, "popFromRetryProbability");
	s->pop_actual_retry_topic = conf_bool(c, "popResponseReturnActualRetryTopic");
	s->pop_init_in_memory = conf_bool(c, "initPopOffsetByCheckMsgInMem");
	s->pop_threshold_on = conf_bool(c, "enablePopMessageThreshold");
	s->pop_threshold = (int32_t)conf_i64(c, "popInflightMessageThreshold");
}

static void fill_retention(const struct conf *c, struct retention_config *out);

void broker_conf_live(const struct conf *c, struct broker_live *l)
{
	live_settings(c, &l->settings);
	live_pop(c, &l->settings);
	fill_retention(c, &l->retention);
	l->notify_off = !conf_bool(c, "notifyConsumerIdsChangedEnable");
}

static void fill_settings(const struct conf *c, const struct broker_texts *t, struct broker_settings *s)
{
	s->cluster_name = lmi_span_str(conf_text(c, "brokerClusterName"));
	s->broker_name = lmi_span_str(t->name);
	s->broker_id = conf_i64(c, "brokerId");
	s->region_id = lmi_span_str(conf_text(c, "regionId"));
	s->address = lmi_span_str(t->address);
	s->ha_address = lmi_span_str(t->ha_address);
	s->cluster_topic = s->broker_topic = true;
	s->lite_pull = true;
	s->pop_retry_v2 = conf_bool(c, "enableRetryTopicV2");
	s->sync_flush = strcmp(conf_text(c, "flushDiskType"), "SYNC_FLUSH") == 0;
	s->sync_timeout_ms = conf_i64(c, "syncFlushTimeout");
	s->message_max_bytes = (uint32_t)conf_i64(c, "maxMessageSize");
	s->timer_enable = conf_bool(c, "timerWheelEnable");
	s->timer_precision_ms = atoi(conf_text(c, "timerPrecisionMs"));
	s->register_period_ms = conf_i64(c, "registerNameServerPeriod");
	s->offsets_period_ms = conf_i64(c, "flushConsumerOffsetInterval");
	s->delays_period_ms = conf_i64(c, "flushDelayOffsetInterval");
	lmi_delay_levels_parse(lmi_span_str(conf_text(c, "messageDelayLevel")), &s->delay_levels);
}

static void fill_retention(const struct conf *c, struct retention_config *out)
{
	const char *unread = conf_text(c, "deleteUnconsumed");
	*out = (struct retention_config){
		.interval_ms = conf_i64(c, "cleanResourceInterval"),
		.reserved_ms = conf_i64(c, "fileReservedTime") * 1000,
		.delete_when = conf_text(c, "deleteWhen"),
		.max_used_percent = (int)conf_i64(c, "diskMaxUsedSpaceRatio"),
		.forcibly_percent = (int)conf_i64(c, "diskSpaceCleanForciblyRatio"),
		.warning_percent = (int)conf_i64(c, "diskSpaceWarningLevelRatio"),
		.forcibly = conf_bool(c, "cleanFileForciblyEnable"),
		.batch_max = (int)conf_i64(c, "deleteFileBatchMax"),
		.max_bytes = conf_i64(c, "storeMaxBytes"),
		.unread = strcmp(unread, "always") == 0 ? RETENTION_IGNORE_UNREAD
			  : strcmp(unread, "expired") == 0 ? RETENTION_UNTIL_EXPIRED : RETENTION_KEEP_UNREAD,
	};
}

static void fill_store(const struct conf *c, const struct broker_settings *s, struct store_config *out)
{
	int64_t queue_bytes = conf_i64(c, "mappedFileSizeConsumeQueue");
	out->segment_bytes = conf_i64(c, "mappedFileSizeCommitLog");
	out->queue_file_bytes = (queue_bytes + QUEUE_UNIT - 1) / QUEUE_UNIT * QUEUE_UNIT;
	out->flush = s->sync_flush ? STORE_SYNC_FLUSH : STORE_ASYNC_FLUSH;
	out->flush_interval_ms = conf_i64(c, "flushIntervalCommitLog");
	out->queue_flush_interval_ms = conf_i64(c, "flushIntervalConsumeQueue");
	out->sync_timeout_ms = s->sync_timeout_ms;
	out->message_max_bytes = s->message_max_bytes;
	out->check_crc = conf_bool(c, "checkCRCOnRecover");
	out->message_index = conf_bool(c, "messageIndexEnable");
	out->index_slots = (int32_t)conf_i64(c, "maxHashSlotNum");
	out->index_entries = (int32_t)conf_i64(c, "maxIndexNum");
	out->store_host = s->host;
	fill_retention(c, &out->retention);
	out->limits = (struct store_limits){
		.memory_bytes = conf_i64(c, "maxTransferBytesOnMessageInMemory"),
		.memory_count = (uint32_t)conf_i64(c, "maxTransferCountOnMessageInMemory"),
		.disk_bytes = conf_i64(c, "maxTransferBytesOnMessageInDisk"),
		.disk_count = (uint32_t)conf_i64(c, "maxTransferCountOnMessageInDisk"),
		.memory_percent = (int)conf_i64(c, "accessMessageInMemoryMaxRatio"),
	};
	out->memory_bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

int broker_conf_fill(const struct conf *c, const struct lmi_host *local, struct broker_texts *t, struct broker_config *out)
{
	struct core_config *core = &out->core;
	int err = fill_address(c, local, t, &core->settings.host);
	if (err)
		return err;
	fill_name(c, t);
	fill_settings(c, t, &core->settings);
	struct broker_live live = { .settings = core->settings };
	broker_conf_live(c, &live);
	core->settings = live.settings;
	core->notify_off = live.notify_off;
	fill_store(c, &core->settings, &core->store);
	core->holds_max = (size_t)conf_i64(c, "maxHeldPulls");
	core->timer_log_file_bytes = conf_i64(c, "mappedFileSizeTimerLog");
	core->holds_group_max = (size_t)conf_i64(c, "maxHeldPullsPerGroup");
	core->transactions_max = (size_t)conf_i64(c, "maxOpenTransactions");
	core->pop_waits_max = (size_t)conf_i64(c, "maxPopPollingSize");
	core->pop_line_max = (size_t)conf_i64(c, "popPollingSize");
	core->client_expire_ms = conf_i64(c, "channelExpiredTimeout");
	core->client_grace_ms = conf_i64(c, "consumerGraceTime");
	core->lock_expire_ms = conf_i64(c, "lockMaxLiveTime");
	out->name_servers = conf_text(c, "namesrvAddr");
	fill_address_server(c, t, out);
	out->register_timeout_ms = conf_i64(c, "registerBrokerTimeoutMills");
	out->limits = lmi_conn_limits_default;
	out->limits.frame_max_bytes = (size_t)conf_i64(c, "frameMaxLength");
	out->limits.out_max_bytes = (size_t)conf_i64(c, "outputBufferMax");
	out->limits.requests_max = (uint32_t)conf_i64(c, "maxRequestsPerConnection");
	out->limits.idle_ms = conf_i64(c, "serverChannelMaxIdleTimeSeconds") * 1000;
	out->connections_max = (uint32_t)conf_i64(c, "maxConnections");
	out->proxy_protocol = conf_bool(c, "proxyProtocol");
	return 0;
}
