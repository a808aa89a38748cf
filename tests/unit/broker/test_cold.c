/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the core loop never waits for the disk: what is not in memory is read by a worker and answered afterwards, once;
 * a store that fails says so to whoever waits and whoever comes.
 * Shown by: a disk whose cache is emptied, workers that are let go by hand, syncs and writes that fail.
 */
#include <errno.h>

#include "fixture.h"

static struct fx f;
static struct fx_peer p;

/* A topic with ten messages that no cache holds, and workers that wait. */
static void set_up(void)
{
	fx_init(&f);
	fx_peer_init(&p);
	for (int i = 0; i < 10; i++)
		fx_send(&f, &p, "T", "0", NULL, "hello");
	fx_beat(&f, &p, "c1", "g", "T", "*");
	fx_pass(&f, 2000);
	fx_forget_output(&p);
	f.executor.lazy = true;
	disk_crash_chill(f.disk);
}

static void tear_down(void)
{
	f.executor.lazy = false;
	fx_run_jobs(&f);
	core_turn_end(&f.core);
	ck_assert_int_eq(p.in_flight, 0);
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

/* The answer after workers have read; there is none before. */
static struct lmi_command after_reading(void)
{
	struct lmi_command a;
	core_turn_end(&f.core);
	ck_assert(!fx_take(&p, &a));
	ck_assert_int_eq(p.in_flight, 1);
	for (int i = 0; i < 5 && lmi_buf_len(&p.out) == 0; i++) {
		ck_assert_int_gt(fx_run_jobs(&f), 0);
		core_turn_end(&f.core);
	}
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(p.in_flight, 0);
	return a;
}

START_TEST(a_cold_pull_is_answered_when_it_was_read)
{
	set_up();
	fx_hand_in(&f, &p, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", "2", "2"), LMI_SPAN_NULL);
	struct lmi_command a = after_reading();
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 10);
	ck_assert_uint_gt(a.body.n, 8 * LMI_RECORD_FIXED_V4);
	tear_down();
}
END_TEST

START_TEST(a_cold_message_sent_back_is_stored_once)
{
	struct store_bounds b;
	set_up();
	fx_hand_in(&f, &p, LMI_REQ_CONSUMER_SEND_MSG_BACK, 0, FX_FIELDS({ "offset", "0" }, { "group", "g" }, { "delayLevel", "0" }),
		   LMI_SPAN_NULL);
	ck_assert_int_eq(after_reading().code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(store_queue_bounds(f.core.store, LMI_SPAN_LIT("SCHEDULE_TOPIC_XXXX"), 2, &b), 0);
	ck_assert_int_eq(b.max_pos, 1);
	tear_down();
}
END_TEST

START_TEST(a_cold_message_is_viewed)
{
	struct lmi_record r;
	set_up();
	fx_hand_in(&f, &p, LMI_REQ_VIEW_MESSAGE_BY_ID, 0, FX_FIELDS({ "offset", "0" }), LMI_SPAN_NULL);
	struct lmi_command a = after_reading();
	ck_assert_int_eq(lmi_record_decode(a.body, &r), 0);
	ck_assert(lmi_span_is(r.body, "hello"));
	tear_down();
}
END_TEST

/* A cache that forgets everything again before it is looked at. */
static void evict_for_ever(void)
{
	for (int i = 0; i < 40 && lmi_buf_len(&p.out) == 0; i++) {
		fx_run_jobs(&f);
		disk_crash_chill(f.disk);
		core_turn_end(&f.core);
	}
}

/* Jobs done() at once after run(): chill in between. */
static void chilling_submit(struct lmi_executor *e, struct lmi_job *j)
{
	(void)e;
	j->run(j);
	disk_crash_chill(f.disk);
	j->done(j);
}

START_TEST(a_machine_without_room_for_a_cache_gives_up_in_words)
{
	struct lmi_command a;
	set_up();
	f.executor.executor.submit = chilling_submit;
	fx_hand_in(&f, &p, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", "2", "2"), LMI_SPAN_NULL);
	evict_for_ever();
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.code, LMI_RSP_PULL_RETRY_IMMEDIATELY);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), 2);
	fx_hand_in(&f, &p, LMI_REQ_VIEW_MESSAGE_BY_ID, 0, FX_FIELDS({ "offset", "0" }), LMI_SPAN_NULL);
	evict_for_ever();
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SYSTEM_BUSY);
	ck_assert(fx_remark_has(&a, "short of memory"));
	f.executor.executor.submit = fx_submit;
	tear_down();
}
END_TEST

START_TEST(a_peer_that_goes_while_a_worker_reads_leaves_no_trace)
{
	set_up();
	fx_hand_in(&f, &p, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", "2", "2"), LMI_SPAN_NULL);
	fx_hand_in(&f, &p, LMI_REQ_VIEW_MESSAGE_BY_ID, 0, FX_FIELDS({ "offset", "0" }), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	ck_assert_int_eq(p.in_flight, 2);
	fx_peer_gone(&f, &p);
	ck_assert(!p.freed);
	fx_run_jobs(&f);
	core_turn_end(&f.core);
	ck_assert(p.freed);
	ck_assert_uint_eq(f.core.holds.count, 0);
	fx_peer_done(&p);
	fx_peer_init(&p);
	tear_down();
}
END_TEST

START_TEST(a_failed_sync_answers_14_to_who_waits_and_who_comes)
{
	struct lmi_command a;
	fx_prepare(&f);
	f.cfg.settings.sync_flush = true;
	f.cfg.store.flush = STORE_SYNC_FLUSH;
	fx_open(&f);
	fx_peer_init(&p);
	fx_send(&f, &p, "T", "0", NULL, "good");
	disk_crash_fail(f.disk, DISK_CRASH_SYNC, 1, -EIO, true);
	fx_hand_in(&f, &p, LMI_REQ_SEND_MESSAGE_V2, 0, fx_send_fields("T", "0", NULL), LMI_SPAN_LIT("lost"));
	core_turn_end(&f.core);
	core_turn_end(&f.core);
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.code, LMI_RSP_SERVICE_NOT_AVAILABLE);
	ck_assert(fx_logged(&f, "the store takes no messages any more"));
	a = fx_send(&f, &p, "T", "0", NULL, "x");
	ck_assert_int_eq(a.code, LMI_RSP_SERVICE_NOT_AVAILABLE);
	ck_assert(fx_remark_has(&a, "restart"));
	fx_beat(&f, &p, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&p);
	a = fx_ask(&f, &p, LMI_REQ_PULL_MESSAGE, fx_pull_fields("g", "T", "0", "0", "0"), LMI_SPAN_NULL);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS); /* reading goes on */
	fx_peer_gone(&f, &p);
	ck_assert_int_lt(core_close(&f.core), 0);
	ck_assert(fx_logged(&f, "was not closed cleanly"));
	fx_free_disk(&f);
	fx_peer_done(&p);
}
END_TEST

static const struct fx_field *queue_fields(const char *name, const char *value)
{
	static struct fx_field v[4];
	const struct fx_field all[] = { { "topic", "T" }, { "queueId", "0" }, { name, value }, { NULL, NULL } };
	memcpy(v, all, sizeof(v));
	return v;
}

START_TEST(what_is_asked_about_cold_queues_waits_for_a_worker)
{
	struct lmi_command a;
	set_up();
	fx_hand_in(&f, &p, LMI_REQ_GET_EARLIEST_MSG_STORETIME, 0, queue_fields(NULL, NULL), LMI_SPAN_NULL);
	a = after_reading();
	ck_assert_int_eq(fx_number(&a, LMI_EXT_TIMESTAMP), FX_WALL_MS);
	disk_crash_chill(f.disk);
	fx_hand_in(&f, &p, LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP, 0, queue_fields("timestamp", "1"), LMI_SPAN_NULL);
	a = after_reading();
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 0);
	disk_crash_chill(f.disk);
	fx_hand_in(&f, &p, LMI_REQ_GET_TOPIC_STATS_INFO, 0, queue_fields(NULL, NULL), LMI_SPAN_NULL);
	a = after_reading();
	ck_assert_ptr_nonnull(memmem(a.body.p, a.body.n, "\"maxOffset\":10", 14));
	ck_assert_ptr_nonnull(memmem(a.body.p, a.body.n, "\"lastUpdateTimestamp\":1700000000", 32));
	disk_crash_chill(f.disk);
	a = fx_ask(&f, &p, LMI_REQ_GET_MAX_OFFSET, queue_fields(NULL, NULL), LMI_SPAN_NULL); /* nothing to read for this */
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), 10);
	tear_down();
}
END_TEST

#define MANY 6000 /* messages: 20 queue files, 30 segments */

/* A queue of many files and segments, the older half of which has expired, and no cache. */
static void set_up_many(void)
{
	fx_prepare(&f);
	f.cfg.store.segment_bytes = 1 << 16;
	f.cfg.store.retention = (struct retention_config){
		.interval_ms = 10000, .reserved_ms = 3600000, .max_used_percent = 75, .forcibly_percent = 85, .warning_percent = 90,
		.batch_max = 10, .unread = RETENTION_IGNORE_UNREAD,
	};
	fx_open(&f);
	fx_peer_init(&p);
	for (int i = 0; i < MANY; i++) {
		fx_send(&f, &p, "T", "0", NULL, "0123456789012345678901234567890123456789012345678901234567890123456789");
		fx_forget_output(&p);
		lmi_clock_manual_pass(&f.clock, i == MANY / 2 ? 3600000 : 1000);
	}
	fx_pass(&f, 15000);
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_close(&f);
	fx_open(&f);
	fx_peer_init(&p);
	fx_pass(&f, 1000); /* what has expired goes */
	f.executor.lazy = true;
	disk_crash_chill(f.disk);
}

START_TEST(searches_through_many_cold_files_are_made_by_one_reading)
{
	struct lmi_command a;
	char when[32];
	set_up_many();
	fx_hand_in(&f, &p, LMI_REQ_GET_MIN_OFFSET, 0, queue_fields(NULL, NULL), LMI_SPAN_NULL);
	a = after_reading();
	int64_t min = fx_number(&a, LMI_EXT_OFFSET);
	ck_assert_int_gt(min, MANY / 4);
	ck_assert_int_lt(min, MANY / 2 + 400);
	disk_crash_chill(f.disk);
	int64_t wanted = 4321; /* the 4,321st came so much later */
	snprintf(when, sizeof(when), "%lld", (long long)(FX_WALL_MS + (wanted - 1) * 1000 + 3600000));
	fx_hand_in(&f, &p, LMI_REQ_SEARCH_OFFSET_BY_TIMESTAMP, 0, queue_fields("timestamp", when), LMI_SPAN_NULL);
	a = after_reading();
	ck_assert_int_eq(fx_number(&a, LMI_EXT_OFFSET), wanted);
	disk_crash_chill(f.disk);
	fx_beat(&f, &p, "c1", "g", "T", "*");
	core_turn_end(&f.core);
	fx_forget_output(&p);
	fx_hand_in(&f, &p, LMI_REQ_PULL_MESSAGE, 0, fx_pull_fields("g", "T", "0", "7", "0"), LMI_SPAN_NULL);
	core_turn_end(&f.core);
	while (lmi_buf_len(&p.out) == 0 && fx_run_jobs(&f))
		core_turn_end(&f.core);
	ck_assert(fx_take(&p, &a));
	ck_assert_int_eq(a.code, LMI_RSP_PULL_OFFSET_MOVED);
	ck_assert_int_eq(fx_number(&a, LMI_EXT_NEXT_BEGIN_OFFSET), min);
	tear_down();
}
END_TEST

LMT_MAIN("cold", what_is_asked_about_cold_queues_waits_for_a_worker, searches_through_many_cold_files_are_made_by_one_reading, a_cold_pull_is_answered_when_it_was_read, a_cold_message_sent_back_is_stored_once, a_cold_message_is_viewed,
	 a_machine_without_room_for_a_cache_gives_up_in_words, a_peer_that_goes_while_a_worker_reads_leaves_no_trace,
	 a_failed_sync_answers_14_to_who_waits_and_who_comes)
