/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: retention deletes segments and queue files that nobody needs, keeps what somebody does and says whom it waits for;
 * a store that used up its budget refuses and goes on by itself; whatever happens in between, the log has no hole and what
 * is left can be read, also after a crash.
 * Shown: on the simulated disk, with time that is stated to pass.
 */
#include "store/segment.h"
#include "tests/unit/store/store_rig.h"

#define HOUR_MS INT64_C(3600000)

/* Who reads: -1 nobody. */
static int64_t consumed[RIG_QUEUES];
static char findings[8192];

static void each_reader(void *user, struct store_survey *sv)
{
	(void)user;
	for (int q = 0; q < RIG_QUEUES; q++)
		if (consumed[q] >= 0)
			store_survey_add(sv, lmi_span_str(rig_topic(q)), rig_queue_id(q), LMI_SPAN_LIT("readers"), consumed[q]);
}

static void on_finding(void *user, enum lmi_log_level level, const char *text)
{
	size_t n = strlen(findings);
	rig_on_finding(user, level, text);
	snprintf(findings + n, sizeof(findings) - n, "%s\n", text);
}

static bool found(const char *text)
{
	return strstr(findings, text) != NULL;
}

static struct rig *set_up(void)
{
	struct rig *r = rig_new(STORE_ASYNC_FLUSH);
	findings[0] = '\0';
	for (int q = 0; q < RIG_QUEUES; q++)
		consumed[q] = INT64_MAX;
	r->cfg.each_reader = each_reader;
	r->cfg.on_finding = on_finding;
	r->cfg.retention = (struct retention_config){
		.interval_ms = 10000,
		.reserved_ms = 72 * HOUR_MS,
		.max_used_percent = 75,
		.forcibly_percent = 85,
		.warning_percent = 90,
		.batch_max = 10,
	};
	rig_must_open(r);
	return r;
}

/* Fill about n segments, over some minutes. */
static void fill(struct rig *r, int n)
{
	struct store_marks m;
	store_marks(r->store, &m);
	int64_t until = m.appended + n * r->cfg.segment_bytes;
	while (m.appended < until) {
		for (int q = 0; q < RIG_QUEUES; q++)
			if (rig_append_n(r, q, 1, 300, 0))
				return;
		store_turn_end(r->store);
		rig_pass(r, 500);
		store_marks(r->store, &m);
	}
}

static void pass_seconds(struct rig *r, int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i++)
		rig_pass(r, 1000);
}

static void forget_deleted(struct rig *r)
{
	struct store_marks m;
	store_marks(r->store, &m);
	size_t gone = 0;
	while (gone < r->count && r->messages[gone].ticket.log_pos < m.min_pos)
		gone++;
	memmove(r->messages, r->messages + gone, (r->count - gone) * sizeof(*r->messages));
	r->count -= gone;
}

static int64_t log_min(struct rig *r)
{
	struct store_marks m;
	store_marks(r->store, &m);
	return m.min_pos;
}

static int count_name(void *ctx, const char *name)
{
	(void)name;
	++*(int *)ctx;
	return 0;
}

static int files_in(struct rig *r, const char *folder)
{
	int n = 0;
	r->disk->ops->list(r->disk, folder, count_name, &n);
	return n;
}

static int64_t queue_min(struct rig *r, int queue)
{
	struct store_bounds b;
	ck_assert_int_eq(store_queue_bounds(r->store, lmi_span_str(rig_topic(queue)), rig_queue_id(queue), &b), 0);
	return b.min_pos;
}

static void must_agree(struct rig *r)
{
	forget_deleted(r);
	rig_check_all(r);
}

START_TEST(segments_go_when_their_last_message_is_older_than_the_reserved_time)
{
	struct rig *r = set_up();
	fill(r, 4);
	int before = files_in(r, SEGMENT_FOLDER);
	lmi_clock_manual_pass(&r->clock, 71 * HOUR_MS);
	pass_seconds(r, 60);
	ck_assert_int_eq(log_min(r), 0);
	lmi_clock_manual_pass(&r->clock, 2 * HOUR_MS);
	pass_seconds(r, 60);
	ck_assert_int_gt(log_min(r), 2 * r->cfg.segment_bytes);
	ck_assert_int_eq(log_min(r) % r->cfg.segment_bytes, 0);
	ck_assert_int_eq(files_in(r, SEGMENT_FOLDER), before - (int)(log_min(r) / r->cfg.segment_bytes));
	ck_assert_int_gt(queue_min(r, 0), 0);
	must_agree(r);
	fill(r, 1);
	must_agree(r);
	ck_assert_int_eq(rig_close(r), 0);
	rig_must_open(r);
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(the_age_is_known_again_after_a_restart)
{
	struct rig *r = set_up();
	fill(r, 4);
	ck_assert_int_eq(rig_close(r), 0);
	lmi_clock_manual_pass(&r->clock, 80 * HOUR_MS);
	rig_must_open(r);
	pass_seconds(r, 30);
	ck_assert_int_gt(log_min(r), 2 * r->cfg.segment_bytes);
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(queue_files_follow_and_the_last_one_stays_so_that_positions_go_on)
{
	struct rig *r = set_up();
	fill(r, 12);
	int before = files_in(r, "consumequeue/TopicA/0");
	int64_t end = rig_queue_end(r, 0);
	ck_assert_int_gt(before, 1);
	lmi_clock_manual_pass(&r->clock, 100 * HOUR_MS);
	pass_seconds(r, 120);
	ck_assert_int_lt(files_in(r, "consumequeue/TopicA/0"), before);
	must_agree(r);
	fill(r, 1);
	ck_assert_int_gt(rig_queue_end(r, 0), end);
	ck_assert_int_eq(rig_close(r), 0);
	rig_must_open(r);
	ck_assert_uint_eq(r->rebuilt, 0);
	must_agree(r);
	rig_kill(r); /* and by what a crash leaves */
	rig_must_open(r);
	ck_assert_uint_eq(r->rebuilt, 0);
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(index_files_follow_without_another_send_and_the_last_one_stays)
{
	struct rig *r = set_up();
	fill(r, 12);
	int before = files_in(r, "index");
	ck_assert_int_gt(before, 2);
	lmi_clock_manual_pass(&r->clock, 100 * HOUR_MS);
	pass_seconds(r, 140);
	ck_assert_int_lt(files_in(r, "index"), before);
	ck_assert_int_ge(files_in(r, "index"), 1);
	must_agree(r);
	ck_assert_int_eq(rig_close(r), 0);
	rig_must_open(r);
	ck_assert(!found("index")); /* nothing is missing and nothing is made anew */
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(a_pull_below_the_oldest_message_is_told_where_to_go_on)
{
	struct rig *r = set_up();
	struct store_get *g = calloc(1, sizeof(*g));
	fill(r, 5);
	lmi_clock_manual_pass(&r->clock, 100 * HOUR_MS);
	pass_seconds(r, 30);
	g->topic = lmi_span_str(rig_topic(1));
	g->queue_id = rig_queue_id(1);
	g->max_messages = 8;
	ck_assert_int_eq(store_get(r->store, g), 0);
	ck_assert_int_eq(g->status, STORE_OFFSET_TOO_SMALL);
	ck_assert_int_eq(g->next_pos, queue_min(r, 1));
	ck_assert_int_gt(g->next_pos, 0);
	free(g);
	rig_free(r);
}
END_TEST

START_TEST(a_group_that_has_not_consumed_keeps_the_log_and_is_named)
{
	struct rig *r = set_up();
	struct store_space space;
	fill(r, 6);
	for (size_t i = 0; i < r->count && r->messages[i].ticket.log_pos < 2 * r->cfg.segment_bytes; i++)
		if (r->messages[i].queue == 3)
			consumed[3] = r->messages[i].ticket.queue_pos; /* within the second segment */
	lmi_clock_manual_pass(&r->clock, 100 * HOUR_MS);
	pass_seconds(r, 60);
	ck_assert_int_eq(log_min(r), r->cfg.segment_bytes);
	ck_assert(found("group readers has not consumed queue 0 of topic %RETRY%group"));
	store_space(r->store, &space);
	ck_assert_ptr_nonnull(space.pinned);
	ck_assert_ptr_nonnull(strstr(space.pinned, "group readers"));
	must_agree(r);
	consumed[3] = INT64_MAX;
	pass_seconds(r, 60);
	ck_assert_int_gt(log_min(r), 4 * r->cfg.segment_bytes);
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(a_group_whose_messages_are_only_in_memory_keeps_them_too)
{
	struct rig *r = set_up();
	r->cfg.retention.unread = RETENTION_KEEP_UNREAD;
	consumed[4] = 0;
	fill(r, 3);
	lmi_clock_manual_pass(&r->clock, 100 * HOUR_MS);
	pass_seconds(r, 60);
	ck_assert_int_eq(log_min(r), 0);
	rig_free(r);
}
END_TEST

static int64_t pinned_at;

static int64_t pin_position(void *user)
{
	(void)user;
	return pinned_at;
}

START_TEST(a_pin_keeps_the_log_and_is_shown_until_it_is_lifted)
{
	struct rig *r = set_up();
	struct store_space space;
	struct store_pin pin = { .what = "the timer wheel refers to the log", .position = pin_position };
	fill(r, 6);
	pinned_at = r->cfg.segment_bytes + 100;
	store_pin_add(r->store, &pin);
	lmi_clock_manual_pass(&r->clock, 100 * HOUR_MS);
	pass_seconds(r, 60);
	ck_assert_int_eq(log_min(r), r->cfg.segment_bytes);
	ck_assert(found("the timer wheel refers to the log from 16484 on"));
	store_space(r->store, &space);
	ck_assert_int_eq(space.pinned_pos, pinned_at);
	store_pin_remove(&pin);
	pass_seconds(r, 60);
	ck_assert_int_gt(log_min(r), 4 * r->cfg.segment_bytes);
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(a_budget_is_kept_by_deleting_what_was_consumed)
{
	struct rig *r = set_up();
	struct store_space space;
	rig_close(r);
	r->cfg.retention.max_bytes = 10 * r->cfg.segment_bytes;
	rig_must_open(r);
	fill(r, 40);
	ck_assert_int_gt(log_min(r), 25 * r->cfg.segment_bytes);
	store_space(r->store, &space);
	ck_assert_int_le(space.used_bytes, r->cfg.retention.max_bytes);
	ck_assert_ptr_null(store_refusal(r->store));
	ck_assert(!found("refused"));
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(fast_senders_into_a_small_budget_wait_for_no_interval)
{
	struct rig *r = set_up();
	rig_close(r);
	r->cfg.retention.max_bytes = 6 * r->cfg.segment_bytes;
	r->cfg.executor = &r->later.executor;
	rig_must_open(r);
	int64_t longest_ms = 0, refused_ms = 0;
	for (int ms = 0; ms < 20000; ms += 100) { /* a message a millisecond, ticks as in the broker */
		int taken = 0;
		while (taken < 100 && rig_append_n(r, 0, 1, 300, 0) == 0) {
			taken++;
			store_turn_end(r->store);
			rig_run_all(&r->later);
		}
		refused_ms = taken ? 0 : refused_ms + 100;
		longest_ms = refused_ms > longest_ms ? refused_ms : longest_ms;
		rig_pass(r, 100);
		rig_run_all(&r->later);
	}
	ck_assert_int_gt(log_min(r), 30 * r->cfg.segment_bytes);
	ck_assert_int_le(longest_ms, 1000);
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(a_used_up_budget_refuses_until_somebody_has_consumed)
{
	struct rig *r = set_up();
	rig_close(r);
	r->cfg.retention.max_bytes = 6 * r->cfg.segment_bytes;
	rig_must_open(r);
	consumed[0] = 0;
	fill(r, 40);
	pass_seconds(r, 20);
	int err = 0;
	for (int i = 0; i < 100 && !err; i++)
		err = rig_append_n(r, 1, 1, 300, 0);
	store_turn_end(r->store);
	ck_assert_int_eq(err, -LMQ_EFULL);
	ck_assert_ptr_nonnull(store_refusal(r->store));
	ck_assert_ptr_nonnull(strstr(store_refusal(r->store), "storeMaxBytes"));
	ck_assert_ptr_nonnull(strstr(store_refusal(r->store), "group readers has not consumed queue 0 of topic TopicA"));
	ck_assert_int_eq(log_min(r), 0);
	ck_assert_ptr_null(store_readonly_cause(r->store));
	must_agree(r);
	consumed[0] = INT64_MAX;
	pass_seconds(r, 30);
	ck_assert_ptr_null(store_refusal(r->store));
	ck_assert(found("sends are taken again"));
	fill(r, 5);
	must_agree(r);
	ck_assert_int_eq(rig_close(r), 0);
	rig_must_open(r);
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(a_budget_that_nobody_reads_refuses_and_expires)
{
	struct rig *r = set_up();
	rig_close(r);
	r->cfg.retention.max_bytes = 5 * r->cfg.segment_bytes;
	rig_must_open(r);
	for (int q = 0; q < RIG_QUEUES; q++)
		consumed[q] = -1;
	fill(r, 40);
	pass_seconds(r, 20);
	ck_assert_int_eq(log_min(r), 0);
	ck_assert_ptr_nonnull(store_refusal(r->store));
	ck_assert_ptr_nonnull(strstr(store_refusal(r->store), "no group reads topic"));
	lmi_clock_manual_pass(&r->clock, 73 * HOUR_MS);
	pass_seconds(r, 20);
	ck_assert_int_gt(log_min(r), 0);
	ck_assert_ptr_null(store_refusal(r->store));
	rig_free(r);
}
END_TEST

START_TEST(a_forecast_comes_hours_before_the_budget_is_used_up)
{
	struct rig *r = set_up();
	rig_close(r);
	r->cfg.retention.max_bytes = 40 * r->cfg.segment_bytes;
	rig_must_open(r);
	consumed[2] = 0;
	int64_t warned_ms = 0, refused_ms = 0, start_ms = lmi_mono_ms(&r->clock.clock);
	for (int minute = 0; minute < 3000 && !refused_ms; minute++) {
		for (int i = 0; i < 3 && !refused_ms; i++)
			if (rig_append_n(r, i, 1, 300, 0))
				refused_ms = lmi_mono_ms(&r->clock.clock) - start_ms;
		store_turn_end(r->store);
		for (int i = 0; i < 6; i++)
			rig_pass(r, 10000);
		if (!warned_ms && found("and then sends are refused"))
			warned_ms = lmi_mono_ms(&r->clock.clock) - start_ms;
	}
	ck_assert_int_gt(refused_ms, 0);
	ck_assert_int_gt(warned_ms, 0);
	ck_assert_int_gt(refused_ms - warned_ms, 4 * HOUR_MS);
	ck_assert_int_lt(refused_ms - warned_ms, 8 * HOUR_MS);
	ck_assert(found("reaches storeMaxBytes"));
	ck_assert(found("group readers has not consumed queue 2 of topic TopicA"));
	rig_free(r);
}
END_TEST

START_TEST(above_the_warning_level_of_the_disk_sends_are_refused_until_it_is_below_the_forcible_one)
{
	struct rig *r = set_up();
	fill(r, 2);
	pass_seconds(r, 11); /* queues and index are written */
	struct disk_space space;
	r->disk->ops->space(r->disk, &space);
	int64_t used = space.total_bytes - space.free_bytes;
	disk_crash_set_room(r->crash, used * 100 / 92);
	pass_seconds(r, 11);
	ck_assert_int_eq(rig_append(r, 0), -LMQ_EFULL);
	ck_assert_ptr_nonnull(strstr(store_refusal(r->store), "diskSpaceWarningLevelRatio"));
	disk_crash_set_room(r->crash, used * 100 / 87);
	pass_seconds(r, 11);
	ck_assert_int_eq(rig_append(r, 0), -LMQ_EFULL);
	disk_crash_set_room(r->crash, used * 100 / 80);
	pass_seconds(r, 11);
	ck_assert_int_eq(rig_append(r, 0), 0);
	ck_assert_ptr_null(store_refusal(r->store));
	store_turn_end(r->store);
	rig_check_all(r);
	rig_free(r);
}
END_TEST

START_TEST(a_disk_above_its_forcible_ratio_costs_the_oldest_only_where_that_is_enabled)
{
	struct rig *r = set_up();
	fill(r, 6);
	struct disk_space space;
	r->disk->ops->space(r->disk, &space);
	disk_crash_set_room(r->crash, (space.total_bytes - space.free_bytes) * 100 / 88);
	pass_seconds(r, 30);
	ck_assert_int_eq(log_min(r), 0);
	rig_close(r);
	r->cfg.retention.forcibly = true;
	rig_must_open(r);
	pass_seconds(r, 30);
	ck_assert_int_gt(log_min(r), 0);
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(what_cannot_be_deleted_is_tried_again_and_leaves_no_hole)
{
	struct rig *r = set_up();
	fill(r, 6);
	disk_crash_fail(r->crash, DISK_CRASH_UNLINK, 3, -EROFS, true);
	lmi_clock_manual_pass(&r->clock, 100 * HOUR_MS);
	pass_seconds(r, 30);
	ck_assert(found("cannot be deleted"));
	rig_kill(r);
	disk_crash_fail(r->crash, DISK_CRASH_UNLINK, 0, 0, false);
	rig_must_open(r);
	pass_seconds(r, 60);
	ck_assert_int_gt(log_min(r), 4 * r->cfg.segment_bytes);
	must_agree(r);
	rig_free(r);
}
END_TEST

START_TEST(power_lost_at_any_moment_of_retention_leaves_a_log_without_a_hole)
{
	unsigned long seeds = rig_env("LIGHTMQ_CLEAN_SEEDS", 60), deleted = 0;
	for (unsigned long seed = 1; seed <= seeds; seed++) {
		struct rig *r = set_up();
		r->cfg.executor = &r->later.executor;
		rig_close(r);
		rig_must_open(r);
		for (int i = 0; i < 60; i++) {
			for (int k = 0; k < 8; k++)
				(void)rig_append_n(r, (i + k) % RIG_QUEUES, 1, 300, 0);
			store_turn_end(r->store);
			rig_pass(r, 5 * HOUR_MS);
			for (unsigned long k = 0; k < 1 + seed % 5; k++)
				if (!rig_run_one(&r->later) && !rig_done_one(&r->later))
					break;
			while (rig_done_one(&r->later))
				;
		}
		struct store_marks m;
		store_marks(r->store, &m);
		deleted += m.min_pos > 0;
		rig_kill(r);
		disk_crash_power_cut(r->crash, seed);
		rig_must_open(r);
		rig_run_all(&r->later);
		struct store_marks after;
		store_marks(r->store, &after);
		ck_assert_int_ge(after.synced, m.synced);
		ck_assert_int_le(after.min_pos, m.min_pos);
		forget_deleted(r);
		while (r->count && r->messages[r->count - 1].ticket.log_end > after.synced)
			r->count--;
		rig_check_all(r);
		rig_free(r);
	}
	ck_assert_uint_gt(deleted, seeds / 2);
}
END_TEST

LMT_MAIN("store_clean", segments_go_when_their_last_message_is_older_than_the_reserved_time,
	 the_age_is_known_again_after_a_restart, queue_files_follow_and_the_last_one_stays_so_that_positions_go_on,
	 index_files_follow_without_another_send_and_the_last_one_stays,
	 a_pull_below_the_oldest_message_is_told_where_to_go_on, a_group_that_has_not_consumed_keeps_the_log_and_is_named,
	 a_group_whose_messages_are_only_in_memory_keeps_them_too, a_pin_keeps_the_log_and_is_shown_until_it_is_lifted,
	 a_budget_is_kept_by_deleting_what_was_consumed, fast_senders_into_a_small_budget_wait_for_no_interval, a_used_up_budget_refuses_until_somebody_has_consumed,
	 a_budget_that_nobody_reads_refuses_and_expires, a_forecast_comes_hours_before_the_budget_is_used_up,
	 above_the_warning_level_of_the_disk_sends_are_refused_until_it_is_below_the_forcible_one,
	 a_disk_above_its_forcible_ratio_costs_the_oldest_only_where_that_is_enabled,
	 what_cannot_be_deleted_is_tried_again_and_leaves_no_hole,
	 power_lost_at_any_moment_of_retention_leaves_a_log_without_a_hole)
