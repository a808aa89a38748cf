/* SPDX-License-Identifier: Apache-2.0 */
/* Pulling from a queue.  Rule: DefaultMessageStore.getMessage. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "store/store_internal.h"

/* Rule: the defaults of MessageStoreConfig. */
static const struct store_limits limits_default = {
	.memory_bytes = 256 * 1024,
	.memory_count = 32,
	.disk_bytes = 64 * 1024,
	.disk_count = 8,
	.memory_percent = 40,
};
#define MEMORY_DEFAULT ((int64_t)4 * 1024 * 1024 * 1024)
/* Units looked at in one call, as a filter may match none.  Rule: maxFilterMessageSize, 16000 bytes. */
#define SCAN_UNITS 800
/* Units read from a file at a time. */
#define CHUNK_UNITS 64
/* Records brought at a time when a filter wants to look into them. */
#define COLD_RECORDS 32

const char *store_get_status_name(enum store_get_status st)
{
	switch (st) {
	case STORE_FOUND: return "FOUND";
	case STORE_NO_MATCHED_MESSAGE: return "NO_MATCHED_MESSAGE";
	case STORE_MESSAGE_WAS_REMOVING: return "MESSAGE_WAS_REMOVING";
	case STORE_OFFSET_FOUND_NULL: return "OFFSET_FOUND_NULL";
	case STORE_OFFSET_OVERFLOW_BADLY: return "OFFSET_OVERFLOW_BADLY";
	case STORE_OFFSET_OVERFLOW_ONE: return "OFFSET_OVERFLOW_ONE";
	case STORE_OFFSET_TOO_SMALL: return "OFFSET_TOO_SMALL";
	case STORE_NO_MATCHED_LOGIC_QUEUE: return "NO_MATCHED_LOGIC_QUEUE";
	case STORE_NO_MESSAGE_IN_QUEUE: return "NO_MESSAGE_IN_QUEUE";
	}
	return "UNKNOWN";
}

static const struct store_limits *limits_of(const struct store *s)
{
	return s->cfg.limits.memory_count ? &s->cfg.limits : &limits_default;
}

static int64_t memory_share(const struct store *s)
{
	int64_t bytes = s->cfg.memory_bytes > 0 ? s->cfg.memory_bytes : MEMORY_DEFAULT;
	return bytes / 100 * limits_of(s)->memory_percent;
}

static int bounds_of(struct store *s, struct consume_queue *q, bool wait, struct store_bounds *out)
{
	int64_t min;
	int err = consume_queue_min(q, commit_log_min(&s->log), wait, &min);
	if (err)
		min = q->min > q->first ? q->min : q->first;
	out->max_pos = q->visible > min ? q->visible : min;
	out->min_pos = min;
	return err;
}

int store_queue_bounds(struct store *s, struct lmi_span topic, int32_t queue_id, struct store_bounds *out)
{
	struct consume_queue *q = queue_table_get(&s->queues, topic, queue_id);
	*out = (struct store_bounds){ 0 };
	return q ? bounds_of(s, q, s->may_wait, out) : -LMQ_ENOTFOUND;
}

/* ---- pulling ---- */

/** Statuses that need no look at the units.  True when the answer is complete. */
static bool answer_by_bounds(struct store_get *g)
{
	int64_t pos = g->queue_pos;
	if (g->max_pos == 0) {
		g->status = STORE_NO_MESSAGE_IN_QUEUE;
		g->next_pos = 0;
	} else if (pos < g->min_pos) {
		g->status = STORE_OFFSET_TOO_SMALL;
		g->next_pos = g->min_pos;
	} else if (pos == g->max_pos) {
		g->status = STORE_OFFSET_OVERFLOW_ONE;
		g->next_pos = pos;
	} else if (pos > g->max_pos) {
		g->status = STORE_OFFSET_OVERFLOW_BADLY;
		g->next_pos = g->max_pos;
	} else {
		return false;
	}
	return true;
}

/** True when this record no longer goes into the answer.  Rule: isTheBatchFull. */
static bool is_full(const struct store *s, const struct store_get *g, const struct queue_unit *u)
{
	if (g->count == 0)
		return false;
	bool in_memory = s->log.written - u->log_pos <= memory_share(s);
	size_t bytes = g->bytes + (size_t)u->bytes;
	if ((int64_t)g->count >= g->max_messages || g->count == STORE_GET_MAX)
		return true;
	if (g->max_bytes > 0 && bytes > (size_t)g->max_bytes)
		return true;
	const struct store_limits *l = limits_of(s);
	return in_memory ? (int64_t)bytes > l->memory_bytes || g->count >= l->memory_count
			 : (int64_t)bytes > l->disk_bytes || g->count >= l->disk_count;
}

/** False for a damaged unit: no record can lie there. */
static bool may_be_record(const struct store *s, const struct queue_unit *u)
{
	return u->bytes <= s->log.segment_bytes - u->log_pos % s->log.segment_bytes && u->log_pos <= s->log.written - u->bytes;
}

enum step {
	STEP_NEXT,
	STEP_STOP,
	STEP_LAST, /* go past it, then stop */
	STEP_COLD  /* it must be read first */
};

/** Look into the record.  Rule: MessageFilter.isMatchedByCommitLog. */
static enum step match_record(struct store *s, struct store_get *g, const struct queue_unit *u, bool *out_matches)
{
	uint8_t buf[STORE_PROPS_BYTES];
	struct lmi_span props;
	struct store_extent e = { .log_pos = u->log_pos, .bytes = u->bytes };
	*out_matches = false;
	int err = store_read_props(s, &e, buf, g->wait, &props);
	if (err == -EAGAIN)
		return STEP_COLD;
	if (err) {
		if (g->count == 0)
			g->status = STORE_MESSAGE_WAS_REMOVING;
		return STEP_NEXT;
	}
	int r = g->match_props(g->match_ctx, props);
	*out_matches = r > 0;
	if (g->count == 0 && r <= 0)
		g->status = STORE_NO_MATCHED_MESSAGE;
	return r < 0 ? STEP_LAST : STEP_NEXT;
}

/** One unit: into the answer, past it, or the answer is full. */
static enum step take_unit(struct store *s, struct store_get *g, const struct queue_unit *u)
{
	if (!queue_unit_valid(u)) {
		if (g->count == 0)
			g->status = STORE_OFFSET_FOUND_NULL;
		return STEP_STOP;
	}
	bool gone = queue_unit_hole(u) || queue_unit_gone(u) || u->log_pos < commit_log_min(&s->log);
	if (!gone && !may_be_record(s, u))
		store_disbelieve(s, g, store_corrupt(s, u->log_pos, "cannot be where its queue says"));
	if (gone || !may_be_record(s, u)) {
		if (g->count == 0)
			g->status = STORE_MESSAGE_WAS_REMOVING;
		return STEP_NEXT;
	}
	if (is_full(s, g, u))
		return STEP_STOP;
	if (g->match_tags && !g->match_tags(g->match_ctx, u->tags_code)) {
		if (g->count == 0)
			g->status = STORE_NO_MATCHED_MESSAGE;
		return STEP_NEXT;
	}
	if (g->match_props) {
		bool matches;
		enum step step = match_record(s, g, u, &matches);
		if (!matches)
			return step;
	}
	g->extents[g->count++] = (struct store_extent){ .log_pos = u->log_pos, .bytes = u->bytes, .queue_pos = g->next_pos };
	g->bytes += (size_t)u->bytes;
	g->status = STORE_FOUND;
	return STEP_NEXT;
}

/** Units cannot be read here: the next file may be well.  Rule: rollNextFile. */
static int found_null(struct consume_queue *q, struct store_get *g)
{
	int64_t per_file = consume_queue_units_per_file(q);
	if (g->count)
		return 0;
	g->status = STORE_OFFSET_FOUND_NULL;
	g->next_pos += per_file - g->next_pos % per_file;
	if (g->next_pos > g->max_pos)
		g->next_pos = g->max_pos;
	return 0;
}

/** A record to be looked into is cold: answer what there is, or have this one and the next brought. */
static int record_cold(struct store_get *g, const uint8_t *raw, int n)
{
	if (g->count || g->next_pos > g->queue_pos)
		return 0;
	for (int i = 0; i < n && g->count < COLD_RECORDS; i++) {
		struct queue_unit u = queue_unit_get(raw + (size_t)i * QUEUE_UNIT_BYTES);
		if (queue_unit_valid(&u) && !queue_unit_hole(&u))
			g->extents[g->count++] = (struct store_extent){ .log_pos = u.log_pos, .bytes = u.bytes };
	}
	return -EAGAIN;
}

static int scan_units(struct store *s, struct consume_queue *q, struct store_get *g)
{
	uint8_t raw[CHUNK_UNITS * QUEUE_UNIT_BYTES];
	int64_t stop = g->queue_pos + SCAN_UNITS < g->max_pos ? g->queue_pos + SCAN_UNITS : g->max_pos;
	while (g->next_pos < stop) {
		size_t want = stop - g->next_pos < CHUNK_UNITS ? (size_t)(stop - g->next_pos) : CHUNK_UNITS;
		int n = consume_queue_read(q, g->next_pos, raw, want, g->wait);
		if (n < 0)
			return g->count ? 0 : n;
		if (n == 0)
			return found_null(q, g);
		for (int i = 0; i < n; i++) {
			struct queue_unit u = queue_unit_get(raw + (size_t)i * QUEUE_UNIT_BYTES);
			enum step step = take_unit(s, g, &u);
			if (step == STEP_COLD)
				return record_cold(g, raw + (size_t)i * QUEUE_UNIT_BYTES, n - i);
			if (step == STEP_STOP)
				return g->status == STORE_OFFSET_FOUND_NULL ? found_null(q, g) : 0;
			g->next_pos++;
			if (step == STEP_LAST)
				return 0;
		}
	}
	return 0;
}

static void suggest(const struct store *s, struct store_get *g)
{
	if (g->count)
		g->suggest_slave = s->log.written - g->extents[g->count - 1].log_pos > memory_share(s);
}

int store_get(struct store *s, struct store_get *g)
{
	struct store_bounds b = { 0 };
	struct consume_queue *q = queue_table_get(&s->queues, g->topic, g->queue_id);
	g->count = g->bytes = 0;
	g->suggest_slave = false;
	g->next_pos = g->queue_pos;
	g->status = STORE_NO_MATCHED_LOGIC_QUEUE;
	g->min_pos = g->max_pos = 0;
	if (!q) {
		g->next_pos = 0;
		return 0;
	}
	int err = bounds_of(s, q, g->wait || s->may_wait, &b);
	if (err)
		return err;
	g->min_pos = b.min_pos;
	g->max_pos = b.max_pos;
	if (answer_by_bounds(g))
		return 0;
	g->status = STORE_NO_MATCHED_MESSAGE;
	err = scan_units(s, q, g);
	suggest(s, g);
	return err;
}
