/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed: the pipe in memory behaves as a socket does, with the faults asked for.
 * Shown: by reading and writing its two ends by hand, in stated time.
 */
#include "tests/support/lmt.h"
#include "tests/unit/io/fixture.h"

static struct stage st;
static struct lmi_stream *end[2];
static unsigned int told[2];
static int calls[2];

static void on_ready(struct lmi_stream *s, unsigned int events)
{
	int i = s == end[1];

	told[i] |= events;
	calls[i]++;
	s->ops->watch(s, 0);
}

static void begin(void)
{
	stage_begin(&st);
	ck_assert_int_eq(lmi_stream_memory_pair(st.loop, st.loop, end), 0);
	end[0]->ready = end[1]->ready = on_ready;
}

static void finish(void)
{
	for (int i = 0; i < 2; i++)
		if (end[i])
			end[i]->ops->close(end[i]);
	stage_end(&st);
}

static ssize_t put(int i, const char *text, size_t n)
{
	struct iovec v = { (void *)text, n };

	return end[i]->ops->writev(end[i], &v, 1);
}

static ssize_t get(int i, char *to, size_t n)
{
	struct iovec v[2] = { { to, n / 2 }, { to + n / 2, n - n / 2 } };

	return end[i]->ops->readv(end[i], v, 2);
}

START_TEST(what_is_written_at_one_end_is_read_at_the_other)
{
	char buf[16];

	begin();
	ck_assert_int_eq(get(1, buf, sizeof(buf)), -EAGAIN);
	ck_assert_int_eq(put(0, "hello", 5), 5);
	ck_assert_int_eq(put(0, "world", 5), 5);
	ck_assert_int_eq(get(1, buf, 7), 7);
	ck_assert_mem_eq(buf, "hellowo", 7);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), 3);
	ck_assert_mem_eq(buf, "rld", 3);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), -EAGAIN);
	finish();
}
END_TEST

START_TEST(readiness_is_told_from_the_loop_while_it_holds)
{
	begin();
	end[1]->ops->watch(end[1], LMI_STREAM_READ);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(calls[1], 0);
	put(0, "x", 1);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(calls[1], 1);
	ck_assert_uint_eq(told[1], LMI_STREAM_READ);
	end[1]->ops->watch(end[1], LMI_STREAM_READ | LMI_STREAM_WRITE);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(told[1], LMI_STREAM_READ | LMI_STREAM_WRITE);
	finish();
}
END_TEST

START_TEST(short_reads_and_writes_take_no_more_than_asked_for)
{
	char buf[16];

	begin();
	lmi_stream_memory_short(end[0], 0, 3);
	lmi_stream_memory_short(end[1], 2, 0);
	ck_assert_int_eq(put(0, "hello", 5), 3);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), 2);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), 1);
	finish();
}
END_TEST

START_TEST(a_full_window_blocks_until_it_is_read)
{
	static char big[LMI_STREAM_MEMORY_WINDOW + 10];

	begin();
	ck_assert_int_eq(put(0, big, sizeof(big)), LMI_STREAM_MEMORY_WINDOW);
	ck_assert_int_eq(put(0, big, 1), -EAGAIN);
	end[0]->ops->watch(end[0], LMI_STREAM_WRITE);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(calls[0], 0);
	ck_assert_int_eq(get(1, big, 100), 100);
	lmi_loop_poll(st.loop);
	ck_assert_uint_eq(told[0], LMI_STREAM_WRITE);
	ck_assert_int_eq(put(0, big, sizeof(big)), 100);
	finish();
}
END_TEST

START_TEST(delayed_bytes_arrive_when_their_time_has_come)
{
	char buf[16];

	begin();
	lmi_stream_memory_delay(end[0], 40);
	put(0, "late", 4);
	end[1]->ops->watch(end[1], LMI_STREAM_READ);
	stage_pass(&st, 39);
	ck_assert_int_eq(calls[1], 0);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), -EAGAIN);
	stage_pass(&st, 1);
	ck_assert_int_eq(calls[1], 1);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), 4);
	finish();
}
END_TEST

START_TEST(a_close_is_the_end_of_input_after_what_was_written)
{
	char buf[16];

	begin();
	lmi_stream_memory_delay(end[0], 10);
	put(0, "bye", 3);
	end[0]->ops->close(end[0]);
	end[0] = NULL;
	ck_assert_int_eq(put(1, "x", 1), -EPIPE);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), -EAGAIN);
	stage_pass(&st, 10);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), 3);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), 0);
	finish();
}
END_TEST

START_TEST(a_cut_fails_both_ends_and_loses_what_was_on_its_way)
{
	char buf[16];

	begin();
	put(0, "lost", 4);
	end[1]->ops->watch(end[1], LMI_STREAM_READ);
	lmi_stream_memory_cut(end[0], -ECONNRESET);
	lmi_loop_poll(st.loop);
	ck_assert_int_eq(calls[1], 1);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), -ECONNRESET);
	ck_assert_int_eq(put(0, "x", 1), -ECONNRESET);
	finish();
}
END_TEST

START_TEST(swallowed_bytes_never_arrive_and_a_swallowed_close_is_not_seen)
{
	char buf[16];

	begin();
	lmi_stream_memory_swallow(end[0], true);
	ck_assert_int_eq(put(0, "gone", 4), 4);
	end[0]->ops->close(end[0]);
	end[0] = NULL;
	stage_pass(&st, 3600000);
	ck_assert_int_eq(get(1, buf, sizeof(buf)), -EAGAIN);
	finish();
}
END_TEST

LMT_MAIN("stream_memory", what_is_written_at_one_end_is_read_at_the_other, readiness_is_told_from_the_loop_while_it_holds,
	 short_reads_and_writes_take_no_more_than_asked_for, a_full_window_blocks_until_it_is_read,
	 delayed_bytes_arrive_when_their_time_has_come, a_close_is_the_end_of_input_after_what_was_written,
	 a_cut_fails_both_ends_and_loses_what_was_on_its_way, swallowed_bytes_never_arrive_and_a_swallowed_close_is_not_seen)
