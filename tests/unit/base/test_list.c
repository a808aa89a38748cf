/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: a list keeps the order in which members were added; a member may leave at any time, twice, and while it is walked.
 * Shown: by walking after each change.
 */
#include "base/list.h"

#include "tests/support/lmt.h"

struct member {
	int id;
	struct lmi_list link;
};

/* The ids in walking order, as decimal digits. */
static int digits(struct lmi_list *head)
{
	int value = 0;

	LMI_LIST_FOREACH_SAFE(head, it, tmp)
		value = value * 10 + lmi_container_of(it, struct member, link)->id;
	return value;
}

START_TEST(members_come_in_the_order_added)
{
	struct member m[3] = { { .id = 1 }, { .id = 2 }, { .id = 3 } };
	struct lmi_list head;

	lmi_list_init(&head);
	ck_assert(lmi_list_empty(&head));
	for (int i = 0; i < 3; i++)
		lmi_list_add_tail(&head, &m[i].link);
	ck_assert(!lmi_list_empty(&head));
	ck_assert_int_eq(digits(&head), 123);
	lmi_list_del(&m[1].link);
	ck_assert_int_eq(digits(&head), 13);
	lmi_list_del(&m[1].link);
	ck_assert_int_eq(digits(&head), 13);
	lmi_list_add_tail(&head, &m[1].link);
	ck_assert_int_eq(digits(&head), 132);
}
END_TEST

START_TEST(members_may_leave_while_walking)
{
	struct member m[4] = { { .id = 1 }, { .id = 2 }, { .id = 3 }, { .id = 4 } };
	struct lmi_list head;

	lmi_list_init(&head);
	for (int i = 0; i < 4; i++)
		lmi_list_add_tail(&head, &m[i].link);
	LMI_LIST_FOREACH_SAFE(&head, it, tmp)
		if (lmi_container_of(it, struct member, link)->id % 2 == 0)
			lmi_list_del(it);
	ck_assert_int_eq(digits(&head), 13);
}
END_TEST

LMT_MAIN("list", members_come_in_the_order_added, members_may_leave_while_walking)
