/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/topic_list.h"

#include <errno.h>

/* ---- lists ---- */

int lmi_text_list_read(struct lmi_json *j, size_t max, struct lmi_arena *arena, struct lmi_text_list *out)
{
	struct lmi_text_list l = { .broker_addr = out->broker_addr };
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_ARRAY);

	while (r > 0 && (r = lmi_json_element(j)) > 0) {
		struct lmi_span text;
		int read = lmi_json_string(j, arena, &text);

		if (read < 0)
			return read;
		if (!text.p)
			continue;
		if (l.count == max)
			return -LMQ_ETOOBIG;
		l.items = lmi_arena_grow(arena, l.items, l.count, &cap, sizeof(*l.items));
		if (!l.items)
			return -ENOMEM;
		l.items[l.count++] = text;
	}
	if (r == 0)
		*out = l;
	return r;
}

int lmi_text_list_decode(struct lmi_span body, const char *member, struct lmi_arena *arena, struct lmi_text_list *out)
{
	struct lmi_text_list l = { 0 };
	struct lmi_json_token key;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, body);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		int read;

		if (lmi_json_is(&key, member))
			read = lmi_text_list_read(&j, LMI_TEXT_LIST_MAX, arena, &l);
		else if (lmi_json_is(&key, "brokerAddr"))
			read = lmi_json_string(&j, arena, &l.broker_addr);
		else
			read = lmi_json_skip(&j);
		if (read < 0)
			return read;
	}
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = l;
	return r;
}

void lmi_text_list_put_items(struct lmi_json_out *o, const struct lmi_span *items, size_t count)
{
	lmi_json_put_array(o);
	for (size_t i = 0; i < count; i++)
		lmi_json_put_string(o, items[i]);
	lmi_json_put_array_end(o);
}

void lmi_text_list_put(struct lmi_buf *b, const char *member, const struct lmi_text_list *l)
{
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	if (l->broker_addr.p) {
		lmi_json_put_key(&o, "brokerAddr");
		lmi_json_put_string(&o, l->broker_addr);
	}
	lmi_json_put_key(&o, member);
	lmi_text_list_put_items(&o, l->items, l->count);
	lmi_json_put_object_end(&o);
}

/* ---- KVTable ---- */

static int table(struct lmi_json *j, struct lmi_arena *arena, struct lmi_kv_table *t)
{
	struct lmi_json_token key;
	size_t cap = 0;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	*t = (struct lmi_kv_table){ 0 };
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		struct lmi_kv kv;
		int read = lmi_json_text(&key, arena, &kv.key);

		if (read == 0)
			read = lmi_json_string(j, arena, &kv.value);
		if (read < 0)
			return read;
		if (!kv.value.p)
			continue;
		if (t->count == LMI_TEXT_LIST_MAX)
			return -LMQ_ETOOBIG;
		t->items = lmi_arena_grow(arena, t->items, t->count, &cap, sizeof(*t->items));
		if (!t->items)
			return -ENOMEM;
		t->items[t->count++] = kv;
	}
	return r;
}

int lmi_kv_table_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_kv_table *out)
{
	struct lmi_kv_table t = { 0 };
	struct lmi_json_token key;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, body);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		int read = lmi_json_is(&key, "table") ? table(&j, arena, &t) : lmi_json_skip(&j);

		if (read < 0)
			return read;
	}
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = t;
	return r;
}

void lmi_kv_table_put(struct lmi_buf *b, const struct lmi_kv_table *t)
{
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "table");
	lmi_json_put_object(&o);
	for (size_t i = 0; i < t->count; i++) {
		lmi_json_put_key_span(&o, t->items[i].key);
		lmi_json_put_string(&o, t->items[i].value);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}

/* ---- BrokerMemberGroup ---- */

int lmi_member_group_decode(struct lmi_span body, struct lmi_arena *arena, struct lmi_route_broker *out)
{
	struct lmi_route_broker g = { 0 };
	struct lmi_json_token key;
	struct lmi_json j;
	int r;

	lmi_json_init(&j, body);
	r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &key)) > 0) {
		int read = lmi_json_is(&key, "brokerMemberGroup") ? lmi_route_broker_read(&j, arena, &g) :
								    lmi_json_skip(&j);

		if (read < 0)
			return read;
	}
	if (r == 0)
		r = lmi_json_finish(&j);
	if (r == 0)
		*out = g;
	return r;
}

void lmi_member_group_put(struct lmi_buf *b, const struct lmi_route_broker *g)
{
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "brokerMemberGroup");
	lmi_json_put_object(&o);
	lmi_route_addrs_put(&o, g, LMI_ROUTE_DEFAULT);
	lmi_json_put_key(&o, "brokerName");
	lmi_json_put_string(&o, g->broker_name);
	lmi_json_put_key(&o, "cluster");
	lmi_json_put_string(&o, g->cluster);
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}
