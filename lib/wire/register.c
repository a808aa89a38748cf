/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON form; the compressed one is in register_compressed.c. */
#include "wire/register_internal.h"

#include <errno.h>

#include "wire/codes.h"
#include "wire/topic_list.h"

int register_add_topic(struct register_topics *t, const struct lmi_topic_config *topic)
{
	struct lmi_topic_config *list;

	if (t->count == LMI_REGISTER_TOPICS_MAX)
		return -LMQ_ETOOBIG;
	list = lmi_arena_grow(t->arena, t->list, t->count, &t->cap, sizeof(*list));
	if (!list)
		return -ENOMEM;
	t->list = list;
	t->list[t->count++] = *topic;
	return 0;
}

int register_read_filter_servers(struct lmi_json *j, struct lmi_arena *arena, struct lmi_register *r)
{
	struct lmi_text_list list = { 0 };
	int err = lmi_text_list_read(j, LMI_REGISTER_FILTER_SERVERS_MAX, arena, &list);

	r->filter_servers = list.items;
	r->filter_server_count = list.count;
	return err;
}

/* topicConfigTable: name -> TopicConfig.  The name inside counts, as in Java's table of values; without one, the key. */
static int topic_table(struct lmi_json *j, struct register_topics *topics)
{
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	topics->count = 0;
	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		struct lmi_topic_config t;
		int read = lmi_topic_config_read(j, topics->arena, &t);

		if (read == 0 && t.name.n == 0)
			read = lmi_json_text(&key, topics->arena, &t.name);
		if (read == 0)
			read = register_add_topic(topics, &t);
		if (read < 0)
			return read;
	}
	return r;
}

static int wrapper(struct lmi_json *j, struct register_topics *topics, struct lmi_register *out)
{
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read;

		if (lmi_json_is(&key, "dataVersion"))
			read = lmi_data_version_read(j, &out->version);
		else if (lmi_json_is(&key, "topicConfigTable"))
			read = topic_table(j, topics);
		else
			read = lmi_json_skip(j);
		if (read < 0)
			return read;
	}
	return r;
}

static int body_object(struct lmi_json *j, struct register_topics *topics, struct lmi_register *out)
{
	struct lmi_json_token key;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);

	while (r > 0 && (r = lmi_json_member(j, &key)) > 0) {
		int read;

		if (lmi_json_is(&key, "topicConfigSerializeWrapper"))
			read = wrapper(j, topics, out);
		else if (lmi_json_is(&key, "filterServerList"))
			read = register_read_filter_servers(j, topics->arena, out);
		else
			read = lmi_json_skip(j);
		if (read < 0)
			return read;
	}
	return r;
}

int lmi_register_decode(struct lmi_span body, bool compressed, int32_t broker_version, struct lmi_arena *arena,
			struct lmi_register *out)
{
	struct register_topics topics = { .arena = arena };
	struct lmi_register reg = { 0 };
	struct lmi_json j;
	int r;

	if (body.n == 0) {
		*out = reg;
		return 0;
	}
	if (broker_version >= LMI_VERSION_3_0_11 && compressed) {
		r = register_decode_compressed(body, &topics, &reg);
	} else {
		lmi_json_init(&j, body);
		r = broker_version >= LMI_VERSION_3_0_11 ? body_object(&j, &topics, &reg) : wrapper(&j, &topics, &reg);
		if (r == 0)
			r = lmi_json_finish(&j);
	}
	if (r < 0)
		return r;
	reg.topics = topics.list;
	reg.topic_count = topics.count;
	*out = reg;
	return 0;
}

void lmi_register_put(struct lmi_buf *b, const struct lmi_register *r)
{
	static const struct lmi_data_version none;
	struct lmi_json_out o;

	lmi_json_out_init(&o, b);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "filterServerList");
	lmi_text_list_put_items(&o, r->filter_servers, r->filter_server_count);
	lmi_json_put_key(&o, "topicConfigSerializeWrapper");
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "dataVersion");
	lmi_data_version_put(&o, &r->version);
	lmi_json_put_key(&o, "mappingDataVersion");
	lmi_data_version_put(&o, &none);
	lmi_json_put_key(&o, "topicConfigTable");
	lmi_json_put_object(&o);
	for (size_t i = 0; i < r->topic_count; i++) {
		lmi_json_put_key_span(&o, r->topics[i].name);
		lmi_topic_config_put(&o, &r->topics[i]);
	}
	lmi_json_put_object_end(&o);
	lmi_json_put_key(&o, "topicQueueMappingDetailMap");
	lmi_json_put_object(&o);
	lmi_json_put_object_end(&o);
	lmi_json_put_key(&o, "topicQueueMappingInfoMap");
	lmi_json_put_object(&o);
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
	lmi_json_put_object_end(&o);
}
