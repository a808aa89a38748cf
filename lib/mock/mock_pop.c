/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POP.  What was handed out and not acknowledged is in a list; when its time is over it is handed out again.
 * Rule: PopMessageProcessor, AckMessageProcessor, ChangeInvisibleTimeProcessor, ExtraInfoUtil.
 */
#include "mock/mock_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/loop.h"

#define POP_GROUP "%%POP%%%.*s" /* under which the position of a group's popping is kept, beside that of its pulling */
#define POP_MAX 32
#define RECEIPT_POP_TIME 1      /* the how-manieth field of a receipt */

struct item {
	int32_t queue_id;
	int64_t pos;
};

struct popping {
	const struct mock_request *r;
	struct lmi_span group;
	struct item items[POP_MAX];
	int64_t now_ms, invisible_ms;
	int32_t max, count;
};

static void hand_out(struct popping *p, int32_t queue_id, int64_t pos)
{
	p->items[p->count].queue_id = queue_id;
	p->items[p->count].pos = pos;
	p->count++;
}

/* Those whose time is over. */
static void again(struct popping *p, struct mock_topic *t)
{
	for (struct mock_popped *k = p->r->server->popped; k && p->count < p->max; k = k->next) {
		if (!lmi_span_is(p->group, k->group) || strcmp(k->topic, t->name) != 0 || k->until_ms > p->now_ms || k->queue_id >= t->queues ||
		    k->pos < t->queue[k->queue_id].min_pos)
			continue;
		k->pop_ms = p->now_ms;
		k->until_ms = p->now_ms + p->invisible_ms;
		hand_out(p, k->queue_id, k->pos);
	}
}

static bool remember(struct popping *p, struct mock_topic *t, int32_t queue_id, int64_t pos)
{
	struct mock_popped *k = calloc(1, sizeof(*k));

	if (!k)
		return false;
	(void)snprintf(k->group, sizeof(k->group), "%.*s", (int)p->group.n, (const char *)p->group.p);
	(void)snprintf(k->topic, sizeof(k->topic), "%.*s", MOCK_NAME_BYTES - 1, t->name);
	k->queue_id = queue_id;
	k->pos = pos;
	k->pop_ms = p->now_ms;
	k->until_ms = p->now_ms + p->invisible_ms;
	k->next = p->r->server->popped;
	p->r->server->popped = k;
	return true;
}

static void fresh(struct popping *p, struct mock_topic *t, int32_t queue_id)
{
	const struct mock_queue *q = &t->queue[queue_id];
	int64_t end = q->min_pos + (int64_t)q->count, pos;
	char group[MOCK_NAME_BYTES + 8];

	(void)snprintf(group, sizeof(group), POP_GROUP, (int)p->group.n, (const char *)p->group.p);
	pos = mock_offset_get(p->r->server, lmi_span_str(group), lmi_span_str(t->name), queue_id);
	if (pos < q->min_pos)
		pos = q->min_pos;
	for (; pos < end && p->count < p->max && remember(p, t, queue_id, pos); pos++)
		hand_out(p, queue_id, pos);
	(void)mock_offset_put(p->r->server, lmi_span_str(group), lmi_span_str(t->name), queue_id, pos);
}

static int by_place(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->queue_id != y->queue_id)
		return x->queue_id < y->queue_id ? -1 : 1;
	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

/* "0 queue first;…" and "0 queue position,position;…", and the messages in that order. */
static void answer_popped(struct popping *p, const struct mock_topic *t)
{
	struct lmi_buf body = { 0 }, starts = { 0 }, positions = { 0 };
	struct lmi_command_out o;

	qsort(p->items, (size_t)p->count, sizeof(p->items[0]), by_place);
	for (int32_t i = 0; i < p->count; i++) {
		int32_t queue_id = p->items[i].queue_id;
		const struct mock_queue *q = &t->queue[queue_id];
		const struct mock_record *rec = &q->records[p->items[i].pos - q->min_pos];

		lmi_buf_put(&body, rec->bytes, rec->n);
		if (i > 0 && p->items[i - 1].queue_id == queue_id) {
			lmi_buf_printf(&positions, ",%" PRId64, p->items[i].pos);
			continue;
		}
		lmi_buf_printf(&starts, "%s0 %" PRId32 " %" PRId64, i ? ";" : "", queue_id, p->items[i].pos);
		lmi_buf_printf(&positions, "%s0 %" PRId32 " %" PRId64, i ? ";" : "", queue_id, p->items[i].pos);
	}
	mock_begin(p->r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&o, LMI_EXT_POP_TIME, p->now_ms);
	lmi_command_put_i64(&o, LMI_EXT_INVISIBLE_TIME, p->invisible_ms);
	lmi_command_put_i64(&o, LMI_EXT_REVIVE_QID, 0);
	lmi_command_put_i64(&o, LMI_EXT_REST_NUM, 0);
	lmi_command_put(&o, LMI_EXT_START_OFFSET_INFO, lmi_buf_span(&starts));
	lmi_command_put(&o, LMI_EXT_MSG_OFFSET_INFO, lmi_buf_span(&positions));
	lmi_command_end(&o, lmi_buf_len(&body));
	lmi_buf_put_span(p->r->out, lmi_buf_span(&body));
	lmi_buf_done(&body);
	lmi_buf_done(&starts);
	lmi_buf_done(&positions);
}

bool mock_serve_pop(const struct mock_request *r, bool may_hold)
{
	struct mock_topic *t = mock_topic_find(r->server, lmi_command_ext(r->cmd, LMI_EXT_TOPIC));
	struct popping p = { .r = r, .group = lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP), .max = 1,
			     .now_ms = lmi_wall_ms(lmi_clock_system()), .invisible_ms = 60000 };
	int64_t poll_ms = 0;

	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_MAX_MSG_NUMS, &p.max);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_INVISIBLE_TIME, &p.invisible_ms);
	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_POLL_TIME, &poll_ms);
	if (!t || p.group.n == 0 || p.group.n >= MOCK_NAME_BYTES) {
		mock_answer(r, LMI_RSP_TOPIC_NOT_EXIST, "no such topic");
		return true;
	}
	if (p.max > POP_MAX)
		p.max = POP_MAX;
	again(&p, t);
	for (int32_t q = 0; q < t->queues; q++)
		fresh(&p, t, q);
	if (p.count == 0 && may_hold && poll_ms > 0)
		return false;
	if (p.count == 0)
		mock_answer(r, LMI_RSP_POLLING_TIMEOUT, NULL);
	else
		answer_popped(&p, t);
	return true;
}

/* The n-th field, from 0, of a text with blanks between. */
static struct lmi_span field(struct lmi_span text, int n)
{
	const uint8_t *p = text.p, *end = text.n ? text.p + text.n : text.p;

	while (p < end) {
		const uint8_t *stop = memchr(p, ' ', (size_t)(end - p));

		if (!stop)
			stop = end;
		if (n-- == 0)
			return lmi_span(p, (size_t)(stop - p));
		p = stop + 1;
	}
	return LMI_SPAN_NULL;
}

static struct mock_popped **find(const struct mock_request *r)
{
	struct lmi_span group = lmi_command_ext(r->cmd, LMI_EXT_CONSUMER_GROUP), topic = lmi_command_ext(r->cmd, LMI_EXT_TOPIC);
	int64_t pos = -1, pop_ms = -1;
	int32_t queue_id = -1;

	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_OFFSET, &pos);
	(void)lmi_command_ext_i32(r->cmd, LMI_EXT_QUEUE_ID, &queue_id);
	(void)lmi_span_to_i64(field(lmi_command_ext(r->cmd, LMI_EXT_EXTRA_INFO), RECEIPT_POP_TIME), &pop_ms);
	for (struct mock_popped **at = &r->server->popped; *at; at = &(*at)->next)
		if ((*at)->pos == pos && (*at)->queue_id == queue_id && (*at)->pop_ms == pop_ms && lmi_span_is(group, (*at)->group) &&
		    lmi_span_is(topic, (*at)->topic))
			return at;
	return NULL;
}

void mock_serve_ack(const struct mock_request *r)
{
	struct mock_popped **at = find(r), *k = at ? *at : NULL;
	int64_t invisible_ms = 0;
	struct lmi_command_out o;

	(void)lmi_command_ext_i64(r->cmd, LMI_EXT_INVISIBLE_TIME, &invisible_ms);
	if (!k) {
		mock_answer(r, LMI_RSP_MESSAGE_ILLEGAL, "it was acknowledged, or its time is over");
		return;
	}
	if (r->cmd->code == LMI_REQ_ACK_MESSAGE) {
		*at = k->next;
		free(k);
		mock_answer(r, LMI_RSP_SUCCESS, NULL);
		return;
	}
	k->pop_ms = lmi_wall_ms(lmi_clock_system());
	k->until_ms = k->pop_ms + invisible_ms;
	mock_begin(r, &o, LMI_RSP_SUCCESS);
	lmi_command_put_i64(&o, LMI_EXT_POP_TIME, k->pop_ms);
	lmi_command_put_i64(&o, LMI_EXT_INVISIBLE_TIME, invisible_ms);
	lmi_command_put_i64(&o, LMI_EXT_REVIVE_QID, 0);
	lmi_command_end(&o, 0);
}
