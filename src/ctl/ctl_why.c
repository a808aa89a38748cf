/* SPDX-License-Identifier: Apache-2.0 */
/* Why a message does not come: from the name server to the consumer, step by step, until one fails. */
#include <inttypes.h>
#include <string.h>

#include "ctl/ctl.h"
#include "wire/group_config.h"
#include "wire/topic_config.h"

struct why {
	struct ctl *c;
	const char *topic, *group; /* group NULL: only up to sending */
	struct ctl_rows rows;
	struct lmi_route route;
	bool failed;
};

/* A step that holds, or the one that does not and what to do. */
static bool step(struct why *w, bool ok, const char *name, const char *found, const char *remedy)
{
	ctl_cell_str(&w->rows, name);
	ctl_cell_str(&w->rows, ok ? "ok" : "FAILS");
	ctl_cell_str(&w->rows, found);
	ctl_cell_str(&w->rows, ok ? "" : remedy);
	w->failed = w->failed || !ok;
	return ok;
}

static bool ask(struct why *w, const char *address, int32_t code, const struct ctl_field *fields, struct lmi_command *out)
{
	const struct ctl_question q = { .code = code, .fields = fields };
	return (address ? ctl_ask(w->c, address, &q, out) : ctl_ask_namesrv(w->c, &q, out)) == CTL_DONE;
}

static const char *master_of(struct why *w, struct lmi_span name)
{
	for (size_t i = 0; i < w->route.broker_count; i++)
		for (size_t k = 0; lmi_span_eq(w->route.brokers[i].broker_name, name) && k < w->route.brokers[i].addr_count; k++)
			if (w->route.brokers[i].addrs[k].id == LMI_BROKER_ID_MASTER)
				return lmi_arena_strdup(&w->c->arena, w->route.brokers[i].addrs[k].addr);
	return NULL;
}

/* ---- name server and route ---- */

static bool find_route(struct why *w)
{
	struct lmi_command a;
	bool asked = ask(w, NULL, LMI_REQ_GET_ROUTEINFO_BY_TOPIC, CTL_FIELDS({ LMI_EXT_TOPIC, w->topic }), &a);
	if (!step(w, asked, "name server", w->c->opt.namesrv, "start rmq-namesrvd, or say where it is: --namesrv or NAMESRV_ADDR"))
		return false;
	if (a.code == LMI_RSP_TOPIC_NOT_EXIST)
		return step(w, false, "topic", "no broker has registered it", "rmqctl topic create, or see whether its broker runs: rmqctl cluster show");
	bool read = a.code == LMI_RSP_SUCCESS && lmi_route_decode(a.body, &w->c->arena, &w->route) == 0;
	return step(w, read, "topic", read ? lmi_arena_printf(&w->c->arena, "on %zu brokers", w->route.queue_count) : "the answer cannot be read",
		    "ask another name server");
}

static bool check_queues(struct why *w, const struct lmi_route_queue *q, const char *name)
{
	const char *perm = lmi_arena_printf(&w->c->arena, "%s: %s%s, %d to read, %d to write", name, q->perm & LMI_PERM_READ ? "r" : "",
					    q->perm & LMI_PERM_WRITE ? "w" : "", q->read_queues, q->write_queues);
	bool ok = (q->perm & LMI_PERM_WRITE) && (q->perm & LMI_PERM_READ) && q->read_queues > 0 && q->write_queues > 0;
	return step(w, ok, "permission", perm, "the topic's or the broker's permission was taken: rmqctl topic create --perm rw, rmqctl config set brokerPermission 6");
}

/* ---- each broker ---- */

/* Of all groups: to ask for one would make it, where groups are made by themselves.  False: it is not among them. */
static bool find_group(struct why *w, struct lmi_span body, struct lmi_group_config *out)
{
	struct lmi_json j;
	struct lmi_json_token k;
	struct lmi_span raw;
	bool found = false;
	lmi_json_init(&j, body);
	int r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &k)) > 0) {
		if (!lmi_json_is(&k, "subscriptionGroupTable")) {
			r = lmi_json_skip(&j) ? -1 : 1;
			continue;
		}
		int t = lmi_json_enter(&j, LMI_JSON_OBJECT);
		while (t > 0 && (t = lmi_json_member(&j, &k)) > 0) {
			bool this_one = lmi_json_is(&k, w->group);
			t = lmi_json_raw(&j, &raw) ? -1 : 1;
			if (t > 0 && this_one)
				found = lmi_group_config_decode(raw, &w->c->arena, out) == 0;
		}
		r = t < 0 ? -1 : 1;
	}
	return found;
}

static bool check_group(struct why *w, const char *address, const char *name)
{
	struct lmi_command a;
	struct lmi_group_config g;
	if (!ask(w, address, LMI_REQ_GET_ALL_SUBSCRIPTIONGROUP_CONFIG, NULL, &a))
		return step(w, false, "group", name, "the broker went away");
	bool known = a.code == LMI_RSP_SUCCESS && find_group(w, a.body, &g);
	if (!step(w, known, "group", lmi_arena_printf(&w->c->arena, "%s %s it", name, known ? "knows" : "does not know"),
		  "no consumer of it has come to this broker: start one, or rmqctl group create"))
		return false;
	return step(w, g.consume_enable, "enabled", w->group, "consumption is turned off for the group: mqadmin updateSubGroup -s true");
}

/* Whether its members' subscriptions name the topic. */
static bool subscribes(struct why *w, struct lmi_span body)
{
	struct lmi_json j;
	struct lmi_json_token k;
	bool found = false;
	lmi_json_init(&j, body);
	int r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &k)) > 0) {
		if (!lmi_json_is(&k, "subscriptionTable")) {
			r = lmi_json_skip(&j) ? -1 : 1;
			continue;
		}
		int t = lmi_json_enter(&j, LMI_JSON_OBJECT);
		while (t > 0 && (t = lmi_json_member(&j, &k)) > 0) {
			found = found || lmi_json_is(&k, w->topic);
			t = lmi_json_skip(&j) ? -1 : 1;
		}
		r = t < 0 ? -1 : 1;
	}
	return found;
}

static bool check_members(struct why *w, const char *address, const char *name)
{
	struct lmi_command a;
	bool asked = ask(w, address, LMI_REQ_GET_CONSUMER_CONNECTION_LIST, CTL_FIELDS({ LMI_EXT_CONSUMER_GROUP, w->group }), &a);
	if (!step(w, asked && a.code == LMI_RSP_SUCCESS, "members", asked && a.code == LMI_RSP_SUCCESS ? "online" : "nobody is online",
		  "start a consumer of the group, and see whether it reaches this broker"))
		return false;
	return step(w, subscribes(w, a.body), "subscription", name, "the members subscribe to other topics: rmqctl group lag shows which");
}

static bool check_lag(struct why *w, const char *address, const char *name)
{
	struct lmi_command a;
	struct ctl_queue *q = NULL;
	size_t n = 0, cap = 0;
	int64_t lag = 0, in_flight = 0;
	if (!ask(w, address, LMI_REQ_GET_CONSUME_STATS, CTL_FIELDS({ LMI_EXT_CONSUMER_GROUP, w->group }, { LMI_EXT_TOPIC, w->topic }), &a) ||
	    a.code != LMI_RSP_SUCCESS || ctl_queues_read(w->c, a.body, &q, &n, &cap))
		return step(w, false, "lag", name, "its positions cannot be read");
	for (size_t i = 0; i < n; i++) {
		lag += q[i].end - q[i].consumed;
		in_flight += q[i].pulled - q[i].consumed;
	}
	return step(w, lag == 0, "lag",
		    lmi_arena_printf(&w->c->arena, "%s: %" PRId64 " behind, %" PRId64 " of them with its members", name, lag, in_flight),
		    in_flight > 0 ? "the members have them and are slow, or fail: look at their logs and at %RETRY% and %DLQ% of the group"
				  : "nobody fetches them: an orderly consumer may hold the lock, or too few members have queues");
}

static bool check_broker(struct why *w, const struct lmi_route_queue *q)
{
	struct lmi_command a;
	const char *name = lmi_arena_strdup(&w->c->arena, q->broker_name), *address = master_of(w, q->broker_name);
	if (!step(w, address != NULL, "master", name, "only replicas are registered: start the master"))
		return false;
	if (!step(w, ask(w, address, LMI_REQ_GET_BROKER_RUNTIME_INFO, NULL, &a), "broker", lmi_arena_printf(&w->c->arena, "%s at %s", name, address),
		  "it cannot be reached from here: is it running, does brokerIP1 name an address that clients reach, is there a firewall?"))
		return false;
	if (!check_queues(w, q, name))
		return false;
	return !w->group || (check_group(w, address, name) && check_members(w, address, name) && check_lag(w, address, name));
}

enum ctl_exit ctl_why(struct ctl *c)
{
	static const char *const columns[] = { "step", "state", "found", "remedy", NULL };
	struct why w = { .c = c, .topic = ctl_operand(c, 0, c->opt.topic), .group = ctl_operand(c, 1, c->opt.group) };
	if (!w.topic) {
		ctl_say(c, "which topic?");
		return CTL_USAGE;
	}
	ctl_rows_begin(&w.rows, c, columns);
	if (find_route(&w))
		for (size_t i = 0; i < w.route.queue_count; i++)
			if (!check_broker(&w, &w.route.queues[i]))
				break;
	enum ctl_exit printed = ctl_rows_end(&w.rows);
	return w.failed ? CTL_REFUSED : printed;
}
