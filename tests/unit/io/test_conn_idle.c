/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: a connection neither read nor written for its idle time is closed, at most a second later and never earlier.
 * Shown: in stated time.
 */
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

static struct stage st;
static struct seen seen;
static struct lmi_stream *far;

static void begin(int64_t idle_ms)
{
	struct lmi_conn_limits limits = lmi_conn_limits_default;

	limits.idle_ms = idle_ms;
	stage_begin(&st);
	far = memory_conn(&st, &seen, &limits);
}

static void finish(void)
{
	far->ops->close(far);
	stage_end(&st);
	seen_done(&seen);
}

static void pass_s(int64_t s)
{
	while (s-- > 0)
		stage_pass(&st, 1000);
}

START_TEST(an_idle_connection_is_closed_when_its_time_is_over)
{
	begin(120000);
	stage_pass(&st, 119999);
	ck_assert_uint_eq(seen.closes, 0);
	stage_pass(&st, 1001);
	ck_assert_uint_eq(seen.closes, 1);
	ck_assert_int_eq(seen.cause, -ETIMEDOUT);
	ck_assert(lmi_loop_next_due_ms(st.loop) == INT64_MAX); /* nothing left to wake for */
	finish();
}
END_TEST

START_TEST(it_is_so_whatever_the_second_it_began_in)
{
	for (int64_t off_ms = 0; off_ms < 1000; off_ms += 37) {
		stage_begin(&st);
		lmi_clock_manual_pass(&st.clock, off_ms);
		stage_end(&st);
		begin(1500);
		stage_pass(&st, 1499);
		ck_assert_uint_eq(seen.closes, 0);
		stage_pass(&st, 1001);
		ck_assert_uint_eq(seen.closes, 1);
		finish();
	}
}
END_TEST

START_TEST(reading_keeps_it_open)
{
	begin(120000);
	for (int i = 0; i < 10; i++) {
		far_put(far, &"\0\0\0\144\0\0\0\0\0\0"[i], 1); /* however little, of a frame of 104 bytes */
		pass_s(100);
	}
	ck_assert_uint_eq(seen.closes, 0);
	pass_s(21);
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(writing_keeps_it_open)
{
	begin(120000);
	for (int i = 0; i < 10; i++) {
		put_frame(lmi_conn_out(seen.conn), 20, 0);
		lmi_loop_poll(st.loop);
		pass_s(100);
	}
	ck_assert_uint_eq(seen.closes, 0);
	pass_s(21);
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(output_that_cannot_be_written_does_not_keep_it_open)
{
	begin(5000);
	put_frame(lmi_conn_out(seen.conn), 2 * LMI_STREAM_MEMORY_WINDOW, 0);
	lmi_loop_poll(st.loop);
	for (int i = 0; i < 6 && !seen.closes; i++) {
		put_frame(lmi_conn_out(seen.conn), 20, 0);
		pass_s(1);
	}
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(zero_is_never)
{
	begin(0);
	stage_pass(&st, 86400000);
	ck_assert_uint_eq(seen.closes, 0);
	finish();
}
END_TEST

START_TEST(a_time_longer_than_the_wheel_is_kept_too)
{
	begin(1000 * (int64_t)LMI_CONN_WHEEL_SLOTS * 5);
	pass_s(LMI_CONN_WHEEL_SLOTS * 5 - 1);
	ck_assert_uint_eq(seen.closes, 0);
	pass_s(2);
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(a_jump_over_the_whole_wheel_finds_everybody)
{
	static struct seen many[50];
	struct lmi_stream *fars[50];
	struct lmi_conn_limits limits = lmi_conn_limits_default;

	begin(120000);
	for (int i = 0; i < 50; i++) {
		limits.idle_ms = 1000 + 3100 * i;
		fars[i] = memory_conn(&st, &many[i], &limits);
	}
	stage_pass(&st, 3600000);
	for (int i = 0; i < 50; i++) {
		ck_assert_uint_eq(many[i].closes, 1);
		fars[i]->ops->close(fars[i]);
	}
	ck_assert_uint_eq(seen.closes, 1);
	finish();
}
END_TEST

START_TEST(each_has_its_own_time)
{
	static struct seen many[20];
	struct lmi_stream *fars[20];
	struct lmi_conn_limits limits = lmi_conn_limits_default;

	begin(300000);
	for (int i = 0; i < 20; i++) {
		limits.idle_ms = 1000 * (20 - i);
		fars[i] = memory_conn(&st, &many[i], &limits);
	}
	for (int s = 1; s <= 21; s++) {
		pass_s(1);
		for (int i = 0; i < 20; i++) {
			ck_assert(many[i].closes == 0 || s >= 20 - i);
			ck_assert(many[i].closes == 1 || s <= 20 - i);
		}
	}
	for (int i = 0; i < 20; i++)
		fars[i]->ops->close(fars[i]);
	finish();
}
END_TEST

LMT_MAIN("conn_idle", an_idle_connection_is_closed_when_its_time_is_over, it_is_so_whatever_the_second_it_began_in, reading_keeps_it_open,
	 writing_keeps_it_open, output_that_cannot_be_written_does_not_keep_it_open, zero_is_never, a_time_longer_than_the_wheel_is_kept_too,
	 a_jump_over_the_whole_wheel_finds_everybody, each_has_its_own_time)
