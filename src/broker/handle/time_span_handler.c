/* SPDX-License-Identifier: Apache-2.0 */
/* QUERY_CONSUME_TIME_SPAN: how old the messages are between which a group stands in each queue. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "broker/handle/handlers.h"
#include "wire/lock_batch.h"

struct span {
	struct handle *h;
	struct lmi_json_out o;
	struct lmi_span topic, group;
	bool cold; /* a worker must read before this can be said */
};

static void put_time(struct lmi_json_out *o, const char *key, const char *text_key, int64_t ms)
{
	char text[64] = "";
	int64_t s = ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
	time_t t = (time_t)s;
	struct tm tm;
	if (localtime_r(&t, &tm)) {
		size_t n = strftime(text, sizeof(text), "%Y-%m-%d#%H:%M:%S", &tm);
		snprintf(text + n, sizeof(text) - n, ":%03d", (int)(ms - s * 1000));
	}
	lmi_json_put_key(o, key);
	lmi_json_put_i64(o, ms);
	lmi_json_put_key(o, text_key);
	lmi_json_put_str(o, text);
}

/* Store time of the message at a position; -1 when there is none. */
static int64_t time_at(struct span *s, int32_t queue_id, int64_t pos)
{
	int64_t ms = pos >= 0 ? store_queue_time(s->h->store, s->topic, queue_id, pos) : -1;
	s->cold = ms == -EAGAIN || s->cold;
	return ms < 0 ? -1 : ms;
}

/* Rule: QueueTimeSpan.  A queue in which nothing waits has no delay: RocketMQ says the time since 1970 of an empty one. */
static void put_queue(struct span *s, int32_t queue_id)
{
	struct handle *h = s->h;
	struct offset_at at = { .group = s->group, .topic = s->topic, .queue_id = queue_id };
	struct lmi_message_queue q = { .topic = s->topic, .broker_name = h->settings->broker_name, .queue_id = queue_id };
	struct store_bounds b = { 0 };
	s->cold = store_queue_bounds(h->store, s->topic, queue_id, &b) == -EAGAIN || s->cold;
	int64_t pos = offset_table_get(h->offsets, &at);
	int64_t first = b.max_pos > b.min_pos ? time_at(s, queue_id, b.min_pos) : -1;
	int64_t next = pos < b.max_pos ? time_at(s, queue_id, pos < b.min_pos ? b.min_pos : pos) : -1;
	lmi_json_put_object(&s->o);
	put_time(&s->o, "consumeTimeStamp", "consumeTimeStampStr", pos > 0 ? time_at(s, queue_id, pos - 1) : first);
	lmi_json_put_key(&s->o, "delayTime");
	lmi_json_put_i64(&s->o, next < 0 ? 0 : handle_now(h) - next);
	put_time(&s->o, "maxTimeStamp", "maxTimeStampStr", b.max_pos > b.min_pos ? time_at(s, queue_id, b.max_pos - 1) : -1);
	lmi_json_put_key(&s->o, "messageQueue");
	lmi_message_queue_put(&s->o, &q);
	put_time(&s->o, "minTimeStamp", "minTimeStampStr", first);
	lmi_json_put_object_end(&s->o);
}

void time_span_handler(struct handle *h, const struct request *r)
{
	struct fields f = fields_of(r);
	struct span s = { .h = h, .topic = fields_text(&f, LMI_EXT_TOPIC), .group = fields_text(&f, LMI_EXT_GROUP) };
	if (!fields_ok(h, r, &f))
		return;
	const struct topic *t = topic_table_get(h->topics, s.topic);
	if (!t) {
		answer_error(h, r, LMI_RSP_TOPIC_NOT_EXIST, "topic %.*s does not exist on this broker", SPAN_ARGS(s.topic));
		return;
	}
	scratch_json(h, &s.o);
	lmi_json_put_object(&s.o);
	lmi_json_put_key(&s.o, "consumeTimeSpanSet");
	lmi_json_put_array(&s.o);
	for (int32_t q = 0; q < t->config.write_queues; q++)
		put_queue(&s, q);
	lmi_json_put_array_end(&s.o);
	lmi_json_put_object_end(&s.o);
	if (s.cold)
		defer_until_read(h, r, NULL, 0);
	else
		answer_body(r, lmi_buf_span(&h->scratch));
}
