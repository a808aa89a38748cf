/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/route.h"

#include <errno.h>

/* ---- decoding ---- */

/* {0:"ip:port",…}; ids bare or quoted. */
static int addrs(struct lmi_json *j, struct lmi_arena *arena, struct lmi_route_broker *b)
{
	struct lmi_json_token key;
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	b->addrs = NULL;
	b->addr_count = 0;
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		struct lmi_broker_addr one;
		int read = lmi_json_string(j, arena, &one.addr);

		if (read < 0)
			return read;
		if (lmi_span_to_i64(key.text, &one.id) < 0)
			return -LMQ_EMALFORMED;
		if (!one.addr.p)
			continue;
		if (b->addr_count == LMI_ROUTE_ADDRS_MAX)
			return -LMQ_ETOOBIG;
		b->addrs = lmi_arena_grow(arena, b->addrs, b->addr_count, &cap, sizeof(*b->addrs));
		if (!b->addrs)
			return -ENOMEM;
		b->addrs[b->addr_count++] = one;
	}
	return r;
}

static int broker_member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_arena *arena,
			 struct lmi_route_broker *b)
{
	if (lmi_json_is(key, "brokerAddrs"))
		return addrs(j, arena, b);
	if (lmi_json_is(key, "brokerName"))
		return lmi_json_string(j, arena, &b->broker_name);
	if (lmi_json_is(key, "cluster"))
		return lmi_json_string(j, arena, &b->cluster);
	if (lmi_json_is(key, "zoneName"))
		return lmi_json_string(j, arena, &b->zone_name);
	if (lmi_json_is(key, "enableActingMaster"))
		return lmi_json_bool(j, &b->enable_acting_master);
	return lmi_json_skip(j);
}

int lmi_route_broker_read(struct lmi_json *j, struct lmi_arena *arena, struct lmi_route_broker *out)
{
	struct lmi_route_broker b = { 0 };
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read = broker_member(j, &key, arena, &b);

		if (read < 0)
			return read;
	}
	if (r == 0)
		*out = b;
	return r;
}

static int queue_member(struct lmi_json *j, const struct lmi_json_token *key, struct lmi_arena *arena,
			struct lmi_route_queue *q)
{
	if (lmi_json_is(key, "brokerName"))
		return lmi_json_string(j, arena, &q->broker_name);
	if (lmi_json_is(key, "readQueueNums"))
		return lmi_json_i32(j, &q->read_queues);
	if (lmi_json_is(key, "writeQueueNums"))
		return lmi_json_i32(j, &q->write_queues);
	if (lmi_json_is(key, "perm"))
		return lmi_json_i32(j, &q->perm);
	if (lmi_json_is(key, "topicSysFlag"))
		return lmi_json_i32(j, &q->sysflag);
	return lmi_json_skip(j);
}

static int queue(struct lmi_json *j, struct lmi_arena *arena, struct lmi_route_queue *out)
{
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	*out = (struct lmi_route_queue){ 0 };
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read = queue_member(j, &key, arena, out);

		if (read < 0)
			return read;
	}
	return r;
}

static int brokers(struct lmi_json *j, struct lmi_arena *arena, struct lmi_route *route)
{
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_ARRAY);

	route->broker_count = 0;
	while (r > 0 && (r = lmi_json_element(j)) > 0) {
		int read;

		if (route->broker_count == LMI_ROUTE_BROKERS_MAX)
			return -LMQ_ETOOBIG;
		route->brokers = lmi_arena_grow(arena, route->brokers, route->broker_count, &cap, sizeof(*route->brokers));
		if (!route->brokers)
			return -ENOMEM;
		read = lmi_route_broker_read(j, arena, &route->brokers[route->broker_count]);
		if (read < 0)
			return read;
		route->broker_count++;
	}
	return r;
}

static int queues(struct lmi_json *j, struct lmi_arena *arena, struct lmi_route *route)
{
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_ARRAY);

	route->queue_count = 0;
	while (r > 0 && (r = lmi_json_element(j)) > 0) {
		int read;

		if (route->queue_count == LMI_ROUTE_BROKERS_MAX)
			return -LMQ_ETOOBIG;
		route->queues = lmi_arena_grow(arena, route->queues, route->queue_count, &cap, sizeof(*route->queues));
		if (!route->queues)
			return -ENOMEM;
		read = queue(j, arena, &route->queues[route->queue_count]);
		if (read < 0)
			return read;
		route->queue_count++;
	}
	return r;
}

int lmi_route_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_route *out)
{
	struct lmi_route route = { 0 };
	struct lmi_json_token key;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, body);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		int read;

		if (lmi_json_is(&key, "brokerDatas"))
			read = brokers(&j, arena, &route);
		else if (lmi_json_is(&key, "queueDatas"))
			read = queues(&j, arena, &route);
		else if (lmi_json_is(&key, "orderTopicConf"))
			read = lmi_json_string(&j, arena, &route.order_conf);
		else
			read = lmi_json_skip(&j);
		if (read < 0)
			return read;
	}
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = route;
	return r;
}

/* ---- encoding ---- */

/* The address with the least id above *last, or NULL; few enough for a search each. */
static const struct lmi_broker_addr *next_by_id(const struct lmi_route_broker *b, const struct lmi_broker_addr *last)
{
	const struct lmi_broker_addr *best = NULL;

	for (size_t i = 0; i < b->addr_count; i++) {
		const struct lmi_broker_addr *a = &b->addrs[i];

		if ((!last || a->id > last->id) && (!best || a->id < best->id))
			best = a;
	}
	return best;
}

void lmi_route_addrs_put(struct lmi_json_out *o, const struct lmi_route_broker *b, enum lmi_route_dialect dialect)
{
	lmi_json_put_key(o, "brokerAddrs");
	lmi_json_put_object(o);
	for (const struct lmi_broker_addr *a = next_by_id(b, NULL); a; a = next_by_id(b, a)) {
		lmi_json_put_key_int(o, a->id, dialect == LMI_ROUTE_STANDARD);
		lmi_json_put_string(o, a->addr);
	}
	lmi_json_put_object_end(o);
}

void lmi_route_broker_put(struct lmi_json_out *o, const struct lmi_route_broker *b, enum lmi_route_dialect dialect)
{
	lmi_json_put_object(o);
	lmi_route_addrs_put(o, b, dialect);
	lmi_json_put_key(o, "brokerName");
	lmi_json_put_string(o, b->broker_name);
	lmi_json_put_key(o, "cluster");
	lmi_json_put_string(o, b->cluster);
	lmi_json_put_key(o, "enableActingMaster");
	lmi_json_put_bool(o, b->enable_acting_master);
	if (b->zone_name.p) {
		lmi_json_put_key(o, "zoneName");
		lmi_json_put_string(o, b->zone_name);
	}
	lmi_json_put_object_end(o);
}

static void put_queue(struct lmi_json_out *o, const struct lmi_route_queue *q)
{
	lmi_json_put_object(o);
	lmi_json_put_key(o, "brokerName");
	lmi_json_put_string(o, q->broker_name);
	lmi_json_put_key(o, "perm");
	lmi_json_put_i64(o, q->perm);
	lmi_json_put_key(o, "readQueueNums");
	lmi_json_put_i64(o, q->read_queues);
	lmi_json_put_key(o, "topicSysFlag");
	lmi_json_put_i64(o, q->sysflag);
	lmi_json_put_key(o, "writeQueueNums");
	lmi_json_put_i64(o, q->write_queues);
	lmi_json_put_object_end(o);
}

void lmi_route_put(struct lmi_buf *b, const struct lmi_route *r, enum lmi_route_dialect dialect)
{
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	o.ascii_only = dialect == LMI_ROUTE_STANDARD;
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "brokerDatas");
	lmi_json_put_array(&o);
	for (size_t i = 0; i < r->broker_count; i++)
		lmi_route_broker_put(&o, &r->brokers[i], dialect);
	lmi_json_put_array_end(&o);
	lmi_json_put_key(&o, "filterServerTable");
	lmi_json_put_object(&o);
	lmi_json_put_object_end(&o);
	if (r->order_conf.p) {
		lmi_json_put_key(&o, "orderTopicConf");
		lmi_json_put_string(&o, r->order_conf);
	}
	lmi_json_put_key(&o, "queueDatas");
	lmi_json_put_array(&o);
	for (size_t i = 0; i < r->queue_count; i++)
		put_queue(&o, &r->queues[i]);
	lmi_json_put_array_end(&o);
	lmi_json_put_object_end(&o);
}
