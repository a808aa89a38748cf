/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a message for a stated time is delivered then, to the millisecond, once, in order of time; recalled ones are not; and
 * a stop, a kill or a power cut changes none of that.
 * Shown by: stated time, files cut by hand, and random histories against a list of what was promised.
 */
#include <errno.h>

#include "broker/handle/timer.h"
#include "fixture.h"
#include "rules/name.h"
#include "wire/props.h"

static struct fx f;
static struct fx_peer p;

#define HALF_SLOTS 1024 /* RocketMQ's wheel would be copied with each crash of the disk */

static void set_up_wheel(int32_t half_slots)
{
	fx_prepare(&f);
	f.cfg.timer_half_slots = half_slots;
	fx_open(&f);
	fx_peer_init(&p);
}

static void set_up(void)
{
	set_up_wheel(HALF_SLOTS);
}

static void tear_down(void)
{
	fx_peer_gone(&f, &p);
	fx_done(&f);
	fx_peer_done(&p);
}

static int64_t now(void)
{
	return lmi_wall_ms(&f.clock.clock);
}

static void restart(bool kill)
{
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	if (kill)
		fx_kill(&f);
	else
		fx_close(&f);
	f.executor.lazy = false;
	fx_run_jobs(&f);
	fx_open(&f);
	fx_peer_init(&p);
}

static struct lmi_command send_with(int number, const char *props)
{
	char all[256], body[16];
	snprintf(all, sizeof(all), "UNIQ_KEY\1U%d\2%s", number, props);
	snprintf(body, sizeof(body), "%d", number);
	return fx_send(&f, &p, "T", "1", all, body);
}

/* For a time; returns the handle to recall it in @out, NULL: not wanted. */
static void send_at(int number, int64_t due_ms, char *out)
{
	char props[64];
	snprintf(props, sizeof(props), "TIMER_DELIVER_MS\1%lld\2", (long long)due_ms);
	struct lmi_command a = send_with(number, props);
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	struct lmi_span handle = lmi_command_ext(&a, LMI_EXT_RECALL_HANDLE);
	ck_assert(!out || handle.n);
	if (out)
		snprintf(out, TIMER_RECALL_HANDLE_MAX, "%.*s", (int)handle.n, (const char *)handle.p);
}

static int32_t recall(const char *handle)
{
	const struct fx_field fields[] = { { "producerGroup", "PG" }, { "topic", "T" }, { "recallHandle", handle }, { NULL, NULL } };
	return fx_ask(&f, &p, LMI_REQ_RECALL_MESSAGE, fields, LMI_SPAN_NULL).code;
}

/* Time passes a millisecond at a time, as far as the broker wants to be woken. */
static void pass_exactly(int64_t ms)
{
	int64_t end = now() + ms;
	while (now() < end) {
		int64_t next = core_next_ms(&f.core), step = next > 0 ? next : next == 0 ? 1 : CORE_TICK_MS;
		if (step > end - now())
			step = end - now();
		lmi_clock_manual_pass(&f.clock, step);
		if (step == CORE_TICK_MS)
			core_tick(&f.core);
		core_turn_end(&f.core);
	}
	core_tick(&f.core);
	core_turn_end(&f.core);
}

static int64_t count(void)
{
	struct store_bounds b = { 0 };
	store_queue_bounds(f.core.store, LMI_SPAN_LIT("T"), 1, &b);
	return b.max_pos;
}

static struct lmi_record record_at(int64_t pos)
{
	static uint8_t bytes[1 << 16];
	static struct store_get g;
	struct lmi_record r;
	g = (struct store_get){ .topic = LMI_SPAN_LIT("T"), .queue_id = 1, .queue_pos = pos, .max_messages = 1, .wait = true };
	ck_assert_int_eq(store_get(f.core.store, &g), 0);
	ck_assert_uint_eq(g.count, 1);
	ck_assert_int_eq(store_read(f.core.store, &g.extents[0], bytes, true), 0);
	ck_assert_int_eq(lmi_record_decode(lmi_span(bytes, (size_t)g.extents[0].bytes), &r), 0);
	return r;
}

static int number_at(int64_t pos)
{
	struct lmi_record r = record_at(pos);
	int32_t number = -1;
	ck_assert_int_eq(lmi_span_to_i32(r.body, &number), 0);
	return number;
}

/* ---- times ---- */

START_TEST(a_message_is_delivered_at_its_millisecond_and_not_before)
{
	static const int64_t in_ms[] = { 1, 7, 99, 100, 999, 1000, 1001, 1500, 2000, 61234 };
	for (size_t i = 0; i < sizeof(in_ms) / sizeof(in_ms[0]); i++) {
		set_up();
		int64_t due = now() + in_ms[i];
		send_at(1, due, NULL);
		if (in_ms[i] > 1) {
			pass_exactly(in_ms[i] - 1);
			ck_assert_msg(count() == 0, "%lld: early", (long long)in_ms[i]);
		}
		pass_exactly(1);
		ck_assert_msg(count() == 1, "%lld: late", (long long)in_ms[i]);
		ck_assert_int_eq(record_at(0).store_ms, due);
		tear_down();
	}
}
END_TEST

START_TEST(a_delivered_message_is_as_it_was_sent)
{
	set_up();
	struct lmi_command a = send_with(5, "TIMER_DELAY_SEC\1" "3\2KEYS\1k\2TAGS\1red\2");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	pass_exactly(3001);
	struct lmi_record r = record_at(0);
	ck_assert_int_eq(number_at(0), 5);
	r = record_at(0);
	ck_assert(lmi_span_is(lmi_props_get(r.props, LMI_SPAN_LIT("TAGS")), "red"));
	ck_assert(lmi_span_is(lmi_props_get(r.props, LMI_SPAN_LIT("KEYS")), "k"));
	ck_assert(lmi_props_get(r.props, LMI_SPAN_LIT("TIMER_DEQUEUE_MS")).n);
	ck_assert(!lmi_props_get(r.props, LMI_SPAN_LIT("REAL_TOPIC")).n);
	ck_assert_int_eq(r.queue_id, 1);
	tear_down();
}
END_TEST

START_TEST(messages_come_in_order_of_time_whatever_the_order_of_sending)
{
	set_up();
	int64_t t = now();
	for (int i = 0; i < 50; i++)
		send_at(i, t + 2000 + (i * 37) % 50 * 20, NULL);
	pass_exactly(5000);
	ck_assert_int_eq(count(), 50);
	for (int64_t i = 0; i < 50; i++)
		ck_assert_int_eq(record_at(i).store_ms, t + 2000 + i * 20);
	tear_down();
}
END_TEST

START_TEST(times_that_cannot_be_are_refused_and_past_ones_are_now)
{
	set_up();
	struct lmi_command a = send_with(1, "TIMER_DELIVER_MS\1soon\2");
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	a = send_with(1, "TIMER_DELAY_SEC\1" "259201\2");
	ck_assert(a.code == LMI_RSP_MESSAGE_ILLEGAL && fx_remark_has(&a, "timerMaxDelaySec"));
	a = send_with(1, "TIMER_DELAY_SEC\1" "9223372036854775807\2");
	ck_assert_int_eq(a.code, LMI_RSP_MESSAGE_ILLEGAL);
	a = send_with(1, "TIMER_DELIVER_MS\1" "1000\2");
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(count(), 1);
	tear_down();
}
END_TEST

START_TEST(the_wheel_can_be_off_and_a_slot_full)
{
	set_up();
	f.core.cfg.settings.timer_slot_max = 2;
	send_at(1, now() + 5000, NULL);
	send_at(2, now() + 5000, NULL);
	pass_exactly(600); /* entered once it is synced */
	char props[64];
	snprintf(props, sizeof(props), "TIMER_DELIVER_MS\1%lld\2", (long long)(now() + 4400));
	struct lmi_command a = send_with(3, props);
	ck_assert(a.code == LMI_RSP_SYSTEM_ERROR && fx_remark_has(&a, "flow control"));
	f.core.cfg.settings.timer_enable = false;
	a = send_with(3, props);
	ck_assert(a.code == LMI_RSP_SYSTEM_ERROR && fx_remark_has(&a, "timerWheelEnable"));
	tear_down();
}
END_TEST

START_TEST(what_is_days_away_is_rolled_and_comes_at_its_time)
{
	set_up_wheel(TIMER_SLOTS);
	int64_t due = now() + 259200000 - 1;
	send_at(1, due, NULL);
	while (now() < due - 5000) {
		lmi_clock_manual_pass(&f.clock, 4000);
		core_tick(&f.core);
		core_turn_end(&f.core);
		ck_assert_int_eq(count(), 0);
	}
	pass_exactly(5001);
	ck_assert_int_eq(count(), 1);
	struct lmi_record r = record_at(0);
	ck_assert(r.store_ms >= due && r.store_ms < due + 10);
	ck_assert(lmi_span_is(lmi_props_get(r.props, LMI_SPAN_LIT("TIMER_ROLL_TIMES")), "1"));
	tear_down();
}
END_TEST

START_TEST(a_clock_set_back_delivers_nothing_early_and_one_set_ahead_loses_nothing)
{
	set_up();
	int64_t due = now() + 10000;
	send_at(1, due, NULL);
	pass_exactly(2000);
	f.clock.wall_ms_now -= 3600000;
	pass_exactly(20000);
	ck_assert_int_eq(count(), 0);
	f.clock.wall_ms_now += 7200000;
	pass_exactly(200);
	ck_assert_int_eq(count(), 1);
	tear_down();
}
END_TEST

/* ---- recall ---- */

START_TEST(a_recalled_message_is_not_delivered)
{
	char handle[TIMER_RECALL_HANDLE_MAX], other[TIMER_RECALL_HANDLE_MAX];
	for (int64_t in = 500; in <= 20000; in += 6500) {
		set_up();
		send_at(1, now() + in, handle);
		send_at(2, now() + in, other);
		pass_exactly(100);
		ck_assert_int_eq(recall(handle), LMI_RSP_SUCCESS);
		pass_exactly(in + 1000);
		ck_assert_int_eq(count(), 1);
		ck_assert_int_eq(number_at(0), 2);
		ck_assert_int_eq(recall(other), LMI_RSP_ILLEGAL_OPERATION); /* too late */
		tear_down();
	}
}
END_TEST

START_TEST(a_recall_holds_after_a_kill)
{
	char handle[TIMER_RECALL_HANDLE_MAX];
	set_up();
	send_at(1, now() + 20000, handle);
	send_at(2, now() + 20000, NULL);
	pass_exactly(3000);
	ck_assert_int_eq(recall(handle), LMI_RSP_SUCCESS);
	pass_exactly(3000);
	restart(true);
	pass_exactly(20000);
	ck_assert_int_eq(count(), 1);
	ck_assert_int_eq(number_at(0), 2);
	tear_down();
}
END_TEST

START_TEST(handles_that_are_none_are_refused)
{
	char handle[TIMER_RECALL_HANDLE_MAX];
	set_up();
	send_at(1, now() + 5000, handle);
	ck_assert_int_eq(recall("???"), LMI_RSP_ILLEGAL_OPERATION);
	ck_assert_int_eq(recall("djEgVCBiIDE="), LMI_RSP_ILLEGAL_OPERATION);
	f.core.cfg.settings.broker_name = LMI_SPAN_LIT("other");
	ck_assert_int_eq(recall(handle), LMI_RSP_ILLEGAL_OPERATION);
	f.core.cfg.settings.recall_enable = false;
	ck_assert_int_eq(recall(handle), LMI_RSP_NO_PERMISSION);
	tear_down();
}
END_TEST

START_TEST(what_waits_is_listed_by_slot)
{
	set_up();
	int64_t slot = (now() / 1000 + 5) * 1000;
	for (int i = 0; i < 6; i++)
		send_at(i, slot + 1 + i / 2 * 1000, NULL);
	pass_exactly(1000);
	const struct fx_field fields[] = { { "maxMsgNums", "2" }, { NULL, NULL } };
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_LIST_TIMERS, fields, LMI_SPAN_NULL);
	char want[256];
	snprintf(want, sizeof(want), "\"slots\":[{\"timeMs\":%lld,\"messages\":2},{\"timeMs\":%lld,\"messages\":2}],\"next\":%lld}",
		 (long long)slot, (long long)slot + 1000, (long long)slot + 2000);
	ck_assert(memmem(a.body.p, a.body.n, "\"pending\":6", 11));
	ck_assert_msg(memmem(a.body.p, a.body.n, want, strlen(want)), "%.*s", (int)a.body.n, (const char *)a.body.p);
	tear_down();
}
END_TEST

static int64_t waiting_by_metrics(void)
{
	const struct fx_field none[] = { { NULL, NULL } };
	struct lmi_command a = fx_ask(&f, &p, LMI_REQ_GET_TIMER_METRICS, none, LMI_SPAN_NULL);
	struct timer_counts c = { 0 };
	ck_assert_int_eq(a.code, LMI_RSP_SUCCESS);
	ck_assert_int_eq(timer_counts_load(&c, a.body), 0);
	ck_assert(!memmem(a.body.p, a.body.n, "Offset", 6));
	int64_t n = timer_counts_get(&c, LMI_SPAN_LIT("T"));
	timer_counts_done(&c);
	return n;
}

START_TEST(what_waits_is_counted_by_topic_across_restarts)
{
	char handle[TIMER_RECALL_HANDLE_MAX];
	set_up();
	for (int i = 0; i < 6; i++)
		send_at(i, now() + 10000 + i * 10000, i == 1 ? handle : NULL);
	ck_assert_int_eq(recall(handle), LMI_RSP_SUCCESS);
	pass_exactly(3000);
	ck_assert_int_eq(waiting_by_metrics(), 6); /* the recalled one until its time */
	pass_exactly(8000);
	ck_assert_int_eq(waiting_by_metrics(), 5);
	restart(false);
	pass_exactly(1000);
	ck_assert_int_eq(waiting_by_metrics(), 5);
	pass_exactly(10000);
	ck_assert_int_eq(waiting_by_metrics(), 4);
	restart(true);
	pass_exactly(1000);
	ck_assert_int_eq(waiting_by_metrics(), 4);
	pass_exactly(60000);
	ck_assert_int_eq(count(), 5);
	ck_assert_int_eq(waiting_by_metrics(), 0);
	tear_down();
}
END_TEST

START_TEST(counts_that_cannot_be_read_do_not_stop_the_broker)
{
	struct disk_file *file;
	set_up();
	send_at(1, now() + 30000, NULL);
	pass_exactly(3000);
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_close(&f);
	fx_run_jobs(&f);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(f.cfg.store.disk->ops->open(f.cfg.store.disk, i ? "config/timermetrics.bak" : "config/timermetrics",
							     DISK_READ | DISK_WRITE | DISK_CREATE, &file), 0);
		ck_assert_int_eq(file->ops->set_size(file, 0), 0);
		ck_assert_int_eq(file->ops->pwrite(file, "[", 1, 0), 0);
		disk_file_close(file);
	}
	fx_open(&f);
	fx_peer_init(&p);
	ck_assert_int_eq(waiting_by_metrics(), 0);
	pass_exactly(30000);
	ck_assert_int_eq(count(), 1);
	ck_assert_int_eq(waiting_by_metrics(), 0);
	tear_down();
}
END_TEST

START_TEST(a_delay_of_a_year_can_be_allowed_and_is_kept)
{
	fx_prepare(&f);
	f.cfg.settings.timer_max_delay_ms = 366LL * 86400 * 1000;
	f.cfg.timer_half_slots = HALF_SLOTS;
	fx_open(&f);
	fx_peer_init(&p);
	int64_t due = now() + 20000;
	send_at(1, due, NULL);
	ck_assert_int_eq(send_with(2, "TIMER_DELAY_SEC\00131536000\2").code, LMI_RSP_SUCCESS);
	ck_assert_int_ne(send_with(3, "TIMER_DELAY_SEC\00131622401\2").code, LMI_RSP_SUCCESS);
	pass_exactly(2 * HALF_SLOTS * 1000 + 30000); /* the wheel turns, so it is rolled on several times */
	ck_assert_int_eq(count(), 1);
	ck_assert_int_eq(waiting_by_metrics(), 1);
	restart(true);
	pass_exactly(HALF_SLOTS * 1000);
	ck_assert_int_eq(count(), 1);
	ck_assert_int_eq(waiting_by_metrics(), 1);
	tear_down();
}
END_TEST

START_TEST(what_waits_keeps_its_place_in_the_log)
{
	set_up();
	pass_exactly(40000);
	ck_assert_int_eq(f.core.timer_duty.pin_pos, INT64_MAX);
	fx_send(&f, &p, "T", "0", NULL, "x");
	send_at(1, now() + 50000, NULL);
	int64_t at = f.core.timer_duty.pin_pos;
	ck_assert(at > 0 && at < INT64_MAX);
	send_at(2, now() + 100000, NULL);
	pass_exactly(40000);
	ck_assert_int_eq(f.core.timer_duty.pin_pos, at);
	restart(true);
	ck_assert_int_eq(f.core.timer_duty.pin_pos, 0); /* not known yet */
	pass_exactly(1000);
	ck_assert_int_eq(f.core.timer_duty.pin_pos, at);
	pass_exactly(40000);
	ck_assert_int_gt(f.core.timer_duty.pin_pos, at);
	ck_assert_int_lt(f.core.timer_duty.pin_pos, INT64_MAX);
	pass_exactly(60000);
	ck_assert_int_eq(f.core.timer_duty.pin_pos, INT64_MAX);
	tear_down();
}
END_TEST

/* ---- restarts ---- */

START_TEST(pending_messages_are_delivered_after_a_stop_and_after_a_kill_and_none_twice)
{
	for (int kill = 0; kill < 2; kill++)
		for (int64_t at = 100; at < 6000; at += 450) {
			set_up();
			int64_t t = now();
			for (int i = 0; i < 60; i++)
				send_at(i, t + 1000 + i * 70, NULL);
			pass_exactly(at);
			restart(kill);
			pass_exactly(8000);
			ck_assert_msg(count() == 60, "kill %d at %lld: %lld", kill, (long long)at, (long long)count());
			tear_down();
		}
}
END_TEST

START_TEST(what_was_due_while_the_broker_was_down_comes_at_the_start)
{
	set_up_wheel(TIMER_SLOTS);
	int64_t t = now();
	for (int i = 0; i < 20; i++)
		send_at(i, t + 10000 + i * 100000, NULL);
	pass_exactly(2000);
	restart(false);
	lmi_clock_manual_pass(&f.clock, 20 * 86400000ll); /* the wheel has turned */
	restart(true);
	for (int i = 0; i < 20; i++)
		pass_exactly(200);
	ck_assert_int_eq(count(), 20);
	tear_down();
}
END_TEST

START_TEST(without_its_files_the_index_is_made_from_the_topic)
{
	struct disk *d = f.cfg.store.disk;
	set_up();
	d = f.cfg.store.disk;
	for (int i = 0; i < 10; i++)
		send_at(i, now() + 5000, NULL);
	pass_exactly(3000);
	fx_peer_gone(&f, &p);
	fx_peer_done(&p);
	fx_close(&f);
	ck_assert_int_eq(d->ops->unlink(d, "timerwheel"), 0);
	ck_assert_int_eq(d->ops->unlink(d, "timerlog/00000000000000000000"), 0);
	ck_assert_int_eq(d->ops->unlink(d, "config/timercheck"), 0);
	fx_open(&f);
	fx_peer_init(&p);
	pass_exactly(5000);
	ck_assert_int_eq(count(), 10);
	tear_down();
}
END_TEST

START_TEST(a_full_log_file_is_followed_by_the_next)
{
	fx_prepare(&f);
	f.cfg.timer_log_file_bytes = 4096;
	fx_open(&f);
	fx_peer_init(&p);
	int64_t t = now();
	for (int i = 0; i < 500; i++)
		send_at(i, t + 20000 + i % 3 * 1000, NULL);
	pass_exactly(5000);
	restart(true);
	pass_exactly(30000);
	ck_assert_int_eq(count(), 500);
	tear_down();
}
END_TEST

START_TEST(an_idle_broker_makes_no_timer_files)
{
	struct disk_stat st;
	set_up();
	fx_send(&f, &p, "T", "1", NULL, "x");
	pass_exactly(10000);
	ck_assert_int_eq(f.cfg.store.disk->ops->stat(f.cfg.store.disk, "timerwheel", &st), -ENOENT);
	ck_assert_int_eq(f.cfg.store.disk->ops->stat(f.cfg.store.disk, "config/timercheck", &st), -ENOENT);
	tear_down();
}
END_TEST

/* ---- random histories ---- */

#define MODEL_MESSAGES 60
#define MODEL_STEPS 70
#define MODEL_HALF_SLOTS 128 /* so that the wheel turns and messages are rolled on */
#define MODEL_SEEDS 1000 /* times LIGHTMQ_BUDGET, from LIGHTMQ_SEED on */

struct model {
	int64_t due[MODEL_MESSAGES];
	bool recalled[MODEL_MESSAGES];
	char handle[MODEL_MESSAGES][TIMER_RECALL_HANDLE_MAX];
	int n;
};

static void step(struct model *m, struct lmi_rng *rng)
{
	switch (lmi_rng_below(rng, 10)) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (m->n < MODEL_MESSAGES) {
			m->due[m->n] = now() + 1 + (int64_t)lmi_rng_below(rng, lmi_rng_below(rng, 2) ? 3000 : 60000);
			send_at(m->n, m->due[m->n], m->handle[m->n]);
			m->n++;
		}
		break;
	case 4:
		if (m->n) {
			int i = (int)lmi_rng_below(rng, (uint64_t)m->n);
			bool early = m->due[i] > now() && !m->recalled[i];
			if (early && recall(m->handle[i]) == LMI_RSP_SUCCESS)
				m->recalled[i] = true;
		}
		break;
	case 5:
	case 6:
		pass_exactly((int64_t)lmi_rng_below(rng, 5000));
		break;
	case 7:
		restart(true);
		break;
	case 8:
		if (lmi_rng_below(rng, 2)) {
			disk_crash_power_cut(f.disk, lmi_rng_u64(rng));
			restart(true);
		} else {
			restart(false);
		}
		break;
	case 9:
		lmi_clock_manual_pass(&f.clock, (int64_t)lmi_rng_below(rng, 20000));
		break;
	}
}

static void check_all(const struct model *m, uint64_t seed)
{
	int seen[MODEL_MESSAGES] = { 0 };
	for (int64_t i = 0; i < count(); i++) {
		int number = number_at(i);
		ck_assert_int_ge(record_at(i).store_ms, m->due[number]);
		seen[number]++;
	}
	for (int i = 0; i < m->n; i++)
		ck_assert_msg(seen[i] == !m->recalled[i], "seed %llu: message %d, recalled %d, is there %d times",
			      (unsigned long long)seed, i, m->recalled[i], seen[i]);
}

static void model(uint64_t seed)
{
	struct lmi_rng_seeded rng;
	static struct model m;
	m = (struct model){ .n = 0 };
	lmi_rng_seeded_init(&rng, seed);
	fx_prepare(&f);
	f.cfg.settings.sync_flush = true; /* so that what was answered holds after a power cut */
	f.cfg.store.flush = STORE_SYNC_FLUSH;
	f.cfg.store.segment_bytes = 1 << 20;
	f.cfg.timer_log_file_bytes = 2048;
	f.cfg.timer_half_slots = MODEL_HALF_SLOTS;
	fx_open(&f);
	fx_peer_init(&p);
	for (int i = 0; i < MODEL_STEPS; i++)
		step(&m, &rng.rng);
	for (int i = 0; i < 7; i++)
		pass_exactly(10000);
	check_all(&m, seed);
	tear_down();
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text && atoll(text) > 0 ? (uint64_t)atoll(text) : otherwise;
}

static void histories(uint64_t quarter)
{
	uint64_t n = MODEL_SEEDS / 4 * number_of("LIGHTMQ_BUDGET", 1), first = number_of("LIGHTMQ_SEED", 1) + quarter * n;
	for (uint64_t seed = first; seed < first + n; seed++)
		model(seed);
}

START_TEST(random_histories_deliver_each_once_and_never_early)
{
	histories(0);
}
END_TEST

START_TEST(a_second_quarter_of_random_histories)
{
	histories(1);
}
END_TEST

START_TEST(a_third_quarter_of_random_histories)
{
	histories(2);
}
END_TEST

START_TEST(a_fourth_quarter_of_random_histories)
{
	histories(3);
}
END_TEST

/* Each delivered a message twice once; the last one a message that had been recalled. */
START_TEST(histories_that_went_wrong_before_stay_right)
{
	static const uint64_t seeds[] = { 1799, 12752, 27008, 9567 };
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		model(seeds[i]);
}
END_TEST

LMT_MAIN("timers", a_message_is_delivered_at_its_millisecond_and_not_before, a_delivered_message_is_as_it_was_sent,
	 messages_come_in_order_of_time_whatever_the_order_of_sending, times_that_cannot_be_are_refused_and_past_ones_are_now,
	 the_wheel_can_be_off_and_a_slot_full, what_is_days_away_is_rolled_and_comes_at_its_time,
	 a_clock_set_back_delivers_nothing_early_and_one_set_ahead_loses_nothing, a_recalled_message_is_not_delivered,
	 what_waits_is_listed_by_slot, what_waits_is_counted_by_topic_across_restarts, counts_that_cannot_be_read_do_not_stop_the_broker,
	 a_delay_of_a_year_can_be_allowed_and_is_kept, what_waits_keeps_its_place_in_the_log, a_recall_holds_after_a_kill, handles_that_are_none_are_refused,
	 pending_messages_are_delivered_after_a_stop_and_after_a_kill_and_none_twice,
	 what_was_due_while_the_broker_was_down_comes_at_the_start, without_its_files_the_index_is_made_from_the_topic,
	 a_full_log_file_is_followed_by_the_next, an_idle_broker_makes_no_timer_files,
	 histories_that_went_wrong_before_stay_right, random_histories_deliver_each_once_and_never_early, a_second_quarter_of_random_histories,
	 a_third_quarter_of_random_histories, a_fourth_quarter_of_random_histories)
