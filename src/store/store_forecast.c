/* SPDX-License-Identifier: Apache-2.0 */
/* When will it be full?  And what is said about space, to clients and to people. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "store/store_clean.h"

#define MINUTE_MS 60000
#define HOUR_MS (60 * MINUTE_MS)
#define SAMPLE_MS MINUTE_MS
#define RATE_LEAST_MS (5 * MINUTE_MS)   /* of history, before anything is said */
#define NEAR_MS (6 * (int64_t)HOUR_MS)  /* ahead */
#define WARN_MS HOUR_MS                 /* between warnings */
#define SURVEY_MS (10 * MINUTE_MS)      /* how old an answer about readers may be */

/* ---- the rate of the last hour ---- */

void store_forecast_sample(struct store *s)
{
	struct store_clean *c = &s->clean;
	if (c->rates && s->now_ms - c->rate[(c->rates - 1) % STORE_RATE_SAMPLES].ms < SAMPLE_MS)
		return;
	c->rate[c->rates % STORE_RATE_SAMPLES].ms = s->now_ms;
	c->rate[c->rates % STORE_RATE_SAMPLES].appended = s->log.appended;
	c->rates++;
}

/** Bytes appended since the oldest sample; *out_ms how long ago that was. */
static int64_t growth(const struct store *s, int64_t *out_ms)
{
	const struct store_clean *c = &s->clean;
	*out_ms = 0;
	if (!c->rates)
		return 0;
	unsigned int oldest = c->rates > STORE_RATE_SAMPLES ? c->rates - STORE_RATE_SAMPLES : 0;
	*out_ms = s->now_ms - c->rate[oldest % STORE_RATE_SAMPLES].ms;
	return s->log.appended - c->rate[oldest % STORE_RATE_SAMPLES].appended;
}

/* ---- how much fits ---- */

/** Bytes that can be appended before the budget, or the disk's warning level, is reached; INT64_MAX without one. */
static int64_t left_in_budget(const struct store *s)
{
	int64_t max = s->cfg.retention.max_bytes;
	return max > 0 ? max - store_clean_used(s) + commit_log_end(&s->log) - s->log.appended : INT64_MAX;
}

static int64_t left_on_disk(const struct store *s)
{
	const struct disk_space *sp = &s->clean.space;
	if (sp->total_bytes <= 0)
		return INT64_MAX;
	int64_t level = sp->total_bytes / 100 * s->cfg.retention.warning_percent;
	return level - (sp->total_bytes - sp->free_bytes) + commit_log_end(&s->log) - s->log.appended;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

bool store_forecast_asks(struct store *s)
{
	int64_t ms, bytes = growth(s, &ms);
	return ms >= RATE_LEAST_MS && s->now_ms - s->clean.survey_ms >= SURVEY_MS &&
	       retention_forecast_ms(least(left_in_budget(s), left_on_disk(s)), bytes, ms) < NEAR_MS;
}

/** What can be deleted until then. */
static int64_t could_go(struct store *s)
{
	struct retention_facts f;
	int64_t last_ms[STORE_CLEAN_LOOK];
	store_clean_facts(s, &f, last_ms);
	f.now_ms += NEAR_MS;
	return (int64_t)retention_could(&s->cfg.retention, &f) * s->log.segment_bytes;
}

void store_forecast(struct store *s)
{
	struct store_clean *c = &s->clean;
	int64_t ms, bytes = growth(s, &ms);
	if (ms < RATE_LEAST_MS || (c->warned_ms && s->now_ms - c->warned_ms < WARN_MS))
		return;
	int64_t budget = left_in_budget(s), disk = left_on_disk(s), more = could_go(s);
	/* On a disk, only what has expired goes, or what cleanFileForciblyEnable allows; the age is left to the rounds. */
	int64_t left = least(budget == INT64_MAX ? budget : budget + more,
			     disk == INT64_MAX || !s->cfg.retention.forcibly ? disk : disk + more);
	int64_t in_ms = retention_forecast_ms(left, bytes, ms);
	if (in_ms >= NEAR_MS || c->no_room || c->disk_full)
		return;
	struct store_space space;
	store_space(s, &space);
	c->warned_ms = s->now_ms;
	bool is_budget = budget != INT64_MAX && left == budget + more;
	store_finding(s, LMI_LOG_WARNING, "at the rate of the last %" PRId64 " minutes (%" PRId64 " bytes a second) the store reaches %s in %" PRId64 " h %" PRId64 " min, and then sends are refused%s%s",
		      ms / MINUTE_MS, bytes / (ms / 1000), is_budget ? "storeMaxBytes" : "the disk's diskSpaceWarningLevelRatio",
		      in_ms / HOUR_MS, in_ms % HOUR_MS / MINUTE_MS, space.pinned ? "; what is old cannot be deleted: " : "",
		      space.pinned ? space.pinned : "");
}

/* ---- what is said ---- */

void store_pin_add(struct store *s, struct store_pin *p)
{
	lmi_list_add_tail(&s->clean.pins, &p->link);
}

void store_pin_remove(struct store_pin *p)
{
	lmi_list_del(&p->link);
}

/** The lowest position that something keeps, and why. */
static int64_t put_pinned(struct store *s, char *text, size_t cap)
{
	const struct store_pin *p = NULL;
	const struct store_clean *c = &s->clean;
	enum retention_unread unread = s->cfg.retention.unread;
	int64_t pos = store_clean_pinned(s, &p);
	if (p && pos != INT64_MAX)
		snprintf(text, cap, "%s from %" PRId64 " on", p->what, pos);
	if (unread != RETENTION_IGNORE_UNREAD && c->unread < pos) {
		pos = c->unread;
		snprintf(text, cap, "%s (log position %" PRId64 "; deleteUnconsumed)", c->who, pos);
	}
	if (unread != RETENTION_IGNORE_UNREAD && c->unread_by_none < pos) {
		pos = c->unread_by_none;
		snprintf(text, cap, "%s: it is kept for fileReservedTime (log position %" PRId64 "; deleteUnconsumed)", c->nobody, pos);
	}
	return pos;
}

void store_space(struct store *s, struct store_space *out)
{
	struct store_clean *c = &s->clean;
	*out = (struct store_space){
		.used_bytes = store_clean_used(s),
		.max_bytes = s->cfg.retention.max_bytes,
		.disk_percent = store_clean_disk_percent(s),
		.disk = c->space,
	};
	out->pinned_pos = put_pinned(s, c->text, sizeof(c->text));
	if (out->pinned_pos != INT64_MAX)
		out->pinned = c->text;
}

const char *store_refusal(struct store *s)
{
	struct store_clean *c = &s->clean;
	struct store_space space;
	store_space(s, &space);
	if (c->disk_full)
		snprintf(c->refusal, sizeof(c->refusal), "the disk of the store is %d %% full, above %d (diskSpaceWarningLevelRatio)",
			 space.disk_percent, s->cfg.retention.warning_percent);
	else if (s->write_err)
		snprintf(c->refusal, sizeof(c->refusal), "the commit log cannot be written: %s", lmi_strerror(s->write_err));
	else if (s->queue_err)
		snprintf(c->refusal, sizeof(c->refusal), "consume queue files cannot be written: %s", lmi_strerror(s->queue_err));
	else if (c->no_room)
		snprintf(c->refusal, sizeof(c->refusal), "the store holds %" PRId64 " bytes and may hold %" PRId64 " (storeMaxBytes)%s%s",
			 space.used_bytes, space.max_bytes, space.pinned ? ", and nothing may be deleted: " : "",
			 space.pinned ? space.pinned : "");
	else if (s->segment_err)
		snprintf(c->refusal, sizeof(c->refusal), "the next segment of the commit log cannot be made: %s",
			 lmi_strerror(s->segment_err));
	else if (store_waiting_bytes(s) > STORE_BUFFERED_MAX)
		snprintf(c->refusal, sizeof(c->refusal), "the disk is slower than the senders: %zu bytes of queue units and keys wait to be written",
			 store_waiting_bytes(s));
	else
		return NULL;
	return c->refusal;
}
