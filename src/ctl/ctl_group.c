/* SPDX-License-Identifier: Apache-2.0 */
/* Consumer groups: which there are, how far they are, who is in them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/map.h"
#include "ctl/ctl.h"
#include "rules/name.h"
#include "wire/group_config.h"

static const char *group_of(struct ctl *c)
{
	const char *group = ctl_operand(c, 0, c->opt.group);
	if (!group)
		ctl_say(c, "which group?");
	return group;
}

/* ---- names ---- */

struct names {
	struct ctl *c;
	struct lmi_map seen;
	struct lmi_span *items;
	size_t count, cap;
};

static int add_name(struct names *n, struct lmi_span name)
{
	if (lmi_map_get(&n->seen, name))
		return 0;
	struct lmi_span *items = lmi_arena_grow(&n->c->arena, n->items, n->count, &n->cap, sizeof(*items));
	if (!items || lmi_map_put(&n->seen, name, n, NULL))
		return -LMQ_ETOOBIG;
	n->items = items;
	n->items[n->count++] = name;
	return 0;
}

static int read_names(struct names *n, struct lmi_span body)
{
	struct lmi_json j;
	struct lmi_json_token k;
	lmi_json_init(&j, body);
	int r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &k)) > 0) {
		if (!lmi_json_is(&k, "subscriptionGroupTable")) {
			r = lmi_json_skip(&j) ? -LMQ_EMALFORMED : 1;
			continue;
		}
		int t = lmi_json_enter(&j, LMI_JSON_OBJECT);
		while (t > 0 && (t = lmi_json_member(&j, &k)) > 0) {
			struct lmi_span name;
			t = lmi_json_text(&k, &n->c->arena, &name) || add_name(n, name) || lmi_json_skip(&j) ? -LMQ_EMALFORMED : 1;
		}
		r = t < 0 ? t : 1;
	}
	return r;
}

static enum ctl_exit take_names(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	struct names *n = arg;
	if (read_names(n, a->body) >= 0)
		return CTL_DONE;
	ctl_say(n->c, "%s: its answer cannot be read", b->name);
	return CTL_REFUSED;
}

static enum ctl_exit all_names(struct ctl *c, const struct ctl_brokers *b, struct names *out)
{
	*out = (struct names){ .c = c };
	enum ctl_exit e = ctl_each(c, b, &(struct ctl_question){ .code = LMI_REQ_GET_ALL_SUBSCRIPTIONGROUP_CONFIG }, take_names, out);
	lmi_map_done(&out->seen, NULL);
	return e;
}

enum ctl_exit ctl_group_list(struct ctl *c)
{
	static const char *const columns[] = { "group", NULL };
	struct ctl_brokers b;
	struct names n;
	struct ctl_rows r;
	enum ctl_exit e = ctl_brokers(c, &b);
	if (e != CTL_DONE)
		return e;
	e = all_names(c, &b, &n);
	ctl_rows_begin(&r, c, columns);
	for (size_t i = 0; i < n.count; i++)
		if (c->opt.all || !lmi_span_starts(n.items[i], LMI_SPAN_LIT("CID_")))
			ctl_cell(&r, n.items[i]);
	enum ctl_exit printed = ctl_rows_end(&r);
	return e ? e : printed;
}

/* ---- lag ---- */

struct lag {
	struct ctl *c;
	struct ctl_queue *queues;
	size_t count, cap;
};

static enum ctl_exit take_stats(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	struct lag *l = arg;
	int err = ctl_queues_read(l->c, a->body, &l->queues, &l->count, &l->cap);
	if (!err)
		return CTL_DONE;
	ctl_say(l->c, "%s: its answer cannot be read: %s", b->name, lmi_strerror(err));
	return CTL_REFUSED;
}

static enum ctl_exit ask_lag(struct ctl *c, const struct ctl_brokers *b, const char *group, struct lag *out)
{
	*out = (struct lag){ .c = c };
	return ctl_each(c, b,
			&(struct ctl_question){ .code = LMI_REQ_GET_CONSUME_STATS,
						.fields = CTL_FIELDS({ LMI_EXT_CONSUMER_GROUP, group }, { LMI_EXT_TOPIC, c->opt.topic }) },
			take_stats, out);
}

static int64_t total(const struct lag *l)
{
	int64_t sum = 0;
	for (size_t i = 0; i < l->count; i++)
		sum += l->queues[i].end - l->queues[i].consumed;
	return sum;
}

static enum ctl_exit one_group(struct ctl *c, const struct ctl_brokers *b, const char *group)
{
	static const char *const columns[] = { "topic", "broker", "#queue", "#end", "#consumed", "#lag", "+#inFlight", "@consumedUpTo", NULL };
	struct lag l;
	struct ctl_rows r;
	enum ctl_exit e = ask_lag(c, b, group, &l);
	if (e == CTL_DONE && !l.count) {
		ctl_say(c, "%s has no position on any topic", group);
		return CTL_NOT_FOUND;
	}
	ctl_queues_sort(l.queues, l.count);
	ctl_rows_begin(&r, c, columns);
	for (size_t i = 0; i < l.count; i++) {
		const struct ctl_queue *q = &l.queues[i];
		ctl_cell(&r, q->topic);
		ctl_cell(&r, q->broker);
		ctl_cell_i64(&r, q->id);
		ctl_cell_i64(&r, q->end);
		ctl_cell_i64(&r, q->consumed);
		ctl_cell_i64(&r, q->end - q->consumed);
		ctl_cell_i64(&r, q->pulled - q->consumed);
		ctl_cell_ms(&r, q->consumed_ms);
	}
	enum ctl_exit printed = ctl_rows_end(&r);
	return e ? e : printed;
}

static enum ctl_exit all_groups(struct ctl *c, const struct ctl_brokers *b)
{
	static const char *const columns[] = { "group", "#lag", "#queues", NULL };
	struct names n;
	struct ctl_rows r;
	enum ctl_exit e = all_names(c, b, &n);
	ctl_rows_begin(&r, c, columns);
	for (size_t i = 0; i < n.count; i++) {
		struct lag l;
		e = ctl_both(e, ask_lag(c, b, lmi_arena_strdup(&c->arena, n.items[i]), &l));
		if (!l.count && !c->opt.all)
			continue;
		ctl_cell(&r, n.items[i]);
		ctl_cell_i64(&r, total(&l));
		ctl_cell_i64(&r, (int64_t)l.count);
	}
	enum ctl_exit printed = ctl_rows_end(&r);
	return e ? e : printed;
}

enum ctl_exit ctl_group_lag(struct ctl *c)
{
	const char *group = ctl_operand(c, 0, c->opt.group);
	struct ctl_brokers b;
	enum ctl_exit e = ctl_brokers(c, &b);
	if (e != CTL_DONE)
		return e;
	return group ? one_group(c, &b, group) : all_groups(c, &b);
}

/* Nagios's codes: 0 well, 1 warning, 2 critical, 3 not known. */
enum ctl_exit ctl_check_lag(struct ctl *c)
{
	const char *group = ctl_operand(c, 0, c->opt.group);
	struct ctl_brokers b;
	struct lag l;
	if (!group || c->opt.crit < 0) {
		ctl_say(c, "a group and --crit are needed");
		return (enum ctl_exit)3;
	}
	if (ctl_brokers(c, &b) != CTL_DONE || ask_lag(c, &b, group, &l) != CTL_DONE) {
		fprintf(c->out, "LAG UNKNOWN - %s cannot be asked for\n", group);
		return (enum ctl_exit)3;
	}
	int64_t lag = total(&l);
	int state = lag >= c->opt.crit ? 2 : c->opt.warn >= 0 && lag >= c->opt.warn ? 1 : 0;
	static const char *const words[] = { "OK", "WARNING", "CRITICAL" };
	fprintf(c->out, "LAG %s - %s is %" PRId64 " messages behind in %zu queues|lag=%" PRId64 ";%" PRId64 ";%" PRId64 ";0\n", words[state],
		group, lag, l.count, lag, c->opt.warn < 0 ? c->opt.crit : c->opt.warn, c->opt.crit);
	return (enum ctl_exit)state;
}

/* ---- members ---- */

static int put_member(struct ctl_rows *r, struct lmi_json *j)
{
	struct lmi_span client = LMI_SPAN_NULL, addr = LMI_SPAN_NULL, language = LMI_SPAN_NULL;
	int64_t version = 0;
	struct lmi_json_token k;
	int m = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (m > 0 && (m = lmi_json_member(j, &k)) > 0) {
		int err = lmi_json_is(&k, "clientId")     ? lmi_json_string(j, &r->c->arena, &client)
			  : lmi_json_is(&k, "clientAddr") ? lmi_json_string(j, &r->c->arena, &addr)
			  : lmi_json_is(&k, "language")   ? lmi_json_string(j, &r->c->arena, &language)
			  : lmi_json_is(&k, "version")    ? lmi_json_i64(j, &version)
							  : lmi_json_skip(j);
		if (err)
			return err;
	}
	ctl_cell(r, client);
	ctl_cell(r, addr);
	ctl_cell(r, language);
	ctl_cell_i64(r, version);
	return m;
}

static enum ctl_exit put_members(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	struct ctl_rows *r = arg;
	struct lmi_json j;
	struct lmi_json_token k;
	lmi_json_init(&j, a->body);
	int m = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (m > 0 && (m = lmi_json_member(&j, &k)) > 0) {
		if (!lmi_json_is(&k, "connectionSet")) {
			m = lmi_json_skip(&j) ? -1 : 1;
			continue;
		}
		int e = lmi_json_enter(&j, LMI_JSON_ARRAY);
		while (e > 0 && (e = lmi_json_element(&j)) > 0)
			e = put_member(r, &j) < 0 ? -1 : 1;
		m = e < 0 ? -1 : 1;
	}
	if (m >= 0)
		return CTL_DONE;
	ctl_say(r->c, "%s: its answer cannot be read", b->name);
	return CTL_REFUSED;
}

enum ctl_exit ctl_group_members(struct ctl *c)
{
	static const char *const columns[] = { "client", "address", "language", "#version", NULL };
	const char *group = group_of(c);
	struct ctl_brokers b;
	struct ctl_rows r;
	if (!group)
		return CTL_USAGE;
	enum ctl_exit e = ctl_brokers(c, &b);
	if (e != CTL_DONE)
		return e;
	b.count = 1; /* members are with each broker */
	ctl_rows_begin(&r, c, columns);
	e = ctl_each(c, &b,
		     &(struct ctl_question){ .code = LMI_REQ_GET_CONSUMER_CONNECTION_LIST, .fields = CTL_FIELDS({ LMI_EXT_CONSUMER_GROUP, group }) },
		     put_members, &r);
	return e ? e : ctl_rows_end(&r);
}

/* ---- making and deleting ---- */

enum ctl_exit ctl_group_create(struct ctl *c)
{
	const char *group = group_of(c);
	struct lmi_group_config g;
	struct lmi_json_out o;
	struct ctl_brokers b;
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf body = { 0 };
	if (!group)
		return CTL_USAGE;
	enum ctl_exit e = ctl_brokers(c, &b);
	if (e != CTL_DONE)
		return e;
	lmi_group_config_init(&g, lmi_span_str(group));
	lmi_json_out_init(&o, &body);
	lmi_group_config_put(&o, &g);
	for (size_t i = 0; i < b.count && c->opt.dry_run; i++)
		fprintf(c->out, "would create %s on %s\n", group, b.items[i].name);
	if (c->opt.dry_run)
		return CTL_DONE;
	return ctl_each(c, &b, &(struct ctl_question){ .code = LMI_REQ_UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, .body = lmi_buf_span(&body) }, NULL,
			NULL);
}

enum ctl_exit ctl_group_delete(struct ctl *c)
{
	const char *group = group_of(c);
	struct ctl_brokers b;
	if (!group)
		return CTL_USAGE;
	enum ctl_exit e = ctl_brokers(c, &b);
	if (e != CTL_DONE)
		return e;
	for (size_t i = 0; i < b.count && c->opt.dry_run; i++)
		fprintf(c->out, "would delete %s on %s\n", group, b.items[i].name);
	if (c->opt.dry_run)
		return CTL_DONE;
	if (!ctl_confirm(c, "the group with its positions", group))
		return CTL_REFUSED;
	return ctl_each(c, &b,
			&(struct ctl_question){ .code = LMI_REQ_DELETE_SUBSCRIPTIONGROUP,
						.fields = CTL_FIELDS({ LMI_EXT_GROUP_NAME, group }, { LMI_EXT_CLEAN_OFFSET, "true" }) },
			NULL, NULL);
}

/* ---- positions ---- */

/* earliest, latest, now, milliseconds since 1970, or YYYY-MM-DD[ HH:MM[:SS]] in local time.  False: none of these. */
static bool read_time(const char *text, int64_t *out_ms)
{
	struct tm tm = { .tm_isdst = -1 };
	int64_t ms;
	if (!strcmp(text, "earliest") || !strcmp(text, "latest") || !strcmp(text, "now")) {
		*out_ms = text[0] == 'e' ? 0 : -1;
		return true;
	}
	if (lmi_span_to_i64(lmi_span_str(text), &ms) == 0) {
		*out_ms = ms;
		return ms >= -1;
	}
	static const char *const forms[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%d#%H:%M:%S" };
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		tm = (struct tm){ .tm_isdst = -1 };
		const char *end = strptime(text, forms[i], &tm);
		if (end && (!*end || *end == ':')) { /* mqadmin's has milliseconds behind */
			*out_ms = (int64_t)mktime(&tm) * 1000;
			return true;
		}
	}
	return false;
}

static int put_reset(struct ctl_rows *r, struct lmi_json *j)
{
	struct lmi_json_token k;
	int m = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (m > 0 && (m = lmi_json_member(j, &k)) > 0) {
		int64_t at = 0, id = 0;
		struct lmi_span broker = LMI_SPAN_NULL, text = k.text;
		struct lmi_json q;
		struct lmi_json_token w;
		if (k.key_kind == LMI_JSON_STRING && lmi_json_text(&k, &r->c->arena, &text))
			return -1;
		lmi_json_init(&q, text);
		for (int n = lmi_json_enter(&q, LMI_JSON_OBJECT); n > 0 && (n = lmi_json_member(&q, &w)) > 0;)
			if (lmi_json_is(&w, "brokerName") ? lmi_json_string(&q, &r->c->arena, &broker)
			    : lmi_json_is(&w, "queueId")  ? lmi_json_i64(&q, &id)
							  : lmi_json_skip(&q))
				return -1;
		if (lmi_json_i64(j, &at))
			return -1;
		ctl_cell(r, broker);
		ctl_cell_i64(r, id);
		ctl_cell_i64(r, at);
	}
	return m;
}

static enum ctl_exit take_reset(void *arg, const struct ctl_broker *b, const struct lmi_command *a)
{
	struct ctl_rows *r = arg;
	struct lmi_json j;
	struct lmi_json_token k;
	lmi_json_init(&j, a->body);
	int m = a->body.n ? lmi_json_enter(&j, LMI_JSON_OBJECT) : 0;
	while (m > 0 && (m = lmi_json_member(&j, &k)) > 0)
		m = (lmi_json_is(&k, "offsetTable") ? put_reset(r, &j) < 0 : lmi_json_skip(&j) != 0) ? -1 : 1;
	if (m >= 0)
		return CTL_DONE;
	ctl_say(r->c, "%s: its answer cannot be read", b->name);
	return CTL_REFUSED;
}

enum ctl_exit ctl_offset_reset(struct ctl *c)
{
	static const char *const columns[] = { "broker", "#queue", "#position", NULL };
	const char *group = group_of(c), *topic = ctl_operand(c, 1, c->opt.topic);
	int64_t ms;
	char text[24];
	struct ctl_brokers b;
	struct ctl_rows r;
	if (!group || !topic || !c->opt.to || !read_time(c->opt.to, &ms)) {
		ctl_say(c, "a group, a topic and --to earliest|latest|TIME are needed");
		return CTL_USAGE;
	}
	enum ctl_exit e = ctl_topic_brokers(c, topic, &b);
	if (e != CTL_DONE)
		return e;
	if (c->opt.dry_run) {
		c->opt.topic = topic;
		return one_group(c, &b, group);
	}
	snprintf(text, sizeof(text), "%" PRId64, ms);
	ctl_rows_begin(&r, c, columns);
	e = ctl_each(c, &b,
		     &(struct ctl_question){ .code = LMI_REQ_INVOKE_BROKER_TO_RESET_OFFSET,
					     .fields = CTL_FIELDS({ LMI_EXT_TOPIC, topic }, { LMI_EXT_GROUP, group }, { LMI_EXT_TIMESTAMP, text },
								  { LMI_EXT_IS_FORCE, "true" }) },
		     take_reset, &r);
	enum ctl_exit printed = ctl_rows_end(&r);
	return e ? e : printed;
}
