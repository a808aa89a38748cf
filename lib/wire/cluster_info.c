/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/cluster_info.h"

#include <errno.h>

#include "wire/topic_list.h"

/* brokerAddrTable: name -> BrokerData. */
static int brokers(struct lmi_json *j, struct lmi_arena *arena, struct lmi_cluster_info *c)
{
	struct lmi_json_token key;
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	c->broker_count = 0;
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		struct lmi_route_broker *b;
		int read;

		if (c->broker_count == LMI_CLUSTER_BROKERS_MAX)
			return -LMQ_ETOOBIG;
		c->brokers = lmi_arena_grow(arena, c->brokers, c->broker_count, &cap, sizeof(*c->brokers));
		if (!c->brokers)
			return -ENOMEM;
		b = &c->brokers[c->broker_count];
		read = lmi_route_broker_read(j, arena, b);
		if (read == 0 && !b->broker_name.p)
			read = lmi_json_text(&key, arena, &b->broker_name);
		if (read < 0)
			return read;
		c->broker_count++;
	}
	return r;
}

/* clusterAddrTable: name -> names of brokers. */
static int clusters(struct lmi_json *j, struct lmi_arena *arena, struct lmi_cluster_info *c)
{
	struct lmi_json_token key;
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	c->cluster_count = 0;
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		struct lmi_text_list names = { 0 };
		struct lmi_span name;
		int read = lmi_json_text(&key, arena, &name);

		if (read == 0)
			read = lmi_text_list_read(j, LMI_CLUSTER_BROKERS_MAX, arena, &names);
		if (read < 0)
			return read;
		if (c->cluster_count == LMI_CLUSTER_CLUSTERS_MAX)
			return -LMQ_ETOOBIG;
		c->clusters = lmi_arena_grow(arena, c->clusters, c->cluster_count, &cap, sizeof(*c->clusters));
		if (!c->clusters)
			return -ENOMEM;
		c->clusters[c->cluster_count++] = (struct lmi_cluster){ name, names.items, names.count };
	}
	return r;
}

int lmi_cluster_info_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_cluster_info *out)
{
	struct lmi_cluster_info c = { 0 };
	struct lmi_json_token key;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, body);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		int read;

		if (lmi_json_is(&key, "brokerAddrTable"))
			read = brokers(&j, arena, &c);
		else if (lmi_json_is(&key, "clusterAddrTable"))
			read = clusters(&j, arena, &c);
		else
			read = lmi_json_skip(&j);
		if (read < 0)
			return read;
	}
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = c;
	return r;
}

void lmi_cluster_info_put(struct lmi_buf *b, const struct lmi_cluster_info *c)
{
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "brokerAddrTable");
	lmi_json_put_object(&o);
	for (size_t i = 0; i < c->broker_count; i++) {
		lmi_json_put_key_span(&o, c->brokers[i].broker_name);
		lmi_route_broker_put(&o, &c->brokers[i], LMI_ROUTE_DEFAULT);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_key(&o, "clusterAddrTable");
	lmi_json_put_object(&o);
	for (size_t i = 0; i < c->cluster_count; i++) {
		lmi_json_put_key_span(&o, c->clusters[i].name);
		lmi_text_list_put_items(&o, c->clusters[i].broker_names, c->clusters[i].broker_count);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}
