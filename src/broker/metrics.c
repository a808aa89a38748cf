/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What monitoring asks for: /metrics in Prometheus's text form with RocketMQ 5's names where it has one, /healthz, /readyz, /status as
 * a page and as JSON.  Topics and groups are told one by one up to a bound, those with the most messages; the others as "other".
 * Rule: BrokerMetricsConstant, DefaultStoreMetricsConstant.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "broker/broker_internal.h"
#include "broker/metrics.h"

#define METRICS_TOP 200 /* topics, and groups on topics, told by name */

/* ---- text ---- */

/* A label's value; rule: the exposition format, where \ " and the line's end are escaped. */
static void put_value(struct lmi_buf *b, struct lmi_span v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '\\' || v.p[i] == '"')
			lmi_buf_put8(b, '\\');
		lmi_buf_put8(b, v.p[i] == '\n' ? ' ' : v.p[i]);
	}
}

struct label {
	const char *name;
	struct lmi_span value;
};

struct out {
	struct lmi_buf *b;
	const struct core *c;
};

static void put_head(struct out *o, const char *name, const char *type, const char *help)
{
	lmi_buf_printf(o->b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Rule: the labels that BrokerMetricsManager puts on all. */
static void put_sample(struct out *o, const char *name, const struct label *labels, double value)
{
	const struct broker_settings *s = &o->c->cfg.settings;
	lmi_buf_printf(o->b, "%s{cluster=\"", name);
	put_value(o->b, s->cluster_name);
	lmi_buf_put_str(o->b, "\",node_type=\"broker\",node_id=\"");
	put_value(o->b, s->broker_name);
	lmi_buf_put8(o->b, '"');
	for (; labels && labels->name; labels++) {
		lmi_buf_printf(o->b, ",%s=\"", labels->name);
		put_value(o->b, labels->value);
		lmi_buf_put8(o->b, '"');
	}
	lmi_buf_printf(o->b, "} %.15g\n", value);
}

static void put_one(struct out *o, const char *name, const char *type, const char *help, double value)
{
	put_head(o, name, type, help);
	put_sample(o, name, NULL, value);
}

/* ---- topics and groups ---- */

static int by_count(const void *a, const void *b)
{
	const struct stat_total *x = a, *y = b;
	return (x->count < y->count) - (x->count > y->count);
}

/* Those of one kind, most messages first; malloc'ed. */
static struct stat_total *totals_of(const struct core *c, enum stat_kind kind, size_t *out_n)
{
	const struct stat_table *t = &c->handle.stats;
	struct stat_total *all = malloc((lmi_map_count(&t->map) + 1) * sizeof(*all)), one;
	size_t n = 0;
	for (size_t i = 0; all && stat_next(t, &i, &one);)
		if (one.key.kind == kind)
			all[n++] = one;
	if (all)
		qsort(all, n, sizeof(*all), by_count);
	*out_n = all ? n : 0;
	return all;
}

static void put_totals(struct out *o, const char *name, const char *help, const struct stat_total *t, size_t n, bool bytes)
{
	double other = 0;
	put_head(o, name, "counter", help);
	for (size_t i = 0; i < n; i++) {
		double v = (double)(bytes ? t[i].bytes : t[i].count);
		if (i >= METRICS_TOP) {
			other += v;
			continue;
		}
		put_sample(o, name,
			   (const struct label[]){ { "topic", t[i].key.topic }, { t[i].key.group.n ? "consumer_group" : NULL, t[i].key.group }, { NULL, LMI_SPAN_NULL } },
			   v);
	}
	if (n > METRICS_TOP)
		put_sample(o, name, (const struct label[]){ { "topic", LMI_SPAN_LIT("other") }, { NULL, LMI_SPAN_NULL } }, other);
}

static void put_flow(struct out *o)
{
	size_t n;
	struct stat_total *t = totals_of(o->c, STAT_TOPIC_PUT, &n);
	put_totals(o, "rocketmq_messages_in_total", "Messages stored.", t, n, false);
	put_totals(o, "rocketmq_throughput_in_total", "Bytes of message bodies stored.", t, n, true);
	free(t);
	t = totals_of(o->c, STAT_GROUP_GET, &n);
	put_totals(o, "rocketmq_messages_out_total", "Messages given to groups.", t, n, false);
	put_totals(o, "rocketmq_throughput_out_total", "Bytes given to groups.", t, n, true);
	free(t);
	t = totals_of(o->c, STAT_SEND_BACK, &n);
	put_totals(o, "lightmq_messages_back_total", "Messages that groups gave back.", t, n, false);
	free(t);
}

/* ---- lag ---- */

struct lag {
	const struct offset_entry *e;
	int64_t behind;
};

static int by_behind(const void *a, const void *b)
{
	const struct lag *x = a, *y = b;
	return (x->behind < y->behind) - (x->behind > y->behind);
}

static int64_t behind_of(const struct core *c, const struct offset_entry *e)
{
	const struct topic *t = topic_table_get(&c->topics, offset_entry_topic(e));
	int64_t sum = 0;
	for (int32_t q = 0; t && q < t->config.read_queues; q++) {
		struct store_bounds b = { 0 };
		struct offset_at at = { .group = offset_entry_group(e), .topic = t->config.name, .queue_id = q };
		int64_t consumed = offset_table_get(&c->offsets, &at);
		if (consumed < 0 || store_queue_bounds(c->store, t->config.name, q, &b))
			continue;
		sum += b.max_pos > consumed ? b.max_pos - consumed : 0;
	}
	return sum;
}

static void put_lag(struct out *o)
{
	const struct offset_entry *e;
	struct lag *all = malloc((lmi_map_count(&o->c->offsets.map) + 1) * sizeof(*all));
	size_t n = 0;
	double other = 0;
	for (size_t i = 0; all && (e = offset_table_next(&o->c->offsets, &i));)
		if (offset_entry_committed(e))
			all[n++] = (struct lag){ e, behind_of(o->c, e) };
	if (all)
		qsort(all, n, sizeof(*all), by_behind);
	put_head(o, "rocketmq_consumer_lag_messages", "gauge", "Messages that a group has not consumed.");
	for (size_t i = 0; i < n; i++) {
		if (i >= METRICS_TOP) {
			other += (double)all[i].behind;
			continue;
		}
		put_sample(o, "rocketmq_consumer_lag_messages",
			   (const struct label[]){ { "topic", offset_entry_topic(all[i].e) }, { "consumer_group", offset_entry_group(all[i].e) }, { NULL, LMI_SPAN_NULL } },
			   (double)all[i].behind);
	}
	if (n > METRICS_TOP)
		put_sample(o, "rocketmq_consumer_lag_messages", (const struct label[]){ { "topic", LMI_SPAN_LIT("other") }, { NULL, LMI_SPAN_NULL } }, other);
	free(all);
}

/* ---- the broker itself ---- */

static void put_store(struct out *o)
{
	struct store_marks m;
	struct store_space s;
	store_marks(o->c->store, &m);
	store_space(o->c->store, &s);
	put_one(o, "rocketmq_storage_size", "gauge", "Bytes of the store.", (double)s.used_bytes);
	put_one(o, "rocketmq_storage_dispatch_behind_bytes", "gauge", "Bytes of the log that are not in the queues yet.", (double)(m.written - m.dispatched));
	put_one(o, "rocketmq_storage_flush_behind_bytes", "gauge", "Bytes of the log that are not on the disk yet.", (double)(m.written - m.synced));
	put_one(o, "lightmq_log_end_position", "counter", "End of the log.", (double)m.written);
	put_one(o, "lightmq_log_first_position", "gauge", "Oldest position of the log.", (double)m.min_pos);
	if (s.disk.total_bytes > 0) {
		put_one(o, "lightmq_disk_bytes", "gauge", "Size of the file system.", (double)s.disk.total_bytes);
		put_one(o, "lightmq_disk_free_bytes", "gauge", "What is free of it.", (double)s.disk.free_bytes);
	}
	put_one(o, "lightmq_store_max_bytes", "gauge", "storeMaxBytes; 0: none.", (double)s.max_bytes);
}

static void put_counts(struct out *o)
{
	const struct core *c = o->c;
	const struct handle_counts *n = &c->handle.counts;
	put_one(o, "rocketmq_broker_permission", "gauge", "brokerPermission.", c->cfg.settings.permission);
	put_one(o, "rocketmq_topic_number", "gauge", "Topics.", (double)lmi_map_count(&c->topics.map));
	put_one(o, "rocketmq_consumer_group_number", "gauge", "Consumer groups that are known.", (double)lmi_map_count(&c->groups.map));
	put_one(o, "lightmq_requests_total", "counter", "Requests.", (double)n->requests);
	put_one(o, "lightmq_requests_refused_total", "counter", "Requests answered with an error.", (double)n->refused);
	put_one(o, "lightmq_messages_failed_total", "counter", "Messages that could not be stored.", (double)n->put_failed);
	put_one(o, "lightmq_pulls_empty_total", "counter", "Pulls that found nothing.", (double)n->got_none);
	put_one(o, "lightmq_pulls_held", "gauge", "Pulls that wait for a message.", (double)c->holds.count);
	put_one(o, "lightmq_queue_locks", "gauge", "Queues locked by orderly consumers.", (double)c->locks.count);
	put_one(o, "lightmq_start_time_seconds", "gauge", "When the broker started, since 1970.", (double)c->handle.start_ms / 1000);
}

void metrics_put(const struct core *c, struct lmi_buf *out)
{
	struct out o = { out, c };
	put_counts(&o);
	put_store(&o);
	put_flow(&o);
	put_lag(&o);
}

/* ---- health ---- */

static const char *unready(const struct core *c)
{
	const char *why = store_readonly_cause(c->store);
	if (!why)
		why = store_refusal(c->store);
	return why ? why : c->handle.stopping ? "the broker stops" : NULL;
}

static void put_row(struct lmi_buf *b, bool json, const char *name, int64_t value)
{
	if (json)
		lmi_buf_printf(b, "%s\"%s\":%" PRId64, lmi_buf_len(b) > 1 ? "," : "", name, value);
	else
		lmi_buf_printf(b, "<tr><th>%s</th><td>%" PRId64 "</td></tr>\n", name, value);
}

static void put_rows(const struct core *c, struct lmi_buf *b, bool json)
{
	struct store_marks m;
	struct store_space s;
	store_marks(c->store, &m);
	store_space(c->store, &s);
	put_row(b, json, "uptimeSeconds", (handle_now(&c->handle) - c->handle.start_ms) / 1000);
	put_row(b, json, "topics", (int64_t)lmi_map_count(&c->topics.map));
	put_row(b, json, "groups", (int64_t)lmi_map_count(&c->groups.map));
	put_row(b, json, "messagesIn", c->handle.counts.put_messages);
	put_row(b, json, "messagesOut", c->handle.counts.got_messages);
	put_row(b, json, "messagesFailed", c->handle.counts.put_failed);
	put_row(b, json, "requests", c->handle.counts.requests);
	put_row(b, json, "requestsRefused", c->handle.counts.refused);
	put_row(b, json, "pullsHeld", (int64_t)c->holds.count);
	put_row(b, json, "storeBytes", s.used_bytes);
	put_row(b, json, "diskPercent", s.disk_percent);
	put_row(b, json, "logFirstPosition", m.min_pos);
	put_row(b, json, "logEndPosition", m.written);
	put_row(b, json, "bytesNotSynced", m.written - m.synced);
}

static const char page_head[] =
	"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
	"<title>rmq-brokerd</title><style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:1rem "
	"auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:normal}td{text-align:right;"
	"font-variant-numeric:tabular-nums}th,td{padding:.2rem 0;border-bottom:1px solid #8884}.bad{color:#c33}</style></head><body>\n";

/* Names come from the configuration. */
static void put_html_text(struct lmi_buf *b, struct lmi_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '<' || s.p[i] == '&')
			lmi_buf_put_str(b, s.p[i] == '<' ? "&lt;" : "&amp;");
		else
			lmi_buf_put8(b, s.p[i]);
}

void metrics_put_page(const struct core *c, struct lmi_buf *b)
{
	const char *why = unready(c);
	lmi_buf_put_str(b, page_head);
	lmi_buf_put_str(b, "<h1>");
	put_html_text(b, c->cfg.settings.broker_name);
	lmi_buf_put_str(b, "</h1><p>");
	put_html_text(b, c->cfg.settings.address);
	lmi_buf_put_str(b, ", cluster ");
	put_html_text(b, c->cfg.settings.cluster_name);
	lmi_buf_put_str(b, why ? "</p><p class=\"bad\">No messages are taken: " : "</p><p>Messages are taken.");
	put_html_text(b, lmi_span_str(why ? why : ""));
	lmi_buf_put_str(b, "</p><table>\n");
	put_rows(c, b, false);
	lmi_buf_put_str(b, "</table></body></html>\n");
}

void metrics_put_json(const struct core *c, struct lmi_buf *b)
{
	lmi_buf_put8(b, '{');
	put_rows(c, b, true);
	lmi_buf_printf(b, ",\"ready\":%s}\n", unready(c) ? "false" : "true");
}

void metrics_get(void *user, const struct lmi_http_request *r, struct lmi_http_answer *out)
{
	const struct core *c = user;
	if (lmi_span_is(r->path, "/metrics")) {
		out->type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_put(c, &out->body);
	} else if (lmi_span_is(r->path, "/healthz")) {
		lmi_buf_put_str(&out->body, "ok\n");
	} else if (lmi_span_is(r->path, "/readyz")) {
		const char *why = unready(c);
		out->status = why ? 503 : 200;
		lmi_buf_printf(&out->body, "%s\n", why ? why : "ready");
	} else if (lmi_span_is(r->path, "/status.json")) {
		out->type = "application/json";
		metrics_put_json(c, &out->body);
	} else if (lmi_span_is(r->path, "/status") || lmi_span_is(r->path, "/")) {
		out->type = "text/html; charset=utf-8";
		metrics_put_page(c, &out->body);
	} else {
		out->status = 404;
	}
}
