/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/duty/persist_duty.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"

static const char *const paths[PERSIST_FILES] = { "config/topics.json", "config/subscriptionGroup.json",
						  "config/consumerOffset.json", "config/delayOffset.json",
						  "config/messageRequestMode.json", "config/timermetrics", PERSIST_SETTINGS_PATH };

static bool *unsaved(struct persist_duty *d, enum persist_file f)
{
	switch (f) {
	case PERSIST_TOPICS:
		return &d->topics->unsaved;
	case PERSIST_GROUPS:
		return &d->groups->unsaved;
	case PERSIST_DELAYS:
		return &d->delays->unsaved;
	case PERSIST_MODES:
		return &d->modes->unsaved;
	case PERSIST_TIMERS:
		return &d->timers->unsaved;
	case PERSIST_SETTINGS:
		return d->conf_unsaved;
	case PERSIST_OFFSETS:
	case PERSIST_FILES:
		break;
	}
	return &d->offsets->unsaved;
}

static void put(struct persist_duty *d, enum persist_file f, struct lmi_buf *b)
{
	switch (f) {
	case PERSIST_TOPICS:
		topic_table_save(d->topics, b);
		break;
	case PERSIST_GROUPS:
		group_table_save(d->groups, b);
		break;
	case PERSIST_DELAYS:
		lmi_data_version_next(&d->delays->version, lmi_wall_ms(d->clock), 0);
		delay_table_save(d->delays, b);
		break;
	case PERSIST_MODES:
		mode_table_save(d->modes, b);
		break;
	case PERSIST_TIMERS:
		timer_counts_save(d->timers, b, true);
		break;
	case PERSIST_SETTINGS:
		if (d->conf->put_changes)
			d->conf->put_changes(d->conf->user, b);
		break;
	case PERSIST_OFFSETS:
	case PERSIST_FILES:
		offset_table_next_version(d->offsets, lmi_wall_ms(d->clock));
		offset_table_save(d->offsets, b);
		break;
	}
}

/* ---- saving ---- */

static enum persist_file file_of(const struct persist_save *s)
{
	return (enum persist_file)(s - s->duty->saves);
}

static void run(struct lmi_job *j)
{
	struct persist_save *s = (struct persist_save *)j;
	s->err = disk_replace(s->duty->disk, paths[file_of(s)], lmi_buf_span(&s->text));
}

/* A failure is said once, and once that it is over. */
static void report(struct persist_duty *d, struct persist_save *s)
{
	if (s->err && !s->failing)
		lmi_log_with(d->log, LMI_LOG_ERR, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_STATE_NOT_SAVED)), "%s could not be saved: %s; tried again every second", paths[file_of(s)],
			lmi_strerror(s->err));
	else if (!s->err && s->failing)
		lmi_log(d->log, LMI_LOG_NOTICE, "%s is saved again", paths[file_of(s)]);
	s->failing = s->err != 0;
}

static void finish(struct persist_duty *d, struct persist_save *s)
{
	s->busy = false;
	lmi_buf_done(&s->text);
	report(d, s);
	if (!s->err)
		return;
	*unsaved(d, file_of(s)) = true;
	s->next_ms = lmi_mono_ms(d->clock) + PERSIST_RETRY_MS;
}

static void done(struct lmi_job *j)
{
	struct persist_save *s = (struct persist_save *)j;
	finish(s->duty, s);
}

/* 0: as soon as it has changed. */
static int64_t period(const struct persist_duty *d, enum persist_file f)
{
	return f == PERSIST_OFFSETS ? d->offsets_period_ms : f == PERSIST_DELAYS || f == PERSIST_TIMERS ? d->delays_period_ms : 0;
}

void persist_duty_init(struct persist_duty *d)
{
	for (int f = 0; f < PERSIST_FILES; f++)
		d->saves[f] = (struct persist_save){ .job = { .run = run, .done = done }, .duty = d };
	for (int f = 0; f < PERSIST_FILES; f++)
		d->saves[f].next_ms = period(d, (enum persist_file)f) ? lmi_mono_ms(d->clock) + period(d, (enum persist_file)f) : 0;
}

static bool prepare(struct persist_duty *d, enum persist_file f)
{
	struct persist_save *s = &d->saves[f];
	put(d, f, &s->text);
	if (s->text.failed) {
		s->err = -ENOMEM;
		finish(d, s);
		return false;
	}
	*unsaved(d, f) = false;
	return true;
}

void persist_duty_run(struct persist_duty *d, int64_t now_ms)
{
	for (int i = 0; i < PERSIST_FILES; i++) {
		enum persist_file f = (enum persist_file)i;
		struct persist_save *s = &d->saves[f];
		if (s->busy || now_ms < s->next_ms)
			continue;
		if (period(d, f))
			s->next_ms = now_ms + period(d, f);
		if (*unsaved(d, f) && prepare(d, f)) {
			s->busy = true;
			lmi_executor_submit(d->executor, &s->job);
		}
	}
}

bool persist_duty_busy(const struct persist_duty *d)
{
	for (int f = 0; f < PERSIST_FILES; f++)
		if (d->saves[f].busy)
			return true;
	return false;
}

int persist_duty_flush(struct persist_duty *d)
{
	int first = 0;
	assert(!persist_duty_busy(d));
	for (int i = 0; i < PERSIST_FILES; i++) {
		enum persist_file f = (enum persist_file)i;
		struct persist_save *s = &d->saves[f];
		if (!*unsaved(d, f))
			continue;
		if (prepare(d, f)) {
			run(&s->job);
			finish(d, s);
		}
		first = first ? first : s->err;
	}
	return first;
}

void persist_duty_done(struct persist_duty *d)
{
	for (int f = 0; f < PERSIST_FILES; f++)
		lmi_buf_done(&d->saves[f].text);
}

/* ---- loading ---- */

static int load(struct persist_duty *d, enum persist_file f, struct lmi_span text)
{
	switch (f) {
	case PERSIST_TOPICS:
		return topic_table_load(d->topics, text);
	case PERSIST_GROUPS:
		return group_table_load(d->groups, text);
	case PERSIST_DELAYS:
		return delay_table_load(d->delays, text);
	case PERSIST_MODES:
		return mode_table_load(d->modes, text);
	case PERSIST_TIMERS:
		return timer_counts_load(d->timers, text);
	case PERSIST_SETTINGS:
	case PERSIST_OFFSETS:
	case PERSIST_FILES:
		break;
	}
	return offset_table_load(d->offsets, text);
}

static void drop(struct persist_duty *d, enum persist_file f)
{
	switch (f) {
	case PERSIST_TOPICS:
		topic_table_done(d->topics);
		break;
	case PERSIST_GROUPS:
		group_table_done(d->groups);
		break;
	case PERSIST_DELAYS:
		delay_table_done(d->delays);
		break;
	case PERSIST_MODES:
		mode_table_done(d->modes);
		break;
	case PERSIST_TIMERS:
		timer_counts_done(d->timers);
		break;
	case PERSIST_SETTINGS:
	case PERSIST_OFFSETS:
	case PERSIST_FILES:
		offset_table_done(d->offsets);
		break;
	}
}

/* -ENOENT when missing or empty, as RocketMQ sees it. */
static int load_path(struct persist_duty *d, enum persist_file f, const char *path)
{
	uint8_t *bytes;
	size_t n;
	int err = disk_read_all(d->disk, path, PERSIST_FILE_MAX, &bytes, &n);
	if (err)
		return err;
	err = n ? load(d, f, lmi_span(bytes, n)) : -ENOENT;
	free(bytes);
	if (err)
		drop(d, f);
	return err;
}

static bool is_format_error(int err)
{
	return err == -LMQ_EMALFORMED || err == -LMQ_EDEPTH || err == -LMQ_EFULL || err == -LMQ_ETOOBIG;
}

static int load_file(struct persist_duty *d, enum persist_file f, char **out_why)
{
	char bak[64];
	int err = load_path(d, f, paths[f]);
	if (!err)
		return 0;
	snprintf(bak, sizeof(bak), "%s.bak", paths[f]);
	int bak_err = load_path(d, f, bak);
	if (!bak_err) {
		lmi_log(d->log, LMI_LOG_WARNING, "%s cannot be read (%s): the copy before it, %s, is used", paths[f],
			lmi_strerror(err), bak);
		*unsaved(d, f) = true;
		return 0;
	}
	if (err == -ENOENT && bak_err == -ENOENT)
		return 0;
	int cause = err == -ENOENT ? bak_err : err;
	if (f == PERSIST_TIMERS && is_format_error(cause)) { /* only an operator's numbers */
		lmi_log(d->log, LMI_LOG_WARNING, "%s cannot be read (%s): counted anew", paths[f], lmi_strerror(cause));
		return 0;
	}
	if (asprintf(out_why, "%s in the store cannot be read (%s), nor can its copy .bak (%s): restore one of them, or move both "
			      "away to start without", paths[f], lmi_strerror(err), lmi_strerror(bak_err)) < 0)
		*out_why = NULL;
	return is_format_error(cause) ? -LMQ_ECORRUPT : cause;
}

int persist_duty_load(struct persist_duty *d, char **out_why)
{
	*out_why = NULL;
	for (int f = 0; f < PERSIST_SETTINGS; f++) {
		int err = load_file(d, (enum persist_file)f, out_why);
		if (err)
			return err;
	}
	return 0;
}
