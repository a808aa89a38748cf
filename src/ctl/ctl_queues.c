/* SPDX-License-Identifier: Apache-2.0 */
/* {{"brokerName":…,"queueId":…,"topic":…}:{…}}, fastjson's way to write a map from MessageQueue. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

static int read_key(struct ctl *c, struct lmi_span text, struct ctl_queue *q)
{
	struct lmi_json j;
	struct lmi_json_token k;
	lmi_json_init(&j, text);
	int r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &k)) > 0) {
		int err = lmi_json_is(&k, "brokerName") ? lmi_json_string(&j, &c->arena, &q->broker)
			  : lmi_json_is(&k, "topic")    ? lmi_json_string(&j, &c->arena, &q->topic)
			  : lmi_json_is(&k, "queueId")  ? lmi_json_i32(&j, &q->id)
							: lmi_json_skip(&j);
		if (err)
			return err;
	}
	return r;
}

static int read_value(struct lmi_json *j, struct ctl_queue *q)
{
	static const struct {
		const char *name;
		size_t at;
	} members[] = {
		{ "minOffset", offsetof(struct ctl_queue, min) },
		{ "maxOffset", offsetof(struct ctl_queue, max) },
		{ "lastUpdateTimestamp", offsetof(struct ctl_queue, updated_ms) },
		{ "brokerOffset", offsetof(struct ctl_queue, end) },
		{ "consumerOffset", offsetof(struct ctl_queue, consumed) },
		{ "pullOffset", offsetof(struct ctl_queue, pulled) },
		{ "lastTimestamp", offsetof(struct ctl_queue, consumed_ms) },
	};
	struct lmi_json_token k;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(j, &k)) > 0) {
		int err = 1;
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			if (lmi_json_is(&k, members[i].name))
				err = lmi_json_i64(j, (int64_t *)(void *)((char *)q + members[i].at));
		if (err == 1)
			err = lmi_json_skip(j);
		if (err)
			return err;
	}
	return r;
}

static int read_table(struct ctl *c, struct lmi_json *j, struct ctl_queue **queues, size_t *count, size_t *cap)
{
	struct lmi_json_token k;
	int r = lmi_json_enter(j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(j, &k)) > 0) {
		struct lmi_span text;
		struct ctl_queue *all = lmi_arena_grow(&c->arena, *queues, *count, cap, sizeof(**queues));
		if (!all || (k.key_kind == LMI_JSON_STRING && lmi_json_text(&k, &c->arena, &text)))
			return -ENOMEM;
		*queues = all;
		all[*count] = (struct ctl_queue){ .id = -1 };
		int err = read_key(c, k.key_kind == LMI_JSON_STRING ? text : k.text, &all[*count]);
		if (!err)
			err = read_value(j, &all[*count]);
		if (err)
			return err;
		(*count)++;
	}
	return r;
}

int ctl_queues_read(struct ctl *c, struct lmi_span body, struct ctl_queue **queues, size_t *count, size_t *cap)
{
	struct lmi_json j;
	struct lmi_json_token k;
	lmi_json_init(&j, body);
	int r = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (r > 0 && (r = lmi_json_member(&j, &k)) > 0) {
		int err = lmi_json_is(&k, "offsetTable") ? read_table(c, &j, queues, count, cap) : lmi_json_skip(&j);
		if (err)
			return err;
	}
	return r;
}

static int compare(struct lmi_span a, struct lmi_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;
	return d ? d : (a.n > b.n) - (a.n < b.n);
}

static int by_place(const void *a, const void *b)
{
	const struct ctl_queue *x = a, *y = b;
	int d = compare(x->topic, y->topic);
	d = d ? d : compare(x->broker, y->broker);
	return d ? d : (x->id > y->id) - (x->id < y->id);
}

void ctl_queues_sort(struct ctl_queue *q, size_t n)
{
	if (n)
		qsort(q, n, sizeof(*q), by_place);
}
