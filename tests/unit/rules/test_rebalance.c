/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: AVG and AVG_BY_CIRCLE give each queue to exactly one member, as AllocateMessageQueueAveragely(ByCircle) do.
 * Shown by: comparing with the rule stated by brute force (deal the queues out one by one) for all small sizes, and with
 * the arithmetic of the Java class written down literally.
 */
#include "rules/rebalance.h"
#include "tests/support/lmt.h"

/* The Java class, word for word in arithmetic. */
static size_t java_avg(size_t mq, size_t cid, size_t index, size_t *first)
{
	size_t mod = mq % cid;
	size_t average = mq <= cid ? 1 : (mod > 0 && index < mod ? mq / cid + 1 : mq / cid);
	size_t start = mod > 0 && index < mod ? index * average : index * average + mod;
	*first = start;
	if (start >= mq)
		return 0;
	return average < mq - start ? average : mq - start;
}

START_TEST(avg_equals_the_java_class)
{
	for (size_t q = 0; q <= 40; q++) {
		for (size_t c = 1; c <= 45; c++) {
			for (size_t m = 0; m < c; m++) {
				size_t first = 0, java_first = 0;
				size_t n = lmi_rebalance_avg(q, c, m, &first), java_n = java_avg(q, c, m, &java_first);
				ck_assert_uint_eq(n, java_n);
				if (n)
					ck_assert_uint_eq(first, java_first);
			}
		}
	}
}
END_TEST

START_TEST(avg_deals_every_queue_once_and_evenly)
{
	for (size_t q = 0; q <= 40; q++) {
		for (size_t c = 1; c <= 45; c++) {
			size_t owned[40] = { 0 }, least = SIZE_MAX, most = 0;
			for (size_t m = 0; m < c; m++) {
				size_t first = 0, n = lmi_rebalance_avg(q, c, m, &first);
				for (size_t i = 0; i < n; i++)
					owned[first + i]++;
				least = n < least ? n : least;
				most = n > most ? n : most;
			}
			for (size_t i = 0; i < q; i++)
				ck_assert_uint_eq(owned[i], 1);
			ck_assert_uint_le(most - least, 1);
		}
	}
}
END_TEST

START_TEST(circle_deals_every_queue_once)
{
	for (size_t q = 0; q < 20; q++) {
		for (size_t c = 1; c <= 7; c++) {
			size_t owners = 0;
			for (size_t m = 0; m < c; m++)
				owners += lmi_rebalance_circle_owns(q, c, m);
			ck_assert_uint_eq(owners, 1);
			ck_assert(lmi_rebalance_circle_owns(q, c, q % c));
		}
	}
}
END_TEST

START_TEST(nobody_owns_without_members)
{
	size_t first = 9;
	ck_assert_uint_eq(lmi_rebalance_avg(4, 0, 0, &first), 0);
	ck_assert_uint_eq(lmi_rebalance_avg(4, 2, 2, &first), 0);
	ck_assert_uint_eq(first, 9);
	ck_assert(!lmi_rebalance_circle_owns(1, 0, 0));
}
END_TEST

START_TEST(queues_sort_by_topic_broker_and_id)
{
	struct lmi_message_queue q[] = {
		{ LMI_SPAN_LIT("b"), LMI_SPAN_LIT("a"), 0 },  { LMI_SPAN_LIT("a"), LMI_SPAN_LIT("b"), 0 },
		{ LMI_SPAN_LIT("a"), LMI_SPAN_LIT("a"), 10 }, { LMI_SPAN_LIT("a"), LMI_SPAN_LIT("a"), 2 },
		{ LMI_SPAN_LIT("a"), LMI_SPAN_LIT("aa"), 0 },
	};
	lmi_rebalance_sort_queues(q, 5);
	ck_assert_int_eq(q[0].queue_id, 2);
	ck_assert_int_eq(q[1].queue_id, 10);
	ck_assert(lmi_span_is(q[2].broker_name, "aa"));
	ck_assert(lmi_span_is(q[3].broker_name, "b"));
	ck_assert(lmi_span_is(q[4].topic, "b"));
	ck_assert_int_eq(lmi_rebalance_queue_cmp(&q[1], &q[1]), 0);
	lmi_rebalance_sort_queues(NULL, 0);
}
END_TEST

START_TEST(clients_sort_by_bytes)
{
	struct lmi_span c[] = { LMI_SPAN_LIT("10.0.0.2@1"), LMI_SPAN_LIT("10.0.0.10@1"), LMI_SPAN_LIT("10.0.0.1") };
	lmi_rebalance_sort_clients(c, 3);
	ck_assert(lmi_span_is(c[0], "10.0.0.1"));
	ck_assert(lmi_span_is(c[1], "10.0.0.10@1"));
	ck_assert(lmi_span_is(c[2], "10.0.0.2@1"));
	ck_assert_int_lt(lmi_rebalance_client_cmp(c[0], c[1]), 0);
	lmi_rebalance_sort_clients(NULL, 0);
}
END_TEST

LMT_MAIN("rebalance", avg_equals_the_java_class, avg_deals_every_queue_once_and_evenly, circle_deals_every_queue_once,
	 nobody_owns_without_members, queues_sort_by_topic_broker_and_id, clients_sort_by_bytes)
