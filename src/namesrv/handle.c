/* SPDX-License-Identifier: Apache-2.0 */
/* One request, one answer.  Rule: DefaultRequestProcessor, ClientRequestProcessor. */
#include <inttypes.h>

#include "namesrv/handle_internal.h"

void ask_begin(struct ask *a, struct lmi_command_out *o, int32_t code)
{
	lmi_command_begin(o, a->out, a->c->serialize, code, a->c->opaque, LMI_FLAG_RESPONSE);
}

void ask_answer(struct ask *a, int32_t code, const char *remark)
{
	struct lmi_command_out o;

	ask_begin(a, &o, code);
	lmi_command_remark(&o, lmi_span_str(remark));
	lmi_command_end(&o, 0);
}

void ask_answer_body(struct ask *a, struct lmi_span body)
{
	struct lmi_command_out o;

	ask_begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_end(&o, body.n);
	lmi_buf_put_span(a->out, body);
}

bool ask_missing(struct ask *a, const enum lmi_ext_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!ext(a, keys[i]).p) {
			struct lmi_span name = lmi_ext_key_name(keys[i]);

			ask_answer(a, LMI_RSP_SYSTEM_ERROR,
				   lmi_arena_printf(&a->n->arena, "the request lacks the field %.*s", (int)name.n, (const char *)name.p));
			return true;
		}
	return false;
}

const char *shown(struct lmi_span text, char *out)
{
	size_t n = text.n < SHOWN_CHARS ? text.n : SHOWN_CHARS - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = (char)(text.p[i] < 0x20 || text.p[i] == 0x7F ? '.' : text.p[i]);
	out[n] = '\0';
	return out;
}

/* ---- routes ---- */

/* What a success says besides: nothing, nearly always. */
static const char *route_note(struct ask *a, const struct route_ask *q, const struct route_answer *r)
{
	if (r->stale)
		return "stale: from the snapshot of the process before; its brokers have not registered again yet";
	if (!(r->perm & LMI_PERM_WRITE) || !(r->perm & LMI_PERM_READ))
		return r->perm & LMI_PERM_WRITE ? "no permission: the topic may not be read"
		     : r->perm & LMI_PERM_READ ? "no permission: the topic may not be written" : "no permission: the topic may be neither read nor written";
	if (q->zone.p && lmi_span_starts(r->body, LMI_SPAN_LIT("{\"brokerDatas\":[]")))
		return lmi_arena_printf(&a->n->arena, "wrong zone: no broker of zone %.*s has the topic", (int)q->zone.n, (const char *)q->zone.p);
	return NULL;
}

static void answer_no_route(struct ask *a, const struct route_ask *q)
{
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf why = { 0 };
	struct lmi_command_out o;

	route_table_why_not(a->n->routes, q, a->now_ms, &why);
	lmi_buf_printf(&why, " This name server has run for %" PRId64 " s.", (a->now_ms - a->n->started_ms) / 1000);
	ask_begin(a, &o, LMI_RSP_TOPIC_NOT_EXIST);
	lmi_command_remark(&o, lmi_buf_span(&why));
	lmi_command_end(&o, 0);
}

static void get_route(struct ask *a)
{
	struct route_ask q = { .topic = ext(a, LMI_EXT_TOPIC) };
	bool standard = a->c->version >= LMI_VERSION_4_9_4, zones = false;
	struct lmi_command_out o;
	struct route_answer answer;
	int r;

	if (MISSING(a, LMI_EXT_TOPIC))
		return;
	if (a->n->cfg.need_wait && a->now_ms - a->n->started_ms < a->n->cfg.wait_ms) {
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, "name server not ready");
		return;
	}
	if (!standard)
		lmi_command_ext_bool(a->c, LMI_EXT_ACCEPT_STANDARD_JSON_ONLY, &standard);
	q.dialect = standard ? LMI_ROUTE_STANDARD : LMI_ROUTE_DEFAULT;
	if (a->n->cfg.order_message)
		q.order_conf = kv_table_get(&a->n->kv, LMI_SPAN_LIT("ORDER_TOPIC_CONFIG"), q.topic);
	lmi_command_ext_bool(a->c, LMI_EXT_ZONE_MODE, &zones);
	if (zones && ext(a, LMI_EXT_ZONE_NAME).n)
		q.zone = ext(a, LMI_EXT_ZONE_NAME);
	r = route_table_route(a->n->routes, &q, &a->n->arena, &answer);
	if (r == -LMQ_ENOTFOUND) {
		answer_no_route(a, &q);
		return;
	}
	if (r < 0) {
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, lmi_strerror(r));
		return;
	}
	ask_begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_remark(&o, lmi_span_str(route_note(a, &q, &answer)));
	lmi_command_end(&o, answer.body.n);
	lmi_buf_put_span(a->out, answer.body);
}

/* ---- lists and administration ---- */

static void cluster_info(struct ask *a)
{
	struct lmi_buf b = { 0 };

	route_table_cluster_info(a->n->routes, &b, &a->n->arena);
	ask_answer_body(a, lmi_buf_span(&b));
	lmi_buf_done(&b);
}

/* A list; when it is of a cluster that is not known, a remark says so. */
static void answer_of_cluster(struct ask *a, struct lmi_span cluster, struct lmi_span body)
{
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf why = { 0 };
	struct lmi_command_out o;

	if (cluster.p && !route_table_has_cluster(a->n->routes, cluster)) {
		lmi_buf_printf(&why, "wrong cluster: %.*s is not known here; registered are: ", (int)cluster.n, (const char *)cluster.p);
		route_table_name_clusters(a->n->routes, &why);
	}
	ask_begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_remark(&o, lmi_buf_span(&why));
	lmi_command_end(&o, body.n);
	lmi_buf_put_span(a->out, body);
}

static void answer_topics(struct ask *a, struct lmi_span cluster, int32_t set, int32_t clear)
{
	LMI_CLEANUP(lmi_buf_done) struct lmi_buf b = { 0 };
	struct lmi_text_list l;

	if (route_table_topics(a->n->routes, cluster, set, clear, &a->n->arena, &l) < 0) {
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, "out of memory");
		return;
	}
	lmi_text_list_put(&b, LMI_LIST_TOPICS, &l);
	answer_of_cluster(a, cluster, lmi_buf_span(&b));
}

static void all_topics(struct ask *a)
{
	if (!a->n->cfg.all_topic_list)
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, "disable");
	else
		answer_topics(a, LMI_SPAN_NULL, 0, 0);
}

static void cluster_topics(struct ask *a)
{
	if (MISSING(a, LMI_EXT_CLUSTER))
		return;
	if (!a->n->cfg.unit_topic_list)
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, "disable");
	else
		answer_topics(a, ext(a, LMI_EXT_CLUSTER), 0, 0);
}

static void unit_topics(struct ask *a)
{
	bool unit = a->c->code == LMI_REQ_GET_UNIT_TOPIC_LIST;
	bool ununit = a->c->code == LMI_REQ_GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST;

	if (!a->n->cfg.unit_topic_list)
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, "disable");
	else
		answer_topics(a, LMI_SPAN_NULL, unit ? LMI_TOPIC_SYSFLAG_UNIT : LMI_TOPIC_SYSFLAG_UNIT_SUB,
			      ununit ? LMI_TOPIC_SYSFLAG_UNIT : 0);
}

static void system_topics(struct ask *a)
{
	struct lmi_text_list l;
	struct lmi_buf b = { 0 };

	if (route_table_system_list(a->n->routes, &a->n->arena, &l) == 0)
		lmi_text_list_put(&b, LMI_LIST_TOPICS, &l);
	ask_answer_body(a, lmi_buf_span(&b));
	lmi_buf_done(&b);
}

static void member_group(struct ask *a)
{
	struct lmi_route_broker g = { .cluster = ext(a, LMI_EXT_CLUSTER_NAME), .broker_name = ext(a, LMI_EXT_BROKER_NAME) };
	struct lmi_buf b = { 0 };

	if (MISSING(a, LMI_EXT_CLUSTER_NAME, LMI_EXT_BROKER_NAME))
		return;
	route_table_members(a->n->routes, g.broker_name, &a->n->arena, &g);
	lmi_member_group_put(&b, &g);
	answer_of_cluster(a, ext(a, LMI_EXT_CLUSTER_NAME), lmi_buf_span(&b));
	lmi_buf_done(&b);
}

static void delete_topic(struct ask *a)
{
	if (MISSING(a, LMI_EXT_TOPIC))
		return;
	route_table_delete_topic(a->n->routes, ext(a, LMI_EXT_TOPIC), ext(a, LMI_EXT_CLUSTER_NAME));
	ask_answer(a, LMI_RSP_SUCCESS, NULL);
}

static void register_topic(struct ask *a)
{
	struct lmi_route route;
	int r;

	if (MISSING(a, LMI_EXT_TOPIC))
		return;
	if (a->c->body.n == 0) {
		ask_answer(a, LMI_RSP_SUCCESS, NULL);
		return;
	}
	r = lmi_route_decode(a->c->body, &a->n->arena, &route);
	if (r == 0)
		r = route_table_add_topic(a->n->routes, ext(a, LMI_EXT_TOPIC), &route);
	ask_answer(a, r < 0 ? LMI_RSP_SYSTEM_ERROR : LMI_RSP_SUCCESS, r < 0 ? lmi_strerror(r) : NULL);
}

static void set_write(struct ask *a)
{
	bool write = a->c->code == LMI_REQ_ADD_WRITE_PERM_OF_BROKER;
	struct lmi_command_out o;
	size_t n;

	if (MISSING(a, LMI_EXT_BROKER_NAME))
		return;
	n = route_table_set_write(a->n->routes, ext(a, LMI_EXT_BROKER_NAME), write);
	ask_begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&o, write ? LMI_EXT_ADD_TOPIC_COUNT : LMI_EXT_WIPE_TOPIC_COUNT, (int64_t)n);
	lmi_command_end(&o, 0);
}

static const struct {
	int32_t code;
	ask_fn *fn;
} handlers[] = {
	{ LMI_REQ_GET_ROUTEINFO_BY_TOPIC, get_route },
	{ LMI_REQ_REGISTER_BROKER, ask_register },
	{ LMI_REQ_UNREGISTER_BROKER, ask_unregister },
	{ LMI_REQ_BROKER_HEARTBEAT, ask_heartbeat },
	{ LMI_REQ_QUERY_DATA_VERSION, ask_data_version },
	{ LMI_REQ_GET_BROKER_CLUSTER_INFO, cluster_info },
	{ LMI_REQ_GET_BROKER_MEMBER_GROUP, member_group },
	{ LMI_REQ_GET_ALL_TOPIC_LIST_FROM_NAMESERVER, all_topics },
	{ LMI_REQ_GET_TOPICS_BY_CLUSTER, cluster_topics },
	{ LMI_REQ_GET_SYSTEM_TOPIC_LIST_FROM_NS, system_topics },
	{ LMI_REQ_GET_UNIT_TOPIC_LIST, unit_topics },
	{ LMI_REQ_GET_HAS_UNIT_SUB_TOPIC_LIST, unit_topics },
	{ LMI_REQ_GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, unit_topics },
	{ LMI_REQ_DELETE_TOPIC_IN_NAMESRV, delete_topic },
	{ LMI_REQ_REGISTER_TOPIC_IN_NAMESRV, register_topic },
	{ LMI_REQ_WIPE_WRITE_PERM_OF_BROKER, set_write },
	{ LMI_REQ_ADD_WRITE_PERM_OF_BROKER, set_write },
	{ LMI_REQ_PUT_KV_CONFIG, ask_put_kv },
	{ LMI_REQ_GET_KV_CONFIG, ask_get_kv },
	{ LMI_REQ_DELETE_KV_CONFIG, ask_delete_kv },
	{ LMI_REQ_GET_KVLIST_BY_NAMESPACE, ask_list_kv },
	{ LMI_REQ_GET_NAMESRV_CONFIG, ask_get_config },
	{ LMI_REQ_UPDATE_NAMESRV_CONFIG, ask_update_config },
	{ LMI_REQ_REGISTER_DIGEST, ask_digest },
	{ LMI_REQ_REGISTER_RANGES, ask_ranges },
	{ LMI_REQ_REGISTER_TOPICS, ask_topics },
};

void namesrv_handle(struct namesrv *n, const struct lmi_command *c, uint64_t conn_id, struct lmi_buf *out)
{
	struct ask a = { n, c, conn_id, lmi_mono_ms(n->cfg.clock), out };
	struct lmi_buf sink = { 0 };

	if (c->flag & LMI_FLAG_RESPONSE)
		return; /* we ask nobody */
	n->requests++;
	if (c->flag & LMI_FLAG_ONEWAY)
		a.out = &sink;
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].code == c->code) {
			handlers[i].fn(&a);
			lmi_buf_done(&sink);
			return;
		}
	ask_answer(&a, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED, lmi_arena_printf(&n->arena, " request type %d not supported", c->code));
	lmi_buf_done(&sink);
}
