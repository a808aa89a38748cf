/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a queue chosen for a message exists, by chance every one comes up, by key always the same one as in Java.
 * Shown by: seeded chance; keys with positive, negative and the smallest hash code.
 */
#include "rules/queue_choice.h"
#include "tests/support/lmt.h"
#include "wire/props.h"

START_TEST(chance_reaches_every_queue_and_no_other)
{
	struct lmi_rng_seeded r;
	int seen[5] = { 0 };
	lmi_rng_seeded_init(&r, 42);
	for (int i = 0; i < 1000; i++) {
		int32_t q = lmi_queue_choice_any(&r.rng, 5);
		ck_assert_int_ge(q, 0);
		ck_assert_int_lt(q, 5);
		seen[q]++;
	}
	for (int i = 0; i < 5; i++)
		ck_assert_int_gt(seen[i], 0);
}
END_TEST

START_TEST(without_queues_the_choice_is_0)
{
	struct lmi_rng_seeded r;
	lmi_rng_seeded_init(&r, 1);
	ck_assert_int_eq(lmi_queue_choice_any(&r.rng, 0), 0);
	ck_assert_int_eq(lmi_queue_choice_any(&r.rng, -3), 0);
	ck_assert_int_eq(lmi_queue_choice_any(&r.rng, 1), 0);
	ck_assert_int_eq(lmi_queue_choice_by_key(LMI_SPAN_LIT("k"), 0), 0);
	ck_assert_int_eq(lmi_queue_choice_by_key(LMI_SPAN_LIT("k"), 1), 0);
}
END_TEST

START_TEST(a_key_is_hashed_as_in_java)
{
	ck_assert_int_eq(lmi_queue_choice_by_key(LMI_SPAN_LIT("TagA"), 7), 2598919 % 7);
	/* "polygenelubricants".hashCode() is Integer.MIN_VALUE; Java: MIN_VALUE % 7 = -2, so 2. */
	ck_assert_int_eq(lmi_java_hash(LMI_SPAN_LIT("polygenelubricants")), INT32_MIN);
	ck_assert_int_eq(lmi_queue_choice_by_key(LMI_SPAN_LIT("polygenelubricants"), 7), 2);
}
END_TEST

LMT_MAIN("queue_choice", chance_reaches_every_queue_and_no_other, without_queues_the_choice_is_0, a_key_is_hashed_as_in_java)
