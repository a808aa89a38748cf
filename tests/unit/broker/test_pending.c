/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: answers leave in log order when their mark has come, or their time is over; each counts on its peer once.
 * Shown by: two lines, marks between entries, deadlines.
 */
#include "broker/state/pending.h"
#include "fixture.h"

static struct pending d;
static struct fx_peer p;
static struct pending_answer got;
static struct lmi_span uniq, ids;

static void set_up(void)
{
	d = (struct pending){ .count = { 0 } };
	fx_peer_init(&p);
}

static void tear_down(void)
{
	pending_done(&d);
	ck_assert_int_eq(p.in_flight, 0);
	ck_assert_uint_eq(p.peer.refs, 1);
	fx_peer_done(&p);
}

static void add(enum pending_mark mark, int64_t end, int64_t deadline_ms, const char *u, const char *i)
{
	struct pending_answer a = { .peer = &p.peer, .log_end = end, .deadline_ms = deadline_ms, .opaque = (int32_t)end };
	ck_assert_int_eq(pending_add(&d, mark, &a, lmi_span_str(u), lmi_span_str(i)), 0);
}

static enum pending_fate take(enum pending_mark mark, int64_t pos, int64_t now_ms)
{
	enum pending_fate f = pending_take(&d, mark, pos, now_ms, &got, &uniq, &ids);
	if (f != PENDING_STAYS)
		pending_taken(&got);
	return f;
}

START_TEST(answers_leave_when_the_mark_reaches_them_in_order)
{
	set_up();
	add(PENDING_WRITTEN, 100, INT64_MAX, "u1", NULL);
	add(PENDING_WRITTEN, 200, INT64_MAX, "u2", "a,b");
	ck_assert_int_eq(p.in_flight, 2);
	ck_assert_int_eq(take(PENDING_WRITTEN, 99, 0), PENDING_STAYS);
	ck_assert_int_eq(take(PENDING_WRITTEN, 150, 0), PENDING_IS_DONE);
	ck_assert_int_eq(got.opaque, 100);
	ck_assert(lmi_span_is(uniq, "u1"));
	ck_assert_uint_eq(ids.n, 0);
	ck_assert_int_eq(take(PENDING_WRITTEN, 150, 0), PENDING_STAYS);
	ck_assert_int_eq(take(PENDING_WRITTEN, 200, 0), PENDING_IS_DONE);
	ck_assert(lmi_span_is(uniq, "u2"));
	ck_assert(lmi_span_is(ids, "a,b"));
	ck_assert(pending_empty(&d, PENDING_WRITTEN));
	ck_assert_int_eq(p.in_flight, 0);
	tear_down();
}
END_TEST

START_TEST(the_lines_of_the_two_marks_do_not_wait_for_each_other)
{
	set_up();
	add(PENDING_SYNCED, 100, 5000, NULL, NULL);
	add(PENDING_WRITTEN, 200, INT64_MAX, NULL, NULL);
	ck_assert_int_eq(take(PENDING_SYNCED, 0, 0), PENDING_STAYS);
	ck_assert_int_eq(take(PENDING_WRITTEN, 200, 0), PENDING_IS_DONE);
	ck_assert(!pending_empty(&d, PENDING_SYNCED));
	ck_assert_int_eq(take(PENDING_SYNCED, 100, 0), PENDING_IS_DONE);
	tear_down();
}
END_TEST

START_TEST(a_deadline_makes_it_late_and_a_reached_mark_is_never_late)
{
	set_up();
	add(PENDING_SYNCED, 100, 5000, NULL, NULL);
	add(PENDING_SYNCED, 200, 6000, NULL, NULL);
	ck_assert_int_eq(take(PENDING_SYNCED, 0, 4999), PENDING_STAYS);
	ck_assert_int_eq(take(PENDING_SYNCED, 0, 5000), PENDING_IS_LATE);
	ck_assert_int_eq(take(PENDING_SYNCED, 0, 5000), PENDING_STAYS);
	ck_assert_int_eq(take(PENDING_SYNCED, 200, 9000), PENDING_IS_DONE);
	tear_down();
}
END_TEST

START_TEST(what_is_left_is_dropped_with_its_references)
{
	set_up();
	add(PENDING_SYNCED, 100, 5000, "u", NULL);
	add(PENDING_WRITTEN, 100, 5000, "u", NULL);
	ck_assert_uint_eq(p.peer.refs, 3);
	tear_down(); /* looks at references and counts */
}
END_TEST

START_TEST(thousands_pass_through_without_growing)
{
	set_up();
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 50; i++)
			add(PENDING_WRITTEN, round * 100 + i, INT64_MAX, "0123456789ABCDEF0123456789ABCDEF", NULL);
		for (int i = 0; i < 50; i++)
			ck_assert_int_eq(take(PENDING_WRITTEN, INT64_MAX, 0), PENDING_IS_DONE);
	}
	ck_assert_uint_le(d.line[PENDING_WRITTEN].cap, PENDING_KEEP_BYTES);
	tear_down();
}
END_TEST

LMT_MAIN("pending", answers_leave_when_the_mark_reaches_them_in_order, the_lines_of_the_two_marks_do_not_wait_for_each_other,
	 a_deadline_makes_it_late_and_a_reached_mark_is_never_late, what_is_left_is_dropped_with_its_references,
	 thousands_pass_through_without_growing)
