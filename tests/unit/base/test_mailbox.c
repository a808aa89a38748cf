/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a mailbox is bounded, keeps each poster's order, loses nothing between threads, and wakes once when it turns from
 * empty to not empty.
 * Shown: by counting wakes, by filling it up, and by three posting threads against a taking one.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mailbox.h"

#include "tests/support/lmt.h"

static void count(void *ctx)
{
	++*(int *)ctx;
}

START_TEST(a_full_box_refuses_and_keeps_what_it_has)
{
	int items[3], wakes = 0;
	void *got[3];
	struct lmi_mailbox *m = lmi_mailbox_new(2, count, &wakes);

	ck_assert_int_eq(lmi_mailbox_post(m, &items[0]), 0);
	ck_assert_int_eq(lmi_mailbox_post(m, &items[1]), 0);
	ck_assert_int_eq(lmi_mailbox_post(m, &items[2]), -LMQ_EFULL);
	ck_assert_uint_eq(lmi_mailbox_take(m, got, 3), 2);
	ck_assert_ptr_eq(got[0], &items[0]);
	ck_assert_ptr_eq(got[1], &items[1]);
	ck_assert_uint_eq(lmi_mailbox_take(m, got, 3), 0);
	lmi_mailbox_free(m);
	lmi_mailbox_free(NULL);
}
END_TEST

START_TEST(it_wakes_only_when_it_was_empty)
{
	int item, wakes = 0;
	void *got[8];
	struct lmi_mailbox *m = lmi_mailbox_new(8, count, &wakes);

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(lmi_mailbox_post(m, &item), 0);
	ck_assert_int_eq(wakes, 1);
	ck_assert_uint_eq(lmi_mailbox_take(m, got, 2), 2);
	ck_assert_int_eq(lmi_mailbox_post(m, &item), 0);
	ck_assert_int_eq(wakes, 1);
	ck_assert_uint_eq(lmi_mailbox_take(m, got, 8), 2);
	ck_assert_int_eq(lmi_mailbox_post(m, &item), 0);
	ck_assert_int_eq(wakes, 2);
	lmi_mailbox_free(m);
}
END_TEST

START_TEST(a_box_without_room_is_not_made)
{
	ck_assert_ptr_null(lmi_mailbox_new(0, count, NULL));
	ck_assert_ptr_null(lmi_mailbox_new(SIZE_MAX, count, NULL));
}
END_TEST

enum { POSTERS = 3, EACH = 20000, POSTER_SHIFT = 24 };

struct poster {
	struct lmi_mailbox *box;
	uintptr_t id;
};

static void *post_all(void *arg)
{
	struct poster *p = arg;

	for (uintptr_t i = 1; i <= EACH; i++)
		while (lmi_mailbox_post(p->box, (void *)(p->id << POSTER_SHIFT | i)) < 0)
			sched_yield();
	return NULL;
}

START_TEST(threads_lose_nothing_and_keep_their_order)
{
	struct lmi_mailbox *m = lmi_mailbox_new(64, NULL, NULL);
	struct poster posters[POSTERS];
	pthread_t threads[POSTERS];
	uintptr_t last[POSTERS] = { 0 };
	void *got[64];

	for (uintptr_t i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){ m, i };
		ck_assert_int_eq(pthread_create(&threads[i], NULL, post_all, &posters[i]), 0);
	}
	for (size_t taken = 0; taken < POSTERS * EACH;) {
		size_t n = lmi_mailbox_take(m, got, 64);

		if (n == 0)
			sched_yield();
		for (size_t i = 0; i < n; i++) {
			uintptr_t id = (uintptr_t)got[i] >> POSTER_SHIFT, k = (uintptr_t)got[i] & ((1u << POSTER_SHIFT) - 1);

			ck_assert_uint_eq(k, last[id] + 1);
			last[id] = k;
		}
		taken += n;
	}
	for (int i = 0; i < POSTERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	lmi_mailbox_free(m);
}
END_TEST

LMT_MAIN("mailbox", a_full_box_refuses_and_keeps_what_it_has, it_wakes_only_when_it_was_empty,
	 a_box_without_room_is_not_made, threads_lose_nothing_and_keep_their_order)
