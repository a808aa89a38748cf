/* SPDX-License-Identifier: Apache-2.0 */
/* Which groups consume a topic, which topics a group consumes, and by what subscription. */
#include "broker/handle/handlers.h"
#include "wire/topic_list.h"

static bool has(const struct lmi_text_list *l, struct lmi_span name)
{
	for (size_t i = 0; i < l->count; i++)
		if (lmi_span_eq(l->items[i], name))
			return true;
	return false;
}

static void answer_list(struct handle *h, const struct request *r, const char *member, const struct lmi_text_list *l)
{
	lmi_buf_reset(&h->scratch, HANDLE_SCRATCH_KEEP);
	lmi_text_list_put(&h->scratch, member, l);
	answer_body(r, lmi_buf_span(&h->scratch));
}

/* Groups online on the topic, and groups with offsets.  Rule: AdminBrokerProcessor.queryTopicConsumeByWho. */
void topic_consumers_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span topic = fields_text(&f, LMI_EXT_TOPIC), key;
	struct lmi_text_list l = { .broker_addr = LMI_SPAN_NULL };
	const struct offset_entry *e;
	void *value;
	if (!fields_ok(h, r, &f))
		return;
	size_t most = lmi_map_count(&h->clients->consumers) + lmi_map_count(&h->offsets->map);
	l.items = lmi_arena_alloc(&h->arena, (most + 1) * sizeof(*l.items));
	for (size_t i = 0; l.items && lmi_map_next(&h->clients->consumers, &i, &key, &value);)
		if (client_group_sub(value, topic))
			l.items[l.count++] = key;
	for (size_t i = 0; l.items && (e = offset_table_next(h->offsets, &i));)
		if (lmi_span_eq(offset_entry_topic(e), topic) && offset_entry_committed(e) && !has(&l, offset_entry_group(e)))
			l.items[l.count++] = offset_entry_group(e);
	answer_list(h, r, LMI_LIST_GROUPS, &l);
}

/* Topics with offsets of the group.  Rule: AdminBrokerProcessor.queryTopicsByConsumer. */
void group_topics_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text(&f, LMI_EXT_GROUP);
	struct lmi_text_list l = { .broker_addr = h->settings->address };
	const struct offset_entry *e;
	if (!fields_ok(h, r, &f))
		return;
	l.items = lmi_arena_alloc(&h->arena, (lmi_map_count(&h->offsets->map) + 1) * sizeof(*l.items));
	for (size_t i = 0; l.items && (e = offset_table_next(h->offsets, &i));)
		if (lmi_span_eq(offset_entry_group(e), group) && offset_entry_committed(e))
			l.items[l.count++] = offset_entry_topic(e);
	answer_list(h, r, LMI_LIST_TOPICS, &l);
}

/* Rule: AdminBrokerProcessor.querySubscriptionByConsumer: without the member when there is none. */
void group_subscription_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct lmi_span group = fields_text(&f, LMI_EXT_GROUP), topic = fields_text(&f, LMI_EXT_TOPIC);
	struct lmi_json_out o;
	if (!fields_ok(h, r, &f))
		return;
	const struct client_group *g = client_table_consumers(h->clients, group);
	const struct client_sub *s = g ? client_group_sub(g, topic) : NULL;
	scratch_json(h, &o);
	lmi_json_put_object(&o);
	lmi_json_put_key(&o, "group");
	lmi_json_put_string(&o, group);
	if (s) {
		lmi_json_put_key(&o, "subscriptionData");
		client_sub_put(&o, s);
	}
	lmi_json_put_key(&o, "topic");
	lmi_json_put_string(&o, topic);
	lmi_json_put_object_end(&o);
	answer_body(r, lmi_buf_span(&h->scratch));
}
