/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a queue has one holder at a time, whose lock lives 60 s from its last renewal, as in RebalanceLockManager.
 * Shown by: two clients and a clock that is an argument.
 */
#include "base/error.h"
#include "broker/state/lock_table.h"
#include "rules/name.h"
#include "tests/support/lmt.h"

static struct lock_table t;

static const struct lock_who a = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("c1") }, b = { LMI_SPAN_LIT("g"), LMI_SPAN_LIT("c2") };

static struct lmi_message_queue queue(int32_t id)
{
	return (struct lmi_message_queue){ LMI_SPAN_LIT("T"), LMI_SPAN_LIT("broker-a"), id };
}

static int try(const struct lock_who *w, int32_t id, int64_t now_ms)
{
	struct lmi_message_queue q = queue(id);
	return lock_table_try(&t, w, &q, now_ms);
}

START_TEST(the_first_holds_and_the_second_waits)
{
	t = (struct lock_table){ 0 };
	ck_assert_int_eq(try(&a, 0, 1), 1);
	ck_assert_int_eq(try(&b, 0, 2), 0);
	ck_assert_int_eq(try(&b, 1, 2), 1);
	ck_assert_int_eq(try(&a, 0, 3), 1);
	ck_assert_uint_eq(t.count, 2);
	lock_table_done(&t);
}
END_TEST

START_TEST(groups_do_not_disturb_each_other)
{
	static const struct lock_who other = { LMI_SPAN_LIT("h"), LMI_SPAN_LIT("c2") };
	t = (struct lock_table){ 0 };
	ck_assert_int_eq(try(&a, 0, 1), 1);
	ck_assert_int_eq(try(&other, 0, 1), 1);
	lock_table_done(&t);
}
END_TEST

START_TEST(a_lock_not_renewed_for_60_s_is_free)
{
	t = (struct lock_table){ 0 };
	ck_assert_int_eq(try(&a, 0, 1000), 1);
	ck_assert_int_eq(try(&b, 0, 61000), 0);
	ck_assert_int_eq(try(&b, 0, 61001), 1);
	ck_assert_int_eq(try(&a, 0, 61002), 0);
	ck_assert_uint_eq(t.count, 1);
	lock_table_done(&t);
}
END_TEST

START_TEST(renewing_makes_it_live_longer)
{
	t = (struct lock_table){ 0 };
	try(&a, 0, 1000);
	try(&a, 0, 50000);
	ck_assert_int_eq(try(&b, 0, 100000), 0);
	lock_table_done(&t);
}
END_TEST

START_TEST(only_the_holder_unlocks)
{
	struct lmi_message_queue q = queue(0);
	t = (struct lock_table){ 0 };
	try(&a, 0, 1);
	ck_assert(!lock_table_unlock(&t, &b, &q));
	ck_assert(lock_table_unlock(&t, &a, &q));
	ck_assert(!lock_table_unlock(&t, &a, &q));
	ck_assert_int_eq(try(&b, 0, 2), 1);
	lock_table_done(&t);
}
END_TEST

START_TEST(a_client_that_leaves_frees_its_locks_only)
{
	t = (struct lock_table){ 0 };
	try(&a, 0, 1);
	try(&a, 1, 1);
	try(&b, 2, 1);
	lock_table_drop_client(&t, &a);
	ck_assert_uint_eq(t.count, 1);
	ck_assert_int_eq(try(&b, 0, 2), 1);
	ck_assert_int_eq(try(&a, 2, 2), 0);
	lock_table_done(&t);
}
END_TEST

START_TEST(a_group_is_ordered_while_any_lock_lives)
{
	t = (struct lock_table){ 0 };
	ck_assert(!lock_table_any(&t, LMI_SPAN_LIT("g"), 1));
	try(&a, 0, 1000);
	ck_assert(lock_table_any(&t, LMI_SPAN_LIT("g"), 61000));
	ck_assert(!lock_table_any(&t, LMI_SPAN_LIT("g"), 61001));
	ck_assert(!lock_table_any(&t, LMI_SPAN_LIT("h"), 1001));
	lock_table_done(&t);
}
END_TEST

START_TEST(expired_locks_are_forgotten)
{
	t = (struct lock_table){ 0 };
	try(&a, 0, 1000);
	try(&b, 1, 5000);
	ck_assert_uint_eq(lock_table_expire(&t, 61001), 1);
	ck_assert_uint_eq(t.count, 1);
	ck_assert_uint_eq(lock_table_expire(&t, 70000), 1);
	ck_assert_uint_eq(lmi_map_count(&t.groups), 0);
	lock_table_done(&t);
}
END_TEST

START_TEST(another_lifetime_counts)
{
	t = (struct lock_table){ .expire_ms = 10 };
	try(&a, 0, 1);
	ck_assert_int_eq(try(&b, 0, 12), 1);
	lock_table_done(&t);
}
END_TEST

START_TEST(names_that_cannot_be_are_refused)
{
	static char long_name[LMI_NAME_MAX + 1];
	struct lock_who nobody = { LMI_SPAN_LIT("g"), LMI_SPAN_NULL }, no_group = { LMI_SPAN_NULL, LMI_SPAN_LIT("c") };
	struct lmi_message_queue q = { lmi_span(long_name, sizeof(long_name)), LMI_SPAN_LIT("b"), 0 };
	t = (struct lock_table){ 0 };
	ck_assert_int_eq(try(&nobody, 0, 1), -LMQ_EILLEGAL);
	ck_assert_int_eq(try(&no_group, 0, 1), -LMQ_EILLEGAL);
	ck_assert_int_eq(lock_table_try(&t, &a, &q, 1), -LMQ_EILLEGAL);
	ck_assert_uint_eq(t.count, 0);
	lock_table_done(&t);
}
END_TEST

LMT_MAIN("lock_table", the_first_holds_and_the_second_waits, groups_do_not_disturb_each_other,
	 a_lock_not_renewed_for_60_s_is_free, renewing_makes_it_live_longer, only_the_holder_unlocks,
	 a_client_that_leaves_frees_its_locks_only, a_group_is_ordered_while_any_lock_lives, expired_locks_are_forgotten,
	 another_lifetime_counts, names_that_cannot_be_are_refused)
