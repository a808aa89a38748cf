/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/core.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"
#include "broker/handle/count.h"
#include "rules/name.h"

#define READOPTED_QUEUES 4 /* what clients ask for when they make a topic; rule: DefaultMQProducer.defaultTopicQueueNums */

/* ---- what the store says ---- */

static void on_arrival(void *user, struct lmi_span topic, int32_t queue_id, int64_t queue_pos_end, int64_t tags_code,
		       int64_t store_ms)
{
	struct core *c = user;
	(void)store_ms;
	if (lmi_span_is(topic, LMI_NAME_TIMER))
		c->timer_duty.arrived = true;
	hold_table_arrival(&c->holds, topic, queue_id, queue_pos_end, tags_code);
	pop_wait_arrival(&c->pop_waits, topic, queue_id, tags_code);
}

static void on_readonly(void *user, int err, const char *cause)
{
	struct core *c = user;
	lmi_log_with(c->cfg.log, LMI_LOG_ERR, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_STORE_FAILED)),
		"the store takes no messages any more: %s (%s); sends are refused until the cause is mended and the broker "
		"restarted", cause, lmi_strerror(err));
}

static void on_finding(void *user, enum lmi_log_level level, const char *text)
{
	struct core *c = user;
	lmi_log_with(c->cfg.log, level, LMI_LOG_FIELDS(LMI_LOG_EVENT(LMI_EVENT_STORE_FOUND)), "store: %s", text);
}

static void on_progress(void *user, int64_t done_bytes, int64_t total_bytes)
{
	struct core *c = user;
	if (c->cfg.on_progress)
		c->cfg.on_progress(c->cfg.user, done_bytes, total_bytes);
}

/* Transactions keep their progress through the half and op topics as a group's offsets: what is open stays, what is over goes. */
static bool counts_as_reader(const struct core *c, struct lmi_span group)
{
	return lmi_span_is(group, LMI_NAME_GROUP_TRANS) || (group_table_get(&c->groups, group) && !lmi_name_is_system_group(group));
}

/* A group that is registered and has ever committed an offset on a topic reads all of its queues. */
static void name_reader(struct core *c, struct store_survey *sv, const struct offset_entry *e)
{
	struct offset_at at = { .group = offset_entry_group(e), .topic = offset_entry_topic(e) };
	const struct topic *t = topic_table_get(&c->topics, at.topic);
	int32_t queues = t ? t->config.read_queues : 0;
	if (t && t->config.write_queues > queues)
		queues = t->config.write_queues;
	if (!counts_as_reader(c, at.group))
		return;
	for (at.queue_id = 0; at.queue_id < queues; at.queue_id++) {
		int64_t pos = offset_table_get(&c->offsets, &at);
		store_survey_add(sv, at.topic, at.queue_id, at.group, pos > 0 ? pos : 0);
	}
}

static void each_reader(void *user, struct store_survey *sv)
{
	struct core *c = user;
	const struct offset_entry *e;
	for (size_t i = 0; (e = offset_table_next(&c->offsets, &i));)
		name_reader(c, sv, e);
	for (size_t i = 0; i < c->delay.served; i++)
		store_survey_add(sv, LMI_SPAN_LIT(LMI_NAME_SCHEDULE), (int32_t)i, LMI_SPAN_LIT("delayed delivery"), c->delays.safe[i]);
}

/* ---- opening ---- */

static void set_up_tables(struct core *c)
{
	int64_t now_ms = lmi_mono_ms(c->cfg.store.clock);
	client_table_init(&c->clients);
	route_cache_init(&c->routes);
	call_table_init(&c->calls);
	hold_table_init(&c->holds, now_ms, pull_wants, &c->handle);
	if (c->cfg.holds_max)
		c->holds.max = c->cfg.holds_max;
	if (c->cfg.holds_group_max)
		c->holds.group_max = c->cfg.holds_group_max;
	if (c->cfg.client_expire_ms)
		c->clients.expire_ms = c->cfg.client_expire_ms;
	c->clients.notify_off = c->cfg.notify_off;
	c->clients.grace_ms = c->cfg.client_grace_ms;
	c->locks.expire_ms = c->cfg.lock_expire_ms;
	transaction_table_init(&c->transactions, c->cfg.transactions_max);
	pop_table_init(&c->pops, c->cfg.store.clock, &c->offsets);
	pop_wait_init(&c->pop_waits, now_ms);
	if (c->cfg.pop_waits_max)
		c->pop_waits.max = c->cfg.pop_waits_max;
	if (c->cfg.pop_line_max)
		c->pop_waits.line_max = c->cfg.pop_line_max;
	revive_duty_init(&c->revive, now_ms);
	revive_log_init(&c->revive_log, now_ms);
	c->journal = (struct pop_journal){ .disk = c->cfg.store.disk,
					   .executor = c->cfg.store.executor,
					   .clock = c->cfg.store.clock,
					   .log = c->cfg.log,
					   .table = &c->pops,
					   .offsets = &c->offsets };
	c->persist = (struct persist_duty){
		.disk = c->cfg.store.disk,
		.executor = c->cfg.store.executor,
		.clock = c->cfg.store.clock,
		.log = c->cfg.log,
		.topics = &c->topics,
		.groups = &c->groups,
		.modes = &c->modes,
		.offsets = &c->offsets,
		.delays = &c->delays,
		.timers = &c->timer_counts,
		.offsets_period_ms = c->cfg.settings.offsets_period_ms,
		.delays_period_ms = c->cfg.settings.delays_period_ms,
		.conf = &c->cfg.conf,
		.conf_unsaved = &c->handle.conf_unsaved,
	};
	persist_duty_init(&c->persist);
	scan_duty_init(&c->scan, now_ms);
}

static void set_up_handle(struct core *c)
{
	c->handle = (struct handle){
		.settings = &c->cfg.settings,
		.clock = c->cfg.store.clock,
		.rng = c->cfg.rng,
		.log = c->cfg.log,
		.topics = &c->topics,
		.groups = &c->groups,
		.offsets = &c->offsets,
		.delays = &c->delays,
		.clients = &c->clients,
		.calls = &c->calls,
		.locks = &c->locks,
		.holds = &c->holds,
		.pending = &c->pending,
		.modes = &c->modes,
		.pops = &c->pops,
		.pop_waits = &c->pop_waits,
		.announce = &c->announce,
		.routes = &c->routes,
		.transactions = &c->transactions,
		.timer_counts = &c->timer_counts,
		.conf = &c->cfg.conf,
		.start_ms = lmi_wall_ms(c->cfg.store.clock),
	};
	handle_init(&c->handle);
	transaction_duty_init(&c->transaction_duty, &c->handle);
	timer_duty_init(&c->timer_duty, &c->handle, &c->timers);
}

static int open_store(struct core *c, char **out_why)
{
	c->cfg.store.on_arrival = on_arrival;
	c->cfg.store.on_mark = NULL; /* marks are looked at when the turn ends */
	c->cfg.store.on_readonly = on_readonly;
	c->cfg.store.on_finding = on_finding;
	c->cfg.store.each_reader = each_reader;
	c->cfg.store.on_progress = on_progress;
	c->cfg.store.user = c;
	c->cfg.store.delay_ms = c->cfg.settings.delay_levels.ms;
	c->cfg.store.delay_levels = c->cfg.settings.delay_levels.count;
	int err = store_open(&c->cfg.store, &c->store, out_why);
	if (!err)
		c->handle.store = c->store;
	return err;
}

/* Levels may have been configured away while messages wait in their queues. */
static int count_level(void *ctx, struct lmi_span topic, int32_t queue_id)
{
	size_t *served = ctx;
	if (lmi_span_is(topic, LMI_NAME_SCHEDULE) && queue_id >= 0 && (size_t)queue_id >= *served)
		*served = (size_t)queue_id + 1;
	return 0;
}

static int set_up_delays(struct core *c)
{
	size_t served = c->cfg.settings.delay_levels.count;
	int err = store_each_queue(c->store, count_level, &served);
	delay_duty_init(&c->delay, &c->delays, &c->handle, served);
	return err;
}

/* What readopt works with. */
struct readopt {
	struct core *core;
	int64_t saved_ms; /* when the topics last changed, as far as their file knows */
};

/* Whether a queue holds a message that came after the file's last change. */
static bool is_newer(const struct readopt *a, struct lmi_span topic, int32_t queue_id)
{
	struct store_bounds b;
	if (store_queue_bounds(a->core->store, topic, queue_id, &b) || b.max_pos <= b.min_pos)
		return false;
	return store_queue_time(a->core->store, topic, queue_id, b.max_pos - 1) > a->saved_ms;
}

/*
 * A topic that was made and filled just before a crash may not have reached topics.json, but its queues are there: take it
 * back, so that nobody has to send to it once more before it can be read.  One that was deleted has only messages from
 * before the file's last change, and stays deleted.
 */
static int readopt(void *ctx, struct lmi_span topic, int32_t queue_id)
{
	struct readopt *a = ctx;
	struct core *c = a->core;
	const struct topic *have = topic_table_get(&c->topics, topic);
	struct lmi_topic_config t;
	if (have && (have->system || have->config.read_queues > queue_id))
		return 0;
	if (!lmi_name_topic_ok(topic) || queue_id < 0 || queue_id >= TOPIC_QUEUES_MAX || !is_newer(a, topic, queue_id))
		return 0;
	lmi_topic_config_init(&t, topic);
	if (have)
		t = have->config;
	else
		t.read_queues = t.write_queues = READOPTED_QUEUES;
	if (t.read_queues <= queue_id)
		t.read_queues = t.write_queues = queue_id + 1;
	lmi_log(c->cfg.log, LMI_LOG_WARNING, "topic %.*s has a queue %d that config/topics.json does not know: taken back",
		SPAN_ARGS(topic), queue_id);
	return topic_table_put(&c->topics, &t, lmi_wall_ms(c->cfg.store.clock));
}

static int tell_flush(struct core *c)
{
	const struct topic *t;
	int err = 0;
	for (size_t i = 0; !err && (t = topic_table_next(&c->topics, &i));)
		if (t->flush != TOPIC_FLUSH_AS_CONFIGURED)
			err = topic_tell_flush(c->store, t);
	return err;
}

/* How far a queue reaches. */
static int64_t end_of_queue(void *ctx, const struct offset_at *at)
{
	struct core *c = ctx;
	struct store_bounds b = { 0 };
	store_queue_bounds(c->store, at->topic, at->queue_id, &b);
	return b.max_pos;
}

static int make_system(struct core *c)
{
	const struct broker_settings *s = &c->cfg.settings;
	struct topic_table_setup setup = {
		.cluster_name = s->cluster_name,
		.broker_name = s->broker_name,
		.auto_create = s->auto_create_topic,
		.default_queues = s->default_topic_queues,
		.cluster_topic = s->cluster_topic,
		.broker_topic = s->broker_topic,
		.trace_topic = s->trace_topic,
	};
	int64_t now_ms = lmi_wall_ms(c->cfg.store.clock);
	int err = topic_table_make_system(&c->topics, &setup, now_ms);
	return err ? err : group_table_make_system(&c->groups, now_ms);
}

static int open_timers(struct core *c, char **out_why)
{
	struct timer_index_config cfg = {
		.disk = c->cfg.store.disk,
		.executor = c->cfg.store.executor,
		.precision_ms = c->cfg.settings.timer_precision_ms,
		.half_slots = c->cfg.timer_half_slots,
		.log_file_bytes = c->cfg.timer_log_file_bytes ? c->cfg.timer_log_file_bytes : TIMER_LOG_FILE_BYTES,
		.on_finding = on_finding,
		.user = c,
	};
	int err = timer_index_open(&c->timers, &cfg, out_why);
	if (err)
		return err;
	c->timers_open = true;
	return timer_duty_start(&c->timer_duty);
}

static void free_tables(struct core *c)
{
	delay_table_done(&c->delays);
	persist_duty_done(&c->persist);
	announce_done(&c->announce);
	route_cache_done(&c->routes);
	pending_done(&c->pending);
	transaction_table_done(&c->transactions);
	timer_duty_done(&c->timer_duty);
	timer_counts_done(&c->timer_counts);
	if (c->timers_open)
		timer_index_close(&c->timers);
	hold_table_done(&c->holds);
	pop_wait_done(&c->pop_waits);
	pop_table_done(&c->pops);
	mode_table_done(&c->modes);
	lock_table_done(&c->locks);
	call_table_done(&c->calls);
	client_table_done(&c->clients);
	offset_table_done(&c->offsets);
	group_table_done(&c->groups);
	topic_table_done(&c->topics);
	handle_done(&c->handle);
}

static int open_all(struct core *c, char **out_why)
{
	struct disk *d = c->cfg.store.disk;
	int err = open_store(c, out_why); /* takes the lock: nothing is touched before */
	if (!err)
		store_may_wait(c->store, true);
	if (!err)
		err = d->ops->mkdirs(d, "config");
	if (!err)
		err = persist_duty_load(&c->persist, out_why);
	struct readopt a = { .core = c, .saved_ms = c->topics.version.timestamp_ms };
	if (!err)
		err = make_system(c);
	if (!err)
		err = tell_flush(c);
	if (!err)
		err = store_each_queue(c->store, readopt, &a);
	if (!err)
		err = transaction_duty_rebuild(&c->transaction_duty);
	if (!err)
		err = set_up_delays(c);
	if (!err)
		err = pop_journal_open(&c->journal, end_of_queue, c);
	if (!err)
		err = open_timers(c, out_why);
	return err;
}

int core_open(struct core *c, const struct core_config *cfg, char **out_why)
{
	*out_why = NULL;
	*c = (struct core){ .cfg = *cfg };
	if (!c->cfg.settings.delay_levels.count)
		lmi_delay_levels_parse(LMI_SPAN_LIT(LMI_DELAY_LEVEL_DEFAULT), &c->cfg.settings.delay_levels);
	set_up_tables(c);
	set_up_handle(c);
	int err = open_all(c, out_why);
	if (!err) {
		store_may_wait(c->store, false); /* from now on cold bytes are a worker's */
		return 0;
	}
	if (!*out_why && asprintf(out_why, "the broker cannot start: %s", lmi_strerror(err)) < 0)
		*out_why = NULL;
	if (c->store)
		store_close(c->store);
	pop_journal_abandon(&c->journal);
	free_tables(c);
	return err;
}

/* ---- running ---- */

void core_turn_end(struct core *c)
{
	store_turn_end(c->store);
	timer_duty_turn(&c->timer_duty);
	store_turn_end(c->store); /* what was due; costs nothing when nothing was */
	send_complete(&c->handle);
	pull_wake(&c->handle);
	pop_wake(&c->handle);
	revive_duty_finish(&c->revive, &c->handle);
	pop_table_settle(&c->pops);
	pop_journal_turn_end(&c->journal);
	client_notify_changed(&c->handle);
}

static void keep_history(struct core *c, int64_t now_ms)
{
	int64_t values[STAT_COUNTERS], wall_ms = lmi_wall_ms(c->cfg.store.clock);
	count_values(&c->handle, values);
	stat_history_tick(&c->handle.history, now_ms, wall_ms, values);
	stat_table_tick(&c->handle.stats, wall_ms);
}

void core_tick(struct core *c)
{
	int64_t now_ms = lmi_mono_ms(c->cfg.store.clock);
	store_tick(c->store, now_ms);
	scan_duty_run(&c->scan, &c->handle, now_ms);
	call_table_expire(&c->calls, now_ms);
	transaction_duty_run(&c->transaction_duty, now_ms);
	delay_duty_run(&c->delay);
	revive_log_run(&c->revive_log, &c->handle, now_ms);
	revive_duty_run(&c->revive, &c->handle, now_ms);
	timer_duty_run(&c->timer_duty);
	persist_duty_run(&c->persist, now_ms);
	keep_history(c, now_ms);
	pop_journal_tick(&c->journal, now_ms); /* names the version of the offsets that are being saved */
}

int64_t core_next_ms(const struct core *c)
{
	int64_t in = timer_duty_next_ms(&c->timer_duty), store_in = store_next_ms(c->store);
	if (store_in >= 0 && (in < 0 || store_in < in))
		in = store_in;
	return in >= 0 && in < CORE_TICK_MS ? in : -1;
}

void core_peer_closed(struct core *c, struct peer *p)
{
	handle_peer_closed(&c->handle, p);
}

void core_stop_holding(struct core *c)
{
	c->handle.stopping = true;
	announce_wake(&c->handle, INT64_MAX);
	assignment_give_up(&c->handle);
	hold_table_wake_all(&c->holds);
	pop_wait_wake_all(&c->pop_waits);
}

bool core_is_quiet(const struct core *c)
{
	return pending_empty(&c->pending, PENDING_WRITTEN) && pending_empty(&c->pending, PENDING_SYNCED) &&
	       c->holds.count == 0 && c->pop_waits.count == 0 && !persist_duty_busy(&c->persist) &&
	       !pop_journal_busy(&c->journal);
}

int core_close(struct core *c)
{
	timer_duty_stop(&c->timer_duty);
	store_turn_end(c->store);
	int err = persist_duty_flush(&c->persist);
	int journal_err = pop_journal_close(&c->journal);
	err = err ? err : journal_err;
	int store_err = store_close(c->store);
	c->store = NULL;
	if (!store_err) {
		delay_duty_synced(&c->delay);
		store_err = persist_duty_flush(&c->persist);
	}
	if (!store_err) {
		int timer_err = timer_duty_save(&c->timer_duty);
		err = err ? err : timer_err;
	}
	if (store_err)
		lmi_log(c->cfg.log, LMI_LOG_ERR, "the store was not closed cleanly: %s; it is recovered at the next start",
			lmi_strerror(store_err));
	free_tables(c);
	return err ? err : store_err;
}

void core_abandon(struct core *c)
{
	pop_journal_abandon(&c->journal);
	store_abandon(c->store);
	c->store = NULL;
	free_tables(c);
}
