/* SPDX-License-Identifier: Apache-2.0 */
/* What brokers ask.  Rule: DefaultRequestProcessor; the last three are ours, see wire/topic_sync.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "namesrv/handle_internal.h"

#include "base/event.h"

static void broker_line(struct ask *a, const struct route_registration *r, size_t topics)
{
	char name[SHOWN_CHARS], cluster[SHOWN_CHARS], addr[SHOWN_CHARS];
	const struct lmi_log_field fields[] = { LMI_LOG_EVENT(LMI_EVENT_BROKER_REGISTERED), { "BROKER", shown(r->broker_name, name), 0 },
						{ NULL, NULL, 0 } };

	lmi_log_with(a->n->cfg.log, LMI_LOG_NOTICE, fields, "broker %s id %" PRId64 " of cluster %s registered from %s with %zu topics", name,
		     r->broker_id, shown(r->cluster, cluster), shown(r->addr, addr), topics);
}

/* What brokers do wrong again and again is said now and then. */
static void refusal_line(struct ask *a, const struct route_registration *r, const char *why)
{
	char name[SHOWN_CHARS], addr[SHOWN_CHARS];
	unsigned int dropped;

	if (lmi_log_limit_pass(&a->n->refusals, a->now_ms, &dropped))
		lmi_log(a->n->cfg.log, LMI_LOG_WARNING, "registration of broker %s from %s refused: %s (%u more lines like this were dropped)",
			shown(r->broker_name, name), shown(r->addr, addr), why, dropped);
}

/* What brokers are told of topics in order, as the body of an answer; nothing when there are none. */
static void put_orders(struct ask *a, struct lmi_buf *body)
{
	struct lmi_kv_table orders;

	if (a->n->cfg.return_order_config && kv_table_list(&a->n->kv, LMI_SPAN_LIT("ORDER_TOPIC_CONFIG"), &a->n->arena, &orders))
		lmi_kv_table_put(body, &orders);
}

static void answer_registration(struct ask *a, const struct route_registered *res)
{
	struct lmi_command_out o;
	struct lmi_buf body = { 0 };

	put_orders(a, &body);
	ask_begin(a, &o, LMI_RSP_SUCCESS);
	if (res->master_ha_addr.p)
		lmi_command_put(&o, LMI_EXT_HA_SERVER_ADDR, res->master_ha_addr);
	if (res->master_addr.p)
		lmi_command_put(&o, LMI_EXT_MASTER_ADDR, res->master_addr);
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(a->out, lmi_buf_span(&body));
	lmi_buf_done(&body);
}

/* The header.  False when it was answered. */
static bool read_registration(struct ask *a, struct route_registration *r)
{
	bool acting;

	if (MISSING(a, LMI_EXT_BROKER_NAME, LMI_EXT_BROKER_ADDR, LMI_EXT_CLUSTER_NAME, LMI_EXT_HA_SERVER_ADDR, LMI_EXT_BROKER_ID))
		return false;
	*r = (struct route_registration){
		.broker_name = ext(a, LMI_EXT_BROKER_NAME),
		.addr = ext(a, LMI_EXT_BROKER_ADDR),
		.cluster = ext(a, LMI_EXT_CLUSTER_NAME),
		.ha_addr = ext(a, LMI_EXT_HA_SERVER_ADDR),
		.zone_name = ext(a, LMI_EXT_ZONE_NAME),
		.conn_id = a->conn_id,
		.acting_master = -1,
	};
	if (lmi_command_ext_i64(a->c, LMI_EXT_BROKER_ID, &r->broker_id) < 0) {
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, "brokerId is no number");
		return false;
	}
	lmi_command_ext_i64(a->c, LMI_EXT_HEARTBEAT_TIMEOUT_MILLIS, &r->timeout_ms);
	if (lmi_command_ext_bool(a->c, LMI_EXT_ENABLE_ACTING_MASTER, &acting) == 0)
		r->acting_master = acting;
	return true;
}

static const char *refusal(struct ask *a, int err)
{
	switch (err) {
	case -LMQ_EILLEGAL:
		return "a name or address is empty, too long or has control characters, or a broker that is not known yet came with one topic only";
	case -LMQ_EFULL:
		return "above maxTopics, maxTopicsPerBroker, maxBrokers, 64 addresses of a broker or 256 brokers of a connection";
	case -LMQ_ESTATE:
		return "it was withdrawn, or began another transfer, before all topics were taken over";
	default:
		return lmi_arena_printf(&a->n->arena, "%s", lmi_strerror(err));
	}
}

/* 0 as the header's sum: not checked.  Rule: DefaultRequestProcessor.checksum. */
int ask_read_topics(struct lmi_span body, bool compressed, int32_t crc, int32_t version, struct lmi_arena *arena, struct lmi_register *out)
{
	if (crc != 0 && (uint32_t)crc != (lmi_crc32(0, body.p, body.n) & 0x7FFFFFFF))
		return -EBADMSG;
	return lmi_register_decode(body, compressed, version, arena, out);
}

static void refuse(struct ask *a, const struct route_registration *r, int err)
{
	const char *why = refusal(a, err);

	if (err == -EBADMSG) { /* rule: its words */
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, "crc32 not match");
		return;
	}

	ask_answer(a, LMI_RSP_SYSTEM_ERROR, lmi_arena_printf(&a->n->arena, "register broker failed: %s", why));
	refusal_line(a, r, why);
}

void ask_registered(struct ask *a, const struct route_registration *r, const struct route_registered *res, int err)
{
	if (err < 0) {
		refuse(a, r, err);
		return;
	}
	if (res->ignored)
		refusal_line(a, r, "an older stateVersion than that of the address registered under its id; ignored");
	if (res->fresh)
		broker_line(a, r, r->body->topic_count);
	answer_registration(a, res);
}

void ask_register(struct ask *a)
{
	struct lmi_register body;
	struct route_registration r;
	struct route_registered res = { 0 };
	int32_t crc = 0;
	bool compressed = false;
	int err;

	if (!read_registration(a, &r))
		return;
	lmi_command_ext_bool(a->c, LMI_EXT_COMPRESSED, &compressed);
	lmi_command_ext_i32(a->c, LMI_EXT_BODY_CRC32, &crc);
	if (namesrv_work_register(a, &r, compressed, crc))
		return;
	r.body = &body;
	err = ask_read_topics(a->c->body, compressed, crc, a->c->version, &a->n->arena, &body);
	if (err == 0)
		err = route_table_register(a->n->routes, &r, a->now_ms, &res);
	ask_registered(a, &r, &res, err);
}

void ask_unregister(struct ask *a)
{
	if (MISSING(a, LMI_EXT_BROKER_NAME, LMI_EXT_BROKER_ADDR, LMI_EXT_CLUSTER_NAME))
		return;
	namesrv_work_drop(a->n, ext(a, LMI_EXT_BROKER_NAME), ext(a, LMI_EXT_BROKER_ADDR));
	route_table_unregister(a->n->routes, ext(a, LMI_EXT_CLUSTER_NAME), ext(a, LMI_EXT_BROKER_NAME), ext(a, LMI_EXT_BROKER_ADDR),
			       a->now_ms);
	ask_answer(a, LMI_RSP_SUCCESS, NULL);
}

static bool touch(struct ask *a)
{
	return route_table_touch(a->n->routes, ext(a, LMI_EXT_CLUSTER_NAME), ext(a, LMI_EXT_BROKER_NAME), ext(a, LMI_EXT_BROKER_ADDR),
				 a->now_ms);
}

void ask_heartbeat(struct ask *a)
{
	if (MISSING(a, LMI_EXT_BROKER_NAME, LMI_EXT_BROKER_ADDR, LMI_EXT_CLUSTER_NAME))
		return;
	touch(a);
	ask_answer(a, LMI_RSP_SUCCESS, NULL);
}

void ask_data_version(struct ask *a)
{
	const struct lmi_data_version *known;
	struct lmi_data_version theirs = { 0 };
	struct lmi_command_out o;
	struct lmi_json_out j;
	struct lmi_buf body = { 0 };

	if (MISSING(a, LMI_EXT_BROKER_NAME, LMI_EXT_BROKER_ADDR, LMI_EXT_CLUSTER_NAME))
		return;
	if (lmi_data_version_decode(a->c->body, &theirs) < 0) {
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, "the body is no DataVersion");
		return;
	}
	touch(a);
	known = route_table_version(a->n->routes, ext(a, LMI_EXT_CLUSTER_NAME), ext(a, LMI_EXT_BROKER_NAME), ext(a, LMI_EXT_BROKER_ADDR));
	if (known) {
		lmi_json_out_init(&j, &body);
		lmi_data_version_put(&j, known);
	}
	ask_begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_put_bool(&o, LMI_EXT_CHANGED, !known || !lmi_data_version_eq(known, &theirs));
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(a->out, lmi_buf_span(&body));
	lmi_buf_done(&body);
}

/* ---- by what has changed ---- */

static void answer_changed(struct ask *a, bool changed, size_t topics)
{
	struct lmi_command_out o;
	struct lmi_buf body = { 0 };

	if (!changed)
		put_orders(a, &body);
	ask_begin(a, &o, LMI_RSP_SUCCESS);
	lmi_command_put_bool(&o, LMI_EXT_CHANGED, changed);
	if (changed)
		lmi_command_put_i64(&o, LMI_EXT_TOTAL_TOPIC_NUM, (int64_t)topics);
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(a->out, lmi_buf_span(&body));
	lmi_buf_done(&body);
}

static void answer_sync_error(struct ask *a, int err)
{
	if (err == -LMQ_ENOTFOUND)
		ask_answer(a, LMI_RSP_BROKER_NEED_TO_BE_REGISTERED, "no broker has registered over this connection");
	else
		ask_answer(a, LMI_RSP_SYSTEM_ERROR, refusal(a, err));
}

void ask_digest(struct ask *a)
{
	struct route_registration r;
	struct route_registered res = { 0 };
	struct lmi_sync_digest d;
	bool changed, named = ext(a, LMI_EXT_BROKER_NAME).p != NULL;
	size_t topics;
	int err = lmi_sync_digest_decode(a->c->body, &d);

	if (err < 0) {
		ask_answer(a, err == -LMQ_EUNSUPPORTED ? LMI_RSP_REQUEST_CODE_NOT_SUPPORTED : LMI_RSP_SYSTEM_ERROR, lmi_strerror(err));
		return;
	}
	if (named && !read_registration(a, &r))
		return;
	err = route_table_digest(a->n->routes, named ? &r : NULL, a->conn_id, &d, a->now_ms, &res, &changed, &topics);
	if (err < 0 && named)
		refuse(a, &r, err);
	else if (err < 0)
		answer_sync_error(a, err);
	else
		answer_changed(a, changed, topics);
	if (res.ignored)
		refusal_line(a, &r, "an older stateVersion than that of the address registered under its id; ignored");
	if (err == 0 && res.fresh)
		broker_line(a, &r, d.topics);
}

void ask_compared(struct ask *a, const uint8_t *bitmap, unsigned int bits, int err)
{
	if (err < 0)
		answer_sync_error(a, err);
	else
		ask_answer_body(a, lmi_span(bitmap, lmi_sync_bitmap_bytes(bits)));
}

void ask_ranges(struct ask *a)
{
	unsigned int bits;
	const uint8_t *digests;
	int err = lmi_sync_ranges_decode(a->c->body, &bits, &digests);

	if (err < 0)
		answer_sync_error(a, err);
	else
		namesrv_work_ranges(a, bits, digests);
}

void ask_synced(struct ask *a, bool changed, int err)
{
	if (err < 0)
		answer_sync_error(a, err);
	else
		answer_changed(a, changed, 0);
}

void ask_topics(struct ask *a)
{
	struct lmi_sync_topics s;
	int err = lmi_sync_topics_decode(a->c->body, &s);

	if (err < 0)
		answer_sync_error(a, err);
	else
		namesrv_work_topics(a, &s);
}
