/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/state/revive_note.h"

#include <errno.h>

#include "base/error.h"
#include "wire/json.h"

/* As it is read, before it is looked at as a whole. */
struct reading {
	struct lmi_arena *arena;
	struct revive_note *note;
	int64_t num, bits, position;
	bool has_position;
	uint32_t diffs;
	int64_t *positions;
};

static int read_diffs(struct lmi_json *j, struct reading *r)
{
	int more = lmi_json_enter(j, LMI_JSON_ARRAY);
	while (more == 1 && (more = lmi_json_element(j)) == 1) {
		int64_t diff;
		int err = lmi_json_i64(j, &diff);
		if (err)
			return err;
		if (diff < 0 || diff > INT32_MAX || r->diffs == POP_BATCH_MAX)
			return -LMQ_EILLEGAL;
		r->note->diffs[r->diffs++] = (uint32_t)diff;
	}
	return more;
}

static int read_positions(struct lmi_json *j, struct reading *r)
{
	int more = lmi_json_enter(j, LMI_JSON_ARRAY);
	if (more == 1 && !r->positions && !(r->positions = lmi_arena_alloc(r->arena, REVIVE_NOTE_ACKS_MAX * sizeof(*r->positions))))
		return -ENOMEM;
	while (more == 1 && (more = lmi_json_element(j)) == 1) {
		int64_t pos;
		int err = lmi_json_i64(j, &pos);
		if (err)
			return err;
		if (r->note->acks < REVIVE_NOTE_ACKS_MAX)
			r->positions[r->note->acks++] = pos;
	}
	return more;
}

static int read_position(struct lmi_json *j, struct reading *r)
{
	r->has_position = true;
	return lmi_json_i64(j, &r->position);
}

/* What both kinds have, by its short and its long name. */
static int read_common(struct lmi_json *j, const struct lmi_json_token *k, struct reading *r)
{
	struct revive_note *n = r->note;
	if (lmi_json_is(k, "so") || lmi_json_is(k, "startOffset"))
		return lmi_json_i64(j, &n->start_pos);
	if (lmi_json_is(k, "c") || lmi_json_is(k, "consumerGroup"))
		return lmi_json_string(j, r->arena, &n->at.group);
	if (lmi_json_is(k, "t") || lmi_json_is(k, "topic"))
		return lmi_json_string(j, r->arena, &n->at.topic);
	if (lmi_json_is(k, "q") || lmi_json_is(k, "queueId"))
		return lmi_json_i32(j, &n->at.queue_id);
	if (lmi_json_is(k, "pt") || lmi_json_is(k, "popTime"))
		return lmi_json_i64(j, &n->pop_ms);
	return lmi_json_skip(j);
}

static int read_member(struct lmi_json *j, const struct lmi_json_token *k, struct reading *r)
{
	bool point = r->note->kind == REVIVE_NOTE_CHECK_POINT;
	if (point && lmi_json_is(k, "it"))
		return lmi_json_i64(j, &r->note->invisible_ms);
	if (point && lmi_json_is(k, "n"))
		return lmi_json_i64(j, &r->num);
	if (point && lmi_json_is(k, "bm"))
		return lmi_json_i64(j, &r->bits);
	if (point && lmi_json_is(k, "d"))
		return read_diffs(j, r);
	if (!point && (lmi_json_is(k, "ao") || lmi_json_is(k, "ackOffset")))
		return read_position(j, r);
	if (!point && (lmi_json_is(k, "aol") || lmi_json_is(k, "ackOffsetList")))
		return read_positions(j, r);
	return read_common(j, k, r);
}

static int read_body(struct lmi_span body, struct reading *r)
{
	struct lmi_json j;
	struct lmi_json_token k;
	lmi_json_init(&j, body);
	int more = lmi_json_enter(&j, LMI_JSON_OBJECT);
	while (more == 1 && (more = lmi_json_member(&j, &k)) == 1) {
		int err = read_member(&j, &k, r);
		if (err)
			return err;
	}
	return more < 0 ? more : lmi_json_finish(&j);
}

/* An old broker leaves the differences out: message i lies at start + i. */
static int settle_diffs(struct revive_note *n, const struct reading *r)
{
	if (r->num < 0 || r->num > POP_BATCH_MAX || (r->diffs && r->diffs < r->num))
		return -LMQ_EILLEGAL;
	n->count = (uint32_t)r->num;
	n->acked = (uint32_t)r->bits;
	for (uint32_t i = 0; i < n->count; i++) {
		if (!r->diffs)
			n->diffs[i] = i;
		if (i && n->diffs[i] <= n->diffs[i - 1])
			return -LMQ_EILLEGAL;
	}
	return 0;
}

static int settle_acks(struct revive_note *n, const struct reading *r, bool batch)
{
	if (!batch && r->has_position) {
		int64_t *one = lmi_arena_alloc(r->arena, sizeof(*one));
		if (!one)
			return -ENOMEM;
		*one = r->position;
		n->positions = one;
		n->acks = 1;
		return 0;
	}
	n->positions = r->positions;
	return 0;
}

int revive_note_read(struct lmi_span tag, struct lmi_span body, struct lmi_arena *a, struct revive_note *out)
{
	struct revive_note n = { .kind = REVIVE_NOTE_ACKS };
	struct reading r = { .arena = a, .note = &n };
	bool batch = lmi_span_is(tag, "bAck");
	if (lmi_span_is(tag, "ck"))
		n.kind = REVIVE_NOTE_CHECK_POINT;
	else if (!batch && !lmi_span_is(tag, "ack"))
		return -LMQ_EUNSUPPORTED;
	int err = read_body(body, &r);
	if (err)
		return err;
	if (!n.at.group.n || !n.at.topic.n || n.at.queue_id < 0 || n.start_pos < 0 || n.start_pos > INT64_MAX - INT32_MAX)
		return -LMQ_EILLEGAL;
	err = n.kind == REVIVE_NOTE_CHECK_POINT ? settle_diffs(&n, &r) : settle_acks(&n, &r, batch);
	if (!err)
		*out = n;
	return err;
}
