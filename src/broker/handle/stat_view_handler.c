/* SPDX-License-Identifier: Apache-2.0 */
/* One counter of a topic or group, over a minute, an hour and a day. */
#include <stdio.h>

#include "broker/handle/handlers.h"

/* Rule: Stats, of which these are counted here. */
static const struct {
	const char *name;
	enum stat_kind kind;
	bool bytes;
} counters[] = {
	{ "TOPIC_PUT_NUMS", STAT_TOPIC_PUT, false }, { "TOPIC_PUT_SIZE", STAT_TOPIC_PUT, true },
	{ "GROUP_GET_NUMS", STAT_GROUP_GET, false }, { "GROUP_GET_SIZE", STAT_GROUP_GET, true },
	{ "SNDBCK_PUT_NUMS", STAT_SEND_BACK, false },
};

/* Rule: BrokerStatsItem, StatsItem.computeStatsData. */
static void put_window(struct handle *h, struct lmi_json_out *o, const struct stat_key *key, enum stat_window w, bool bytes)
{
	char text[128];
	struct stat_sum sum;
	stat_sum(&h->stats, key, w, handle_now(h), &sum);
	int64_t amount = bytes ? sum.bytes : sum.count;
	snprintf(text, sizeof(text), "{\"avgpt\":%.3f,\"sum\":%lld,\"tps\":%.3f}", sum.times ? (double)amount / (double)sum.times : 0,
		 (long long)amount, stat_rate(amount, &sum));
	lmi_json_put_raw(o, lmi_span_str(text));
}

static void put_all(struct handle *h, struct lmi_json_out *o, const struct stat_key *key, bool bytes)
{
	lmi_json_put_object(o);
	lmi_json_put_key(o, "statsDay");
	put_window(h, o, key, STAT_DAY, bytes);
	lmi_json_put_key(o, "statsHour");
	put_window(h, o, key, STAT_HOUR, bytes);
	lmi_json_put_key(o, "statsMinute");
	put_window(h, o, key, STAT_MINUTE, bytes);
	lmi_json_put_object_end(o);
}

/* topic, or topic@group */
static void split(struct lmi_span text, struct stat_key *key)
{
	const uint8_t *at = text.n ? memchr(text.p, '@', text.n) : NULL;
	key->topic = lmi_span(text.p, at ? (size_t)(at - text.p) : text.n);
	key->group = at ? lmi_span(at + 1, text.n - key->topic.n - 1) : LMI_SPAN_NULL;
}

/* Rule: AdminBrokerProcessor.viewBrokerStatsData. */
void stat_view_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span name = fields_text(&f, LMI_EXT_STATS_NAME), text = fields_text(&f, LMI_EXT_STATS_KEY);
	struct stat_key key;
	struct stat_sum sum;
	struct lmi_json_out o;
	if (!fields_ok(h, r, &f))
		return;
	split(text, &key);
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		if (!lmi_span_is(name, counters[i].name))
			continue;
		key.kind = counters[i].kind;
		if (!stat_sum(&h->stats, &key, STAT_DAY, handle_now(h), &sum))
			break;
		scratch_json(h, &o);
		put_all(h, &o, &key, counters[i].bytes);
		answer_body(r, lmi_buf_span(&h->scratch));
		return;
	}
	answer_error(h, r, LMI_RSP_SYSTEM_ERROR, "The stats <%.*s> <%.*s> not exist", SPAN_ARGS(name), SPAN_ARGS(text));
}
