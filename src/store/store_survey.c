/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_survey.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "store/queue_reader.h"

#define NOBODY UINT32_MAX

/* Units of one queue that one reader has not consumed. */
struct unread {
	struct consume_queue *queue; /* referenced */
	int64_t from, flushed;       /* units that are in files */
	int64_t rest_log;            /* log position of the first unit in memory; INT64_MAX none */
	uint32_t who;                /* where its name is; NOBODY */
};

struct store_survey {
	struct work work;
	struct store *store;
	int64_t log_min;
	uint32_t round;
	bool short_of_memory;
	struct unread *list;
	size_t count, cap;
	struct lmi_buf names;        /* each with a NUL behind it */
	uint32_t last_at;
	struct survey_result result;
	void (*told)(struct store *s, const struct survey_result *r);
};

static struct store_survey *survey_of(struct work *w)
{
	return lmi_container_of(w, struct store_survey, work);
}

/* ---- collecting ---- */

static void add(struct store_survey *sv, struct consume_queue *q, int64_t from, uint32_t who)
{
	if (sv->count == sv->cap) {
		size_t cap = sv->cap ? 2 * sv->cap : 256;
		struct unread *grown = realloc(sv->list, cap * sizeof(*grown));
		if (!grown) {
			sv->short_of_memory = true;
			return;
		}
		sv->list = grown;
		sv->cap = cap;
	}
	struct unread u = { .from = from > q->first ? from : q->first, .flushed = q->flushed, .rest_log = INT64_MAX, .who = who };
	struct queue_unit rest;
	int64_t in_memory = u.from > q->flushed ? u.from : q->flushed;
	if (in_memory < q->end && consume_queue_unit(q, in_memory, &rest, false) == 1 && !queue_unit_hole(&rest))
		u.rest_log = rest.log_pos;
	u.queue = consume_queue_ref(q);
	sv->list[sv->count++] = u;
}

/** Where the group's name is kept; a caller names the same one many times in a row. */
static uint32_t name_of(struct store_survey *sv, struct lmi_span group)
{
	const char *names = (const char *)lmi_buf_data(&sv->names);
	if (sv->last_at != NOBODY && lmi_span_eq(lmi_span_str(names + sv->last_at), group))
		return sv->last_at;
	uint32_t at = (uint32_t)lmi_buf_len(&sv->names);
	lmi_buf_put_span(&sv->names, group);
	lmi_buf_put8(&sv->names, 0);
	if (sv->names.failed)
		sv->short_of_memory = true;
	else
		sv->last_at = at;
	return at;
}

void store_survey_add(struct store_survey *sv, struct lmi_span topic, int32_t queue_id, struct lmi_span group, int64_t queue_pos)
{
	struct consume_queue *q = queue_table_get(&sv->store->queues, topic, queue_id);
	if (!q)
		return;
	q->surveyed = sv->round;
	if (queue_pos < q->end && q->log_end > sv->log_min)
		add(sv, q, queue_pos, name_of(sv, group));
}

/** Queues that nobody named. */
static int add_unnamed(void *ctx, struct consume_queue *q)
{
	struct store_survey *sv = ctx;
	if (q->surveyed != sv->round && q->end > q->first && q->log_end > sv->log_min)
		add(sv, q, q->min_log >= 0 ? q->min : q->first, NOBODY);
	return 0;
}

/* ---- looking; a worker ---- */

static void describe(const struct store_survey *sv, const struct unread *u, int64_t queue_pos, char out[STORE_WHO_CHARS])
{
	if (u->who == NOBODY)
		snprintf(out, STORE_WHO_CHARS, "no group reads topic %s (queue %" PRId32 ")", u->queue->topic->name,
			 u->queue->queue_id);
	else
		snprintf(out, STORE_WHO_CHARS, "group %s has not consumed queue %" PRId32 " of topic %s from %" PRId64 " on",
			 (const char *)lmi_buf_data(&sv->names) + u->who, u->queue->queue_id, u->queue->topic->name, queue_pos);
}

/** The log position of the first unit that is still there; INT64_MAX none.  0 or -errno. */
static int look_one(const struct unread *u, int64_t log_min, int64_t *out_log, int64_t *out_pos)
{
	struct queue_reader r;
	struct queue_unit unit = { 0 };
	int64_t pos = u->from;
	*out_log = u->rest_log;
	*out_pos = u->from > u->flushed ? u->from : u->flushed;
	if (u->from >= u->flushed)
		return 0;
	queue_reader_init(&r, u->queue);
	int n = queue_reader_unit(&r, pos, &unit);
	int err = n < 0 ? n : 0;
	if (!err && (n == 0 || queue_unit_below(&unit, log_min))) {
		err = queue_reader_first(&r, u->from, u->flushed, log_min, &pos);
		n = err || pos == u->flushed ? 0 : queue_reader_unit(&r, pos, &unit);
	}
	queue_reader_done(&r);
	if (!err && n == 1 && !queue_unit_hole(&unit)) {
		*out_log = unit.log_pos;
		*out_pos = pos;
	}
	return err ? err : n < 0 ? n : 0;
}

static void survey_run(struct work *w)
{
	struct store_survey *sv = survey_of(w);
	struct survey_result *res = &sv->result;
	for (size_t i = 0; i < sv->count && !res->failed; i++) {
		const struct unread *u = &sv->list[i];
		int64_t log_pos, queue_pos;
		res->failed = look_one(u, sv->log_min, &log_pos, &queue_pos) != 0;
		int64_t *lowest = u->who == NOBODY ? &res->unread_by_none : &res->unread;
		if (res->failed || log_pos >= *lowest)
			continue;
		*lowest = log_pos;
		describe(sv, u, queue_pos, u->who == NOBODY ? res->nobody : res->who);
	}
}

static void survey_done(struct work *w)
{
	struct store_survey *sv = survey_of(w);
	sv->told(sv->store, &sv->result);
}

static void survey_free(struct work *w)
{
	struct store_survey *sv = survey_of(w);
	for (size_t i = 0; i < sv->count; i++)
		consume_queue_unref(sv->list[i].queue);
	lmi_buf_done(&sv->names);
	free(sv->list);
	free(sv);
}

int store_survey_start(struct store *s, void (*done)(struct store *s, const struct survey_result *r))
{
	struct store_survey *sv = calloc(1, sizeof(*sv));
	if (!sv)
		return -ENOMEM;
	sv->work.run = survey_run;
	sv->work.done = survey_done;
	sv->work.free = survey_free;
	sv->store = s;
	sv->log_min = commit_log_min(&s->log);
	sv->round = ++s->queues.surveys;
	sv->last_at = NOBODY;
	sv->told = done;
	sv->result.unread = sv->result.unread_by_none = INT64_MAX;
	if (s->cfg.each_reader)
		s->cfg.each_reader(s->cfg.user, sv);
	queue_table_each(&s->queues, add_unnamed, sv);
	sv->result.failed = sv->short_of_memory;
	work_submit(&s->crew, &sv->work);
	return 0;
}
