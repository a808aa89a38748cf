/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: sends go round all queues in turn, and pass over a broker that failed as long as there is another.
 * Shown: on two brokers with 2 and 3 queues.
 */
#include "tests/support/lmt.h"

#include "client/publish.h"

static struct broker *const A = (struct broker *)0x10, *const B = (struct broker *)0x20;

START_TEST(every_queue_is_taken_in_turn)
{
	struct publish_part parts[] = { { A, 2 }, { B, 3 } };
	struct publish p = { parts, 2, 5 };
	struct publish_choice c;
	uint32_t counter = UINT32_MAX - 1; /* the counter may wrap */
	int taken[2][3] = { { 0 } };

	for (int i = 0; i < 2; i++)
		ck_assert(publish_next(&p, &counter, NULL, &c));
	for (int i = 0; i < 50; i++) {
		ck_assert(publish_next(&p, &counter, NULL, &c));
		taken[c.broker == B][c.queue_id]++;
	}
	for (int q = 0; q < 2; q++)
		ck_assert_int_eq(taken[0][q], 10);
	for (int q = 0; q < 3; q++)
		ck_assert_int_eq(taken[1][q], 10);
}
END_TEST

START_TEST(a_broker_to_avoid_is_passed_over)
{
	struct publish_part parts[] = { { A, 2 }, { B, 3 } };
	struct publish p = { parts, 2, 5 };
	struct publish_choice c;
	uint32_t counter = 0;

	for (int i = 0; i < 20; i++) {
		ck_assert(publish_next(&p, &counter, i % 2 ? A : B, &c));
		ck_assert_ptr_eq(c.broker, i % 2 ? B : A);
	}
}
END_TEST

START_TEST(the_only_broker_is_taken_though_it_failed)
{
	struct publish_part part = { A, 2 };
	struct publish p = { &part, 1, 2 };
	struct publish_choice c;
	uint32_t counter = 0;

	ck_assert(publish_next(&p, &counter, A, &c));
	ck_assert_ptr_eq(c.broker, A);
}
END_TEST

START_TEST(without_queues_there_is_no_choice)
{
	struct publish p = { NULL, 0, 0 };
	struct publish_choice c;
	uint32_t counter = 0;

	ck_assert(!publish_next(&p, &counter, NULL, &c));
}
END_TEST

static bool only(const void *arg, const struct broker *b)
{
	return b == arg;
}

START_TEST(only_a_fit_broker_is_taken_and_none_when_none_is)
{
	struct publish_part parts[] = { { A, 2 }, { B, 3 } };
	struct publish p = { parts, 2, 5 };
	struct publish_choice c = { NULL, -1 };
	uint32_t counter = 3;

	for (int i = 0; i < 10; i++) {
		ck_assert(publish_next_fit(&p, &counter, NULL, only, A, &c));
		ck_assert_ptr_eq(c.broker, A);
	}
	counter = 3;
	ck_assert(!publish_next_fit(&p, &counter, A, only, A, &c)); /* fit, but to be avoided */
	ck_assert(!publish_next_fit(&p, &counter, NULL, only, NULL, &c));
	ck_assert_uint_eq(counter, 3);
}
END_TEST

LMT_MAIN("publish", every_queue_is_taken_in_turn, a_broker_to_avoid_is_passed_over, the_only_broker_is_taken_though_it_failed,
	 without_queues_there_is_no_choice, only_a_fit_broker_is_taken_and_none_when_none_is)
