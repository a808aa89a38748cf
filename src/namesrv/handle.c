/* SPDX-License-Identifier: Apache-2.0 */
/* One request, one answer.  Rule: DefaultRequestProcessor, ClientRequestProcessor. */
#include <inttypes.h>
#include <stdio.h>

#include "namesrv/namesrv.h"
#include "wire/codes.h"

/* One request on its way. */
struct ask {
	struct namesrv *n;
	const struct lmi_command *c;
	uint64_t conn_id;
	int64_t now_ms;
	struct lmi_buf *out;
};

static struct lmi_span ext(const struct ask *a, enum lmi_ext_key key)
{
	return lmi_command_ext(a->c, key);
}

static void begin(struct ask *a, struct lmi_command_out *o, int32_t code)
{
	lmi_command_begin(o, a->out, a->c->serialize, code, a->c->opaque, LMI_FLAG_RESPONSE);
}

static void answer(struct ask *a, int32_t code, const char *remark)
{
	struct lmi_command_out o;

	begin(a, &o, code);
	lmi_command_remark(&o, lmi_span_str(remark));
	lmi_command_end(&o, 0);
}

static void answer_body(struct ask *a, struct lmi_span body)
{
	struct lmi_command_out o;

	begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_end(&o, body.n);
	lmi_buf_put_span(a->out, body);
}

/* A missing required field is an exception in RocketMQ, answered as SYSTEM_ERROR; ours says which. */
static bool missing(struct ask *a, const enum lmi_ext_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!ext(a, keys[i]).p) {
			struct lmi_span name = lmi_ext_key_name(keys[i]);

			answer(a, LMI_RSP_SYSTEM_ERROR,
			       lmi_arena_printf(&a->n->arena, "the request lacks the field %.*s", (int)name.n, (const char *)name.p));
			return true;
		}
	return false;
}
#define MISSING(a, ...) missing(a, (const enum lmi_ext_key[]){ __VA_ARGS__ }, \
				sizeof((const enum lmi_ext_key[]){ __VA_ARGS__ }) / sizeof(enum lmi_ext_key))

static void broker_line(struct ask *a, const struct route_registration *r)
{
	char id[24], name[256];
	const struct lmi_log_field fields[] = { { "BROKER", name }, { NULL, NULL } };

	snprintf(name, sizeof(name), "%.*s", (int)r->broker_name.n, (const char *)r->broker_name.p);
	snprintf(id, sizeof(id), "%" PRId64, r->broker_id);
	lmi_log_with(a->n->cfg.log, LMI_LOG_NOTICE, fields, "broker %s id %s of cluster %.*s registered from %.*s with %zu topics", name, id,
		     (int)r->cluster.n, (const char *)r->cluster.p, (int)r->addr.n, (const char *)r->addr.p, r->body->topic_count);
}

static void answer_registration(struct ask *a, const struct route_registered *res)
{
	struct lmi_kv_table orders;
	struct lmi_command_out o;
	struct lmi_buf body = { 0 };

	if (a->n->cfg.return_order_config && kv_table_list(&a->n->kv, LMI_SPAN_LIT("ORDER_TOPIC_CONFIG"), &a->n->arena, &orders))
		lmi_kv_table_put(&body, &orders);
	begin(a, &o, LMI_RSP_SUCCESS);
	if (res->master_ha_addr.p)
		lmi_command_put(&o, LMI_EXT_HA_SERVER_ADDR, res->master_ha_addr);
	if (res->master_addr.p)
		lmi_command_put(&o, LMI_EXT_MASTER_ADDR, res->master_addr);
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(a->out, lmi_buf_span(&body));
	lmi_buf_done(&body);
}

static void register_broker(struct ask *a)
{
	struct lmi_register body;
	struct route_registration r = { .conn_id = a->conn_id, .acting_master = -1, .body = &body };
	struct route_registered res;
	int32_t crc = 0;
	bool compressed = false, acting;
	int err;

	if (MISSING(a, LMI_EXT_BROKER_NAME, LMI_EXT_BROKER_ADDR, LMI_EXT_CLUSTER_NAME, LMI_EXT_HA_SERVER_ADDR, LMI_EXT_BROKER_ID))
		return;
	r.broker_name = ext(a, LMI_EXT_BROKER_NAME);
	r.addr = ext(a, LMI_EXT_BROKER_ADDR);
	r.cluster = ext(a, LMI_EXT_CLUSTER_NAME);
	r.ha_addr = ext(a, LMI_EXT_HA_SERVER_ADDR);
	r.zone_name = ext(a, LMI_EXT_ZONE_NAME);
	if (lmi_command_ext_i64(a->c, LMI_EXT_BROKER_ID, &r.broker_id) < 0) {
		answer(a, LMI_RSP_SYSTEM_ERROR, "brokerId is no number");
		return;
	}
	lmi_command_ext_i64(a->c, LMI_EXT_HEARTBEAT_TIMEOUT_MILLIS, &r.timeout_ms);
	lmi_command_ext_bool(a->c, LMI_EXT_COMPRESSED, &compressed);
	lmi_command_ext_i32(a->c, LMI_EXT_BODY_CRC32, &crc);
	if (lmi_command_ext_bool(a->c, LMI_EXT_ENABLE_ACTING_MASTER, &acting) == 0)
		r.acting_master = acting;
	if (crc != 0 && (uint32_t)crc != (lmi_crc32(0, a->c->body.p, a->c->body.n) & 0x7FFFFFFF)) {
		answer(a, LMI_RSP_SYSTEM_ERROR, "crc32 not match");
		return;
	}
	err = lmi_register_decode(a->c->body, compressed, a->c->version, &a->n->arena, &body);
	if (err == 0)
		err = route_table_register(a->n->routes, &r, a->now_ms, &res);
	if (err < 0) {
		answer(a, LMI_RSP_SYSTEM_ERROR, lmi_arena_printf(&a->n->arena, "register broker failed: %s", lmi_strerror(err)));
		lmi_log(a->n->cfg.log, LMI_LOG_WARNING, "registration of broker %.*s from %.*s refused: %s", (int)r.broker_name.n,
			(const char *)r.broker_name.p, (int)r.addr.n, (const char *)r.addr.p, lmi_strerror(err));
		return;
	}
	if (res.fresh)
		broker_line(a, &r);
	answer_registration(a, &res);
}

static void unregister_broker(struct ask *a)
{
	if (MISSING(a, LMI_EXT_BROKER_NAME, LMI_EXT_BROKER_ADDR, LMI_EXT_CLUSTER_NAME))
		return;
	route_table_unregister(a->n->routes, ext(a, LMI_EXT_CLUSTER_NAME), ext(a, LMI_EXT_BROKER_NAME), ext(a, LMI_EXT_BROKER_ADDR),
			       a->now_ms);
	answer(a, LMI_RSP_SUCCESS, NULL);
}

static void broker_heartbeat(struct ask *a)
{
	if (MISSING(a, LMI_EXT_BROKER_ADDR, LMI_EXT_CLUSTER_NAME))
		return;
	route_table_touch(a->n->routes, ext(a, LMI_EXT_CLUSTER_NAME), ext(a, LMI_EXT_BROKER_ADDR), a->now_ms);
	answer(a, LMI_RSP_SUCCESS, NULL);
}

static void query_data_version(struct ask *a)
{
	const struct lmi_data_version *known;
	struct lmi_data_version theirs = { 0 };
	struct lmi_command_out o;
	struct lmi_json_out j;
	struct lmi_buf body = { 0 };

	if (MISSING(a, LMI_EXT_BROKER_ADDR, LMI_EXT_CLUSTER_NAME))
		return;
	if (lmi_data_version_decode(a->c->body, &theirs) < 0) {
		answer(a, LMI_RSP_SYSTEM_ERROR, "the body is no DataVersion");
		return;
	}
	route_table_touch(a->n->routes, ext(a, LMI_EXT_CLUSTER_NAME), ext(a, LMI_EXT_BROKER_ADDR), a->now_ms);
	known = route_table_version(a->n->routes, ext(a, LMI_EXT_CLUSTER_NAME), ext(a, LMI_EXT_BROKER_ADDR));
	if (known) {
		lmi_json_out_init(&j, &body);
		lmi_data_version_put(&j, known);
	}
	begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_put_bool(&o, LMI_EXT_CHANGED, !known || !lmi_data_version_eq(known, &theirs));
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(a->out, lmi_buf_span(&body));
	lmi_buf_done(&body);
}

static void get_route(struct ask *a)
{
	struct lmi_span topic = ext(a, LMI_EXT_TOPIC), order = LMI_SPAN_NULL, body;
	bool standard = a->c->version >= LMI_VERSION_4_9_4, asked = false;
	struct lmi_command_out o;
	struct lmi_buf why = { 0 };
	int r;

	if (MISSING(a, LMI_EXT_TOPIC))
		return;
	lmi_command_ext_bool(a->c, LMI_EXT_ACCEPT_STANDARD_JSON_ONLY, &asked);
	if (a->n->cfg.order_message)
		order = kv_table_get(&a->n->kv, LMI_SPAN_LIT("ORDER_TOPIC_CONFIG"), topic);
	r = route_table_route(a->n->routes, topic, standard || asked ? LMI_ROUTE_STANDARD : LMI_ROUTE_DEFAULT, order, &body);
	if (r == 0) {
		answer_body(a, body);
		return;
	}
	if (r != -LMQ_ENOTFOUND) {
		answer(a, LMI_RSP_SYSTEM_ERROR, lmi_strerror(r));
		return;
	}
	route_table_why_not(a->n->routes, topic, a->now_ms, &why);
	lmi_buf_printf(&why, " This name server has run for %" PRId64 " s.", (a->now_ms - a->n->started_ms) / 1000);
	begin(a, &o, LMI_RSP_TOPIC_NOT_EXIST);
	lmi_command_remark(&o, lmi_buf_span(&why));
	lmi_command_end(&o, 0);
	lmi_buf_done(&why);
}

static void cluster_info(struct ask *a)
{
	struct lmi_buf b = { 0 };

	route_table_cluster_info(a->n->routes, &b, &a->n->arena);
	answer_body(a, lmi_buf_span(&b));
	lmi_buf_done(&b);
}

static void answer_topics(struct ask *a, struct lmi_span cluster, int32_t set, int32_t clear)
{
	struct lmi_text_list l;
	struct lmi_buf b = { 0 };

	if (route_table_topics(a->n->routes, cluster, set, clear, &a->n->arena, &l) < 0) {
		answer(a, LMI_RSP_SYSTEM_ERROR, "out of memory");
		return;
	}
	lmi_text_list_put(&b, LMI_LIST_TOPICS, &l);
	answer_body(a, lmi_buf_span(&b));
	lmi_buf_done(&b);
}

static void all_topics(struct ask *a)
{
	if (!a->n->cfg.all_topic_list)
		answer(a, LMI_RSP_SYSTEM_ERROR, "disable");
	else
		answer_topics(a, LMI_SPAN_NULL, 0, 0);
}

static void cluster_topics(struct ask *a)
{
	if (!MISSING(a, LMI_EXT_CLUSTER))
		answer_topics(a, ext(a, LMI_EXT_CLUSTER), 0, 0);
}

static void unit_topics(struct ask *a)
{
	bool unit = a->c->code == LMI_REQ_GET_UNIT_TOPIC_LIST;
	bool ununit = a->c->code == LMI_REQ_GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST;

	if (!a->n->cfg.unit_topic_list)
		answer(a, LMI_RSP_SYSTEM_ERROR, "disable");
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
	answer_body(a, lmi_buf_span(&b));
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
	answer_body(a, lmi_buf_span(&b));
	lmi_buf_done(&b);
}

static void delete_topic(struct ask *a)
{
	if (MISSING(a, LMI_EXT_TOPIC))
		return;
	route_table_delete_topic(a->n->routes, ext(a, LMI_EXT_TOPIC), ext(a, LMI_EXT_CLUSTER_NAME));
	answer(a, LMI_RSP_SUCCESS, NULL);
}

static void register_topic(struct ask *a)
{
	struct lmi_route route;
	int r;

	if (MISSING(a, LMI_EXT_TOPIC))
		return;
	r = lmi_route_decode(a->c->body, &a->n->arena, &route);
	if (r == 0)
		r = route_table_add_topic(a->n->routes, ext(a, LMI_EXT_TOPIC), &route);
	answer(a, r < 0 ? LMI_RSP_SYSTEM_ERROR : LMI_RSP_SUCCESS, r < 0 ? lmi_strerror(r) : NULL);
}

static void set_write(struct ask *a)
{
	bool write = a->c->code == LMI_REQ_ADD_WRITE_PERM_OF_BROKER;
	struct lmi_command_out o;
	int n;

	if (MISSING(a, LMI_EXT_BROKER_NAME))
		return;
	n = route_table_set_write(a->n->routes, ext(a, LMI_EXT_BROKER_NAME), write);
	begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&o, write ? LMI_EXT_ADD_TOPIC_COUNT : LMI_EXT_WIPE_TOPIC_COUNT, n);
	lmi_command_end(&o, 0);
}

/* Replace the file; the answer waits for it, as RocketMQ's does. */
static int save_kv(struct namesrv *n)
{
	struct lmi_buf b = { 0 };
	int r = 0;

	if (!n->cfg.disk)
		return 0;
	kv_table_encode(&n->kv, &b);
	r = b.failed ? -1 : disk_replace(n->cfg.disk, n->cfg.kv_file, lmi_buf_span(&b));
	lmi_buf_done(&b);
	if (r < 0)
		lmi_log(n->cfg.log, LMI_LOG_ERR, "cannot save the KV configuration in %s: %s; check the folder and its free space",
			n->cfg.kv_file, lmi_strerror(r));
	return r;
}

static void put_kv(struct ask *a)
{
	int r;

	if (MISSING(a, LMI_EXT_NAMESPACE, LMI_EXT_KEY, LMI_EXT_VALUE))
		return;
	r = kv_table_put(&a->n->kv, ext(a, LMI_EXT_NAMESPACE), ext(a, LMI_EXT_KEY), ext(a, LMI_EXT_VALUE));
	if (r == 0)
		r = save_kv(a->n);
	answer(a, r < 0 ? LMI_RSP_SYSTEM_ERROR : LMI_RSP_SUCCESS, r < 0 ? lmi_strerror(r) : NULL);
}

static void get_kv(struct ask *a)
{
	struct lmi_command_out o;
	struct lmi_span v;

	if (MISSING(a, LMI_EXT_NAMESPACE, LMI_EXT_KEY))
		return;
	v = kv_table_get(&a->n->kv, ext(a, LMI_EXT_NAMESPACE), ext(a, LMI_EXT_KEY));
	if (!v.p) {
		struct lmi_span s = ext(a, LMI_EXT_NAMESPACE), k = ext(a, LMI_EXT_KEY);

		answer(a, LMI_RSP_QUERY_NOT_FOUND, lmi_arena_printf(&a->n->arena, "No config item, Namespace: %.*s Key: %.*s", (int)s.n,
								   (const char *)s.p, (int)k.n, (const char *)k.p));
		return;
	}
	begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_put(&o, LMI_EXT_VALUE, v);
	lmi_command_end(&o, 0);
}

static void delete_kv(struct ask *a)
{
	int r;

	if (MISSING(a, LMI_EXT_NAMESPACE, LMI_EXT_KEY))
		return;
	kv_table_del(&a->n->kv, ext(a, LMI_EXT_NAMESPACE), ext(a, LMI_EXT_KEY));
	r = save_kv(a->n);
	answer(a, r < 0 ? LMI_RSP_SYSTEM_ERROR : LMI_RSP_SUCCESS, r < 0 ? lmi_strerror(r) : NULL);
}

static void list_kv(struct ask *a)
{
	struct lmi_kv_table t;
	struct lmi_buf b = { 0 };

	if (MISSING(a, LMI_EXT_NAMESPACE))
		return;
	if (!kv_table_list(&a->n->kv, ext(a, LMI_EXT_NAMESPACE), &a->n->arena, &t)) {
		struct lmi_span s = ext(a, LMI_EXT_NAMESPACE);

		answer(a, LMI_RSP_QUERY_NOT_FOUND,
		       lmi_arena_printf(&a->n->arena, "No config item, Namespace: %.*s", (int)s.n, (const char *)s.p));
		return;
	}
	lmi_kv_table_put(&b, &t);
	answer_body(a, lmi_buf_span(&b));
	lmi_buf_done(&b);
}

static const struct {
	int32_t code;
	void (*fn)(struct ask *a);
} handlers[] = {
	{ LMI_REQ_GET_ROUTEINFO_BY_TOPIC, get_route },
	{ LMI_REQ_REGISTER_BROKER, register_broker },
	{ LMI_REQ_UNREGISTER_BROKER, unregister_broker },
	{ LMI_REQ_BROKER_HEARTBEAT, broker_heartbeat },
	{ LMI_REQ_QUERY_DATA_VERSION, query_data_version },
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
	{ LMI_REQ_PUT_KV_CONFIG, put_kv },
	{ LMI_REQ_GET_KV_CONFIG, get_kv },
	{ LMI_REQ_DELETE_KV_CONFIG, delete_kv },
	{ LMI_REQ_GET_KVLIST_BY_NAMESPACE, list_kv },
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
	answer(&a, LMI_RSP_REQUEST_CODE_NOT_SUPPORTED, lmi_arena_printf(&n->arena, " request type %d not supported", c->code));
	lmi_buf_done(&sink);
}
