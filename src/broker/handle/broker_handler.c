/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker says of itself. */
#include <stdarg.h>
#include <stdio.h>

#include "broker/handle/count.h"
#include "broker/handle/handlers.h"
#include "rules/name.h"

static void put_printf(struct lmi_json_out *o, const char *key, const char *fmt, ...) LMI_PRINTF(3, 4);

static void put_printf(struct lmi_json_out *o, const char *key, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lmi_json_put_key(o, key);
	lmi_json_put_str(o, text);
}

static void put_fixed(struct lmi_json_out *o)
{
	/* Java's queues and pools, which do not exist here; its tools print them and fail on a missing one. */
	static const char *const zeros[] = {
		"dispatchMaxBuffer", "getMessageEntireTimeMax", "putMessageEntireTimeMax",
		"putLatency99", "putLatency999", "pageCacheLockTimeMills", "startAcceptSendRequestTimeStamp",
		"timerReadBehind", "timerOffsetBehind", "timerEnqueueTps",
		"timerDequeueTps", "sendThreadPoolQueueSize", "sendThreadPoolQueueCapacity",
		"sendThreadPoolQueueHeadWaitTimeMills", "pullThreadPoolQueueSize", "pullThreadPoolQueueCapacity",
		"pullThreadPoolQueueHeadWaitTimeMills", "litePullThreadPoolQueueSize", "litePullThreadPoolQueueCapacity",
		"litePullThreadPoolQueueHeadWaitTimeMills", "queryThreadPoolQueueSize", "queryThreadPoolQueueCapacity",
		"queryThreadPoolQueueHeadWaitTimeMills", "ackThreadPoolQueueSize", "ackThreadPoolQueueCapacity",
		"ackThreadPoolQueueHeadWaitTimeMills", "EndTransactionQueueSize", "EndTransactionThreadPoolQueueCapacity",
	};
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
		lmi_json_put_key(o, zeros[i]);
		lmi_json_put_str(o, "0");
	}
}

/* Rule: ScheduleMessageService.buildRunningStats. */
static void put_delays(struct handle *h, struct lmi_json_out *o)
{
	for (size_t i = 0; i < h->settings->delay_levels.count; i++) {
		char key[48];
		struct store_bounds b = { 0 };
		store_queue_bounds(h->store, LMI_SPAN_LIT(LMI_NAME_SCHEDULE), (int32_t)i, &b);
		snprintf(key, sizeof(key), "scheduleMessageOffset_%zu", i + 1);
		put_printf(o, key, "%lld,%lld", (long long)h->delays->next[i], (long long)b.max_pos);
	}
}

/* Over 10 s, 1 min and 10 min.  Rule: StoreStatsService.getPutTps and its like. */
static void put_rates(struct handle *h, struct lmi_json_out *o)
{
	static const struct {
		const char *name;
		enum stat_counter counter;
	} rates[] = { { "putTps", STAT_PUT }, { "getFoundTps", STAT_FOUND }, { "getMissTps", STAT_MISSED }, { "getTransferredTps", STAT_GOT } };
	static const int64_t seconds[] = { 10, 60, 600 };
	int64_t values[STAT_COUNTERS], now_ms = lmi_mono_ms(h->clock);
	double all[3] = { 0 };
	count_values(h, values);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		double v[3];
		enum stat_counter c = rates[i].counter;
		for (int k = 0; k < 3; k++) {
			v[k] = stat_history_rate(&h->history, c, seconds[k], now_ms, values[c]);
			all[k] += c == STAT_FOUND || c == STAT_MISSED ? v[k] : 0;
		}
		put_printf(o, rates[i].name, "%.3f %.3f %.3f", v[0], v[1], v[2]);
	}
	put_printf(o, "getTotalTps", "%.3f %.3f %.3f", all[0], all[1], all[2]);
}

/* Rule: BrokerStats. */
static void put_days(struct handle *h, struct lmi_json_out *o)
{
	const struct stat_history *y = &h->history;
	put_printf(o, "msgPutTotalYesterdayMorning", "%lld", (long long)y->yesterday[STAT_PUT]);
	put_printf(o, "msgPutTotalTodayMorning", "%lld", (long long)y->today[STAT_PUT]);
	put_printf(o, "msgPutTotalTodayNow", "%lld", (long long)h->counts.put_messages);
	put_printf(o, "msgGetTotalYesterdayMorning", "%lld", (long long)y->yesterday[STAT_GOT]);
	put_printf(o, "msgGetTotalTodayMorning", "%lld", (long long)y->today[STAT_GOT]);
	put_printf(o, "msgGetTotalTodayNow", "%lld", (long long)h->counts.got_messages);
}

/* When the oldest message was stored, if that need not be fetched from the disk. */
static int64_t earliest_ms(struct handle *h, int64_t log_pos)
{
	struct lmi_record rec;
	struct store_extent e = { .log_pos = log_pos };
	if (store_record_at(h->store, log_pos, &e.bytes))
		return -1;
	uint8_t *bytes = lmi_arena_alloc(&h->arena, (size_t)e.bytes);
	if (!bytes || store_read(h->store, &e, bytes, false) || lmi_record_decode(lmi_span(bytes, (size_t)e.bytes), &rec))
		return -1;
	return rec.store_ms;
}

/** Rule: the ratios are of 1; -1 where they cannot be told. */
static void put_disk(struct handle *h, struct lmi_json_out *o)
{
	struct store_space space;
	store_space(h->store, &space);
	double ratio = space.disk_percent < 0 ? -1 : space.disk_percent / 100.0;
	put_printf(o, "commitLogDiskRatio", "%.2f", ratio);
	put_printf(o, "commitLogDiskRatio_commitlog", "%.2f", ratio);
	put_printf(o, "remainTransientStoreBufferNumbs", "%d", INT32_MAX); /* there is none: RocketMQ's words for that */
	put_printf(o, "consumeQueueDiskRatio", "%.2f", ratio);
	put_printf(o, "commitLogDirCapacity", "Total : %.1f GiB, Free : %.1f GiB.", (double)space.disk.total_bytes / (1 << 30),
		   (double)space.disk.free_bytes / (1 << 30));
}

/* Rule: AdminBrokerProcessor.prepareRuntimeInfo, DefaultMessageStore.getRuntimeInfo. */
void broker_runtime_handler(struct handle *h, const struct request *r)
{
	struct lmi_json_out o;
	struct store_marks m;
	const struct handle_counts *c = &h->counts;
	store_marks(h->store, &m);
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "table");
	lmi_json_put_object(&o);
	put_fixed(&o);
	put_printf(&o, "bootTimestamp", "%lld", (long long)h->start_ms);
	put_printf(&o, "runtime", "[ %lld seconds ]", (long long)(handle_now(h) - h->start_ms) / 1000);
	put_printf(&o, "brokerActive", "true");
	put_printf(&o, "brokerVersionDesc", "V5_3_3");
	put_printf(&o, "brokerVersion", "%d", LMI_VERSION_OURS);
	put_printf(&o, "putMessageTimesTotal", "%lld", (long long)c->put_messages);
	put_printf(&o, "putMessageSizeTotal", "%lld", (long long)c->put_bytes);
	put_printf(&o, "putMessageAverageSize", "%.1f", c->put_messages ? (double)c->put_bytes / (double)c->put_messages : 0);
	put_printf(&o, "putMessageDistributeTime", "[<=0ms]:0");
	put_printf(&o, "putMessageFailedTimes", "%lld", (long long)c->put_failed);
	put_rates(h, &o);
	put_days(h, &o);
	put_printf(&o, "commitLogMinOffset", "%lld", (long long)m.min_pos);
	put_printf(&o, "commitLogMaxOffset", "%lld", (long long)m.written);
	put_printf(&o, "dispatchBehindBytes", "%lld", (long long)(m.written - m.dispatched));
	put_printf(&o, "remainHowManyDataToFlush", "%lld B", (long long)(m.written - m.synced));
	put_delays(h, &o);
	put_printf(&o, "timerCongestNum", "%lld", (long long)h->timers->pending);
	put_printf(&o, "earliestMessageTimeStamp", "%lld", (long long)earliest_ms(h, m.min_pos));
	put_disk(h, &o);
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}
