/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: changes after a version are found in order as long as they are kept; what is lost is known to be lost.
 * Shown: more changes than are kept; and the digest of a table against that of its topics added up.
 */
#include <stdio.h>

#include "broker/state/topic_table.h"
#include "tests/support/lmt.h"

START_TEST(changes_after_a_version_come_in_order_and_the_oldest_are_lost_first)
{
	struct topic_journal j = { 0 };
	char name[16];
	ck_assert(topic_journal_reaches(&j, 0));
	ck_assert_ptr_null(topic_journal_after(&j, 0, 0));
	for (int64_t v = 1; v <= TOPIC_JOURNAL_MAX + 10; v++) {
		snprintf(name, sizeof(name), "t%d", (int)v);
		topic_journal_add(&j, v, lmi_span_str(name));
	}
	ck_assert(!topic_journal_reaches(&j, 9));
	ck_assert(topic_journal_reaches(&j, 10));
	const struct topic_change *c = topic_journal_after(&j, 10, 0);
	ck_assert(c->version == 11 && lmi_span_is(lmi_span(c->name, c->n), "t11"));
	c = topic_journal_after(&j, TOPIC_JOURNAL_MAX + 8, 1);
	ck_assert_int_eq(c->version, TOPIC_JOURNAL_MAX + 10);
	ck_assert_ptr_null(topic_journal_after(&j, TOPIC_JOURNAL_MAX + 8, 2));
	topic_journal_done(&j);
}
END_TEST

START_TEST(the_digest_of_a_table_is_the_sum_of_its_topics)
{
	struct topic_table t = { 0 }, again = { 0 };
	struct lmi_buf b = { 0 };
	const struct topic *topic;
	char name[16];
	for (int i = 0; i < 500; i++) {
		struct lmi_topic_config c;
		snprintf(name, sizeof(name), "t%d", i % 97);
		lmi_topic_config_init(&c, lmi_span_str(name));
		c.read_queues = i;
		if (i % 7 == 3)
			topic_table_del(&t, c.name, i);
		else
			ck_assert_int_eq(topic_table_put(&t, &c, i), 0);
	}
	uint64_t sum = 0;
	for (size_t i = 0; (topic = topic_table_next(&t, &i));)
		sum += lmi_topic_digest(&topic->config);
	ck_assert_uint_eq(t.digest, sum);
	topic_table_save(&t, &b);
	ck_assert_int_eq(topic_table_load(&again, lmi_buf_span(&b)), 0);
	ck_assert_uint_eq(again.digest, sum);
	ck_assert(!topic_journal_reaches(&again.journal, again.version.counter - 1)); /* what was before the file is not known */
	ck_assert(topic_journal_reaches(&again.journal, again.version.counter));
	lmi_buf_done(&b);
	topic_table_done(&t);
	topic_table_done(&again);
}
END_TEST

LMT_MAIN("topic_journal", changes_after_a_version_come_in_order_and_the_oldest_are_lost_first,
	 the_digest_of_a_table_is_the_sum_of_its_topics)
